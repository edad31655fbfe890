import { DataError } from "../errors/carto_error.ts";
import { asciiText, grow, MAX_INT8, MIN_INT8 } from "./_bytes.ts";
import { BadValue, type ColumnData, isValid, placed } from "./_data.ts";
import type { ColumnType } from "./types.ts";

/** Receives the fields of a CSV, record by record. */
export interface RecordTarget {
  /** How many fields a record must have; -1 while any number will do. */
  readonly fields: number;
  /** One field, without its quotes; the bytes are only lent. */
  field(index: number, bytes: Uint8Array, start: number, end: number, quoted: boolean): void;
  /** The record is complete. */
  record(fields: number): void;
  /** What came since the last complete record is to be forgotten. */
  rollback(): void;
}

/** The dialect. */
export interface RecordOptions {
  /** The byte between fields. */
  readonly delimiter: number;
  /**
   * Whether only what PostgreSQL writes is taken: every record ends in a line feed, and nothing else ends one.
   * Otherwise the last one need not end, and CR LF and blank lines are taken.
   */
  readonly strict: boolean;
}

const QUOTE = 34;
const LF = 10;
const CR = 13;

/** The place of the record, as messages tell it. */
export interface RecordPosition {
  /** The line on which the record starts, from 1. */
  readonly line: number;
  /** Records before it. */
  readonly records: number;
}

/**
 * Splits CSV into records, chunk by chunk. A record is handed on only when it is complete; what is left over is kept
 * for the next chunk.
 */
export class CsvRecords {
  readonly #target: RecordTarget;
  readonly #delimiter: number;
  readonly #strict: boolean;
  readonly #place: (position: RecordPosition) => Record<string, string | number>;
  #pending: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #length = 0;
  /** A long record is not looked at again before it has doubled, or reading it would take the square of its length. */
  #patience = 0;
  #scratch: Uint8Array<ArrayBuffer> = new Uint8Array(256);
  #line = 1;
  #records = 0;
  #at = 0;

  constructor(
    target: RecordTarget,
    options: RecordOptions,
    place: (position: RecordPosition) => Record<string, string | number>,
  ) {
    this.#target = target;
    this.#delimiter = options.delimiter;
    this.#strict = options.strict;
    this.#place = place;
  }

  /** Complete records so far. */
  get records(): number {
    return this.#records;
  }

  /** The line on which the current record starts. */
  get line(): number {
    return this.#line;
  }

  /** What is left over: the beginning of a record that has not ended. */
  get rest(): Uint8Array {
    return this.#pending.subarray(0, this.#length);
  }

  /** Reads one more chunk; the bytes are not kept. */
  push(chunk: Uint8Array): void {
    if (this.#length === 0) {
      const consumed = this.#parse(chunk, chunk.length, false);
      this.#keep(chunk, consumed, chunk.length);
      return;
    }
    if (this.#length + chunk.length > this.#pending.length) {
      this.#pending = grow(this.#pending, this.#length + chunk.length);
    }
    this.#pending.set(chunk, this.#length);
    this.#length += chunk.length;
    if (this.#length < this.#patience) return;
    const consumed = this.#parse(this.#pending, this.#length, false);
    if (consumed === 0) {
      this.#patience = this.#length > 65_536 ? this.#length * 2 : 0;
      return;
    }
    this.#pending.copyWithin(0, consumed, this.#length);
    this.#length -= consumed;
    this.#patience = 0;
  }

  #keep(chunk: Uint8Array, from: number, to: number): void {
    if (from === to) return;
    if (to - from > this.#pending.length) this.#pending = grow(this.#pending, to - from);
    this.#pending.set(chunk.subarray(from, to));
    this.#length = to - from;
  }

  /** Reads what is left over as the last records; not for the strict dialect, which has no such thing. */
  finish(): void {
    // Patience may have left complete records unread
    const consumed = this.#parse(this.#pending, this.#length, !this.#strict);
    this.#pending.copyWithin(0, consumed, this.#length);
    this.#length -= consumed;
  }

  /** Reads the complete records of a buffer; answers where they end. */
  #parse(buffer: Uint8Array, end: number, final: boolean): number {
    let start = 0;
    while (start < end) {
      let next: number;
      try {
        next = this.#record(buffer, start, end, final);
      } catch (error) {
        this.#target.rollback();
        // Whatever is wrong with a record, it may only be cut, or have the server's error behind it
        if (!final && buffer.subarray(0, end).indexOf(LF, this.#at) === -1) return start;
        throw placed(error, this.#place({ line: this.#line, records: this.#records }));
      }
      if (next < 0) {
        this.#target.rollback();
        return start;
      }
      start = next;
    }
    return start;
  }

  /** Reads one record; answers where the next one starts, or -1 if this one does not end here. */
  #record(buffer: Uint8Array, start: number, end: number, final: boolean): number {
    const delimiter = this.#delimiter;
    const target = this.#target;
    let at = start;
    let field = 0;
    let lines = 0;
    while (true) {
      this.#at = at;
      if (at < end && buffer[at] === QUOTE) {
        const close = this.#closingQuote(buffer, at + 1, end, final);
        if (close < 0) return -1;
        if (!this.#strict) lines += this.#linesIn(buffer, at + 1, close);
        this.#quoted(field, buffer, at + 1, close);
        at = close + 1;
        this.#at = at;
        if (
          at < end && buffer[at] === CR && !this.#strict &&
          (buffer[at + 1] === LF || (at + 1 === end && final))
        ) at++;
        if (at === end) {
          if (!final) return -1;
          return this.#complete(field + 1, lines, end);
        }
        const byte = buffer[at++] as number;
        if (byte === LF) return this.#complete(field + 1, lines, at);
        if (byte !== delimiter) {
          throw new BadValue("Text follows a closing quote", "A quote inside a field is doubled");
        }
      } else {
        const from = at;
        while (at < end) {
          const byte = buffer[at] as number;
          if (byte === delimiter || byte === LF) break;
          at++;
        }
        if (at === end && !final) return -1;
        const ends = at === end || buffer[at] === LF;
        let to = at;
        if (ends && to > from && buffer[to - 1] === CR && !this.#strict) to--;
        if (ends && field === 0 && to === from && !this.#strict && target.fields !== 1) {
          // A blank line is no record, unless the table has one column
          this.#line++;
          return Math.min(at + 1, end);
        }
        if (field === target.fields) this.#tooMany(buffer, from, end, field);
        target.field(field, buffer, from, to, false);
        if (ends) return this.#complete(field + 1, lines, Math.min(at + 1, end));
        at++;
      }
      field++;
    }
  }

  #tooMany(buffer: Uint8Array, at: number, end: number, field: number): never {
    let fields = field + 1;
    for (let i = at; i < end && buffer[i] !== LF; i++) if (buffer[i] === this.#delimiter) fields++;
    throw new BadValue(`The row has ${fields} fields where ${this.#target.fields} are expected`);
  }

  #complete(fields: number, lines: number, next: number): number {
    const wanted = this.#target.fields;
    if (wanted >= 0 && fields !== wanted) {
      throw new BadValue(`The row has ${fields} fields where ${wanted} are expected`);
    }
    this.#target.record(fields);
    this.#records++;
    this.#line += lines + 1;
    return next;
  }

  /** Where the quote is that ends the field, or -1. */
  #closingQuote(buffer: Uint8Array, from: number, end: number, final: boolean): number {
    let at = from;
    while (true) {
      while (at < end && buffer[at] !== QUOTE) at++;
      if (at + 1 < end && buffer[at + 1] === QUOTE) {
        at += 2;
        continue;
      }
      // A quote at the very end may be half of a doubled one
      if (at < end && (at + 1 < end || final)) return at;
      if (final) throw new BadValue("A quoted field does not end", "Look for a quote that is not doubled");
      return -1;
    }
  }

  #linesIn(buffer: Uint8Array, start: number, end: number): number {
    let lines = 0;
    for (let i = start; i < end; i++) if (buffer[i] === LF) lines++;
    return lines;
  }

  #quoted(field: number, buffer: Uint8Array, start: number, end: number): void {
    if (field === this.#target.fields) this.#tooMany(buffer, start, start, field);
    let at = start;
    while (at < end && buffer[at] !== QUOTE) at++;
    if (at === end) return this.#target.field(field, buffer, start, end, true);
    if (end - start > this.#scratch.length) this.#scratch = grow(this.#scratch, end - start);
    const scratch = this.#scratch;
    let to = 0;
    for (at = start; at < end; at++) {
      const byte = buffer[at] as number;
      if (byte === QUOTE) at++;
      scratch[to++] = byte;
    }
    this.#target.field(field, scratch, 0, to, true);
  }
}

/** Finds the first byte that is not UTF-8, chunk by chunk, and tells its line. */
export class Utf8Checker {
  readonly #file: string | undefined;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #before = 0;
  #lines = 0;
  #tail: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(file: string | undefined) {
    this.#file = file;
  }

  check(bytes: Uint8Array): void {
    try {
      this.#decoder.decode(bytes, { stream: true });
    } catch (error) {
      throw this.#fault(bytes, error);
    }
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) this.#lines++;
    this.#before += bytes.length;
    this.#tail = new Uint8Array([...this.#tail, ...bytes.subarray(-3)]).slice(-3);
  }

  finish(): void {
    try {
      this.#decoder.decode();
    } catch (error) {
      throw this.#fault(new Uint8Array(0), error);
    }
  }

  #fault(bytes: Uint8Array, cause: unknown): DataError {
    const all = new Uint8Array(this.#tail.length + bytes.length);
    all.set(this.#tail);
    all.set(bytes, this.#tail.length);
    // The tail may begin inside a character that was whole
    let start = 0;
    while (start < this.#tail.length && ((all[start] as number) & 0xc0) === 0x80) start++;
    const at = firstInvalid(all, start);
    const byte = this.#before - this.#tail.length + at;
    let line = this.#lines + 1;
    for (let i = this.#tail.length; i < at; i++) if (all[i] === 10) line++;
    const utf16 = byte === 0 && (all[0] === 0xff || all[0] === 0xfe);
    return new DataError("The file is not UTF-8", {
      place: { ...(this.#file === undefined ? {} : { file: this.#file }), line, byte },
      hint: utf16
        ? 'Give its encoding: { encoding: "utf-16le" } or { encoding: "utf-16be" }'
        : 'Give its encoding, such as { encoding: "latin1" }, or save it as UTF-8',
      cause,
    });
  }
}

/** The first byte that starts or continues no character. */
function firstInvalid(bytes: Uint8Array, start: number): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    const length = byte < 0x80
      ? 1
      : byte < 0xc2
      ? 0
      : byte < 0xe0
      ? 2
      : byte < 0xf0
      ? 3
      : byte < 0xf5
      ? 4
      : 0;
    if (length === 0 || at + length > bytes.length) return at;
    if (length > 1) {
      try {
        decoder.decode(bytes.subarray(at, at + length));
      } catch {
        return at;
      }
    }
    at += length;
  }
  return at;
}

const INTEGER = /^(?:0|-?[1-9]\d{0,18})$/;
const DECIMAL = /^-?(?:0|[1-9]\d*)\.(\d+)$/;

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
