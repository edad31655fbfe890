import { PermissionError } from "../errors/carto_error.ts";
import { type Access, describeAccess, flagsFor } from "./access.ts";

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

/** Whether Deno was asked for something that it does not allow: its own refusal, not the system's. */
export function isRefusal(error: unknown): boolean {
  return "Deno" in globalThis && error instanceof Deno.errors.NotCapable;
}

/** The descriptor that `Deno.permissions` takes. */
function descriptor(access: Access): Deno.PermissionDescriptor {
  switch (access.kind) {
    case "read":
    case "write":
      return { name: access.kind, path: access.path };
    case "net":
      return { name: "net", host: access.host };
    case "env":
      return { name: "env", variable: access.variable };
    case "run":
      return { name: "run", command: access.program };
  }
}

/**
 * How Deno stands to an access, without asking anybody: `granted`, `prompt` (nothing was said) or
 * `denied` (a deny flag, or a "no" at the prompt). A runtime without permissions grants everything.
 *
 * Use it to word advice or to choose between two ways, never to refuse: on a terminal the
 * operation itself asks the user.
 */
export async function accessState(access: Access): Promise<Deno.PermissionState> {
  if (!("Deno" in globalThis)) return "granted";
  return (await Deno.permissions.query(descriptor(access))).state;
}

/** Those of the accesses that are not granted. */
export async function lacking(accesses: Iterable<Access>): Promise<Access[]> {
  const result: Access[] = [];
  for (const access of accesses) {
    if (await accessState(access) !== "granted") result.push(access);
  }
  return result;
}
