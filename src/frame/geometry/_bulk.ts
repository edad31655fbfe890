/**
 * The column-wise side of the geometry codecs, for the frame and its readers and writers: no object per row.
 *
 * @module
 */
export * from "./_wkb_columns.ts";
export * from "./_column_scan.ts";
export * from "./_point_columns.ts";
export * from "./_wkb_columns.ts";
export { isValidRow } from "./_wkb_columns.ts";
export { isMissing } from "./_any_to_ewkb.ts";
