import { appendEwkb } from "./_any_to_ewkb.ts";
import {
  byteFault,
  ByteSink,
  Canonicalizer,
  isCanonicalPoint,
  isoWkb,
  readHex,
  SRID_FLAG,
  viewOf,
  type Where,
  writeHex,
} from "./_ewkb.ts";

/**
 * A column of byte strings in the layout of Arrow: row `i` is `bytes.subarray(offsets[i], offsets[i + 1])`.
 */
export interface BinaryColumn {
  /** The bytes of all rows, one after the other. */
  readonly bytes: Uint8Array;
  /** Where each row starts, and where the last one ends: one more than there are rows. */
  readonly offsets: Int32Array;
  /** One bit per row, the lowest first: 1 for a value, 0 for null. Left out when no row is null. */
  readonly validity?: Uint8Array | undefined;
}

/**
 * A column of geometries: a {@linkcode BinaryColumn} whose rows are canonical EWKB, which is to say little-endian, with
 * extended Z, M and SRID flags, and with the SRID only on the outermost geometry.
 */
export interface WkbColumn extends BinaryColumn {
  /** The bytes of all rows, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each row starts, and where the last one ends: one more than there are rows. */
  readonly offsets: Int32Array<ArrayBuffer>;
  /** One bit per row, the lowest first: 1 for a value, 0 for null. Left out when no row is null. */
  readonly validity?: Uint8Array<ArrayBuffer> | undefined;
  /** How many rows are null. */
  readonly nullCount: number;
}

/** A {@linkcode BinaryColumn} whose rows are known to be canonical EWKB, as a {@linkcode WkbColumn}'s are. */
export type CanonicalColumn = BinaryColumn;

/**
 * A column of points: the coordinates of row `i` stand at `i * stride` in x, y, z, m order, as far as there are any.
 * An empty point is all `NaN`.
 */
export interface PointColumn {
  /** The coordinates of all rows, interleaved. Null rows hold `NaN`. */
  readonly coordinates: Float64Array<ArrayBuffer>;
  /** Numbers per point: 2, 3 or 4. */
  readonly stride: 2 | 3 | 4;
  /** Whether the points have a height. */
  readonly hasZ: boolean;
  /** Whether the points have a measure. */
  readonly hasM: boolean;
  /** The coordinate system, or 0 when none is told. */
  readonly srid: number;
  /** Whether a row that is not null is an empty point. */
  readonly hasEmpty: boolean;
  /** One bit per row, the lowest first: 1 for a value, 0 for null. Left out when no row is null. */
  readonly validity?: Uint8Array<ArrayBuffer> | undefined;
  /** How many rows are null. */
  readonly nullCount: number;
}

/** What the errors of a column name. */
export interface ColumnPlace {
  /** The column's name. */
  readonly column?: string | undefined;
  /** How many rows came before this part of the column. */
  readonly rowsBefore?: number | undefined;
}

/** Whether row `row` of a column has a value. */
export function isValidRow(validity: Uint8Array | undefined, row: number): boolean {
  return validity === undefined || ((validity[row >> 3] as number) >> (row & 7) & 1) === 1;
}

/** Collects the validity bits of a column; costs nothing until the first null. */
export class ValidityBuilder {
  #bits: Uint8Array<ArrayBuffer> | undefined;
  readonly #length: number;
  /** How many rows were marked; each must be marked once. */
  nullCount = 0;

  constructor(length: number) {
    this.#length = length;
  }

  /** Marks a row as null. */
  setNull(row: number): void {
    this.nullCount++;
    this.#bits ??= allValid(this.#length);
    this.#bits[row >> 3] = (this.#bits[row >> 3] as number) & ~(1 << (row & 7));
  }

  /** The bits, or undefined when there was no null. */
  finish(): Uint8Array<ArrayBuffer> | undefined {
    return this.#bits;
  }
}

/** Bits for `length` rows, all set, the rest of the last byte clear. */
function allValid(length: number): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array((length + 7) >> 3).fill(255);
  if (length % 8 !== 0) bits[bits.length - 1] = (1 << length % 8) - 1;
  return bits;
}

const BACKSLASH = 0x5c;

/**
 * Turns a column of hexadecimal WKB in ASCII, as COPY prints it, into canonical EWKB. Empty rows become null.
 * Throws a `DataError` that names the row and the byte.
 */
export function hexToWkbColumn(hex: BinaryColumn, place: ColumnPlace = {}): WkbColumn {
  const rows = hex.offsets.length - 1;
  const size = (hex.offsets[rows] as number) - (hex.offsets[0] as number);
  const rewriter = new RowRewriter(rows, new Uint8Array(size >> 1), place);
  for (let row = 0; row < rows; row++) {
    let start = hex.offsets[row] as number;
    const end = hex.offsets[row + 1] as number;
    if (end - start > 2 && hex.bytes[start] === BACKSLASH) start += 2;
    if (start === end || !isValidRow(hex.validity, row)) {
      rewriter.pushNull();
      continue;
    }
    if ((end - start) % 2 === 1) {
      throw byteFault(
        rewriter.where(),
        (end - start) >> 1,
        `${end - start} hex digits are not a whole number of bytes`,
      );
    }
    const bad = readHex(hex.bytes, start, end, rewriter.bytes, rewriter.to);
    if (bad >= 0) {
      const pair = JSON.stringify(String.fromCharCode(...hex.bytes.subarray(bad, bad + 2)));
      throw byteFault(rewriter.where(), (bad - start) >> 1, `${pair} is no hexadecimal number`);
    }
    rewriter.push(rewriter.to, rewriter.to + ((end - start) >> 1));
  }
  return rewriter.finish();
}

/**
 * Turns a column of WKB of any dialect into canonical EWKB in a buffer of its own. Empty rows become null.
 * Throws a `DataError` that names the row and the byte.
 */
export function normalizeWkbColumn(column: BinaryColumn, place: ColumnPlace = {}): WkbColumn {
  const rows = column.offsets.length - 1;
  const base = column.offsets[0] as number;
  const rewriter = new RowRewriter(rows, column.bytes.slice(base, column.offsets[rows]), place);
  for (let row = 0; row < rows; row++) {
    const start = (column.offsets[row] as number) - base;
    const end = (column.offsets[row + 1] as number) - base;
    if (start === end || !isValidRow(column.validity, row)) rewriter.pushNull();
    else rewriter.push(start, end);
  }
  return rewriter.finish();
}

/** Rewrites the rows of one buffer in place, none of which grows. */
class RowRewriter {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the next row goes. */
  to = 0;
  readonly #view: DataView;
  readonly #offsets: Int32Array<ArrayBuffer>;
  readonly #validity: ValidityBuilder;
  readonly #canonicalizer: Canonicalizer;
  readonly #where: Where;
  readonly #rowsBefore: number;
  #row = 0;

  constructor(rows: number, bytes: Uint8Array<ArrayBuffer>, place: ColumnPlace) {
    this.bytes = bytes;
    this.#view = viewOf(bytes);
    this.#offsets = new Int32Array(rows + 1);
    this.#validity = new ValidityBuilder(rows);
    this.#where = whereOf(place);
    this.#rowsBefore = place.rowsBefore ?? 0;
    this.#canonicalizer = new Canonicalizer(bytes, bytes, this.#where);
  }

  /** The place of the row that comes next. */
  where(): Where {
    this.#where.row = this.#rowsBefore + this.#row + 1;
    return this.#where;
  }

  pushNull(): void {
    this.#validity.setNull(this.#row);
    this.#offsets[++this.#row] = this.to;
  }

  /** Takes the row whose WKB stands from `start` to `end`. */
  push(start: number, end: number): void {
    if (isCanonicalPoint(this.#view, start, end)) {
      if (start !== this.to) this.bytes.copyWithin(this.to, start, end);
      this.to += end - start;
    } else {
      this.where();
      this.to = this.#canonicalizer.convert(start, end, this.to);
    }
    this.#offsets[++this.#row] = this.to;
  }

  finish(): WkbColumn {
    return {
      bytes: this.to === this.bytes.length ? this.bytes : this.bytes.slice(0, this.to),
      offsets: this.#offsets,
      validity: this.#validity.finish(),
      nullCount: this.#validity.nullCount,
    };
  }
}

function whereOf(place: ColumnPlace): Where {
  return { row: 0, ...(place.column === undefined ? {} : { column: place.column }) };
}

/** Builds a column of canonical EWKB from values in any notation, without an object per row. */
export class WkbColumnBuilder {
  readonly #sink = new ByteSink(4096);
  readonly #where: Where;
  readonly #rowsBefore: number;
  #offsets: Int32Array<ArrayBuffer> = new Int32Array(64);
  #nulls: number[] = [];
  #rows = 0;

  constructor(place: ColumnPlace = {}) {
    this.#where = whereOf(place);
    this.#rowsBefore = place.rowsBefore ?? 0;
  }

  /** Appends a value as `Geometry.from` takes it; throws a `DataError` that names the row. */
  push(value: unknown): void {
    this.#where.row = this.#rowsBefore + this.#rows + 1;
    // What a value that could not be read left behind is overwritten.
    this.#sink.length = this.#offsets[this.#rows] as number;
    if (!appendEwkb(value, this.#where, this.#sink)) this.#nulls.push(this.#rows);
    this.#rows++;
    if (this.#rows >= this.#offsets.length) {
      const grown = new Int32Array(this.#offsets.length * 2);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[this.#rows] = this.#sink.length;
  }

  /** The column so far; the builder can be used no more. */
  finish(): WkbColumn {
    const validity = new ValidityBuilder(this.#rows);
    for (const row of this.#nulls) validity.setNull(row);
    return {
      bytes: this.#sink.copy(),
      offsets: this.#offsets.slice(0, this.#rows + 1),
      validity: validity.finish(),
      nullCount: validity.nullCount,
    };
  }
}

/** A column of canonical EWKB from values in any notation; throws a `DataError` that names the row. */
export function toWkbColumn(values: Iterable<unknown>, place: ColumnPlace = {}): WkbColumn {
  const builder = new WkbColumnBuilder(place);
  for (const value of values) builder.push(value);
  return builder.finish();
}

/** The column as ISO WKB without SRIDs, as GeoParquet and GeoArrow want it. */
export function toIsoWkbColumn(column: CanonicalColumn): WkbColumn {
  const rows = column.offsets.length - 1;
  const sink = new ByteSink(column.bytes.length);
  const offsets = new Int32Array(rows + 1);
  const validity = new ValidityBuilder(rows);
  for (let row = 0; row < rows; row++) {
    if (isValidRow(column.validity, row)) {
      sink.append(isoWkb(column.bytes.subarray(column.offsets[row], column.offsets[row + 1])));
    } else validity.setNull(row);
    offsets[row + 1] = sink.length;
  }
  return { bytes: sink.copy(), offsets, validity: validity.finish(), nullCount: validity.nullCount };
}

/**
 * How many bytes {@linkcode writeEwkb} takes for the canonical geometry from `start` to `end`; in hexadecimal it is twice
 * as many.
 */
export function ewkbLength(bytes: Uint8Array, start: number, end: number, srid = 0): number {
  return end - start + (srid !== 0 && !hasSrid(bytes, start) ? 4 : 0);
}

/**
 * Writes the canonical geometry from `start` to `end` at `to`, with `srid` if it has none of its own (0: none at all).
 * Answers where it ends. The room is the caller's care.
 */
export function writeEwkb(
  bytes: Uint8Array,
  start: number,
  end: number,
  srid: number,
  output: Uint8Array,
  to: number,
): number {
  let out = to;
  let body = start;
  if (srid !== 0 && !hasSrid(bytes, start)) {
    for (const byte of stampedHeader(bytes, start, srid)) output[out++] = byte;
    body += 5;
  }
  output.set(bytes.subarray(body, end), out);
  return out + end - body;
}

/** As {@linkcode writeEwkb}, but in upper-case hexadecimal digits. */
export function writeEwkbHex(
  bytes: Uint8Array,
  start: number,
  end: number,
  srid: number,
  output: Uint8Array,
  to: number,
): number {
  if (srid === 0 || hasSrid(bytes, start)) return writeHex(bytes, start, end, output, to);
  const body = writeHex(stampedHeader(bytes, start, srid), 0, 9, output, to);
  return writeHex(bytes, start + 5, end, output, body);
}

function hasSrid(bytes: Uint8Array, start: number): boolean {
  return ((bytes[start + 4] as number) & (SRID_FLAG >>> 24)) !== 0;
}

function stampedHeader(bytes: Uint8Array, start: number, srid: number): Uint8Array {
  const header = new Uint8Array(9);
  header.set(bytes.subarray(start, start + 5));
  header[4] = (header[4] as number) | (SRID_FLAG >>> 24);
  viewOf(header).setUint32(5, srid, true);
  return header;
}
