import type { ToCartoInput, ToCartoOptions, ToCartoReport } from "./to_carto_options.ts";

/**
 * Uploads data as a table: all rows, or nothing changes. They travel by COPY into a staging table, and one transaction
 * puts them in place; a failure or an abort before that leaves the account as it was.
 *
 * Columns get names that PostgreSQL and CARTO take (see `renamed` in the report), and types that hold every value
 * exactly. The geometry becomes `the_geom`, in SRID 4326: what comes in another known coordinate system is reprojected,
 * what comes in an unknown one refused. A whole-number column `cartodb_id` becomes the table's ids. With `append` the
 * columns are compared first, and values that the table would change (a fraction in a column of whole numbers) are
 * refused; with `upsert` likewise. An `upsert` keeps the `cartodb_id` of rows that are there and their values in
 * columns that the data do not have; a key that is missing or repeated in the data is refused.
 *
 * Arrays, records of columns, feature collections, Arrow, Arquero and Polars tables and `GeoDataFrame`s are taken as
 * they are. Iterables and async iterables of rows or frames are streamed, in constant memory; the first batch tells the
 * columns.
 *
 * Large uploads end in a batch job, which needs the master key; with another key the last step is a plain query. Costs
 * five requests, two more with `upsert`, and two more for each further COPY or job. CARTOframes' `log_enabled` has no
 * counterpart: nothing is printed, the report is returned.
 *
 * @param data What to upload
 * @param tableName The table's name, normalised before use
 * @param options See {@linkcode ToCartoOptions}
 * @returns What was written, and under which names
 * @throws {ArgumentError} The data, the name or an option cannot be used, or the columns do not fit the table
 * @throws {DataError} A value cannot be written as it is; the place is told
 * @throws {AlreadyExistsError} A table has that name, and `ifExists` is `fail`
 * @throws {CartoError} Code `quota-exceeded`: there is no room for the rows
 * @throws {ResponseError} The server refused; see `code`
 * @throws {JobError} The last step failed as a batch job
 *
 * @example Upload rows
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { toCarto } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to reach your account; here is a server that takes everything
 * const transport = {
 *   async fetch(_url: unknown, request?: RequestInit) {
 *     await new Response(request?.body).bytes();
 *     return Response.json({ rows: [{ schema: "public", target: null }], fields: {}, total_rows: 2 });
 *   },
 * };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * const cafes = [
 *   { "Name": "Hawai", stars: 4, the_geom: "POINT (-3.69 40.42)" },
 *   { "Name": "El Rey", stars: 5, the_geom: "POINT (-3.7 40.42)" },
 * ];
 * const report = await toCarto(cafes, "My cafes", { credentials, transport, geomCol: "the_geom" });
 * assertEquals([report.table, report.rows, report.created], ["my_cafes", 2, true]);
 * assertEquals(report.renamed.map(({ from, to }) => [from, to]), [["Name", "name"]]);
 * ```
 *
 * @example Update rows by key, and add those that are new
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { startEmulator } from "@cartoframes/cartoframes/emulator";
 * import { readCarto, toCarto } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * await using carto = await startEmulator();
 * const credentials = new Credentials(carto.credentials());
 * await toCarto([{ code: "a", stars: 4 }, { code: "b", stars: 5 }], "cafes", { credentials });
 *
 * const news = [{ code: "b", stars: 3 }, { code: "c", stars: 1 }];
 * const report = await toCarto(news, "cafes", { credentials, ifExists: "upsert", key: ["code"] });
 * assertEquals([report.inserted, report.updated], [1, 1]);
 * const stars = await readCarto("SELECT code, stars FROM cafes ORDER BY code", { credentials });
 * assertEquals([...stars.column("stars")], [4, 3, 1]);
 * ```
 */
export async function toCarto(
  data: ToCartoInput,
  tableName: string,
  options: ToCartoOptions = {},
): Promise<ToCartoReport> {
  const { upload } = await import("./_upload.ts");
  return await upload(data, tableName, options);
}
