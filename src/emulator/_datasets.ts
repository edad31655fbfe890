import { DatabaseError, query, quoteIdentifier, quoteLiteral } from "./_db/query.ts";
import { PUBLIC_ROLE } from "./_db/engine.ts";
import {
  type Account,
  type DatasetsHandler,
  type EmulatorContext,
  type HandlerRequest,
  jsonResponse,
  type Parameters,
} from "./_handler.ts";

const DEFAULT_PAGE_SIZE = 20;

/** What a client may change and only reads back. */
const ATTRIBUTES = [
  "title",
  "description",
  "tags",
  "license",
  "source",
  "attributions",
  "display_name",
  "locked",
] as const;

/** By what a list can be sorted, as SQL. */
const ORDERS: Readonly<Record<string, string>> = {
  updated_at: "updated_at",
  created_at: "created_at",
  name: "name",
  size: "size",
  estimated_row_count: "row_count",
};

/** A dataset as the database tells it. */
interface Dataset {
  id: string;
  table_id: string;
  map_id: string;
  schema: string;
  name: string;
  privacy: "PRIVATE" | "PUBLIC" | "LINK";
  attributes: Record<string, unknown>;
  created_at: string;
  updated_at: string;
  size: number;
  row_count: number;
  geometry_types: string[];
}

/** An answer that is not a success, thrown by what finds out. */
class Refusal extends Error {
  readonly status: number;
  readonly errors: unknown;

  constructor(status: number, errors: unknown) {
    super("refused");
    this.status = status;
    this.errors = errors;
  }
}

/** The datasets of the dashboard: every converted table is one. */
export function createDatasets(context: EmulatorContext): DatasetsHandler {
  return async (request) => {
    try {
      return await answer(context, request);
    } catch (error) {
      if (error instanceof Refusal) return jsonResponse(error.status, { errors: error.errors });
      if (error instanceof DatabaseError) return jsonResponse(400, { errors: [error.message] });
      throw error;
    }
  };
}

async function answer(context: EmulatorContext, request: HandlerRequest): Promise<Response> {
  const { account, key, method, segments } = request;
  if (key.type === "default") throw new Refusal(401, ["Unauthorized"]);
  if (key.type !== "master") throw new Refusal(403, ["Forbidden"]);
  await noteNewDatasets(context, account);
  const [wanted] = segments;
  if (wanted === undefined) {
    if (method !== "GET") throw new Refusal(404, ["Not found"]);
    return await list(context, account, request.parameters);
  }
  const dataset = await find(context, account, wanted);
  if (method === "GET") return jsonResponse(200, present(context, account, dataset, request.parameters));
  if (method === "PUT") {
    await update(context, account, dataset, request.body);
    const changed = await find(context, account, dataset.id);
    return jsonResponse(200, present(context, account, changed, request.parameters));
  }
  if (method === "DELETE") {
    await asOwner(context, account, `DROP TABLE ${qualified(dataset)} CASCADE`);
    return new Response(null, { status: 204 });
  }
  throw new Refusal(404, ["Not found"]);
}

/** The tables that have become datasets since the last look, as the platform's own process would find them. */
async function noteNewDatasets(context: EmulatorContext, account: Account): Promise<void> {
  await query(
    context.engine,
    `INSERT INTO cartodb._cdb_datasets (tabname)
     SELECT oid FROM cartodb._CDB_ConvertedTables(${quoteLiteral(account.ownerRole)}) AS oid
     ON CONFLICT DO NOTHING`,
  );
}

/** The datasets of an account as a sub-query; counting rows and kinds of geometry is left to those that need it. */
function datasetsSql(account: Account): string {
  return `SELECT d.id, d.table_id, d.map_id, n.nspname AS schema, c.relname AS name, d.attributes, d.created_at,
    CASE WHEN NOT has_table_privilege('${PUBLIC_ROLE}', c.oid, 'SELECT') THEN 'PRIVATE'
      WHEN d.is_link THEN 'LINK' ELSE 'PUBLIC' END AS privacy,
    coalesce(m.updated_at, d.created_at) AS updated_at,
    pg_total_relation_size(c.oid) AS size, greatest(c.reltuples, 0)::bigint AS row_count,
    cartodb._CDB_GeometryTypes(c.oid::regclass) AS geometry_types
  FROM cartodb._cdb_datasets d
  JOIN pg_class c ON c.oid = d.tabname JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN cartodb.cdb_tablemetadata m ON m.tabname = c.oid
  WHERE c.oid IN (SELECT cartodb._CDB_ConvertedTables(${quoteLiteral(account.ownerRole)}))`;
}

async function select(context: EmulatorContext, sql: string): Promise<Dataset[]> {
  const { rows } = await query(context.engine, `SELECT to_json(x) FROM (${sql}) AS x`);
  return rows.map(([json]) => JSON.parse(json ?? "null"));
}

async function find(context: EmulatorContext, account: Account, wanted: string): Promise<Dataset> {
  const literal = quoteLiteral(wanted);
  const [dataset] = await select(
    context,
    `SELECT * FROM (${datasetsSql(account)}) AS d
     WHERE id::text = ${literal} OR name = ${literal} OR schema || '.' || name = ${literal}
     ORDER BY id::text = ${literal} DESC LIMIT 1`,
  );
  if (dataset === undefined) throw new Refusal(404, ["Visualization not found"]);
  return dataset;
}

async function list(context: EmulatorContext, account: Account, parameters: Parameters): Promise<Response> {
  const type = text(parameters.type) ?? text(parameters.types) ?? "table";
  const isTables = type.split(",").includes("table");
  const conditions = [isTables ? "true" : "false"];
  const search = text(parameters.q);
  if (search !== undefined) {
    conditions.push(
      `strpos(lower(concat_ws(' ', name, attributes ->> 'description')), lower(${quoteLiteral(search)})) > 0`,
    );
  }
  const tags = text(parameters.tags);
  if (tags !== undefined) {
    conditions.push(`attributes -> 'tags' ?| string_to_array(${quoteLiteral(tags)}, ',')`);
  }
  const privacy = text(parameters.privacy);
  if (privacy !== undefined) conditions.push(`privacy = ${quoteLiteral(privacy.toUpperCase())}`);
  if (text(parameters.locked) === "true") conditions.push("attributes -> 'locked' = 'true'");

  const order = ORDERS[text(parameters.order) ?? "updated_at"] ?? "updated_at";
  const ascends = text(parameters.order_direction)?.toLowerCase() === "asc" || order === "name";
  const size = positive(parameters.per_page, DEFAULT_PAGE_SIZE);
  const page = positive(parameters.page, 1);
  const matching = `SELECT * FROM (${datasetsSql(account)}) AS d WHERE ${conditions.join(" AND ")}`;
  const shown = await select(
    context,
    `${matching} ORDER BY ${order} ${ascends ? "ASC" : "DESC"}, name LIMIT ${size} OFFSET ${
      (page - 1) * size
    }`,
  );
  const { rows } = await query(
    context.engine,
    `SELECT (SELECT count(*) FROM (${matching}) AS x), count(*) FROM (${datasetsSql(account)}) AS d`,
  );
  const [found, all] = (rows[0] ?? []).map(Number);
  return jsonResponse(200, {
    visualizations: shown.map((dataset) => present(context, account, dataset, parameters)),
    total_entries: found,
    ...(isOff(parameters.load_totals)
      ? {}
      : { total_user_entries: isTables ? all : 0, total_likes: 0, total_shared: 0 }),
  });
}

async function update(
  context: EmulatorContext,
  account: Account,
  dataset: Dataset,
  body: unknown,
): Promise<void> {
  const changes = typeof body === "object" && body !== null ? body as Record<string, unknown> : {};
  if ("id" in changes && changes.id !== dataset.id) {
    throw new Refusal(400, ["Visualization id does not match"]);
  }
  const privacy = typeof changes.privacy === "string" ? changes.privacy.toUpperCase() : undefined;
  if (privacy !== undefined && !["PRIVATE", "PUBLIC", "LINK"].includes(privacy)) {
    throw new Refusal(400, { privacy: ["is not included in the list"] });
  }
  const name = typeof changes.name === "string" && changes.name !== dataset.name ? changes.name : undefined;
  const statements: string[] = [];
  if (privacy !== undefined && privacy !== dataset.privacy) {
    statements.push(
      privacy === "PRIVATE"
        ? `REVOKE SELECT ON ${qualified(dataset)} FROM ${PUBLIC_ROLE}`
        : `GRANT SELECT ON ${qualified(dataset)} TO ${PUBLIC_ROLE}`,
    );
  }
  if (name !== undefined) {
    statements.push(`ALTER TABLE ${qualified(dataset)} RENAME TO ${quoteIdentifier(name)}`);
  }
  if (statements.length > 0) await asOwner(context, account, statements.join("; "));
  const attributes = Object.fromEntries(
    ATTRIBUTES.filter((member) => changes[member] !== undefined).map((member) => [member, changes[member]]),
  );
  await query(
    context.engine,
    `UPDATE cartodb._cdb_datasets SET attributes = attributes || ${
      quoteLiteral(JSON.stringify(attributes))
    }::jsonb
       ${privacy === undefined ? "" : `, is_link = ${privacy === "LINK"}`}
     WHERE id = ${quoteLiteral(dataset.id)}`,
  );
}

async function asOwner(context: EmulatorContext, account: Account, sql: string): Promise<void> {
  await query(context.engine, sql, { role: account.ownerRole });
}

function qualified({ schema, name }: Dataset): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/** The document of a dataset; clients leave out what costs the platform time. */
function present(
  context: EmulatorContext,
  account: Account,
  dataset: Dataset,
  parameters: Parameters,
): Record<string, unknown> {
  const { attributes } = dataset;
  const base = `${context.url()}/user/${account.username}`;
  const owner = { id: account.id, username: account.username, base_url: base, viewer: false };
  const dates = { created_at: isoDate(dataset.created_at), updated_at: isoDate(dataset.updated_at) };
  const counts = isOff(parameters.show_table_size_and_row_count)
    ? {}
    : { size: dataset.size, table_size: dataset.size, row_count: dataset.row_count };
  return {
    id: dataset.id,
    name: dataset.name,
    display_name: attributes.display_name ?? null,
    type: "table",
    kind: dataset.geometry_types.length > 0 ? "geom" : "raw",
    privacy: dataset.privacy,
    title: attributes.title ?? null,
    description: attributes.description ?? null,
    tags: attributes.tags ?? [],
    license: attributes.license ?? null,
    source: attributes.source ?? null,
    attributions: attributes.attributions ?? null,
    locked: attributes.locked ?? false,
    ...dates,
    url: `${base}/tables/${encodeURIComponent(dataset.name)}`,
    map_id: dataset.map_id,
    active_layer_id: null,
    user: owner,
    ...(isOff(parameters.show_table) ? {} : {
      table: {
        id: dataset.table_id,
        name: dataset.name,
        schema: dataset.schema,
        privacy: dataset.privacy,
        updated_at: dates.updated_at,
        geometry_types: dataset.geometry_types,
        ...counts,
      },
    }),
    ...(isOff(parameters.show_permission) ? {} : {
      permission: { id: dataset.map_id, owner, entity: { id: dataset.id, type: "vis" }, acl: [] },
    }),
    ...(isOff(parameters.show_synchronization) ? {} : { synchronization: null }),
    ...(isOff(parameters.show_stats) ? {} : { stats: {} }),
    ...(isOff(parameters.show_likes) ? {} : { likes: 0 }),
    ...(isOff(parameters.show_liked) ? {} : { liked: false }),
    ...(isOff(parameters.show_uses_builder_features) ? {} : { uses_builder_features: false }),
    children: [],
    parent_id: null,
    prev_id: null,
    next_id: null,
    transition_options: {},
    external_source: {},
    connector: null,
    ...(text(parameters.with_dependent_visualizations) === undefined ? {} : {
      dependent_visualizations: [],
    }),
    dependent_visualizations_count: 0,
    auth_tokens: [],
  };
}

/** PostgreSQL's JSON has six digits of seconds and an offset; the platform's has neither. */
function isoDate(value: string): string {
  return new Date(value).toISOString().replace(".000Z", "Z").replace("Z", "+00:00");
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isOff(value: unknown): boolean {
  return text(value)?.toLowerCase() === "false";
}

function positive(value: unknown, otherwise: number): number {
  const number = Math.trunc(Number(text(value) ?? otherwise));
  return number >= 1 && number <= 1e6 ? number : otherwise;
}
