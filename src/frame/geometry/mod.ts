/**
 * Geometries as EWKB bytes: read from and written as WKB, WKT and GeoJSON, one by one or by the column.
 *
 * @module
 */
export * from "./geo_json_types.ts";
export * from "./geometry_types.ts";
export * from "./wkb_column.ts";
