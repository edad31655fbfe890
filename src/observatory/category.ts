import { CatalogEntity } from "./catalog_entity.ts";
import type { CatalogList } from "./catalog_list.ts";
import type { Dataset } from "./dataset.ts";
import type { Geography } from "./geography.ts";
import type { ObservatoryOptions } from "./observatory_options.ts";

/** A category of data, such as demographics. */
export class Category extends CatalogEntity {
  /**
   * One category of the catalogue.
   *
   * @param id Its id or short name
   * @param options Whose catalogue, a signal
   * @throws {CatalogError} `not-found` when there is none, or the catalogue could not be asked
   */
  static async get(id: string, options: ObservatoryOptions = {}): Promise<Category> {
    return await (await import("./_catalog.ts")).getEntity("categories", id, options);
  }

  /**
   * Those of the catalogue that fit filters.
   *
   * @param filters Of `country`, `provider`, `public`; others are left out
   * @param options Whose catalogue, a signal
   * @returns The list, empty when none fits
   * @throws {CatalogError} The catalogue could not be asked
   */
  static async getAll(
    filters: Readonly<Record<string, unknown>> = {},
    options: ObservatoryOptions = {},
  ): Promise<CatalogList<Category>> {
    return await (await import("./_catalog.ts")).listEntities("categories", filters, options);
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
  ): Promise<CatalogList<Category>> {
    return await (await import("./_catalog.ts")).getEntities("categories", ids, options);
  }

  /** The category's datasets. */
  async datasets(options: ObservatoryOptions = {}): Promise<CatalogList<Dataset>> {
    return await (await import("./_catalog.ts")).listEntities(
      "datasets",
      { category: this.id },
      this.asked(options),
    );
  }

  /** The geographies that the category has data for. */
  async geographies(options: ObservatoryOptions = {}): Promise<CatalogList<Geography>> {
    return await (await import("./_catalog.ts")).listEntities(
      "geographies",
      { category: this.id },
      this.asked(options),
    );
  }
}
