import type { SchemaOptions } from "./table_options.ts";

/** What is known of a table. */
export interface TableDescription {
  /** `PRIVATE`, `PUBLIC`, `LINK` or `PASSWORD`; empty when CARTO does not list the table, or not to this key. */
  readonly privacy: string;
  /** How many rows it has. */
  readonly numRows: number;
  /** The kind of the geometries in `the_geom`; null where there are none, or none of these kinds. */
  readonly geomType: "point" | "line" | "polygon" | null;
}

/**
 * Tells a table's privacy, number of rows and kind of geometry. Costs three requests; for a table that CARTO does
 * not list yet, the privacy is asked for again for up to 15 s and then empty.
 *
 * @param tableName The table, its name as it is
 * @param options The schema, whose account, a signal
 * @returns What is known
 * @throws {ArgumentError} The name is empty or no text
 * @throws {ResponseError} Code `not-found`: there is no such table; others as the server refuses
 *
 * @example A table with polygons
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { describeTable } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to ask your account; here three answers stand ready
 * const answers = [
 *   { rows: [{ n: 42 }], fields: { n: { type: "number", pgtype: "int8" } }, total_rows: 1 },
 *   { rows: [{ geom_type: "ST_MultiPolygon" }], fields: { geom_type: { type: "string" } }, total_rows: 1 },
 *   { id: "1", name: "parks", privacy: "PRIVATE" },
 * ];
 * const transport = { fetch: () => Promise.resolve(Response.json(answers.shift())) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * assertEquals(await describeTable("parks", { credentials, transport }), {
 *   privacy: "PRIVATE",
 *   numRows: 42,
 *   geomType: "polygon",
 * });
 * ```
 */
export async function describeTable(
  tableName: string,
  options: SchemaOptions = {},
): Promise<TableDescription> {
  const { checkTableName, resolvePlatform } = await import("./_table_tools.ts");
  const table = checkTableName(tableName);
  const call = { operation: `describe table "${table}"`, signal: options.signal };
  return await (await resolvePlatform(options)).describeTable({
    kind: "table",
    table,
    schema: options.schema,
  }, call);
}
