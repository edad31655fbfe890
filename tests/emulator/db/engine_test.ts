import { assert, assertEquals, assertRejects } from "@std/assert";
import type { BackendMessage, Engine } from "../../../src/emulator/_db/engine.ts";
import { MessageReader, parseCommandTag, parseError } from "../../../src/emulator/_db/protocol.ts";
import { query } from "../../../src/emulator/_db/query.ts";
import { failure, OWNER, sql, testEngines, value } from "./_engines.ts";

const encoder = new TextEncoder();

async function messages(engine: Engine, text: string, role: string = OWNER): Promise<BackendMessage[]> {
  const all: BackendMessage[] = [];
  await engine.run(text, { role, statementTimeout: 0, onMessage: (message) => void all.push(message) });
  return all;
}

async function* csvRows(count: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < count; at += 5000) {
    let text = "";
    for (let id = at; id < Math.min(count, at + 5000); id++) text += `${id},"row ${id}, ""x"""\n`;
    yield await Promise.resolve(encoder.encode(text));
  }
}

await testEngines("engine", async (t, engine) => {
  await t.step("types come as PostgreSQL writes them", async () => {
    const { rows, fields } = await sql(
      engine,
      `SELECT 9223372036854775807::int8, 'NaN'::float8, 0.1::float8, 1.10::numeric(5,2), ''::text, NULL::text,
       'héllo ☃'::text, true, '2020-02-29'::date, ARRAY[1, NULL, 3], '\\xdeadbeef'::bytea,
       ST_SetSRID(ST_MakePoint(1, 2, 3), 4326)`,
    );
    assertEquals(rows, [[
      "9223372036854775807",
      "NaN",
      "0.1",
      "1.10",
      "",
      null,
      "héllo ☃",
      "t",
      "2020-02-29",
      "{1,NULL,3}",
      "\\xdeadbeef",
      "01010000A0E6100000000000000000F03F00000000000000400000000000000840",
    ]]);
    assertEquals(fields.slice(0, 4).map(({ typeOid }) => typeOid), [20, 701, 701, 1700]);
  });

  await t.step("several statements: the messages of each, one Z at the end", async () => {
    const all = await messages(engine, "SELECT 1; SELECT 2 WHERE false; CREATE TEMP TABLE tt (i int)");
    assertEquals(all.map(({ type }) => type).filter((type) => "TDCZ".includes(type)).join(""), "TDCTCCZ");
  });

  await t.step("an empty text", async () => {
    assertEquals((await messages(engine, " -- nothing")).map(({ type }) => type).join(""), "IZ");
  });

  await t.step("errors are messages, with what PostgreSQL says about them", async () => {
    const all = await messages(engine, "SELECT * FROM no_such_table");
    assertEquals(all.map(({ type }) => type).join(""), "EZ");
    const { code, message, position } = parseError(all[0]?.payload ?? new Uint8Array());
    assertEquals([code, message, position], ["42P01", 'relation "no_such_table" does not exist', "15"]);
  });

  await t.step("a text of several statements is one transaction", async () => {
    assertEquals(
      await failure(sql(engine, "CREATE TABLE half (i int); SELECT 1 / 0")),
      "22012 division by zero",
    );
    assertEquals(await value(engine, "SELECT to_regclass('half')"), null);
  });

  await t.step("a transaction left open is rolled back, and settings do not stay", async () => {
    await sql(engine, "BEGIN; CREATE TABLE left_open (i int); SET extra_float_digits = 0");
    assertEquals(await value(engine, "SELECT to_regclass('left_open')"), null);
    assertEquals(await value(engine, "SHOW extra_float_digits"), "1");
    await sql(engine, "CREATE TEMP TABLE only_here (i int); SELECT pg_advisory_lock(7)");
    assertEquals(await value(engine, "SELECT to_regclass('only_here')"), null);
    assertEquals(await value(engine, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0");
  });

  await t.step("each role has its own rights", async () => {
    await sql(
      engine,
      "CREATE TABLE mine (v int); INSERT INTO mine VALUES (1); CREATE TABLE shown AS SELECT 2 AS v",
    );
    await sql(engine, "GRANT SELECT ON shown TO publicuser");
    assertEquals(await value(engine, "SELECT v FROM shown", "publicuser"), "2");
    assertEquals(
      await failure(sql(engine, "SELECT * FROM mine", "publicuser")),
      "42501 permission denied for table mine",
    );
    assertEquals(
      await failure(sql(engine, "DELETE FROM shown", "publicuser")),
      "42501 permission denied for table shown",
    );
    assertEquals(
      await failure(sql(engine, "CREATE TABLE t (i int)", "demo_nothing_role")),
      "42501 permission denied for schema public",
    );
    assertEquals(
      (await sql(engine, "SELECT current_user, session_user", "demo_regular_role")).rows,
      [["demo_regular_role", "demo_regular_role"]],
    );
  });

  await t.step("a role cannot become another", async () => {
    const attempts = [
      "SET ROLE postgres",
      `SET ROLE ${OWNER}`,
      "SET SESSION AUTHORIZATION postgres",
      "SET/**/session -- x\n authorization postgres",
      "RESET SESSION AUTHORIZATION; SELECT 1",
      "SELECT set_config('session_authorization', 'postgres', false)",
      "SET session_authorization = 'postgres'",
      "DO $$ BEGIN EXECUTE 'SET SESSION ' || 'AUTHORIZATION postgres'; END $$",
    ];
    for (const attempt of attempts.slice(0, -1)) {
      const got = await failure(sql(engine, attempt, "publicuser"));
      assert(got.startsWith("42501 permission denied to set"), `${attempt}: ${got}`);
    }
    await sql(engine, "RESET ROLE; RESET ALL", "publicuser");
    assertEquals(
      await value(engine, "SELECT current_user::text || session_user", "publicuser"),
      "publicuserpublicuser",
    );
    assertEquals(await failure(sql(engine, "DISCARD ALL", "publicuser")), "no error");
    assertEquals(await value(engine, "SELECT current_user", "publicuser"), "publicuser");
  });

  await t.step("no role reads files or runs programs", async () => {
    for (const role of [OWNER, "publicuser"]) {
      for (
        const attempt of [
          "COPY shown TO PROGRAM 'cat'",
          "COPY shown FROM '/etc/passwd'",
          "SELECT pg_read_file('/etc/passwd')",
          "SELECT pg_ls_dir('/')",
        ]
      ) {
        const got = await failure(sql(engine, attempt, role));
        assert(got.startsWith("42501 "), `${role}, ${attempt}: ${got}`);
      }
    }
    assertEquals(await value(engine, "SELECT count(*) FROM shown"), "1");
  });

  await t.step("COPY in and out, 100,000 rows", async () => {
    await sql(engine, "CREATE TABLE bulk (id int, label text)");
    let tag = "";
    await engine.run("COPY bulk FROM STDIN WITH (FORMAT csv)", {
      role: OWNER,
      statementTimeout: 0,
      copyIn: csvRows(100_000),
      onMessage({ type, payload }) {
        if (type === "C") tag = JSON.stringify(parseCommandTag(payload));
      },
    });
    assertEquals(tag, '{"command":"COPY","rows":100000}');
    assertEquals((await sql(engine, "SELECT count(*), sum(id), max(label) FROM bulk")).rows, [
      ["100000", "4999950000", 'row 99999, "x"'],
    ]);
    let expected = "";
    for await (const chunk of csvRows(100_000)) expected += new TextDecoder().decode(chunk);
    const pieces: Uint8Array[] = [];
    await engine.run(
      "COPY (SELECT * FROM bulk ORDER BY id) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE (label))",
      {
        role: OWNER,
        statementTimeout: 0,
        onMessage({ type, payload }) {
          if (type === "d") pieces.push(payload);
        },
      },
    );
    assertEquals(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).text(), expected);
  });

  await t.step("the rows of a COPY come together, with the heads of their messages", async () => {
    const received: Uint8Array[] = [];
    const types = new Set<string>();
    await engine.run("COPY (SELECT * FROM bulk ORDER BY id LIMIT 50000) TO STDOUT", {
      role: OWNER,
      statementTimeout: 0,
      onCopyData: (messages) => void received.push(messages),
      onMessage: ({ type }) => void types.add(type),
    });
    assert(!types.has("d") && types.has("H") && types.has("Z"), [...types].join(""));
    assert(received.length < 2000, `${received.length} pieces`);
    const reader = new MessageReader();
    const lines = received.flatMap((messages) => reader.push(messages).map(({ payload }) => payload));
    assertEquals(lines.length, 50_000);
    assertEquals(new TextDecoder().decode(lines[49_999]), '49999\trow 49999, "x"\n');
    // The next run is as ever.
    assertEquals(
      (await messages(engine, "COPY (VALUES (1), (2)) TO STDOUT")).map(({ type }) => type).join(""),
      "HddcCZ",
    );
  });

  await t.step("binary COPY goes through unchanged", async () => {
    const out: Uint8Array[] = [];
    await engine.run("COPY bulk TO STDOUT WITH (FORMAT binary)", {
      role: OWNER,
      statementTimeout: 0,
      onMessage({ type, payload }) {
        if (type === "d") out.push(payload);
      },
    });
    await sql(engine, "CREATE TABLE bulk_again (LIKE bulk)");
    const copyIn = async function* () {
      yield* await Promise.resolve(out);
    };
    await query(engine, "COPY bulk_again FROM STDIN WITH (FORMAT binary)", { role: OWNER, copyIn: copyIn() });
    assertEquals(
      await value(engine, "SELECT count(*) FROM (SELECT * FROM bulk EXCEPT ALL SELECT * FROM bulk_again) x"),
      "0",
    );
  });

  await t.step("a bad row of a COPY is named, what follows is not read, and nothing is kept", async () => {
    let taken = 0;
    const copyIn = async function* () {
      yield encoder.encode("1,a\nx,b\n");
      for (; taken < 10_000; taken++) yield await Promise.resolve(encoder.encode("2,c\n".repeat(20_000)));
    };
    const before = await value(engine, "SELECT count(*) FROM bulk");
    const got = await failure(
      query(engine, "COPY bulk FROM STDIN WITH (FORMAT csv)", { role: OWNER, copyIn: copyIn() }),
    );
    assertEquals(got, '22P02 invalid input syntax for type integer: "x"');
    // What lay in buffers before the database saw the row, and in those until its answer was seen: 20 MB, not 800.
    assert(taken < 250, `${taken} chunks were taken`);
    assertEquals(await value(engine, "SELECT count(*) FROM bulk"), before);
  });

  await t.step("a body that breaks off ends the COPY, and nothing is kept", async () => {
    const before = await value(engine, "SELECT count(*) FROM bulk");
    const copyIn = async function* () {
      yield await Promise.resolve(encoder.encode("1,a\n"));
      throw new Error("body broke off");
    };
    assertEquals(
      await failure(
        query(engine, "COPY bulk FROM STDIN WITH (FORMAT csv)", { role: OWNER, copyIn: copyIn() }),
      ),
      "57014 COPY from stdin failed: body broke off",
    );
    assertEquals(await value(engine, "SELECT count(*) FROM bulk"), before);
  });

  await t.step("COPY FROM STDIN without data does not wait for any", async () => {
    assertEquals(
      await failure(sql(engine, "COPY bulk FROM STDIN")),
      "57014 COPY from stdin failed: No source stream defined",
    );
  });

  await t.step("a reader that waits holds the database back", async () => {
    let received = 0;
    let waits = 0;
    await engine.run("SELECT i, repeat('x', 1000) FROM generate_series(1, 20000) i", {
      role: OWNER,
      statementTimeout: 0,
      onMessage({ type }) {
        if (type === "D" && ++received % 5000 === 0) {
          waits++;
          return new Promise((resolve) => setTimeout(resolve, 20));
        }
        return undefined;
      },
    });
    assertEquals([received, waits], [20_000, 4]);
  });

  await t.step("the statement time-out: in time, told apart, and the data are still there", async () => {
    for (
      const slow of [
        "SELECT pg_sleep(20)",
        "SELECT count(*) FROM bulk a, bulk b WHERE a.id + b.id = -1",
        "DO $$ BEGIN LOOP NULL; END LOOP; END $$",
      ]
    ) {
      const start = performance.now();
      assertEquals(
        await failure(query(engine, slow, { role: OWNER, statementTimeout: 400 })),
        "57014 canceling statement due to statement timeout",
        slow,
      );
      const took = performance.now() - start;
      assert(took >= 350 && took < 3000, `${slow} took ${took} ms`);
      assertEquals(await value(engine, "SELECT count(*) FROM bulk"), "100000");
    }
  });

  await t.step("SQL may set the time-out itself", async () => {
    assertEquals(
      await failure(
        query(engine, "SET statement_timeout = 300; SELECT pg_sleep(20)", {
          role: OWNER,
          statementTimeout: 60_000,
        }),
      ),
      "57014 canceling statement due to statement timeout",
    );
    assertEquals(
      await failure(
        query(engine, "SET statement_timeout = 0; SELECT pg_sleep(0.6)", {
          role: OWNER,
          statementTimeout: 300,
        }),
      ),
      "no error",
    );
  });

  await t.step("the time-out of an upload that stalls", async () => {
    const stalled = Promise.withResolvers<void>();
    const copyIn = async function* () {
      yield encoder.encode("1,a\n");
      await stalled.promise;
    };
    assertEquals(
      await failure(
        query(engine, "COPY bulk FROM STDIN WITH (FORMAT csv)", {
          role: OWNER,
          statementTimeout: 400,
          copyIn: copyIn(),
        }),
      ),
      "57014 canceling statement due to statement timeout",
    );
    stalled.resolve();
    assertEquals(await value(engine, "SELECT count(*) FROM bulk"), "100000");
  });

  await t.step("a signal cancels what runs", async () => {
    const start = performance.now();
    assertEquals(
      await failure(query(engine, "SELECT pg_sleep(20)", { role: OWNER, signal: AbortSignal.timeout(200) })),
      "57014 canceling statement due to user request",
    );
    assert(performance.now() - start < 3000);
    assertEquals(
      await failure(query(engine, "SELECT 1", { role: OWNER, signal: AbortSignal.abort() })),
      "57014 canceling statement due to user request",
    );
  });

  await t.step("a signal at any moment: one outcome or the other, and the next run is clean", async () => {
    for (let delay = 0; delay < 20; delay++) {
      const abort = new AbortController();
      const running = failure(
        query(engine, "BEGIN; SELECT pg_sleep(0.01); COMMIT", { role: OWNER, signal: abort.signal }),
      );
      await new Promise((resolve) => setTimeout(resolve, delay));
      abort.abort();
      const got = await running;
      assert(["no error", "57014 canceling statement due to user request"].includes(got), got);
      assertEquals(await value(engine, "SELECT current_user"), OWNER);
    }
  });

  await t.step("what onMessage throws ends the run, and the next one is fine", async () => {
    await assertRejects(
      () =>
        engine.run("SELECT * FROM bulk a, bulk b", {
          role: OWNER,
          statementTimeout: 0,
          onMessage({ type }) {
            if (type === "D") throw new Error("reader gone");
          },
        }),
      Error,
      "reader gone",
    );
    assertEquals(await value(engine, "SELECT 1"), "1");
  });

  await t.step("unbounded recursion is an error, and the data are still there", async () => {
    await sql(
      engine,
      "CREATE FUNCTION deep(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN deep(n + 1); END $$",
    );
    assertEquals(await failure(sql(engine, "SELECT deep(1)")), "54001 stack depth limit exceeded");
    assertEquals(await value(engine, "SELECT count(*) FROM bulk"), "100000");
  });

  await t.step("an error does not use up the stack", async () => {
    for (let count = 0; count < 2000; count++) await sql(engine, "SELECT nope").catch(() => {});
    assertEquals(await value(engine, "SELECT count(*) FROM bulk"), "100000");
  });

  await t.step("runs at the same time do not mix", async () => {
    const runs = Array.from(
      { length: 30 },
      (_, index) =>
        index % 3 === 0
          ? failure(sql(engine, `SELECT missing_${index}`))
          : value(engine, `SELECT ${index} || current_user`, index % 2 === 0 ? OWNER : "publicuser"),
    );
    for (const [index, got] of (await Promise.all(runs)).entries()) {
      assertEquals(
        got,
        index % 3 === 0
          ? `42703 column "missing_${index}" does not exist`
          : `${index}${index % 2 === 0 ? OWNER : "publicuser"}`,
      );
    }
  });

  await t.step("notices come in order", async () => {
    const { notices } = await sql(
      engine,
      "DO $$ BEGIN RAISE NOTICE 'first'; RAISE WARNING 'second'; RAISE INFO 'third'; END $$",
    );
    assertEquals(notices.map(({ severity, message }) => `${severity} ${message}`), [
      "NOTICE first",
      "WARNING second",
      "INFO third",
    ]);
  });

  await t.step("a geometry that the database cannot unite is an error, never an empty answer", async () => {
    const union = `SELECT round(ST_Area(ST_Union(h))::numeric, 1)
      FROM CDB_HexagonGrid(ST_MakeEnvelope(0, 0, 10, 10, 3857), 2) AS h`;
    const got = await value(engine, union).catch(({ fields }) => `${fields.code} ${fields.message}`);
    if (engine.kind === "server") assertEquals(got, "207.8");
    else assert(got?.startsWith("XX000 TopologyException: "), got ?? "");
    assertEquals(await value(engine, "SELECT count(*) FROM bulk"), "100000");
  });

  await t.step("a projection that nobody knows is an error, which SQL may catch; all goes on", async () => {
    const point = "ST_SetSRID(ST_MakePoint(1, 2), 4326)";
    for (const text of ["+proj=nonsense", "+proj=utm +zone=999", "EPSG:99999", 'GEOGCS["x"', "50% %s"]) {
      // What is next in line has its turn meanwhile, and a statement before it in the text is undone.
      const [got, next] = await Promise.all([
        failure(sql(engine, `DELETE FROM bulk; SELECT ST_Transform(${point}, '${text}')`)),
        value(engine, "SELECT current_user", "publicuser"),
      ]);
      assert(got.startsWith("XX000 could not parse proj string"), `${text}: ${got}`);
      assertEquals(next, "publicuser");
    }
    const { notices } = await sql(
      engine,
      `DO $$ BEGIN
        PERFORM ST_Transform(${point}, '+proj=nonsense');
      EXCEPTION WHEN internal_error THEN RAISE NOTICE 'caught'; END $$`,
    );
    assertEquals(notices.map(({ message }) => message), ["caught"]);
    assertEquals(
      await value(engine, `SELECT ST_AsText(ST_Transform(${point}, 'EPSG:3857'), 0)`),
      "POINT(111319 222684)",
    );
    assertEquals(await value(engine, "SELECT count(*) FROM bulk"), "100000");
  });

  await t.step("the database is named for the account", async () => {
    assertEquals(await value(engine, "SELECT current_database()"), "demo_db");
  });

  await t.step("a closed engine says so", async () => {
    await engine.close();
    await engine.close();
    await assertRejects(() => sql(engine, "SELECT 1"), Error, "Cannot run SQL: the database is closed");
  });
});
