import { CONTROL, RING_LENGTH } from "./_worker_messages.ts";
import { copyDataHeader, copyDoneMessage, copyFailMessage } from "./protocol.ts";

/** Data are framed in pieces of at most this many bytes. */
const PIECE = RING_LENGTH / 4;

/** How long to wait for room before looking whether anybody still reads, in milliseconds. */
const PAUSE = 20;

/**
 * Carries the data of a `COPY … FROM STDIN` to the worker, through a ring in shared memory: the worker reads
 * synchronously and cannot receive messages meanwhile. Whole messages only, so that the engine never waits for the
 * rest of one.
 */
export class InputFeed {
  readonly #control: Int32Array;
  readonly #ring: Uint8Array;
  readonly #isIdle: () => boolean;
  readonly #stopped: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  #isStopped = false;
  #running: Promise<void> | undefined;

  /**
   * @param control The shared control block
   * @param ring The shared ring
   * @param isIdle Whether the worker has finished, so that nobody takes the data any more
   */
  constructor(control: Int32Array, ring: Uint8Array, isIdle: () => boolean) {
    this.#control = control;
    this.#ring = ring;
    this.#isIdle = isIdle;
  }

  /** Starts to carry data; a second COPY in the same SQL gets an error, as there is only one body. */
  start(data: AsyncIterable<Uint8Array>): void {
    this.#running = this.#running === undefined
      ? this.#carry(data)
      : this.#running.then(() => this.#write(copyFailMessage("No source stream defined")));
  }

  /** Ends the data as failed, if they have not come to their end. */
  stop(): void {
    this.#isStopped = true;
    this.#stopped.resolve();
    this.#running ??= this.#write(copyFailMessage("canceled"));
  }

  /** Resolves when nothing is written any more. */
  async done(): Promise<void> {
    await this.#running;
  }

  async #carry(data: AsyncIterable<Uint8Array>): Promise<void> {
    const iterator = data[Symbol.asyncIterator]();
    const stopped = this.#stopped.promise.then(() => undefined);
    try {
      for (;;) {
        const next = this.#isStopped ? undefined : await Promise.race([iterator.next(), stopped]);
        if (next === undefined) {
          iterator.return?.()?.catch(() => {});
          return await this.#write(copyFailMessage("canceled"));
        }
        if (next.done) return await this.#write(copyDoneMessage());
        for (let at = 0; at < next.value.length && !this.#isStopped; at += PIECE) {
          const part = next.value.subarray(at, at + PIECE);
          await this.#write(copyDataHeader(part.length));
          await this.#write(part);
        }
      }
    } catch (error) {
      await this.#write(copyFailMessage(error instanceof Error ? error.message : String(error)));
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    let written = Atomics.load(this.#control, CONTROL.written);
    for (let at = 0; at < bytes.length;) {
      const taken = Atomics.load(this.#control, CONTROL.taken);
      const free = RING_LENGTH - ((written - taken) | 0);
      if (free === 0) {
        if (this.#isIdle()) return;
        const wait = Atomics.waitAsync(this.#control, CONTROL.taken, taken, PAUSE);
        if (wait.async) await wait.value;
        continue;
      }
      const start = written & (RING_LENGTH - 1);
      const count = Math.min(free, bytes.length - at, RING_LENGTH - start);
      this.#ring.set(bytes.subarray(at, at + count), start);
      at += count;
      written = (written + count) | 0;
      Atomics.store(this.#control, CONTROL.written, written);
      Atomics.notify(this.#control, CONTROL.written);
    }
  }
}
