/**
 * Typed wrappers of the classic CARTO APIs: SQL, COPY, batch jobs, account, datasets; and the `sql`
 * tag, which makes SQL from values and names without the danger of pasting them.
 *
 * @module
 */
export * from "./batch_jobs.ts";
export * from "./client.ts";
export * from "./copy.ts";
export * from "./datasets.ts";
export * from "./me.ts";
export * from "./sql.ts";
export * from "./sql_client.ts";
export * from "./sql_text.ts";
export { Credentials } from "../auth/credentials.ts";
export type * from "../auth/credentials_options.ts";
export type { RequestLogEntry, TransportOptions } from "../http/transport.ts";
export * from "../errors/mod.ts";
