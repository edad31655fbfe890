import { SHAPE_LINE, SHAPE_PARTS, SHAPE_POINT, SRID_FLAG, strideOf, typeOfWord } from "./_layout.ts";
import type { Bounds } from "./geometry_types.ts";

/** A view of bytes, at the same place. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The type word of canonical bytes. */
export function wordAt(view: DataView, at: number): number {
  return view.getUint32(at + 1, true);
}

/** The SRID of canonical bytes, 0 for none. */
export function sridAt(view: DataView, at: number): number {
  return (wordAt(view, at) & SRID_FLAG) === 0 ? 0 : view.getUint32(at + 5, true);
}

/** Where the body of a canonical geometry starts. */
export function bodyAt(view: DataView, at: number): number {
  return (wordAt(view, at) & SRID_FLAG) === 0 ? at + 5 : at + 9;
}

/** Whether the canonical point whose numbers start at `body` is empty. */
export function isEmptyPoint(view: DataView, body: number): boolean {
  return Number.isNaN(view.getFloat64(body, true)) && Number.isNaN(view.getFloat64(body + 8, true));
}

/**
 * Receives a run of coordinates: a point, a line or a ring.
 *
 * @param at Where the first number stands
 * @param count How many coordinates there are
 * @param word The type word of the geometry they belong to
 */
export type RunVisitor = (at: number, count: number, word: number) => void;

/**
 * Calls `visit` for each run of coordinates of the canonical geometry at `at`, empty points left out;
 * answers where the geometry ends.
 */
export function visitRuns(view: DataView, at: number, visit: RunVisitor): number {
  const word = wordAt(view, at);
  const { shape } = typeOfWord(word);
  const step = 8 * strideOf(word);
  let to = bodyAt(view, at);
  if (shape === SHAPE_POINT) {
    if (!isEmptyPoint(view, to)) visit(to, 1, word);
    return to + step;
  }
  const count = view.getUint32(to, true);
  to += 4;
  if (shape === SHAPE_LINE) {
    if (count > 0) visit(to, count, word);
    return to + count * step;
  }
  for (let i = 0; i < count; i++) {
    if (shape === SHAPE_PARTS) {
      to = visitRuns(view, to, visit);
      continue;
    }
    const points = view.getUint32(to, true);
    to += 4;
    if (points > 0) visit(to, points, word);
    to += points * step;
  }
  return to;
}

/** A box that holds nothing yet. */
export function noBounds(): Bounds {
  return [Infinity, Infinity, -Infinity, -Infinity];
}

/** Widens a box by a run of coordinates; those that are not finite are left out. */
export function widen(bounds: Bounds, view: DataView, at: number, count: number, step: number): void {
  const end = at + count * step;
  let [west, south, east, north] = bounds;
  for (let to = at; to < end; to += step) {
    const x = view.getFloat64(to, true);
    const y = view.getFloat64(to + 8, true);
    // x - x is 0 for finite numbers alone
    if (x - x !== 0 || y - y !== 0) continue;
    if (x < west) west = x;
    if (x > east) east = x;
    if (y < south) south = y;
    if (y > north) north = y;
  }
  bounds[0] = west;
  bounds[1] = south;
  bounds[2] = east;
  bounds[3] = north;
}
