import { HEADER, messageLength } from "../_db/protocol.ts";

/** The size of the buffer from which a database server sends; what is in it when an error ends a COPY is lost. */
const SEND_BUFFER = 8192;

/** Bytes that go into one chunk of an answer, where so many come soon: a chunk costs both sides the same, however small. */
const CHUNK = 128 * 1024;
/** The room for a chunk and what comes in at once. */
const CAPACITY = CHUNK + 64 * 1024;
/** Milliseconds that bytes wait for others. */
const SOON = 2;

/**
 * Takes the data out of the messages of a `COPY … TO STDOUT` and sends them on in large chunks.
 *
 * They are held back as a server's send buffer does, so that an error finds the same bytes sent: only whole messages are let
 * go, once all their bytes would have left the buffer.
 */
export class CopyOutput {
  readonly #send: (chunk: Uint8Array<ArrayBuffer>) => void | Promise<void>;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(CAPACITY);
  #filled = 0;
  /** How many of the bytes have been let go. */
  #free = 0;
  /** Bytes in the server's buffer. */
  #held = 0;
  #clock: ReturnType<typeof setTimeout> | undefined;

  /** @param send Takes a chunk; a returned promise resolves once there is room again */
  constructor(send: (chunk: Uint8Array<ArrayBuffer>) => void | Promise<void>) {
    this.#send = send;
  }

  /** Counts a message that carries no data. */
  skip(payload: Uint8Array): void {
    this.#held = (this.#held + HEADER + payload.length) % SEND_BUFFER;
  }

  /**
   * Takes the data of whole messages. A returned promise resolves once there is room again.
   *
   * All is copied at once, and then the data are moved together over the heads between them: nothing is made for a message.
   */
  put(messages: Uint8Array): void | Promise<void> {
    this.#reserve(messages.length);
    const bytes = this.#bytes;
    const stop = this.#filled + messages.length;
    bytes.set(messages, this.#filled);
    for (let at = this.#filled; at < stop;) {
      const length = messageLength(bytes, at);
      const held = this.#held + length;
      if (held >= SEND_BUFFER || this.#held === 0) this.#free = this.#filled;
      this.#held = held % SEND_BUFFER;
      bytes.copyWithin(this.#filled, at + HEADER, at + length);
      this.#filled += length - HEADER;
      at += length;
    }
    if (this.#free >= CHUNK) return this.flush();
    if (this.#free > 0) this.#clock ??= setTimeout(() => void this.flush(), SOON);
  }

  /** Sends what has been let go. */
  flush(): void | Promise<void> {
    clearTimeout(this.#clock);
    this.#clock = undefined;
    if (this.#free === 0) return;
    const chunk = this.#bytes.subarray(0, this.#free);
    const kept = this.#bytes.subarray(this.#free, this.#filled);
    this.#bytes = new Uint8Array(CAPACITY + kept.length);
    this.#bytes.set(kept);
    this.#filled = kept.length;
    this.#free = 0;
    return this.#send(chunk);
  }

  /** Everything that is left, once the end has come. */
  rest(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#filled);
  }

  #reserve(more: number): void {
    if (this.#filled + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#filled + more));
    larger.set(this.#bytes.subarray(0, this.#filled));
    this.#bytes = larger;
  }
}
