import { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { CatalogEntity, summaryOf } from "./catalog_entity.ts";
import type { CatalogList } from "./catalog_list.ts";
import type { DatasetDownloadOptions, ObservatoryOptions, SubscribeOptions } from "./observatory_options.ts";
import type { SubscriptionInfo } from "./subscription_info.ts";
import type { Variable } from "./variable.ts";
import type { VariableGroup } from "./variable_group.ts";

/** Figures about the areas of a geography. */
export class Dataset extends CatalogEntity {
  /**
   * One dataset of the catalogue.
   *
   * @param id Its id or short name
   * @param options Whose catalogue, a signal
   * @throws {CatalogError} `not-found` when there is none, or the catalogue could not be asked
   */
  static async get(id: string, options: ObservatoryOptions = {}): Promise<Dataset> {
    return await (await import("./_catalog.ts")).getEntity("datasets", id, options);
  }

  /**
   * Those of the catalogue that fit filters.
   *
   * @param filters Of `country`, `category`, `geography`, `provider`, `public`; others are left out
   * @param options Whose catalogue, a signal
   * @returns The list, empty when none fits
   * @throws {CatalogError} The catalogue could not be asked
   */
  static async getAll(
    filters: Readonly<Record<string, unknown>> = {},
    options: ObservatoryOptions = {},
  ): Promise<CatalogList<Dataset>> {
    return await (await import("./_catalog.ts")).listEntities("datasets", filters, options);
  }

  /**
   * Some of the catalogue by their ids; what there is not is left out.
   *
   * @param ids Ids or short names, in any mixture
   * @param options Whose catalogue, a signal
   * @returns The list, in the order of the ids
   */
  static async getList(
    ids: readonly string[],
    options: ObservatoryOptions = {},
  ): Promise<CatalogList<Dataset>> {
    return await (await import("./_catalog.ts")).getEntities("datasets", ids, options);
  }

  /** What the figures are. */
  get description(): string | null {
    return this.text("description");
  }
  /** The provider's id. */
  get provider(): string | null {
    return this.text("provider_id");
  }
  /** The provider's name. */
  get providerName(): string | null {
    return this.text("provider_name");
  }
  /** The category's id. */
  get category(): string | null {
    return this.text("category_id");
  }
  /** The category's name. */
  get categoryName(): string | null {
    return this.text("category_name");
  }
  /** The id of the source. */
  get dataSource(): string | null {
    return this.text("data_source_id");
  }
  /** The country's id. */
  get country(): string | null {
    return this.text("country_id");
  }
  /** The language of texts. */
  get language(): string | null {
    return this.text("lang");
  }
  /** The geography's id. */
  get geography(): string | null {
    return this.text("geography_id");
  }
  /** The geography's name. */
  get geographyName(): string | null {
    return this.text("geography_name");
  }
  /** What the geography is. */
  get geographyDescription(): string | null {
    return this.text("geography_description");
  }
  /** The periods that figures are of, such as `yearly`. */
  get temporalAggregation(): string | null {
    return this.text("temporal_aggregation");
  }
  /** From when to when. */
  get timeCoverage(): string | null {
    return this.text("time_coverage");
  }
  /** How often the data change. */
  get updateFrequency(): string | null {
    return this.text("update_frequency");
  }
  /** The version. */
  get version(): string | null {
    return this.text("version");
  }

  /** What the catalogue counted; null where it did not. */
  get summary(): unknown {
    return this.data.summary_json ?? null;
  }

  /** Whether everybody may use the data. */
  get isPublicData(): boolean {
    return this.data.is_public_data === true;
  }

  /**
   * Whether an account may use the data: they are public, or it has subscribed.
   *
   * @param options Whose account; the default credentials when not given
   */
  async isSubscribed(options: ObservatoryOptions = {}): Promise<boolean> {
    return await (await import("./_products.ts")).isSubscribed(this, "dataset", this.asked(options));
  }

  /**
   * Orders the data, which may cost money.
   *
   * @param options Whether the conditions are accepted, whose account
   * @returns True when it was ordered; false when it was there already, or the conditions were not accepted
   * @throws {ArgumentError} Nobody is there to accept the conditions, and `accept` is not given
   */
  async subscribe(options: SubscribeOptions = {}): Promise<boolean> {
    return await (await import("./_products.ts")).subscribe(this, "dataset", this.asked(options));
  }

  /**
   * On which conditions the data can be had.
   *
   * @param options Whose account; the default credentials when not given
   */
  async subscriptionInfo(options: ObservatoryOptions = {}): Promise<SubscriptionInfo> {
    return await (await import("./_products.ts")).subscriptionInfo(this, "dataset", this.asked(options));
  }

  /**
   * Writes the rows into a CSV file: all of them, or no file. They are streamed, in constant memory. Needs
   * `--allow-write` for the file alone; with the right to read and write beside it too, a file that is there stays until
   * all rows have come.
   *
   * @param path The file
   * @param options Which rows and columns, whose account
   * @throws {CartoError} Code `access-denied`: the account has not subscribed
   */
  async toCsv(path: string | URL, options: DatasetDownloadOptions = {}): Promise<void> {
    await (await import("./_products.ts")).toCsv(this, "dataset", path, this.asked(options));
  }

  /**
   * The rows as a frame, typed as the catalogue says; with `addGeom` a column `geom` is the geometry.
   *
   * @param options Which rows and columns, whose account
   * @throws {CartoError} Code `access-denied`: the account has not subscribed
   */
  async toDataFrame(options: DatasetDownloadOptions = {}): Promise<GeoDataFrame> {
    const [{ toDataFrame }, variables] = await Promise.all([
      import("./_products.ts"),
      this.variables({ signal: options.signal, transport: options.transport }),
    ]);
    return await toDataFrame(this, "dataset", this.asked(options), variables);
  }

  /** The variables: columns of figures. */
  async variables(options: ObservatoryOptions = {}): Promise<CatalogList<Variable>> {
    return await (await import("./_catalog.ts")).listEntities(
      "variables",
      { dataset: this.id },
      this.asked(options),
    );
  }

  /** The groups of variables. */
  async variablesGroups(options: ObservatoryOptions = {}): Promise<CatalogList<VariableGroup>> {
    return await (await import("./_catalog.ts")).listEntities(
      "variables_groups",
      { dataset: this.id },
      this.asked(options),
    );
  }

  /** The first rows; null where the catalogue has none. */
  head(): GeoDataFrame | null {
    return this.#glimpse("head");
  }

  /** The last rows; null where the catalogue has none. */
  tail(): GeoDataFrame | null {
    return this.#glimpse("tail");
  }

  /** How many rows, cells and empty cells there are; null where it was not counted. */
  counts(): Record<string, number> | null {
    return (summaryOf(this, "counts") as Record<string, number> | undefined) ?? null;
  }

  /** How many columns there are of each type; null where it was not counted. */
  fieldsByType(): Record<string, number> | null {
    return (summaryOf(this, "fields_by_type") as Record<string, number> | undefined) ?? null;
  }

  /**
   * Statistics of the variables: a row for each figure (`stat`), a column for each variable that has any.
   *
   * @param options Whose catalogue, a signal
   */
  async describe(options: ObservatoryOptions = {}): Promise<GeoDataFrame> {
    const described = (await this.variables(options)).map((variable) =>
      [variable.columnName ?? variable.id, variable.describe()] as const
    ).filter((item): item is readonly [string, Record<string, number>] => item[1] !== null);
    const stats = [...new Set(described.flatMap(([, figures]) => Object.keys(figures)))];
    return GeoDataFrame.fromColumns({
      stat: stats,
      ...Object.fromEntries(
        described.map((
          [name, figures],
        ) => [name, Float64Array.from(stats, (stat) => Number(figures[stat] ?? NaN))]),
      ),
    });
  }

  /**
   * The area that the dataset's geography covers, as a frame of one row that notebooks show as a map; null where it is
   * not known, or the dataset has no geography.
   *
   * @param options Whose catalogue, a signal
   */
  async geomCoverage(options: ObservatoryOptions = {}): Promise<GeoDataFrame | null> {
    if (this.geography === null) return null;
    const { getEntity } = await import("./_catalog.ts");
    return (await getEntity("geographies", this.geography, this.asked(options))).geomCoverage();
  }

  #glimpse(end: "head" | "tail"): GeoDataFrame | null {
    const rows = summaryOf(this, "glimpses", end);
    return Array.isArray(rows) ? GeoDataFrame.fromRows(rows) : null;
  }
}
