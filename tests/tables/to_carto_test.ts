import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  AlreadyExistsError,
  ArgumentError,
  DataError,
  isCartoError,
  JobError,
} from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { toCarto, type ToCartoOptions } from "../../src/tables/mod.ts";
import {
  fakeCarto,
  isLook,
  json,
  rows,
  type SeenRequest,
  sqlError,
  target,
  withoutRandom,
} from "./_fake_carto.ts";

/** The frame of the cases: `Name X`, `n`, and a point each. */
function frameF(): GeoDataFrame {
  return GeoDataFrame.fromRows([
    { "Name X": "a", n: 1n, geometry: "POINT (0 0)" },
    { "Name X": "b", n: 2n, geometry: "POINT (1 1)" },
  ]).setGeometry("geometry", { srid: 4326, drop: true });
}

type Columns = Parameters<typeof target>[0];

/** An account where a table of these columns stands, or none. */
function account(columns?: Columns, more: { schema?: string; kind?: string; staging?: string[] } = {}) {
  return fakeCarto((request) => isLook(request) ? target(columns, more) : undefined);
}

const CSV: ToCartoOptions = { copyFormat: "csv", skipQuotaWarning: true, gzip: false };

/** The SQL that was sent, without the look at the target and the random part of names. */
function sent(log: readonly string[]): string[] {
  return log.filter((text) => !text.includes("AS staging")).map(withoutRandom);
}

const bodyText = (request: SeenRequest | undefined) => new TextDecoder().decode(request?.body);

const SYSTEM = {
  cartodb_id: { type: "int8", notNull: true, hasDefault: true },
  the_geom: "geometry",
  the_geom_webmercator: { type: "geometry", sql: "geometry(Geometry,3857)" },
} satisfies Columns;

Deno.test("WR-001: a new table is staged, filled, and then renamed and converted in one statement", async () => {
  const carto = account();
  const report = await toCarto(frameF(), "My Table", { ...carto, ...CSV, skipQuotaWarning: false });
  assertEquals(report, {
    table: "my_table",
    rows: 2,
    bytes: 110,
    created: true,
    renamed: [
      {
        from: "Name X",
        to: "name_x",
        reason: "CARTO's names are lower case letters, digits and _, and no SQL words",
      },
    ],
    warnings: [],
  });
  const [me, look, create, copy, finish, ...rest] = carto.log.map(withoutRandom);
  assertEquals(me, "GET api/v3/me");
  assertMatch(look ?? "", /relname = 'my_table'/);
  assertEquals(
    create,
    'CREATE TABLE "public"."_cartoframes_staging_my_table_*" ("cartodb_id" bigserial,"name_x" text,"n" bigint,"the_geom" geometry(Geometry, 4326))',
  );
  assertMatch(copy ?? "", /^COPY /);
  assertEquals(
    finish,
    `DO $cartoframes$
#variable_conflict use_column
DECLARE _cartoframes_count bigint;
BEGIN
LOCK TABLE "public"."_cartoframes_staging_my_table_*" IN ACCESS EXCLUSIVE MODE;
ALTER TABLE "public"."_cartoframes_staging_my_table_*" RENAME TO "my_table";
BEGIN EXECUTE format('ALTER SEQUENCE %s RENAME TO "my_table_cartodb_id_seq"', pg_get_serial_sequence('"public"."my_table"', 'cartodb_id')); EXCEPTION WHEN duplicate_table THEN NULL; END;
PERFORM CDB_CartodbfyTable('public', 'my_table');
END $cartoframes$`,
  );
  assertEquals(rest, []);
});

Deno.test("WR-002 WR-003: rows travel as CSV with bars, geometries as EWKB with the SRID", async () => {
  const carto = account();
  await toCarto(frameF(), "My Table", { ...carto, ...CSV });
  const copy = carto.requests.find(({ path }) => path.endsWith("copyfrom"));
  assertEquals(
    withoutRandom(copy?.q ?? ""),
    `COPY "public"."_cartoframes_staging_my_table_*" ("name_x","n","the_geom") FROM STDIN WITH (FORMAT csv, DELIMITER '|', NULL '__null')`,
  );
  assertEquals(
    bodyText(copy),
    `a|1|0101000020E6100000${"0".repeat(32)}\nb|2|0101000020E6100000000000000000F03F000000000000F03F\n`,
  );
});

Deno.test("WR-004: without cartodbfy the table is renamed and not converted", async () => {
  const carto = account();
  await toCarto(frameF(), "t", { ...carto, ...CSV, cartodbfy: false });
  assert(!carto.log.some((text) => text.includes("CDB_CartodbfyTable")));
  assertMatch(carto.log.at(-1) ?? "", /RENAME TO "t"/);
});

Deno.test("WR-005: the account is not asked for its room when that does not matter", async () => {
  const carto = account();
  await toCarto(frameF(), "t", { ...carto, ...CSV });
  assert(!carto.log.includes("GET api/v3/me"));
});

Deno.test("WR-006 WR-007: nothing is printed; what the log line said is in the report", async () => {
  const report = await toCarto(frameF(), "My Table", { ...account(), ...CSV });
  assertEquals([report.table, report.rows], ["my_table", 2]);
});

Deno.test("WR-008: a table that exists is refused before a row is sent", async () => {
  const carto = account({ ...SYSTEM, n: "int8" });
  const error = await assertRejects(() => toCarto(frameF(), "tbl", { ...carto, ...CSV }), AlreadyExistsError);
  assertEquals(error.message, 'Cannot upload table "tbl": "public.tbl" already exists in your CARTO account');
  assertMatch(String(error.hint), /ifExists: "replace"/);
  assertEquals(sent(carto.log), []);
});

Deno.test("a table that somebody made meanwhile is the same error at the end, and nothing stays behind", async () => {
  const carto = fakeCarto((request) => {
    if (isLook(request)) return target(undefined);
    return request.q.startsWith("DO") ? sqlError('relation "tbl" already exists') : undefined;
  });
  await assertRejects(
    () => toCarto(frameF(), "tbl", { ...carto, ...CSV }),
    AlreadyExistsError,
    '"public.tbl" already exists',
  );
  assertEquals(sent(carto.log).at(-1), 'DROP TABLE IF EXISTS "public"."_cartoframes_staging_tbl_*"');
});

/** The last statement of a replacement without what sets indexes and the trigger aside and puts them back. */
function essence(statement: string | undefined): string {
  return (statement ?? "")
    .replace(/^_cartoframes_indexes .*\n/m, "")
    .replace(/^BEGIN\nSELECT array_agg[^]*?\nEXCEPTION .*\nEND;\n/m, "")
    .replace(/^(IF _cartoframes_projects THEN ALTER .*\n)?FOREACH .*\n/m, "")
    .replace(
      /^EXECUTE (.*);$/m,
      (_, parts: string) =>
        `${parts.split(/ \|\| CASE .*? END \|\| /).map((part) => part.slice(1, -1)).join("")};`,
    );
}

/** The last statement of a replacement in essence. */
function replacement(lines: string[]): string {
  return `DO $cartoframes$
#variable_conflict use_column
DECLARE _cartoframes_count bigint;
BEGIN
LOCK TABLE "public"."_cartoframes_staging_tbl_*" IN ACCESS EXCLUSIVE MODE;
LOCK TABLE "public"."tbl" IN ACCESS EXCLUSIVE MODE;
TRUNCATE TABLE "public"."tbl" RESTART IDENTITY;
${lines.join("\n")}
GET DIAGNOSTICS _cartoframes_count = ROW_COUNT;
IF _cartoframes_count <> 2 THEN RAISE EXCEPTION 'cartoframes:rows:%:%', _cartoframes_count, 0; END IF;
DROP TABLE "public"."_cartoframes_staging_tbl_*";
END $cartoframes$`;
}

const INSERT_F =
  'INSERT INTO "public"."tbl" ("name_x","n","the_geom") SELECT "name_x","n","the_geom" FROM "public"."_cartoframes_staging_tbl_*" ORDER BY "_cartoframes_row";';

Deno.test("WR-009: replacing with the same columns empties and fills the table in one statement", async () => {
  const carto = account({ ...SYSTEM, name_x: "text", n: "int8" });
  const report = await toCarto(frameF(), "tbl", { ...carto, ...CSV, ifExists: "replace" });
  const [create, , finish] = sent(carto.log);
  assertMatch(create ?? "", /^CREATE UNLOGGED TABLE /);
  assertEquals(essence(finish), replacement([INSERT_F]));
  assertEquals([report.created, report.rows], [false, 2]);
});

Deno.test("WR-010: names count as normalised, and CARTO's own columns stay", async () => {
  const carto = account({ ...SYSTEM, a: "int8" });
  await toCarto([{ A: 1n }], "tbl", { ...carto, ...CSV, ifExists: "replace" });
  assert(!carto.log.some((text) => text.includes("ALTER TABLE")));
});

Deno.test("WR-011: a column of another type gets the new one, in its place", async () => {
  const carto = account({ ...SYSTEM, name_x: "text", n: "int4" });
  await toCarto(frameF(), "tbl", { ...carto, ...CSV, ifExists: "replace" });
  assertEquals(
    essence(sent(carto.log).at(-1)),
    replacement(['ALTER TABLE "public"."tbl" ALTER COLUMN "n" TYPE bigint USING NULL;', INSERT_F]),
  );
});

Deno.test("WR-012: columns that are not in the data go, new ones come, geometry and id stay", async () => {
  const carto = account({ ...SYSTEM, name: "text", flag: "bool", ts: "timestamp" });
  await toCarto(frameF(), "tbl", { ...carto, ...CSV, ifExists: "replace" });
  assertEquals(
    essence(sent(carto.log).at(-1)),
    replacement([
      'ALTER TABLE "public"."tbl" DROP COLUMN "name", DROP COLUMN "flag", DROP COLUMN "ts", ADD COLUMN "name_x" text, ADD COLUMN "n" bigint;',
      INSERT_F,
    ]),
  );
});

Deno.test("WR-014 WR-015: a job too long for the server becomes a function, dropped also when the job fails", async () => {
  const columns = Array.from({ length: 500 }, (_, i) => `column_number_${i}`);
  for (const status of ["done", "failed"]) {
    const carto = fakeCarto((request) => {
      if (isLook(request)) return target({ ...SYSTEM, old: "text" });
      if (request.q.startsWith("DO")) {
        return sqlError("query timeout error", 429, { context: "limit", detail: "datasource" });
      }
      if (request.path.startsWith("api/v2/sql/job/")) {
        return json({ job_id: "1", status, failed_reason: "out of memory" });
      }
      return undefined;
    });
    const upload = toCarto([Object.fromEntries(columns.map((name) => [name, 1]))], "wide", {
      ...carto,
      ...CSV,
      ifExists: "replace",
    });
    if (status === "done") assertEquals((await upload).rows, 1);
    else await assertRejects(() => upload, JobError, 'Cannot upload table "wide": out of memory');
    const create = carto.log.find((text) => text.startsWith("CREATE FUNCTION")) ?? "";
    const name = /"public"\."tmp_func_[0-9a-f]{10}"\(\)/.exec(create)?.[0] ?? "none";
    assert(create.includes('ADD COLUMN "column_number_499" integer'));
    const job = carto.requests.find(({ path, method }) => path === "api/v2/sql/job" && method === "POST");
    assertEquals(job?.q, `SELECT ${name}`);
    assert(carto.log.indexOf(`DROP FUNCTION IF EXISTS ${name}`) > carto.log.indexOf(`SELECT ${name}`));
  }
});

Deno.test("WR-016: a table of CARTO's own columns only gets the new ones", async () => {
  const carto = account(SYSTEM);
  await toCarto([{ a: 1 }], "t1", { ...carto, ...CSV, ifExists: "replace" });
  assert(carto.log.at(-1)?.includes('ALTER TABLE "public"."t1" ADD COLUMN "a" integer;'));
});

Deno.test("WR-017: appending inserts and converts nothing", async () => {
  const carto = account({ ...SYSTEM, name_x: "text", n: "int8" });
  const report = await toCarto(frameF(), "tbl", { ...carto, ...CSV, ifExists: "append" });
  const last = sent(carto.log).at(-1) ?? "";
  assert(last.includes(INSERT_F));
  for (const word of ["TRUNCATE", "ALTER", "CDB_CartodbfyTable"]) assert(!last.includes(word), word);
  assertEquals([report.created, report.warnings], [false, []]);
});

Deno.test("WR-018: appending to a table that is not there makes it", async () => {
  const carto = account();
  const report = await toCarto(frameF(), "tbl", { ...carto, ...CSV, ifExists: "append" });
  assertEquals(report.created, true);
  assertMatch(carto.log.at(-1) ?? "", /RENAME TO "tbl";\nBEGIN .*\nPERFORM CDB_CartodbfyTable/);
});

Deno.test("WR-019: the words of ifExists are told", async () => {
  const options = { ...account(), ifExists: "other" as "fail" };
  await assertRejects(() => toCarto(frameF(), "t", options), ArgumentError, "fail, replace, append");
});

Deno.test("WR-020: what is no data is refused", async () => {
  for (const data of [1234, null, undefined, "text"]) {
    await assertRejects(() => toCarto(data as never, "t", account()), ArgumentError);
  }
});

Deno.test("WR-021: a table name is a text that is not empty", async () => {
  for (const name of [1234, ""]) {
    const carto = account();
    await assertRejects(() => toCarto(frameF(), name as string, carto), ArgumentError, "table name");
    assertEquals(carto.log, []);
  }
});

Deno.test("WR-022 WR-023: rows are numbered in a last column, its name normalised", async () => {
  const carto = account();
  const report = await toCarto([{ a: "x" }, { a: "y" }], "t", {
    ...carto,
    ...CSV,
    index: true,
    indexLabel: "My Idx",
  });
  assertMatch(sent(carto.log)[0] ?? "", /\("cartodb_id" bigserial,"a" text,"my_idx" bigint\)$/);
  assertEquals(bodyText(carto.requests.find(({ path }) => path.endsWith("copyfrom"))), "x|0\ny|1\n");
  assertEquals(report.renamed.map(({ to }) => to), ["my_idx"]);
});

Deno.test("WR-024: row numbers need a name", async () => {
  const error = await assertRejects(
    () => toCarto(frameF(), "t", { ...account(), index: true }),
    ArgumentError,
  );
  assertEquals(error.argument, "indexLabel");
});

Deno.test("WR-025: a text column the_geom makes room for the geometry, and is kept and reported", async () => {
  const frame = GeoDataFrame.fromRows([{ the_geom: "old", geometry: "POINT (1 1)" }])
    .setGeometry("geometry", { srid: 4326, drop: true });
  const carto = account();
  const report = await toCarto(frame, "t", { ...carto, ...CSV });
  assertMatch(
    sent(carto.log)[0] ?? "",
    /\("cartodb_id" bigserial,"the_geom_1" text,"the_geom" geometry\(Geometry, 4326\)\)$/,
  );
  assertEquals(report.renamed.map(({ from, to }) => [from, to]), [["the_geom", "the_geom_1"]]);
});

Deno.test("WR-026: a geometry named the_geom keeps its name", async () => {
  const frame = frameF().rename({ geometry: "the_geom" });
  const report = await toCarto(frame, "t", { ...account(), ...CSV });
  assertEquals(report.renamed.map(({ to }) => to), ["name_x"]);
});

Deno.test("WR-027: geomCol takes the place of the geometry there was", async () => {
  const frame = frameF().withColumn("geom", ["POINT(1 1)", "POINT(2 2)"]);
  const carto = account();
  await toCarto(frame, "t", { ...carto, ...CSV, geomCol: "geom" });
  assertMatch(
    sent(carto.log)[0] ?? "",
    /\("cartodb_id" bigserial,"name_x" text,"n" bigint,"the_geom" geometry\(Geometry, 4326\)\)$/,
  );
  assertMatch(
    bodyText(carto.requests.find(({ path }) => path.endsWith("copyfrom"))),
    /^a\|1\|0101000020E6100000000000000000F03F000000000000F03F\n/,
  );
});

Deno.test("WR-028 WR-029: geomCol works with plain rows, whatever its name", async () => {
  for (const name of ["wkt", "geometry"]) {
    const carto = account();
    await toCarto([{ id: 1, [name]: "POINT(1 1)" }], "t", { ...carto, ...CSV, geomCol: name });
    assertMatch(
      sent(carto.log)[0] ?? "",
      /\("cartodb_id" bigserial,"id" integer,"the_geom" geometry\(Geometry, 4326\)\)$/,
      name,
    );
  }
});

Deno.test("a geomCol that names no column is refused with the names there are", async () => {
  const carto = account();
  const error = await assertRejects(
    () => toCarto([{ id: 1 }], "t", { ...carto, ...CSV, geomCol: "geom" }),
    ArgumentError,
    '"geom"',
  );
  assertEquals([error.argument, error.hint], ["geomCol", 'The columns are "id"']);
});

Deno.test("WR-031: data without geometry make a table without a geometry column before the conversion", async () => {
  const carto = account();
  await toCarto([{ id: 1 }], "t", { ...carto, ...CSV });
  assertMatch(sent(carto.log)[0] ?? "", /\("cartodb_id" bigserial,"id" integer\)$/);
});

Deno.test("WR-032: a frame without rows makes an empty table, and nothing is copied", async () => {
  const carto = account();
  const report = await toCarto(frameF().head(0), "t", { ...carto, ...CSV, skipQuotaWarning: false });
  assertEquals([report.rows, report.created], [0, true]);
  assertEquals(sent(carto.log).map((text) => text.split(" ")[0]), ["GET", "CREATE", "DO"]);
});

Deno.test("WR-033: rows that need more room than is left are refused", async () => {
  const carto = fakeCarto(({ path }) =>
    path === "api/v3/me"
      ? json({ user_data: { id: "1", username: "ana", remaining_byte_quota: 0 } })
      : undefined
  );
  const error = await assertRejects(
    () => toCarto(frameF().head(1), "t", { ...carto, copyFormat: "csv" }),
    Error,
    "has 0 bytes left",
  );
  assertEquals(isCartoError(error) && error.code, "quota-exceeded");
  assertEquals(carto.log, ["GET api/v3/me"]);
});

Deno.test("WR-034: the room is not looked at when that is asked for", async () => {
  const carto = account();
  assertEquals((await toCarto(frameF(), "t", { ...carto, ...CSV, skipQuotaWarning: true })).rows, 2);
});

Deno.test("WR-035: who may not see the account is not checked against it", async () => {
  for (const me of [json({ config: {} }), sqlError("forbidden", 403)]) {
    const carto = fakeCarto((request) =>
      request.path === "api/v3/me" ? me : isLook(request) ? target(undefined) : undefined
    );
    assertEquals((await toCarto(frameF(), "t", { ...carto, copyFormat: "csv", gzip: false })).rows, 2);
  }
});

/** Five rows of eleven bytes each. */
const FIVE = ["a", "b", "c", "d", "e"].map((letter) => ({ t: letter.repeat(10) }));

function uploads(requests: readonly SeenRequest[]): SeenRequest[] {
  return requests.filter(({ path }) => path.endsWith("copyfrom"));
}

Deno.test("WR-036: a request has at most maxUploadSize bytes; all go into one staging table", async () => {
  const carto = account();
  const report = await toCarto(FIVE, "t", { ...carto, ...CSV, maxUploadSize: 30 });
  const parts = uploads(carto.requests);
  assertEquals(parts.map(({ body }) => body.length), [22, 22, 11]);
  assertEquals(new Set(parts.map(({ q }) => q)).size, 1);
  assertEquals(report.rows, 5);
  assertEquals(sent(carto.log).filter((text) => text.startsWith("DO")).length, 1);
});

Deno.test("WR-037: large data travel in as many requests as their size asks for", async () => {
  const data = Array.from({ length: 4000 }, (_, i) => ({ id: i, t: "x".repeat(280) }));
  const carto = account();
  const report = await toCarto(data, "t", { ...carto, ...CSV, maxUploadSize: 100_000 });
  const parts = uploads(carto.requests);
  assert(parts.every(({ body }) => body.length <= 100_000));
  assert(parts.length >= 12 && parts.length <= 13, `${parts.length} requests`);
  assertEquals(report.rows, 4000);
});

Deno.test("WR-038: appended parts go into staging too, so that all of them count or none", async () => {
  const carto = account({ ...SYSTEM, t: "text" });
  await toCarto(FIVE, "t", { ...carto, ...CSV, ifExists: "append", maxUploadSize: 30 });
  assertEquals(uploads(carto.requests).length, 3);
  assert(uploads(carto.requests).every(({ q }) => q.includes("_cartoframes_staging_t_")));
  assertEquals(sent(carto.log).filter((text) => text.includes('INSERT INTO "public"."t"')).length, 1);
});

Deno.test("WR-039: table names are normalised", async () => {
  for (const [given, normal] of [["My-Tablé 2020", "my_table_2020"], ["table", "_table"]] as const) {
    assertEquals((await toCarto(FIVE, given, { ...account(), ...CSV })).table, normal);
  }
});

Deno.test("WR-040: booleans, timestamps and texts", async () => {
  const carto = account();
  const row = { flag: true, at: Temporal.PlainDateTime.from("2020-01-01T00:00:00"), name: "ñ" };
  await toCarto([row], "t", { ...carto, ...CSV });
  assertMatch(
    sent(carto.log)[0] ?? "",
    /\("cartodb_id" bigserial,"flag" boolean,"at" timestamp,"name" text\)$/,
  );
  assertMatch(bodyText(uploads(carto.requests)[0]), /^t(rue)?\|2020-01-01 00:00:00\|ñ\n$/i);
});

Deno.test("WR-041: a whole-number column cartodb_id brings the ids, checked before the table is changed", async () => {
  const carto = account();
  const report = await toCarto([{ cartodb_id: 5n, a: 1 }, { cartodb_id: 9n, a: 2 }], "t", {
    ...carto,
    ...CSV,
  });
  assertEquals(report.renamed, []);
  assertMatch(sent(carto.log)[0] ?? "", /\("cartodb_id" bigint,"a" integer\)$/);
  assertMatch(sent(carto.log).at(-1) ?? "", /count\(DISTINCT "cartodb_id"\)/);
});

Deno.test("a column cartodb_id that cannot be the ids keeps its values under another name, and that is told", async () => {
  for (const ids of [[1n, 1n], [1n, null], [-1n, 2n], ["A1", "B2"], [1.5, 2], [2n ** 31n, 1n]]) {
    const data = ids.map((cartodb_id) => ({ cartodb_id, a: 1 }));
    const report = await toCarto(data, "t", { ...account(), ...CSV });
    assertEquals(report.renamed, [
      { from: "cartodb_id", to: "cartodb_id_1", reason: "its values cannot be CARTO's row numbers" },
    ]);
  }
});

Deno.test("bad ids in a later batch of a stream are refused with their row, and nothing is put in place", async () => {
  const carto = account();
  const frames = [[1n, 2n], [3n, null]].map((ids) =>
    GeoDataFrame.fromRows(ids.map((cartodb_id) => ({ cartodb_id })))
  );
  const error = await assertRejects(() => toCarto(frames.values(), "t", { ...carto, ...CSV }), DataError);
  assertEquals(error.place, { row: 4, column: "cartodb_id" });
  assertMatch(sent(carto.log).at(-1) ?? "", /^DROP TABLE IF EXISTS/);
});

Deno.test("WR-042: a user of an organisation writes into the schema of their own", async () => {
  const carto = account(undefined, { schema: "joe" });
  await toCarto(frameF(), "t", { ...carto, ...CSV });
  assertMatch(sent(carto.log)[0] ?? "", /^CREATE TABLE "joe"\."_cartoframes_staging_t_\*"/);
  assertMatch(carto.log.at(-1) ?? "", /PERFORM CDB_CartodbfyTable\('joe', 't'\)/);
});

const BUSY = () =>
  json({ error: ["limit"], context: "limit", detail: "rate-limit" }, 429, { "retry-after": "3" });

/** An account that is too busy for the first uploads. */
function busyAccount(refusals: number) {
  let left = refusals;
  return fakeCarto((request) => {
    if (isLook(request)) return target(undefined);
    return request.path.endsWith("copyfrom") && left-- > 0 ? BUSY() : undefined;
  });
}

Deno.test("a busy server is asked again with the same bytes, rows at hand or streamed", async () => {
  async function* stream() {
    for (const row of FIVE) yield await Promise.resolve(row);
  }
  for (const data of [FIVE, stream()]) {
    const carto = busyAccount(2);
    const report = await toCarto(data, "t", { ...carto, ...CSV });
    assertEquals([report.rows, carto.slept], [5, [3000, 3000]]);
    const bodies = uploads(carto.requests).map(bodyText);
    assertEquals(new Set(bodies).size, 1);
    assertEquals(bodies.length, 3);
  }
});

Deno.test("retryTimes is the number of attempts of an upload", async () => {
  const carto = busyAccount(9);
  const error = await assertRejects(() => toCarto(FIVE, "t", { ...carto, ...CSV, retryTimes: 2 }), Error);
  assertEquals([isCartoError(error) && error.code, uploads(carto.requests).length], ["rate-limited", 2]);
  assertMatch(sent(carto.log).at(-1) ?? "", /^DROP TABLE IF EXISTS/);
});

Deno.test("more rows than are kept are encoded again where they are at hand, and refused from a stream", async () => {
  const rows = Array.from({ length: 40_000 }, (_, id) => ({ id, t: "x".repeat(250) }));
  const again = busyAccount(1);
  assertEquals((await toCarto(rows, "t", { ...again, ...CSV })).rows, 40_000);
  const [first, second] = uploads(again.requests).map(({ body }) => body);
  assertEquals(first?.length, second?.length);
  assertEquals(bodyText({ body: second } as SeenRequest).slice(0, 10), "0|xxxxxxxx");
  const once = busyAccount(1);
  await assertRejects(
    () => toCarto(rows.values(), "t", { ...once, ...CSV }),
    DataError,
    "gives them only once",
  );
});

Deno.test("a server that is busy while a stream is waited for gets each row once, in order", async () => {
  const refused = Promise.withResolvers<void>();
  async function* stream() {
    yield GeoDataFrame.fromRows([{ id: 1 }]);
    await refused.promise;
    yield GeoDataFrame.fromRows([{ id: 2 }]);
    yield GeoDataFrame.fromRows([{ id: 3 }]);
  }
  const carto = fakeCarto((request) => isLook(request) ? target(undefined) : undefined);
  const inner = carto.transport.fetch ?? fetch;
  let attempts = 0;
  const transport: typeof carto.transport = {
    ...carto.transport,
    async fetch(input, init) {
      if (!String(input).includes("copyfrom") || attempts++ > 0) {
        return await inner(input, init);
      }
      // The first rows are on their way and the next ones asked for when the server says that it is busy
      const reader = (init?.body as ReadableStream<Uint8Array>).getReader();
      await reader.read();
      reader.read().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 5));
      setTimeout(refused.resolve, 20);
      return BUSY();
    },
  };
  const report = await toCarto(stream(), "t", { ...carto, transport, ...CSV });
  assertEquals([report.rows, attempts, carto.slept], [3, 2, [3000]]);
  assertEquals(bodyText(uploads(carto.requests)[0]), "1\n2\n3\n");
});

Deno.test("wide rows are encoded a few at a time", async () => {
  const frame = GeoDataFrame.fromColumns({
    t: Array.from({ length: 600 }, (_, i) => `${i}`.padEnd(40_000, "x")),
  });
  const told: number[] = [0];
  const carto = fakeCarto((request) => isLook(request) ? target(undefined) : undefined);
  const onProgress: ToCartoOptions["onProgress"] = ({ phase, bytes }) => {
    if (phase === "upload") told.push(bytes ?? 0);
  };
  const report = await toCarto(frame, "t", { ...carto, ...CSV, onProgress });
  assertEquals([report.rows, bodyText(uploads(carto.requests)[0]).length], [600, told.at(-1)]);
  const steps = told.slice(1).map((bytes, i) => bytes - (told[i] as number));
  assert(Math.max(...steps) < 3e6, String(steps));
});

Deno.test("fewer rows than were sent is an error, and nothing is put in place", async () => {
  const carto = fakeCarto((request) => {
    if (isLook(request)) return target(undefined);
    return request.path.endsWith("copyfrom") ? json({ total_rows: 4, time: 0 }) : undefined;
  });
  const error = await assertRejects(
    () => toCarto(FIVE, "t", { ...carto, ...CSV }),
    Error,
    "5 were sent and 4 arrived",
  );
  assertEquals(isCartoError(error) && error.code, "incomplete-response");
  assert(!carto.log.some((text) => text.startsWith("DO")));
});

Deno.test("staging tables of old uploads are dropped before a new one, those of a running one are not", async () => {
  const staging = [
    "_cartoframes_staging_a_20200101000000_01234567",
    "_cartoframes_staging_b_29990101000000_01234567",
    "_cartoframes_staging_c",
  ];
  const carto = account(undefined, { staging });
  await toCarto(FIVE, "t", { ...carto, ...CSV });
  const drops = carto.log.filter((text) => text.includes("DROP TABLE"));
  assertEquals(drops.length, 1);
  for (const [index, name] of staging.entries()) assertEquals(drops[0]?.includes(`"${name}"`), index === 0);
});

Deno.test("where the catalogue is closed to the key, the columns are looked at from outside", async () => {
  const carto = fakeCarto((request) => {
    if (isLook(request)) return sqlError("system tables are forbidden", 403);
    if (request.q === "SELECT current_schema()") return rows([{ current_schema: "public" }]);
    if (request.q.endsWith("LIMIT 0")) {
      return rows([], { t: { type: "string", pgtype: "text" }, n: { type: "number", pgtype: "numeric" } });
    }
    return undefined;
  });
  await assertRejects(() => toCarto(FIVE, "t", { ...carto, ...CSV }), AlreadyExistsError);
  const report = await toCarto([{ n: "1.5" }], "t", {
    ...carto,
    ...CSV,
    ifExists: "append",
    types: { n: "numeric" },
  });
  assertEquals(report.warnings, [
    'This key may not see how many digits column "n" keeps: values may have been rounded to them',
    'Column "t" of the table is not in the data: new rows have null there',
  ]);
});

Deno.test("a key that may add rows but not make tables appends in one COPY", async () => {
  const carto = fakeCarto((request) => {
    if (isLook(request)) return target({ ...SYSTEM, t: "text" });
    return request.q.startsWith("CREATE") ? sqlError("permission denied for schema public", 403) : undefined;
  });
  const options = { ...carto, ...CSV, ifExists: "append" as const };
  assertEquals((await toCarto(FIVE, "t", options)).rows, 5);
  assertMatch(carto.log.at(-1) ?? "", /^COPY "public"\."t" \("t"\) FROM STDIN/);
  await assertRejects(
    () => toCarto(FIVE, "t", { ...options, maxUploadSize: 30 }),
    Error,
    "need a staging table",
  );
  const lost = { ...carto.transport, fetch: loseUploads(carto.transport.fetch) };
  const open = await assertRejects(
    () => toCarto(FIVE, "t", { ...options, transport: lost }),
    Error,
    "the rows may be there",
  );
  assertMatch(String(isCartoError(open) && open.hint), /Count the rows/);
  const create = toCarto(FIVE, "t", { ...options, ifExists: "replace" });
  await assertRejects(() => create, Error, 'Cannot upload table "t": permission denied for schema public');
});

Deno.test("errors of the server name the table, and hold neither SQL nor key", async () => {
  const carto = fakeCarto((request) => {
    if (isLook(request)) return target(undefined);
    return request.path.endsWith("copyfrom")
      ? sqlError('invalid byte sequence for encoding "UTF8": 0xe9')
      : undefined;
  });
  const error = await assertRejects(() => toCarto(FIVE, "t", { ...carto, ...CSV }), Error);
  assertEquals(error.message, 'Cannot upload table "t": invalid byte sequence for encoding "UTF8": 0xe9');
  assert(!/COPY|secret-key/.test(`${error.stack} ${JSON.stringify(error)}`));
});

Deno.test("columns that a view needs are told with the view, before anything is made", async () => {
  const carto = account({
    ...SYSTEM,
    a: { type: "text", views: ["v1", "v2"] },
    b: { type: "int4", views: ["v1"] },
  });
  const error = await assertRejects(
    () => toCarto([{ b: "x" }], "t", { ...carto, ...CSV, ifExists: "replace" }),
    ArgumentError,
  );
  assertMatch(
    error.message,
    /columns "a", "b" cannot be dropped or changed, since views "v1", "v2" need them/,
  );
  assertEquals(sent(carto.log), []);
});

Deno.test("what the database says of a column that something needs gets the way out", async () => {
  const carto = fakeCarto((request) => {
    if (isLook(request)) return target({ ...SYSTEM, a: "text" });
    return request.q.startsWith("DO")
      ? sqlError("cannot drop column a of table t because other objects depend on it")
      : undefined;
  });
  const error = await assertRejects(
    () => toCarto([{ b: 1 }], "t", { ...carto, ...CSV, ifExists: "replace" }),
    Error,
  );
  assertMatch(String(isCartoError(error) && error.hint), /Drop what depends on the column/);
});

Deno.test("a table that is not CARTO's yet is converted when it is replaced, unless a view needs it as it is", async () => {
  const plain = account({ a: "int4" });
  await toCarto([{ a: 1 }], "t", { ...plain, ...CSV, ifExists: "replace" });
  assertMatch(plain.log.at(-1) ?? "", /PERFORM CDB_CartodbfyTable\('public', 't'\);\nDROP TABLE/);
  const viewed = account({ a: { type: "int4", views: ["v"] } });
  const report = await toCarto([{ a: 1 }], "t", { ...viewed, ...CSV, ifExists: "replace" });
  assertEquals(report.warnings, ['The table was not made a CARTO table: view "v" needs it as it is']);
});

async function caseFile(name: string): Promise<string> {
  return await Deno.readTextFile(new URL(`../fixtures/cases/${name}`, import.meta.url));
}

Deno.test("weird-columns.geojson: 18 properties become 18 columns with valid names, and the renamed are told", async () => {
  const carto = account();
  const features = JSON.parse(await caseFile("weird-columns.geojson"));
  const report = await toCarto(features, "weird", { ...carto, ...CSV });
  const names = [...(sent(carto.log)[0] ?? "").matchAll(/"(\w+)" (?!\()/g)].map(([, name]) => name).slice(0);
  const columns = new Set(names);
  assertEquals(columns.size, 19);
  for (const name of columns) assertMatch(name ?? "", /^[a-z_][a-z0-9_]{0,62}$/);
  assert(columns.has("the_geom") && !columns.has("the_geom_webmercator"));
  const told = new Map(report.renamed.map(({ from, to }) => [from, to]));
  for (
    const name of [
      "SELECT",
      "the_geom",
      "the_geom_webmercator",
      "Field: 0",
      "Año",
      "名前",
      "",
      "Name",
      'with"quote',
      "a\nb",
    ]
  ) {
    assert(columns.has(told.get(name) ?? "none"), name);
  }
  const line = bodyText(uploads(carto.requests)[0]);
  for (const value of ["not a geometry", "also not", "prototype", "built-in", "99"]) {
    assert(line.includes(value), value);
  }
});

Deno.test("both-geometry-columns.geojson: the feature's point is the geometry, the properties stay under other names", async () => {
  const carto = account();
  const report = await toCarto(JSON.parse(await caseFile("both-geometry-columns.geojson")), "both", {
    ...carto,
    ...CSV,
  });
  assertMatch(bodyText(uploads(carto.requests)[0]), /0101000020E6100000CDCCCCCCCCCC0240CDCCCCCCCC6C4840/);
  const told = new Map(report.renamed.map(({ from, to }) => [from, to]));
  assert(told.has("the_geom") && told.get("the_geom") !== "the_geom");
});

Deno.test("long-column-names.csv: names are cut to 63 bytes and stay apart", async () => {
  const carto = account();
  await toCarto(GeoDataFrame.fromCSV(await caseFile("long-column-names.csv")), "long", { ...carto, ...CSV });
  const names = [...(sent(carto.log)[0] ?? "").matchAll(/"(\w+)" (?:text|integer|bigint|double)/g)].map((
    [, name],
  ) => name ?? "");
  assertEquals(new Set(names).size, 3);
  assert(names.every((name) => new TextEncoder().encode(name).length <= 63), names.join(" "));
});

Deno.test("cartodb-id-bad.csv: ids that are no whole numbers stay under another name", async () => {
  const carto = account();
  const frame = GeoDataFrame.fromCSV(await caseFile("cartodb-id-bad.csv"));
  const report = await toCarto(frame, "ids", { ...carto, ...CSV });
  assertEquals(report.renamed.map(({ from, to }) => [from, to]), [["cartodb_id", "cartodb_id_1"]]);
  assertMatch(
    bodyText(uploads(carto.requests)[0]),
    /2\.5\|fraction\n-3\|negative\n9999999999\|too big for int4\n$/,
  );
});

Deno.test("projected-crs.geojson: coordinates in metres are reprojected to degrees", async () => {
  const carto = account();
  await toCarto(JSON.parse(await caseFile("projected-crs.geojson")), "metres", { ...carto, ...CSV });
  const hex = /0101000020E6100000([0-9A-F]{32})/.exec(bodyText(uploads(carto.requests)[0]))?.[1] ?? "";
  const view = new DataView(Uint8Array.fromHex(hex).buffer);
  assertEquals([view.getFloat64(0, true), view.getFloat64(8, true)].map((n) => n.toFixed(2)), [
    "-3.70",
    "40.42",
  ]);
});

/** A `fetch` that never hears of uploads again. */
function loseUploads(inner: typeof fetch | undefined): typeof fetch {
  return async (input, init) => {
    const answer = await (inner ?? fetch)(input, init);
    if (String(input).includes("copyfrom")) throw new TypeError("error sending request: connection closed");
    return answer;
  };
}
