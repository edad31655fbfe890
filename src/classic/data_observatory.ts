import { ArgumentError, JobError } from "../errors/carto_error.ts";
import { safeText } from "../http/_response_error.ts";
import { checkCount, checkName, checkWord, segment } from "./_arguments.ts";
import { check } from "./_check.ts";
import { paged, type PagingOptions, totalOf } from "./_paging.ts";
import { poll, type WaitOptions } from "./_poll.ts";
import { type AccountRequest, type AccountRequests, requestsOf } from "./_requests.ts";
import type { ClassicClient } from "./client.ts";

/** What the catalogue holds, as its addresses name it. */
export type CatalogEntityKind =
  | "countries"
  | "categories"
  | "providers"
  | "datasets"
  | "geographies"
  | "variables"
  | "variables_groups";

/** One entry of the catalogue. Which members there are depends on its kind; all pass through. */
export interface CatalogEntity {
  /** The id. */
  readonly id: string;
  /** The short name, where there is one. */
  readonly slug?: string | null | undefined;
  /** The name. */
  readonly name?: string | null | undefined;
  /** What else the catalogue tells. */
  readonly [member: string]: unknown;
}

/** Which entries of the catalogue are wanted. */
export interface CatalogFilters {
  /** A country's id. */
  country?: string | undefined;
  /** A category's id. */
  category?: string | undefined;
  /** A provider's id. */
  provider?: string | undefined;
  /** A geography's id. */
  geography?: string | undefined;
  /** Whether the data are public. */
  public?: boolean | undefined;
  /** Ids wanted, or short names. */
  id?: string | undefined;
  /** A short name. */
  slug?: string | undefined;
}

/** The data of the Observatory that can be had. */
export type ObservatoryType = "dataset" | "geography";

/** A subscription. Members beyond these pass through. */
export interface ObservatorySubscription {
  /** The id of the dataset or geography. */
  readonly id: string;
  /** Which of the two it is. */
  readonly type: string;
  /** `active`, `requested`, `expired` … */
  readonly status?: string | null | undefined;
}

/** On which conditions data can be had. Members beyond these pass through. */
export interface ObservatoryConditions {
  /** The id of the dataset or geography. */
  readonly id?: string | null | undefined;
  /** Which of the two it is. */
  readonly type?: string | null | undefined;
  /** Days until it is delivered. */
  readonly estimated_delivery_days?: number | null | undefined;
  /** The price. */
  readonly subscription_list_price?: number | null | undefined;
  /** The terms of service. */
  readonly tos?: string | null | undefined;
  /** Where they stand. */
  readonly tos_link?: string | null | undefined;
  /** The licences. */
  readonly licenses?: string | null | undefined;
  /** Where they stand. */
  readonly licenses_link?: string | null | undefined;
  /** What may be done with the data. */
  readonly rights?: string | null | undefined;
}

/** Where the account's data of the Observatory lie. `access_token` is a property that is not listed. */
export interface ObservatoryToken {
  /** The token, neither printed nor turned into JSON. */
  readonly access_token: string;
  /** The project in BigQuery. */
  readonly bq_project?: string | null | undefined;
  /** The dataset there. */
  readonly bq_dataset?: string | null | undefined;
  /** The project of public data. */
  readonly bq_public_project?: string | null | undefined;
  /** The project that queries run in. */
  readonly gcp_execution_project?: string | null | undefined;
  /** The bucket for files. */
  readonly gcs_bucket?: string | null | undefined;
  /** Whether data can be had at once. */
  readonly instant_licensing?: boolean | null | undefined;
}

/** What downloading data takes. */
export interface ObservatoryDownloadOptions {
  /** The most rows. */
  limit?: number | undefined;
  /** What to sort by. */
  orderBy?: string | undefined;
  /** A query on `$dataset$` and `$geography$`. */
  sqlQuery?: string | undefined;
  /** Whether the geometry is among the columns. */
  addGeom?: boolean | undefined;
  /** With `sqlQuery`: whether the id is that of a geography. */
  isGeography?: boolean | undefined;
  /** Stops the download. */
  signal?: AbortSignal | undefined;
}

/** A table of one's own to be made beside the Observatory's data. */
export interface ObservatoryTable {
  /** The table's name. */
  id: string;
  /**
   * Its columns. The types are BigQuery's, in any case: STRING, BYTES, INTEGER or INT64, FLOAT or FLOAT64, BOOLEAN or BOOL,
   * TIMESTAMP, DATE, TIME, DATETIME, and GEOGRAPHY, which may also be called GEOMETRY.
   */
  schema: readonly { readonly name: string; readonly type: string }[];
  /** Seconds after which it goes away. */
  ttlSeconds?: number | undefined;
}

/** What is to be enriched, and with what. */
export interface EnrichmentRequest {
  /** Whether the geometries are points or polygons. */
  type: "points" | "polygons";
  /** The table that was uploaded. */
  input: string;
  /** Ids or short names of variables. */
  variables: readonly string[];
  /** Conditions by variable, such as `> 30`. */
  filters?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** `default`, none, a function, or functions by variable. */
  aggregation?: string | Readonly<Record<string, string | readonly string[]>> | null | undefined;
  /** The table to be made. */
  output: string;
}

/** How an upload or an enrichment stands. Members beyond these pass through. */
export interface ObservatoryJob {
  /** `pending`, `running`, `cancelled`, `success` or `failure`. */
  readonly status: string;
  /** Why it failed. */
  readonly errors?: readonly string[] | null | undefined;
}

/** What waiting for an upload or an enrichment takes. */
export interface ObservatoryWaitOptions extends WaitOptions {
  /** Is told after each look. */
  onProgress?: ((progress: { readonly status: string; readonly elapsed: number }) => void) | undefined;
}

/** The types that a column may have. */
const COLUMN_TYPES = [
  "STRING",
  "BYTES",
  "INTEGER",
  "INT64",
  "FLOAT",
  "FLOAT64",
  "BOOLEAN",
  "BOOL",
  "TIMESTAMP",
  "DATE",
  "TIME",
  "DATETIME",
  "GEOMETRY",
  "GEOGRAPHY",
] as const;

const METADATA = "api/v4/data/observatory/metadata";
const OWN = "api/v4/data/observatory/user/datasets";

/**
 * The Data Observatory: its catalogue, subscriptions, data and enrichment, under `api/v4/data/observatory` and
 * `api/v4/do`. The catalogue can be read without a key at the account `do-metadata`.
 *
 * @example Datasets of a country, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const carto = new ClassicClient(new Credentials({ username: "do-metadata" }), {
 *   fetch: () => Promise.resolve(Response.json([{ id: "p.d.t", slug: "ags_1", name: "Population" }])),
 * });
 * const [dataset] = await carto.dataObservatory.list("datasets", { country: "esp", public: true });
 * assertEquals(dataset?.slug, "ags_1");
 * ```
 */
export class DataObservatoryApi {
  readonly #requests: AccountRequests;

  /**
   * Made by {@link ClassicClient} as its member `dataObservatory`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#requests = requestsOf(client);
  }

  /**
   * Entries of the catalogue; all come in one answer.
   *
   * Endpoint: `GET api/v4/data/observatory/metadata/{kind}`.
   *
   * @param kind What is wanted
   * @param filters Which of them
   * @param options A signal
   */
  async list(
    kind: Exclude<CatalogEntityKind, "variables" | "variables_groups">,
    filters: CatalogFilters = {},
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<CatalogEntity[]> {
    checkWord("kind", kind, ["countries", "categories", "providers", "datasets", "geographies"]);
    const operation = `list the ${kind} of the catalogue`;
    return await this.#entities(`${METADATA}/${kind}`, operation, { ...filters }, options.signal);
  }

  /**
   * One entry of the catalogue.
   *
   * Endpoint: `GET api/v4/data/observatory/metadata/{kind}/{id}`.
   *
   * @param kind What it is
   * @param id Its id or short name
   * @param options Whether the coverage of a geography is wanted, a signal
   * @throws {ResponseError} `not-found` when there is none
   */
  async get(
    kind: CatalogEntityKind,
    id: string,
    options: { coverage?: boolean | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<CatalogEntity> {
    const operation = `read "${id}" of the catalogue's ${kind}`;
    const answer = await this.#requests.json({
      method: "GET",
      path: `${METADATA}/${segment(kind, "kind")}/${segment(id, "id")}`,
      operation,
      retry: "read",
      query: { get_geoms_coverage: options.coverage === true ? "True" : undefined },
      signal: options.signal,
    });
    return await check("catalogEntity", answer.body, { operation, status: answer.status });
  }

  /**
   * The variables of a dataset.
   *
   * Endpoint: `GET api/v4/data/observatory/metadata/datasets/{id}/variables`.
   *
   * @param dataset The dataset's id or short name
   * @param options A signal
   */
  async variables(
    dataset: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<CatalogEntity[]> {
    const path = `${METADATA}/datasets/${segment(dataset, "dataset")}/variables`;
    return await this.#entities(path, `list the variables of "${dataset}"`, {}, options.signal);
  }

  /**
   * The groups of variables of a dataset.
   *
   * Endpoint: `GET api/v4/data/observatory/metadata/datasets/{id}/variables_groups`.
   *
   * @param dataset The dataset's id or short name
   * @param options A signal
   */
  async variablesGroups(
    dataset: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<CatalogEntity[]> {
    const path = `${METADATA}/datasets/${segment(dataset, "dataset")}/variables_groups`;
    return await this.#entities(path, `list the groups of variables of "${dataset}"`, {}, options.signal);
  }

  /**
   * The account's subscriptions. Pages are asked for as the loop goes on.
   *
   * Endpoint: `GET api/v4/do/subscriptions`.
   *
   * @param options Limit, signal
   * @throws {ResponseError} `server-error` where the account has no Data Observatory
   */
  subscriptions(
    options: PagingOptions & { signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<ObservatorySubscription, void, void> {
    const operation = "list the subscriptions";
    return paged(options, async (page, perPage) => {
      const answer = await this.#requests.json({
        method: "GET",
        path: "api/v4/do/subscriptions/",
        operation,
        retry: "read",
        query: { per_page: perPage, page },
        signal: options.signal,
      });
      const body = await check("subscriptionPage", answer.body, { operation, status: answer.status });
      return { items: body.subscriptions, total: totalOf(body) };
    });
  }

  /**
   * Asks for data: an order, which may cost money. Not retried after a failure.
   *
   * Endpoint: `POST api/v4/do/subscriptions`.
   *
   * @param id The id of a dataset or geography
   * @param type Which of the two it is
   * @param options A signal
   * @returns The conditions
   */
  async subscribe(
    id: string,
    type: ObservatoryType,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<ObservatoryConditions> {
    checkName(id, "id");
    const json = { id, type: checkWord("type", type, ["dataset", "geography"]) };
    return await this.#conditions({
      method: "POST",
      path: "api/v4/do/subscriptions/",
      operation: `subscribe to "${id}"`,
      retry: "rate-limit",
      json,
      signal: options.signal,
    });
  }

  /**
   * On which conditions data can be had; nothing is ordered.
   *
   * Endpoint: `GET api/v4/do/subscription_info`.
   *
   * @param id The id of a dataset or geography
   * @param type Which of the two it is
   * @param options A signal
   */
  async subscriptionInfo(
    id: string,
    type: ObservatoryType,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<ObservatoryConditions> {
    checkName(id, "id");
    return await this.#conditions({
      method: "GET",
      path: "api/v4/do/subscription_info/",
      operation: `read the conditions of "${id}"`,
      retry: "read",
      query: { id, type: checkWord("type", type, ["dataset", "geography"]) },
      signal: options.signal,
    });
  }

  /**
   * Where the account's data lie, and a token for it.
   *
   * Endpoint: `GET api/v4/do/token/token`.
   *
   * @param options A signal
   */
  async token(options: { signal?: AbortSignal | undefined } = {}): Promise<ObservatoryToken> {
    const operation = "read the token of the Data Observatory";
    const answer = await this.#requests.json({
      method: "GET",
      path: "api/v4/do/token/token/",
      operation,
      retry: "read",
      signal: options.signal,
    });
    const token = await check("observatoryToken", answer.body, { operation, status: answer.status });
    return Object.defineProperty(token, "access_token", { enumerable: false });
  }

  /**
   * The rows of a dataset or geography that the account has subscribed to, as CSV with a header.
   *
   * Endpoint: `GET api/v4/data/observatory/user/datasets/{id}`.
   *
   * @param id Its id
   * @param options Which rows and columns, a signal
   * @returns The bytes as they arrive
   * @throws {ArgumentError} `isGeography` without a query
   */
  async download(id: string, options: ObservatoryDownloadOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const { sqlQuery, isGeography } = options;
    if (isGeography !== undefined && sqlQuery === undefined) {
      throw new ArgumentError("Cannot use isGeography without sqlQuery", { argument: "isGeography" });
    }
    const { body } = await this.#requests.stream({
      method: "GET",
      path: `${OWN}/${segment(id, "id")}`,
      operation: `download "${id}"`,
      retry: "read",
      query: {
        limit: checkCount("limit", options.limit),
        order_by: options.orderBy,
        sql_query: sqlQuery,
        add_geom: options.addGeom,
        is_geography: isGeography,
      },
      signal: options.signal,
    });
    return body;
  }

  /**
   * Makes a table of one's own. Not retried after a failure.
   *
   * Endpoint: `POST api/v4/data/observatory/user/datasets`.
   *
   * @param table Its name and columns
   * @param options A signal
   * @throws {ArgumentError} A column has no name, or a type that there is not
   */
  async createTable(
    table: ObservatoryTable,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    checkName(table.id, "id");
    await this.#requests.json({
      method: "POST",
      path: OWN,
      operation: `create table "${table.id}" for the Data Observatory`,
      retry: "rate-limit",
      json: {
        id: table.id,
        schema: table.schema.map(({ name, type }) => {
          checkName(name, "column");
          const word = checkWord("type", type, COLUMN_TYPES);
          return { name, type: word === "GEOMETRY" ? "GEOGRAPHY" : word };
        }),
        ...(table.ttlSeconds === undefined
          ? {}
          : { ttl_seconds: checkCount("ttlSeconds", table.ttlSeconds) }),
      },
      signal: options.signal,
    });
  }

  /**
   * Uploads the rows of a table as CSV with a header.
   *
   * Endpoint: `POST api/v4/data/observatory/user/datasets/{id}`.
   *
   * @param table Its name
   * @param csv The rows: a text, bytes, or a function that makes the stream of them
   * @param options The geometry column, a signal
   */
  async upload(
    table: string,
    csv: string | Uint8Array | (() => ReadableStream<Uint8Array>),
    options: { geomColumn?: string | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    await this.#requests.json({
      method: "POST",
      path: `${OWN}/${segment(table, "table")}`,
      operation: `upload table "${table}" for the Data Observatory`,
      retry: "rate-limit",
      query: { geom_column: options.geomColumn },
      headers: { "content-type": "text/csv" },
      body: csv,
      signal: options.signal,
    });
  }

  /**
   * Starts reading the rows that were uploaded.
   *
   * Endpoint: `POST api/v4/data/observatory/user/datasets/{id}/imports`.
   *
   * @param table Its name
   * @param options A signal
   * @returns The id of the work
   */
  async startImport(table: string, options: { signal?: AbortSignal | undefined } = {}): Promise<string> {
    const operation = `import table "${table}" for the Data Observatory`;
    const answer = await this.#requests.json({
      method: "POST",
      path: `${OWN}/${segment(table, "table")}/imports`,
      operation,
      retry: "rate-limit",
      json: {},
      signal: options.signal,
    });
    return (await check("importStart", answer.body, { operation, status: answer.status })).item_queue_id;
  }

  /**
   * Looks at the work that {@link DataObservatoryApi.startImport} began.
   *
   * Endpoint: `GET api/v4/data/observatory/user/datasets/{id}/imports/{job}`.
   *
   * @param table The table's name
   * @param id The id of the work
   * @param options A signal
   */
  async getImport(
    table: string,
    id: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<ObservatoryJob> {
    return await this.#job(importPath(table, id), "read the state of the import", options.signal, undefined);
  }

  /**
   * Waits until the rows that were uploaded have been read.
   *
   * Endpoint: `GET api/v4/data/observatory/user/datasets/{id}/imports/{job}`.
   *
   * @param table The table's name
   * @param id The id of the work
   * @param options Signal, progress, times
   * @throws {JobError} It failed or was cancelled
   */
  async waitForImport(
    table: string,
    id: string,
    options: ObservatoryWaitOptions = {},
  ): Promise<ObservatoryJob> {
    return await this.#wait(importPath(table, id), id, `the import of table "${table}"`, options);
  }

  /**
   * Starts an enrichment. Not retried after a failure.
   *
   * Endpoint: `POST api/v4/data/observatory/enrichment`.
   *
   * @param request What is to be enriched, and with what
   * @param options A signal
   * @returns The id of the work
   * @throws {ArgumentError} No variables
   */
  async enrich(
    request: EnrichmentRequest,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<string> {
    checkName(request.input, "input");
    checkName(request.output, "output");
    if (request.variables.length === 0) {
      throw new ArgumentError("Cannot enrich with nothing: there are no variables", {
        argument: "variables",
      });
    }
    const operation = "start the enrichment";
    const answer = await this.#requests.json({
      method: "POST",
      path: "api/v4/data/observatory/enrichment",
      operation,
      retry: "rate-limit",
      json: {
        type: checkWord("type", request.type, ["points", "polygons"]),
        input: request.input,
        variables: request.variables,
        filters: request.filters ?? {},
        aggregation: request.aggregation === undefined ? "default" : request.aggregation,
        output: request.output,
      },
      signal: options.signal,
    });
    return (await check("enrichmentStart", answer.body, { operation, status: answer.status })).job_id;
  }

  /**
   * Looks at an enrichment.
   *
   * Endpoint: `GET api/v4/data/observatory/enrichment/{id}/status`.
   *
   * @param id Its id
   * @param options A signal
   */
  async getEnrichment(
    id: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<ObservatoryJob> {
    return await this.#job(enrichmentPath(id), "read the state of the enrichment", options.signal, undefined);
  }

  /**
   * Waits until an enrichment has ended.
   *
   * Endpoint: `GET api/v4/data/observatory/enrichment/{id}/status`.
   *
   * @param id Its id
   * @param options Signal, progress, times
   * @throws {JobError} It failed or was cancelled
   */
  async waitForEnrichment(id: string, options: ObservatoryWaitOptions = {}): Promise<ObservatoryJob> {
    return await this.#wait(enrichmentPath(id), id, `the enrichment "${id}"`, options);
  }

  async #wait(
    path: string,
    id: string,
    what: string,
    options: ObservatoryWaitOptions,
  ): Promise<ObservatoryJob> {
    const { onProgress } = options;
    const ended = await poll<ObservatoryJob>(this.#requests, {
      what,
      hint: "It goes on: wait again with the same id",
      look: (signal) => this.#job(path, `wait for ${what}`, signal, 0),
      state: ({ status }) => ({ word: status, isFinal: status !== "pending" && status !== "running" }),
      seen: ({ status }, elapsed) => onProgress?.({ status, elapsed }),
    }, options);
    if (ended.status === "success") return ended;
    const told = ended.errors?.join("; ");
    const reason = told === undefined || told === ""
      ? undefined
      : safeText(told, this.#requests.credentials.secrets);
    const how = ended.status === "cancelled" ? "was cancelled" : "failed";
    throw new JobError(
      `${what[0]?.toUpperCase()}${what.slice(1)} ${how}${reason === undefined ? "" : `: ${reason}`}`,
      {
        jobId: id,
        status: ended.status,
        reason,
      },
    );
  }

  async #job(
    path: string,
    operation: string,
    signal: AbortSignal | undefined,
    retries: number | undefined,
  ): Promise<ObservatoryJob> {
    // Its errors are those of the work, not of the request: they come with status 200
    const answer = await this.#requests.text({
      method: "GET",
      path,
      operation,
      retry: "read",
      signal,
      retries,
    });
    let body: unknown;
    try {
      body = JSON.parse(answer.body);
    } catch {
      body = undefined;
    }
    return await check("observatoryJob", body, { operation, status: answer.status });
  }

  async #entities(
    path: string,
    operation: string,
    query: NonNullable<AccountRequest["query"]>,
    signal: AbortSignal | undefined,
  ): Promise<CatalogEntity[]> {
    const answer = await this.#requests.json({
      method: "GET",
      path,
      operation,
      retry: "read",
      query,
      signal,
    });
    return await check("catalogEntities", answer.body ?? [], { operation, status: answer.status });
  }

  async #conditions(request: AccountRequest): Promise<ObservatoryConditions> {
    const answer = await this.#requests.json(request);
    return await check("conditions", answer.body, { operation: request.operation, status: answer.status });
  }
}

function importPath(table: string, id: string): string {
  return `${OWN}/${segment(table, "table")}/imports/${segment(id, "id")}`;
}

function enrichmentPath(id: string): string {
  return `api/v4/data/observatory/enrichment/${segment(id, "id")}/status`;
}
