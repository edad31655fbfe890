import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { DataError } from "../../../src/errors/carto_error.ts";
import { decodeGeometry, detectEncodingType, Geometry } from "../../../src/frame/geometry/mod.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.fromHex(hex);
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const WKB = "0101000000000000000048934000000000009DB640";
const EWKB = "0101000020E6100000000000000048934000000000009DB640";

/** The case, what is given, how it is written, and what comes out as WKT and SRID; null for an error. */
const ITEMS: readonly [string, unknown, string, string | null, number][] = [
  ["GEOM-001", Geometry.fromWkt("POINT (1234 5789)"), "geometry", "POINT (1234 5789)", 0],
  ["GEOM-002", bytes(WKB), "wkb", "POINT (1234 5789)", 0],
  ["GEOM-003", bytes(EWKB), "wkb", "POINT (1234 5789)", 4326],
  ["GEOM-004", bytes("0000000001409348000000000040b69d0000000000"), "wkb", "POINT (1234 5789)", 0],
  ["GEOM-005", "0000000001409348000000000040b69d0000000000", "wkb-hex", "POINT (1234 5789)", 0],
  ["GEOM-006", WKB.toLowerCase(), "wkb-hex", "POINT (1234 5789)", 0],
  ["GEOM-007", WKB, "wkb-hex", "POINT (1234 5789)", 0],
  ["GEOM-008", EWKB.toLowerCase(), "wkb-hex", "POINT (1234 5789)", 4326],
  ["GEOM-009", EWKB, "wkb-hex", "POINT (1234 5789)", 4326],
  ["GEOM-010", ascii(WKB), "wkb-bhex", "POINT (1234 5789)", 0],
  ["GEOM-011", ascii(EWKB), "wkb-bhex", "POINT (1234 5789)", 4326],
  ["GEOM-012", "POINT (1234 5789)", "wkt", "POINT (1234 5789)", 0],
  ["GEOM-013", "SRID=4326;POINT (1234 5789)", "ewkt", "POINT (1234 5789)", 4326],
  ["GEOM-014", "POINT(1234 5789)", "wkt", "POINT (1234 5789)", 0],
  ["GEOM-015", "point(1234 5789)", "wkt", "POINT (1234 5789)", 0],
  ["GEOM-016", "SRID=3857;POINT (1234 5789)", "ewkt", "POINT (1234 5789)", 3857],
  ["GEOM-017", "SRID=0;POINT(1 2)", "ewkt", "POINT (1 2)", 0],
  ["GEOM-018", "SRID=4326; POINT(1 2)", "ewkt", "POINT (1 2)", 4326],
  ["GEOM-019", "POINT Z (1 2 3)", "wkt", "POINT Z (1 2 3)", 0],
  ["GEOM-020", "POINT EMPTY", "wkt", "POINT EMPTY", 0],
  ["GEOM-021", "MULTIPOINT (0 0, 1 1)", "wkt", "MULTIPOINT (0 0, 1 1)", 0],
  ["GEOM-022", "GEOMETRYCOLLECTION EMPTY", "wkt", "GEOMETRYCOLLECTION EMPTY", 0],
  ["GEOM-023", "srid=4326;POINT(1 2)", "ewkt", "POINT (1 2)", 4326],
  ["GEOM-024", "0101000020110F000000000000000000000000000000000000", "wkb-hex", "POINT (0 0)", 3857],
  ["GEOM-025", "01E9030000000000000000F03F00000000000000400000000000000840", "wkb-hex", "POINT Z (1 2 3)", 0],
  [
    "GEOM-026",
    "01010000A0E6100000000000000000F03F00000000000000400000000000000840",
    "wkb-hex",
    "POINT Z (1 2 3)",
    4326,
  ],
  ["GEOM-027", "abc", "wkb-hex", null, 0],
  ["GEOM-028", "12", "wkb-hex", null, 0],
  ["GEOM-029", "deadbeef", "wkb-hex", null, 0],
  ["GEOM-030", "SRID=4326;", "ewkt", null, 0],
  ["GEOM-034", { type: "Point", coordinates: [1, 2] }, "geojson", "POINT (1 2)", 4326],
];

for (const [id, given, encoding, wkt, srid] of ITEMS) {
  Deno.test(`${id}: ${encoding} is ${wkt === null ? "refused" : `read as ${wkt}, SRID ${srid}`}`, () => {
    assertEquals(detectEncodingType(given), encoding);
    if (wkt === null) {
      const error = assertThrows(() => decodeGeometry([given]), DataError);
      assertEquals(error.place.row, 1);
      return;
    }
    const [geometry] = decodeGeometry([given]);
    assertInstanceOf(geometry, Geometry);
    assertEquals([geometry.toWkt(), geometry.srid], [wkt, srid]);
  });
}

/** Columns, and what comes out as EWKT. */
const COLUMNS: readonly [string, unknown[], (string | null)[]][] = [
  ["GEOM-031", [""], [null]],
  ["GEOM-032", [null], [null]],
  ["GEOM-035", ["POINT(0 0)", "POINT(1 1)"], ["POINT (0 0)", "POINT (1 1)"]],
  ["GEOM-036", [null, "POINT(0 0)"], [null, "POINT (0 0)"]],
  ["GEOM-037", ["POINT(0 0)", null], ["POINT (0 0)", null]],
  ["GEOM-038", [null, null], [null, null]],
  ["GEOM-039", [], []],
  ["GEOM-040", ["POINT(0 0)", "SRID=4326;POINT(1 1)"], ["POINT (0 0)", "SRID=4326;POINT (1 1)"]],
  ["GEOM-041", ["POINT(0 0)", WKB], ["POINT (0 0)", "POINT (1234 5789)"]],
  ["GEOM-042", ["", "POINT(0 0)"], [null, "POINT (0 0)"]],
  ["GEOM-043", [NaN, "POINT(0 0)"], [null, "POINT (0 0)"]],
];

for (const [id, given, expected] of COLUMNS) {
  Deno.test(`${id}: a column is read item by item as ${JSON.stringify(expected)}`, () => {
    assertEquals(decodeGeometry(given).map((geometry) => geometry?.toEwkt() ?? null), expected);
  });
}

Deno.test("GEOM-033: a number is refused, and the error names row and column", () => {
  const error = assertThrows(() => decodeGeometry(["POINT(0 0)", 5], { column: "geom" }), DataError);
  assertEquals(error.message, 'row 2, column "geom": Cannot read the number 5 as a geometry');
  assert(error.hint?.includes("WKT"));
  assertEquals(detectEncodingType(5), null);
});

Deno.test("decodeGeometry names the position in the item that it cannot read", () => {
  const error = assertThrows(() => decodeGeometry([null, "POINT(1 x)"]), DataError);
  assertEquals(error.place, { row: 2, position: 9 });
});

Deno.test("Geometry.from reads bytea text, ArrayBuffer, GeoJSON text and features", () => {
  assertEquals(Geometry.from(`\\x${WKB}`)?.toWkt(), "POINT (1234 5789)");
  assertEquals(Geometry.from(new Uint8Array(bytes(WKB)).buffer)?.toWkt(), "POINT (1234 5789)");
  assertEquals(
    Geometry.from('{"type":"Point","coordinates":[1,2,3]}')?.toEwkt(),
    "SRID=4326;POINT Z (1 2 3)",
  );
  const feature = { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [3, 4] } };
  assertEquals(Geometry.from(feature)?.toEwkt(), "SRID=4326;POINT (3 4)");
});

Deno.test("Geometry.from takes nothing for null", () => {
  for (const value of [null, undefined, "", "  \n", new Uint8Array(), new ArrayBuffer(0)]) {
    assertEquals(Geometry.from(value), null);
  }
  assertEquals(Geometry.from({ type: "Feature", properties: {}, geometry: null }), null);
});

Deno.test("Geometry.from refuses what is no geometry, with one clear error each", () => {
  for (const value of [{}, [], true, new Date(0), { type: "Tower" }, "{", "Lake Geneva", "FEED"]) {
    const error = assertThrows(() => Geometry.from(value as object), DataError);
    assert(/^(.*: )?Cannot read /.test(error.message), error.message);
  }
});

Deno.test("Geometry.from takes a geometry of another copy of the module", () => {
  const foreign = { wkb: bytes(EWKB) };
  assertEquals(Geometry.from(foreign)?.toEwkt(), "SRID=4326;POINT (1234 5789)");
  assertThrows(() => Geometry.from({ wkb: new Uint8Array([1, 2, 3]) }), DataError, "The bytes end before");
});
