/**
 * The errors of this library: one base, a short list of codes by meaning.
 *
 * @module
 */
export * from "./carto_error.ts";
export * from "./already_exists_error.ts";
export * from "./argument_error.ts";
export * from "./credentials_error.ts";
export * from "./data_error.ts";
export * from "./job_error.ts";
export * from "./network_error.ts";
export * from "./permission_error.ts";
export * from "./rate_limit_error.ts";
export * from "./response_error.ts";
export * from "./timeout_error.ts";
export * from "./unsupported_error.ts";
