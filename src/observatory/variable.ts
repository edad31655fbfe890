import { CatalogEntity, summaryOf } from "./catalog_entity.ts";
import type { CatalogList } from "./catalog_list.ts";
import type { Dataset } from "./dataset.ts";
import type { ObservatoryOptions } from "./observatory_options.ts";

/** Letters of a description that stand behind a variable's name. */
const DESCRIPTION_LETTERS = 50;

/** A column of figures of a dataset. */
export class Variable extends CatalogEntity {
  /**
   * One variable of the catalogue.
   *
   * @param id Its id or short name
   * @param options Whose catalogue, a signal
   * @throws {CatalogError} `not-found` when there is none, or the catalogue could not be asked
   */
  static async get(id: string, options: ObservatoryOptions = {}): Promise<Variable> {
    return await (await import("./_catalog.ts")).getEntity("variables", id, options);
  }

  /**
   * Those of the catalogue that fit filters.
   *
   * @param filters `dataset`, which is needed, and `variable_group`
   * @param options Whose catalogue, a signal
   * @returns The list, empty when none fits
   * @throws {CatalogError} The catalogue could not be asked
   */
  static async getAll(
    filters: Readonly<Record<string, unknown>> = {},
    options: ObservatoryOptions = {},
  ): Promise<CatalogList<Variable>> {
    return await (await import("./_catalog.ts")).listEntities("variables", filters, options);
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
  ): Promise<CatalogList<Variable>> {
    return await (await import("./_catalog.ts")).getEntities("variables", ids, options);
  }

  /** What the figures are. */
  get description(): string | null {
    return this.text("description");
  }
  /** The column's name. */
  get columnName(): string | null {
    return this.text("column_name");
  }
  /** The column's type, such as `INTEGER`. */
  get dbType(): string | null {
    return this.text("db_type");
  }
  /** The dataset's id. */
  get dataset(): string | null {
    return this.text("dataset_id");
  }
  /** How the figures of several areas become one, such as `SUM`; null where they do not. */
  get aggMethod(): string | null {
    return this.text("agg_method");
  }
  /** The id of the variable's group. */
  get variableGroup(): string | null {
    return this.text("variable_group_id");
  }

  /** What the catalogue counted; null where it did not. */
  get summary(): unknown {
    return this.data.summary_json ?? null;
  }

  /** The project: the first part of the id. */
  get projectName(): string {
    return this.id.split(".")[0] ?? "";
  }
  /** The schema: the second part of the id. */
  get schemaName(): string {
    return this.id.split(".")[1] ?? "";
  }
  /** The dataset's table: the third part of the id. */
  get datasetName(): string {
    return this.id.split(".")[2] ?? "";
  }

  /** The dataset that has the variable, as a list of one. */
  async datasets(options: ObservatoryOptions = {}): Promise<CatalogList<Dataset>> {
    const ids = this.dataset === null ? [] : [this.dataset];
    return await (await import("./_catalog.ts")).getEntities("datasets", ids, this.asked(options));
  }

  /** Values of the first rows; null where the catalogue has none. */
  head(): unknown[] | null {
    return this.#list("head");
  }
  /** Values of the last rows; null where the catalogue has none. */
  tail(): unknown[] | null {
    return this.#list("tail");
  }
  /** How many values there are, how many null, zero and distinct ones; null where it was not counted. */
  counts(): Record<string, number> | null {
    return this.#figures("counts");
  }
  /** The quantiles; null where the catalogue has none. */
  quantiles(): Record<string, number> | null {
    return this.#figures("quantiles");
  }
  /** Statistics and quantiles by name; null where the catalogue has none. */
  describe(): Record<string, number> | null {
    const stats = this.#figures("stats");
    const quantiles = this.#figures("quantiles");
    return stats === null && quantiles === null ? null : { ...stats, ...quantiles };
  }
  /** The most frequent values with their counts; null where the catalogue has none. */
  topValues(): { value: unknown; count: number }[] | null {
    return this.#list("top_values") as { value: unknown; count: number }[] | null;
  }
  /** How many values lie in each range, as a share of all; null where the catalogue has none. */
  histogram(): { minRange: number; maxRange: number; count: number; share: number }[] | null {
    const bins = this.#list("histogram") as { min_range: number; max_range: number; count: number }[] | null;
    const total = bins?.reduce((sum, { count }) => sum + count, 0) ?? 0;
    return bins?.map(({ min_range: minRange, max_range: maxRange, count }) => ({
      minRange,
      maxRange,
      count,
      share: total === 0 ? 0 : count / total,
    })) ?? null;
  }

  /** How to get the variable again, with the start of its description. */
  override toString(): string {
    const text = this.description ?? "";
    const short = text.length > DESCRIPTION_LETTERS ? `${text.slice(0, DESCRIPTION_LETTERS)}...` : text;
    return `${super.toString()} #'${short}'`;
  }

  #list(name: string): unknown[] | null {
    const value = summaryOf(this, name);
    return Array.isArray(value) ? value : null;
  }

  #figures(name: string): Record<string, number> | null {
    const value = summaryOf(this, name);
    return typeof value === "object" && !Array.isArray(value) ? value as Record<string, number> : null;
  }
}
