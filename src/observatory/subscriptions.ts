import type { CatalogList } from "./catalog_list.ts";
import type { Dataset } from "./dataset.ts";
import type { Geography } from "./geography.ts";
import type { ObservatoryOptions } from "./observatory_options.ts";

/** What an account has subscribed to and can use now. */
export class Subscriptions {
  readonly #options: ObservatoryOptions;
  #ids: Promise<{ dataset: string[]; geography: string[] }> | undefined;

  /**
   * Sends nothing.
   *
   * @param options Whose account; the default credentials when not given
   */
  constructor(options: ObservatoryOptions = {}) {
    this.#options = options;
  }

  /** The datasets. Asked for once. */
  async datasets(): Promise<CatalogList<Dataset>> {
    const { dataset } = await this.#active();
    return await (await import("./_catalog.ts")).getEntities("datasets", dataset, await this.#account());
  }

  /** The geographies. Asked for once. */
  async geographies(): Promise<CatalogList<Geography>> {
    const { geography } = await this.#active();
    return await (await import("./_catalog.ts")).getEntities("geographies", geography, await this.#account());
  }

  #active(): Promise<{ dataset: string[]; geography: string[] }> {
    return this.#ids ??= import("./_products.ts").then(({ activeIds }) => activeIds(this.#options))
      .catch((error) => {
        // A failure is not what the account has: the next call asks again
        this.#ids = undefined;
        throw error;
      });
  }

  /** Entries that were subscribed to are read with the account's own key. */
  async #account(): Promise<ObservatoryOptions> {
    const { requireCredentials } = await import("../auth/_require_credentials.ts");
    return { ...this.#options, credentials: requireCredentials(this.#options.credentials, "classic") };
  }
}
