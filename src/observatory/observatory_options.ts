import type { Credentials } from "../auth/credentials.ts";
import type { TransportOptions } from "../http/transport.ts";

/** What every call to the Data Observatory takes. */
export interface ObservatoryOptions {
  /** Whose account; see each call for what is used when not given. */
  credentials?: Credentials | undefined;
  /** Ends the call. */
  signal?: AbortSignal | undefined;
  /** Times, retries, a request log, and what tests put in place of `fetch`. */
  transport?: TransportOptions | undefined;
}

/** What downloading data takes. */
export interface DownloadOptions extends ObservatoryOptions {
  /** The most rows. */
  limit?: number | undefined;
  /** What to sort by, as SQL. */
  orderBy?: string | undefined;
  /** A query on `$dataset$` and `$geography$`; not together with `columns`, `filter` and `bounds`. */
  sqlQuery?: string | undefined;
  /** The columns to download; all when not given. */
  columns?: readonly string[] | undefined;
  /** A condition of SQL on the columns, such as `total_pop > 1000`. */
  filter?: string | undefined;
  /** Only areas that meet this box: west, south, east, north in degrees. */
  bounds?: readonly [number, number, number, number] | undefined;
}

/** What downloading a dataset takes. */
export interface DatasetDownloadOptions extends DownloadOptions {
  /** Whether the areas' geometries come as a column `geom`. Default false. */
  addGeom?: boolean | undefined;
}

/** What subscribing takes. */
export interface SubscribeOptions extends ObservatoryOptions {
  /**
   * Whether the conditions (see `subscriptionInfo`) are accepted. When not given, a person at a terminal is asked;
   * where there is none, nothing is ordered.
   */
  accept?: boolean | undefined;
}
