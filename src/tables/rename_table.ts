import { ArgumentError } from "../errors/mod.ts";
import type { TableOptions } from "./table_options.ts";

/** What renaming a table takes. */
export interface RenameTableOptions extends TableOptions {
  /** What to do when a table has the new name: `fail`, which is the default, or `replace`, which deletes that one. */
  ifExists?: "fail" | "replace" | undefined;
}

/**
 * Gives a table another name. With `replace` the table of that name is deleted in the same transaction: either both
 * happen or nothing. Costs one request.
 *
 * The new name is normalised, the present one is used as it is given. CARTOframes' `log_enabled` has no
 * counterpart: nothing is printed.
 *
 * @param tableName The table
 * @param newTableName Its name to be
 * @param options What to do when that name is taken, whose account, a signal
 * @returns The new name as it was normalised
 * @throws {ArgumentError} A name is empty or no text, or both are equal
 * @throws {AlreadyExistsError} A table has that name, and `ifExists` is `fail`
 * @throws {ResponseError} Code `not-found`: there is no such table; others as the server refuses
 *
 * @example Rename a table
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { renameTable } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to reach your account
 * const transport = { fetch: () => Promise.resolve(Response.json({ rows: [], fields: {}, total_rows: 0 })) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * assertEquals(await renameTable("cafes", "Cafes 2024", { credentials, transport }), "cafes_2024");
 * ```
 */
export async function renameTable(
  tableName: string,
  newTableName: string,
  options: RenameTableOptions = {},
): Promise<string> {
  const { checkIfExists, checkTableName, normalTableName, resolvePlatform } = await import(
    "./_table_tools.ts"
  );
  const from = checkTableName(tableName);
  const to = normalTableName(newTableName, "newTableName");
  const ifExists = checkIfExists(options.ifExists, ["fail", "replace"]);
  if (from === to) {
    throw new ArgumentError(`Cannot rename table "${from}": the new name is the same`, {
      argument: "newTableName",
      hint: "Choose a different table name",
    });
  }
  const call = { operation: `rename table "${from}" to "${to}"`, signal: options.signal };
  await (await resolvePlatform(options)).renameTable(from, to, ifExists === "replace", call);
  return to;
}
