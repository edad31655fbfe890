import { CartoError, type CartoErrorOptions } from "./carto_error.ts";

/** No answer arrived: no connection, name not found, TLS failure. Code `network`. */
export class NetworkError extends CartoError {
  /** The name of the class. */
  override name = "NetworkError";
  /** The host that was tried, with its port. */
  readonly host: string | undefined;

  /**
   * Builds the error.
   *
   * @param message What was tried and how it failed
   * @param options The host, the next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions & { host?: string | undefined } = {}) {
    super("network", message, options);
    this.host = options.host;
  }
}
