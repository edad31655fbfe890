import { ArgumentError } from "../errors/carto_error.ts";

/** A cell of a zoom that is known: its column from the west and its row from the north. */
export type Cell = readonly [x: number, y: number];

/** Beyond this zoom a column and a row together are more than a number can tell apart. */
export const MAX_ZOOM = 26;

/** Where web maps end, in degrees. */
const MAX_LATITUDE = 85.051129;

/** What is that close to the eastern or southern side of a cell does not reach the next one. */
const EDGE = 1e-11;

/** What is that close to the western or northern side of a cell, as a share of the world, is in it. */
const ROUNDING = 1e-14;

/** The side of a cell in degrees: its column's western, its row's northern. */
function longitudeOf(x: number, zoom: number): number {
  return x / 2 ** zoom * 360 - 180;
}

function latitudeOf(y: number, zoom: number): number {
  return Math.atan(Math.sinh(Math.PI * (1 - 2 * y / 2 ** zoom))) * 180 / Math.PI;
}

/** A column or row that a share of the world, from 0 to 1, falls into. */
function cellOf(share: number, zoom: number): number {
  return Math.min(2 ** zoom - 1, Math.max(0, Math.floor((share + ROUNDING) * 2 ** zoom)));
}

function columnOf(longitude: number, zoom: number): number {
  return cellOf(longitude / 360 + 0.5, zoom);
}

function rowOf(latitude: number, zoom: number): number {
  const sine = Math.sin(latitude * Math.PI / 180);
  return cellOf(0.5 - 0.25 * Math.log((1 + sine) / (1 - sine)) / Math.PI, zoom);
}

/** The rectangle of a cell in degrees. */
export function cellBounds(
  [x, y]: Cell,
  zoom: number,
): [west: number, south: number, east: number, north: number] {
  return [longitudeOf(x, zoom), latitudeOf(y + 1, zoom), longitudeOf(x + 1, zoom), latitudeOf(y, zoom)];
}

/** The quadkey of a cell: a digit for each zoom, from the outside in. */
export function quadkeyOf([x, y]: Cell, zoom: number): string {
  let key = "";
  for (let bit = 2 ** (zoom - 1); bit >= 1; bit /= 2) {
    key += (Math.floor(x / bit) % 2) + 2 * (Math.floor(y / bit) % 2);
  }
  return key;
}

/** One part of a geometry: its lines, and whether what they enclose belongs to it. */
interface Part {
  /** Two ends for each line, four numbers; the two ends of a point are the same. */
  readonly lines: Float64Array;
  readonly isArea: boolean;
}

/** A rectangle of cells: columns and rows, the last ones included. */
interface Range {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The cells that a geometry touches. */
export class CellCover {
  readonly #zoom: number;
  readonly #limit: number;
  /** Rectangles of cells that were found; those of different parts may overlap. */
  readonly #found: Range[] = [];
  #count = 0;

  constructor(zoom: number, limit: number) {
    this.#zoom = zoom;
    this.#limit = limit;
  }

  /** Adds a line, or a point. */
  addLine(points: readonly (readonly number[])[]): void {
    this.#add({ lines: linesOf([points]), isArea: false });
  }

  /** Adds a polygon by its rings. */
  addPolygon(rings: readonly (readonly (readonly number[])[])[]): void {
    this.#add({ lines: linesOf(rings.map(closed)), isArea: true });
  }

  /** The cells, column by column from the west, each from the north. */
  cells(): Cell[] {
    const size = 2 ** this.#zoom;
    const codes = new Float64Array(this.#count);
    let at = 0;
    for (const { left, right, top, bottom } of this.#found) {
      for (let x = left; x <= right; x++) for (let y = top; y <= bottom; y++) codes[at++] = x * size + y;
    }
    const cells: Cell[] = [];
    let last = -1;
    for (const code of codes.sort()) {
      if (code !== last) cells.push([Math.floor(code / size), code % size]);
      last = code;
    }
    return cells;
  }

  #add(part: Part): void {
    const range = this.#rangeOf(part.lines);
    if (range === undefined) return;
    const all = Array.from({ length: part.lines.length / 4 }, (_, i) => 4 * i);
    this.#split(part, range, all);
  }

  /** The cells of the box around lines. */
  #rangeOf(lines: Float64Array): Range | undefined {
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < lines.length; i += 2) {
      west = Math.min(west, lines[i] as number);
      east = Math.max(east, lines[i] as number);
      south = Math.min(south, lines[i + 1] as number);
      north = Math.max(north, lines[i + 1] as number);
    }
    west = Math.max(-180, west);
    east = Math.min(180, east);
    south = Math.max(-MAX_LATITUDE, south);
    north = Math.min(MAX_LATITUDE, north);
    if (!(west <= east && south <= north)) return undefined;
    const [left, top] = [columnOf(west, this.#zoom), rowOf(north, this.#zoom)];
    return {
      left,
      top,
      // A point on a side has a cell all the same
      right: Math.max(left, columnOf(east - EDGE, this.#zoom)),
      bottom: Math.max(top, rowOf(south + EDGE, this.#zoom)),
    };
  }

  /** Halves a rectangle of cells until a half has no line in it, or is one cell. */
  #split(part: Part, range: Range, candidates: readonly number[]): void {
    const { left, right, top, bottom } = range;
    const [west, south] = [longitudeOf(left, this.#zoom), latitudeOf(bottom + 1, this.#zoom)];
    const [east, north] = [longitudeOf(right + 1, this.#zoom), latitudeOf(top, this.#zoom)];
    const here = candidates.filter((at) => touches(part.lines, at, west, south, east, north));
    if (here.length === 0) {
      if (part.isArea && isInside(part.lines, (west + east) / 2, (south + north) / 2)) this.#take(range);
    } else if (left === right && top === bottom) {
      this.#take(range);
    } else if (right - left > bottom - top) {
      const middle = Math.floor((left + right) / 2);
      this.#split(part, { ...range, right: middle }, here);
      this.#split(part, { ...range, left: middle + 1 }, here);
    } else {
      const middle = Math.floor((top + bottom) / 2);
      this.#split(part, { ...range, bottom: middle }, here);
      this.#split(part, { ...range, top: middle + 1 }, here);
    }
  }

  #take(range: Range): void {
    this.#count += (range.right - range.left + 1) * (range.bottom - range.top + 1);
    this.#found.push(range);
    if (this.#count <= this.#limit) return;
    throw new ArgumentError(
      `Cannot fill the geometries with cells of zoom ${this.#zoom}: there are too many`,
      {
        argument: "zoom",
        hint: "Take a smaller zoom, or raise `maxCells`",
      },
    );
  }
}

/** A ring that ends where it begins. */
function closed(ring: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const [first, last] = [ring[0], ring.at(-1)];
  if (first === undefined || last === undefined) return ring;
  return first[0] === last[0] && first[1] === last[1] ? ring : [...ring, first];
}

/** The lines of rings or of one line; a point is a line to itself. */
function linesOf(rings: readonly (readonly (readonly number[])[])[]): Float64Array {
  const lines: number[] = [];
  for (const ring of rings) {
    for (let i = 0; i < Math.max(1, ring.length - 1); i++) {
      const [from, to] = [ring[i], ring[i + 1] ?? ring[i]];
      if (from === undefined || to === undefined) continue;
      lines.push(from[0] as number, from[1] as number, to[0] as number, to[1] as number);
    }
  }
  return new Float64Array(lines);
}

/** Whether a line touches a rectangle, its sides included. */
function touches(
  lines: Float64Array,
  at: number,
  west: number,
  south: number,
  east: number,
  north: number,
): boolean {
  const [x1, y1] = [lines[at] as number, lines[at + 1] as number];
  const [x2, y2] = [lines[at + 2] as number, lines[at + 3] as number];
  if (Math.max(x1, x2) < west || Math.min(x1, x2) > east) return false;
  if (Math.max(y1, y2) < south || Math.min(y1, y2) > north) return false;
  // With the boxes in touch, they are apart only if all corners lie on one side of the line
  const side = (x: number, y: number) => Math.sign((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1));
  const sum = side(west, south) + side(west, north) + side(east, south) + side(east, north);
  return Math.abs(sum) < 4;
}

/** Whether a point that is on no line is enclosed by an odd number of rings. */
function isInside(lines: Float64Array, x: number, y: number): boolean {
  let inside = false;
  for (let at = 0; at < lines.length; at += 4) {
    const [x1, y1] = [lines[at] as number, lines[at + 1] as number];
    const [x2, y2] = [lines[at + 2] as number, lines[at + 3] as number];
    if (y1 > y !== y2 > y && x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)) inside = !inside;
  }
  return inside;
}
