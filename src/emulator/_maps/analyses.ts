import { query, quoteIdentifier, quoteLiteral } from "../_db/query.ts";
import { findAffectedTables } from "../_http/affected_tables.ts";
import type { Account } from "../_handler.ts";
import { digest } from "./map_config.ts";
import { fromDatabase, MapError, notServedError } from "./map_error.ts";
import { isRecord } from "./templates.ts";
import { embeddable, read, type Runner, withoutTokens } from "./typed_rows.ts";

/** A step of an analysis. */
export interface AnalysisNode {
  /** The id that the configuration gives it. */
  readonly name: string | undefined;
  /** The digest that names it. */
  readonly id: string;
  /** The query that gives its rows. */
  readonly query: string;
  /** The query without the filters of dataviews. */
  readonly unfiltered: string;
  /** `ready`, or `pending` for one whose table is being made. */
  readonly status: string;
}

/** The analyses of a map, and what needs their rows. */
export interface Analyses {
  /** The steps of each analysis, the outermost first. */
  readonly lists: readonly (readonly AnalysisNode[])[];
  /** A step by the id that the configuration gives it. */
  readonly byName: ReadonlyMap<string, AnalysisNode>;
}

/** Analyses of the platform that the emulator has not. */
// deno-fmt-ignore
const KNOWN = new Set([
  "aggregate-intersection", "bounding-box", "bounding-circle", "centroid", "closest", "concave-hull", "contour",
  "convex-hull", "data-observatory-measure", "data-observatory-multiple-measures", "deprecated-sql-function",
  "filter-by-node-column", "filter-category", "filter-grouped-rank", "filter-range", "filter-rank",
  "georeference-admin-region", "georeference-city", "georeference-country", "georeference-ip-address",
  "georeference-long-lat", "georeference-postal-code", "georeference-street-address", "gravity", "intersection",
  "kmeans", "line-sequential", "line-source-to-target", "line-to-column", "line-to-single-point", "link-by-line",
  "merge", "moran", "point-in-polygon", "population-in-area", "routing-sequential", "routing-to-layer-all-to-all",
  "routing-to-single-point", "sampling", "spatial-markov-trend", "trade-area", "weighted-centroid",
]);

/** What the dataviews of a map do with the steps of its analyses. */
export interface DataviewUse {
  /** Conditions by the name of the step whose rows they pick. */
  readonly conditions: ReadonlyMap<string, readonly string[]>;
  /** The names of the steps that dataviews ask about. */
  readonly sources: ReadonlySet<string>;
}

/** What the steps of a map are made with. */
interface Building {
  readonly account: Account;
  readonly runner: Runner;
  readonly use: DataviewUse;
  readonly byName: Map<string, AnalysisNode>;
}

/**
 * Makes the steps of a map's analyses; a buffer becomes a table of the account.
 *
 * @throws {MapError} For an analysis that does not exist or is not served, and for what the database refuses
 */
export async function buildAnalyses(
  account: Account,
  runner: Runner,
  given: unknown,
  use: DataviewUse,
): Promise<Analyses> {
  const building: Building = { account, runner, use, byName: new Map() };
  const lists: AnalysisNode[][] = [];
  for (const definition of Array.isArray(given) ? given : []) {
    lists.push(await buildNode(building, definition));
  }
  return { lists, byName: building.byName };
}

async function buildNode(building: Building, definition: unknown): Promise<AnalysisNode[]> {
  if (!isRecord(definition)) throw new MapError("Analysis must be an object", { type: "analysis" });
  const { type, id: name, params } = definition;
  const fault = (message: string): MapError =>
    new MapError(message, { type: "analysis", analysis: { id: name, node_id: name, type } });
  const options = isRecord(params) ? params : {};
  if (type === "source") {
    const { query: text } = options;
    if (typeof text !== "string") throw fault('Missing required param "query"');
    return [await finish(building, name, { type, query: text }, embeddable(text), "ready")];
  }
  if (type === "buffer") {
    const inputs = await buildNode(building, options.source);
    const [input] = inputs;
    const { radius, isolines = null, dissolved = null } = options;
    if (input === undefined || !Number.isFinite(radius)) throw fault('Missing required param "radius"');
    if (isolines !== null || dissolved !== null) throw notServedError("buffers with isolines or dissolved");
    const node = { type, source: input.id, radius, isolines, dissolved };
    const id = await nodeId(building.account, node);
    const table = `analysis_${(await digest("SHA-1", JSON.stringify(type))).slice(0, 10)}_${id}`;
    const status = await runBuffer(building, { id, table, node, input, radius: Number(radius) });
    await note(building, input.id, { type: "source", query: input.query }, [], [], id);
    return [await finish(building, name, node, `select * from ${table}`, status), ...inputs];
  }
  if (KNOWN.has(String(type))) throw notServedError(`the analysis "${type}"`);
  throw fault(`Unknown analysis type: "${type}"`);
}

async function nodeId(account: Account, node: unknown): Promise<string> {
  return await digest("SHA-1", JSON.stringify([account.username, node]));
}

async function finish(
  { account, use, byName }: Building,
  given: unknown,
  node: Readonly<Record<string, unknown>>,
  sql: string,
  status: string,
): Promise<AnalysisNode> {
  const name = typeof given === "string" ? given : undefined;
  const conditions = use.conditions.get(name ?? "") ?? [];
  const isAsked = use.sources.has(name ?? "");
  const filtered = conditions.reduce((inner, condition) => wrap(inner, condition), sql);
  const result = {
    name,
    id: await nodeId(account, isAsked ? { ...node, conditions } : node),
    query: filtered,
    unfiltered: sql,
    status,
  };
  if (name !== undefined) byName.set(name, result);
  return result;
}

function wrap(sql: string, condition: string): string {
  const kind = / IN \(|^0 = 1/.test(condition) ? "category" : "range";
  return `SELECT * FROM (${sql}) _camshaft_${kind}_filter WHERE ${condition}`;
}

interface BufferPlan {
  id: string;
  table: string;
  node: Readonly<Record<string, unknown>>;
  input: AnalysisNode;
  radius: number;
}

/** Makes the table of a buffer unless it is there and its source has not changed since; tells what it was. */
async function runBuffer(building: Building, plan: BufferPlan): Promise<string> {
  const { account, runner } = building;
  const { engine } = runner;
  const sources = await findAffectedTables(engine, account, withoutTokens(plan.input.query)) ?? [];
  const changed = Math.max(0, ...sources.map(({ updatedAt }) => updatedAt?.getTime() ?? 0));
  const { rows } = await query(
    engine,
    `SELECT floor(extract(epoch FROM updated_at) * 1000) FROM cartodb.cdb_analysis_catalog
     WHERE node_id = ${quoteLiteral(plan.id)} AND status = 'ready' AND to_regclass(${
      quoteLiteral(plan.table)
    }) IS NOT NULL`,
  );
  const made = rows[0]?.[0];
  const isReady = made !== undefined && made !== null && Number(made) >= changed;
  if (!isReady) {
    const fields = await columnsOf(runner, plan.input.query);
    const others = fields.filter((column) => column !== "the_geom" && column !== "the_geom_webmercator");
    const table = quoteIdentifier(plan.table);
    const geometry = `ST_Buffer(the_geom::geography, ${plan.radius})::geometry`;
    const columns = [
      `${geometry} AS the_geom`,
      `ST_Transform(${geometry}, 3857) AS the_geom_webmercator`,
      ...others.map(quoteIdentifier),
    ];
    try {
      await query(
        engine,
        `DROP TABLE IF EXISTS public.${table};
         CREATE TABLE public.${table} AS SELECT ${columns.join(", ")} FROM (${plan.input.query}) AS source;
         CREATE INDEX ON public.${table} USING gist (the_geom_webmercator);
         ANALYZE public.${table}`,
        { role: runner.role },
      );
    } catch (error) {
      throw fromDatabase(error);
    }
    await query(engine, `SELECT cartodb.CDB_TableMetadataTouch(${quoteLiteral(`public.${plan.table}`)})`);
  }
  await note(building, plan.id, plan.node, [plan.input.id], [plan.table], plan.id);
  return isReady ? "ready" : "pending";
}

async function columnsOf(runner: Runner, sql: string): Promise<string[]> {
  try {
    const { fields } = await read(runner, `SELECT * FROM (${withoutTokens(sql)}) AS source LIMIT 0`);
    return fields.map(({ name }) => name);
  } catch (error) {
    throw fromDatabase(error);
  }
}

/** Writes a step into the account's list of analyses. */
async function note(
  { account, runner: { engine } }: Building,
  id: string,
  definition: unknown,
  inputs: readonly string[],
  tables: readonly string[],
  usedFrom: string,
): Promise<void> {
  const list = (items: readonly string[], type: string): string =>
    `ARRAY[${items.map(quoteLiteral).join(", ")}]::${type}[]`;
  await query(
    engine,
    `INSERT INTO cartodb.cdb_analysis_catalog
       (node_id, analysis_def, input_nodes, cache_tables, status, hits, last_used_from, last_modified_by, username)
     VALUES (${quoteLiteral(id)}, ${quoteLiteral(JSON.stringify(definition))}, ${list(inputs, "char(40)")},
       ${list(tables, "text")}::regclass[], 'ready', 1, ${quoteLiteral(usedFrom)},
       ${tables.length === 0 ? "NULL" : "gen_random_uuid()"}, ${quoteLiteral(account.username)})
     ON CONFLICT (node_id) DO UPDATE SET used_at = clock_timestamp(), hits = cdb_analysis_catalog.hits + 1,
       cache_tables = excluded.cache_tables`,
  );
}

/** What is known of a step: its state. */
export async function nodeStatus(account: Account, { engine }: Runner, id: string): Promise<unknown> {
  const { rows } = await query(
    engine,
    `SELECT status, last_error_message, floor(extract(epoch FROM updated_at) * 1000) FROM cartodb.cdb_analysis_catalog
     WHERE node_id = ${quoteLiteral(id)} AND username = ${quoteLiteral(account.username)}`,
  );
  const [row] = rows;
  if (row === undefined) return { node_id: id, status: "unknown" };
  const [status, message, updatedAt] = row;
  return {
    node_id: id,
    status,
    updated_at: new Date(Number(updatedAt)).toISOString(),
    ...(status === "failed" ? { error_message: message } : {}),
  };
}

/** The list of the account's analyses. */
export async function analysisCatalog(account: Account, { engine }: Runner): Promise<unknown> {
  const { rows } = await query(
    engine,
    `SELECT to_json(c), t.names, t.size FROM cartodb.cdb_analysis_catalog c, LATERAL (
       SELECT array_agg(x::text)::text AS names, max(pg_total_relation_size(x)) AS size FROM unnest(c.cache_tables) AS x
     ) AS t WHERE username = ${
      quoteLiteral(account.username)
    } ORDER BY created_at, cardinality(input_nodes) DESC`,
  );
  return {
    catalog: rows.map(([json, names, size]) => {
      const { affected_tables: _tables, cache_tables: _cache, ...entry } = JSON.parse(json ?? "{}");
      const table = names?.replace(/^\{|\}$/g, "");
      return {
        type: entry.analysis_def?.type,
        ...entry,
        created_at: iso(entry.created_at),
        updated_at: iso(entry.updated_at),
        used_at: iso(entry.used_at),
        cache_tables: names ?? "{}",
        ...(table === undefined ? {} : {
          table: {
            nspname: "public",
            relname: table,
            size: Number(size),
            fully_qualified_name: `public.${table}`,
            size_pretty: `${Math.round(Number(size) / 1024)} kB`,
          },
        }),
      };
    }),
  };
}

function iso(time: unknown): string {
  return new Date(String(time)).toISOString();
}
