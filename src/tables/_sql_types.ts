import type { Field } from "../frame/types.ts";

/** The full SQL name of each short one that has another, as `format_type` writes it. */
const FULL_NAMES: Readonly<Record<string, string>> = {
  bool: "boolean",
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float4: "real",
  float8: "double precision",
  varchar: "character varying",
  bpchar: "bpchar",
  varbit: "bit varying",
};

/**
 * Types of the server that a frame holds as text and that a table can have again: those whose text goes in
 * as it came out. (`money` is not among them: its text depends on the server's language.)
 */
const TEXT_TYPES: ReadonlySet<string> = new Set([
  "varchar",
  "name",
  "inet",
  "cidr",
  "macaddr",
  "macaddr8",
  "xml",
  "point",
  "line",
  "lseg",
  "box",
  "path",
  "polygon",
  "circle",
  "bit",
  "varbit",
  "tsvector",
  "tsquery",
  "int4range",
  "int8range",
  "numrange",
  "daterange",
  "tsrange",
  "tstzrange",
]);

/** The short name of the type that a column gets in a table, such as `int8`, `_text` for a list of texts. */
export function typeName(field: Pick<Field, "type" | "pgType">): string {
  const { type, pgType } = field;
  if (type === "text" && pgType !== undefined && TEXT_TYPES.has(pgType)) return pgType;
  return type.endsWith("[]") ? `_${type.slice(0, -2)}` : type;
}

/** A short name as the full name that `CREATE TABLE` takes: `bigint`, `text[]`. */
export function fullTypeName(name: string): string {
  if (name.startsWith("_")) return `${fullTypeName(name.slice(1))}[]`;
  return FULL_NAMES[name] ?? name;
}

/** Whether a type's values are plain texts. */
export function isTextType(name: string): boolean {
  return name === "text" || name === "varchar" || name === "bpchar" || name === "name" || name === "citext";
}
