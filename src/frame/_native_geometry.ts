/** A native geometry of GeoArrow as GeoJSON: coordinates are structures of x and y, or short lists. */
export type NativeGeometry = (value: unknown) => unknown;

const TYPES: Readonly<Record<string, readonly [type: string, depth: number]>> = {
  point: ["Point", 0],
  linestring: ["LineString", 1],
  polygon: ["Polygon", 2],
  multipoint: ["MultiPoint", 1],
  multilinestring: ["MultiLineString", 2],
  multipolygon: ["MultiPolygon", 3],
};

/** How a native encoding is read; undefined where it is none that is known. */
export function nativeGeometry(encoding: string): NativeGeometry | undefined {
  if (!Object.hasOwn(TYPES, encoding)) return undefined;
  const [type, depth] = TYPES[encoding] as readonly [string, number];
  return (value) => ({ type, coordinates: nested(value, depth) });
}

function nested(value: unknown, depth: number): unknown {
  if (depth === 0) return position(value);
  return Array.from(value as Iterable<unknown>, (item) => nested(item, depth - 1));
}

function position(value: unknown): unknown {
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    return Array.from(value as ArrayLike<number>, Number);
  }
  const { x, y, z } = value as { x: unknown; y: unknown; z?: unknown };
  if (Number.isNaN(x) && Number.isNaN(y)) return [];
  return z === undefined || z === null ? [Number(x), Number(y)] : [Number(x), Number(y), Number(z)];
}
