import {
  asciiText,
  grow,
  halves,
  nextCapacity,
  parseBigInteger,
  parseFloatBytes,
  parseSmallInteger,
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

const encoder = new TextEncoder();
const MIN_INT8 = -0x8000_0000_0000_0000n;
const MAX_INT8 = 0x7fff_ffff_ffff_ffffn;

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

  /** Counts rows whose values have been stored already; a size of −1 marks a null. */
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
export class RowMarks {
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

  /** Marks rows by the sizes of their fields, of which −1 is a null. */
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
