import {
  BadValue,
  bitAt,
  type BytesData,
  type ColumnData,
  isValid,
  plainBytes,
  type Validity,
} from "./_data.ts";
import type {
  BinaryBuilder,
  BoolBuilder,
  Builder,
  FloatBuilder,
  Int64Builder,
  IntegerBuilder,
} from "./_builder.ts";
import type { GeometryBuilder } from "./_geometry_builder.ts";
import { asciiText, encoder, halves } from "./_bytes.ts";
import { DATE_INFINITY, DATE_MINUS_INFINITY } from "./_temporal.ts";
import { ewkbLength, writeEwkb } from "./geometry/_wkb_columns.ts";
import type { Field } from "./types.ts";

/** The fields of some rows, column by column; every column has `capacity` places in the lists. */
export interface FieldBlock {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where each field starts. */
  readonly at: Int32Array;
  /** How many bytes it has; −1 for null. */
  readonly size: Int32Array;
}

/**
 * Appends fields `from` to `to` of a block, all of one column, to a builder. A loop for each type: a call for each field
 * would take longer than the field. A fault is a {@linkcode FieldFault}.
 */
export type BinaryReader = (builder: Builder, block: FieldBlock, from: number, to: number) => void;

/** Where rows are written to: `at` tells for each where its next field goes, and is moved on behind it. */
export interface RowTarget {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly at: Int32Array;
}

/** Writes a column of a frame, some rows at a time; a fault is a {@linkcode FieldFault} with the index of its row. */
export interface BinaryWriter {
  /** Adds what the fields of `count` rows from `start` on take, their lengths included, to the size of each row. */
  measure(start: number, count: number, sizes: Int32Array): void;
  /** Writes those fields, as many of them as were measured or fewer. */
  write(start: number, count: number, target: RowTarget): void;
}

/** What is wrong with one field of a block. */
export class FieldFault extends Error {
  /** The field's index in the block. */
  readonly index: number;

  constructor(index: number, cause: unknown) {
    super("A field of the block is at fault", { cause });
    this.index = index;
  }
}

/** PostgreSQL counts from 2000. */
const EPOCH_DAYS = 10_957;
const EPOCH_MICROS = 946_684_800_000_000n;
const EPOCH_LOW = Number(EPOCH_MICROS & 0xffff_ffffn);
const EPOCH_HIGH = Number(EPOCH_MICROS >> 32n);

/** Refuses fields of another length than their type has. */
function checkSizes({ size }: FieldBlock, from: number, to: number, wanted: number): void {
  for (let i = from; i < to; i++) {
    if (size[i] === wanted || size[i] === -1) continue;
    const message = `The field has ${size[i]} bytes where ${wanted} are expected`;
    throw new FieldFault(i, new BadValue(message));
  }
}

/** How a column is read from PostgreSQL's binary form; undefined where it cannot be. */
export function binaryReader({ type, pgType }: Field): BinaryReader | undefined {
  switch (type) {
    case "bool":
      return readBools;
    case "int2":
      return readInt2s;
    case "int4":
      return readInt4s;
    case "int8":
    case "time":
      return readInt8s;
    case "timestamp":
    case "timestamptz":
      return readTimestamps;
    case "date":
      return readDates;
    case "float4":
      return readFloat4s;
    case "float8":
      return readFloat8s;
    case "text":
      return pgType === undefined || /^(?:varchar|bpchar|name)$/.test(pgType) ? readTexts : undefined;
    case "json":
      return readTexts;
    case "jsonb":
      // The first byte is the version
      return each((builder, { bytes }, at, size) => builder.text(bytes, at + 1, at + size));
    case "bytea":
      return each((builder, { bytes }, at, size) => (builder as BinaryBuilder).push(bytes, at, at + size));
    case "uuid":
      return sized(16, each((builder, { bytes }, at) => pushAscii(builder, uuidText(bytes, at))));
    case "numeric":
      return each((builder, { view }, at) => pushAscii(builder, numericText(view, at)));
    case "geometry":
    case "geography":
      return readGeometries;
  }
  return undefined;
}

function sized(wanted: number, read: BinaryReader): BinaryReader {
  return (builder, block, from, to) => {
    checkSizes(block, from, to, wanted);
    read(builder, block, from, to);
  };
}

/** Reads field by field, where what is done with one outweighs the call. */
function each(push: (builder: Builder, block: FieldBlock, at: number, size: number) => void): BinaryReader {
  return (builder, block, from, to) => {
    for (let i = from; i < to; i++) {
      const size = block.size[i] as number;
      if (size === -1) {
        builder.null();
        continue;
      }
      try {
        push(builder, block, block.at[i] as number, size);
      } catch (error) {
        throw new FieldFault(i, error instanceof RangeError ? new BadValue("The field is too short") : error);
      }
    }
  };
}

const readTexts: BinaryReader = each((builder, { bytes }, at, size) => builder.text(bytes, at, at + size));

function readBools(builder: Builder, block: FieldBlock, from: number, to: number): void {
  checkSizes(block, from, to, 1);
  const { bytes, at, size } = block;
  const bits = (builder as BoolBuilder).bitsFor(to - from);
  let row = builder.length;
  for (let i = from; i < to; i++, row++) {
    const mask = 1 << (row & 7);
    const byte = bits[row >> 3] as number;
    bits[row >> 3] = size[i] !== -1 && bytes[at[i] as number] !== 0 ? byte | mask : byte & ~mask;
  }
  builder.mark(size, from, to);
}

function readInt2s(builder: Builder, block: FieldBlock, from: number, to: number): void {
  checkSizes(block, from, to, 2);
  const { view, at, size } = block;
  const values = (builder as IntegerBuilder).valuesFor(to - from);
  let row = builder.length;
  for (let i = from; i < to; i++) values[row++] = size[i] === -1 ? 0 : view.getInt16(at[i] as number);
  builder.mark(size, from, to);
}

function readInt4s(builder: Builder, block: FieldBlock, from: number, to: number): void {
  checkSizes(block, from, to, 4);
  const { view, at, size } = block;
  const values = (builder as IntegerBuilder).valuesFor(to - from);
  let row = builder.length;
  for (let i = from; i < to; i++) values[row++] = size[i] === -1 ? 0 : view.getInt32(at[i] as number);
  builder.mark(size, from, to);
}

function readDates(builder: Builder, block: FieldBlock, from: number, to: number): void {
  checkSizes(block, from, to, 4);
  const { view, at, size } = block;
  const values = (builder as IntegerBuilder).valuesFor(to - from);
  let row = builder.length;
  for (let i = from; i < to; i++) {
    const value = size[i] === -1 ? -EPOCH_DAYS : view.getInt32(at[i] as number);
    const infinite = value === DATE_INFINITY || value === DATE_MINUS_INFINITY;
    values[row++] = infinite ? value : value + EPOCH_DAYS;
  }
  builder.mark(size, from, to);
}

function readFloat4s(builder: Builder, block: FieldBlock, from: number, to: number): void {
  checkSizes(block, from, to, 4);
  const { view, at, size } = block;
  const values = (builder as FloatBuilder).valuesFor(to - from);
  let row = builder.length;
  for (let i = from; i < to; i++) values[row++] = size[i] === -1 ? 0 : view.getFloat32(at[i] as number);
  builder.mark(size, from, to);
}

function readFloat8s(builder: Builder, block: FieldBlock, from: number, to: number): void {
  checkSizes(block, from, to, 8);
  const { view, at, size } = block;
  const values = (builder as FloatBuilder).valuesFor(to - from);
  let row = builder.length;
  for (let i = from; i < to; i++) values[row++] = size[i] === -1 ? 0 : view.getFloat64(at[i] as number);
  builder.mark(size, from, to);
}

function readInt8s(builder: Builder, block: FieldBlock, from: number, to: number): void {
  checkSizes(block, from, to, 8);
  const { view, at, size } = block;
  const pairs = (builder as Int64Builder).pairsFor(to - from);
  let pair = 2 * builder.length;
  for (let i = from; i < to; i++) {
    const start = at[i] as number;
    const isNull = size[i] === -1;
    pairs[pair++] = isNull ? 0 : view.getInt32(start + 4);
    pairs[pair++] = isNull ? 0 : view.getInt32(start);
  }
  builder.mark(size, from, to);
}

/** Adds the years up to 2000 in two halves, since every BigInt would be an object. */
function readTimestamps(builder: Builder, block: FieldBlock, from: number, to: number): void {
  checkSizes(block, from, to, 8);
  const { view, at, size } = block;
  const pairs = (builder as Int64Builder).pairsFor(to - from);
  let pair = 2 * builder.length;
  for (let i = from; i < to; i++) {
    const start = at[i] as number;
    let low = 0;
    let high = 0;
    if (size[i] !== -1) {
      low = view.getUint32(start + 4);
      high = view.getInt32(start);
      if (!isInfinite(low, high)) {
        low += EPOCH_LOW;
        high += EPOCH_HIGH + (low > 0xffff_ffff ? 1 : 0);
        if (high >= 0x7fff_ffff && (high > 0x7fff_ffff || low % 0x1_0000_0000 === 0xffff_ffff)) {
          throw new FieldFault(i, tooLate());
        }
      }
    }
    pairs[pair++] = low | 0;
    pairs[pair++] = high;
  }
  builder.mark(size, from, to);
}

/** PostgreSQL counts 64 bits of microseconds from 2000, columns (as Arrow) from 1970. */
function tooLate(): BadValue {
  return new BadValue(
    "The timestamp is later than a column can hold, which is 294247-01-10 04:00:54.775806",
    "Read it as text: cast it to text in the query",
  );
}

/** Whether the halves of a timestamp, the lower one unsigned, are one of its infinities. */
function isInfinite(low: number, high: number): boolean {
  return (high === 0x7fff_ffff && low === 0xffff_ffff) || (high === -0x8000_0000 && low === 0);
}

function readGeometries(builder: Builder, block: FieldBlock, from: number, to: number): void {
  const geometries = builder as GeometryBuilder;
  for (let i = from; i < to;) {
    i = geometries.pushPoints(block, i, to);
    if (i === to) return;
    const size = block.size[i] as number;
    const start = block.at[i] as number;
    try {
      if (size === -1) geometries.null();
      else geometries.pushEwkb(block.bytes, start, start + size);
    } catch (error) {
      throw new FieldFault(i, error);
    }
    i++;
  }
}

function pushAscii(builder: Builder, text: string): void {
  const bytes = encoder.encode(text);
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

/** How a column becomes PostgreSQL's binary form; undefined where it cannot. */
export function binaryWriter(field: Field, data: ColumnData, srid: number): BinaryWriter | undefined {
  if (binaryReader(field) === undefined) return undefined;
  const { validity } = data;
  switch (data.kind) {
    case "bool":
      return fixed(validity, 1, ({ view }, at, row) => view.setUint8(at, bitAt(data.bits, row) ? 1 : 0));
    case "number":
      return numberWriter(field, data.values, validity);
    case "int64":
      return int64Writer(field, data.values, validity);
    case "point":
      return pointWriter(data.xy, data.srid === 0 ? srid : data.srid, validity);
    case "dictionary":
      return textWriter(field, data.dictionary, data.codes, validity) ??
        eachWriter(cellBytes(field, plainBytes(data), srid), validity);
    case "bytes":
      return textWriter(field, data, undefined, validity) ??
        eachWriter(cellBytes(field, data, srid), validity);
  }
}

/** A column whose values all take the same room. `store` is called often enough to be worth a copy of this loop each. */
function fixed(
  validity: Validity,
  size: number,
  store: (target: RowTarget, at: number, row: number) => void,
): BinaryWriter {
  return {
    measure: (start, count, sizes) => measureFixed(validity, size, start, count, sizes),
    write(start, count, target) {
      const { view, at } = target;
      for (let i = 0; i < count; i++) {
        const to = at[i] as number;
        if (isValid(validity, start + i)) {
          view.setInt32(to, size);
          store(target, to + 4, start + i);
          at[i] = to + 4 + size;
        } else {
          view.setInt32(to, -1);
          at[i] = to + 4;
        }
      }
    },
  };
}

function measureFixed(
  validity: Validity,
  size: number,
  start: number,
  count: number,
  sizes: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    sizes[i] = (sizes[i] as number) + (isValid(validity, start + i) ? 4 + size : 4);
  }
}

function numberWriter(
  field: Field,
  values: Extract<ColumnData, { kind: "number" }>["values"],
  validity: Validity,
): BinaryWriter {
  switch (field.type) {
    case "int2":
      return fixed(validity, 2, ({ view }, at, row) => view.setInt16(at, values[row] as number));
    case "float4":
      return fixed(validity, 4, ({ view }, at, row) => view.setFloat32(at, values[row] as number));
    case "float8":
      return fixed(validity, 8, ({ view }, at, row) => view.setFloat64(at, values[row] as number));
    case "date":
      return fixed(validity, 4, ({ view }, at, row) => {
        const value = values[row] as number;
        const infinite = value === DATE_INFINITY || value === DATE_MINUS_INFINITY;
        view.setInt32(at, infinite ? value : value - EPOCH_DAYS);
      });
    default:
      return fixed(validity, 4, ({ view }, at, row) => view.setInt32(at, values[row] as number));
  }
}

function int64Writer(field: Field, values: BigInt64Array<ArrayBuffer>, validity: Validity): BinaryWriter {
  const pairs = halves(values);
  const stamps = field.type === "timestamp" || field.type === "timestamptz";
  return fixed(validity, 8, ({ view }, at, row) => {
    let low = (pairs[2 * row] as number) >>> 0;
    let high = pairs[2 * row + 1] as number;
    if (stamps && !isInfinite(low, high)) {
      low -= EPOCH_LOW;
      high -= EPOCH_HIGH + (low < 0 ? 1 : 0);
      // Of what 64 bits cannot count from 2000 the server is told a time as impossible, and refuses it
      if (high < -0x8000_0000) [high, low] = [-0x8000_0000, 1];
    }
    view.setInt32(at, high);
    view.setInt32(at + 4, low);
  });
}

function pointWriter(xy: Float64Array<ArrayBuffer>, srid: number, validity: Validity): BinaryWriter {
  const head = srid === 0 ? 5 : 9;
  return fixed(validity, head + 16, ({ view }, at, row) => {
    view.setUint8(at, 1);
    view.setUint32(at + 1, srid === 0 ? 1 : 0x2000_0001, true);
    if (srid !== 0) view.setUint32(at + 5, srid, true);
    view.setFloat64(at + head, xy[2 * row] as number, true);
    view.setFloat64(at + head + 8, xy[2 * row + 1] as number, true);
  });
}

/** Texts and bytes that travel as they lie, or with a byte before them; undefined for other types. */
function textWriter(
  { type }: Field,
  { offsets, bytes }: Pick<BytesData, "offsets" | "bytes">,
  codes: Int32Array | undefined,
  validity: Validity,
): BinaryWriter | undefined {
  if (type !== "text" && type !== "json" && type !== "jsonb" && type !== "bytea") return undefined;
  const mark = type === "jsonb" ? 1 : 0;
  // A dictionary is looked through once, texts of their own as they are written
  const badEntry = codes === undefined || type === "bytea" ? undefined : zeroByte(offsets, bytes);
  return {
    measure(start, count, sizes) {
      for (let i = 0; i < count; i++) {
        const row = start + i;
        let size = 4;
        if (isValid(validity, row)) {
          const entry = codes === undefined ? row : codes[row] as number;
          size += mark + (offsets[entry + 1] as number) - (offsets[entry] as number);
        }
        sizes[i] = (sizes[i] as number) + size;
      }
    },
    write(start, count, { bytes: target, view, at }) {
      if (codes === undefined && type !== "bytea") checkZeros(offsets, bytes, start, count, validity);
      for (let i = 0; i < count; i++) {
        const row = start + i;
        let to = at[i] as number;
        if (!isValid(validity, row)) {
          view.setInt32(to, -1);
          at[i] = to + 4;
          continue;
        }
        const entry = codes === undefined ? row : codes[row] as number;
        if (badEntry !== undefined && hasZero(offsets, bytes, entry)) throw new FieldFault(i, zeroFault());
        const from = offsets[entry] as number;
        const end = offsets[entry + 1] as number;
        view.setInt32(to, mark + end - from);
        to += 4;
        if (mark === 1) target[to++] = 1;
        if (end - from > 64) target.set(bytes.subarray(from, end), to);
        else for (let k = from; k < end; k++) target[to + k - from] = bytes[k] as number;
        at[i] = to + end - from;
      }
    },
  };
}

function zeroFault(): BadValue {
  return new BadValue(
    "The text holds the character U+0000, which PostgreSQL cannot store",
    "Remove it first",
  );
}

/** Where the first zero byte is among the texts, or undefined. */
function zeroByte(offsets: Int32Array, bytes: Uint8Array): number | undefined {
  const at = bytes.subarray(offsets[0], offsets[offsets.length - 1]).indexOf(0);
  return at === -1 ? undefined : at;
}

function hasZero(offsets: Int32Array, bytes: Uint8Array, entry: number): boolean {
  return bytes.subarray(offsets[entry], offsets[entry + 1]).includes(0);
}

/** Refuses texts with a zero byte; what stands in a null row means nothing. */
function checkZeros(
  offsets: Int32Array,
  bytes: Uint8Array,
  start: number,
  count: number,
  validity: Validity,
): void {
  if (!bytes.subarray(offsets[start], offsets[start + count]).includes(0)) return;
  for (let i = 0; i < count; i++) {
    if (isValid(validity, start + i) && hasZero(offsets, bytes, start + i)) {
      throw new FieldFault(i, zeroFault());
    }
  }
}

/** A column whose values are brought into their form one by one. */
function eachWriter(bytesOf: (row: number) => Uint8Array, validity: Validity): BinaryWriter {
  /** The values that were measured and not yet written, from row `first` on. */
  let ready: (Uint8Array | undefined)[] = [];
  return {
    measure(start, count, sizes) {
      ready = Array.from(
        { length: count },
        (_, i) => isValid(validity, start + i) ? bytesOf(start + i) : undefined,
      );
      for (let i = 0; i < count; i++) sizes[i] = (sizes[i] as number) + 4 + (ready[i]?.length ?? 0);
    },
    write(_start, count, { bytes, view, at }) {
      for (let i = 0; i < count; i++) {
        const to = at[i] as number;
        const value = ready[i];
        view.setInt32(to, value?.length ?? -1);
        if (value !== undefined) bytes.set(value, to + 4);
        at[i] = to + 4 + (value?.length ?? 0);
      }
    },
  };
}

function cellBytes(field: Field, { offsets, bytes }: BytesData, srid: number): (row: number) => Uint8Array {
  const text = (row: number) => asciiText(bytes, offsets[row] as number, offsets[row + 1] as number);
  switch (field.type) {
    case "uuid":
      return (row) => Uint8Array.fromHex(text(row).replaceAll("-", ""));
    case "numeric":
      return (row) => numericGroups(text(row));
    default:
      return (row) => {
        const [start, end] = [offsets[row] as number, offsets[row + 1] as number];
        const length = ewkbLength(bytes, start, end, srid);
        if (length === end - start) return bytes.subarray(start, end);
        const stamped = new Uint8Array(length);
        writeEwkb(bytes, start, end, srid, stamped, 0);
        return stamped;
      };
  }
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
