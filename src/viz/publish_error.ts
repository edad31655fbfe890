import { CartoError, type CartoErrorOptions } from "../errors/carto_error.ts";

/** A map could not be published, changed or found among the publications. */
export class PublishError extends CartoError {
  /** The name of the class. */
  override name = "PublishError";

  /**
   * Builds the error.
   *
   * @param code What went wrong
   * @param message What could not be done and why
   * @param options The next step and the cause
   */
  constructor(code: CartoError["code"], message: string, options: CartoErrorOptions = {}) {
    super(code, message, options);
  }
}
