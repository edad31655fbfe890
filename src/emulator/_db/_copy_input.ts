import { copyDataHeader, copyDoneMessage, copyFailMessage } from "./protocol.ts";

/** Data are framed in pieces of at most this many bytes. */
const PIECE = 256 * 1024;
/** The bytes before each piece. */
const HEADER = copyDataHeader(0).length;

/**
 * Bytes that are written between two turns of the event loop. A database that has refused a row takes what follows as fast as
 * it comes and throws it away: writes then succeed at once, nothing else has its turn, and its answer stays unread.
 */
const TURN = 2 * 1024 * 1024;

/** Sends bytes on; resolves when there is room for more, and the bytes may be overwritten. */
type Write = (bytes: Uint8Array) => Promise<void>;

/**
 * Gathers what comes while a write is under way: bodies arrive in thousands of small pieces, each of which would cost the
 * database a message of its own, and the pieces come in while the last ones go out.
 */
class Outbox {
  readonly #write: Write;
  #filling = new Uint8Array(HEADER + PIECE);
  #spare = new Uint8Array(HEADER + PIECE);
  #filled = 0;
  #isWriting = false;
  #isDropping = false;
  #sinceTurn = 0;
  #failure: { readonly error: unknown } | undefined;
  /** Told whenever a buffer has been sent off. */
  #moved: PromiseWithResolvers<void> = Promise.withResolvers<void>();

  constructor(write: Write) {
    this.#write = write;
  }

  /** Takes bytes; resolves when they have been copied. */
  async put(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length;) {
      while (this.#filled === PIECE) await this.#moved.promise;
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#isDropping) return;
      const part = data.subarray(at, at + PIECE - this.#filled);
      this.#filling.set(part, HEADER + this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (!this.#isWriting) void this.#send();
    }
  }

  /** Forgets what has not been sent off; nothing more is taken. */
  drop(): void {
    this.#isDropping = true;
    this.#filled = 0;
    this.#move();
  }

  /** Resolves when nothing is on its way any more. */
  async done(): Promise<void> {
    while (this.#isWriting) await this.#moved.promise;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #send(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#filled > 0) {
        const message = this.#filling.subarray(0, HEADER + this.#filled);
        message.set(copyDataHeader(this.#filled));
        [this.#filling, this.#spare] = [this.#spare, this.#filling];
        this.#filled = 0;
        this.#move();
        await this.#write(message);
        this.#sinceTurn += message.length;
        if (this.#sinceTurn >= TURN) {
          this.#sinceTurn = 0;
          // A timer, since the loop waits for it, and while it waits it looks at its connections and workers.
          await new Promise((resolve) => setTimeout(resolve));
        }
      }
    } catch (error) {
      this.#failure = { error };
      this.#filled = 0;
    }
    this.#isWriting = false;
    this.#move();
  }

  #move(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers<void>();
  }
}

/**
 * The data of a `COPY … FROM STDIN` on their way to the database. Whole messages only, so that the database never waits
 * for the rest of one.
 */
export class CopyInput {
  readonly #write: Write;
  readonly #stopped: PromiseWithResolvers<undefined> = Promise.withResolvers<undefined>();
  #isStopped = false;
  #outbox: Outbox | undefined;
  #running: Promise<void> | undefined;

  /** @param write Sends bytes on */
  constructor(write: Write) {
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

  /** Ends the data as failed, if they have not come to their end; nothing of them is written from now on. */
  stop(): void {
    this.#isStopped = true;
    this.#outbox?.drop();
    this.#stopped.resolve(undefined);
    this.#running ??= this.#write(copyFailMessage("canceled"));
  }

  /** Resolves when nothing is written any more. */
  async done(): Promise<void> {
    await this.#running;
  }

  async #carry(data: AsyncIterable<Uint8Array>): Promise<void> {
    const iterator = data[Symbol.asyncIterator]();
    const outbox = this.#outbox = new Outbox(this.#write);
    if (this.#isStopped) outbox.drop();
    try {
      for (;;) {
        const next = this.#isStopped
          ? undefined
          : await Promise.race([iterator.next(), this.#stopped.promise]);
        if (next === undefined) {
          iterator.return?.()?.catch(() => {});
          await outbox.done();
          return await this.#write(copyFailMessage("canceled"));
        }
        if (next.done) {
          await outbox.done();
          // Stopped while the last bytes were on their way, it is not whole.
          return await this.#write(this.#isStopped ? copyFailMessage("canceled") : copyDoneMessage());
        }
        await outbox.put(next.value);
      }
    } catch (error) {
      await outbox.done().catch(() => {});
      await this.#write(copyFailMessage(error instanceof Error ? error.message : String(error)));
    }
  }
}
