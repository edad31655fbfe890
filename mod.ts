/**
 * CARTO from Deno: credentials, tables read and written whole, and the errors that say what went wrong.
 *
 * @module
 */
export * from "./src/auth/mod.ts";
export * from "./src/errors/mod.ts";
