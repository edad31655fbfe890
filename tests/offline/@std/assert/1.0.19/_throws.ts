import { AssertionError, ending } from "./_error.ts";
import { stripVTControlCharacters } from "node:util";

/** A class of errors. */
// deno-lint-ignore no-explicit-any
export type ErrorClass<E extends Error = Error> = abstract new (...args: any[]) => E;

/** Checks the class and the text of an error. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ErrorClass<E>,
  message?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(`Expected "error" to be an Error object${ending(msg)}`);
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was "${error.constructor?.name}"${
        ending(msg)
      }`,
    );
  }
  const text = stripVTControlCharacters(error.message);
  const matches = message instanceof RegExp
    ? message.test(text)
    : text.includes(stripVTControlCharacters(message ?? ""));
  if (!matches) {
    const wanted = message instanceof RegExp ? String(message) : JSON.stringify(message);
    throw new AssertionError(
      `Expected error message to include ${wanted}, but got ${JSON.stringify(error.message)}${ending(msg)}`,
    );
  }
}

/** Calls a function that must throw, and returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Calls a function that must throw an error of a class, and returns the error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: ErrorClass | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const note = typeof classOrMsg === "string" ? classOrMsg : msg;
  try {
    fn();
  } catch (error) {
    if (classOrMsg !== undefined && typeof classOrMsg !== "string") {
      checkThrown(error, classOrMsg, msgIncludes, msg, "thrown");
    }
    return error;
  }
  throw new AssertionError(`Expected function to throw${ending(note)}`);
}

/** Calls a function whose promise must be rejected, and resolves with the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Calls a function whose promise must be rejected with an error of a class, and resolves with the error. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const note = typeof classOrMsg === "string" ? classOrMsg : msg;
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
    if (typeof promise?.then !== "function") throw new TypeError("Not a promise");
  } catch {
    throw new AssertionError(`Function throws when expected to reject${ending(note)}`);
  }
  try {
    await promise;
  } catch (error) {
    if (classOrMsg !== undefined && typeof classOrMsg !== "string") {
      checkThrown(error, classOrMsg, msgIncludes, msg, "rejected");
    }
    return error;
  }
  throw new AssertionError(`Expected function to reject${ending(note)}`);
}

function checkThrown(
  error: unknown,
  ErrorClass: ErrorClass,
  msgIncludes: string | undefined,
  msg: string | undefined,
  how: "thrown" | "rejected",
): void {
  if (!(error instanceof Error)) throw new AssertionError(`A non-Error object was ${how}${ending(msg)}`);
  assertIsError(error, ErrorClass, msgIncludes, msg);
}
