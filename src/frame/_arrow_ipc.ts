import { concatBytes } from "./_bytes.ts";
import type { ColumnData } from "./_data.ts";
import { plainBytes } from "./_gather.ts";
import { type Column, dataOf } from "./column.ts";
import { toIsoWkbColumn } from "./geometry/_wkb_columns.ts";

/** How Arrow IPC is written. */
export interface ArrowOptions {
  /** `file` can be read at random, `stream` from front to back. Default: `file`. */
  format?: "file" | "stream" | undefined;
}

/** The key of the field metadata that keeps our own column type, so that `numeric` or `jsonb` come back as such. */
export const TYPE_KEY = "cartoframes:type";
/** Likewise for the server's own name of a type. */
export const PG_TYPE_KEY = "cartoframes:pgtype";

const VERSION_5 = 4;
const SCHEMA = 1;
const DICTIONARY_BATCH = 2;
const RECORD_BATCH = 3;
/** What a file begins and ends with. */
export const MAGIC: Uint8Array<ArrayBuffer> = new TextEncoder().encode("ARROW1");

interface Node {
  readonly length: number;
  readonly nullCount: number;
  readonly buffers: readonly Uint8Array[];
}

/** Where a message stands in a file. */
export interface Block {
  readonly offset: number;
  readonly metadata: number;
  readonly body: number;
}

/** A frame's columns in Arrow's IPC format. */
export function arrowIpc(
  columns: readonly Column[],
  numRows: number,
  options: ArrowOptions,
): Uint8Array<ArrayBuffer> {
  const isFile = options.format !== "stream";
  const chunks: Uint8Array[] = isFile ? [MAGIC, new Uint8Array(2)] : [];
  let position = isFile ? 8 : 0;
  const add = (type: number, write: (flat: FlatBuilder) => number, body: readonly Uint8Array[]): Block => {
    const bodyLength = body.reduce((sum, buffer) => sum + padded(buffer.length), 0);
    const metadata = message(type, write, bodyLength);
    const block = { offset: position, metadata: metadata.length, body: bodyLength };
    chunks.push(metadata);
    for (const buffer of body) chunks.push(buffer, new Uint8Array(padded(buffer.length) - buffer.length));
    position += metadata.length + bodyLength;
    return block;
  };
  add(SCHEMA, (flat) => schemaTable(flat, columns), []);
  const dictionaries: Block[] = [];
  columns.forEach((column, id) => {
    const data = dataOf(column);
    if (data.kind !== "dictionary") return;
    const { offsets, bytes } = data.dictionary;
    const length = offsets.length - 1;
    const node: Node = {
      length,
      nullCount: 0,
      buffers: [new Uint8Array(0), ...rebased(offsets, bytes, length)],
    };
    dictionaries.push(add(DICTIONARY_BATCH, (flat) => dictionaryTable(flat, id, node), node.buffers));
  });
  const nodes = columns.map(nodeOf);
  const batch = add(
    RECORD_BATCH,
    (flat) => batchTable(flat, numRows, nodes),
    nodes.flatMap(({ buffers }) => [...buffers]),
  );
  chunks.push(new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0]));
  if (isFile) chunks.push(...footer(columns, dictionaries, [batch]));
  return concatBytes(chunks);
}

function padded(length: number): number {
  return (length + 7) & ~7;
}

/** One message: a marker, the length of its metadata, the metadata. */
function message(type: number, write: (flat: FlatBuilder) => number, bodyLength: number): Uint8Array {
  const flat = new FlatBuilder();
  const header = write(flat);
  flat.start();
  flat.number(3, 8, bodyLength);
  flat.pointer(2, header);
  flat.number(0, 2, VERSION_5);
  flat.number(1, 1, type);
  const bytes = flat.finish(flat.end());
  const result = new Uint8Array(8 + padded(bytes.length));
  const view = new DataView(result.buffer);
  view.setUint32(0, 0xffff_ffff, true);
  view.setInt32(4, padded(bytes.length), true);
  result.set(bytes, 8);
  return result;
}

/** What ends a file: where its messages stand. */
export function footer(
  columns: readonly Column[],
  dictionaries: readonly Block[],
  batches: readonly Block[],
): Uint8Array[] {
  const flat = new FlatBuilder();
  // A block's middle number is an int of four bytes and four of padding, which is the same as one of eight
  const blocks = (list: readonly Block[]) =>
    flat.structs(list.flatMap(({ offset, metadata, body }) => [offset, metadata, body]), 3);
  const dictionaryBlocks = blocks(dictionaries);
  const batchBlocks = blocks(batches);
  const schema = schemaTable(flat, columns);
  flat.start();
  flat.pointer(1, schema);
  flat.pointer(2, dictionaryBlocks);
  flat.pointer(3, batchBlocks);
  flat.number(0, 2, VERSION_5);
  const bytes = flat.finish(flat.end());
  const length = new Uint8Array(4);
  new DataView(length.buffer).setInt32(0, bytes.length, true);
  return [bytes, length, MAGIC];
}

function schemaTable(flat: FlatBuilder, columns: readonly Column[]): number {
  const fields = flat.vector(columns.map((column, id) => fieldTable(flat, column, id)));
  flat.start();
  flat.pointer(1, fields);
  return flat.end();
}

function fieldTable(flat: FlatBuilder, column: Column, id: number): number {
  const name = flat.string(column.name);
  const [typeId, type] = typeTable(flat, column);
  const metadata = flat.vector(metadataOf(column).map(([key, value]) => keyValue(flat, key, value)));
  const dictionary = dataOf(column).kind === "dictionary" ? dictionaryEncoding(flat, id) : undefined;
  const children = flat.vector([]);
  flat.start();
  flat.pointer(0, name);
  flat.pointer(3, type);
  if (dictionary !== undefined) flat.pointer(4, dictionary);
  flat.pointer(5, children);
  flat.pointer(6, metadata);
  flat.number(1, 1, 1);
  flat.number(2, 1, typeId);
  return flat.end();
}

function keyValue(flat: FlatBuilder, key: string, value: string): number {
  const [left, right] = [flat.string(key), flat.string(value)];
  flat.start();
  flat.pointer(0, left);
  flat.pointer(1, right);
  return flat.end();
}

function metadataOf({ field, type }: Column): [string, string][] {
  const result: [string, string][] = [[TYPE_KEY, type]];
  if (field.pgType !== undefined) result.push([PG_TYPE_KEY, field.pgType]);
  if (type === "geometry" || type === "geography") {
    const crs = field.srid !== undefined && field.srid > 0 ? `EPSG:${field.srid}` : undefined;
    const about = {
      ...(crs === undefined ? {} : { crs, crs_type: "authority_code" }),
      ...(type === "geography" ? { edges: "spherical" } : {}),
    };
    result.push(["ARROW:extension:name", "geoarrow.wkb"], [
      "ARROW:extension:metadata",
      JSON.stringify(about),
    ]);
  }
  return result;
}

function dictionaryEncoding(flat: FlatBuilder, id: number): number {
  const index = intType(flat, 32);
  flat.start();
  flat.number(0, 8, id);
  flat.pointer(1, index);
  return flat.end();
}

function intType(flat: FlatBuilder, bits: number): number {
  flat.start();
  flat.number(0, 4, bits);
  flat.number(1, 1, 1);
  return flat.end();
}

/** Arrow's number for the type, and its table. */
function typeTable(flat: FlatBuilder, { type }: Column): [id: number, table: number] {
  const table = (write: () => void): number => {
    flat.start();
    write();
    return flat.end();
  };
  switch (type) {
    case "bool":
      return [6, table(() => {})];
    case "int2":
      return [2, intType(flat, 16)];
    case "int4":
      return [2, intType(flat, 32)];
    case "int8":
      return [2, intType(flat, 64)];
    case "float4":
      return [3, table(() => flat.number(0, 2, 1))];
    case "float8":
      return [3, table(() => flat.number(0, 2, 2))];
    case "date":
      return [8, table(() => flat.number(0, 2, 0))];
    case "time":
      return [
        9,
        table(() => {
          flat.number(1, 4, 64);
          flat.number(0, 2, 2);
        }),
      ];
    case "timestamp":
      return [10, table(() => flat.number(0, 2, 2))];
    case "timestamptz": {
      const zone = flat.string("UTC");
      return [
        10,
        table(() => {
          flat.pointer(1, zone);
          flat.number(0, 2, 2);
        }),
      ];
    }
    case "bytea":
    case "geometry":
    case "geography":
      return [4, table(() => {})];
    default:
      return [5, table(() => {})];
  }
}

function dictionaryTable(flat: FlatBuilder, id: number, node: Node): number {
  const data = batchTable(flat, node.length, [node]);
  flat.start();
  flat.number(0, 8, id);
  flat.pointer(1, data);
  return flat.end();
}

function batchTable(flat: FlatBuilder, length: number, nodes: readonly Node[]): number {
  let at = 0;
  const buffers: number[] = [];
  for (const buffer of nodes.flatMap((node) => node.buffers)) {
    buffers.push(at, buffer.length);
    at += padded(buffer.length);
  }
  const bufferVector = flat.structs(buffers, 2);
  const nodeVector = flat.structs(nodes.flatMap((node) => [node.length, node.nullCount]), 2);
  flat.start();
  flat.number(0, 8, length);
  flat.pointer(1, nodeVector);
  flat.pointer(2, bufferVector);
  return flat.end();
}

/** The buffers of a column, in Arrow's order. */
function nodeOf(column: Column): Node {
  const data = dataOf(column);
  const { length, nullCount } = data;
  const validity = data.validity ?? new Uint8Array(0);
  return { length, nullCount, buffers: [validity, ...valueBuffers(column, data)] };
}

function valueBuffers(column: Column, data: ColumnData): Uint8Array[] {
  switch (data.kind) {
    case "bool":
      return [data.bits];
    case "number":
    case "int64":
      return [asBytes(data.values)];
    case "dictionary":
      return [asBytes(data.codes)];
    case "point":
      return pointBuffers(data);
    case "bytes":
      if (column.type === "geometry" || column.type === "geography") {
        const iso = toIsoWkbColumn({ bytes: data.bytes, offsets: data.offsets, validity: data.validity });
        return [asBytes(iso.offsets), iso.bytes];
      }
      return rebased(data.offsets, data.bytes, data.length);
  }
}

/** Points as ISO WKB, which has no SRID. */
function pointBuffers(data: Extract<ColumnData, { kind: "point" }>): Uint8Array[] {
  const plain = plainBytes({ ...data, srid: 0 });
  return [asBytes(plain.offsets), plain.bytes];
}

/** Offsets that start at 0, as a slice's do not. */
function rebased(
  offsets: Int32Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
  length: number,
): Uint8Array[] {
  const base = offsets[0] as number;
  const end = offsets[length] as number;
  const own = base === 0
    ? offsets.subarray(0, length + 1)
    : offsets.subarray(0, length + 1).map((offset) => offset - base);
  return [asBytes(own), bytes.subarray(base, end)];
}

function asBytes(array: ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/**
 * Writes flatbuffers, the encoding of Arrow's metadata: tables with optional fields, strings, and vectors. Everything
 * is written back to front, so that what a table points to stands behind it.
 */
export class FlatBuilder {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  /** Bytes used, counted from the end of the buffer; this is also how offsets are told. */
  #used = 0;
  #alignment = 1;
  #slots: number[] = [];
  #tableEnd = 0;

  /** Makes room so that after `extra` more bytes the position is a multiple of `size`. */
  #prepare(size: number, extra: number): void {
    this.#alignment = Math.max(this.#alignment, size);
    const padding = -(this.#used + extra) & (size - 1);
    while (this.#used + padding + extra + size > this.#bytes.length) this.#double();
    this.#used += padding;
  }

  #double(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes, this.#bytes.length);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  #int(size: 1 | 2 | 4 | 8, value: number): void {
    this.#prepare(size, 0);
    this.#used += size;
    const at = this.#bytes.length - this.#used;
    if (size === 1) this.#view.setInt8(at, value);
    else if (size === 2) this.#view.setInt16(at, value, true);
    else if (size === 4) this.#view.setInt32(at, value, true);
    else this.#view.setBigInt64(at, BigInt(value), true);
  }

  #offset(target: number): void {
    this.#prepare(4, 0);
    this.#int(4, this.#used - target + 4);
  }

  /** Writes a string; answers its offset. */
  string(text: string): number {
    const bytes = new TextEncoder().encode(text);
    this.#prepare(4, bytes.length + 1);
    this.#used += bytes.length + 1;
    this.#bytes[this.#bytes.length - this.#used + bytes.length] = 0;
    this.#bytes.set(bytes, this.#bytes.length - this.#used);
    this.#int(4, bytes.length);
    return this.#used;
  }

  /** Writes a vector of offsets; answers its offset. */
  vector(offsets: readonly number[]): number {
    this.#prepare(4, offsets.length * 4);
    for (const offset of offsets.toReversed()) this.#offset(offset);
    this.#int(4, offsets.length);
    return this.#used;
  }

  /** Writes a vector of structs of 64-bit numbers, all of which are told one after the other. */
  structs(values: readonly number[], perStruct: number): number {
    this.#prepare(4, values.length * 8);
    this.#prepare(8, values.length * 8);
    for (const value of values.toReversed()) this.#int(8, value);
    this.#int(4, values.length / perStruct);
    return this.#used;
  }

  /** Begins a table. Strings, vectors and tables that it points to must be written before. */
  start(): void {
    this.#slots = [];
    this.#tableEnd = this.#used;
  }

  /** Sets a field to a number of so many bytes. */
  number(slot: number, size: 1 | 2 | 4 | 8, value: number): void {
    this.#int(size, value);
    this.#slots[slot] = this.#used;
  }

  /** Lets a field point to what was written before. */
  pointer(slot: number, target: number): void {
    this.#offset(target);
    this.#slots[slot] = this.#used;
  }

  /** Ends the table; answers its offset. */
  end(): number {
    this.#int(4, 0);
    const table = this.#used;
    for (let slot = this.#slots.length - 1; slot >= 0; slot--) {
      const at = this.#slots[slot];
      this.#int(2, at === undefined ? 0 : table - at);
    }
    this.#int(2, table - this.#tableEnd);
    this.#int(2, (this.#slots.length + 2) * 2);
    // The table starts with the distance to its list of fields
    this.#view.setInt32(this.#bytes.length - table, this.#used - table, true);
    return table;
  }

  /** Ends the buffer with its root table. */
  finish(root: number): Uint8Array<ArrayBuffer> {
    this.#prepare(this.#alignment, 4);
    this.#offset(root);
    return this.#bytes.slice(this.#bytes.length - this.#used);
  }
}
