import { CartoError, type CartoErrorOptions } from "./carto_error.ts";

/** Deno refused an operation; `flags` are the narrowest that allow it. Code `permission`. */
export class PermissionError extends CartoError {
  /** The name of the class. */
  override name = "PermissionError";
  /** The flags to add to the run, such as `--allow-read=creds.json`. */
  readonly flags: readonly string[];

  /**
   * Builds the error; without a hint of its own it tells the flags to add.
   *
   * @param message What was tried and why it was refused
   * @param options The flags, the next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions & { flags: readonly string[] }) {
    super("permission", message, {
      ...options,
      hint: options.hint ?? `Add to this run: ${options.flags.join(" ")}`,
    });
    this.flags = options.flags;
  }
}
