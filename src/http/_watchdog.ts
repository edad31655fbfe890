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
