import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Connection, parseServerUrl } from "../../../src/emulator/_db/_connection.ts";
import { openEngine } from "../../../src/emulator/_db/open.ts";
import { DatabaseError, query } from "../../../src/emulator/_db/query.ts";
import { ServerEngine } from "../../../src/emulator/_db/server_engine.ts";
import { findPostgres, startPostgres } from "../../_tools/postgres.ts";
import { ACCOUNT, failure, OWNER, sql, value } from "./_engines.ts";

const bin = await findPostgres();
const needs = bin === undefined ? " (skipped: PostgreSQL with PostGIS is not installed)" : "";

function testServer(name: string, action: (url: string) => Promise<void>): void {
  Deno.test({
    name: `${name}${needs}`,
    ignore: bin === undefined,
    fn: async () => {
      await using server = await startPostgres(bin ?? "");
      await action(server.url);
    },
  });
}

Deno.test("parseServerUrl: parts, defaults and a Unix socket", () => {
  assertEquals(parseServerUrl("postgres://us%40er:p%3Aw@db.example:6543/my%20db"), {
    host: "db.example",
    port: 6543,
    user: "us@er",
    password: "p:w",
    database: "my db",
  });
  assertEquals(parseServerUrl("postgresql://[::1]"), {
    host: "::1",
    port: 5432,
    user: "postgres",
    password: "",
    database: "postgres",
  });
  assertEquals(parseServerUrl("postgres://u@localhost/d?host=/run/pg").host, "/run/pg");
  for (const wrong of ["mysql://secret@h/d", "secret"]) {
    const error = assertThrows(() => parseServerUrl(wrong), TypeError, "Cannot use the database URL");
    assertEquals(error.message.includes("secret"), false);
  }
});

testServer("log-in: password, MD5 and SCRAM-SHA-256, and a Unix socket", async (url) => {
  const address = parseServerUrl(url);
  const engine = await ServerEngine.open({ url, database: "login_db" });
  try {
    await query(
      engine,
      `SET password_encryption = 'md5'; CREATE ROLE by_md5 LOGIN PASSWORD 'pässword';
       SET password_encryption = 'scram-sha-256'; CREATE ROLE by_scram LOGIN PASSWORD 'pässword';
       CREATE ROLE by_text LOGIN PASSWORD 'pässword'; CREATE TABLE rules (line text);
       INSERT INTO rules VALUES ('host all by_md5 all md5'), ('host all by_scram all scram-sha-256'),
         ('host all by_text all password'), ('local all all trust'), ('host all postgres all trust');
       DO $$ BEGIN EXECUTE format('COPY rules TO %L', current_setting('hba_file')); END $$;
       SELECT pg_reload_conf()`,
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const user of ["by_md5", "by_scram", "by_text"]) {
      const connection = await Connection.open({ ...address, user, password: "pässword" });
      connection.close();
      const error = await assertRejects(
        () => Connection.open({ ...address, user, password: "wrong" }),
        DatabaseError,
        `password authentication failed for user "${user}"`,
      );
      assertEquals(error.fields.code, "28P01");
    }
    const host = (await query(engine, "SHOW unix_socket_directories")).rows[0]?.[0] ?? "";
    // A socket's path is a permission of its own, which only a program apart can be given.
    const module = new URL("../../../src/emulator/_db/_connection.ts", import.meta.url).href;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `import { Connection } from ${JSON.stringify(module)};
         (await Connection.open(${JSON.stringify({ ...address, host })})).close();`,
      ],
    }).output();
    assertEquals(success, true, new TextDecoder().decode(stderr));
  } finally {
    await engine.close();
  }
});

testServer("runs go on side by side", async (url) => {
  const engine = await openEngine({ accounts: [ACCOUNT], database: url });
  try {
    const start = performance.now();
    await Promise.all(Array.from({ length: 8 }, () => sql(engine, "SELECT pg_sleep(0.5)")));
    const took = performance.now() - start;
    assertEquals(took < 2000, true, `took ${took} ms`);
    const many = await Promise.all(Array.from({ length: 40 }, (_, n) => value(engine, `SELECT ${n}`)));
    assertEquals(many, Array.from({ length: 40 }, (_, n) => `${n}`));
  } finally {
    await engine.close();
  }
});

testServer(
  "the database is removed at the end, kept on request, and never one of somebody else",
  async (url) => {
    const admin = await ServerEngine.open({ url, database: "admin_db" });
    try {
      const exists = async () =>
        (await query(admin, "SELECT count(*) FROM pg_database WHERE datname = 'demo_db'")).rows[0]?.[0];
      await (await openEngine({ accounts: [ACCOUNT], database: url })).close();
      assertEquals(await exists(), "0");

      const kept = await openEngine({ accounts: [ACCOUNT], database: url, keepDatabase: true });
      await sql(kept, "CREATE TABLE still AS SELECT 1 AS i");
      await kept.close();
      assertEquals(await exists(), "1");
      const again = await openEngine({ accounts: [ACCOUNT], database: url, keepDatabase: true });
      assertEquals(await value(again, "SELECT i FROM still"), "1");
      await again.close();
      const fresh = await openEngine({ accounts: [ACCOUNT], database: url });
      assertEquals(await failure(sql(fresh, "SELECT i FROM still")), '42P01 relation "still" does not exist');
      await fresh.close();

      await query(admin, "CREATE DATABASE demo_db");
      await assertRejects(
        () => openEngine({ accounts: [ACCOUNT], database: url }),
        Error,
        'Cannot make the database "demo_db": it is there already, and not ours',
      );
      assertEquals(await exists(), "1");
    } finally {
      await admin.close();
    }
  },
);

testServer("closing cancels what runs", async (url) => {
  const engine = await openEngine({ accounts: [ACCOUNT], database: url });
  const running = failure(query(engine, "SELECT pg_sleep(60)", { role: OWNER })).catch((error) =>
    error.message
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  const start = performance.now();
  await engine.close();
  assertEquals(performance.now() - start < 5000, true);
  await running;
});
