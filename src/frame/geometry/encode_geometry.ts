import type { GeoJsonGeometry, GeoJsonOptions } from "./geo_json_types.ts";
import { Geometry } from "./geometry.ts";

/** The coordinate system of CARTO's `the_geom`. */
const WGS84 = 4326;

/**
 * A geometry as it is uploaded: EWKB in hexadecimal, upper case, in the coordinate system asked for. One without an SRID
 * is taken to be in that system already; one with another SRID is reprojected.
 *
 * @param geometry The geometry; anything else gives null
 * @param srid The coordinate system wanted, 4326 by default
 * @returns The text, or null
 * @throws {UnsupportedError} The coordinate system is not known, so that it cannot be reprojected
 */
export function encodeGeometryEwkb(geometry: unknown, srid: number = WGS84): string | null {
  return inSystem(geometry, srid)?.toEwkbHex() ?? null;
}

/**
 * A geometry as EWKT in the coordinate system asked for, by the rules of {@linkcode encodeGeometryEwkb}.
 *
 * @param geometry The geometry; anything else gives null
 * @param srid The coordinate system wanted, 4326 by default
 * @returns Text such as `SRID=4326;POINT (0 0)`, or null
 * @throws {UnsupportedError} The coordinate system is not known, so that it cannot be reprojected
 */
export function encodeGeometryEwkt(geometry: unknown, srid: number = WGS84): string | null {
  return inSystem(geometry, srid)?.toEwkt() ?? null;
}

/**
 * A geometry as a GeoJSON object in longitude and latitude. Polygons stay as they are, neither grown nor simplified.
 *
 * @param geometry The geometry; anything else gives null
 * @param options What to do with measures
 * @returns The object; null also for the empty collection, which is how CARTO's clients write "nowhere"
 * @throws {DataError} GeoJSON cannot hold the geometry
 * @throws {UnsupportedError} The coordinate system is not known, so that it cannot be reprojected
 */
export function toGeoJson(geometry: unknown, options: GeoJsonOptions = {}): GeoJsonGeometry | null {
  const inDegrees = inSystem(geometry, WGS84);
  if (inDegrees === undefined) return null;
  const json = inDegrees.toGeoJSON(options);
  return json.type === "GeometryCollection" && json.geometries.length === 0 ? null : json;
}

function inSystem(geometry: unknown, srid: number): Geometry | undefined {
  if (!(geometry instanceof Geometry)) return undefined;
  return geometry.srid === 0 ? geometry.withSrid(srid) : geometry.reproject(srid);
}
