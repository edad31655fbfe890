import { ArgumentError, type CartoError } from "../errors/carto_error.ts";
import { GeoDataFrame } from "../frame/geo_data_frame.ts";
import {
  checkGeometries,
  checkIds,
  type OnFault,
  planUpload,
  refuse,
  SRID,
  toWgs84,
  type UploadColumns,
} from "./_upload_columns.ts";
import type { WriteBatches } from "./_platform.ts";
import { withRowsBefore } from "./_staged_write.ts";

/** What is done with every frame before it is written. */
export interface Preparing {
  readonly operation: string;
  /** The column to make the geometry of. */
  readonly geomCol: string | undefined;
  /** The name of a column of row numbers, when one is wanted. */
  readonly indexLabel: string | undefined;
  /** Is told of what an upload refuses; without it, the first fault is thrown. */
  readonly onFault?: OnFault | undefined;
}

/** Rows that are prepared and checked at a time. */
const SLICE_ROWS = 65_536;

/** Whether data come bit by bit, so that they are read once and not held. */
export function isStream(data: unknown): boolean {
  if (typeof data !== "object" || data === null || data instanceof GeoDataFrame || Array.isArray(data)) {
    return false;
  }
  if (Symbol.asyncIterator in data) return true;
  // Tables of other libraries are iterable too; an iterator is not a table
  return Symbol.iterator in data && typeof (data as { next?: unknown }).next === "function";
}

/** The frames of an upload: prepared, checked against the plan that was made of the first one. */
export class UploadFrames implements WriteBatches {
  /** The plan of the columns. */
  readonly columns: UploadColumns;
  /** The first frame, as it was prepared. */
  readonly first: GeoDataFrame;
  /** All rows, when they are at hand. */
  readonly whole: GeoDataFrame | undefined;
  /** The frames, in order. */
  readonly frames: AsyncIterable<GeoDataFrame> | Iterable<GeoDataFrame>;
  /** Makes the frames again from a row on; undefined for a stream. */
  readonly again: ((fromRow: number) => Iterable<GeoDataFrame>) | undefined;
  readonly #preparing: Preparing;
  readonly #source: AsyncIterator<GeoDataFrame> | undefined;

  private constructor(
    first: GeoDataFrame,
    preparing: Preparing,
    source: AsyncIterator<GeoDataFrame> | undefined,
  ) {
    this.#preparing = preparing;
    this.#source = source;
    this.columns = planUpload(numbered(first, preparing, 0), preparing.operation);
    this.first = first;
    this.whole = source === undefined ? first : undefined;
    this.again = source === undefined ? (fromRow) => this.#slices(first, fromRow) : undefined;
    this.frames = this.again?.(0) ?? this.#streamed(first, source as AsyncIterator<GeoDataFrame>);
    if (source === undefined) this.#check(first, 0);
  }

  /** The frames of rows at hand. */
  static ofFrame(frame: GeoDataFrame, preparing: Preparing): UploadFrames {
    return new UploadFrames(prepared(frame, preparing, 0), preparing, undefined);
  }

  /** The frames of a stream, the first of which has been read. */
  static async ofStream(batches: AsyncIterable<GeoDataFrame>, preparing: Preparing): Promise<UploadFrames> {
    const source = batches[Symbol.asyncIterator]();
    try {
      const { done, value } = await source.next();
      if (done !== true) return new UploadFrames(prepared(value, preparing, 0), preparing, source);
      throw new ArgumentError(`Cannot ${preparing.operation}: there is not one row to tell the columns`, {
        argument: "data",
        hint: "Pass a GeoDataFrame without rows to make an empty table",
      });
    } catch (error) {
      await source.return?.();
      throw error;
    }
  }

  /** Ends the source. */
  async close(): Promise<void> {
    await this.#source?.return?.();
  }

  *#slices(frame: GeoDataFrame, fromRow: number): Generator<GeoDataFrame, void, void> {
    for (let start = fromRow; start < frame.numRows; start += SLICE_ROWS) {
      yield numbered(frame.slice(start, start + SLICE_ROWS), this.#preparing, start);
    }
  }

  async *#streamed(
    first: GeoDataFrame,
    source: AsyncIterator<GeoDataFrame>,
  ): AsyncGenerator<GeoDataFrame, void, void> {
    const wanted = signature(first);
    let rows = 0;
    for (let frame = first;;) {
      if (frame !== first) checkSame(wanted, signature(frame), rows, this.#preparing);
      this.#check(frame, rows);
      yield numbered(frame, this.#preparing, rows);
      rows += frame.numRows;
      const { done, value } = await source.next();
      if (done === true) return;
      frame = prepared(value, this.#preparing, rows);
    }
  }

  /** Whether the planned columns can hold the rows. */
  #check(frame: GeoDataFrame, rowsBefore: number): void {
    const { geometryColumn } = frame;
    const { onFault = refuse } = this.#preparing;
    if (geometryColumn !== undefined) {
      const wanted = { dimensions: this.columns.dimensions, srid: SRID };
      checkGeometries(frame, geometryColumn, wanted, rowsBefore, onFault);
    }
    const id = this.columns.columns.find(({ name, column }) =>
      name === "cartodb_id" && frame.hasColumn(column)
    );
    if (id !== undefined) checkIds(frame, id.column, rowsBefore, onFault);
  }
}

/** The frame with its geometry in place and in SRID 4326. */
function prepared(frame: GeoDataFrame, preparing: Preparing, rowsBefore: number): GeoDataFrame {
  const { onFault } = preparing;
  const told: OnFault | undefined = onFault && ((code, error) => onFault(code, laterRow(error, rowsBefore)));
  return withRowsBefore(rowsBefore, () => {
    const placed = withGeometry(frame, { ...preparing, onFault: told });
    return toWgs84(placed, preparing.operation, told);
  });
}

/** An error with the number of its row among all rows. */
function laterRow(error: CartoError, rowsBefore: number): CartoError {
  try {
    return withRowsBefore(rowsBefore, () => {
      throw error;
    });
  } catch (later) {
    return later as CartoError;
  }
}

/** The frame with row numbers as its last column, where they are wanted. */
function numbered(
  frame: GeoDataFrame,
  { indexLabel, operation }: Preparing,
  rowsBefore: number,
): GeoDataFrame {
  if (indexLabel === undefined) return frame;
  if (frame.hasColumn(indexLabel)) {
    throw new ArgumentError(`Cannot ${operation}: there is a column "${indexLabel}" already`, {
      argument: "indexLabel",
    });
  }
  const numbers = BigInt64Array.from({ length: frame.numRows }, (_, row) => BigInt(rowsBefore + row));
  return frame.withColumn(indexLabel, numbers, "int8");
}

/** The frame with the geometry that the caller named. */
function withGeometry(frame: GeoDataFrame, { geomCol, operation, onFault }: Preparing): GeoDataFrame {
  if (geomCol === undefined || geomCol === frame.geometryColumn) return frame;
  if (!frame.hasColumn(geomCol)) {
    throw new ArgumentError(`Cannot ${operation}: there is no column "${geomCol}" to take geometries from`, {
      argument: "geomCol",
      hint: `The columns are ${frame.columnNames.slice(0, 20).map((name) => `"${name}"`).join(", ")}`,
    });
  }
  const old = frame.geometryColumn;
  // The named geometry takes the place of the one before, which is not uploaded besides
  return (old === undefined ? frame : frame.drop(old)).setGeometry(geomCol, {
    name: geomCol,
    onBadValue: onFault && ((error) => onFault("bad-geometry", error)),
  });
}

/** Names and types of a frame's columns, to compare. */
function signature(frame: GeoDataFrame): string[] {
  return frame.schema.map(({ name, type }) => `"${name}" ${type}`);
}

function checkSame(
  wanted: readonly string[],
  given: readonly string[],
  rows: number,
  { operation, onFault = refuse }: Preparing,
): void {
  const at = wanted.findIndex((column, index) => column !== given[index]);
  if (at === -1 && wanted.length === given.length) return;
  const index = at === -1 ? wanted.length : at;
  const [before, now] = [wanted[index] ?? "no column", given[index] ?? "no column"];
  onFault(
    "batch",
    new ArgumentError(
      `Cannot ${operation}: the batch from row ${
        rows + 1
      } on has other columns than the first: ${now} in place of ${before}`,
      { argument: "data", hint: "Make all batches with the same columns and types" },
    ),
  );
}
