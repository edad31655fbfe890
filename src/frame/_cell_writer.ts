import { BadValue, bitAt, type ColumnData } from "./_data.ts";
import {
  float32Text,
  grow,
  halves,
  isExact,
  joinHalves,
  writeAscii,
  writeFloat,
  writeInteger,
} from "./_bytes.ts";
import { writeDate, writeTime, writeTimestamp } from "./_temporal.ts";
import { writeHex } from "./geometry/_hex.ts";
import { writeEwkbHex } from "./geometry/_wkb_columns.ts";
import { Geometry } from "./geometry/geometry.ts";
import { pointEwkb } from "./_geometry_builder.ts";
import type { Field } from "./types.ts";

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
  if (field.type !== "geometry" && field.type !== "geography") {
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
  if (length !== nullMarker.length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== nullMarker[i]) return false;
  return true;
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
