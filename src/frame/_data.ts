import { DataError, type DataPlace } from "../errors/carto_error.ts";
import { asciiText, checkColumnBytes, concatBytes } from "./_bytes.ts";
import type { Column } from "./column.ts";
import { pointEwkb, sridAt, viewOf } from "./geometry/_ewkb.ts";
import type { OnBadValue } from "./rows.ts";
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

/** Points without height, all of the column's SRID, none empty: x, y, x, y ... */
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
function sliceBits(bits: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
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
function countBits(bits: Uint8Array): number {
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
function nullData(field: Pick<Field, "type">, length: number): ColumnData {
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

/**
 * The one coordinate system of the geometries of a column, for formats that cannot tell one for each value: their own, or else
 * the column's; 0 for none, undefined without geometries.
 *
 * @param before That of the geometries before, if there are any
 * @param rowsBefore How many rows there are before, for the message
 * @throws {DataError} A geometry is in another one
 */
export function oneSrid(
  data: ColumnData,
  { name, srid: known = 0 }: Field,
  before?: number,
  rowsBefore = 0,
): number | undefined {
  const told = sridGetter(data);
  let srid = before;
  for (let row = 0; row < data.length; row++) {
    if (!isValid(data.validity, row)) continue;
    const own = told(row) || Math.max(0, known);
    srid ??= own;
    if (own !== srid) {
      const [here, there] = [own, srid].map((each) => each === 0 ? "no coordinate system" : `SRID ${each}`);
      throw new DataError(
        `The format holds one coordinate system for a column, and a value of ${here} follows ${there}`,
        {
          place: { row: rowsBefore + row + 1, column: name },
          hint: "Write each to a file of its own, or GeoJSON, which is always in longitude and latitude",
        },
      );
    }
    // Points that are laid out as numbers share one
    if (data.kind === "point") break;
  }
  return srid;
}

/** Reads the SRID that a geometry of a column tells itself; 0 for none. */
export function sridGetter(data: ColumnData): (row: number) => number {
  if (data.kind === "point") return () => data.srid;
  const { offsets, bytes } = plainBytes(data);
  const view = viewOf(bytes);
  return (row) => sridAt(view, offsets[row] as number);
}

/** Whether a type is one of geometries. */
export function isGeometryType(type: ColumnType): boolean {
  return type === "geometry" || type === "geography";
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
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}\u2026` : value);
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
  const names = columns.filter(({ type }) => isGeometryType(type)).map(({ name }) => name);
  return ["the_geom", "geometry"].find((name) => names.includes(name)) ?? names[0];
}

/**
 * A name that is not taken: the name itself, or with `_1`, `_2` ... behind it.
 */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let number = 1;
  while (taken.has(`${name}_${number}`)) number++;
  return `${name}_${number}`;
}

/** A dictionary with more entries than this saves too little. */
const MAX_ENTRIES = 4096;

/** Rows at the given indexes, in that order. */
export function gatherData(data: ColumnData, rows: ArrayLike<number>): ColumnData {
  const length = rows.length;
  const common: Common = gatherValidity(data, rows);
  switch (data.kind) {
    case "bool": {
      const bits = new Uint8Array((length + 7) >> 3);
      for (let i = 0; i < length; i++) {
        if (bitAt(data.bits, rows[i] as number)) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
      }
      return { ...common, kind: "bool", bits };
    }
    case "number": {
      const values = new (data.values.constructor as Float64ArrayConstructor)(length);
      for (let i = 0; i < length; i++) values[i] = data.values[rows[i] as number] as number;
      return { ...common, kind: "number", values };
    }
    case "int64": {
      const values = new BigInt64Array(length);
      for (let i = 0; i < length; i++) values[i] = data.values[rows[i] as number] as bigint;
      return { ...common, kind: "int64", values };
    }
    case "point": {
      const xy = new Float64Array(2 * length);
      for (let i = 0; i < length; i++) {
        xy[2 * i] = data.xy[2 * (rows[i] as number)] as number;
        xy[2 * i + 1] = data.xy[2 * (rows[i] as number) + 1] as number;
      }
      return { ...common, kind: "point", xy, srid: data.srid };
    }
    case "dictionary": {
      const codes = new Int32Array(length);
      for (let i = 0; i < length; i++) codes[i] = data.codes[rows[i] as number] as number;
      return { ...common, kind: "dictionary", codes, dictionary: data.dictionary };
    }
    case "bytes":
      return gatherBytes(data.offsets, data.bytes, rows, common);
  }
}

function gatherBytes(
  from: Int32Array,
  source: Uint8Array,
  rows: ArrayLike<number>,
  common: Common,
): BytesData {
  const offsets = new Int32Array(rows.length + 1);
  let total = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    total += (from[row + 1] as number) - (from[row] as number);
    checkColumnBytes(total);
    offsets[i + 1] = total;
  }
  const bytes = new Uint8Array(total);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    bytes.set(source.subarray(from[row], from[row + 1]), offsets[i]);
  }
  return { ...common, kind: "bytes", offsets, bytes };
}

function gatherValidity(data: ColumnData, rows: ArrayLike<number>): Common {
  const length = rows.length;
  if (data.validity === undefined) return { length, nullCount: 0, validity: undefined };
  const validity = new Uint8Array((length + 7) >> 3);
  let nullCount = 0;
  for (let i = 0; i < length; i++) {
    if (isValid(data.validity, rows[i] as number)) {
      validity[i >> 3] = (validity[i >> 3] as number) | (1 << (i & 7));
    } else nullCount++;
  }
  return { length, nullCount, validity: nullCount === 0 ? undefined : validity };
}

/** Every row's own bytes, for a dictionary or points. */
export function plainBytes(data: ColumnData): BytesData {
  const { length, nullCount, validity } = data;
  if (data.kind === "bytes") return data;
  if (data.kind === "dictionary") {
    return gatherBytes(data.dictionary.offsets, data.dictionary.bytes, data.codes, {
      length,
      nullCount,
      validity,
    });
  }
  if (data.kind !== "point") throw new TypeError(`Cannot turn ${data.kind} into bytes`);
  const size = data.srid === 0 ? 21 : 25;
  checkColumnBytes(length * size);
  const offsets = new Int32Array(length + 1);
  const bytes = new Uint8Array((length - nullCount) * size);
  let at = 0;
  for (let row = 0; row < length; row++) {
    if (isValid(validity, row)) {
      bytes.set(pointEwkb(data.xy[2 * row] as number, data.xy[2 * row + 1] as number, data.srid), at);
      at += size;
    }
    offsets[row + 1] = at;
  }
  return { length, nullCount, validity, kind: "bytes", offsets, bytes };
}

/** Columns of one type, one after the other. */
export function concatData(field: Field, parts: readonly ColumnData[]): ColumnData {
  const filled = parts.filter((part) => part.length > 0);
  if (filled.length === 0) return parts[0] ?? nullData(field, 0);
  const [first] = filled;
  if (first === undefined || filled.length === 1) return first as ColumnData;
  const common = concatValidity(filled);
  switch (first.kind) {
    case "bool": {
      const bits = new Uint8Array((common.length + 7) >> 3);
      let at = 0;
      for (const part of filled as (typeof first)[]) {
        for (let row = 0; row < part.length; row++, at++) {
          if (bitAt(part.bits, row)) bits[at >> 3] = (bits[at >> 3] as number) | (1 << (at & 7));
        }
      }
      return { ...common, kind: "bool", bits };
    }
    case "number": {
      const values = new (first.values.constructor as Float64ArrayConstructor)(common.length);
      joinInto(filled as (typeof first)[], (part, at) => values.set(part.values, at));
      return { ...common, kind: "number", values };
    }
    case "int64": {
      const values = new BigInt64Array(common.length);
      joinInto(filled as (typeof first)[], (part, at) => values.set(part.values, at));
      return { ...common, kind: "int64", values };
    }
  }
  if (first.kind === "point" && filled.every((part) => part.kind === "point" && part.srid === first.srid)) {
    const xy = new Float64Array(2 * common.length);
    joinInto(filled as (typeof first)[], (part, at) => xy.set(part.xy, 2 * at));
    return { ...common, kind: "point", xy, srid: first.srid };
  }
  if (
    first.kind === "dictionary" &&
    filled.every((p) => p.kind === "dictionary" && p.dictionary === first.dictionary)
  ) {
    const codes = new Int32Array(common.length);
    joinInto(filled as (typeof first)[], (part, at) => codes.set(part.codes, at));
    return { ...common, kind: "dictionary", codes, dictionary: first.dictionary };
  }
  if (filled.every((part) => part.kind === "dictionary")) {
    const joined = joinDictionaries(filled as DictionaryData[], common);
    if (joined !== undefined) return joined;
  }
  return joinBytes(filled.map(plainBytes), common);
}

function joinInto<T extends ColumnData>(parts: readonly T[], copy: (part: T, at: number) => void): void {
  let at = 0;
  for (const part of parts) {
    copy(part, at);
    at += part.length;
  }
}

/** Columns of few values as one of few values; undefined where the values of all are too many for that. */
function joinDictionaries(parts: readonly DictionaryData[], common: Common): DictionaryData | undefined {
  const known = new Map<string, number>();
  const values: Uint8Array[] = [];
  const codes = new Int32Array(common.length);
  let at = 0;
  for (const part of parts) {
    const { offsets, bytes } = part.dictionary;
    const entries = Array.from({ length: offsets.length - 1 }, (_, entry) => {
      const [start, end] = [offsets[entry] as number, offsets[entry + 1] as number];
      // A character for each byte, whatever the bytes are
      const key = asciiText(bytes, start, end);
      const code = known.get(key) ?? values.push(bytes.subarray(start, end)) - 1;
      known.set(key, code);
      return code;
    });
    if (values.length > MAX_ENTRIES) return undefined;
    for (let row = 0; row < part.length; row++) codes[at++] = entries[part.codes[row] as number] as number;
  }
  const offsets = new Int32Array(values.length + 1);
  values.forEach((value, i) => offsets[i + 1] = (offsets[i] as number) + value.length);
  return { ...common, kind: "dictionary", codes, dictionary: { offsets, bytes: concatBytes(values) } };
}

function joinBytes(parts: readonly BytesData[], common: Common): BytesData {
  let total = 0;
  for (const { offsets, length } of parts) total += (offsets[length] as number) - (offsets[0] as number);
  checkColumnBytes(total);
  const offsets = new Int32Array(common.length + 1);
  const bytes = new Uint8Array(total);
  let row = 0;
  let to = 0;
  for (const part of parts) {
    const base = part.offsets[0] as number;
    bytes.set(part.bytes.subarray(base, part.offsets[part.length]), to);
    for (let i = 1; i <= part.length; i++) offsets[++row] = (part.offsets[i] as number) - base + to;
    to = offsets[row] as number;
  }
  return { ...common, kind: "bytes", offsets, bytes };
}

function concatValidity(parts: readonly ColumnData[]): Common {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const nullCount = parts.reduce((sum, part) => sum + part.nullCount, 0);
  if (nullCount === 0) return { length, nullCount, validity: undefined };
  const validity = new Uint8Array((length + 7) >> 3);
  let at = 0;
  for (const part of parts) {
    for (let row = 0; row < part.length; row++, at++) {
      if (isValid(part.validity, row)) validity[at >> 3] = (validity[at >> 3] as number) | (1 << (at & 7));
    }
  }
  return { length, nullCount, validity };
}
