import type { RowParser } from "../classic/sql.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { readCartoBatches } from "./read_carto_batches.ts";
import type { SchemaOptions, TableProgress } from "./table_options.ts";

/** What reading takes. */
export interface ReadCartoOptions extends SchemaOptions {
  /** The most rows to read. Without an order in the query, any of them. Default: all. */
  limit?: number | undefined;
  /** Attempts in all, as long as no row has been handed out. Default 3. */
  retryTimes?: number | undefined;
  /** The column that comes first. A frame has no index beside its columns, as a pandas one has. */
  indexColumn?: string | undefined;
  /** Whether `the_geom` is given as geometry. Default true; when false, as EWKB in hexadecimal. */
  decodeGeom?: boolean | undefined;
  /** What stands where a geometry is null, in any encoding. Default: null. */
  nullGeomValue?: unknown;
  /** How 64-bit integers are given; `number` refuses one that does not fit. Default `bigint`. */
  int8?: "bigint" | "number" | undefined;
  /** Is told how far the read is. */
  onProgress?: ((progress: TableProgress) => void) | undefined;
}

/** Rows gathered before they become a batch, when all of them are wanted anyway. */
const BATCH_ROWS = 65_536;

/**
 * Reads a table or the result of a query, whole: every row, each value as the database has it. 64-bit integers come as
 * `bigint`, decimals as text, timestamps as `Temporal`, geometry as {@linkcode Geometry}; `the_geom_webmercator` is left
 * out. An answer that is cut short, or ends in an error, is an error and never a shorter table. Costs two requests.
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
 * @throws {DataError} `rows.parse` refused a row, or a 64-bit integer does not fit a number
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
  const { rows: parser, ...rest } = options;
  if (parser !== undefined) {
    const parsed: T[] = [];
    for await (const batch of readCartoBatches(source, { ...rest, rows: parser, batchRows: BATCH_ROWS })) {
      for (const row of batch) parsed.push(row);
    }
    return parsed;
  }
  const batches: GeoDataFrame[] = [];
  for await (const batch of readCartoBatches(source, { ...rest, batchRows: BATCH_ROWS })) batches.push(batch);
  const [first, ...others] = batches;
  // There is always a first batch, also when there are no rows
  return (first as GeoDataFrame).concat(...others);
}
