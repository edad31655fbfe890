/**
 * The errors of this library: one base, a short list of codes by meaning.
 *
 * @module
 */
export * from "./carto_error.ts";
