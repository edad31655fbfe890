import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ArgumentError, DataError } from "../../src/errors/carto_error.ts";
import {
  Column,
  type ColumnType,
  CopyCsvDecoder,
  GeoDataFrame,
  Geometry,
  toBatches,
} from "../../src/frame/mod.ts";

const cities = GeoDataFrame.fromRows([
  { name: "Madrid", people: 3_300_000, lng: -3.7, lat: 40.42 },
  { name: "Paris", people: 2_100_000, lng: 2.35, lat: 48.85 },
  { name: null, people: null, lng: null, lat: 1 },
]);

Deno.test("GEOM-044: null and NaN are no geometry, the others are read", () => {
  const frame = GeoDataFrame.fromRows([{ n: 1 }, { n: 2 }]).setGeometry([NaN, "POINT(0 0)"]);
  assertEquals([...frame.geometry ?? []].map(String), ["null", "POINT (0 0)"]);
  const column = GeoDataFrame.fromRows([{ geom: null }, { geom: "POINT(0 0)" }]).setGeometry("geom");
  assertEquals([...column.geometry ?? []].map(String), ["null", "POINT (0 0)"]);
});

Deno.test("GEOM-045: something that is no frame is refused", () => {
  const { setGeometry } = GeoDataFrame.prototype;
  assertThrows(() => setGeometry.call({} as GeoDataFrame, "geom"), TypeError);
});

Deno.test("GEOM-046: a column that does not exist is named", () => {
  const error = assertThrows(() => cities.setGeometry("zz"), ArgumentError, 'Column "zz" does not exist');
  assertStringIncludes(error.hint ?? "", '"name"');
});

Deno.test("GEOM-047: the frame itself stays as it is", () => {
  const before = GeoDataFrame.fromRows([{ geom: "POINT(1 2)" }], { types: { geom: "text" } });
  const after = before.setGeometry("geom");
  assertEquals([before.columnNames, before.geometryColumn], [["geom"], undefined]);
  assertEquals([after.columnNames, after.geometryColumn], [["geom", "geometry"], "geometry"]);
  assertEquals(String(after.geometry?.get(0)), "POINT (1 2)");
});

Deno.test("GEOM-048: with drop, the column that was read goes", () => {
  const frame = GeoDataFrame.fromRows([{ n: 1, geom: "POINT(1 2)" }]).setGeometry("geom", { drop: true });
  assertEquals([frame.columnNames, frame.geometryColumn], [["n", "geometry"], "geometry"]);
});

Deno.test("GEOM-049: points from x and y, both columns stay", () => {
  const frame = cities.setGeometryFromXY("lng", "lat");
  assertEquals(frame.columnNames, ["name", "people", "lng", "lat", "geometry"]);
  assertEquals([...frame.geometry ?? []].map(String), [
    "SRID=4326;POINT (-3.7 40.42)",
    "SRID=4326;POINT (2.35 48.85)",
    "null",
  ]);
});

Deno.test("GEOM-050: with drop, both columns go", () => {
  const frame = cities.setGeometryFromXY("lng", "lat", { drop: true });
  assertEquals(frame.columnNames, ["name", "people", "geometry"]);
  assertEquals(cities.setGeometryFromXY([1, 2, 3], [4, 5, 6], { srid: 3857 }).crs, "EPSG:3857");
});

Deno.test("a geometry that cannot be read is told with its row", () => {
  const frame = GeoDataFrame.fromRows([{ geom: "POINT(0 0)" }, { geom: "POINT(0" }], {
    types: { geom: "text" },
  });
  const error = assertThrows(() => frame.setGeometry("geom"), DataError);
  assertEquals([error.place.row, error.place.column], [2, "geom"]);
});

Deno.test("rows, columns and slices", () => {
  assertEquals(cities.head(1).toRows(), [{ name: "Madrid", people: 3_300_000, lng: -3.7, lat: 40.42 }]);
  assertEquals(cities.tail(1).toRows(), [{ name: null, people: null, lng: null, lat: 1 }]);
  assertEquals(cities.slice(-2, -1).column("name").toArray(), ["Paris"]);
  assertEquals(cities.slice(1).slice(1).column("lat").toArray(), [1]);
  assertEquals(cities.slice(5).numRows, 0);
  assertEquals([...cities].map(({ name }) => name), ["Madrid", "Paris", null]);
  assertEquals(cities.select(["lat", "name"]).columnNames, ["lat", "name"]);
  assertEquals(cities.drop(["lat", "lng"]).columnNames, ["name", "people"]);
  assertEquals(cities.rename({ people: "population" }).columnNames, ["name", "population", "lng", "lat"]);
  assertEquals(cities.filter((row, frame) => !frame.column("name").isNull(row)).numRows, 2);
  assertThrows(() => cities.rename({ people: "name" }), ArgumentError, 'two columns are named "name"');
  assertThrows(() => cities.column("name").get(3), ArgumentError, "it has 3 rows");
});

Deno.test("a frame never changes, and whatever is made of it shares its columns", () => {
  const more = cities.withColumn("country", ["ES", "FR", null]);
  assertEquals(cities.columnNames.length, 4);
  assertEquals(more.column("name"), cities.column("name"));
  assertEquals(more.withColumn("people", [1n, 2n, 3n]).column("people").type, "int8");
  assertThrows(
    () => cities.withColumn("n", [1]),
    ArgumentError,
    'column "n" has 1 rows where the first has 3',
  );
});

Deno.test("frames of the same columns are joined, whatever they look like inside", () => {
  const kinds = (n: number) =>
    GeoDataFrame.fromRows(
      Array.from({ length: n }, (_, i) => ({
        b: i % 3 === 0 ? null : i % 2 === 0,
        n: i,
        big: BigInt(i),
        t: i % 2 === 0 ? "even" : "odd",
        u: `value ${i}`,
        d: i % 5 === 0 ? null : Temporal.PlainDate.from("2020-01-01").add({ days: i }),
        g: i % 4 === 0 ? null : Geometry.fromWkt(n > 50 ? `POINT(${i} 1)` : `LINESTRING(${i} 1, 2 3)`),
        j: { i },
      })),
      { types: { g: "geometry" } },
    );
  for (const [a, b] of [[100, 7], [7, 100], [3, 3], [0, 5], [100, 100]] as const) {
    const types = { types: Object.fromEntries(kinds(9).schema.map(({ name, type }) => [name, type])) };
    const left = a === 0 ? GeoDataFrame.fromRows([], types) : kinds(a);
    const joined = left.concat(kinds(b).slice(1));
    assertEquals(joined.toRows(), [...left.toRows(), ...kinds(b).toRows().slice(1)]);
    assert(joined.equals(GeoDataFrame.fromRows(joined.toRows(), types)));
    const odd = joined.filter((row) => row % 2 === 1);
    assertEquals(odd.toRows(), joined.toRows().filter((_, row) => row % 2 === 1));
  }
  assertThrows(() => cities.concat(cities.select(["name"])), ArgumentError, "different columns");
});

Deno.test("slices at any bit keep nulls and booleans", () => {
  const values = Array.from({ length: 100 }, (_, i) => i % 7 === 0 ? null : i % 3 === 0);
  const column = GeoDataFrame.fromColumns({ v: values }).column("v");
  for (const [start, end] of [[0, 100], [1, 99], [8, 16], [13, 14], [63, 100], [50, 50]] as const) {
    const part = column.slice(start, end);
    assertEquals(part.toArray(), values.slice(start, end));
    assertEquals(part.nullCount, values.slice(start, end).filter((value) => value === null).length);
  }
});

Deno.test("typed arrays are taken as they lie, and given back so", () => {
  const n = Float64Array.of(1, NaN, 3);
  const frame = GeoDataFrame.fromColumns({ n });
  assert(frame.column("n").values === n);
  assert(frame.toColumns().n === n);
  assertEquals(
    GeoDataFrame.fromColumns({ u: BigUint64Array.of(2n ** 64n - 1n) }).column("u").get(0),
    "18446744073709551615",
  );
});

Deno.test("text keeps what it holds: a byte order mark, NUL, emoji, nothing", () => {
  const values = ["\ufeffmark", "a\0b", "🎉".repeat(30), "", null, "x".repeat(300)];
  assertEquals(GeoDataFrame.fromColumns({ v: values }).column("v").toArray(), values);
});

Deno.test("figures about each column", () => {
  const [name, people, , , geometry] = cities.setGeometryFromXY("lng", "lat").describe();
  assertEquals(name, {
    name: "name",
    type: "text",
    count: 2,
    nulls: 1,
    min: "Madrid",
    max: "Paris",
    mean: null,
  });
  assertEquals(people, {
    name: "people",
    type: "int4",
    count: 2,
    nulls: 1,
    min: 2_100_000,
    max: 3_300_000,
    mean: 2_700_000,
  });
  assertEquals(geometry?.count, 2);
});

Deno.test("what console.log shows is a short table", () => {
  const text = Deno.inspect(cities.setGeometryFromXY("lng", "lat", { drop: true }));
  assertEquals(text.split("\n"), [
    'GeoDataFrame: 3 rows × 3 columns, geometry "geometry" in EPSG:4326',
    "name     people  geometry",
    "text       int4  geometry",
    "Madrid  3300000  POINT (-3.7 40.42)",
    "Paris   2100000  POINT (2.35 48.85)",
    "null       null  null",
  ]);
  const many = GeoDataFrame.fromColumns({
    n: Int32Array.from({ length: 1000 }, (_, i) => i),
    t: Array(1000).fill("a\nb\u202ec"),
  });
  assertStringIncludes(Deno.inspect(many), "… 990 more rows");
  assertStringIncludes(Deno.inspect(many), "a⏎b�c");
});

Deno.test("GeoJSON has no bigint, no NaN and no measures: what it cannot hold is text, or refused", () => {
  const frame = GeoDataFrame.fromRows([{
    id: 5,
    big: 2n ** 60n,
    nan: NaN,
    at: new Date(0),
    raw: Uint8Array.of(255),
  }]);
  assertEquals(frame.toGeoJSON({ idColumn: "id" }).features, [{
    type: "Feature",
    id: 5,
    geometry: null,
    properties: { big: "1152921504606846976", nan: "NaN", at: "1970-01-01T00:00:00Z", raw: "\\xff" },
  }]);
  const measured = GeoDataFrame.fromRows([{ geom: Geometry.fromWkt("POINT M (1 2 9)") }]);
  assertThrows(() => measured.toGeoJSON(), DataError, 'row 1, column "geom"');
});

Deno.test("CSV and back: null and empty text differ, and so do -0 and 0", () => {
  const frame = GeoDataFrame.fromRows([
    { t: "", n: 0.5, g: Geometry.fromWkt("SRID=4326;POINT(1 2)") },
    { t: null, n: null, g: null },
  ]);
  assertEquals(frame.toCSV(), 't,n,g\n"",0.5,0101000020E6100000000000000000F03F0000000000000040\n,,\n');
  assertEquals(frame.toCSV({ geometry: "wkt", delimiter: ";" }), 't;n;g\n"";0.5;POINT (1 2)\n;;\n');
  assert(GeoDataFrame.fromCSV(frame.toCSV(), { geometryColumn: "g" }).equals(frame));
  const chunks = [...frame.toCSVChunks()];
  assertEquals(new TextDecoder().decode(chunks[0]), frame.toCSV());
});

Deno.test("CSV from a stream cut anywhere, also inside a character", async () => {
  const csv = 'año;nota\n1;"ñ;\n""日本"""\n2;€\n';
  const bytes = new TextEncoder().encode(csv);
  const whole = GeoDataFrame.fromCSV(csv);
  assertEquals(whole.toRows(), [{ año: 1, nota: 'ñ;\n"日本"' }, { año: 2, nota: "€" }]);
  for (const size of [1, 2, 3, 5]) {
    const pieces = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, i) => bytes.slice(i * size, (i + 1) * size),
    );
    assert((await GeoDataFrame.fromCSVStream(ReadableStream.from(pieces))).equals(whole));
  }
});

Deno.test("CSV types are guessed with care", () => {
  const type = (...values: string[]) =>
    GeoDataFrame.fromCSV(`v,w\n${values.map((v) => `${v},x\n`).join("")}`).column("v").type;
  assertEquals(type("1", "2147483647"), "int4");
  assertEquals(type("1", "2147483648"), "int8");
  assertEquals(type("9223372036854775808"), "text");
  assertEquals(type("1.5", "-2.25", "3"), "float8");
  assertEquals(type("1.50", "2.25"), "float8");
  assertEquals(type("1.10", "1.2"), "text");
  assertEquals(type("true", "false", ""), "bool");
  assertEquals(type("0.1234567890123456789"), "text");
  for (const odd of ["007", "+1", "1e5", "1-2", "1,5", "-0", "2020-01-01", "NaN", "0x10", " 1", "1_000"]) {
    assertEquals(type(`"${odd}"`, "1"), "text", odd);
  }
  assertEquals(GeoDataFrame.fromCSV("a,a,b\n1,2,3\n").columnNames, ["a", "a_1", "b"]);
  assertEquals(GeoDataFrame.fromCSV("1,x\n2,y\n", { header: false }).toRows(), [
    { column_1: 1, column_2: "x" },
    { column_1: 2, column_2: "y" },
  ]);
  assertThrows(
    () => GeoDataFrame.fromCSV("a\n1\n", { types: { b: "int4" } }),
    ArgumentError,
    "has no such column",
  );
});

Deno.test("rows that arrive one by one become frames of one schema", async () => {
  async function* rows() {
    for (let i = 0; i < 25; i++) yield { n: i, t: i % 2 === 0 ? null : "x" };
  }
  const frames = await Array.fromAsync(toBatches(rows(), { batchRows: 10 }));
  assertEquals(frames.map(({ numRows }) => numRows), [10, 10, 5]);
  assertEquals(frames[2]?.schema, frames[0]?.schema);
  async function* late() {
    for (let i = 0; i < 15; i++) yield { n: i === 12 ? 0.5 : i };
  }
  const drain = async () => {
    for await (const _ of toBatches(late(), { batchRows: 10 }));
  };
  const error = await drain().then(() => undefined, (reason) => reason);
  assert(error instanceof DataError);
  assertEquals([error.place.row, error.place.column], [13, "n"]);
  assertEquals((await Array.fromAsync(toBatches([]))).length, 1);
});

Deno.test("columns know each other by their values", () => {
  const column = (values: unknown[]) => GeoDataFrame.fromColumns({ v: values }).column("v");
  assert(column([1, null]).equals(column([1, null])));
  assert(!column([0.5, -0]).equals(column([0.5, 0])));
  assert(!column([1, null]).equals(column([1, 2])));
  assert(!column([1]).equals(column([1n])));
  assert(column([NaN]).equals(column([NaN])));
  assert(column(["a"]) instanceof Column);
});

Deno.test("lists and jsonb are the same where they mean the same, whatever PostgreSQL writes", () => {
  const column = (type: ColumnType, text: string) => {
    const decoder = new CopyCsvDecoder([{ name: "v", type, nullable: true }], { header: false });
    decoder.push(new TextEncoder().encode(`"${text.replaceAll('"', '""')}"\n`));
    return decoder.finish().column("v");
  };
  const same: readonly [ColumnType, string, string][] = [
    ["jsonb", '{"b": 1, "a": [1e300, "x"]}', `{"a":[1${"0".repeat(300)},"x"],"b":1}`],
    ["float8[]", "{1e+20,NaN,-0}", "{100000000000000000000,NaN,-0}"],
    ["timestamptz[]", "{2020-01-01 00:00:00+00}", '{"2020-01-01 02:00:00+02"}'],
    ["text[]", '{"a",NULL}', "{a,NULL}"],
  ];
  for (const [type, one, other] of same) assert(column(type, one).equals(column(type, other)), type);
  const different: readonly [ColumnType, string, string][] = [
    ["jsonb", '{"a": 1}', '{"a": "1"}'],
    ["json", '{"a": 1}', '{"a":1}'],
    ["text[]", '{"NULL"}', "{NULL}"],
    ["float8[]", "{0}", "{-0}"],
    ["jsonb", "9007199254740993", "9007199254740992"],
  ];
  for (const [type, one, other] of different) assert(!column(type, one).equals(column(type, other)), type);
});

Deno.test("no point is lost where the memory of a column grows, in whichever way the points come", () => {
  const rows = 5000;
  const xs = Float64Array.from({ length: rows }, (_, i) => i + 0.25);
  const ys = Float64Array.from({ length: rows }, (_, i) => -i - 0.5);
  const wanted = Array.from({ length: rows }, (_, i) => [xs[i], ys[i]]).flat();
  const wkt = Array.from(xs, (x, i) => `POINT(${x} ${ys[i]})`);
  const plain = GeoDataFrame.fromColumns({ n: Array.from(xs, () => 1) });
  const points = plain.setGeometryFromXY(xs, ys);
  const copied = new CopyCsvDecoder([{ name: "g", type: "geometry", nullable: true }], { header: false });
  const hex = [...points.column("geometry")].map((point) =>
    point instanceof Geometry ? point.toEwkbHex() : ""
  );
  copied.push(new TextEncoder().encode(hex.join("\n") + "\n"));
  const ways = {
    xy: points,
    wkt: plain.setGeometry(wkt),
    geometries: plain.setGeometry([...points.column("geometry")]),
    geojson: GeoDataFrame.fromGeoJSON(JSON.parse(JSON.stringify(points.toGeoJSON()))),
    hex: copied.finish(),
  };
  for (const [way, frame] of Object.entries(ways)) {
    const { values } = frame.geometry ?? {};
    assertEquals(values?.length, 2 * rows, way);
    assertEquals(wanted.findIndex((value, i) => values?.[i] !== value), -1, way);
  }
  const gaps = plain.setGeometryFromXY(Array.from(xs, (x, i) => i % 3 === 0 ? null : x), ys);
  assertEquals(
    [...gaps.column("geometry")].findIndex((point, i) =>
      i % 3 === 0 ? point !== null : String(point) !== `SRID=4326;POINT (${xs[i]} ${ys[i]})`
    ),
    -1,
  );
});

Deno.test("frames of few values, each with a dictionary of its own, are joined with every value in its place", () => {
  const parts = Array.from({ length: 3 }, (_, part) =>
    GeoDataFrame.fromColumns({
      kind: Array.from({ length: 1000 }, (_, row) =>
        row % 7 === part ? null : `kind ${(row * (part + 2)) % 5} é`),
    }));
  const joined = (parts[0] as GeoDataFrame).concat(...parts.slice(1));
  assertEquals(joined.column("kind").toArray(), parts.flatMap((part) => part.column("kind").toArray()));
  assertEquals(joined.column("kind").nullCount, 429);
  // More values than a dictionary takes
  const many = Array.from(
    { length: 5 },
    (_, part) =>
      GeoDataFrame.fromColumns({ v: Array.from({ length: 4000 }, (_, row) => `${part} ${row % 1000}`) }),
  );
  const all = (many[0] as GeoDataFrame).concat(...many.slice(1));
  assertEquals(all.column("v").toArray(), many.flatMap((part) => part.column("v").toArray()));
});
