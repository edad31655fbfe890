import { ArgumentError } from "../errors/carto_error.ts";
import { placed } from "./_data.ts";
import { Column } from "./column.ts";
import { frameOf, GeoDataFrame } from "./geo_data_frame.ts";
import { arrowParts, isArrowTable } from "./arrow.ts";
import { columnFromValues, type ColumnInput, columnParts, type FromRowsOptions, rowParts } from "./rows.ts";
import { geoJsonParts } from "./geojson.ts";
import type { ColumnType } from "./types.ts";

/**
 * Whatever a frame can be made of: a `GeoDataFrame`, rows, name → columns, GeoJSON, or a table of Apache Arrow, Arquero
 * or Polars, which are known by their shape; none of those packages is imported.
 */
export type FrameInput =
  | GeoDataFrame
  | Iterable<Record<string, unknown>>
  | Readonly<Record<string, unknown>>
  | object;

/** The same, or rows or frames that arrive one after the other. */
export type BatchInput = FrameInput | AsyncIterable<Record<string, unknown> | GeoDataFrame>;

/** How an input is read in batches. */
export interface ToBatchesOptions extends FromRowsOptions {
  /** How many rows a batch has when the input is rows. Default: 10000. */
  batchRows?: number | undefined;
}

/** Arquero's tables, as far as we look at them. */
interface ArqueroTable {
  columnNames(): string[];
  array(name: string): ArrayLike<unknown>;
}

/** Polars' data frames, as far as we look at them. */
interface PolarsFrame {
  readonly columns: readonly string[];
  getColumn(name: string): PolarsSeries;
}

/** A column of Polars, as far as we look at it. */
interface PolarsSeries {
  readonly dtype: unknown;
  toArray(): unknown[];
  cast?(dtype: unknown): PolarsSeries;
}

/**
 * A frame from whatever a frame can be made of.
 *
 * @param input See {@linkcode FrameInput}
 * @param options Types for columns that are not to be guessed, and the geometry
 * @throws {ArgumentError} The input is none of those
 * @throws {DataError} A value does not fit; the place tells row and column
 *
 * @example A list of rows or a FeatureCollection
 * ```ts
 * import { toGeoDataFrame } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(toGeoDataFrame([{ a: 1 }]).columnNames, ["a"]);
 * assertEquals(toGeoDataFrame({ a: [1, 2] }).numRows, 2);
 * assertEquals(toGeoDataFrame({ type: "FeatureCollection", features: [] }).geometryColumn, "geometry");
 * ```
 */
export function toGeoDataFrame(input: FrameInput, options: FromRowsOptions = {}): GeoDataFrame {
  if (input instanceof GeoDataFrame) return retyped(input, options);
  if (typeof input === "object" && input !== null && !ArrayBuffer.isView(input)) {
    if (isArrowTable(input)) return frameOf(arrowParts(input, options));
    if (isArquero(input)) return frameOf(columnParts(arqueroColumns(input), options));
    if (isPolars(input)) return polarsFrame(input, options);
    if (isGeoJson(input)) return frameOf(geoJsonParts(input, options));
    if (!(input instanceof Map) && Symbol.iterator in input) {
      const rows = input as Iterable<Record<string, unknown>>;
      return isFeatureList(rows) ? frameOf(geoJsonParts(rows, options)) : frameOf(rowParts(rows, options));
    }
    if (isColumns(input)) return frameOf(columnParts(input as Record<string, ColumnInput>, options));
  }
  throw new ArgumentError("Cannot make a frame of the input: it is none of the kinds known", {
    argument: "input",
    hint: "Give rows, name → columns, GeoJSON, or a table of Apache Arrow, Arquero or Polars",
  });
}

/** A frame with the types and the geometry that were asked for. */
function retyped(frame: GeoDataFrame, options: FromRowsOptions): GeoDataFrame {
  let result = frame;
  for (const [name, type] of Object.entries(options.types ?? {})) {
    const column = frame.column(name);
    if (column.type !== type) result = result.withColumn(name, column.toArray() as unknown[], type);
  }
  const { geometryColumn } = options;
  return geometryColumn === undefined || geometryColumn === result.geometryColumn
    ? result
    : result.setGeometry(geometryColumn, { name: geometryColumn, srid: options.srid });
}

/**
 * The frames that an input is made of, one after the other; rows are gathered into batches. The types are those of the
 * first batch: a later row that does not fit them is refused.
 *
 * @param input See {@linkcode BatchInput}
 * @param options Types for columns that are not to be guessed, the geometry, how many rows make a batch
 * @throws {DataError} A value does not fit; the place tells row and column
 */
export async function* toBatches(
  input: BatchInput,
  options: ToBatchesOptions = {},
): AsyncGenerator<GeoDataFrame, undefined> {
  const source = input as { [Symbol.asyncIterator]?: unknown; [Symbol.iterator]?: unknown };
  const streamed = Symbol.asyncIterator in source || (isIterator(source) && !Array.isArray(source));
  if (!streamed || source instanceof GeoDataFrame) {
    yield toGeoDataFrame(input as FrameInput, options);
    return;
  }
  const size = options.batchRows ?? 10_000;
  let rows: Record<string, unknown>[] = [];
  let first: GeoDataFrame | undefined;
  let count = 0;
  const batch = (): GeoDataFrame => {
    const known = first === undefined ? options : laterOptions(first, options, count + 1);
    const frame = rows.length > 0 && isFeature(rows[0])
      ? frameOf(geoJsonParts(rows, known))
      : frameOf(rowParts(rows, known));
    count += rows.length;
    rows = [];
    first ??= frame;
    return frame === first ? frame : sameColumns(frame, first, count);
  };
  for await (const item of input as AsyncIterable<Record<string, unknown> | GeoDataFrame>) {
    if (item instanceof GeoDataFrame) {
      if (rows.length > 0) yield batch();
      count += item.numRows;
      yield retyped(item, options);
      continue;
    }
    rows.push(item);
    if (rows.length >= size) yield batch();
  }
  if (rows.length > 0 || count === 0) yield batch();
}

function isIterator(value: object): boolean {
  return Symbol.iterator in value && typeof (value as { next?: unknown }).next === "function";
}

/** The types of the first batch hold for all. */
function laterOptions(first: GeoDataFrame, options: FromRowsOptions, firstRow: number): FromRowsOptions {
  const types: Record<string, ColumnType> = {};
  for (const { name, type } of first.schema) {
    Object.defineProperty(types, name, { value: type, enumerable: true, configurable: true });
  }
  return { ...options, types, firstRow };
}

function sameColumns(frame: GeoDataFrame, first: GeoDataFrame, rows: number): GeoDataFrame {
  const extra = frame.columnNames.find((name) => !first.hasColumn(name));
  if (extra !== undefined) {
    throw new ArgumentError(`Column "${extra}" first turns up among the last of ${rows} rows`, {
      argument: "input",
      hint: `Tell its type from the start: { types: { "${extra}": "…" } }`,
    });
  }
  return frame.select(first.columnNames);
}

function isFeature(value: unknown): boolean {
  return (value as { type?: unknown } | undefined)?.type === "Feature" && "geometry" in (value as object);
}

function isFeatureList(rows: Iterable<unknown>): boolean {
  return Array.isArray(rows) && rows.length > 0 && rows.every(isFeature);
}

function isGeoJson(value: object): boolean {
  const { type, features } = value as { type?: unknown; features?: unknown };
  return (type === "FeatureCollection" && Array.isArray(features)) ||
    (type === "Feature" && "geometry" in value);
}

function isColumns(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  if (value instanceof Map) return true;
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every((column) =>
    Array.isArray(column) || ArrayBuffer.isView(column) || column instanceof Column
  );
}

function isArquero(value: unknown): value is ArqueroTable {
  const table = value as Partial<ArqueroTable>;
  return typeof table.columnNames === "function" && typeof table.array === "function";
}

function arqueroColumns(table: ArqueroTable): Map<string, ColumnInput> {
  return new Map(table.columnNames().map((name) => [name, table.array(name)]));
}

function isPolars(value: unknown): value is PolarsFrame {
  const frame = value as Partial<PolarsFrame>;
  return Array.isArray(frame.columns) && typeof frame.getColumn === "function";
}

const POLARS_TYPES: Readonly<Record<string, ColumnType>> = {
  Bool: "bool",
  Int8: "int2",
  Int16: "int2",
  Int32: "int4",
  Int64: "int8",
  UInt8: "int2",
  UInt16: "int4",
  UInt32: "int8",
  UInt64: "numeric",
  Float32: "float4",
  Float64: "float8",
  Utf8: "text",
  String: "text",
  Categorical: "text",
  Date: "date",
  Datetime: "timestamp",
  Decimal: "numeric",
};

function polarsFrame(frame: PolarsFrame, options: FromRowsOptions): GeoDataFrame {
  const columns = frame.columns.map((name) => {
    const series = frame.getColumn(name);
    const [kind, zone] = polarsType(series.dtype);
    const told = Object.hasOwn(options.types ?? {}, name) ? options.types?.[name] : undefined;
    const guessed = kind === "Datetime" && zone ? "timestamptz" : POLARS_TYPES[kind];
    const known = name === options.geometryColumn ? undefined : told ?? guessed;
    try {
      const values = exactValues(series, kind, zone) ??
        series.toArray().map((value) => polarsValue(value, known));
      return columnFromValues(
        name,
        values,
        known === undefined ? options : { ...options, types: { [name]: known } },
      );
    } catch (error) {
      throw placed(error, { column: name });
    }
  });
  return frameOf({ columns, geometryColumn: options.geometryColumn });
}

/**
 * Values that `toArray()` would bend: Polars gives 64-bit integers as numbers and date-times without their microseconds.
 * Its own text of them is exact.
 */
function exactValues(series: PolarsSeries, kind: string, zone: unknown): unknown[] | undefined {
  const { constructor } = series.dtype as { constructor?: object };
  const types = constructor && Object.getPrototypeOf(constructor) as { Utf8?: unknown; Int64?: unknown };
  if (series.cast === undefined || types?.Utf8 === undefined) return undefined;
  if (kind === "Int64" || kind === "UInt64" || kind === "Decimal") return series.cast(types.Utf8).toArray();
  if (kind !== "Datetime") return undefined;
  const { timeUnit } = series.dtype as { timeUnit?: string };
  const nanoseconds = timeUnit === "ns" ? 1n : timeUnit === "us" ? 1000n : 1_000_000n;
  return series.cast(types.Int64).cast?.(types.Utf8).toArray().map((text) => {
    if (typeof text !== "string") return null;
    const instant = Temporal.Instant.fromEpochNanoseconds(BigInt(text) * nanoseconds);
    return zone ? instant : instant.toZonedDateTimeISO("UTC").toPlainDateTime();
  });
}

/** The name of a Polars type and its time zone, however the version at hand tells them. */
function polarsType(dtype: unknown): [kind: string, zone: unknown] {
  const { variant, constructor, timeZone } = dtype as {
    variant?: string;
    constructor?: { name?: string };
    timeZone?: unknown;
  };
  return [variant ?? constructor?.name ?? String(dtype), timeZone];
}

/** Polars gives dates as `Date` at midnight UTC, date-times likewise. */
function polarsValue(value: unknown, type: ColumnType | undefined): unknown {
  if (!(value instanceof Date)) return value;
  const zoned = Temporal.Instant.fromEpochMilliseconds(value.getTime()).toZonedDateTimeISO("UTC");
  if (type === "date") return zoned.toPlainDate();
  return type === "timestamp" ? zoned.toPlainDateTime() : value;
}
