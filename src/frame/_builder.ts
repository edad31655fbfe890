import {
  asciiText,
  checkColumnBytes,
  encoder,
  grow,
  halves,
  MAX_INT8,
  MIN_INT8,
  nextCapacity,
  parseBigInteger,
  parseFloatBytes,
  parseSmallInteger,
  sameBytes,
  storeHalves,
} from "./_bytes.ts";
import { BadValue, type ColumnData, shown, type Validity } from "./_data.ts";
import {
  DATE_INFINITY,
  DATE_MINUS_INFINITY,
  instantMicros,
  parseDate,
  parseTime,
  plainDateDays,
  plainDateTimeMicros,
  plainTimeMicros,
  storeTimestamp,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINUS_INFINITY,
} from "./_temporal.ts";
import type { ColumnType } from "./types.ts";

/**
 * Makes one column, value by value. A value that does not fit is refused by a {@linkcode BadValue}, and the
 * column is then as long as before.
 */
export abstract class Builder {
  /** Which rows there are, and which of them are null. */
  protected readonly rows: RowMarks = new RowMarks();

  /** Rows so far. */
  get length(): number {
    return this.rows.length;
  }

  /** Appends a value that PostgreSQL wrote as text. */
  abstract text(bytes: Uint8Array, start: number, end: number): void;
  /** Appends a JavaScript value that is not null. */
  abstract value(value: unknown): void;
  /** Stores something where the row is null. */
  protected abstract blank(): void;
  /** The column's data; the builder is empty afterwards. */
  protected abstract data(common: { length: number; nullCount: number; validity: Validity }): ColumnData;

  /** Appends a null. */
  null(): void {
    this.blank();
    this.rows.null();
  }

  /** Counts rows whose values have been stored already; a size of -1 marks a null. */
  mark(sizes: Int32Array, from: number, to: number): void {
    this.rows.mark(sizes, from, to);
  }

  /** Gives up the rows from `length` on. */
  truncate(length: number): void {
    this.rows.truncate(length);
  }

  /** The column so far; the builder starts anew. */
  finish(): ColumnData {
    const data = this.data(this.rows.common());
    this.rows.reset();
    return data;
  }
}

/**
 * Counts rows and marks nulls. It is a class of its own, not a part of the builders' common base, because an engine makes
 * fast code for objects of one shape, and builders have many.
 */
class RowMarks {
  /** Rows so far. */
  length = 0;
  #bits: Uint8Array<ArrayBuffer> | undefined;
  #nulls = 0;

  /** Marks the row just stored as a value. */
  done(): void {
    const row = this.length++;
    if (this.#bits !== undefined) this.#set(this.#bits, row);
  }

  #set(bits: Uint8Array<ArrayBuffer>, row: number): void {
    if (row >> 3 >= bits.length) bits = this.#bits = grow(bits, (row >> 3) + 1);
    bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
  }

  /** Marks the row just stored as null. */
  null(): void {
    const row = this.length++;
    let bits = this.#bits ??= new Uint8Array(Math.max(64, (row >> 3) + 1)).fill(255, 0, (row >> 3) + 1);
    if (row >> 3 >= bits.length) bits = this.#bits = grow(bits, (row >> 3) + 1);
    bits[row >> 3] = (bits[row >> 3] as number) & ~(1 << (row & 7));
    this.#nulls++;
  }

  /** Marks rows by the sizes of their fields, of which -1 is a null. */
  mark(sizes: Int32Array, from: number, to: number): void {
    let at = from;
    if (this.#bits === undefined) {
      while (at < to && sizes[at] !== -1) at++;
      this.length += at - from;
    }
    for (; at < to; at++) {
      if (sizes[at] === -1) this.null();
      else this.done();
    }
  }

  /** Whether a row so far is null. */
  isNull(row: number): boolean {
    return this.#bits !== undefined && ((this.#bits[row >> 3] as number) & (1 << (row & 7))) === 0;
  }

  /** Gives up the rows from `length` on. */
  truncate(length: number): void {
    for (let row = length; row < this.length; row++) if (this.isNull(row)) this.#nulls--;
    this.length = length;
  }

  /** What every column's data has. */
  common(): { length: number; nullCount: number; validity: Validity } {
    const { length } = this;
    if (this.#nulls === 0 || this.#bits === undefined) return { length, nullCount: 0, validity: undefined };
    const validity = this.#bits.slice(0, (length + 7) >> 3);
    const rest = length & 7;
    const last = validity.length - 1;
    if (rest !== 0) validity[last] = (validity[last] as number) & ((1 << rest) - 1);
    return { length, nullCount: this.#nulls, validity };
  }

  /** Starts anew. */
  reset(): void {
    this.length = 0;
    this.#nulls = 0;
    this.#bits = undefined;
  }
}

/** The part of an array that is used, without the room left over when that is much. */
export function trimmed<
  T extends
    | Uint8Array<ArrayBuffer>
    | Int16Array<ArrayBuffer>
    | Int32Array<ArrayBuffer>
    | Float32Array<ArrayBuffer>
    | Float64Array<ArrayBuffer>
    | BigInt64Array<ArrayBuffer>,
>(array: T, length: number): T {
  if (length === array.length) return array;
  return (length * 1.1 < array.length ? array.slice(0, length) : array.subarray(0, length)) as T;
}

/** Booleans. */
export class BoolBuilder extends Builder {
  #bits: Uint8Array<ArrayBuffer> = new Uint8Array(64);

  /** Appends true or false. */
  push(value: boolean): void {
    const row = this.rows.length;
    if (row >> 3 >= this.#bits.length) this.#bits = grow(this.#bits, (row >> 3) + 1);
    const mask = 1 << (row & 7);
    const byte = this.#bits[row >> 3] as number;
    this.#bits[row >> 3] = value ? byte | mask : byte & ~mask;
    this.rows.done();
  }

  /** Room for so many rows more, which the caller stores and marks. */
  bitsFor(rows: number): Uint8Array<ArrayBuffer> {
    return this.#bits = grow(this.#bits, (this.rows.length + rows + 7) >> 3);
  }

  override text(bytes: Uint8Array, start: number, end: number): void {
    if (end - start === 1) {
      const byte = (bytes[start] as number) | 32;
      if (byte === 116) return this.push(true);
      if (byte === 102) return this.push(false);
    }
    const text = asciiText(bytes, start, Math.min(end, start + 8));
    if (/^true$/i.test(text)) return this.push(true);
    if (/^false$/i.test(text)) return this.push(false);
    throw new BadValue(`${shown(text)} is not a boolean`, "Booleans are written t and f, or true and false");
  }

  override value(value: unknown): void {
    if (typeof value === "boolean") return this.push(value);
    valueAsText(this, value, "a boolean");
  }

  protected override blank(): void {
    const row = this.rows.length;
    if (row >> 3 >= this.#bits.length) this.#bits = grow(this.#bits, (row >> 3) + 1);
    this.#bits[row >> 3] = (this.#bits[row >> 3] as number) & ~(1 << (row & 7));
  }

  protected override data(common: { length: number; nullCount: number; validity: Validity }): ColumnData {
    const bits = this.#bits.slice(0, (common.length + 7) >> 3);
    const rest = common.length & 7;
    if (rest !== 0) bits[bits.length - 1] = (bits[bits.length - 1] as number) & ((1 << rest) - 1);
    this.#bits = new Uint8Array(64);
    return { ...common, kind: "bool", bits };
  }
}

/** Reads a text value given where another kind of JavaScript value is usual. */
function valueAsText(builder: Builder, value: unknown, wanted: string): void {
  if (typeof value !== "string") throw new BadValue(`${capital(shown(value))} is not ${wanted}`);
  const bytes = encoder.encode(value);
  builder.text(bytes, 0, bytes.length);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const RANGES: Readonly<Record<string, readonly [low: number, high: number, name: string]>> = {
  int2: [-0x8000, 0x7fff, "a 16-bit integer"],
  int4: [-0x8000_0000, 0x7fff_ffff, "a 32-bit integer"],
};

/** int2, int4 and dates. */
export class IntegerBuilder extends Builder {
  readonly #type: "int2" | "int4" | "date";
  #values: Int16Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

  constructor(type: "int2" | "int4" | "date") {
    super();
    this.#type = type;
    this.#values = this.#room(64);
  }

  #room(length: number): Int16Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
    return this.#type === "int2" ? new Int16Array(length) : new Int32Array(length);
  }

  /** Appends a number that is known to fit. */
  push(value: number): void {
    const row = this.rows.length;
    if (row === this.#values.length) this.#values = grow(this.#values, row + 1);
    this.#values[row] = value;
    this.rows.done();
  }

  /** Room for so many rows more, which the caller stores and marks. */
  valuesFor(rows: number): Int16Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
    return this.#values = grow(this.#values, this.rows.length + rows);
  }

  override text(bytes: Uint8Array, start: number, end: number): void {
    if (this.#type === "date") {
      const days = parseDate(bytes, start, end);
      if (days === undefined) throw refusal(bytes, start, end, "a date", "Dates are written 2019-03-10");
      return this.push(days);
    }
    const [low, high, name] = RANGES[this.#type] as readonly [number, number, string];
    const value = parseSmallInteger(bytes, start, end);
    if (!(value >= low && value <= high)) throw refusal(bytes, start, end, name);
    this.push(value);
  }

  override value(value: unknown): void {
    if (this.#type === "date") return this.#date(value);
    const [low, high, name] = RANGES[this.#type] as readonly [number, number, string];
    const number = typeof value === "bigint" ? Number(value) : value;
    if (typeof number !== "number") return valueAsText(this, value, name);
    if (!Number.isInteger(number) || number < low || number > high) {
      throw new BadValue(`${shown(value)} is not ${name}`);
    }
    this.push(number);
  }

  #date(value: unknown): void {
    if (value instanceof Temporal.PlainDate) return this.push(plainDateDays(value));
    valueAsText(this, value, "a date");
  }

  protected override blank(): void {
    if (this.rows.length === this.#values.length) this.#values = grow(this.#values, this.rows.length + 1);
    this.#values[this.rows.length] = 0;
  }

  protected override data(common: { length: number; nullCount: number; validity: Validity }): ColumnData {
    const values = trimmed(this.#values, common.length);
    this.#values = this.#room(nextCapacity(common.length));
    return { ...common, kind: "number", values };
  }
}

function refusal(bytes: Uint8Array, start: number, end: number, wanted: string, hint?: string): BadValue {
  const text = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 60)));
  return new BadValue(
    text === "" ? `An empty field is not ${wanted}` : `${shown(text)} is not ${wanted}`,
    hint,
  );
}

/** Floats of 32 or 64 bits. */
export class FloatBuilder extends Builder {
  readonly #single: boolean;
  #values: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

  constructor(single: boolean) {
    super();
    this.#single = single;
    this.#values = single ? new Float32Array(64) : new Float64Array(64);
  }

  /** Appends a number. */
  push(value: number): void {
    const row = this.rows.length;
    if (row === this.#values.length) this.#values = grow(this.#values, row + 1);
    this.#values[row] = value;
    if (this.#single && !Number.isFinite(this.#values[row]) && Number.isFinite(value)) {
      throw new BadValue(`${value} is too large for a 32-bit float`);
    }
    this.rows.done();
  }

  /** Room for so many rows more, which the caller stores and marks. */
  valuesFor(rows: number): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
    return this.#values = grow(this.#values, this.rows.length + rows);
  }

  override text(bytes: Uint8Array, start: number, end: number): void {
    const value = parseFloatBytes(bytes, start, end);
    if (value === undefined) throw refusal(bytes, start, end, "a number");
    this.push(value);
  }

  override value(value: unknown): void {
    if (typeof value === "number") return this.push(value);
    if (typeof value === "bigint") {
      if (BigInt(Number(value)) !== value) {
        throw new BadValue(`${value} does not fit a float without losing digits`);
      }
      return this.push(Number(value));
    }
    valueAsText(this, value, "a number");
  }

  protected override blank(): void {
    if (this.rows.length === this.#values.length) this.#values = grow(this.#values, this.rows.length + 1);
    this.#values[this.rows.length] = 0;
  }

  protected override data(common: { length: number; nullCount: number; validity: Validity }): ColumnData {
    const values = trimmed(this.#values, common.length);
    const room = nextCapacity(common.length);
    this.#values = this.#single ? new Float32Array(room) : new Float64Array(room);
    return { ...common, kind: "number", values };
  }
}

/** int8, and times and timestamps as microseconds. */
export class Int64Builder extends Builder {
  readonly #type: "int8" | "time" | "timestamp" | "timestamptz";
  #values: BigInt64Array<ArrayBuffer> = new BigInt64Array(64);
  #pairs: Int32Array<ArrayBuffer> = halves(this.#values);

  constructor(type: "int8" | "time" | "timestamp" | "timestamptz") {
    super();
    this.#type = type;
  }

  #reserve(): void {
    if (this.rows.length === this.#values.length) this.pairsFor(1);
  }

  /** Room for so many rows more as pairs of halves, the lower one first, which the caller stores and marks. */
  pairsFor(rows: number): Int32Array<ArrayBuffer> {
    if (this.rows.length + rows > this.#values.length) {
      this.#values = grow(this.#values, this.rows.length + rows);
      this.#pairs = halves(this.#values);
    }
    return this.#pairs;
  }

  /** Appends a safe integer. */
  push(value: number): void {
    this.#reserve();
    storeHalves(this.#pairs, this.rows.length, value);
    this.rows.done();
  }

  /** Appends any 64-bit integer. */
  pushBig(value: bigint): void {
    if (value < MIN_INT8 || value > MAX_INT8) {
      throw new BadValue(`${value} is not a 64-bit integer`, 'Give the column the type "numeric"');
    }
    this.#reserve();
    this.#values[this.rows.length] = value;
    this.rows.done();
  }

  override text(bytes: Uint8Array, start: number, end: number): void {
    if (this.#type === "int8") {
      const small = parseSmallInteger(bytes, start, end);
      if (!Number.isNaN(small)) return this.push(small);
      const value = end - start > 40 ? undefined : parseBigInteger(asciiText(bytes, start, end));
      if (value === undefined) throw refusal(bytes, start, end, "a 64-bit integer");
      return this.pushBig(value);
    }
    if (this.#type === "time") {
      const micros = parseTime(bytes, start, end);
      if (micros === undefined) throw refusal(bytes, start, end, "a time", "Times are written 10:30:00.5");
      return this.push(micros);
    }
    this.#reserve();
    const zoned = this.#type === "timestamptz";
    if (!storeTimestamp(this.#values, this.#pairs, this.rows.length, bytes, start, end, zoned)) {
      throw refusal(
        bytes,
        start,
        end,
        zoned ? "a timestamp with a time zone" : "a timestamp without a time zone",
        zoned
          ? "Such timestamps are written 2019-03-10 10:30:00+00"
          : "Such timestamps are written 2019-03-10 10:30:00",
      );
    }
    this.rows.done();
  }

  override value(value: unknown): void {
    switch (this.#type) {
      case "int8":
        if (typeof value === "bigint") return this.pushBig(value);
        if (typeof value !== "number") return valueAsText(this, value, "a 64-bit integer");
        if (!Number.isSafeInteger(value)) {
          throw new BadValue(
            `${value} is not a whole number that a JavaScript number holds exactly`,
            "Use a bigint",
          );
        }
        return this.push(value);
      case "time":
        if (!(value instanceof Temporal.PlainTime)) return valueAsText(this, value, "a time");
        return this.push(Number(whole(plainTimeMicros(value))));
      case "timestamp":
        if (!(value instanceof Temporal.PlainDateTime)) {
          return valueAsText(this, value, "a timestamp without a time zone");
        }
        return this.pushBig(BigInt(whole(plainDateTimeMicros(value))));
      case "timestamptz":
        return this.#instant(value);
    }
  }

  #instant(value: unknown): void {
    if (value instanceof Date) {
      const time = value.getTime();
      if (Number.isNaN(time)) throw new BadValue("The date is invalid (NaN)", "Use null for a missing date");
      return this.pushBig(BigInt(time) * 1000n);
    }
    if (value instanceof Temporal.ZonedDateTime) return this.#instant(value.toInstant());
    if (value instanceof Temporal.Instant) return this.pushBig(BigInt(whole(instantMicros(value))));
    valueAsText(this, value, "a timestamp with a time zone");
  }

  protected override blank(): void {
    this.#reserve();
    this.#pairs[2 * this.rows.length] = 0;
    this.#pairs[2 * this.rows.length + 1] = 0;
  }

  protected override data(common: { length: number; nullCount: number; validity: Validity }): ColumnData {
    const values = trimmed(this.#values, common.length);
    this.#values = new BigInt64Array(nextCapacity(common.length));
    this.#pairs = halves(this.#values);
    return { ...common, kind: "int64", values };
  }
}

/** Microseconds that are known, or the refusal of a finer time. */
function whole<T extends number | bigint>(micros: T | undefined): T {
  if (micros !== undefined) return micros;
  throw new BadValue("The time is finer than a microsecond", 'Round it first: value.round("microsecond")');
}

/** Infinities as PostgreSQL's text, which `Temporal` cannot hold. */
export function isInfinite(type: ColumnType, value: number | bigint): boolean {
  return type === "date"
    ? value === DATE_INFINITY || value === DATE_MINUS_INFINITY
    : value === TIMESTAMP_INFINITY || value === TIMESTAMP_MINUS_INFINITY;
}

/** A column with more distinct values than this is no dictionary. */
const MAX_DICTIONARY = 4096;
/** After so many rows a dictionary must have paid. */
const PROBATION = 512;
/** Longer texts are never looked up. */
const MAX_ENTRY = 128;
const HASH_SLOTS = 16_384;
/** The most bytes of text that room is made for before there are any. */
const MAX_ROOM = 4 * 1024 * 1024;

/** Turns a JavaScript value into the text that the column keeps. */
export type ToText = (value: unknown) => string;
/** Whether bytes are a value of the column's type. */
export type CheckText = (bytes: Uint8Array, start: number, end: number) => boolean;

/**
 * Text, and every type that is kept as its text. It starts as a dictionary (a number a row, each value once)
 * and turns into plain text as soon as the values prove to differ.
 */
export class TextBuilder extends Builder {
  readonly #toText: ToText;
  readonly #check: CheckText | undefined;
  readonly #name: string;
  #plain = false;
  #codes: Int32Array<ArrayBuffer> = new Int32Array(64);
  #slots: Int32Array<ArrayBuffer> | undefined;
  #strings: Map<string, number> | undefined;
  #entries = 0;
  #offsets: Int32Array<ArrayBuffer> = new Int32Array(65);
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(256);

  constructor(name: string, toText: ToText, check?: CheckText) {
    super();
    this.#name = name;
    this.#toText = toText;
    this.#check = check;
  }

  override text(bytes: Uint8Array, start: number, end: number): void {
    if (this.#check !== undefined && !this.#check(bytes, start, end)) {
      const text = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 60)));
      throw new BadValue(`${text === "" ? "An empty field" : shown(text)} is not ${this.#name}`);
    }
    if (this.#plain) this.#append(bytes, start, end, this.rows.length);
    else this.#code(bytes, start, end);
    this.rows.done();
  }

  override value(value: unknown): void {
    const text = this.#toText(value);
    if (!this.#plain && text.length <= MAX_ENTRY) {
      const code = this.#strings?.get(text);
      if (code !== undefined && !this.#hopeless()) {
        this.#setCode(code);
        return this.rows.done();
      }
    }
    if (!text.isWellFormed()) {
      throw new BadValue(
        "The text holds half of a surrogate pair, which UTF-8 cannot",
        "Mend it first: text.toWellFormed()",
      );
    }
    if (this.#check !== undefined) {
      const bytes = encoder.encode(text);
      if (!this.#check(bytes, 0, bytes.length)) throw new BadValue(`${shown(text)} is not ${this.#name}`);
    }
    this.#string(text);
    this.rows.done();
  }

  #string(text: string): void {
    if (!this.#plain && (text.length > MAX_ENTRY || this.#hopeless())) this.#spill();
    if (this.#plain) return this.#appendString(text, this.rows.length);
    this.#strings ??= new Map();
    const code = this.#entries++;
    this.#appendString(text, code);
    this.#strings.set(text, code);
    this.#setCode(code);
  }

  /** Whether the dictionary has grown too large for what it saves. */
  #hopeless(): boolean {
    return this.#entries >= MAX_DICTIONARY ||
      (this.rows.length >= PROBATION && this.#entries * 2 > this.rows.length);
  }

  #setCode(code: number): void {
    if (this.rows.length === this.#codes.length) this.#codes = grow(this.#codes, this.rows.length + 1);
    this.#codes[this.rows.length] = code;
  }

  /** Finds or adds the code of a text by its bytes. */
  #code(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length > MAX_ENTRY || this.#hopeless()) {
      this.#spill();
      return this.#append(bytes, start, end, this.rows.length);
    }
    let hash = length;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 16_777_619);
    const slots = this.#slots ??= new Int32Array(HASH_SLOTS);
    let slot = (hash ^ (hash >>> 15)) & (HASH_SLOTS - 1);
    for (let entry = slots[slot] as number; entry !== 0; entry = slots[slot] as number) {
      const at = this.#offsets[entry - 1] as number;
      if (
        (this.#offsets[entry] as number) - at === length && sameBytes(this.#bytes, at, bytes, start, length)
      ) {
        return this.#setCode(entry - 1);
      }
      slot = (slot + 1) & (HASH_SLOTS - 1);
    }
    const code = this.#entries++;
    slots[slot] = code + 1;
    this.#append(bytes, start, end, code);
    this.#setCode(code);
  }

  /** Writes a text as entry `index` of the byte strings. */
  #append(bytes: Uint8Array, start: number, end: number, index: number): void {
    const at = this.#room(index, end - start);
    const target = this.#bytes;
    if (end - start > 64) target.set(bytes.subarray(start, end), at);
    else for (let i = start; i < end; i++) target[at + i - start] = bytes[i] as number;
    this.#offsets[index + 1] = at + end - start;
  }

  #appendString(text: string, index: number): void {
    const at = this.#room(index, text.length * 3);
    let to = at;
    const target = this.#bytes;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) {
        to += encoder.encodeInto(text.slice(i), target.subarray(to)).written;
        break;
      }
      target[to++] = unit;
    }
    this.#offsets[index + 1] = to;
  }

  /** Makes room for one more entry; answers where its bytes go. */
  #room(index: number, length: number): number {
    if (index + 2 > this.#offsets.length) this.#offsets = grow(this.#offsets, index + 2);
    const at = this.#offsets[index] as number;
    if (at + length > this.#bytes.length) {
      checkColumnBytes(at + length);
      this.#bytes = grow(this.#bytes, at + length);
    }
    return at;
  }

  /** Gives up the dictionary: each row gets its own bytes. */
  #spill(): void {
    const [codes, offsets, bytes] = [this.#codes, this.#offsets, this.#bytes];
    this.#plain = true;
    this.#slots = undefined;
    this.#strings = undefined;
    this.#offsets = new Int32Array(Math.max(65, this.rows.length + 2));
    this.#bytes = new Uint8Array(Math.max(256, bytes.length));
    for (let row = 0; row < this.rows.length; row++) {
      const code = codes[row] as number;
      if (code < 0) this.#append(bytes, 0, 0, row);
      else this.#append(bytes, offsets[code] as number, offsets[code + 1] as number, row);
    }
    this.#codes = new Int32Array(0);
  }

  protected override blank(): void {
    if (this.#plain) this.#append(this.#bytes, 0, 0, this.rows.length);
    else this.#setCode(-1);
  }

  protected override data(common: { length: number; nullCount: number; validity: Validity }): ColumnData {
    const rows = common.length;
    if (!this.#plain && (this.#entries === 0 || this.#entries * 2 > rows - common.nullCount)) this.#spill();
    const offsets = this.#offsets;
    const plain = this.#plain;
    const entries = plain ? rows : this.#entries;
    const bytes = trimmed(this.#bytes, offsets[entries] as number);
    const codes = this.#codes;
    const [keptOffsets, keptCodes] = [trimmed(offsets, entries + 1), plain ? codes : trimmed(codes, rows)];
    this.#reset(rows, plain, bytes.length);
    if (plain) return { ...common, kind: "bytes", offsets: keptOffsets, bytes };
    // A null's code may be anything in Arrow, but must not lie outside the dictionary
    for (let row = 0; common.nullCount > 0 && row < rows; row++) {
      if (keptCodes[row] === -1) keptCodes[row] = 0;
    }
    return { ...common, kind: "dictionary", codes: keptCodes, dictionary: { offsets: keptOffsets, bytes } };
  }

  /** Starts anew, with room for rows like those before; what proved to be no dictionary is not tried again. */
  #reset(rows: number, wasPlain: boolean, bytes: number): void {
    this.#plain = wasPlain && rows >= PROBATION;
    this.#codes = new Int32Array(this.#plain ? 0 : nextCapacity(rows));
    this.#slots = undefined;
    this.#strings = undefined;
    this.#entries = 0;
    this.#offsets = new Int32Array(this.#plain ? nextCapacity(rows) : 65);
    this.#bytes = new Uint8Array(this.#plain ? nextCapacity(bytes, MAX_ROOM) : 256);
  }
}

/** Byte strings of any content. */
export class BinaryBuilder extends Builder {
  #offsets: Int32Array<ArrayBuffer> = new Int32Array(65);
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(256);

  /** Appends bytes as they are. */
  push(bytes: Uint8Array, start: number, end: number): void {
    const at = this.#room(end - start);
    this.#bytes.set(bytes.subarray(start, end), at);
    this.#offsets[this.rows.length + 1] = at + end - start;
    this.rows.done();
  }

  #room(length: number): number {
    if (this.rows.length + 2 > this.#offsets.length) {
      this.#offsets = grow(this.#offsets, this.rows.length + 2);
    }
    const at = this.#offsets[this.rows.length] as number;
    if (at + length > this.#bytes.length) {
      checkColumnBytes(at + length);
      this.#bytes = grow(this.#bytes, at + length);
    }
    return at;
  }

  /** Reads `\xDEADBEEF`, or the older form with backslashes. */
  override text(bytes: Uint8Array, start: number, end: number): void {
    const value = parseBytea(bytes, start, end);
    this.push(value, 0, value.length);
  }

  override value(value: unknown): void {
    if (value instanceof Uint8Array) return this.push(value, 0, value.length);
    if (value instanceof ArrayBuffer) return this.push(new Uint8Array(value), 0, value.byteLength);
    if (typeof value !== "string") throw new BadValue(`${shown(value)} is not bytes`, "Give a Uint8Array");
    const bytes = encoder.encode(value);
    this.text(bytes, 0, bytes.length);
  }

  protected override blank(): void {
    const at = this.#room(0);
    this.#offsets[this.rows.length + 1] = at;
  }

  protected override data(common: { length: number; nullCount: number; validity: Validity }): ColumnData {
    const offsets = trimmed(this.#offsets, common.length + 1);
    const bytes = trimmed(this.#bytes, offsets[common.length] as number);
    this.#offsets = new Int32Array(65);
    this.#bytes = new Uint8Array(256);
    return { ...common, kind: "bytes", offsets, bytes };
  }
}

function parseBytea(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (bytes[start] === 92 && bytes[start + 1] === 120) {
    try {
      return Uint8Array.fromHex(new TextDecoder().decode(bytes.subarray(start + 2, end)));
    } catch {
      throw new BadValue(
        "The bytes are not hexadecimal",
        "PostgreSQL writes bytea as \\x followed by hex digits",
      );
    }
  }
  const result: number[] = [];
  for (let i = start; i < end; i++) {
    if (bytes[i] !== 92) {
      result.push(bytes[i] as number);
    } else if (bytes[i + 1] === 92 && i + 1 < end) {
      result.push(92);
      i++;
    } else {
      const octal = String.fromCharCode(...bytes.subarray(i + 1, Math.min(i + 4, end)));
      if (!/^[0-3][0-7]{2}$/.test(octal)) {
        throw new BadValue("The bytes have a backslash that starts no escape");
      }
      result.push(parseInt(octal, 8));
      i += 3;
    }
  }
  return new Uint8Array(result);
}
