import assertStrict from "node:assert/strict";
export class AssertionError extends Error {
  override name = "AssertionError";
}
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  assertStrict.deepStrictEqual(actual, expected, msg);
}
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  assertStrict.notDeepStrictEqual(actual, expected, msg);
}
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  assertStrict.strictEqual(actual, expected, msg);
}
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    throw new AssertionError(
      msg ?? `Expected ${JSON.stringify(actual)} to contain ${JSON.stringify(expected)}`,
    );
  }
}
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  assertStrict.match(actual, expected, msg);
}
// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error = Error> = abstract new (...args: any[]) => E;
function check<E extends Error>(error: unknown, cls?: ErrorClass<E>, includes?: string): E {
  if (!(error instanceof Error)) throw new AssertionError("A non-Error object was thrown");
  if (cls && !(error instanceof cls)) {
    throw new AssertionError(
      `Expected error to be instance of "${cls.name}", but was "${error.constructor.name}": ${error.message}`,
    );
  }
  if (includes !== undefined && !error.message.includes(includes)) {
    throw new AssertionError(
      `Expected error message to include ${JSON.stringify(includes)}, but got ${
        JSON.stringify(error.message)
      }`,
    );
  }
  return error as E;
}
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  cls?: ErrorClass<E>,
  includes?: string,
): E {
  let thrown: unknown;
  let did = false;
  try {
    fn();
  } catch (error) {
    thrown = error;
    did = true;
  }
  if (!did) throw new AssertionError("Expected function to throw.");
  return check(thrown, cls, includes);
}
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  cls?: ErrorClass<E>,
  includes?: string,
): Promise<E> {
  let thrown: unknown;
  let did = false;
  try {
    await fn();
  } catch (error) {
    thrown = error;
    did = true;
  }
  if (!did) throw new AssertionError("Expected function to reject.");
  return check(thrown, cls, includes);
}
