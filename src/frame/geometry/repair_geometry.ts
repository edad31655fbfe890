import {
  bodyAt,
  ByteSink,
  LINE_STRING,
  SHAPE_LINE,
  SHAPE_PARTS,
  SHAPE_POINT,
  strideOf,
  TRIANGLE,
  typeOfWord,
  viewOf,
  wordAt,
} from "./_ewkb.ts";
import { isTwice, signedArea } from "./_geometry_checker.ts";
import { Geometry } from "./geometry.ts";

/** What {@linkcode repairGeometry} may mend; everything by default. */
export interface RepairGeometryOptions {
  /** Add the first vertex to the end of open rings. */
  closeRings?: boolean | undefined;
  /** Leave out vertices that are there twice in a row. */
  dropRepeated?: boolean | undefined;
  /** Turn outer rings counter-clockwise and holes clockwise, as RFC 7946 has it. */
  orientRings?: boolean | undefined;
}

/** A mended geometry, and what was done to it. */
export interface RepairedGeometry {
  /** The geometry; the very same when there was nothing to mend. */
  geometry: Geometry;
  /** How many rings were closed. */
  closedRings: number;
  /** How many vertices were left out. */
  droppedVertices: number;
  /** How many rings were turned round. */
  turnedRings: number;
}

/**
 * Mends what can be mended without a guess: open rings, repeated vertices, rings that run the wrong way. Everything else,
 * such as a bow tie or a line of one point, stays as it is; {@linkcode checkGeometry} still tells of it.
 *
 * @param geometry The geometry, which itself is not changed
 * @param options What to mend
 * @returns The mended geometry and what was done
 *
 * @example Close a ring
 * ```ts
 * import { Geometry, repairGeometry } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const open = Geometry.from({ type: "Polygon", coordinates: [[[0, 0], [1, 0], [1, 1]]] });
 * if (open === null) throw new Error("no geometry");
 * const { geometry, closedRings } = repairGeometry(open);
 * assertEquals(geometry.toWkt(), "POLYGON ((0 0, 1 0, 1 1, 0 0))");
 * assertEquals(closedRings, 1);
 * ```
 */
export function repairGeometry(geometry: Geometry, options: RepairGeometryOptions = {}): RepairedGeometry {
  const repairer = new Repairer(geometry.wkb, options);
  repairer.geometry(0);
  const { closedRings, droppedVertices, turnedRings } = repairer;
  const same = closedRings + droppedVertices + turnedRings === 0;
  return {
    geometry: same ? geometry : new Geometry(repairer.sink.copy(), { canonical: true }),
    closedRings,
    droppedVertices,
    turnedRings,
  };
}

class Repairer {
  readonly sink: ByteSink;
  closedRings = 0;
  droppedVertices = 0;
  turnedRings = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #close: boolean;
  readonly #drop: boolean;
  readonly #orient: boolean;

  constructor(bytes: Uint8Array, options: RepairGeometryOptions) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.sink = new ByteSink(bytes.length + 64);
    this.#close = options.closeRings ?? true;
    this.#drop = options.dropRepeated ?? true;
    this.#orient = options.orientRings ?? true;
  }

  /** Copies the geometry at `at`, mended; answers where it ends. */
  geometry(at: number): number {
    const word = wordAt(this.#view, at);
    const { shape, code } = typeOfWord(word);
    const step = 8 * strideOf(word);
    let to = bodyAt(this.#view, at);
    const bodyEnd = shape === SHAPE_POINT ? to + step : to;
    this.sink.append(this.#bytes.subarray(at, bodyEnd));
    if (shape === SHAPE_POINT) return bodyEnd;
    const count = this.#view.getUint32(to, true);
    to += 4;
    if (shape === SHAPE_LINE) {
      // The middle points of arcs mean something even where they repeat
      this.#vertices(this.#kept(to, count, step, code === LINE_STRING ? 2 : Infinity), step);
      return to + count * step;
    }
    this.sink.uint32(count);
    for (let i = 0; i < count; i++) {
      if (shape === SHAPE_PARTS) {
        to = this.geometry(to);
        continue;
      }
      const points = this.#view.getUint32(to, true);
      this.#ring(to + 4, points, step, i === 0, code !== TRIANGLE);
      to += 4 + points * step;
    }
    return to;
  }

  #ring(at: number, count: number, step: number, outer: boolean, oriented: boolean): void {
    if (count === 0) return this.sink.uint32(0);
    const last = at + (count - 1) * step;
    const open = this.#view.getFloat64(at, true) !== this.#view.getFloat64(last, true) ||
      this.#view.getFloat64(at + 8, true) !== this.#view.getFloat64(last + 8, true);
    const vertices = this.#kept(at, count, step, open ? 3 : 4);
    if (open && this.#close && vertices.length >= 3) {
      vertices.push(at);
      this.closedRings++;
    }
    const area = this.#orient && oriented ? signedArea(this.#view, at, count, step) : 0;
    if (area !== 0 && area > 0 !== outer) {
      vertices.reverse();
      this.turnedRings++;
    }
    this.#vertices(vertices, step);
  }

  /** Where the vertices stand that stay; all of them when fewer than `least` would be left. */
  #kept(at: number, count: number, step: number, least: number): number[] {
    const all = Array.from({ length: count }, (_, i) => at + i * step);
    if (!this.#drop) return all;
    const kept = all.filter((vertex, i) => i === 0 || !isTwice(this.#view, vertex, step));
    if (kept.length === count || kept.length < least) return all;
    this.droppedVertices += count - kept.length;
    return kept;
  }

  #vertices(vertices: readonly number[], step: number): void {
    this.sink.uint32(vertices.length);
    this.sink.reserve(vertices.length * step);
    for (const vertex of vertices) this.sink.append(this.#bytes.subarray(vertex, vertex + step));
  }
}
