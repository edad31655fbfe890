import { ArgumentError, UnsupportedError } from "../errors/carto_error.ts";
import { type Builder, Int64Builder } from "./_builder.ts";
import { concatBytes, encoder } from "./_bytes.ts";
import { type ColumnData, type FrameParts, isGeometryType, oneSrid, placed, plainBytes } from "./_data.ts";
import { GeometryBuilder } from "./_geometry_builder.ts";
import { makeBuilder } from "./_make_builder.ts";
import { type Column, columnOf, dataOf } from "./column.ts";
import { viewOf, withSrid } from "./geometry/_ewkb.ts";
import { toIsoWkbColumn } from "./geometry/_wkb_columns.ts";
import { Geometry, type GeometryInput } from "./geometry/geometry.ts";
import { columnOfValues, fieldOf, type FromRowsOptions } from "./rows.ts";
import type { ColumnType } from "./types.ts";

/** What we read of an Arrow field, whichever package made it. */
interface ArrowField {
  readonly name: string;
  readonly type: ArrowType;
  readonly metadata?: ReadonlyMap<string, string> | null;
}

interface ArrowType {
  readonly typeId: number;
  readonly bitWidth?: number;
  readonly isSigned?: boolean;
  readonly signed?: boolean;
  readonly precision?: number;
  readonly scale?: number;
  readonly unit?: number;
  readonly timezone?: string | null;
  readonly dictionary?: ArrowType;
  readonly children?: readonly ArrowField[];
}

interface ArrowChunk {
  readonly length: number;
  readonly offset?: number;
  readonly nullBitmap?: Uint8Array | null;
  readonly validity?: Uint8Array | null;
  readonly values: ArrayBufferView & ArrayLike<number | bigint>;
}

interface ArrowVector {
  readonly length: number;
  readonly data: readonly ArrowChunk[];
  get?(index: number): unknown;
  at(index: number): unknown;
}

/** Arrow's numbers of types. */
const INT = 2;
const FLOAT = 3;
const BINARY = 4;
const UTF8 = 5;
const BOOL = 6;
const DECIMAL = 7;
const DATE = 8;
const TIME = 9;
const TIMESTAMP = 10;
const LIST = 12;
const FIXED_BINARY = 15;
const FIXED_LIST = 16;
const DURATION = 18;
const LARGE_BINARY = 19;
const LARGE_UTF8 = 20;
const LARGE_LIST = 21;
const BINARY_VIEW = 23;
const UTF8_VIEW = 24;
const DICTIONARY = -1;

/** Microseconds in one unit of Arrow's times: seconds, milliseconds, microseconds; nanoseconds divide. */
const MICROS: readonly bigint[] = [1_000_000n, 1000n, 1n];

/** Whether a value has the shape of an Arrow table. */
export function isArrowTable(value: unknown): boolean {
  const table = value as { schema?: { fields?: unknown }; getChild?: unknown } | null;
  return typeof table === "object" && table !== null && typeof table.getChild === "function" &&
    Array.isArray(table.schema?.fields);
}

/** The parts of a frame of an Arrow table. */
export function arrowParts(input: unknown, options: FromRowsOptions): FrameParts {
  if (!isArrowTable(input)) {
    throw new ArgumentError("Cannot read the Arrow table: it has no schema or no getChild()", {
      argument: "table",
      hint: "Bytes must be opened first: tableFromIPC(bytes)",
    });
  }
  const table = input as {
    schema: { fields: readonly ArrowField[] };
    getChild(name: string): ArrowVector;
    getChildAt?(i: number): ArrowVector;
  };
  const columns = table.schema.fields.map((field, i) => {
    const vector = table.getChildAt?.(i) ?? table.getChild(field.name);
    return arrowColumn(field, vector, options);
  });
  return { columns, geometryColumn: options.geometryColumn };
}

function arrowColumn(field: ArrowField, vector: ArrowVector, options: FromRowsOptions): Column {
  const { name } = field;
  const told = Object.hasOwn(options.types ?? {}, name) ? options.types?.[name] : undefined;
  const extension = field.metadata?.get("ARROW:extension:name");
  const kept = field.metadata?.get(TYPE_KEY) as ColumnType | undefined;
  if (extension?.startsWith("geoarrow.") || extension === "ogc.wkb" || name === options.geometryColumn) {
    return geometryColumn(field, vector, extension, kept, options);
  }
  const type = told ?? kept ?? columnType(field);
  const values = (row: number): unknown => vector.get === undefined ? vector.at(row) : vector.get(row);
  if (type === undefined) {
    return columnOfValues(
      name,
      Array.from({ length: vector.length }, (_, row) => plainValue(values(row))),
      options,
    );
  }
  const builder = makeBuilder(type);
  let row = 0;
  try {
    if (rawTime(field.type) && builder instanceof Int64Builder) appendTimes(builder, field.type, vector);
    else {
      const convert = converter(field.type, type);
      const raw = field.type.typeId === DECIMAL ? decimals(field.type, vector) : values;
      for (; row < vector.length; row++) {
        const value = raw(row);
        if (value === null || value === undefined) builder.null();
        else if (kept !== undefined && typeof value === "string") appendText(builder, value);
        else builder.value(convert(value));
      }
    }
  } catch (error) {
    throw placed(error, { row: row + 1, column: name });
  }
  const pgType = field.metadata?.get(PG_TYPE_KEY);
  const data = builder.finish();
  return columnOf(
    { ...fieldOf(name, type, data, options.srid), ...(pgType === undefined ? {} : { pgType }) },
    data,
  );
}

/** The type that an Arrow type is; undefined where its values have to be looked at. */
function columnType({ name, type }: ArrowField): ColumnType | undefined {
  switch (type.typeId) {
    case BOOL:
      return "bool";
    case INT:
      return intType(type);
    case FLOAT:
      return type.precision === 2 ? "float8" : "float4";
    case UTF8:
    case LARGE_UTF8:
    case UTF8_VIEW:
      return "text";
    case BINARY:
    case LARGE_BINARY:
    case BINARY_VIEW:
    case FIXED_BINARY:
      return "bytea";
    case DECIMAL:
      return "numeric";
    case DATE:
      return "date";
    case TIME:
      return "time";
    case TIMESTAMP:
      return type.timezone ? "timestamptz" : "timestamp";
    case DICTIONARY:
      return type.dictionary === undefined ? undefined : columnType({ name, type: type.dictionary });
    case DURATION:
      throw new UnsupportedError(`Cannot read column "${name}": it holds durations`, {
        hint: "Turn them into numbers or text first",
      });
    case LIST:
    case LARGE_LIST:
    case FIXED_LIST: {
      const child = type.children?.[0];
      const element = child === undefined ? undefined : columnType(child);
      return element === undefined || element.endsWith("[]") || element === "bytea"
        ? "jsonb"
        : `${element}[]` as ColumnType;
    }
  }
  return undefined;
}

function intType(type: ArrowType): ColumnType {
  const signed = type.isSigned ?? type.signed ?? true;
  switch (type.bitWidth) {
    case 8:
      return "int2";
    case 16:
      return signed ? "int2" : "int4";
    case 32:
      return signed ? "int4" : "int8";
    default:
      return signed ? "int8" : "numeric";
  }
}

/** Appends a text that this library itself wrote: it is kept letter by letter. */
function appendText(builder: Builder, text: string): void {
  const bytes = new TextEncoder().encode(text);
  builder.text(bytes, 0, bytes.length);
}

/** How a value of the package becomes one that a builder takes. */
function converter(arrow: ArrowType, type: ColumnType): (value: unknown) => unknown {
  if (type.endsWith("[]") || type === "json" || type === "jsonb") {
    const isText = [UTF8, LARGE_UTF8, UTF8_VIEW, DICTIONARY].includes(arrow.typeId);
    return isText && !type.endsWith("[]") ? (value) => JSON.parse(String(value)) : plainValue;
  }
  if (type === "date") return dateOf;
  return (value) => value;
}

function dateOf(value: unknown): unknown {
  if (typeof value !== "number" && typeof value !== "bigint" && !(value instanceof Date)) return value;
  const time = value instanceof Date ? value.getTime() : Number(value);
  return Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO("UTC").toPlainDate();
}

/** Nested values as plain lists and objects. */
function plainValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) {
    return value;
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return Array.from(value as ArrayLike<unknown>, plainValue);
  }
  const { toArray, toJSON } = value as { toArray?: () => ArrayLike<unknown>; toJSON?: () => unknown };
  if (typeof toArray === "function") return Array.from(toArray.call(value), plainValue);
  return typeof toJSON === "function" ? plainValue(toJSON.call(value)) : value;
}

function rawTime(type: ArrowType): boolean {
  return type.typeId === TIMESTAMP || type.typeId === TIME;
}

/** Times as they lie in memory: the packages give milliseconds, which would lose digits. */
function appendTimes(builder: Int64Builder, type: ArrowType, vector: ArrowVector): void {
  const unit = type.unit ?? 0;
  for (const chunk of vector.data) {
    for (let row = 0; row < chunk.length; row++) {
      if (!chunkValid(chunk, row)) {
        builder.null();
        continue;
      }
      const value = BigInt(chunk.values[row] as number | bigint);
      const factor = MICROS[unit];
      if (factor !== undefined) builder.pushBig(value * factor);
      else if (value % 1000n === 0n) builder.pushBig(value / 1000n);
      else builder.value(Temporal.Instant.fromEpochNanoseconds(value));
    }
  }
}

function chunkValid(chunk: ArrowChunk, row: number): boolean {
  const bitmap = chunk.nullBitmap ?? chunk.validity;
  if (bitmap === null || bitmap === undefined || bitmap.length === 0) return true;
  const at = row + (chunk.offset ?? 0);
  return ((bitmap[at >> 3] as number) & (1 << (at & 7))) !== 0;
}

/** Decimals as text, from their bytes. */
function decimals(type: ArrowType, vector: ArrowVector): (row: number) => string | null {
  const width = (type.bitWidth ?? 128) / 8;
  const scale = type.scale ?? 0;
  const texts: (string | null)[] = [];
  for (const chunk of vector.data) {
    const { buffer, byteOffset, byteLength } = chunk.values;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    for (let row = 0; row < chunk.length; row++) {
      texts.push(
        chunkValid(chunk, row) ? decimalText(bytes.subarray(row * width, (row + 1) * width), scale) : null,
      );
    }
  }
  return (row) => texts[row] ?? null;
}

function decimalText(bytes: Uint8Array, scale: number): string {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  value = BigInt.asIntN(bytes.length * 8, value);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const text = scale > 0 ? `${digits.slice(0, point)}.${digits.slice(point)}` : digits;
  return value < 0n ? `-${text}` : text;
}

function geometryColumn(
  field: ArrowField,
  vector: ArrowVector,
  extension: string | undefined,
  kept: ColumnType | undefined,
  options: FromRowsOptions,
): Column {
  const type = kept === "geography" ? "geography" : "geometry";
  const srid = sridOf(field.metadata?.get("ARROW:extension:metadata")) ?? options.srid;
  const known = extension === undefined || /^(?:geoarrow\.(?:wkb|wkt|point)|ogc\.wkb)$/.test(extension);
  const native = known ? undefined : nativeGeometry((extension ?? "").replace("geoarrow.", ""));
  if (!known && native === undefined) {
    throw new UnsupportedError(`Cannot read column "${field.name}": it is ${extension}`, {
      hint: "GeoArrow's geometries, WKB and WKT can be read: turn the column into WKB first",
    });
  }
  const builder = new GeometryBuilder();
  let row = 0;
  try {
    for (; row < vector.length; row++) {
      const value = vector.get === undefined ? vector.at(row) : vector.get(row);
      if (value === null || value === undefined) builder.null();
      else if (native !== undefined) builder.pushGeoJson(native(plainValue(value)), srid ?? 0);
      else if (value instanceof Uint8Array) pushWkb(builder, value, srid ?? 0);
      else if (extension === "geoarrow.point") pushPoint(builder, value, srid ?? 0);
      else builder.value(stamped(value, srid));
    }
  } catch (error) {
    throw placed(error, { row: row + 1, column: field.name });
  }
  const data = builder.finish();
  return columnOf(fieldOf(field.name, type, data, srid), data);
}

/** A geometry with the SRID of the column, unless it has one of its own. */
function stamped(value: unknown, srid: number | undefined): Geometry | null {
  const geometry = Geometry.from(value as GeometryInput);
  return geometry === null || geometry.srid !== 0 || srid === undefined ? geometry : geometry.withSrid(srid);
}

function pushPoint(builder: GeometryBuilder, value: unknown, srid: number): void {
  const list = plainValue(value);
  const numbers = Array.isArray(list) ? list : Object.values(list as Record<string, number>);
  if (numbers.length > 2) {
    throw new UnsupportedError("Cannot read points with height: turn the column into WKB first");
  }
  builder.pushPoint(Number(numbers[0]), Number(numbers[1]), srid);
}

function sridOf(metadata: string | undefined): number | undefined {
  try {
    const { crs } = JSON.parse(metadata || "{}") as { crs?: unknown };
    if (typeof crs === "string") {
      return Number(/^(?:EPSG:|OGC:CRS84$)(\d*)/.exec(crs)?.[1] || (crs === "OGC:CRS84" ? 4326 : NaN)) ||
        undefined;
    }
    const { authority, code } = ((crs ?? {}) as { id?: { authority?: string; code?: unknown } }).id ?? {};
    return authority === "EPSG" ? Number(code) || undefined : authority === "OGC" ? 4326 : undefined;
  } catch {
    return undefined;
  }
}

/** A native geometry of GeoArrow as GeoJSON: coordinates are structures of x and y, or short lists. */
export type NativeGeometry = (value: unknown) => unknown;

const TYPES: Readonly<Record<string, readonly [type: string, depth: number]>> = {
  point: ["Point", 0],
  linestring: ["LineString", 1],
  polygon: ["Polygon", 2],
  multipoint: ["MultiPoint", 1],
  multilinestring: ["MultiLineString", 2],
  multipolygon: ["MultiPolygon", 3],
};

/** How a native encoding is read; undefined where it is none that is known. */
export function nativeGeometry(encoding: string): NativeGeometry | undefined {
  if (!Object.hasOwn(TYPES, encoding)) return undefined;
  const [type, depth] = TYPES[encoding] as readonly [string, number];
  return (value) => ({ type, coordinates: nested(value, depth) });
}

function nested(value: unknown, depth: number): unknown {
  if (depth === 0) return position(value);
  return Array.from(value as Iterable<unknown>, (item) => nested(item, depth - 1));
}

function position(value: unknown): unknown {
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    return Array.from(value as ArrayLike<number>, Number);
  }
  const { x, y, z } = value as { x: unknown; y: unknown; z?: unknown };
  if (Number.isNaN(x) && Number.isNaN(y)) return [];
  return z === undefined || z === null ? [Number(x), Number(y)] : [Number(x), Number(y), Number(z)];
}

/**
 * Appends WKB with the SRID of its column, unless it has one of its own.
 *
 * @throws {DataError} The bytes are no geometry
 */
export function pushWkb(builder: GeometryBuilder, wkb: Uint8Array, srid: number): void {
  if (srid === 0 || wkb.length < 9) return builder.pushEwkb(wkb, 0, wkb.length);
  const view = viewOf(wkb);
  const type = view.getUint32(1, true);
  if (wkb[0] === 1 && type === 1 && wkb.length === 21) {
    return builder.pushPoint(view.getFloat64(5, true), view.getFloat64(13, true), srid);
  }
  if (wkb[0] === 1 && type > 0 && type < 8) {
    const stamped = withSrid(wkb, srid);
    return builder.pushEwkb(stamped, 0, stamped.length);
  }
  const geometry = Geometry.from(wkb);
  if (geometry === null) return builder.null();
  const stamped = geometry.srid === 0 ? withSrid(geometry.wkb, srid) : geometry.wkb;
  builder.pushEwkb(stamped, 0, stamped.length);
}

/** How Arrow IPC is written. */
export interface ArrowOptions {
  /** `file` can be read at random, `stream` from front to back. Default: `file`. */
  format?: "file" | "stream" | undefined;
}

/** The key of the field metadata that keeps our own column type, so that `numeric` or `jsonb` come back as such. */
const TYPE_KEY = "cartoframes:type";
/** Likewise for the server's own name of a type. */
const PG_TYPE_KEY = "cartoframes:pgtype";

const VERSION_5 = 4;
const SCHEMA = 1;
const DICTIONARY_BATCH = 2;
const RECORD_BATCH = 3;
/** What a file begins and ends with. */
export const MAGIC: Uint8Array<ArrayBuffer> = encoder.encode("ARROW1");

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

function metadataOf(column: Column): [string, string][] {
  const { field, type } = column;
  const result: [string, string][] = [[TYPE_KEY, type]];
  if (field.pgType !== undefined) result.push([PG_TYPE_KEY, field.pgType]);
  if (isGeometryType(type)) {
    const srid = oneSrid(dataOf(column), field) ?? field.srid;
    const crs = srid !== undefined && srid > 0 ? `EPSG:${srid}` : undefined;
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
  const index = writeIntType(flat, 32);
  flat.start();
  flat.number(0, 8, id);
  flat.pointer(1, index);
  return flat.end();
}

function writeIntType(flat: FlatBuilder, bits: number): number {
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
      return [2, writeIntType(flat, 16)];
    case "int4":
      return [2, writeIntType(flat, 32)];
    case "int8":
      return [2, writeIntType(flat, 64)];
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
      if (isGeometryType(column.type)) {
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
