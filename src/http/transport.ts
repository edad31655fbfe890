import { redact } from "../errors/_redact.ts";
import {
  ArgumentError,
  type CartoError,
  type CartoErrorCode,
  isCartoError,
  ResponseError,
  TimeoutError,
} from "../errors/carto_error.ts";
import { netAccess } from "../permissions/access.ts";
import { isRefusal, permissionError } from "../permissions/advise.ts";
import { type BodyReader, readBeginning, readBytes, readStream, Watchdog, watchUpload } from "./_body.ts";
import {
  errorFromAnswer,
  errorFromFailure,
  holdsError,
  isPermanent,
  maskUrl,
  safeCause,
} from "./_response_error.ts";
import { backoff, isTransientStatus, retryAfterSeconds, sleep } from "./_retry.ts";

/** Deno's own, unless somebody has put another one in its place before. */
const denoFetch = globalThis.fetch;

/** How requests are sent: limits of time, retries, and what a test or a proxy puts in their place. */
export interface TransportOptions {
  /** Sends one request; `globalThis.fetch` when not given. */
  fetch?: typeof fetch | undefined;
  /** Waits before a retry, in milliseconds; rejects with the signal's reason once it is aborted. */
  sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
  /** The time in milliseconds since 1970; `Date.now` when not given. */
  now?: (() => number) | undefined;
  /** A number from 0 to 1 that spreads the waits before retries; `Math.random` when not given. */
  random?: (() => number) | undefined;
  /**
   * Milliseconds of silence after which an attempt is given up: until the headers come, between
   * parts of the answer, and between parts of an upload. 60,000 when not given.
   */
  timeout?: number | undefined;
  /** Milliseconds for the whole call, all attempts, waits and the body included; no limit when not given. */
  totalTimeout?: number | undefined;
  /** Attempts after the first, where a retry is safe. 2 when not given, 0 for none. */
  retries?: number | undefined;
  /** The longest `Retry-After` that is waited for, in seconds; a longer one is an error at once. 60 when not given. */
  maxRetryAfter?: number | undefined;
  /** Is told of every attempt once it is over, without secrets and query strings. What it throws is ignored. */
  log?: ((entry: RequestLogEntry) => void) | undefined;
}

/** One attempt of one request, as a log may keep it: no secret, no query string, no SQL. */
export interface RequestLogEntry {
  /** What the request was for, such as `read table "cafes"`. */
  readonly operation: string;
  /** The HTTP method. */
  readonly method: string;
  /** The address without its query string. */
  readonly url: string;
  /** The number of the attempt, from 1. */
  readonly attempt: number;
  /** The HTTP status, when an answer came. */
  readonly status?: number | undefined;
  /** The meaning of the failure, or `aborted` when the caller's signal ended it; absent when all went well. */
  readonly error?: CartoErrorCode | "aborted" | undefined;
  /** Milliseconds until the answer was read, or for a stream until its headers came. */
  readonly duration: number;
  /** Milliseconds until the next attempt, when there will be one. */
  readonly retryIn?: number | undefined;
  /** The server's own number for the request, when it sent one. */
  readonly requestId?: string | undefined;
}

/** One request and how it may be repeated. */
export interface RequestSpec {
  /** The HTTP method, in capitals. */
  method: string;
  /** The address; its query string appears in no message and no log. */
  url: URL;
  /** The headers; the user agent is added. */
  headers?: Record<string, string> | undefined;
  /**
   * The body: a text, bytes, or a function that makes the stream anew for each attempt. Each piece of a stream may be only
   * lent, until the next one is asked for.
   */
  body?: string | Uint8Array | (() => ReadableStream<Uint8Array>) | undefined;
  /**
   * What may be repeated: `read` after any transient failure; `rate-limit` only after a 429 that
   * told a wait, for then nothing was done; `never`.
   */
  retry: "read" | "rate-limit" | "never";
  /** What the request is for, as it follows "Cannot": `read table "cafes"`. Without SQL and secrets. */
  operation: string;
  /** What must appear in no message, cause or log, in any spelling. */
  secrets: readonly string[];
  /** Ends the request; its reason is thrown as it is. */
  signal?: AbortSignal | undefined;
  /** As in {@linkcode TransportOptions}, for this request. */
  timeout?: number | undefined;
  /** As in {@linkcode TransportOptions}, for this request. */
  totalTimeout?: number | undefined;
  /** As in {@linkcode TransportOptions}, for this request. */
  retries?: number | undefined;
}

/** A good answer. */
export interface HttpAnswer<Body> {
  /** The HTTP status, 200 to 299. */
  readonly status: number;
  /** The headers of the answer. */
  readonly headers: Headers;
  /** The body, read and checked for completeness; a stream checks while it is read. */
  readonly body: Body;
}

/** The redirects that one attempt follows. */
const MAX_REDIRECTS = 5;

/** Everything that one call needs, nothing optional. */
interface Call {
  readonly spec: RequestSpec;
  readonly timeout: number;
  readonly retries: number;
  /** The end of the whole call, if there is one. */
  readonly deadline: number | undefined;
  /** The total time that was allowed. */
  readonly totalTimeout: number | undefined;
}

/** One attempt that failed, and whether a next one can help. */
class Failure {
  /** Keeps the error and how to go on. */
  constructor(
    readonly error: unknown,
    readonly options: {
      transient?: boolean;
      /** Seconds that the server told to wait. */
      retryAfter?: number | undefined;
      status?: number | undefined;
      requestId?: string | undefined;
    } = {},
  ) {}
}

/**
 * The one way to send a request: limits of time, retries of what may be repeated, errors by
 * meaning, and no secret in any of them.
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #now: () => number;

  /**
   * Keeps the options; nothing is sent.
   *
   * @throws {ArgumentError} A time or a number of retries is negative or no number
   */
  constructor(options: TransportOptions = {}) {
    checkNumbers(options);
    this.#options = { ...options };
    this.#now = options.now ?? Date.now;
  }

  /**
   * Sends a request and reads the answer as JSON; no content is `null`.
   *
   * @throws {ResponseError} An error status, a good status whose body holds an error, or a cut body
   */
  json(request: RequestSpec): Promise<HttpAnswer<unknown>> {
    const spec = safeSpec(request);
    return this.#send(spec, async (response, watchdog, cut) => {
      const text = decode(await readBytes(response, watchdog, cut));
      if (text === "" && (response.status === 204 || response.status === 205 || spec.method === "HEAD")) {
        return null;
      }
      const body = parseJson(text, response, spec);
      if (holdsError(body)) throw new Failure(this.#errorFrom(response, text, spec), {});
      return body;
    });
  }

  /** Sends a request and reads the answer as UTF-8 text. Errors as with {@linkcode Transport.json}. */
  text(spec: RequestSpec): Promise<HttpAnswer<string>> {
    return this.#send(
      spec,
      async (response, watchdog, cut) => decode(await readBytes(response, watchdog, cut)),
    );
  }

  /** Sends a request and reads the answer as bytes. Errors as with {@linkcode Transport.json}. */
  bytes(spec: RequestSpec): Promise<HttpAnswer<Uint8Array>> {
    return this.#send(spec, readBytes);
  }

  /**
   * Sends a request and hands the answer on as it comes. It is retried until the headers are
   * there; later failures are errors of the stream. Read it to its end or cancel it.
   */
  stream(spec: RequestSpec): Promise<HttpAnswer<ReadableStream<Uint8Array>>> {
    return this.#send(spec, readStream);
  }

  /** The same, but a part is only lent until the next one is asked for: for readers that copy what they need. */
  lend(spec: RequestSpec): Promise<HttpAnswer<ReadableStream<Uint8Array>>> {
    return this.#send(spec, (response, watchdog, cut) => readStream(response, watchdog, cut, true));
  }

  async #send<Body>(request: RequestSpec, read: BodyReader<Body>): Promise<HttpAnswer<Body>> {
    checkNumbers(request);
    const spec = safeSpec(request);
    const totalTimeout = spec.totalTimeout ?? this.#options.totalTimeout;
    const call: Call = {
      spec,
      timeout: spec.timeout ?? this.#options.timeout ?? 60_000,
      retries: spec.retry === "never" ? 0 : spec.retries ?? this.#options.retries ?? 2,
      totalTimeout,
      deadline: totalTimeout === undefined ? undefined : this.#now() + totalTimeout,
    };
    for (let attempt = 1;; attempt++) {
      spec.signal?.throwIfAborted();
      const start = this.#now();
      const outcome = await this.#attempt(call, read);
      const delay = outcome instanceof Failure ? this.#delay(call, outcome, attempt) : undefined;
      this.#log(call, attempt, start, outcome, delay);
      if (!(outcome instanceof Failure)) return outcome;
      if (delay === undefined) throw outcome.error;
      await (this.#options.sleep ?? sleep)(delay, spec.signal);
    }
  }

  /** One attempt, from the request to the end of the answer. Never throws. */
  async #attempt<Body>(call: Call, read: BodyReader<Body>): Promise<HttpAnswer<Body> | Failure> {
    const { spec } = call;
    const watchdog = new Watchdog({
      idle: call.timeout,
      total: call.deadline === undefined ? undefined : call.deadline - this.#now(),
      signal: spec.signal,
    });
    const upload: { failure?: { error: unknown } } = {};
    let response: Response | undefined;
    try {
      response = await this.#fetch(call, watchdog, upload);
      watchdog.wait();
      if (!response.ok) throw await this.#failedAnswer(response, watchdog, call);
      const cut = (error: unknown, received: number) =>
        this.#ended(error, call, watchdog) ?? cutOff(error, received, response as Response, spec);
      const body = await read(response, watchdog, cut);
      return { status: response.status, headers: response.headers, body };
    } catch (error) {
      watchdog.abandon();
      if (error instanceof Failure) return error;
      if (upload.failure !== undefined) return new Failure(upload.failure.error);
      return await this.#failure(error, call, watchdog, response);
    }
  }

  /** Sends the request and follows redirects within the same origin, where nothing is changed by it. */
  async #fetch(
    { spec }: Call,
    watchdog: Watchdog,
    upload: { failure?: { error: unknown } },
  ): Promise<Response> {
    const send = this.#options.fetch ?? globalThis.fetch;
    const headers = { "user-agent": userAgent(), ...spec.headers };
    let url = spec.url;
    for (let redirects = 0;; redirects++) {
      const body = typeof spec.body === "function"
        ? watchUpload(spec.body, watchdog, upload, send === denoFetch)
        : spec.body;
      const response = await send(url, {
        method: spec.method,
        headers,
        // A Uint8Array over any buffer is a body, whatever the type says
        ...(body === undefined ? {} : { body: body as BodyInit }),
        redirect: "manual",
        signal: watchdog.signal,
      });
      const location = response.headers.get("location");
      if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
      await response.body?.cancel();
      const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
      const mayFollow = (spec.method === "GET" || spec.method === "HEAD") && redirects < MAX_REDIRECTS;
      if (target?.origin !== url.origin || !mayFollow) throw refusedRedirect(response, target, spec);
      url = target;
    }
  }

  /** An answer with an error status, its body read within bounds. */
  async #failedAnswer(response: Response, watchdog: Watchdog, call: Call): Promise<Failure> {
    const { spec } = call;
    const text = await readBeginning(response, watchdog);
    // What the caller or a time limit ended while the body was read is told as that
    if (watchdog.endedBy !== undefined) return this.#failure(undefined, call, watchdog, response);
    const error = this.#errorFrom(response, text, spec);
    const retryAfter = retryAfterSeconds(response.headers, this.#now());
    return new Failure(error, {
      // A 429 is a question of time only where the server says how long, or says nothing at all
      transient: isTransientStatus(response.status) && error.code !== "statement-timeout" &&
        (response.status !== 429 || error.code === "rate-limited" ||
          (retryAfter === undefined && error.context === undefined)),
      retryAfter: retryAfter !== undefined && retryAfter >= 0 ? retryAfter : undefined,
      status: response.status,
      requestId: error.requestId,
    });
  }

  #errorFrom(response: Response, text: string, spec: RequestSpec): ResponseError {
    return errorFromAnswer({
      operation: spec.operation,
      status: response.status,
      headers: response.headers,
      text,
      retryAfter: retryAfterSeconds(response.headers, this.#now()),
      secrets: spec.secrets,
    });
  }

  /** The error for an attempt that was ended from our side; nothing if it was not. */
  #ended(error: unknown, call: Call, watchdog: Watchdog): unknown {
    const { operation, signal, secrets } = call.spec;
    if (watchdog.endedBy === undefined) return undefined;
    if (watchdog.endedBy === "caller") return signal?.reason;
    const cause = error === undefined ? undefined : safeCause(error, secrets);
    if (watchdog.endedBy === "idle") {
      return new TimeoutError(`Cannot ${operation}: nothing came for ${call.timeout} ms`, {
        timeout: call.timeout,
        hint: "Raise `timeout`, or make the request smaller",
        cause,
      });
    }
    return new TimeoutError(`Cannot ${operation}: not done within ${call.totalTimeout} ms`, {
      timeout: call.totalTimeout ?? 0,
      hint: "Raise `totalTimeout`, or make the request smaller",
      cause,
    });
  }

  /** Names what went wrong when no answer came, or none that is complete. */
  async #failure(
    error: unknown,
    call: Call,
    watchdog: Watchdog,
    response: Response | undefined,
  ): Promise<Failure> {
    const { spec } = call;
    const status = response?.status;
    const ended = this.#ended(error, call, watchdog);
    if (watchdog.endedBy !== undefined) {
      return new Failure(ended, { transient: watchdog.endedBy === "idle", status });
    }
    if (isRefusal(error)) {
      return new Failure(
        await permissionError({ operation: spec.operation, needs: [netAccess(spec.url)] }),
        {},
      );
    }
    if (isCartoError(error)) {
      return new Failure(error, { transient: error.code === "incomplete-response", status });
    }
    return new Failure(errorFromFailure(error, spec.operation, spec.url, spec.secrets), {
      transient: !isPermanent(error),
      status,
    });
  }

  /** Milliseconds until the next attempt, or nothing when there is to be none. */
  #delay({ spec, retries, deadline }: Call, failure: Failure, attempt: number): number | undefined {
    const { transient, retryAfter } = failure.options;
    if (!transient || attempt > retries) return undefined;
    const isRateLimit = isCartoError(failure.error) && failure.error.code === "rate-limited";
    if (spec.retry !== "read" && !isRateLimit) return undefined;
    if (retryAfter !== undefined && retryAfter > (this.#options.maxRetryAfter ?? 60)) return undefined;
    const delay = retryAfter === undefined
      ? backoff(attempt - 1, this.#options.random ?? Math.random)
      : retryAfter * 1000;
    return deadline !== undefined && this.#now() + delay >= deadline ? undefined : delay;
  }

  #log(
    { spec }: Call,
    attempt: number,
    start: number,
    outcome: HttpAnswer<unknown> | Failure,
    retryIn: number | undefined,
  ): void {
    if (this.#options.log === undefined) return;
    const failed = outcome instanceof Failure;
    const error = failed ? (isCartoError(outcome.error) ? outcome.error.code : "aborted") : undefined;
    const id = failed ? outcome.options.requestId : outcome.headers.get("x-request-id") ?? undefined;
    const entry: RequestLogEntry = {
      operation: spec.operation,
      method: spec.method,
      url: maskUrl(spec.url, spec.secrets),
      attempt,
      status: failed ? outcome.options.status : outcome.status,
      error,
      duration: this.#now() - start,
      retryIn,
      requestId: id === undefined ? undefined : redact(id, spec.secrets),
    };
    try {
      this.#options.log(entry);
    } catch {
      // A log that fails is no reason to lose an answer
    }
  }
}

/** The request with an operation that is fit for messages, whatever the caller put into it. */
function safeSpec(request: RequestSpec): RequestSpec {
  return { ...request, operation: redact(request.operation, request.secrets) };
}

/** Refuses times and numbers of retries that mean nothing. */
function checkNumbers(options: TransportOptions | RequestSpec): void {
  for (const name of ["timeout", "totalTimeout", "retries", "maxRetryAfter"] as const) {
    const value = (options as TransportOptions)[name];
    if (value === undefined) continue;
    if (typeof value === "number" && value >= 0 && (name !== "retries" || Number.isInteger(value))) continue;
    throw new ArgumentError(`Cannot send requests: "${name}" must be a number from 0, got ${String(value)}`, {
      argument: name,
    });
  }
}

/** UTF-8, the mark at the beginning left out. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The JSON in a good answer; a text that stops early is told from one that never was JSON. */
function parseJson(text: string, response: Response, spec: RequestSpec): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error is no cause to show: it quotes the text
    const start = text.trimStart()[0];
    const stops = start === undefined || (start === "{" && !text.trimEnd().endsWith("}")) ||
      (start === "[" && !text.trimEnd().endsWith("]"));
    if (stops) throw cutOff(undefined, text.length, response, spec);
    throw new ResponseError(
      "unexpected-response",
      `Cannot ${spec.operation}: the answer is not JSON`,
      { status: response.status, hint: "Check the base URL: no CARTO API answered there" },
    );
  }
}

/** The error for a body that ended too early. */
function cutOff(error: unknown, received: number, response: Response, spec: RequestSpec): CartoError {
  if (isCartoError(error)) return error;
  return new ResponseError(
    "incomplete-response",
    `Cannot ${spec.operation}: the answer was cut off after ${received} bytes`,
    {
      status: response.status,
      hint: "Read again; what has come so far is not the whole",
      cause: error === undefined ? undefined : safeCause(error, spec.secrets),
    },
  );
}

/** The error for a redirect that must not be followed: the key would go to another host, or a write be lost. */
function refusedRedirect(response: Response, target: URL | undefined, spec: RequestSpec): Failure {
  const where = target === undefined ? "an unreadable address" : `"${maskUrl(target, spec.secrets)}"`;
  const error = new ResponseError(
    "unexpected-response",
    `Cannot ${spec.operation}: the server redirects to ${where}`,
    {
      status: response.status,
      hint: "Set the base URL to the address that answers itself; a key is not sent on to another host",
    },
  );
  return new Failure(error, { status: response.status });
}

/** The version of this module; a test holds it equal to the one in `deno.json`. */
export const VERSION = "0.1.0";

/** How requests identify this module and its runtime: `cartoframes-deno/0.1.0 (Deno/2.9.6)`. */
export function userAgent(): string {
  const runtime = "Deno" in globalThis ? ` (Deno/${Deno.version.deno})` : "";
  return `cartoframes-deno/${VERSION}${runtime}`;
}
