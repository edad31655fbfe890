import { DataError, UnsupportedError } from "../../errors/carto_error.ts";
import type { GeometryBuilder } from "../_geometry_builder.ts";
import {
  ByteSink,
  LINE_STRING,
  M_FLAG,
  MULTI_LINE_STRING,
  MULTI_POINT,
  MULTI_POLYGON,
  POINT,
  POLYGON,
  SRID_FLAG,
  Z_FLAG,
} from "../geometry/_ewkb.ts";
import { ByteReader } from "./_byte_reader.ts";
import { type ByteSource, placeOf } from "./_byte_source.ts";

/** Measures below this mean "none". */
const NO_MEASURE = -1e38;

/** The contents of the records of a `.shp` file, one by one. */
export async function* shpRecords(source: ByteSource): AsyncGenerator<DataView, undefined> {
  const reader = new ByteReader(source);
  const cut = (row: number) =>
    new DataError("The Shapefile is damaged or cut off", {
      place: { ...placeOf(source), row },
      hint: "Get it again",
    });
  const header = await reader.take(100);
  if (header === undefined || new DataView(header.buffer).getInt32(0) !== 9994) throw cut(1);
  const end = new DataView(header.buffer).getInt32(24) * 2;
  for (let row = 1; reader.position + 8 <= end; row++) {
    const head = await reader.take(8);
    if (head === undefined) throw cut(row);
    const length = new DataView(head.buffer).getInt32(4) * 2;
    const content = length < 4 ? undefined : await reader.take(length);
    if (content === undefined) throw cut(row);
    yield new DataView(content.buffer);
  }
}

/**
 * Appends the shape of a record as a geometry.
 *
 * A line of one part becomes a LineString and one of several a MultiLineString, and so with polygons, whose rings are sorted
 * into shells (clockwise) and the holes inside them. A measure of "no data" is left out; where other measures are, it is NaN.
 */
export function appendShape(builder: GeometryBuilder, view: DataView, srid: number): void {
  const type = view.getInt32(0, true);
  if (type === 0) return builder.null();
  const shape = type % 10;
  if (type < 0 || type > 28 || ![1, 3, 5, 8].includes(shape)) {
    throw new UnsupportedError(
      type === 31 ? "Cannot read a shape of patches (MultiPatch)" : `Cannot read a shape of type ${type}`,
      { hint: "Turn it into polygons first" },
    );
  }
  if (type === 1) return builder.pushPoint(view.getFloat64(4, true), view.getFloat64(12, true), srid);
  const wkb = new ShapeReader(view, type, shape, srid).wkb();
  builder.pushEwkb(wkb, 0, wkb.length);
}

class ShapeReader {
  readonly #view: DataView;
  readonly #shape: number;
  readonly #srid: number;
  readonly #hasZ: boolean;
  readonly #sink = new ByteSink(256);
  /** Where x and y, the heights and the measures stand; −1 for none. */
  #xy = 0;
  #z = -1;
  #m = -1;
  #points = 0;
  #parts: number[] = [];

  constructor(view: DataView, type: number, shape: number, srid: number) {
    this.#view = view;
    this.#shape = shape;
    this.#srid = srid;
    this.#hasZ = type > 10 && type < 20;
    if (shape === 1) this.#single(type);
    else this.#several(type);
  }

  #single(type: number): void {
    this.#points = 1;
    this.#xy = 4;
    if (this.#hasZ) this.#z = 20;
    const m = this.#hasZ ? 28 : 20;
    if (type > 10 && this.#view.byteLength >= m + 8) this.#m = m;
    this.#dropNoMeasures();
  }

  #several(type: number): void {
    const view = this.#view;
    const isMulti = this.#shape === 8;
    const parts = isMulti ? 0 : view.getInt32(36, true);
    this.#points = view.getInt32(isMulti ? 36 : 40, true);
    const partsAt = isMulti ? 40 : 44;
    for (let i = 0; i < parts; i++) this.#parts.push(view.getInt32(partsAt + 4 * i, true));
    this.#xy = partsAt + 4 * parts;
    let at = this.#xy + 16 * this.#points;
    // Both have a range of 16 bytes before the numbers; measures may be left out
    if (this.#hasZ) {
      this.#z = at + 16;
      at += 16 + 8 * this.#points;
    }
    if (type > 10 && view.byteLength >= at + 16 + 8 * this.#points) this.#m = at + 16;
    this.#dropNoMeasures();
  }

  #dropNoMeasures(): void {
    if (this.#m < 0) return;
    for (let i = 0; i < this.#points; i++) {
      if (this.#view.getFloat64(this.#m + 8 * i, true) > NO_MEASURE) return;
    }
    this.#m = -1;
  }

  wkb(): Uint8Array {
    switch (this.#shape) {
      case 1:
        this.#header(POINT, true);
        this.#coordinate(0);
        break;
      case 8:
        this.#header(MULTI_POINT, true);
        this.#sink.uint32(this.#points);
        for (let i = 0; i < this.#points; i++) {
          this.#header(POINT, false);
          this.#coordinate(i);
        }
        break;
      case 3:
        this.#lines();
        break;
      default:
        this.#polygons();
    }
    return this.#sink.copy();
  }

  #header(code: number, outer: boolean): void {
    const flags = (this.#z >= 0 ? Z_FLAG : 0) | (this.#m >= 0 ? M_FLAG : 0);
    const srid = outer ? this.#srid : 0;
    this.#sink.header(code | flags | (srid === 0 ? 0 : SRID_FLAG), srid);
  }

  #coordinate(i: number): void {
    this.#sink.float64(this.#x(i));
    this.#sink.float64(this.#y(i));
    if (this.#z >= 0) this.#sink.float64(this.#view.getFloat64(this.#z + 8 * i, true));
    if (this.#m < 0) return;
    const measure = this.#view.getFloat64(this.#m + 8 * i, true);
    this.#sink.float64(measure > NO_MEASURE ? measure : NaN);
  }

  #x(i: number): number {
    return this.#view.getFloat64(this.#xy + 16 * i, true);
  }

  #y(i: number): number {
    return this.#view.getFloat64(this.#xy + 16 * i + 8, true);
  }

  /** First point and the one after the last of each part. */
  #ranges(): [from: number, to: number][] {
    const ends = [...this.#parts.slice(1), this.#points];
    return this.#parts.map((from, i): [number, number] => [from, ends[i] as number]);
  }

  #run([from, to]: readonly [number, number]): void {
    this.#sink.uint32(to - from);
    for (let i = from; i < to; i++) this.#coordinate(i);
  }

  #lines(): void {
    const ranges = this.#ranges();
    const [only] = ranges;
    if (ranges.length === 1 && only !== undefined) {
      this.#header(LINE_STRING, true);
      return this.#run(only);
    }
    this.#header(MULTI_LINE_STRING, true);
    this.#sink.uint32(ranges.length);
    for (const range of ranges) {
      this.#header(LINE_STRING, false);
      this.#run(range);
    }
  }

  #polygons(): void {
    const polygons = this.#sorted();
    const isMulti = polygons.length !== 1;
    if (isMulti) {
      this.#header(MULTI_POLYGON, true);
      this.#sink.uint32(polygons.length);
    }
    for (const rings of polygons) {
      this.#header(POLYGON, !isMulti);
      this.#sink.uint32(rings.length);
      for (const ring of rings) this.#run(ring);
    }
  }

  /** Rings by polygon, the shell first. A hole that lies in no shell is a shell of its own: the writer turned it round. */
  #sorted(): [from: number, to: number][][] {
    const ranges = this.#ranges().filter(([from, to]) => to > from);
    if (ranges.length <= 1) return ranges.map((range) => [range]);
    const rings = ranges.map((range) => ({ range, area: this.#area(range) }));
    const shells = rings.filter(({ area }) => area < 0);
    if (shells.length === 0) return ranges.map((range) => [range]);
    const polygons = shells.map(({ range }) => [range]);
    for (const { range } of rings.filter(({ area }) => area >= 0)) {
      // Of shells inside each other the smallest is the hole's
      let best = -1;
      shells.forEach((shell, i) => {
        if (!this.#holds(shell.range, range)) return;
        if (best < 0 || Math.abs(shell.area) < Math.abs((shells[best] as { area: number }).area)) best = i;
      });
      if (best < 0) polygons.push([range]);
      else polygons[best]?.push(range);
    }
    return polygons;
  }

  /** Twice the area, negative for clockwise. */
  #area([from, to]: readonly [number, number]): number {
    // Counted from the first point, so that large coordinates do not swallow small rings
    const [x0, y0] = [this.#x(from), this.#y(from)];
    let area = 0;
    for (let i = from; i < to; i++) {
      const next = i + 1 < to ? i + 1 : from;
      area += (this.#x(i) - x0) * (this.#y(next) - y0) - (this.#x(next) - x0) * (this.#y(i) - y0);
    }
    return area;
  }

  /** Whether a ring lies inside a shell, judged by the first of its points that is not on the shell itself. */
  #holds(shell: readonly [number, number], ring: readonly [number, number]): boolean {
    for (let i = ring[0]; i < ring[1]; i++) {
      const side = this.#side(shell, this.#x(i), this.#y(i));
      if (side !== 0) return side > 0;
    }
    return true;
  }

  /** 1 inside, −1 outside, 0 on the line. */
  #side([from, to]: readonly [number, number], x: number, y: number): number {
    let inside = false;
    for (let i = from; i < to; i++) {
      const j = i === from ? to - 1 : i - 1;
      const [xi, yi, xj, yj] = [this.#x(i), this.#y(i), this.#x(j), this.#y(j)];
      const cross = (xj - xi) * (y - yi) - (yj - yi) * (x - xi);
      if (
        cross === 0 && Math.min(xi, xj) <= x && x <= Math.max(xi, xj) && Math.min(yi, yj) <= y &&
        y <= Math.max(yi, yj)
      ) return 0;
      if ((yi > y) !== (yj > y) && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
    return inside ? 1 : -1;
  }
}
