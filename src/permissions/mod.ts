/**
 * Advice for what Deno refuses: what was tried, and the narrowest flags that allow it.
 *
 * @module
 */
export * from "./access.ts";
export * from "./advise.ts";
