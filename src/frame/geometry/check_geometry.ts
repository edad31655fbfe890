import {
  GEOMETRY_COLLECTION,
  SHAPE_LINE,
  SHAPE_PARTS,
  SHAPE_POINT,
  strideOf,
  typeOfWord,
} from "./_layout.ts";
import { findSelfIntersection } from "./_self_intersection.ts";
import { isTwice, signedArea } from "./_rings.ts";
import { bodyAt, isEmptyPoint, sridAt, viewOf, wordAt } from "./_walk.ts";
import type { Geometry } from "./geometry.ts";

/**
 * What can be wrong with a geometry.
 *
 * | kind | severity | what it means |
 * |---|---|---|
 * | `latitude` | error | beyond a pole; only in longitude and latitude |
 * | `longitude` | warning | beyond ±180, so perhaps one turn too far; only in longitude and latitude |
 * | `not-finite` | error | a coordinate is `NaN` or infinite |
 * | `too-few-points` | error | a line of one point, or a ring of fewer than four |
 * | `open-ring` | error | a ring does not end where it began |
 * | `self-intersection` | warning | a ring crosses or touches itself, as a bow tie does: areas and joins come out wrong |
 * | `repeated-vertex` | note | a vertex is there twice in a row |
 * | `orientation` | note | an outer ring runs clockwise, or a hole does not: PostGIS does not mind, RFC 7946 does |
 * | `not-checked` | note | a ring is too tangled to be searched for crossings in reasonable time |
 *
 * PostGIS refuses the errors, or they have no place on a map; it takes the rest.
 */
export type GeometryProblemKind =
  | "latitude"
  | "longitude"
  | "not-finite"
  | "too-few-points"
  | "open-ring"
  | "self-intersection"
  | "repeated-vertex"
  | "orientation"
  | "not-checked";

/** One thing that is wrong with a geometry. */
export interface GeometryProblem {
  /** What it is. */
  kind: GeometryProblemKind;
  /** `error`: cannot be stored; `warning`: can be stored, but results will be wrong; `note`: harmless. */
  severity: "error" | "warning" | "note";
  /** The reason, for a person. */
  message: string;
  /** The coordinate in question, where there is one, as x and y. */
  at?: [x: number, y: number] | undefined;
}

/** How a geometry is checked. */
export interface CheckGeometryOptions {
  /** The coordinate system of a geometry that tells none; 4326 by default. Ranges are checked in 4326 only. */
  srid?: number | undefined;
}

/**
 * Looks for what is wrong with a geometry. Each kind of problem is told once for each line or ring, at the first
 * place where it shows. The poles and all latitudes up to them are right, though Mercator maps end at 85.06.
 *
 * @param geometry The geometry; null has no problems
 * @param options Which coordinate system to assume
 * @returns The problems, in the order of the coordinates; an empty list when there are none
 *
 * @example A latitude that does not exist
 * ```ts
 * import { checkGeometry, Geometry } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const [problem] = checkGeometry(Geometry.fromWkt("POINT(40.4 -93.7)"));
 * assertEquals(problem?.kind, "latitude");
 * assertEquals(checkGeometry(Geometry.fromWkt("POINT(0 90)")), []);
 * ```
 */
export function checkGeometry(
  geometry: Geometry | null,
  options: CheckGeometryOptions = {},
): GeometryProblem[] {
  if (geometry === null) return [];
  const view = viewOf(geometry.wkb);
  const srid = sridAt(view, 0) || (options.srid ?? 4326);
  const checker = new Checker(view, srid === 4326);
  checker.geometry(0);
  return checker.problems;
}

class Checker {
  readonly problems: GeometryProblem[] = [];
  readonly #view: DataView;
  readonly #degrees: boolean;

  constructor(view: DataView, degrees: boolean) {
    this.#view = view;
    this.#degrees = degrees;
  }

  /** Checks the geometry at `at`; answers where it ends. */
  geometry(at: number): number {
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
      if (count > 0) this.#line(to, count, step);
      return to + count * step;
    }
    for (let i = 0; i < count; i++) {
      if (shape === SHAPE_PARTS) {
        to = this.geometry(to);
        continue;
      }
      const points = this.#view.getUint32(to, true);
      // Only plain polygons have a side that is outside
      if (points > 0) this.#ring(to + 4, points, step, i, code <= GEOMETRY_COLLECTION);
      to += 4 + points * step;
    }
    return to;
  }

  #line(at: number, count: number, step: number): void {
    if (count === 1) {
      this.#add("too-few-points", "error", "A line needs at least two points, it has one", at);
    }
    this.#coordinates(at, count, step);
    this.#repeated(at, count, step);
  }

  #ring(at: number, count: number, step: number, index: number, oriented: boolean): void {
    const ring = index === 0 ? "The outer ring" : `Hole ${index}`;
    const finite = this.#coordinates(at, count, step);
    this.#repeated(at, count, step);
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

  #shape(ring: string, at: number, count: number, step: number, index: number, oriented: boolean): void {
    const crossing = findSelfIntersection(this.#view, at, count, step);
    if (crossing === "gave-up") {
      this.#add("not-checked", "note", `${ring} is too tangled to be searched for crossings`, at);
    } else if (crossing !== undefined) {
      this.problems.push({
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
    for (let i = count - 1, to = at + i * step; i >= 0; i--, to -= step) {
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
    this.problems.push({ kind, severity, message, at: [this.#x(at), this.#y(at)] });
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
