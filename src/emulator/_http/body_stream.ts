/** Bytes that may wait for a slow client before the source is held back. */
const HIGH_WATER_MARK = 256 * 1024;

/** The body of an answer that is written piece by piece and held back when the client is slower than the source. */
export class BodyStream {
  /** What the answer is made of. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  #isEnded = false;
  #resume: (() => void) | undefined;
  readonly #gone = new AbortController();

  /** Builds an empty body. */
  constructor() {
    this.readable = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#resume?.(),
      cancel: () => {
        this.#isEnded = true;
        this.#gone.abort();
        this.#resume?.();
      },
    }, { highWaterMark: HIGH_WATER_MARK, size: (chunk) => chunk?.byteLength ?? 0 });
  }

  /** Ends when the client has gone before the body was complete. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Appends bytes. A returned promise resolves once there is room again. */
  write(chunk: Uint8Array<ArrayBuffer>): void | Promise<void> {
    if (this.#isEnded || chunk.length === 0 || this.#controller === undefined) return;
    this.#controller.enqueue(chunk);
    // A client that has gone is noticed while it is handed the bytes: nobody would ask for more then
    if (this.#gone.signal.aborted || (this.#controller.desiredSize ?? 1) > 0) return;
    return new Promise((resolve) => {
      this.#resume = () => {
        this.#resume = undefined;
        resolve();
      };
    });
  }

  /** Completes the body. */
  close(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#controller?.close();
  }

  /** Cuts the body off: the client sees that it is not complete. */
  fail(error: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#controller?.error(error);
  }
}
