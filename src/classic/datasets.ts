import { ArgumentError, isCartoError, type ResponseError } from "../errors/mod.ts";
import { check } from "./_check.ts";
import { type AccountRequests, requestsOf } from "./_requests.ts";
import type { ClassicClient } from "./client.ts";

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

/** Waits before a dataset that was not found is asked for again, in milliseconds. */
const METADATA_WAITS = [1000, 2000, 4000, 8000];

/** What the dashboard need not work out for a list. */
const LEAN = {
  show_table_size_and_row_count: false,
  show_table: false,
  show_stats: false,
  show_likes: false,
  show_liked: false,
  show_permission: false,
  show_uses_builder_features: false,
  show_synchronization: false,
  load_totals: false,
};

const PRIVACIES: readonly DatasetPrivacy[] = ["PRIVATE", "PUBLIC", "LINK", "PASSWORD"];

/** The datasets of an account: `api/v1/viz` with type `table`. Needs the master key. */
export class DatasetsApi {
  readonly #requests: AccountRequests;

  /**
   * Made by {@link ClassicClient} as its member `datasets`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#requests = requestsOf(client);
  }

  /**
   * The datasets of the account, the last changed first. Pages are asked for as the loop goes on.
   *
   * @param options Limit, filters, order
   * @throws {ArgumentError} A number is no whole number from 0
   */
  async *list(options: DatasetListOptions = {}): AsyncGenerator<Dataset, void, void> {
    const limit = checkCount("limit", options.limit) ?? Infinity;
    const perPage = checkCount("perPage", options.perPage);
    const { search, tags, order = "updated_at", excludeShared = true, signal } = options;
    const operation = "list the datasets";
    let received = 0;
    for (let page = 1; received < limit; page++) {
      const answer = await this.#requests.json({
        method: "GET",
        path: "api/v1/viz/",
        operation,
        retry: "read",
        query: {
          type: "table",
          exclude_shared: excludeShared,
          with_dependent_visualizations: 1,
          ...LEAN,
          order,
          q: search,
          tags: tags?.join(","),
          per_page: perPage,
          page,
        },
        signal,
      });
      const body = await check("datasetPage", answer.body, { operation, status: answer.status });
      for (const dataset of body.visualizations) {
        if (received >= limit) return;
        received++;
        yield dataset;
      }
      const total = body.total_entries ?? body.total_user_entries ?? body.total;
      // Without a total there is one page. An empty page ends a list that shrank meanwhile.
      if (typeof total !== "number" || received >= total || body.visualizations.length === 0) return;
    }
  }

  /**
   * One dataset.
   *
   * @param dataset Its id or name, or `schema.name` for one that is shared by another user
   * @param options Whether to wait for the metadata of a new table
   * @throws {ResponseError} `not-found` when there is none
   */
  async get(dataset: string, options: DatasetGetOptions = {}): Promise<Dataset> {
    const { waitForMetadata = false, signal } = options;
    const waits = waitForMetadata ? METADATA_WAITS : [];
    for (let attempt = 0;; attempt++) {
      try {
        return await this.#send("GET", dataset, `read dataset "${dataset}"`, { signal });
      } catch (error) {
        const wait = waits[attempt];
        if (wait === undefined || !isCartoError(error) || (error as ResponseError).status !== 404) {
          throw error;
        }
        await this.#requests.sleep(wait, signal);
      }
    }
  }

  /**
   * Renames a dataset and its table.
   *
   * @param dataset Its id or name
   * @param name The new name
   * @returns The dataset as it is then
   */
  async rename(dataset: string, name: string, options: DatasetGetOptions = {}): Promise<Dataset> {
    checkName(name, "name");
    const found = await this.get(dataset, { waitForMetadata: true, ...options });
    return await this.#send("PUT", found.id, `rename dataset "${dataset}"`, {
      json: { id: found.id, name },
      signal: options.signal,
    });
  }

  /**
   * Changes who may see a dataset; nothing is sent when it is so already.
   *
   * @param dataset Its id or name
   * @param privacy `PRIVATE`, `PUBLIC` or `LINK`, in any case
   * @returns The dataset as it is then
   * @throws {ArgumentError} There is no such privacy
   */
  async setPrivacy(
    dataset: string,
    privacy: DatasetPrivacy | Lowercase<DatasetPrivacy>,
    options: DatasetGetOptions = {},
  ): Promise<Dataset> {
    const wanted = String(privacy).toUpperCase() as DatasetPrivacy;
    if (!PRIVACIES.includes(wanted)) {
      throw new ArgumentError(`Cannot set privacy "${privacy}": it is one of ${PRIVACIES.join(", ")}`, {
        argument: "privacy",
      });
    }
    const found = await this.get(dataset, { waitForMetadata: true, ...options });
    if (found.privacy === wanted) return found;
    return await this.#send("PUT", found.id, `change the privacy of dataset "${dataset}"`, {
      json: { id: found.id, privacy: wanted },
      signal: options.signal,
    });
  }

  /**
   * Deletes a dataset **and its table**.
   *
   * @param dataset Its id or name
   * @param options `force` deletes it although maps use it
   * @throws {ArgumentError} Maps use it, and `force` is not given
   */
  async delete(
    dataset: string,
    options: DatasetGetOptions & { force?: boolean | undefined } = {},
  ): Promise<void> {
    const { force = false, ...rest } = options;
    const found = await this.get(dataset, rest);
    const maps = found.dependent_visualizations_count ?? 0;
    if (maps > 0 && !force) {
      throw new ArgumentError(
        `Cannot delete dataset "${dataset}": ${maps} ${maps === 1 ? "map uses" : "maps use"} it`,
        {
          argument: "force",
          hint: "Pass { force: true } to delete it all the same",
        },
      );
    }
    await this.#requests.json({
      method: "DELETE",
      path: pathOf(found.id),
      operation: `delete dataset "${dataset}"`,
      retry: "rate-limit",
      signal: rest.signal,
    });
  }

  async #send(
    method: "GET" | "PUT",
    dataset: string,
    operation: string,
    more: { json?: Record<string, unknown>; signal?: AbortSignal | undefined },
  ): Promise<Dataset> {
    const answer = await this.#requests.json({
      method,
      path: pathOf(dataset),
      operation,
      retry: method === "GET" ? "read" : "rate-limit",
      ...more,
    });
    return await check("dataset", answer.body, { operation, status: answer.status });
  }
}

function pathOf(dataset: string): string {
  checkName(dataset, "dataset");
  return `api/v1/viz/${encodeURIComponent(dataset)}/`;
}

function checkName(name: string, argument: string): void {
  if (typeof name !== "string" || name === "") {
    throw new ArgumentError(`Cannot use an empty ${argument}`, { argument });
  }
}

function checkCount(argument: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return value;
  throw new ArgumentError(`Cannot use ${value} as ${argument}: it is a whole number from 0`, { argument });
}
