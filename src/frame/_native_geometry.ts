import type { GeometryBuilder } from "./_geometry_builder.ts";
import { viewOf, withSrid } from "./geometry/_ewkb.ts";
import { Geometry } from "./geometry/geometry.ts";

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

const SRID_FLAG = 0x2000_0000;

/**
 * Appends WKB with the SRID of its column, unless it has one of its own.
 *
 * @throws {DataError} The bytes are no geometry
 */
export function pushWkb(builder: GeometryBuilder, wkb: Uint8Array, srid: number): void {
  if (srid === 0 || wkb.length < 9) return builder.pushEwkb(wkb, 0, wkb.length);
  const view = viewOf(wkb);
  const type = view.getUint32(1, true);
  if (wkb[0] === 1 && type === 1 && wkb.length === 21) {
    return builder.pushPoint(view.getFloat64(5, true), view.getFloat64(13, true), srid);
  }
  if (wkb[0] === 1 && type > 0 && type < 8) {
    const stamped = new Uint8Array(wkb.length + 4);
    const target = viewOf(stamped);
    stamped[0] = 1;
    target.setUint32(1, type | SRID_FLAG, true);
    target.setUint32(5, srid, true);
    stamped.set(wkb.subarray(5), 9);
    return builder.pushEwkb(stamped, 0, stamped.length);
  }
  const geometry = Geometry.from(wkb);
  if (geometry === null) return builder.null();
  const stamped = geometry.srid === 0 ? withSrid(geometry.wkb, srid) : geometry.wkb;
  builder.pushEwkb(stamped, 0, stamped.length);
}
