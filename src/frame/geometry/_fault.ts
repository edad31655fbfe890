import { DataError, type DataPlace } from "../../errors/mod.ts";

/** Where the value being read stands; a loop over a column sets `row` as it goes, so that no row costs an object. */
export type Where = { -readonly [K in keyof DataPlace]: DataPlace[K] };

/** The place of a value that stands alone. */
export const ALONE: Readonly<Where> = Object.freeze({});

/** An error of WKB bytes; `byte` counts from 0. */
export function byteFault(where: Where, byte: number, message: string, hint?: string): DataError {
  return new DataError(`Cannot read the WKB geometry: ${message}`, { place: { ...where, byte }, hint });
}

/** An error of a text such as WKT; `index` counts from 0, the place told from 1. */
export function textFault(where: Where, index: number, message: string, hint?: string): DataError {
  return new DataError(`Cannot read the WKT geometry: ${message}`, {
    place: { ...where, position: index + 1 },
    hint,
  });
}

/** An error of a whole value. */
export function valueFault(where: Where, message: string, hint?: string): DataError {
  return new DataError(message, { place: { ...where }, hint });
}

/** The beginning of a text, in quotes, short enough for a message. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
