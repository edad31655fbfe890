import { CartoError, type CartoErrorOptions } from "./carto_error.ts";

/** Where in the data something is wrong. All counts start at 1. */
export interface DataPlace {
  /** The file, as the user named it. */
  file?: string | undefined;
  /** The line of the file. */
  line?: number | undefined;
  /** The byte in the file (from 0), where that is the best that can be said. */
  byte?: number | undefined;
  /** The row of the table, the header not counted. */
  row?: number | undefined;
  /** The column or property name. */
  column?: string | undefined;
  /** The character in a text such as WKT. */
  position?: number | undefined;
}

/** A file, row or field cannot be read or written as it is; `place` says where. Code `invalid-data`. */
export class DataError extends CartoError {
  /** The name of the class. */
  override name = "DataError";
  /** Where in the data. */
  readonly place: DataPlace;

  /**
   * Builds the error; the place is put before the message: `row 17, column "lat": …`.
   *
   * @param message What is wrong there
   * @param options The place, the next step and the cause
   */
  constructor(message: string, options: CartoErrorOptions & { place?: DataPlace | undefined } = {}) {
    const place = options.place ?? {};
    super("invalid-data", [placeText(place), message].filter((part) => part !== "").join(": "), options);
    this.place = place;
  }
}

/** The place as a person reads it, or empty. */
function placeText(place: DataPlace): string {
  const parts: string[] = [];
  if (place.file !== undefined) parts.push(`"${place.file}"`);
  if (place.line !== undefined) parts.push(`line ${place.line}`);
  if (place.byte !== undefined) parts.push(`byte ${place.byte}`);
  if (place.row !== undefined) parts.push(`row ${place.row}`);
  if (place.column !== undefined) parts.push(`column "${place.column}"`);
  if (place.position !== undefined) parts.push(`position ${place.position}`);
  return parts.join(", ");
}
