import { isCartoError, RateLimitError, TimeoutError } from "../errors/carto_error.ts";
import type { AccountRequests } from "./_requests.ts";

/** What waiting for a work of the server takes. */
export interface WaitOptions {
  /** Stops waiting; the work on the server goes on. */
  signal?: AbortSignal | undefined;
  /** Milliseconds to wait in all; the work then goes on without us. Default: one hour. */
  totalTimeout?: number | undefined;
  /** Milliseconds before the second look. Default 500; each wait is half as long again as the one before. */
  interval?: number | undefined;
  /** The longest wait between two looks, in milliseconds. Default 5000. */
  maxInterval?: number | undefined;
}

/** What {@link poll} looks at. */
export interface Polled<Document> {
  /** What the work is called in messages: `the import "…"`. */
  readonly what: string;
  /** What to do when the time is over. */
  readonly hint: string;
  look(signal: AbortSignal | undefined): Promise<Document>;
  /** The word for the state, and whether it is the last one. */
  state(document: Document): { readonly word: string; readonly isFinal: boolean };
  seen?: ((document: Document, elapsed: number) => void) | undefined;
}

/** Milliseconds without one good look after which waiting is given up. */
const MAX_OUTAGE = 120_000;

/** Looks again and again until the work has ended; a look that fails for a while does not end the wait. */
export async function poll<Document>(
  requests: AccountRequests,
  polled: Polled<Document>,
  options: WaitOptions,
): Promise<Document> {
  const { signal, totalTimeout = 3_600_000, interval = 500, maxInterval = 5000 } = options;
  const start = requests.now();
  let [lastGood, wait, word] = [start, interval, "not seen"];
  while (true) {
    signal?.throwIfAborted();
    let pause = wait;
    try {
      const document = await polled.look(signal);
      lastGood = requests.now();
      const state = polled.state(document);
      word = state.word;
      polled.seen?.(document, lastGood - start);
      if (state.isFinal) return document;
    } catch (error) {
      if (signal?.aborted || !isPassing(error) || requests.now() - lastGood >= MAX_OUTAGE) throw error;
      if (error instanceof RateLimitError) pause = Math.max(wait, error.retryAfter * 1000);
    }
    if (requests.now() - start + pause > totalTimeout) {
      throw new TimeoutError(
        `Cannot wait longer for ${polled.what}: it is ${word} after ${totalTimeout} ms`,
        { timeout: totalTimeout, hint: polled.hint },
      );
    }
    await requests.sleep(pause, signal);
    wait = Math.min(maxInterval, wait * 1.5);
  }
}

/** Whether a failed look says nothing about the work and may be gone at the next. */
function isPassing(error: unknown): boolean {
  return isCartoError(error) &&
    ["network", "timeout", "server-error", "rate-limited", "incomplete-response"].includes(error.code);
}
