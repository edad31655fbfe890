import { ArgumentError, type DataPlace } from "../errors/carto_error.ts";
import { arrowIpc, type ArrowOptions, arrowParts } from "./arrow.ts";
import { type ColumnSummary, htmlTable, summaryOf, textTable } from "./_show.ts";
import {
  csvChunks,
  csvParts,
  csvStreamParts,
  csvText,
  type FromCsvOptions,
  type ToCsvOptions,
} from "./csv.ts";
import {
  type FeatureCollection,
  featureCollection,
  type FromGeoJsonOptions,
  geoJsonParts,
  type ToGeoJsonOptions,
} from "./geojson.ts";
import {
  chooseGeometryColumn,
  concatData,
  type FrameParts,
  type FrameSource,
  gatherData,
  isGeometryType,
  placed,
  tellBadValue,
} from "./_data.ts";
import { GeometryBuilder } from "./_geometry_builder.ts";
import { type Column, columnOf, dataOf, rangeOf } from "./column.ts";
import {
  columnFromValues,
  type ColumnInput,
  columnParts,
  type ColumnsInput,
  type FromRowsOptions,
  type OnBadValue,
  rowParts,
} from "./rows.ts";
import type { CellValue, ColumnType, Field, RenamedColumn, Row } from "./types.ts";

/** Which column of a frame is its geometry. */
export interface FrameOptions {
  /** The geometry column; default: `the_geom`, else `geometry`, else the first one. */
  geometryColumn?: string | undefined;
}

/** How {@linkcode GeoDataFrame.setGeometry} and {@linkcode GeoDataFrame.setGeometryFromXY} go about it. */
export interface SetGeometryOptions {
  /** Whether the columns that were read go away. Default: false. */
  drop?: boolean | undefined;
  /** The name of the new geometry column. Default: `geometry`. */
  name?: string | undefined;
  /** The coordinate system of geometries that tell none. Default: 4326 for x and y, else none. */
  srid?: number | undefined;
  /** Is told of each value that is no geometry; the row then has none. Default: the first such value is an error. */
  onBadValue?: OnBadValue | undefined;
}

let build: (parts: FrameParts) => GeoDataFrame;

/**
 * A table in memory: typed columns with nulls, one of which may be its geometry. It never changes: whatever
 * changes it gives a new frame, which shares the columns that stay.
 *
 * Memory is laid out by columns as in Apache Arrow; rows, GeoJSON and CSV are made when asked for.
 *
 * @example Make a frame, look at it, take it elsewhere
 * ```ts
 * import { GeoDataFrame } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const cafes = GeoDataFrame.fromRows([
 *   { name: "Hawai", stars: 4, lng: -3.7, lat: 40.42 },
 *   { name: "El Pico", stars: null, lng: -3.69, lat: 40.41 },
 * ]).setGeometryFromXY("lng", "lat", { drop: true });
 *
 * assertEquals(cafes.numRows, 2);
 * assertEquals(cafes.schema.map(({ name, type }) => `${name} ${type}`), ["name text", "stars int4", "geometry geometry"]);
 * assertEquals([...cafes].map((row) => row.name), ["Hawai", "El Pico"]);
 * assertEquals(cafes.toGeoJSON().features[0]?.geometry, { type: "Point", coordinates: [-3.7, 40.42] });
 * ```
 */
export class GeoDataFrame implements Iterable<Row> {
  readonly #columns: readonly Column[];
  readonly #byName: ReadonlyMap<string, Column>;
  readonly #geometryColumn: string | undefined;
  readonly #numRows: number;
  #renamed: readonly RenamedColumn[] = [];
  #notes: readonly string[] = [];
  #source: FrameSource | undefined;

  static {
    build = (parts) => {
      const frame = new GeoDataFrame(parts.columns, parts);
      frame.#renamed = parts.renamed ?? [];
      frame.#notes = parts.notes ?? [];
      frame.#source = parts.source;
      return frame;
    };
    const { prototype } = GeoDataFrame;
    Object.defineProperty(prototype, Symbol.for("Deno.customInspect"), { value: inspect });
    Object.defineProperty(prototype, Symbol.for("nodejs.util.inspect.custom"), { value: inspect });
    Object.defineProperty(prototype, Symbol.for("Jupyter.display"), { value: display });
  }

  /**
   * A frame of columns that exist, such as those of other frames.
   *
   * @param columns The columns, of equal length and different names
   * @param options Which of them is the geometry
   * @throws {ArgumentError} The lengths differ, a name is there twice, or the geometry column is none
   */
  constructor(columns: readonly Column[], options: FrameOptions = {}) {
    const numRows = columns[0]?.length ?? 0;
    const byName = new Map<string, Column>();
    for (const column of columns) {
      if (column.length !== numRows) {
        throw new ArgumentError(
          `Cannot make a frame: column "${column.name}" has ${column.length} rows where the first has ${numRows}`,
          { argument: "columns" },
        );
      }
      if (byName.has(column.name)) {
        throw new ArgumentError(`Cannot make a frame: two columns are named "${column.name}"`, {
          argument: "columns",
          hint: "Rename one of them",
        });
      }
      byName.set(column.name, column);
    }
    this.#columns = columns;
    this.#byName = byName;
    this.#numRows = numRows;
    this.#geometryColumn = options.geometryColumn ?? chooseGeometryColumn(columns);
    if (this.#geometryColumn !== undefined && !isGeometry(byName.get(this.#geometryColumn))) {
      throw new ArgumentError(`Cannot use column "${this.#geometryColumn}" as the geometry`, {
        argument: "geometryColumn",
        hint: `Make one first: frame.setGeometry("${this.#geometryColumn}")`,
      });
    }
  }

  /**
   * A frame from rows, as plain objects. The columns are all keys, in the order in which they first turn up; a
   * key that a row lacks is null there.
   *
   * A column's type follows from all of its values. Numbers are `int4`, `int8` or `float8`, the first that holds every
   * one exactly (so -0 and `NaN` make it `float8`); `bigint` is `int8`, or `numeric` beyond 64 bits; numbers and `bigint`
   * together are `int8` if whole, `float8` if nothing is lost. Text stays text, whatever it looks like. `Date` and
   * `Temporal.Instant` are `timestamptz`, the other `Temporal` types `timestamp`, `date`, `time` and `interval`;
   * `Uint8Array` is `bytea`; a {@linkcode Geometry} is `geometry`, and so is a GeoJSON geometry in a column named
   * `geometry`, `the_geom` or `geom`; other objects and lists are `jsonb`. Anything mixed is refused.
   *
   * @param rows The rows
   * @param options Types for columns that are not to be guessed, and the geometry
   * @throws {DataError} A column mixes types, or a value does not fit its type; the place tells row and column
   *
   * @example Types are inferred, or told
   * ```ts
   * import { GeoDataFrame } from "@cartoframes/cartoframes/frame";
   * import { assertEquals } from "@std/assert";
   *
   * const frame = GeoDataFrame.fromRows([{ zip: "02139", n: 1 }, { zip: null, n: 2n }], { types: { zip: "text" } });
   * assertEquals(frame.schema.map(({ type }) => type), ["text", "int8"]);
   * assertEquals(frame.toRows(), [{ zip: "02139", n: 1n }, { zip: null, n: 2n }]);
   * ```
   */
  static fromRows(rows: Iterable<Record<string, unknown>>, options: FromRowsOptions = {}): GeoDataFrame {
    return build(rowParts(rows, options));
  }

  /**
   * A frame from columns: typed arrays, whose memory is shared, or lists of values as in
   * {@linkcode GeoDataFrame.fromRows}.
   *
   * `Int16Array`, `Int32Array`, `BigInt64Array`, `Float32Array` and `Float64Array` are taken as they are; `Int8Array` and
   * `Uint8Array` become `int2`, `Uint16Array` `int4`, `Uint32Array` `int8`, `BigUint64Array` `int8` or `numeric`.
   *
   * @param columns Name to values
   * @param options Types for columns that are not to be guessed, and the geometry
   * @throws {DataError} A column mixes types, or a value does not fit its type
   * @throws {ArgumentError} The lengths differ
   */
  static fromColumns(columns: ColumnsInput, options: FromRowsOptions = {}): GeoDataFrame {
    return build(columnParts(columns, options));
  }

  /**
   * A frame from GeoJSON: a FeatureCollection, a feature, or a list of features. Properties become columns as in
   * {@linkcode GeoDataFrame.fromRows}; geometries the column `geometry`; ids, if there are any, the column `id`. A
   * property named `geometry` gets another name, and so does the column of ids beside a property `id`;
   * {@linkcode GeoDataFrame.renamed} tells. A
   * collection inside a collection is unpacked; a `crs` member sets the SRID.
   *
   * @param geojson The object, or its text
   * @param options Types for columns that are not to be guessed, and the file's name for errors
   * @throws {DataError} It is no GeoJSON; the place tells the feature as a row
   */
  static fromGeoJSON(geojson: unknown, options: FromGeoJsonOptions = {}): GeoDataFrame {
    return build(geoJsonParts(geojson, options));
  }

  /**
   * A frame from CSV text or bytes (RFC 4180), the first line being the names. An empty field is null, an empty
   * field in quotes is empty text.
   *
   * Types are guessed with care: `int4` or `int8` for whole numbers, `float8` for decimal ones, `bool` for `true` and
   * `false`. Whatever has a leading zero, a plus, an exponent, a decimal comma or a dash inside stays text, and so does
   * a date: give `types` for those.
   *
   * @param csv Text or bytes
   * @param options Delimiter, encoding, types, decimal comma, the file's name for errors
   * @throws {DataError} The file is malformed, not UTF-8, or a field does not fit its type; the place tells the line
   *
   * @example Nothing is bent
   * ```ts
   * import { GeoDataFrame } from "@cartoframes/cartoframes/frame";
   * import { assertEquals } from "@std/assert";
   *
   * const frame = GeoDataFrame.fromCSV('zip,n,note\n02139,1,""\n00501,2,\n');
   * assertEquals(frame.toRows(), [{ zip: "02139", n: 1, note: "" }, { zip: "00501", n: 2, note: null }]);
   * ```
   */
  static fromCSV(csv: string | Uint8Array, options: FromCsvOptions = {}): GeoDataFrame {
    return build(csvParts(csv, options));
  }

  /**
   * As {@linkcode GeoDataFrame.fromCSV}, from a stream of bytes such as `file.readable`; the text itself is never
   * held as a whole.
   *
   * @param stream The bytes
   * @param options As for {@linkcode GeoDataFrame.fromCSV}
   */
  static async fromCSVStream(
    stream: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
    options: FromCsvOptions = {},
  ): Promise<GeoDataFrame> {
    return build(await csvStreamParts(stream, options));
  }

  /**
   * A frame from an Apache Arrow table, as the packages `apache-arrow` and `@uwdata/flechette` have it. It is read by
   * its shape; neither is imported.
   *
   * @param table The table
   * @param options Types for columns that are not to be guessed, and the geometry
   */
  static fromArrow(table: unknown, options: FromRowsOptions = {}): GeoDataFrame {
    return build(arrowParts(table, options));
  }

  /** The number of rows. */
  get numRows(): number {
    return this.#numRows;
  }

  /** The number of columns. */
  get numColumns(): number {
    return this.#columns.length;
  }

  /** Name and type of each column, in order. */
  get schema(): readonly Field[] {
    return this.#columns.map((column) => column.field);
  }

  /** The columns' names, in order. */
  get columnNames(): readonly string[] {
    return this.#columns.map((column) => column.name);
  }

  /** The columns, in order. */
  get columns(): readonly Column[] {
    return this.#columns;
  }

  /** The name of the geometry column, if there is one. */
  get geometryColumn(): string | undefined {
    return this.#geometryColumn;
  }

  /** The geometry column itself. */
  get geometry(): Column | undefined {
    return this.#geometryColumn === undefined ? undefined : this.column(this.#geometryColumn);
  }

  /** The number of the geometry's coordinate system, such as 4326; undefined where none is known. */
  get srid(): number | undefined {
    const { geometry } = this;
    if (geometry === undefined) return undefined;
    const data = dataOf(geometry);
    const srid = data.kind === "point" && data.length > 0 && data.srid !== 0
      ? data.srid
      : geometry.field.srid;
    return srid === undefined || srid <= 0 ? undefined : srid;
  }

  /** The geometry's coordinate system, such as `EPSG:4326`; undefined where none is known. */
  get crs(): string | undefined {
    const { srid } = this;
    return srid === undefined ? undefined : `EPSG:${srid}`;
  }

  /** The columns that got another name when this frame was made from something else. */
  get renamed(): readonly RenamedColumn[] {
    return this.#renamed;
  }

  /** What was found out when the frame was read, such as the delimiter of a CSV, one sentence each. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /**
   * One column.
   *
   * @param name The column's name
   * @throws {ArgumentError} There is no such column
   */
  column(name: string): Column {
    const column = this.#byName.get(name);
    if (column !== undefined) return column;
    throw new ArgumentError(`Column "${name}" does not exist`, {
      argument: "name",
      hint: `The columns are ${this.columnNames.slice(0, 20).map((each) => `"${each}"`).join(", ")}`,
    });
  }

  /**
   * Whether there is a column of that name.
   *
   * @param name The column's name
   */
  hasColumn(name: string): boolean {
    return this.#byName.has(name);
  }

  /** Whether the frame has a geometry. */
  hasGeometry(): boolean {
    return this.#geometryColumn !== undefined;
  }

  /**
   * One row as a plain object.
   *
   * @param index The row, from 0
   * @throws {ArgumentError} There is no such row
   */
  row(index: number): Row {
    const row: Row = {};
    for (const column of this.#columns) setKey(row, column.name, column.get(index));
    return row;
  }

  /** The rows as plain objects, each made when it is asked for. */
  *[Symbol.iterator](): Generator<Row, undefined> {
    for (let index = 0; index < this.#numRows; index++) yield this.row(index);
  }

  /** All rows as plain objects. */
  toRows(): Row[] {
    const rows: Row[] = Array.from({ length: this.#numRows }, () => ({}));
    for (const column of this.#columns) {
      let index = 0;
      for (const value of column) setKey(rows[index++] as Row, column.name, value);
    }
    return rows;
  }

  /**
   * Name to values: typed arrays (shared memory) for number columns without nulls, ordinary arrays for the rest.
   * A column named `__proto__` is a key like any other.
   */
  toColumns(): Record<string, ArrayLike<CellValue>> {
    const result: Record<string, ArrayLike<CellValue>> = {};
    for (const column of this.#columns) {
      const direct = /^(?:int[24]|float[48])$/.test(column.type) ||
        (column.type === "int8" && !column.int8AsNumber);
      const values = direct && column.nullCount === 0 ? column.values : undefined;
      setKey(result, column.name, values ?? column.toArray());
    }
    return result;
  }

  /**
   * The first rows.
   *
   * @param count How many; default 5
   */
  head(count = 5): GeoDataFrame {
    return this.slice(0, Math.max(0, count));
  }

  /**
   * The last rows.
   *
   * @param count How many; default 5
   */
  tail(count = 5): GeoDataFrame {
    return this.slice(Math.max(0, this.#numRows - count));
  }

  /**
   * Some of the rows, sharing the memory.
   *
   * @param start The first row, from 0; counted from the end when negative
   * @param end The row after the last; default: the end
   */
  slice(start = 0, end: number = this.#numRows): GeoDataFrame {
    const [from, to] = rangeOf(start, end, this.#numRows);
    const source = this.#source === undefined
      ? undefined
      : { ...this.#source, lines: this.#source.lines?.subarray(from, to) };
    return this.#with(this.#columns.map((column) => column.slice(from, to)), this.#geometryColumn, source);
  }

  /**
   * Some of the columns, in the order given. The geometry stays the geometry if it is among them.
   *
   * @param names The columns' names
   * @throws {ArgumentError} There is no such column
   */
  select(names: readonly string[]): GeoDataFrame {
    const columns = names.map((name) => this.column(name));
    const geometryColumn = names.find((name) => name === this.#geometryColumn);
    return this.#with(columns, geometryColumn);
  }

  /**
   * All columns but some.
   *
   * @param names The columns that go
   * @throws {ArgumentError} There is no such column
   */
  drop(names: string | readonly string[]): GeoDataFrame {
    const gone = new Set(typeof names === "string" ? [names] : names);
    for (const name of gone) this.column(name);
    return this.select(this.columnNames.filter((name) => !gone.has(name)));
  }

  /**
   * The same columns under other names.
   *
   * @param names Old name to new name
   * @throws {ArgumentError} There is no such column, or two would get the same name
   */
  rename(names: Readonly<Record<string, string>> | ReadonlyMap<string, string>): GeoDataFrame {
    const map = names instanceof Map ? names as ReadonlyMap<string, string> : new Map(Object.entries(names));
    for (const name of map.keys()) this.column(name);
    const columns = this.#columns.map((column) => {
      const name = map.get(column.name) ?? column.name;
      return columnOf({ ...column.field, name }, dataOf(column), column.int8AsNumber);
    });
    const geometryColumn = this.#geometryColumn && (map.get(this.#geometryColumn) ?? this.#geometryColumn);
    return this.#with(columns, geometryColumn);
  }

  /**
   * The frame with one more column, or with one replaced.
   *
   * @param name The column's name
   * @param values A column, a typed array, or values as in {@linkcode GeoDataFrame.fromColumns}, one for each row
   * @param type The type, where it is not to be guessed
   * @throws {ArgumentError} There are more or fewer values than rows
   * @throws {DataError} A value does not fit
   */
  withColumn(name: string, values: ColumnInput, type?: ColumnType): GeoDataFrame {
    const column = columnFromValues(name, values, { types: type === undefined ? {} : { [name]: type } });
    const known = this.#byName.has(name);
    const columns = known
      ? this.#columns.map((each) => each.name === name ? column : each)
      : [...this.#columns, column];
    const stays = name !== this.#geometryColumn || isGeometry(column);
    return this.#with(columns, stays ? this.#geometryColumn : undefined);
  }

  /**
   * The rows that a function picks.
   *
   * @param pick Receives the row's number (from 0) and the frame; read what is needed by `frame.column(name).get(i)`
   */
  filter(pick: (index: number, frame: GeoDataFrame) => boolean): GeoDataFrame {
    const rows: number[] = [];
    for (let index = 0; index < this.#numRows; index++) if (pick(index, this)) rows.push(index);
    const columns = this.#columns.map((column) =>
      columnOf(column.field, gatherData(dataOf(column), rows), column.int8AsNumber)
    );
    const lines = this.#source?.lines;
    const source = this.#source &&
      { ...this.#source, lines: lines && Int32Array.from(rows, (row) => lines[row] as number) };
    return this.#with(columns, this.#geometryColumn, source);
  }

  /**
   * The rows of this frame, then those of others with the same names and types in the same order.
   *
   * @param others The other frames
   * @throws {ArgumentError} Names, types or coordinate systems differ
   */
  concat(...others: readonly GeoDataFrame[]): GeoDataFrame {
    for (const other of others) this.#checkSameSchema(other);
    const columns = this.#columns.map((column, i) => {
      const all = [column, ...others.map((other) => other.#columns[i] as Column)];
      checkSameSrid(all);
      const field = { ...column.field, nullable: all.some((each) => each.field.nullable) };
      return columnOf(field, concatData(field, all.map(dataOf)), column.int8AsNumber);
    });
    return this.#with(columns, this.#geometryColumn);
  }

  #checkSameSchema(other: GeoDataFrame): void {
    const mine = this.schema.map(({ name, type }) => `${name} ${type}`);
    const theirs = other.schema.map(({ name, type }) => `${name} ${type}`);
    const at = mine.length === theirs.length ? mine.findIndex((each, i) => each !== theirs[i]) : mine.length;
    if (at === -1) return;
    throw new ArgumentError(
      `Cannot join frames with different columns: "${mine[at] ?? "(none)"}" is not "${
        theirs[at] ?? "(none)"
      }"`,
      { argument: "others", hint: "Select and rename columns first, and give types where they were guessed" },
    );
  }

  /**
   * The frame with its `int8` columns given as numbers instead of as `bigint`, or the other way round. Every
   * value is looked at: none is bent.
   *
   * @param kind What `int8` cells are to be
   * @throws {DataError} A value does not fit a number; the place tells row and column
   */
  withInt8As(kind: "bigint" | "number"): GeoDataFrame {
    const columns = this.#columns.map((column) => {
      if (column.type !== "int8") return column;
      if (kind === "number") column.toNumbers();
      return columnOf(column.field, dataOf(column), kind === "number");
    });
    return this.#with(columns, this.#geometryColumn);
  }

  /**
   * The frame with a geometry read from a column or a list: geometries, WKB, EWKB, WKT, EWKT or GeoJSON, also mixed.
   *
   * @param values The column's name, or one value for each row
   * @param options The new column's name, whether the old one goes
   * @throws {ArgumentError} There is no such column, or not one value for each row
   * @throws {DataError} A value is no geometry; the place tells the row
   *
   * @example Decode a text column
   * ```ts
   * import { GeoDataFrame } from "@cartoframes/cartoframes/frame";
   * import { assertEquals } from "@std/assert";
   *
   * const frame = GeoDataFrame.fromRows([{ geom: "POINT(0 0)" }, { geom: null }]).setGeometry("geom", { drop: true });
   * assertEquals(frame.columnNames, ["geometry"]);
   * assertEquals([...frame].map((row) => String(row.geometry)), ["POINT (0 0)", "null"]);
   * ```
   */
  setGeometry(values: string | Iterable<unknown>, options: SetGeometryOptions = {}): GeoDataFrame {
    const column = typeof values === "string" ? this.column(values) : undefined;
    const name = options.name ??
      (column !== undefined && isGeometry(column) && !options.drop ? column.name : "geometry");
    const dropped = options.drop === true && column !== undefined ? [column.name] : [];
    if (column !== undefined && isGeometry(column)) {
      const renamed = columnOf({ ...column.field, name, ...sridOption(options) }, dataOf(column));
      return this.#withGeometry(renamed, dropped);
    }
    const builder = new GeometryBuilder();
    let row = 0;
    for (const value of column ?? (values as Iterable<unknown>)) {
      row++;
      try {
        value === null || value === undefined ? builder.null() : builder.value(value);
      } catch (error) {
        const place = this.#placeOf(row - 1, column?.name ?? name);
        if (options.onBadValue === undefined) throw placed(error, place);
        tellBadValue(options.onBadValue, error, place, "geometry");
        builder.null();
      }
    }
    const data = builder.finish();
    const srid = options.srid ?? (data.kind === "point" && data.srid !== 0 ? data.srid : undefined);
    const field: Field = { name, type: "geometry", nullable: true, ...(srid === undefined ? {} : { srid }) };
    return this.#withGeometry(columnOf(field, data), dropped);
  }

  /**
   * The frame with points made of two number columns; a row that lacks one of the numbers gets no geometry.
   *
   * @param x Longitudes: a column's name, or one number for each row
   * @param y Latitudes, likewise
   * @param options The new column's name, whether the old ones go, the coordinate system (default 4326)
   * @throws {ArgumentError} There is no such column, or not one number for each row
   */
  setGeometryFromXY(
    x: string | ArrayLike<number | null>,
    y: string | ArrayLike<number | null>,
    options: SetGeometryOptions = {},
  ): GeoDataFrame {
    const xs = typeof x === "string" ? this.column(x).toNumbers() : x;
    const ys = typeof y === "string" ? this.column(y).toNumbers() : y;
    const srid = options.srid ?? 4326;
    const builder = new GeometryBuilder();
    for (let row = 0; row < Math.max(xs.length, ys.length); row++) {
      const [left, right] = [xs[row] ?? NaN, ys[row] ?? NaN];
      if (Number.isNaN(left) || Number.isNaN(right)) builder.null();
      else builder.pushPoint(left, right, srid);
    }
    const field: Field = { name: options.name ?? "geometry", type: "geometry", nullable: true, srid };
    const dropped = options.drop === true ? [x, y].filter((name) => typeof name === "string") : [];
    return this.#withGeometry(columnOf(field, builder.finish()), dropped);
  }

  #withGeometry(column: Column, dropped: readonly string[]): GeoDataFrame {
    const rest = this.#columns.filter(({ name }) => name !== column.name && !dropped.includes(name));
    const place = this.columnNames.indexOf(column.name);
    const columns = place >= 0 && dropped.length === 0
      ? this.#columns.map((each) => each.name === column.name ? column : each)
      : [...rest, column];
    return this.#with(columns, column.name);
  }

  /**
   * A frame of other columns but the same history.
   */
  #with(columns: readonly Column[], geometryColumn: string | undefined, source = this.#source): GeoDataFrame {
    return build({ columns, geometryColumn, renamed: this.#renamed, notes: this.#notes, source });
  }

  #placeOf(row: number, column: string): DataPlace {
    return { ...this.placeOf(row), column };
  }

  /**
   * Where a row stands in the file that the frame was read from, for messages to people.
   *
   * @param row The row, from 0
   * @returns File and line where they are known, else the row counted from 1
   */
  placeOf(row: number): DataPlace {
    const line = this.#source?.lines?.[row];
    const file = this.#source?.file;
    return { ...(file === undefined ? {} : { file }), ...(line === undefined ? { row: row + 1 } : { line }) };
  }

  /** Figures about each column: count, nulls, smallest, largest, and mean for numbers. */
  describe(): ColumnSummary[] {
    return this.#columns.map(summaryOf);
  }

  /**
   * The frame as a GeoJSON FeatureCollection; the other columns are the properties. `bigint` values that a number cannot
   * hold, dates and times are text; `NaN` and the infinities are text as well, since JSON has none.
   *
   * @param options Whether coordinates are turned into longitude and latitude, what to do with measures
   * @throws {DataError} GeoJSON cannot hold a geometry; the place tells the row
   */
  toGeoJSON(options: ToGeoJsonOptions = {}): FeatureCollection {
    return featureCollection(this.#columns, this.#geometryColumn, options);
  }

  /**
   * The frame as CSV text (RFC 4180 with line feeds): a null is an empty field, empty text is `""`.
   *
   * @param options Delimiter, null marker, how geometries are written
   */
  toCSV(options: ToCsvOptions = {}): string {
    return csvText(this.#columns, this.#numRows, options);
  }

  /**
   * The same as chunks of bytes, for large frames: `ReadableStream.from(frame.toCSVChunks())`.
   *
   * @param options Delimiter, null marker, how geometries are written
   */
  toCSVChunks(options: ToCsvOptions = {}): Generator<Uint8Array<ArrayBuffer>, undefined> {
    return csvChunks(this.#columns, this.#numRows, options);
  }

  /**
   * The frame in Apache Arrow's IPC format, as Polars, DuckDB, Arquero and others read it. Geometries are WKB with the
   * GeoArrow extension's metadata; `numeric`, `json`, lists and `uuid` are text.
   *
   * @param options File or stream format
   * @returns The bytes
   * @throws {DataError} A column's geometries are in several coordinate systems
   */
  toArrowIPC(options: ArrowOptions = {}): Uint8Array<ArrayBuffer> {
    return arrowIpc(this.#columns, this.#numRows, options);
  }

  /**
   * Whether another frame holds the same: names, types, order, nulls and every value, bit by bit.
   *
   * @param other The frame to compare with
   */
  equals(other: GeoDataFrame): boolean {
    return this.#numRows === other.#numRows && this.#columns.length === other.#columns.length &&
      this.#geometryColumn === other.#geometryColumn &&
      this.#columns.every((column, i) => {
        const theirs = other.#columns[i] as Column;
        return column.name === theirs.name && column.equals(theirs);
      });
  }

  /** The first rows as a text table. */
  toString(): string {
    return textTable(this);
  }
}

/** Geometries that do not tell their coordinate system are in their column's, and would change it. */
function checkSameSrid(columns: readonly Column[]): void {
  const srids = columns.map(({ field }) => field.srid ?? 0).filter((srid) => srid > 0);
  const other = srids.find((srid) => srid !== srids[0]);
  if (other === undefined) return;
  throw new ArgumentError(
    `Cannot join frames in different coordinate systems: "${columns[0]?.name}" is in SRID ${
      srids[0]
    } and in SRID ${other}`,
    { argument: "others", hint: "Bring them into one first, such as by reading with { reproject: true }" },
  );
}

function sridOption(options: SetGeometryOptions): { srid?: number } {
  return options.srid === undefined ? {} : { srid: options.srid };
}

function isGeometry(column: Column | undefined): boolean {
  return column !== undefined && isGeometryType(column.type);
}

/** Sets a key that may be `__proto__`. */
function setKey<T>(target: Record<string, T>, key: string, value: T): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function inspect(this: GeoDataFrame): string {
  return textTable(this);
}

function display(this: GeoDataFrame): Record<string, string> {
  return { "text/plain": textTable(this), "text/html": htmlTable(this) };
}

/** A frame of parts, for this module's own readers. */
export function frameOf(parts: FrameParts): GeoDataFrame {
  return build(parts);
}
