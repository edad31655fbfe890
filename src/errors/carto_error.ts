// The whole family in one file: each class is small, and a program that imports the library loads all of them.

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
 * | `job-cancelled` | a batch job was cancelled | - |
 * | `locked` | another run works on the same table | wait until it has ended |
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
  | "locked"
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

/** A table or other object of that name is already there. Code `already-exists`. */
export class AlreadyExistsError extends CartoError {
  /** The name of the class. */
  override name = "AlreadyExistsError";

  /**
   * Builds the error.
   *
   * @param message What is already there
   * @param options The next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions = {}) {
    super("already-exists", message, options);
  }
}

/** A value passed to this library cannot be used; `argument` names it. Code `invalid-argument`. */
export class ArgumentError extends CartoError {
  /** The name of the class. */
  override name = "ArgumentError";
  /** The parameter or option that holds the value, such as `ifExists`. */
  readonly argument: string | undefined;

  /**
   * Builds the error.
   *
   * @param message What is wrong with the value, and what would be right
   * @param options The argument's name, the next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions & { argument?: string | undefined } = {}) {
    super("invalid-argument", message, options);
    this.argument = options.argument;
  }
}

/** No usable credentials were found or given. Code `credentials`. */
export class CredentialsError extends CartoError {
  /** The name of the class. */
  override name = "CredentialsError";

  /**
   * Builds the error.
   *
   * @param message What is missing or wrong, never with a key in it
   * @param options The next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions = {}) {
    super("credentials", message, options);
  }
}

/** Where in the data something is wrong. All counts start at 1. */
export interface DataPlace {
  /** The file, as the user named it. */
  file?: string | undefined;
  /** The line of the file. */
  line?: number | undefined;
  /** The byte in the file (from 0), where that is the best that can be said. */
  byte?: number | undefined;
  /** The row of the table, the header not counted. */
  row?: number | undefined;
  /** The column or property name. */
  column?: string | undefined;
  /** The character in a text such as WKT. */
  position?: number | undefined;
}

/** A file, row or field cannot be read or written as it is; `place` says where. Code `invalid-data`. */
export class DataError extends CartoError {
  /** The name of the class. */
  override name = "DataError";
  /** Where in the data. */
  readonly place: DataPlace;

  /**
   * Builds the error; the place is put before the message: `row 17, column "lat": ...`.
   *
   * @param message What is wrong there
   * @param options The place, the next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions & { place?: DataPlace | undefined } = {}) {
    const place = options.place ?? {};
    super("invalid-data", [placeText(place), message].filter((part) => part !== "").join(": "), options);
    this.place = place;
  }
}

/** The place as a person reads it, or empty. */
function placeText(place: DataPlace): string {
  const parts: string[] = [];
  if (place.file !== undefined) parts.push(`"${place.file}"`);
  if (place.line !== undefined) parts.push(`line ${place.line}`);
  if (place.byte !== undefined) parts.push(`byte ${place.byte}`);
  if (place.row !== undefined) parts.push(`row ${place.row}`);
  if (place.column !== undefined) parts.push(`column "${place.column}"`);
  if (place.position !== undefined) parts.push(`position ${place.position}`);
  return parts.join(", ");
}

/** A batch job ended otherwise than well. Codes `job-failed` and `job-cancelled`. */
export class JobError extends CartoError {
  /** The name of the class. */
  override name = "JobError";
  /** The job's id. */
  readonly jobId: string;
  /** The last state the server told, such as `failed`, `cancelled` or `unknown`. */
  readonly status: string;
  /** The server's reason, when it gave one. */
  readonly reason: string | undefined;

  /**
   * Builds the error.
   *
   * @param message What ended how
   * @param options The job, its last state and its reason
   */
  constructor(
    message: string,
    options: CartoErrorOptions & { jobId: string; status: string; reason?: string | undefined },
  ) {
    super(/^cancell?ed$/.test(options.status) ? "job-cancelled" : "job-failed", message, options);
    this.jobId = options.jobId;
    this.status = options.status;
    this.reason = options.reason;
  }
}

/** No answer arrived: no connection, name not found, TLS failure. Code `network`. */
export class NetworkError extends CartoError {
  /** The name of the class. */
  override name = "NetworkError";
  /** The host that was tried, with its port. */
  readonly host: string | undefined;

  /**
   * Builds the error.
   *
   * @param message What was tried and how it failed
   * @param options The host, the next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions & { host?: string | undefined } = {}) {
    super("network", message, options);
    this.host = options.host;
  }
}

/** Deno refused an operation; `flags` are the narrowest that allow it. Code `permission`. */
export class PermissionError extends CartoError {
  /** The name of the class. */
  override name = "PermissionError";
  /** The flags to add to the run, such as `--allow-read=creds.json`. */
  readonly flags: readonly string[];

  /**
   * Builds the error; without a hint of its own it tells the flags to add.
   *
   * @param message What was tried and why it was refused
   * @param options The flags, the next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions & { flags: readonly string[] }) {
    super("permission", message, {
      ...options,
      hint: options.hint ?? `Add to this run: ${options.flags.join(" ")}`,
    });
    this.flags = options.flags;
  }
}

/** What an answer of the server tells besides its message. */
export interface ResponseErrorOptions extends CartoErrorOptions {
  /** The HTTP status; 200 when the body of a good answer holds an error. */
  status: number;
  /** The server's own number for the request, when it sent one. */
  requestId?: string | undefined;
  /** What the server called the context, such as `limit`. */
  context?: string | undefined;
  /** What the server added in detail, such as `datasource`. */
  detail?: string | undefined;
  /** Every message that the server sent, the first of them being in `message`. */
  serverMessages?: readonly string[] | undefined;
}

/** The server answered with an error; `code` tells which kind, `status` is the HTTP status. */
export class ResponseError extends CartoError {
  /** The name of the class. */
  override name = "ResponseError";
  /** The HTTP status; 200 when the body of a good answer holds an error. */
  readonly status: number;
  /** The server's own number for the request, when it sent one. */
  readonly requestId: string | undefined;
  /** What the server called the context, such as `limit`. */
  readonly context: string | undefined;
  /** What the server added in detail, such as `datasource`. */
  readonly detail: string | undefined;
  /** Every message that the server sent, without secrets. */
  readonly serverMessages: readonly string[];

  /**
   * Builds the error.
   *
   * @param code What went wrong, by meaning
   * @param message The server's message or what replaces it
   * @param options Status and what else the server told
   */
  constructor(code: CartoErrorCode, message: string, options: ResponseErrorOptions) {
    super(code, message, options);
    this.status = options.status;
    this.requestId = options.requestId;
    this.context = options.context;
    this.detail = options.detail;
    this.serverMessages = options.serverMessages ?? [];
  }
}

/** The account sent too many requests (429). Code `rate-limited`. */
export class RateLimitError extends ResponseError {
  /** The name of the class. */
  override name = "RateLimitError";
  /** Seconds to wait before the next request. */
  readonly retryAfter: number;
  /** Requests allowed in the period, when told. */
  readonly limit: number | undefined;
  /** Requests left in the period, when told. */
  readonly remaining: number | undefined;
  /** Seconds until the full number is allowed again, when told. */
  readonly reset: number | undefined;

  /**
   * Builds the error.
   *
   * @param message The server's message
   * @param options Status, waiting time and the limits told
   */
  constructor(
    message: string,
    options: ResponseErrorOptions & {
      retryAfter: number;
      limit?: number | undefined;
      remaining?: number | undefined;
      reset?: number | undefined;
    },
  ) {
    super("rate-limited", message, options);
    this.retryAfter = options.retryAfter;
    this.limit = options.limit;
    this.remaining = options.remaining;
    this.reset = options.reset;
  }
}

/** No complete answer within the time allowed. Code `timeout`. */
export class TimeoutError extends CartoError {
  /** The name of the class. */
  override name = "TimeoutError";
  /** The time that was allowed, in milliseconds. */
  readonly timeout: number;

  /**
   * Builds the error.
   *
   * @param message What was tried
   * @param options The time allowed, the next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions & { timeout: number }) {
    super("timeout", message, options);
    this.timeout = options.timeout;
  }
}

/** The platform, runtime or format cannot do what was asked. Code `unsupported`. */
export class UnsupportedError extends CartoError {
  /** The name of the class. */
  override name = "UnsupportedError";

  /**
   * Builds the error.
   *
   * @param message What cannot be done and by what
   * @param options The next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions = {}) {
    super("unsupported", message, options);
  }
}
