import type { Credentials } from "../auth/credentials.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { IfExists } from "../tables/table_options.ts";
import type { ServiceOptions, ServiceSource } from "./service_options.ts";

/** A part of an address: the name of the column that has it, or one value for all rows. */
export type AddressPart = string | { readonly column: string } | { readonly value: string };

/**
 * What can be told of each geocoded row: `relevance` (0 to 1, numeric), `precision` (`precise` or `interpolated`, text),
 * `match_types` (what was found, text), `*` (all of it, as JSON).
 */
export type GeocodingStatus = "relevance" | "precision" | "match_types" | "*";

/** What geocoding takes. */
export interface GeocodeOptions {
  /** The column with the street and number, or with the whole address. */
  street: string;
  /** The city. */
  city?: AddressPart | undefined;
  /** The state or province. */
  state?: AddressPart | undefined;
  /** The country. */
  country?: AddressPart | undefined;
  /**
   * The columns that tell how sure each point is, by their names; or one name of a column for all of it as JSON; null
   * for none. Default `{ gc_status_rel: "relevance" }`.
   */
  status?: Readonly<Record<string, GeocodingStatus>> | string | null | undefined;
  /**
   * The table that keeps the result, once all rows are done: until then it is as it was, and what is done is in a draft,
   * table `<tableName>_unfinished`. A run that ends midway leaves the draft, and the next one with this name takes from it
   * what has been paid for. Without `tableName` a table is geocoded in place, and of queries and local data nothing stays
   * in the account.
   */
  tableName?: string | undefined;
  /**
   * What to do when there is a table of that name; looked at before anything is spent. `replace` gives it the new rows and
   * leaves its identity, privacy, grants and views; `append` adds them, and the columns that geocoding makes; the default
   * is `fail`.
   */
  ifExists?: IfExists | undefined;
  /** Only count what it would cost; nothing is written or spent. Default false. */
  dryRun?: boolean | undefined;
  /**
   * Whether `tableName` is a cache: addresses that are in it are taken from there, and it then holds this input's rows
   * (`ifExists` does not count).
   * Columns of the status that the cache does not have, or has with another meaning, are null in rows taken from it.
   * Default false.
   */
  cached?: boolean | undefined;
  /** What stands in the result where a geometry is null, in any encoding. Default: null. */
  nullGeomValue?: unknown;
  /** How many rows one job geocodes, after which progress is told. Default 5000. */
  batchRows?: number | undefined;
  /**
   * Ends the call. Rows that are done stay done in a table that is geocoded in place, and in the draft of `tableName`; of
   * queries and local data without `tableName` nothing stays.
   */
  signal?: AbortSignal | undefined;
  /** Is told how far it is. */
  onProgress?: ((progress: GeocodingProgress) => void) | undefined;
}

/** How far geocoding is. */
export interface GeocodingProgress {
  /** Rows that this run has geocoded, found or not. */
  readonly done: number;
  /** Rows that this run geocodes in all. */
  readonly total: number;
}

/** The counts of a geocoding. */
export interface GeocodingMetadata {
  /** Rows in all. */
  readonly totalRows: number;
  /** Rows that are new or changed: what the run costs. */
  readonly requiredQuota: number;
  /** What is left of the account's quota before the run; undefined where the service is not listed. */
  readonly availableQuota: number | undefined;
  /** Rows that an earlier run found. */
  readonly previouslyGeocoded: number;
  /** Rows that an earlier run did not find. */
  readonly previouslyFailed: number;
  /** Rows with a geometry before the run. */
  readonly recordsWithGeometry: number;
  /** Rows with a geometry after it; undefined after a dry run, like what follows. */
  readonly finalRecordsWithGeometry?: number | undefined;
  /** How many more that are. */
  readonly geocodedIncrement?: number | undefined;
  /** Rows of this run that were found. */
  readonly successfullyGeocoded?: number | undefined;
  /** Rows of this run that were not found: their geometry is null. */
  readonly failedGeocodings?: number | undefined;
}

/** What came of geocoding: the rows with `the_geom`, and the counts. */
export interface GeocodingResult<Data extends GeoDataFrame | null = GeoDataFrame> {
  /** The rows; null after a dry run. */
  readonly data: Data;
  /** The counts. */
  readonly metadata: GeocodingMetadata;
}

/**
 * Addresses become points, by CARTO's geocoder.
 *
 * Each row keeps the hash of its address in `carto_geocode_hash`: a second run over the same rows costs nothing, and one
 * over some changed addresses costs those. A row whose address is not found has no geometry and is not tried again. The
 * rows travel in batches: where the quota ends midway, what is done stays done, and a {@linkcode GeocodingError} tells
 * which rows are not, and which table has the others.
 *
 * One run at a time works on a table: another is refused (code `locked`) by a small table
 * `_cartoframes_lock_<hash of the name>`, which lapses 15 minutes after a crash.
 */
export class Geocoding {
  readonly #credentials: Credentials | undefined;
  readonly #options: ServiceOptions;

  /**
   * Sends nothing.
   *
   * @param credentials Whose account; the default credentials when not given
   * @param options Transport
   *
   * @example A dry run over local data
   * ```ts
   * import { Credentials, Geocoding } from "@cartoframes/cartoframes/services";
   * import { assertEquals } from "@std/assert";
   *
   * // Leave `transport` out to ask your account; here it answers with a quota
   * const quota = { service: "hires_geocoder", monthly_quota: 100, used_quota: 10, soft_limit: false, provider: "here" };
   * const transport = { fetch: () => Promise.resolve(Response.json({ rows: [quota] })) };
   * const geocoding = new Geocoding(new Credentials({ username: "ana", apiKey: "1234" }), { transport });
   *
   * const shops = [{ address: "Gran Via 46" }, { address: "Calle Mayor 1" }];
   * const { metadata } = await geocoding.geocode(shops, { street: "address", city: { value: "Madrid" }, dryRun: true });
   * assertEquals([metadata.requiredQuota, metadata.availableQuota], [2, 90]);
   * ```
   */
  constructor(credentials?: Credentials, options: ServiceOptions = {}) {
    this.#credentials = credentials;
    this.#options = options;
  }

  /** The provider of the service; undefined where the account does not have it. */
  async provider(): Promise<string | undefined> {
    return (await this.#quota())?.provider;
  }

  /** How many addresses have been geocoded this month; undefined where the account does not have the service. */
  async usedQuota(): Promise<number | undefined> {
    return (await this.#quota())?.used;
  }

  /** How many addresses are left this month; undefined where the account does not have the service. */
  async availableQuota(): Promise<number | undefined> {
    const { remaining } = await import("./_quota.ts");
    return remaining(await this.#quota());
  }

  /**
   * A result of one's own, such as one that was kept.
   *
   * @param data The rows
   * @param metadata The counts
   */
  result(data: GeoDataFrame, metadata: GeocodingMetadata): GeocodingResult {
    return { data, metadata };
  }

  /**
   * Only counts what geocoding would cost.
   *
   * @param source A table's name, a SQL query, or local data
   * @param options With `dryRun: true`
   */
  geocode(source: ServiceSource, options: GeocodeOptions & { dryRun: true }): Promise<GeocodingResult<null>>;
  /**
   * Geocodes the rows of a table, of a query or of local data.
   *
   * Costs one unit of the quota for each new or changed address, one batch job for each `batchRows` rows and about ten
   * requests besides, up to thirty where the rows are copied first. Needs the master key. A row whose address is not found
   * loses the geometry that it had. A table that is geocoded in place needs the columns `cartodb_id` and `the_geom`, and
   * must be no view. What is refused is refused before anything is spent.
   *
   * @param source A table's name, a SQL query, or local data
   * @param options Where the parts of an address are, and what becomes of the result
   * @returns The rows with `the_geom` and the columns of `status`, in the order of `cartodb_id`; with `append` those that
   * were added
   * @throws {ArgumentError} A column is not there or cannot take what is found, an option cannot be used, or the rows do
   * not fit into table `tableName`; nothing was spent
   * @throws {CartoError} Code `quota-exceeded`: the quota does not do for all rows, nothing was spent; code `locked`:
   * another run geocodes the table; code `access-denied`: the key is not the master key, or may not write `tableName`
   * @throws {GeocodingError} It ended midway; what is done stays done, and `tableName` as it was
   * @throws {AlreadyExistsError} There is a table `tableName`
   */
  geocode(source: ServiceSource, options: GeocodeOptions): Promise<GeocodingResult>;
  async geocode(
    source: ServiceSource,
    options: GeocodeOptions,
  ): Promise<GeocodingResult<GeoDataFrame | null>> {
    const { geocode } = await import("./_geocode.ts");
    return await geocode(source, options, this.#credentials, this.#options.transport);
  }

  async #quota() {
    const { quotaOf } = await import("./_quota.ts");
    return await quotaOf("hires_geocoder", this.#credentials, this.#options.transport);
  }
}
