import { ArgumentError } from "../errors/carto_error.ts";
import { segment } from "./_arguments.ts";
import { check } from "./_check.ts";
import { importParameters, sourceMembers } from "./_import_source.ts";
import { poll, type WaitOptions } from "./_poll.ts";
import { type AccountRequests, requestsOf } from "./_requests.ts";
import type { ClassicClient } from "./client.ts";
import type { Connector } from "./connector.ts";
import { ImportError, reasonOf } from "./import_error.ts";
import type { ImportOptions } from "./imports.ts";

/** Where the rows of a synchronised table come from: one of these. */
export type SyncSource =
  /** A public address that answers with a file. */
  | { readonly url: string | URL }
  /** A table of another database. */
  | { readonly connector: Connector }
  /** A layer of an ArcGIS server, or a file of a cloud storage that the dashboard is connected to. */
  | { readonly service: "arcgis" | (string & Record<never, never>); readonly itemId: string };

/** What making a synchronised table takes. */
export interface SyncCreateOptions extends Omit<ImportOptions, "createVis" | "collisionStrategy"> {
  /** Seconds between two runs: at least 900; 0 reads an ArcGIS layer once. */
  interval: number;
  /** Stops waiting. */
  signal?: AbortSignal | undefined;
}

/** How a synchronised table stands; the list may grow. */
export type SyncState =
  | "created"
  | "queued"
  | "syncing"
  | "success"
  | "failure"
  | (string & Record<never, never>);

/** A synchronised table as the server describes it. Members beyond these pass through. */
export interface SyncTable {
  /** The synchronisation's id, a UUID. */
  readonly id: string;
  /** How it stands. */
  readonly state: string;
  /** The table. */
  readonly name?: string | null | undefined;
  /** Seconds between two runs. */
  readonly interval?: number | null | undefined;
  /** Where the rows come from. */
  readonly url?: string | null | undefined;
  /** When it was made, as ISO 8601. */
  readonly created_at?: string | null | undefined;
  /** When its description last changed, as ISO 8601. */
  readonly updated_at?: string | null | undefined;
  /** When it will run, as ISO 8601. */
  readonly run_at?: string | null | undefined;
  /** When it last ran, as ISO 8601. */
  readonly ran_at?: string | null | undefined;
  /** When its rows last changed, as ISO 8601. */
  readonly modified_at?: string | null | undefined;
  /** How often it failed since it last went well. */
  readonly retried_times?: number | null | undefined;
  /** The platform's code of what went wrong; see {@link importErrorText}. */
  readonly error_code?: number | null | undefined;
  /** The platform's own words for it. */
  readonly error_message?: string | null | undefined;
  /** The service, such as `arcgis` or `connector`. */
  readonly service_name?: string | null | undefined;
  /** What is read there. */
  readonly service_item_id?: string | null | undefined;
  /** The dataset. */
  readonly visualization_id?: string | null | undefined;
  /** The import of the first run, told when it is made. */
  readonly data_import?:
    | { readonly endpoint?: string | null | undefined; readonly item_queue_id?: string | null | undefined }
    | null
    | undefined;
}

/** What waiting for a run takes. */
export interface SyncWaitOptions extends WaitOptions {
  /** Is told after each look. */
  onProgress?: ((progress: { readonly state: SyncState; readonly elapsed: number }) => void) | undefined;
}

/** Fewer seconds between two runs are refused by the server. */
const MIN_INTERVAL = 900;

/**
 * Tables that CARTO reads again and again from elsewhere: `api/v1/synchronizations`. Needs the master key.
 *
 * @example Read a file every hour, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const states = ["created", "syncing", "success"];
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: () => Promise.resolve(Response.json({ id: "s1", state: states.shift(), interval: 3600 })),
 *   sleep: () => Promise.resolve(),
 * });
 *
 * const { id } = await carto.syncTables.create({ url: "https://data.example/stops.csv" }, { interval: 3600 });
 * assertEquals((await carto.syncTables.waitFor(id)).state, "success");
 * ```
 */
export class SyncTablesApi {
  readonly #requests: AccountRequests;

  /**
   * Made by {@link ClassicClient} as its member `syncTables`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#requests = requestsOf(client);
  }

  /**
   * Makes a table that is read again at an interval. Not retried after a failure.
   *
   * Endpoint: `POST api/v1/synchronizations`.
   *
   * @param source A URL, a database, or a service
   * @param options The interval, what CARTO is to do with the data, a signal
   * @returns The synchronised table; its first run has not ended
   * @throws {ArgumentError} The source cannot be used, or the interval is too short
   */
  async create(source: SyncSource, options: SyncCreateOptions): Promise<SyncTable> {
    const { interval, signal } = options;
    const once = interval === 0 && "service" in source && source.service === "arcgis";
    if (!once && !(Number.isSafeInteger(interval) && interval >= MIN_INTERVAL)) {
      throw new ArgumentError(
        `Cannot read it every ${interval} s: the interval is ${MIN_INTERVAL} s at least`,
        {
          argument: "interval",
          hint: "To read it once, use imports.create",
        },
      );
    }
    const { json, secrets } = sourceMembers(source);
    const operation = "create the synchronised table";
    const answer = await this.#requests.json({
      method: "POST",
      path: "api/v1/synchronizations/",
      operation,
      retry: "rate-limit",
      json: { ...importParameters(options), ...json, interval },
      secrets,
      signal,
    });
    return await check("syncTable", answer.body, { operation, status: answer.status });
  }

  /**
   * The synchronised tables of the account; all come in one answer.
   *
   * Endpoint: `GET api/v1/synchronizations`.
   *
   * @param options A signal
   */
  async *list(options: { signal?: AbortSignal | undefined } = {}): AsyncGenerator<SyncTable, void, void> {
    const operation = "list the synchronised tables";
    const answer = await this.#requests.json({
      method: "GET",
      path: "api/v1/synchronizations/",
      operation,
      retry: "read",
      signal: options.signal,
    });
    yield* (await check("syncTableList", answer.body, { operation, status: answer.status })).synchronizations;
  }

  /**
   * One synchronised table.
   *
   * Endpoint: `GET api/v1/synchronizations/{id}`.
   *
   * @param id Its id
   * @param options A signal
   * @throws {ResponseError} `not-found` when there is none
   */
  async get(id: string, options: { signal?: AbortSignal | undefined } = {}): Promise<SyncTable> {
    return await this.#look(id, options.signal, undefined);
  }

  /**
   * Reads the table again now. The server refuses unless the last attempt is 900 s ago.
   *
   * Endpoint: `PUT api/v1/synchronizations/{id}/sync_now`.
   *
   * @param id Its id
   * @param options A signal
   * @returns Whether it waits its turn
   */
  async syncNow(id: string, options: { signal?: AbortSignal | undefined } = {}): Promise<boolean> {
    const operation = `synchronise "${id}"`;
    const answer = await this.#requests.json({
      method: "PUT",
      path: `api/v1/synchronizations/${segment(id, "id")}/sync_now`,
      operation,
      retry: "rate-limit",
      // A body of no bytes makes `fetch` send the length that the server wants
      body: new Uint8Array(0),
      signal: options.signal,
    });
    return (await check("syncNow", answer.body, { operation, status: answer.status })).enqueued;
  }

  /**
   * How the run that {@link SyncTablesApi.syncNow} asked for stands.
   *
   * Endpoint: `GET api/v1/synchronizations/{id}/sync_now`.
   *
   * @param id Its id
   * @param options A signal
   */
  async syncState(id: string, options: { signal?: AbortSignal | undefined } = {}): Promise<SyncState> {
    const operation = `read the state of "${id}"`;
    const answer = await this.#requests.json({
      method: "GET",
      path: `api/v1/synchronizations/${segment(id, "id")}/sync_now`,
      operation,
      retry: "read",
      signal: options.signal,
    });
    return (await check("syncState", answer.body, { operation, status: answer.status })).state;
  }

  /**
   * Waits until the run that is under way has ended.
   *
   * Endpoint: `GET api/v1/synchronizations/{id}`.
   *
   * @param id Its id
   * @param options Signal, progress, times
   * @returns The synchronised table, when the run went well
   * @throws {ImportError} The run failed; `errorCode` is the platform's code, `hint` the next step
   * @throws {TimeoutError} It has not ended within `totalTimeout`; it goes on
   */
  async waitFor(id: string, options: SyncWaitOptions = {}): Promise<SyncTable> {
    const { onProgress } = options;
    const ended = await poll<SyncTable>(this.#requests, {
      what: `the synchronised table "${id}"`,
      hint: "It goes on: wait again with syncTables.waitFor(id)",
      look: (signal) => this.#look(id, signal, 0),
      state: ({ state }) => ({ word: state, isFinal: state === "success" || state === "failure" }),
      seen: ({ state }, elapsed) => onProgress?.({ state, elapsed }),
    }, options);
    if (ended.state === "success") return ended;
    throw new ImportError(`The synchronised table "${id}"`, {
      jobId: id,
      status: ended.state,
      errorCode: ended.error_code,
      reason: reasonOf({ title: ended.error_message }, this.#requests.credentials.secrets),
    });
  }

  /**
   * Stops reading a table again; the table stays.
   *
   * Endpoint: `DELETE api/v1/synchronizations/{id}`.
   *
   * @param id Its id
   * @param options A signal
   */
  async delete(id: string, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#requests.json({
      method: "DELETE",
      path: `api/v1/synchronizations/${segment(id, "id")}`,
      operation: `delete the synchronised table "${id}"`,
      retry: "rate-limit",
      signal: options.signal,
    });
  }

  async #look(
    id: string,
    signal: AbortSignal | undefined,
    retries: number | undefined,
  ): Promise<SyncTable> {
    const operation = `read the synchronised table "${id}"`;
    const answer = await this.#requests.json({
      method: "GET",
      path: `api/v1/synchronizations/${segment(id, "id")}/`,
      operation,
      retry: "read",
      signal,
      retries,
    });
    return await check("syncTable", answer.body, { operation, status: answer.status });
  }
}
