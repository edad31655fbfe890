/**
 * The database side of a CARTO account, as SQL.
 *
 * @module
 */
import { METADATA } from "./metadata.ts";

/** The SQL that makes a database with PostGIS one of CARTO; can be run again. */
export function cartoSchema(): string {
  return [METADATA].join("\n");
}
