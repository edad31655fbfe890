import { assert, assertEquals, assertThrows } from "@std/assert";
import { DataError } from "../../src/errors/carto_error.ts";
import {
  type ColumnInput,
  fieldOfServer,
  GeoDataFrame,
  Geometry,
  planColumns,
  type ServerField,
  sqlTypeOf,
} from "../../src/frame/mod.ts";
import { recorded } from "./_fixtures.ts";

/** The columns of CREATE TABLE, as `toCarto` writes them. */
function ddl(frame: GeoDataFrame): string[] {
  return planColumns(frame).columns.map(({ name, field }) => `${name} ${sqlTypeOf(field)}`);
}

function sqlTypeFor(values: ColumnInput): string {
  return sqlTypeOf(GeoDataFrame.fromColumns({ v: values }).column("v").field);
}

const WRITTEN: readonly (readonly [id: string, values: ColumnInput, sql: string])[] = [
  ["TYPE-001", Int16Array.of(1, -32768), "smallint"],
  ["TYPE-002", Int32Array.of(1, -2147483648), "integer"],
  ["TYPE-003", BigInt64Array.of(1n, 9223372036854775807n), "bigint"],
  ["TYPE-004", Float32Array.of(0.5), "real"],
  ["TYPE-005", Float64Array.of(0.1), "double precision"],
  ["TYPE-006", ["a", null], "text"],
  ["TYPE-007", [true, null, false], "boolean"],
  ["TYPE-008", [Temporal.PlainDateTime.from("2020-01-02T03:04:05")], "timestamp"],
  ["TYPE-010", [null, undefined], "text"],
  ["TYPE-023", [Geometry.fromWkt("POINT(0 0)")], "geometry(Geometry, 4326)"],
  ["TYPE-025", [{ a: 1 }, [1, 2], null], "jsonb"],
];

for (const [id, values, sql] of WRITTEN) {
  Deno.test(`${id}: a column of such values becomes ${sql}`, () => assertEquals(sqlTypeFor(values), sql));
}

Deno.test("points in time keep their zone, dates and numbers of other widths their kind", () => {
  assertEquals(sqlTypeFor([new Date(0)]), "timestamp with time zone");
  assertEquals(sqlTypeFor([Temporal.PlainDate.from("2020-01-02")]), "date");
  assertEquals(sqlTypeFor(Int8Array.of(1)), "smallint");
  assertEquals(sqlTypeFor(Uint8Array.of(255)), "smallint");
  assertEquals(sqlTypeFor(Uint32Array.of(4294967295)), "bigint");
  assertEquals(sqlTypeFor([18446744073709551615n]), "numeric");
});

Deno.test("TYPE-026: names are normalised, the geometry is the_geom", () => {
  const frame = GeoDataFrame.fromColumns({
    Address: ["a"],
    City: ["b"],
    the_geom: [Geometry.fromWkt("POINT(0 0)")],
  });
  assertEquals(ddl(frame), ["address text", "city text", "the_geom geometry(Geometry, 4326)"]);
});

Deno.test("TYPE-027: the_geom_webmercator is left out and told of", () => {
  const point = [Geometry.fromWkt("POINT(0 0)")];
  const frame = GeoDataFrame.fromColumns({ cartodb_id: [1n], the_geom: point, the_geom_webmercator: point });
  assertEquals(ddl(frame), ["cartodb_id bigint", "the_geom geometry(Geometry, 4326)"]);
  assertEquals(planColumns(frame).leftOut.map(({ column }) => column), ["the_geom_webmercator"]);
});

Deno.test("TYPE-028: The_Geom_Webmercator is left out in any case of letters", () => {
  const point = [Geometry.fromWkt("POINT(0 0)")];
  const frame = GeoDataFrame.fromColumns({ the_geom: point, The_Geom_Webmercator: point });
  assertEquals(ddl(frame), ["the_geom geometry(Geometry, 4326)"]);
});

Deno.test("TYPE-030: text columns with names of geometries stay", () => {
  const frame = GeoDataFrame.fromColumns({
    Geom: ["a"],
    the_geom: [Geometry.fromWkt("POINT(0 0)")],
    "g-e-o-m-e-t-r-y": ["b"],
  });
  assertEquals(ddl(frame), ["geom text", "the_geom geometry(Geometry, 4326)", "g_e_o_m_e_t_r_y text"]);
});

Deno.test("TYPE-031: names that differ in case only get a number, and the report says so", () => {
  const plan = planColumns(GeoDataFrame.fromColumns({ A: [1], a: [2] }));
  assertEquals(plan.columns.map(({ name }) => name), ["a", "a_1"]);
  assertEquals(plan.renamed.map(({ from, to }) => `${from} → ${to}`), ["A → a", "a → a_1"]);
});

Deno.test("TYPE-032: a column labelled with a number is taken", () => {
  assertEquals(ddl(GeoDataFrame.fromColumns({ 1: ["x"] })), ["_1 text"]);
});

Deno.test("TYPE-033 TYPE-034: the name in the database and the type are what counts", () => {
  const upper = planColumns(GeoDataFrame.fromColumns({ CARTODB_ID: [1], b: ["x"] }));
  const lower = planColumns(GeoDataFrame.fromColumns({ b: ["x"], cartodb_id: [1] }));
  const sorted = (plan: typeof upper) =>
    plan.columns.map(({ name, field }) => `${name} ${sqlTypeOf(field)}`).sort();
  assertEquals(sorted(upper), ["b text", "cartodb_id integer"]);
  assertEquals(sorted(upper), sorted(lower));
});

const READ: readonly (readonly [id: string, server: ServerField, type: string, sql: string])[] = [
  ["PG-001", { type: "number", pgtype: "int2" }, "int2", "smallint"],
  ["PG-002", { type: "number", pgtype: "int4" }, "int4", "integer"],
  ["PG-003", { type: "number", pgtype: "int8" }, "int8", "bigint"],
  ["PG-004", { type: "number", pgtype: "float4" }, "float4", "real"],
  ["PG-005", { type: "number", pgtype: "float8" }, "float8", "double precision"],
  ["PG-008", { type: "string", pgtype: "text" }, "text", "text"],
  ["PG-009", { type: "boolean", pgtype: "bool" }, "bool", "boolean"],
  ["PG-010", { type: "date", pgtype: "date" }, "date", "date"],
  ["PG-011", { type: "date", pgtype: "timestamp" }, "timestamp", "timestamp"],
  ["PG-012", { type: "date", pgtype: "timestamptz" }, "timestamptz", "timestamp with time zone"],
  ["PG-013", { type: "date", pgtype: "timestamp without time zone" }, "timestamp", "timestamp"],
  ["PG-014", { type: "date", pgtype: "timestamp with time zone" }, "timestamptz", "timestamp with time zone"],
  ["PG-015", { type: "string", pgtype: "varchar" }, "text", "varchar"],
  ["PG-017", { type: "date", pgtype: "time" }, "time", "time"],
  ["PG-019", { type: "JSON", pgtype: "JSON" }, "json", "json"],
  ["PG-021", { type: "uuid", pgtype: "uuid" }, "uuid", "uuid"],
  ["PG-022", { type: "number[]", pgtype: "_int4" }, "int4[]", "integer[]"],
  ["PG-023", { type: "string[]", pgtype: "_text" }, "text[]", "text[]"],
  ["PG-024", { type: "bytea", pgtype: "bytea" }, "bytea", "bytea"],
  ["PG-025", { type: "money", pgtype: "money" }, "text", "money"],
  ["PG-031", { type: "unknown(705)" }, "text", "text"],
  [
    "PG-032",
    { type: "geometry", wkbtype: "Point", dims: 2, srid: 4326 },
    "geometry",
    "geometry(Geometry, 4326)",
  ],
  [
    "PG-034",
    { type: "geography", wkbtype: "Point", dims: 2, srid: 4326 },
    "geography",
    "geography(Geometry, 4326)",
  ],
  ["PG-036", { type: "string" }, "text", "text"],
  ["PG-037", { type: "number" }, "float8", "double precision"],
  ["PG-038", { type: "boolean" }, "bool", "boolean"],
];

for (const [id, server, type, sql] of READ) {
  Deno.test(`${id}: ${server.pgtype ?? server.type} is read as ${type}`, () => {
    const field = fieldOfServer("c", server);
    assertEquals([field.type, sqlTypeOf(field)], [type, sql]);
  });
}

Deno.test("PG-006 PG-007: numeric and decimal keep every digit, and give floats when asked", () => {
  for (const pgtype of ["numeric", "decimal"]) {
    assertEquals(fieldOfServer("c", { type: "number", pgtype }).type, "numeric");
  }
  const frame = GeoDataFrame.fromColumns({ n: ["12345678901234567890.12", null] }, {
    types: { n: "numeric" },
  });
  assertEquals(frame.column("n").get(0), "12345678901234567890.12");
  assertEquals(frame.column("n").toNumbers(), Float64Array.of(12345678901234567000, NaN));
});

Deno.test("PG-033: a geometry of another SRID keeps it", () => {
  assertEquals(fieldOfServer("g", { type: "geometry", srid: 3857 }).srid, 3857);
  assertEquals(fieldOfServer("g", { type: "geometry", dims: 4, srid: -1 }).srid, undefined);
});

Deno.test("every type that the recorded server names has a column", () => {
  const { fields } = recorded("035-types-full-row").body as { fields: Record<string, ServerField> };
  const types = Object.entries(fields).map(([name, server]) => fieldOfServer(name, server));
  assertEquals(types.filter(({ pgType }) => pgType !== undefined).map(({ pgType }) => pgType), [
    "money",
    "varchar",
    "bpchar",
    "name",
    "inet",
    "xml",
    "int4range",
    "point",
  ]);
  assertEquals(types.find(({ name }) => name === "t_num_arr")?.type, "numeric[]");
  assertEquals(types.find(({ name }) => name === "t_ts_arr")?.type, "timestamptz[]");
});

Deno.test("numbers take the first type that holds every one", () => {
  const type = (values: unknown[]) => GeoDataFrame.fromColumns({ v: values }).column("v").type;
  assertEquals(type([1, 2147483647]), "int4");
  assertEquals(type([1, 2147483648]), "int8");
  assertEquals(type([1, 0.5]), "float8");
  assertEquals(type([1, -0]), "float8");
  assertEquals(type([1, NaN]), "float8");
  assertEquals(type([2 ** 60]), "float8");
  assertEquals(type([1, 2n]), "int8");
  assertEquals(type([0.5, 2n]), "float8");
  assertEquals(type([1n, 2n ** 64n]), "numeric");
  assertThrows(() => type([0.5, 2n ** 60n]), DataError, "decimals stand beside bigint");
});

Deno.test("a mixture is refused with its row, its column and the way out", () => {
  const error = assertThrows(
    () => GeoDataFrame.fromRows([{ n: 1 }, { n: null }, { n: "two" }]),
    DataError,
    'row 3, column "n": "two" is text where row 1 has a number',
  );
  assert(error.hint?.includes("types"));
});

Deno.test("values that do not fit their told type are refused where they stand", () => {
  const make = (
    type: "int2" | "int4" | "int8" | "float4" | "date" | "uuid" | "numeric" | "bool",
    value: unknown,
  ) => GeoDataFrame.fromRows([{ v: null }, { v: value }], { types: { v: type } });
  for (
    const [type, value] of [
      ["int2", 32768],
      ["int4", 1.5],
      ["int8", 2n ** 63n],
      ["int8", 2 ** 60],
      ["float4", 1e300],
      ["date", "2020-02-30"],
      ["uuid", "no"],
      ["numeric", "1.2.3"],
      ["bool", "perhaps"],
    ] as const
  ) {
    const error = assertThrows(() => make(type, value), DataError);
    assertEquals([error.place.row, error.place.column], [2, "v"]);
  }
});

Deno.test("half a surrogate pair, an invalid date and a time finer than a microsecond are refused", () => {
  assertThrows(() => GeoDataFrame.fromRows([{ v: "\ud800" }]), DataError, "surrogate");
  assertThrows(() => GeoDataFrame.fromRows([{ v: new Date(NaN) }]), DataError, "invalid");
  assertThrows(
    () => GeoDataFrame.fromRows([{ v: Temporal.Instant.fromEpochNanoseconds(1n) }]),
    DataError,
    "finer than a microsecond",
  );
});
