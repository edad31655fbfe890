/**
 * Typed wrappers of the classic CARTO APIs: SQL, COPY, batch jobs, imports, synchronised tables, maps, datasets, API
 * keys, published pages, account, quotas, users and the Data Observatory; and the `sql` tag, which makes SQL from values and names without
 * the danger of pasting them.
 *
 * @module
 */
export * from "./api_keys.ts";
export * from "./batch_jobs.ts";
export * from "./client.ts";
export type { Connector, ConnectorConnection } from "./connector.ts";
export * from "./copy.ts";
export * from "./data_observatory.ts";
export * from "./datasets.ts";
export { ImportError, type ImportErrorText, importErrorText } from "./import_error.ts";
export * from "./imports.ts";
export * from "./kuviz.ts";
export type * from "./map_config.ts";
export type * from "./map_instance.ts";
export * from "./maps.ts";
export * from "./me.ts";
export * from "./named_maps.ts";
export type * from "./permission.ts";
export * from "./quotas.ts";
export * from "./request_log.ts";
export * from "./sql.ts";
export * from "./sql_client.ts";
export * from "./sql_text.ts";
export * from "./sync_tables.ts";
export * from "./tables.ts";
export * from "./users.ts";
export * from "./visualizations.ts";
export type { PagingOptions } from "./_paging.ts";
export type { WaitOptions } from "./_poll.ts";
export { Credentials } from "../auth/credentials.ts";
export type * from "../auth/credentials_options.ts";
export type { RequestLogEntry, TransportOptions } from "../http/transport.ts";
export * from "../errors/carto_error.ts";
