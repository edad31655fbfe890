import type { GeometryType } from "./geometry_types.ts";

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
const TYPES: readonly TypeInfo[] = [
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
  type(15, "PolyhedralSurface", SHAPE_PARTS, 1 << 3, 3),
  type(16, "TIN", SHAPE_PARTS, 1 << 17, 17),
  type(17, "Triangle", SHAPE_RINGS),
];
const BY_CODE: readonly (TypeInfo | undefined)[] = Array.from(
  { length: 18 },
  (_, code) => TYPES.find((info) => info.code === code),
);

function type(code: number, name: GeometryType, shape: number, parts = 0, plainPart = 0): TypeInfo {
  return { code, name, tag: name.toUpperCase(), shape, parts, plainPart };
}

/** What is known of a WKB code without flags. */
export function typeOfCode(code: number): TypeInfo | undefined {
  return BY_CODE[code];
}

/** What is known of a WKT tag in upper case. */
export function typeOfTag(tag: string): TypeInfo | undefined {
  return TYPES.find((info) => info.tag === tag);
}

/** What is known of the type of canonical bytes, whose code is sure to be known. */
export function typeOfWord(word: number): TypeInfo {
  return BY_CODE[word & CODE_MASK] as TypeInfo;
}

/** Numbers per coordinate of a type word with EWKB flags. */
export function strideOf(word: number): 2 | 3 | 4 {
  return 2 + (word >>> 31) + (word >>> 30 & 1) as 2 | 3 | 4;
}
