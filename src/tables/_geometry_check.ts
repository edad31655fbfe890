import { DataError } from "../errors/mod.ts";
import { scanGeometryColumn } from "../frame/geometry/_bulk.ts";
import type { Column } from "../frame/column.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";

/** Looks at the geometries of a column; undefined for points without height, whose SRID is the frame's. */
export function scanGeometries(column: Column): ReturnType<typeof scanGeometryColumn> | undefined {
  // Points that lie as numbers have x and y only
  if (column.values !== undefined || column.bytes === undefined) return undefined;
  return scanGeometryColumn({ ...column.bytes, validity: column.validity });
}

/**
 * Refuses geometries that the planned column cannot hold: of other dimensions, or of another coordinate system than
 * the column's.
 */
export function checkGeometries(
  frame: GeoDataFrame,
  column: string,
  wanted: { readonly dimensions: string; readonly srid: number },
  rowsBefore: number,
): void {
  const scan = scanGeometries(frame.column(column));
  if (scan === undefined) return;
  const foreign = scan.srids.find((srid) => srid !== 0 && srid !== wanted.srid);
  if (foreign !== undefined) {
    throw new DataError(`Cannot write a geometry of SRID ${foreign}: the column has SRID ${wanted.srid}`, {
      place: { column },
      hint: "Give all geometries of the column the same coordinate system",
    });
  }
  if (wanted.dimensions === "" && !scan.hasZ && !scan.hasM) return;
  const rows = frame.column(column);
  for (let row = 0; row < rows.length; row++) {
    const geometry = rows.get(row) as { hasZ: boolean; hasM: boolean } | null;
    if (geometry === null) continue;
    const dimensions = `${geometry.hasZ ? "Z" : ""}${geometry.hasM ? "M" : ""}`;
    if (dimensions === wanted.dimensions) continue;
    const words = (text: string) =>
      text === "" ? "x and y" : `x, y and ${[...text.toLowerCase()].join(", ")}`;
    throw new DataError(
      `Cannot write a geometry of ${words(dimensions)} among those of ${words(wanted.dimensions)}`,
      { place: { row: rowsBefore + row + 1, column } },
    );
  }
}
