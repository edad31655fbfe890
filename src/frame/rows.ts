import { ArgumentError, type DataError, type DataPlace } from "../errors/carto_error.ts";
import { MAX_INT8, MIN_INT8 } from "./_bytes.ts";
import {
  BadValue,
  type ColumnData,
  type FrameParts,
  isGeometryType,
  isValid,
  placed,
  shown,
  sridGetter,
  tellBadValue,
} from "./_data.ts";
import { makeBuilder } from "./_make_builder.ts";
import { Column, columnOf, dataOf } from "./column.ts";
import { Geometry } from "./geometry/geometry.ts";
import type { ColumnType, Field } from "./types.ts";

/** Is told of a value that does not fit its column, with its place, and the column's type. */
export type OnBadValue = (error: DataError, type: ColumnType) => void;

/** How values become columns. */
export interface FromRowsOptions {
  /** Types of columns that are not to be guessed, by name; a text is then read as PostgreSQL would read it. */
  types?: Readonly<Record<string, ColumnType>> | undefined;
  /** The column that is the geometry, read as {@linkcode Geometry.from} reads; default: see `FrameOptions`. */
  geometryColumn?: string | undefined;
  /** The coordinate system of geometries that tell none. */
  srid?: number | undefined;
  /** The number that the first row has in error messages. Default: 1. */
  firstRow?: number | undefined;
  /**
   * Is told of each value that does not fit its column's type, such as a geometry that cannot be read; the row then holds
   * null there. Default: the first such value is an error.
   */
  onBadValue?: OnBadValue | undefined;
}

/** One column of values, guessed or told. */
export function columnOfValues(
  name: string,
  values: ArrayLike<unknown>,
  options: FromRowsOptions,
  place: (row: number) => DataPlace = (row) => ({ row: (options.firstRow ?? 1) + row }),
): Column {
  const { onBadValue } = options;
  let row = 0;
  try {
    const type = columnType(name, values, options, (at) => row = at);
    const builder = makeBuilder(type);
    for (row = 0; row < values.length; row++) {
      const value = values[row];
      if (value === null || value === undefined) builder.null();
      else if (onBadValue === undefined) builder.value(value);
      else {
        try {
          builder.value(value);
        } catch (error) {
          tellBadValue(onBadValue, error, { ...place(row), column: name }, type);
          builder.null();
        }
      }
    }
    const data = builder.finish();
    return columnOf(fieldOf(name, type, data, options.srid), data);
  } catch (error) {
    throw placed(error, { ...place(row), column: name });
  }
}

function columnType(
  name: string,
  values: ArrayLike<unknown>,
  options: FromRowsOptions,
  at: (row: number) => void,
): ColumnType {
  const told = Object.hasOwn(options.types ?? {}, name) ? options.types?.[name] : undefined;
  if (told !== undefined) return told;
  if (name === options.geometryColumn) return "geometry";
  const guess = new TypeGuess(name);
  for (let row = 0; row < values.length; row++) {
    at(row);
    guess.see(values[row], row);
  }
  at(0);
  return guess.type();
}

/** The field of a column just made: a geometry's SRID is the one that all of its points have. */
export function fieldOf(name: string, type: ColumnType, data: ColumnData, srid?: number): Field {
  const nullable = true;
  if (!isGeometryType(type)) return { name, type, nullable };
  const own = data.kind === "point" && data.srid !== 0 ? data.srid : sridOfBytes(data);
  const known = own ?? srid;
  return { name, type, nullable, ...(known === undefined ? {} : { srid: known }) };
}

/** The SRID that all geometries have, or undefined. */
function sridOfBytes(data: ColumnData): number | undefined {
  if (data.kind !== "bytes") return undefined;
  const told = sridGetter(data);
  let srid: number | undefined;
  for (let row = 0; row < data.length; row++) {
    if (!isValid(data.validity, row)) continue;
    const own = told(row);
    if (own === 0 || (srid !== undefined && srid !== own)) return undefined;
    srid = own;
  }
  return srid;
}

/** The parts of a frame of rows. */
export function rowParts(rows: Iterable<Record<string, unknown>>, options: FromRowsOptions): FrameParts {
  const columns = new Map<string, unknown[]>();
  let count = 0;
  for (const row of rows) {
    if (typeof row !== "object" || row === null || Array.isArray(row)) {
      throw new ArgumentError(`Cannot make a frame: row ${count + 1} is not an object`, { argument: "rows" });
    }
    for (const key in row) {
      if (!Object.hasOwn(row, key)) continue;
      let values = columns.get(key);
      if (values === undefined) columns.set(key, values = new Array(count).fill(null));
      while (values.length < count) values.push(null);
      values.push(row[key]);
    }
    count++;
  }
  const result: Column[] = [];
  for (const [name, values] of columns) {
    while (values.length < count) values.push(null);
    result.push(columnOfValues(name, values, options));
  }
  for (const [name, type] of Object.entries(options.types ?? {})) {
    if (!columns.has(name)) {
      result.push(columnOfValues(name, new Array(count).fill(null), { types: { [name]: type } }));
    }
  }
  return { columns: result, geometryColumn: options.geometryColumn };
}

/** One column as it is given: a column of a frame, a typed array, or a list of values. */
export type ColumnInput = Column | ArrayLike<unknown> | Iterable<unknown>;

/** Columns as they are given: name to values. */
export type ColumnsInput = Readonly<Record<string, ColumnInput>> | ReadonlyMap<string, ColumnInput>;

/** One column from what was given for it. */
export function columnFromValues(name: string, values: ColumnInput, options: FromRowsOptions): Column {
  const told = Object.hasOwn(options.types ?? {}, name) ? options.types?.[name] : undefined;
  if (values instanceof Column) {
    if (told === undefined || told === values.type) {
      return columnOf({ ...values.field, name }, dataOf(values));
    }
    return columnOfValues(name, values.toArray(), options);
  }
  const direct = ArrayBuffer.isView(values) ? sharedData(values) : undefined;
  if (direct !== undefined && (told === undefined || told === direct.type)) {
    return columnOf({ name, type: direct.type, nullable: true }, direct.data);
  }
  if (typeof values === "string") {
    throw new ArgumentError(`Cannot make column "${name}" of one text: a list of values is needed`, {
      argument: "columns",
    });
  }
  const list = "length" in values ? values : Array.from(values);
  return columnOfValues(name, list, withType(name, told ?? unsignedType(list), options));
}

function withType(name: string, type: ColumnType | undefined, options: FromRowsOptions): FromRowsOptions {
  return type === undefined ? options : { ...options, types: { [name]: type } };
}

/** The type that surely holds an unsigned or small array. */
function unsignedType(values: unknown): ColumnType | undefined {
  if (values instanceof Int8Array || values instanceof Uint8Array || values instanceof Uint8ClampedArray) {
    return "int2";
  }
  if (values instanceof Uint16Array) return "int4";
  if (values instanceof Uint32Array) return "int8";
  return values instanceof Float16Array ? "float4" : undefined;
}

/** A typed array that a column can use as it lies. */
function sharedData(values: ArrayBufferView): { type: ColumnType; data: ColumnData } | undefined {
  // Memory shared between threads may change under us
  if (!(values.buffer instanceof ArrayBuffer)) return undefined;
  const common = { length: (values as Float64Array).length, nullCount: 0, validity: undefined };
  if (values instanceof BigInt64Array) {
    return { type: "int8", data: { ...common, kind: "int64", values: values as BigInt64Array<ArrayBuffer> } };
  }
  const type = values instanceof Int16Array
    ? "int2"
    : values instanceof Int32Array
    ? "int4"
    : values instanceof Float32Array
    ? "float4"
    : values instanceof Float64Array
    ? "float8"
    : undefined;
  if (type === undefined) return undefined;
  return { type, data: { ...common, kind: "number", values: values as Float64Array<ArrayBuffer> } };
}

/** The parts of a frame of columns. */
export function columnParts(input: ColumnsInput, options: FromRowsOptions): FrameParts {
  const entries = input instanceof Map ? [...input.entries()] : Object.entries(input);
  const columns = entries.map(([name, values]) => columnFromValues(name, values as ColumnInput, options));
  return { columns, geometryColumn: options.geometryColumn };
}

/** What a value is, before all of a column are looked at. */
type Kind = "number" | "bigint" | ColumnType;

const GEOMETRY_NAMES: ReadonlySet<string> = new Set(["geometry", "the_geom", "geom"]);
const GEOMETRY_TYPES: ReadonlySet<string> = new Set([
  "Point",
  "LineString",
  "Polygon",
  "MultiPoint",
  "MultiLineString",
  "MultiPolygon",
  "GeometryCollection",
]);

/** Finds the one type that holds every value of a column exactly. */
export class TypeGuess {
  readonly #geometryName: boolean;
  #kind: Kind | undefined;
  #firstRow = 0;
  #integers = true;
  #safe = true;
  #int4 = true;
  #bigSafe = true;
  #int8 = true;

  constructor(name: string) {
    this.#geometryName = GEOMETRY_NAMES.has(name);
  }

  /** Looks at one value; a mixture is refused. Nulls are passed over. */
  see(value: unknown, row: number): void {
    if (value === null || value === undefined) return;
    const kind = this.#kindOf(value);
    if (kind === "number") this.#number(value as number);
    else if (kind === "bigint") this.#bigint(value as bigint);
    if (this.#kind === kind) return;
    if (this.#kind === undefined) {
      this.#kind = kind;
      this.#firstRow = row;
      return;
    }
    if (isNumeric(this.#kind) && isNumeric(kind)) {
      this.#kind = "bigint";
      return;
    }
    throw new BadValue(
      `${shown(value)} is ${article(kind)} where row ${this.#firstRow + 1} has ${article(this.#kind)}`,
      'A column holds values of one type: mend the value, or write the column as text with the option types: { "name": "text" }',
    );
  }

  #number(value: number): void {
    if (!Number.isInteger(value) || Object.is(value, -0)) this.#integers = false;
    else {
      if (!Number.isSafeInteger(value)) this.#safe = false;
      if (value > 0x7fff_ffff || value < -0x8000_0000) this.#int4 = false;
    }
  }

  #bigint(value: bigint): void {
    if (value > MAX_INT8 || value < MIN_INT8) this.#int8 = false;
    if (value > 9007199254740991n || value < -9007199254740991n) this.#bigSafe = false;
  }

  /** The type; text where every value is null. */
  type(): ColumnType {
    const kind = this.#kind;
    if (kind === undefined) return "text";
    if (kind === "number") {
      if (!this.#integers || !this.#safe) return "float8";
      return this.#int4 ? "int4" : "int8";
    }
    if (kind !== "bigint") return kind;
    if (this.#integers && this.#safe) return this.#int8 ? "int8" : "numeric";
    if (this.#bigSafe) return "float8";
    throw new BadValue(
      "Numbers with decimals stand beside bigint values that a number cannot hold",
      'Write the column with the option types: { "name": "numeric" }',
    );
  }

  #kindOf(value: unknown): Kind {
    switch (typeof value) {
      case "boolean":
        return "bool";
      case "number":
        return "number";
      case "bigint":
        return "bigint";
      case "string":
        return "text";
      case "object":
        return this.#objectKind(value as object);
    }
    throw new BadValue(`${shown(value)} cannot be held by a column`);
  }

  #objectKind(value: object): Kind {
    if (
      value instanceof Date || value instanceof Temporal.Instant || value instanceof Temporal.ZonedDateTime
    ) {
      return "timestamptz";
    }
    if (value instanceof Temporal.PlainDateTime) return "timestamp";
    if (value instanceof Temporal.PlainDate) return "date";
    if (value instanceof Temporal.PlainTime) return "time";
    if (value instanceof Temporal.Duration) return "interval";
    if (value instanceof Uint8Array || value instanceof ArrayBuffer) return "bytea";
    if (value instanceof Geometry) return "geometry";
    if (value instanceof Map || value instanceof Set || value instanceof RegExp) {
      throw new BadValue(`${shown(value)} cannot be held by a column`, "Use a plain object or a list");
    }
    if (this.#geometryName && GEOMETRY_TYPES.has((value as { type?: string }).type ?? "")) return "geometry";
    return "jsonb";
  }
}

function isNumeric(kind: Kind): boolean {
  return kind === "number" || kind === "bigint";
}

function article(kind: Kind): string {
  const words: Record<string, string> = {
    number: "a number",
    bigint: "a bigint",
    bool: "a boolean",
    text: "text",
    jsonb: "an object or list",
    bytea: "bytes",
    timestamptz: "a point in time",
    timestamp: "a date and time without zone",
    date: "a date",
    time: "a time of day",
    interval: "a duration",
    geometry: "a geometry",
  };
  return words[kind] ?? kind;
}
