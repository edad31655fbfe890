import { assert, assertEquals, assertThrows } from "@std/assert";
import { DataError } from "../../../src/errors/carto_error.ts";
import { Geometry } from "../../../src/frame/geometry/mod.ts";

const FIXTURES = new URL("../../fixtures/cases/", import.meta.url);

async function features(name: string): Promise<object[]> {
  return JSON.parse(await Deno.readTextFile(new URL(name, FIXTURES))).features;
}

Deno.test("mixed-geometry.geojson: six kinds, each kept as it is", async () => {
  const found = (await features("mixed-geometry.geojson")).map((feature) => String(Geometry.from(feature)));
  assertEquals(found, [
    "SRID=4326;POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))",
    "SRID=4326;MULTIPOLYGON (((2 2, 3 2, 3 3, 2 3, 2 2)))",
    "SRID=4326;MULTIPOINT (5 5, 6 6)",
    "SRID=4326;LINESTRING (0 0, 1 1)",
    "SRID=4326;GEOMETRYCOLLECTION (POINT (1 1), LINESTRING (0 0, 2 2))",
    "SRID=4326;GEOMETRYCOLLECTION EMPTY",
  ]);
});

Deno.test("null-and-missing-geometry.geojson: null or empty where there is none, a nested collection refused", async () => {
  const list = await features("null-and-missing-geometry.geojson");
  const found = list.map((feature, i) => i === 5 ? "nested" : Geometry.from(feature)?.toWkt() ?? null);
  assertEquals(found, [
    null,
    null,
    "POINT (1 2)",
    "POINT (3 4)",
    "POINT (5 6)",
    "nested",
    "POLYGON EMPTY",
    "POINT EMPTY",
  ]);
  assertThrows(
    () => Geometry.from(list[5]),
    DataError,
    "A whole FeatureCollection stands where one geometry",
  );
});

Deno.test("antimeridian.geojson: coordinates come back unchanged", async () => {
  for (const feature of await features("antimeridian.geojson")) {
    const { geometry } = feature as { geometry: object };
    assertEquals(Geometry.from(feature)?.toGeoJSON() as object, geometry);
  }
});

Deno.test("both-geometry-columns.geojson: the feature's own geometry is the geometry", async () => {
  const [feature] = await features("both-geometry-columns.geojson");
  assertEquals(Geometry.from(feature)?.toWkt(), "POINT (2.35 48.85)");
});

Deno.test("projected-crs.geojson: with its crs the point is reprojected, not taken for degrees", async () => {
  const collection = JSON.parse(await Deno.readTextFile(new URL("projected-crs.geojson", FIXTURES)));
  const feature = { ...collection.features[0], crs: collection.crs };
  const metres = Geometry.from(feature);
  assertEquals(metres?.srid, 3857);
  const [longitude, latitude] = metres?.toWgs84().bounds ?? [];
  assertEquals([longitude?.toFixed(2), latitude?.toFixed(2)], ["-3.70", "40.42"]);
});

Deno.test("a crs member is read in its known spellings, and refused in others", () => {
  const point = (crs: unknown): object => ({ type: "Point", coordinates: [0, 0], crs });
  const named = (name: unknown): object => point({ type: "name", properties: { name } });
  assertEquals(Geometry.from(named("urn:ogc:def:crs:OGC:1.3:CRS84"))?.srid, 4326);
  assertEquals(Geometry.from(named("EPSG:2263"))?.srid, 2263);
  assertEquals(Geometry.from(named("urn:ogc:def:crs:EPSG:6.9:3395"))?.srid, 3395);
  assertEquals(Geometry.from(point(null))?.srid, 4326);
  assertThrows(
    () => Geometry.from(named("my grid")),
    DataError,
    'coordinate system of the GeoJSON: "my grid"',
  );
  assertThrows(() => Geometry.from(point({ type: "link", properties: {} })), DataError, "coordinate system");
});

Deno.test("GeoJSON that is wrong is refused, and the error names the member", () => {
  const faults: [object, string][] = [
    [{ type: "Point" }, '"coordinates" must be a list, not missing'],
    [{ type: "Point", coordinates: [1] }, '"coordinates" needs a longitude and a latitude'],
    [{ type: "Point", coordinates: [1, 2, 3, 4] }, '"coordinates" has 4 numbers'],
    [{ type: "Point", coordinates: ["1", "2"] }, '"coordinates[0]" must be a finite number, not "1"'],
    [{ type: "Point", coordinates: [1, null] }, '"coordinates[1]" must be a finite number, not null'],
    [{ type: "Point", coordinates: [1, Infinity] }, '"coordinates[1]" must be a finite number, not Infinity'],
    [{ type: "LineString", coordinates: [[1, 2], 3] }, '"coordinates[1]" must be a list of numbers, not 3'],
    [
      { type: "LineString", coordinates: [[1, 2], [3, 4, 5]] },
      '"coordinates[1]" has 3 numbers, other positions of the geometry 2',
    ],
    [
      { type: "Polygon", coordinates: [[[0, 0], [1]]] },
      '"coordinates[0][1]" needs a longitude and a latitude',
    ],
    [
      { type: "MultiPolygon", coordinates: [[[[0, 0], [1, "x"]]]] },
      '"coordinates[0][0][1][1]" must be a finite number',
    ],
    [
      { type: "GeometryCollection", geometries: [{ type: "Dot" }] },
      '"geometries[0].type" must be a geometry type such as "Point", not "Dot"',
    ],
    [{ type: "GeometryCollection", geometries: [null] }, '"geometries[0].type"'],
    [{ type: "GeometryCollection" }, '"geometries" must be a list, not missing'],
    [{ type: "toString", coordinates: [] }, '"type" must be a geometry type'],
    [{ type: "Feature", geometry: "POINT(1 2)" }, '"geometry" must be an object or null'],
  ];
  for (const [value, message] of faults) {
    assertThrows(() => Geometry.from(value), DataError, `Cannot read the GeoJSON geometry: ${message}`);
  }
  let deep: object = { type: "Point", coordinates: [1, 2] };
  for (let i = 0; i < 5000; i++) deep = { type: "GeometryCollection", geometries: [deep] };
  assertThrows(() => Geometry.from(deep), DataError, "200 levels deep");
});

Deno.test("heights are kept in GeoJSON; measures are refused, or dropped and told", () => {
  assertEquals(Geometry.fromWkt("POINT Z(1 2 3)").toGeoJSON(), { type: "Point", coordinates: [1, 2, 3] });
  const measured = Geometry.fromWkt("LINESTRING ZM(1 2 3 9,4 5 6 9)");
  const error = assertThrows(() => measured.toGeoJSON(), DataError, "with measures (M) as GeoJSON");
  assert(error.hint?.includes('{ measures: "drop" }'));
  let dropped = 0;
  const json = measured.toGeoJSON({ measures: "drop", onDrop: () => dropped++ });
  assertEquals(json, { type: "LineString", coordinates: [[1, 2, 3], [4, 5, 6]] });
  assertEquals(dropped, 1);
});

Deno.test("a number that GeoJSON cannot hold is refused when writing", () => {
  assertThrows(
    () => Geometry.fromWkt("LINESTRING(0 0,NaN 1)").toGeoJSON(),
    DataError,
    "Cannot write the coordinate NaN",
  );
});

Deno.test("empty geometries have empty coordinates in GeoJSON", () => {
  assertEquals(Geometry.fromWkt("POINT EMPTY").toGeoJSON(), { type: "Point", coordinates: [] });
  assertEquals(Geometry.fromWkt("MULTIPOLYGON EMPTY").toGeoJSON(), { type: "MultiPolygon", coordinates: [] });
});
