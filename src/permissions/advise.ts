import { PermissionError } from "../errors/permission_error.ts";
import { type Access, describeAccess, flagsFor } from "./access.ts";
import { accessState, isRefusal, lacking } from "./query.ts";

/** What is about to be done, for the advice given when Deno refuses it. */
export interface Attempt {
  /** What cannot be done, after "Cannot": `read "creds.json"`. */
  readonly operation: string;
  /** What the operation needs; the first is named when Deno does not say otherwise. */
  readonly needs: readonly [Access, ...Access[]];
  /** What the whole undertaking will need too, as far as is known: listed in the same advice. */
  readonly alsoNeeds?: readonly Access[] | undefined;
  /** What follows but cannot be known yet: `--allow-net=HOST:443 for the base_url in it`. */
  readonly then?: string | undefined;
}

/**
 * Does something that Deno can refuse, and turns the refusal into an error with the narrowest
 * flags. The operation is tried first, so Deno's own prompt on a terminal keeps working; only
 * after a refusal is anything queried, to list all that is lacking at once.
 *
 * @throws {PermissionError} What was tried and the flags to add
 */
export async function advise<T>(attempt: Attempt, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw await permissionError(attempt);
  }
}

/** The error for an attempt that Deno has just refused. */
export async function permissionError(attempt: Attempt): Promise<PermissionError> {
  const missing = await lacking([...attempt.needs, ...attempt.alsoNeeds ?? []]);
  // Deno may have refused what a query calls granted (a resolved address, a redirect): name the need all the same.
  const wanted = missing.length === 0 ? [...attempt.needs] : missing;
  const named = attempt.needs.find((need) => wanted.includes(need)) ?? attempt.needs[0];
  const denied = await accessState(named) === "denied";
  const flags = flagsFor(wanted);
  const then = attempt.then === undefined ? "" : ` (then ${attempt.then})`;
  const how = denied ? "was denied" : "is not granted";
  return new PermissionError(`Cannot ${attempt.operation}: ${describeAccess(named)} ${how}`, {
    flags,
    hint: `Add to this run: ${flags.join(" ")}${then}` +
      (denied ? "; a --deny flag or an answer at the prompt stands against it now" : ""),
  });
}
