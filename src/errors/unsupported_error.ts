import { CartoError, type CartoErrorOptions } from "./carto_error.ts";

/** The platform, runtime or format cannot do what was asked. Code `unsupported`. */
export class UnsupportedError extends CartoError {
  /** The name of the class. */
  override name = "UnsupportedError";

  /**
   * Builds the error.
   *
   * @param message What cannot be done and by what
   * @param options The next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions = {}) {
    super("unsupported", message, options);
  }
}
