import {
  type BinaryColumn,
  type CanonicalColumn,
  type ColumnPlace,
  hexToWkbColumn,
  isValidRow,
  type PointColumn,
  ValidityBuilder,
  type WkbColumn,
} from "./_wkb_columns.ts";
import {
  bodyAt,
  CODE_MASK,
  M_FLAG,
  POINT,
  SRID_FLAG,
  sridAt,
  strideOf,
  viewOf,
  wordAt,
  writeHex,
  Z_FLAG,
} from "./_ewkb.ts";

/**
 * A column of canonical EWKB as interleaved coordinates; undefined unless all rows that are not null are points of the
 * same dimensions and SRID. Without any such row it is a column of x and y.
 */
export function wkbToPoints(column: CanonicalColumn): PointColumn | undefined {
  const { bytes, offsets, validity } = column;
  const rows = offsets.length - 1;
  const view = viewOf(bytes);
  const first = firstValidRow(validity, rows);
  const at = first < 0 ? -1 : offsets[first] as number;
  const word = at < 0 ? POINT : wordAt(view, at);
  if ((word & CODE_MASK) !== POINT) return undefined;
  const srid = at < 0 ? 0 : sridAt(view, at);
  const header = at < 0 ? 0 : bodyAt(view, at) - at;
  const stride = strideOf(word);
  const coordinates = new Float64Array(rows * stride);
  const nulls = new ValidityBuilder(rows);
  let hasEmpty = false;
  let out = 0;
  for (let row = 0; row < rows; row++) {
    if (!isValidRow(validity, row)) {
      nulls.setNull(row);
      coordinates.fill(NaN, out, out += stride);
      continue;
    }
    const start = offsets[row] as number;
    if (view.getUint32(start + 1, true) !== (word >>> 0)) return undefined;
    if (srid !== 0 && view.getUint32(start + 5, true) !== srid) return undefined;
    const x = coordinates[out] = view.getFloat64(start + header, true);
    for (let i = 1; i < stride; i++) coordinates[out + i] = view.getFloat64(start + header + 8 * i, true);
    if (x !== x && Number.isNaN(coordinates[out + 1])) hasEmpty = true;
    out += stride;
  }
  return {
    coordinates,
    stride,
    hasZ: (word & Z_FLAG) !== 0,
    hasM: (word & M_FLAG) !== 0,
    srid,
    hasEmpty,
    validity: nulls.finish(),
    nullCount: nulls.nullCount,
  };
}

function firstValidRow(validity: Uint8Array | undefined, rows: number): number {
  for (let row = 0; row < rows; row++) if (isValidRow(validity, row)) return row;
  return -1;
}

/**
 * A column of hexadecimal EWKB in ASCII as interleaved coordinates; undefined unless all rows are points of the same
 * dimensions and SRID. Throws a `DataError` that names the row and the byte.
 */
export function hexToPoints(hex: BinaryColumn, place: ColumnPlace = {}): PointColumn | undefined {
  return wkbToPoints(hexToWkbColumn(hex, place));
}

/** Points from two columns of numbers; a row where either is missing (null, undefined or `NaN`) is null. */
export function xyToPoints(
  xs: ArrayLike<number | null | undefined>,
  ys: ArrayLike<number | null | undefined>,
  srid = 4326,
): PointColumn {
  const coordinates = new Float64Array(xs.length * 2);
  const nulls = new ValidityBuilder(xs.length);
  for (let row = 0; row < xs.length; row++) {
    const x = xs[row] ?? NaN;
    const y = ys[row] ?? NaN;
    const missing = x !== x || y !== y;
    if (missing) nulls.setNull(row);
    coordinates[2 * row] = missing ? NaN : x;
    coordinates[2 * row + 1] = missing ? NaN : y;
  }
  return {
    coordinates,
    stride: 2,
    hasZ: false,
    hasM: false,
    srid,
    hasEmpty: false,
    validity: nulls.finish(),
    nullCount: nulls.nullCount,
  };
}

/** Writes points as EWKB, each with the same header, into buffers of the caller. */
export class PointWriter {
  /** How many bytes a point takes; in hexadecimal it is twice as many. */
  readonly byteLength: number;
  readonly #point: Uint8Array;
  readonly #view: DataView;
  readonly #header: number;
  readonly #stride: number;

  /** `srid` 0 stands for none. */
  constructor(srid: number, hasZ = false, hasM = false) {
    const word = POINT | (hasZ ? Z_FLAG : 0) | (hasM ? M_FLAG : 0) | (srid === 0 ? 0 : SRID_FLAG);
    this.#stride = strideOf(word);
    this.#header = srid === 0 ? 5 : 9;
    this.byteLength = this.#header + 8 * this.#stride;
    this.#point = new Uint8Array(this.byteLength);
    this.#view = viewOf(this.#point);
    this.#point[0] = 1;
    this.#view.setUint32(1, word, true);
    if (srid !== 0) this.#view.setUint32(5, srid, true);
  }

  /** Writes the point whose numbers start at `index` as bytes at `to`; answers where it ends. */
  writeBytes(coordinates: Float64Array, index: number, output: Uint8Array, to: number): number {
    this.#load(coordinates, index);
    output.set(this.#point, to);
    return to + this.byteLength;
  }

  /** Writes the point whose numbers start at `index` in upper-case hexadecimal at `to`; answers where it ends. */
  writeHex(coordinates: Float64Array, index: number, output: Uint8Array, to: number): number {
    this.#load(coordinates, index);
    return writeHex(this.#point, 0, this.byteLength, output, to);
  }

  #load(coordinates: Float64Array, index: number): void {
    for (let i = 0; i < this.#stride; i++) {
      this.#view.setFloat64(this.#header + 8 * i, coordinates[index + i] as number, true);
    }
  }
}

/** Interleaved coordinates as a column of canonical EWKB. */
export function pointsToWkb(points: PointColumn): WkbColumn {
  const { coordinates, stride, validity, nullCount } = points;
  const rows = coordinates.length / stride;
  const writer = new PointWriter(points.srid, points.hasZ, points.hasM);
  const bytes = new Uint8Array((rows - nullCount) * writer.byteLength);
  const offsets = new Int32Array(rows + 1);
  let to = 0;
  for (let row = 0; row < rows; row++) {
    if (isValidRow(validity, row)) to = writer.writeBytes(coordinates, row * stride, bytes, to);
    offsets[row + 1] = to;
  }
  return { bytes, offsets, validity, nullCount };
}
