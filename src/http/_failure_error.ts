import { NetworkError } from "../errors/network_error.ts";
import { netAccess } from "../permissions/access.ts";
import { excerpt, safeCause, safeText } from "./_safe_text.ts";

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
