import { ArgumentError, type DataError, type DataPlace } from "../errors/mod.ts";
import { type ColumnData, type FrameParts, placed, tellBadValue } from "./_data.ts";
import { TypeGuess } from "./_infer.ts";
import { makeBuilder } from "./_make_builder.ts";
import { type Column, columnOf } from "./column.ts";
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
  if (type !== "geometry" && type !== "geography") return { name, type, nullable };
  const own = data.kind === "point" && data.srid !== 0 ? data.srid : sridOfBytes(data);
  const known = own ?? srid;
  return { name, type, nullable, ...(known === undefined ? {} : { srid: known }) };
}

/** The SRID that all geometries have, or undefined. */
function sridOfBytes(data: ColumnData): number | undefined {
  if (data.kind !== "bytes") return undefined;
  const { offsets, bytes } = data;
  let srid: number | undefined;
  for (let row = 0; row < data.length; row++) {
    const [start, end] = [offsets[row] as number, offsets[row + 1] as number];
    if (start === end) continue;
    if (((bytes[start + 4] as number) & 0x20) === 0) return undefined;
    const own = (bytes[start + 5] as number) | ((bytes[start + 6] as number) << 8) |
      ((bytes[start + 7] as number) << 16);
    if (srid !== undefined && srid !== own) return undefined;
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
