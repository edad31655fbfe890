import { GeometryChecker } from "./_geometry_checker.ts";
import { viewOf } from "./_ewkb.ts";
import type { Geometry } from "./geometry.ts";

/**
 * What can be wrong with a geometry.
 *
 * | kind | severity | what it means |
 * |---|---|---|
 * | `latitude` | error | beyond a pole; only in longitude and latitude |
 * | `longitude` | warning | beyond ±180, so perhaps one turn too far; only in longitude and latitude |
 * | `not-finite` | error | a coordinate is `NaN` or infinite |
 * | `too-few-points` | error | a line of one point, or a ring of fewer than four |
 * | `open-ring` | error | a ring does not end where it began |
 * | `self-intersection` | warning | a ring crosses or touches itself, as a bow tie does: areas and joins come out wrong |
 * | `repeated-vertex` | note | a vertex is there twice in a row |
 * | `orientation` | note | an outer ring runs clockwise, or a hole does not: PostGIS does not mind, RFC 7946 does |
 * | `not-checked` | note | a ring is too tangled to be searched for crossings in reasonable time |
 *
 * A geometry with an error has no place on the map, or is not what its type says; PostGIS stores most of them all the
 * same when they come as EWKB, and fails later, in the functions that use them.
 */
export type GeometryProblemKind =
  | "latitude"
  | "longitude"
  | "not-finite"
  | "too-few-points"
  | "open-ring"
  | "self-intersection"
  | "repeated-vertex"
  | "orientation"
  | "not-checked";

/** One thing that is wrong with a geometry. */
export interface GeometryProblem {
  /** What it is. */
  kind: GeometryProblemKind;
  /** `error`: of no use as it is; `warning`: can be drawn, but results may be wrong; `note`: harmless. */
  severity: "error" | "warning" | "note";
  /** The reason, for a person. */
  message: string;
  /** The coordinate in question, where there is one, as x and y. */
  at?: [x: number, y: number] | undefined;
}

/** How a geometry is checked. */
export interface CheckGeometryOptions {
  /** The coordinate system of a geometry that tells none; 4326 by default. Ranges are checked in 4326 only. */
  srid?: number | undefined;
}

/**
 * Looks for what is wrong with a geometry. Each kind of problem is told once for each line or ring, at the first
 * place where it shows. The poles and all latitudes up to them are right, though Mercator maps end at 85.06.
 *
 * @param geometry The geometry; null has no problems
 * @param options Which coordinate system to assume
 * @returns The problems, in the order of the coordinates; an empty list when there are none
 *
 * @example A latitude that does not exist
 * ```ts
 * import { checkGeometry, Geometry } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const [problem] = checkGeometry(Geometry.fromWkt("POINT(40.4 -93.7)"));
 * assertEquals(problem?.kind, "latitude");
 * assertEquals(checkGeometry(Geometry.fromWkt("POINT(0 90)")), []);
 * ```
 */
export function checkGeometry(
  geometry: Geometry | null,
  options: CheckGeometryOptions = {},
): GeometryProblem[] {
  if (geometry === null) return [];
  return new GeometryChecker(viewOf(geometry.wkb), options.srid).check(0);
}
