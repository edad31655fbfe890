import { redact } from "../errors/_redact.ts";
import {
  type CartoErrorCode,
  NetworkError,
  RateLimitError,
  ResponseError,
  type ResponseErrorOptions,
} from "../errors/carto_error.ts";
import { netAccess } from "../permissions/access.ts";

/** An answer that tells an error, its body already read. */
export interface FailedAnswer {
  /** What was tried, after "Cannot". */
  readonly operation: string;
  /** The HTTP status. */
  readonly status: number;
  /** The headers. */
  readonly headers: Headers;
  /** The body's text, or its beginning. */
  readonly text: string;
  /** Seconds told by `Retry-After`, if any. */
  readonly retryAfter: number | undefined;
  /** What must not be shown. */
  readonly secrets: readonly string[];
}

/** Members that CARTO's servers put into the body of an error. */
interface ErrorBody {
  messages: string[];
  /** Whether the messages stood under `error` as a list, as the SQL API has it. */
  fromSql: boolean;
  context: string | undefined;
  detail: string | undefined;
  hint: string | undefined;
}

/** The error for an answer, whatever the shape of its body. Never throws. */
export function errorFromAnswer(answer: FailedAnswer): ResponseError {
  const body = readErrorBody(answer.text);
  const show = (text: string | undefined) => text === undefined ? undefined : safeText(text, answer.secrets);
  const messages = body.messages.map((message) => safeText(message, answer.secrets));
  const code = codeOf(answer, body);
  const options: ResponseErrorOptions = {
    status: answer.status,
    requestId: show(answer.headers.get("x-request-id") ?? undefined),
    context: show(body.context),
    detail: show(body.detail),
    serverMessages: messages,
    hint: show(body.hint) ?? hintFor(code, answer),
  };
  const message = `Cannot ${answer.operation}: ${messages[0] ?? describe(answer)}`;
  if (code !== "rate-limited") return new ResponseError(code, message, options);
  return new RateLimitError(message, {
    ...options,
    retryAfter: answer.retryAfter ?? 0,
    limit: count(answer.headers, "carto-rate-limit-limit"),
    remaining: count(answer.headers, "carto-rate-limit-remaining"),
    reset: count(answer.headers, "carto-rate-limit-reset"),
  });
}

/** Whether a good answer's body holds an error: a non-empty `error` or `errors`. */
export function holdsError(body: unknown): boolean {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return false;
  const { error, errors } = body as { error?: unknown; errors?: unknown };
  return isNotEmpty(error) || isNotEmpty(errors);
}

/** `null`, `false`, `""`, `[]` and `{}` are no errors. */
function isNotEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Reads any of the shapes that error bodies come in. */
function readErrorBody(text: string): ErrorBody {
  const none: ErrorBody = {
    messages: [],
    fromSql: false,
    context: undefined,
    detail: undefined,
    hint: undefined,
  };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return none;
  }
  if (typeof body === "string") return { ...none, messages: messagesIn(body) };
  if (typeof body !== "object" || body === null || Array.isArray(body)) return none;
  const fields = body as Record<string, unknown>;
  const messages = [fields.error, fields.errors, fields.error_description, fields.message]
    .map(messagesIn).find((found) => found.length > 0);
  const textOf = (key: string) => typeof fields[key] === "string" ? fields[key] : undefined;
  return {
    messages: messages ?? [],
    fromSql: Array.isArray(fields.error),
    context: textOf("context"),
    detail: textOf("detail"),
    hint: textOf("hint"),
  };
}

/** The messages in a member: a text, a list, or a map of fields to texts or lists. */
function messagesIn(value: unknown): string[] {
  if (typeof value === "string") return value.trim() === "" ? [] : [excerpt(value, 1000)];
  if (typeof value === "number") return [String(value)];
  if (Array.isArray(value)) return value.flatMap(messagesIn);
  if (typeof value !== "object" || value === null) return [];
  const { message } = value as { message?: unknown };
  if (typeof message === "string") return messagesIn(message);
  return Object.entries(value).flatMap(([field, inner]) =>
    messagesIn(inner).map((text) => `${field}: ${text}`)
  );
}

/** What to say when the body has no message of its own. */
function describe(answer: FailedAnswer): string {
  const type = answer.headers.get("content-type") ?? "";
  const isHtml = type.includes("html") || /^\s*<(!doctype|html)/i.test(answer.text);
  const text = excerpt(safeText(isHtml ? htmlText(answer.text) : answer.text, answer.secrets));
  const what = `the server answered with status ${answer.status}`;
  if (text === "" || /^(null|\[\]|\{\}|\{"errors?":(null|\[\]|\{\}|"")\})$/.test(text)) {
    return `${what} and no message`;
  }
  return isHtml ? `${what} and a page that says "${text}"` : `${what} and said "${text}"`;
}

/** Texts by which the classic SQL API tells what it answers with 400 for everything. */
const TEXTS: readonly (readonly [RegExp, CartoErrorCode])[] = [
  [/^relation ".*" does not exist$|^Job with id .* not found$/, "not-found"],
  [/quota exceeded|Max number of jobs \(\d+\) queued reached/i, "quota-exceeded"],
  [
    /^(You must indicate|SQL is missing|SQL must start with COPY|Invalid format|Your payload is too large|there is no job class|Cannot set status|COPY FROM maximum POST size|Error while gunzipping|No username found|No rows copied|Unexpected (token|end of JSON))/,
    "invalid-request",
  ],
];

/** The meaning of an answer. */
function codeOf(answer: FailedAnswer, body: ErrorBody): CartoErrorCode {
  const first = body.messages[0] ?? "";
  const timedOut = (body.context === "limit" && body.detail === "datasource") ||
    /query timeout error|canceling statement due to statement timeout/i.test(first);
  // A statement that ran too long is also told in the body of an answer that had begun well
  if (timedOut && (answer.status === 429 || answer.status < 300 || answer.status === 400)) {
    return "statement-timeout";
  }
  switch (answer.status) {
    case 401:
      return "unauthorized";
    case 402:
      return "quota-exceeded";
    case 403:
      return "access-denied";
    case 404:
      return "not-found";
    case 408:
      return "timeout";
    case 429:
      return answer.retryAfter !== undefined && answer.retryAfter >= 0 ? "rate-limited" : "quota-exceeded";
  }
  if (answer.status >= 500) return "server-error";
  if (/\balready (exists|been taken)$/.test(first)) return "already-exists";
  const known = TEXTS.find(([pattern]) => pattern.test(first))?.[1];
  if (known !== undefined) return known;
  if (answer.status < 300 || answer.status === 400) return body.fromSql ? "invalid-query" : "invalid-request";
  return answer.status < 400 ? "unexpected-response" : "invalid-request";
}

/** The next step, where the server told none. */
function hintFor(code: CartoErrorCode, answer: FailedAnswer): string | undefined {
  switch (code) {
    case "unauthorized":
      return "Check the API key and the user name or base URL that it belongs to";
    case "access-denied":
      return "Use an API key that has been granted this";
    case "statement-timeout":
      return "Run the query as a batch job, or make it lighter";
    case "rate-limited":
      return `Wait ${answer.retryAfter} s before the next request`;
    case "not-found":
      return answer.text.startsWith("{") ? undefined : "Check the base URL: no CARTO API answered there";
    case "server-error":
      return "Try again later";
    default:
      return undefined;
  }
}

/** A header that holds a whole number. */
function count(headers: Headers, name: string): number | undefined {
  const value = headers.get(name);
  return value !== null && /^-?\d+$/.test(value) ? Number(value) : undefined;
}

/** Failures that `fetch` words for its developers, and how a person says them. */
const REASONS: readonly (readonly [RegExp, string, string?])[] = [
  [
    /dns error|failed to lookup|ENOTFOUND/i,
    "the host name is not known",
    "Check the user name or base URL, and that this machine has a network",
  ],
  [
    /certificate|UnknownIssuer|NotValidForName/i,
    "the server's TLS certificate is not trusted",
    "Give the authority's certificate with --cert=FILE, or DENO_TLS_CA_STORE=system",
  ],
  [/connection refused|ECONNREFUSED/i, "the connection was refused", "Check the base URL and its port"],
  [/connection reset|connection closed|broken pipe|ECONNRESET|UnexpectedEof/i, "the connection was closed"],
];

/** Whether trying again cannot help: the certificate will be the same. */
export function isPermanent(error: unknown): boolean {
  return /certificate|UnknownIssuer|NotValidForName|ports? \d+ (is|are) blocked/i.test(wording(error));
}

/** The error for a `fetch` that gave no answer. */
export function errorFromFailure(
  error: unknown,
  operation: string,
  url: URL,
  secrets: readonly string[],
): NetworkError {
  const access = netAccess(url);
  const host = access.kind === "net" ? access.host : url.host;
  const text = wording(error);
  const [, reason, hint] = REASONS.find(([pattern]) => pattern.test(text)) ?? [];
  const message = `Cannot ${operation}: no answer from "${host}": ${
    reason ?? excerpt(safeText(text.replace(/^.*error sending request for url \([^)]*\): /s, ""), secrets))
  }`;
  return new NetworkError(message, { host, hint, cause: safeCause(error, secrets) });
}

/** What the error and its cause say. */
function wording(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** How much of a server's text goes into a message. */
const EXCERPT = 160;

/** A URL as it may be shown: no user, no password, no query, no fragment. */
export function maskUrl(url: URL, secrets: Iterable<string>): string {
  return redact(`${url.origin}${url.pathname}`, secrets);
}

/**
 * A foreign text as it may be shown: without secrets, and without the query strings in it, for
 * they hold SQL.
 */
export function safeText(text: string, secrets: Iterable<string>): string {
  return redact(text, secrets).replace(/\?[\w.\-[\]]+=[^\s"'<>)]*/g, "?…");
}

/** The beginning of a text, white space folded, cut between characters. */
export function excerpt(text: string, length: number = EXCERPT): string {
  const folded = text.replace(/\s+/g, " ").trim();
  const chars = [...folded.slice(0, 2 * length)];
  return chars.length <= length ? chars.join("") : `${chars.slice(0, length - 1).join("")}…`;
}

/** The words of an HTML page. */
export function htmlText(html: string): string {
  return html
    .replace(/<(script|style)\b[\s\S]*?(<\/\1\s*>|$)/gi, " ")
    .replace(/<!--[\s\S]*?(-->|$)/g, " ")
    .replace(/<[^>]*(>|$)/g, " ")
    .replace(/&(lt|gt|amp|quot|nbsp|#39);/g, (_, name) => ENTITIES[name as keyof typeof ENTITIES])
    // An entity may have spelt a tag
    .replace(/[<>]/g, " ");
}

const ENTITIES = { lt: " ", gt: " ", amp: "&", quot: '"', nbsp: " ", "#39": "'" } as const;

/**
 * A copy of a foreign error that is free of secrets, its causes likewise, fit to be a `cause`.
 * The class is lost, the name stays.
 */
export function safeCause(error: unknown, secrets: readonly string[], depth: number = 3): unknown {
  if (!(error instanceof Error)) return safeText(String(error), secrets);
  const cause = error.cause === undefined || depth === 0
    ? undefined
    : safeCause(error.cause, secrets, depth - 1);
  const copy = new Error(safeText(error.message, secrets), cause === undefined ? undefined : { cause });
  copy.name = error.name;
  copy.stack = safeText(error.stack ?? "", secrets);
  return copy;
}
