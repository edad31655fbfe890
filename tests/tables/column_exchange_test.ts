import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Credentials } from "../../src/auth/credentials.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { isCartoError } from "../../src/errors/carto_error.ts";
import { toCarto } from "../../src/tables/mod.ts";

Deno.test("a table that is replaced gets the columns of the data, whatever it had before", async (t) => {
  await using carto = await startEmulator();
  const credentials = new Credentials(carto.credentials());
  const client = new ClassicClient(credentials);
  const query = async (text: string) => (await client.sql.query(text)).rows;
  const replace = (data: object[], table: string) =>
    toCarto(data as never, table, { credentials, ifExists: "replace", cartodbfy: false });
  const columnsOf = async (table: string) =>
    (await query(
      `SELECT attname || ' ' || format_type(atttypid, atttypmod) AS c FROM pg_attribute
       WHERE attrelid = '${table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    )).map(({ c }) => c);
  /** All of a table that a refused replacement leaves. */
  const whole = async (table: string) => [
    await columnsOf(table),
    await query(
      `SELECT '${table}'::regclass::oid::text AS oid, json_agg(t ORDER BY t::text) AS rows FROM ${table} t`,
    ),
  ];

  const changes: [string, string, object[], string[], object[]][] = [
    ["nothing but CARTO's own columns", "cartodb_id serial, the_geom geometry", [{ a: 1 }], [
      "cartodb_id integer",
      "the_geom geometry",
      "a integer",
    ], [{ a: 1 }]],
    [
      "every type another, defaults and not null too",
      "a int NOT NULL DEFAULT 7, b text DEFAULT 'x', c bool",
      [{
        a: "text",
        b: 1.5,
        c: "2020-01-01",
      }],
      ["a text", "b double precision", "c text"],
      [{ a: "text", b: 1.5, c: "2020-01-01" }],
    ],
    ["a column of the same name in capitals", '"A" int, a int', [{ a: 2 }], ["a integer"], [{ a: 2 }]],
    ["words of SQL and quotes", '"select" int, "a""b" int', [{ b: 2 }], ["b integer"], [{ b: 2 }]],
    ["a column computed from one that goes", "a int, b int GENERATED ALWAYS AS (a * 2) STORED", [{ x: 1 }], [
      "x integer",
    ], [{ x: 1 }]],
    ["a computed column that the data bring", "a int, b int GENERATED ALWAYS AS (a * 2) STORED", [{
      a: 1,
      b: 5,
    }], [
      "a integer",
      "b integer",
    ], [{ a: 1, b: 5 }]],
    ["numbers that the database gives", "id int GENERATED ALWAYS AS IDENTITY, a int", [{ id: 40, a: 1 }], [
      "id integer",
      "a integer",
    ], [{ id: 40, a: 1 }]],
    ["numbers that become texts", "id int GENERATED ALWAYS AS IDENTITY, a int", [{ id: "x", a: 1 }], [
      "a integer",
      "id text",
    ], [{ id: "x", a: 1 }]],
    [
      "a type changed under a computed column",
      "a int, b int GENERATED ALWAYS AS (a * 2) STORED",
      [{
        a: "x",
        b: 2,
      }],
      ["a text", "b integer"],
      [{ a: "x", b: 2 }],
    ],
    ["texts of limited length", "a varchar(3), b char(2)", [{ a: "abc", b: "xy" }], [
      "a character varying(3)",
      "b character(2)",
    ], [{ a: "abc", b: "xy" }]],
    ["a primary key, an index and a check that go with their column", "k int PRIMARY KEY CHECK (k > 0)", [{
      a: 1,
    }], [
      "a integer",
    ], [{ a: 1 }]],
  ];
  for (const [index, [name, before, data, columns, rows]] of changes.entries()) {
    await t.step(name, async () => {
      const table = `exchange_${index}`;
      await client.sql.query(`CREATE TABLE ${table} (${before})`);
      const [oid] = await query(`SELECT '${table}'::regclass::oid::text AS oid`);
      await replace(data, table);
      assertEquals(await columnsOf(table), columns);
      const names = Object.keys(rows[0] ?? {}).join(", ");
      assertEquals(await query(`SELECT ${names} FROM ${table}`), rows as Record<string, unknown>[]);
      assertEquals(await query(`SELECT '${table}'::regclass::oid::text AS oid`), [oid as object]);
    });
  }

  const refusals: [string, string, object[], RegExp, RegExp][] = [
    [
      "a check that does not fit the new type",
      "a int CHECK (a > 0)",
      [{ a: "x" }],
      /operator does not exist/,
      /constraint or an index/,
    ],
    [
      "a value missing where the table needs one",
      "a int NOT NULL, b int",
      [{ a: null, b: 1 }, { a: 2, b: 1 }],
      /null value in column/,
      /./,
    ],
    [
      "a key of the table that is repeated in the data",
      "a int PRIMARY KEY",
      [{ a: 3 }, { a: 3 }],
      /duplicate key/,
      /./,
    ],
    [
      "a column that a trigger watches",
      "a int, b int",
      [{ a: 1 }],
      /other objects depend on it/,
      /depends on the column/,
    ],
  ];
  await client.sql.query(
    "CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
  );
  for (const [index, [name, before, data, message, hint]] of refusals.entries()) {
    await t.step(`refused, and nothing changed: ${name}`, async () => {
      const table = `refused_${index}`;
      await client.sql.query(`CREATE TABLE ${table} (${before})`);
      await client.sql.query(`INSERT INTO ${table} (a) VALUES (1)`);
      if (name.includes("trigger")) {
        await client.sql.query(
          `CREATE TRIGGER w BEFORE UPDATE OF b ON ${table} FOR EACH ROW EXECUTE FUNCTION watch()`,
        );
      }
      const was = await whole(table);
      const error = await assertRejects(() => replace(data, table), Error);
      assertMatch(error.message, message);
      if (hint.source !== ".") assertMatch(String(isCartoError(error) && error.hint), hint);
      assertEquals(await whole(table), was);
    });
  }

  await t.step(
    "500 columns against 500 others: the statement is too long for a job, not for us",
    async () => {
      const row = (prefix: string) =>
        Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${prefix}_${i}`, i]));
      await toCarto([row("old")], "wide", { credentials });
      const [oid] = await query("SELECT 'wide'::regclass::oid::text AS oid");
      await toCarto([row("new")], "wide", { credentials, ifExists: "replace" });
      assertEquals((await columnsOf("wide")).length, 503);
      assertEquals(await query("SELECT 'wide'::regclass::oid::text AS oid, new_499 FROM wide"), [{
        ...oid,
        new_499: 499,
      }]);
      // Dropped columns count: 503 + 500 + 500 are too many together
      await toCarto([row("third")], "wide", { credentials, ifExists: "replace" });
      const was = await whole("wide");
      const error = await assertRejects(
        () => toCarto([row("fourth")], "wide", { credentials, ifExists: "replace" }),
        Error,
        "1600 columns",
      );
      assertMatch(String(isCartoError(error) && error.hint), /CDB_RegenerateTable/);
      assertEquals(await whole("wide"), was);
    },
  );

  await t.step("numbers that the database gives are added, and told apart by", async () => {
    await client.sql.query("CREATE TABLE numbered (id int GENERATED ALWAYS AS IDENTITY, a int)");
    await client.sql.query("INSERT INTO numbered (a) VALUES (1)");
    await toCarto([{ id: 10, a: 2 }], "numbered", { credentials, ifExists: "append" });
    await toCarto([{ id: 10, a: 3 }, { id: 11, a: 4 }], "numbered", {
      credentials,
      ifExists: "upsert",
      key: ["id"],
    });
    assertEquals(await query("SELECT id, a FROM numbered ORDER BY id"), [
      { id: 1, a: 1 },
      { id: 10, a: 3 },
      { id: 11, a: 4 },
    ]);
  });
});
