import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { Credentials } from "../../src/auth/mod.ts";
import { ClassicClient } from "../../src/classic/mod.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { ArgumentError, CartoError, isCartoError } from "../../src/errors/carto_error.ts";
import { type ColumnType, GeoDataFrame, Geometry } from "../../src/frame/mod.ts";
import { checkUpload, type CheckUploadOptions, toCarto, type ToCartoInput } from "../../src/tables/mod.ts";
import { KeyIndex } from "../../src/tables/_check_keys.ts";
import { Account } from "../cases/_account.ts";
import { allTypes } from "./_all_types.ts";
import { fakeCarto, isLook, json, target } from "./_fake_carto.ts";

const POINTS = [{ id: 1, the_geom: "POINT (1 2)" }, { id: 2, the_geom: "POINT (3 4)" }];

Deno.test("checkUpload: without credentials the data alone are looked at, and the report says so", async () => {
  const look = await checkUpload(POINTS, "Mes points", { geomCol: "the_geom" });
  assertEquals([look.ok, look.complete, look.tableName, look.rows], [true, true, "mes_points", 2]);
  assertEquals(look.columns, [
    { name: "id", type: "integer", nulls: 0 },
    { name: "the_geom", type: "geometry(Geometry, 4326)", nulls: 0 },
  ]);
  assertEquals([look.table, look.size], [undefined, { bytes: 78 }]);
  assertEquals(look.geometry, {
    column: "the_geom",
    types: { Point: 2 },
    srid: 4326,
    bounds: [1, 2, 3, 4],
    nulls: 0,
    empties: 0,
  });
  assertEquals(look.notes, ["No credentials: the table that may be there and the quota were not looked at"]);
  assertEquals(JSON.parse(JSON.stringify(look)).rows, 2);
});

Deno.test("checkUpload: reads as a person expects, and values cannot move the terminal", async () => {
  const rows = Array.from({ length: 30 }, (_, i) => ({
    "Name\u001b[2J": `n${i}`,
    geometry: Geometry.fromWkt(i >= 16 ? "POINT (222 222)" : "POINT (1 2)"),
  }));
  const text = String(await checkUpload(rows, "stores", { maxProblems: 2 }));
  assertStringIncludes(text, "\n  row 17: latitude 222 is out of range, which is -90 to 90\n");
  assertStringIncludes(text, "\n14 errors:\n");
  assertStringIncludes(text, "\n  and 12 more of latitude\n");
  assertStringIncludes(text, "The upload would go through, with rows that are of no use");
  assert(!text.includes("\u001b"));
});

Deno.test("checkUpload: nothing but reads is asked of the server, the data are not sent", async () => {
  const carto = fakeCarto((request) => isLook(request) ? target({ id: "int4" }) : undefined);
  const look = await checkUpload(POINTS, "points", { ...carto, geomCol: "the_geom", ifExists: "replace" });
  assertEquals([look.ok, look.table?.exists], [true, true]);
  assertEquals(look.size.remainingBytes, 1e9);
  assertEquals(carto.requests.map(({ path }) => path.replace(/\?.*/, "")), ["api/v3/me", "api/v2/sql"]);
  assert(carto.log.every((text) => /^(?:GET|SELECT) /.test(text)), carto.log.join("\n"));
});

Deno.test("checkUpload: a refusal of the server is an error, not a report", async () => {
  const carto = fakeCarto((request) =>
    isLook(request) ? json({ error: ["syntax is fine, the disk is not"] }, 500) : undefined
  );
  const once = { ...carto.transport, retry: { attempts: 1 } } as typeof carto.transport;
  await assertRejects(
    () => checkUpload(POINTS, "points", { credentials: carto.credentials, transport: once }),
    CartoError,
    'Cannot check the upload of table "points"',
  );
  await assertRejects(() => checkUpload(POINTS, ""), ArgumentError);
  await assertRejects(() => checkUpload(POINTS, "a", { ifExists: "never" as "fail" }), ArgumentError);
});

Deno.test("checkUpload: all that does not go with the table is told, column by column", async () => {
  const carto = fakeCarto((request) =>
    isLook(request)
      ? target({
        id: { type: "int4", notNull: true },
        name: "text",
        price: "int4",
        day: "date",
        needed: { type: "text", notNull: true },
        old: "text",
      })
      : undefined
  );
  const data = GeoDataFrame.fromColumns({
    id: [1, null, 3],
    name: ["a", "b", "c"],
    price: [1, 2.5, 3e10],
    day: [1, 2, 3],
    fresh: [1, 2, 3],
  });
  const look = await checkUpload(data, "t", { ...carto, ifExists: "append" });
  assertEquals(look.table?.missing, ["fresh"]);
  assertEquals(look.table?.extra, ["needed", "old"]);
  assertEquals(look.table?.columns[0], { name: "id", type: "integer" });
  const told = look.problems.map(({ code, column, refused }) => `${code} ${column} ${refused}`);
  assertEquals(told.toSorted(), [
    "column-type day true",
    "missing-column fresh true",
    "null-value id true",
    "table-conflict undefined true",
  ]);
  // The same data where the columns go together: then the values are compared
  const fits = data.drop(["day", "fresh"]).withColumn("needed", ["x", "y", "z"]);
  const values = await checkUpload(fits, "t", { ...carto, ifExists: "append" });
  assertEquals(
    values.problems.filter(({ code }) => code === "bad-value").map(({ row, message }) => [row, message]),
    [
      [2, "2.5 does not fit integer without a change"],
      [3, "30000000000 does not fit integer without a change"],
    ],
  );
  assertEquals(values.counts["table-note"], 2);
  const fail = await checkUpload(data, "t", carto);
  assertEquals(fail.problems.map(({ code, refused }) => [code, refused]).slice(0, 1), [[
    "table-exists",
    true,
  ]]);
});

Deno.test("checkUpload: keys that are missing or there twice, over all batches", async () => {
  async function* batches() {
    for (const keys of [["a", "b"], ["c", null], ["a", "d"]]) {
      yield GeoDataFrame.fromColumns({ code: keys, n: [1, 2] }, { types: { code: "text" } });
    }
  }
  const look = await checkUpload(batches(), "t", { ifExists: "upsert", key: ["code"] });
  assertEquals(look.problems.map(({ code, row, message }) => [code, row, message]), [
    ["null-key", 4, "The key is missing"],
    ["duplicate-key", 5, 'The key "a" is there already, in row 1'],
  ]);
  const two = await checkUpload(batches(), "t", { ifExists: "upsert", key: ["code", "n"] });
  assertEquals(two.counts, { "null-key": 1, "duplicate-key": 1 });
  const none = await checkUpload(batches(), "t", { ifExists: "upsert", key: ["nothing"] });
  assertEquals([none.ok, none.complete], [false, false]);
  assertStringIncludes(String(none), 'the data have no column "nothing", which is in the key');
});

Deno.test("checkUpload: ids that are repeated in another batch", async () => {
  async function* batches() {
    yield GeoDataFrame.fromColumns({ cartodb_id: [1, 2] });
    yield GeoDataFrame.fromColumns({ cartodb_id: [3, 1] });
    yield GeoDataFrame.fromColumns({ cartodb_id: [-4, 4] });
  }
  const look = await checkUpload(batches(), "t");
  assertEquals(look.problems.map(({ code, row, message }) => `${code} ${row}: ${message}`), [
    "bad-id 4: 1 is there already, in row 1",
    "bad-id 5: -4 is negative",
  ]);
});

Deno.test("checkUpload: rows that cannot be written are each told, and the rest is looked at", async () => {
  const rows = Array.from({ length: 100 }, (_, i) => ({ n: i, t: i % 10 === 3 ? "a\0b" : "a" }));
  const look = await checkUpload(rows, "t", { maxProblems: 3 });
  assertEquals([look.ok, look.complete, look.rows, look.counts], [false, true, 100, { "bad-value": 10 }]);
  assertEquals(look.problems.map(({ row, column }) => [row, column]), [[4, "t"], [14, "t"], [24, "t"]]);
  assertStringIncludes(String(look), "and 7 more of bad-value");
  // The rows of an upload that is refused are counted right as well
  const carto = fakeCarto();
  await assertRejects(() => toCarto(rows, "t", carto), CartoError, 'row 4, column "t"');
});

Deno.test("checkUpload: a fault that ends the reading is told with how far the look went", async () => {
  async function* batches() {
    yield GeoDataFrame.fromColumns({ a: [1, 2, 3] });
    yield GeoDataFrame.fromColumns({ b: [1] });
  }
  const look = await checkUpload(batches(), "t");
  assertEquals([look.ok, look.complete, look.rows], [false, false, 3]);
  assertEquals(look.problems[0]?.code, "unusable");
  assertMatch(look.notes.join(), /rows after 3 were not looked at/);
  // What is no fault of the data is thrown
  async function* broken(): AsyncGenerator<GeoDataFrame> {
    yield GeoDataFrame.fromColumns({ a: [1] });
    throw new TypeError("a bug of the caller's");
  }
  await assertRejects(() => checkUpload(broken(), "t"), TypeError, "a bug of the caller's");
  const empty = await checkUpload([], "t");
  assertEquals([empty.ok, empty.problems[0]?.code], [false, "unusable"]);
});

Deno.test("checkUpload: ends at once when it is aborted, and ends the source", async () => {
  const stop = new AbortController();
  let isEnded = false;
  async function* endless() {
    try {
      while (true) yield GeoDataFrame.fromColumns({ a: [1] });
    } finally {
      isEnded = true;
    }
  }
  const options: CheckUploadOptions = {
    signal: stop.signal,
    onProgress: ({ phase, rows }) => {
      assertEquals(phase, "read");
      if (rows === 5) stop.abort(new Error("enough"));
    },
  };
  await assertRejects(() => checkUpload(endless(), "t", options), Error, "enough");
  assert(isEnded);
});

Deno.test("checkUpload: room that lacks is told before anything is sent", async () => {
  const carto = fakeCarto(({ path }) =>
    path === "api/v3/me"
      ? json({ user_data: { id: "1", username: "ana", quota_in_bytes: 1000, remaining_byte_quota: 50 } })
      : undefined
  );
  const look = await checkUpload(POINTS, "t", { ...carto, geomCol: "the_geom" });
  assertEquals(look.size, { bytes: 78, quotaBytes: 1000, remainingBytes: 50 });
  assertEquals(look.problems.map(({ code, refused }) => [code, refused]), [["quota", true]]);
  assertMatch(
    look.problems[0]?.message ?? "",
    /^the account has 50 bytes left, and the data need about \d+$/,
  );
  await assertRejects(
    () => toCarto(POINTS, "t", { ...carto, geomCol: "the_geom" }),
    CartoError,
    "50 bytes left",
  );
  const unlimited = await checkUpload(POINTS, "t", { ...carto, geomCol: "the_geom", skipQuotaWarning: true });
  assertEquals(unlimited.ok, true);
});

Deno.test("KeyIndex: finds the one repetition among a million keys, and mistakes none", () => {
  const index = new KeyIndex();
  for (let i = 0; i < 1_000_000; i++) assertEquals(index.add(String(i), i + 1), undefined);
  assertEquals(index.add("777777", 1_000_001), 777778);
  assertEquals(index.add("x", 1_000_001), undefined);
});

Deno.test("checkUpload: memory does not grow with the rows of a stream", async () => {
  async function* stream(batches: number) {
    const ids = Int32Array.from({ length: 20_000 }, (_, i) => i);
    const xs = Float64Array.from(ids, (i) => i / 1000);
    for (let i = 0; i < batches; i++) {
      yield GeoDataFrame.fromColumns({ id: ids, t: Array.from(ids, (n) => `text ${n}`), x: xs, y: xs })
        .setGeometryFromXY("x", "y", { drop: true });
    }
  }
  const held = async (batches: number) => {
    await checkUpload(stream(batches), "t");
    const { heapUsed, external } = Deno.memoryUsage();
    return heapUsed + external;
  };
  await held(5);
  const few = await held(5);
  const many = await held(40);
  // Garbage that has not been collected yet comes and goes; forty batches held would be some 60 MB
  assert(many - few < 40_000_000, `${few} bytes after 100,000 rows, ${many} after 800,000`);
});

const account = new Account();
Deno.test.beforeAll(() => account.start());
Deno.test.afterAll(() => account.stop());

/** Random numbers that are the same in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return ((state ^ state >>> 13) >>> 0) / 2 ** 32;
  };
}

const NAMES = [
  "id",
  "ID",
  "Name",
  "name",
  "señal #1",
  "select",
  "ctid",
  "the_geom",
  "geometry",
  "cartodb_id",
  "the_geom_webmercator",
  "_x",
  "1st",
  "名前",
  "x".repeat(70),
  `${"x".repeat(70)}y`,
  "",
  "with\nbreak",
  'q"uote',
];
const WKTS = [
  "POINT (1 2)",
  "POINT (222 222)",
  "SRID=3857;POINT (100 200)",
  "POLYGON ((0 0, 1 0, 1 1, 0 0))",
  "POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))",
  "LINESTRING (0 0, 0 0)",
  "MULTIPOINT (1 2, 3 4)",
  "GEOMETRYCOLLECTION EMPTY",
];
/** Geometries that an upload refuses. */
const REFUSED = [
  "POINT (1 2",
  "POINT Z (1 2 3)",
  "LINESTRING (1 1)",
  "0103000000010000000300000000000000",
  "x",
];

/** Rows of random columns, some of which an upload refuses. */
function randomRows(random: () => number): { rows: Record<string, unknown>[]; options: CheckUploadOptions } {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const types = new Map<string, () => unknown>();
  const makers: (() => unknown)[] = [
    () => Math.floor(random() * 100) - 10,
    () => random() * 1e6,
    () => pick(["a", "", "é|b", "__null", "\\N", 'q"', random() < 0.02 ? "nul\0" : "fine"]),
    () => random() < 0.5,
    () => BigInt(Math.floor(random() * 2 ** 40)) * 1000n,
    () => ({ list: [1, "x", null] }),
    () => Temporal.Instant.fromEpochMilliseconds(Math.floor(random() * 1e12)),
  ];
  const count = 1 + Math.floor(random() * 5);
  for (let i = 0; i < count; i++) types.set(pick(NAMES), pick(makers));
  const geomCol = random() < 0.6 ? "shape" : undefined;
  const isBad = random() < 0.3;
  if (geomCol !== undefined) types.set(geomCol, () => isBad && random() < 0.3 ? pick(REFUSED) : pick(WKTS));
  const rows = Array.from(
    { length: 1 + Math.floor(random() * 8) },
    () => Object.fromEntries([...types].map(([name, make]) => [name, random() < 0.1 ? null : make()])),
  );
  const copyFormat = pick(["auto", "csv"] as const);
  const index = random() < 0.2 ? { index: true, indexLabel: pick(["row", "id", "Row #"]) } : {};
  return { rows, options: { copyFormat, ...index, ...(geomCol === undefined ? {} : { geomCol }) } };
}

Deno.test("checkUpload: over 200 random inputs, what it promises is what the upload does", async () => {
  const random = randomFrom(20261126);
  const { credentials, client } = account;
  let refused = 0;
  for (let run = 0; run < 200; run++) {
    const { rows, options } = randomRows(random);
    const all = { credentials, skipQuotaWarning: true, ...options };
    const make = (): ToCartoInput => run % 2 === 0 ? rows : rows.values() as unknown as ToCartoInput;
    const look = await checkUpload(make(), "random", all);
    const outcome = await toCarto(make(), "random", all).catch((error) => error);
    if (isCartoError(outcome)) {
      refused++;
      assert(look.problems.some(({ refused }) => refused), `${run}: ${outcome.message}\n${look}`);
      continue;
    }
    if (outcome instanceof Error) throw outcome;
    await account.compare(look, outcome).catch((error) => {
      throw new Error(`${run}: ${error.message}\n${look}\n${Deno.inspect(rows)}`);
    });
    await client.sql.query("DROP TABLE random");
  }
  assert(refused > 20 && refused < 120, `${refused} of 200 were refused`);
});

Deno.test("checkUpload: every type, appended and replaced, as the upload does it", async () => {
  const frame = allTypes();
  await account.upload(frame, "every_type");
  for (const ifExists of ["append", "replace"] as const) {
    const { look } = await account.upload(frame, "every_type", { ifExists });
    assertEquals([look.table?.exists, look.table?.missing, look.table?.extra], [true, [], []]);
    assertEquals(look.ok, true, String(look));
  }
});

Deno.test("checkUpload: conflicts with a real table are those of the upload", async () => {
  const { credentials, client } = account;
  await client.sql.query("CREATE TABLE strict (id int4 PRIMARY KEY, n int2, t varchar(3), d date, c bool)");
  await client.sql.query("INSERT INTO strict VALUES (1, 1, 'a', '2020-01-01', true)");
  const cases: [rows: Record<string, unknown>[], options: CheckUploadOptions, refused: string | undefined][] =
    [
      [[{ id: 2, n: 1 }], { ifExists: "append" }, undefined],
      [[{ id: 3, n: 40_000 }], { ifExists: "append" }, "bad-value"],
      [[{ id: 3, n: 1.5 }], { ifExists: "append" }, "bad-value"],
      [[{ id: null, n: 1 }], { ifExists: "append" }, "null-value"],
      [[{ id: 3, extra: 1 }], { ifExists: "append" }, "missing-column"],
      [[{ id: 3, c: 1 }], { ifExists: "append" }, "column-type"],
      [[{ n: 1 }], { ifExists: "append" }, "table-conflict"],
      [[{ id: 1, n: 9 }, { id: 7, n: 9 }], { ifExists: "upsert", key: ["id"] }, undefined],
      [[{ id: 1, n: 9 }, { id: 1, n: 8 }], { ifExists: "upsert", key: ["id"] }, "duplicate-key"],
      [[{ id: null, n: 9 }], { ifExists: "upsert", key: ["id"] }, "null-key"],
      [[{ id: 3 }], {}, "table-exists"],
    ];
  for (const [rows, options, code] of cases) {
    const look = await checkUpload(rows, "strict", { credentials, ...options });
    const refused = look.problems.filter((problem) => problem.refused).map((problem) => problem.code);
    assertEquals(
      refused.slice(0, 1),
      code === undefined ? [] : [code as never],
      `${Deno.inspect(rows)}\n${look}`,
    );
    const outcome = await toCarto(rows, "strict", { credentials, ...options }).catch((error) => error);
    assertEquals(isCartoError(outcome), code !== undefined, `${Deno.inspect(rows)} ${outcome}`);
  }
  // What only the database can tell is said to be so
  const text = await checkUpload([{ id: 9, d: "not a date" }], "strict", { credentials, ifExists: "append" });
  assertEquals(text.counts, { "table-note": 3, "not-compared": 1 });
  // A view is no table
  await client.sql.query("CREATE VIEW only_a_view AS SELECT 1 AS id");
  const view = await checkUpload([{ id: 9 }], "only_a_view", { credentials, ifExists: "append" });
  assertEquals(view.problems.map(({ code }) => code), ["table-conflict"]);
});

Deno.test("checkUpload: ids that the table may have are told before an append", async () => {
  const { credentials } = account;
  await toCarto([{ cartodb_id: 5, n: 1 }, { cartodb_id: 8, n: 2 }], "with_ids", { credentials });
  const options = { credentials, ifExists: "append" } as const;
  const clash = await checkUpload([{ cartodb_id: 7, n: 1 }], "with_ids", options);
  assertEquals([clash.ok, clash.counts], [true, { "ids-in-table": 1 }]);
  assertStringIncludes(String(clash), "the table has ids from 5 to 8, the data from 7 to 7");
  const free = await checkUpload([{ cartodb_id: 9, n: 1 }], "with_ids", options);
  assertEquals(free.counts, {});
});

Deno.test("checkUpload: a key that may not see the account still learns of the table", async () => {
  await using carto = await startEmulator({
    accounts: [{ username: "joe", keys: [{ token: "reader_key", role: "reader_role" }] }],
  });
  const master = new Credentials(carto.credentials("joe"));
  await toCarto([{ id: 1 }], "cafes", { credentials: master });
  await new ClassicClient(master).sql.query('GRANT SELECT ON cafes TO "reader_role"');
  const reader = new Credentials({ ...carto.credentials("joe"), apiKey: "reader_key" });
  const types: Record<string, ColumnType> = { id: "text" };
  const look = await checkUpload([{ id: "x" }], "cafes", { credentials: reader, types, ifExists: "append" });
  assertEquals([look.table?.exists, look.size.quotaBytes], [true, undefined]);
  assertEquals(look.counts["not-compared"], 1);
});
