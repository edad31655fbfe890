import type { FrameInput } from "../frame/from_any.ts";
import type { ColumnType, RenamedColumn } from "../frame/types.ts";
import type { IfExists, TableOptions, TableProgress } from "./table_options.ts";

/** What an upload takes. */
export interface ToCartoOptions extends TableOptions {
  /**
   * What to do when a table has the name: `fail`, which is the default; `replace` its rows and columns, in place, so
   * that the table keeps its identity, privacy, grants and views, while whoever reads it waits for the last step;
   * `append` the rows to it; or `upsert`: update the rows that have the same `key`, and add the others.
   */
  ifExists?: IfExists | "upsert" | undefined;
  /**
   * The columns by which `upsert` tells rows apart, such as `["id"]`, by their names in the data. Every row of the data
   * has a value in each, and no two rows have the same values; the table needs no index on them.
   */
  key?: readonly string[] | undefined;
  /**
   * The column that holds the geometries, in any encoding (WKT, EWKB, GeoJSON ...); it becomes `the_geom`. When not
   * given, the data's own geometry.
   */
  geomCol?: string | undefined;
  /** The types of columns, by their names in the data, where they should not be told from the values. */
  types?: Readonly<Record<string, ColumnType>> | undefined;
  /** Whether the rows are numbered, from 0, in a last column named `indexLabel`. Default false. */
  index?: boolean | undefined;
  /** The name of the column of row numbers. */
  indexLabel?: string | undefined;
  /** Whether a new table becomes one that CARTO lists and draws. Default true. */
  cartodbfy?: boolean | undefined;
  /** Attempts in all for a request that a busy server refused. Default 3. */
  retryTimes?: number | undefined;
  /**
   * The most bytes in one request; larger data travel in several, and still all of them arrive or nothing changes.
   * Default 2,000,000,000; servers take 2 GB.
   */
  maxUploadSize?: number | undefined;
  /** Whether to send the rows without asking for the room that is left in the account. Default false. */
  skipQuotaWarning?: boolean | undefined;
  /** The format that rows travel in. Default `auto`: binary where all types allow it, else CSV. */
  copyFormat?: "auto" | "binary" | "csv" | undefined;
  /**
   * Whether the rows are compressed on the way; a number is the level from 1 to 9. Default `auto`: yes, except to a
   * server on this machine.
   */
  gzip?: "auto" | boolean | number | undefined;
  /** Is told how far the upload is. */
  onProgress?: ((progress: TableProgress) => void) | undefined;
}

/** What came of an upload. */
export interface ToCartoReport {
  /** The table's name as it was normalised. */
  readonly table: string;
  /** How many rows were written. */
  readonly rows: number;
  /** Bytes that the rows took on the way, before compression. */
  readonly bytes: number;
  /** Whether the table is new. */
  readonly created: boolean;
  /** How many rows are new; only with `upsert`, and undefined where the server's answer was lost. */
  readonly inserted?: number | undefined;
  /** How many rows of the table had the key of a row; as `inserted`. */
  readonly updated?: number | undefined;
  /** The columns that have another name in the table than in the data. */
  readonly renamed: readonly RenamedColumn[];
  /** What to know besides. */
  readonly warnings: readonly string[];
}

/** What can be uploaded: anything that a frame can be made of, or a stream of rows or frames. */
export type ToCartoInput = FrameInput | AsyncIterable<unknown> | Iterable<unknown>;
