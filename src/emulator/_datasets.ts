import {
  answering,
  membersOf,
  notServedHere,
  pageOf,
  type PlatformHandler,
  Refusal,
  requireMaster,
} from "./_api/answers.ts";
import type { StoredDocument } from "./_documents.ts";
import { query, quoteIdentifier, quoteLiteral } from "./_db/query.ts";
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
  owner_role: string;
}

/** `api/v1/viz`: every converted table is a dataset; maps are made by imports that are asked for one. */
export function createDatasets(context: EmulatorContext): DatasetsHandler {
  return (request) => answering(() => answer(context, request));
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
  const map = await context.documents.get<StoredMap>(account.username, "map", wanted);
  if (map !== undefined) return await answerMap(context, request, map);
  const dataset = await find(context, account, wanted);
  if (method === "GET") {
    return jsonResponse(200, await present(context, account, dataset, request.parameters));
  }
  if (method === "PUT") {
    await update(context, account, dataset, request.body);
    const changed = await find(context, account, dataset.id);
    return jsonResponse(200, await present(context, account, changed, request.parameters));
  }
  if (method === "DELETE") {
    await drop(context, account, dataset);
    return new Response(null, { status: 204 });
  }
  throw new Refusal(404, ["Not found"]);
}

/** A dataset goes with its table; the maps of it go too. */
async function drop(context: EmulatorContext, account: Account, dataset: Dataset): Promise<void> {
  for (const map of await mapsOf(context, account, dataset.id)) {
    await context.documents.delete(account.username, "map", map.id);
  }
  await asOwner(context, account, `DROP TABLE ${qualified(dataset)} CASCADE`);
}

/** A map as it is kept. */
export interface StoredMap {
  /** Its name. */
  readonly name: string;
  /** Who may see it, in capitals. */
  readonly privacy: string;
  /** The ids of the datasets that it draws. */
  readonly datasets: readonly string[];
  /** What a client may change and only reads back. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** With whom it is shared. */
  readonly acl: readonly unknown[];
}

const MAP_PRIVACIES = ["PRIVATE", "PUBLIC", "LINK", "PASSWORD"];

async function answerMap(
  context: EmulatorContext,
  { account, method, body, parameters }: HandlerRequest,
  map: StoredDocument<StoredMap>,
): Promise<Response> {
  if (method === "GET") return jsonResponse(200, presentMap(context, account, map, parameters));
  if (method === "DELETE") {
    await context.documents.delete(account.username, "map", map.id);
    return new Response(null, { status: 204 });
  }
  if (method !== "PUT") throw new Refusal(404, ["Not found"]);
  const changes = membersOf(body);
  const privacy = typeof changes.privacy === "string" ? changes.privacy.toUpperCase() : map.data.privacy;
  if (!MAP_PRIVACIES.includes(privacy)) throw new Refusal(400, { privacy: ["is not included in the list"] });
  const name = typeof changes.name === "string" && changes.name !== "" ? changes.name : map.data.name;
  await context.documents.replace(account.username, "map", map.id, {
    ...map.data,
    name,
    privacy,
    attributes: { ...map.data.attributes, ...attributesOf(changes) },
  });
  const changed = await context.documents.get<StoredMap>(account.username, "map", map.id);
  return jsonResponse(200, presentMap(context, account, changed ?? map, parameters));
}

async function mapsOf(
  context: EmulatorContext,
  account: Account,
  dataset: string,
): Promise<StoredDocument<StoredMap>[]> {
  const maps = await context.documents.list<StoredMap>(account.username, "map");
  return maps.filter(({ data }) => data.datasets.includes(dataset));
}

/** The document of a map. */
function presentMap(
  context: EmulatorContext,
  account: Account,
  { id, data, createdAt, updatedAt }: StoredDocument<StoredMap>,
  parameters: Parameters,
): Record<string, unknown> {
  const owner = ownerOf(context, account);
  return {
    id,
    name: data.name,
    type: "derived",
    kind: "geom",
    privacy: data.privacy,
    ...attributeMembers(data.attributes),
    created_at: isoDate(createdAt),
    updated_at: isoDate(updatedAt),
    url: `${owner.base_url}/builder/${id}`,
    map_id: id,
    active_layer_id: null,
    user: owner,
    ...(isOff(parameters.show_permission)
      ? {}
      : { permission: { id, owner, entity: { id, type: "vis" }, acl: data.acl } }),
    ...COMMON_MEMBERS,
    dependent_visualizations_count: 0,
  };
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
  return datasetsWhere(
    `c.oid IN (SELECT cartodb._CDB_ConvertedTables(${quoteLiteral(account.ownerRole)}))`,
  );
}

/** The datasets of other accounts that are shared with this one, and its own. */
function sharedSql(account: Account, isOnly: boolean): string {
  const entry = JSON.stringify([{ entity: { id: account.id } }]);
  const shared = `pg_get_userbyid(c.relowner) <> ${quoteLiteral(account.ownerRole)}
    AND d.attributes -> 'acl' @> ${quoteLiteral(entry)}::jsonb`;
  const own = `c.oid IN (SELECT cartodb._CDB_ConvertedTables(${quoteLiteral(account.ownerRole)}))`;
  return datasetsWhere(isOnly ? shared : `(${own} OR ${shared})`);
}

function datasetsWhere(condition: string): string {
  return `SELECT d.id, d.table_id, d.map_id, n.nspname AS schema, c.relname AS name, d.attributes, d.created_at,
    pg_get_userbyid(c.relowner) AS owner_role,
    CASE WHEN NOT has_table_privilege('${PUBLIC_ROLE}', c.oid, 'SELECT') THEN 'PRIVATE'
      WHEN d.is_link THEN 'LINK' ELSE 'PUBLIC' END AS privacy,
    coalesce(m.updated_at, d.created_at) AS updated_at,
    pg_total_relation_size(c.oid) AS size, greatest(c.reltuples, 0)::bigint AS row_count,
    cartodb._CDB_GeometryTypes(c.oid::regclass) AS geometry_types
  FROM cartodb._cdb_datasets d
  JOIN pg_class c ON c.oid = d.tabname JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN cartodb.cdb_tablemetadata m ON m.tabname = c.oid
  WHERE ${condition}`;
}

async function select(context: EmulatorContext, sql: string): Promise<Dataset[]> {
  const { rows } = await query(context.engine, `SELECT to_json(x) FROM (${sql}) AS x`);
  return rows.map(([json]) => JSON.parse(json ?? "null"));
}

async function find(
  context: EmulatorContext,
  account: Account,
  wanted: string,
  idColumn: "id" | "table_id" = "id",
): Promise<Dataset> {
  const literal = quoteLiteral(wanted);
  const [dataset] = await select(
    context,
    `SELECT * FROM (${datasetsSql(account)}) AS d
     WHERE ${idColumn}::text = ${literal} OR name = ${literal} OR schema || '.' || name = ${literal}
     ORDER BY ${idColumn}::text = ${literal} DESC LIMIT 1`,
  );
  if (dataset === undefined) throw new Refusal(404, ["Visualization not found"]);
  return dataset;
}

async function list(context: EmulatorContext, account: Account, parameters: Parameters): Promise<Response> {
  const types = (text(parameters.type) ?? text(parameters.types) ?? "table").split(",");
  const isTables = types.includes("table");
  if (types.includes("derived") && !isTables) return await listMaps(context, account, parameters);
  const isShared = isOff(parameters.exclude_shared) || text(parameters.only_shared) === "true";
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
  const visible = isShared
    ? sharedSql(account, text(parameters.only_shared) === "true")
    : datasetsSql(account);
  const matching = `SELECT * FROM (${visible}) AS d WHERE ${conditions.join(" AND ")}`;
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
  const maps = await context.documents.list<StoredMap>(account.username, "map");
  const visualizations: Record<string, unknown>[] = [];
  for (const dataset of shown) {
    visualizations.push(await present(context, account, dataset, parameters, maps));
  }
  return jsonResponse(200, {
    visualizations,
    total_entries: found,
    ...(isOff(parameters.load_totals)
      ? {}
      : { total_user_entries: isTables ? all : 0, total_likes: 0, total_shared: 0 }),
  });
}

async function listMaps(
  context: EmulatorContext,
  account: Account,
  parameters: Parameters,
): Promise<Response> {
  const all = await context.documents.list<StoredMap>(account.username, "map");
  const search = text(parameters.q)?.toLowerCase();
  const privacy = text(parameters.privacy)?.toUpperCase();
  const found = all.toReversed().filter(({ data }) =>
    (search === undefined || data.name.toLowerCase().includes(search)) &&
    (privacy === undefined || data.privacy === privacy)
  );
  const { shown } = pageOf(found, parameters);
  return jsonResponse(200, {
    visualizations: shown.map((map) => presentMap(context, account, map, parameters)),
    total_entries: found.length,
    ...(isOff(parameters.load_totals)
      ? {}
      : { total_user_entries: all.length, total_likes: 0, total_shared: 0 }),
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
  const attributes = attributesOf(changes);
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
async function present(
  context: EmulatorContext,
  account: Account,
  dataset: Dataset,
  parameters: Parameters,
  known?: readonly StoredDocument<StoredMap>[],
): Promise<Record<string, unknown>> {
  const { attributes } = dataset;
  const holder = context.accounts.find(({ ownerRole }) => ownerRole === dataset.owner_role) ?? account;
  const owner = ownerOf(context, holder);
  const dates = { created_at: isoDate(dataset.created_at), updated_at: isoDate(dataset.updated_at) };
  const counts = isOff(parameters.show_table_size_and_row_count)
    ? {}
    : { size: dataset.size, table_size: dataset.size, row_count: dataset.row_count };
  const maps = known === undefined || holder !== account
    ? await mapsOf(context, holder, dataset.id)
    : known.filter(({ data }) => data.datasets.includes(dataset.id));
  return {
    id: dataset.id,
    name: dataset.name,
    type: "table",
    kind: dataset.geometry_types.length > 0 ? "geom" : "raw",
    privacy: dataset.privacy,
    ...attributeMembers(attributes),
    ...dates,
    url: `${owner.base_url}/tables/${encodeURIComponent(dataset.name)}`,
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
    ...(isOff(parameters.show_permission) ? {} : { permission: permissionOf(context, holder, dataset) }),
    ...(isOff(parameters.show_synchronization) ? {} : { synchronization: null }),
    ...(isOff(parameters.show_stats) ? {} : { stats: {} }),
    ...(isOff(parameters.show_likes) ? {} : { likes: 0 }),
    ...(isOff(parameters.show_liked) ? {} : { liked: false }),
    ...(isOff(parameters.show_uses_builder_features) ? {} : { uses_builder_features: false }),
    ...COMMON_MEMBERS,
    ...(text(parameters.with_dependent_visualizations) === undefined ? {} : {
      dependent_visualizations: maps.map(({ id, data, updatedAt }) => ({
        id,
        name: data.name,
        privacy: data.privacy,
        updated_at: isoDate(updatedAt),
        permission: { id, owner },
      })),
    }),
    dependent_visualizations_count: maps.length,
  };
}

function ownerOf(
  context: EmulatorContext,
  { id, username }: Account,
): { id: string; username: string; base_url: string; viewer: boolean } {
  return { id, username, base_url: `${context.url()}/user/${username}`, viewer: false };
}

/** What is told of every dataset and map in the same way. */
const COMMON_MEMBERS = {
  children: [],
  parent_id: null,
  prev_id: null,
  next_id: null,
  transition_options: {},
  external_source: {},
  connector: null,
  auth_tokens: [],
};

function attributesOf(changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    ATTRIBUTES.filter((member) => changes[member] !== undefined).map((member) => [member, changes[member]]),
  );
}

function attributeMembers(attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    display_name: attributes.display_name ?? null,
    title: attributes.title ?? null,
    description: attributes.description ?? null,
    tags: attributes.tags ?? [],
    license: attributes.license ?? null,
    source: attributes.source ?? null,
    attributions: attributes.attributions ?? null,
    locked: attributes.locked ?? false,
  };
}

function permissionOf(context: EmulatorContext, account: Account, dataset: Dataset): Record<string, unknown> {
  return {
    id: dataset.map_id,
    owner: ownerOf(context, account),
    entity: { id: dataset.id, type: "vis" },
    acl: dataset.attributes.acl ?? [],
  };
}

/** `api/v1/tables/{id or name}`: the tables behind datasets. */
export function createTables(context: EmulatorContext): PlatformHandler {
  return async (request) => {
    requireMaster(request);
    const { account, method, segments, body, parameters } = request;
    const [wanted, ...more] = segments;
    if (wanted === undefined || more.length > 0) throw new Refusal(404, ["Not found"]);
    await noteNewDatasets(context, account);
    const dataset = await find(context, account, wanted, "table_id");
    if (method === "DELETE") {
      await drop(context, account, dataset);
      return new Response(null, { status: 204 });
    }
    if (method === "PUT") {
      const { id: _id, ...changes } = membersOf(body);
      await update(context, account, dataset, changes);
    } else if (method !== "GET") throw new Refusal(404, ["Not found"]);
    const now = await find(context, account, dataset.id);
    const { rows } = await query(context.engine, `SELECT count(*) FROM ${qualified(now)}`);
    const visualization = await present(context, account, now, parameters);
    return jsonResponse(200, {
      id: now.table_id,
      name: now.name,
      schema: now.schema,
      privacy: now.privacy,
      description: now.attributes.description ?? null,
      updated_at: isoDate(now.updated_at),
      rows_counted: Number(rows[0]?.[0]),
      row_count: now.row_count,
      size: now.size,
      table_size: now.size,
      map_id: now.map_id,
      geometry_types: now.geometry_types,
      table_visualization: visualization,
      dependent_visualizations: visualization.dependent_visualizations ?? [],
      non_dependent_visualizations: [],
      synchronization: null,
    });
  };
}

/** `api/v1/perm/{id}`: with whom a dataset is shared; sharing grants rights on the table to the other account's role. */
export function createPermissions(context: EmulatorContext): PlatformHandler {
  return async (request) => {
    requireMaster(request);
    const { account, method, segments, body } = request;
    const [id = "", ...more] = segments;
    if (more.length > 0 || (method !== "GET" && method !== "PUT")) throw new Refusal(404, ["Not found"]);
    const map = await context.documents.get<StoredMap>(account.username, "map", id);
    if (map !== undefined) {
      const acl = method === "PUT" ? readAcl(context, body) : map.data.acl;
      if (method === "PUT") {
        await context.documents.replace(account.username, "map", id, { ...map.data, acl });
      }
      return jsonResponse(200, { id, owner: ownerOf(context, account), entity: { id, type: "vis" }, acl });
    }
    await noteNewDatasets(context, account);
    const [dataset] = await select(
      context,
      `SELECT * FROM (${datasetsSql(account)}) AS d WHERE map_id::text = ${quoteLiteral(id)}`,
    );
    if (dataset === undefined) throw new Refusal(404, ["Permission not found"]);
    if (method === "PUT") {
      const acl = readAcl(context, body);
      await share(context, account, dataset, acl);
      dataset.attributes = { ...dataset.attributes, acl };
    }
    return jsonResponse(200, permissionOf(context, account, dataset));
  };
}

/** An entry of the list of those that something is shared with. */
interface AclEntry {
  type: string;
  entity: { id: string; username: string };
  access: string;
}

function readAcl(context: EmulatorContext, body: unknown): AclEntry[] {
  const { acl } = membersOf(body);
  if (!Array.isArray(acl)) throw new Refusal(422, ["acl must be a list"]);
  return acl.map((given): AclEntry => {
    const { type, entity, access } = membersOf(given);
    const { id } = membersOf(entity);
    if (type !== "user" && type !== "org") throw notServedHere(`sharing with a ${String(type)}`);
    if (access !== "r" && access !== "rw" && access !== "n") throw new Refusal(422, ["access is not valid"]);
    const user = context.accounts.find((account) => account.id === id);
    if (type === "user" && user === undefined) throw new Refusal(422, [`There is no user ${String(id)}`]);
    return { type, entity: { id: String(id), username: user?.username ?? "organization" }, access };
  });
}

/** Takes the rights of all other accounts on a table away, and gives those of the list. */
async function share(
  context: EmulatorContext,
  account: Account,
  dataset: Dataset,
  acl: readonly AclEntry[],
): Promise<void> {
  const table = qualified(dataset);
  const others = context.accounts.filter((other) => other !== account);
  const statements = others.flatMap((other) => {
    const entries = acl.filter(({ type, entity }) => type === "org" || entity.id === other.id);
    const access = entries.map((entry) => entry.access);
    const role = quoteIdentifier(other.ownerRole);
    const rights = access.includes("rw")
      ? "SELECT, INSERT, UPDATE, DELETE"
      : access.includes("r")
      ? "SELECT"
      : "";
    return [
      `REVOKE ALL ON ${table} FROM ${role}`,
      ...(rights === "" ? [] : [`GRANT ${rights} ON ${table} TO ${role}`]),
    ];
  });
  if (statements.length > 0) await asOwner(context, account, statements.join("; "));
  await query(
    context.engine,
    `UPDATE cartodb._cdb_datasets SET attributes = attributes || ${
      quoteLiteral(JSON.stringify({ acl }))
    }::jsonb
     WHERE id = ${quoteLiteral(dataset.id)}`,
  );
}

/** Makes a map of datasets; the platform calls such a map derived. */
export async function addMap(
  context: EmulatorContext,
  account: Account,
  map: Omit<StoredMap, "attributes" | "acl">,
): Promise<string> {
  const id = crypto.randomUUID();
  await context.documents.add(account.username, "map", id, { ...map, attributes: {}, acl: [] });
  return id;
}

/** The ids of the dataset and the table of a converted table. */
export async function datasetIds(
  context: EmulatorContext,
  account: Account,
  name: string,
): Promise<{ id: string; tableId: string }> {
  await noteNewDatasets(context, account);
  const { id, table_id } = await find(context, account, name);
  return { id, tableId: table_id };
}

/** Sets who may see a dataset. */
export async function setPrivacy(
  context: EmulatorContext,
  account: Account,
  name: string,
  privacy: string,
): Promise<void> {
  await update(context, account, await find(context, account, name), { privacy });
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
