import {
  asciiText,
  decoder,
  decodeUtf8,
  encoder,
  float32Text,
  grow,
  halves,
  isExact,
  joinHalves,
  sameBytes,
  writeAscii,
  writeFloat,
  writeInteger,
} from "./_bytes.ts";
import { BadValue, bitAt, type ColumnData, isGeometryType, shown } from "./_data.ts";
import { makeBuilder } from "./_make_builder.ts";
import {
  dateValue,
  instantValue,
  timestampValue,
  timeValue,
  writeDate,
  writeTime,
  writeTimestamp,
} from "./_temporal.ts";
import { pointEwkb, writeHex } from "./geometry/_ewkb.ts";
import { writeEwkbHex } from "./geometry/_wkb_columns.ts";
import { Geometry } from "./geometry/geometry.ts";
import type { CellValue, ColumnType, Field, JsonValue } from "./types.ts";

/** Reads a row that is known not to be null. */
export type CellGetter = (row: number) => CellValue;

/** How a column's cells become JavaScript values. */
export function cellGetter(field: Field, data: ColumnData, int8AsNumber = false): CellGetter {
  switch (data.kind) {
    case "bool": {
      const bits = data.bits;
      return (row) => bitAt(bits, row);
    }
    case "number": {
      const values = data.values;
      if (field.type === "date") return (row) => dateValue(values[row] as number);
      return (row) => values[row] as number;
    }
    case "int64":
      return int64Getter(field.type, data.values, int8AsNumber);
    case "point": {
      const { xy, srid } = data;
      return (row) =>
        new Geometry(pointEwkb(xy[2 * row] as number, xy[2 * row + 1] as number, srid), { canonical: true });
    }
    case "dictionary": {
      const { codes, dictionary } = data;
      const texts: string[] = [];
      const convert = textConverter(field.type);
      return (row) => {
        const code = codes[row] as number;
        const text = texts[code] ??= decodeUtf8(
          dictionary.bytes,
          dictionary.offsets[code] as number,
          dictionary.offsets[code + 1] as number,
        );
        return convert === undefined ? text : convert(text);
      };
    }
    case "bytes":
      return bytesGetter(field.type, data.offsets, data.bytes);
  }
}

function int64Getter(
  type: ColumnType,
  values: BigInt64Array<ArrayBuffer>,
  int8AsNumber: boolean,
): CellGetter {
  switch (type) {
    case "time":
      return (row) => timeValue(values[row] as bigint);
    case "timestamp":
      return (row) => timestampValue(values[row] as bigint);
    case "timestamptz":
      return (row) => instantValue(values[row] as bigint);
  }
  if (!int8AsNumber) return (row) => values[row] as bigint;
  const pairs = halves(values);
  return (row) => {
    const high = pairs[2 * row + 1] as number;
    const value = joinHalves(pairs[2 * row] as number, high);
    if (isExact(high) && Number.isSafeInteger(value)) return value;
    throw new BadValue(
      `${values[row]} does not fit a number without losing digits`,
      "Read int8 columns as bigint",
    );
  };
}

function bytesGetter(type: ColumnType, offsets: Int32Array, bytes: Uint8Array): CellGetter {
  if (type === "bytea") {
    return (row) => bytes.slice(offsets[row] as number, offsets[row + 1] as number);
  }
  if (isGeometryType(type)) {
    return (row) =>
      new Geometry(bytes.subarray(offsets[row] as number, offsets[row + 1] as number), { canonical: true });
  }
  const convert = textConverter(type);
  if (type === "uuid" || type === "numeric") {
    return (row) => asciiText(bytes, offsets[row] as number, offsets[row + 1] as number);
  }
  return (row) => {
    const text = decodeUtf8(bytes, offsets[row] as number, offsets[row + 1] as number);
    return convert === undefined ? text : convert(text);
  };
}

/** What is made of the text of types that are kept as text; undefined where it stays text. */
function textConverter(type: ColumnType): ((text: string) => CellValue) | undefined {
  if (type === "json" || type === "jsonb") return parseJson;
  if (!type.endsWith("[]")) return undefined;
  const element = type.slice(0, -2) as ColumnType;
  return (text) => parseArrayLiteral(element, text);
}

/** Bytes that grow as they are written. Whoever writes reserves first. */
export class ByteWriter {
  /** The bytes; those from `at` on are room. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Where the next byte goes. */
  at = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.at + count > this.bytes.length) this.bytes = grow(this.bytes, this.at + count);
  }
}

/** Writes a cell that is known not to be null. */
export type CellWriter = (out: ByteWriter, row: number) => void;

/** How cells are written. */
export interface CellWriterOptions {
  /** Which bytes of text make quotes necessary (1) or are refused (2); without it text is written as it is. */
  readonly quoting?: Quoting | undefined;
  /** The SRID of geometries that have none. */
  readonly srid?: number | undefined;
  /** How geometries are written; default: EWKB in hexadecimal. */
  readonly geometry?: "ewkb-hex" | "wkt" | "ewkt" | undefined;
}

/** When a text is put in quotes. */
export interface Quoting {
  /** For each byte: 0 plain, 1 needs quotes, 2 refused. */
  readonly table: Uint8Array;
  /** The marker of null, which must not stand for itself without quotes. */
  readonly nullMarker: Uint8Array;
}

/** Which bytes need quotes in CSV; NUL is refused where PostgreSQL reads it. */
export function csvQuoting(delimiter: number, nullMarker: Uint8Array, refuseNul: boolean): Quoting {
  const table = new Uint8Array(256);
  table[delimiter] = 1;
  table[34] = table[10] = table[13] = 1;
  if (refuseNul) table[0] = 2;
  return { table, nullMarker };
}

/** How a column's cells become PostgreSQL's text. */
export function cellWriter(field: Field, data: ColumnData, options: CellWriterOptions): CellWriter {
  switch (data.kind) {
    case "bool": {
      const bits = data.bits;
      return (out, row) => {
        out.reserve(1);
        out.bytes[out.at++] = bitAt(bits, row) ? 116 : 102;
      };
    }
    case "number":
      return numberWriter(field, data.values);
    case "int64":
      return int64Writer(field, data.values);
    case "point":
      return pointWriter(data.xy, data.srid === 0 ? options.srid ?? 0 : data.srid, options);
    case "dictionary": {
      const { codes, dictionary } = data;
      const write = textWriter(dictionary.offsets, dictionary.bytes, options.quoting);
      return (out, row) => write(out, codes[row] as number);
    }
    case "bytes":
      return bytesWriter(field, data.offsets, data.bytes, options);
  }
}

function numberWriter(field: Field, values: Extract<ColumnData, { kind: "number" }>["values"]): CellWriter {
  if (field.type === "date") {
    return (out, row) => {
      out.reserve(24);
      out.at = writeDate(out.bytes, out.at, values[row] as number);
    };
  }
  if (field.type === "float4") {
    return (out, row) => {
      out.reserve(32);
      out.at = writeAscii(out.bytes, out.at, float32Text(values[row] as number));
    };
  }
  if (field.type === "float8") {
    return (out, row) => {
      out.reserve(32);
      out.at = writeFloat(out.bytes, out.at, values[row] as number);
    };
  }
  return (out, row) => {
    out.reserve(12);
    out.at = writeInteger(out.bytes, out.at, values[row] as number);
  };
}

function int64Writer(field: Field, values: BigInt64Array<ArrayBuffer>): CellWriter {
  const pairs = halves(values);
  if (field.type === "time") {
    return (out, row) => {
      out.reserve(16);
      out.at = writeTime(
        out.bytes,
        out.at,
        joinHalves(pairs[2 * row] as number, pairs[2 * row + 1] as number),
      );
    };
  }
  if (field.type === "timestamp" || field.type === "timestamptz") {
    const zoned = field.type === "timestamptz";
    return (out, row) => {
      out.reserve(40);
      const [low, high] = [pairs[2 * row] as number, pairs[2 * row + 1] as number];
      out.at = writeTimestamp(out.bytes, out.at, low, high, zoned);
    };
  }
  return (out, row) => {
    out.reserve(24);
    const high = pairs[2 * row + 1] as number;
    if (isExact(high)) out.at = writeInteger(out.bytes, out.at, joinHalves(pairs[2 * row] as number, high));
    else out.at = writeAscii(out.bytes, out.at, String(values[row]));
  };
}

function pointWriter(xy: Float64Array<ArrayBuffer>, srid: number, options: CellWriterOptions): CellWriter {
  const bytes = new Uint8Array(xy.buffer, xy.byteOffset, xy.byteLength);
  const head = pointEwkb(0, 0, srid);
  if (options.geometry === "wkt" || options.geometry === "ewkt") {
    return (out, row) => {
      const geometry = new Geometry(pointEwkb(xy[2 * row] as number, xy[2 * row + 1] as number, srid), {
        canonical: true,
      });
      writeGeometryText(out, geometry, options);
    };
  }
  const hexHead = new Uint8Array((head.length - 16) * 2);
  writeHex(head, 0, head.length - 16, hexHead, 0);
  return (out, row) => {
    out.reserve(64);
    const { bytes: target } = out;
    let at = out.at;
    for (let i = 0; i < hexHead.length; i++) target[at++] = hexHead[i] as number;
    out.at = writeHex(bytes, 16 * row, 16 * row + 16, target, at);
  };
}

function writeGeometryText(out: ByteWriter, geometry: Geometry, options: CellWriterOptions): void {
  const text = options.geometry === "wkt" ? geometry.toWkt() : geometry.toEwkt();
  const bytes = new TextEncoder().encode(text);
  textWriter(new Int32Array([0, bytes.length]), bytes, options.quoting)(out, 0);
}

function bytesWriter(
  field: Field,
  offsets: Int32Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
  options: CellWriterOptions,
): CellWriter {
  if (field.type === "bytea") {
    return (out, row) => {
      const [start, end] = [offsets[row] as number, offsets[row + 1] as number];
      out.reserve(2 * (end - start) + 2);
      out.bytes[out.at++] = 92;
      out.bytes[out.at++] = 120;
      out.at = writeHex(bytes, start, end, out.bytes, out.at);
    };
  }
  if (!isGeometryType(field.type)) {
    return textWriter(offsets, bytes, options.quoting);
  }
  if (options.geometry === "wkt" || options.geometry === "ewkt") {
    return (out, row) => {
      const wkb = bytes.subarray(offsets[row], offsets[row + 1]);
      writeGeometryText(out, new Geometry(wkb, { canonical: true }), options);
    };
  }
  const srid = options.srid ?? 0;
  return (out, row) => {
    const [start, end] = [offsets[row] as number, offsets[row + 1] as number];
    out.reserve(2 * (end - start) + 8);
    out.at = writeEwkbHex(bytes, start, end, srid, out.bytes, out.at);
  };
}

function textWriter(offsets: Int32Array, bytes: Uint8Array, quoting: Quoting | undefined): CellWriter {
  if (quoting === undefined) {
    return (out, row) => {
      const [start, end] = [offsets[row] as number, offsets[row + 1] as number];
      out.reserve(end - start);
      out.bytes.set(bytes.subarray(start, end), out.at);
      out.at += end - start;
    };
  }
  const { table, nullMarker } = quoting;
  return (out, row) => {
    const start = offsets[row] as number;
    const end = offsets[row + 1] as number;
    out.reserve(end - start);
    const target = out.bytes;
    let to = out.at;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      if (table[byte] !== 0) return writeQuoted(out, bytes, start, end, table);
      target[to++] = byte;
    }
    if (isMarker(bytes, start, end, nullMarker)) return writeQuoted(out, bytes, start, end, table);
    out.at = to;
  };
}

/** Whether bare text would be read as something else: the null marker, or `\.`, which ends the data before version 18. */
function isMarker(bytes: Uint8Array, start: number, end: number, nullMarker: Uint8Array): boolean {
  const length = end - start;
  if (length === 2 && bytes[start] === 92 && bytes[start + 1] === 46) return true;
  return length === nullMarker.length && sameBytes(bytes, start, nullMarker, 0, length);
}

function writeQuoted(
  out: ByteWriter,
  bytes: Uint8Array,
  start: number,
  end: number,
  table: Uint8Array,
): void {
  out.reserve(2 * (end - start) + 2);
  const target = out.bytes;
  let to = out.at;
  target[to++] = 34;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (table[byte] === 2) {
      throw new BadValue(
        "The text holds the character U+0000, which PostgreSQL cannot store",
        "Remove it first",
      );
    }
    if (byte === 34) target[to++] = 34;
    target[to++] = byte;
  }
  target[to++] = 34;
  out.at = to;
}

type Nested = (string | null | Nested)[];

/** A list as PostgreSQL writes it: `{1,NULL,"a b"}`. */
export function arrayLiteral(element: ColumnType, value: unknown): string {
  if (typeof value === "string") return value;
  if (!isList(value)) throw new BadValue(`${shown(value)} is not a list`);
  const items: unknown[] = [];
  flatten(value, items);
  const builder = makeBuilder(element);
  for (const item of items) item === null || item === undefined ? builder.null() : builder.value(item);
  const texts = textsOf(element, builder.finish());
  let next = 0;
  const write = (list: Iterable<unknown>): string => {
    const parts: string[] = [];
    for (const item of list) {
      if (isList(item)) parts.push(write(item));
      else parts.push(quoted(texts[next++] ?? null));
    }
    return `{${parts.join(",")}}`;
  };
  return write(value);
}

function isList(value: unknown): value is Iterable<unknown> {
  return Array.isArray(value) ||
    (ArrayBuffer.isView(value) && Symbol.iterator in value && !(value instanceof Uint8Array));
}

function flatten(list: Iterable<unknown>, items: unknown[]): void {
  for (const item of list) isList(item) ? flatten(item, items) : items.push(item);
}

function textsOf(type: ColumnType, data: Parameters<typeof cellWriter>[1]): (string | null)[] {
  const writer = cellWriter({ name: "", type, nullable: true }, data, {});
  const out = new ByteWriter(64);
  const texts: (string | null)[] = [];
  for (let row = 0; row < data.length; row++) {
    out.at = 0;
    const isNull = data.validity !== undefined &&
      ((data.validity[row >> 3] as number) & (1 << (row & 7))) === 0;
    if (!isNull) writer(out, row);
    texts.push(isNull ? null : decoder.decode(out.bytes.subarray(0, out.at)));
  }
  return texts;
}

/** Anything that is more than letters, digits and a few signs is put in quotes. */
function quoted(text: string | null): string {
  if (text === null) return "NULL";
  if (/^[\w.+:-]+$/.test(text) && text.toUpperCase() !== "NULL") return text;
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** The list of a literal, with items of the element type. */
function parseArrayLiteral(element: ColumnType, literal: string): CellValue[] {
  const nested = parseNested(literal);
  const builder = makeBuilder(element);
  const append = (list: Nested): void => {
    for (const item of list) {
      if (item === null) builder.null();
      else if (typeof item === "string") {
        const bytes = encoder.encode(item);
        builder.text(bytes, 0, bytes.length);
      } else append(item);
    }
  };
  append(nested);
  const field: Field = { name: "", type: element, nullable: true };
  const data = builder.finish();
  const get = cellGetter(field, data);
  let next = 0;
  const collect = (list: Nested): CellValue[] =>
    list.map((item) => {
      if (item !== null && typeof item !== "string") return collect(item);
      const row = next++;
      return item === null ? null : get(row);
    });
  return collect(nested);
}

function parseNested(literal: string): Nested {
  const bad = () => new BadValue(`${shown(literal)} is not a list as PostgreSQL writes it`);
  let at = 0;
  if (literal.startsWith("[")) at = literal.indexOf("=") + 1;
  const list = (): Nested => {
    const items: Nested = [];
    at++;
    if (literal[at] === "}") {
      at++;
      return items;
    }
    while (true) {
      if (literal[at] === "{") items.push(list());
      else if (literal[at] === '"') items.push(quotedItem());
      else items.push(bareItem());
      const mark = literal[at++];
      if (mark === "}") return items;
      if (mark !== ",") throw bad();
    }
  };
  const quotedItem = (): string => {
    let text = "";
    for (at++; literal[at] !== '"'; at++) {
      if (literal[at] === "\\") at++;
      if (at >= literal.length) throw bad();
      text += literal[at];
    }
    at++;
    return text;
  };
  const bareItem = (): string | null => {
    const start = at;
    while (at < literal.length && literal[at] !== "," && literal[at] !== "}") at++;
    const text = literal.slice(start, at).replaceAll(/\\(.)/gs, "$1");
    return text.toUpperCase() === "NULL" ? null : text;
  };
  if (literal[at] !== "{") throw bad();
  const result = list();
  if (at !== literal.length) throw bad();
  return result;
}

/** `JSON.rawJSON` and the source text that a reviver gets: in every engine of ours, not yet in the type library. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

/**
 * A value as JSON text: big integers as digits. What JSON cannot hold is refused instead of becoming null.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "bigint") return rawJson(String(item));
    if (typeof item === "number" && !Number.isFinite(item)) {
      throw new BadValue(`JSON cannot hold ${item}`, "Use null or text inside JSON");
    }
    return item;
  }) as string | undefined;
  if (text === undefined) throw new BadValue(`${shown(value)} cannot be written as JSON`);
  return text;
}

/** So many digits in a row may be beyond 2^53. */
const MANY_DIGITS = /\d{16}/;

/** The value of JSON text. An integer that a number would bend is a `bigint`. */
export function parseJson(text: string): JsonValue {
  if (!MANY_DIGITS.test(text)) return JSON.parse(text);
  const reviver = (_key: string, value: unknown, context?: { source?: string }) => {
    const source = context?.source;
    if (typeof value !== "number" || Number.isSafeInteger(value) || source === undefined) return value;
    return /^-?\d+$/.test(source) ? BigInt(source) : value;
  };
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}
