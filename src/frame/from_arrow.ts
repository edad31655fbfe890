import { ArgumentError, UnsupportedError } from "../errors/mod.ts";
import { PG_TYPE_KEY, TYPE_KEY } from "./_arrow_ipc.ts";
import { type FrameParts, placed } from "./_data.ts";
import { type Builder, Int64Builder } from "./_builder.ts";
import { makeBuilder } from "./_make_builder.ts";
import { GeometryBuilder } from "./_geometry_builder.ts";
import { nativeGeometry, pushWkb } from "./_native_geometry.ts";
import { type Column, columnOf } from "./column.ts";
import { columnOfValues, fieldOf, type FromRowsOptions } from "./from_rows.ts";
import { Geometry, type GeometryInput } from "./geometry/geometry.ts";
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
