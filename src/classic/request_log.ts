import type { RequestLogEntry } from "../http/transport.ts";
import { checkWord } from "./_arguments.ts";

/** How much a log tells, by CARTOframes' names: `critical` and `error` the least, `debug` and `notset` the most. */
export type LogLevel = "critical" | "error" | "warning" | "info" | "debug" | "notset";

const LEVELS: readonly LogLevel[] = ["critical", "error", "warning", "info", "debug", "notset"];

/**
 * A log of requests as lines of text, for the `log` of {@linkcode TransportOptions}. Failures are errors; those that are
 * tried again are warnings; the rest is information. Keys, query strings and SQL are in none of the lines. This is what
 * CARTOframes' `set_log_level` was for: the library itself prints nothing.
 *
 * With `debug` and `notset` a line starts with time and level, and names method, address and attempt.
 *
 * @param level The least that is told, in any case of letters
 * @param write Is given each line, without an end of line; such as `console.error`
 * @param now The time in milliseconds since 1970; `Date.now` when not given
 * @returns The function for `log`
 * @throws {ArgumentError} There is no such level
 *
 * @example Warnings and errors of every request
 * ```ts
 * import { ClassicClient, Credentials, requestLog } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const lines: string[] = [];
 * const answers = [new Response("", { status: 503 }), Response.json({ rows: [] })];
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: () => Promise.resolve(answers.shift() ?? new Response()),
 *   sleep: () => Promise.resolve(),
 *   log: requestLog("warning", (line) => lines.push(line.replace(/\d+ ms/g, "N ms"))),
 * });
 * await carto.sql.query("SELECT 1", { readOnly: true });
 * assertEquals(lines, ["run the query: server-error (503) after N ms, again in N ms"]);
 * ```
 */
export function requestLog(
  level: LogLevel | Uppercase<LogLevel>,
  write: (line: string) => void,
  now: () => number = Date.now,
): (entry: RequestLogEntry) => void {
  const least = LEVELS.indexOf(checkWord("level", level, LEVELS));
  const isLong = least >= LEVELS.indexOf("debug");
  return (entry) => {
    const own: LogLevel = entry.error === undefined
      ? "info"
      : entry.retryIn === undefined
      ? "error"
      : "warning";
    if (LEVELS.indexOf(own) > least) return;
    const line = describe(entry);
    if (!isLong) return write(line);
    const { method, url, attempt } = entry;
    write(
      `${
        new Date(now()).toISOString()
      } - ${own.toUpperCase()} - ${line} [${method} ${url}, attempt ${attempt}]`,
    );
  };
}

/** One attempt in words. */
function describe({ operation, error, status, duration, retryIn }: RequestLogEntry): string {
  const ms = `${Math.round(duration)} ms`;
  if (error === undefined) return `${operation}: ${status} in ${ms}`;
  const what = status === undefined ? error : `${error} (${status})`;
  const again = retryIn === undefined ? "" : `, again in ${Math.round(retryIn)} ms`;
  return `${operation}: ${what} after ${ms}${again}`;
}
