import { checkCore } from "./_core_check.ts";
import { paged, type PagingOptions } from "./_paging.ts";
import { VizRequests } from "./_viz_requests.ts";
import type { ClassicClient } from "./client.ts";
import type { AclEntry, Permission } from "./permission.ts";

/** Who may see a dataset. */
export type DatasetPrivacy = "PRIVATE" | "PUBLIC" | "LINK" | "PASSWORD";

/** A dataset as the dashboard knows it. Members beyond these pass through. */
export interface Dataset {
  /** The dataset's id, a UUID. */
  readonly id: string;
  /** The name, which is the table's too. */
  readonly name: string;
  /** Who may see it; `PRIVATE`, `PUBLIC`, `LINK` or `PASSWORD`. */
  readonly privacy?: string | null | undefined;
  /** The kind of visualisation: `table` for a dataset. */
  readonly type?: string | null | undefined;
  /** The description. */
  readonly description?: string | null | undefined;
  /** The tags. */
  readonly tags?: string[] | null | undefined;
  /** When it was made, as ISO 8601. */
  readonly created_at?: string | null | undefined;
  /** When it last changed, as ISO 8601. */
  readonly updated_at?: string | null | undefined;
  /** Whether it is protected from changes. */
  readonly locked?: boolean | null | undefined;
  /** How many maps use it. */
  readonly dependent_visualizations_count?: number | null | undefined;
  /** What else the server tells. */
  readonly [member: string]: unknown;
}

/** What listing datasets takes. */
export interface DatasetListOptions {
  /** The most datasets to give. Default: all. */
  limit?: number | undefined;
  /** Text to look for. */
  search?: string | undefined;
  /** Tags that a dataset must have. */
  tags?: readonly string[] | undefined;
  /** What to sort by. Default `updated_at`, the latest first. */
  order?: "updated_at" | "name" | "size" | "favorited" | undefined;
  /** Datasets per request. Default: the server's. */
  perPage?: number | undefined;
  /** Whether datasets that others share with the account are left out. Default true. */
  excludeShared?: boolean | undefined;
  /** Stops listing. */
  signal?: AbortSignal | undefined;
}

/** What reading one dataset takes. */
export interface DatasetGetOptions {
  /**
   * Whether a dataset that is not found is asked for again after 1, 2, 4 and 8 s: the dashboard learns
   * of a new table some seconds late. Default false.
   */
  waitForMetadata?: boolean | undefined;
  /** Stops waiting. */
  signal?: AbortSignal | undefined;
}

/** A table, view or materialised view as `api/v4/datasets` tells it. Members beyond these pass through. */
export interface DatasetSummary {
  /** The name. */
  readonly name: string;
  /** Whether it has been converted for maps. */
  readonly cartodbfied?: boolean | null | undefined;
  /** Who may see it. */
  readonly privacy?: string | null | undefined;
  /** What the key may do with it: `r` or `rw`. */
  readonly mode?: string | null | undefined;
  /** When it last changed, as ISO 8601. */
  readonly updated_at?: string | null | undefined;
  /** What else the server tells. */
  readonly [member: string]: unknown;
}

/** What listing summaries takes. */
export interface DatasetSummaryOptions extends PagingOptions {
  /** What to sort by. Default: the server's. */
  order?: string | undefined;
  /** The direction. Default: the server's. */
  orderDirection?: "asc" | "desc" | undefined;
  /** Stops listing. */
  signal?: AbortSignal | undefined;
}

/** What can be changed in what the dashboard tells of a dataset or map. */
export interface DatasetChanges {
  /** The name; of a dataset, its table's too. */
  name?: string | undefined;
  /** The title. */
  title?: string | undefined;
  /** The description. */
  description?: string | undefined;
  /** The tags, which replace those that are there. */
  tags?: readonly string[] | undefined;
  /** The licence, by CARTO's short name such as `mit`. */
  license?: string | undefined;
  /** Where the data come from. */
  source?: string | undefined;
  /** Whom a map must name. */
  attributions?: string | undefined;
  /** The name to be shown. */
  display_name?: string | undefined;
  /** Whether it is protected from changes in the dashboard. */
  locked?: boolean | undefined;
}

/**
 * The datasets of an account: `api/v1/viz` with type `table`. Needs the master key.
 *
 * @example List the newest datasets, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const visualizations = [{ id: "1a", name: "cafes", privacy: "PRIVATE" }];
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: () => Promise.resolve(Response.json({ visualizations, total_entries: 1 })),
 * });
 *
 * for await (const { name, privacy } of carto.datasets.list({ limit: 10 })) {
 *   assertEquals([name, privacy], ["cafes", "PRIVATE"]);
 * }
 * ```
 */
export class DatasetsApi {
  readonly #viz: VizRequests;

  /**
   * Made by {@link ClassicClient} as its member `datasets`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#viz = new VizRequests(client, "table");
  }

  /**
   * The datasets of the account, the last changed first. Pages are asked for as the loop goes on.
   *
   * Endpoint: `GET api/v1/viz`.
   *
   * @param options Limit, filters, order
   * @throws {ArgumentError} A number is no whole number from 0
   */
  list(options: DatasetListOptions = {}): AsyncGenerator<Dataset, void, void> {
    return this.#viz.list(options);
  }

  /**
   * Tables and views by their names: `api/v4/datasets`. Unlike {@link DatasetsApi.list} it takes regular keys too, and
   * tells those that they may list. Pages are asked for as the loop goes on.
   *
   * Endpoint: `GET api/v4/datasets`.
   *
   * @param options Limit, order
   */
  summaries(options: DatasetSummaryOptions = {}): AsyncGenerator<DatasetSummary, void, void> {
    const { order, orderDirection, signal } = options;
    const operation = "list the tables";
    return paged(options, async (page, perPage) => {
      const answer = await this.#viz.requests.json({
        method: "GET",
        path: "api/v4/datasets",
        operation,
        retry: "read",
        query: { page, per_page: perPage, order, order_direction: orderDirection },
        signal,
      });
      const body = checkCore<{ result: DatasetSummary[]; total?: number | null }>(
        "datasetSummaryPage",
        answer.body,
        { operation, status: answer.status },
      );
      return { items: body.result, total: body.total };
    });
  }

  /**
   * One dataset.
   *
   * Endpoint: `GET api/v1/viz/{id}`.
   *
   * @param dataset Its id or name, or `schema.name` for one that is shared by another user
   * @param options Whether to wait for the metadata of a new table
   * @throws {ResponseError} `not-found` when there is none
   */
  get(dataset: string, options: DatasetGetOptions = {}): Promise<Dataset> {
    return this.#viz.get(dataset, options);
  }

  /**
   * Renames a dataset and its table.
   *
   * Endpoint: `PUT api/v1/viz/{id}`.
   *
   * @param dataset Its id or name
   * @param name The new name
   * @param options Whether to wait for the metadata of a new table, a signal
   * @returns The dataset as it is then
   */
  rename(dataset: string, name: string, options: DatasetGetOptions = {}): Promise<Dataset> {
    return this.#viz.rename(dataset, name, options);
  }

  /**
   * Changes what the dashboard tells of a dataset; what is not given stays.
   *
   * Endpoint: `PUT api/v1/viz/{id}`.
   *
   * @param dataset Its id or name
   * @param changes The members to change
   * @param options Whether to wait for the metadata of a new table, a signal
   * @returns The dataset as it is then
   */
  update(dataset: string, changes: DatasetChanges, options: DatasetGetOptions = {}): Promise<Dataset> {
    return this.#viz.update(dataset, { ...changes }, options);
  }

  /**
   * Changes who may see a dataset; nothing is sent when it is so already.
   *
   * Endpoint: `PUT api/v1/viz/{id}`.
   *
   * @param dataset Its id or name
   * @param privacy `PRIVATE`, `PUBLIC` or `LINK`, in any case
   * @param options Whether to wait for the metadata of a new table, a signal
   * @returns The dataset as it is then
   * @throws {ArgumentError} There is no such privacy
   */
  setPrivacy(
    dataset: string,
    privacy: DatasetPrivacy | Lowercase<DatasetPrivacy>,
    options: DatasetGetOptions = {},
  ): Promise<Dataset> {
    return this.#viz.setPrivacy(dataset, privacy, {}, options);
  }

  /**
   * Whose a dataset is and with whom it is shared.
   *
   * Endpoint: `GET api/v1/viz/{id}`.
   *
   * @param dataset Its id or name
   * @param options Whether to wait for the metadata of a new table, a signal
   * @returns The permission
   */
  permission(dataset: string, options: DatasetGetOptions = {}): Promise<Permission> {
    return this.#viz.permission(dataset, options);
  }

  /**
   * Shares a dataset within the organisation: `PUT api/v1/perm/{id}`, as the dashboard does. Only its owner can.
   *
   * @param dataset Its id or name
   * @param acl With whom; it replaces the list that is there, and an empty one ends the sharing
   * @param options Whether to wait for the metadata of a new table, a signal
   * @returns The permission as it is then
   * @throws {ArgumentError} An entry has an unknown type or access
   */
  share(dataset: string, acl: readonly AclEntry[], options: DatasetGetOptions = {}): Promise<Permission> {
    return this.#viz.share(dataset, acl, options);
  }

  /**
   * Deletes a dataset **and its table**.
   *
   * Endpoint: `DELETE api/v1/viz/{id}`.
   *
   * @param dataset Its id or name
   * @param options `force` deletes it although maps use it
   * @throws {ArgumentError} Maps use it, and `force` is not given
   */
  delete(
    dataset: string,
    options: DatasetGetOptions & { force?: boolean | undefined } = {},
  ): Promise<void> {
    return this.#viz.delete(dataset, options);
  }
}
