import type { Engine } from "../_db/engine.ts";
import { parseError } from "../_db/protocol.ts";
import { ByteWriter } from "../_formats/byte_writer.ts";
import { ApiError, type HandlerRequest } from "../_handler.ts";
import { BodyStream } from "./body_stream.ts";
import { COPY_TIMEOUT, readCopySql } from "./copy_sql.ts";
import { textOf } from "./parameters.ts";
import { databaseError } from "./responses.ts";

const DEFAULT_FILENAME = "carto-sql-copyto.dmp";

/** Milliseconds without an answer to a COPY that reads. */
const IN_VAIN = 60_000;

/** The type and the length of a message of the database's protocol. */
const MESSAGE_HEADER = 5;

/** The size of the buffer from which a database server sends; what is in it when an error ends a COPY is lost. */
const SEND_BUFFER = 8192;

/**
 * Holds back data as a server's send buffer does, so that an error finds the same bytes sent.
 *
 * Only whole messages are let go, once all their bytes would have left the buffer.
 */
export class SendBuffer {
  readonly #held = new ByteWriter(2 * SEND_BUFFER);
  #sent = 0;

  /** Counts a message that carries no data. */
  skip(payload: Uint8Array): void {
    this.#sent += MESSAGE_HEADER + payload.length;
  }

  /** Takes the data of one message; returns what has left the buffer, if anything has. */
  push(data: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    const before = this.#sent;
    this.#sent += MESSAGE_HEADER + data.length;
    const boundary = this.#sent - this.#sent % SEND_BUFFER;
    const isLetGo = this.#held.length > 0 && boundary >= before;
    const gone = isLetGo ? this.#held.take() : undefined;
    this.#held.bytes(data);
    return gone;
  }

  /** Everything that is left, once the end has come. */
  rest(): Uint8Array<ArrayBuffer> {
    return this.#held.take();
  }
}

/** Bytes that go into one chunk of an answer, where so many come soon. */
const CHUNK = 64 * 1024;
/** Milliseconds that bytes wait for others. */
const SOON = 2;

/** Joins small pieces into larger chunks: a chunk costs server and client the same, however small it is. */
class Chunks {
  readonly #send: (chunk: Uint8Array<ArrayBuffer>) => void | Promise<void>;
  readonly #gathered = new ByteWriter(2 * CHUNK);
  #clock: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (chunk: Uint8Array<ArrayBuffer>) => void | Promise<void>) {
    this.#send = send;
  }

  /** Takes a piece. A returned promise resolves once there is room again. */
  put(piece: Uint8Array): void | Promise<void> {
    this.#gathered.bytes(piece);
    if (this.#gathered.length >= CHUNK) return this.flush();
    this.#clock ??= setTimeout(() => void this.flush(), SOON);
  }

  /** Sends what is there. */
  flush(): void | Promise<void> {
    clearTimeout(this.#clock);
    this.#clock = undefined;
    return this.#gathered.length === 0 ? undefined : this.#send(this.#gathered.take());
  }
}

/**
 * `GET|POST …/sql/copyto`: the data of a `COPY … TO STDOUT` as they come.
 *
 * @throws {ApiError} Without a COPY statement, and for an error that comes before any data were sent
 */
export function copyTo(engine: Engine, request: HandlerRequest): Promise<Response> {
  const sql = readCopySql(request.parameters);
  const filename = textOf(request.parameters, "filename") ?? DEFAULT_FILENAME;
  const headers = {
    "content-disposition": `attachment; filename=${encodeURIComponent(filename)}`,
    "content-type": "application/octet-stream",
  };
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const body = new BodyStream();
  const buffer = new SendBuffer();
  const chunks = new Chunks(send);
  let isStarted = false;
  let failure: ApiError | undefined;
  let isInput = false;

  function send(data: Uint8Array<ArrayBuffer>): void | Promise<void> {
    if (!isStarted) resolve(new Response(body.readable, { headers }));
    isStarted = true;
    return body.write(data);
  }

  function finish(): void {
    if (isInput) {
      waitInVain(request.signal).then(() => reject(failure ?? new ApiError(400, "No rows copied")));
      return;
    }
    void chunks.flush();
    if (failure !== undefined && !isStarted) {
      reject(failure);
      return;
    }
    const rest = buffer.rest();
    if (failure !== undefined) {
      send(new TextEncoder().encode(JSON.stringify({ error: [failure.message] })));
    } else if (rest.length > 0) {
      send(rest);
    } else if (!isStarted) {
      resolve(new Response("", { headers }));
    }
    body.close();
  }

  engine.run(sql, {
    role: request.key.role,
    statementTimeout: COPY_TIMEOUT,
    signal: AbortSignal.any([request.signal, body.signal]),
    onMessage({ type, payload }) {
      if (type === "d") {
        const gone = buffer.push(payload);
        return gone === undefined ? undefined : chunks.put(gone);
      }
      if (type === "H") buffer.skip(payload);
      else if (type === "G") isInput = true;
      else if (type === "E") failure ??= databaseError(parseError(payload));
    },
  }).then(finish).catch((error) => {
    void chunks.flush();
    body.fail(error);
    reject(error);
  });
  return promise;
}

/** A server that was told to read waits for data that a client of this endpoint cannot send; it answers late. */
async function waitInVain(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, IN_VAIN);
  const stop = () => resolve();
  signal.addEventListener("abort", stop);
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", stop);
}
