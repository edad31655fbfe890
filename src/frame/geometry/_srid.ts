import {
  CODE_MASK,
  M_FLAG,
  SHAPE_PARTS,
  SHAPE_POINT,
  SHAPE_RINGS,
  SRID_FLAG,
  strideOf,
  typeOfWord,
  Z_FLAG,
} from "./_layout.ts";
import { bodyAt, viewOf, wordAt } from "./_walk.ts";

/** Canonical EWKB with another SRID, or with none for 0, in a buffer of its own. */
export function withSrid(bytes: Uint8Array, srid: number): Uint8Array<ArrayBuffer> {
  const view = viewOf(bytes);
  const body = bodyAt(view, 0);
  const word = wordAt(view, 0) & ~SRID_FLAG;
  const start = srid === 0 ? 5 : 9;
  const result = new Uint8Array(start + bytes.length - body);
  const target = viewOf(result);
  result[0] = 1;
  target.setUint32(1, srid === 0 ? word : word | SRID_FLAG, true);
  if (srid !== 0) target.setUint32(5, srid, true);
  result.set(bytes.subarray(body), start);
  return result;
}

/** Canonical EWKB as ISO WKB without an SRID. */
export function isoWkb(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = withSrid(bytes, 0);
  const view = viewOf(result);
  if ((wordAt(view, 0) & (Z_FLAG | M_FLAG)) !== 0) isoFlags(view, 0);
  return result;
}

/** Rewrites the type word at `at` and those of its parts; answers where the geometry ends. */
function isoFlags(view: DataView, at: number): number {
  const word = wordAt(view, at);
  const { shape } = typeOfWord(word);
  const step = 8 * strideOf(word);
  const iso = (word >>> 31) * 1000 + (word >>> 30 & 1) * 2000;
  view.setUint32(at + 1, (word & CODE_MASK) + iso, true);
  let to = at + 5;
  if (shape === SHAPE_POINT) return to + step;
  const count = view.getUint32(to, true);
  to += 4;
  if (shape === SHAPE_PARTS) {
    for (let i = 0; i < count; i++) to = isoFlags(view, to);
    return to;
  }
  if (shape !== SHAPE_RINGS) return to + count * step;
  for (let i = 0; i < count; i++) to += 4 + view.getUint32(to, true) * step;
  return to;
}
