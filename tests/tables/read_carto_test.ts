import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ArgumentError, CredentialsError, DataError, isCartoError } from "../../src/errors/carto_error.ts";
import { encodeCopyBinary, GeoDataFrame, type Geometry } from "../../src/frame/mod.ts";
import { readCarto, readCartoBatches } from "../../src/tables/mod.ts";
import { fakeCarto, json, rows, type SeenRequest, sqlError, withoutRandom } from "./_fake_carto.ts";

type Fields = Record<string, unknown>;

/** The geometries as WKT. */
function wkt(frame: GeoDataFrame): unknown[] {
  return [...frame.column("the_geom")].map((value) => value === null ? null : (value as Geometry).toWkt());
}

/** How the server describes columns of these types. */
function wireFields(frame: GeoDataFrame): Fields {
  return Object.fromEntries(frame.schema.map(({ name, type }) => [
    name,
    type === "geometry"
      ? { type: "geometry", wkbtype: "Unknown", dims: 2, srid: 4326 }
      : { type: "string", pgtype: type },
  ]));
}

/** The whole COPY of a frame. */
function copied(frame: GeoDataFrame): Uint8Array<ArrayBuffer> {
  const fields = frame.columnNames.map((column) => ({ column }));
  return new Uint8Array([...encodeCopyBinary(frame, fields)].flatMap((chunk) => [...chunk]));
}

/** An account whose only table, and every query, is this frame. */
function account(
  frame: GeoDataFrame,
  more: Fields = {},
  answer?: (request: SeenRequest, index: number) => Response | undefined,
) {
  return fakeCarto((request, index) =>
    answer?.(request, index) ??
      (request.path.endsWith("copyto")
        ? new Response(copied(frame))
        : rows([], { ...wireFields(frame), ...more }))
  );
}

const TABLE = GeoDataFrame.fromRows([
  { cartodb_id: 1, the_geom: "SRID=4326;POINT (0 0)", name: "a" },
  { cartodb_id: 2, the_geom: "SRID=4326;POINT (10 15)", name: null },
  { cartodb_id: 3, the_geom: null, name: "" },
]).setGeometry("the_geom", { name: "the_geom", srid: 4326 });

Deno.test("RD-001: a table is described, then copied, its columns in the server's order", async () => {
  const carto = account(TABLE);
  const frame = await readCarto("tbl", carto);
  assertEquals(carto.log, [
    'SELECT * FROM (SELECT * FROM "tbl") _q LIMIT 0',
    'COPY (SELECT "cartodb_id","the_geom","name" FROM (SELECT * FROM "tbl") _q) TO STDOUT WITH (FORMAT binary)',
  ]);
  assert(frame.equals(TABLE), frame.toString());
});

Deno.test("RD-002 RD-003: what begins with SELECT or WITH is a query", async () => {
  for (const query of ["SELECT 1", "  with a as (select 1) select * from a"]) {
    const carto = account(TABLE);
    await readCarto(query, carto);
    assertEquals(carto.log[0], `SELECT * FROM (${query.trim()}) _q LIMIT 0`);
    assertEquals(carto.log.length, 2);
  }
});

Deno.test("a query may end in a semicolon or a comment, and is one statement", async () => {
  const carto = account(TABLE);
  await readCarto("SELECT 1 ; -- one", carto);
  assertEquals(carto.log[0], "SELECT * FROM (SELECT 1) _q LIMIT 0");
  await assertRejects(
    () => readCarto("SELECT 1; SELECT 2", account(TABLE)),
    ArgumentError,
    "more than one statement",
  );
});

Deno.test("RD-004: selection is the name of a table", async () => {
  const carto = account(TABLE);
  await readCarto("selection", carto);
  assertEquals(carto.log[0], 'SELECT * FROM (SELECT * FROM "selection") _q LIMIT 0');
});

Deno.test("RD-005: a table of another schema", async () => {
  const carto = account(TABLE);
  await readCarto("tbl", { ...carto, schema: "other" });
  assertEquals(carto.log[0], 'SELECT * FROM (SELECT * FROM "other"."tbl") _q LIMIT 0');
});

Deno.test("RD-006 RD-007: a limit, zero too", async () => {
  for (const limit of [10, 0]) {
    const carto = account(TABLE.head(limit));
    assertEquals((await readCarto("tbl", { ...carto, limit })).numRows, Math.min(limit, 3));
    assertMatch(carto.log[1] ?? "", new RegExp(`_q LIMIT ${limit}\\) TO STDOUT`));
  }
});

Deno.test("RD-008: a limit is a whole number, zero or more", async () => {
  for (const limit of [-1, 1.5, "3", true, NaN]) {
    const carto = account(TABLE);
    const error = await assertRejects(
      () => readCarto("tbl", { ...carto, limit: limit as number }),
      ArgumentError,
      "limit",
    );
    assertEquals([error.argument, carto.log], ["limit", []]);
  }
});

Deno.test("RD-010: a source is a text that is not empty", async () => {
  for (const source of [1234, "", "  ", null]) {
    await assertRejects(
      () => readCarto(source as string, account(TABLE)),
      ArgumentError,
      "neither a table name nor a SQL query",
    );
  }
});

Deno.test("RD-011: without credentials nothing is read", async () => {
  await assertRejects(() => readCarto("tbl"), CredentialsError);
});

Deno.test("RD-012: the projected copy of the geometry is never asked for", async () => {
  const carto = account(TABLE, { the_geom_webmercator: { type: "geometry", srid: 3857, dims: 2 } });
  await readCarto("tbl", carto);
  assert(!carto.log[1]?.includes("the_geom_webmercator"));
});

Deno.test("RD-013: columns are quoted as the server names them", async () => {
  const frame = GeoDataFrame.fromRows([{ "My Col": "x", 'q"': "y" }]);
  const carto = account(frame);
  assertEquals((await readCarto("tbl", carto)).columnNames, ["My Col", 'q"']);
  assertMatch(carto.log[1] ?? "", /SELECT "My Col","q""" FROM/);
});

Deno.test("RD-014: points are decoded, in SRID 4326", async () => {
  const frame = await readCarto("tbl", account(TABLE));
  assertEquals([frame.geometryColumn, frame.srid], ["the_geom", 4326]);
  assertEquals(wkt(frame).slice(0, 2), ["POINT (0 0)", "POINT (10 15)"]);
});

Deno.test("RD-015: a row without geometry stays", async () => {
  const frame = await readCarto("tbl", account(TABLE));
  assertEquals([frame.numRows, frame.column("the_geom").get(2)], [3, null]);
});

Deno.test("RD-016: another geometry can stand where there is none", async () => {
  const frame = await readCarto("tbl", { ...account(TABLE), nullGeomValue: "GEOMETRYCOLLECTION EMPTY" });
  assertEquals(wkt(frame), [
    "POINT (0 0)",
    "POINT (10 15)",
    "GEOMETRYCOLLECTION EMPTY",
  ]);
});

Deno.test("RD-017: geometry as text is asked for as text, and is no geometry", async () => {
  const texts = GeoDataFrame.fromRows([{ cartodb_id: 1, the_geom: "0101000020E6100000", name: "a" }]);
  const carto = fakeCarto(({ path }) =>
    path.endsWith("copyto") ? new Response(copied(texts)) : rows([], wireFields(TABLE))
  );
  const frame = await readCarto("tbl", { ...carto, decodeGeom: false });
  assertMatch(carto.log[1] ?? "", /SELECT "cartodb_id","the_geom"::text,"name" FROM/);
  assertEquals([frame.geometryColumn, frame.column("the_geom").type], [undefined, "text"]);
});

Deno.test("RD-018: the index column comes first", async () => {
  const frame = await readCarto("tbl", { ...account(TABLE), indexColumn: "name" });
  assertEquals(frame.columnNames, ["name", "cartodb_id", "the_geom"]);
});

Deno.test("RD-019: an index column that is not there is refused with the names there are", async () => {
  const error = await assertRejects(
    () => readCarto("tbl", { ...account(TABLE), indexColumn: "zz" }),
    ArgumentError,
    '"zz"',
  );
  assertEquals([error.argument, error.hint], [
    "indexColumn",
    'The columns are "cartodb_id", "the_geom", "name"',
  ]);
});

Deno.test("RD-020: a table without geometry is a frame without geometry", async () => {
  const frame = await readCarto("tbl", account(GeoDataFrame.fromRows([{ a: 1 }])));
  assertEquals(frame.hasGeometry(), false);
});

Deno.test("RD-021: an empty table has all its columns", async () => {
  const frame = await readCarto("tbl", account(TABLE.head(0)));
  assertEquals([frame.numRows, frame.columnNames], [0, ["cartodb_id", "the_geom", "name"]]);
  let batches = 0;
  for await (const batch of readCartoBatches("tbl", account(TABLE.head(0)))) {
    batches += batch.numColumns > 0 ? 1 : 0;
  }
  assertEquals(batches, 1);
});

Deno.test("RD-022: retryTimes is the number of attempts, as long as no row was handed out", async () => {
  for (const retryTimes of [1, 2, 5]) {
    const busy = () =>
      json({ error: ["limit"], context: "limit", detail: "rate-limit" }, 429, { "retry-after": "7" });
    const carto = account(TABLE, {}, ({ path }) => path.endsWith("copyto") ? busy() : undefined);
    const error = await assertRejects(
      () => readCarto("tbl", { ...carto, retryTimes }),
      Error,
      'Cannot read table "tbl"',
    );
    assertEquals(isCartoError(error) && error.code, "rate-limited");
    assertEquals(carto.log.filter((text) => text.startsWith("COPY")).length, retryTimes);
    assertEquals(carto.slept, new Array(retryTimes - 1).fill(7000));
  }
});

Deno.test("a download cut before a row was handed out is begun again, a cut one is never a shorter table", async () => {
  const whole = copied(TABLE);
  for (const length of [0, 5, 19, 25, whole.length - 3, whole.length - 1]) {
    let downloads = 0;
    const carto = account(TABLE, {}, ({ path }) => {
      if (!path.endsWith("copyto")) return undefined;
      return new Response(++downloads === 1 ? whole.slice(0, length) : whole);
    });
    assert((await readCarto("tbl", carto)).equals(TABLE), `cut at ${length}`);
    assertEquals(downloads, 2, `cut at ${length}`);
    const always = account(
      TABLE,
      {},
      ({ path }) => path.endsWith("copyto") ? new Response(whole.slice(0, length)) : undefined,
    );
    const error = await assertRejects(() => readCarto("tbl", always), Error, 'Cannot read table "tbl"');
    assertEquals(isCartoError(error) && error.code, "incomplete-response", `cut at ${length}`);
  }
});

Deno.test("a batch holds half a megabyte or a little more, few wide rows or many narrow ones, unless its rows are asked for", async () => {
  for (const [count, width] of [[60_000, 10], [200, 10_000], [2, 800_000]] as const) {
    const frame = GeoDataFrame.fromColumns({
      t: Array.from({ length: count }, (_, i) => `${i}`.padEnd(width, "x")),
    });
    const chunks = [...encodeCopyBinary(frame, [{ column: "t" }], { chunkSize: 65_536 })];
    const carto = account(
      frame,
      {},
      ({ path }) => path.endsWith("copyto") ? new Response(ReadableStream.from(chunks)) : undefined,
    );
    const batches = await Array.fromAsync(readCartoBatches("tbl", carto));
    assertEquals(batches.reduce((sum, { numRows }) => sum + numRows, 0), count);
    const most = Math.max(1, Math.ceil(1_200_000 / width));
    assert(batches.every(({ numRows }) => numRows <= most), String(batches.map(({ numRows }) => numRows)));
    assert(batches.length <= 5, String(batches.length));
    const asked = await Array.fromAsync(readCartoBatches("tbl", { ...carto, batchRows: count }));
    assertEquals(asked.filter(({ numRows }) => numRows > 0).length, 1);
  }
});

Deno.test("typed rows: what the caller's parser returns, and the row that it refuses", async () => {
  const parse = (row: unknown) => {
    const { cartodb_id, name } = row as { cartodb_id: number; name: unknown };
    if (name === null) throw new TypeError("name is null");
    return cartodb_id;
  };
  const some = TABLE.slice(0, 1).concat(TABLE.slice(2));
  const ids: number[] = await readCarto("tbl", { ...account(some), rows: { parse } });
  assertEquals(ids, [1, 3]);
  const error = await assertRejects(
    () => readCarto("tbl", { ...account(TABLE), rows: { parse } }),
    DataError,
    "name is null",
  );
  assertEquals(error.place.row, 2);
});

Deno.test("64-bit integers come as numbers on request, and one that does not fit is refused", async () => {
  const small = GeoDataFrame.fromRows([{ n: 5n }]);
  assertEquals((await readCarto("t", { ...account(small), int8: "number" })).column("n").get(0), 5);
  assertEquals((await readCarto("t", account(small))).column("n").get(0), 5n);
  const large = account(GeoDataFrame.fromRows([{ n: 2n ** 60n }]));
  await assertRejects(() => readCarto("t", { ...large, int8: "number" }), DataError);
});

Deno.test("an error tells the table and what is wrong, but neither SQL nor key", async () => {
  const query = "SELECT secret_column FROM nope";
  const error = await assertRejects(
    () => readCarto(query, fakeCarto(() => sqlError('relation "nope" does not exist'))),
    Error,
  );
  assertEquals(error.message, 'Cannot read the query: relation "nope" does not exist');
  assert(!`${error.stack}`.includes("secret_column") && !`${error.stack}`.includes("secret-key-1234"));
});

Deno.test("progress tells rows and bytes", async () => {
  const told: unknown[] = [];
  await readCarto("tbl", { ...account(TABLE), onProgress: (progress) => told.push(progress) });
  assertEquals(told, [{ phase: "read", rows: 3, bytes: copied(TABLE).length }]);
});

Deno.test("an abort ends a read with the caller's reason", async () => {
  const reason = new Error("enough");
  await assertRejects(
    () => readCarto("tbl", { ...account(TABLE), signal: AbortSignal.abort(reason) }),
    Error,
    "enough",
  );
});

Deno.test("a proxy that gives up waiting counts as a time-out: the query becomes a job", async () => {
  const carto = account(TABLE, {}, ({ path, q }) => {
    if (q.includes("AS staging")) return rows([{ schema: "public", target: null, staging: null }]);
    if (path.startsWith("api/v2/sql/job")) return json({ job_id: "1", status: "done" });
    const isDirect = path.endsWith("copyto") && !q.includes("_cartoframes_staging_");
    return isDirect ? new Response("<html>504 Gateway Time-out</html>", { status: 504 }) : undefined;
  });
  assert((await readCarto("SELECT 1", { ...carto, retryTimes: 1 })).equals(TABLE));
  assertEquals(carto.log.map(withoutRandom).slice(3), [
    'CREATE TABLE "public"."_cartoframes_staging_read_*" AS SELECT "cartodb_id","the_geom","name" FROM (SELECT 1) _q',
    "GET api/v2/sql/job/1",
    'COPY "public"."_cartoframes_staging_read_*" TO STDOUT WITH (FORMAT binary)',
    'DROP TABLE IF EXISTS "public"."_cartoframes_staging_read_*"',
  ]);
});

Deno.test("columns that cannot be told in time: the error names the way round", async () => {
  const carto = fakeCarto(() => sqlError("timeout", 429, { context: "limit", detail: "datasource" }));
  const error = await assertRejects(() => readCarto("SELECT slow()", { ...carto, retryTimes: 1 }), Error);
  assert(isCartoError(error));
  assertEquals([error.code, error.hint], [
    "statement-timeout",
    "Make a table of it with createTableFromQuery(), and read that",
  ]);
});

Deno.test("what the database says of a query is not asked for again", async () => {
  const failed = new Uint8Array([
    ...copied(TABLE).slice(0, 60),
    ...new TextEncoder().encode('{"error":["division by zero"]}'),
  ]);
  const carto = account(TABLE, {}, ({ path }) => path.endsWith("copyto") ? new Response(failed) : undefined);
  await assertRejects(() => readCarto("tbl", carto), Error, "division by zero");
  assertEquals(carto.log.filter((text) => text.startsWith("COPY")).length, 1);
  const restarted = new Uint8Array([
    ...copied(TABLE).slice(0, 60),
    ...new TextEncoder().encode('{"error":["terminating connection due to administrator command"]}'),
  ]);
  let downloads = 0;
  const again = account(
    TABLE,
    {},
    ({ path }) => path.endsWith("copyto") && ++downloads === 1 ? new Response(restarted) : undefined,
  );
  assert((await readCarto("tbl", again)).equals(TABLE));
});

Deno.test("an abort between two batches or pages ends the read with the caller's reason", async () => {
  const lines = GeoDataFrame.fromRows([1, 2, 3].map((id) => ({ cartodb_id: id, name: "a line\n" })));
  for (const more of [{}, { pageRows: 1 }]) {
    const carto = account(lines, {}, ({ q }) => {
      if (!q.startsWith("COPY")) return q.includes("IS NULL") ? rows([]) : undefined;
      const after = Number(/> (\d+)/.exec(q)?.[1] ?? 0);
      if ("pageRows" in more) return new Response(copied(lines.slice(after, after + 2)));
      // The rest never comes; what may be the beginning of an error text is held back until there is more
      return new Response(
        new ReadableStream({ start: (controller) => controller.enqueue(copied(lines).slice(0, -25)) }),
      );
    });
    const controller = new AbortController();
    const reason = new Error("enough");
    let seen = 0;
    const error = await assertRejects(async () => {
      for await (
        const batch of readCartoBatches("tbl", { ...carto, ...more, signal: controller.signal, batchRows: 1 })
      ) {
        seen += batch.numRows;
        controller.abort(reason);
      }
    }, Error);
    assertEquals(error, reason);
    assert(seen > 0 && seen < 3, `${seen}`);
  }
});
