import { quoteIdentifier } from "../_db/query.ts";
import { checkCartocss } from "./cartocss.ts";
import { fromDatabase, layerError, MapError } from "./map_error.ts";
import { isVector, layerContext, type MapConfig, type MapLayer } from "./map_config.ts";
import { isRecord } from "./templates.ts";
import { embeddable, fillTokens, read, type Runner, withoutTokens } from "./typed_rows.ts";

/** The column whose geometries are drawn. */
const GEOMETRY = "the_geom_webmercator";

/** The rows from which a layer's points are drawn in clusters. */
const THRESHOLD = 100_000;

/** A layer that is ready to be drawn. */
export interface PreparedLayer extends MapLayer {
  /** Its query, with the marks of tiles still in it. */
  readonly sql: string;
  /** Whether its points are drawn in clusters. */
  readonly isAggregated: boolean;
  /** What the answer of its creation tells about it. */
  readonly meta: Readonly<Record<string, unknown>>;
}

/**
 * Tries a layer out and gathers what is told about it.
 *
 * @throws {MapError} For options that do not fit and queries that fail
 */
export async function prepareLayer(
  runner: Runner,
  config: MapConfig,
  layer: MapLayer,
  mayAggregate: boolean,
): Promise<PreparedLayer> {
  if (layer.type === "torque") {
    const { prepareTorque } = await import("./torque.ts");
    return await prepareTorque(runner, layer);
  }
  if (layer.type !== "mapnik") {
    checkBaseLayer(layer);
    return { ...layer, sql: "", isAggregated: false, meta: { stats: {} } };
  }
  const isVectorLayer = isVector(layer);
  if (!isVectorLayer) checkStyle(layer);
  const sql = embeddable(String(layer.options.sql));
  if (isVectorLayer) await tryVector(runner, { ...layer, sql });
  await tryAttributes(runner, layer, sql);
  let estimate: number;
  try {
    estimate = await estimateRows(runner, sql);
  } catch (error) {
    throw fromDatabase(error, "Postgis Plugin: ERROR:  ");
  }
  const isAggregated = mayAggregate && await aggregates(runner, config, layer, sql, estimate);
  const stats = await layerStats(runner, layer, sql, estimate);
  const { cartocss, aggregation } = layer.options;
  return {
    ...layer,
    sql,
    isAggregated,
    meta: isVectorLayer ? { stats, aggregation: { png: false, mvt: isAggregated } } : {
      cartocss,
      stats,
      cartocss_meta: { rules: [] },
      ...(aggregation === undefined ? {} : { aggregation: { png: isAggregated, mvt: isAggregated } }),
    },
  };
}

function checkBaseLayer(layer: MapLayer): void {
  const { options, type } = layer;
  if (type === "http" && typeof options.urlTemplate !== "string") {
    throw layerError('Missing mandatory "urlTemplate" option', layerContext(layer));
  }
  if (type === "plain" && options.color === undefined && options.imageUrl === undefined) {
    throw layerError(
      "Plain layer: at least one of the options, `color` or `imageUrl`, must be provided.",
      layerContext(layer),
    );
  }
}

function checkStyle(layer: MapLayer): void {
  const { cartocss, cartocss_version: version, sql } = layer.options;
  for (const [name, value] of Object.entries({ cartocss, cartocss_version: version })) {
    if (value === undefined) {
      throw layerError(`Missing ${name} for layer ${layer.index} options`, layerContext(layer));
    }
  }
  const fault = checkCartocss(String(cartocss), `style${layer.index}`);
  if (fault !== undefined) throw layerError(fault, layerContext(layer));
  if (typeof sql !== "string") {
    throw layerError(`Missing sql for layer ${layer.index} options`, layerContext(layer));
  }
}

/** A layer without a style is tried as the server does it: its columns, then a tile far away. */
async function tryVector(runner: Runner, layer: MapLayer & { sql: string }): Promise<void> {
  try {
    await read(runner, `SELECT * FROM (${withoutTokens(layer.sql)}) AS layer LIMIT 0`);
  } catch (error) {
    throw fromDatabase(error, "PgMvtFactory: ");
  }
  const column = geometryColumn(layer);
  try {
    const sql = fillTokens(layer.sql, { z: 30, x: 0, y: 0 });
    const bbox = fillTokens("!bbox!", { z: 30, x: 0, y: 0 });
    await read(runner, `SELECT ${column} FROM (${sql}) AS layer WHERE ${column} && ${bbox} LIMIT 1`);
  } catch (error) {
    throw fromDatabase(error, "PgMvtRenderer: ");
  }
}

/** The geometry column of a layer as SQL. */
export function geometryColumn({ options }: MapLayer): string {
  const given = options.geom_column;
  return quoteIdentifier(typeof given === "string" ? given : GEOMETRY);
}

async function tryAttributes(runner: Runner, layer: MapLayer, sql: string): Promise<void> {
  const { attributes } = layer.options;
  if (attributes === undefined) return;
  if (!isRecord(attributes) || typeof attributes.id !== "string" || !Array.isArray(attributes.columns)) {
    throw layerError("Attributes need an id and columns", layerContext(layer));
  }
  const columns = [...attributes.columns.map(String), attributes.id].map(quoteIdentifier).join(", ");
  try {
    await read(runner, `SELECT ${columns} FROM (${withoutTokens(sql)}) AS layer LIMIT 1`);
  } catch (error) {
    throw fromDatabase(error);
  }
}

async function estimateRows(runner: Runner, sql: string): Promise<number> {
  const { rows } = await read(runner, `EXPLAIN (FORMAT JSON) ${withoutTokens(sql)}`);
  const [plan] = rows[0]?.["QUERY PLAN"] as { Plan: { "Plan Rows": number } }[];
  return plan?.Plan["Plan Rows"] ?? 0;
}

async function geometryType(runner: Runner, layer: MapLayer, sql: string): Promise<unknown> {
  const column = geometryColumn(layer);
  const { rows } = await read(
    runner,
    `SELECT ST_GeometryType(${column}) AS kind FROM (${
      withoutTokens(sql)
    }) AS layer WHERE ${column} IS NOT NULL LIMIT 1`,
  );
  return rows[0]?.kind;
}

/** Many points of a map without styles are clustered; with styles, only where the map asks for it. */
async function aggregates(
  runner: Runner,
  { isVectorOnly }: MapConfig,
  layer: MapLayer,
  sql: string,
  estimate: number,
): Promise<boolean> {
  const { aggregation } = layer.options;
  if (aggregation === false || (aggregation === undefined && !isVectorOnly)) return false;
  const given = isRecord(aggregation) ? aggregation.threshold : undefined;
  if (estimate < (typeof given === "number" ? given : THRESHOLD)) return false;
  try {
    return await geometryType(runner, layer, sql) === "ST_Point";
  } catch (error) {
    throw fromDatabase(error);
  }
}

/** What a client asked to know about a layer's rows. */
async function layerStats(
  runner: Runner,
  layer: MapLayer,
  sql: string,
  estimate: number,
): Promise<Record<string, unknown>> {
  const asked = isRecord(layer.options.metadata) ? layer.options.metadata : {};
  const rows = withoutTokens(sql);
  const stats: Record<string, unknown> = {};
  try {
    if (isRecord(asked.sample)) stats.sample = await sampleRows(runner, rows, asked.sample);
    stats.estimatedFeatureCount = estimate;
    if (asked.featureCount) {
      const counted = await read(runner, `SELECT count(*) AS n FROM (${rows}) AS layer`);
      stats.featureCount = counted.rows[0]?.n;
    }
    if (asked.geometryType) stats.geometryType = await geometryType(runner, layer, sql);
    if (asked.columns || asked.columnStats || asked.dimensions) {
      stats.columns = await describeColumns(runner, rows, asked.columnStats);
      if (asked.columnStats || asked.dimensions) stats.dimensions = {};
    }
  } catch (error) {
    throw fromDatabase(error);
  }
  return stats;
}

async function sampleRows(
  runner: Runner,
  sql: string,
  sample: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const range = await read(
    runner,
    `SELECT min(cartodb_id) AS least, max(cartodb_id) - min(cartodb_id) AS span FROM (${sql}) AS layer`,
  );
  const { least, span } = range.rows[0] ?? {};
  if (typeof least !== "number" || typeof span !== "number" || span === 0) return {};
  const wanted = Math.min(span, Number(sample.num_rows) || 100);
  const ids = new Set<number>();
  while (ids.size < wanted) ids.add(Math.floor(least + Math.random() * span));
  const names = Array.isArray(sample.include_columns) ? sample.include_columns.map(String) : undefined;
  const columns = names?.map(quoteIdentifier).join(", ") ?? "*";
  const { rows } = await read(
    runner,
    `SELECT ${columns} FROM (${sql}) AS layer WHERE cartodb_id IN (${[...ids].join(",")})`,
  );
  return rows;
}

/** The friendly kinds of columns by the oids of their types. */
// deno-fmt-ignore
const KINDS = new Map<number, string>([
  ...[20, 21, 23, 26, 700, 701, 1700].map((oid): [number, string] => [oid, "number"]),
  ...[18, 19, 25, 705, 1042, 1043].map((oid): [number, string] => [oid, "string"]),
  ...[1082, 1083, 1114, 1184, 1266].map((oid): [number, string] => [oid, "date"]),
  [16, "boolean"], [114, "json"], [3802, "jsonb"], [2950, "uuid"], [17, "bytea"],
]);

async function describeColumns(
  runner: Runner,
  sql: string,
  asked: unknown,
): Promise<Record<string, Record<string, unknown>>> {
  const { fields } = await read(runner, `SELECT * FROM (${sql}) AS layer LIMIT 0`);
  const columns: Record<string, Record<string, unknown>> = {};
  for (const { name, typeOid } of fields) columns[name] = { type: KINDS.get(typeOid) ?? "geometry" };
  if (asked === undefined || asked === false) return columns;
  const options = isRecord(asked) ? asked : {};
  const functions: Readonly<Record<string, readonly string[]>> = {
    number: ["min", "max", "avg", "sum"],
    date: ["min", "max"],
  };
  const wanted = Object.entries(columns).flatMap(([name, { type }]) =>
    (functions[String(type)] ?? []).map((fn) => ({ name, fn }))
  );
  if (wanted.length > 0) {
    const list = wanted.map(({ name, fn }, index) => `${fn}(${quoteIdentifier(name)}) AS c${index}`).join(
      ", ",
    );
    const { rows } = await read(runner, `SELECT ${list} FROM (${sql}) AS layer`);
    wanted.forEach(({ name, fn }, index) => {
      const column = columns[name];
      if (column !== undefined) column[fn] = rows[0]?.[`c${index}`];
    });
  }
  const top = Number(options.topCategories) || 1024;
  for (const [name, column] of Object.entries(columns)) {
    if (column.type !== "string") continue;
    const value = quoteIdentifier(name);
    const { rows } = await read(
      runner,
      `SELECT ${value} AS category, count(*) AS frequency FROM (${sql}) AS layer
       ${options.includeNulls === false ? `WHERE ${value} IS NOT NULL` : ""}
       GROUP BY ${value} ORDER BY 2 DESC LIMIT ${Math.trunc(top)}`,
    );
    column.categories = rows;
  }
  return columns;
}

/** Refuses a map in which some layers have a style and others have none. */
export function checkMixing({ layers, isVectorOnly }: MapConfig): void {
  if (isVectorOnly || !layers.some(isVector) || !layers.some(isStyled)) return;
  throw new MapError(
    "The `mapnik` or `cartodb` layers must be consistent: `cartocss` option is either present or voided in all " +
      "layers. Mixing is not allowed.",
    { type: "mapconfig" },
  );
}

function isStyled(layer: MapLayer): boolean {
  return layer.type === "mapnik" && !isVector(layer);
}
