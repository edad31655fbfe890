// deno-fmt-ignore-file: the tables read best in rows
import type { RowField } from "../_db/protocol.ts";

/** The names of PostgreSQL's own types by oid, as the server knows them; newer types it does not know. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  16: "bool", 17: "bytea", 18: "char", 19: "name", 20: "int8", 21: "int2", 22: "int2vector", 23: "int4",
  24: "regproc", 25: "text", 26: "oid", 27: "tid", 28: "xid", 29: "cid", 30: "oidvector", 71: "pg_type",
  75: "pg_attribute", 81: "pg_proc", 83: "pg_class", 114: "JSON", 142: "xml", 143: "_xml", 194: "pg_node_tree",
  199: "_json", 600: "point", 601: "lseg", 602: "path", 603: "box", 604: "polygon", 628: "line", 629: "_line",
  650: "cidr", 651: "_cidr", 700: "float4", 701: "float8", 705: "unknown", 718: "circle", 719: "_circle",
  790: "money", 791: "_money", 829: "macaddr", 869: "inet", 1000: "_bool", 1001: "_bytea", 1002: "_char",
  1003: "_name", 1005: "_int2", 1006: "_int2vector", 1007: "_int4", 1008: "_regproc", 1009: "_text", 1010: "_tid",
  1011: "_xid", 1012: "_cid", 1013: "_oidvector", 1014: "_bpchar", 1015: "_varchar", 1016: "_int8",
  1017: "_point", 1018: "_lseg", 1019: "_path", 1020: "_box", 1021: "_float4", 1022: "_float8", 1027: "_polygon",
  1028: "_oid", 1033: "aclitem", 1034: "_aclitem", 1040: "_macaddr", 1041: "_inet", 1042: "bpchar",
  1043: "varchar", 1082: "date", 1083: "time", 1114: "timestamp", 1115: "_timestamp", 1182: "_date",
  1183: "_time", 1184: "timestamptz", 1185: "_timestamptz", 1186: "interval", 1187: "_interval",
  1231: "_numeric", 1263: "_cstring", 1266: "timetz", 1270: "_timetz", 1560: "bit", 1561: "_bit",
  1562: "varbit", 1563: "_varbit", 1700: "numeric", 1790: "refcursor", 2201: "_refcursor", 2202: "regprocedure",
  2203: "regoper", 2204: "regoperator", 2205: "regclass", 2206: "regtype", 2207: "_regprocedure",
  2208: "_regoper", 2209: "_regoperator", 2210: "_regclass", 2211: "_regtype", 2249: "record", 2275: "cstring",
  2276: "any", 2277: "anyarray", 2278: "void", 2279: "trigger", 2280: "language_handler", 2281: "internal",
  2282: "opaque", 2283: "anyelement", 2287: "_record", 2776: "anynonarray", 2949: "_txid_snapshot", 2950: "uuid",
  2951: "_uuid", 2970: "txid_snapshot", 3115: "fdw_handler", 3220: "pg_lsn", 3221: "_pg_lsn", 3500: "anyenum",
  3614: "tsvector", 3615: "tsquery", 3642: "gtsvector", 3643: "_tsvector", 3644: "_gtsvector", 3645: "_tsquery",
  3734: "regconfig", 3735: "_regconfig", 3769: "regdictionary", 3770: "_regdictionary", 3802: "jsonb",
  3807: "_jsonb", 3831: "anyrange", 3838: "event_trigger", 3904: "int4range", 3905: "_int4range",
  3906: "numrange", 3907: "_numrange", 3908: "tsrange", 3909: "_tsrange", 3910: "tstzrange", 3911: "_tstzrange",
  3912: "daterange", 3913: "_daterange", 3926: "int8range", 3927: "_int8range",
};

/** PostGIS' types, whose oids differ between databases, by oid. */
export type SpatialTypes = ReadonlyMap<number, string>;

/** SQL that lists the oids and names of PostGIS' types. */
export const SPATIAL_TYPES_SQL =
  "SELECT oid, typname FROM pg_catalog.pg_type WHERE typname IN ('geometry', 'geography', 'raster')";

/** The geometry kinds by their number in a type modifier. */
const GEOMETRY_KINDS = [
  "Unknown", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
  "GeometryCollection", "CircularString", "CompoundCurve", "CurvePolygon", "MultiCurve", "MultiSurface",
  "PolyhedralSurface", "Triangle", "Tin",
];

/** The name of a type, `undefined` for one that the server has no name for. */
export function typeName(oid: number, spatial: SpatialTypes): string | undefined {
  return TYPE_NAMES[oid] ?? spatial.get(oid);
}

/** How a column is described under `fields` of a JSON answer. */
export function describeField(field: RowField, spatial: SpatialTypes): Record<string, unknown> {
  const name = typeName(field.typeOid, spatial);
  if (name === undefined) return { type: `unknown(${field.typeOid})` };
  if (spatial.has(field.typeOid)) return { type: name, ...describeModifier(field.typeModifier) };
  return { type: friendlyName(name), pgtype: name };
}

/** The friendly name goes by parts of the type's name, so that an interval and a point count as numbers. */
function friendlyName(name: string): string {
  let friendly = name;
  if (name.includes("bool")) friendly = "boolean";
  else if (/int|float|numeric/.test(name)) friendly = "number";
  else if (/text|char|unknown/.test(name)) friendly = "string";
  else if (/date|time/.test(name)) friendly = "date";
  return name.startsWith("_") ? `${friendly}[]` : friendly;
}

/** Kind, dimensions and SRID out of PostGIS' type modifier; without one all bits are set. */
function describeModifier(modifier: number): Record<string, unknown> {
  const kind = GEOMETRY_KINDS[(modifier & 0xfc) >> 2];
  return {
    ...(kind === undefined ? {} : { wkbtype: kind }),
    dims: 2 + ((modifier & 2) >> 1) + (modifier & 1),
    srid: ((modifier & 0x0fffff00) - (modifier & 0x10000000)) >> 8,
  };
}
