import { DataError } from "../errors/mod.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";

/** How many places an error lists. */
const SHOWN = 5;

/**
 * Refuses ids that cannot be CARTO's ids: missing ones, and ones below 0. Repeated ones are found among all rows at
 * hand; in a stream the database looks for them, before anything is changed.
 */
export function checkIds(frame: GeoDataFrame, column: string, rowsBefore: number): void {
  const ids = frame.column(column);
  const rowOf = new Map<unknown, number>();
  const bad: string[] = [];
  for (let row = 0; row < ids.length && bad.length <= SHOWN; row++) {
    const id = ids.get(row);
    const place = `row ${rowsBefore + row + 1}`;
    if (id === null) bad.push(`${place} has none`);
    else if ((id as number | bigint) < 0) bad.push(`${place} has ${id}`);
    else if (rowOf.has(id)) bad.push(`${place} has ${id} as row ${rowOf.get(id)} has`);
    else rowOf.set(id, rowsBefore + row + 1);
  }
  if (bad.length === 0) return;
  const more = bad.length > SHOWN ? ", and there are more" : "";
  throw new DataError(`The ids cannot be used: ${bad.slice(0, SHOWN).join(", ")}${more}`, {
    place: { column },
    hint: "Leave the column out to get new ids, or give it another name",
  });
}
