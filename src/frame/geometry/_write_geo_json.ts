import { DataError } from "../../errors/mod.ts";
import type { GeoJsonGeometry, GeoJsonOptions, GeoJsonPosition } from "./geo_json_types.ts";
import {
  GEOMETRY_COLLECTION,
  M_FLAG,
  SHAPE_LINE,
  SHAPE_POINT,
  SHAPE_RINGS,
  strideOf,
  typeOfWord,
} from "./_layout.ts";
import { bodyAt, isEmptyPoint, wordAt } from "./_walk.ts";

const DEFAULTS: GeoJsonOptions = {};

/** The canonical geometry at `at` as a GeoJSON object. */
export function writeGeoJson(view: DataView, at = 0, options: GeoJsonOptions = DEFAULTS): GeoJsonGeometry {
  checkWritable(view, at, options);
  return new GeoJsonWriter(view, at).geometry();
}

/** Refuses what GeoJSON cannot hold. */
function checkWritable(view: DataView, at: number, options: GeoJsonOptions): void {
  const word = wordAt(view, at);
  if ((word & M_FLAG) === 0) return;
  if (options.measures !== "drop") {
    throw new DataError("Cannot write a geometry with measures (M) as GeoJSON, which has no place for them", {
      hint: 'Leave them out with { measures: "drop" }, or write WKT or WKB',
    });
  }
  options.onDrop?.();
}

class GeoJsonWriter {
  readonly #view: DataView;
  #at: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  geometry(): GeoJsonGeometry {
    const { code, name } = typeOfWord(wordAt(this.#view, this.#at));
    if (code > GEOMETRY_COLLECTION) {
      throw new DataError(`Cannot write a ${name} as GeoJSON, which has no such type`, {
        hint: "Turn it into lines or polygons first, as ST_CurveToLine does, or write WKT or WKB",
      });
    }
    if (code !== GEOMETRY_COLLECTION) return { type: name, coordinates: this.#content() } as GeoJsonGeometry;
    this.#at = bodyAt(this.#view, this.#at);
    const geometries: GeoJsonGeometry[] = [];
    for (let left = this.#count(); left > 0; left--) geometries.push(this.geometry());
    return { type: "GeometryCollection", geometries };
  }

  /** The nested positions of the geometry that starts here. */
  #content(): unknown[] {
    const word = wordAt(this.#view, this.#at);
    const { shape } = typeOfWord(word);
    const stride = strideOf(word);
    const kept = 2 + (word >>> 31);
    this.#at = bodyAt(this.#view, this.#at);
    if (shape === SHAPE_POINT) return this.#point(stride, kept);
    if (shape === SHAPE_LINE) return this.#positions(stride, kept);
    const parts: unknown[] = [];
    for (let left = this.#count(); left > 0; left--) {
      parts.push(shape === SHAPE_RINGS ? this.#positions(stride, kept) : this.#content());
    }
    return parts;
  }

  #point(stride: number, kept: number): GeoJsonPosition {
    const at = this.#at;
    this.#at += 8 * stride;
    return isEmptyPoint(this.#view, at) ? [] : this.#position(at, kept);
  }

  #positions(stride: number, kept: number): GeoJsonPosition[] {
    const positions: GeoJsonPosition[] = [];
    for (let left = this.#count(); left > 0; left--) {
      positions.push(this.#position(this.#at, kept));
      this.#at += 8 * stride;
    }
    return positions;
  }

  #position(at: number, kept: number): GeoJsonPosition {
    const x = this.#number(at);
    const y = this.#number(at + 8);
    return kept === 2 ? [x, y] : [x, y, this.#number(at + 16)];
  }

  #number(at: number): number {
    const value = this.#view.getFloat64(at, true);
    // value - value is 0 for finite numbers alone
    if (value - value !== 0) {
      throw new DataError(`Cannot write the coordinate ${value} as GeoJSON, which has finite numbers only`);
    }
    return value;
  }

  #count(): number {
    const count = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return count;
  }
}
