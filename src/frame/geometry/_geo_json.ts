import { DataError } from "../../errors/carto_error.ts";
import {
  bodyAt,
  type ByteSink,
  excerpt,
  GEOMETRY_COLLECTION,
  isEmptyPoint,
  M_FLAG,
  MAX_DEPTH,
  SHAPE_LINE,
  SHAPE_POINT,
  SHAPE_RINGS,
  SRID_FLAG,
  strideOf,
  type TypeInfo,
  typeOfCode,
  typeOfWord,
  valueFault,
  type Where,
  wordAt,
  Z_FLAG,
} from "./_ewkb.ts";
import type { GeoJsonGeometry, GeoJsonOptions, GeoJsonPosition } from "./geo_json_types.ts";

/** WGS 84 in degrees, which RFC 7946 prescribes. */
const WGS84 = 4326;

const TYPE_CODES: Readonly<Record<string, number>> = {
  Point: 1,
  LineString: 2,
  Polygon: 3,
  MultiPoint: 4,
  MultiLineString: 5,
  MultiPolygon: 6,
  GeometryCollection: 7,
};

/**
 * Reads a GeoJSON geometry or feature and appends canonical EWKB; answers false for a feature that is nowhere.
 * Its SRID is that of a `crs` member of the old GeoJSON, or else `srid`.
 */
export function readGeoJson(value: object, where: Where, sink: ByteSink, srid = WGS84): boolean {
  const { type } = value as { type?: unknown };
  if (type === "FeatureCollection") {
    throw fault(where, "A whole FeatureCollection stands where one geometry must stand");
  }
  if (type !== "Feature") {
    new GeoJsonReader(where, sridOfCrs(value, where) ?? srid, sink).read(value);
    return true;
  }
  const { geometry } = value as { geometry?: unknown };
  if (geometry === null || geometry === undefined) return false;
  if (!isObject(geometry)) throw fault(where, '"geometry" must be an object or null');
  const own = sridOfCrs(geometry, where) ?? sridOfCrs(value, where) ?? srid;
  new GeoJsonReader(where, own, sink).read(geometry);
  return true;
}

class GeoJsonReader {
  readonly #where: Where;
  readonly #srid: number;
  readonly #sink: ByteSink;
  #stride = 0;

  constructor(where: Where, srid: number, sink: ByteSink) {
    this.#where = where;
    this.#srid = srid;
    this.#sink = sink;
  }

  read(value: object): void {
    this.#stride = firstLength(value, 0) >= 3 ? 3 : 2;
    this.#geometry(value, 0, "");
  }

  #geometry(value: unknown, depth: number, path: string): void {
    if (depth > MAX_DEPTH) throw this.#fault(path, `is nested more than ${MAX_DEPTH} levels deep`);
    const { type, coordinates, geometries } = (isObject(value) ? value : {}) as Record<string, unknown>;
    const code = typeof type === "string" && Object.hasOwn(TYPE_CODES, type) ? TYPE_CODES[type] : undefined;
    if (code === undefined) {
      throw this.#fault(`${path}type`, `must be a geometry type such as "Point", not ${describe(type)}`);
    }
    const info = typeOfCode(code) as TypeInfo;
    if (code !== GEOMETRY_COLLECTION) {
      return this.#content(info, coordinates, `${path}coordinates`, depth === 0);
    }
    const parts = this.#list(geometries, `${path}geometries`);
    this.#header(info, depth === 0);
    this.#sink.uint32(parts.length);
    for (let i = 0; i < parts.length; i++) this.#geometry(parts[i], depth + 1, `${path}geometries[${i}].`);
  }

  #header(info: TypeInfo, outermost: boolean): void {
    const srid = outermost ? this.#srid : 0;
    const flags = (this.#stride === 3 ? Z_FLAG : 0) | (srid === 0 ? 0 : SRID_FLAG);
    this.#sink.header(info.code | flags, srid);
  }

  #content(info: TypeInfo, value: unknown, path: string, outermost: boolean): void {
    const list = this.#list(value, path);
    this.#header(info, outermost);
    if (info.shape === SHAPE_POINT) return this.#point(list, path);
    if (info.shape === SHAPE_LINE) return this.#positions(list, path);
    this.#sink.uint32(list.length);
    const part = typeOfCode(info.plainPart);
    for (let i = 0; i < list.length; i++) {
      if (info.shape === SHAPE_RINGS) this.#positions(this.#list(list[i], `${path}[${i}]`), `${path}[${i}]`);
      else this.#content(part as TypeInfo, list[i], `${path}[${i}]`, false);
    }
  }

  #point(list: readonly unknown[], path: string): void {
    if (list.length > 0) return this.#position(list, path, -1);
    for (let i = 0; i < this.#stride; i++) this.#sink.float64(NaN);
  }

  #positions(list: readonly unknown[], path: string): void {
    this.#sink.uint32(list.length);
    this.#sink.reserve(list.length * 8 * this.#stride);
    for (let i = 0; i < list.length; i++) this.#position(list[i], path, i);
  }

  /** One position; `index` is its place in the list at `path`, or -1 where it is the list. */
  #position(value: unknown, path: string, index: number): void {
    const stride = this.#stride;
    if (!Array.isArray(value) || value.length !== stride) throw this.#positionFault(value, path, index);
    for (let i = 0; i < stride; i++) {
      const number: unknown = value[i];
      // number - number is 0 for finite numbers alone
      if (typeof number !== "number" || number - number !== 0) {
        throw this.#fault(
          `${path}${index < 0 ? "" : `[${index}]`}[${i}]`,
          `must be a finite number, not ${describe(number)}`,
        );
      }
      this.#sink.float64(number);
    }
  }

  #positionFault(value: unknown, path: string, index: number): Error {
    const here = index < 0 ? path : `${path}[${index}]`;
    if (!Array.isArray(value)) return this.#fault(here, `must be a list of numbers, not ${describe(value)}`);
    if (value.length > 3) {
      return this.#fault(
        here,
        `has ${value.length} numbers, where GeoJSON knows longitude, latitude and height`,
      );
    }
    if (value.length < 2) return this.#fault(here, "needs a longitude and a latitude");
    return this.#fault(here, `has ${value.length} numbers, other positions of the geometry ${this.#stride}`);
  }

  #list(value: unknown, path: string): readonly unknown[] {
    if (!Array.isArray(value)) throw this.#fault(path, `must be a list, not ${describe(value)}`);
    return value;
  }

  #fault(path: string, message: string): Error {
    return fault(this.#where, path === "" ? `It ${message}` : `"${path}" ${message}`);
  }
}

/** How many numbers the first position of a geometry has; 0 when there is none. */
function firstLength(value: unknown, depth: number): number {
  if (depth > MAX_DEPTH) return 0;
  if (Array.isArray(value)) {
    if (typeof value[0] === "number") return value.length;
    return firstOf(value, depth);
  }
  if (!isObject(value)) return 0;
  const { coordinates, geometries } = value as Record<string, unknown>;
  return firstLength(Array.isArray(geometries) ? geometries : coordinates, depth + 1);
}

function firstOf(list: readonly unknown[], depth: number): number {
  for (const item of list) {
    const length = firstLength(item, depth + 1);
    if (length > 0) return length;
  }
  return 0;
}

/**
 * The SRID that a `crs` member of the old GeoJSON tells; undefined without one.
 */
export function sridOfCrs(value: object, where: Where): number | undefined {
  const { crs } = value as { crs?: unknown };
  if (crs === undefined || crs === null) return undefined;
  const name = (crs as { properties?: { name?: unknown } }).properties?.name;
  const text = typeof name === "string" ? name : "";
  if (/^(urn:ogc:def:crs:OGC:[\d.]*:|OGC:)CRS84h?$/i.test(text)) return WGS84;
  const code = /^(?:urn:ogc:def:crs:)?EPSG:(?:[\d.]*:)?(\d{1,6})$/i.exec(text)?.[1];
  if (code === undefined) {
    throw valueFault(
      where,
      `Cannot read the coordinate system of the GeoJSON: ${describe(name ?? crs)}`,
      CRS_HINT,
    );
  }
  return Number(code);
}

const CRS_HINT = 'Known are names such as "EPSG:3857" and "urn:ogc:def:crs:EPSG::3857"; RFC 7946 allows none';

function fault(where: Where, message: string): Error {
  return valueFault(where, `Cannot read the GeoJSON geometry: ${message}`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function describe(value: unknown): string {
  if (typeof value === "string") return excerpt(value);
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === undefined) return "missing";
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

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
