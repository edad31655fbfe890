import { booleanIntersects } from "../_deps/boolean_intersects.ts";
import { ArgumentError } from "../errors/carto_error.ts";
import { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { Geometry } from "../frame/geometry/geometry.ts";

type Shape = Parameters<typeof booleanIntersects>[0];

/**
 * Looks whether coverages meet an area. One that is not known is taken to meet everything.
 *
 * @throws {ArgumentError} The area has no geometry, or is none
 */
export function meeting(area: GeoDataFrame | string): (coverage: GeoDataFrame | null) => boolean {
  const frame = typeof area === "string" ? GeoDataFrame.fromRows([{}]).setGeometry([area]) : area;
  if (!frame.hasGeometry()) {
    throw new ArgumentError("Cannot look for datasets: the area has no geometry", {
      argument: "area",
      hint: "Pass a frame with a geometry, or one geometry as text, such as WKT",
    });
  }
  const shapes = shapesOf(frame);
  return (coverage) => {
    if (coverage === null) return true;
    const covered = shapesOf(coverage);
    return shapes.some((shape) => covered.some((other) => booleanIntersects(shape, other)));
  };
}

/** The shapes in degrees, as coverages are. */
function shapesOf(frame: GeoDataFrame): Shape[] {
  const srid = frame.srid ?? 0;
  return [...frame.geometry ?? []].filter((value) => value !== null).map((value) => {
    const given = value as Geometry;
    return given.withSrid(given.srid === 0 ? srid : given.srid).toWgs84().toGeoJSON() as Shape;
  });
}
