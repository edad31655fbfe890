import { byteFault, type Where } from "./_fault.ts";
import {
  CODE_MASK,
  M_FLAG,
  MAX_DEPTH,
  MAX_SRID,
  POINT,
  SHAPE_LINE,
  SHAPE_PARTS,
  SHAPE_POINT,
  SHAPE_RINGS,
  SRID_FLAG,
  strideOf,
  type TypeInfo,
  typeOfCode,
  Z_FLAG,
} from "./_layout.ts";

const CUT = "The bytes end before the geometry does";

/**
 * Checks WKB of any dialect and rewrites it as canonical EWKB: little-endian, extended flags, an SRID on the outermost
 * geometry only. The canonical form is never longer than what was read, so that `output` may be the same buffer and
 * a column is rewritten in place.
 */
export class Canonicalizer {
  readonly #in: DataView;
  readonly #out: DataView;
  readonly #inBytes: Uint8Array;
  readonly #outBytes: Uint8Array;
  readonly #sameBuffer: boolean;
  readonly #where: Where;
  #start = 0;
  #at = 0;
  #end = 0;
  #to = 0;
  #srid = 0;

  constructor(input: Uint8Array, output: Uint8Array, where: Where) {
    this.#in = new DataView(input.buffer, input.byteOffset, input.byteLength);
    this.#out = new DataView(output.buffer, output.byteOffset, output.byteLength);
    this.#inBytes = input;
    this.#outBytes = output;
    this.#sameBuffer = input.buffer === output.buffer && input.byteOffset === output.byteOffset;
    this.#where = where;
  }

  /**
   * Reads the one geometry from `start` to `end` and writes it at `to`; answers where it ends there.
   * In one and the same buffer `to` must not lie behind `start`.
   */
  convert(start: number, end: number, to: number): number {
    this.#start = start;
    this.#at = start;
    this.#end = end;
    this.#to = to;
    this.#geometry(0, -1, 0);
    if (this.#at !== end) {
      throw this.#fault(`${end - this.#at} bytes are left over after its end`);
    }
    return this.#to;
  }

  /** Reads one geometry; `dimensions` are the flags that the parts of a whole must share, or -1 outside. */
  #geometry(depth: number, dimensions: number, parent: number): void {
    if (depth > MAX_DEPTH) throw this.#fault(`It is nested more than ${MAX_DEPTH} levels deep`);
    const begin = this.#at;
    this.#need(5);
    const order = this.#in.getUint8(begin);
    if (order > 1) {
      throw this.#fault(`The byte order must be 0 or 1, not ${order}`, "WKB starts with 00 or 01");
    }
    const little = order === 1;
    const word = this.#in.getUint32(begin + 1, little);
    this.#at += 5;
    const info = this.#type(word, begin + 1);
    const flags = dimensionFlags(word);
    if (dimensions !== -1) this.#checkPart(info, flags, dimensions, parent, begin + 1);
    let srid = 0;
    if ((word & SRID_FLAG) !== 0) {
      this.#need(4);
      srid = this.#in.getInt32(this.#at, little);
      this.#at += 4;
    }
    // PostGIS, too, takes a negative number for "none"; old versions wrote -1.
    if (srid < 0) srid = 0;
    if (srid > MAX_SRID) {
      throw this.#fault(`No coordinate system has the number ${srid}`, undefined, begin + 5);
    }
    if (depth === 0) this.#srid = srid;
    else if (srid !== 0 && srid !== this.#srid) {
      throw this.#fault(`A part has SRID ${srid}, the whole has ${this.#srid}`, undefined, begin + 5);
    }
    this.#writeHeader(info.code | flags, depth === 0 ? srid : 0);
    this.#body(info, little, flags, depth);
  }

  #body(info: TypeInfo, little: boolean, flags: number, depth: number): void {
    if (info.shape === SHAPE_POINT) return this.#point(little, strideOf(flags));
    const count = this.#count(little, info.shape === SHAPE_LINE ? 8 * strideOf(flags) : partSize(info));
    if (info.shape === SHAPE_LINE) return this.#numbers(little, count * strideOf(flags));
    for (let i = 0; i < count; i++) {
      if (info.shape === SHAPE_PARTS) this.#geometry(depth + 1, flags, info.code);
      else {
        const points = this.#count(little, 8 * strideOf(flags));
        this.#numbers(little, points * strideOf(flags));
      }
    }
  }

  #type(word: number, at: number): TypeInfo {
    const iso = word & CODE_MASK;
    const info = iso < 4000 ? typeOfCode(iso % 1000) : undefined;
    if (info === undefined) {
      throw this.#fault(`No geometry has the type number ${word}`, "Only WKB and EWKB can be read here", at);
    }
    return info;
  }

  #checkPart(info: TypeInfo, flags: number, dimensions: number, parent: number, at: number): void {
    const whole = typeOfCode(parent) as TypeInfo;
    if ((whole.parts >> info.code & 1) === 0) {
      throw this.#fault(`A ${whole.name} cannot hold a ${info.name}`, undefined, at);
    }
    if (flags !== dimensions) {
      throw this.#fault(
        `A ${whole.name} cannot mix ${dimensionText(dimensions)} with ${dimensionText(flags)} parts`,
        undefined,
        at,
      );
    }
  }

  #writeHeader(word: number, srid: number): void {
    const to = this.#to;
    this.#outBytes[to] = 1;
    this.#out.setUint32(to + 1, srid === 0 ? word : word | SRID_FLAG, true);
    if (srid !== 0) this.#out.setUint32(to + 5, srid, true);
    this.#to = to + (srid === 0 ? 5 : 9);
  }

  /** Reads and writes a count whose items take at least `size` bytes each, so that none can be a lie. */
  #count(little: boolean, size: number): number {
    this.#need(4);
    const count = this.#in.getUint32(this.#at, little);
    if (count * size > this.#end - this.#at - 4) {
      throw this.#fault(`${CUT}: ${count} items are announced, ${this.#end - this.#at - 4} bytes follow`);
    }
    this.#at += 4;
    this.#out.setUint32(this.#to, count, true);
    this.#to += 4;
    return count;
  }

  /** An empty point is NaN throughout; every NaN is written with the same bits, so that equal points have equal bytes. */
  #point(little: boolean, stride: number): void {
    this.#need(8 * stride);
    const empty = Number.isNaN(this.#in.getFloat64(this.#at, little)) &&
      Number.isNaN(this.#in.getFloat64(this.#at + 8, little));
    if (!empty) return this.#numbers(little, stride);
    for (let i = 0; i < stride; i++) this.#out.setFloat64(this.#to + 8 * i, NaN, true);
    this.#at += 8 * stride;
    this.#to += 8 * stride;
  }

  #numbers(little: boolean, count: number): void {
    const size = 8 * count;
    this.#need(size);
    if (little && this.#sameBuffer) {
      if (this.#at !== this.#to) this.#outBytes.copyWithin(this.#to, this.#at, this.#at + size);
    } else if (little) {
      this.#outBytes.set(this.#inBytes.subarray(this.#at, this.#at + size), this.#to);
    } else {
      for (let i = 0; i < size; i += 8) {
        // As two halves: a double would lose the payload of a NaN on some machines.
        const high = this.#in.getUint32(this.#at + i);
        const low = this.#in.getUint32(this.#at + i + 4);
        this.#out.setUint32(this.#to + i, low, true);
        this.#out.setUint32(this.#to + i + 4, high, true);
      }
    }
    this.#at += size;
    this.#to += size;
  }

  #need(size: number): void {
    if (this.#end - this.#at < size) {
      throw this.#fault(
        `${CUT}: ${size} more ${size === 1 ? "byte is" : "bytes are"} needed, ${this.#end - this.#at} follow`,
      );
    }
  }

  #fault(message: string, hint?: string, at = this.#at): Error {
    return byteFault(this.#where, at - this.#start, message, hint);
  }
}

/** Z and M of a type word in either dialect, as EWKB flags. */
function dimensionFlags(word: number): number {
  const iso = Math.trunc((word & CODE_MASK) / 1000);
  return (word & (Z_FLAG | M_FLAG)) | (iso & 1 ? Z_FLAG : 0) | (iso & 2 ? M_FLAG : 0);
}

/** The fewest bytes that a ring, or a part of a whole, can take. */
function partSize(info: TypeInfo): number {
  return info.shape === SHAPE_RINGS ? 4 : 9;
}

/** Which coordinates a geometry of these flags has, in a word. */
export function dimensionText(flags: number): string {
  return `XY${flags & Z_FLAG ? "Z" : ""}${flags & M_FLAG ? "M" : ""}`;
}

/** Whether bytes are the usual case that needs no rewriting: one canonical point. Anything else takes the long way. */
export function isCanonicalPoint(view: DataView, start: number, end: number): boolean {
  if (end - start < 21 || view.getUint8(start) !== 1) return false;
  const word = view.getUint32(start + 1, true);
  if ((word & CODE_MASK) !== POINT) return false;
  const body = (word & SRID_FLAG) === 0 ? start + 5 : start + 9;
  if (end - body !== 8 * strideOf(word)) return false;
  if (body === start + 9) {
    const srid = view.getInt32(start + 5, true);
    if (srid <= 0 || srid > MAX_SRID) return false;
  }
  // A NaN may be an empty point with other bits
  const x = view.getFloat64(body, true);
  return x === x;
}

/** Any WKB as canonical EWKB in a buffer of its own. */
export function canonicalize(bytes: Uint8Array, where: Where): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(bytes.length);
  const end = new Canonicalizer(bytes, output, where).convert(0, bytes.length, 0);
  return end === output.length ? output : output.slice(0, end);
}
