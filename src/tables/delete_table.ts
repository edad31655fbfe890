import type { SchemaOptions } from "./table_options.ts";

/**
 * Deletes a table, if there is one. Views that need the table are not deleted with it: then nothing is.
 *
 * The name is used as it is given, not normalised. CARTOframes' `log_enabled` has no counterpart: nothing is printed,
 * what it would say is returned.
 *
 * @param tableName The table
 * @param options The schema, whose account, a signal
 * @returns Whether there was such a table
 * @throws {ArgumentError} The name is empty or no text
 * @throws {CredentialsError} There are no credentials
 * @throws {ResponseError} The server refused; see `code`
 *
 * @example Delete a table
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { deleteTable } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to reach your account; here it answers as the server does for a table that is there
 * const transport = { fetch: () => Promise.resolve(Response.json({ rows: [], fields: {}, total_rows: 0 })) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * assertEquals(await deleteTable("cafes", { credentials, transport }), true);
 * ```
 */
export async function deleteTable(tableName: string, options: SchemaOptions = {}): Promise<boolean> {
  const { checkTableName, resolvePlatform } = await import("./_table_tools.ts");
  const table = checkTableName(tableName);
  const call = { operation: `delete table "${table}"`, signal: options.signal };
  return await (await resolvePlatform(options)).dropTable(table, options.schema, call);
}
