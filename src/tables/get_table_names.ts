import type { TableOptions } from "./table_options.ts";

/**
 * Tells which tables a query reads, without running it. Costs one request.
 *
 * @param query One `SELECT` or `WITH ... SELECT`
 * @param options Whose account, a signal
 * @returns The names of the tables without their schemas, each once; empty when there are none
 * @throws {ArgumentError} The query is none
 * @throws {ResponseError} The server refused; see `code`
 *
 * @example The tables of a join
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { getTableNames } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to ask your account
 * const answer = { rows: [{ tables: ["public.cafes", "public.zones"] }], fields: {}, total_rows: 1 };
 * const transport = { fetch: () => Promise.resolve(Response.json(answer)) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * const query = "SELECT * FROM cafes JOIN zones ON ST_Contains(zones.the_geom, cafes.the_geom)";
 * assertEquals(await getTableNames(query, { credentials, transport }), ["cafes", "zones"]);
 * ```
 */
export async function getTableNames(query: string, options: TableOptions = {}): Promise<string[]> {
  const { querySource, resolvePlatform } = await import("./_table_tools.ts");
  const source = querySource(query, "query");
  const call = { operation: "find the tables of the query", signal: options.signal };
  return await (await resolvePlatform(options)).tablesOf(source, call);
}
