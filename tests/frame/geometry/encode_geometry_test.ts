import { assertEquals, assertThrows } from "@std/assert";
import { UnsupportedError } from "../../../src/errors/carto_error.ts";
import {
  encodeGeometryEwkb,
  encodeGeometryEwkt,
  Geometry,
  pointsFromXY,
  toGeoJson,
} from "../../../src/frame/geometry/mod.ts";

const wkt = (text: string): Geometry => Geometry.fromWkt(text);

const HEX: readonly [string, string, string][] = [
  ["EWKB-001", "POINT (0 0)", "0101000020E610000000000000000000000000000000000000"],
  ["EWKB-002", "POINT (1 1)", "0101000020E6100000000000000000F03F000000000000F03F"],
  ["EWKB-003", "POINT (-3.7 40.4)", "0101000020E61000009A99999999990DC03333333333334440"],
  ["EWKB-004", "POINT Z (1 2 3)", "01010000A0E6100000000000000000F03F00000000000000400000000000000840"],
  [
    "EWKB-005",
    "LINESTRING (0 0, 1 1)",
    "0102000020E61000000200000000000000000000000000000000000000000000000000F03F000000000000F03F",
  ],
  [
    "EWKB-006",
    "POLYGON ((0 0, 1 0, 1 1, 0 0))",
    "0103000020E6100000010000000400000000000000000000000000000000000000000000000000F03F" +
    "0000000000000000000000000000F03F000000000000F03F00000000000000000000000000000000",
  ],
  [
    "EWKB-007",
    "MULTIPOINT (0 0)",
    "0104000020E610000001000000010100000000000000000000000000000000000000",
  ],
  ["EWKB-008", "GEOMETRYCOLLECTION EMPTY", "0107000020E610000000000000"],
  ["EWKB-012", "POINT EMPTY", "0101000020E6100000000000000000F87F000000000000F87F"],
];

for (const [id, text, hex] of HEX) {
  Deno.test(`${id}: ${text} is encoded as EWKB with SRID 4326`, () => {
    assertEquals(encodeGeometryEwkb(wkt(text)), hex);
    assertEquals(Geometry.from(hex)?.toWkt(), text);
  });
}

Deno.test("EWKB-009: a geometry is encoded as EWKT with SRID 4326", () => {
  assertEquals(encodeGeometryEwkt(wkt("POINT (0 0)")), "SRID=4326;POINT (0 0)");
});

Deno.test("EWKB-010: another SRID can be asked for", () => {
  assertEquals(
    encodeGeometryEwkb(wkt("POINT (0 0)"), 3857),
    "0101000020110F000000000000000000000000000000000000",
  );
});

Deno.test("EWKB-011: a geometry of another SRID is reprojected, never stamped", () => {
  const metres = wkt("SRID=3857;POINT(111319.49079327358 222684.20850554405)");
  assertEquals(encodeGeometryEwkt(metres), "SRID=4326;POINT (1 2)");
});

Deno.test("EWKB-013: null and what is no geometry are encoded as null", () => {
  for (const value of [null, undefined, 5, "POINT(0 0)", {}]) {
    assertEquals([encodeGeometryEwkb(value), encodeGeometryEwkt(value), toGeoJson(value)], [
      null,
      null,
      null,
    ]);
  }
});

Deno.test("EWKB-014: a point in EPSG:3857 is uploaded in degrees", () => {
  const point = wkt("POINT (111319.49079327358 0)").withSrid(3857);
  assertEquals(encodeGeometryEwkb(point), "0101000020E6100000000000000000F03F0000000000000000");
});

Deno.test("EWKB-015: a point in EPSG:4326 is not reprojected", () => {
  assertEquals(encodeGeometryEwkt(wkt("SRID=4326;POINT (-3.7 40.4)")), "SRID=4326;POINT (-3.7 40.4)");
});

Deno.test("EWKB-016: a geometry without SRID is taken as 4326", () => {
  assertEquals(encodeGeometryEwkt(wkt("POINT (-3.7 40.4)")), "SRID=4326;POINT (-3.7 40.4)");
  assertEquals(wkt("POINT (-3.7 40.4)").toWgs84().toEwkt(), "SRID=4326;POINT (-3.7 40.4)");
});

Deno.test("EWKB-017: points in EPSG:2263, 3395 and 4269 are reprojected", () => {
  // Values of PROJ for 74.006 W 40.7128 N
  const places = [
    "SRID=2263;POINT(982586.634457 198968.820437)",
    "SRID=3395;POINT(-8238310.235647 4942194.778103)",
    "SRID=4269;POINT(-74.006 40.7128)",
  ];
  for (const place of places) {
    const [x, y] = toGeoJson(wkt(place))?.type === "Point" ? wkt(place).toWgs84().bounds ?? [] : [];
    assertEquals([x?.toFixed(8), y?.toFixed(8)], ["-74.00600000", "40.71280000"], place);
    assertEquals(encodeGeometryEwkt(wkt(place))?.startsWith("SRID=4326;"), true);
  }
});

Deno.test("EWKB-018: a point is encoded as GeoJSON", () => {
  assertEquals(toGeoJson(wkt("POINT (0 0)")), { type: "Point", coordinates: [0, 0] });
});

Deno.test("EWKB-019: null and the empty collection are null as GeoJSON", () => {
  assertEquals(toGeoJson(null), null);
  assertEquals(toGeoJson(wkt("GEOMETRYCOLLECTION EMPTY")), null);
});

Deno.test("EWKB-020: a square is encoded as GeoJSON in its own order, neither grown nor simplified", () => {
  assertEquals(toGeoJson(wkt("POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))")), {
    type: "Polygon",
    coordinates: [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]],
  });
});

Deno.test("a coordinate system that is not known is refused by its number", () => {
  const error = assertThrows(
    () => encodeGeometryEwkb(wkt("SRID=27700;POINT(530000 180000)")),
    UnsupportedError,
  );
  assertEquals(error.message, "Cannot reproject from or to SRID 27700: its formulas are not known here");
});

Deno.test("pointsFromXY makes a point of each row that has both numbers", () => {
  const points = pointsFromXY(new Float64Array([1, NaN, 3]), [2, 2, null], 0);
  assertEquals(points.map(String), ["POINT (1 2)", "null", "null"]);
  assertThrows(() => pointsFromXY([1], [1, 2]), Error, "of the same length");
});
