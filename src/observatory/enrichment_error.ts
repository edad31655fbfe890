import { CartoError, type CartoErrorOptions } from "../errors/carto_error.ts";

/** Data could not be enriched. The geometries that were uploaded for it lapse within an hour. */
export class EnrichmentError extends CartoError {
  /** The name of the class. */
  override name = "EnrichmentError";

  /**
   * Builds the error.
   *
   * @param code What went wrong
   * @param message What failed and why
   * @param options The next step and the cause
   */
  constructor(code: CartoError["code"], message: string, options: CartoErrorOptions = {}) {
    super(code, message, options);
  }
}
