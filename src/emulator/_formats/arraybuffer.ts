import { ApiError } from "../_handler.ts";
import { ByteWriter } from "./byte_writer.ts";
import { forEachRow, type RunContext } from "./collect_rows.ts";
import { JsonRowWriter } from "./json_rows.ts";
import type { RowField } from "../_db/protocol.ts";

/** The marks of the kinds of blocks, and the typed array of those that hold numbers. */
const KINDS = {
  int8: 1,
  uint8: 2,
  uintclamp8: 3,
  int16: 4,
  uint16: 5,
  int32: 6,
  uint32: 7,
  float32: 8,
} as const;
const STRINGS = 10;
const BLOCKS = 11;

type NumberKind = keyof typeof KINDS;

/**
 * The rows as binary columns.
 *
 * A block is its kind and its length in bytes (both 32-bit, big-endian) and its data (little-endian); blocks start
 * at multiples of four. A column whose name ends in `__uint8` and the like has that kind, others are floats.
 *
 * @throws {ApiError} For a query with a geometry
 */
export async function arraybufferDocument(
  context: RunContext,
  sql: string,
  skipped: ReadonlySet<string>,
): Promise<Uint8Array<ArrayBuffer>> {
  const rows: Record<string, unknown>[] = [];
  const out = new ByteWriter();
  const decoder = new TextDecoder();
  let writer: JsonRowWriter | undefined;
  let known: readonly RowField[] | undefined;
  await forEachRow(context, sql, (payload, fields) => {
    if (known !== fields || writer === undefined) writer = new JsonRowWriter(fields, skipped);
    known = fields;
    writer.write(out, payload);
    rows.push(JSON.parse(decoder.decode(out.take())));
  });
  const [first] = rows;
  if (first === undefined) return new Uint8Array(0);
  const names = Object.keys(first);
  if (names.includes("the_geom")) throw new ApiError(400, "geometry types are not supported");
  const columns = names.map((name) => encodeColumn(name, rows.map((row) => row[name])));
  return block(BLOCKS, join([encodeStrings(names), ...columns]));
}

function encodeColumn(name: string, values: readonly unknown[]): Uint8Array {
  const kind = kindOf(name);
  const [first] = values;
  if (typeof first === "string") {
    return encodeStrings(values.map((value) => value === null ? "" : String(value)));
  }
  if (!Array.isArray(first)) return encodeNumbers(kind, values);
  return block(
    BLOCKS + KINDS[kind],
    join(values.map((value) => encodeNumbers(kind, Array.isArray(value) ? value : []))),
  );
}

function kindOf(name: string): NumberKind {
  const match = /__(uintclamp|uint|int|float)(8|16|32)/i.exec(name);
  const kind = `${match?.[1]}${match?.[2]}`.toLowerCase();
  return Object.hasOwn(KINDS, kind) ? kind as NumberKind : "float32";
}

function encodeStrings(values: readonly string[]): Uint8Array {
  return block(
    STRINGS,
    join(
      values.map((value) =>
        encodeNumbers("uint16", Array.from(value, (_, index) => value.charCodeAt(index)))
      ),
    ),
  );
}

function encodeNumbers(kind: NumberKind, values: readonly unknown[]): Uint8Array {
  const size = Number(/\d+/.exec(kind)?.[0]) / 8;
  const data = new Uint8Array(values.length * size);
  const view = new DataView(data.buffer);
  values.forEach((value, index) => {
    const number = Number(value);
    const at = index * size;
    if (kind === "float32") view.setFloat32(at, number, true);
    else if (kind === "uintclamp8") view.setUint8(at, Math.min(255, Math.max(0, Math.round(number))));
    else if (size === 1) view.setUint8(at, number);
    else if (size === 2) view.setUint16(at, number, true);
    else view.setUint32(at, number, true);
  });
  return block(KINDS[kind], data);
}

function block(kind: number, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, kind);
  view.setUint32(4, data.length);
  bytes.set(data, 8);
  return bytes;
}

/** Puts blocks one after the other, each at a multiple of four. */
function join(blocks: readonly Uint8Array[]): Uint8Array {
  const starts: number[] = [];
  let length = 0;
  for (const part of blocks) {
    length = Math.ceil(length / 4) * 4;
    starts.push(length);
    length += part.length;
  }
  const bytes = new Uint8Array(length);
  blocks.forEach((part, index) => bytes.set(part, starts[index] ?? 0));
  return bytes;
}
