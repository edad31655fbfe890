/**
 * What went wrong, by meaning. Branch on this rather than on a message or a status:
 * the list only grows, and a message may be reworded in any release.
 *
 * | code | meaning | usual next step |
 * |---|---|---|
 * | `invalid-argument` | a value passed to this library cannot be used | correct the call |
 * | `invalid-data` | a file, row or field cannot be read or written as it is | correct the place named |
 * | `credentials` | no usable credentials were found or given | set them, see `hint` |
 * | `permission` | Deno refused an operation | add the flag in `hint` |
 * | `unauthorized` | the server does not know the key (401) | check the API key |
 * | `access-denied` | the key may not do this (403) | use a key with the grant |
 * | `not-found` | no such table, job, dataset or address (404) | check the name |
 * | `already-exists` | the table or object is already there | choose `ifExists` |
 * | `invalid-query` | the database refused the SQL (400) | correct the SQL |
 * | `invalid-request` | the server refused the parameters (4xx) | correct the call |
 * | `quota-exceeded` | the account has no room or credit left | free some, or upgrade |
 * | `rate-limited` | too many requests | wait `retryAfter` seconds |
 * | `statement-timeout` | the query ran longer than the plan allows | run it as a batch job |
 * | `server-error` | the server failed (5xx) | try again later |
 * | `unexpected-response` | the answer is not what CARTO documents | check the base URL |
 * | `incomplete-response` | the answer was cut off, or ended in an error | read again |
 * | `network` | no connection, DNS, TLS | check host and network |
 * | `timeout` | no answer within the time allowed | raise `timeout` |
 * | `job-failed` | a batch job ended in failure | see the reason |
 * | `job-cancelled` | a batch job was cancelled | – |
 * | `unsupported` | the platform cannot do this | see `hint` |
 */
export type CartoErrorCode =
  | "invalid-argument"
  | "invalid-data"
  | "credentials"
  | "permission"
  | "unauthorized"
  | "access-denied"
  | "not-found"
  | "already-exists"
  | "invalid-query"
  | "invalid-request"
  | "quota-exceeded"
  | "rate-limited"
  | "statement-timeout"
  | "server-error"
  | "unexpected-response"
  | "incomplete-response"
  | "network"
  | "timeout"
  | "job-failed"
  | "job-cancelled"
  | "unsupported";

/** What every error of this library can carry besides its message. */
export interface CartoErrorOptions {
  /** The next step, in one sentence. Shown after the message. */
  hint?: string | undefined;
  /** The error underneath, already free of secrets. */
  cause?: unknown;
}

/** Two copies of the module in one program still recognise each other's errors by this mark. */
const BRAND: unique symbol = Symbol.for("cartoframes.error") as never;

/**
 * The base of every error that this library throws on purpose.
 *
 * `message` says what could not be done and why, and never holds SQL, a key or a token;
 * `hint` says what to do next; `code` is what programs branch on.
 *
 * @example Branch on the code
 * ```ts
 * import { CartoError, isCartoError } from "@cartoframes/cartoframes";
 *
 * try {
 *   throw new CartoError("not-found", 'Cannot read table "cafes": it does not exist');
 * } catch (error) {
 *   if (!isCartoError(error)) throw error;
 *   if (error.code !== "not-found") throw error;
 * }
 * ```
 */
export class CartoError extends Error {
  /** The name of the class, as `Error` has it. */
  override name = "CartoError";
  /** What went wrong, by meaning. */
  readonly code: CartoErrorCode;
  /** The next step, when there is one to tell. */
  readonly hint: string | undefined;

  /**
   * Builds an error from its meaning and its message.
   *
   * @param code What went wrong, by meaning
   * @param message What could not be done and why, without secrets
   * @param options The next step and the cause
   */
  constructor(code: CartoErrorCode, message: string, options: CartoErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** The error as plain data, for logs: name, code, message, hint and the fields of the subclass. */
  toJSON(): Record<string, unknown> {
    const { name, code, message, hint, ...rest } = this;
    return {
      name,
      code,
      message: message ?? this.message,
      ...(hint === undefined ? {} : { hint }),
      ...Object.fromEntries(
        Object.entries(rest).filter(([key, value]) =>
          value !== undefined && key !== "cause" && key !== "stack"
        ),
      ),
    };
  }
}

/**
 * Whether a value is an error of this library, also when it comes from another copy of the module.
 *
 * @param value Anything, usually what a `catch` received
 * @returns Whether `code` and `hint` can be read from it
 */
export function isCartoError(value: unknown): value is CartoError {
  return value instanceof Error && (value as unknown as Record<symbol, unknown>)[BRAND] === true;
}
