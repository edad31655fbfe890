/** Files that other programs made: see tests/fixtures/files/README.md. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ArgumentError } from "../../../src/errors/carto_error.ts";
import { decodeFile, type GeoDataFrame, readFile, type ReadFileOptions } from "../../../src/frame/mod.ts";
import { fixture, inFolder, isThere } from "./_fixtures.ts";

const POLYGON = "POLYGON ((-3.7 40.4, -3.7 40.5, -3.6 40.5, -3.6 40.4, -3.7 40.4), " +
  "(-3.68 40.42, -3.62 40.42, -3.62 40.48, -3.68 40.48, -3.68 40.42))";
const MULTIPOLYGON = "MULTIPOLYGON (((-3.5 40.1, -3.5 40.2, -3.4 40.2, -3.5 40.1)), " +
  "((-3.3 40.1, -3.3 40.2, -3.2 40.2, -3.3 40.1)))";

/** The same, with rings as RFC 7946 wants them turned. */
const TURNED = [
  "POLYGON ((-3.7 40.4, -3.6 40.4, -3.6 40.5, -3.7 40.5, -3.7 40.4), " +
  "(-3.68 40.42, -3.68 40.48, -3.62 40.48, -3.62 40.42, -3.68 40.42))",
  "MULTIPOLYGON (((-3.5 40.1, -3.4 40.2, -3.5 40.2, -3.5 40.1)), ((-3.3 40.1, -3.2 40.2, -3.3 40.2, -3.3 40.1)))",
];

/** The columns that every format of `places` keeps. */
function plainRows(frame: GeoDataFrame): unknown[] {
  return frame.toRows().map(({ name, code, n, big, price }) => [name, code, n, big, price]);
}

const PLAIN = [
  ['Besançon, "Málaga"', "007", 1, 9007199254740993n, 12.5],
  ["A Coruña\nPontevedra", "0", -2, -9223372036854775807n, -0.1],
  [null, null, null, null, null],
];

/** WKT with coordinates to the nearest tenth of a micrometre, and an order of rings that does not matter. */
function shapes(frame: GeoDataFrame): string[] {
  return [...(frame.geometry ?? [])].map((value) =>
    String(value).replace(/^SRID=4326;/, "").replace(
      /-?\d+\.\d+/g,
      (text) => String(Number(Number(text).toFixed(10))),
    )
  );
}

const places: readonly (readonly [file: string, options?: ReadFileOptions])[] = [
  ["places.geojson"],
  ["gdal-3857.geojson", { reproject: true }],
  ["gdal.geojsonl"],
  ["gdal-rs.geojsons"],
  ["gdal-semicolon.csv", { geometryColumn: "WKT" }],
  ["gdal-latin1.zip"],
  ["gdal-etrs89-utf8.zip", { reproject: true }],
  ["gdal-two-layers.gpkg", { layer: "places", reproject: true }],
];

for (const [file, options] of places) {
  Deno.test(`foreign files: ${file} has the values and shapes of places.geojson`, async () => {
    const frame = await readFile(fixture(file), options);
    assertEquals(plainRows(frame), PLAIN);
    const turned = /\.geojson[ls]$/.test(file);
    assertEquals(shapes(frame), [...(turned ? TURNED : [POLYGON, MULTIPOLYGON]), "null"]);
  });
}

Deno.test("foreign files: a GeoPackage keeps booleans, dates and moments as such", async () => {
  const frame = await readFile(fixture("gdal-two-layers.gpkg"), { layer: "places" });
  assertEquals(frame.srid, 25830);
  assertEquals(
    ["open", "day", "stamp", "big"].map((name) => frame.column(name).type),
    ["bool", "date", "timestamptz", "int8"],
  );
  assertEquals(String(frame.column("stamp").get(1)), "1890-12-31T23:59:59.999Z");
  assertEquals(String(frame.column("day").get(1)), "1890-12-31");
  assertEquals(frame.column("open").toArray(), [true, false, null]);
});

Deno.test("foreign files: heights and measures of a Shapefile and a GeoPackage", async () => {
  const lines = await readFile(fixture("gdal-two-layers.zip"), { layer: "lines" });
  assertEquals(shapes(lines), [
    "LINESTRING ZM (0 0 5 1, 1 1 6 2, 2 0 7 3)",
    "MULTILINESTRING ZM ((0 0 1 9, 1 1 2 8), (5 5 3 7, 6 6 4 6))",
  ]);
  const expected = ["POINT Z (1 2 3)", "POINT Z (-4 5.5 -6.25)"];
  for (const file of ["gdal-two-layers.zip", "gdal-two-layers.gpkg"]) {
    assertEquals(shapes(await readFile(fixture(file), { layer: "points" })), expected);
  }
});

Deno.test("foreign files: of several layers one must be told, and the error names them", async () => {
  for (const file of ["gdal-two-layers.zip", "gdal-two-layers.gpkg"]) {
    const error = await assertRejects(() => readFile(fixture(file)), ArgumentError);
    assert(error.hint?.includes('"points"'), error.hint);
    await assertRejects(() => readFile(fixture(file), { layer: "nowhere" }), ArgumentError, "nowhere");
  }
});

Deno.test("foreign files: the encoding of a Shapefile's table is told, not guessed, and noted", async () => {
  const utf8 = await readFile(fixture("gdal-etrs89-utf8.zip"));
  assertEquals([utf8.srid, utf8.notes], [25830, [
    "The encoding of the table is utf-8, told by the .cpg file",
  ]]);
  const latin1 = await readFile(fixture("gdal-latin1.zip"));
  assertEquals(latin1.notes, ["The encoding of the table is windows-1252, told by the table"]);
});

Deno.test("foreign files: UTF-16 of pandas is found by its mark, and noted", async () => {
  const frame = await readFile(fixture("pandas-utf16.csv"));
  assertEquals(frame.column("name").toArray(), ['Besançon, "Málaga"', "A Coruña\nPontevedra", null]);
  assertEquals(frame.column("code").toArray(), ["007", "0", null]);
  assert(
    frame.notes.includes("The encoding utf-16le was detected by its byte order mark"),
    frame.notes.join(),
  );
});

Deno.test("foreign files: geopandas' GeoJSON in metres keeps its coordinate system or is turned into degrees", async () => {
  const metres = await readFile(fixture("geopandas-3857.geojson"));
  assertEquals(metres.srid, 3857);
  const degrees = await readFile(fixture("geopandas-3857.geojson"), { reproject: true });
  assertEquals(shapes(degrees), [POLYGON, MULTIPOLYGON]);
});

Deno.test("foreign files: every Parquet type of DuckDB, to the last digit", async () => {
  const frame = await readFile(fixture("duckdb-zstd.parquet"));
  assertEquals(
    Object.fromEntries(frame.schema.map(({ name, type }) => [name, type])),
    {
      b: "bool",
      i1: "int2",
      i2: "int2",
      i4: "int4",
      i8: "int8",
      u1: "int2",
      u4: "int8",
      u8: "numeric",
      f4: "float4",
      f8: "float8",
      dec38: "numeric",
      dec9: "numeric",
      txt: "text",
      bin: "bytea",
      d: "date",
      tm: "time",
      ts: "timestamp",
      tz: "timestamptz",
      tns: "timestamp",
      u: "uuid",
      j: "json",
      iv: "interval",
      l: "jsonb",
      s: "jsonb",
    },
  );
  const text = (row: number) => frame.columnNames.map((name) => frame.column(name).getText(row));
  assertEquals(text(0), [
    "t",
    "1",
    "-300",
    "70000",
    "9007199254740993",
    "200",
    "4000000000",
    "18446744073709551615",
    "1.5",
    "0.1",
    "12345678901234567890.0123456789",
    "1.50",
    'Besançon "x"',
    "\\xAA00",
    "1890-12-31",
    "10:11:12.123456",
    "2019-03-10 10:30:00.123456",
    "2019-03-10 10:30:00.123456+00:00",
    "2019-03-10 10:30:00.123456",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    '{"a": 9007199254740993}',
    "1 mons 2 days 03:04:05",
    "[1,2,null]",
    '{"x":1,"y":"z"}',
  ]);
  assert(text(1).every((value) => value === null));
  assertEquals(text(2).slice(0, 14), [
    "f",
    "-1",
    "300",
    "-70000",
    "-9223372036854775808",
    "0",
    "0",
    "0",
    "NaN",
    "-Infinity",
    "-0.0000000001",
    "-99.99",
    "",
    "\\x",
  ]);
  assertEquals(text(2).slice(14, 19), [
    "9999-12-31",
    "00:00:00",
    "1700-01-01 00:00:00",
    "9999-12-31 23:59:59.999999+00:00",
    "1970-01-01 00:00:00",
  ]);
});

for (const codec of ["snappy", "gzip", "brotli", "lz4_raw"]) {
  Deno.test(`foreign files: Parquet compressed with ${codec}`, async () => {
    const frame = await readFile(fixture(`duckdb-${codec}.parquet`));
    assertEquals(frame.column("i8").toArray(), [9007199254740993n, null, -9223372036854775808n]);
    assertEquals(frame.column("dec38").toArray(), ["12345678901234567890.0123456789", null, "-0.0000000001"]);
    assertEquals(frame.column("txt").toArray(), ['Besançon "x"', null, ""]);
  });
}

Deno.test("foreign files: GeoParquet with PROJJSON, and without a coordinate system", async () => {
  const projected = await readFile(fixture("duckdb-geo-25830.parquet"));
  assertEquals(projected.geometry?.toArray().map(String), ["SRID=25830;POINT (500000 4413568)", "null"]);
  const degrees = await readFile(fixture("duckdb-geo-25830.parquet"), { reproject: true });
  assertEquals(shapes(degrees), ["POINT (-3 39.8721565222)", "null"]);
  const plain = await readFile(fixture("parquet-wasm-geo.parquet"));
  assertEquals(plain.srid, 4326);
  assertEquals(shapes(plain), ["POINT (1 2)", "null", "LINESTRING (0 0, 4 5)"]);
  assertEquals(plain.column("id").toArray(), [9007199254740993n, null, -1n]);
});

Deno.test("foreign files: Polars' Arrow with LZ4 and ZSTD, and its Parquet, are the same", async () => {
  const [lz4, zstd, parquet] = await Promise.all(
    ["polars-lz4.arrow", "polars-zstd.arrow", "polars.parquet"].map((file) => readFile(fixture(file))),
  );
  for (const frame of [lz4, zstd, parquet]) {
    assertEquals(frame?.numRows, 203);
    assertEquals(frame?.head(3).column("name").toArray(), ["Besançon", null, ""]);
    assertEquals(frame?.tail(1).column("name").get(0), "the same text again");
    assertEquals(frame?.column("big").get(0), "9007199254740993");
    assertEquals(frame?.column("big").get(1), null);
    assertEquals(frame?.column("x").get(202), 202 / 3);
    assertEquals(String(frame?.column("when").get(202)), "2019-03-10T00:00:00.202");
  }
});

Deno.test("foreign files: GeoArrow's lines and polygons, file and stream", async () => {
  for (const file of ["apache-arrow-geoarrow.arrow", "apache-arrow-geoarrow.arrows"]) {
    const frame = await readFile(fixture(file), { geometryColumn: "route" });
    assertEquals(frame.column("id").toArray(), [9007199254740993n, null, -1n]);
    assertEquals(frame.column("route").toArray().map(String), [
      "SRID=4326;LINESTRING (0 0, 1 1.5)",
      "null",
      "SRID=4326;LINESTRING (-3.7 40.4, -3.6 40.5, 2 3)",
    ]);
    assertEquals(
      String(frame.column("area").get(2)),
      "SRID=4326;POLYGON ((0 0, 0 9, 9 9, 0 0), (1 2, 1 3, 2 3, 1 2))",
    );
  }
});

Deno.test("foreign files: geopandas' GeoParquet, as WKB with a box for each row and as GeoArrow", async () => {
  const metres = await readFile(fixture("geopandas-25830.parquet"));
  assertEquals([metres.srid, metres.hasColumn("bbox")], [25830, false]);
  const degrees = await readFile(fixture("geopandas-25830.parquet"), { reproject: true });
  assertEquals(shapes(degrees), [POLYGON, MULTIPOLYGON, "null"]);
  assertEquals(degrees.column("name").toArray(), ['Besançon, "Málaga"', "A Coruña\nPontevedra", null]);
  assertEquals(String(degrees.column("stamp").get(1)), "1890-12-31T23:59:59.999Z");
  const points = ["POINT (1 4)", "POINT (2.5 5)", "POINT (-3 6)"];
  for (const file of ["geopandas-geoarrow.parquet", "pyarrow-separated.arrows"]) {
    const frame = await readFile(fixture(file));
    assertEquals([frame.srid, shapes(frame)], [4326, points], file);
    assertEquals(frame.column("n").toArray(), [1n, 2n, 3n]);
  }
});

for (const file of ["pyarrow.arrow", "pyarrow.feather", "pyarrow.parquet"]) {
  Deno.test(`foreign files: every type of pyarrow in ${file}, to the last digit`, async () => {
    const frame = await readFile(fixture(file));
    const column = (name: string) => {
      const { type } = frame.column(name);
      return [type, ...[0, 1, 2].map((row) => frame.column(name).getText(row))];
    };
    assertEquals(column("b"), ["bool", "t", null, "f"]);
    assertEquals(column("i1"), ["int2", "1", null, "-128"]);
    assertEquals(column("u8"), ["numeric", "18446744073709551615", null, "0"]);
    assertEquals(column("i8"), ["int8", "9223372036854775807", null, "-9223372036854775808"]);
    assertEquals(column("f4"), ["float4", "1.5", null, "NaN"]);
    assertEquals(column("f2"), ["float4", "0.5", null, "2"]);
    assertEquals(column("dec"), ["numeric", "12345678901234567890.01", null, "-0.50"]);
    assertEquals(column("t"), ["text", 'é "q"\n', null, ""]);
    assertEquals(column("lt"), ["text", "a", null, ""]);
    assertEquals(column("dict"), ["text", "x", null, "x"]);
    assertEquals(column("d"), ["date", "1890-12-31", null, "9999-12-31"]);
    assertEquals(column("ts"), ["timestamp", "2019-03-10 02:30:00.123456", null, "1700-01-01 00:00:00"]);
    assertEquals(column("tz"), [
      "timestamptz",
      "2019-03-10 02:30:00.123456+00:00",
      null,
      "1969-12-31 23:59:59.999999+00:00",
    ]);
    assertEquals(column("tns"), ["timestamp", "2019-03-10 02:30:00.123456", null, "1970-01-01 00:00:00"]);
    assertEquals(column("tm"), ["time", "23:59:59.999999", null, "00:00:00"]);
    assertEquals(column("by"), ["bytea", "\\x00FF", null, "\\x"]);
    assertEquals(column("s"), ["jsonb", '{"a":1,"b":"x"}', null, '{"a":null,"b":""}']);
    assertEquals(frame.column("l").toArray() as unknown, [[1, null], null, []]);
    assertEquals(frame.column("nul").nullCount, 3);
    if (file === "pyarrow.parquet") return;
    assertEquals(column("tv"), ["text", "view that is longer than twelve bytes", null, ""]);
    if (file === "pyarrow.arrow") assertEquals(column("ree"), ["text", "r", "r", "s"]);
  });
}

const gdal = isThere("ogr2ogr");

Deno.test({
  name:
    "foreign files: what the GDAL of this machine writes is read right (ignored where gdal-bin is not installed)",
  ignore: !gdal,
  fn: () =>
    inFolder(async (folder) => {
      const files: readonly (readonly [file: string, args: readonly string[], options?: ReadFileOptions])[] =
        [
          ["a.csv", ["-f", "CSV", "-lco", "GEOMETRY=AS_WKT"], { geometryColumn: "WKT" }],
          ["a.geojson", ["-f", "GeoJSON"]],
          ["a.geojsonl", ["-f", "GeoJSONSeq"]],
          ["a.geojsons", ["-f", "GeoJSONSeq", "-lco", "RS=YES"]],
          ["a.shz", ["-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8"]],
          ["utm.shz", ["-f", "ESRI Shapefile", "-t_srs", "EPSG:25830"], { reproject: true }],
          ["a.gpkg", ["-f", "GPKG"]],
          ["mercator.gpkg", ["-f", "GPKG", "-t_srs", "EPSG:3857"], { reproject: true }],
        ];
      for (const [file, args, options] of files) {
        const command = new Deno.Command("ogr2ogr", {
          args: [...args, `${folder}/${file}`, fixture("places.geojson")],
        });
        const { success, stderr } = await command.output();
        assert(success, new TextDecoder().decode(stderr));
        const frame = await readFile(`${folder}/${file}`, options);
        const turned = /\.geojson[ls]$/.test(file);
        assertEquals(plainRows(frame), PLAIN, file);
        assertEquals(shapes(frame), [
          ...(turned ? TURNED : [POLYGON, MULTIPOLYGON]),
          "null",
        ], file);
      }
    }),
});

Deno.test("foreign files: the same from bytes, without a file", async () => {
  for (const file of ["gdal-latin1.zip", "gdal.geojsonl", "gdal-rs.geojsons"]) {
    const frame = await decodeFile(await Deno.readFile(fixture(file)));
    assertEquals(plainRows(frame), PLAIN);
  }
});
