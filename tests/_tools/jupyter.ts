/**
 * Deno's Jupyter kernel, spoken to as a notebook does: messages of Jupyter's protocol, signed, over two sockets of
 * ZeroMQ's (ZMTP 3.0 without encryption), which are a greeting, a command each way, and frames.
 */
import { spawnDeno } from "./run_deno.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const MORE = 1;
const LONG = 2;
const COMMAND = 4;

/** One socket of ZeroMQ's, connected. */
class ZmqSocket implements Disposable {
  readonly #connection: Deno.TcpConn;
  #read = new Uint8Array();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async connect(port: number, type: "DEALER" | "SUB"): Promise<ZmqSocket> {
    const socket = new ZmqSocket(await Deno.connect({ hostname: "127.0.0.1", port }));
    // Signature, version 3.0, mechanism NULL, not the server, and room.
    const greeting = new Uint8Array(64);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0, ...encoder.encode("NULL")]);
    await socket.#write(greeting);
    await socket.#take(64);
    await socket.#sendFrame(
      COMMAND,
      encoder.encode(`\x05READY\x0bSocket-Type\0\0\0${char(type.length)}${type}`),
    );
    await socket.#receiveFrame();
    // All topics
    if (type === "SUB") await socket.#sendFrame(0, Uint8Array.of(1));
    return socket;
  }

  async send(parts: readonly Uint8Array[]): Promise<void> {
    for (const [i, part] of parts.entries()) await this.#sendFrame(i < parts.length - 1 ? MORE : 0, part);
  }

  async receive(): Promise<Uint8Array[]> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const { flags, body } = await this.#receiveFrame();
      if ((flags & COMMAND) !== 0) continue;
      parts.push(body);
      if ((flags & MORE) === 0) return parts;
    }
  }

  async #sendFrame(flags: number, body: Uint8Array): Promise<void> {
    const head = new Uint8Array(9);
    head[0] = flags | LONG;
    new DataView(head.buffer).setBigUint64(1, BigInt(body.length));
    await this.#write(head);
    await this.#write(body);
  }

  async #receiveFrame(): Promise<{ flags: number; body: Uint8Array }> {
    const [flags = 0] = await this.#take(1);
    const size = (flags & LONG) === 0
      ? (await this.#take(1))[0] ?? 0
      : Number(new DataView((await this.#take(8)).buffer).getBigUint64(0));
    return { flags, body: await this.#take(size) };
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  /** Exactly so many bytes, in memory of their own. */
  async #take(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const result = new Uint8Array(count);
    for (let at = 0; at < count;) {
      if (this.#read.length === 0) {
        const buffer = new Uint8Array(65_536);
        const length = await this.#connection.read(buffer);
        if (length === null) throw new Error("The kernel has ended");
        this.#read = buffer.subarray(0, length);
      }
      const part = this.#read.subarray(0, count - at);
      result.set(part, at);
      at += part.length;
      this.#read = this.#read.subarray(part.length);
    }
    return result;
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

const char = String.fromCharCode;

interface Message {
  readonly type: string;
  /** The id of the message that it answers. */
  readonly parent: string | undefined;
  readonly content: {
    readonly data?: Readonly<Record<string, string>>;
    readonly execution_state?: string;
    readonly evalue?: string;
    readonly text?: string;
  };
}

/** What a cell gave out. */
export interface CellOutput {
  /** What it showed, by media type. */
  readonly shown: readonly Readonly<Record<string, string>>[];
  /** What it printed. */
  readonly printed: string;
  /** Why it failed; undefined where it did not. */
  readonly error: string | undefined;
}

/** A kernel that runs. */
export class Kernel implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #shell: ZmqSocket;
  readonly #output: ZmqSocket;
  readonly #key: CryptoKey;

  private constructor(process: Deno.ChildProcess, shell: ZmqSocket, output: ZmqSocket, key: CryptoKey) {
    this.#process = process;
    this.#shell = shell;
    this.#output = output;
    this.#key = key;
  }

  /** Starts one in a folder, as beside a notebook that lies there. */
  static async start(folder: string): Promise<Kernel> {
    const key = crypto.randomUUID();
    const [shell = 0, iopub = 0, stdin = 0, control = 0, heartbeat = 0] = freePorts(5);
    const connection = `${folder}/.kernel.json`;
    await Deno.writeTextFile(
      connection,
      JSON.stringify({
        transport: "tcp",
        ip: "127.0.0.1",
        shell_port: shell,
        iopub_port: iopub,
        stdin_port: stdin,
        control_port: control,
        hb_port: heartbeat,
        key,
        signature_scheme: "hmac-sha256",
        kernel_name: "deno",
      }),
    );
    const process = await spawnDeno(["jupyter", "--kernel", "--conn", connection], {
      cwd: folder,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    try {
      const output = await patiently(() => ZmqSocket.connect(iopub, "SUB"));
      const dealer = await patiently(() => ZmqSocket.connect(shell, "DEALER"));
      const algorithm = { name: "HMAC", hash: "SHA-256" };
      const secret = await crypto.subtle.importKey("raw", encoder.encode(key), algorithm, false, ["sign"]);
      return new Kernel(process, dealer, output, secret);
    } catch (error) {
      process.kill("SIGKILL");
      await process.status;
      throw error;
    }
  }

  /** Runs a cell to its end. */
  async run(code: string): Promise<CellOutput> {
    const cell = await this.#request("execute_request", {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
    });
    const shown: Record<string, string>[] = [];
    let printed = "";
    let error: string | undefined;
    // What a cell shows may come after the kernel has said that it is idle: a question after it makes sure.
    let last = cell;
    for (;;) {
      const { type, parent, content } = readMessage(await this.#output.receive());
      if (parent === last && type === "status" && content.execution_state === "idle") {
        await this.#shell.receive();
        if (last !== cell) return { shown, printed, error };
        last = await this.#request("kernel_info_request", {});
      }
      if (parent !== cell) continue;
      if (content.data) shown.push(content.data);
      if (type === "stream") printed += content.text ?? "";
      if (type === "error") error = content.evalue ?? "";
    }
  }

  /** Sends a message, signed; gives its id. */
  async #request(type: string, content: Readonly<Record<string, unknown>>): Promise<string> {
    const id = crypto.randomUUID();
    const header = {
      msg_id: id,
      msg_type: type,
      session: id,
      username: "ana",
      date: new Date().toISOString(),
      version: "5.3",
    };
    const parts = [header, {}, {}, content].map((part) => encoder.encode(JSON.stringify(part)));
    const signature = await crypto.subtle.sign("HMAC", this.#key, await new Blob(parts).arrayBuffer());
    const hex = new Uint8Array(signature).toHex();
    await this.#shell.send([encoder.encode("<IDS|MSG>"), encoder.encode(hex), ...parts]);
    return id;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#shell[Symbol.dispose]();
    this.#output[Symbol.dispose]();
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }
}

function readMessage(parts: readonly Uint8Array[]): Message {
  const at = parts.findIndex((part) => decoder.decode(part) === "<IDS|MSG>");
  const [header, parent, , content] = parts.slice(at + 2, at + 6).map((part) =>
    JSON.parse(decoder.decode(part))
  );
  return { type: header.msg_type, parent: parent?.msg_id, content };
}

function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

/** Again while nobody listens yet. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + 30_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused) || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
