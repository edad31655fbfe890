import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { CatalogList } from "./catalog_list.ts";
import type { EntityKind, EntityOf } from "./_catalog.ts";
import type { Category } from "./category.ts";
import type { Country } from "./country.ts";
import type { Dataset } from "./dataset.ts";
import type { Geography } from "./geography.ts";
import type { ObservatoryOptions } from "./observatory_options.ts";
import type { Provider } from "./provider.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { Variable } from "./variable.ts";

/** What narrows the catalogue. */
interface Filters {
  country?: string;
  category?: string;
  provider?: string;
  geography?: string;
  public?: boolean;
}

/** How many datasets' variables are asked for at one time. */
const AT_ONCE = 4;

/**
 * The catalogue of the Data Observatory, with filters that narrow it. Each filter returns the catalogue, so that they can
 * be chained; the lists are asked for when they are called.
 *
 * Asked is the account of the credentials given, or of `setDefaultDoCredentials`, or the default one where it is not on
 * carto.com, or else the catalogue that everybody may read, which needs `--allow-net=do-metadata.carto.com`.
 *
 * @example Datasets of a country and category
 * ```ts
 * import { Catalog } from "@cartoframes/cartoframes/observatory";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to ask the real catalogue; here an answer stands ready
 * const fetch = () => Promise.resolve(Response.json([{ id: "p.d.t", slug: "ags_pop_1", name: "Population" }]));
 * const datasets = await new Catalog({ transport: { fetch } }).country("esp").category("demographics").datasets();
 * assertEquals(String(datasets[0]), "<Dataset.get('ags_pop_1')>");
 * ```
 */
export class Catalog {
  readonly #options: ObservatoryOptions;
  #filters: Filters = {};

  /**
   * Sends nothing.
   *
   * @param options Whose catalogue, a signal, the transport
   */
  constructor(options: ObservatoryOptions = {}) {
    this.#options = options;
  }

  /** Narrows to a country: its id, such as `esp`, or `glo` for data of the whole world. */
  country(id: string): this {
    return this.#with({ country: id });
  }
  /** Narrows to a category: its id, such as `demographics`. */
  category(id: string): this {
    return this.#with({ category: id });
  }
  /** Narrows to a provider: its id. */
  provider(id: string): this {
    return this.#with({ provider: id });
  }
  /** Narrows to a geography: its id or short name. */
  geography(id: string): this {
    return this.#with({ geography: id });
  }
  /** Narrows to data that everybody may use, or to those that not everybody may. */
  public(isPublic: boolean = true): this {
    return this.#with({ public: isPublic });
  }
  /** Takes all filters away. */
  clearFilters(): this {
    this.#filters = {};
    return this;
  }

  /** The countries. */
  countries(): Promise<CatalogList<Country>> {
    return this.#list("countries");
  }
  /** The categories. */
  categories(): Promise<CatalogList<Category>> {
    return this.#list("categories");
  }
  /** The providers. */
  providers(): Promise<CatalogList<Provider>> {
    return this.#list("providers");
  }
  /** The datasets. */
  datasets(): Promise<CatalogList<Dataset>> {
    return this.#list("datasets");
  }
  /** The geographies. */
  geographies(): Promise<CatalogList<Geography>> {
    return this.#list("geographies");
  }

  /** The variables of all datasets under the filters; a request for each dataset. */
  async variables(): Promise<CatalogList<Variable>> {
    const datasets = await this.datasets();
    const all = new CatalogList<Variable>();
    for (let start = 0; start < datasets.length; start += AT_ONCE) {
      const lists = await Promise.all(
        datasets.slice(start, start + AT_ONCE).map((dataset) => dataset.variables()),
      );
      for (const list of lists) all.push(...list);
    }
    return all;
  }

  /**
   * The datasets under the filters whose geography's coverage meets an area. A request for each geography besides.
   *
   * @param area A frame with a geometry, or one geometry as text in any encoding
   * @returns The list; a dataset whose coverage is not known is in it
   * @throws {ArgumentError} There is no geometry
   */
  async datasetsFilter(area: GeoDataFrame | string): Promise<CatalogList<Dataset>> {
    const [{ meeting }, { getEntities }] = await Promise.all([
      import("./_coverage.ts"),
      import("./_catalog.ts"),
    ]);
    const meets = meeting(area);
    const [datasets, geographies] = await Promise.all([this.datasets(), this.geographies()]);
    // Lists leave the coverage out.
    const bare = geographies.filter(({ data }) => data.geom_coverage === undefined).map(({ id }) => id);
    const whole = await getEntities("geographies", bare, this.#options);
    const near = new Set<string>();
    for (const geography of geographies) {
      const { id } = geography;
      if (meets((whole.find((other) => other.id === id) ?? geography).geomCoverage())) near.add(id);
    }
    const found = new CatalogList<Dataset>();
    for (const dataset of datasets) if (near.has(dataset.geography ?? "")) found.push(dataset);
    return found;
  }

  /**
   * What an account has subscribed to.
   *
   * @param options Whose account; the default credentials when not given
   */
  subscriptions(options: ObservatoryOptions = this.#options): Subscriptions {
    return new Subscriptions(options);
  }

  #with(filters: Filters): this {
    this.#filters = { ...this.#filters, ...filters };
    return this;
  }

  async #list<Kind extends EntityKind>(
    kind: Kind,
  ): Promise<CatalogList<EntityOf<Kind>>> {
    const { getEntity, listEntities } = await import("./_catalog.ts");
    const filters = { ...this.#filters };
    // A short name is no filter for the server.
    if (filters.geography !== undefined && !filters.geography.includes(".")) {
      filters.geography = (await getEntity("geographies", filters.geography, this.#options)).id;
    }
    return await listEntities(kind, filters, this.#options);
  }
}
