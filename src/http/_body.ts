/** The most that is read of an error's body, in bytes. */
const ERROR_LIMIT = 64 * 1024;
/** Bytes that are read at a time into a buffer that is used again and again: a read of the network gives no more. */
const LENT_BYTES = 64 * 1024;

/** Says what a failure while reading means, given how much had come. */
export type Cut = (error: unknown, received: number) => unknown;

/** Reads the body of a good answer in one of the forms that callers want. */
export type BodyReader<Body> = (response: Response, watchdog: Watchdog, cut: Cut) => Promise<Body>;

/** Reads a whole body. */
export async function readBytes(response: Response, watchdog: Watchdog, cut: Cut): Promise<Uint8Array> {
  const source = new ChunkSource(response, watchdog, cut);
  const chunks: Uint8Array[] = [];
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) chunks.push(chunk);
  watchdog.stop();
  if (chunks.length === 1 && chunks[0] !== undefined) return chunks[0];
  const bytes = new Uint8Array(source.received);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/**
 * Hands a body on as it comes; the watchdog runs only while a part is waited for.
 *
 * @param lends Whether each part is only lent, until the next one is asked for: all come in the same buffer, so that none
 * need be collected
 */
export function readStream(
  response: Response,
  watchdog: Watchdog,
  cut: Cut,
  lends = false,
): Promise<ReadableStream<Uint8Array>> {
  const source = new ChunkSource(response, watchdog, cut, lends);
  watchdog.pause();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      // An abort between two reads is told at once, not at the next read
      watchdog.signal.addEventListener("abort", () => controller.error(cut(undefined, source.received)), {
        once: true,
      });
    },
    async pull(controller) {
      try {
        const chunk = await source.next();
        if (chunk !== undefined) return controller.enqueue(chunk);
        watchdog.stop();
        controller.close();
      } catch (error) {
        watchdog.stop();
        controller.error(error);
      }
    },
    cancel() {
      watchdog.stop();
      return source.cancel();
    },
  }, { highWaterMark: 0 });
  return Promise.resolve(stream);
}

/**
 * The beginning of an error's body as text; the rest is given up. A connection that breaks here is
 * no second error: the status tells enough.
 */
export async function readBeginning(response: Response, watchdog: Watchdog): Promise<string> {
  const source = new ChunkSource(response, watchdog, (error) => error);
  const decoder = new TextDecoder();
  let text = "";
  try {
    let chunk = await source.next();
    while (chunk !== undefined && source.received <= ERROR_LIMIT) {
      text += decoder.decode(chunk, { stream: true });
      chunk = await source.next();
    }
  } catch {
    // Said above
  }
  await source.cancel();
  return text;
}

/** A body, part by part, with a count of what has come and a check of what was announced. */
class ChunkSource {
  /** Bytes that have come. */
  received = 0;
  readonly #watchdog: Watchdog;
  readonly #cut: Cut;
  readonly #reader: BodyParts | undefined;
  readonly #announced: number | undefined;

  constructor(response: Response, watchdog: Watchdog, cut: Cut, lends = false) {
    this.#watchdog = watchdog;
    this.#cut = cut;
    this.#reader = response.body === null ? undefined : bodyParts(response.body, lends);
    const length = response.headers.get("content-length");
    // The length counts what was sent; `fetch` has undone a compression
    const countable = length !== null && /^\d+$/.test(length) && !response.headers.has("content-encoding");
    this.#announced = countable && this.#reader !== undefined ? Number(length) : undefined;
    watchdog.signal.addEventListener("abort", () => this.cancel(), { once: true });
  }

  /** The next part, or nothing at the end. */
  async next(): Promise<Uint8Array | undefined> {
    let result: BodyPart | undefined;
    this.#watchdog.wait();
    try {
      result = await this.#reader?.read();
    } catch (error) {
      throw this.#cut(error, this.received);
    } finally {
      this.#watchdog.pause();
    }
    // Our own end of the request ends the body without an error of its own
    if (this.#watchdog.endedBy !== undefined) throw this.#cut(undefined, this.received);
    if (result?.done === false && result.value !== undefined) {
      this.received += result.value.length;
      return result.value;
    }
    if (this.#announced !== undefined && this.received < this.#announced) {
      throw this.#cut(undefined, this.received);
    }
    return undefined;
  }

  /** Gives up the rest. */
  async cancel(): Promise<void> {
    await this.#reader?.cancel().catch(() => {});
  }
}

/** One part of a body, or its end. */
interface BodyPart {
  readonly done: boolean;
  readonly value?: Uint8Array | undefined;
}

/** Where the parts of a body come from. */
interface BodyParts {
  read(): Promise<BodyPart>;
  cancel(): Promise<void>;
}

function bodyParts(body: ReadableStream<Uint8Array<ArrayBuffer>>, lends: boolean): BodyParts {
  if (!lends) return body.getReader();
  let reader: ReadableStreamBYOBReader;
  try {
    reader = body.getReader({ mode: "byob" });
  } catch {
    // The body of a `fetch` of the caller's own may be made of parts that are there already
    return body.getReader();
  }
  let buffer = new ArrayBuffer(LENT_BYTES);
  return {
    async read() {
      const part = await reader.read(new Uint8Array(buffer));
      if (part.value !== undefined) buffer = part.value.buffer;
      return part;
    },
    cancel: () => reader.cancel(),
  };
}

/**
 * The stream of an upload, made anew; it tells the watchdog when we wait for our own source, and
 * keeps the source's error, which `fetch` would hide.
 *
 * @param lends Whether its pieces may be lent as those of the source are. Deno's own `fetch` has taken a piece before it
 * asks for the next; another one may gather them.
 */
export function watchUpload(
  make: () => ReadableStream<Uint8Array>,
  watchdog: Watchdog,
  upload: { failure?: { error: unknown } },
  lends: boolean,
): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      // `fetch` goes on with an upload after it was aborted, once the headers of an answer have come
      watchdog.signal.addEventListener("abort", () => {
        controller.error(new DOMException("The upload was given up", "AbortError"));
        reader?.cancel().catch(() => {});
      }, { once: true });
    },
    async pull(controller) {
      watchdog.pause();
      try {
        reader ??= make().getReader();
        const { done, value } = await reader.read();
        if (watchdog.signal.aborted) return;
        watchdog.wait();
        if (done) controller.close();
        else controller.enqueue(lends ? value : new Uint8Array(value));
      } catch (error) {
        upload.failure ??= { error };
        controller.error(error);
      }
    },
    cancel(reason) {
      return reader?.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/** Why a request was ended from our side. */
export type EndedBy = "caller" | "idle" | "total";

/** What a watchdog watches. */
export interface WatchdogOptions {
  /** Milliseconds without a sign of life. */
  idle: number;
  /** Milliseconds until the whole must be done, if there is such a limit. */
  total: number | undefined;
  /** The caller's own signal. */
  signal: AbortSignal | undefined;
}

/**
 * Ends one attempt when the other side is silent for too long, when the total time is over, or when
 * the caller wants it. It runs only while we wait for the other side: a slow consumer or a slow
 * source of an upload is no silence.
 */
export class Watchdog {
  /** Why the attempt was ended, once it was. */
  endedBy: EndedBy | undefined;
  readonly #controller = new AbortController();
  readonly #options: WatchdogOptions;
  readonly #onAbort = () => this.#end("caller");
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #totalTimer: ReturnType<typeof setTimeout> | undefined;

  /** Starts watching. */
  constructor(options: WatchdogOptions) {
    this.#options = options;
    if (options.total !== undefined) {
      this.#totalTimer = setTimeout(() => this.#end("total"), Math.max(0, options.total));
    }
    if (options.signal?.aborted) this.#end("caller");
    else options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.wait();
  }

  /** The signal that ends the attempt. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on the other side is expected to give a sign of life. */
  wait(): void {
    clearTimeout(this.#idleTimer);
    if (this.endedBy === undefined) this.#idleTimer = setTimeout(() => this.#end("idle"), this.#options.idle);
  }

  /** From now on it is our own side that takes its time. */
  pause(): void {
    clearTimeout(this.#idleTimer);
  }

  /** Stops watching. */
  stop(): void {
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#totalTimer);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }

  /** Stops watching and ends what is still under way: an upload after a refusal, an unread body. */
  abandon(): void {
    this.stop();
    this.#controller.abort();
  }

  #end(by: EndedBy): void {
    this.endedBy = by;
    this.stop();
    this.#controller.abort();
  }
}
