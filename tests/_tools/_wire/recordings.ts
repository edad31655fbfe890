/** A request as it was recorded. */
export interface RecordedRequest {
  method: string;
  path: string;
  query?: Record<string, unknown> | [string, unknown][];
  headers?: Record<string, string>;
  body?: string | { base64: string } | null;
  transfer?: string;
}

/** An answer as it was recorded; `status` is null when none came. */
export interface RecordedResponse {
  status: number | null;
  headers: Record<string, string>;
  body: unknown;
  body_text?: string;
  transport?: string;
}

/** One file of recorded traffic. */
export interface Recording {
  /** The file's name without its ending, such as `001-get-json-anonymous`. */
  name: string;
  title: string;
  request: RecordedRequest;
  setup_sql?: string[];
  response: RecordedResponse;
  note?: string;
  server?: Record<string, unknown>;
}

/** Reads the recordings of a folder in the order of their names. */
export function readRecordings(dir: string): Recording[] {
  const names = [...Deno.readDirSync(dir)].map(({ name }) => name).filter((name) =>
    /^\d+-.*\.json$/.test(name)
  ).sort();
  return names.map((name) => ({
    ...JSON.parse(Deno.readTextFileSync(`${dir}/${name}`)),
    name: name.slice(0, -5),
  }));
}

/** The bytes of a request's body; `undefined` when there is none. */
export function bodyBytes(body: RecordedRequest["body"]): Uint8Array | undefined {
  if (body === null || body === undefined) return undefined;
  if (typeof body === "object") return Uint8Array.fromBase64(body.base64);
  return new TextEncoder().encode(writeOut(body));
}

/** Two long bodies are described rather than recorded; this writes out what the description says. */
function writeOut(body: string): string {
  const repeated = /^(.*)xxx\.\.\.(.*) with (\d+) x$/s.exec(body);
  if (repeated !== null) return `${repeated[1]}${"x".repeat(Number(repeated[3]))}${repeated[2]}`;
  const rows = /^(.*)\\n followed by (\d+) short rows \(about (\d+) KB\)$/s.exec(body);
  if (rows === null) return body;
  const [, header = "", count, size] = rows;
  const length = Math.floor(Number(size) * 1024 / Number(count)) - "\n".length;
  const lines = Array.from(
    { length: Number(count) },
    (_, index) => `${index + 1},`.padEnd(length - ",10".length, "n") + ",10",
  );
  return `${[header, ...lines].join("\n")}\n`;
}

/** Path and query string, percent-encoded, names in their order. */
export function requestTarget({ path, query = {} }: RecordedRequest): string {
  const pairs = Array.isArray(query) ? query : Object.entries(query);
  const search = pairs.map(([name, value]) =>
    `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`
  );
  return search.length === 0 ? path : `${path}?${search.join("&")}`;
}
