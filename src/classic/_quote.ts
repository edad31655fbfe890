import { ArgumentError } from "../errors/carto_error.ts";

/** PostgreSQL cuts longer names without a word, so that two of them can become one. */
const MAX_IDENTIFIER_BYTES = 63;

const encoder = new TextEncoder();

/**
 * A name as SQL, always in double quotes, so that case and odd characters count.
 * A name that is empty, too long or holds U+0000 is refused.
 */
export function quoteIdentifier(name: string): string {
  if (typeof name !== "string" || name === "") {
    throw new ArgumentError("Cannot use an empty or missing value as a name in SQL");
  }
  if (name.includes("\0") || !name.isWellFormed()) {
    throw new ArgumentError("Cannot use a name in SQL that holds U+0000 or half a character");
  }
  const bytes = encoder.encode(name).length;
  if (bytes > MAX_IDENTIFIER_BYTES) {
    throw new ArgumentError(
      `Cannot use "${name}" as a name in SQL: it is ${bytes} bytes long, and PostgreSQL keeps ${MAX_IDENTIFIER_BYTES}`,
      { hint: "Give it a shorter name" },
    );
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Words that PostgreSQL (up to 18) does not take as a bare column or table name, or takes with another
 * meaning: its reserved words, and those that can be a function or type name or a column name only.
 */
const KEYWORDS = new Set(
  ("all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both " +
    "case cast char character check coalesce collate collation column concurrently constraint create cross " +
    "current_catalog current_date current_role current_schema current_time current_timestamp current_user dec " +
    "decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign " +
    "freeze from full grant greatest group grouping having ilike in initially inner inout int integer intersect " +
    "interval into is isnull join json json_array json_arrayagg json_exists " +
    "json_object json_objectagg json_query json_scalar json_serialize json_table json_value lateral leading least " +
    "left like limit localtime localtimestamp merge_action national natural nchar none normalize not notnull null nullif " +
    "numeric offset on only or order out outer overlaps overlay placing position precision primary real " +
    "references returning right row select session_user setof similar smallint some substring symmetric " +
    "system_user table tablesample then time timestamp to trailing treat trim true union unique user using " +
    "values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists " +
    "xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable").split(" "),
);

/** A name as SQL, in quotes only where it would mean something else without them. */
export function quoteIdentifierIfNeeded(name: string): string {
  const quoted = quoteIdentifier(name);
  return /^[a-z_][a-z0-9_]*$/.test(name) && !KEYWORDS.has(name) ? name : quoted;
}

/**
 * A text as SQL. A text with a backslash becomes an `E'…'` text, which means the same
 * whether `standard_conforming_strings` is on or off.
 */
export function quoteText(text: string): string {
  const at = text.indexOf("\0");
  if (at !== -1) {
    throw new ArgumentError(
      `Cannot write a text into SQL: character ${at + 1} is U+0000, which PostgreSQL cannot store`,
    );
  }
  if (!text.isWellFormed()) {
    throw new ArgumentError("Cannot write a text into SQL: it holds half of a surrogate pair");
  }
  const doubled = text.replaceAll("'", "''");
  return text.includes("\\") ? `E'${doubled.replaceAll("\\", "\\\\")}'` : `'${doubled}'`;
}

const MAX_INT8 = 2n ** 63n - 1n;
const MIN_INT8 = -(2n ** 63n);

/** Parentheses keep a minus sign from making a comment of the one before it. */
function signed(digits: string): string {
  return digits.startsWith("-") ? `(${digits})` : digits;
}

/** A number as SQL: whole ones as integers, others as numeric, the rest as float8. */
function quoteNumber(value: number): string {
  if (Object.is(value, -0)) return "'-0'::float8";
  return Number.isFinite(value) ? signed(String(value)) : `'${value}'::float8`;
}

/** A bigint as SQL: int4 or int8 where it fits, otherwise numeric. */
function quoteBigint(value: bigint): string {
  // PostgreSQL reads the digits before the sign, and these digits alone are beyond int8.
  return value === MIN_INT8 ? `'${value}'::int8` : signed(String(value));
}

/** Whether a bigint fits the type int8. */
export function isInt8(value: bigint): boolean {
  return value >= MIN_INT8 && value <= MAX_INT8;
}

/** A date as PostgreSQL reads it; ISO 8601 with six digits of year is not among its formats. */
function timestampText(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new ArgumentError("Cannot write an invalid Date into SQL");
  const year = date.getUTCFullYear();
  const rest = date.toISOString().replace(/^[+-]?\d+/, "").replace("T", " ").replace("Z", "+00");
  return year > 0
    ? `${String(year).padStart(4, "0")}${rest}`
    : `${String(1 - year).padStart(4, "0")}${rest} BC`;
}

/** The years of an ISO text that PostgreSQL cannot read as they are: `+012345-…` and `-000043-…`. */
function temporalText(iso: string): string {
  const match = /^([+-])(\d{6})(.*)$/.exec(iso);
  if (match === null) return iso;
  const year = Number(match[2]);
  return match[1] === "+" ? `${year}${match[3]}` : `${String(year + 1).padStart(4, "0")}${match[3]} BC`;
}

/** A negative duration as PostgreSQL reads it: with a sign at each number rather than before the `P`. */
function durationText(iso: string): string {
  return iso.startsWith("-") ? iso.slice(1).replace(/[\d.]+/g, "-$&") : iso;
}

/** The SQL of the Temporal types, found by their tag so that a polyfill's objects pass too. */
function quoteTemporal(tag: string, value: object): string | undefined {
  switch (tag) {
    case "Temporal.Instant":
      return `'${temporalText(String(value))}'::timestamptz`;
    case "Temporal.ZonedDateTime":
      return quoteTemporal("Temporal.Instant", (value as { toInstant(): object }).toInstant());
    case "Temporal.PlainDateTime":
      return `'${
        temporalText((value as { toString(o: object): string }).toString({ calendarName: "never" }))
      }'::timestamp`;
    case "Temporal.PlainDate":
      return `'${
        temporalText((value as { toString(o: object): string }).toString({ calendarName: "never" }))
      }'::date`;
    case "Temporal.PlainTime":
      return `'${value}'::time`;
    case "Temporal.Duration":
      return `'${durationText(String(value))}'::interval`;
    default:
      return undefined;
  }
}

/** JSON text that keeps bigints as digits and refuses what JSON would lose without a word. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (key, item) => {
    if (typeof item === "bigint") return rawJson(String(item));
    if (typeof item === "number" && !Number.isFinite(item)) {
      throw new ArgumentError(`Cannot write JSON into SQL: "${key}" is ${item}, which JSON does not have`);
    }
    return item;
  });
  if (text === undefined) throw new ArgumentError("Cannot write a function or a symbol into SQL as JSON");
  if (/(?<!\\)(?:\\\\)*\\u0000/.test(text)) {
    throw new ArgumentError("Cannot write JSON into SQL: it holds U+0000, which PostgreSQL cannot store");
  }
  return text;
}

/** `JSON.rawJSON`, which the type library does not list yet. */
function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}

/** A value as SQL of type jsonb. */
export function quoteJson(value: unknown): string {
  return `${quoteText(jsonText(value))}::jsonb`;
}

const GEOJSON_TYPES = new Set([
  "Point",
  "LineString",
  "Polygon",
  "MultiPoint",
  "MultiLineString",
  "MultiPolygon",
  "GeometryCollection",
]);

/** Whether an object is a GeoJSON geometry (a Feature is not: it holds more than a geometry). */
function isGeoJsonGeometry(value: object): boolean {
  const { type, coordinates, geometries } = value as Record<string, unknown>;
  return typeof type === "string" && GEOJSON_TYPES.has(type) &&
    Array.isArray(type === "GeometryCollection" ? geometries : coordinates);
}

function quoteObject(value: object): string {
  if (value instanceof Date) return `'${timestampText(value)}'::timestamptz`;
  if (value instanceof Uint8Array) return `${quoteText(`\\x${value.toHex()}`)}::bytea`;
  const temporal = quoteTemporal(
    String((value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]),
    value,
  );
  if (temporal !== undefined) return temporal;
  const { toEwkbHex } = value as { toEwkbHex?: unknown };
  if (typeof toEwkbHex === "function") return `${quoteText(String(toEwkbHex.call(value)))}::geometry`;
  if (isGeoJsonGeometry(value)) return `ST_SetSRID(ST_GeomFromGeoJSON(${quoteText(jsonText(value))}), 4326)`;
  const prototype = Object.getPrototypeOf(value);
  if (
    prototype === null || prototype === Object.prototype ||
    typeof (value as { toJSON?: unknown }).toJSON === "function"
  ) {
    return quoteJson(value);
  }
  throw new ArgumentError(
    `Cannot write an object of class ${prototype.constructor?.name ?? "unknown"} into SQL`,
    { hint: "Pass a plain object, or sql.json(value)" },
  );
}

/** The SQL type of one array element, the same for every element that can share a column. */
function elementType(value: unknown): string {
  switch (typeof value) {
    case "string":
      return "text";
    case "boolean":
      return "bool";
    case "bigint":
      return isInt8(value) ? "int8" : "numeric";
    case "number":
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) return "float8";
      return Math.abs(value) < 2 ** 31 ? "int4" : "int8";
    default:
      return /::([a-z0-9]+)$/.exec(quoteObject(value as object))?.[1] ?? "geometry";
  }
}

const NUMBER_TYPES = ["int4", "int8", "float8", "numeric"];

/** The type that holds every element exactly, or an error when there is none. */
function commonType(types: ReadonlySet<string>): string {
  const [first, ...others] = types;
  if (first === undefined) return "";
  if (others.length === 0) return first;
  if ([...types].every((type) => NUMBER_TYPES.includes(type))) {
    if (types.has("int8") && types.has("float8")) return "numeric";
    return NUMBER_TYPES.findLast((type) => types.has(type)) ?? first;
  }
  throw new ArgumentError(
    `Cannot write an array into SQL: its elements are of types ${[...types].join(", ")}`,
    {
      hint: "An SQL array has one type; for a mixed list use sql.json(list)",
    },
  );
}

/** The lengths of a nested array by level; a ragged one is refused, since SQL has none. */
function checkShape(values: readonly unknown[]): void {
  const nested = values.filter((item) => Array.isArray(item));
  if (nested.length === 0) return;
  if (nested.length !== values.length || nested.some((item) => item.length !== nested[0]?.length)) {
    throw new ArgumentError("Cannot write an array into SQL: its inner arrays differ in length", {
      hint: "Use sql.json(list)",
    });
  }
  checkShape(nested.flat());
}

/**
 * An array as SQL: `ARRAY[1,2]::int4[]`. An empty one, or one of nulls only, has no type of its own
 * and becomes a text that takes the type of what it is compared with.
 */
export function quoteArray(values: readonly unknown[], type?: string): string {
  checkShape(values);
  const leaves = values.flat(Infinity) as unknown[];
  if (leaves.includes(undefined)) throw undefinedValue();
  const types = new Set(leaves.filter((item) => item !== null).map(elementType));
  const name = type ?? commonType(types);
  if (name === "" || leaves.length === 0) return `'${emptyArray(values)}'${name === "" ? "" : `::${name}[]`}`;
  return `ARRAY[${values.map(arrayItem).join(",")}]::${name}[]`;
}

function arrayItem(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(arrayItem).join(",")}]` : quoteValue(value);
}

/** The text of an array that holds nothing but nulls. */
function emptyArray(values: readonly unknown[]): string {
  const items = values.map((item) => Array.isArray(item) ? emptyArray(item) : "NULL");
  return values.flat(Infinity).length === 0 ? "{}" : `{${items.join(",")}}`;
}

function undefinedValue(): ArgumentError {
  return new ArgumentError("Cannot write undefined into SQL", { hint: "Use null for a missing value" });
}

/** Any supported value as SQL. */
export function quoteValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quoteText(value);
    case "number":
      return quoteNumber(value);
    case "bigint":
      return quoteBigint(value);
    case "boolean":
      return value ? "TRUE" : "FALSE";
    case "undefined":
      throw undefinedValue();
    case "object":
      if (value === null) return "NULL";
      return Array.isArray(value) ? quoteArray(value) : quoteObject(value);
    default:
      throw new ArgumentError(`Cannot write a ${typeof value} into SQL`);
  }
}
