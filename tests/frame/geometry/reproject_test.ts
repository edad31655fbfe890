import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { DataError, UnsupportedError } from "../../../src/errors/carto_error.ts";
import { Geometry } from "../../../src/frame/geometry/mod.ts";

/** Longitude and latitude, SRID, and what PROJ makes of them. */
const PROJ: readonly [number, number, number, number, number][] = [
  [-74.006, 40.7128, 3395, -8238310.235647, 4942194.778103],
  [-73.5, 41.2, 3395, -8181982.573306, 5013734.742385],
  [-3.7, 40.42, 3395, -411882.115935, 4899453.989229],
  [-74.006, 40.7128, 2263, 982586.634457, 198968.820437],
  [-73.5, 41.2, 2263, 1121849.833521, 376871.067708],
  [-74.006, 40.7128, 3857, -8238310.235647, 4970071.579142],
  [-3.7, 40.42, 3857, -411882.115935, 4927164.564385],
  [-74.006, 40.7128, 4269, -74.006, 40.7128],
];

for (const [longitude, latitude, srid, x, y] of PROJ) {
  Deno.test(`${longitude} ${latitude} to SRID ${srid} and back agrees with PROJ`, () => {
    const degrees = Geometry.fromWkt(`SRID=4326;POINT Z(${longitude} ${latitude} 7)`);
    const projected = degrees.reproject(srid);
    assertEquals([projected.srid, projected.toGeoJSON().type], [srid, "Point"]);
    projected.forEachCoordinate((px, py, pz) => {
      assertAlmostEquals(px, x, 1e-5);
      assertAlmostEquals(py, y, 1e-5);
      assertEquals(pz, 7);
    });
    projected.toWgs84().forEachCoordinate((px, py) => {
      assertAlmostEquals(px, longitude, 1e-11);
      assertAlmostEquals(py, latitude, 1e-11);
    });
  });
}

Deno.test("every part is reprojected, the original is untouched, empty points stay empty", () => {
  const metres = Geometry.fromWkt(
    "SRID=3857;GEOMETRYCOLLECTION(POINT(111319.49079327358 0),POINT EMPTY,LINESTRING(0 0,111319.49079327358 0))",
  );
  const before = metres.toEwkt();
  assertEquals(
    metres.toWgs84().toEwkt(),
    "SRID=4326;GEOMETRYCOLLECTION (POINT (1 0), POINT EMPTY, LINESTRING (0 0, 1 0))",
  );
  assertEquals(metres.toEwkt(), before);
});

Deno.test("a pole has no place in Mercator", () => {
  assertThrows(
    () => Geometry.fromWkt("SRID=4326;POINT(0 90)").reproject(3857),
    DataError,
    "Cannot reproject the coordinate 0 90 from SRID 4326 to 3857",
  );
});

Deno.test("an unknown coordinate system is refused with its number and a way out", () => {
  const error = assertThrows(
    () => Geometry.fromWkt("SRID=25830;POINT(0 0)").toWgs84(),
    UnsupportedError,
    "SRID 25830",
  );
  assert(error.hint?.includes("ST_Transform"));
});
