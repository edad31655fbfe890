/**
 * What a geometry is, as WKB and PostGIS name it. The last eight are curves and surfaces of PostGIS: they are read,
 * kept and written as WKB and WKT, and refused as GeoJSON, which has no such types.
 */
export type GeometryType =
  | "Point"
  | "LineString"
  | "Polygon"
  | "MultiPoint"
  | "MultiLineString"
  | "MultiPolygon"
  | "GeometryCollection"
  | "CircularString"
  | "CompoundCurve"
  | "CurvePolygon"
  | "MultiCurve"
  | "MultiSurface"
  | "PolyhedralSurface"
  | "TIN"
  | "Triangle";

/** A box: west, south, east, north, in the units of the geometry. */
export type Bounds = [west: number, south: number, east: number, north: number];

/**
 * Receives one coordinate. `z` and `m` are `NaN` where the geometry has none.
 *
 * @param x Longitude or easting
 * @param y Latitude or northing
 * @param z Height
 * @param m Measure
 */
export type CoordinateVisitor = (x: number, y: number, z: number, m: number) => void;
