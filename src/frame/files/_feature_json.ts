import { DataError } from "../../errors/carto_error.ts";
import { parseJson } from "../_cells.ts";
import { Utf8Checker } from "../_csv_records.ts";
import type { JsonPiece } from "./_feature_scanner.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A whole number of so many digits may be beyond 2^53. */
const LONG_INTEGER = /[\s:,[]-?\d{16,}[\s,\]}]/;

/** Where a piece stands, for messages. */
export interface PiecePlace {
  readonly file: string | undefined;
  /** The feature's number, from 1. */
  readonly row: number;
}

/**
 * Reads a piece of JSON. Whole numbers that a double would bend are `bigint`; numbers of the properties named are the text
 * that stands in the file.
 *
 * @throws {DataError} It is not UTF-8, or no JSON; the place tells line and byte
 */
export function readJsonPiece(piece: JsonPiece, place: PiecePlace, exact: ReadonlySet<string>): unknown {
  const text = decodePiece(piece, place);
  try {
    if (exact.size > 0) return readExact(text, exact);
    const value = JSON.parse(text);
    return LONG_INTEGER.test(text) && holdsBent(value) ? parseJson(text) : value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const at = Number(/at position (\d+)/.exec(error.message)?.[1] ?? text.length);
    const what = error.message.replace(/ in JSON.*| at position.*|, ".*|\.\.\..*/s, "");
    throw new DataError(`Cannot read the GeoJSON: ${what}`, {
      place: { ...fileOf(place), line: piece.line + linesIn(text.slice(0, at)), row: place.row },
      cause: error,
    });
  }
}

/** Whether a number in it may have been bent, which must then be read with its digits at hand. */
function holdsBent(value: unknown): boolean {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value);
  if (typeof value !== "object" || value === null) return false;
  for (const key in value) if (holdsBent((value as Record<string, unknown>)[key])) return true;
  return false;
}

function fileOf({ file }: PiecePlace): { file?: string } {
  return file === undefined ? {} : { file };
}

function linesIn(text: string): number {
  return text.split("\n").length - 1;
}

function decodePiece(piece: JsonPiece, place: PiecePlace): string {
  try {
    return decoder.decode(piece.bytes);
  } catch (error) {
    let fault = { line: 1, byte: 0 };
    try {
      const checker = new Utf8Checker(undefined);
      checker.check(piece.bytes);
      checker.finish();
    } catch (found) {
      if (found instanceof DataError) fault = { line: found.place.line ?? 1, byte: found.place.byte ?? 0 };
    }
    throw new DataError("The file is not UTF-8, which GeoJSON must be", {
      place: { ...fileOf(place), line: piece.line + fault.line - 1, byte: piece.byte + fault.byte },
      hint: "Save it as UTF-8",
      cause: error,
    });
  }
}

type Reviver = (this: object, key: string, value: unknown, context?: { source?: string }) => unknown;

/** Reads JSON; numbers under some keys of `properties` stay text. */
function readExact(text: string, exact: ReadonlySet<string>): unknown {
  const sources = new Map<object, [key: string, source: string][]>();
  const reviver: Reviver = function (key, value, context) {
    const source = context?.source;
    if (typeof value !== "number" || source === undefined) return value;
    if (exact.has(key)) {
      const known = sources.get(this);
      if (known === undefined) sources.set(this, [[key, source]]);
      else known.push([key, source]);
    }
    return Number.isSafeInteger(value) || !/^-?\d+$/.test(source) ? value : BigInt(source);
  };
  const root = JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
  restore(root, sources);
  return root;
}

/** Puts the texts into the features' properties, and nowhere else. */
function restore(value: unknown, sources: ReadonlyMap<object, [key: string, source: string][]>): void {
  if (typeof value !== "object" || value === null) return;
  const { properties, features } = value as { properties?: unknown; features?: unknown };
  if (Array.isArray(features)) { for (const feature of features) restore(feature, sources); }
  if (typeof properties !== "object" || properties === null) return;
  for (const [key, source] of sources.get(properties) ?? []) {
    Object.defineProperty(properties, key, { value: source, enumerable: true });
  }
}
