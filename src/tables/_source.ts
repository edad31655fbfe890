import { countStatements, isSqlQuery, trimSql } from "../classic/_sql_scan.ts";
import { sql } from "../classic/sql_text.ts";
import { ArgumentError } from "../errors/mod.ts";
import type { Source } from "./_platform.ts";

/** What a caller named to read: a query when it begins with SELECT or WITH, otherwise a table. */
export function parseSource(source: unknown, schema: string | undefined): Source {
  if (typeof source !== "string" || source.trim() === "") {
    throw new ArgumentError("Cannot read: the source is neither a table name nor a SQL query", {
      argument: "source",
    });
  }
  return isSqlQuery(source) ? querySource(source, "source") : { kind: "table", table: source, schema };
}

/** A query that a caller gave, checked to be one statement that can stand within another. */
export function querySource(query: unknown, argument: string): Source & { kind: "query" } {
  if (typeof query !== "string" || !isSqlQuery(query)) {
    throw new ArgumentError(`Cannot use the ${argument}: it is no SQL query`, {
      argument,
      hint: "Pass a text that begins with SELECT or WITH",
    });
  }
  const text = trimSql(query);
  if (countStatements(text) !== 1) {
    throw new ArgumentError(`Cannot use the ${argument}: it is more than one statement`, {
      argument,
      hint: "Send the other statements before, with ClassicClient.sql.query",
    });
  }
  return { kind: "query", query: text };
}

/** The source as a query of its own. */
export function sourceSql(source: Source): string {
  if (source.kind === "query") return source.query;
  const { table, schema } = source;
  return `SELECT * FROM ${schema === undefined ? sql.id(table) : sql.id(schema, table)}`;
}

/** The source as it is called in a message: a table by its name, a query without its text. */
export function sourceName(source: Source): string {
  if (source.kind === "query") return "the query";
  return `table "${source.schema === undefined ? "" : `${source.schema}.`}${source.table}"`;
}

/** The source as a sub-query. */
export function subquery(source: Source, alias: string): string {
  return `(${sourceSql(source)}) ${alias}`;
}
