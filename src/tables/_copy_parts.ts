import { release } from "../classic/_copy_streams.ts";
import type { SqlField } from "../classic/sql.ts";
import { sql } from "../classic/sql_text.ts";
import { ArgumentError, DataError } from "../errors/carto_error.ts";
import { columnOf, dataOf } from "../frame/column.ts";
import { CopyBinaryDecoder, encodeCopyBinary, fitsCopyBinary } from "../frame/copy_binary.ts";
import { encodeCopyCsv } from "../frame/copy_csv.ts";
import { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { fieldOfServer } from "../frame/pg_types.ts";
import type { CopyField, Field } from "../frame/types.ts";
import type { ReadRequest, WriteBatches, WriteColumn, WriteRequest } from "./_platform.ts";
import { withRowsBefore } from "./_staged_write.ts";

/** How frames become the bytes of COPY. */
export interface CopyEncoder {
  /** What stands before the rows of each request. */
  readonly head: Uint8Array;
  /** What stands after them. */
  readonly tail: Uint8Array;
  /** The rows of a frame, each piece a buffer of its own. `firstRow` is for messages, from 1. */
  encode(frame: GeoDataFrame, firstRow: number): Iterable<Uint8Array>;
}

/** Rows that are encoded at a time: few at first, then as many as about so many bytes hold. */
const FIRST_ROWS = 64;
const SLICE_ROWS = 16_384;
const SLICE_BYTES = 2 * 1024 * 1024;
/** How much of a request is kept, so that it can be sent again without asking for its rows again. */
const KEPT_BYTES = 8 * 1024 * 1024;

/** Some encoded rows. */
interface Piece {
  readonly bytes: readonly Uint8Array[];
  readonly size: number;
  readonly rows: number;
}

/** How far the upload is. */
export interface PartProgress {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Divides frames into requests of at most so many bytes, encodes them as they are asked for, and can make
 * the present request once more: from what it kept of it, or from the frames where they can be had again.
 */
export class CopyParts {
  readonly #encoder: CopyEncoder;
  readonly #batches: WriteBatches;
  readonly #maxBytes: number;
  readonly #onProgress: (progress: PartProgress) => void;
  readonly #onOverflow: (() => never) | undefined;
  #pieces: AsyncIterator<Piece>;
  /** The next piece, once it is there and until it is taken. */
  #waiting: Piece | undefined;
  /** Settles when the next piece is there, while it is waited for. */
  #asked: Promise<void> | undefined;
  #ended = false;
  /** The number of the present body. */
  #turn = 0;
  /** Rows and bytes of the requests before the present one. */
  #before: PartProgress = { rows: 0, bytes: 0 };
  /** Rows and bytes of the present request. */
  #part: PartProgress = { rows: 0, bytes: 0 };
  #kept: Piece[] | undefined = [];

  constructor(
    encoder: CopyEncoder,
    batches: WriteBatches,
    maxBytes: number,
    onProgress: (progress: PartProgress) => void,
    onOverflow?: () => never,
  ) {
    this.#onOverflow = onOverflow;
    this.#encoder = encoder;
    this.#batches = batches;
    this.#maxBytes = maxBytes;
    this.#onProgress = onProgress;
    this.#pieces = this.#encode(batches.frames, 1);
  }

  /** Rows and bytes handed over so far. */
  get total(): PartProgress {
    return { rows: this.#before.rows + this.#part.rows, bytes: this.#before.bytes + this.#part.bytes };
  }

  /** Rows of the present request. */
  get partRows(): number {
    return this.#part.rows;
  }

  /** Goes on to the next request; false when there are no rows left for one. */
  async next(): Promise<boolean> {
    this.#before = this.total;
    this.#part = { rows: 0, bytes: 0 };
    this.#releaseKept();
    this.#kept = [];
    return await this.#peek() !== undefined;
  }

  /**
   * The bytes of the present request; asked for again, the same bytes again, and the body before gives no more. Each buffer
   * is only lent until the next one is asked for.
   */
  async *body(): AsyncGenerator<Uint8Array, void, void> {
    const turn = ++this.#turn;
    yield this.#encoder.head;
    let bytes = this.#encoder.head.length + this.#encoder.tail.length;
    const kept = this.#kept;
    if (kept === undefined) this.#startAgain();
    for (const piece of kept ?? []) {
      yield* piece.bytes;
      bytes += piece.size;
    }
    while (true) {
      const piece = await this.#peek();
      // The request was given up while the source of the rows was waited for
      if (turn !== this.#turn) return;
      if (piece === undefined || (this.#part.rows > 0 && bytes + piece.size > this.#maxBytes)) {
        // An error here ends the request, and the database forgets what it was sent
        if (piece !== undefined) this.#onOverflow?.();
        break;
      }
      this.#waiting = undefined;
      bytes += piece.size;
      this.#keep(piece);
      for (const chunk of piece.bytes) {
        yield chunk;
        if (this.#kept === undefined) release(chunk);
      }
      this.#onProgress(this.total);
    }
    yield this.#encoder.tail;
  }

  /** Ends the source of the frames, also when not all of them were asked for. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  #keep(piece: Piece): void {
    const { rows, bytes } = this.#part;
    this.#part = { rows: rows + piece.rows, bytes: bytes + piece.size };
    if (this.#part.bytes > KEPT_BYTES) this.#releaseKept();
    this.#kept?.push(piece);
  }

  /** Gives up the pieces that are kept, which have all been sent. */
  #releaseKept(): void {
    for (const piece of this.#kept ?? []) piece.bytes.forEach(release);
    this.#kept = undefined;
  }

  /** Goes back to the first row of the present request. */
  #startAgain(): void {
    if (this.#batches.again === undefined) {
      throw new DataError("Cannot send the rows once more: the source gives them only once", {
        hint: "Pass data that can be read again, such as an array or a GeoDataFrame",
      });
    }
    this.#pieces = this.#encode(this.#batches.again(this.#before.rows), this.#before.rows + 1);
    this.#part = { rows: 0, bytes: 0 };
    this.#waiting = undefined;
    this.#asked = undefined;
    this.#ended = false;
    this.#kept = [];
  }

  /** The next piece, which stays the next one until it is taken; undefined when there is none. */
  async #peek(): Promise<Piece | undefined> {
    if (this.#waiting === undefined && !this.#ended) await (this.#asked ??= this.#ask());
    return this.#waiting;
  }

  async #ask(): Promise<void> {
    const pieces = this.#pieces;
    try {
      const { done, value } = await pieces.next();
      // Meanwhile the rows may have been begun again
      if (pieces !== this.#pieces) return;
      if (done === true) this.#ended = true;
      else this.#waiting = value;
    } finally {
      if (pieces === this.#pieces) this.#asked = undefined;
    }
  }

  async *#encode(frames: WriteBatches["frames"], firstRow: number): AsyncGenerator<Piece, void, void> {
    // Where requests are small, smaller pieces fill them better
    const sliceBytes = Math.min(SLICE_BYTES, this.#maxBytes / 8);
    let sliceRows = FIRST_ROWS;
    let row = firstRow;
    for await (const frame of frames) {
      for (let start = 0; start < frame.numRows;) {
        const end = Math.min(frame.numRows, start + sliceRows);
        const piece = this.#piece(frame.slice(start, end), row);
        const { rows, size } = piece;
        sliceRows = Math.max(1, Math.min(SLICE_ROWS, Math.floor(rows * sliceBytes / size)));
        if (size > this.#maxBytes / 8 && sliceRows < rows) {
          piece.bytes.forEach(release);
          continue;
        }
        yield piece;
        row += rows;
        start = end;
      }
    }
  }

  #piece(frame: GeoDataFrame, firstRow: number): Piece {
    const bytes: Uint8Array[] = [];
    let size = 0;
    for (const chunk of this.#encoder.encode(frame, firstRow)) {
      bytes.push(chunk);
      size += chunk.length;
    }
    return { bytes, size, rows: frame.numRows };
  }
}

/** An encoder with the options of its COPY statement. */
export interface StatementEncoder extends CopyEncoder {
  /** What stands in the parentheses of `WITH (…)`. */
  readonly options: string;
}

/** What stands before the rows of a binary COPY: mark, flags, and the length of an extension that there is not. */
const BINARY_HEAD = Uint8Array.of(80, 71, 67, 79, 80, 89, 10, 255, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0);
/** What stands after them. */
const BINARY_TAIL = Uint8Array.of(255, 255);

/** The encoder for some columns; binary where it is asked for, or where nothing speaks against it. */
export function copyEncoder(
  columns: readonly WriteColumn[],
  format: WriteRequest["format"],
): StatementEncoder {
  const fields = columns.map(({ column, field }) => ({ column, srid: field.srid }));
  if (format === "csv") return csvEncoder(fields);
  const unfit = columns.find(({ field }) => !fitsCopyBinary(field));
  if (unfit === undefined) return binaryEncoder(fields);
  if (format === "auto") return csvEncoder(fields);
  throw new ArgumentError(`Cannot use the binary format: column "${unfit.column}" is ${unfit.sqlType}`, {
    argument: "copyFormat",
    hint: 'Pass { copyFormat: "auto" }',
  });
}

function csvEncoder(fields: readonly CopyField[]): StatementEncoder {
  return {
    options: "FORMAT csv, DELIMITER '|', NULL '__null'",
    head: new Uint8Array(),
    tail: new Uint8Array(),
    encode: (frame, firstRow) => encodeCopyCsv(frame, fields, { firstRow }),
  };
}

function binaryEncoder(fields: readonly CopyField[]): StatementEncoder {
  return {
    options: "FORMAT binary",
    head: BINARY_HEAD,
    tail: BINARY_TAIL,
    *encode(frame, firstRow) {
      let start = BINARY_HEAD.length;
      let last: Uint8Array | undefined;
      const chunks = encodeCopyBinary(frame, fields);
      for (let next = pull(); next !== undefined; next = pull()) {
        if (last !== undefined) yield last;
        // Head and tail stand around the rows of all frames, not of each
        last = next.subarray(start);
        start = 0;
      }
      if (last !== undefined) yield last.subarray(0, last.length - BINARY_TAIL.length);

      function pull(): Uint8Array | undefined {
        return withRowsBefore(firstRow - 1, () => chunks.next().value);
      }
    },
  };
}

/** Bytes of buffers that pass between two nudges of the collector. */
const NUDGE_BYTES = 256 * 1024;
/** What a nudge uses up of the heap: so many short lists, about 1 kB each. */
const LITTER_LISTS = 128;
const LITTER_LENGTH = 125;

/**
 * Keeps memory flat while buffers come and go that the caller owns. They lie outside the engine's heap, and it looks for dead
 * ones only when the heap's young part is full, which columns hardly touch, or when 64 MB of them have gathered. So half as
 * much of the heap is used up as bytes pass. With more, or with longer batches, a batch would outlive two looks where the
 * young part is small, and the engine then takes it for something lasting.
 */
class Nudge {
  #bytes = 0;
  /** No list is kept: whatever is stored while the engine marks what is alive counts as alive. */
  #litter = 0;

  /** Counts the bytes of buffers that have been made. */
  count(bytes: number): void {
    for (this.#bytes += bytes; this.#bytes >= NUDGE_BYTES; this.#bytes -= NUDGE_BYTES) {
      // Filled, since a list that nobody could ever see need not be made at all
      for (let i = 0; i < LITTER_LISTS; i++) this.#litter = new Array<number>(LITTER_LENGTH).fill(0).length;
    }
  }
}

/** Bytes of a batch for which no number of rows is asked. */
const BATCH_BYTES = 512 * 1024;

/** A column as it is read. */
interface ReadColumn {
  /** What it is in the frame. */
  readonly field: Field;
  /** Whether it travels as the text that PostgreSQL prints: its binary form is not decoded, or not wanted. */
  readonly isCast: boolean;
}

/**
 * Tells COPY how to write some columns, and makes frames of its bytes again. The format is binary, which says where it
 * ends: neither a cut nor an error text at the end can pass for rows.
 */
export class CopyDecoder {
  readonly #columns: readonly ReadColumn[];
  readonly #decoder: CopyBinaryDecoder;
  readonly #nudge = new Nudge();
  /** Bytes since the last batch. */
  #bytes = 0;

  /** Prepares for columns as the server describes them. */
  constructor(fields: readonly SqlField[], request: ReadRequest) {
    this.#columns = fields.map((field) => readColumn(field, request));
    this.#decoder = new CopyBinaryDecoder(
      this.#columns.map(({ field, isCast }) =>
        isCast ? { name: field.name, type: "text", nullable: true } : field
      ),
    );
  }

  /** The columns of the `SELECT`. */
  get selected(): string {
    return this.#columns.map(({ field, isCast }) => {
      const name = sql.id(field.name).text;
      return isCast ? `${name}::text` : name;
    }).join(",");
  }

  /** Takes the next bytes. */
  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#nudge.count(chunk.length);
    this.#decoder.push(chunk);
  }

  /** The rows so far, if there are so many; without a number, if enough bytes have come for a batch. */
  take(minRows: number | undefined): GeoDataFrame | undefined {
    if (minRows === undefined && this.#bytes < BATCH_BYTES) return undefined;
    const frame = this.#decoder.take(minRows);
    if (frame === undefined) return undefined;
    this.#bytes = 0;
    return this.#typed(frame);
  }

  /** The rest of the rows; an error where the bytes were not all. */
  finish(): GeoDataFrame {
    return this.#typed(this.#decoder.finish());
  }

  /** The frame with the types of columns that travelled as text: a frame keeps all of those as text, too. */
  #typed(frame: GeoDataFrame): GeoDataFrame {
    if (!this.#columns.some(({ isCast }) => isCast)) return frame;
    return new GeoDataFrame(frame.columns.map((column, index) => {
      const { field, isCast } = this.#columns[index] as ReadColumn;
      return isCast ? columnOf(field, dataOf(column)) : column;
    }));
  }
}

function readColumn(server: SqlField, { decodeGeometry }: ReadRequest): ReadColumn {
  const field = fieldOfServer(server.name, server);
  const isHex = !decodeGeometry && field.name === "the_geom" && field.type === "geometry";
  if (isHex) return { field: { name: field.name, type: "text", nullable: true }, isCast: true };
  return { field, isCast: !fitsCopyBinary(field) };
}
