/** How the body of an answer ends. */
export type BodyEnd =
  /** In chunks; the connection closes without the last, empty one. */
  | "chunks cut"
  /** In chunks, with the last one, as a proxy sends it that takes the cut for the end. */
  | "chunks ended"
  /** Without a length: the end of the connection is the end of the body, cut or not. */
  | "closed"
  /** With the length of the whole body, of which less comes. */
  | "length";

/** An answer as it goes over the line. */
export interface RawAnswer {
  readonly headers?: readonly string[];
  /** What is sent of the body. */
  readonly body: Uint8Array;
  /** How many bytes the whole body would have. */
  readonly length: number;
  readonly end: BodyEnd;
}

/** A server that writes its answers byte by byte, one to each connection, so that they can end in any way. */
export class RawServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  readonly #serving: Promise<void>;

  /** Answers by the request's path. */
  constructor(answer: (path: string) => RawAnswer) {
    this.#serving = this.#serve(answer);
  }

  /** Where it is. */
  get url(): string {
    return `http://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}/user/ana`;
  }

  async #serve(answer: (path: string) => RawAnswer): Promise<void> {
    for await (const connection of this.#listener) {
      try {
        await writeAll(connection, encodeAnswer(answer(await readPath(connection))));
      } catch {
        // The client went away.
      }
      connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving.catch(() => {});
  }
}

/** Reads one request, and gives its path. */
async function readPath(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(16_384);
  let text = "";
  while (true) {
    const count = await connection.read(buffer);
    if (count === null) return "";
    text += new TextDecoder().decode(buffer.subarray(0, count));
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (text.length >= end + 4 + length) return text.split(" ", 2)[1] ?? "";
  }
}

function encodeAnswer({ headers = [], body, length, end }: RawAnswer): Uint8Array {
  const encoder = new TextEncoder();
  const isChunked = end.startsWith("chunks");
  const framing = isChunked
    ? ["transfer-encoding: chunked"]
    : end === "length"
    ? [`content-length: ${length}`]
    : [];
  const head = ["HTTP/1.1 200 OK", "connection: close", ...framing, ...headers, "", ""].join("\r\n");
  const pieces: Uint8Array[] = [encoder.encode(head)];
  if (!isChunked) pieces.push(body);
  for (let at = 0; isChunked && at < body.length; at += 1000) {
    const piece = body.subarray(at, at + 1000);
    pieces.push(encoder.encode(`${piece.length.toString(16)}\r\n`), piece, encoder.encode("\r\n"));
  }
  if (end === "chunks ended") pieces.push(encoder.encode("0\r\n\r\n"));
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
