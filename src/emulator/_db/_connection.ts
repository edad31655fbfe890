import { createHash } from "node:crypto";
import type { BackendMessage } from "./engine.ts";
import {
  cancelMessage,
  MessageReader,
  parseError,
  passwordMessage,
  readInt32,
  startupMessage,
  terminateMessage,
} from "./protocol.ts";
import { DatabaseError } from "./query.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The most bytes that are read from a connection at once. */
const READ_SIZE = 128 * 1024;
/** Reads share a buffer of this size: a server sends 8 kB at a time, and memory for so much more each time would cost more. */
const BUFFER_SIZE = 4 * READ_SIZE;
/** A read of fewer bytes of a COPY is followed by a pause: each costs the same, and what comes meanwhile comes together. */
const SMALL_READ = READ_SIZE / 2;

/** A server, and whom to be there. */
export interface ServerAddress {
  /** Host name or address; a path is the folder of a Unix socket. */
  host: string;
  /** The port. */
  port: number;
  /** The user. */
  user: string;
  /** The user's password; empty when the server trusts us. */
  password: string;
  /** The database. */
  database: string;
}

/**
 * Reads a `postgres://` URL; `?host=/path` names a Unix socket.
 *
 * @throws {TypeError} For another kind of URL
 */
export function parseServerUrl(text: string): ServerAddress {
  const url = URL.parse(text);
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol)) {
    throw new TypeError("Cannot use the database URL: expected postgres://user:password@host:port/database");
  }
  const user = decodeURIComponent(url.username) || "postgres";
  return {
    host: url.searchParams.get("host") ??
      (decodeURIComponent(url.hostname).replace(/^\[|\]$/g, "") || "127.0.0.1"),
    port: url.port === "" ? 5432 : Number(url.port),
    user,
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || user,
  };
}

async function dial({ host, port }: ServerAddress): Promise<Deno.Conn> {
  return host.startsWith("/")
    ? await Deno.connect({ transport: "unix", path: `${host}/.s.PGSQL.${port}` })
    : await Deno.connect({ hostname: host, port });
}

/** One session on a PostgreSQL server. */
export class Connection {
  readonly #address: ServerAddress;
  readonly #connection: Deno.Conn;
  readonly #reader: MessageReader = new MessageReader();
  #queue: BackendMessage[] = [];
  /** Where the next bytes go; those read before are other people's by now. */
  #room: Uint8Array = new Uint8Array(0);
  #lastRead = 0;
  #processId = 0;
  #secretKey = 0;
  #isClosed = false;

  private constructor(address: ServerAddress, connection: Deno.Conn) {
    this.#address = address;
    this.#connection = connection;
  }

  /** Connects and logs in. */
  static async open(address: ServerAddress): Promise<Connection> {
    const connection = new Connection(address, await dial(address));
    try {
      await connection.#logIn();
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  /** Whether `d` messages come joined; see {@linkcode MessageReader.joinsCopyData}. */
  set joinsCopyData(joins: boolean) {
    this.#lastRead = READ_SIZE;
    this.#reader.joinsCopyData = joins;
  }

  /** Sends bytes whole. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  /** Waits for the next message. */
  async read(): Promise<BackendMessage> {
    const [message, ...rest] = await this.readAll();
    this.#queue = rest;
    return message as BackendMessage;
  }

  /** Waits for messages: all that are there, and at least one. */
  async readAll(): Promise<readonly BackendMessage[]> {
    for (;;) {
      if (this.#queue.length > 0) {
        const queue = this.#queue;
        this.#queue = [];
        return queue;
      }
      if (this.#reader.joinsCopyData && this.#lastRead < SMALL_READ) {
        await new Promise((resolve) => setTimeout(resolve));
      }
      if (this.#room.length < SMALL_READ) this.#room = new Uint8Array(BUFFER_SIZE);
      const room = this.#room;
      const count = await this.#connection.read(room.subarray(0, READ_SIZE));
      if (count === null) throw new Error("The connection to the database was closed by the server");
      this.#room = room.subarray(count);
      this.#lastRead = count;
      this.#queue = this.#reader.push(room.subarray(0, count));
    }
  }

  /** Asks the server to cancel what this session is doing. */
  async cancel(): Promise<void> {
    try {
      using connection = await dial(this.#address);
      await connection.write(cancelMessage(this.#processId, this.#secretKey));
    } catch {
      // The session is gone, or will be noticed to be.
    }
  }

  /** Ends the session. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.write(terminateMessage()).catch(() => {}).finally(() => this.#connection.close());
  }

  async #logIn(): Promise<void> {
    const { user, database, password } = this.#address;
    await this.write(
      startupMessage({ user, database, client_encoding: "UTF8", application_name: "cartoframes-emulator" }),
    );
    for (;;) {
      const { type, payload } = await this.read();
      if (type === "E") throw new DatabaseError(parseError(payload));
      if (type === "K") {
        this.#processId = readInt32(payload, 0);
        this.#secretKey = readInt32(payload, 4);
      }
      if (type === "Z") return;
      if (type === "R") await this.#authenticate(readInt32(payload, 0), payload.subarray(4), user, password);
    }
  }

  async #authenticate(method: number, data: Uint8Array, user: string, password: string): Promise<void> {
    if (method === 0) return;
    if (method === 3) return await this.write(passwordMessage(encoder.encode(`${password}\0`)));
    if (method === 5) {
      return await this.write(passwordMessage(md5Password(user, password, data.subarray(0, 4))));
    }
    if (method === 10) return await this.#scram(decoder.decode(data), password);
    throw new Error(`Cannot log in to the database: authentication method ${method} is not known`);
  }

  async #scram(mechanisms: string, password: string): Promise<void> {
    if (!mechanisms.split("\0").includes("SCRAM-SHA-256")) {
      throw new Error("Cannot log in to the database: it does not offer SCRAM-SHA-256");
    }
    const nonce = crypto.getRandomValues(new Uint8Array(18)).toBase64();
    const clientFirst = `n=,r=${nonce}`;
    const first = encoder.encode(`n,,${clientFirst}`);
    const head = encoder.encode("SCRAM-SHA-256\0");
    const initial = new Uint8Array(head.length + 4 + first.length);
    initial.set(head);
    new DataView(initial.buffer).setInt32(head.length, first.length);
    initial.set(first, head.length + 4);
    await this.write(passwordMessage(initial));

    const serverFirst = await this.#saslData(11);
    const { r: combined = "", s: salt = "", i: rounds = "0" } = scramFields(serverFirst);
    if (!combined.startsWith(nonce)) throw new Error("Cannot log in to the database: its answer is not ours");
    const salted = await pbkdf2(password, Uint8Array.fromBase64(salt), Number(rounds));
    const clientFinal = `c=biws,r=${combined}`;
    const signed = `${clientFirst},${serverFirst},${clientFinal}`;
    const clientKey = await hmac(salted, "Client Key");
    const storedKey = new Uint8Array(await crypto.subtle.digest("SHA-256", clientKey));
    const signature = await hmac(storedKey, signed);
    const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)).toBase64();
    await this.write(passwordMessage(encoder.encode(`${clientFinal},p=${proof}`)));

    const { v: verifier = "" } = scramFields(await this.#saslData(12));
    const expected = await hmac(await hmac(salted, "Server Key"), signed);
    if (verifier !== expected.toBase64()) {
      throw new Error("Cannot log in to the database: it does not know the password either");
    }
  }

  async #saslData(method: number): Promise<string> {
    const { type, payload } = await this.read();
    if (type === "E") throw new DatabaseError(parseError(payload));
    if (type !== "R" || readInt32(payload, 0) !== method) {
      throw new Error("Cannot log in to the database: unexpected answer");
    }
    return decoder.decode(payload.subarray(4));
  }
}

function md5Password(user: string, password: string, salt: Uint8Array): Uint8Array {
  const inner = createHash("md5").update(password + user).digest("hex");
  const outer = createHash("md5").update(inner).update(salt).digest("hex");
  return encoder.encode(`md5${outer}\0`);
}

function scramFields(text: string): Record<string, string> {
  return Object.fromEntries(text.split(",").map((part) => [part.slice(0, 1), part.slice(2)]));
}

async function pbkdf2(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const secret = encoder.encode(password.normalize("NFKC"));
  const key = await crypto.subtle.importKey("raw", secret, "PBKDF2", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations },
    key,
    256,
  );
  return new Uint8Array(bits);
}

async function hmac(secret: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
}
