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
