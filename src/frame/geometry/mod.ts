/**
 * Geometries as EWKB bytes: read from and written as WKB, WKT and GeoJSON, one by one or by the column.
 *
 * @module
 */
export type * from "./geo_json_types.ts";
export type * from "./geometry_types.ts";
export * from "./geometry.ts";
export * from "./decode_geometry.ts";
export * from "./encode_geometry.ts";
export * from "./points_from_xy.ts";
export * from "./check_geometry.ts";
export * from "./repair_geometry.ts";
