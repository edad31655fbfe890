/**
 * CARTO's Data Observatory: a catalogue of data about places ({@linkcode Catalog}), their download, and the enrichment of
 * your own data with them ({@linkcode Enrichment}).
 *
 * @example Population around your shops
 * ```ts ignore
 * import { Catalog, Enrichment } from "@cartoframes/cartoframes/observatory";
 *
 * const variables = await new Catalog().country("esp").category("demographics").variables();
 * const enriched = await new Enrichment().enrichPolygons(walks, [variables.get("total_pop")], { aggregation: "SUM" });
 * ```
 *
 * @module
 */
export * from "./catalog.ts";
export { CatalogEntity, type EntityData } from "./catalog_entity.ts";
export * from "./catalog_error.ts";
export * from "./catalog_list.ts";
export * from "./category.ts";
export * from "./country.ts";
export * from "./dataset.ts";
export * from "./default_do_credentials.ts";
export * from "./enrichment.ts";
export * from "./enrichment_error.ts";
export * from "./geography.ts";
export type * from "./observatory_options.ts";
export * from "./provider.ts";
export * from "./subscription_info.ts";
export * from "./subscriptions.ts";
export * from "./variable.ts";
export * from "./variable_group.ts";
export { Credentials } from "../auth/credentials.ts";
export type * from "../auth/credentials_options.ts";
export type { SetDefaultCredentialsOptions } from "../auth/default_credentials.ts";
export * from "../errors/carto_error.ts";
export { GeoDataFrame } from "../frame/geo_data_frame.ts";
export type * from "../frame/mod.ts";
export type { RequestLogEntry, TransportOptions } from "../http/transport.ts";
