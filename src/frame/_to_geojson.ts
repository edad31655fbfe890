import { placed } from "./_data.ts";
import { Geometry } from "./geometry/geometry.ts";
import type { GeoJsonFeature, GeoJsonOptions } from "./geometry/geo_json_types.ts";
import type { Column } from "./column.ts";
import type { CellValue } from "./types.ts";

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

function isTemporal(value: object): boolean {
  return value instanceof Temporal.Instant || value instanceof Temporal.PlainDateTime ||
    value instanceof Temporal.PlainDate || value instanceof Temporal.PlainTime;
}
