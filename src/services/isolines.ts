import type { Credentials } from "../auth/credentials.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { IfExists } from "../tables/table_options.ts";
import type { ServiceOptions, ServiceSource } from "./service_options.ts";

/** What isolines take. */
export interface IsolinesOptions {
  /** How one travels. Default `car`. */
  mode?: "car" | "walk" | undefined;
  /** Whether the places are where one arrives, rather than where one starts. */
  isDestination?: boolean | undefined;
  /** Which way is taken; the service's default is `shortest`. */
  modeType?: "shortest" | "fastest" | undefined;
  /** Whether traffic counts; the service's default is `disabled`. */
  modeTraffic?: "enabled" | "disabled" | undefined;
  /** Metres per pixel: the larger, the coarser. */
  resolution?: number | undefined;
  /** The most points of one polygon. */
  maxpoints?: number | undefined;
  /** 1, 2 or 3: the larger, the finer. */
  quality?: 1 | 2 | 3 | undefined;
  /** Whether each area is a ring without the smaller ones in it. Default false. */
  exclusive?: boolean | undefined;
  /** Whether each place's areas come with the smallest range first; else as the ranges are given. Default false. */
  ascending?: boolean | undefined;
  /** The geometry column of local data; the data's own when not given. */
  geomCol?: string | undefined;
  /** The column that tells the places apart, as `source_id`. Default `cartodb_id`; of local data the number of the row, from 0. */
  sourceCol?: string | undefined;
  /** The table that keeps the result. */
  tableName?: string | undefined;
  /**
   * What to do when there is a table of that name; whether it takes the areas is looked at before anything is spent. Default
   * `fail`.
   */
  ifExists?: IfExists | undefined;
  /** Only count what it would cost; nothing is written or spent. Default false. */
  dryRun?: boolean | undefined;
  /** Ends the call. What has been spent is spent, and the areas are not kept. */
  signal?: AbortSignal | undefined;
  /** Is told what is being done. */
  onProgress?: ((progress: IsolinesProgress) => void) | undefined;
}

/** How far isolines are. */
export interface IsolinesProgress {
  /** What is being done: local places travel, the service computes, the areas are kept and read. */
  readonly phase: "upload" | "compute" | "read";
  /** How many areas there will be at most. */
  readonly areas: number;
}

/** The counts of isolines. */
export interface IsolinesMetadata {
  /** What it costs: places × ranges. */
  readonly requiredQuota: number;
  /** What was left of the account's quota; undefined where it was not asked for or the service is not listed. */
  readonly availableQuota?: number | undefined;
  /** Areas that the service did not find; they are not in the result. Undefined after a dry run. */
  readonly failed?: number | undefined;
  /** Places without a geometry; they are not in the result, though counted in `requiredQuota`. Undefined after a dry run. */
  readonly withoutGeometry?: number | undefined;
}

/** What came of isolines. */
export interface IsolinesResult<Data extends GeoDataFrame | null = GeoDataFrame> {
  /**
   * One row for each place and range: `source_id`, `data_range` and `the_geom`, with `exclusive` also
   * `lower_data_range` and `range_label`; with a table or query as the source also `cartodb_id`. Null after a dry run.
   */
  readonly data: Data;
  /** The counts. */
  readonly metadata: IsolinesMetadata;
}

/**
 * The areas within reach of places, by CARTO's routing services. Each area costs one unit of the quota.
 *
 * Areas that were computed and cannot be kept or read, such as when the connection is gone, stay in a table that the
 * error's hint names.
 */
export class Isolines {
  readonly #credentials: Credentials | undefined;
  readonly #options: ServiceOptions;

  /**
   * Sends nothing.
   *
   * @param credentials Whose account; the default credentials when not given
   * @param options Transport
   *
   * @example What would isolines cost?
   * ```ts
   * import { Credentials, GeoDataFrame, Isolines } from "@cartoframes/cartoframes/services";
   * import { assertEquals } from "@std/assert";
   *
   * const shops = GeoDataFrame.fromRows([{ name: "Hawai", lng: -3.7, lat: 40.42 }]).setGeometryFromXY("lng", "lat");
   * const isolines = new Isolines(new Credentials({ username: "ana", apiKey: "1234" }));
   *
   * const { metadata } = await isolines.isochrones(shops, [300, 600, 900], { mode: "walk", dryRun: true });
   * assertEquals(metadata.requiredQuota, 3);
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

  /** How many areas have been computed this month; undefined where the account does not have the service. */
  async usedQuota(): Promise<number | undefined> {
    return (await this.#quota())?.used;
  }

  /** How many areas are left this month; undefined where the account does not have the service. */
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
  result(data: GeoDataFrame, metadata: IsolinesMetadata): IsolinesResult {
    return { data, metadata };
  }

  /** Only counts what isochrones would cost. */
  isochrones(
    source: ServiceSource,
    ranges: readonly number[],
    options: IsolinesOptions & { dryRun: true },
  ): Promise<IsolinesResult<null>>;
  /**
   * The areas that can be reached within times.
   *
   * @param source A table's name, a SQL query, or local data, with points
   * @param ranges Seconds, whole numbers
   * @param options See {@linkcode IsolinesOptions}
   * @returns One row for each place and range
   * @throws {ArgumentError} A range or an option cannot be used, there is no geometry, or the columns of table `tableName`
   * do not take the areas; nothing has been spent
   * @throws {CartoError} Code `quota-exceeded`: the quota does not do; code `access-denied`: the key is not the master key,
   * or may not write `tableName`; nothing has been spent
   * @throws {AlreadyExistsError} There is a table `tableName`; nothing has been spent
   */
  isochrones(
    source: ServiceSource,
    ranges: readonly number[],
    options?: IsolinesOptions,
  ): Promise<IsolinesResult>;
  async isochrones(
    source: ServiceSource,
    ranges: readonly number[],
    options: IsolinesOptions = {},
  ): Promise<IsolinesResult<GeoDataFrame | null>> {
    const { isolines } = await import("./_isolines.ts");
    return await isolines("isochrone", source, ranges, options, this.#credentials, this.#options.transport);
  }

  /** Only counts what isodistances would cost. */
  isodistances(
    source: ServiceSource,
    ranges: readonly number[],
    options: IsolinesOptions & { dryRun: true },
  ): Promise<IsolinesResult<null>>;
  /**
   * The areas that can be reached within distances. As {@linkcode isochrones}, with the same errors and ranges in metres.
   *
   * @param source A table's name, a SQL query, or local data, with points
   * @param ranges Metres, whole numbers
   * @param options See {@linkcode IsolinesOptions}
   * @returns One row for each place and range
   */
  isodistances(
    source: ServiceSource,
    ranges: readonly number[],
    options?: IsolinesOptions,
  ): Promise<IsolinesResult>;
  async isodistances(
    source: ServiceSource,
    ranges: readonly number[],
    options: IsolinesOptions = {},
  ): Promise<IsolinesResult<GeoDataFrame | null>> {
    const { isolines } = await import("./_isolines.ts");
    return await isolines("isodistance", source, ranges, options, this.#credentials, this.#options.transport);
  }

  async #quota() {
    const { quotaOf } = await import("./_quota.ts");
    return await quotaOf("isolines", this.#credentials, this.#options.transport);
  }
}
