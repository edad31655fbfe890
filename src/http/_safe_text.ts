import { redact } from "../errors/_redact.ts";

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
