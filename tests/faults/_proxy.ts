/**
 * A proxy between a client and a local CARTO that does harm: it cuts connections, answers in the server's place,
 * withholds answers. Each request travels on a connection of its own, so that a cut is exact to the byte.
 */

/** The requests of an upload, told apart by what they ask for. */
export type Step =
  | "quota"
  | "look"
  | "sweep"
  | "create"
  | "copy"
  | "finish"
  | "probe"
  | "tally"
  | "drop"
  | "job"
  | "job-look"
  | "job-cancel"
  | "privacy"
  | "other";

/** What is done to a request. */
export type Harm =
  /** So many bytes of the body reach the server, then both connections are closed; or held, until the client goes. */
  | { readonly kind: "cut-request"; readonly bytes: number; readonly hold?: boolean }
  /** The server does its work; so many bytes of its answer reach the client. Less than 0 counts from the end. */
  | { readonly kind: "cut-answer"; readonly bytes: number; readonly hold?: boolean }
  /**
   * The client gets another answer; the server is asked before, some milliseconds later, just before the next request
   * of the same step, or not at all.
   */
  | { readonly kind: "answer"; readonly answer: Answer; readonly server?: "before" | "next" | number };

/** An answer that no server of CARTO gave. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Harm to the requests of one step. */
export interface Fault {
  readonly step: Step;
  readonly harm: Harm;
  /** How many requests of the step are harmed; the first one when not given. */
  readonly times?: number;
  /** Is told when the harm is done, or when a connection is being held. */
  readonly onHarm?: () => void;
}

interface Upstream {
  readonly hostname: string;
  readonly port: number;
}

/** A request without its body. */
interface Head {
  readonly method: string;
  readonly path: string;
  /** Header lines to pass on. */
  readonly lines: readonly string[];
  readonly length: number;
  readonly isChunked: boolean;
}

/** The proxy; it listens on loopback. */
export class FaultProxy implements AsyncDisposable {
  /** What was asked since the faults were set, in order. */
  steps: Step[] = [];
  /** How often harm was done since the faults were set. */
  harmed = 0;
  /** The body of the last upload, as it was sent. */
  lastCopy: Uint8Array = new Uint8Array();
  readonly #upstream: Upstream;
  readonly #listener: Deno.TcpListener;
  readonly #serving: Promise<void>;
  readonly #open: Set<Promise<void>> = new Set();
  #faults: readonly Fault[] = [];
  #left: Map<Fault, number> = new Map();
  /** Requests that reach the server late. */
  #late: Map<Step, () => Promise<unknown>> = new Map();

  /** Starts to listen in front of a server. */
  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#upstream = { hostname, port: Number(port) };
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#serving = this.#serve();
  }

  /** The address of the proxy. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Sets what harm is to be done from now on. */
  set(faults: readonly Fault[]): void {
    this.steps = [];
    this.harmed = 0;
    this.#late.clear();
    this.#faults = faults;
    this.#left = new Map(faults.map((fault) => [fault, fault.times ?? 1]));
  }

  /** Waits until every request that came has ended. */
  async settle(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  /** Stops listening and waits for what is open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
    await this.settle();
  }

  async #serve(): Promise<void> {
    for await (const client of this.#listener) {
      const exchange = this.#exchange(client).catch(() => {}).finally(() => {
        close(client);
        this.#open.delete(exchange);
      });
      this.#open.add(exchange);
    }
  }

  async #exchange(client: Deno.TcpConn): Promise<void> {
    const reader = new Reader(client);
    const head = await readHead(reader);
    if (head === undefined) return;
    const isCopy = head.path.includes("/copyfrom");
    // Only an upload is too long to be read before it is known what it asks for
    const body = isCopy ? undefined : join(await Array.fromAsync(payload(reader, head)));
    const step = stepOf(head, new TextDecoder().decode(body));
    this.steps.push(step);
    const fault = this.#take(step);
    const chunks = body === undefined ? this.#recorded(payload(reader, head)) : [body];
    const exchange = new Exchange(this.#upstream, client, head, chunks, body?.length);
    const late = this.#late.get(step);
    this.#late.delete(step);
    await late?.();
    if (fault?.harm.kind === "answer" && fault.harm.server === "next") {
      this.#late.set(step, () => exchange.ask());
    }
    if (fault === undefined) return await exchange.relay();
    this.harmed++;
    await exchange.harm(fault);
  }

  #take(step: Step): Fault | undefined {
    const fault = this.#faults.find((fault) => fault.step === step && (this.#left.get(fault) ?? 0) > 0);
    if (fault !== undefined) this.#left.set(fault, (this.#left.get(fault) ?? 0) - 1);
    return fault;
  }

  async *#recorded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const seen: Uint8Array[] = [];
    for await (const chunk of chunks) {
      seen.push(chunk);
      yield chunk;
    }
    this.lastCopy = join(seen);
  }
}

/** One request and its answer. */
class Exchange {
  constructor(
    readonly upstream: Upstream,
    readonly client: Deno.TcpConn,
    readonly head: Head,
    readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    readonly length: number | undefined,
  ) {}

  /** Passes request and answer on as they are. */
  async relay(): Promise<void> {
    await write(this.client, await this.ask());
  }

  async harm({ harm, onHarm }: Fault): Promise<void> {
    switch (harm.kind) {
      case "cut-request":
        return await this.#cutRequest(harm.bytes, harm.hold === true, onHarm);
      case "cut-answer": {
        const answer = await this.ask();
        await write(
          this.client,
          answer.subarray(0, harm.bytes < 0 ? answer.length + harm.bytes : harm.bytes),
        );
        onHarm?.();
        if (harm.hold === true) await gone(this.client);
        return;
      }
      case "answer": {
        if (harm.server === "before") await this.ask();
        // The rest of the request is taken all the same: who is still sending hears no answer
        else if (this.length === undefined) await Array.fromAsync(this.chunks);
        await write(this.client, answerBytes(harm.answer));
        onHarm?.();
        if (typeof harm.server !== "number") return;
        await new Promise((resolve) => setTimeout(resolve, harm.server as number));
        await this.ask();
      }
    }
  }

  /** Sends the request to the server and reads the whole answer. */
  async ask(): Promise<Uint8Array> {
    const server = await Deno.connect(this.upstream);
    try {
      const answer = readAll(server);
      // A client that is gone ends the request for the server too
      const sent = this.#send(server).catch(() => close(server));
      const bytes = await answer;
      await sent;
      return bytes;
    } finally {
      close(server);
    }
  }

  async #send(server: Deno.TcpConn): Promise<void> {
    // A server that has answered before the end may hear no more; its answer counts
    const tell = (bytes: Uint8Array) => write(server, bytes).catch(() => {});
    await tell(this.#headBytes());
    for await (const chunk of this.chunks) await tell(this.#framed(chunk));
    if (this.length === undefined) await tell(ENCODER.encode("0\r\n\r\n"));
  }

  async #cutRequest(bytes: number, hold: boolean, onHarm: (() => void) | undefined): Promise<void> {
    const server = await Deno.connect(this.upstream);
    try {
      await write(server, this.#headBytes());
      let room = bytes;
      for await (const chunk of this.chunks) {
        const part = chunk.subarray(0, room);
        if (part.length > 0) await write(server, this.#framed(part));
        room -= part.length;
        if (room === 0) break;
      }
      onHarm?.();
      if (hold) await gone(this.client);
    } finally {
      close(server);
    }
  }

  #headBytes(): Uint8Array {
    const { method, path, lines } = this.head;
    const framing = this.length === undefined
      ? ["transfer-encoding: chunked"]
      : this.length > 0
      ? [`content-length: ${this.length}`]
      : [];
    return ENCODER.encode(
      [`${method} ${path} HTTP/1.1`, ...lines, ...framing, "connection: close", "", ""].join("\r\n"),
    );
  }

  #framed(chunk: Uint8Array): Uint8Array {
    if (this.length !== undefined) return chunk;
    return join([ENCODER.encode(`${chunk.length.toString(16)}\r\n`), chunk, ENCODER.encode("\r\n")]);
  }
}

const ENCODER = new TextEncoder();

function answerBytes({ status, type, body, headers = {} }: Answer): Uint8Array {
  const bytes = ENCODER.encode(body);
  const all = {
    "content-type": type,
    "content-length": String(bytes.length),
    connection: "close",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return join([ENCODER.encode(`HTTP/1.1 ${status} Told\r\n${lines}\r\n`), bytes]);
}

/** What a request asks for. */
function stepOf({ method, path }: Head, body: string): Step {
  if (path.includes("/api/v3/me")) return "quota";
  if (path.includes("/api/v1/viz")) return method === "PUT" ? "privacy" : "other";
  if (path.includes("/copyfrom")) return "copy";
  if (path.includes("/sql/job")) {
    return method === "GET" ? "job-look" : method === "POST" ? "job" : "job-cancel";
  }
  const sql = new URLSearchParams(body).get("q") ?? "";
  if (sql.includes("AS staging")) return "look";
  if (sql.includes(" NOWAIT;")) return "sweep";
  if (/^CREATE (UNLOGGED )?TABLE/.test(sql)) return "create";
  if (sql.startsWith("DO $cartoframes$")) return "finish";
  if (sql.startsWith("SELECT 1 FROM")) return "probe";
  if (sql.startsWith("SELECT inserted")) return "tally";
  return sql.startsWith("DROP TABLE") ? "drop" : "other";
}

/** Bytes of a connection, by line or by number. */
class Reader {
  #held: Uint8Array = new Uint8Array();
  readonly #conn: Deno.TcpConn;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** A line without its end; undefined when the connection ends before. */
  async line(): Promise<string | undefined> {
    while (true) {
      const end = this.#held.indexOf(10);
      if (end >= 0) return new TextDecoder().decode(this.#shift(end + 1)).replace(/\r?\n$/, "");
      if (!await this.#more()) return undefined;
    }
  }

  /** The next bytes, at most so many. */
  async some(most: number): Promise<Uint8Array> {
    if (this.#held.length === 0 && !await this.#more()) throw new Error("the client is gone");
    return this.#shift(Math.min(most, this.#held.length));
  }

  async #more(): Promise<boolean> {
    const buffer = new Uint8Array(16_384);
    const count = await this.#conn.read(buffer);
    if (count === null) return false;
    this.#held = join([this.#held, buffer.subarray(0, count)]);
    return true;
  }

  #shift(count: number): Uint8Array {
    const first = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return first;
  }
}

async function readHead(reader: Reader): Promise<Head | undefined> {
  const [method, path] = (await reader.line() ?? "").split(" ");
  if (method === undefined || path === undefined) return undefined;
  const lines: string[] = [];
  let length = 0;
  let isChunked = false;
  for (let line = await reader.line(); line !== undefined && line !== ""; line = await reader.line()) {
    const [name = "", value = ""] = line.split(/:\s*/, 2);
    if (/^content-length$/i.test(name)) length = Number(value);
    else if (/^transfer-encoding$/i.test(name)) isChunked = true;
    else if (!/^(connection|keep-alive)$/i.test(name)) lines.push(line);
  }
  return { method, path, lines, length, isChunked };
}

/** The body of a request without its framing. */
async function* payload(reader: Reader, { length, isChunked }: Head): AsyncGenerator<Uint8Array> {
  if (!isChunked) return yield* exactly(reader, length);
  while (true) {
    const size = parseInt(await reader.line() ?? "", 16);
    if (Number.isNaN(size)) throw new Error("the client is gone");
    yield* exactly(reader, size);
    await reader.line();
    if (size === 0) return;
  }
}

async function* exactly(reader: Reader, length: number): AsyncGenerator<Uint8Array> {
  for (let left = length; left > 0;) {
    const bytes = await reader.some(left);
    left -= bytes.length;
    yield bytes;
  }
}

async function readAll(conn: Deno.TcpConn): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const buffer = new Uint8Array(16_384);
  for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
    chunks.push(buffer.slice(0, count));
  }
  return join(chunks);
}

/** Waits until the client closes the connection, or its process is killed. */
async function gone(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(16_384);
  try {
    while (await conn.read(buffer) !== null);
  } catch {
    // Gone with a reset
  }
}

async function write(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // Closed before
  }
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
