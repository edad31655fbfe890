import { ArgumentError } from "../../errors/carto_error.ts";
import { pointEwkb } from "./_ewkb.ts";
import { Geometry } from "./geometry.ts";

/**
 * Points from two columns of numbers.
 *
 * @param xs Longitudes or eastings
 * @param ys Latitudes or northings, as many
 * @param srid The coordinate system, 4326 by default; 0 for none
 * @returns A point for each row; null where either number is null, undefined or `NaN`
 * @throws {ArgumentError} The columns are of different lengths
 *
 * @example Two columns to points
 * ```ts
 * import { pointsFromXY } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const points = pointsFromXY([2.35, null], [48.85, 40.4]);
 * assertEquals(points.map(String), ["SRID=4326;POINT (2.35 48.85)", "null"]);
 * ```
 */
export function pointsFromXY(
  xs: ArrayLike<number | null | undefined>,
  ys: ArrayLike<number | null | undefined>,
  srid: number = 4326,
): (Geometry | null)[] {
  if (xs.length !== ys.length) {
    throw new ArgumentError(
      `Cannot make points from ${xs.length} x and ${ys.length} y: the columns must be of the same length`,
      { argument: "ys" },
    );
  }
  return Array.from(xs, (value, row) => {
    const [x, y] = [value ?? NaN, ys[row] ?? NaN];
    if (Number.isNaN(x) || Number.isNaN(y)) return null;
    return new Geometry(pointEwkb(x, y, srid), { canonical: true });
  });
}
