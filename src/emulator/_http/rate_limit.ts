import { ApiError } from "../_handler.ts";

/** How often an endpoint may be called: `count` requests in `periodSeconds`, and `maxBurst` more at once. */
export interface RateLimit {
  /** Requests that may come at once beyond the first. */
  readonly maxBurst: number;
  /** Requests that become free again in one period. */
  readonly count: number;
  /** The length of the period. */
  readonly periodSeconds: number;
}

/** The endpoints that have limits of their own. */
export type LimitedEndpoint = "query" | "job_create" | "job_get" | "job_delete" | "copy_from" | "copy_to";

/** Limits by endpoint; one that is left out has none. */
export type RateLimits = Partial<Record<LimitedEndpoint, RateLimit>>;

/** What a request found: the headers that tell it, and whether it may pass. */
export interface RateLimitVerdict {
  /** Whether the request may pass. */
  readonly isAllowed: boolean;
  /** The `carto-rate-limit-…` headers, and `retry-after` for a request that may not. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Counts requests by the generic cell rate algorithm: for each account and endpoint it keeps the time at which the
 * bucket would be full again, and lets a request pass while that time is not too far ahead.
 */
export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #now: () => number;
  readonly #fullAt = new Map<string, number>();

  /** Builds a limiter without a past; `now` tells milliseconds. */
  constructor(limits: RateLimits, now: () => number = Date.now) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Counts a request; `undefined` where there is no limit. */
  check(username: string, endpoint: LimitedEndpoint): RateLimitVerdict | undefined {
    const limit = this.#limits[endpoint];
    if (limit === undefined) return undefined;
    const name = `${endpoint} ${username}`;
    const now = this.#now();
    const interval = limit.periodSeconds * 1000 / limit.count;
    const capacity = limit.maxBurst + 1;
    const fullAt = Math.max(this.#fullAt.get(name) ?? now, now);
    const wait = fullAt + interval - capacity * interval - now;
    const isAllowed = wait <= 0;
    const next = isAllowed ? fullAt + interval : fullAt;
    this.#fullAt.set(name, next);
    const remaining = Math.floor((capacity * interval - (next - now)) / interval);
    return {
      isAllowed,
      headers: {
        "carto-rate-limit-limit": String(capacity),
        "carto-rate-limit-remaining": String(Math.max(0, remaining)),
        "carto-rate-limit-reset": String(Math.ceil((next - now) / 1000)),
        // One second more than the wait, so that a client that obeys does not come a moment too early.
        ...(isAllowed ? {} : { "retry-after": String(Math.ceil(wait / 1000) + 1) }),
      },
    };
  }
}

/** The error of a request that came too often. */
export function tooManyRequests(): ApiError {
  return new ApiError(429, "You are over platform's limits. Please contact us to know more details", {
    context: "limit",
    detail: "rate-limit",
  });
}
