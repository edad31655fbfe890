import { copyDataHeader, copyDoneMessage, copyFailMessage } from "./protocol.ts";

/** Data are framed in pieces of at most this many bytes. */
const PIECE = 256 * 1024;

/**
 * The data of a `COPY … FROM STDIN` on their way to the database. Whole messages only, so that the database never waits
 * for the rest of one.
 */
export class CopyInput {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  readonly #stopped: PromiseWithResolvers<undefined> = Promise.withResolvers<undefined>();
  #isStopped = false;
  #running: Promise<void> | undefined;

  /** @param write Sends bytes on; resolves when there is room for more */
  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  /** Starts to carry data; a second COPY in the same SQL gets an error, as there is only one body. */
  start(data: AsyncIterable<Uint8Array> | undefined): void {
    const isFirst = this.#running === undefined && data !== undefined;
    const before = this.#running ?? Promise.resolve();
    this.#running = isFirst
      ? this.#carry(data)
      : before.then(() => this.#write(copyFailMessage("No source stream defined")));
  }

  /** Ends the data as failed, if they have not come to their end. */
  stop(): void {
    this.#isStopped = true;
    this.#stopped.resolve(undefined);
    this.#running ??= this.#write(copyFailMessage("canceled"));
  }

  /** Resolves when nothing is written any more. */
  async done(): Promise<void> {
    await this.#running;
  }

  async #carry(data: AsyncIterable<Uint8Array>): Promise<void> {
    const iterator = data[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = this.#isStopped
          ? undefined
          : await Promise.race([iterator.next(), this.#stopped.promise]);
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
}
