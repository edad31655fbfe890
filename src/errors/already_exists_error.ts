import { CartoError, type CartoErrorOptions } from "./carto_error.ts";

/** A table or other object of that name is already there. Code `already-exists`. */
export class AlreadyExistsError extends CartoError {
  /** The name of the class. */
  override name = "AlreadyExistsError";

  /**
   * Builds the error.
   *
   * @param message What is already there
   * @param options The next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions = {}) {
    super("already-exists", message, options);
  }
}
