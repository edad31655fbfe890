import { CatalogEntity } from "./catalog_entity.ts";
import type { CatalogList } from "./catalog_list.ts";
import type { Variable } from "./variable.ts";
import type { ObservatoryOptions } from "./observatory_options.ts";

/** Variables of a dataset that belong together. */
export class VariableGroup extends CatalogEntity {
  /**
   * One group of the catalogue.
   *
   * @param id Its id or short name
   * @param options Whose catalogue, a signal
   * @throws {CatalogError} `not-found` when there is none, or the catalogue could not be asked
   */
  static async get(id: string, options: ObservatoryOptions = {}): Promise<VariableGroup> {
    return await (await import("./_catalog.ts")).getEntity("variables_groups", id, options);
  }

  /**
   * Those of the catalogue that fit filters.
   *
   * @param filters `dataset`
   * @param options Whose catalogue, a signal
   * @returns The list, empty when none fits
   * @throws {CatalogError} The catalogue could not be asked
   */
  static async getAll(
    filters: Readonly<Record<string, unknown>> = {},
    options: ObservatoryOptions = {},
  ): Promise<CatalogList<VariableGroup>> {
    return await (await import("./_catalog.ts")).listEntities("variables_groups", filters, options);
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
  ): Promise<CatalogList<VariableGroup>> {
    return await (await import("./_catalog.ts")).getEntities("variables_groups", ids, options);
  }

  /** The id of the dataset. */
  get dataset(): string | null {
    return this.text("dataset_id");
  }

  /** The group's variables. */
  async variables(options: ObservatoryOptions = {}): Promise<CatalogList<Variable>> {
    return await (await import("./_catalog.ts")).listEntities("variables", {
      dataset: this.dataset ?? undefined,
      variable_group: this.id,
    }, this.asked(options));
  }
}
