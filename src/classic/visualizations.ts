import { ArgumentError, JobError } from "../errors/carto_error.ts";
import { checkName, segment } from "./_arguments.ts";
import { check } from "./_check.ts";
import { poll, type WaitOptions } from "./_poll.ts";
import { VizRequests } from "./_viz_requests.ts";
import type { ClassicClient } from "./client.ts";
import type { Dataset, DatasetChanges, DatasetListOptions, DatasetPrivacy } from "./datasets.ts";
import type { AclEntry, Permission } from "./permission.ts";

/** A map of the dashboard; the same members as a dataset's, `type` being `derived`. */
export type Visualization = Dataset;

/** What listing maps takes. */
export type VisualizationListOptions = DatasetListOptions;

/** How an export stands. Members beyond these pass through. */
export interface VisualizationExport {
  /** The export's id, a UUID. */
  readonly id: string;
  /** `pending`, `exporting`, `complete` or `failure`. */
  readonly state: string;
  /** The map. */
  readonly visualization_id?: string | null | undefined;
  /** The account's id. */
  readonly user_id?: string | null | undefined;
  /** Where the `.carto` file is, once it is complete. */
  readonly url?: string | null | undefined;
}

/** What waiting for an export takes. */
export interface ExportWaitOptions extends WaitOptions {
  /** Is told after each look. */
  onProgress?: ((progress: { readonly state: string; readonly elapsed: number }) => void) | undefined;
}

/**
 * The maps that were made in the dashboard: `api/v1/viz` with type `derived`, and their exports. Needs the master key.
 * Maps made by programs are named maps, see {@link MapsApi}, and published pages, see {@link KuvizApi}.
 *
 * @example Export a map, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const states = ["pending", "exporting", "complete"];
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: () => Promise.resolve(Response.json({ id: "e1", state: states.shift(), url: "https://x.example/e1.carto" })),
 *   sleep: () => Promise.resolve(),
 * });
 *
 * const { id } = await carto.visualizations.startExport("9f1");
 * assertEquals((await carto.visualizations.waitForExport(id)).url, "https://x.example/e1.carto");
 * ```
 */
export class VisualizationsApi {
  readonly #viz: VizRequests;

  /**
   * Made by {@link ClassicClient} as its member `visualizations`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#viz = new VizRequests(client, "derived");
  }

  /**
   * The maps of the account, the last changed first. Pages are asked for as the loop goes on.
   *
   * Endpoint: `GET api/v1/viz`.
   *
   * @param options Limit, filters, order
   * @throws {ArgumentError} A number is no whole number from 0
   */
  list(options: VisualizationListOptions = {}): AsyncGenerator<Visualization, void, void> {
    return this.#viz.list(options);
  }

  /**
   * One map.
   *
   * Endpoint: `GET api/v1/viz/{id}`.
   *
   * @param id Its id
   * @param options A signal
   * @throws {ResponseError} `not-found` when there is none
   */
  get(id: string, options: { signal?: AbortSignal | undefined } = {}): Promise<Visualization> {
    return this.#viz.get(id, options);
  }

  /**
   * Renames a map.
   *
   * Endpoint: `PUT api/v1/viz/{id}`.
   *
   * @param id Its id
   * @param name The new name
   * @param options A signal
   * @returns The map as it is then
   */
  rename(
    id: string,
    name: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<Visualization> {
    return this.#viz.rename(id, name, { waitForMetadata: false, ...options });
  }

  /**
   * Changes what the dashboard tells of a map; what is not given stays.
   *
   * Endpoint: `PUT api/v1/viz/{id}`.
   *
   * @param id Its id
   * @param changes The members to change
   * @param options A signal
   * @returns The map as it is then
   */
  update(
    id: string,
    changes: DatasetChanges,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<Visualization> {
    return this.#viz.update(id, { ...changes }, { waitForMetadata: false, ...options });
  }

  /**
   * Changes who may see a map.
   *
   * Endpoint: `PUT api/v1/viz/{id}`.
   *
   * @param id Its id
   * @param privacy `PRIVATE`, `PUBLIC`, `LINK` or `PASSWORD`, in any case
   * @param options The password that `PASSWORD` needs, a signal
   * @returns The map as it is then
   * @throws {ArgumentError} There is no such privacy, or it and the password do not go together
   */
  async setPrivacy(
    id: string,
    privacy: DatasetPrivacy | Lowercase<DatasetPrivacy>,
    options: { password?: string | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<Visualization> {
    const { password, ...rest } = options;
    if (String(privacy).toUpperCase() === "PASSWORD" && (password ?? "") === "") {
      throw new ArgumentError(`Cannot protect map "${id}" with a password: none is given`, {
        argument: "password",
      });
    }
    if (String(privacy).toUpperCase() !== "PASSWORD" && password !== undefined) {
      throw new ArgumentError(`Cannot use a password for map "${id}": its privacy is to be ${privacy}`, {
        argument: "password",
      });
    }
    const more = password === undefined ? {} : { password };
    return await this.#viz.setPrivacy(id, privacy, more, { waitForMetadata: false, ...rest });
  }

  /**
   * Whose a map is and with whom it is shared.
   *
   * Endpoint: `GET api/v1/viz/{id}`.
   *
   * @param id Its id
   * @param options A signal
   * @returns The permission
   */
  permission(id: string, options: { signal?: AbortSignal | undefined } = {}): Promise<Permission> {
    return this.#viz.permission(id, options);
  }

  /**
   * Shares a map within the organisation: `PUT api/v1/perm/{id}`, as the dashboard does. Only its owner can.
   *
   * @param id Its id
   * @param acl With whom; it replaces the list that is there, and an empty one ends the sharing
   * @param options A signal
   * @returns The permission as it is then
   */
  share(
    id: string,
    acl: readonly AclEntry[],
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<Permission> {
    return this.#viz.share(id, acl, options);
  }

  /**
   * Deletes a map; the tables that it draws stay.
   *
   * Endpoint: `DELETE api/v1/viz/{id}`.
   *
   * @param id Its id
   * @param options A signal
   */
  delete(id: string, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    return this.#viz.delete(id, options);
  }

  /**
   * Starts the export of a map with its data as a `.carto` file: `POST api/v3/visualization_exports`.
   *
   * @param id The map's id
   * @param options A signal
   * @returns How the export stands
   */
  async startExport(
    id: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<VisualizationExport> {
    checkName(id, "id");
    const operation = `export map "${id}"`;
    const answer = await this.#viz.requests.json({
      method: "POST",
      path: "api/v3/visualization_exports/",
      operation,
      retry: "rate-limit",
      query: { visualization_id: id },
      signal: options.signal,
    });
    return await check("visualizationExport", answer.body, { operation, status: answer.status });
  }

  /**
   * Looks at an export: `GET api/v3/visualization_exports/{id}`.
   *
   * @param id The export's id
   * @param options A signal
   */
  async getExport(
    id: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<VisualizationExport> {
    return await this.#look(id, options.signal, undefined);
  }

  /**
   * Waits until an export has ended.
   *
   * Endpoint: `GET api/v3/visualization_exports/{id}`.
   *
   * @param id The export's id
   * @param options Signal, progress, times
   * @returns The export with the `url` of its file
   * @throws {JobError} It failed
   * @throws {TimeoutError} It has not ended within `totalTimeout`; it goes on
   */
  async waitForExport(id: string, options: ExportWaitOptions = {}): Promise<VisualizationExport> {
    const { onProgress } = options;
    const ended = await poll<VisualizationExport>(this.#viz.requests, {
      what: `the export "${id}"`,
      hint: "It goes on: wait again with visualizations.waitForExport(id)",
      look: (signal) => this.#look(id, signal, 0),
      state: ({ state }) => ({ word: state, isFinal: state === "complete" || state === "failure" }),
      seen: ({ state }, elapsed) => onProgress?.({ state, elapsed }),
    }, options);
    if (ended.state === "complete") return ended;
    throw new JobError(`The export "${id}" failed`, { jobId: id, status: ended.state });
  }

  async #look(
    id: string,
    signal: AbortSignal | undefined,
    retries: number | undefined,
  ): Promise<VisualizationExport> {
    const operation = "read the export";
    const answer = await this.#viz.requests.json({
      method: "GET",
      path: `api/v3/visualization_exports/${segment(id, "id")}/`,
      operation,
      retry: "read",
      signal,
      retries,
    });
    return await check("visualizationExport", answer.body, { operation, status: answer.status });
  }
}
