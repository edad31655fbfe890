import { ArgumentError } from "../errors/carto_error.ts";
import { decoder } from "./_bytes.ts";
import { ByteWriter, type CellGetter, cellGetter, cellWriter } from "./_cells.ts";
import { type ColumnData, isValid, placed, plainBytes, sliceData } from "./_data.ts";
import { Geometry } from "./geometry/geometry.ts";
import type { CellValue, ColumnType, Field } from "./types.ts";

let make: (field: Field, data: ColumnData, int8AsNumber: boolean) => Column;
let read: (column: Column) => ColumnData;

/** The numbers of a column as they lie in memory. */
export type ColumnValues =
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>;

/**
 * One column of a `GeoDataFrame`: values of one type, with nulls beside them. It never changes.
 *
 * @example Read a column
 * ```ts
 * import { GeoDataFrame } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const sales = GeoDataFrame.fromColumns({ sales: [10, null, 30] }).column("sales");
 * assertEquals([sales.type, sales.length, sales.nullCount], ["int4", 3, 1]);
 * assertEquals([...sales], [10, null, 30]);
 * assertEquals(sales.toNumbers(), Float64Array.of(10, NaN, 30));
 * ```
 */
export class Column implements Iterable<CellValue> {
  readonly #field: Field;
  readonly #data: ColumnData;
  readonly #int8AsNumber: boolean;
  #getter: CellGetter | undefined;

  static {
    make = (field, data, int8AsNumber) => new Column(field, data, int8AsNumber);
    read = (column) => column.#data;
  }

  private constructor(field: Field, data: ColumnData, int8AsNumber: boolean) {
    this.#field = field;
    this.#data = data;
    this.#int8AsNumber = int8AsNumber;
  }

  /** The column's name. */
  get name(): string {
    return this.#field.name;
  }

  /** What the column holds. */
  get type(): ColumnType {
    return this.#field.type;
  }

  /** Name, type and the rest of the description. */
  get field(): Field {
    return this.#field;
  }

  /** The number of rows. */
  get length(): number {
    return this.#data.length;
  }

  /** How many rows are null. */
  get nullCount(): number {
    return this.#data.nullCount;
  }

  /** Whether `int8` values are given as numbers instead of as `bigint`. */
  get int8AsNumber(): boolean {
    return this.#int8AsNumber;
  }

  /**
   * The values in memory, shared and not to be changed; what stands in a null row means nothing.
   *
   * `int2` ... `float8` as they are; `date` as days since 1970; `time`, `timestamp` and `timestamptz` as microseconds;
   * points without height as x, y, x, y ...; undefined for everything else.
   */
  get values(): ColumnValues | undefined {
    const data = this.#data;
    if (data.kind === "number" || data.kind === "int64") return data.values;
    return data.kind === "point" ? data.xy : undefined;
  }

  /** Bit i (lowest first) is set where row i holds a value; undefined where no row is null. */
  get validity(): Uint8Array<ArrayBuffer> | undefined {
    return this.#data.validity;
  }

  /**
   * The bytes of text, `bytea` or geometry (EWKB) columns: row i is `bytes.subarray(offsets[i], offsets[i + 1])`.
   * Undefined for the other types. Texts of few values and points are laid out anew at each call.
   */
  get bytes():
    | { readonly offsets: Int32Array<ArrayBuffer>; readonly bytes: Uint8Array<ArrayBuffer> }
    | undefined {
    const { kind } = this.#data;
    return kind === "bytes" || kind === "dictionary" || kind === "point" ? plainBytes(this.#data) : undefined;
  }

  /**
   * Whether a row is null.
   *
   * @param row The row, from 0
   * @throws {ArgumentError} There is no such row
   */
  isNull(row: number): boolean {
    this.#check(row);
    return !isValid(this.#data.validity, row);
  }

  /**
   * The value of a row.
   *
   * @param row The row, from 0
   * @returns The value, of the kind that {@linkcode ColumnType} tells, or null
   * @throws {ArgumentError} There is no such row
   * @throws {DataError} An `int8` wanted as a number does not fit one
   */
  get(row: number): CellValue {
    this.#check(row);
    return isValid(this.#data.validity, row) ? this.#value(row) : null;
  }

  /**
   * The value of a row as PostgreSQL writes it: the exact text of `numeric`, `json` and lists, EWKB in hexadecimal.
   *
   * @param row The row, from 0
   * @returns The text, or null
   * @throws {ArgumentError} There is no such row
   */
  getText(row: number): string | null {
    if (this.isNull(row)) return null;
    const out = new ByteWriter(64);
    cellWriter(this.#field, this.#data, { srid: this.#field.srid })(out, row);
    return decoder.decode(out.bytes.subarray(0, out.at));
  }

  /** The values, one by one. */
  *[Symbol.iterator](): Generator<CellValue, undefined> {
    const { length, validity } = this.#data;
    for (let row = 0; row < length; row++) yield isValid(validity, row) ? this.#value(row) : null;
  }

  /** All values in an array. */
  toArray(): CellValue[] {
    const { length, validity } = this.#data;
    const result: CellValue[] = new Array(length);
    for (let row = 0; row < length; row++) result[row] = isValid(validity, row) ? this.#value(row) : null;
    return result;
  }

  /**
   * The values of a number column as doubles, `NaN` where null.
   *
   * @returns A new array
   * @throws {ArgumentError} The column does not hold numbers
   * @throws {DataError} An `int8` does not fit a double; the place tells its row
   */
  toNumbers(): Float64Array<ArrayBuffer> {
    if (!/^(?:int[248]|float[48]|numeric)$/.test(this.type)) {
      throw new ArgumentError(`Cannot read column "${this.name}" as numbers: it is ${this.type}`);
    }
    const { length, validity } = this.#data;
    const get = cellGetter(this.#field, this.#data, true);
    const result = new Float64Array(length);
    for (let row = 0; row < length; row++) {
      result[row] = isValid(validity, row) ? Number(this.#placed(get, row)) : NaN;
    }
    return result;
  }

  /**
   * Some of the rows, sharing the memory.
   *
   * @param start The first row, from 0; counted from the end when negative
   * @param end The row after the last; default: the end
   */
  slice(start = 0, end: number = this.length): Column {
    const [from, to] = rangeOf(start, end, this.length);
    return make(this.#field, sliceData(this.#data, from, to), this.#int8AsNumber);
  }

  /**
   * Whether another column holds the same: type, nulls and every value, bit by bit. Lists are compared item by item,
   * and `jsonb` as PostgreSQL does: neither spaces nor the order of keys matter.
   *
   * @param other The column to compare with; its name does not matter
   */
  equals(other: Column): boolean {
    if (this === other) return true;
    if (other.type !== this.type || other.length !== this.length || other.nullCount !== this.nullCount) {
      return false;
    }
    const mine = comparable(this.#field, this.#data);
    const theirs = comparable(other.field, read(other));
    for (let row = 0; row < this.length; row++) {
      const valid = isValid(this.#data.validity, row);
      if (valid !== isValid(read(other).validity, row)) return false;
      if (valid && !mine(row, theirs)) return false;
    }
    return true;
  }

  #check(row: number): void {
    if (Number.isInteger(row) && row >= 0 && row < this.length) return;
    throw new ArgumentError(`Cannot read row ${row} of column "${this.name}": it has ${this.length} rows`, {
      argument: "row",
      hint: "Rows are counted from 0",
    });
  }

  #value(row: number): CellValue {
    const get = this.#getter ??= cellGetter(this.#field, this.#data, this.#int8AsNumber);
    return this.#int8AsNumber ? this.#placed(get, row) : get(row);
  }

  #placed(get: CellGetter, row: number): CellValue {
    try {
      return get(row);
    } catch (error) {
      throw placed(error, { row: row + 1, column: this.name });
    }
  }

  /** A short description for logs: name, type and first values. */
  toString(): string {
    return `Column "${this.name}" (${this.type}, ${this.length} rows, ${this.nullCount} null)`;
  }
}

/** Compares a row of one column with the same row of another. */
interface Comparable {
  (row: number, other: Comparable): boolean;
  text(row: number): string;
  meaning(row: number): string;
}

/**
 * Values are the same where PostgreSQL would write the same text; floats are compared by their bits. Lists and `jsonb`,
 * which several texts can stand for, are then compared by what they mean.
 */
function comparable(field: Field, data: ColumnData): Comparable {
  const writer = cellWriter(field, data, {});
  const out = new ByteWriter(64);
  const text = (row: number): string => {
    if (data.kind === "number") {
      const value = data.values[row] as number;
      return Object.is(value, -0) ? "-0" : String(value);
    }
    if (data.kind === "int64") return String(data.values[row]);
    out.at = 0;
    writer(out, row);
    return decoder.decode(out.bytes.subarray(0, out.at));
  };
  const hasMeaning = field.type === "jsonb" || field.type.endsWith("[]");
  const get = hasMeaning ? cellGetter(field, data, false) : () => null;
  const meaning = (row: number): string => meaningOf(get(row));
  const isSame = (row: number, other: Comparable): boolean =>
    text(row) === other.text(row) || (hasMeaning && meaning(row) === other.meaning(row));
  return Object.assign(isSame, { text, meaning });
}

/** A large number as JSON text has it without an exponent, which is not the exact value of the float. */
function longDigits(value: number): string {
  const [mantissa = "", exponent] = String(value).split("e+");
  const [whole, fraction = ""] = mantissa.split(".");
  return `${whole}${fraction.padEnd(Number(exponent), "0")}`;
}

/** One text for all that mean the same: whole numbers by their digits, keys in order. */
function meaningOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(meaningOf).join(",")}]`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" && Number.isFinite(value) && Math.abs(value) >= 1e21) {
    return longDigits(value);
  }
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof Uint8Array) return value.toHex();
  if (value instanceof Geometry) return value.toEwkbHex();
  if (Object.getPrototypeOf(value) !== Object.prototype) return String(value);
  return `{${
    Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${meaningOf(item)}`).sort().join(",")
  }}`;
}

/** A range as `slice` takes it, within 0 and the length. */
export function rangeOf(start: number, end: number, length: number): [start: number, end: number] {
  const clamp = (at: number) => Math.max(0, Math.min(length, Math.trunc(at < 0 ? at + length : at)));
  const from = clamp(start);
  return [from, Math.max(from, clamp(end))];
}

/** A column of a field and its data, for this module's own readers. */
export function columnOf(field: Field, data: ColumnData, int8AsNumber = false): Column {
  return make(field, data, int8AsNumber);
}

/** The memory behind a column, for this module's own writers. */
export function dataOf(column: Column): ColumnData {
  return read(column);
}
