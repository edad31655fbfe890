import { isValid, plainBytes, type PointData } from "../frame/_data.ts";
import { type Column, dataOf } from "../frame/column.ts";
import {
  bodyAt,
  isEmptyPoint,
  SHAPE_LINE,
  SHAPE_POINT,
  SHAPE_RINGS,
  strideOf,
  typeOfWord,
  viewOf,
  wordAt,
} from "../frame/geometry/_ewkb.ts";
import type { BufferSink } from "./_buffer_sink.ts";
import type { PageBounds, PageBufferId, PageData, PageKind, PagePositions } from "./page/description.ts";

/** Where the features of a source are. */
export interface PageGeometry {
  readonly geometry: PageData["geometry"];
  /** The kinds that there are, those of most parts first. */
  readonly kinds: readonly PageKind[];
  readonly bounds: PageBounds | null;
  /** The rows of the frame that are on the map; undefined for all. */
  readonly rows: Uint32Array | undefined;
  /** How many rows have coordinates, but none within longitude and latitude. */
  readonly outside: number;
}

/** Beyond one and a half turns nothing is a longitude. */
const MAX_LONGITUDE = 540;
const MAX_LATITUDE = 90;
/** How far a vertex may move when it is written, in metres. */
const PRECISION = 0.05;
const METRES_PER_DEGREE = 111_320;
const CURVE_POLYGON = 10;

/** Writes the geometries of a column, in longitude and latitude, into the page. */
export function pageGeometry(column: Column, sink: BufferSink): PageGeometry {
  const data = dataOf(column);
  return data.kind === "point" ? pointGeometry(data, sink) : anyGeometry(column, sink);
}

function isOnMap(x: number, y: number): boolean {
  return x >= -MAX_LONGITUDE && x <= MAX_LONGITUDE && y >= -MAX_LATITUDE && y <= MAX_LATITUDE;
}

function pointGeometry({ xy, length, validity }: PointData, sink: BufferSink): PageGeometry {
  let kept = 0;
  let outside = 0;
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let row = 0; row < length; row++) {
    if (validity !== undefined && !isValid(validity, row)) continue;
    const x = xy[2 * row] as number;
    const y = xy[2 * row + 1] as number;
    if (!isOnMap(x, y)) {
      outside++;
      continue;
    }
    kept++;
    if (x < west) west = x;
    if (x > east) east = x;
    if (y < south) south = y;
    if (y > north) north = y;
  }
  if (kept === 0) return { geometry: {}, kinds: [], bounds: null, rows: new Uint32Array(), outside };
  let rows: Uint32Array | undefined;
  let places: Float64Array = xy;
  if (kept < length) {
    rows = new Uint32Array(kept);
    places = new Float64Array(2 * kept);
    let at = 0;
    for (let row = 0; row < length; row++) {
      const x = xy[2 * row] as number;
      const y = xy[2 * row + 1] as number;
      if (validity !== undefined && !isValid(validity, row) || !isOnMap(x, y)) continue;
      rows[at] = row;
      places[2 * at] = x;
      places[2 * at++ + 1] = y;
    }
  }
  const bounds: PageBounds = [west, south, east, north];
  const positions = pagePositions(places, bounds, sink);
  return {
    geometry: { point: { positions, partRows: null } },
    kinds: ["point"],
    bounds: narrowest(bounds, places),
    rows,
    outside,
  };
}

/**
 * Vertices as whole steps from the south-west corner, in the smallest type that moves none by more than
 * {@linkcode PRECISION}.
 */
function pagePositions(
  places: Float64Array,
  [west, south, east, north]: PageBounds,
  sink: BufferSink,
): PagePositions {
  const extent = Math.max(east - west, north - south);
  const fits = (max: number) => extent / max / 2 * METRES_PER_DEGREE <= PRECISION;
  const [dtype, max] = fits(0xffff)
    ? ["u16", 0xffff] as const
    : fits(0xff_ffff)
    ? ["u24", 0xff_ffff] as const
    : ["u32", 0xffff_ffff] as const;
  const step: [number, number] = [(east - west) / max, (north - south) / max];
  const [perX, perY] = step.map((size) => size === 0 ? 0 : 1 / size) as [number, number];
  const count = places.length / 2;
  const base = { origin: [west, south] as const, step, length: count };
  if (dtype !== "u24") {
    const values = dtype === "u16" ? new Uint16Array(2 * count) : new Uint32Array(2 * count);
    for (let i = 0; i < 2 * count; i += 2) {
      values[i] = Math.min(max, ((places[i] as number) - west) * perX + 0.5);
      values[i + 1] = Math.min(max, ((places[i + 1] as number) - south) * perY + 0.5);
    }
    return { ...base, values: sink.add(values) };
  }
  const bytes = new Uint8Array(6 * count);
  for (let i = 0; i < count; i++) {
    const x = Math.min(max, ((places[2 * i] as number) - west) * perX + 0.5) | 0;
    const y = Math.min(max, ((places[2 * i + 1] as number) - south) * perY + 0.5) | 0;
    const at = 6 * i;
    bytes[at] = x;
    bytes[at + 1] = x >> 8;
    bytes[at + 2] = x >> 16;
    bytes[at + 3] = y;
    bytes[at + 4] = y >> 8;
    bytes[at + 5] = y >> 16;
  }
  return { ...base, values: sink.add(bytes, "u24", 2 * count) };
}

/**
 * The box around places on a globe: where those on both sides of the antimeridian are closer together than those on both
 * sides of Greenwich, it crosses the antimeridian, and its east is beyond 180.
 */
function narrowest(bounds: PageBounds, places: Float64Array): PageBounds {
  const [west, south, east, north] = bounds;
  if (east - west <= 180 || west < -180 || east > 180) return bounds;
  let [left, right] = [Infinity, -Infinity];
  for (let i = 0; i < places.length; i += 2) {
    const x = places[i] as number;
    if (x >= 0 && x < left) left = x;
    if (x < 0 && x > right) right = x;
  }
  return right + 360 - left < 180 ? [left, south, right + 360, north] : bounds;
}

/** A list of numbers that grows. */
class Growing<A extends Float64Array | Uint32Array> {
  length = 0;
  #values: A;

  constructor(values: A) {
    this.#values = values;
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      const Type = this.#values.constructor as { new (length: number): A };
      const values = new Type(this.length * 2);
      values.set(this.#values);
      this.#values = values;
    }
    this.#values[this.length++] = value;
  }

  at(index: number): number {
    return this.#values[index] as number;
  }

  finish(): A {
    return this.#values.slice(0, this.length) as A;
  }
}

const numbers = () => new Growing(new Float64Array(1024));
const indices = () => new Growing(new Uint32Array(256));

/** The parts of one kind of geometry, as they are gathered. */
class Parts {
  readonly places: Growing<Float64Array> = numbers();
  /** Where each run of vertices starts: a line or a ring. */
  readonly runs: Growing<Uint32Array> = indices();
  /** Polygons: at which run each starts. */
  readonly parts: Growing<Uint32Array> = indices();
  readonly rows: Growing<Uint32Array> = indices();

  get vertices(): number {
    return this.places.length / 2;
  }

  /** The row of each part; null where part i is row i. */
  partRows(rowCount: number, sink: BufferSink): PageBufferId | null {
    const rows = this.rows.finish();
    return rows.length === rowCount && rows.every((row, i) => row === i) ? null : sink.add(rows);
  }

  positions(sink: BufferSink): PagePositions {
    const places = this.places.finish();
    return pagePositions(places, boxOf([places]), sink);
  }
}

function boxOf(all: readonly Float64Array[]): PageBounds {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const places of all) {
    for (let i = 0; i < places.length; i += 2) {
      const x = places[i] as number;
      const y = places[i + 1] as number;
      if (x < west) west = x;
      if (x > east) east = x;
      if (y < south) south = y;
      if (y > north) north = y;
    }
  }
  return [west, south, east, north];
}

function anyGeometry(column: Column, sink: BufferSink): PageGeometry {
  const { bytes, offsets, validity } = plainBytes(dataOf(column));
  const walker = new Walker(viewOf(bytes));
  const rows = indices();
  let outside = 0;
  for (let row = 0; row < column.length; row++) {
    if (validity !== undefined && !isValid(validity, row)) continue;
    if (walker.walk(offsets[row] as number, rows.length)) rows.push(row);
    else if (walker.metOutside) outside++;
  }
  const { point, line, polygon } = walker;
  const rowCount = rows.length;
  const geometry: { -readonly [K in keyof PageData["geometry"]]: PageData["geometry"][K] } = {};
  if (point.rows.length > 0) {
    geometry.point = { positions: point.positions(sink), partRows: point.partRows(rowCount, sink) };
  }
  if (line.rows.length > 0) {
    line.runs.push(line.vertices);
    geometry.line = {
      positions: line.positions(sink),
      partStarts: sink.add(line.runs.finish()),
      partRows: line.partRows(rowCount, sink),
    };
  }
  if (polygon.rows.length > 0) {
    polygon.parts.push(polygon.runs.length);
    polygon.runs.push(polygon.vertices);
    geometry.polygon = {
      positions: polygon.positions(sink),
      ringStarts: sink.add(polygon.runs.finish()),
      partStarts: sink.add(polygon.parts.finish()),
      partRows: polygon.partRows(rowCount, sink),
    };
  }
  const all = { point, line, polygon };
  const kinds = (["point", "line", "polygon"] as const).filter((kind) => all[kind].rows.length > 0)
    .sort((a, b) => all[b].rows.length - all[a].rows.length);
  const places = kinds.map((kind) => all[kind].places.finish());
  const bounds = rowCount === 0 ? null : boxOf(places);
  return {
    geometry,
    kinds,
    bounds: bounds !== null && kinds[0] === "point" && kinds.length === 1
      ? narrowest(bounds, places[0] as Float64Array)
      : bounds,
    rows: rowCount === column.length ? undefined : rows.finish(),
    outside,
  };
}

/** Takes geometries apart into points, lines and polygons. */
class Walker {
  readonly point: Parts = new Parts();
  readonly line: Parts = new Parts();
  readonly polygon: Parts = new Parts();
  /** Whether the last geometry had a coordinate that is on no map. */
  metOutside = false;
  readonly #view: DataView;
  #row = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  /** Takes one geometry; answers whether there is anything to draw. */
  walk(at: number, row: number): boolean {
    this.#row = row;
    this.metOutside = false;
    const before = this.#count();
    this.#geometry(at);
    return this.#count() > before;
  }

  #count(): number {
    return this.point.rows.length + this.line.rows.length + this.polygon.rows.length;
  }

  /** Answers where the next geometry starts. */
  #geometry(at: number): number {
    const view = this.#view;
    const word = wordAt(view, at);
    const { shape, code } = typeOfWord(word);
    const step = 8 * strideOf(word);
    const body = bodyAt(view, at);
    if (shape === SHAPE_POINT) {
      if (!isEmptyPoint(view, body) && this.#vertex(this.point, body)) this.point.rows.push(this.#row);
      return body + step;
    }
    const count = view.getUint32(body, true);
    if (shape === SHAPE_LINE) {
      this.#line(body + 4, count, step);
      return body + 4 + count * step;
    }
    if (shape === SHAPE_RINGS) return this.#polygon(body + 4, count, step);
    let to = body + 4;
    if (code === CURVE_POLYGON) return this.#curvePolygon(to, count);
    for (let i = 0; i < count; i++) to = this.#geometry(to);
    return to;
  }

  /** Adds a vertex unless it has no place; a latitude that rounding has moved beyond a pole is the pole's. */
  #vertex(parts: Parts, at: number): boolean {
    const x = this.#view.getFloat64(at, true);
    let y = this.#view.getFloat64(at + 8, true);
    if (Math.abs(y) > MAX_LATITUDE && Math.abs(y) < MAX_LATITUDE + 1e-6) y = Math.sign(y) * MAX_LATITUDE;
    if (!isOnMap(x, y)) {
      this.metOutside = true;
      return false;
    }
    parts.places.push(x);
    parts.places.push(y);
    return true;
  }

  #line(at: number, count: number, step: number): void {
    const { line } = this;
    const start = line.vertices;
    for (let i = 0; i < count; i++) this.#vertex(line, at + i * step);
    if (line.vertices - start < 2) {
      line.places.length = 2 * start;
      return;
    }
    line.runs.push(start);
    line.rows.push(this.#row);
  }

  #polygon(at: number, rings: number, step: number): number {
    let to = at;
    this.#open();
    for (let ring = 0; ring < rings; ring++) {
      const count = this.#view.getUint32(to, true);
      to += 4;
      this.#ring(() => {
        for (let i = 0; i < count; i++) this.#vertex(this.polygon, to + i * step);
      });
      to += count * step;
    }
    this.#close();
    return to;
  }

  /** The rings of a curved polygon are geometries themselves; arcs are drawn as the lines between their points. */
  #curvePolygon(at: number, rings: number): number {
    let to = at;
    this.#open();
    for (let ring = 0; ring < rings; ring++) {
      this.#ring(() => to = this.#curve(to));
    }
    this.#close();
    return to;
  }

  #curve(at: number): number {
    const word = wordAt(this.#view, at);
    const body = bodyAt(this.#view, at);
    const count = this.#view.getUint32(body, true);
    let to = body + 4;
    if (typeOfWord(word).shape === SHAPE_LINE) {
      const step = 8 * strideOf(word);
      for (let i = 0; i < count; i++) this.#vertex(this.polygon, to + i * step);
      return to + count * step;
    }
    for (let i = 0; i < count; i++) to = this.#curve(to);
    return to;
  }

  #firstRun = 0;
  #firstVertex = 0;
  #isLost = false;

  #open(): void {
    this.#firstRun = this.polygon.runs.length;
    this.#firstVertex = this.polygon.vertices;
    this.#isLost = false;
  }

  /** Adds a ring, closed; one without an area is left out, and with the outer one all of the polygon. */
  #ring(add: () => void): void {
    const { places, runs } = this.polygon;
    const start = this.polygon.vertices;
    add();
    const count = this.polygon.vertices - start;
    const [x, y] = [places.at(2 * start), places.at(2 * start + 1)];
    const end = this.polygon.vertices - 1;
    const isClosed = count > 1 && places.at(2 * end) === x && places.at(2 * end + 1) === y;
    if (this.#isLost || count < (isClosed ? 4 : 3)) {
      places.length = 2 * start;
      if (runs.length === this.#firstRun) this.#isLost = true;
      return;
    }
    if (!isClosed) {
      places.push(x);
      places.push(y);
    }
    runs.push(start);
  }

  #close(): void {
    const { polygon } = this;
    if (polygon.runs.length === this.#firstRun) {
      polygon.places.length = 2 * this.#firstVertex;
      return;
    }
    polygon.parts.push(this.#firstRun);
    polygon.rows.push(this.#row);
  }
}
