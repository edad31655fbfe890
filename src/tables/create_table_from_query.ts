import type { IfExists, TableOptions } from "./table_options.ts";

/** What making a table within the account takes. */
export interface CreateTableOptions extends TableOptions {
  /**
   * What to do when a table has the name: `fail`, which is the default; `replace` its rows, in place, so that the
   * table keeps its identity, privacy, grants and views; or `append` to them.
   */
  ifExists?: IfExists | undefined;
  /** Whether the new table becomes one that CARTO lists and draws. Default true. */
  cartodbfy?: boolean | undefined;
}

/** What came of making a table within the account. */
export interface CreateTableReport {
  /** The table's name as it was normalised. */
  readonly table: string;
  /** How many rows the query gave. */
  readonly rows: number;
  /** What to know besides. */
  readonly warnings: readonly string[];
}

/**
 * Makes a table from a query. The rows stay in the database, and either all of them arrive or nothing changes: they
 * are gathered in a staging table, and one transaction puts them in place. A query that takes longer than the
 * account's queries may is run as a batch job, which needs the master key.
 *
 * With `append` the rows get new ids: a column `cartodb_id` of the query is left out. CARTOframes' `append` inserts
 * nothing. `log_enabled` has no counterpart: nothing is printed.
 *
 * @param query One `SELECT` or `WITH ... SELECT`
 * @param newTableName The name of the table, normalised before use
 * @param options What to do when the name is taken, whose account, a signal
 * @returns The name, the number of rows, warnings
 * @throws {ArgumentError} The query is none, or the name is empty
 * @throws {AlreadyExistsError} A table has that name, and `ifExists` is `fail`
 * @throws {ResponseError} The server refused; see `code`
 * @throws {JobError} The query failed as a batch job
 *
 * @example What is refused before anything is sent
 * ```ts
 * import { createTableFromQuery, isCartoError } from "@cartoframes/cartoframes";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(() => createTableFromQuery("DELETE FROM cafes", "gone"), Error);
 * assertEquals(isCartoError(error) && error.code, "invalid-argument");
 * ```
 */
export async function createTableFromQuery(
  query: string,
  newTableName: string,
  options: CreateTableOptions = {},
): Promise<CreateTableReport> {
  const { checkIfExists, normalTableName, querySource, resolvePlatform } = await import("./_table_tools.ts");
  const source = querySource(query, "query");
  const table = normalTableName(newTableName, "newTableName");
  const ifExists = checkIfExists(options.ifExists, ["fail", "replace", "append"]);
  const outcome = await (await resolvePlatform(options)).createTable({
    operation: `create table "${table}"`,
    signal: options.signal,
    source,
    table,
    ifExists,
    cartodbfy: options.cartodbfy ?? true,
  });
  return { table, rows: outcome.rows, warnings: outcome.warnings };
}
