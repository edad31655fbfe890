import { booleanIntersects } from "../_deps/boolean_intersects.ts";
import { ArgumentError } from "../errors/mod.ts";
import { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { Geometry } from "../frame/geometry/geometry.ts";

type Shape = Parameters<typeof booleanIntersects>[0];

/** Whether a coverage meets an area. A coverage that is not known is taken to meet everything. */
export function meets(coverage: GeoDataFrame | null, area: GeoDataFrame | string): boolean {
  if (coverage === null) return true;
  const frame = typeof area === "string" ? GeoDataFrame.fromRows([{}]).setGeometry([area]) : area;
  if (!frame.hasGeometry()) {
    throw new ArgumentError("Cannot look for datasets: the area has no geometry", { argument: "area" });
  }
  const covered = shapesOf(coverage);
  return shapesOf(frame).some((shape) => covered.some((other) => booleanIntersects(shape, other)));
}

function shapesOf(frame: GeoDataFrame): Shape[] {
  return [...frame.geometry ?? []].filter((value) => value !== null)
    .map((value) => (value as Geometry).toGeoJSON() as Shape);
}
