import { CartoError, type CartoErrorOptions } from "../errors/carto_error.ts";

/** The catalogue of the Data Observatory could not be asked, or has no such entry (`not-found`). */
export class CatalogError extends CartoError {
  /** The name of the class. */
  override name = "CatalogError";

  /**
   * Builds the error.
   *
   * @param code What went wrong
   * @param message What was asked and how it failed
   * @param options The next step and the cause
   */
  constructor(code: CartoError["code"], message: string, options: CartoErrorOptions = {}) {
    super(code, message, options);
  }
}
