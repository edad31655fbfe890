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
};

/** Types whose values are plain texts, also on the wire. */
const TEXTS: ReadonlySet<string> = new Set(["text", "varchar", "bpchar", "name", "citext"]);

/** PostgreSQL's short name of the type that a column gets in a table, such as `int8`, or `_text` for a list of texts. */
export function typeName({ type, pgType }: Pick<Field, "type" | "pgType">): string {
  if (type === "text" && pgType !== undefined && /^[a-z][a-z0-9_]*$/.test(pgType)) return pgType;
  return type.endsWith("[]") ? `_${type.slice(0, -2)}` : type;
}

/** A short name as the full one: `int8` is `bigint`, `_text` is `text[]`. */
export function fullTypeName(name: string): string {
  if (name.startsWith("_")) return `${fullTypeName(name.slice(1))}[]`;
  return FULL_NAMES[name] ?? name;
}

/** Whether a type's values are plain texts. */
export function isTextType(name: string): boolean {
  return TEXTS.has(name);
}
