import { CartoError, type CartoErrorOptions } from "./carto_error.ts";

/** No complete answer within the time allowed. Code `timeout`. */
export class TimeoutError extends CartoError {
  /** The name of the class. */
  override name = "TimeoutError";
  /** The time that was allowed, in milliseconds. */
  readonly timeout: number;

  /**
   * Builds the error.
   *
   * @param message What was tried
   * @param options The time allowed, the next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions & { timeout: number }) {
    super("timeout", message, options);
    this.timeout = options.timeout;
  }
}
