import { DataError, type DataPlace } from "../errors/carto_error.ts";
import { type FrameParts, freeName, placed, shown, tellBadValue } from "./_data.ts";
import { GeometryBuilder } from "./_geometry_builder.ts";
import { isTemporal } from "./_temporal.ts";
import { type Column, columnOf } from "./column.ts";
import { sridOfCrs } from "./geometry/_geo_json.ts";
import type { GeoJsonFeature, GeoJsonOptions } from "./geometry/geo_json_types.ts";
import { Geometry } from "./geometry/geometry.ts";
import { columnOfValues, fieldOf, type FromRowsOptions } from "./rows.ts";
import type { CellValue, RenamedColumn } from "./types.ts";

/** How GeoJSON becomes a frame. */
export interface FromGeoJsonOptions extends FromRowsOptions {
  /** The file's name, for error messages. */
  file?: string | undefined;
}

/** A feature, with the coordinate system of its collection. */
export interface FoundFeature {
  readonly feature: Record<string, unknown>;
  readonly srid: number;
}

/** The parts of a frame of features. */
export function geoJsonParts(input: unknown, options: FromGeoJsonOptions): FrameParts {
  const place = placesOf(options);
  const columns = new FeatureColumns(options);
  const found = featuresOf(typeof input === "string" ? parse(input, options) : input, options, place);
  for (const { feature, srid } of found) columns.add(feature, srid);
  return columns.take(undefined);
}

type PlaceOf = (row: number) => DataPlace;

function placesOf(options: FromGeoJsonOptions): PlaceOf {
  return (row) => ({
    ...(options.file === undefined ? {} : { file: options.file }),
    row: (options.firstRow ?? 1) + row,
  });
}

/** The columns that features have, where that is known before they are read. */
export interface FeatureSchema {
  /** Whether there is a column of ids; `text` where one of them is text. */
  readonly ids: "none" | "text" | "values";
  /** The properties, in the order in which they first turn up. */
  readonly properties: readonly string[];
  /** The SRID of the geometries. */
  readonly srid: number;
}

/** What the columns of features are called: that of the ids, and those of the properties in their order. */
export function featureColumnNames(
  { ids, properties }: Pick<FeatureSchema, "ids" | "properties">,
): { id: string | undefined; names: string[]; renamed: RenamedColumn[] } {
  const renamed: RenamedColumn[] = [];
  const taken = new Set([...properties, "geometry"]);
  const id = ids === "none" ? undefined : freeName(properties.includes("id") ? "feature_id" : "id", taken);
  if (id !== undefined) {
    taken.add(id);
    if (id !== "id") renamed.push({ from: "id", to: id, reason: "a property is named id as well" });
  }
  const names = properties.map((property) => {
    if (property !== "geometry") return property;
    const name = freeName("geometry", taken);
    taken.add(name);
    renamed.push({ from: "geometry", to: name, reason: "the features' geometry is the column geometry" });
    return name;
  });
  return { id, names, renamed };
}

/** Gathers features as columns. */
export class FeatureColumns {
  readonly #options: FromGeoJsonOptions;
  readonly #geometry = new GeometryBuilder();
  #place: PlaceOf;
  #properties = new Map<string, unknown[]>();
  #ids: unknown[] = [];
  #srid: number | undefined;
  #taken = 0;

  constructor(options: FromGeoJsonOptions) {
    this.#options = options;
    this.#place = placesOf(options);
  }

  /** Features since the last take. */
  get rows(): number {
    return this.#ids.length;
  }

  /** Appends a feature. */
  add(feature: Record<string, unknown>, srid: number): void {
    const row = this.#ids.length;
    try {
      this.#geometry.pushGeoJson(feature.geometry, srid);
    } catch (error) {
      const { onBadValue } = this.#options;
      if (onBadValue === undefined) throw placed(error, this.#place(row));
      tellBadValue(onBadValue, error, this.#place(row), "geometry");
      this.#geometry.null();
    }
    this.#srid ??= srid;
    this.#ids.push(feature.id ?? null);
    addProperties(feature.properties, this.#properties, row, this.#place);
  }

  /** What the features so far have. */
  schema(): FeatureSchema {
    return {
      ids: this.#ids.every((id) => id === null)
        ? "none"
        : this.#ids.some((id) => typeof id === "string")
        ? "text"
        : "values",
      properties: [...this.#properties.keys()],
      srid: this.#srid ?? this.#options.srid ?? 4326,
    };
  }

  /** The columns so far, as a schema says or as they are; more features can follow. */
  take(schema: FeatureSchema | undefined): FrameParts {
    const { ids, properties, srid } = schema ?? this.schema();
    const count = this.#ids.length;
    const place = this.#place;
    const data = this.#geometry.finish();
    const { id, names, renamed } = featureColumnNames({ ids, properties });
    const columns: Column[] = [];
    if (id !== undefined) {
      const values = ids === "text"
        ? this.#ids.map((each) => each === null ? null : String(each))
        : this.#ids;
      columns.push(columnOfValues(id, values, this.#options, place));
    }
    properties.forEach((property, i) => {
      const values = this.#properties.get(property) ?? [];
      while (values.length < count) values.push(null);
      const options = { ...this.#options, geometryColumn: undefined };
      columns.push(columnOfValues(names[i] as string, values, options, place));
    });
    columns.push(columnOf(fieldOf("geometry", "geometry", data, srid), data));
    this.#taken += count;
    this.#ids = [];
    this.#properties = new Map();
    this.#place = placesOf({ ...this.#options, firstRow: (this.#options.firstRow ?? 1) + this.#taken });
    return {
      columns,
      geometryColumn: "geometry",
      renamed,
      source: { file: this.#options.file, lines: undefined },
    };
  }
}

function parse(text: string, options: FromGeoJsonOptions): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new DataError(`Cannot read the GeoJSON: ${message}`, {
      place: { file: options.file },
      cause: error,
    });
  }
}

/** All features of whatever holds features; collections inside collections are unpacked. */
export function featuresOf(
  input: unknown,
  options: FromGeoJsonOptions,
  place: PlaceOf,
): FoundFeature[] {
  const found: FoundFeature[] = [];
  const visit = (value: unknown, srid: number, depth: number): void => {
    if (typeof value !== "object" || value === null || depth > 100) {
      throw notGeoJson(`${shown(value)} is not a feature`, place(found.length));
    }
    if (Array.isArray(value)) {
      for (const item of value) visit(item, srid, depth + 1);
      return;
    }
    const { type, features } = value as { type?: unknown; features?: unknown };
    const where: Record<string, unknown> = place(found.length) as Record<string, unknown>;
    if (depth === 0) delete where.row;
    const own = sridOfCrs(value, where) ?? srid;
    if (type === "Feature") {
      found.push({ feature: value as Record<string, unknown>, srid: own });
    } else if (type === "FeatureCollection") {
      if (!Array.isArray(features)) throw notGeoJson('"features" must be a list', where);
      for (const feature of features) visit(feature, own, depth + 1);
    } else if (depth === 0 && typeof type === "string" && ("coordinates" in value || "geometries" in value)) {
      found.push({ feature: { geometry: value }, srid: own });
    } else {
      throw notGeoJson(
        `${type === undefined ? "an object without type" : shown(type)} is not a feature`,
        where,
      );
    }
  };
  visit(input, options.srid ?? 4326, 0);
  return found;
}

function notGeoJson(message: string, place: DataPlace): DataError {
  return new DataError(`Cannot read the GeoJSON: ${message}`, {
    place,
    hint: "A FeatureCollection, a Feature or a list of features is needed",
  });
}

function addProperties(
  properties: unknown,
  columns: Map<string, unknown[]>,
  row: number,
  place: PlaceOf,
): void {
  if (properties === null || properties === undefined) return;
  if (typeof properties !== "object" || Array.isArray(properties)) {
    throw notGeoJson('"properties" must be an object or null', place(row));
  }
  for (const key of Object.keys(properties)) {
    let values = columns.get(key);
    if (values === undefined) columns.set(key, values = []);
    while (values.length < row) values.push(null);
    values.push((properties as Record<string, unknown>)[key]);
  }
}

/** How a frame is written as GeoJSON. */
export interface ToGeoJsonOptions extends GeoJsonOptions {
  /** Whether coordinates are turned into longitude and latitude, as RFC 7946 wants them. Default: true. */
  wgs84?: boolean | undefined;
  /** The column whose values become the features' ids; it is then no property. */
  idColumn?: string | undefined;
}

/** A collection of features as RFC 7946 writes it. */
export interface FeatureCollection {
  /** Always `FeatureCollection`. */
  type: "FeatureCollection";
  /** The features, one for each row. */
  features: GeoJsonFeature[];
}

/** A frame's columns as features. */
export function featureCollection(
  columns: readonly Column[],
  geometryColumn: string | undefined,
  options: ToGeoJsonOptions,
): FeatureCollection {
  const length = columns[0]?.length ?? 0;
  const geometry = columns.find(({ name }) => name === geometryColumn);
  const id = columns.find(({ name }) => name === options.idColumn);
  const rest = columns.filter((column) => column !== geometry && column !== id);
  const features: GeoJsonFeature[] = [];
  const srid = geometry?.field.srid;
  for (let row = 0; row < length; row++) {
    const feature: GeoJsonFeature = { type: "Feature", geometry: null, properties: {} };
    const value = geometry?.get(row);
    if (value instanceof Geometry) {
      try {
        const known = value.srid === 0 && srid !== undefined && srid > 0 ? value.withSrid(srid) : value;
        feature.geometry = (options.wgs84 === false ? known : known.toWgs84()).toGeoJSON(options);
      } catch (error) {
        throw placed(error, { row: row + 1, column: geometryColumn });
      }
    }
    const key = id === undefined ? null : plain(id.get(row));
    if (typeof key === "string" || typeof key === "number") feature.id = key;
    for (const column of rest) {
      Object.defineProperty(feature.properties, column.name, {
        value: plain(column.get(row)),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    features.push(feature);
  }
  return { type: "FeatureCollection", features };
}

/** A cell as JSON can hold it. */
export function plain(value: CellValue): unknown {
  switch (typeof value) {
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "object":
      if (value === null) return null;
      if (value instanceof Uint8Array) return `\\x${value.toHex()}`;
      if (Array.isArray(value)) return value.map((item) => plain(item as CellValue));
      if (isTemporal(value)) return String(value);
      if (value instanceof Geometry) return value.toJSON();
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item as CellValue)]));
  }
  return value;
}
