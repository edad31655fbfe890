import { type ColumnData, isValid } from "./_data.ts";
import { asciiText } from "./_bytes.ts";
import type { ColumnType } from "./types.ts";

const INTEGER = /^(?:0|-?[1-9]\d{0,18})$/;
const DECIMAL = /^-?(?:0|[1-9]\d*)\.(\d+)$/;
const MIN_INT8 = -0x8000_0000_0000_0000n;
const MAX_INT8 = 0x7fff_ffff_ffff_ffffn;

/**
 * The type of a column of CSV text: a number or boolean only if every value is written the one way in which it would be
 * written back. `1.10` beside `1.2` is a version, not a number; `1.10` beside `1.25` is a price.
 */
export function guessCsvType(text: ColumnData, decimalComma: boolean): ColumnType {
  const guess = new CsvTypeGuess(decimalComma);
  guess.see(text);
  return guess.type();
}

/** The same for a column that comes in parts. */
export class CsvTypeGuess {
  readonly #guess: Guess;
  #seen = false;
  #text = false;

  constructor(decimalComma: boolean) {
    this.#guess = new Guess(decimalComma);
  }

  /** Looks at one more part. */
  see(text: ColumnData): void {
    const dictionary = text.kind === "dictionary" ? text.dictionary : undefined;
    const source = dictionary ?? (text as Extract<ColumnData, { kind: "bytes" }>);
    const entries = dictionary === undefined ? text.length : source.offsets.length - 1;
    for (let i = 0; i < entries && !this.#text; i++) {
      if (dictionary === undefined && !isValid(text.validity, i)) continue;
      this.#seen = true;
      const [start, end] = [source.offsets[i] as number, source.offsets[i + 1] as number];
      if (end - start > 40 || end === start || !this.#guess.see(asciiText(source.bytes, start, end))) {
        this.#text = true;
      }
    }
  }

  /** The type of all parts. */
  type(): ColumnType {
    return this.#seen && !this.#text ? this.#guess.type() : "text";
  }
}

class Guess {
  readonly #comma: boolean;
  #booleans = false;
  #numbers = false;
  #decimals = false;
  #int4 = true;
  #places = -1;
  #fixed = true;
  #trailingZero = false;
  #wholeTooLong = false;

  constructor(comma: boolean) {
    this.#comma = comma;
  }

  /** False as soon as the column must be text. */
  see(value: string): boolean {
    if (value === "true" || value === "false") {
      this.#booleans = true;
      return !this.#numbers;
    }
    this.#numbers = true;
    return !this.#booleans && (this.#integer(value) || this.#decimal(value));
  }

  #integer(value: string): boolean {
    if (!INTEGER.test(value)) return false;
    if (value.length > 9) {
      const big = BigInt(value);
      if (big > MAX_INT8 || big < MIN_INT8) return false;
      if (big > 0x7fff_ffffn || big < -0x8000_0000n) this.#int4 = false;
      if (!Number.isSafeInteger(Number(big))) this.#wholeTooLong = true;
    }
    this.#place(0);
    return true;
  }

  #decimal(value: string): boolean {
    const text = this.#comma ? value.replace(",", ".") : value;
    const match = this.#comma && value.includes(".") ? null : DECIMAL.exec(text);
    if (match === null || text.replace(/^-?0\.0*|[-.]/g, "").length > 15) return false;
    if (/^-0\.0+$/.test(text)) return false;
    this.#decimals = true;
    this.#place((match[1] as string).length);
    if (text.endsWith("0")) this.#trailingZero = true;
    return true;
  }

  #place(places: number): void {
    if (this.#places !== -1 && this.#places !== places) this.#fixed = false;
    this.#places = places;
  }

  type(): ColumnType {
    if (this.#booleans) return "bool";
    if (!this.#decimals) return this.#int4 ? "int4" : "int8";
    if (this.#wholeTooLong || (this.#trailingZero && !this.#fixed)) return "text";
    return "float8";
  }
}
