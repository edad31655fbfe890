/**
 * Tables of an account: read, write and manage them.
 *
 * @module
 */
export * from "./check_upload.ts";
export type * from "./check_upload_report.ts";
export * from "./manage_tables.ts";
export * from "./read_carto.ts";
export type * from "./read_carto_options.ts";
export * from "./read_carto_batches.ts";
export type * from "./table_options.ts";
export * from "./to_carto.ts";
export type * from "./to_carto_options.ts";
export type { RowParser } from "../classic/sql.ts";
export type { RequestLogEntry, TransportOptions } from "../http/transport.ts";
