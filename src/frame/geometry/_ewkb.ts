import { DataError, type DataPlace } from "../../errors/carto_error.ts";
import type { Bounds, GeometryType } from "./geometry_types.ts";

/** Where the value being read stands; a loop over a column sets `row` as it goes, so that no row costs an object. */
export type Where = { -readonly [K in keyof DataPlace]: DataPlace[K] };

/** The place of a value that stands alone. */
export const ALONE: Readonly<Where> = Object.freeze({});

/** An error of WKB bytes; `byte` counts from 0. */
function byteFault(where: Where, byte: number, message: string, hint?: string): DataError {
  return new DataError(`Cannot read the WKB geometry: ${message}`, { place: { ...where, byte }, hint });
}

/** An error of a text such as WKT; `index` counts from 0, the place told from 1. */
export function textFault(where: Where, index: number, message: string, hint?: string): DataError {
  return new DataError(`Cannot read the WKT geometry: ${message}`, {
    place: { ...where, position: index + 1 },
    hint,
  });
}

/** An error of a whole value. */
export function valueFault(where: Where, message: string, hint?: string): DataError {
  return new DataError(message, { place: { ...where }, hint });
}

/** The beginning of a text, in quotes, short enough for a message. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}\u2026` : text);
}

/** The byte that two ASCII hex digits stand for, at the second times 256 plus the first; 256 for none. */
let pairs: Uint16Array | undefined;
/** The upper-case ASCII digits of each byte: the second times 256 plus the first. */
let digits: Uint16Array | undefined;

const DIGITS = "0123456789ABCDEF";

function digitValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** Built when first needed: importing the module costs nothing. */
function pairTable(): Uint16Array {
  if (pairs !== undefined) return pairs;
  pairs = new Uint16Array(65536).fill(256);
  for (let high = 48; high < 103; high++) {
    for (let low = 48; low < 103; low++) {
      const value = digitValue(high) << 4 | digitValue(low);
      if (digitValue(high) >= 0 && digitValue(low) >= 0) pairs[low << 8 | high] = value;
    }
  }
  return pairs;
}

function digitTable(): Uint16Array {
  digits ??= Uint16Array.from(
    { length: 256 },
    (_, byte) => DIGITS.charCodeAt(byte & 15) << 8 | DIGITS.charCodeAt(byte >> 4),
  );
  return digits;
}

/**
 * Turns ASCII hex digits from `start` to `end` into bytes at `to`. Answers the index of the first pair that is no hex
 * number, or -1. An even number of digits is assumed.
 */
export function readHex(
  input: Uint8Array,
  start: number,
  end: number,
  output: Uint8Array,
  to: number,
): number {
  const table = pairTable();
  let bad = 0;
  let out = to;
  for (let at = start; at < end; at += 2) {
    const value = table[(input[at + 1] as number) << 8 | (input[at] as number)] as number;
    bad |= value;
    output[out++] = value;
  }
  if ((bad & 256) === 0) return -1;
  for (let at = start; at < end; at += 2) {
    if (table[(input[at + 1] as number) << 8 | (input[at] as number)] === 256) return at;
  }
  return -1;
}

/** Writes bytes from `start` to `end` as upper-case ASCII hex digits at `to`; answers where they end. */
export function writeHex(
  bytes: Uint8Array,
  start: number,
  end: number,
  output: Uint8Array,
  to: number,
): number {
  const table = digitTable();
  let out = to;
  for (let at = start; at < end; at++) {
    const pair = table[bytes[at] as number] as number;
    output[out++] = pair & 255;
    output[out++] = pair >> 8;
  }
  return out;
}

/** The bytes that a text of hex digits stands for. */
export function bytesOfHex(text: string, where: Where): Uint8Array<ArrayBuffer> {
  if (text.length % 2 === 1) {
    throw byteFault(where, text.length >> 1, `${text.length} hex digits are not a whole number of bytes`);
  }
  try {
    return Uint8Array.fromHex(text);
  } catch {
    const at = [...text].findIndex((char) => digitValue(char.charCodeAt(0)) < 0);
    throw byteFault(where, at >> 1, `${JSON.stringify(text.charAt(at))} is no hex digit`);
  }
}

/** Bytes as upper-case hex digits, as PostGIS writes them. */
export function hexOf(bytes: Uint8Array): string {
  return bytes.toHex().toUpperCase();
}

/** EWKB flags of the type word, as the signed numbers that bit operations give. */
export const Z_FLAG: number = 0x80000000 | 0;
export const M_FLAG = 0x40000000;
export const SRID_FLAG = 0x20000000;
/** The part of the type word that is no flag. */
export const CODE_MASK = 0x1fffffff;

/** WKB type codes that the code branches on. */
export const POINT = 1;
export const LINE_STRING = 2;
export const POLYGON = 3;
export const MULTI_POINT = 4;
export const MULTI_LINE_STRING = 5;
export const MULTI_POLYGON = 6;
export const GEOMETRY_COLLECTION = 7;
export const CIRCULAR_STRING = 8;
export const TRIANGLE = 17;

/** How the body of a type is laid out. */
export const SHAPE_POINT = 1;
export const SHAPE_LINE = 2;
export const SHAPE_RINGS = 3;
export const SHAPE_PARTS = 4;

/** Deeper nesting than this is taken for an attack; PostGIS stops at the same depth. */
export const MAX_DEPTH = 200;

/** No SRID above this is valid in PostGIS. */
export const MAX_SRID = 999999;

/** What the codecs know of a WKB type. */
export interface TypeInfo {
  readonly code: number;
  readonly name: GeometryType;
  /** As WKT writes it. */
  readonly tag: string;
  readonly shape: number;
  /** Which codes may stand inside, as bits. */
  readonly parts: number;
  /** The part that WKT writes without its tag, or 0. */
  readonly plainPart: number;
}

const ANY = -1;
const CURVES = 1 << 2 | 1 << 8 | 1 << 9;
/** By code. */
const TYPES: readonly (TypeInfo | undefined)[] = [
  undefined,
  type(1, "Point", SHAPE_POINT),
  type(2, "LineString", SHAPE_LINE),
  type(3, "Polygon", SHAPE_RINGS),
  type(4, "MultiPoint", SHAPE_PARTS, 1 << 1, 1),
  type(5, "MultiLineString", SHAPE_PARTS, 1 << 2, 2),
  type(6, "MultiPolygon", SHAPE_PARTS, 1 << 3, 3),
  type(7, "GeometryCollection", SHAPE_PARTS, ANY, 0),
  type(8, "CircularString", SHAPE_LINE),
  type(9, "CompoundCurve", SHAPE_PARTS, 1 << 2 | 1 << 8, 2),
  type(10, "CurvePolygon", SHAPE_PARTS, CURVES, 2),
  type(11, "MultiCurve", SHAPE_PARTS, CURVES, 2),
  type(12, "MultiSurface", SHAPE_PARTS, 1 << 3 | 1 << 10, 3),
  undefined,
  undefined,
  type(15, "PolyhedralSurface", SHAPE_PARTS, 1 << 3, 3),
  type(16, "TIN", SHAPE_PARTS, 1 << 17, 17),
  type(17, "Triangle", SHAPE_RINGS),
];

function type(code: number, name: GeometryType, shape: number, parts = 0, plainPart = 0): TypeInfo {
  return { code, name, tag: name.toUpperCase(), shape, parts, plainPart };
}

/** What is known of a WKB code without flags. */
export function typeOfCode(code: number): TypeInfo | undefined {
  return TYPES[code];
}

/** What is known of a WKT tag in upper case. */
export function typeOfTag(tag: string): TypeInfo | undefined {
  return TYPES.find((info) => info?.tag === tag);
}

/** What is known of the type of canonical bytes, whose code is sure to be known. */
export function typeOfWord(word: number): TypeInfo {
  return TYPES[word & CODE_MASK] as TypeInfo;
}

/** Numbers per coordinate of a type word with EWKB flags. */
export function strideOf(word: number): 2 | 3 | 4 {
  return 2 + (word >>> 31) + (word >>> 30 & 1) as 2 | 3 | 4;
}

/** A view of bytes, at the same place. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The type word of canonical bytes. */
export function wordAt(view: DataView, at: number): number {
  return view.getUint32(at + 1, true);
}

/** The SRID of canonical bytes, 0 for none. */
export function sridAt(view: DataView, at: number): number {
  return (wordAt(view, at) & SRID_FLAG) === 0 ? 0 : view.getUint32(at + 5, true);
}

/** Where the body of a canonical geometry starts. */
export function bodyAt(view: DataView, at: number): number {
  return (wordAt(view, at) & SRID_FLAG) === 0 ? at + 5 : at + 9;
}

/** Whether the canonical point whose numbers start at `body` is empty. */
export function isEmptyPoint(view: DataView, body: number): boolean {
  return Number.isNaN(view.getFloat64(body, true)) && Number.isNaN(view.getFloat64(body + 8, true));
}

/**
 * Receives a run of coordinates: a point, a line or a ring.
 *
 * @param at Where the first number stands
 * @param count How many coordinates there are
 * @param word The type word of the geometry they belong to
 */
export type RunVisitor = (at: number, count: number, word: number) => void;

/**
 * Calls `visit` for each run of coordinates of the canonical geometry at `at`, empty points left out;
 * answers where the geometry ends.
 */
export function visitRuns(view: DataView, at: number, visit: RunVisitor): number {
  const word = wordAt(view, at);
  const { shape } = typeOfWord(word);
  const step = 8 * strideOf(word);
  let to = bodyAt(view, at);
  if (shape === SHAPE_POINT) {
    if (!isEmptyPoint(view, to)) visit(to, 1, word);
    return to + step;
  }
  const count = view.getUint32(to, true);
  to += 4;
  if (shape === SHAPE_LINE) {
    if (count > 0) visit(to, count, word);
    return to + count * step;
  }
  for (let i = 0; i < count; i++) {
    if (shape === SHAPE_PARTS) {
      to = visitRuns(view, to, visit);
      continue;
    }
    const points = view.getUint32(to, true);
    to += 4;
    if (points > 0) visit(to, points, word);
    to += points * step;
  }
  return to;
}

/** A box that holds nothing yet. */
export function noBounds(): Bounds {
  return [Infinity, Infinity, -Infinity, -Infinity];
}

/** Widens a box by a run of coordinates; those that are not finite are left out. */
export function widen(bounds: Bounds, view: DataView, at: number, count: number, step: number): void {
  const end = at + count * step;
  let [west, south, east, north] = bounds;
  for (let to = at; to < end; to += step) {
    const x = view.getFloat64(to, true);
    const y = view.getFloat64(to + 8, true);
    // x - x is 0 for finite numbers alone
    if (x - x !== 0 || y - y !== 0) continue;
    if (x < west) west = x;
    if (x > east) east = x;
    if (y < south) south = y;
    if (y > north) north = y;
  }
  bounds[0] = west;
  bounds[1] = south;
  bounds[2] = east;
  bounds[3] = north;
}

/** A buffer that grows as little-endian WKB is written into it. */
export class ByteSink {
  /** Where the next byte goes; may be set back to overwrite. */
  length = 0;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;

  constructor(capacity = 128) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** Starts a geometry: byte order and type word, and the SRID if the word says there is one. */
  header(word: number, srid = 0): void {
    this.reserve(9);
    this.#bytes[this.length] = 1;
    this.#view.setUint32(this.length + 1, word, true);
    this.length += 5;
    if (srid !== 0) this.uint32(srid);
  }

  /** Appends an unsigned 32-bit number. */
  uint32(value: number): void {
    this.reserve(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  /** Overwrites an unsigned 32-bit number. */
  uint32At(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Appends a double. */
  float64(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Reads back a double that was written. */
  float64At(at: number): number {
    return this.#view.getFloat64(at, true);
  }

  /** Appends bytes as they are. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A copy of what was written from `start` on, of exactly its size. */
  copy(start = 0): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(start, this.length);
  }
}

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
function dimensionText(flags: number): string {
  return `XY${flags & Z_FLAG ? "Z" : ""}${flags & M_FLAG ? "M" : ""}`;
}

/** Any WKB as canonical EWKB in a buffer of its own. */
export function canonicalize(bytes: Uint8Array, where: Where): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(bytes.length);
  const end = new Canonicalizer(bytes, output, where).convert(0, bytes.length, 0);
  return end === output.length ? output : output.slice(0, end);
}

/** EWKB of a plain point. */
export function pointEwkb(x: number, y: number, srid: number): Uint8Array<ArrayBuffer> {
  const body = srid === 0 ? 5 : 9;
  const bytes = new Uint8Array(body + 16);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 1);
  view.setUint32(1, srid === 0 ? POINT : POINT | SRID_FLAG, true);
  if (srid !== 0) view.setUint32(5, srid, true);
  view.setFloat64(body, x, true);
  view.setFloat64(body + 8, y, true);
  return bytes;
}

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
