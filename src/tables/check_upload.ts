import type { CheckUploadInput, CheckUploadOptions, CheckUploadReport } from "./check_upload_report.ts";

/**
 * Looks at an upload before it is made: the same planning as {@linkcode toCarto}, without a byte being written. It reads
 * all rows, in constant memory where they come as a stream, and tells what would become of them: columns, types and
 * names; rows with bad geometries or values, out-of-range coordinates, ids or keys that are missing or repeated; what
 * stands in the way in the table that has the name now; whether the account has the room.
 *
 * A report without errors is one whose upload goes through, as far as the client can know: conversions that only the
 * database can make are told as `not-compared`. Errors that an upload would not mind, such as a latitude of 222, which
 * has no place on a map, have `refused: false`.
 *
 * Instead of the data a function can be given that makes them. It is told what to pass to `readFile`, so that a file is
 * read to its end whatever cannot be read in it, and all of that is in the report.
 *
 * Without credentials the data alone are looked at, and the report says so. With them it costs two requests, and a third
 * where ids are appended; keys and ids are compared in some 100 MB at most, which is 5,000,000 rows.
 *
 * @param data What would be uploaded, or a function that makes it; a stream is read to its end
 * @param tableName The table's name, normalised before use
 * @param options What the upload would be given
 * @returns What was found
 * @throws {ArgumentError} The name or an option cannot be used
 * @throws {ResponseError} The server refused to tell of the table
 *
 * @example Two rows that need a look
 * ```ts
 * import { checkUpload } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * const look = await checkUpload(
 *   [{ "Name": "Hawai", the_geom: "POINT (-3.69 40.42)" }, { "Name": "El Rey", the_geom: "POINT (40.42 -93.7)" }],
 *   "My cafes",
 *   { geomCol: "the_geom" },
 * );
 * assertEquals([look.ok, look.tableName, look.rows], [false, "my_cafes", 2]);
 * assertEquals(look.columns.map(({ name, type }) => `${name} ${type}`), ["name text", "the_geom geometry(Geometry, 4326)"]);
 * assertEquals(look.problems[0]?.code, "latitude");
 * assertEquals(look.problems[0]?.row, 2);
 * ```
 *
 * @example A file, before it is uploaded
 * ```ts
 * import { checkUpload } from "@cartoframes/cartoframes";
 * import { readFileBatches } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile({ suffix: ".csv" });
 * await Deno.writeTextFile(path, "id,place\n1,POINT(1 2)\n2,POINT(1\n3,POINT(5 6)\n");
 * const look = await checkUpload(
 *   ({ onBadValue }) => readFileBatches(path, { geometryColumn: "place", onBadValue }),
 *   "places",
 * );
 * assertEquals([look.rows, look.counts, look.problems[0]?.line], [3, { "bad-geometry": 1 }, 3]);
 * await Deno.remove(path);
 * ```
 */
export async function checkUpload(
  data: CheckUploadInput,
  tableName: string,
  options: CheckUploadOptions = {},
): Promise<CheckUploadReport> {
  const { check } = await import("./_check_upload.ts");
  return await check(data, tableName, options);
}
