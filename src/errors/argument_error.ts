import { CartoError, type CartoErrorOptions } from "./carto_error.ts";

/** A value passed to this library cannot be used; `argument` names it. Code `invalid-argument`. */
export class ArgumentError extends CartoError {
  /** The name of the class. */
  override name = "ArgumentError";
  /** The parameter or option that holds the value, such as `ifExists`. */
  readonly argument: string | undefined;

  /**
   * Builds the error.
   *
   * @param message What is wrong with the value, and what would be right
   * @param options The argument's name, the next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions & { argument?: string | undefined } = {}) {
    super("invalid-argument", message, options);
    this.argument = options.argument;
  }
}
