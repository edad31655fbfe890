import { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { CatalogEntity } from "./catalog_entity.ts";
import type { CatalogList } from "./catalog_list.ts";
import type { Dataset } from "./dataset.ts";
import type { DownloadOptions, ObservatoryOptions, SubscribeOptions } from "./observatory_options.ts";
import type { SubscriptionInfo } from "./subscription_info.ts";

/** A set of areas that datasets have figures about. */
export class Geography extends CatalogEntity {
  /**
   * One geography of the catalogue.
   *
   * @param id Its id or short name
   * @param options Whose catalogue, a signal
   * @throws {CatalogError} `not-found` when there is none, or the catalogue could not be asked
   */
  static async get(id: string, options: ObservatoryOptions = {}): Promise<Geography> {
    return await (await import("./_catalog.ts")).getEntity("geographies", id, options);
  }

  /**
   * Those of the catalogue that fit filters.
   *
   * @param filters Of `country`, `category`, `provider`, `public`; others are left out
   * @param options Whose catalogue, a signal
   * @returns The list, empty when none fits
   * @throws {CatalogError} The catalogue could not be asked
   */
  static async getAll(
    filters: Readonly<Record<string, unknown>> = {},
    options: ObservatoryOptions = {},
  ): Promise<CatalogList<Geography>> {
    return await (await import("./_catalog.ts")).listEntities("geographies", filters, options);
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
  ): Promise<CatalogList<Geography>> {
    return await (await import("./_catalog.ts")).getEntities("geographies", ids, options);
  }

  /** What the areas are. */
  get description(): string | null {
    return this.text("description");
  }
  /** The country's id. */
  get country(): string | null {
    return this.text("country_id");
  }
  /** The language of texts. */
  get language(): string | null {
    return this.text("lang");
  }
  /** The provider's id. */
  get provider(): string | null {
    return this.text("provider_id");
  }
  /** The provider's name. */
  get providerName(): string | null {
    return this.text("provider_name");
  }
  /** The kind of geometry. */
  get geomType(): string | null {
    return this.text("geom_type");
  }
  /** How often the areas change. */
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
    return await (await import("./_products.ts")).isSubscribed(this, "geography", this.asked(options));
  }

  /**
   * Orders the data, which may cost money.
   *
   * @param options Whether the conditions are accepted, whose account
   * @returns True when it was ordered; false when it was there already, or the conditions were not accepted
   * @throws {ArgumentError} Nobody is there to accept the conditions, and `accept` is not given
   */
  async subscribe(options: SubscribeOptions = {}): Promise<boolean> {
    return await (await import("./_products.ts")).subscribe(this, "geography", this.asked(options));
  }

  /**
   * On which conditions the data can be had.
   *
   * @param options Whose account; the default credentials when not given
   */
  async subscriptionInfo(options: ObservatoryOptions = {}): Promise<SubscriptionInfo> {
    return await (await import("./_products.ts")).subscriptionInfo(this, "geography", this.asked(options));
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
  async toCsv(path: string | URL, options: DownloadOptions = {}): Promise<void> {
    await (await import("./_products.ts")).toCsv(this, "geography", path, this.asked(options));
  }

  /**
   * The areas as a frame whose column `geom` is the geometry.
   *
   * @param options Which rows and columns, whose account
   * @throws {CartoError} Code `access-denied`: the account has not subscribed
   */
  async toDataFrame(options: DownloadOptions = {}): Promise<GeoDataFrame> {
    return await (await import("./_products.ts")).toDataFrame(this, "geography", this.asked(options));
  }

  /** The datasets about these areas. */
  async datasets(options: ObservatoryOptions = {}): Promise<CatalogList<Dataset>> {
    return await (await import("./_catalog.ts")).listEntities(
      "datasets",
      { geography: this.id },
      this.asked(options),
    );
  }

  /** The area that is covered, as a frame of one row that notebooks show as a map; null where it is not known. */
  geomCoverage(): GeoDataFrame | null {
    const coverage = this.data.geom_coverage;
    if (typeof coverage !== "string" || coverage === "") return null;
    return GeoDataFrame.fromRows([{ name: this.name ?? this.id }]).setGeometry([coverage], { srid: 4326 });
  }
}
