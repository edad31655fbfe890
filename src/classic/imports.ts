import { CartoError } from "../errors/carto_error.ts";
import { segment } from "./_arguments.ts";
import { check } from "./_check.ts";
import { type ImportSource, sourceRequest } from "./_import_source.ts";
import { poll, type WaitOptions } from "./_poll.ts";
import { type AccountRequests, requestsOf } from "./_requests.ts";
import type { ClassicClient } from "./client.ts";
import type { Dataset } from "./datasets.ts";
import { ImportError, reasonOf } from "./import_error.ts";

/** How an import stands; the list may grow. */
export type ImportState =
  | "enqueued"
  | "pending"
  | "uploading"
  | "unpacking"
  | "importing"
  | "guessing"
  | "complete"
  | "failure"
  | (string & Record<never, never>);

/** What CARTO is to do with the data. */
export interface ImportOptions {
  /** Whether the types of a CSV's columns are guessed. Default true. */
  typeGuessing?: boolean | undefined;
  /** Whether they are guessed in fields with quotes too. Default true. */
  quotedFieldsGuessing?: boolean | undefined;
  /** Whether countries, cities and IP addresses are turned into points. Default false. */
  contentGuessing?: boolean | undefined;
  /** Whether a map is made as well. Default false. */
  createVis?: boolean | undefined;
  /** Who may see the dataset. Default: the account's. */
  privacy?: "public" | "link" | "private" | undefined;
  /** What to do when there is a table of that name. Default: the new one gets another name. */
  collisionStrategy?: "skip" | "overwrite" | undefined;
}

/** How far the upload of a file is. */
export interface ImportUploadProgress {
  /** Bytes that have been sent. */
  readonly bytes: number;
  /** Bytes in all, where that is known. */
  readonly total: number | undefined;
}

/** What starting an import takes. */
export interface ImportCreateOptions extends ImportOptions {
  /**
   * Whether a URL is asked for before CARTO is, so that the page of a preview or a login is refused at once. It needs
   * network access to that host. Default false.
   */
  checkUrl?: boolean | undefined;
  /** Is told of the bytes of a file that have been sent. */
  onUpload?: ((progress: ImportUploadProgress) => void) | undefined;
  /** Stops the upload. */
  signal?: AbortSignal | undefined;
}

/** An import as the server describes it. Members beyond these pass through. */
export interface ImportDocument {
  /** The import's id, a UUID. */
  readonly id: string;
  /** How it stands. */
  readonly state: string;
  /** Whether it went well, once it has ended. */
  readonly success?: boolean | null | undefined;
  /** The table that was made. */
  readonly table_id?: string | null | undefined;
  /** The name of the table that was made. */
  readonly table_name?: string | null | undefined;
  /** Where the data came from: `file`, `url`, `table`, `query`, `external`, `connector` … */
  readonly data_type?: string | null | undefined;
  /** The platform's code of what went wrong; see {@link importErrorText}. */
  readonly error_code?: number | null | undefined;
  /** The platform's own words for it. */
  readonly get_error_text?:
    | {
      readonly title?: string | null | undefined;
      readonly what_about?: string | null | undefined;
      readonly source?: string | null | undefined;
    }
    | null
    | undefined;
  /** How many tables were made. */
  readonly tables_created_count?: number | null | undefined;
  /** The synchronised table that it belongs to. */
  readonly synchronization_id?: string | null | undefined;
  /** The dataset, or the map where one was made. */
  readonly visualization_id?: string | null | undefined;
  /** The file's name. */
  readonly display_name?: string | null | undefined;
  /** What was not as expected. */
  readonly warnings?: unknown;
}

/** What is told while an import is waited for. */
export interface ImportProgress {
  /** The import's id. */
  readonly id: string;
  /** How it stands. */
  readonly state: ImportState;
  /** Milliseconds since the wait began. */
  readonly elapsed: number;
}

/** What waiting for an import takes. */
export interface ImportWaitOptions extends WaitOptions {
  /** Is told after each look. */
  onProgress?: ((progress: ImportProgress) => void) | undefined;
}

/** An import on the server. */
export class ImportJob {
  /** The import's id: with it another program can wait for it. */
  readonly id: string;
  readonly #client: ClassicClient;
  #document: ImportDocument;

  /**
   * Made by {@link ImportsApi.create} and {@link ImportsApi.get}.
   *
   * @param client The client that asks for it
   * @param document What the server told of it
   */
  constructor(client: ClassicClient, document: ImportDocument) {
    this.id = document.id;
    this.#client = client;
    this.#document = document;
  }

  /** How it stood when it was last looked at. */
  get state(): ImportState {
    return this.#document.state;
  }

  /** The name of the table that was made, once it is there. */
  get tableName(): string | undefined {
    return this.#document.table_name ?? undefined;
  }

  /** What the server last told of it. */
  get document(): ImportDocument {
    return this.#document;
  }

  /**
   * Looks at the import once.
   *
   * @param options A signal
   * @returns This import
   */
  async refresh(options: { signal?: AbortSignal | undefined } = {}): Promise<this> {
    this.#document = (await this.#client.imports.get(this.id, options)).document;
    return this;
  }

  /**
   * Waits until the import has ended. The server goes on when the wait is given up: there is no way to stop it.
   *
   * @param options Signal, progress, times
   * @returns This import, when it ended well
   * @throws {ImportError} It failed; `errorCode` is the platform's code, `hint` the next step
   * @throws {TimeoutError} It has not ended within `totalTimeout`; it goes on
   */
  async wait(options: ImportWaitOptions = {}): Promise<this> {
    this.#document = await this.#client.imports.waitFor(this.id, options);
    return this;
  }

  /**
   * The dataset that was made.
   *
   * @param options A signal
   * @throws {CartoError} `not-found` when there is none, or not yet
   */
  async dataset(options: { signal?: AbortSignal | undefined } = {}): Promise<Dataset> {
    const { table_id: table, table_name: name, visualization_id: visualization } = this.#document;
    const wanted = { waitForMetadata: true, ...options };
    if (typeof visualization === "string" && visualization !== "") {
      const found = await this.#client.datasets.get(visualization, wanted);
      // With `createVis` the visualisation is the map
      if (found.type !== "derived") return found;
    }
    if (typeof table === "string" && table !== "") {
      const id = (await this.#client.tables.get(table, options)).table_visualization?.id;
      if (id !== undefined) return await this.#client.datasets.get(id, wanted);
    }
    if (typeof name === "string" && name !== "") return await this.#client.datasets.get(name, wanted);
    throw new CartoError(
      "not-found",
      `Cannot read the dataset of the import "${this.id}": it has made none`,
      {
        hint: "Wait for the import first: await job.wait()",
      },
    );
  }
}

/**
 * The Import API: `api/v1/imports`. CARTO reads the file itself, makes a table of it and says by a code what went wrong.
 * Needs the master key; three imports run at a time. For rows that are in memory, or that must arrive value by value,
 * use `toCarto`.
 *
 * @example Import a file and wait for it, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const states = ["importing", "complete"];
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: async (_url, init) => {
 *     if (init?.method === "GET") {
 *       return Response.json({ id: "i1", state: states.shift(), table_name: "cafes", success: true });
 *     }
 *     assertEquals((await new Response(init?.body).text()).includes("name,stars"), true);
 *     return Response.json({ item_queue_id: "i1", success: true });
 *   },
 *   sleep: () => Promise.resolve(),
 * });
 *
 * const data = new TextEncoder().encode("name,stars\nHawai,4\n");
 * const job = await carto.imports.create({ data, filename: "cafes.csv" }, { privacy: "private" });
 * await job.wait();
 * assertEquals([job.state, job.tableName], ["complete", "cafes"]);
 * ```
 */
export class ImportsApi {
  readonly #client: ClassicClient;
  readonly #requests: AccountRequests;

  /**
   * Made by {@link ClassicClient} as its member `imports`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#client = client;
    this.#requests = requestsOf(client);
  }

  /**
   * Starts an import. A file is sent as it is read, in constant memory. Not retried after a failure, for there could
   * then be two tables.
   *
   * Endpoint: `POST api/v1/imports`.
   *
   * @param source A file, data, a URL, a query, a table to be copied, a database, or a service
   * @param options What CARTO is to do with the data, progress, a signal
   * @returns The import, waiting its turn
   * @throws {ArgumentError} The source cannot be used, or the URL leads to a page and `checkUrl` is set
   * @throws {PermissionError} Deno does not let the file be read
   * @throws {ResponseError} The server refused
   */
  async create(source: ImportSource, options: ImportCreateOptions = {}): Promise<ImportJob> {
    const request = await sourceRequest(this.#requests, source, options);
    const operation = "start the import";
    const answer = await this.#requests.json({
      method: "POST",
      path: "api/v1/imports/",
      operation,
      retry: "rate-limit",
      signal: options.signal,
      ...request,
    });
    const { item_queue_id: id } = await check("importStart", answer.body, {
      operation,
      status: answer.status,
    });
    return new ImportJob(this.#client, { id, state: "enqueued" });
  }

  /**
   * Looks at an import.
   *
   * Endpoint: `GET api/v1/imports/{id}`.
   *
   * @param id Its id
   * @param options A signal
   * @throws {ResponseError} `not-found` when there is no such import
   */
  async get(id: string, options: { signal?: AbortSignal | undefined } = {}): Promise<ImportJob> {
    return new ImportJob(this.#client, await this.#look(id, options.signal, undefined));
  }

  /**
   * The ids of the imports that run or ran of late.
   *
   * Endpoint: `GET api/v1/imports`.
   *
   * @param options A signal
   */
  async list(options: { signal?: AbortSignal | undefined } = {}): Promise<string[]> {
    const operation = "list the imports";
    const answer = await this.#requests.json({
      method: "GET",
      path: "api/v1/imports/",
      operation,
      retry: "read",
      signal: options.signal,
    });
    return (await check("importList", answer.body, { operation, status: answer.status })).imports;
  }

  /**
   * Waits for an import given by its id. `ImportJob.wait` is the usual way.
   *
   * Endpoint: `GET api/v1/imports/{id}`.
   *
   * @param id Its id
   * @param options Signal, progress, times
   * @returns What the server told of it in the end, when it ended well
   * @throws {ImportError} It failed
   */
  async waitFor(id: string, options: ImportWaitOptions = {}): Promise<ImportDocument> {
    const { onProgress } = options;
    const ended = await poll<ImportDocument>(this.#requests, {
      what: `the import "${id}"`,
      hint: "It goes on: wait again with imports.get(id)",
      look: (signal) => this.#look(id, signal, 0),
      state: (document) => ({ word: document.state, isFinal: isFinal(document) }),
      seen: ({ state }, elapsed) => onProgress?.({ id, state, elapsed }),
    }, options);
    if (ended.state !== "failure" && ended.success !== false) return ended;
    throw new ImportError(`The import "${id}"`, {
      jobId: id,
      status: ended.state,
      errorCode: ended.error_code,
      reason: reasonOf(ended.get_error_text, this.#requests.credentials.secrets),
    });
  }

  async #look(
    id: string,
    signal: AbortSignal | undefined,
    retries: number | undefined,
  ): Promise<ImportDocument> {
    const operation = `read the import "${id}"`;
    const answer = await this.#requests.json({
      method: "GET",
      path: `api/v1/imports/${segment(id, "id")}/`,
      operation,
      retry: "read",
      signal,
      retries,
    });
    return await check("importDocument", answer.body, { operation, status: answer.status });
  }
}

/** Whether an import has ended: a state that nobody knows has, when the server says how it went. */
function isFinal({ state, success }: ImportDocument): boolean {
  if (["complete", "failure", "success", "created"].includes(state)) return true;
  const running = ["enqueued", "queued", "pending", "uploading", "unpacking", "importing", "guessing"];
  return !running.includes(state) && typeof success === "boolean";
}

export type { ImportSource };
