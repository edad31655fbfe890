import { ArgumentError } from "../errors/carto_error.ts";
import { quoteArray, quoteIdentifier, quoteJson, quoteValue } from "./_quote.ts";
import { scanSql } from "./_sql_scan.ts";

/**
 * SQL whose values and names are quoted already. Made by {@link sql}; every method that takes
 * SQL as a string takes it too.
 */
export class SqlText {
  /** The SQL as it is sent. */
  readonly text: string;

  /**
   * Takes a text as it is. Use {@link sql} to make one from values.
   *
   * @param text The SQL, already safe
   */
  constructor(text: string) {
    this.text = text;
  }

  /** The SQL as it is sent. */
  toString(): string {
    return this.text;
  }
}

/**
 * The tag that makes SQL from a template, and its helpers.
 *
 * | JavaScript value | SQL |
 * |---|---|
 * | string | `'text'`; U+0000 and half surrogate pairs are refused |
 * | number | digits; `NaN`, infinities and −0 as float8 |
 * | bigint | digits |
 * | boolean, `null` | `TRUE`, `FALSE`, `NULL`; `undefined` is refused |
 * | `Date`, `Temporal.Instant`, `Temporal.ZonedDateTime` | timestamptz |
 * | `Temporal.PlainDateTime`, `PlainDate`, `PlainTime`, `Duration` | timestamp, date, time, interval |
 * | `Uint8Array` | bytea |
 * | array | `ARRAY[…]::type[]`, of one type; an empty one takes the type of its context |
 * | geometry of this library, GeoJSON geometry | geometry (GeoJSON with SRID 4326) |
 * | plain object | jsonb |
 * | {@link SqlText} | itself |
 *
 * PostgreSQL rounds times to microseconds.
 */
export interface SqlTag {
  /**
   * Makes SQL from a template: every hole becomes a quoted value.
   *
   * @throws {ArgumentError} When a hole stands within quotes or a comment, touches a word, or holds
   * a value that has no SQL
   */
  (strings: TemplateStringsArray, ...values: unknown[]): SqlText;
  /**
   * A name, such as that of a table or column: `sql.id("cafes")`, with its schema `sql.id("ana", "cafes")`.
   * Case counts, and a dot within a name is a letter like any other.
   *
   * @throws {ArgumentError} When a name is empty, longer than 63 bytes or holds U+0000
   */
  id(...path: string[]): SqlText;
  /** A list of names, separated by commas: the columns of a `SELECT` or an `INSERT`. */
  ids(names: Iterable<string>): SqlText;
  /** A text taken as it is. Never pass what a user typed. */
  raw(text: string): SqlText;
  /** Values or pieces of SQL with a separator between them, a comma unless said otherwise. */
  join(items: Iterable<unknown>, separator?: string): SqlText;
  /** A value as jsonb, also where it would be taken for an array, a date or a geometry. */
  json(value: unknown): SqlText;
  /** An array of a stated element type, such as `sql.array(ids, "uuid")`. */
  array(values: readonly unknown[], type: string): SqlText;
}

/** Stands for a hole while the fixed parts of a template are read. */
const HOLE = "\u0001";
/** A quoted value that follows or precedes one of these would become a part of it. */
const TOUCHING = /[A-Za-z0-9_$'"\u0080-\uffff]/;

/** Refuses a template in which a hole would not stand on its own. */
function checkHoles(strings: readonly string[], values: readonly unknown[]): void {
  const fixed = strings.join(HOLE);
  const free = new Set<number>();
  for (const token of scanSql(fixed)) if (token.end === token.start + 1) free.add(token.start);
  let at = -1;
  for (const [index, value] of values.entries()) {
    at += (strings[index]?.length ?? 0) + 1;
    if (!free.has(at)) {
      throw new ArgumentError(`Cannot build SQL: value ${index + 1} stands within quotes or a comment`, {
        hint: "Leave the quotes out: they are added",
      });
    }
    if (value instanceof SqlText) continue;
    const beside = [fixed[at - 1] ?? "", fixed[at + 1] ?? ""];
    if (beside.some((char) => char === HOLE || TOUCHING.test(char))) {
      throw new ArgumentError(`Cannot build SQL: value ${index + 1} touches what stands beside it`, {
        hint: "Put a blank between them; for a name use sql.id(name)",
      });
    }
  }
}

function render(value: unknown): string {
  return value instanceof SqlText ? value.text : quoteValue(value);
}

function template(strings: TemplateStringsArray, ...values: unknown[]): SqlText {
  checkHoles(strings, values);
  return new SqlText(
    strings.map((part, index) => index === 0 ? part : render(values[index - 1]) + part).join(""),
  );
}

function id(...path: string[]): SqlText {
  if (path.length === 0) throw new ArgumentError("Cannot make a name of nothing");
  return new SqlText(path.map(quoteIdentifier).join("."));
}

function ids(names: Iterable<string>): SqlText {
  const quoted = [...names].map(quoteIdentifier);
  if (quoted.length === 0) throw new ArgumentError("Cannot make a list of no names");
  return new SqlText(quoted.join(","));
}

function raw(text: string): SqlText {
  return new SqlText(text);
}

function join(items: Iterable<unknown>, separator = ","): SqlText {
  return new SqlText([...items].map(render).join(separator));
}

function json(value: unknown): SqlText {
  return new SqlText(quoteJson(value));
}

function array(values: readonly unknown[], type: string): SqlText {
  if (!/^[a-z_][a-z0-9_ ]*(?:\(\d+(?:,\d+)?\))?$/i.test(type)) {
    throw new ArgumentError(`Cannot use "${type}" as a type of array elements`);
  }
  return new SqlText(quoteArray(values, type));
}

/**
 * Makes SQL with values and names quoted, so that no value can be read as SQL.
 *
 * @example Values, names and lists
 * ```ts
 * import { sql } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const city = "L'Hospitalet";
 * const query = sql`SELECT ${sql.ids(["name", "Stars"])} FROM ${sql.id("cafes")}
 *   WHERE city = ${city} AND stars = ANY(${[4, 5]})`;
 *
 * assertEquals(
 *   query.text,
 *   `SELECT "name","Stars" FROM "cafes"
 *   WHERE city = 'L''Hospitalet' AND stars = ANY(ARRAY[4,5]::int4[])`,
 * );
 * ```
 */
export const sql: SqlTag = Object.assign(template, { id, ids, raw, join, json, array });

/** SQL as callers give it. */
export type SqlInput = string | SqlText;
