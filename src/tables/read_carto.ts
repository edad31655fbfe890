import type { RowParser } from "../classic/sql.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { ReadCartoOptions } from "./read_carto_options.ts";

/** Many rows are gathered before they become a batch, since all of them are wanted anyway. */
const WHOLE = { batchRows: 65_536, isWhole: true };

/**
 * Reads a table or the result of a query, whole: every row, each value as the database has it. 64-bit integers come as
 * `bigint`, decimals as text, timestamps as `Temporal`, geometry as {@linkcode Geometry}; `the_geom_webmercator` is left
 * out. An answer that is cut short, or ends in an error, is an error and never a shorter table. Costs two requests; see
 * `strategy` for a query that takes longer than the server lets it, and `pageRows` for a line that breaks.
 *
 * A text that begins with `SELECT` or `WITH` is a query, any other the name of a table, used as it is given.
 *
 * @param source A table name or a SQL query
 * @param options See {@linkcode ReadCartoOptions}; with `rows`, anything with a `parse` (a zod schema is one), each row
 * becomes what that returns
 * @returns The frame, or with `rows` the list of parsed rows
 * @throws {ArgumentError} The source or an option cannot be used
 * @throws {CredentialsError} There are no credentials
 * @throws {ResponseError} The server refused, or the rows are not whole; see `code`
 * @throws {JobError} The query failed as a batch job
 * @throws {DataError} `rows.parse` refused a row, a 64-bit integer does not fit a number, a timestamp lies after 294247,
 * or `cartodb_id` does not tell the rows of pages apart
 *
 * @example Read a table
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { readCarto } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to reach your account; here two answers stand ready: the columns, and the rows
 * const fields = { n: { type: "number", pgtype: "int4" } };
 * const copied = Uint8Array.fromBase64("UEdDT1BZCv8NCgAAAAAAAAAAAAABAAAABAAAAAUAAQAAAAQAAAAH//8=");
 * const answers = [Response.json({ rows: [], fields, total_rows: 0 }), new Response(copied)];
 * const transport = { fetch: () => Promise.resolve(answers.shift() as Response) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * const visits = await readCarto("visits", { credentials, transport });
 * assertEquals(visits.toRows(), [{ n: 5 }, { n: 7 }]);
 * ```
 */
export function readCarto<T>(
  source: string,
  options: ReadCartoOptions & { rows: RowParser<T> },
): Promise<T[]>;
/** Reads a table or the result of a query, whole, as a frame. */
export function readCarto(source: string, options?: ReadCartoOptions): Promise<GeoDataFrame>;
export async function readCarto<T>(
  source: string,
  options: ReadCartoOptions & { rows?: RowParser<T> | undefined } = {},
): Promise<GeoDataFrame | T[]> {
  const { readBatches } = await import("./_read_request.ts");
  if (options.rows !== undefined) {
    const parsed: T[] = [];
    for await (const batch of readBatches(source, options, WHOLE)) {
      for (const row of batch as T[]) parsed.push(row);
    }
    return parsed;
  }
  const batches: GeoDataFrame[] = [];
  for await (const batch of readBatches(source, options, WHOLE)) batches.push(batch as GeoDataFrame);
  const [first, ...others] = batches;
  // There is always a first batch, also when there are no rows
  return (first as GeoDataFrame).concat(...others);
}
