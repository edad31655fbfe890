import { ByteSink, isoWkb, SRID_FLAG, viewOf, writeHex } from "./_ewkb.ts";

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
