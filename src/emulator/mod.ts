/**
 * A local CARTO for demos and tests: the same addresses, status codes and answers, on a PostGIS in this process or on
 * a PostgreSQL server.
 *
 * @module
 */
export * from "./emulator.ts";
export * from "./options.ts";
export type { TableGrant } from "./_db/engine.ts";
export type { LimitedEndpoint, RateLimit, RateLimits } from "./_http/rate_limit.ts";
