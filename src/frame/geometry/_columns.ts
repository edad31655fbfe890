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
