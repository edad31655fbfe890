import type { Parameters } from "../_handler.ts";
import { parseJson } from "./json_body.ts";

const decoder = new TextDecoder();

/** Bytes that a parsed body may have; the data of COPY are not parsed and have a limit of their own. */
const MAX_BODY = 64 * 1024 * 1024;

/** Reads a query string or the body of a form; a name that stands twice holds the list of its values. */
export function parseQueryString(text: string): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals)).replace(/\[\d*\]$/, "");
    if (name === "" || name === "__proto__") continue;
    const value = equals < 0 ? "" : decode(pair.slice(equals + 1));
    const earlier = values[name];
    if (earlier === undefined) {
      values[name] = /\[\d*\]$/.test(decode(pair.split("=", 1)[0] ?? "")) ? [value] : value;
    } else values[name] = Array.isArray(earlier) ? [...earlier, value] : [earlier, value];
  }
  return values;
}

/** Undoes percent encoding; what is not encoded well stays as it is. */
function decode(text: string): string {
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/**
 * Reads and parses the body of a request: JSON, a form, or a multipart form. Others count as empty, and so does
 * the body of a GET.
 *
 * @throws {SyntaxError} When a JSON body is no JSON
 * @throws {RangeError} When the body is too large to be parsed
 */
export async function readBody(request: Request): Promise<unknown> {
  const [type = "", ...more] = (request.headers.get("content-type") ?? "").split(";");
  const kind = type.trim().toLowerCase();
  const isRead = kind === "application/json" || kind === "application/x-www-form-urlencoded" ||
    kind === "multipart/form-data";
  if (request.body === null || request.method === "GET" || request.method === "HEAD" || !isRead) return {};
  const bytes = await readAll(request.body);
  if (kind === "multipart/form-data") return parseMultipart(bytes, boundaryOf(more.join(";")));
  // Compressed bodies are not unpacked here, as the real server does not.
  const text = decoder.decode(bytes);
  if (kind === "application/json") return text === "" ? {} : parseJson(text);
  return parseQueryString(text);
}

/** The bytes of a body.
 *
 * @throws {RangeError} When it is too large to be parsed
 */
export async function readAll(
  body: ReadableStream<Uint8Array>,
  limit: number = MAX_BODY,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > limit) throw new RangeError(`Cannot read the body: it has more than ${limit} bytes`);
    chunks.push(chunk);
  }
  const joined = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}

/** The line that parts a multipart form, out of the parameters of its type. */
export function boundaryOf(parameters: string): string {
  const match = /boundary=(?:"([^"]*)"|([^;\s]*))/i.exec(parameters);
  return match?.[1] ?? match?.[2] ?? "";
}

/** Reads the text fields of a multipart form; files are left out. */
function parseMultipart(bytes: Uint8Array, boundary: string): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  if (boundary === "") return values;
  const parts = `\r\n${decoder.decode(bytes)}`.split(`\r\n--${boundary}`);
  for (const part of parts.slice(1)) {
    const gap = part.indexOf("\r\n\r\n");
    if (part.startsWith("--") || gap < 0) continue;
    const head = part.slice(0, gap);
    const name = /\bname="([^"]*)"/i.exec(head)?.[1];
    if (name === undefined || name === "__proto__" || /\bfilename=/i.test(head)) continue;
    const value = part.slice(gap + 4);
    const earlier = values[name];
    if (earlier === undefined) values[name] = value;
    else values[name] = Array.isArray(earlier) ? [...earlier, value] : [earlier, value];
  }
  return values;
}

/** Joins the query string and a body; where both have a name, the body wins. */
export function joinParameters(query: Parameters, body: unknown): Parameters {
  return typeof body === "object" && body !== null && !Array.isArray(body) ? { ...query, ...body } : query;
}

/** The text of a parameter, and `undefined` for one that is left out, empty, or no text. */
export function textOf(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
