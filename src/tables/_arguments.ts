import { requireCredentials } from "../auth/_require_credentials.ts";
import { countStatements, isSqlQuery, trimSql } from "../classic/_sql_scan.ts";
import { sql } from "../classic/sql_text.ts";
import { ArgumentError, UnsupportedError } from "../errors/carto_error.ts";
import { normalizeName } from "../frame/names.ts";
import type { Platform, Source, WriteMode } from "./_platform.ts";
import type { TableOptions } from "./table_options.ts";

/** A table name as the caller wrote it. */
export function checkTableName(name: unknown, argument = "tableName"): string {
  if (typeof name === "string" && name !== "") return name;
  const what = argument === "newTableName" ? "new table name" : "table name";
  throw new ArgumentError(`Cannot use the ${what}: it must be a text that is not empty`, { argument });
}

/** A table name made one that PostgreSQL takes as it is. */
export function normalTableName(name: unknown, argument = "tableName"): string {
  return normalizeName(checkTableName(name, argument));
}

/** What to do when a table is there already. */
export function checkIfExists<Word extends WriteMode>(
  value: unknown,
  allowed: readonly Word[],
  argument = "ifExists",
): Word {
  const word = allowed.find((item) => item === (value ?? "fail"));
  if (word !== undefined) return word;
  throw new ArgumentError(`Cannot use this ${argument}: it must be one of ${allowed.join(", ")}`, {
    argument,
  });
}

/** A number of attempts. */
export function checkAttempts(value: number | undefined): number {
  return checkWhole(value ?? 3, "retryTimes", 1);
}

/** A whole number that is not less than `least`. */
export function checkWhole(value: unknown, argument: string, least: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  throw new ArgumentError(`Cannot use this ${argument}: it must be a whole number, ${least} or more`, {
    argument,
  });
}

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

/**
 * The platform behind the credentials of a call, or behind the default ones. What talks to it is loaded only now: a
 * program that imports the module but touches no table starts without it.
 */
export async function resolvePlatform({ credentials, transport }: TableOptions): Promise<Platform> {
  const found = requireCredentials(credentials);
  if (found.platform === "classic") {
    const { coreClient } = await import("../classic/_core_client.ts");
    const { ClassicPlatform } = await import("./_classic_platform.ts");
    return new ClassicPlatform(coreClient(found, transport));
  }
  throw new UnsupportedError("Cannot work with tables of CARTO 3 yet: only classic accounts can be used", {
    hint: "Give the user name and API key of a classic account",
  });
}
