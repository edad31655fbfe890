import { DataError, ResponseError, UnsupportedError } from "../errors/carto_error.ts";
import { placed } from "./_data.ts";
import type { Builder } from "./_builder.ts";
import { makeBuilder } from "./_make_builder.ts";
import {
  type BinaryReader,
  binaryReader,
  type BinaryWriter,
  binaryWriter,
  FieldFault,
  type RowTarget,
} from "./_binary_cells.ts";
import { grow } from "./_bytes.ts";
import { gluedErrors } from "./copy_csv.ts";
import { columnOf, dataOf } from "./column.ts";
import { frameOf, type GeoDataFrame } from "./geo_data_frame.ts";
import type { CopyField, Field } from "./types.ts";

/** `PGCOPY\n`, a byte beyond ASCII, CR LF, NUL; then flags and the length of an extension. */
const SIGNATURE = new Uint8Array([80, 71, 67, 79, 80, 89, 10, 255, 13, 10, 0]);
const HEADER_LENGTH = 19;
/** Fields that are read at a time: enough that columns are read in long loops, few enough to stay in the cache. */
const BLOCK_FIELDS = 16_384;
/** Rows that are written at a time at most. */
const ROWS_AT_ONCE = 4096;

/** How a binary COPY stream is written. */
export interface EncodeCopyBinaryOptions {
  /** About how many bytes a chunk has. Default: 262144. */
  chunkSize?: number | undefined;
}

/**
 * Whether a column can travel in the binary format. Lists, `interval`, `timetz` and the server's own types cannot:
 * take the CSV format for those.
 *
 * @param field The column
 */
export function fitsCopyBinary(field: Field): boolean {
  return binaryReader(field) !== undefined;
}

/**
 * Writes a frame as the body of `COPY … FROM STDIN WITH (FORMAT binary)`: faster than CSV on both sides, but every column
 * of the table must be of exactly the type that is written (`int4` is not taken for `int8`).
 *
 * @param frame The rows
 * @param fields The columns, in the order of the target's; `type`, where told, must be the frame's own
 * @param options The size of chunks
 * @returns Chunks of bytes, each a buffer of its own
 * @throws {UnsupportedError} A column cannot travel in this format (see {@linkcode fitsCopyBinary})
 * @throws {DataError} Text holds U+0000, or a date PostgreSQL does not have; the place tells row and column
 *
 * @example One row
 * ```ts
 * import { encodeCopyBinary, GeoDataFrame } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const [chunk] = encodeCopyBinary(GeoDataFrame.fromRows([{ n: 1 }]), [{ column: "n" }]);
 * assertEquals(chunk?.slice(19).toHex(), "0001" + "00000004" + "00000001" + "ffff");
 * ```
 */
export function* encodeCopyBinary(
  frame: GeoDataFrame,
  fields: readonly CopyField[],
  options: EncodeCopyBinaryOptions = {},
): Generator<Uint8Array<ArrayBuffer>, undefined> {
  const chunkSize = options.chunkSize ?? 262_144;
  const writers = fields.map(({ column: name, type, srid }) => {
    const column = frame.column(name);
    if (type !== undefined && type !== column.type) {
      throw new UnsupportedError(`Cannot write column "${name}" as ${type}: it is ${column.type}`, {
        hint: "Change the column's type first, or use the CSV format",
      });
    }
    const known = column.field.srid !== undefined && column.field.srid > 0 ? column.field.srid : undefined;
    const writer = binaryWriter(column.field, dataOf(column), srid ?? known ?? 4326);
    if (writer === undefined) throw unsupported(column.field);
    return writer;
  });
  const rows = frame.numRows;
  const window = Math.max(1, Math.min(ROWS_AT_ONCE, rows));
  const sizes = new Int32Array(window);
  const at = new Int32Array(window);
  let head = HEADER_LENGTH;
  let expected = window;
  for (let start = 0; start < rows || head > 0;) {
    const measured = Math.min(window, expected, rows - start);
    sizes.fill(2, 0, measured);
    for (const writer of writers) writer.measure(start, measured, sizes);
    let size = head;
    let count = 0;
    while (count < measured && size < chunkSize) {
      at[count] = size;
      size += sizes[count++] as number;
    }
    const isLast = start + count === rows;
    const bytes = new Uint8Array(isLast ? size + 2 : size);
    if (head > 0) bytes.set(SIGNATURE);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < count; i++) {
      view.setInt16(at[i] as number, writers.length);
      at[i] = (at[i] as number) + 2;
    }
    writeColumns(frame, fields, writers, start, count, { bytes, view, at });
    if (isLast) view.setInt16(size, -1);
    yield bytes;
    head = 0;
    start += count;
    expected = Math.max(16, count + (count >> 4));
  }
}

/** Writes so many rows column by column; of several faults the first one by row counts. */
function writeColumns(
  frame: GeoDataFrame,
  fields: readonly CopyField[],
  writers: readonly BinaryWriter[],
  start: number,
  count: number,
  target: RowTarget,
): void {
  let good = count;
  let first: unknown;
  for (let i = 0; i < writers.length; i++) {
    try {
      (writers[i] as BinaryWriter).write(start, good, target);
    } catch (error) {
      if (!(error instanceof FieldFault)) throw error;
      good = error.index;
      first = placed(error.cause, {
        ...frame.placeOf(start + good),
        column: (fields[i] as CopyField).column,
      });
    }
  }
  if (first !== undefined) throw first;
}

function unsupported(field: Field): UnsupportedError {
  return new UnsupportedError(
    `Cannot use the binary format for column "${field.name}": it is ${field.pgType ?? field.type}`,
    { hint: "Use the CSV format" },
  );
}

/** How a binary COPY stream is read. */
export interface CopyBinaryOptions {
  /** Whether `int8` values are given as numbers; one that does not fit is refused when it is read. Default: false. */
  int8AsNumber?: boolean | undefined;
}

/**
 * Reads the body of `COPY … TO STDOUT WITH (FORMAT binary)` into columns, chunk by chunk. A body without its end mark is
 * never taken for a shorter table.
 *
 * @example Read a stream
 * ```ts
 * import { CopyBinaryDecoder, encodeCopyBinary, GeoDataFrame } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const frame = GeoDataFrame.fromRows([{ n: 1, note: "ñ" }, { n: null, note: "" }]);
 * const decoder = new CopyBinaryDecoder(frame.schema);
 * for (const chunk of encodeCopyBinary(frame, [{ column: "n" }, { column: "note" }])) decoder.push(chunk);
 * assertEquals(decoder.finish().toRows(), frame.toRows());
 * ```
 */
export class CopyBinaryDecoder {
  readonly #schema: readonly Field[];
  readonly #builders: Builder[];
  readonly #readers: BinaryReader[];
  readonly #int8AsNumber: boolean;
  /** Rows of a block, and where its fields start and how long they are. */
  readonly #capacity: number;
  readonly #ats: Int32Array;
  readonly #sizes: Int32Array;
  #pending: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #length = 0;
  #patience = 0;
  #started = false;
  #ended = false;
  #rows = 0;
  #taken = 0;

  /**
   * Prepares for a stream.
   *
   * @param schema The columns, in the order of the stream's
   * @param options How `int8` is given
   * @throws {UnsupportedError} A column cannot travel in this format (see {@linkcode fitsCopyBinary})
   */
  constructor(schema: readonly Field[], options: CopyBinaryOptions = {}) {
    this.#schema = schema;
    this.#builders = schema.map(({ type }) => makeBuilder(type));
    this.#readers = schema.map((field) => {
      const reader = binaryReader(field);
      if (reader === undefined) throw unsupported(field);
      return reader;
    });
    this.#int8AsNumber = options.int8AsNumber === true;
    this.#capacity = Math.max(16, Math.min(2048, Math.floor(BLOCK_FIELDS / Math.max(1, schema.length))));
    this.#ats = new Int32Array(this.#capacity * schema.length);
    this.#sizes = new Int32Array(this.#capacity * schema.length);
  }

  /** Rows read so far, those already taken included. */
  get numRows(): number {
    return this.#taken + this.#rows;
  }

  /** Rows read and not yet taken. */
  get pendingRows(): number {
    return this.#rows;
  }

  /**
   * Reads one more chunk; the bytes are copied out of it.
   *
   * @param chunk The next bytes of the stream, cut anywhere
   * @throws {DataError} The bytes are no such stream, or a field does not fit its column
   */
  push(chunk: Uint8Array): void {
    if (this.#length + chunk.length > this.#pending.length) {
      this.#pending = grow(this.#pending, this.#length + chunk.length);
    }
    this.#pending.set(chunk, this.#length);
    this.#length += chunk.length;
    if (this.#length >= this.#patience) this.#read();
  }

  #read(): void {
    const view = new DataView(this.#pending.buffer, 0, this.#length);
    let at = this.#started ? 0 : this.#header(view);
    const from = at;
    while (this.#started && !this.#ended) {
      const next = this.#block(view, at);
      if (next === at) break;
      at = next;
    }
    // A long row is not looked at again before it has doubled
    this.#patience = at === from && this.#length > 65_536 ? this.#length * 2 : 0;
    this.#pending.copyWithin(0, at, this.#length);
    this.#length -= at;
  }

  #header(view: DataView): number {
    for (let i = 0; i < Math.min(SIGNATURE.length, this.#length); i++) {
      if (this.#pending[i] !== SIGNATURE[i]) {
        throw this.#fault("it does not begin with the mark of the binary format");
      }
    }
    if (this.#length < HEADER_LENGTH) return 0;
    const length = HEADER_LENGTH + view.getUint32(15);
    if (this.#length < length) return 0;
    this.#started = true;
    return length;
  }

  /** Reads the rows that are whole, up to as many as a block takes; answers where the next one starts. */
  #block(view: DataView, start: number): number {
    const columns = this.#schema.length;
    const capacity = this.#capacity;
    const [ats, sizes] = [this.#ats, this.#sizes];
    const length = this.#length;
    let at = start;
    let rows = 0;
    let fault: DataError | undefined;
    scan: for (; rows < capacity && at + 2 <= length && fault === undefined; rows++) {
      const fields = view.getInt16(at);
      if (fields === -1) {
        this.#ended = true;
        at += 2;
        break;
      }
      // `{"` begins the server's error, which is told when the stream has ended
      if (view.getUint16(at) === 0x7b22) break;
      if (fields !== columns) {
        fault = this.#fault(`the row has ${fields} fields where ${columns} are expected`, rows);
        break;
      }
      let next = at + 2;
      for (let i = rows; i < columns * capacity; i += capacity) {
        if (next + 4 > length) break scan;
        const size = view.getInt32(next);
        next += 4;
        ats[i] = next;
        sizes[i] = size;
        if (size < -1) {
          fault = this.#fault("a field has no sensible length", rows);
          break scan;
        }
        if (size > 0) next += size;
        if (next > length) break scan;
      }
      at = next;
    }
    this.#columns(view, rows);
    if (fault !== undefined) throw fault;
    return at;
  }

  /** Reads so many rows of the block, column by column; of several faults the first one by row counts. */
  #columns(view: DataView, rows: number): void {
    if (rows === 0) return;
    const block = { bytes: this.#pending, view, at: this.#ats, size: this.#sizes };
    let good = rows;
    let first: unknown;
    for (let i = 0; i < this.#schema.length; i++) {
      const from = i * this.#capacity;
      try {
        (this.#readers[i] as BinaryReader)(this.#builders[i] as Builder, block, from, from + good);
      } catch (error) {
        if (!(error instanceof FieldFault)) throw error;
        good = error.index - from;
        const place = { row: this.numRows + good + 1, column: (this.#schema[i] as Field).name };
        first = placed(error.cause, place);
      }
    }
    this.#rows += good;
    if (good === rows) return;
    for (const builder of this.#builders) builder.truncate(this.#rows);
    throw first;
  }

  #fault(how: string, rows = 0): DataError {
    return new DataError(`Cannot read the binary rows: ${how}`, { place: { row: this.numRows + rows + 1 } });
  }

  /**
   * The rows read so far as a frame, which are then given up here.
   *
   * @param minRows How many there must be at least. Default: 1
   * @returns A frame, or undefined if there are fewer rows
   */
  take(minRows = 1): GeoDataFrame | undefined {
    return this.#rows < Math.max(1, minRows) ? undefined : this.#frame();
  }

  /**
   * The rows that are left, at the end of the stream; an empty frame with all columns if there are none.
   *
   * @throws {ResponseError} The stream has no end mark (`incomplete-response`), or ended in an error of the server
   */
  finish(): GeoDataFrame {
    this.#read();
    const rest = new TextDecoder().decode(
      this.#pending.subarray(Math.max(0, this.#length - 65_536), this.#length),
    );
    const messages = gluedErrors(rest);
    if (!this.#ended || this.#length > 0) {
      const reason = messages === undefined
        ? `the answer was cut off after row ${this.numRows}`
        : `the server failed after row ${this.numRows}: ${messages[0]}`;
      throw new ResponseError("incomplete-response", `Cannot read the rows: ${reason}`, {
        status: 200,
        serverMessages: messages,
        hint: messages === undefined
          ? "Read again"
          : "The query fails on some row: correct it and read again",
      });
    }
    return this.#frame();
  }

  #frame(): GeoDataFrame {
    const columns = this.#schema.map((field, i) =>
      columnOf(field, (this.#builders[i] as Builder).finish(), this.#int8AsNumber)
    );
    this.#taken += this.#rows;
    this.#rows = 0;
    return frameOf({ columns });
  }
}
