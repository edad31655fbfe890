import { ArgumentError, isCartoError, type ResponseError } from "../errors/carto_error.ts";
import { checkName, checkWord, segment } from "./_arguments.ts";
import { checkCore } from "./_core_check.ts";
import { paged, totalOf } from "./_paging.ts";
import { type AccountRequests, requestsOf } from "./_requests.ts";
import type { ClassicClient } from "./client.ts";
import type { Dataset, DatasetGetOptions, DatasetListOptions, DatasetPrivacy } from "./datasets.ts";
import type { AclEntry, Permission } from "./permission.ts";

/** Who may see a dataset or map. */
const PRIVACIES: readonly DatasetPrivacy[] = ["PRIVATE", "PUBLIC", "LINK", "PASSWORD"];

/** One page of `api/v1/viz`. */
interface DatasetPage {
  readonly visualizations: Dataset[];
  readonly total_entries?: number | null;
  readonly total_user_entries?: number | null;
  readonly total?: number | null;
}

/** Waits before what was not found is asked for again, in milliseconds. */
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

/** The kinds of visualisation that have an API of their own here, and how messages name one and several. */
const WORDS = { table: ["dataset", "datasets"], derived: ["map", "maps"] } as const;

/** The requests of `api/v1/viz`, which datasets and maps share. */
export class VizRequests {
  readonly requests: AccountRequests;
  readonly #type: keyof typeof WORDS;

  constructor(client: ClassicClient, type: keyof typeof WORDS) {
    this.requests = requestsOf(client);
    this.#type = type;
  }

  /** What messages call one of them. */
  get word(): string {
    return WORDS[this.#type][0];
  }

  list(options: DatasetListOptions): AsyncGenerator<Dataset, void, void> {
    const { search, tags, order = "updated_at", excludeShared = true, signal } = options;
    const operation = `list the ${WORDS[this.#type][1]}`;
    return paged(options, async (page, perPage) => {
      const answer = await this.requests.json({
        method: "GET",
        path: "api/v1/viz/",
        operation,
        retry: "read",
        query: {
          type: this.#type,
          exclude_shared: excludeShared,
          with_dependent_visualizations: this.#type === "table" ? 1 : undefined,
          ...LEAN,
          order,
          q: search,
          tags: tags?.join(","),
          per_page: perPage,
          page,
        },
        signal,
      });
      const body = checkCore<DatasetPage>("datasetPage", answer.body, { operation, status: answer.status });
      return { items: body.visualizations, total: totalOf(body) };
    });
  }

  async get(id: string, options: DatasetGetOptions): Promise<Dataset> {
    const { waitForMetadata = false, signal } = options;
    const waits = waitForMetadata ? METADATA_WAITS : [];
    for (let attempt = 0;; attempt++) {
      try {
        return await this.#send("GET", id, `read ${this.word} "${id}"`, { signal });
      } catch (error) {
        const wait = waits[attempt];
        if (wait === undefined || !isCartoError(error) || (error as ResponseError).status !== 404) {
          throw error;
        }
        await this.requests.sleep(wait, signal);
      }
    }
  }

  async rename(id: string, name: string, options: DatasetGetOptions): Promise<Dataset> {
    checkName(name, "name");
    return await this.update(id, { name }, options, `rename ${this.word} "${id}"`);
  }

  async update(
    id: string,
    changes: Readonly<Record<string, unknown>>,
    options: DatasetGetOptions,
    operation = `change ${this.word} "${id}"`,
  ): Promise<Dataset> {
    const found = await this.get(id, { waitForMetadata: true, ...options });
    return await this.#send("PUT", found.id, operation, {
      json: { ...changes, id: found.id },
      signal: options.signal,
    });
  }

  async setPrivacy(
    id: string,
    privacy: string,
    more: Readonly<Record<string, unknown>>,
    options: DatasetGetOptions,
  ): Promise<Dataset> {
    const wanted = checkWord("privacy", privacy, PRIVACIES);
    const found = await this.get(id, { waitForMetadata: true, ...options });
    if (found.privacy === wanted && Object.keys(more).length === 0) return found;
    return await this.#send("PUT", found.id, `change the privacy of ${this.word} "${id}"`, {
      json: { id: found.id, privacy: wanted, ...more },
      secrets: Object.values(more).map(String),
      signal: options.signal,
    });
  }

  async permission(id: string, options: DatasetGetOptions): Promise<Permission> {
    const operation = `read the permission of ${this.word} "${id}"`;
    const { permission } = await this.get(id, options);
    return checkCore("permission", permission, { operation, status: 200 });
  }

  async share(id: string, acl: readonly AclEntry[], options: DatasetGetOptions): Promise<Permission> {
    const entries = acl.map(({ type, entity, access }) => {
      checkWord("type", type, ["user", "org", "group"]);
      checkWord("access", access, ["r", "rw", "n"]);
      checkName(entity.id, "id");
      return { type, entity: { id: entity.id }, access };
    });
    const operation = `share ${this.word} "${id}"`;
    const { id: permission } = await this.permission(id, options);
    const answer = await this.requests.json({
      method: "PUT",
      path: `api/v1/perm/${segment(permission, "permission")}`,
      operation,
      retry: "rate-limit",
      json: { acl: entries },
      signal: options.signal,
    });
    return checkCore("permission", answer.body, { operation, status: answer.status });
  }

  async delete(id: string, options: { force?: boolean | undefined; signal?: AbortSignal | undefined }) {
    const { force = false, ...rest } = options;
    const found = await this.get(id, rest);
    const maps = found.dependent_visualizations_count ?? 0;
    if (this.#type === "table" && maps > 0 && !force) {
      throw new ArgumentError(
        `Cannot delete dataset "${id}": ${maps} ${maps === 1 ? "map uses" : "maps use"} it`,
        { argument: "force", hint: "Pass { force: true } to delete it all the same" },
      );
    }
    await this.requests.json({
      method: "DELETE",
      path: pathOf(found.id, this.word),
      operation: `delete ${this.word} "${id}"`,
      retry: "rate-limit",
      signal: rest.signal,
    });
  }

  async #send(
    method: "GET" | "PUT",
    id: string,
    operation: string,
    more: {
      json?: Record<string, unknown>;
      secrets?: readonly string[];
      signal?: AbortSignal | undefined;
    },
  ): Promise<Dataset> {
    const answer = await this.requests.json({
      method,
      path: pathOf(id, this.word),
      operation,
      retry: method === "GET" ? "read" : "rate-limit",
      ...more,
    });
    return checkCore("dataset", answer.body, { operation, status: answer.status });
  }
}

function pathOf(id: string, word: string): string {
  return `api/v1/viz/${segment(id, word)}/`;
}
