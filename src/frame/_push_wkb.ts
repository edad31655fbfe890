import type { GeometryBuilder } from "./_geometry_builder.ts";
import { viewOf, withSrid } from "./geometry/_ewkb.ts";
import { Geometry } from "./geometry/geometry.ts";

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
