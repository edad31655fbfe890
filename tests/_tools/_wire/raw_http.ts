/** A request, byte for byte as it is to be sent. */
export interface RawRequest {
  method: string;
  target: string;
  headers: readonly (readonly [string, string])[];
  body?: Uint8Array | undefined;
  isChunked: boolean;
}

/** What came back. */
export interface RawResponse {
  status: number;
  /** By lower-case name; values of a repeated one joined by a comma. */
  headers: Map<string, string>;
  body: Uint8Array;
  /** False when the connection ended before the body was complete. */
  isComplete: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

/**
 * Sends one request on a connection of its own. `fetch` would refuse some methods and headers, and mend others.
 *
 * @returns The answer; `undefined` when none has come within `timeout` milliseconds
 */
export async function send(
  port: number,
  request: RawRequest,
  timeout: number,
): Promise<RawResponse | undefined> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), timeout);
  const answer = exchange(connection, request);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
    answer.catch(() => {});
  }
}

async function exchange(connection: Deno.Conn, request: RawRequest): Promise<RawResponse> {
  const writing = write(connection, request).catch(() => {
    // A server may answer and close before it has read all of the body.
  });
  const response = await read(connection, request.method);
  await writing;
  return response;
}

async function write(connection: Deno.Conn, request: RawRequest): Promise<void> {
  const { method, target, body, isChunked } = request;
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...request.headers.map(([name, value]) => `${name}: ${value}`),
  ];
  if (isChunked) lines.push("Transfer-Encoding: chunked");
  else if (body !== undefined || method === "POST" || method === "PUT") {
    lines.push(`Content-Length: ${body?.length ?? 0}`);
  }
  lines.push("Connection: close", "", "");
  await writeAll(connection, encoder.encode(lines.join("\r\n")));
  if (body === undefined) return;
  if (!isChunked) return await writeAll(connection, body);
  const middle = Math.ceil(body.length / 2);
  for (const chunk of [body.subarray(0, middle), body.subarray(middle)]) {
    if (chunk.length === 0) continue;
    await writeAll(connection, encoder.encode(`${chunk.length.toString(16)}\r\n`));
    await writeAll(connection, chunk);
    await writeAll(connection, encoder.encode("\r\n"));
  }
  await writeAll(connection, encoder.encode("0\r\n\r\n"));
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) at += await connection.write(bytes.subarray(at));
}

async function read(connection: Deno.Conn, method: string): Promise<RawResponse> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const buffer = new Uint8Array(64 * 1024);
    const read = await connection.read(buffer).catch(() => null);
    if (read === null) break;
    chunks.push(buffer.subarray(0, read));
    length += read;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return parse(bytes, method);
}

function parse(bytes: Uint8Array, method: string): RawResponse {
  const text = decoder.decode(bytes);
  const gap = text.indexOf("\r\n\r\n");
  if (gap < 0) {
    throw new Error("Cannot read the answer: the connection ended before its headers were complete");
  }
  const [statusLine = "", ...lines] = text.slice(0, gap).split("\r\n");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(":")).toLowerCase();
    const value = line.slice(line.indexOf(":") + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  const status = Number(statusLine.split(" ")[1]);
  const rest = bytes.subarray(gap + 4);
  if (method === "HEAD" || status === 204 || status === 304) {
    return { status, headers, body: rest, isComplete: rest.length === 0 };
  }
  if (headers.get("transfer-encoding") === "chunked") return { status, headers, ...unchunk(rest) };
  const length = headers.get("content-length");
  const isComplete = length === undefined || Number(length) === rest.length;
  return { status, headers, body: rest, isComplete };
}

function unchunk(bytes: Uint8Array): { body: Uint8Array; isComplete: boolean } {
  const body = new Uint8Array(bytes.length);
  let length = 0;
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf(0x0a, at);
    const size = lineEnd < 0 ? NaN : Number.parseInt(decoder.decode(bytes.subarray(at, lineEnd)), 16);
    if (Number.isNaN(size)) return { body: body.subarray(0, length), isComplete: false };
    at = lineEnd + 1;
    const chunk = bytes.subarray(at, at + size);
    body.set(chunk, length);
    length += chunk.length;
    at += size + 2;
    if (size === 0) return { body: body.subarray(0, length), isComplete: true };
    if (at > bytes.length) return { body: body.subarray(0, length), isComplete: false };
  }
}
