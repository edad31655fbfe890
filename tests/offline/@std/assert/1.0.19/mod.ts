/**
 * Stand-in for `@std/assert`: the assertions that the tests use, with the same rules of equality. Messages have the
 * same words at their start; differences are drawn by `node:assert`.
 *
 * @module
 */
export { AssertionError } from "./_error.ts";
export { equal } from "./_equal.ts";
export * from "./_compare.ts";
export { assertIsError, assertRejects, assertThrows } from "./_throws.ts";
