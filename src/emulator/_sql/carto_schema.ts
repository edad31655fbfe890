/**
 * The database side of a CARTO account, as SQL.
 *
 * @module
 */
import { BINS } from "./bins.ts";
import { CARTODBFY } from "./cartodbfy.ts";
import { DATA_SERVICES } from "./data_services.ts";
import { GEOMETRY } from "./geometry.ts";
import { METADATA } from "./metadata.ts";
import { QUERIES } from "./queries.ts";

/**
 * The SQL that makes a database with PostGIS one of CARTO; can be run again.
 *
 * @param options Whether the server has rasters; the embedded database does not
 * @returns One text of statements
 */
export function cartoSchema(options: { raster: boolean }): string {
  const raster = options.raster ? "CREATE EXTENSION IF NOT EXISTS postgis_raster;" : "";
  return [METADATA, raster, GEOMETRY, QUERIES, BINS, CARTODBFY, DATA_SERVICES].join("\n");
}
