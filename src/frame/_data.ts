import { DataError, type DataPlace } from "../errors/mod.ts";
import type { Column } from "./column.ts";
import type { OnBadValue } from "./from_rows.ts";
import type { ColumnType, Field, RenamedColumn } from "./types.ts";

/** Null bits as Arrow has them: bit i is set where row i holds a value; undefined where no row is null. */
export type Validity = Uint8Array<ArrayBuffer> | undefined;

interface Common {
  readonly length: number;
  readonly nullCount: number;
  readonly validity: Validity;
}

/** Booleans, one bit a row. */
export interface BoolData extends Common {
  readonly kind: "bool";
  readonly bits: Uint8Array<ArrayBuffer>;
}

/** Numbers of at most 32 bits or floats; a date is its day since 1970. */
export interface NumberData extends Common {
  readonly kind: "number";
  readonly values:
    | Int16Array<ArrayBuffer>
    | Int32Array<ArrayBuffer>
    | Float32Array<ArrayBuffer>
    | Float64Array<ArrayBuffer>;
}

/** 64-bit integers; times and timestamps are microseconds. */
export interface Int64Data extends Common {
  readonly kind: "int64";
  readonly values: BigInt64Array<ArrayBuffer>;
}

/** Byte strings one after the other: UTF-8 text, bytea or EWKB. `offsets` has one more entry than rows. */
export interface BytesData extends Common {
  readonly kind: "bytes";
  readonly offsets: Int32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Text of few values: a code a row, the values once. */
export interface DictionaryData extends Common {
  readonly kind: "dictionary";
  readonly codes: Int32Array<ArrayBuffer>;
  readonly dictionary: { readonly offsets: Int32Array<ArrayBuffer>; readonly bytes: Uint8Array<ArrayBuffer> };
}

/** Points without height, all of the column's SRID, none empty: x, y, x, y … */
export interface PointData extends Common {
  readonly kind: "point";
  readonly xy: Float64Array<ArrayBuffer>;
  /** The SRID of every point; 0 for none. */
  readonly srid: number;
}

/** How the rows of one column lie in memory. Never changed after it is made. */
export type ColumnData = BoolData | NumberData | Int64Data | BytesData | DictionaryData | PointData;

/** Which layout a type uses. Text may be `bytes` or `dictionary`, geometry `point` or `bytes`. */
export type Layout =
  | "bool"
  | "int16"
  | "int32"
  | "float32"
  | "float64"
  | "int64"
  | "text"
  | "binary"
  | "geometry";

/** The layout of a type. */
export function layoutOf(type: ColumnType): Layout {
  switch (type) {
    case "bool":
      return "bool";
    case "int2":
      return "int16";
    case "int4":
    case "date":
      return "int32";
    case "float4":
      return "float32";
    case "float8":
      return "float64";
    case "int8":
    case "time":
    case "timestamp":
    case "timestamptz":
      return "int64";
    case "bytea":
      return "binary";
    case "geometry":
    case "geography":
      return "geometry";
    default:
      return "text";
  }
}

/** Whether row i holds a value. */
export function isValid(validity: Validity, row: number): boolean {
  return validity === undefined || ((validity[row >> 3] as number) & (1 << (row & 7))) !== 0;
}

/** Reads bit i. */
export function bitAt(bits: Uint8Array, row: number): boolean {
  return ((bits[row >> 3] as number) & (1 << (row & 7))) !== 0;
}

/** The bits `start` to `end` moved to the front of new bytes. */
export function sliceBits(bits: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
  const length = end - start;
  const result = new Uint8Array((length + 7) >> 3);
  const first = start >> 3;
  const shift = start & 7;
  if (shift === 0) {
    result.set(bits.subarray(first, first + result.length));
  } else {
    for (let i = 0; i < result.length; i++) {
      const low = bits[first + i] as number;
      const high = bits[first + i + 1] ?? 0;
      result[i] = (low >> shift) | (high << (8 - shift));
    }
  }
  const rest = length & 7;
  const last = result.length - 1;
  if (rest !== 0) result[last] = (result[last] as number) & ((1 << rest) - 1);
  return result;
}

/** The number of bits set among the first `length`; the rest of the last byte must be clear. */
export function countBits(bits: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < bits.length; i++) {
    let byte = bits[i] as number;
    while (byte !== 0) {
      byte &= byte - 1;
      count++;
    }
  }
  return count;
}

/** The null bits of some rows, with the number of nulls. */
function sliceValidity(data: ColumnData, start: number, end: number): Common {
  const length = end - start;
  if (data.validity === undefined) return { length, nullCount: 0, validity: undefined };
  const validity = sliceBits(data.validity, start, end);
  const nullCount = length - countBits(validity);
  return { length, nullCount, validity: nullCount === 0 ? undefined : validity };
}

/** Rows `start` to `end`, sharing the values' memory. */
export function sliceData(data: ColumnData, start: number, end: number): ColumnData {
  const common = sliceValidity(data, start, end);
  switch (data.kind) {
    case "bool":
      return { ...common, kind: "bool", bits: sliceBits(data.bits, start, end) };
    case "number":
      return { ...common, kind: "number", values: data.values.subarray(start, end) };
    case "int64":
      return { ...common, kind: "int64", values: data.values.subarray(start, end) };
    case "bytes":
      return { ...common, kind: "bytes", offsets: data.offsets.subarray(start, end + 1), bytes: data.bytes };
    case "dictionary":
      return {
        ...common,
        kind: "dictionary",
        codes: data.codes.subarray(start, end),
        dictionary: data.dictionary,
      };
    case "point":
      return { ...common, kind: "point", xy: data.xy.subarray(2 * start, 2 * end), srid: data.srid };
  }
}

/** A column in which every row is null. */
export function nullData(field: Pick<Field, "type">, length: number): ColumnData {
  const common: Common = {
    length,
    nullCount: length,
    validity: length === 0 ? undefined : new Uint8Array((length + 7) >> 3),
  };
  switch (layoutOf(field.type)) {
    case "bool":
      return { ...common, kind: "bool", bits: new Uint8Array((length + 7) >> 3) };
    case "int16":
      return { ...common, kind: "number", values: new Int16Array(length) };
    case "int32":
      return { ...common, kind: "number", values: new Int32Array(length) };
    case "float32":
      return { ...common, kind: "number", values: new Float32Array(length) };
    case "float64":
      return { ...common, kind: "number", values: new Float64Array(length) };
    case "int64":
      return { ...common, kind: "int64", values: new BigInt64Array(length) };
    default:
      return { ...common, kind: "bytes", offsets: new Int32Array(length + 1), bytes: new Uint8Array(0) };
  }
}

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

/** Tells a value that does not fit to who wants to know; what is no fault of the value is thrown. */
export function tellBadValue(tell: OnBadValue, error: unknown, place: DataPlace, type: ColumnType): void {
  const fault = placed(error, place);
  if (!(fault instanceof DataError)) throw fault;
  tell(fault, type);
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

/** What a reader hands to the `GeoDataFrame` that it makes. */
export interface FrameParts {
  readonly columns: readonly Column[];
  readonly geometryColumn?: string | undefined;
  readonly renamed?: readonly RenamedColumn[] | undefined;
  readonly notes?: readonly string[] | undefined;
  readonly source?: FrameSource | undefined;
}

/** Where the rows of a file stand in it. */
export interface FrameSource {
  readonly file: string | undefined;
  /** The line of each row, or undefined where it is not known. */
  readonly lines: Int32Array | undefined;
}

/** The geometry column when nobody says which: CARTO's, then the usual name, then the first. */
export function chooseGeometryColumn(columns: readonly Column[]): string | undefined {
  const names = columns.filter(({ type }) => type === "geometry" || type === "geography").map(({ name }) =>
    name
  );
  return ["the_geom", "geometry"].find((name) => names.includes(name)) ?? names[0];
}

/**
 * A name that is not taken: the name itself, or with `_1`, `_2` … behind it.
 */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let number = 1;
  while (taken.has(`${name}_${number}`)) number++;
  return `${name}_${number}`;
}
