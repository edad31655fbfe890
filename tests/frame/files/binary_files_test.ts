/** Shapefile, GeoPackage, GeoParquet and Arrow where they are odd or damaged; coordinate systems. */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { ArgumentError, DataError, isCartoError, UnsupportedError } from "../../../src/errors/carto_error.ts";
import {
  decodeFile,
  encodeFile,
  GeoDataFrame,
  readFile,
  readFileBatches,
  writeFile,
} from "../../../src/frame/mod.ts";
import { crsOfProjJson, crsOfText, crsOfWkt } from "../../../src/frame/files/_crs.ts";
import { moveToWgs84 } from "../../../src/frame/files/_to_wgs84.ts";
import { unpackLz4Frame } from "../../../src/frame/files/_lz4_frame.ts";
import { allTypes, fixture, inFolder } from "./_fixtures.ts";

/** A ZIP archive with stored files, the shortest that can be made. */
function zipOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const nameBytes = new TextEncoder().encode(name);
    const local = new Uint8Array(30);
    const entry = new Uint8Array(46);
    const [l, e] = [new DataView(local.buffer), new DataView(entry.buffer)];
    l.setUint32(0, 0x04034b50, true);
    e.setUint32(0, 0x02014b50, true);
    for (const [view, sizes, names] of [[l, 18, 26], [e, 20, 28]] as const) {
      view.setUint32(sizes, content.length, true);
      view.setUint32(sizes + 4, content.length, true);
      view.setUint16(names, nameBytes.length, true);
    }
    e.setUint32(42, at, true);
    parts.push(local, nameBytes, content);
    central.push(entry, nameBytes);
    at += 30 + nameBytes.length + content.length;
  }
  const size = central.reduce((sum, part) => sum + part.length, 0);
  const end = new Uint8Array(22);
  const view = new DataView(end.buffer);
  view.setUint32(0, 0x06054b50, true);
  view.setUint32(12, size, true);
  view.setUint32(16, at, true);
  return new Uint8Array([...parts, ...central, end].flatMap((part) => [...part]));
}

/** A `.shp` of records. */
function shpOf(records: readonly Uint8Array[]): Uint8Array {
  const length = 100 + records.reduce((sum, record) => sum + 8 + record.length, 0);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 9994);
  view.setInt32(24, length / 2);
  view.setInt32(28, 1000, true);
  let at = 100;
  records.forEach((record, i) => {
    view.setInt32(at, i + 1);
    view.setInt32(at + 4, record.length / 2);
    bytes.set(record, at + 8);
    at += 8 + record.length;
  });
  return bytes;
}

function pointRecord(x: number, y: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 1, true);
  view.setFloat64(4, x, true);
  view.setFloat64(12, y, true);
  return bytes;
}

/** A polygon record of rings. */
function polygonRecord(rings: readonly (readonly (readonly [number, number])[])[]): Uint8Array {
  const points = rings.flat();
  const bytes = new Uint8Array(44 + 4 * rings.length + 16 * points.length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 5, true);
  view.setInt32(36, rings.length, true);
  view.setInt32(40, points.length, true);
  let first = 0;
  rings.forEach((ring, i) => {
    view.setInt32(44 + 4 * i, first, true);
    first += ring.length;
  });
  points.forEach(([x, y], i) => {
    view.setFloat64(44 + 4 * rings.length + 16 * i, x, true);
    view.setFloat64(52 + 4 * rings.length + 16 * i, y, true);
  });
  return bytes;
}

type DbfField = readonly [name: string, kind: string, width: number, decimals: number];

/** A dBase table; a record is its text, with the mark of deletion before it. */
function dbfOf(
  fields: readonly DbfField[],
  records: readonly (readonly number[])[],
  language = 0,
): Uint8Array {
  const headerLength = 33 + 32 * fields.length;
  const recordLength = 1 + fields.reduce((sum, [, , width]) => sum + width, 0);
  const bytes = new Uint8Array(headerLength + records.length * recordLength);
  const view = new DataView(bytes.buffer);
  bytes[0] = 3;
  bytes[29] = language;
  view.setUint32(4, records.length, true);
  view.setUint16(8, headerLength, true);
  view.setUint16(10, recordLength, true);
  fields.forEach(([name, kind, width, decimals], i) => {
    bytes.set(new TextEncoder().encode(name), 32 + 32 * i);
    bytes[32 + 32 * i + 11] = kind.charCodeAt(0);
    bytes[32 + 32 * i + 16] = width;
    bytes[32 + 32 * i + 17] = decimals;
  });
  bytes[headerLength - 1] = 13;
  records.forEach((record, i) => bytes.set(record, headerLength + i * recordLength));
  return bytes;
}

const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
const WGS84 = 'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],' +
  'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]';

Deno.test("binary files: dBase values of each kind, unset and deleted ones", async () => {
  const fields: DbfField[] = [
    ["T", "C", 5, 0],
    ["N9", "N", 9, 0],
    ["N18", "N", 18, 0],
    ["N20", "N", 20, 0],
    [
      "DEC",
      "N",
      22,
      4,
    ],
    ["F", "F", 20, 5],
    ["L", "L", 1, 0],
    ["D", "D", 8, 0],
  ];
  const record = (mark: string, ...texts: string[]) =>
    ascii(mark + texts.map((text, i) => text.padStart(fields[i]?.[2] ?? 0)).join(""));
  const dbf = dbfOf(fields, [
    record(
      " ",
      "ab   ",
      "-12345678",
      "9007199254740993",
      "18446744073709551615",
      "123456789012345.6789",
      "1.50000",
      "T",
      "20190310",
    ),
    record("*", "gone ", "1", "1", "1", "1.0000", "1.00000", "F", "20190310"),
    record(" ", "     ", "*********", "", "", "", "-1.50000e+300", "?", "00000000"),
  ]);
  const shp = shpOf([pointRecord(1, 2), pointRecord(3, 4), new Uint8Array(4)]);
  const zip = zipOf({ "a.shp": shp, "a.dbf": dbf, "a.prj": new TextEncoder().encode(WGS84) });
  const frame = await decodeFile(zip);
  assertEquals(frame.schema.map(({ type }) => type), [
    "text",
    "int4",
    "int8",
    "numeric",
    "numeric",
    "float8",
    "bool",
    "date",
    "geometry",
  ]);
  assertEquals(frame.numRows, 2);
  const [first, second] = frame.toRows();
  assertEquals([first?.T, first?.N9, first?.N18, first?.N20, first?.DEC, first?.F, first?.L], [
    "ab",
    -12345678,
    9007199254740993n,
    "18446744073709551615",
    "123456789012345.6789",
    1.5,
    true,
  ]);
  assertEquals(String(first?.geometry), "SRID=4326;POINT (1 2)");
  assertEquals(Object.values(second ?? {}), [null, null, null, null, null, -1.5e300, null, null, null]);
  assertEquals(frame.notes, ["The encoding of the table is utf-8, told nowhere: taken for granted"]);
});

Deno.test("binary files: text of a Shapefile in DOS, Cyrillic and unknown encodings", async () => {
  const zip = (language: number, bytes: number[], cpg?: string) =>
    zipOf({
      "a.shp": shpOf([pointRecord(1, 2)]),
      "a.dbf": dbfOf([["T", "C", bytes.length, 0]], [[32, ...bytes]], language),
      "a.prj": new TextEncoder().encode(WGS84),
      ...(cpg === undefined ? {} : { "a.cpg": new TextEncoder().encode(cpg) }),
    });
  const text = async (archive: Uint8Array) => (await decodeFile(archive)).column("T").get(0);
  assertEquals(await text(zip(2, [0x82, 0xa4])), "éñ");
  assertEquals(await text(zip(0xc9, [0xcc, 0xe8, 0xf0])), "Мир");
  assertEquals(await text(zip(0, [0x8c, 0xa8], "ANSI 1251")), "ЊЁ");
  assertEquals(await text(zip(0x57, [0xe9], "ISO 8859-15")), "é");
  const error = await assertRejects(() => text(zip(0, [0xe9])), DataError, 'column "T"');
  assert(error.hint?.includes("encoding"));
  assertEquals((await decodeFile(zip(0, [0xe9]), { encoding: "latin1" })).column("T").get(0), "é");
});

Deno.test("binary files: rings of a Shapefile are sorted into shells and holes", async () => {
  const clockwise = (x: number, y: number, size: number): [number, number][] => [
    [x, y],
    [x, y + size],
    [x + size, y + size],
    [x + size, y],
    [x, y],
  ];
  const counter = (x: number, y: number, size: number) => clockwise(x, y, size).reverse();
  const shapes = async (rings: [number, number][][]) => {
    const zip = zipOf({ "a.shp": shpOf([polygonRecord(rings)]), "a.prj": new TextEncoder().encode(WGS84) });
    return String((await decodeFile(zip)).geometry?.get(0)).replace("SRID=4326;", "");
  };
  // An island in the lake of an island, and a second island with a lake of its own
  const text = await shapes([
    clockwise(0, 0, 100),
    counter(10, 10, 80),
    clockwise(20, 20, 60),
    clockwise(200, 0, 10),
    counter(201, 1, 2),
    counter(30, 30, 5),
  ]);
  assertEquals(text.match(/\(\(/g)?.length, 3);
  assert(text.includes("200 0)), (") || text.includes("(201 1"), text);
  const polygons = text.slice("MULTIPOLYGON (".length, -1).split(")), ((").map((each) =>
    each.split("), (").length
  );
  assertEquals(polygons, [2, 2, 2]);
  assert(text.startsWith("MULTIPOLYGON (((0 0,"), text);
  // Rings turned the wrong way round are shells
  assertEquals((await shapes([counter(0, 0, 1)])).startsWith("POLYGON (("), true);
});

Deno.test("binary files: damaged and uneven Shapefiles are refused", async () => {
  const prj = new TextEncoder().encode(WGS84);
  const dbf = dbfOf([["T", "C", 1, 0]], [ascii(" a"), ascii(" b")]);
  const shp = shpOf([pointRecord(1, 2)]);
  await assertRejects(
    () => decodeFile(zipOf({ "a.shp": shp, "a.dbf": dbf, "a.prj": prj })),
    DataError,
    "different numbers of records",
  );
  await assertRejects(
    () => decodeFile(zipOf({ "a.shp": shp.subarray(0, 120), "a.prj": prj })),
    DataError,
    "cut off",
  );
  await assertRejects(
    () => decodeFile(zipOf({ "a.shp": shp, "a.dbf": dbf.subarray(0, dbf.length - 2), "a.prj": prj })),
    DataError,
    "ends before its 2 records",
  );
  await assertRejects(() => decodeFile(zipOf({ "a.txt": prj })), DataError, "no file that can be read");
  await assertRejects(
    () => decodeFile(zipOf({ "[Content_Types].xml": prj, "xl/workbook.xml": prj })),
    UnsupportedError,
    "Excel",
  );
  await assertRejects(() => decodeFile(zipOf({ "a.shp": shp }).subarray(0, 100)), DataError, "ZIP archive");
});

Deno.test("binary files: a CSV or GeoJSON in an archive is read", async () => {
  const frame = await decodeFile(
    zipOf({ "data/a.csv": new TextEncoder().encode("a\n1\n"), "readme.txt": new Uint8Array(3) }),
  );
  assertEquals(frame.toRows(), [{ a: 1 }]);
  assertEquals(frame.notes, ['The file "data/a.csv" of the archive was read']);
});

Deno.test("binary files: a coordinate system without a number is refused, or reprojected, never taken for degrees", async () => {
  const prj =
    'PROJCS["My own grid",GEOGCS["GCS_ETRS_1989",DATUM["D_ETRS_1989",SPHEROID["GRS_1980",6378137.0,298.257222101]],' +
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],' +
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",-3.0],' +
    'PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]';
  const zip = zipOf({
    "a.shp": shpOf([pointRecord(500000, 4413568)]),
    "a.prj": new TextEncoder().encode(prj),
  });
  const error = await assertRejects(
    () => decodeFile(zip, { name: "a.zip" }),
    UnsupportedError,
    '"My own grid"',
  );
  assert(error.hint?.includes("reproject"));
  const [x, y] = (await decodeFile(zip, { reproject: true })).geometry?.values ?? [];
  assertAlmostEquals(Number(x), -3, 1e-9);
  assertAlmostEquals(Number(y), 39.8721565222, 1e-9);
  assertEquals((await decodeFile(zip, { srid: 25830 })).srid, 25830);
  const none = zipOf({ "a.shp": shpOf([pointRecord(1, 2)]) });
  assertEquals((await decodeFile(none)).srid, undefined);
  await assertRejects(
    () => decodeFile(none, { reproject: true }),
    UnsupportedError,
    "tells no coordinate system",
  );
});

/** Coordinates, and what PROJ 9.1 (`gdaltransform`) makes of them in EPSG:4326. */
const KNOWN_TO_PROJ: readonly (readonly [
  crs: string,
  x: number,
  y: number,
  longitude: number,
  latitude: number,
  metres: number,
])[] = [
  ["EPSG:27700", 530000, 180000, -0.128353940479469, 51.5039908276338, 0.01],
  ["EPSG:28992", 121687, 487484, 4.89800989335911, 52.374218164055, 0.1],
  ["EPSG:5514", -743000, -1043000, 14.4185938905097, 50.087346614665, 0.1],
  ["EPSG:26710", 500000, 4400000, -123.001088734604, 39.7516445956311, 5],
  ["EPSG:23030", 440000, 4474000, -3.70846523967859, 40.4125842761044, 10],
  ["EPSG:31370", 150000, 170000, 4.36875214090419, 50.8404112831179, 0.1],
  ["EPSG:2056", 2600000, 1200000, 7.43863242087181, 46.9510827718711, 0.1],
  ["EPSG:25830", 440000, 4474000, -3.70719912338767, 40.4144604937111, 0.001],
  ["EPSG:32733", 300000, 6200000, 12.82622923843, -34.3220050521924, 0.001],
  ["EPSG:31983", 333000, 7395000, -46.636073838011, -23.5467532379101, 0.001],
  ["EPSG:28355", 320000, 5812000, 144.95487511711, -37.8216734346286, 0.001],
  ["EPSG:2154", 652469, 6862035, 2.3521997195163, 48.8565976653841, 0.001],
  ["EPSG:3035", 4321000, 3210000, 10, 52, 0.001],
  ["EPSG:5070", 1600000, 1900000, -77.3067443227099, 38.7075296336179, 0.001],
  ["EPSG:2193", 1749000, 5428000, 174.779336132349, -41.2856992620742, 0.001],
];

Deno.test("binary files: reprojection agrees with PROJ with and without a shift of the datum", async () => {
  for (const [crs, x, y, longitude, latitude, metres] of KNOWN_TO_PROJ) {
    const move = await moveToWgs84(crsOfText(crs), "the test");
    const place: [number, number] = [x, y];
    move?.move(place);
    const off = Math.hypot((place[0] - longitude) * Math.cos(latitude * Math.PI / 180), place[1] - latitude) *
      111_320;
    assert(off < metres, `${crs} is ${off} m off`);
    assertEquals(move?.approximate, metres > 0.001);
  }
});

Deno.test("binary files: a datum that is not known is refused by name", async () => {
  const wkt =
    'PROJCS["Old grid",GEOGCS["Old system",DATUM["Old stones",SPHEROID["Bessel",6377397.155,299.1528128]],' +
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],' +
    'PARAMETER["central_meridian",9],PARAMETER["scale_factor",1],UNIT["metre",1]]';
  const crs = crsOfWkt(wkt);
  assert(crs !== undefined);
  const error = await assertRejects(() => moveToWgs84(crs, '"a.zip"'), UnsupportedError);
  assert(error.message.includes('"Old grid"') && error.message.includes('"Old stones"'), error.message);
  await assertRejects(() => moveToWgs84(crsOfText("EPSG:2400"), "it"), UnsupportedError, "EPSG:2400");
});

Deno.test("binary files: numbers of coordinate systems from WKT of both versions, from Esri's names and from PROJJSON", () => {
  assertEquals(crsOfWkt(WGS84)?.srid, 4326);
  const esri = (name: string) =>
    `PROJCS["${name}",${WGS84},PROJECTION["Transverse_Mercator"],UNIT["Meter",1.0]]`;
  assertEquals(crsOfWkt(esri("WGS_1984_UTM_Zone_5S"))?.srid, 32705);
  assertEquals(crsOfWkt(esri("WGS_1984_Web_Mercator_Auxiliary_Sphere"))?.srid, 3857);
  assertEquals(crsOfWkt(esri("Mine"))?.srid, undefined);
  assertEquals(crsOfWkt('GEOGCRS["x",DATUM["y",ELLIPSOID["z",6378137,298.25]],ID["EPSG",4258]]')?.srid, 4258);
  assertEquals(crsOfWkt("nonsense"), undefined);
  assertEquals(
    crsOfProjJson({ type: "GeographicCRS", name: "x", id: { authority: "OGC", code: "CRS84" } }).srid,
    4326,
  );
  // Degrees from Paris, or grads, are not degrees from Greenwich
  assertEquals(crsOfWkt(WGS84.replace('"Greenwich",0.0', '"Paris",2.337229166666667'))?.srid, undefined);
});

Deno.test("binary files: a GeoPackage needs a file; another SQLite database is told", async () => {
  const bytes = await Deno.readFile(fixture("gdal-two-layers.gpkg"));
  await assertRejects(() => decodeFile(bytes, { name: "x.gpkg" }), UnsupportedError, "from a file only");
  await inFolder(async (folder) => {
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(`${folder}/x.db`);
    database.exec("CREATE TABLE t (a)");
    database.close();
    await assertRejects(() => readFile(`${folder}/x.db`), DataError, "no GeoPackage");
    await Deno.writeFile(`${folder}/cut.gpkg`, bytes.subarray(0, 9000));
    await assertRejects(() => readFile(`${folder}/cut.gpkg`), DataError, "GeoPackage");
  });
});

Deno.test("binary files: a value of the wrong kind in a GeoPackage is told with row and column", () =>
  inFolder(async (folder) => {
    const { DatabaseSync } = await import("node:sqlite");
    const path = `${folder}/x.gpkg`;
    await Deno.copyFile(fixture("gdal-two-layers.gpkg"), path);
    const database = new DatabaseSync(path);
    database.exec(
      "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('odd', 'attributes', 'odd')",
    );
    database.exec(
      "CREATE TABLE odd (fid INTEGER PRIMARY KEY, n INTEGER, t TEXT); INSERT INTO odd VALUES (1, 5, 7), (2, 'x', 'y')",
    );
    database.close();
    const error = await assertRejects(() => readFile(path, { layer: "odd" }), DataError);
    assertEquals([error.place.row, error.place.column], [2, "n"]);
    assertEquals((await readFile(path, { layer: "odd", types: { n: "text" } })).column("n").toArray(), [
      "5",
      "x",
    ]);
  }));

Deno.test("binary files: cut Parquet and Arrow files are errors, never shorter tables", async () => {
  for (const format of ["parquet", "arrow", "arrow-stream"] as const) {
    const chunks = await Array.fromAsync(encodeFile([allTypes(), allTypes()], { format }));
    const bytes = await new Blob(chunks as BlobPart[]).bytes();
    assertEquals((await decodeFile(bytes)).numRows, 6);
    for (const part of [0.3, 0.6, 0.9]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * part));
      try {
        const frame = await decodeFile(cut, { name: "x" });
        // Of an Arrow file only the list at its end may be missing
        assertEquals([format, frame.numRows], ["arrow", 6]);
      } catch (error) {
        assert(isCartoError(error) && error.code === "invalid-data", String(error));
      }
    }
  }
});

Deno.test("binary files: only the columns wanted", async () => {
  for (const format of ["parquet", "arrow", "csv", "geojson"] as const) {
    const bytes = await new Blob(await Array.fromAsync(encodeFile(allTypes(), { format })) as BlobPart[])
      .bytes();
    const frame = await decodeFile(bytes, { columns: ["t", "i4"] });
    assertEquals(frame.columnNames, ["t", "i4"]);
    assertEquals(frame.column("i4").toArray(), [-2147483648, null, 0]);
    await assertRejects(() => decodeFile(bytes, { columns: ["nowhere"] }), ArgumentError, "nowhere");
  }
});

Deno.test("binary files: GeoParquet keeps UTM and Mercator, and refuses what it cannot describe", () =>
  inFolder(async (folder) => {
    for (const srid of [4326, 3857, 25830, 32733, 26918]) {
      const frame = GeoDataFrame.fromRows([{ geometry: `SRID=${srid};POINT(1 2)` }], {
        geometryColumn: "geometry",
      });
      await writeFile(frame, `${folder}/x.parquet`);
      assertEquals((await readFile(`${folder}/x.parquet`)).srid, srid);
    }
    const none = GeoDataFrame.fromRows([{ geometry: "POINT(1 2)" }], { geometryColumn: "geometry" });
    await writeFile(none, `${folder}/x.parquet`);
    assertEquals((await readFile(`${folder}/x.parquet`)).srid, undefined);
    const odd = GeoDataFrame.fromRows([{ geometry: "SRID=27700;POINT(1 2)" }], {
      geometryColumn: "geometry",
    });
    await assertRejects(() => writeFile(odd, `${folder}/y.parquet`), UnsupportedError, "EPSG:27700");
    assertEquals(await Array.fromAsync(Deno.readDir(folder), ({ name }) => name), ["x.parquet"]);
  }));

Deno.test("binary files: batches of GeoParquet and Arrow are not larger than asked for", () =>
  inFolder(async (folder) => {
    const frame = GeoDataFrame.fromColumns({ a: Int32Array.from({ length: 1000 }, (_, i) => i) });
    for (const ending of ["parquet", "arrow"]) {
      await writeFile(frame, `${folder}/x.${ending}`);
      const sizes: number[] = [];
      const values: unknown[] = [];
      for await (const batch of readFileBatches(`${folder}/x.${ending}`, { batchRows: 300 })) {
        sizes.push(batch.numRows);
        values.push(...batch.column("a"));
      }
      assertEquals(sizes, [300, 300, 300, 100]);
      assertEquals(values, frame.column("a").toArray());
    }
  }));

Deno.test("binary files: LZ4 with matches that overlap, and damaged LZ4", () => {
  // "ab" and a match of 10 bytes two back, then "!" as the last literals
  const block = [0x26, 0x61, 0x62, 2, 0, 0x10, 0x21];
  const frame = [4, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0, block.length, 0, 0, 0, ...block, 0, 0, 0, 0];
  assertEquals(new TextDecoder().decode(unpackLz4Frame(new Uint8Array(frame))), "abababababab!");
  const far = frame.with(14, 9);
  let message = "";
  try {
    unpackLz4Frame(new Uint8Array(far));
  } catch (error) {
    message = String(error);
  }
  assert(message.includes("points before its start"), message);
});

Deno.test("binary files: Node's buffers are read as any bytes, also where a stream fills the same one again", async () => {
  const frame = GeoDataFrame.fromRows([{ id: 1, t: 'a,"b' }, { id: 2, t: "c" }]);
  for (const format of ["parquet", "arrow", "arrow-stream", "csv", "ndjson"] as const) {
    const file = Buffer.concat(await Array.fromAsync(encodeFile(frame, { format })));
    // A part of a larger buffer, as Node's small ones are
    const part = Buffer.concat([Buffer.alloc(50, 7), file, Buffer.alloc(50, 7)]).subarray(
      50,
      50 + file.length,
    );
    const stream = async function* () {
      const buffer = Buffer.alloc(64);
      for (let at = 0; at < file.length; at += 64) {
        yield await Promise.resolve(buffer.subarray(0, file.copy(buffer, 0, at, at + 64)));
      }
    };
    for (const input of [part, stream()]) {
      const read = await decodeFile(input);
      assertEquals([...read.column("t")], ['a,"b', "c"], format);
    }
  }
});
