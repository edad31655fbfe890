import { encodingOf, ewkbOf, type GeometryEncoding, isMissing } from "./_any_to_ewkb.ts";
import type { Where } from "./_ewkb.ts";
import { Geometry } from "./geometry.ts";

export type { GeometryEncoding };

/** What an error of a column names. */
export interface DecodeGeometryOptions {
  /** The column's name, for error messages. */
  column?: string | undefined;
}

/**
 * Reads a column of geometries item by item, so that notations may be mixed.
 *
 * @param values Items as {@linkcode Geometry.from} takes them
 * @param options The column's name, for errors
 * @returns A geometry for each item, null for what {@linkcode Geometry.from} takes for none
 * @throws {DataError} An item cannot be read; the place tells the row, and the byte or position in it
 *
 * @example Notations mixed in one column
 * ```ts
 * import { decodeGeometry } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const column = decodeGeometry(["POINT(0 0)", null, "SRID=4326;POINT(1 1)"]);
 * assertEquals(column.map(String), ["POINT (0 0)", "null", "SRID=4326;POINT (1 1)"]);
 * ```
 */
export function decodeGeometry(
  values: Iterable<unknown>,
  options: DecodeGeometryOptions = {},
): (Geometry | null)[] {
  const where: Where = { row: 0, ...(options.column === undefined ? {} : { column: options.column }) };
  const result: (Geometry | null)[] = [];
  for (const value of values) {
    where.row = result.length + 1;
    if (value instanceof Geometry) {
      result.push(value);
      continue;
    }
    const wkb = ewkbOf(value, where);
    result.push(wkb === null ? null : new Geometry(wkb, { canonical: true }));
  }
  return result;
}

/**
 * How a value writes a geometry, by a first look at it; it may still turn out not to be readable.
 *
 * @param value Anything
 * @returns The notation, or null for what is no geometry or is missing
 */
export function detectEncodingType(value: unknown): GeometryEncoding | null {
  return isMissing(value) ? null : encodingOf(value);
}
