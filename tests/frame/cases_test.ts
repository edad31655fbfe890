import { assert, assertEquals, assertThrows } from "@std/assert";
import { DataError } from "../../src/errors/carto_error.ts";
import {
  cartodbIdProblems,
  CopyCsvDecoder,
  encodeCopyCsv,
  GeoDataFrame,
  type Geometry,
  normalizeNames,
  planColumns,
  toGeoDataFrame,
} from "../../src/frame/mod.ts";
import { caseBytes, caseText } from "./_fixtures.ts";

/** Through a COPY stream and back. */
function roundTrip(frame: GeoDataFrame): GeoDataFrame {
  const decoder = new CopyCsvDecoder(frame.schema, { header: false, delimiter: "|" });
  for (const chunk of encodeCopyCsv(frame, frame.columnNames.map((column) => ({ column })))) {
    decoder.push(chunk);
  }
  return decoder.finish();
}

Deno.test("weird-columns: 18 names, all values kept, no prototype touched", () => {
  const frame = GeoDataFrame.fromGeoJSON(caseText("weird-columns.geojson"));
  const plan = planColumns(frame);
  const names = plan.columns.map(({ name }) => name).filter((name) => name !== "the_geom");
  assertEquals(names.length, 18);
  assertEquals(new Set(names).size, 18);
  for (const name of names) {
    assert(/^[a-z_][a-z0-9_]{0,62}$/.test(name), name);
    assert(!["ctid", "the_geom", "the_geom_webmercator", "select"].includes(name), name);
  }
  const values = plan.columns.filter(({ name }) => name !== "the_geom").map(({ column }) =>
    frame.column(column).get(0)
  );
  assertEquals(
    values.map(String).sort(),
    [
      7,
      "reserved",
      99,
      "not a geometry",
      "also not",
      "yesterday",
      "starts with a digit",
      "colon",
      "same name once cleaned",
      "accent",
      "no latin letter left",
      "empty name",
      "upper",
      "lower",
      "quote",
      "prototype",
      "built-in",
      "newline",
    ].map(String).sort(),
  );
  const to = Object.fromEntries(plan.renamed.map(({ from, to }) => [from, to]));
  assertEquals([to["the_geom"], to["the_geom_webmercator"]], ["the_geom_1", "the_geom_webmercator_1"]);
  assertEquals([to["Field: 0"], to["Field 0"], to["Año"]], ["field_0", "field_0_1", "ano"]);
  assertEquals(Object.keys(Object.prototype), []);
  const [row] = frame.toRows();
  assert(row !== undefined && Object.hasOwn(row, "__proto__"));
  assertEquals(Object.getPrototypeOf(row), Object.prototype);
  assertEquals(Object.getOwnPropertyDescriptor(frame.toColumns(), "__proto__")?.value, ["prototype"]);
});

Deno.test("long-column-names: three names of at most 63 bytes", () => {
  const frame = GeoDataFrame.fromCSV(caseBytes("long-column-names.csv"));
  const names = planColumns(frame).columns.map(({ name }) => name);
  assertEquals(new Set(names).size, 3);
  for (const name of names) assert(new TextEncoder().encode(name).length <= 63);
  assertEquals(names[2], "n".repeat(40));
  assertEquals(normalizeNames(names), names);
});

Deno.test("quotes-newlines: ten rows, the same after writing and reading", () => {
  const frame = GeoDataFrame.fromCSV(caseBytes("quotes-newlines.csv"));
  const notes = frame.column("note").toArray();
  assertEquals(notes, [
    'She said "hi", twice',
    "line one\nline two",
    "windows\r\nbreak",
    "a,b;c\td",
    "'single'",
    "\\N",
    "",
    null,
    " lead and trail ",
    "back\\slash",
  ]);
  assert(roundTrip(frame).equals(frame));
  assert(GeoDataFrame.fromCSV(frame.toCSV()).equals(frame));
});

Deno.test("bom-crlf-semicolon: the delimiter is found and told; a decimal comma is text unless asked for", () => {
  const frame = GeoDataFrame.fromCSV(caseBytes("bom-crlf-semicolon.csv"));
  assertEquals(frame.columnNames, ["id", "nombre", "superficie"]);
  assertEquals(frame.toRows(), [
    { id: 1, nombre: "Sept-Îles", superficie: "1,5" },
    { id: 2, nombre: "Besançon", superficie: "2,75" },
  ]);
  assertEquals(frame.notes, ['The delimiter ";" was detected']);
  const comma = GeoDataFrame.fromCSV(caseBytes("bom-crlf-semicolon.csv"), { decimalComma: true });
  assertEquals(comma.column("superficie").toArray(), [1.5, 2.75]);
});

Deno.test("latin1: refused with line and byte, right with the encoding", () => {
  const error = assertThrows(
    () => GeoDataFrame.fromCSV(caseBytes("latin1.csv"), { file: "latin1.csv" }),
    DataError,
  );
  assertEquals(error.place, { file: "latin1.csv", line: 2, byte: 15 });
  assert(error.hint?.includes("encoding"));
  const frame = GeoDataFrame.fromCSV(caseBytes("latin1.csv"), { encoding: "latin1" });
  assertEquals(frame.column("name").toArray(), ["Besançon", "Málaga"]);
});

Deno.test("leading-zeros: text in every column with a leading zero, exponent or dash", () => {
  const frame = GeoDataFrame.fromCSV(caseBytes("leading-zeros.csv"));
  assertEquals(frame.schema.map(({ type }) => type), Array(6).fill("text"));
  assertEquals(frame.column("zip").get(0), "02139");
  assertEquals(frame.column("version").toArray(), ["1.10", "1.2", "2.0"]);
  assertEquals(frame.toCSV(), caseText("leading-zeros.csv"));
});

Deno.test("booleans-tf: with the types told", () => {
  const types = { open: "bool", flag: "text", label: "text" } as const;
  const frame = GeoDataFrame.fromCSV(caseBytes("booleans-tf.csv"), { types });
  assertEquals(frame.column("open").toArray(), [true, false, null, true, false]);
  assertEquals(frame.column("flag").toArray(), ["TRUE", "True", "true", "1", "0"]);
  assertEquals(frame.column("label").toArray(), ["t", "f", "x", "yes", "no"]);
});

Deno.test("dates: the same whatever the time zone of the machine is", () => {
  const { rows } = JSON.parse(caseText("dates.json")) as { rows: { type: string; value: string | null }[] };
  const columns: Record<string, (string | null)[]> = {};
  for (const { type, value } of rows) (columns[type] ??= []).push(value);
  const read = (type: "timestamptz" | "timestamp" | "date" | "text") =>
    GeoDataFrame.fromColumns({ v: columns[type] ?? [] }, { types: { v: type } });
  const text = (frame: GeoDataFrame) =>
    frame.column("v").toArray().map((value) => value === null ? null : String(value));
  assertEquals(text(read("timestamptz")), [
    "2019-03-10T10:30:00Z",
    "2019-03-10T10:30:00.123456Z",
    "2016-02-29T23:59:59Z",
    null,
  ]);
  assertEquals(text(read("timestamp")), ["2019-03-31T02:30:00"]);
  assertEquals(text(read("date")), ["2019-03-10", "1899-12-31", "0850-01-01", "+010000-01-01"]);
  assertEquals(text(read("text")), ["2445-01-01 00:00:00+2445", "12/11/10"]);
  for (const type of ["timestamptz", "timestamp", "date", "text"] as const) {
    assert(roundTrip(read(type)).equals(read(type)), type);
  }
});

Deno.test("nan-infinity: words in a number column are numbers, each written back as it was", () => {
  const { rows } = JSON.parse(caseText("nan-infinity.json"));
  const frame = GeoDataFrame.fromRows(rows, { types: { v: "float8" } });
  assertEquals(frame.column("v").toArray(), [1.5, NaN, Infinity, -Infinity, null, -0, 1e308]);
  assert(Object.is(frame.column("v").get(5), -0));
  assert(roundTrip(frame).equals(frame));
  const [chunk] = encodeCopyCsv(frame, [{ column: "v" }]);
  assertEquals(new TextDecoder().decode(chunk), "1.5\nNaN\nInfinity\n-Infinity\n__null\n-0\n1e+308\n");
});

Deno.test("bigint-ids: one type a column, every digit kept", () => {
  const csv = "osm_id,h3,quadbin,amount,label\n" +
    "9223372036854775807,621496748577128447,5192650370358181887,12345678901234567890.12,9007199254740993\n" +
    "-9007199254740993,42,,0.1,007\n";
  const types = { quadbin: "int8", amount: "numeric", label: "text" } as const;
  const frame = GeoDataFrame.fromCSV(csv, { types });
  assertEquals(frame.schema.map(({ type }) => type), ["int8", "int8", "int8", "numeric", "text"]);
  assertEquals(frame.toRows(), [
    {
      osm_id: 9223372036854775807n,
      h3: 621496748577128447n,
      quadbin: 5192650370358181887n,
      amount: "12345678901234567890.12",
      label: "9007199254740993",
    },
    { osm_id: -9007199254740993n, h3: 42n, quadbin: null, amount: "0.1", label: "007" },
  ]);
  assert(roundTrip(frame).equals(frame));
  assertThrows(() => frame.withInt8As("number"), DataError, 'row 1, column "osm_id"');
  assertEquals(frame.select(["h3"]).slice(1).withInt8As("number").toRows(), [{ h3: 42 }]);
});

Deno.test("cartodb-id-bad: each bad id is told with its line, and the column gets another name", () => {
  const frame = GeoDataFrame.fromCSV(caseBytes("cartodb-id-bad.csv"), { file: "ids.csv" });
  const problems = cartodbIdProblems(frame.column("cartodb_id"));
  assertEquals(problems.map(({ row, message }) => `${frame.placeOf(row).line}: ${message}`), [
    "3: 1 is there already, in row 1",
    "4: The id is missing",
    '5: "abc" is not a number',
    "6: 2.5 is not a whole number",
    "7: -3 is negative",
    "8: 9999999999 is too large for a row number",
  ]);
  const plan = planColumns(frame);
  assertEquals(plan.columns.map(({ name }) => name), ["cartodb_id_1", "name"]);
  assertEquals(plan.renamed[0]?.from, "cartodb_id");
  assertEquals(planColumns(GeoDataFrame.fromRows([{ cartodb_id: 5 }, { cartodb_id: 9 }])).renamed, []);
});

Deno.test("zero-is-a-value: zeros, false and empty text are values", () => {
  const { rows } = JSON.parse(caseText("zero-is-a-value.json"));
  const frame = GeoDataFrame.fromRows(rows).setGeometryFromXY("lon", "lat");
  const back = roundTrip(frame);
  assert(back.equals(frame));
  const [zero, nothing] = back.toRows();
  assertEquals([zero?.count, zero?.ratio, zero?.open, zero?.note], [0, 0, false, ""]);
  assertEquals(String(zero?.geometry), "SRID=4326;POINT (0 0)");
  assertEquals(
    [nothing?.count, nothing?.ratio, nothing?.open, nothing?.note, nothing?.geometry],
    Array(5).fill(null),
  );
});

Deno.test("json-array-columns: equal after a round trip, an empty list is not a missing one", () => {
  const { rows } = JSON.parse(caseText("json-array-columns.json"));
  const frame = GeoDataFrame.fromRows(rows);
  assertEquals(frame.schema.map(({ type }) => type), ["int4", "jsonb", "jsonb", "jsonb", "jsonb"]);
  const back = roundTrip(frame);
  assertEquals(back.toRows() as unknown, rows);
  assert(back.column("tags").isNull(1) && !back.column("empty").isNull(1));
  const lists = GeoDataFrame.fromRows(rows, { types: { tags: "text[]", empty: "int4[]" } });
  assertEquals(roundTrip(lists).toRows() as unknown, rows);
});

Deno.test("both-geometry-columns: the feature's geometry is the geometry", () => {
  const frame = GeoDataFrame.fromGeoJSON(caseText("both-geometry-columns.geojson"));
  assertEquals(frame.geometryColumn, "geometry");
  assertEquals(String(frame.geometry?.get(0)), "SRID=4326;POINT (2.35 48.85)");
  assertEquals(frame.renamed.map(({ from, to }) => [from, to]), [["geometry", "geometry_1"]]);
  const plan = planColumns(frame);
  assertEquals(plan.columns.map(({ name }) => name), [
    "name",
    "geometry_1",
    "the_geom_1",
    "wkb_geometry",
    "geom",
    "the_geom",
  ]);
  assertEquals(plan.renamed.map(({ from, to }) => [from, to]), [["the_geom", "the_geom_1"]]);
  assertEquals(frame.column("geometry_1").get(0), "POINT(0 0)");
});

Deno.test("mixed-geometry: six rows in one column, kinds kept", () => {
  const frame = GeoDataFrame.fromGeoJSON(caseText("mixed-geometry.geojson"));
  const kinds = [...frame.geometry ?? []].map((value) => (value as Geometry).type);
  assertEquals(kinds, [
    "Polygon",
    "MultiPolygon",
    "MultiPoint",
    "LineString",
    "GeometryCollection",
    "GeometryCollection",
  ]);
  assert(roundTrip(frame).equals(frame));
});

Deno.test("null-and-missing-geometry: every feature is a row, the nested one unpacked", () => {
  const frame = GeoDataFrame.fromGeoJSON(caseText("null-and-missing-geometry.geojson"));
  assertEquals(frame.numRows, 8);
  assertEquals(
    [...frame.geometry ?? []].map((value) => value === null ? null : (value as Geometry).toWkt()),
    [
      null,
      null,
      "POINT (1 2)",
      "POINT (3 4)",
      "POINT (5 6)",
      "POINT (7 8)",
      "POLYGON EMPTY",
      "POINT EMPTY",
    ],
  );
  assertEquals(frame.column("id").get(4), "own");
  assertEquals(frame.column("feature_id").get(4), "a-7");
  assertEquals(frame.renamed.map(({ from, to }) => [from, to]), [["id", "feature_id"]]);
  assert(roundTrip(frame).equals(frame));
});

Deno.test("antimeridian: the data are unchanged", () => {
  const text = caseText("antimeridian.geojson");
  assertEquals(GeoDataFrame.fromGeoJSON(text).toGeoJSON() as unknown, JSON.parse(text));
  assert(roundTrip(GeoDataFrame.fromGeoJSON(text)).equals(GeoDataFrame.fromGeoJSON(text)));
});

Deno.test("projected-crs: metres are known as metres, and come out as degrees", () => {
  const frame = GeoDataFrame.fromGeoJSON(caseText("projected-crs.geojson"));
  assertEquals(frame.crs, "EPSG:3857");
  const { geometry } = frame.toGeoJSON().features[0] ?? {};
  const [x, y] = (geometry as { coordinates: number[] }).coordinates as [number, number];
  assert(Math.abs(x + 3.7) < 0.001 && Math.abs(y - 40.42) < 0.01);
});

Deno.test("html-in-values: a notebook shows values as text", () => {
  const frame = GeoDataFrame.fromGeoJSON(caseText("html-in-values.geojson"));
  const display =
    (frame as unknown as Record<symbol, () => Record<string, string>>)[Symbol.for("Jupyter.display")];
  const html = display?.call(frame)["text/html"] ?? "";
  assert(html.includes("<table>"));
  assertEquals(html.match(/<(?!\/?(?:table|thead|tbody|tr|th|td|br|small|p)>)/g), null);
});

Deno.test("quotes in a CSV that do not end, and rows of other lengths, are told with their line", () => {
  const read = (csv: string) => () => GeoDataFrame.fromCSV(csv, { file: "a.csv" });
  assertThrows(read('a,b\n1,2\n3,"4\n5,6\n'), DataError, '"a.csv", line 3: A quoted field does not end');
  assertThrows(
    read('a,b\n"x\ny",2\n3\n'),
    DataError,
    '"a.csv", line 4: The row has 1 fields where 2 are expected',
  );
  assertThrows(
    read("a,b\n1,2\n3,4,5\n"),
    DataError,
    '"a.csv", line 3: The row has 3 fields where 2 are expected',
  );
  assertThrows(read(""), DataError, '"a.csv": The CSV is empty');
  assertThrows(
    () => GeoDataFrame.fromCSV("n\n1\n\nx\n", { types: { n: "int4" } }),
    DataError,
    'line 4, column "n": "x" is not a 32-bit integer',
  );
});

Deno.test("toGeoDataFrame knows every kind of input", () => {
  const rows = [{ a: 1 }, { a: 2 }];
  const frame = GeoDataFrame.fromRows(rows);
  for (const input of [frame, rows, new Set(rows), { a: [1, 2] }, new Map([["a", [1, 2]]])]) {
    assert(toGeoDataFrame(input).equals(frame));
  }
  const point = { type: "Point", coordinates: [1, 2] };
  const feature = { type: "Feature", properties: { a: 1 }, geometry: point };
  for (const input of [feature, [feature], { type: "FeatureCollection", features: [feature] }]) {
    assertEquals(toGeoDataFrame(input).toGeoJSON().features as unknown, [feature]);
  }
  assertEquals(toGeoDataFrame([{ name: "x", geometry: point }]).geometryColumn, "geometry");
  for (const bad of ["text", 5, null, { a: 1 }, new Uint8Array(3)]) {
    assertThrows(() => toGeoDataFrame(bad as unknown as object), Error, "Cannot make a frame");
  }
});
