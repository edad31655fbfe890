/**
 * Tables of an account: read, write and manage them.
 *
 * @module
 */
export * from "./check_upload.ts";
export * from "./copy_table.ts";
export * from "./create_table_from_query.ts";
export * from "./delete_table.ts";
export * from "./describe_table.ts";
export * from "./get_table_names.ts";
export * from "./has_table.ts";
export * from "./list_tables.ts";
export * from "./read_carto.ts";
export * from "./read_carto_batches.ts";
export * from "./rename_table.ts";
export type * from "./table_options.ts";
export * from "./to_carto.ts";
export * from "./update_privacy_table.ts";
export type { RowParser } from "../classic/sql.ts";
export type { RequestLogEntry, TransportOptions } from "../http/transport.ts";
