import type { ColumnType, Field, ScalarType } from "./types.ts";

/** What the SQL API tells about a column in `fields`. */
export interface ServerField {
  /** The general type, such as `number`, `string`, `date`, `geometry`, `number[]`. */
  readonly type: string;
  /** PostgreSQL's own name, such as `int8`, `_text`, `JSON`; absent for geometries and unknown types. */
  readonly pgtype?: string | undefined;
  /** The kind of geometry, such as `Point`; absent where the column takes any. */
  readonly wkbtype?: string | undefined;
  /** The number of dimensions of a geometry; 4 where the column takes any. */
  readonly dims?: number | undefined;
  /** The coordinate system of a geometry; −1 where the column takes any. */
  readonly srid?: number | undefined;
}

/** Server's names that are ours, or stand for ours. */
const TYPES: Readonly<Record<string, ScalarType>> = {
  bool: "bool",
  boolean: "bool",
  int2: "int2",
  smallint: "int2",
  int4: "int4",
  int: "int4",
  integer: "int4",
  int8: "int8",
  bigint: "int8",
  float4: "float4",
  real: "float4",
  float8: "float8",
  "double precision": "float8",
  numeric: "numeric",
  decimal: "numeric",
  text: "text",
  date: "date",
  time: "time",
  "time without time zone": "time",
  timetz: "timetz",
  "time with time zone": "timetz",
  timestamp: "timestamp",
  "timestamp without time zone": "timestamp",
  timestamptz: "timestamptz",
  "timestamp with time zone": "timestamptz",
  interval: "interval",
  uuid: "uuid",
  json: "json",
  jsonb: "jsonb",
  bytea: "bytea",
  geometry: "geometry",
  geography: "geography",
};

/** What the general type stands for where PostgreSQL's name is not told. */
const GENERAL: Readonly<Record<string, ScalarType>> = {
  string: "text",
  number: "float8",
  date: "timestamptz",
};

/** Types that are text to us and to a program, but not to SQL. */
const PLAIN_TEXT: ReadonlySet<string> = new Set(["text", "string"]);

/**
 * The column that a field of the SQL API describes. A type that {@linkcode ColumnType} does not have is `text`, with the
 * server's name in {@linkcode Field.pgType}.
 *
 * @param name The column's name
 * @param server What the answer's `fields` tells about it
 *
 * @example What the server says
 * ```ts
 * import { fieldOfServer } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(fieldOfServer("tags", { type: "string[]", pgtype: "_text" }).type, "text[]");
 * assertEquals(fieldOfServer("ip", { type: "inet", pgtype: "inet" }), {
 *   name: "ip",
 *   type: "text",
 *   nullable: true,
 *   pgType: "inet",
 * });
 * ```
 */
export function fieldOfServer(name: string, server: ServerField): Field {
  const pgType = (server.pgtype ?? server.type).toLowerCase();
  const element = pgType.startsWith("_")
    ? pgType.slice(1)
    : pgType.endsWith("[]")
    ? pgType.slice(0, -2)
    : undefined;
  const scalar = lookUp(element ?? pgType, server.pgtype === undefined);
  if (scalar === undefined) {
    return { name, type: "text", nullable: true, ...(PLAIN_TEXT.has(pgType) ? {} : { pgType }) };
  }
  if (element !== undefined) return { name, type: `${scalar}[]`, nullable: true };
  if (scalar !== "geometry" && scalar !== "geography") return { name, type: scalar, nullable: true };
  const srid = server.srid !== undefined && server.srid > 0 ? { srid: server.srid } : {};
  return { name, type: scalar, nullable: true, ...srid };
}

function lookUp(pgType: string, general: boolean): ScalarType | undefined {
  if (Object.hasOwn(TYPES, pgType)) return TYPES[pgType];
  return general && Object.hasOwn(GENERAL, pgType) ? GENERAL[pgType] : undefined;
}

const SQL: Readonly<Record<ScalarType, string>> = {
  bool: "boolean",
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float4: "real",
  float8: "double precision",
  numeric: "numeric",
  text: "text",
  date: "date",
  time: "time",
  timetz: "time with time zone",
  timestamp: "timestamp",
  timestamptz: "timestamp with time zone",
  interval: "interval",
  uuid: "uuid",
  json: "json",
  jsonb: "jsonb",
  bytea: "bytea",
  geometry: "geometry",
  geography: "geography",
};

/** How a geometry column is declared. */
export interface SqlTypeOptions {
  /** The coordinate system. Default: the field's, else 4326. */
  srid?: number | undefined;
  /** Whether the geometries have heights. Default: false. */
  hasZ?: boolean | undefined;
  /** Whether the geometries have measures. Default: false. */
  hasM?: boolean | undefined;
}

/**
 * The SQL type of a column in `CREATE TABLE`. A type of the server's own that came with the column is kept.
 *
 * @param field The column
 * @param options How a geometry is declared
 *
 * @example For CREATE TABLE
 * ```ts
 * import { sqlTypeOf } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sqlTypeOf({ name: "id", type: "int8", nullable: false }), "bigint");
 * assertEquals(sqlTypeOf({ name: "the_geom", type: "geometry", nullable: true }), "geometry(Geometry, 4326)");
 * ```
 */
export function sqlTypeOf(field: Field, options: SqlTypeOptions = {}): string {
  const { type } = field;
  if (type.endsWith("[]")) return `${SQL[type.slice(0, -2) as ScalarType]}[]`;
  if (type === "geometry" || type === "geography") {
    const known = field.srid !== undefined && field.srid > 0 ? field.srid : 4326;
    const dimensions = `${options.hasZ === true ? "Z" : ""}${options.hasM === true ? "M" : ""}`;
    return `${type}(Geometry${dimensions}, ${options.srid ?? known})`;
  }
  // Anything else, such as unknown(24366), is no name of a type
  if (type === "text" && field.pgType !== undefined && /^[a-z][a-z0-9_]*$/.test(field.pgType)) {
    return field.pgType;
  }
  return SQL[type as ScalarType];
}

/** Whether a text is the name of a {@linkcode ColumnType}. */
export function isColumnType(type: string): type is ColumnType {
  return Object.hasOwn(SQL, type.endsWith("[]") ? type.slice(0, -2) : type);
}
