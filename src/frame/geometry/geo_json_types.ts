/** One place: longitude, latitude and, if there is one, height. */
export type GeoJsonPosition = number[];

/** A GeoJSON point; `coordinates` is empty for an empty point. */
export interface GeoJsonPoint {
  /** The kind of geometry. */
  type: "Point";
  /** Longitude, latitude and, if there is one, height. */
  coordinates: GeoJsonPosition;
}

/** A GeoJSON line. */
export interface GeoJsonLineString {
  /** The kind of geometry. */
  type: "LineString";
  /** The positions along the line. */
  coordinates: GeoJsonPosition[];
}

/** A GeoJSON polygon. */
export interface GeoJsonPolygon {
  /** The kind of geometry. */
  type: "Polygon";
  /** The outer ring, then the holes; each ends where it began. */
  coordinates: GeoJsonPosition[][];
}

/** Several GeoJSON points. */
export interface GeoJsonMultiPoint {
  /** The kind of geometry. */
  type: "MultiPoint";
  /** The points. */
  coordinates: GeoJsonPosition[];
}

/** Several GeoJSON lines. */
export interface GeoJsonMultiLineString {
  /** The kind of geometry. */
  type: "MultiLineString";
  /** The positions of each line. */
  coordinates: GeoJsonPosition[][];
}

/** Several GeoJSON polygons. */
export interface GeoJsonMultiPolygon {
  /** The kind of geometry. */
  type: "MultiPolygon";
  /** The rings of each polygon. */
  coordinates: GeoJsonPosition[][][];
}

/** A GeoJSON collection of geometries of any kind. */
export interface GeoJsonGeometryCollection {
  /** The kind of geometry. */
  type: "GeometryCollection";
  /** The members. */
  geometries: GeoJsonGeometry[];
}

/** A geometry as RFC 7946 writes it. */
export type GeoJsonGeometry =
  | GeoJsonPoint
  | GeoJsonLineString
  | GeoJsonPolygon
  | GeoJsonMultiPoint
  | GeoJsonMultiLineString
  | GeoJsonMultiPolygon
  | GeoJsonGeometryCollection;

/** A feature as RFC 7946 writes it. */
export interface GeoJsonFeature {
  /** Always `Feature`. */
  type: "Feature";
  /** The feature's own name, when it has one. */
  id?: string | number | undefined;
  /** Where it is; null for nowhere. */
  geometry: GeoJsonGeometry | null;
  /** What is known of it. */
  properties: Record<string, unknown> | null;
}

/** How GeoJSON is written. */
export interface GeoJsonOptions {
  /**
   * What to do with measures (M), for which GeoJSON has no place: `refuse` throws (the default), `drop` leaves them out.
   */
  measures?: "refuse" | "drop" | undefined;
  /** Called once for each geometry whose measures were left out. */
  onDrop?: (() => void) | undefined;
}
