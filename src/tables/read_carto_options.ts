import type { SchemaOptions, TableProgress } from "./table_options.ts";

/**
 * How the rows are got.
 *
 * - `direct`: by one COPY (or, with `pageRows`, by one for each page).
 * - `job`: a batch job, which may take 12 hours, puts the result into a table of its own; that is read and dropped, also
 *   after an abort or an error. Needs the master key, and room in the account for the result.
 * - `auto`: `direct`; when the server ends the query for taking too long, and no row has been handed out by then, a
 *   table is read page by page by its `cartodb_id`, and a query as with `job`.
 */
export type ReadStrategy = "auto" | "direct" | "job";

/** What reading takes. */
export interface ReadCartoOptions extends SchemaOptions {
  /** The most rows to read. Without an order in the query, any of them. Default: all. */
  limit?: number | undefined;
  /** How the rows are got. Default `auto`. */
  strategy?: ReadStrategy | undefined;
  /**
   * Reads page by page in the order of `cartodb_id`, so many rows at most by each COPY, so that a broken download goes
   * on where it was. The source must have `cartodb_id`, whole, unique and never null, as CARTO's tables do. Pages see
   * what is written between them. Default: all rows by one COPY.
   */
  pageRows?: number | undefined;
  /** Attempts in all, as long as no row has been handed out; with `pageRows`, for each page. Default 3. */
  retryTimes?: number | undefined;
  /** The column that comes first. A frame has no index beside its columns, as a pandas one has. */
  indexColumn?: string | undefined;
  /** Whether `the_geom` is given as geometry. Default true; when false, as EWKB in hexadecimal. */
  decodeGeom?: boolean | undefined;
  /** What stands where a geometry is null, in any encoding. Default: null. */
  nullGeomValue?: unknown;
  /** How 64-bit integers are given; `number` refuses one that does not fit. Default `bigint`. */
  int8?: "bigint" | "number" | undefined;
  /** Is told how far the read is; one that begins again counts again from the first row. */
  onProgress?: ((progress: TableProgress) => void) | undefined;
}
