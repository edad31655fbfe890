import { assert, assertEquals, assertThrows } from "@std/assert";
import { DataError } from "../../../src/errors/carto_error.ts";
import { Geometry } from "../../../src/frame/geometry/mod.ts";

const FIXTURES = new URL("../../fixtures/cases/", import.meta.url);

const READ = [
  "SRID=4326;POINT (1 2)",
  "SRID=4326;POINT (1 2)",
  "POINT Z (1 2 3)",
  "POINT Z (1 2 3)",
  "POINT M (1 2 9)",
  "POINT ZM (1 2 3 9)",
  "POINT Z (1 2 3)",
  "MULTIPOINT (1 2, 3 4)",
  "MULTIPOINT (1 2, 3 4)",
  "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))",
  "POLYGON EMPTY",
  "GEOMETRYCOLLECTION EMPTY",
  "POINT (1e-7 -25)",
];

Deno.test("ewkt.txt: the first thirteen are read, the last three refused with the position", async () => {
  const lines = (await Deno.readTextFile(new URL("ewkt.txt", FIXTURES))).trim().split("\n");
  assertEquals(lines.slice(0, 13).map((line) => Geometry.fromWkt(line).toEwkt()), READ);
  const refused = lines.slice(13).map((line) => assertThrows(() => Geometry.fromWkt(line), DataError));
  assertEquals(refused.map((error) => error.message), [
    "position 7: Cannot read the WKT geometry: A coordinate of this geometry has 2 numbers, not 1",
    "position 7: Cannot read the WKT geometry: A coordinate of this geometry has 2 numbers, not 1",
    "position 9: Cannot read the WKT geometry: A ring needs at least four points, the last of them the first",
  ]);
});

Deno.test("WKT is read in all its spellings", () => {
  const spellings: [string, string][] = [
    [
      "  MultiPolygonZM (((0 0 1 2,1 0 1 2,1 1 1 2,0 0 1 2)))  ",
      "MULTIPOLYGON ZM (((0 0 1 2, 1 0 1 2, 1 1 1 2, 0 0 1 2)))",
    ],
    ["LINESTRINGM(0 0 5,1 1 6)", "LINESTRING M (0 0 5, 1 1 6)"],
    ["POINT(1 2 3 4)", "POINT ZM (1 2 3 4)"],
    ["MULTIPOINT(EMPTY, 1 2 3)", "MULTIPOINT Z (EMPTY, 1 2 3)"],
    ["MULTIPOINT(1 2, (3 4))", "MULTIPOINT (1 2, 3 4)"],
    [
      "GEOMETRYCOLLECTION(POINT(1 2 3),POINT Z EMPTY)",
      "GEOMETRYCOLLECTION Z (POINT Z (1 2 3), POINT Z EMPTY)",
    ],
    ["GEOMETRYCOLLECTION M(POINT(1 2 3))", "GEOMETRYCOLLECTION M (POINT M (1 2 3))"],
    ["GEOMETRYCOLLECTION(POINT M(1 2 3))", "GEOMETRYCOLLECTION M (POINT M (1 2 3))"],
    ["POINT(+1 -.5)", "POINT (1 -0.5)"],
    ["POINT(1. 1E3)", "POINT (1 1000)"],
    ["POINT(\t1\n2 )", "POINT (1 2)"],
    ["POINT(-0 0)", "POINT (-0 0)"],
    ["LINESTRING(nan 0, -inf Infinity)", "LINESTRING (NaN 0, -Infinity Infinity)"],
    ["POINT Z EMPTY", "POINT Z EMPTY"],
    ["MULTILINESTRING(EMPTY,(0 0,1 1))", "MULTILINESTRING (EMPTY, (0 0, 1 1))"],
    ["MULTIPOLYGON(EMPTY,((0 0,1 0,1 1,0 0),EMPTY))", "MULTIPOLYGON (EMPTY, ((0 0, 1 0, 1 1, 0 0), EMPTY))"],
    [
      "GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(1 1)),GEOMETRYCOLLECTION EMPTY)",
      "GEOMETRYCOLLECTION (GEOMETRYCOLLECTION (POINT (1 1)), GEOMETRYCOLLECTION EMPTY)",
    ],
  ];
  for (const [given, expected] of spellings) assertEquals(Geometry.fromWkt(given).toWkt(), expected, given);
});

Deno.test("numbers in WKT are the nearest doubles, and are written shortest", () => {
  const numbers = [
    "0.1",
    "123456789.12345678",
    "179.99999999999997",
    "4.35",
    "1.7976931348623157e308",
    "5e-324",
    "1e23",
    "9007199254740993",
    "0.000001",
    "1e-7",
    "100000000000000000000",
    "1e21",
    "-93.7",
    "999999999999999",
    "0.30000000000000004",
    "2.2250738585072014e-308",
  ];
  for (const text of numbers) {
    const point = Geometry.fromWkt(`POINT(${text} 0)`);
    assertEquals(point.bounds?.[0], Number(text), text);
    assertEquals(point.toWkt(), `POINT (${Number(text)} 0)`);
  }
});

Deno.test("wrong WKT is refused with the position of the fault", () => {
  const faults: [string, number, string][] = [
    ["", 1, "A geometry type must stand here, such as POINT, not the end of the text"],
    ["PINT(1 2)", 1, 'A geometry type must stand here, such as POINT, not "PINT(1 2)"'],
    ["SRID=4326;", 11, "A geometry type must stand here"],
    ["SRID=;POINT(1 2)", 6, "A number must follow SRID="],
    ["SRID=9999999;POINT(1 2)", 6, "No coordinate system has the number 9999999"],
    ["SRID=4326 POINT(1 2)", 11, '";" must stand here'],
    ["POINT 1 2", 7, '"(" must stand here, not "1 2"'],
    ["POINT(1 2", 10, '")" is missing at the end'],
    ["POINT(1 2) x", 12, 'The text goes on after the end: "x"'],
    ["POINT(1 2))", 11, "The text goes on after the end"],
    ["POINT(1 0x1F)", 9, 'A number must stand here, not "0x1F)"'],
    ["POINT(1 2e)", 9, "A number must stand here"],
    ["POINT(1 -)", 9, "A number must stand here"],
    ["POINT(1 1.2.3)", 9, "A number must stand here"],
    ["POINT(1 2 3 4 5)", 7, "has 4 numbers, not 5"],
    ["POINT Z (1 2)", 10, "has 3 numbers, not 2"],
    ["LINESTRING(1 1)", 12 - 1, "A line needs at least two points"],
    ["LINESTRING(0 0,1 1 1)", 16, "has 2 numbers, not 3"],
    ["POLYGON((0 0,1 0,1 1,0 1))", 9, "A ring must end where it began"],
    ["MULTIPOINT(LINESTRING(0 0,1 1))", 12, "A MULTIPOINT cannot hold a LINESTRING"],
    ["GEOMETRYCOLLECTION(POINT Z(1 2 3),POINT M(1 2 3))", 35, "same dimensions"],
  ];
  for (const [text, position, message] of faults) {
    const error = assertThrows(() => Geometry.fromWkt(text), DataError, message);
    assertEquals(error.place.position, position, `${text}: ${error.message}`);
  }
});

Deno.test("a very deep or very long WKT ends in a DataError, not in a crash", () => {
  assertThrows(() => Geometry.fromWkt("GEOMETRYCOLLECTION(".repeat(10000)), DataError, "200 levels deep");
  const error = assertThrows(() => Geometry.fromWkt("x".repeat(100000)), DataError);
  assert(error.message.length < 200);
});
