import { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { TableOptions } from "./table_options.ts";

/**
 * Lists the account's own tables, the last changed first; tables that others share are left out. Costs one request per
 * page. Needs the master key.
 *
 * @param options Whose account, a signal
 * @returns A frame with one column, `tables`
 * @throws {CredentialsError} There are no credentials
 * @throws {ResponseError} The server refused; see `code`
 *
 * @example Names of tables
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { listTables } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to ask your account
 * const page = { visualizations: [{ id: "2", name: "parks" }, { id: "1", name: "cafes" }], total_entries: 2 };
 * const transport = { fetch: () => Promise.resolve(Response.json(page)) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * const tables = await listTables({ credentials, transport });
 * assertEquals([...tables.column("tables")], ["parks", "cafes"]);
 * ```
 */
export async function listTables(options: TableOptions = {}): Promise<GeoDataFrame> {
  const { resolvePlatform } = await import("./_table_tools.ts");
  const names = await (await resolvePlatform(options)).listTables({
    operation: "list the tables",
    signal: options.signal,
  });
  return GeoDataFrame.fromColumns({ tables: names }, { types: { tables: "text" } });
}
