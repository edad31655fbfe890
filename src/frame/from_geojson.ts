import { DataError, type DataPlace } from "../errors/mod.ts";
import { placed, shown } from "./_bad_value.ts";
import { GeometryBuilder } from "./_geometry_builder.ts";
import { type FrameParts, freeName } from "./_parts.ts";
import { type Column, columnOf } from "./column.ts";
import { columnOfValues, fieldOf, type FromRowsOptions } from "./from_rows.ts";
import { sridOfCrs } from "./geometry/_read_geo_json.ts";
import type { RenamedColumn } from "./types.ts";

/** How GeoJSON becomes a frame. */
export interface FromGeoJsonOptions extends FromRowsOptions {
  /** The file's name, for error messages. */
  file?: string | undefined;
}

interface FoundFeature {
  readonly feature: Record<string, unknown>;
  readonly srid: number;
}

/** The parts of a frame of features. */
export function geoJsonParts(input: unknown, options: FromGeoJsonOptions): FrameParts {
  const place = (row: number): DataPlace => ({
    ...(options.file === undefined ? {} : { file: options.file }),
    row: (options.firstRow ?? 1) + row,
  });
  const found = featuresOf(typeof input === "string" ? parse(input, options) : input, options, place);
  const geometry = new GeometryBuilder();
  const properties = new Map<string, unknown[]>();
  const ids: unknown[] = [];
  let hasIds = false;
  found.forEach(({ feature, srid }, row) => {
    try {
      geometry.pushGeoJson(feature.geometry, srid);
    } catch (error) {
      throw placed(error, place(row));
    }
    const id = feature.id ?? null;
    hasIds ||= id !== null;
    ids.push(id);
    addProperties(feature.properties, properties, row, place);
  });
  const data = geometry.finish();
  const count = found.length;
  const renamed: RenamedColumn[] = [];
  const taken = new Set([...properties.keys(), "geometry"]);
  const columns: Column[] = [];
  if (hasIds) {
    const name = freeName(properties.has("id") ? "feature_id" : "id", taken);
    taken.add(name);
    if (name !== "id") renamed.push({ from: "id", to: name, reason: "a property is named id as well" });
    const mixed = new Set(ids.map((id) => typeof id)).has("string");
    columns.push(
      columnOfValues(
        name,
        mixed ? ids.map((id) => id === null ? null : String(id)) : ids,
        options,
        place as never,
      ),
    );
  }
  for (const [property, values] of properties) {
    while (values.length < count) values.push(null);
    let name = property;
    if (name === "geometry") {
      name = freeName("geometry", taken);
      taken.add(name);
      renamed.push({ from: "geometry", to: name, reason: "the features' geometry is the column geometry" });
    }
    columns.push(columnOfValues(name, values, { ...options, geometryColumn: undefined }, place as never));
  }
  columns.push(columnOf(fieldOf("geometry", "geometry", data, found[0]?.srid ?? 4326), data));
  return { columns, geometryColumn: "geometry", renamed, source: { file: options.file, lines: undefined } };
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
function featuresOf(
  input: unknown,
  options: FromGeoJsonOptions,
  place: (row: number) => DataPlace,
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
  place: (row: number) => DataPlace,
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
