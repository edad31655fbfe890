import { ArgumentError } from "../../errors/carto_error.ts";
import {
  ALONE,
  ByteSink,
  canonicalize,
  hexOf,
  isoWkb,
  M_FLAG,
  MAX_SRID,
  noBounds,
  sridAt,
  strideOf,
  typeOfWord,
  viewOf,
  visitRuns,
  widen,
  withSrid,
  wordAt,
  Z_FLAG,
} from "./_ewkb.ts";
import { ewkbOf } from "./_any_to_ewkb.ts";
import { parseWkt, writeWkt } from "./_wkt.ts";
import { reproject } from "./_reproject.ts";
import { writeGeoJson } from "./_geo_json.ts";
import type { Bounds, CoordinateVisitor, GeometryType } from "./geometry_types.ts";
import type { GeoJsonGeometry, GeoJsonOptions } from "./geo_json_types.ts";

/** Longer texts are cut in what `console.log` shows. */
const INSPECT_LENGTH = 80;

/** Text that a geometry can be read from, and the like: see {@linkcode Geometry.from}. */
export type GeometryInput = Geometry | Uint8Array | ArrayBuffer | string | object | null | undefined;

/** How bytes are taken by the constructor of {@linkcode Geometry}. */
export interface GeometryOptions {
  /**
   * The bytes are known to be canonical EWKB, such as those of another geometry or a column: they are neither looked at
   * nor copied, and must not change afterwards. Default: false.
   */
  canonical?: boolean | undefined;
}

/** For bytes that this module itself wrote. */
const CANONICAL: GeometryOptions = { canonical: true };

/**
 * One geometry: a light view of EWKB bytes, from which everything else is read when asked for.
 *
 * Heights (Z) and measures (M) are kept apart and both kept. Nothing is changed on the way in or out: rings may be
 * open, turn either way or cross themselves; {@linkcode checkGeometry} tells.
 *
 * @example Read any notation, write any other
 * ```ts
 * import { Geometry } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const place = Geometry.fromWkt("SRID=4326;POINT(2.35 48.85)");
 * assertEquals(place.srid, 4326);
 * assertEquals(place.toGeoJSON(), { type: "Point", coordinates: [2.35, 48.85] });
 * assertEquals(place.toEwkbHex(), "0101000020E6100000CDCCCCCCCCCC0240CDCCCCCCCC6C4840");
 * ```
 */
export class Geometry {
  /** Canonical EWKB: little-endian, extended flags, the SRID (if any) on the outermost geometry. Not to be changed. */
  readonly wkb: Uint8Array;
  #view: DataView | undefined;

  /**
   * Reads WKB or EWKB bytes: either byte order, also mixed, and both dialects of the Z and M flags.
   *
   * @param wkb The bytes of one geometry; they are copied
   * @param options Whether the bytes are known to be canonical
   * @throws {DataError} The bytes are cut or are no WKB; the place tells the byte
   */
  constructor(wkb: Uint8Array, options: GeometryOptions = {}) {
    this.wkb = options.canonical === true ? wkb : canonicalize(wkb, ALONE);
  }

  /**
   * Reads one value in whichever way it is written.
   *
   * @param value A `Geometry`; WKB or EWKB bytes; the same as hexadecimal text, also with `\x` before it, or as the
   * bytes of that text; WKT or EWKT; a GeoJSON geometry or feature, as an object or as text
   * @returns The geometry, or null for null, undefined, `NaN`, empty text, empty bytes and a feature without geometry.
   * GeoJSON has SRID 4326 unless it tells another; the other notations have the one they tell, or 0
   * @throws {DataError} The value cannot be read; the place tells the byte or the position
   */
  static from(value: GeometryInput): Geometry | null {
    if (value instanceof Geometry) return value;
    const wkb = ewkbOf(value, ALONE);
    return wkb === null ? null : new Geometry(wkb, CANONICAL);
  }

  /**
   * Reads WKT or EWKT, in upper or lower case. Three numbers are x, y, z unless the text says M.
   *
   * @param text Such as `POINT(1 2)`, `SRID=4326;POINT Z (1 2 3)` or `MULTIPOINT(1 2, 3 4)`
   * @returns The geometry
   * @throws {DataError} The text is no WKT; the place tells the position, counted from 1
   */
  static fromWkt(text: string): Geometry {
    const sink = new ByteSink(Math.min(64 + text.length, 1 << 20));
    parseWkt(text, ALONE, sink);
    return new Geometry(sink.copy(), CANONICAL);
  }

  /** The kind of geometry. */
  get type(): GeometryType {
    return typeOfWord(this.#word).name;
  }

  /** The number of the coordinate system, such as 4326 for longitude and latitude; 0 when it is not told. */
  get srid(): number {
    return sridAt(this.#bytes, 0);
  }

  /** Whether the coordinates have a height. */
  get hasZ(): boolean {
    return (this.#word & Z_FLAG) !== 0;
  }

  /** Whether the coordinates have a measure. */
  get hasM(): boolean {
    return (this.#word & M_FLAG) !== 0;
  }

  /** Whether there is no coordinate in it. */
  get isEmpty(): boolean {
    return this.numCoordinates === 0;
  }

  /** How many coordinates there are, the last of each ring included. */
  get numCoordinates(): number {
    let total = 0;
    visitRuns(this.#bytes, 0, (_at, count) => void (total += count));
    return total;
  }

  /** The box around it, in its own units; undefined when it is empty. Coordinates that are not finite do not count. */
  get bounds(): Bounds | undefined {
    const bounds = noBounds();
    const step = 8 * strideOf(this.#word);
    visitRuns(this.#bytes, 0, (at, count) => widen(bounds, this.#bytes, at, count, step));
    return bounds[0] > bounds[2] ? undefined : bounds;
  }

  /**
   * Calls a function for each coordinate, in the order of the bytes.
   *
   * @param visit Receives x, y, z and m; `NaN` for what there is not
   */
  forEachCoordinate(visit: CoordinateVisitor): void {
    const view = this.#bytes;
    const stride = strideOf(this.#word);
    const mAt = this.hasZ ? 24 : 16;
    visitRuns(view, 0, (at, count) => {
      for (let i = 0; i < count; i++) {
        const to = at + i * 8 * stride;
        visit(
          view.getFloat64(to, true),
          view.getFloat64(to + 8, true),
          this.hasZ ? view.getFloat64(to + 16, true) : NaN,
          this.hasM ? view.getFloat64(to + mAt, true) : NaN,
        );
      }
    });
  }

  /**
   * The geometry as a GeoJSON object, with its heights. Coordinates stay as they are: call
   * {@linkcode Geometry.toWgs84} first where the SRID is another than 4326.
   *
   * @param options What to do with measures
   * @returns The object
   * @throws {DataError} It has measures and they are not to be dropped, is a curve, or has a coordinate that is not finite
   */
  toGeoJSON(options: GeoJsonOptions = {}): GeoJsonGeometry {
    return writeGeoJson(this.#bytes, 0, options);
  }

  /** The geometry as WKT, such as `POINT Z (1 2 3)`; each number is the shortest that reads back as the same. */
  toWkt(): string {
    return writeWkt(this.#bytes);
  }

  /** The geometry as EWKT, such as `SRID=4326;POINT (1 2)`; the prefix is left out when there is no SRID. */
  toEwkt(): string {
    const { srid } = this;
    return srid === 0 ? this.toWkt() : `SRID=${srid};${this.toWkt()}`;
  }

  /** The geometry as PostGIS writes it: EWKB in hexadecimal, upper case. */
  toEwkbHex(): string {
    return hexOf(this.wkb);
  }

  /** The geometry as ISO WKB, as GeoParquet and most readers want it: little-endian, without the SRID. */
  toWkb(): Uint8Array {
    return isoWkb(this.wkb);
  }

  /**
   * The same coordinates with another SRID; nothing is reprojected.
   *
   * @param srid The number of the coordinate system, or 0 for none
   * @returns A geometry with that SRID
   * @throws {ArgumentError} The number is none of 0 to 999999
   */
  withSrid(srid: number): Geometry {
    if (!Number.isInteger(srid) || srid < 0 || srid > MAX_SRID) {
      throw new ArgumentError(`Cannot set SRID ${srid}: it must be a whole number from 0 to ${MAX_SRID}`, {
        argument: "srid",
      });
    }
    return srid === this.srid ? this : new Geometry(withSrid(this.wkb, srid), CANONICAL);
  }

  /**
   * The same place in longitude and latitude of WGS 84 (SRID 4326). A geometry without an SRID is taken to be so already.
   *
   * @returns A geometry with SRID 4326
   * @throws {UnsupportedError} The coordinate system is none of those known here
   */
  toWgs84(): Geometry {
    return this.reproject(4326);
  }

  /**
   * The same place in another coordinate system. Known are 4326 and what counts as equal to it within two metres (4269,
   * 4258), 3857 with its old numbers, 3395, and 2263. A geometry without an SRID is taken for 4326. Heights and
   * measures stay as they are.
   *
   * @param srid The number of the coordinate system wanted
   * @returns A geometry with that SRID
   * @throws {UnsupportedError} One of the two coordinate systems is not known
   * @throws {DataError} A coordinate has no place there, such as a pole in Mercator
   */
  reproject(srid: number): Geometry {
    const from = this.srid === 0 ? 4326 : this.srid;
    if (from === srid) return this.withSrid(srid);
    return new Geometry(reproject(this.withSrid(srid).wkb, from, srid), CANONICAL);
  }

  /**
   * Whether another geometry is the same in every bit: type, SRID, dimensions, order and each number.
   *
   * @param other The geometry to compare with
   * @returns Whether nothing tells them apart
   */
  equals(other: Geometry | null | undefined): boolean {
    if (other === null || other === undefined || other.wkb.length !== this.wkb.length) return false;
    for (let i = 0; i < this.wkb.length; i++) if (this.wkb[i] !== other.wkb[i]) return false;
    return true;
  }

  /** The geometry as EWKT. */
  toString(): string {
    return this.toEwkt();
  }

  /**
   * What `JSON.stringify` takes: the GeoJSON geometry, or EWKT where GeoJSON cannot hold all of it (measures, curves,
   * numbers that are not finite, or an SRID that is neither 4326 nor 0). {@linkcode Geometry.from} reads both.
   */
  toJSON(): GeoJsonGeometry | string {
    if (this.hasM || (this.srid !== 0 && this.srid !== 4326)) return this.toEwkt();
    try {
      return this.toGeoJSON();
    } catch {
      return this.toEwkt();
    }
  }

  get #bytes(): DataView {
    return this.#view ??= viewOf(this.wkb);
  }

  get #word(): number {
    return wordAt(this.#bytes, 0);
  }

  static {
    Object.defineProperty(Geometry.prototype, Symbol.for("Deno.customInspect"), { value: inspect });
    Object.defineProperty(Geometry.prototype, Symbol.for("nodejs.util.inspect.custom"), { value: inspect });
  }
}

/** One line for `console.log`, however large the geometry is. */
function inspect(this: Geometry): string {
  const { numCoordinates } = this;
  // Even the shortest coordinate takes four characters.
  const text = numCoordinates > INSPECT_LENGTH / 4 ? "" : this.toEwkt();
  if (text !== "" && text.length <= INSPECT_LENGTH) return `Geometry(${text})`;
  const srid = this.srid === 0 ? "" : `SRID=${this.srid};`;
  const dimensions = `${this.hasZ ? "Z" : ""}${this.hasM ? "M" : ""}`;
  const type = `${this.type.toUpperCase()}${dimensions === "" ? "" : ` ${dimensions}`}`;
  return `Geometry(${srid}${type} of ${numCoordinates} coordinates)`;
}
