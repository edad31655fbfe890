import { ResponseError, type ResponseErrorOptions } from "./response_error.ts";

/** The account sent too many requests (429). Code `rate-limited`. */
export class RateLimitError extends ResponseError {
  /** The name of the class. */
  override name = "RateLimitError";
  /** Seconds to wait before the next request. */
  readonly retryAfter: number;
  /** Requests allowed in the period, when told. */
  readonly limit: number | undefined;
  /** Requests left in the period, when told. */
  readonly remaining: number | undefined;
  /** Seconds until the full number is allowed again, when told. */
  readonly reset: number | undefined;

  /**
   * Builds the error.
   *
   * @param message The server's message
   * @param options Status, waiting time and the limits told
   */
  constructor(
    message: string,
    options: ResponseErrorOptions & {
      retryAfter: number;
      limit?: number | undefined;
      remaining?: number | undefined;
      reset?: number | undefined;
    },
  ) {
    super("rate-limited", message, options);
    this.retryAfter = options.retryAfter;
    this.limit = options.limit;
    this.remaining = options.remaining;
    this.reset = options.reset;
  }
}
