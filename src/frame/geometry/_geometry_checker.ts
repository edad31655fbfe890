import {
  bodyAt,
  CIRCULAR_STRING,
  GEOMETRY_COLLECTION,
  isEmptyPoint,
  SHAPE_LINE,
  SHAPE_PARTS,
  SHAPE_POINT,
  sridAt,
  strideOf,
  typeOfWord,
  wordAt,
} from "./_ewkb.ts";
import type { GeometryProblem, GeometryProblemKind } from "./check_geometry.ts";

/** WGS 84 in degrees, whose ranges are known. */
const WGS84 = 4326;

/** Looks for problems in the canonical geometries of one buffer. */
export class GeometryChecker {
  readonly #view: DataView;
  readonly #srid: number;
  readonly #partsOnly: boolean;
  #degrees = true;
  #problems: GeometryProblem[] = [];

  /**
   * `srid` is that of geometries that tell none; with `partsOnly` only what PostGIS refuses is looked for: lines and rings
   * of too few points, and open rings.
   */
  constructor(view: DataView, srid = WGS84, partsOnly = false) {
    this.#view = view;
    this.#srid = srid;
    this.#partsOnly = partsOnly;
  }

  /** The problems of the geometry at `at`; the list is the caller's unless it is empty. */
  check(at: number): GeometryProblem[] {
    if (this.#problems.length > 0) this.#problems = [];
    this.#degrees = (sridAt(this.#view, at) || this.#srid) === WGS84;
    this.#geometry(at);
    return this.#problems;
  }

  /** Checks the geometry at `at`; answers where it ends. */
  #geometry(at: number): number {
    const word = wordAt(this.#view, at);
    const { shape, code } = typeOfWord(word);
    const step = 8 * strideOf(word);
    let to = bodyAt(this.#view, at);
    if (shape === SHAPE_POINT) {
      if (!isEmptyPoint(this.#view, to)) this.#coordinates(to, 1, step);
      return to + step;
    }
    const count = this.#view.getUint32(to, true);
    to += 4;
    if (shape === SHAPE_LINE) {
      if (count > 0) this.#line(to, count, step, code);
      return to + count * step;
    }
    for (let i = 0; i < count; i++) {
      if (shape === SHAPE_PARTS) {
        to = this.#geometry(to);
        continue;
      }
      const points = this.#view.getUint32(to, true);
      // Only plain polygons have a side that is outside
      if (points > 0) this.#ring(to + 4, points, step, i, code <= GEOMETRY_COLLECTION);
      else this.#emptyRing(i);
      to += 4 + points * step;
    }
    return to;
  }

  #line(at: number, count: number, step: number, code: number): void {
    if (count === 1) {
      this.#add("too-few-points", "error", "A line needs at least two points, it has one", at);
    } else if (code === CIRCULAR_STRING && (count < 3 || count % 2 === 0)) {
      this.#add(
        "too-few-points",
        "error",
        `An arc has three points, arcs in a row five, seven …: not ${count}`,
        at,
      );
    }
    if (this.#partsOnly) return;
    this.#coordinates(at, count, step);
    this.#repeated(at, count, step);
  }

  #ring(at: number, count: number, step: number, index: number, oriented: boolean): void {
    const ring = ringName(index);
    const finite = !this.#partsOnly && this.#coordinates(at, count, step);
    if (!this.#partsOnly) this.#repeated(at, count, step);
    const last = at + (count - 1) * step;
    const closed = this.#x(at) === this.#x(last) && this.#y(at) === this.#y(last);
    if (!closed) {
      this.#add(
        "open-ring",
        "error",
        `${ring} ends at ${this.#text(last)}, not where it began, at ${this.#text(at)}`,
        last,
      );
    }
    if (count + (closed ? 0 : 1) < 4) {
      this.#add("too-few-points", "error", `${ring} needs at least four points, it has ${count}`, at);
      return;
    }
    if (finite) this.#shape(ring, at, count, step, index, oriented);
  }

  #emptyRing(index: number): void {
    const message = `${ringName(index)} needs at least four points, it has none`;
    this.#problems.push({ kind: "too-few-points", severity: "error", message });
  }

  #shape(ring: string, at: number, count: number, step: number, index: number, oriented: boolean): void {
    const crossing = findSelfIntersection(this.#view, at, count, step);
    if (crossing === "gave-up") {
      this.#add("not-checked", "note", `${ring} is too tangled to be searched for crossings`, at);
    } else if (crossing !== undefined) {
      this.#problems.push({
        kind: "self-intersection",
        severity: "warning",
        message: `${ring} crosses or touches itself near ${crossing[0]} ${crossing[1]}`,
        at: crossing,
      });
    } else if (oriented) {
      const area = signedArea(this.#view, at, count, step);
      if (area !== 0 && area > 0 !== (index === 0)) {
        const turns = area > 0 ? "counter-clockwise" : "clockwise";
        this.#add("orientation", "note", `${ring} runs ${turns}, against the rule of RFC 7946`, at);
      }
    }
  }

  /** Checks the ranges; answers whether all numbers are finite. */
  #coordinates(at: number, count: number, step: number): boolean {
    let notFinite = -1;
    let latitude = -1;
    let longitude = -1;
    // Backwards, so that the first place is the one that stays
    for (let to = at + (count - 1) * step; to >= at; to -= step) {
      for (let byte = 0; byte < step; byte += 8) {
        const value = this.#view.getFloat64(to + byte, true);
        // value - value is 0 for finite numbers alone
        if (value - value !== 0) notFinite = to;
      }
      if (Math.abs(this.#y(to)) > 90) latitude = to;
      if (Math.abs(this.#x(to)) > 180) longitude = to;
    }
    if (notFinite >= 0) {
      this.#add("not-finite", "error", `The coordinate ${this.#text(notFinite)} is not finite`, notFinite);
    }
    if (this.#degrees && latitude >= 0 && latitude !== notFinite) this.#latitude(latitude);
    if (this.#degrees && longitude >= 0 && longitude !== notFinite) {
      this.#add(
        "longitude",
        "warning",
        `Longitude ${this.#x(longitude)} is out of range, which is -180 to 180`,
        longitude,
      );
    }
    return notFinite < 0;
  }

  #latitude(at: number): void {
    const swapped = Math.abs(this.#x(at)) <= 90 && Math.abs(this.#y(at)) <= 180;
    const reason = swapped ? ": are latitude and longitude swapped?" : "";
    this.#add(
      "latitude",
      "error",
      `Latitude ${this.#y(at)} is out of range, which is -90 to 90${reason}`,
      at,
    );
  }

  #repeated(at: number, count: number, step: number): void {
    let repeated = 0;
    let first = at;
    for (let i = count - 1; i > 0; i--) {
      if (!isTwice(this.#view, at + i * step, step)) continue;
      repeated++;
      first = at + i * step;
    }
    if (repeated > 0) {
      this.#add(
        "repeated-vertex",
        "note",
        `${repeated === 1 ? "A vertex is" : `${repeated} vertices are`} repeated, at ${this.#text(first)}`,
        first,
      );
    }
  }

  #add(kind: GeometryProblemKind, severity: GeometryProblem["severity"], message: string, at: number): void {
    this.#problems.push({ kind, severity, message, at: [this.#x(at), this.#y(at)] });
  }

  #x(at: number): number {
    return this.#view.getFloat64(at, true);
  }

  #y(at: number): number {
    return this.#view.getFloat64(at + 8, true);
  }

  #text(at: number): string {
    return `${this.#x(at)} ${this.#y(at)}`;
  }
}

function ringName(index: number): string {
  return index === 0 ? "The outer ring" : `Hole ${index}`;
}

/** Whether the coordinate at `at` is the same as the one before it, in every dimension. */
export function isTwice(view: DataView, at: number, step: number): boolean {
  for (let byte = 0; byte < step; byte += 8) {
    if (view.getFloat64(at + byte, true) !== view.getFloat64(at + byte - step, true)) return false;
  }
  return true;
}

/** Twice the area of a ring, closed or not: positive where it runs counter-clockwise. */
export function signedArea(view: DataView, at: number, count: number, step: number): number {
  // Relative to the first vertex, so that small rings far from the origin keep their digits
  const x0 = view.getFloat64(at, true);
  const y0 = view.getFloat64(at + 8, true);
  let area = 0;
  let x1 = 0;
  let y1 = 0;
  for (let i = 1; i < count; i++) {
    const x2 = view.getFloat64(at + i * step, true) - x0;
    const y2 = view.getFloat64(at + i * step + 8, true) - y0;
    area += x1 * y2 - x2 * y1;
    x1 = x2;
    y1 = y2;
  }
  return area;
}

/** Pairs of segments compared at most in one ring: some tenths of a second. */
const MAX_PAIRS = 20_000_000;

/**
 * Where a ring crosses or touches itself: a point near there, undefined for nowhere, or `gave-up` after too many
 * comparisons. The ring may be open; it is closed for the purpose. All its numbers must be finite.
 *
 * The segments are swept from west to east, each compared with those whose x range it shares: close to
 * linear for rings as they occur.
 */
export function findSelfIntersection(
  view: DataView,
  at: number,
  count: number,
  step: number,
): [number, number] | "gave-up" | undefined {
  const ring = distinctVertices(view, at, count, step);
  const segments = ring.length / 2;
  if (segments < 3) return undefined;
  const x = (i: number): number => ring[2 * (i % segments)] as number;
  const order = Uint32Array.from({ length: segments }, (_, i) => i);
  const west = Float64Array.from(order, (i) => Math.min(x(i), x(i + 1)));
  order.sort((a, b) => (west[a] as number) - (west[b] as number));
  let active: number[] = [];
  let pairs = 0;
  for (const segment of order) {
    const start = west[segment] as number;
    active = active.filter((other) => Math.max(x(other), x(other + 1)) >= start);
    pairs += active.length + 1;
    if (pairs > MAX_PAIRS) return "gave-up";
    for (const other of active) {
      const meeting = meet(ring, segments, other, segment);
      if (meeting !== undefined) return meeting;
    }
    active.push(segment);
  }
  return undefined;
}

/** The vertices as x, y, x, y …, without repetitions and without the closing one. */
function distinctVertices(view: DataView, at: number, count: number, step: number): Float64Array {
  const ring = new Float64Array(2 * count);
  let length = 0;
  for (let i = 0; i < count; i++) {
    const x = view.getFloat64(at + i * step, true);
    const y = view.getFloat64(at + i * step + 8, true);
    if (length > 0 && ring[length - 2] === x && ring[length - 1] === y) continue;
    ring[length++] = x;
    ring[length++] = y;
  }
  while (length > 2 && ring[0] === ring[length - 2] && ring[1] === ring[length - 1]) length -= 2;
  return ring.subarray(0, length);
}

/** A point that two segments of a ring share, other than the vertex between neighbours. */
function meet(ring: Float64Array, segments: number, i: number, j: number): [number, number] | undefined {
  const a = 2 * i;
  const b = 2 * ((i + 1) % segments);
  const c = 2 * j;
  const d = 2 * ((j + 1) % segments);
  const side = (p: number, q: number, r: number): number =>
    ((ring[q] as number) - (ring[p] as number)) * ((ring[r + 1] as number) - (ring[p + 1] as number)) -
    ((ring[q + 1] as number) - (ring[p + 1] as number)) * ((ring[r] as number) - (ring[p] as number));
  const point = (p: number): [number, number] => [ring[p] as number, ring[p + 1] as number];
  if (b === c || d === a) {
    // Neighbours share a vertex; they meet elsewhere only when the ring turns back on itself.
    const [before, shared, after] = b === c ? [a, b, d] : [c, d, b];
    return side(before, shared, after) === 0 && isBack(ring, before, shared, after)
      ? point(shared)
      : undefined;
  }
  const ac = side(a, b, c);
  const ad = side(a, b, d);
  const ca = side(c, d, a);
  const cb = side(c, d, b);
  if (ac === 0 && isBetween(ring, a, b, c)) return point(c);
  if (ad === 0 && isBetween(ring, a, b, d)) return point(d);
  if (ca === 0 && isBetween(ring, c, d, a)) return point(a);
  if (cb === 0 && isBetween(ring, c, d, b)) return point(b);
  if (ac > 0 === ad > 0 || ca > 0 === cb > 0 || ac === 0 || ad === 0 || ca === 0 || cb === 0) {
    return undefined;
  }
  const share = ca / (ca - cb);
  const [x1, y1] = point(a);
  const [x2, y2] = point(b);
  return [x1 + share * (x2 - x1), y1 + share * (y2 - y1)];
}

/** Whether the way from `shared` to `after` goes back towards `before`; the three are on one line. */
function isBack(ring: Float64Array, before: number, shared: number, after: number): boolean {
  const x = ring[shared] as number;
  const y = ring[shared + 1] as number;
  return ((ring[before] as number) - x) * ((ring[after] as number) - x) +
      ((ring[before + 1] as number) - y) * ((ring[after + 1] as number) - y) > 0;
}

/** Whether `r`, which is on the line through `p` and `q`, lies between them. */
function isBetween(ring: Float64Array, p: number, q: number, r: number): boolean {
  for (let i = 0; i < 2; i++) {
    const from = Math.min(ring[p + i] as number, ring[q + i] as number);
    const to = Math.max(ring[p + i] as number, ring[q + i] as number);
    const value = ring[r + i] as number;
    if (value < from || value > to) return false;
  }
  return true;
}
