import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Credentials } from "../../src/auth/credentials.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { ArgumentError, DataError, isCartoError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { toCarto, type ToCartoOptions } from "../../src/tables/mod.ts";
import { fakeCarto, isLook, json, rows, sqlError, target, withoutRandom } from "./_fake_carto.ts";

Deno.test("an update by key", async (t) => {
  await using carto = await startEmulator({
    accounts: [{ username: "demo", keys: [{ token: "reader_key", role: "reader_role" }] }],
  });
  const credentials = new Credentials(carto.credentials("demo"));
  const client = new ClassicClient(credentials);
  const query = async (text: string) => (await client.sql.query(text)).rows;
  const upsert = (
    data: readonly object[] | GeoDataFrame,
    table: string,
    key: string[],
    more: ToCartoOptions = {},
  ) => toCarto(data as never, table, { credentials, ifExists: "upsert", key, ...more });
  const leftovers = () => query("SELECT relname FROM pg_class WHERE relname LIKE '\\_cartoframes\\_%'");

  await t.step("makes a table that is not there, and says that all rows are new", async () => {
    const report = await upsert([{ id: 1, name: "a" }, { id: 2, name: "b" }], "cafes", ["id"]);
    assertEquals([report.created, report.rows, report.inserted, report.updated], [true, 2, 2, 0]);
  });

  await t.step(
    "updates rows that are there, in place, and adds the others; what is not given stays",
    async () => {
      await client.sql.query("ALTER TABLE cafes ADD COLUMN stars int DEFAULT 3, ADD COLUMN note text");
      await client.sql.query("UPDATE cafes SET note = 'kept'; UPDATE cafes SET stars = 5 WHERE id = 1");
      const [before] = await query("SELECT 'cafes'::regclass::oid::text AS oid");
      const report = await upsert(
        [
          { id: 2, name: "B", the_geom: "POINT (1 2)" },
          { id: 3, name: null, the_geom: null },
        ],
        "cafes",
        ["id"],
        { geomCol: "the_geom" },
      );
      assertEquals([report.created, report.rows, report.inserted, report.updated], [false, 2, 1, 1]);
      assertEquals(report.warnings, [
        'Column "stars" of the table is not in the data: rows that are there keep its value, new rows have its default there',
        'Column "note" of the table is not in the data: rows that are there keep its value, new rows have null there',
      ]);
      assertEquals(
        await query(
          "SELECT cartodb_id, id, name, stars, note, ST_AsText(the_geom) AS g, ST_SRID(the_geom_webmercator) AS srid FROM cafes ORDER BY id",
        ),
        [
          { cartodb_id: 1n, id: 1, name: "a", stars: 5, note: "kept", g: null, srid: null },
          { cartodb_id: 2n, id: 2, name: "B", stars: 3, note: "kept", g: "POINT(1 2)", srid: 3857 },
          { cartodb_id: 3n, id: 3, name: null, stars: 3, note: null, g: null, srid: null },
        ],
      );
      assertEquals(await query("SELECT 'cafes'::regclass::oid::text AS oid"), [before as object]);
      assertEquals(await leftovers(), []);
    },
  );

  await t.step("done twice is done once", async () => {
    const data = [{ id: 2, name: "B" }, { id: 9, name: "nine" }];
    const first = await upsert(data, "cafes", ["id"]);
    const second = await upsert(data, "cafes", ["id"]);
    assertEquals([[first.inserted, first.updated], [second.inserted, second.updated]], [[1, 1], [0, 2]]);
  });

  await t.step(
    "a key that is repeated or missing is refused by row and value, and nothing is changed",
    async () => {
      const before = await query("SELECT * FROM cafes ORDER BY id");
      const many = Array.from({ length: 50 }, (_, i) => ({ id: 100 + i, name: `n${i}` }));
      const repeated = await assertRejects(
        () => upsert([...many, { id: 105, name: "again" }, { id: 106, name: "again" }], "cafes", ["id"]),
        DataError,
      );
      assertMatch(
        repeated.message,
        /^row 6: Cannot upload table "cafes": rows 6 and 51 have the same key \["105"\] in column "id", and 1 more like it\. The table is as it was$/,
      );
      const missing = await assertRejects(
        () => upsert([...many, { id: null, name: "lost" }], "cafes", ["name", "id"]),
        DataError,
      );
      assertMatch(
        missing.message,
        /^row 51: .*a value of the key is missing in columns "name", "id", where it is \["lost", null\]\. The table/,
      );
      assertEquals(await query("SELECT * FROM cafes ORDER BY id"), before);
      for (const table of ["cafes", "not_there"]) {
        await assertRejects(() => upsert([{ id: 1, a: 1 }, { id: 1, a: 2 }], table, ["id"]), Error);
      }
      assertEquals(await query("SELECT to_regclass('not_there') AS t"), [{ t: null }]);
      assertEquals(await leftovers(), []);
    },
  );

  await t.step("keys of several columns and of every kind tell rows apart exactly", async () => {
    const types = { u: "uuid", n: "numeric", t: "timestamptz", s: "text", i: "int8" } as const;
    const row = (number: number, value: string) => ({
      u: `00000000-0000-0000-0000-00000000000${number}`,
      n: `${number}.10`,
      t: `2020-01-01T00:00:0${number}.000001Z`,
      s: ["", "a'b", "ñ\n🦤", "A", "a "][number] ?? "x",
      i: 9007199254740993n + BigInt(number),
      value,
    });
    const old = [0, 1, 2, 3, 4].map((number) => row(number, "old"));
    const fresh = [1, 3, 5].map((number) => row(number, "new"));
    for (const key of [["u"], ["n"], ["t"], ["s"], ["i"], ["u", "n", "t", "s", "i"]]) {
      const table = `by_${key.join("_")}`;
      await toCarto(old, table, { credentials, types });
      const report = await upsert(GeoDataFrame.fromRows(fresh, { types }), table, key);
      assertEquals([report.inserted, report.updated], [1, 2], table);
      assertEquals(
        (await query(`SELECT value FROM ${table} ORDER BY i`)).map(({ value }) => value),
        ["old", "new", "old", "new", "old", "new"],
      );
    }
  });

  await t.step("values are read as the table's type before keys are compared", async () => {
    await client.sql.query("CREATE TABLE fixed (code char(4), n integer)");
    await client.sql.query("INSERT INTO fixed VALUES ('ab', 1)");
    const report = await upsert([{ code: "ab", n: 2 }, { code: "ab  c".slice(0, 2) + "x", n: 3 }], "fixed", [
      "code",
    ]);
    assertEquals([report.inserted, report.updated], [1, 1]);
    const same = await assertRejects(() => upsert([{ n: "1" }, { n: "01" }], "fixed", ["n"]), DataError);
    assertMatch(same.message, /rows 1 and 2 have the same key \["1"\]/);
  });

  await t.step(
    "a key that is not unique in the table updates all that have it, and that is told",
    async () => {
      await client.sql.query(
        "CREATE TABLE twice AS SELECT 1 AS id, n::text AS t FROM generate_series(1, 3) AS n",
      );
      await client.sql.query("INSERT INTO twice VALUES (NULL, 'none')");
      const report = await upsert([{ id: 1, t: "x" }, { id: 2, t: "y" }], "twice", ["id"]);
      assertEquals([report.inserted, report.updated], [1, 3]);
      assertEquals(report.warnings, [
        "The key is not unique in the table: 3 of its rows were updated by 1 of the data",
      ]);
      assertEquals((await query("SELECT t FROM twice ORDER BY t")).map(({ t }) => t), [
        "none",
        "x",
        "x",
        "x",
        "y",
      ]);
    },
  );

  await t.step("cartodb_id can be the key; beside another key it counts for new rows only", async () => {
    await toCarto([{ cartodb_id: 5n, code: "a" }, { cartodb_id: 7n, code: "b" }], "ids", { credentials });
    await upsert([{ cartodb_id: 7n, code: "B" }, { cartodb_id: 20n, code: "c" }], "ids", ["cartodb_id"]);
    const report = await upsert(
      [{ cartodb_id: 99n, code: "a" }, { cartodb_id: 30n, code: "d" }],
      "ids",
      ["code"],
    );
    assertEquals(report.warnings, ['Rows that are there keep their "cartodb_id"']);
    await upsert([{ code: "e" }], "ids", ["code"]);
    assertEquals(await query("SELECT cartodb_id, code FROM ids ORDER BY 1"), [
      { cartodb_id: 5n, code: "a" },
      { cartodb_id: 7n, code: "B" },
      { cartodb_id: 20n, code: "c" },
      { cartodb_id: 30n, code: "d" },
      { cartodb_id: 31n, code: "e" },
    ]);
  });

  await t.step(
    "the key may be called as in the data or as in the table; keys alone update nothing",
    async () => {
      await toCarto([{ "Código": "a", n: 1 }], "named", { credentials });
      await upsert([{ "Código": "a", n: 2 }], "named", ["Código"]);
      await upsert([{ "Código": "b", n: 3 }], "named", ["codigo"]);
      const report = await upsert([{ "Código": "b" }, { "Código": "c" }], "named", ["codigo"]);
      assertEquals([report.inserted, report.updated], [1, 1]);
      assertEquals(await query("SELECT codigo, n FROM named ORDER BY 1"), [
        { codigo: "a", n: 2 },
        { codigo: "b", n: 3 },
        { codigo: "c", n: null },
      ]);
    },
  );

  await t.step("columns that do not fit are all told at once, before a row travels", async () => {
    await client.sql.query("CREATE TABLE strict (id int, place point, j json, made int NOT NULL)");
    const error = await assertRejects(
      () => upsert([{ id: "x", other: 1, another: 2, j: "{}" }, { id: "y", j: "[]" }], "strict", ["id", "j"]),
      ArgumentError,
    );
    assertMatch(
      error.message,
      /the table has no columns "other", "another"; column "j" cannot be in the key, since it is json/,
    );
    // Rows that are there need no value for a column that they have
    await client.sql.query("INSERT INTO strict VALUES (1, NULL, NULL, 1)");
    await upsert([{ id: 1 }], "strict", ["id"]);
    await assertRejects(() => upsert([{ id: 2 }], "strict", ["id"]), Error, "null value in column");
    assertEquals(await query("SELECT id, made FROM strict"), [{ id: 1, made: 1 }]);
    assertEquals(await leftovers(), []);
  });

  await t.step("a trigger that refuses rows is an error, and nothing is changed", async () => {
    await client.sql.query(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
    );
    await client.sql.query(
      "CREATE TRIGGER refuse BEFORE INSERT ON named FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    await assertRejects(
      () => upsert([{ "Código": "a", n: 9 }, { "Código": "z", n: 9 }], "named", ["codigo"]),
      DataError,
      "the table took 1 rows, not all",
    );
    assertEquals(await query("SELECT n FROM named WHERE codigo = 'a'"), [{ n: 2 }]);
  });

  await t.step("a stream of many rows is updated as a batch job", async () => {
    const count = 100_001;
    const frame = (from: number, value: number) =>
      GeoDataFrame.fromColumns({
        id: Int32Array.from({ length: count }, (_, i) => from + i),
        value: new Int32Array(count).fill(value),
      });
    await toCarto(frame(0, 1), "many", { credentials });
    const report = await upsert(frame(50_000, 2), "many", ["id"]);
    assertEquals([report.inserted, report.updated], [50_000, 50_001]);
    assertEquals(await query("SELECT value, count(*)::int AS n FROM many GROUP BY 1 ORDER BY 1"), [
      { value: 1, n: 50_000 },
      { value: 2, n: 100_001 },
    ]);
    assertEquals(await leftovers(), []);
  });

  await t.step("a key without rights to update is told so, and nothing is changed", async () => {
    await client.sql.query("GRANT SELECT, INSERT ON cafes TO reader_role");
    const reader = new Credentials({ ...carto.credentials("demo"), apiKey: "reader_key" });
    const error = await assertRejects(
      () => upsert([{ id: 1, name: "mine" }], "cafes", ["id"], { credentials: reader }),
      Error,
    );
    assertEquals(isCartoError(error) && error.code, "access-denied");
    assertEquals(await query("SELECT name FROM cafes WHERE id = 1"), [{ name: "a" }]);
  });
});

const PLAIN: ToCartoOptions = { copyFormat: "csv", skipQuotaWarning: true, gzip: false, ifExists: "upsert" };

Deno.test("an update by key needs a key, of columns that the data have; nothing else has one", async () => {
  const cases: [ToCartoOptions, RegExp][] = [
    [{}, /the key must be a list of column names/],
    [{ key: [] }, /the key must be a list of column names/],
    [{ key: "id" as never }, /the key must be a list of column names/],
    [{ key: ["nope"] }, /the data have no column "nope", which is in the key/],
    [{ key: ["id"], ifExists: "replace" }, /only ifExists "upsert" has one/],
  ];
  for (const [options, message] of cases) {
    const carto = fakeCarto();
    const error = await assertRejects(
      () => toCarto([{ id: 1 }], "t", { ...carto, ...PLAIN, ...options }),
      ArgumentError,
    );
    assertMatch(error.message, message);
    assertEquals([error.argument, carto.log], ["key", []]);
  }
});

Deno.test("what was counted is read and dropped; when it cannot be read the rows are there all the same", async () => {
  for (const isLost of [false, true]) {
    const carto = fakeCarto((request) => {
      if (isLook(request)) return target({ id: "int4", n: "int4" });
      if (!request.q.startsWith("SELECT inserted")) return undefined;
      return isLost ? sqlError("gone", 503) : rows([{ inserted: 2, updated: 1, matched: 1 }]);
    });
    const data = [{ id: 1, n: 1 }, { id: 2, n: 2 }, { id: 3, n: 3 }];
    const report = await toCarto(data, "t", { ...carto, ...PLAIN, key: ["id"] });
    assertEquals([report.rows, report.inserted], [3, isLost ? undefined : 2]);
    assertEquals(report.warnings.length, isLost ? 1 : 0);
    assertMatch(
      withoutRandom(carto.log.at(-1) ?? ""),
      /^DROP TABLE IF EXISTS "public"."_cartoframes_staging_t_\*"/,
    );
    const finish = carto.log.find((text) => text.startsWith("DO")) ?? "";
    assert(finish.indexOf("UPDATE") < finish.indexOf("INSERT INTO"));
    assert(finish.includes("SHARE ROW EXCLUSIVE MODE"));
  }
});

Deno.test("what does not fit a table is told whole: missing, lacking, of another type", async () => {
  const carto = fakeCarto((request) =>
    isLook(request)
      ? target({
        a: "int4",
        b: "bool",
        needed: { type: "text", notNull: true },
        the_geom: { type: "geometry", sql: "geometry(PointZ,4326)" },
      })
      : undefined
  );
  const data = [{ a: true, b: 1.5, x: 1, y: "2", the_geom: "POINT (1 2)" }];
  const error = await assertRejects(
    () => toCarto(data, "t", { ...carto, ...PLAIN, ifExists: "append", geomCol: "the_geom" }),
    ArgumentError,
  );
  assertEquals(
    error.message,
    'Cannot upload table "t": the table has no columns "x", "y"; the data lack column "needed", which the table needs; ' +
      'column "a" of the table is integer, and the data have boolean; column "b" of the table is boolean, and the data have double precision; ' +
      'column "the_geom" of the table holds x, y and z, and the data have x and y only',
  );
  assertEquals(carto.log.length, 1);
});

Deno.test("a second attempt that finds the first one done is no failure", async () => {
  let finishes = 0;
  const carto = fakeCarto(({ q, ...request }) => {
    if (isLook({ q, ...request })) return target(undefined);
    if (q.startsWith("SELECT 1 FROM") && finishes === 2) {
      return sqlError(`relation "public.${/_cartoframes_staging_\w+/.exec(q)?.[0]}" does not exist`);
    }
    if (!q.startsWith("DO")) return undefined;
    finishes++;
    const staging = /_cartoframes_staging_\w+/.exec(q)?.[0];
    return finishes === 1
      ? sqlError("bad gateway", 502)
      : sqlError(`relation "public.${staging}" does not exist`);
  });
  const report = await toCarto([{ id: 1 }], "t", { ...carto, ...PLAIN, ifExists: "fail" });
  assertEquals([report.rows, finishes], [1, 2]);
});

Deno.test("a page with status 404 does not say that the staging table is gone", async () => {
  const page = () =>
    new Response("<html>Not Found</html>", { status: 404, headers: { "content-type": "text/html" } });
  const carto = fakeCarto((request) => {
    if (isLook(request)) return target(undefined);
    if (request.q.startsWith("DO") || request.q.startsWith("SELECT 1 FROM")) return page();
    return undefined;
  });
  const error = await assertRejects(
    () => toCarto([{ id: 1 }], "t", { ...carto, ...PLAIN, ifExists: "fail" }),
    Error,
    "404",
  );
  assert(isCartoError(error));
  assertMatch(carto.log.at(-1) ?? "", /^DROP TABLE "public"/);
});

Deno.test("a job that somebody cancelled is not made again", async () => {
  const carto = fakeCarto((request) => {
    if (isLook(request)) return target(undefined);
    if (request.q.startsWith("DO") && request.path === "api/v2/sql") {
      return json({ error: ["query timeout error"], context: "limit", detail: "datasource" }, 429);
    }
    return request.path.startsWith("api/v2/sql/job/")
      ? json({ job_id: "1", status: "cancelled" })
      : undefined;
  });
  const error = await assertRejects(
    () => toCarto([{ id: 1 }], "t", { ...carto, ...PLAIN, ifExists: "fail" }),
    Error,
  );
  assertEquals(isCartoError(error) && error.code, "job-cancelled");
  assertEquals(
    carto.requests.filter(({ path, method }) => path === "api/v2/sql/job" && method === "POST").length,
    1,
  );
});

Deno.test("what one upload could not clear up, the next one of the process does", async () => {
  let name = "";
  let isDown = true;
  const carto = fakeCarto((request) => {
    const found = /_cartoframes_staging_t_\w+/.exec(request.q)?.[0];
    if (isLook(request)) return target(undefined, { staging: name === "" ? [] : [name] });
    if (request.q.startsWith("CREATE")) name ||= found ?? "";
    if (!isDown) return undefined;
    if (request.path.endsWith("copyfrom") || request.q.startsWith("DROP")) return sqlError("down", 503);
    return undefined;
  });
  const options = { ...carto, ...PLAIN, ifExists: "fail" } as const;
  await assertRejects(() => toCarto([{ id: 1 }], "t", options), Error, "down");
  isDown = false;
  await toCarto([{ id: 1 }], "t", options);
  const sweeps = carto.log.filter((text) => text.includes("NOWAIT"));
  assertEquals(sweeps.length, 1);
  assert(sweeps[0]?.includes(name));
});

Deno.test("how old a staging table is, the server's clock tells", async () => {
  const staging = ["_cartoframes_staging_a_20200101000000_01234567"];
  for (const [now, sweeps] of [[Date.UTC(2020, 0, 1, 12), 0], [Date.UTC(2020, 0, 3), 1]] as const) {
    const carto = fakeCarto(async (request) => {
      if (!isLook(request)) return undefined;
      const answer = await target(undefined, { staging }).json();
      answer.rows[0].now = String(now);
      return json(answer);
    });
    await toCarto([{ id: 1 }], "t", { ...carto, ...PLAIN, ifExists: "fail" });
    assertEquals(carto.log.filter((text) => text.includes("NOWAIT")).length, sweeps);
    const started = new Date(now).toISOString().replace(/\D/g, "").slice(0, 14);
    assert(carto.log.some((text) => text.includes(`_cartoframes_staging_t_${started}_`)));
  }
});
