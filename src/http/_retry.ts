/** The first wait before a retry and the longest, in milliseconds; each is twice the one before. */
const FIRST_DELAY = 500;
const LONGEST_DELAY = 8_000;

/** Statuses that a later try may find gone. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Whether a status may be gone at the next try. */
export function isTransientStatus(status: number): boolean {
  return TRANSIENT.has(status);
}

/**
 * What `Retry-After` tells, in seconds: a number or a date. `undefined` when the header is missing
 * or unreadable; CARTO's `-1` ("go on") stays `-1`.
 */
export function retryAfterSeconds(headers: Headers, now: number): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (value === undefined || value === "") return undefined;
  if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}

/** The wait before retry number `retry` (from 0), in milliseconds: doubling, capped, full jitter. */
export function backoff(retry: number, random: () => number): number {
  return random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** retry);
}

/** Waits, and rejects with the signal's reason as soon as it is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
