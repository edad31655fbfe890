import type { Gzip } from "node:zlib";
import { ArgumentError, ResponseError } from "../errors/carto_error.ts";
import type { CopyData } from "./copy.ts";
import { errorFromAnswer } from "../http/_response_error.ts";
import type { AccountRequest, AccountRequests } from "./_requests.ts";

/** The platform lets a COPY run for hours, and says nothing while it sorts, indexes or commits. */
export const COPY_TIMEOUT = 600_000;

/** How a `COPY … TO STDOUT` is sent. */
interface CopyToRequest extends Pick<AccountRequest, "retry" | "signal" | "timeout" | "retries"> {
  /** Whether a part of the answer is only lent until the next one is asked for. */
  readonly lends?: boolean | undefined;
}

/** Sends a `COPY … TO STDOUT`; the stream of its rows fails where they are not whole. */
export async function openCopyTo(
  requests: AccountRequests,
  q: string,
  { lends, ...given }: CopyToRequest,
): Promise<ReadableStream<Uint8Array>> {
  const operation = "download rows by COPY";
  const request: AccountRequest = {
    method: "POST",
    path: "api/v2/sql/copyto",
    operation,
    form: { q },
    ...given,
    timeout: given.timeout ?? requests.timeout ?? COPY_TIMEOUT,
  };
  const answer = await (lends === true ? requests.lend(request) : requests.stream(request));
  return new CopyGuard(operation, requests.credentials.secrets).guard(answer.body);
}

/** Whether the same data can be read a second time. */
export function isRepeatable(data: CopyData): boolean {
  return typeof data === "string" || data instanceof Uint8Array || Array.isArray(data);
}

/** Pieces of which each is only lent until the next one is asked for, so that none need be copied. */
export class LentPieces implements AsyncIterable<Uint8Array> {
  readonly #pieces: AsyncIterable<Uint8Array>;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#pieces[Symbol.asyncIterator]();
  }
}

/**
 * Gives the memory of a buffer back now, instead of when the collector finds it: the engine hardly counts what lies outside
 * its heap. The network keeps what it was handed until it is sent.
 */
export function release(bytes: Uint8Array): void {
  if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
}

/**
 * The data piece by piece, each only lent until the next one is asked for. Of an iterable they are copies unless it lends
 * its own: encoders fill the same buffer again and again, while the network still holds what it was given.
 */
export async function* chunksOf(
  data: CopyData,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const whole = typeof data === "string" ? new TextEncoder().encode(data) : data;
  if (whole instanceof Uint8Array) {
    onBytes(whole.length);
    if (whole.length > 0) yield whole;
    return;
  }
  if (
    whole === null || typeof whole !== "object" ||
    !(Symbol.iterator in whole || Symbol.asyncIterator in whole)
  ) {
    throw new ArgumentError("Cannot copy: the data are no bytes, stream or iterable", { argument: "data" });
  }
  const isLent = whole instanceof LentPieces;
  for await (const chunk of whole) {
    if (!(chunk instanceof Uint8Array)) {
      throw new ArgumentError("Cannot copy: the data yield something else than a Uint8Array", {
        argument: "data",
      });
    }
    if (chunk.length === 0) continue;
    onBytes(chunk.length);
    const piece = isLent ? chunk : new Uint8Array(chunk);
    yield piece;
    if (!isLent) release(piece);
  }
}

/** A stream that takes from a generator when it is asked for more, and ends it when it is cancelled. */
export function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return(undefined);
    },
  }, { highWaterMark: 0 });
}

/** The pieces compressed with gzip; level 1 is four times as fast as the platform's own stream. */
export function gzipStream(chunks: AsyncGenerator<Uint8Array>, level: number): ReadableStream<Uint8Array> {
  let gzip: Gzip | undefined;
  let output: AsyncIterator<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (output === undefined) {
        const { createGzip } = await import("node:zlib");
        gzip = createGzip({ level, chunkSize: 64 * 1024 });
        output = gzip[Symbol.asyncIterator]();
        feed(gzip, chunks);
      }
      const { done, value } = await output.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      const ended = chunks.return(undefined);
      if (gzip === undefined) return void await ended;
      // The compression may be waiting for more data: ending it must not wait, too
      ended.catch(() => {});
      gzip.destroy();
    },
  }, { highWaterMark: 0 });
}

/** Compresses piece after piece, each done with before the next one is asked for; their failure becomes the output's. */
async function feed(gzip: Gzip, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const piece of chunks) {
      await new Promise<void>((resolve, reject) =>
        gzip.write(piece, (error) => error ? reject(error) : resolve())
      );
    }
    gzip.end();
  } catch (error) {
    gzip.destroy(error as Error);
  }
}

/** The first bytes of every binary COPY: "PGCOPY", then bytes of which FF occurs in no UTF-8 text. */
const BINARY_SIGNATURE = [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00];
/** How much of an unfinished line is held back, and how much of it is kept when it grows longer. */
const MAX_HELD = 1024 * 1024;
const KEPT = 64 * 1024;

/**
 * Passes COPY output on, and fails at its end when it is not whole.
 *
 * When PostgreSQL fails after rows were sent, the server appends the JSON of the error to the data
 * and ends the stream as if all were well. But a complete COPY in text or CSV format is either empty
 * or ends with a line feed, and one in binary format ends with the trailer FF FF; the JSON ends with
 * a brace. So the last bytes decide, and the same rule finds an answer that was cut within a row.
 *
 * What follows the last line feed is held back, so that no part of the error text is passed on; of
 * a very long row only the end is.
 */
class CopyGuard {
  readonly #operation: string;
  readonly #secrets: readonly string[];
  /** The first bytes, for telling the format. */
  #head: Uint8Array = new Uint8Array(0);
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(operation: string, secrets: readonly string[]) {
    this.#operation = operation;
    this.#secrets = secrets;
  }

  /** The stream with its end checked. A `TransformStream` would do, at thrice the price for each piece. */
  guard(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = source.getReader();
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        for (let isPassed = false; !isPassed;) {
          const { done, value } = await reader.read();
          if (done) {
            this.#end(controller);
            return controller.close();
          }
          isPassed = this.#pass(value, controller);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
  }

  /** Takes the next bytes and passes on what cannot be an error text; false where that is nothing. */
  #pass(chunk: Uint8Array, controller: ReadableStreamDefaultController<Uint8Array>): boolean {
    if (chunk.length === 0) return false;
    if (this.#head.length < BINARY_SIGNATURE.length) {
      this.#head = join([this.#head, chunk.subarray(0, BINARY_SIGNATURE.length)]).slice(
        0,
        BINARY_SIGNATURE.length,
      );
    }
    const end = chunk.lastIndexOf(0x0a) + 1;
    if (end > 0) {
      this.#release(controller);
      controller.enqueue(chunk.subarray(0, end));
    }
    if (end < chunk.length) this.#hold(chunk.subarray(end));
    if (this.#heldBytes > MAX_HELD) {
      const all = join(this.#held);
      controller.enqueue(all.subarray(0, all.length - KEPT));
      this.#held = [];
      this.#heldBytes = 0;
      this.#hold(all.subarray(all.length - KEPT));
      return true;
    }
    return end > 0;
  }

  /** Ends well, or with the server's error. */
  #end(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const tail = join(this.#held);
    if (tail.length === 0) {
      // A binary stream that ends in 0A was cut: its last byte is FF.
      if (this.#isBinary()) throw this.#failure("");
      return;
    }
    if (this.#isBinary() && tail.at(-1) === 0xff && tail.at(-2) === 0xff) {
      controller.enqueue(tail);
      return;
    }
    throw this.#failure(new TextDecoder().decode(tail));
  }

  /** Keeps a copy: the bytes may only be lent. */
  #hold(piece: Uint8Array): void {
    this.#held.push(new Uint8Array(piece));
    this.#heldBytes += piece.length;
  }

  #release(controller: ReadableStreamDefaultController<Uint8Array>): void {
    for (const piece of this.#held) controller.enqueue(piece);
    this.#held = [];
    this.#heldBytes = 0;
  }

  #isBinary(): boolean {
    return this.#head.length === BINARY_SIGNATURE.length &&
      this.#head.every((byte, index) => byte === BINARY_SIGNATURE[index]);
  }

  #failure(tail: string): ResponseError {
    const json = /\{"error":\[.*\].*\}$/s.exec(tail)?.[0];
    if (json === undefined) {
      return new ResponseError(
        "incomplete-response",
        `Cannot ${this.#operation}: the answer was cut off in the middle of a row`,
        { status: 200, hint: "Read again" },
      );
    }
    const error = errorFromAnswer({
      operation: this.#operation,
      status: 200,
      headers: new Headers(),
      text: json,
      retryAfter: undefined,
      secrets: this.#secrets,
    });
    // The meaning that counts is that the data are not whole; why, the message tells.
    const code = error.code === "statement-timeout" ? error.code : "incomplete-response";
    return new ResponseError(code, error.message, {
      status: 200,
      context: error.context,
      detail: error.detail,
      hint: error.hint,
      serverMessages: error.serverMessages,
    });
  }
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1 && pieces[0] !== undefined) return pieces[0];
  const result = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}
