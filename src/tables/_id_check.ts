import { DataError } from "../errors/mod.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { cartodbIdProblems } from "../frame/plan_columns.ts";

/**
 * Refuses ids of a later batch that cannot be CARTO's ids, when those of the first could. Ids that are repeated in
 * another batch are found by the database, before anything is changed.
 */
export function checkIds(frame: GeoDataFrame, column: string, rowsBefore: number): void {
  const [first] = cartodbIdProblems(frame.column(column), 1);
  if (first === undefined) return;
  throw new DataError(first.message, {
    place: first.row < 0 ? { column } : { row: rowsBefore + first.row + 1, column },
    hint: "Leave the column out to get new ids, or give it another name",
  });
}
