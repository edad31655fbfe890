import type { SchemaOptions } from "./table_options.ts";

/**
 * Whether a table is there and may be read. A query is taken too: whether all it needs is there. Costs one request.
 *
 * The name is used as it is given, not normalised. A missing table is `false`; a wrong key, a key without the right
 * to read the table, or a broken connection is an error, where CARTOframes says `False`.
 *
 * @param tableName The table, or a query
 * @param options The schema, whose account, a signal
 * @returns Whether it is there
 * @throws {ArgumentError} The name is empty or no text
 * @throws {CredentialsError} There are no credentials
 * @throws {ResponseError} The server refused; see `code`
 *
 * @example Make a table only once
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { hasTable } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to ask your account; here it answers that there is no such table
 * const error = { error: ['relation "cafes" does not exist'] };
 * const transport = { fetch: () => Promise.resolve(Response.json(error, { status: 400 })) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * assertEquals(await hasTable("cafes", { credentials, transport }), false);
 * ```
 */
export async function hasTable(tableName: string, options: SchemaOptions = {}): Promise<boolean> {
  const { checkTableName, parseSource, resolvePlatform, sourceName } = await import("./_table_tools.ts");
  const source = parseSource(checkTableName(tableName), options.schema);
  const operation = `look for ${sourceName(source)}`;
  return await (await resolvePlatform(options)).hasTable(source, { operation, signal: options.signal });
}
