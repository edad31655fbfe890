import { CartoError, type CartoErrorOptions } from "./carto_error.ts";

/** No usable credentials were found or given. Code `credentials`. */
export class CredentialsError extends CartoError {
  /** The name of the class. */
  override name = "CredentialsError";

  /**
   * Builds the error.
   *
   * @param message What is missing or wrong, never with a key in it
   * @param options The next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions = {}) {
    super("credentials", message, options);
  }
}
