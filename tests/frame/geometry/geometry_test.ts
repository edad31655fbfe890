import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { ArgumentError, DataError } from "../../../src/errors/carto_error.ts";
import { Geometry } from "../../../src/frame/geometry/mod.ts";

const FIXTURES = new URL("../../fixtures/cases/", import.meta.url);
const read = (hex: string): Geometry => new Geometry(Uint8Array.fromHex(hex));

/** What stands in `ewkb-3d.txt`, line by line. */
const THREE_D: Readonly<Record<string, string>> = {
  "point z, srid 4326": "SRID=4326;POINT Z (1 2 3)",
  "point m, srid 4326": "SRID=4326;POINT M (1 2 9)",
  "point zm, srid 4326": "SRID=4326;POINT ZM (1 2 3 9)",
  "linestring z, no srid": "LINESTRING Z (0 0 10, 1 1 20)",
  "polygon z with a hole, srid 4326":
    "SRID=4326;POLYGON Z ((0 0 1, 4 0 1, 4 4 1, 0 4 1, 0 0 1), (1 1 1, 1 2 1, 2 2 1, 2 1 1, 1 1 1))",
  "point, big-endian, srid 4326": "SRID=4326;POINT (1 2)",
  "multipoint of mixed byte order, srid 4326": "SRID=4326;MULTIPOINT (1 2, 3 4)",
  "point, lower case hex, srid 4326": "SRID=4326;POINT (1 2)",
  "point, srid 3857": "SRID=3857;POINT (111319.49079327358 222684.20850554405)",
};

Deno.test("each line of ewkb-3d.txt is read as its name says", async () => {
  const lines = (await Deno.readTextFile(new URL("ewkb-3d.txt", FIXTURES))).trim().split("\n").slice(1);
  const found = Object.fromEntries(lines.map((line) => {
    const [name = "", hex = ""] = line.split("\t");
    return [name, Geometry.from(hex)?.toEwkt()];
  }));
  assertEquals(found, THREE_D);
});

Deno.test("a measure is never a height", () => {
  const point = Geometry.fromWkt("POINT M (1 2 9)");
  const seen: number[][] = [];
  point.forEachCoordinate((...coordinate) => void seen.push(coordinate));
  assertEquals(seen, [[1, 2, NaN, 9]]);
  assertEquals([point.hasZ, point.hasM], [false, true]);
});

Deno.test("bytes as the server recorded them are read and written back", () => {
  // wire/sql-api-v2/041
  const bare = "0101000000000000000000F03F0000000000000040";
  const withSrid = "0101000020E6100000000000000000F03F0000000000000040";
  assertEquals(read(bare).toEwkbHex(), bare);
  assertEquals(read(withSrid).toEwkbHex(), withSrid);
  assertEquals(read(withSrid).toWkb(), Uint8Array.fromHex(bare));
});

Deno.test("ISO flags in, ISO flags out, extended ones within", () => {
  // Multipoint ZM and its part, ISO codes 3004 and 3001
  const iso = "01BC0B00000100000001B90B0000" + "000000000000F03F0000000000000040" +
    "00000000000008400000000000001040";
  const geometry = read(iso);
  assertEquals(geometry.toWkt(), "MULTIPOINT ZM (1 2 3 4)");
  assertEquals(geometry.toEwkbHex().slice(0, 10), "01040000C0");
  assertEquals(geometry.toWkb(), Uint8Array.fromHex(iso));
  const collection = Geometry.fromWkt(
    "SRID=4326;GEOMETRYCOLLECTION Z (POLYGON Z ((0 0 1, 1 0 1, 1 1 1, 0 0 1)), LINESTRING Z (0 0 1, 1 1 2), POINT Z EMPTY)",
  );
  assert(new Geometry(collection.toWkb()).equals(collection.withSrid(0)));
});

Deno.test("SRIDs of parts that repeat the whole's are taken out", () => {
  const repeated = "0104000020E6100000010000000101000020E6100000000000000000F03F0000000000000040";
  assertEquals(
    read(repeated).toEwkbHex(),
    "0104000020E6100000010000000101000000000000000000F03F0000000000000040",
  );
  const other = "0104000020E6100000010000000101000020110F0000000000000000F03F0000000000000040";
  const error = assertThrows(() => read(other), DataError, "A part has SRID 3857, the whole has 4326");
  assertEquals(error.place, { byte: 18 });
});

Deno.test("a negative SRID stands for none, as in PostGIS", () => {
  assertEquals(read("0101000020FFFFFFFF000000000000F03F0000000000000040").srid, 0);
});

Deno.test("empty points are alike however their NaN is written", () => {
  const negative = read("0101000000000000000000F8FF000000000000F8FF");
  assertEquals(negative.toWkt(), "POINT EMPTY");
  assert(negative.equals(Geometry.fromWkt("POINT EMPTY")));
  assert(negative.isEmpty);
  assertEquals(negative.bounds, undefined);
});

Deno.test("cut bytes are refused at every length, with the byte", () => {
  const whole = Geometry.fromWkt(
    "SRID=4326;GEOMETRYCOLLECTION(POINT(1 2),POLYGON((0 0,1 0,1 1,0 0),EMPTY),MULTILINESTRING((0 0,1 1)),POINT EMPTY)",
  );
  for (let length = 1; length < whole.wkb.length; length++) {
    const error = assertThrows(() => new Geometry(whole.wkb.subarray(0, length)), DataError);
    assert(error.place.byte !== undefined && error.place.byte <= length, error.message);
  }
  assert(new Geometry(whole.wkb).equals(whole));
});

Deno.test("hostile bytes are refused before any memory is taken", () => {
  const cases: [string, string][] = [
    ["0102000000FFFFFFFF", "4294967295 items are announced, 0 bytes follow"],
    ["010300000001000000FFFFFFFF", "4294967295 items are announced"],
    ["0107000000FFFFFF7F", "2147483647 items are announced"],
    ["0201000000000000000000F03F0000000000000040", "The byte order must be 0 or 1, not 2"],
    ["0163000000", "No geometry has the type number 99"],
    ["01A10F0000", "No geometry has the type number 4001"],
    ["010D00000000000000", "No geometry has the type number 13"],
    ["010400000001000000010200000000000000", "A MultiPoint cannot hold a LineString"],
    [
      "01040000000100000001010000800000000000000000000000000000000000000000000000",
      "cannot mix XY with XYZ parts",
    ],
    ["0101000000000000000000F03F000000000000004000", "1 bytes are left over after its end"],
    ["0101000020FFFFFF7F000000000000F03F0000000000000040", "No coordinate system has the number 2147483647"],
  ];
  for (const [hex, message] of cases) {
    const error = assertThrows(() => read(hex), DataError, message);
    assert(error.place.byte !== undefined);
  }
  assertThrows(
    () => read("010700000001000000".repeat(5000) + "010700000000000000"),
    DataError,
    "200 levels deep",
  );
});

Deno.test("random bytes never do worse than a DataError", () => {
  let state = 12345;
  const random = (): number => (state = state * 1103515245 + 12345 & 0x7fffffff) / 0x80000000;
  const seed =
    Geometry.fromWkt("GEOMETRYCOLLECTION Z(POINT Z(1 2 3),MULTIPOLYGON Z(((0 0 0,1 0 0,1 1 0,0 0 0))))").wkb;
  let refused = 0;
  for (let i = 0; i < 5000; i++) {
    const bytes = seed.slice();
    for (let j = 0; j < 3; j++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    try {
      new Geometry(bytes).toWkt();
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      refused++;
    }
  }
  assert(refused > 1000);
});

Deno.test("curves and surfaces are kept as they are", () => {
  const texts = [
    "CIRCULARSTRING (0 0, 1 1, 2 0)",
    "COMPOUNDCURVE (CIRCULARSTRING (0 0, 1 1, 2 0), (2 0, 3 0))",
    "CURVEPOLYGON (CIRCULARSTRING (0 0, 1 1, 2 0, 1 -1, 0 0), (0.5 0, 1 0.1, 1 0, 0.5 0))",
    "MULTICURVE ((0 0, 1 1), CIRCULARSTRING (0 0, 1 1, 2 0))",
    "MULTISURFACE (((0 0, 1 0, 1 1, 0 0)), CURVEPOLYGON ((0 0, 1 0, 1 1, 0 0)))",
    "POLYHEDRALSURFACE Z (((0 0 0, 0 1 0, 1 1 0, 0 0 0)))",
    "TIN Z (((0 0 0, 0 0 1, 0 1 0, 0 0 0)))",
    "TRIANGLE ((0 0, 0 9, 9 0, 0 0))",
  ];
  for (const text of texts) {
    const geometry = Geometry.fromWkt(text);
    assertEquals(geometry.toWkt(), text);
    assert(Geometry.from(geometry.toEwkbHex())?.equals(geometry));
    assertThrows(() => geometry.toGeoJSON(), DataError, "as GeoJSON, which has no such type");
  }
  assertEquals(Geometry.fromWkt("TIN EMPTY").type, "TIN");
});

Deno.test("equality sees every bit: SRID, type, dimension, sign of zero", () => {
  const point = Geometry.fromWkt("POINT(0 0)");
  assert(point.equals(Geometry.fromWkt("POINT (0 0)")));
  for (const other of ["SRID=4326;POINT(0 0)", "POINT(-0 0)", "POINT Z(0 0 0)", "MULTIPOINT(0 0)"]) {
    assert(!point.equals(Geometry.fromWkt(other)), other);
  }
  assert(!point.equals(null));
});

Deno.test("withSrid changes the number alone", () => {
  const line = Geometry.fromWkt("LINESTRING(0 0,1 1)");
  assertEquals(line.withSrid(3857).toEwkt(), "SRID=3857;LINESTRING (0 0, 1 1)");
  assert(line.withSrid(3857).withSrid(0).equals(line));
  for (const srid of [-1, 1.5, NaN, 1000000]) assertThrows(() => line.withSrid(srid), ArgumentError, "SRID");
});

Deno.test("a geometry shows itself in one short line", () => {
  assertEquals(Deno.inspect(Geometry.fromWkt("SRID=4326;POINT(1 2)")), "Geometry(SRID=4326;POINT (1 2))");
  const long = Geometry.fromWkt(
    `LINESTRING Z(${Array.from({ length: 500 }, (_, i) => `${i} 0 1`).join(",")})`,
  );
  assertEquals(Deno.inspect(long), "Geometry(LINESTRING Z of 500 coordinates)");
  assertNotEquals(String(long), Deno.inspect(long));
});

Deno.test("JSON.stringify gives GeoJSON, and EWKT where GeoJSON would lose something", () => {
  assertEquals(
    JSON.stringify(Geometry.fromWkt("POINT Z(1 2 3)")),
    '{"type":"Point","coordinates":[1,2,3]}',
  );
  for (const text of ["POINT M (1 2 9)", "SRID=3857;POINT (1 2)", "LINESTRING (NaN 1, 2 3)", "TIN EMPTY"]) {
    const json: unknown = JSON.parse(JSON.stringify(Geometry.fromWkt(text)));
    assertEquals(json, text);
    assert(Geometry.from(json as string)?.equals(Geometry.fromWkt(text)));
  }
});

Deno.test("bounds and counts come from all parts", () => {
  const geometry = Geometry.fromWkt("GEOMETRYCOLLECTION(POINT(5 -5),POINT EMPTY,POLYGON((0 0,1 0,1 7,0 0)))");
  assertEquals(geometry.bounds, [0, -5, 5, 7]);
  assertEquals(geometry.numCoordinates, 5);
  assertEquals(Geometry.fromWkt("LINESTRING(0 0,NaN 5,2 inf,1 1)").bounds, [0, 0, 1, 1]);
  assertEquals(geometry.type, "GeometryCollection");
});

Deno.test("hexadecimal text with a wrong digit is refused with the byte", () => {
  const error = assertThrows(() => Geometry.from("01010000000000000000x0F03F0000000000000040"), DataError);
  assertEquals(error.message, 'byte 10: Cannot read the WKB geometry: "x" is no hex digit');
});

Deno.test("a geometry is read from itself, and canonical bytes are taken as they are", () => {
  const point = Geometry.fromWkt("POINT(1 2)");
  assert(Geometry.from(point) === point);
  assert(new Geometry(point.wkb, { canonical: true }).wkb === point.wkb);
  assert(new Geometry(point.wkb).wkb !== point.wkb);
});
