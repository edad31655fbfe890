import { CatalogEntity } from "./catalog_entity.ts";
import type { CatalogList } from "./catalog_list.ts";
import type { Dataset } from "./dataset.ts";
import type { ObservatoryOptions } from "./observatory_options.ts";

/** Who provides data. */
export class Provider extends CatalogEntity {
  /**
   * One provider of the catalogue.
   *
   * @param id Its id or short name
   * @param options Whose catalogue, a signal
   * @throws {CatalogError} `not-found` when there is none, or the catalogue could not be asked
   */
  static async get(id: string, options: ObservatoryOptions = {}): Promise<Provider> {
    return await (await import("./_catalog.ts")).getEntity("providers", id, options);
  }

  /**
   * Those of the catalogue that fit filters.
   *
   * @param filters Of `category`, `country`, `public`; others are left out
   * @param options Whose catalogue, a signal
   * @returns The list, empty when none fits
   * @throws {CatalogError} The catalogue could not be asked
   */
  static async getAll(
    filters: Readonly<Record<string, unknown>> = {},
    options: ObservatoryOptions = {},
  ): Promise<CatalogList<Provider>> {
    return await (await import("./_catalog.ts")).listEntities("providers", filters, options);
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
  ): Promise<CatalogList<Provider>> {
    return await (await import("./_catalog.ts")).getEntities("providers", ids, options);
  }

  /** The provider's datasets. */
  async datasets(options: ObservatoryOptions = {}): Promise<CatalogList<Dataset>> {
    return await (await import("./_catalog.ts")).listEntities(
      "datasets",
      { provider: this.id },
      this.asked(options),
    );
  }
}
