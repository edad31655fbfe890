import { CatalogEntity } from "./catalog_entity.ts";
import type { CatalogList } from "./catalog_list.ts";
import type { Category } from "./category.ts";
import type { Dataset } from "./dataset.ts";
import type { Geography } from "./geography.ts";
import type { ObservatoryOptions } from "./observatory_options.ts";

/** A country of the catalogue; `glo` stands for the world. */
export class Country extends CatalogEntity {
  /**
   * One country of the catalogue.
   *
   * @param id Its id or short name
   * @param options Whose catalogue, a signal
   * @throws {CatalogError} `not-found` when there is none, or the catalogue could not be asked
   */
  static async get(id: string, options: ObservatoryOptions = {}): Promise<Country> {
    return await (await import("./_catalog.ts")).getEntity("countries", id, options);
  }

  /**
   * Those of the catalogue that fit filters.
   *
   * @param filters Of `category`, `provider`, `public`; others are left out
   * @param options Whose catalogue, a signal
   * @returns The list, empty when none fits
   * @throws {CatalogError} The catalogue could not be asked
   */
  static async getAll(
    filters: Readonly<Record<string, unknown>> = {},
    options: ObservatoryOptions = {},
  ): Promise<CatalogList<Country>> {
    return await (await import("./_catalog.ts")).listEntities("countries", filters, options);
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
  ): Promise<CatalogList<Country>> {
    return await (await import("./_catalog.ts")).getEntities("countries", ids, options);
  }

  /** The country's datasets. */
  async datasets(options: ObservatoryOptions = {}): Promise<CatalogList<Dataset>> {
    return await (await import("./_catalog.ts")).listEntities(
      "datasets",
      { country: this.id },
      this.asked(options),
    );
  }

  /** The country's geographies. */
  async geographies(options: ObservatoryOptions = {}): Promise<CatalogList<Geography>> {
    return await (await import("./_catalog.ts")).listEntities(
      "geographies",
      { country: this.id },
      this.asked(options),
    );
  }

  /** The categories that the country has data of. */
  async categories(options: ObservatoryOptions = {}): Promise<CatalogList<Category>> {
    return await (await import("./_catalog.ts")).listEntities(
      "categories",
      { country: this.id },
      this.asked(options),
    );
  }

  /** How to get the country again, with its name: `<Country.get('esp')> #'Spain'`. */
  override toString(): string {
    return `${super.toString()} #'${this.name}'`;
  }
}
