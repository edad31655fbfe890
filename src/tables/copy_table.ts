import { ArgumentError } from "../errors/mod.ts";
import type { CreateTableOptions, CreateTableReport } from "./create_table_from_query.ts";

/** What copying a table takes. */
export interface CopyTableOptions extends CreateTableOptions {
  /** The schema of the table that is copied, such as the name of a colleague who shares it. Default: one's own. */
  schema?: string | undefined;
}

/**
 * Copies a table within the account, as {@linkcode createTableFromQuery} with `SELECT *` does. A new table and a
 * replaced one have the ids of the original; rows that are appended get new ones.
 *
 * CARTOframes takes a name with a schema as one text; here the schema is an option, and a dot in the name is a letter
 * like any other. `log_enabled` has no counterpart: nothing is printed.
 *
 * @param tableName The table to copy
 * @param newTableName The name of the copy, normalised before use
 * @param options What to do when the name is taken, the schema, whose account, a signal
 * @returns The name, the number of rows, warnings
 * @throws {ArgumentError} A name is empty, or both are the same table
 * @throws {AlreadyExistsError} A table has that name, and `ifExists` is `fail`
 * @throws {ResponseError} Code `not-found`: there is no such table; others as the server refuses
 *
 * @example A table is no copy of itself
 * ```ts
 * import { copyTable, isCartoError } from "@cartoframes/cartoframes";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(() => copyTable("cafes", "Cafes"), Error);
 * assertEquals(isCartoError(error) && error.code, "invalid-argument");
 * ```
 */
export async function copyTable(
  tableName: string,
  newTableName: string,
  options: CopyTableOptions = {},
): Promise<CreateTableReport> {
  const { checkIfExists, checkTableName, normalTableName, resolvePlatform } = await import(
    "./_table_tools.ts"
  );
  const from = checkTableName(tableName);
  const table = normalTableName(newTableName, "newTableName");
  const ifExists = checkIfExists(options.ifExists, ["fail", "replace", "append"]);
  if (from === table && options.schema === undefined) {
    throw new ArgumentError(`Cannot copy table "${from}" to itself`, { argument: "newTableName" });
  }
  const outcome = await (await resolvePlatform(options)).createTable({
    operation: `copy table "${from}" to "${table}"`,
    signal: options.signal,
    source: { kind: "table", table: from, schema: options.schema },
    table,
    ifExists,
    cartodbfy: options.cartodbfy ?? true,
  });
  return { table, rows: outcome.rows, warnings: outcome.warnings };
}
