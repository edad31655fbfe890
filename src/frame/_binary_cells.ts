import { BadValue, bitAt, type BytesData, type ColumnData } from "./_data.ts";
import type { BoolBuilder, Builder, FloatBuilder, Int64Builder, IntegerBuilder } from "./_builder.ts";
import type { ByteWriter } from "./_cell_writer.ts";
import { plainBytes } from "./_gather.ts";
import type { GeometryBuilder } from "./_geometry_builder.ts";
import { asciiText, halves } from "./_bytes.ts";
import type { BinaryBuilder } from "./_text_builder.ts";
import {
  DATE_INFINITY,
  DATE_MINUS_INFINITY,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINUS_INFINITY,
} from "./_temporal.ts";
import { ewkbLength, writeEwkb } from "./geometry/_wkb_columns.ts";
import type { Field } from "./types.ts";

/** Appends the field of `size` bytes at `at` to a builder. */
export type BinaryReader = (
  builder: Builder,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  size: number,
) => void;
/** Writes a cell that is known not to be null. */
export type BinaryWriter = (out: ByteWriter, row: number) => void;

/** PostgreSQL counts from 2000. */
const EPOCH_DAYS = 10_957;
const EPOCH_MICROS = 946_684_800_000_000n;

/** What a reader does where a field has another length than its type. */
function sized(wanted: number, read: BinaryReader): BinaryReader {
  return (builder, bytes, view, at, size) => {
    if (size !== wanted) throw new BadValue(`The field has ${size} bytes where ${wanted} are expected`);
    read(builder, bytes, view, at, size);
  };
}

/** How a column is read from PostgreSQL's binary form; undefined where it cannot be. */
export function binaryReader({ type, pgType }: Field): BinaryReader | undefined {
  switch (type) {
    case "bool":
      return sized(1, (builder, bytes, _view, at) => (builder as BoolBuilder).push(bytes[at] !== 0));
    case "int2":
      return sized(2, (builder, _bytes, view, at) => (builder as IntegerBuilder).push(view.getInt16(at)));
    case "int4":
      return sized(4, (builder, _bytes, view, at) => (builder as IntegerBuilder).push(view.getInt32(at)));
    case "int8":
    case "time":
      return sized(
        8,
        (builder, _bytes, view, at) =>
          (builder as Int64Builder).pushHalves(view.getInt32(at + 4), view.getInt32(at)),
      );
    case "timestamp":
    case "timestamptz":
      return sized(
        8,
        (builder, _bytes, view, at) => pushTimestamp(builder as Int64Builder, view.getBigInt64(at)),
      );
    case "date":
      return sized(4, (builder, _bytes, view, at) => pushDate(builder as IntegerBuilder, view.getInt32(at)));
    case "float4":
      return sized(4, (builder, _bytes, view, at) => (builder as FloatBuilder).push(view.getFloat32(at)));
    case "float8":
      return sized(8, (builder, _bytes, view, at) => (builder as FloatBuilder).push(view.getFloat64(at)));
    case "text":
      return pgType === undefined || /^(?:varchar|bpchar|name)$/.test(pgType) ? readText : undefined;
    case "json":
      return readText;
    case "jsonb":
      // The first byte is the version
      return (builder, bytes, _view, at, size) => builder.text(bytes, at + 1, at + size);
    case "bytea":
      return (builder, bytes, _view, at, size) => (builder as BinaryBuilder).push(bytes, at, at + size);
    case "uuid":
      return sized(16, (builder, bytes, _view, at) => pushAscii(builder, uuidText(bytes, at)));
    case "numeric":
      return (builder, _bytes, view, at) => pushAscii(builder, numericText(view, at));
    case "geometry":
    case "geography":
      return (builder, bytes, _view, at, size) => (builder as GeometryBuilder).pushEwkb(bytes, at, at + size);
  }
  return undefined;
}

const readText: BinaryReader = (builder, bytes, _view, at, size) => builder.text(bytes, at, at + size);

function pushTimestamp(builder: Int64Builder, value: bigint): void {
  const infinite = value === TIMESTAMP_INFINITY || value === TIMESTAMP_MINUS_INFINITY;
  builder.pushBig(infinite ? value : value + EPOCH_MICROS);
}

function pushDate(builder: IntegerBuilder, value: number): void {
  const infinite = value === DATE_INFINITY || value === DATE_MINUS_INFINITY;
  builder.push(infinite ? value : value + EPOCH_DAYS);
}

function pushAscii(builder: Builder, text: string): void {
  const bytes = new TextEncoder().encode(text);
  builder.text(bytes, 0, bytes.length);
}

function uuidText(bytes: Uint8Array, at: number): string {
  const hex = bytes.slice(at, at + 16).toHex();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const NUMERIC_NEGATIVE = 0x4000;
const NUMERIC_NAN = 0xc000;
const NUMERIC_INFINITY = 0xd000;
const NUMERIC_MINUS_INFINITY = 0xf000;

/** A numeric: groups of four digits, the place of the first one, sign, and how many decimals are shown. */
function numericText(view: DataView, at: number): string {
  const groups = view.getInt16(at);
  const weight = view.getInt16(at + 2);
  const sign = view.getUint16(at + 4);
  const scale = view.getInt16(at + 6);
  if (sign === NUMERIC_NAN) return "NaN";
  if (sign === NUMERIC_INFINITY) return "Infinity";
  if (sign === NUMERIC_MINUS_INFINITY) return "-Infinity";
  const group = (place: number): string => {
    const index = weight - place;
    return (index >= 0 && index < groups ? String(view.getInt16(at + 8 + 2 * index)) : "0").padStart(4, "0");
  };
  let whole = "";
  for (let place = weight; place >= 0; place--) whole += group(place);
  let decimals = "";
  for (let place = -1; decimals.length < scale; place--) decimals += group(place);
  const text = `${whole.replace(/^0+(?=\d)/, "") || "0"}${scale > 0 ? `.${decimals.slice(0, scale)}` : ""}`;
  return sign === NUMERIC_NEGATIVE ? `-${text}` : text;
}

/** How a column's cells become PostgreSQL's binary form; undefined where they cannot. */
export function binaryWriter(field: Field, data: ColumnData, srid: number): BinaryWriter | undefined {
  if (binaryReader(field) === undefined) return undefined;
  switch (data.kind) {
    case "bool":
      return (out, row) => {
        out.reserve(1);
        out.bytes[out.at++] = bitAt(data.bits, row) ? 1 : 0;
      };
    case "number":
      return numberWriter(field, data.values);
    case "int64":
      return int64Writer(field, data.values);
    case "point":
    case "dictionary":
    case "bytes":
      return bytesWriter(field, plainBytes(data), srid);
  }
}

function numberWriter(field: Field, values: Extract<ColumnData, { kind: "number" }>["values"]): BinaryWriter {
  const scratch = new DataView(new ArrayBuffer(8));
  const bytes = new Uint8Array(scratch.buffer);
  const size = field.type === "int2" ? 2 : field.type === "float8" ? 8 : 4;
  const store = (value: number): void => {
    if (field.type === "int2") scratch.setInt16(0, value);
    else if (field.type === "float4") scratch.setFloat32(0, value);
    else if (field.type === "float8") scratch.setFloat64(0, value);
    else if (field.type === "date" && value !== DATE_INFINITY && value !== DATE_MINUS_INFINITY) {
      scratch.setInt32(0, value - EPOCH_DAYS);
    } else scratch.setInt32(0, value);
  };
  return (out, row) => {
    out.reserve(size);
    store(values[row] as number);
    for (let i = 0; i < size; i++) out.bytes[out.at + i] = bytes[i] as number;
    out.at += size;
  };
}

function int64Writer(field: Field, values: BigInt64Array<ArrayBuffer>): BinaryWriter {
  const scratch = new DataView(new ArrayBuffer(8));
  const bytes = new Uint8Array(scratch.buffer);
  const stamps = field.type === "timestamp" || field.type === "timestamptz";
  const pairs = halves(values);
  return (out, row) => {
    out.reserve(8);
    if (stamps) {
      const value = values[row] as bigint;
      const infinite = value === TIMESTAMP_INFINITY || value === TIMESTAMP_MINUS_INFINITY;
      scratch.setBigInt64(0, infinite ? value : value - EPOCH_MICROS);
    } else {
      scratch.setInt32(0, pairs[2 * row + 1] as number);
      scratch.setInt32(4, pairs[2 * row] as number);
    }
    for (let i = 0; i < 8; i++) out.bytes[out.at + i] = bytes[i] as number;
    out.at += 8;
  };
}

function bytesWriter(field: Field, { offsets, bytes }: BytesData, srid: number): BinaryWriter {
  switch (field.type) {
    case "geometry":
    case "geography":
      return (out, row) => {
        const [start, end] = [offsets[row] as number, offsets[row + 1] as number];
        out.reserve(ewkbLength(bytes, start, end, srid));
        out.at = writeEwkb(bytes, start, end, srid, out.bytes, out.at);
      };
    case "bytea":
      return (out, row) => append(out, bytes, offsets[row] as number, offsets[row + 1] as number);
    case "uuid":
      return (out, row) => {
        const hex = asciiText(bytes, offsets[row] as number, offsets[row + 1] as number).replaceAll("-", "");
        append(out, Uint8Array.fromHex(hex), 0, 16);
      };
    case "numeric":
      return (out, row) => {
        const group = numericGroups(asciiText(bytes, offsets[row] as number, offsets[row + 1] as number));
        append(out, group, 0, group.length);
      };
    default:
      return (out, row) => {
        const [start, end] = [offsets[row] as number, offsets[row + 1] as number];
        const zero = bytes.subarray(start, end).indexOf(0);
        if (zero >= 0) {
          throw new BadValue(
            "The text holds the character U+0000, which PostgreSQL cannot store",
            "Remove it first",
          );
        }
        if (field.type === "jsonb") {
          out.reserve(1);
          out.bytes[out.at++] = 1;
        }
        append(out, bytes, start, end);
      };
  }
}

function append(out: ByteWriter, bytes: Uint8Array, start: number, end: number): void {
  out.reserve(end - start);
  out.bytes.set(bytes.subarray(start, end), out.at);
  out.at += end - start;
}

/** A numeric's text as groups of four digits. */
function numericGroups(text: string): Uint8Array {
  const special = /^nan$/i.test(text)
    ? NUMERIC_NAN
    : /^[+]?inf/i.test(text)
    ? NUMERIC_INFINITY
    : /^-inf/i.test(text)
    ? NUMERIC_MINUS_INFINITY
    : undefined;
  if (special !== undefined) return numericBytes([], 0, special, 0);
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) as RegExpExecArray;
  const exponent = Number(match[4] ?? 0);
  let digits = `${match[2]}${match[3]}`;
  let point = (match[2] as string).length + exponent;
  const scale = Math.max(0, (match[3] as string).length - exponent);
  if (point < 0) {
    digits = "0".repeat(-point) + digits;
    point = 0;
  }
  if (point > digits.length) digits += "0".repeat(point - digits.length);
  const lead = (4 - (point % 4)) % 4;
  digits = "0".repeat(lead) + digits;
  point += lead;
  digits += "0".repeat((4 - (digits.length % 4)) % 4);
  const groups = (digits.match(/.{4}/g) ?? []).map(Number);
  let weight = point / 4 - 1;
  while (groups.length > 0 && groups[0] === 0) {
    groups.shift();
    weight--;
  }
  while (groups.length > 0 && groups.at(-1) === 0) groups.pop();
  if (groups.length === 0) return numericBytes([], 0, 0, scale);
  return numericBytes(groups, weight, match[1] === "-" ? NUMERIC_NEGATIVE : 0, scale);
}

function numericBytes(groups: readonly number[], weight: number, sign: number, scale: number): Uint8Array {
  const bytes = new Uint8Array(8 + 2 * groups.length);
  const view = new DataView(bytes.buffer);
  view.setInt16(0, groups.length);
  view.setInt16(2, weight);
  view.setUint16(4, sign);
  view.setInt16(6, scale);
  groups.forEach((group, i) => view.setInt16(8 + 2 * i, group));
  return bytes;
}
