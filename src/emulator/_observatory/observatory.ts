import { DatabaseError, query, quoteIdentifier, quoteLiteral } from "../_db/query.ts";
import { ApiError, type EmulatorContext, type HandlerRequest, jsonResponse } from "../_handler.ts";
import { copyTo } from "../_http/copy_to.ts";
import {
  CATEGORIES,
  COUNTRIES,
  DATASETS,
  find,
  GEOGRAPHIES,
  GROUPS,
  PROVIDERS,
  VARIABLES,
} from "./catalogue.ts";
import { type EnrichmentRequest, enrichmentSql } from "./enrichment.ts";
import { datasetSummary, geographySummary, variableSummary } from "./summary.ts";
import { makeTables, userTable } from "./tables.ts";

/** The types of columns as PostgreSQL has them. */
const COLUMN_TYPES: Readonly<Record<string, string>> = {
  STRING: "text",
  BYTES: "bytea",
  INTEGER: "bigint",
  INT64: "bigint",
  FLOAT: "double precision",
  FLOAT64: "double precision",
  BOOLEAN: "boolean",
  BOOL: "boolean",
  TIMESTAMP: "timestamptz",
  DATE: "date",
  TIME: "time",
  DATETIME: "timestamp",
  GEOGRAPHY: "geometry",
};

interface Subscription {
  readonly id: string;
  readonly type: "dataset" | "geography";
}

/** A job of an import or an enrichment: done when it is asked about. */
type JobStatus = { readonly status: "success" } | {
  readonly status: "failure";
  readonly errors: readonly string[];
};

/** A request with the key known and the body unread. */
export interface ObservatoryRequest {
  readonly asked: HandlerRequest;
  readonly request: Request;
}

/** The Data Observatory of all accounts: `api/v4/data/observatory` and `api/v4/do`. */
export class Observatory {
  readonly #context: EmulatorContext;
  readonly #subscriptions = new Map<string, Subscription[]>();
  readonly #jobs = new Map<string, JobStatus>();
  readonly #summaries = new Map<string, Promise<unknown>>();
  readonly #expiring = new Map<string, number>();
  #tables: Promise<void> | undefined;

  /** Makes nothing before the first request. */
  constructor(context: EmulatorContext) {
    this.#context = context;
  }

  /** Answers a request; errors have a shape of their own. */
  async handle({ asked, request }: ObservatoryRequest): Promise<Response> {
    try {
      // Lists of names and subscriptions need none of the tables, which take a while to make
      if (!isListOnly(asked.segments)) {
        this.#tables ??= makeTables(this.#context.engine);
        await this.#tables;
      }
      return await this.#answer(asked, request);
    } catch (error) {
      if (error instanceof ApiError) return jsonResponse(error.status, { errors: [error.message] });
      if (error instanceof DatabaseError) return jsonResponse(400, { errors: [error.message] });
      this.#tables = undefined;
      throw error;
    }
  }

  async #answer(asked: HandlerRequest, request: Request): Promise<Response> {
    const [family, part, ...rest] = asked.segments;
    if (family !== "observatory") return await this.#products(asked, request);
    if (part === "metadata") return jsonResponse(200, await this.#metadata(asked, rest));
    if (asked.key.type !== "master") throw new ApiError(403, "forbidden");
    if (part === "user" && rest[0] === "datasets") {
      return await this.#userDatasets(asked, request, rest.slice(1));
    }
    if (part === "enrichment") return await this.#enrichment(asked, request, rest);
    throw new ApiError(404, "Not found");
  }

  async #metadata(asked: HandlerRequest, [kind, id, list]: readonly string[]): Promise<unknown> {
    const filter = (name: string) => asked.query[name] === undefined ? undefined : String(asked.query[name]);
    const wanted = DATASETS.filter((entry) =>
      is(entry.country_id, filter("country")) && is(entry.category_id, filter("category")) &&
      is(entry.provider_id, filter("provider")) && is(entry.geography_id, filter("geography")) &&
      is(String(entry.is_public_data), filter("public"))
    );
    const having = (key: "country_id" | "category_id" | "provider_id") =>
      new Set(wanted.map((entry) => entry[key]));
    switch (kind) {
      case "countries":
        return id === undefined
          ? COUNTRIES.filter(({ id }) => having("country_id").has(id))
          : one(COUNTRIES, id);
      case "categories":
        return id === undefined
          ? CATEGORIES.filter(({ id }) => having("category_id").has(id))
          : one(CATEGORIES, id);
      case "providers":
        return id === undefined
          ? PROVIDERS.filter(({ id }) => having("provider_id").has(id))
          : one(PROVIDERS, id);
      case "datasets": {
        if (id === undefined) return await Promise.all(wanted.map((entry) => this.#dataset(entry)));
        const entry = one(DATASETS, id);
        if (list === undefined) return await this.#dataset(entry);
        if (list === "variables") {
          return await Promise.all(
            VARIABLES.filter(({ dataset_id }) => dataset_id === entry.id).map((item) => this.#variable(item)),
          );
        }
        if (list === "variables_groups") return GROUPS.filter(({ dataset_id }) => dataset_id === entry.id);
        throw new ApiError(404, "Not found");
      }
      case "geographies": {
        const used = new Set(wanted.map(({ geography_id }) => geography_id));
        return id === undefined
          ? await Promise.all(
            GEOGRAPHIES.filter(({ id }) => used.has(id)).map((entry) => this.#geography(entry)),
          )
          : await this.#geography(one(GEOGRAPHIES, id));
      }
      case "variables":
        return await this.#variable(one(VARIABLES, id));
      case "variables_groups": {
        const group = one(GROUPS, id);
        return list === "variables"
          ? await Promise.all(
            VARIABLES.filter(({ variable_group_id }) => variable_group_id === group.id).map((item) =>
              this.#variable(item)
            ),
          )
          : group;
      }
      default:
        throw new ApiError(404, "Not found");
    }
  }

  async #dataset({ table: _, ...entry }: typeof DATASETS[number]): Promise<unknown> {
    const variables = VARIABLES.filter(({ dataset_id }) => dataset_id === entry.id);
    const summary_json = await this.#once(
      entry.id,
      () => datasetSummary(this.#context.engine, { ...entry, table: _ }, variables),
    );
    return { ...entry, summary_json };
  }

  async #variable(entry: typeof VARIABLES[number]): Promise<unknown> {
    const table = one(DATASETS, entry.dataset_id).table;
    const summary_json = await this.#once(
      entry.id,
      () => variableSummary(this.#context.engine, entry, table),
    );
    return { ...entry, summary_json };
  }

  async #geography({ table, ...entry }: typeof GEOGRAPHIES[number]): Promise<unknown> {
    const { coverage, summary } = await this.#once(
      entry.id,
      () => geographySummary(this.#context.engine, { ...entry, table }),
    ) as Awaited<ReturnType<typeof geographySummary>>;
    return { ...entry, geom_coverage: coverage, summary_json: summary };
  }

  #once(key: string, make: () => Promise<unknown>): Promise<unknown> {
    const known = this.#summaries.get(key) ?? make();
    this.#summaries.set(key, known);
    return known;
  }

  /** `api/v4/do`: what an account has subscribed to, and the token. */
  async #products(asked: HandlerRequest, request: Request): Promise<Response> {
    if (asked.key.type !== "master") throw new ApiError(403, "forbidden");
    const [part] = asked.segments;
    const { username } = asked.account;
    const mine = this.#subscriptions.get(username) ?? [];
    if (part === "token") {
      return jsonResponse(200, {
        access_token: "emulator",
        bq_project: "carto-do-customers",
        bq_dataset: username,
        bq_public_project: "carto-do-public-data",
        gcp_execution_project: "carto-do-customers",
        gcs_bucket: "carto-do",
        instant_licensing: true,
      });
    }
    if (part === "subscription_info") return jsonResponse(200, conditions(subscriptionOf(asked.query)));
    if (part !== "subscriptions") throw new ApiError(404, "Not found");
    if (request.method === "POST") {
      const wanted = subscriptionOf(await request.json().catch(() => ({})));
      if (!mine.some(({ id }) => id === wanted.id)) this.#subscriptions.set(username, [...mine, wanted]);
      return jsonResponse(200, conditions(wanted));
    }
    return jsonResponse(200, {
      subscriptions: mine.map(({ id, type }) => {
        const [project, dataset, table] = id.split(".");
        return { project, dataset, table, id, type, status: "active" };
      }),
    });
  }

  async #userDatasets(
    asked: HandlerRequest,
    request: Request,
    segments: readonly string[],
  ): Promise<Response> {
    const [name, action, job] = segments;
    if (name === undefined) {
      if (request.method !== "POST") throw new ApiError(405, "Method not allowed");
      return await this.#createDataset(asked, await request.json().catch(() => ({})));
    }
    if (action === "imports") {
      if (job !== undefined) return this.#jobStatus(asked, job);
      return jsonResponse(200, { item_queue_id: this.#finish(asked, { status: "success" }) });
    }
    if (request.method === "POST") return await this.#upload(asked, request, name);
    return await this.#download(asked, name);
  }

  async #createDataset(asked: HandlerRequest, body: Record<string, unknown>): Promise<Response> {
    const { id, schema, ttl_seconds } = body;
    if (typeof id !== "string" || !Array.isArray(schema)) throw new ApiError(400, "id and schema are needed");
    await this.#dropExpired();
    const columns = schema.map(({ name, type }: { name: string; type: string }) => {
      const sqlType = COLUMN_TYPES[String(type).toUpperCase()];
      if (sqlType === undefined) throw new ApiError(400, `The type ${type} does not exist`);
      return `${quoteIdentifier(String(name))} ${sqlType}`;
    });
    const table = await userTable(asked.account.username, id);
    await this.#run(asked, `CREATE TABLE ${table} (${columns.join(", ")})`);
    if (typeof ttl_seconds === "number") this.#expiring.set(table, Date.now() + ttl_seconds * 1000);
    return jsonResponse(200, { id });
  }

  async #upload(asked: HandlerRequest, request: Request, name: string): Promise<Response> {
    const table = await userTable(asked.account.username, name);
    await query(this.#context.engine, `COPY ${table} FROM STDIN WITH (FORMAT csv, HEADER true)`, {
      role: asked.key.role,
      copyIn: request.body ?? undefined,
    });
    const column = asked.query.geom_column;
    if (typeof column === "string" && column !== "") {
      const geometry = quoteIdentifier(column);
      await this.#run(asked, `UPDATE ${table} SET ${geometry} = ST_SetSRID(${geometry}, 4326)`);
    }
    return jsonResponse(200, { name });
  }

  /** A dataset or geography of the catalogue, or a table of the account's own, as CSV. */
  async #download(asked: HandlerRequest, name: string): Promise<Response> {
    const { limit, order_by, sql_query, add_geom } = asked.query;
    const dataset = find(DATASETS, name);
    const geography = find(GEOGRAPHIES, name) ?? find(GEOGRAPHIES, dataset?.geography_id);
    const entry = dataset ?? geography;
    if (entry !== undefined && !entry.is_public_data) {
      const mine = this.#subscriptions.get(asked.account.username) ?? [];
      if (!mine.some(({ id }) => id === entry.id)) throw new ApiError(403, "The dataset is not subscribed");
    }
    const shapes = geography === undefined ? "" : `observatory.${geography.table}`;
    const rows = dataset === undefined
      ? geography === undefined ? await userTable(asked.account.username, name) : shapes
      : `observatory.${dataset.table}`;
    let source = `SELECT * FROM ${rows}`;
    if (typeof sql_query === "string" && sql_query !== "") {
      source = sql_query.replaceAll("$dataset$", rows).replaceAll("$geography$", shapes);
    }
    if (dataset !== undefined && isTrue(add_geom)) {
      source = `SELECT s.*, g.geom FROM (${source}) s JOIN ${shapes} g USING (geoid)`;
    }
    const order = typeof order_by === "string" && order_by !== "" ? ` ORDER BY ${order_by}` : "";
    const most = limit === undefined || limit === "" ? "" : ` LIMIT ${Number(limit)}`;
    const { fields } = await query(this.#context.engine, `SELECT * FROM (${source}) q LIMIT 0`, {
      role: asked.key.role,
    });
    const types = await query(
      this.#context.engine,
      `SELECT 'geometry'::regtype::oid::text, ${quoteLiteral(name)}::text`,
    );
    const geometryType = Number(types.rows[0]?.[0]);
    const columns = fields.map(({ name, typeOid }) =>
      typeOid === geometryType
        ? `ST_AsText(${quoteIdentifier(name)}) AS ${quoteIdentifier(name)}`
        : quoteIdentifier(name)
    );
    const q = `COPY (SELECT ${
      columns.join(", ")
    } FROM (${source}) q${order}${most}) TO STDOUT WITH (FORMAT csv, HEADER true)`;
    const answer = await copyTo(this.#context.engine, { ...asked, parameters: { q } });
    return new Response(answer.body, {
      status: answer.status,
      headers: { "content-type": "text/csv; charset=utf-8" },
    });
  }

  async #enrichment(asked: HandlerRequest, request: Request, [job]: readonly string[]): Promise<Response> {
    if (job !== undefined) return this.#jobStatus(asked, job);
    const body = await request.json().catch(() => ({})) as Record<string, unknown>;
    const { username } = asked.account;
    const input = await userTable(username, String(body.input));
    const output = await userTable(username, String(body.output));
    let status: JobStatus = { status: "success" };
    try {
      const wanted: EnrichmentRequest = {
        type: body.type === "points" ? "points" : "polygons",
        variables: (body.variables ?? []) as string[],
        filters: (body.filters ?? {}) as EnrichmentRequest["filters"],
        aggregation: body.aggregation === undefined ? "default" : body.aggregation,
      };
      await this.#run(asked, `CREATE TABLE ${output} AS ${enrichmentSql(input, "__geom_column", wanted)}`);
      this.#expiring.set(output, Date.now() + 3_600_000);
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof DatabaseError)) throw error;
      status = { status: "failure", errors: [error.message] };
    }
    return jsonResponse(200, { job_id: this.#finish(asked, status) });
  }

  #finish({ account }: HandlerRequest, status: JobStatus): string {
    const id = crypto.randomUUID();
    this.#jobs.set(`${account.username}.${id}`, status);
    return id;
  }

  #jobStatus({ account }: HandlerRequest, id: string): Response {
    const status = this.#jobs.get(`${account.username}.${id}`);
    if (status === undefined) throw new ApiError(404, "The job does not exist");
    return jsonResponse(200, status);
  }

  async #run(asked: HandlerRequest, sql: string): Promise<void> {
    await query(this.#context.engine, sql, { role: asked.key.role, signal: asked.signal });
  }

  async #dropExpired(): Promise<void> {
    const now = Date.now();
    const gone = [...this.#expiring].filter(([, until]) => until < now).map(([table]) => table);
    for (const table of gone) {
      this.#expiring.delete(table);
      await query(this.#context.engine, `DROP TABLE IF EXISTS ${table}`);
    }
  }
}

/** Whether a request is about what the catalogue names or an account has ordered, rather than about the data. */
function isListOnly([family, part, kind, , list]: readonly string[]): boolean {
  if (family !== "observatory") return true;
  return part === "metadata" &&
    (/^(?:countries|categories|providers)$/.test(kind ?? "") || list === "variables_groups" ||
      (kind === "variables_groups" && list === undefined));
}

function is(value: string, wanted: string | undefined): boolean {
  return wanted === undefined || value === wanted;
}

function isTrue(value: unknown): boolean {
  return typeof value === "string" && value.toLowerCase() === "true";
}

function one<T extends { readonly id: string; readonly slug?: string }>(
  list: readonly T[],
  id: string | undefined,
): T {
  const entry = find(list, id);
  if (entry === undefined) throw new ApiError(404, "not found");
  return entry;
}

function subscriptionOf({ id, type }: Readonly<Record<string, unknown>>): Subscription {
  if (type !== "dataset" && type !== "geography") {
    throw new ApiError(400, "type must be dataset or geography");
  }
  const entry = type === "dataset" ? find(DATASETS, String(id)) : find(GEOGRAPHIES, String(id));
  if (entry === undefined) throw new ApiError(404, `The ${type} ${id} does not exist`);
  return { id: entry.id, type };
}

/** The conditions of a subscription: one that costs nothing and begins at once. */
function conditions({ id, type }: Subscription): Record<string, unknown> {
  return {
    id,
    type,
    estimated_delivery_days: 0,
    subscription_list_price: 0,
    tos: "Free of charge within the emulator",
    tos_link: null,
    licenses: "CC BY 4.0 (GeoNames)",
    licenses_link: "https://creativecommons.org/licenses/by/4.0/",
    rights: "Use with attribution",
  };
}
