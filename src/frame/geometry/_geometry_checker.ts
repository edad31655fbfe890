import type { GeometryProblem, GeometryProblemKind } from "./check_geometry.ts";
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
import { bodyAt, isEmptyPoint, sridAt, wordAt } from "./_walk.ts";

/** WGS 84 in degrees, whose ranges are known. */
const WGS84 = 4326;

/** Looks for problems in the canonical geometries of one buffer. */
export class GeometryChecker {
  readonly #view: DataView;
  readonly #srid: number;
  #degrees = true;
  #problems: GeometryProblem[] = [];

  /** `srid` is that of geometries that tell none. */
  constructor(view: DataView, srid = WGS84) {
    this.#view = view;
    this.#srid = srid;
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
      if (count > 0) this.#line(to, count, step);
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
