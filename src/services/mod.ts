/**
 * CARTO's Location Data Services: addresses become points ({@linkcode Geocoding}), places become the areas within reach
 * of them ({@linkcode Isolines}). Both work on tables, queries and local data, and tell the cost beforehand.
 *
 * @example What would geocoding cost?
 * ```ts ignore
 * import { Geocoding } from "@cartoframes/cartoframes/services";
 *
 * const plan = await new Geocoding().geocode(shops, { street: "address", city: { value: "Madrid" }, dryRun: true });
 * console.log(plan.metadata.requiredQuota, plan.metadata.availableQuota);
 * ```
 *
 * @module
 */
export * from "./geocoding.ts";
export * from "./geocoding_error.ts";
export * from "./isolines.ts";
export type { ServiceOptions, ServiceSource } from "./service_options.ts";
export { Credentials } from "../auth/credentials.ts";
export type * from "../auth/credentials_options.ts";
export * from "../errors/carto_error.ts";
export { GeoDataFrame } from "../frame/geo_data_frame.ts";
export type * from "../frame/mod.ts";
export type { RequestLogEntry, TransportOptions } from "../http/transport.ts";
export type { IfExists } from "../tables/table_options.ts";
