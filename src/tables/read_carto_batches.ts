import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { RowParser } from "../classic/sql.ts";
import type { ReadCartoOptions } from "./read_carto_options.ts";

/** What reading batch by batch takes. */
export interface ReadCartoBatchesOptions extends ReadCartoOptions {
  /**
   * Rows that a batch has at least, but for the last one, and the last one of a page. Default: as many as about half a
   * megabyte holds, and at least one.
   */
  batchRows?: number | undefined;
}

/**
 * Reads a table or query batch by batch, in constant memory. As {@linkcode readCarto}, but the rows are handed out
 * while they arrive. Leaving the loop ends the download.
 *
 * The first batch is there in any case, also when there are no rows: it tells the columns. A failure after the first
 * batch is an error and never a shorter table; with `pageRows` a connection that breaks then is no failure: the read goes
 * on with the row after the last one handed out.
 *
 * @param source A table name or a SQL query
 * @param options See {@linkcode ReadCartoBatchesOptions}
 * @returns The batches: frames, or with `rows` lists of what its `parse` returns
 * @throws {ArgumentError} The source or an option cannot be used
 * @throws {ResponseError} The server refused, or the rows are not whole; see `code`
 *
 * @example Add up without holding all rows
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { readCartoBatches } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to reach your account; here two answers stand ready: the columns, and the rows
 * const fields = { n: { type: "number", pgtype: "int4" } };
 * const copied = Uint8Array.fromBase64("UEdDT1BZCv8NCgAAAAAAAAAAAAABAAAABAAAAAUAAQAAAAQAAAAH//8=");
 * const answers = [Response.json({ rows: [], fields, total_rows: 0 }), new Response(copied)];
 * const transport = { fetch: () => Promise.resolve(answers.shift() as Response) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * let sum = 0;
 * for await (const batch of readCartoBatches("visits", { credentials, transport })) {
 *   for (const row of batch) sum += Number(row.n);
 * }
 * assertEquals(sum, 12);
 * ```
 *
 * @example Read a long table over a line that breaks: page by page
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { readCartoBatches } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to reach your account; here the answers stand ready: the columns, that no id is null, a page
 * const fields = { cartodb_id: { type: "number", pgtype: "int4" } };
 * const copied = Uint8Array.fromBase64("UEdDT1BZCv8NCgAAAAAAAAAAAAABAAAABAAAAAUAAQAAAAQAAAAH//8=");
 * const known = () => Response.json({ rows: [], fields, total_rows: 0 });
 * const answers = [known(), known(), new Response(copied)];
 * const transport = { fetch: () => Promise.resolve(answers.shift() as Response) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * const ids = [];
 * for await (const batch of readCartoBatches("visits", { credentials, transport, pageRows: 100_000 })) {
 *   ids.push(...batch.column("cartodb_id"));
 * }
 * assertEquals(ids, [5, 7]);
 * ```
 */
export function readCartoBatches<T>(
  source: string,
  options: ReadCartoBatchesOptions & { rows: RowParser<T> },
): AsyncGenerator<T[], void, void>;
/** Reads a table or query batch by batch, as frames. */
export function readCartoBatches(
  source: string,
  options?: ReadCartoBatchesOptions,
): AsyncGenerator<GeoDataFrame, void, void>;
export async function* readCartoBatches<T>(
  source: string,
  options: ReadCartoBatchesOptions & { rows?: RowParser<T> | undefined } = {},
): AsyncGenerator<GeoDataFrame | T[], void, void> {
  const { readBatches } = await import("./_read_request.ts");
  yield* readBatches(source, options, { batchRows: options.batchRows, isWhole: false });
}
