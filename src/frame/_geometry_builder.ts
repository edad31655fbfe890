import { Builder, trimmed } from "./_builder.ts";
import { checkColumnBytes, grow, nextCapacity } from "./_bytes.ts";
import type { FieldBlock } from "./_binary_cells.ts";
import { BadValue, type ColumnData, shown, type Validity } from "./_data.ts";
import { ewkbOf } from "./geometry/_any_to_ewkb.ts";
import { ByteSink, Canonicalizer, pointEwkb, readHex, type Where } from "./geometry/_ewkb.ts";
import { readGeoJson } from "./geometry/_geo_json.ts";
import { Geometry } from "./geometry/geometry.ts";

/** EWKB of a plain point: 9 bytes before the coordinates with an SRID, 5 without. */
const SRID_FLAG_BYTE = 0x20;

/**
 * Geometries. While every one is a plain point of one SRID, only its two numbers are kept; the first other one turns
 * the column into EWKB.
 */
export class GeometryBuilder extends Builder {
  #srid = 0;
  #sridKnown = false;
  #points = true;
  #xy: Float64Array<ArrayBuffer> = new Float64Array(128);
  #xyBytes: Uint8Array<ArrayBuffer> = new Uint8Array(this.#xy.buffer);
  #offsets: Int32Array<ArrayBuffer> = new Int32Array(0);
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #canonicalizer: Canonicalizer | undefined;
  readonly #where: Where = {};
  readonly #header = new Uint8Array(9);

  /** Appends a plain point whose coordinates are numbers. */
  pushPoint(x: number, y: number, srid: number): void {
    if (this.#points && this.#takesSrid(srid) && x === x) {
      this.#reservePoint();
      this.#xy[2 * this.rows.length] = x;
      this.#xy[2 * this.rows.length + 1] = y;
      return this.rows.done();
    }
    const wkb = pointEwkb(x, y, srid);
    this.pushEwkb(wkb, 0, wkb.length);
  }

  #takesSrid(srid: number): boolean {
    if (!this.#sridKnown) {
      this.#srid = srid;
      this.#sridKnown = true;
    }
    return this.#srid === srid;
  }

  #reservePoint(): void {
    // Both numbers: an array that has grown by half may have an odd length
    if (2 * this.rows.length + 2 <= this.#xy.length) return;
    this.#xy = grow(this.#xy, 2 * this.rows.length + 2);
    this.#xyBytes = new Uint8Array(this.#xy.buffer);
  }

  /** Appends WKB of any dialect. */
  pushEwkb(bytes: Uint8Array, start: number, end: number): void {
    if (this.#points && this.#pushPlain(bytes, start, end)) return;
    const at = this.#room(end - start);
    this.#bytes.set(bytes.subarray(start, end), at);
    this.#canonical(at, end - start);
  }

  /**
   * Appends the fields of a block from `from` on for as long as they are plain points; answers where it stopped.
   */
  pushPoints({ view, at, size }: FieldBlock, from: number, to: number): number {
    if (!this.#points) return from;
    const needed = 2 * (this.rows.length + to - from);
    if (needed > this.#xy.length) {
      this.#xy = grow(this.#xy, needed);
      this.#xyBytes = new Uint8Array(this.#xy.buffer);
    }
    const xy = this.#xy;
    let row = 2 * this.rows.length;
    let i = from;
    for (; i < to; i++) {
      const length = size[i] as number;
      const start = at[i] as number;
      // Little-endian, a point, with an SRID: four bytes at once
      if (length !== 25 || view.getUint32(start) !== 0x0101_0000 || view.getUint8(start + 4) !== 32) break;
      const srid = view.getInt32(start + 5, true);
      const x = view.getFloat64(start + 9, true);
      if (srid <= 0 || x !== x || !this.#takesSrid(srid)) break;
      xy[row++] = x;
      xy[row++] = view.getFloat64(start + 17, true);
    }
    this.rows.mark(size, from, i);
    return i;
  }

  #pushPlain(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if ((length !== 21 && length !== 25) || bytes[start] !== 1 || bytes[start + 1] !== 1) return false;
    const body = length - 16;
    const flag = body === 9 ? SRID_FLAG_BYTE : 0;
    if (bytes[start + 2] !== 0 || bytes[start + 3] !== 0 || bytes[start + 4] !== flag) return false;
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, length);
    const srid = body === 9 ? view.getInt32(5, true) : 0;
    const x = view.getFloat64(body, true);
    if ((body === 9 && srid <= 0) || x !== x || !this.#takesSrid(srid)) return false;
    this.pushPoint(x, view.getFloat64(body + 8, true), srid);
    return true;
  }

  /** Reads hexadecimal EWKB, or the bytes of any other notation. */
  override text(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (
      this.#points && (length === 50 || length === 42) &&
      this.#hexPoint(bytes, start, length === 50 ? 18 : 10)
    ) {
      return;
    }
    if (length % 2 === 1 || bytes[start] !== 48) return this.#notation(bytes, start, end);
    const at = this.#room(length >> 1);
    if (readHex(bytes, start, end, this.#bytes, at) >= 0) return this.#notation(bytes, start, end);
    this.#canonical(at, length >> 1);
  }

  /** A plain point from hex; false where it is not one after all. */
  #hexPoint(bytes: Uint8Array, start: number, body: number): boolean {
    const header = this.#header;
    const size = body >> 1;
    if (readHex(bytes, start, start + body, header, 0) >= 0) return false;
    if (header[0] !== 1 || header[1] !== 1 || header[2] !== 0 || header[3] !== 0) return false;
    if (header[4] !== (size === 9 ? SRID_FLAG_BYTE : 0)) return false;
    const srid = size === 9
      ? (header[5] as number) | (header[6] as number) << 8 | (header[7] as number) << 16 |
        (header[8] as number) << 24
      : 0;
    if ((size === 9 && srid <= 0) || !this.#takesSrid(srid)) return false;
    this.#reservePoint();
    const at = 16 * this.rows.length;
    if (readHex(bytes, start + body, start + body + 32, this.#xyBytes, at) >= 0) return false;
    const x = this.#xy[2 * this.rows.length] as number;
    if (x !== x) return false;
    this.rows.done();
    return true;
  }

  /** WKT, EWKT, GeoJSON text; also the place where a fault gets its message. */
  #notation(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) throw new BadValue("An empty field is not a geometry", "A missing geometry is null");
    this.value(new TextDecoder().decode(bytes.subarray(start, end)));
  }

  override value(value: unknown): void {
    const wkb = value instanceof Geometry ? value.wkb : ewkbOf(value, this.#where);
    if (wkb === null) return this.null();
    this.pushEwkb(wkb, 0, wkb.length);
  }

  /** Appends a GeoJSON geometry, which has `srid` unless it tells another; null is null. */
  pushGeoJson(value: unknown, srid: number): void {
    if (value === null || value === undefined) return this.null();
    const { type, coordinates, crs } = value as { type?: unknown; coordinates?: unknown; crs?: unknown };
    if (type === "Point" && crs === undefined && Array.isArray(coordinates) && coordinates.length === 2) {
      const [x, y] = coordinates;
      if (Number.isFinite(x) && Number.isFinite(y)) return this.pushPoint(x, y, srid);
    }
    if (typeof value !== "object") throw new BadValue(`${shown(value)} is not a GeoJSON geometry`);
    const sink = new ByteSink();
    if (!readGeoJson(value, this.#where, sink, srid)) return this.null();
    const wkb = sink.copy();
    this.pushEwkb(wkb, 0, wkb.length);
  }

  /** Makes room at the end of the byte strings. */
  #room(length: number): number {
    if (this.#points) this.#spill();
    if (this.rows.length + 2 > this.#offsets.length) {
      this.#offsets = grow(this.#offsets, this.rows.length + 2);
    }
    const at = this.#offsets[this.rows.length] as number;
    if (at + length > this.#bytes.length) {
      checkColumnBytes(at + length);
      this.#bytes = grow(this.#bytes, at + length);
      this.#canonicalizer = undefined;
    }
    return at;
  }

  /** Checks the bytes just written, and brings them into the one form that the column has. */
  #canonical(at: number, length: number): void {
    this.#canonicalizer ??= new Canonicalizer(this.#bytes, this.#bytes, this.#where);
    this.#offsets[this.rows.length + 1] = this.#canonicalizer.convert(at, at + length, at);
    this.rows.done();
  }

  #spill(): void {
    const xyBytes = this.#xyBytes;
    const head = pointEwkb(0, 0, this.#srid);
    const body = head.length - 16;
    const rows = this.rows.length;
    this.#points = false;
    this.#offsets = new Int32Array(Math.max(65, rows + 2));
    this.#bytes = new Uint8Array(Math.max(1024, rows * head.length));
    let at = 0;
    for (let row = 0; row < rows; row++) {
      if (!this.rows.isNull(row)) {
        this.#bytes.set(head, at);
        for (let i = 0; i < 16; i++) this.#bytes[at + body + i] = xyBytes[16 * row + i] as number;
        at += head.length;
      }
      this.#offsets[row + 1] = at;
    }
    this.#xy = new Float64Array(0);
    this.#xyBytes = new Uint8Array(0);
    this.#canonicalizer = undefined;
  }

  protected override blank(): void {
    if (this.#points) {
      this.#reservePoint();
      this.#xy[2 * this.rows.length] = NaN;
      this.#xy[2 * this.rows.length + 1] = NaN;
    } else {
      // Making room may give up the list that would be written to
      const at = this.#room(0);
      this.#offsets[this.rows.length + 1] = at;
    }
  }

  protected override data(common: { length: number; nullCount: number; validity: Validity }): ColumnData {
    let data: ColumnData;
    if (this.#points) {
      data = { ...common, kind: "point", xy: trimmed(this.#xy, 2 * common.length), srid: this.#srid };
    } else {
      const offsets = trimmed(this.#offsets, common.length + 1);
      data = {
        ...common,
        kind: "bytes",
        offsets,
        bytes: trimmed(this.#bytes, offsets[common.length] as number),
      };
    }
    this.#points = true;
    this.#sridKnown = false;
    this.#srid = 0;
    // Other geometries are likely to be so again
    this.#xy = new Float64Array(data.kind === "point" ? 2 * nextCapacity(common.length) : 128);
    this.#xyBytes = new Uint8Array(this.#xy.buffer);
    this.#offsets = new Int32Array(0);
    this.#bytes = new Uint8Array(0);
    this.#canonicalizer = undefined;
    return data;
  }
}
