import { DataError, type DataPlace } from "../errors/mod.ts";

/** A value that does not fit its column. Whoever knows the place turns it into a `DataError`. */
export class BadValue extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** The error with its place; errors that know their place already pass. */
export function placed(error: unknown, place: DataPlace): unknown {
  if (error instanceof BadValue) return new DataError(error.message, { place, hint: error.hint });
  if (error instanceof DataError && error.place.row === undefined && error.place.line === undefined) {
    const message = error.message.replace(/^byte \d+: |^position \d+: /, "");
    return new DataError(message, { place: { ...error.place, ...place }, hint: error.hint, cause: error });
  }
  return error;
}

/** A value as a message shows it: short, on one line, text in quotes. */
export function shown(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  }
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
  if (value instanceof Date) return "a date";
  if (Array.isArray(value)) return "a list";
  if (value === null) return "null";
  return typeof value === "object"
    ? `an object (${value?.constructor?.name ?? "Object"})`
    : `a ${typeof value}`;
}
