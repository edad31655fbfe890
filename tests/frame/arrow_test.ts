import { assert, assertEquals, assertThrows } from "@std/assert";
import * as arrow from "npm:apache-arrow@21.2.0";
import * as flechette from "npm:@uwdata/flechette@2.6.0";
import * as aq from "npm:arquero@8.0.3";
import { UnsupportedError } from "../../src/errors/carto_error.ts";
import { type ColumnType, GeoDataFrame, Geometry, toGeoDataFrame } from "../../src/frame/mod.ts";

const TYPES: Record<string, ColumnType> = {
  price: "numeric",
  tags: "text[]",
  tiny: "int2",
  f: "float4",
  id: "uuid",
};
const frame = GeoDataFrame.fromRows([
  {
    n: 1,
    big: 9007199254740993n,
    tiny: -7,
    x: 0.1,
    f: 0.5,
    yes: true,
    name: "ñandú",
    kind: "bar",
    price: "1.50",
    at: Temporal.Instant.from("2020-02-29T10:34:56.789123Z"),
    local: Temporal.PlainDateTime.from("1850-01-01T00:00:00.000001"),
    day: Temporal.PlainDate.from("0850-01-01"),
    clock: Temporal.PlainTime.from("12:34:56.789"),
    raw: Uint8Array.of(0, 255),
    doc: { a: [1, 2n ** 60n] },
    tags: ["a", null, "b,c"],
    id: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    geometry: Geometry.fromWkt("SRID=4326;POINT Z (1 2 3)"),
  },
  {},
  ...Array.from({ length: 20 }, (_, i) => ({
    n: i,
    big: BigInt(i),
    tiny: i,
    x: i / 3,
    f: i,
    yes: i % 2 === 0,
    name: `name ${i}`,
    kind: ["bar", "park"][i % 2],
    geometry: Geometry.fromWkt(`SRID=4326;POINT(${i} ${i})`),
  })),
], { types: TYPES });

for (const format of ["file", "stream"] as const) {
  Deno.test(`apache-arrow reads the ${format} format, and the frame comes back the same`, () => {
    const table = arrow.tableFromIPC(frame.toArrowIPC({ format }));
    assertEquals([table.numRows, table.numCols], [frame.numRows, frame.numColumns]);
    assertEquals(
      String(table.schema.fields.find(({ name }) => name === "at")?.type),
      "Timestamp<MICROSECOND, UTC>",
    );
    assertEquals(table.getChild("name")?.get(0), "ñandú");
    assertEquals(table.getChild("kind")?.toArray().slice(2, 4), ["bar", "park"]);
    assertEquals(table.getChild("big")?.get(0), 9007199254740993n);
    assertEquals(table.getChild("x")?.get(1), null);
    const back = GeoDataFrame.fromArrow(table);
    assertEquals(back.schema, frame.schema);
    assert(back.equals(frame));
  });

  Deno.test(`flechette reads the ${format} format, and the frame comes back the same`, () => {
    const table = flechette.tableFromIPC(frame.toArrowIPC({ format }), { useBigInt: true });
    assertEquals(table.numRows, frame.numRows);
    assert(GeoDataFrame.fromArrow(table).equals(frame));
  });
}

Deno.test("geometries are ISO WKB with GeoArrow's metadata", () => {
  const table = arrow.tableFromIPC(frame.toArrowIPC());
  const field = table.schema.fields.find(({ name }) => name === "geometry");
  assertEquals(field?.metadata.get("ARROW:extension:name"), "geoarrow.wkb");
  assertEquals(JSON.parse(field?.metadata.get("ARROW:extension:metadata") ?? ""), {
    crs: "EPSG:4326",
    crs_type: "authority_code",
  });
  const wkb = table.getChild("geometry")?.get(0) as Uint8Array;
  assertEquals(wkb.toHex(), "01e9030000000000000000f03f00000000000000400000000000000840");
  const points = arrow.tableFromIPC(frame.slice(2).toArrowIPC());
  assertEquals((points.getChild("geometry")?.get(1) as Uint8Array).toHex().slice(0, 10), "0101000000");
});

Deno.test("slices, empty frames and points alone are written right", () => {
  const points = GeoDataFrame.fromColumns({ n: [1, null, 3] }).setGeometryFromXY([1, NaN, 3], [4, 5, 6]);
  for (const each of [frame.slice(3, 9), frame.slice(0, 0), points, points.slice(1), points.select(["n"])]) {
    const table = arrow.tableFromIPC(each.toArrowIPC());
    assertEquals(table.numRows, each.numRows);
    assert(GeoDataFrame.fromArrow(table).equals(each));
  }
});

Deno.test("tables that others made: all integers, decimals, times of any unit, lists, dictionaries", () => {
  const table = arrow.tableFromArrays({
    i8: Int8Array.of(-1, 2),
    u16: Uint16Array.of(1, 65535),
    u64: BigUint64Array.of(1n, 2n ** 64n - 1n),
    t: ["a", null],
    b: [true, null],
  });
  const read = GeoDataFrame.fromArrow(table);
  assertEquals(read.schema.map(({ type }) => type), ["int2", "int4", "numeric", "text", "bool"]);
  assertEquals(read.toRows(), [
    { i8: -1, u16: 1, u64: "1", t: "a", b: true },
    { i8: 2, u16: 65535, u64: "18446744073709551615", t: null, b: null },
  ]);
  const times = flechette.tableFromArrays({
    s: [0, 1000],
    ns: [0, 1000],
    d: [new Date(0), null],
    dec: [1.5, -0.25],
    l: [[1, 2], null],
  }, {
    types: {
      s: flechette.timestamp(flechette.TimeUnit.SECOND, "UTC"),
      ns: flechette.timestamp(flechette.TimeUnit.NANOSECOND),
      d: flechette.dateDay(),
      dec: flechette.decimal(20, 3),
      l: flechette.list(flechette.int32()),
    },
  });
  const back = GeoDataFrame.fromArrow(times);
  assertEquals(back.schema.map(({ type }) => type), [
    "timestamptz",
    "timestamp",
    "date",
    "numeric",
    "int4[]",
  ]);
  assertEquals(back.column("dec").toArray(), ["1.500", "-0.250"]);
  assertEquals(back.column("l").toArray(), [[1, 2], null]);
  assertEquals(back.column("d").toArray().map(String), ["1970-01-01", "null"]);
});

Deno.test("a GeoArrow kind that is not known is refused by name", () => {
  const field = new arrow.Field(
    "g",
    new arrow.Utf8(),
    true,
    new Map([["ARROW:extension:name", "geoarrow.box"]]),
  );
  const vector = arrow.vectorFromArray(["x"], new arrow.Utf8());
  const table = { schema: { fields: [field] }, getChild: () => vector };
  assertThrows(() => GeoDataFrame.fromArrow(table), UnsupportedError, "geoarrow.box");
});

Deno.test("Arquero's tables are taken as they are filtered and sorted, and read what we write", () => {
  const table = aq.table({ n: [3, 1, 2], t: ["c", "a", "b"] }).filter((d: { n: number }) => d.n > 1).orderby(
    "n",
  );
  assertEquals(toGeoDataFrame(table).toRows(), [{ n: 2, t: "b" }, { n: 3, t: "c" }]);
  const read = aq.fromArrow(frame.toArrowIPC());
  assertEquals([read.numRows(), read.get("kind", 2)], [frame.numRows, "bar"]);
});

Deno.test("a Polars data frame is known by its shape (the package itself needs --allow-ffi)", () => {
  const columns: Record<string, { dtype: unknown; toArray(): unknown[] }> = {
    n: { dtype: { variant: "Int64" }, toArray: () => [1n, null] },
    t: { dtype: { variant: "Utf8" }, toArray: () => ["a", null] },
    d: { dtype: { variant: "Date" }, toArray: () => [new Date(0), null] },
    at: { dtype: { variant: "Datetime", timeZone: "UTC" }, toArray: () => [new Date(1), null] },
    local: { dtype: { variant: "Datetime" }, toArray: () => [new Date(1), null] },
  };
  const polars = { columns: Object.keys(columns), getColumn: (name: string) => columns[name] };
  const read = toGeoDataFrame(polars);
  assertEquals(read.schema.map(({ type }) => type), ["int8", "text", "date", "timestamptz", "timestamp"]);
  assertEquals(read.toRows().map((row) => Object.values(row).map(String)), [
    ["1", "a", "1970-01-01", "1970-01-01T00:00:00.001Z", "1970-01-01T00:00:00.001"],
    ["null", "null", "null", "null", "null"],
  ]);
});

/** The classes of Polars' types, whose common base knows the others. */
class DataType {
  static readonly Utf8 = "text";
  static readonly Int64 = "int64";
}
class Int64 extends DataType {}
class Datetime extends DataType {
  readonly timeUnit = "us";
  readonly timeZone: string;
  constructor(timeZone: string) {
    super();
    this.timeZone = timeZone;
  }
}

Deno.test("Polars' 64-bit integers and microseconds are taken exactly, though its lists bend them", () => {
  const series = (dtype: DataType, bent: unknown, exact: string) => ({
    dtype,
    toArray: () => [bent, null],
    cast(to: string): unknown {
      return to === DataType.Utf8 ? { dtype: to, toArray: () => [exact, null] } : this;
    },
  });
  const columns: Record<string, unknown> = {
    big: series(new Int64(), 9007199254740992, "9007199254740993"),
    at: series(new Datetime("Europe/Madrid"), new Date(1582972496789), "1582972496789123"),
    local: series(new Datetime(""), new Date(1582972496789), "1582972496789123"),
  };
  const polars = { columns: Object.keys(columns), getColumn: (name: string) => columns[name] };
  const read = toGeoDataFrame(polars);
  assertEquals(read.schema.map(({ type }) => type), ["int8", "timestamptz", "timestamp"]);
  assertEquals(Object.values(read.row(0)).map(String), [
    "9007199254740993",
    "2020-02-29T10:34:56.789123Z",
    "2020-02-29T10:34:56.789123",
  ]);
  assertEquals(Object.values(read.row(1)), [null, null, null]);
});
