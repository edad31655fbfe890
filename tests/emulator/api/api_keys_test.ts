import { assert, assertEquals, assertMatch } from "@std/assert";
import { findPostgres, startPostgres } from "../../_tools/postgres.ts";
import { type Answer, Client, testBoth } from "./_client.ts";

const TABLES = `
  CREATE TABLE shown (name text, the_geom geometry(Point, 4326)); INSERT INTO shown VALUES ('a', CDB_LatLng(1, 2));
  SELECT CDB_CartodbfyTable('shown');
  CREATE TABLE hidden (name text); INSERT INTO hidden VALUES ('secret'); SELECT CDB_CartodbfyTable('hidden')`;

function grants(
  permissions: readonly string[],
  apis: readonly string[] = ["sql", "maps"],
  name = "shown",
): unknown[] {
  return [
    { type: "apis", apis },
    { type: "database", tables: [{ schema: "public", name, permissions }] },
  ];
}

async function makeKey(carto: Client, name: string, given: unknown): Promise<Answer> {
  return await carto.ask("api/v3/api_keys/", { json: { name, grants: given } });
}

testBoth(
  "a key reads and writes exactly what it was granted, through SQL and through maps",
  async (t, carto) => {
    await carto.sql(TABLES);
    const { status, body: key } = await makeKey(carto, "reader", grants(["select"]));
    assertEquals(status, 201);
    assertMatch(key.token, /^[A-Za-z0-9_-]{22}$/);
    assertEquals([key.name, key.type, key.user], ["reader", "regular", { username: "demo" }]);
    assertEquals(key.grants, [
      { type: "apis", apis: ["sql", "maps"] },
      {
        type: "database",
        tables: [{ schema: "public", name: "shown", permissions: ["select"] }],
        schemas: [],
      },
      { type: "dataservices", services: [] },
    ]);

    await t.step("SQL", async () => {
      assertEquals((await carto.sql("SELECT name FROM shown", key.token)).body.rows, [{ name: "a" }]);
      for (
        const statement of [
          "SELECT * FROM hidden",
          "INSERT INTO shown (name) VALUES ('b')",
          "UPDATE shown SET name = 'b'",
          "DROP TABLE shown",
          "CREATE TABLE mine (a int)",
          "SELECT * FROM cartodb._cdb_documents",
        ]
      ) {
        const refused = await carto.sql(statement, key.token);
        assertEquals(refused.status >= 400 && refused.status < 500, true, `${statement}: ${refused.status}`);
      }
      assertEquals(
        (await carto.sql("SET ROLE cartodb_user_demo; SELECT * FROM hidden", key.token)).status >= 400,
        true,
      );
      const job = await carto.ask("api/v2/sql/job", { json: { query: "SELECT 1" }, key: key.token });
      assertEquals(job.status, 403);
    });

    await t.step("maps", async () => {
      const map = (sql: string) => ({ version: "1.8.0", layers: [{ type: "mapnik", options: { sql } }] });
      const made = await carto.ask("api/v1/map", { json: map("SELECT * FROM shown"), key: key.token });
      assertEquals(made.status, 200);
      const tile = `api/v1/map/${made.body.layergroupid}/0/0/0.mvt`;
      assertEquals((await carto.ask(tile, { key: key.token })).status, 200);
      assertEquals((await carto.ask(tile, { key: null })).status, 403);
      assertEquals(
        (await carto.ask("api/v1/map", { json: map("SELECT * FROM hidden"), key: key.token })).status,
        403,
      );
      assertEquals((await carto.ask("api/v1/map/named", { key: key.token })).status, 403);
    });

    await t.step("no other API takes it", async () => {
      for (const path of ["viz", "imports", "synchronizations", "tables/shown", "users/demo", "perm/x"]) {
        assertEquals((await carto.ask(`api/v1/${path}`, { key: key.token })).status, 403, path);
      }
      assertEquals((await carto.ask("api/v4/kuviz", { key: key.token })).status, 403);
    });

    await t.step(
      "writing takes the rights to write, and the sequence of the ids goes with them",
      async () => {
        const { body: writer } = await makeKey(carto, "writer", grants(["select", "insert"]));
        assertEquals((await carto.sql("INSERT INTO shown (name) VALUES ('b')", writer.token)).status, 200);
        assertEquals((await carto.sql("DELETE FROM shown", writer.token)).status, 403);
      },
    );

    await t.step("an API that was not granted refuses the key", async () => {
      const { body: onlyMaps } = await makeKey(carto, "only maps", grants(["select"], ["maps"]));
      assertEquals((await carto.sql("SELECT 1", onlyMaps.token)).status, 403);
      const { body: onlySql } = await makeKey(carto, "only sql", grants(["select"], ["sql"]));
      const map = { version: "1.8.0", layers: [] };
      assertEquals((await carto.ask("api/v1/map", { json: map, key: onlySql.token })).status, 403);
    });

    await t.step("a schema in which it may create; what it makes belongs to the account too", async () => {
      const { body: maker } = await makeKey(carto, "maker", [
        { type: "apis", apis: ["sql"] },
        { type: "database", schemas: [{ name: "public", permissions: ["create"] }] },
      ]);
      assertEquals(
        (await carto.sql("CREATE TABLE made (a int); INSERT INTO made VALUES (1)", maker.token)).status,
        200,
      );
      assertEquals(await carto.rows("SELECT a FROM made"), [{ a: 1 }]);
      assertEquals((await carto.ask("api/v3/api_keys/maker", { method: "DELETE" })).status, 200);
      assertEquals(await carto.rows("SELECT a FROM made"), [{ a: 1 }]);
    });
  },
);

Deno.test("keys are listed, read, renewed and deleted", async (t) => {
  await using carto = await Client.start();
  await carto.sql(TABLES);
  const { body: key } = await makeKey(carto, "my key", grants(["select"]));

  await t.step("the list", async () => {
    const { body } = await carto.ask("api/v3/api_keys");
    assertEquals(body.result.map(({ name }: { name: string }) => name), [
      "Master",
      "Default public",
      "my key",
    ]);
    assertEquals([body.total, body.count], [3, 3]);
    const { body: page } = await carto.ask("api/v3/api_keys?per_page=2&page=1");
    assertEquals([page.total, page.count], [3, 2]);
    assertMatch(page._links.next.href, /page=2/);
    const { body: regular } = await carto.ask("api/v3/api_keys?type=regular,default");
    assertEquals(regular.count, 2);
  });

  await t.step("a key that is not the master key sees itself", async () => {
    for (const [token, name] of [["default_public", "Default public"], [key.token, "my key"]]) {
      const { status, body } = await carto.ask("api/v3/api_keys", { key: token ?? "" });
      assertEquals([status, body.count, body.result[0].name], [200, 1, name]);
    }
    assertEquals((await carto.ask("api/v3/api_keys/Master", { key: key.token })).status, 404);
    assertEquals((await carto.ask("api/v3/api_keys", { key: null })).status, 401);
    assertEquals((await carto.ask("api/v3/api_keys", { key: "wrong" })).status, 401);
  });

  await t.step("one", async () => {
    assertEquals((await carto.ask("api/v3/api_keys/Default%20public")).body.token, "default_public");
    const { status, body } = await carto.ask("api/v3/api_keys/nothing");
    assertEquals([status, body], [404, { errors: "API key not found: nothing" }]);
  });

  await t.step("a new token ends the old one", async () => {
    const { status, body } = await carto.ask("api/v3/api_keys/my%20key/token/regenerate", { method: "POST" });
    assertEquals([status, body.name], [200, "my key"]);
    assert(body.token !== key.token);
    assertEquals((await carto.sql("SELECT name FROM shown", key.token)).status, 401);
    assertEquals((await carto.sql("SELECT name FROM shown", body.token)).status, 200);
  });

  await t.step("deleted, and its role with it", async () => {
    const { body: before } = await carto.ask("api/v3/api_keys/my%20key");
    assertEquals(
      (await carto.ask("api/v3/api_keys/my%20key", { method: "DELETE", key: before.token })).status,
      403,
    );
    const { status, body } = await carto.ask("api/v3/api_keys/my%20key", { method: "DELETE" });
    assertEquals([status, body.name], [200, "my key"]);
    assertEquals((await carto.sql("SELECT 1", before.token)).status, 401);
    const roles = await carto.rows(
      "SELECT count(*)::int AS n FROM pg_roles WHERE rolname LIKE 'carto_role_%'",
    );
    assertEquals(roles, [{ n: 0 }]);
    for (const name of ["Master", "Default%20public"]) {
      assertEquals((await carto.ask(`api/v3/api_keys/${name}`, { method: "DELETE" })).status, 403);
    }
  });
});

const bin = await findPostgres();

Deno.test({
  name: "the roles of keys do not stay behind on a PostgreSQL server" +
    (bin === undefined ? " (skipped: PostgreSQL with PostGIS is not installed)" : ""),
  ignore: bin === undefined,
  fn: async () => {
    await using server = await startPostgres(bin ?? "");
    {
      await using carto = await Client.start({ database: server.url });
      await carto.sql(TABLES);
      assertEquals((await makeKey(carto, "reader", grants(["select"]))).status, 201);
    }
    await using carto = await Client.start({ database: server.url });
    const roles = await carto.rows("SELECT rolname FROM pg_roles WHERE rolname LIKE 'carto_role_%'");
    assertEquals(roles, []);
  },
});

Deno.test("a key with grants that cannot be given is not made", async () => {
  await using carto = await Client.start({ accounts: [{ username: "demo" }, { username: "other" }] });
  await using other = new Client(carto.emulator, "other");
  await carto.sql(TABLES);
  await makeKey(carto, "taken", grants(["select"]));
  const cases: [string, unknown, RegExp][] = [
    ["taken", grants(["select"]), /^Validation failed: Name has already been taken$/],
    ["", grants(["select"]), /Name can't be blank/],
    ["a", undefined, /Grants/],
    ["a", [{ type: "database", tables: [] }], /apis/],
    ["a", [{ type: "apis", apis: [] }], /apis/],
    ["a", [{ type: "apis", apis: ["imports"] }], /imports/],
    ["a", grants(["drop"]), /drop/],
    ["a", grants(["select"], ["sql"], "nothing"), /nothing/],
    ["a", [{ type: "apis", apis: ["sql"] }, { type: "dataservices", services: ["weather"] }], /weather/],
  ];
  for (const [name, given, message] of cases) {
    const { status, body } = await makeKey(carto, name, given);
    assertEquals(status, 422, JSON.stringify(given));
    assertMatch(body.errors, message);
  }
  const foreign = await makeKey(other, "spy", grants(["select"], ["sql"], "hidden"));
  assertEquals(foreign.status, 422);
  const system = await makeKey(carto, "spy", [
    { type: "apis", apis: ["sql"] },
    { type: "database", tables: [{ schema: "cartodb", name: "_cdb_documents", permissions: ["select"] }] },
  ]);
  assertEquals(system.status, 422);
  assertEquals((await makeKey(carto, "b", grants(["select"]))).status, 201);
});

Deno.test("keys, pages and named maps outlive the emulator when its data do", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    const accounts = [{ username: "demo", masterKey: "master" }];
    let token = "";
    {
      await using carto = await Client.start({ dataDir, accounts });
      await carto.sql(TABLES);
      token = (await makeKey(carto, "reader", grants(["select"]))).body.token;
      const template = {
        version: "0.0.1",
        name: "kept",
        layergroup: { layers: [{ options: { sql: "SELECT * FROM shown" } }] },
      };
      assertEquals((await carto.ask("api/v1/map/named", { json: template })).status, 200);
    }
    await using carto = await Client.start({ dataDir, accounts });
    assertEquals((await carto.sql("SELECT name FROM shown", token)).status, 200);
    assertEquals((await carto.sql("SELECT * FROM hidden", token)).status, 403);
    assertEquals((await carto.ask("api/v1/map/named")).body, { template_ids: ["kept"] });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
