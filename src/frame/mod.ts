/**
 * Tables in memory: typed columns, geometry, and the ways in and out of them.
 *
 * @module
 */
export type * from "./types.ts";
export type { DataPlace } from "../errors/carto_error.ts";
export { Column, type ColumnValues } from "./column.ts";
export { type FrameOptions, GeoDataFrame, type SetGeometryOptions } from "./geo_data_frame.ts";
export type { ColumnInput, ColumnsInput } from "./rows.ts";
export type { FromRowsOptions, OnBadValue } from "./rows.ts";
export type { FromCsvOptions } from "./csv.ts";
export type { FromGeoJsonOptions } from "./geojson.ts";
export type { ArrowOptions } from "./arrow.ts";
export type { ToCsvOptions } from "./csv.ts";
export type { FeatureCollection, ToGeoJsonOptions } from "./geojson.ts";
export type { ColumnSummary } from "./_show.ts";
export { CopyCsvDecoder, type CopyCsvOptions, encodeCopyCsv, type EncodeCopyCsvOptions } from "./copy_csv.ts";
export {
  CopyBinaryDecoder,
  type CopyBinaryOptions,
  encodeCopyBinary,
  type EncodeCopyBinaryOptions,
  fitsCopyBinary,
} from "./copy_binary.ts";
export { fieldOfServer, isColumnType, type ServerField, sqlTypeOf, type SqlTypeOptions } from "./pg_types.ts";
export { normalizeName, normalizeNames } from "./names.ts";
export { type PolyfillOptions, QuadGrid } from "./quad_grid.ts";
export {
  type CartodbIdProblem,
  cartodbIdProblems,
  type ColumnPlan,
  planColumns,
  type PlannedColumn,
} from "./plan_columns.ts";
export {
  type BatchInput,
  type FrameInput,
  toBatches,
  type ToBatchesOptions,
  toGeoDataFrame,
} from "./from_any.ts";
export * from "./files/mod.ts";
export * from "./geometry/mod.ts";
