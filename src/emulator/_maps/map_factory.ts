import { type AffectedTable, findAffectedTables } from "../_http/affected_tables.ts";
import type { Account, Key } from "../_handler.ts";
import { type Analyses, buildAnalyses } from "./analyses.ts";
import { type DataviewFilters, filterConditions, findTimes, readDataview } from "./dataviews.ts";
import { checkMixing, type PreparedLayer, prepareLayer } from "./layers.ts";
import { type MapConfig, readMapConfig } from "./map_config.ts";
import { MapError } from "./map_error.ts";
import { instantiate, isAuthorized, isRecord, type MapTemplate } from "./templates.ts";
import { type Runner, withoutTokens } from "./typed_rows.ts";

/** Where a map of a template comes from. */
export interface TemplateOrigin {
  /** The template's name. */
  readonly name: string;
  /** The digest of its text, shortened. */
  readonly hash: string;
  /** Who may use it. */
  readonly auth: MapTemplate["auth"];
}

/** A map that tiles and dataviews can be asked of. */
export interface LiveMap {
  /** Its configuration. */
  readonly config: MapConfig;
  /** Its layers. */
  readonly layers: readonly PreparedLayer[];
  /** The places of the layers that run with the rights of the owner. */
  readonly ownersLayers: ReadonlySet<number>;
  /** Its analyses. */
  readonly analyses: Analyses;
  /** The filters of dataviews that it was made with. */
  readonly filtering: DataviewFilters;
  /** The template that it is made of. */
  readonly template: TemplateOrigin | undefined;
  /** The tables that it reads. */
  readonly tables: readonly AffectedTable[];
  /** When its data changed last, in milliseconds; 0 when that is not known. */
  readonly updatedAt: number;
}

/** What a map is made of. */
export interface MapRequest {
  readonly account: Account;
  /** Runs the statements with the rights of the request. */
  readonly runner: Runner;
  /** Runs those of named maps. */
  readonly owner: Runner;
  /** The configuration as it came. */
  readonly config: unknown;
  /** Filters of dataviews. */
  readonly filters?: unknown;
  /** Whether points may be clustered. */
  readonly mayAggregate: boolean;
  /** The template that the configuration is an instance of. */
  readonly template?: TemplateOrigin | undefined;
  /** Finds named maps for layers of that kind. */
  readonly findTemplate: (name: string) => Promise<MapTemplate | undefined>;
  /** Told when the map's id is known, before its layers are tried. */
  readonly onId: (id: string) => void;
}

/**
 * Makes a map of a configuration and tries its layers out.
 *
 * @throws {MapError} When it is none, or a layer fails
 */
export async function makeMap(request: MapRequest): Promise<LiveMap> {
  const { account, runner, owner, filters, template } = request;
  if (!isRecord(request.config)) throw new MapError("Missing layers array from layergroup config");
  const { api_key: _key, client: _client, ...given } = request.config;
  const { config: named, ownersLayers } = await putInNamedLayers(request, given);
  const dataviews = isRecord(named.dataviews) ? named.dataviews : {};
  const overTimes = await findTimes(runner, { dataviews, filters }, named.analyses);
  const filtering = { dataviews, filters, overTimes };
  const conditions = filterConditions(filtering);
  const sources = new Set(Object.entries(dataviews).map(([name, given]) => readDataview(given, name).source));
  const analyses = await buildAnalyses(account, runner, named.analyses, { conditions, sources });
  checkDataviews(dataviews, analyses);
  const withQueries = {
    ...named,
    ...(Array.isArray(named.layers) ? { layers: putInQueries(named.layers, analyses) } : {}),
  };
  const config = await readMapConfig(account, withQueries, { ...named, filters, template: template?.name });
  request.onId(config.id);
  checkMixing(config);
  const layers: PreparedLayer[] = [];
  for (const layer of config.layers) {
    const rights = ownersLayers.has(layer.index) ? owner : runner;
    layers.push(await prepareLayer(rights, config, layer, request.mayAggregate));
  }
  const tables: AffectedTable[] = [];
  for (const { sql } of layers) {
    if (sql === "") continue;
    const found = await findAffectedTables(runner.engine, account, withoutTokens(sql)) ?? [];
    tables.push(...found.filter((one) => !tables.some((other) => sameTable(one, other))));
  }
  const updatedAt = Math.max(0, ...tables.map((table) => table.updatedAt?.getTime() ?? 0));
  return {
    config,
    layers,
    ownersLayers,
    analyses,
    filtering,
    template,
    tables,
    updatedAt: Math.floor(updatedAt),
  };
}

function sameTable(one: AffectedTable, other: AffectedTable): boolean {
  return one.schema === other.schema && one.name === other.name;
}

/** Layers of named maps take the place of a layer that names one; they run with the rights of the owner. */
async function putInNamedLayers(
  { findTemplate, account }: MapRequest,
  config: Readonly<Record<string, unknown>>,
): Promise<{ config: Record<string, unknown>; ownersLayers: Set<number> }> {
  const ownersLayers = new Set<number>();
  if (!Array.isArray(config.layers)) return { config, ownersLayers };
  const layers: unknown[] = [];
  for (const layer of config.layers) {
    if (!isRecord(layer) || layer.type !== "named") {
      layers.push(layer);
      continue;
    }
    const { name, config: values, auth_tokens } = isRecord(layer.options) ? layer.options : {};
    const template = await findTemplate(String(name));
    if (template === undefined) {
      throw new MapError(`Template '${name}' of user '${account.username}' not found`);
    }
    if (!isAuthorized(template.auth, auth_tokens)) {
      throw new MapError(`Unauthorized '${name}' template instantiation`, {}, 403);
    }
    for (const inner of instantiate(template, values).layers as Record<string, unknown>[]) {
      if (inner.type === "named") throw new MapError("Nested named layers are not allowed");
      ownersLayers.add(layers.length);
      layers.push(inner);
    }
  }
  return { config: { ...config, layers }, ownersLayers };
}

/** Layers whose rows come from an analysis get its query; those of an unknown kind are passed over. */
function putInQueries(layers: readonly unknown[], { byName }: Analyses): unknown[] {
  return layers.flatMap((layer, index) => {
    if (!isRecord(layer)) return [layer];
    const type = layer.type ?? "mapnik";
    if (!["mapnik", "cartodb", "torque", "http", "plain"].includes(String(type))) return [];
    if (layer.options === undefined) throw new MapError("Cannot read property 'source' of undefined");
    const source = isRecord(layer.options) && isRecord(layer.options.source)
      ? layer.options.source.id
      : undefined;
    if (source === undefined) return [layer];
    const node = byName.get(String(source));
    if (node === undefined) {
      throw new MapError(`Missing analysis node.id="${source}" for layer=${index}`, { type: "analysis" });
    }
    return [{ ...layer, options: { ...layer.options as Record<string, unknown>, sql: node.query } }];
  });
}

function checkDataviews(dataviews: Readonly<Record<string, unknown>>, { byName }: Analyses): void {
  for (const [name, given] of Object.entries(dataviews)) {
    const { source } = readDataview(given, name);
    if (byName.has(source)) continue;
    throw new MapError(`Node with \`source.id="${source}"\` not found in analyses for dataview "${name}"`, {
      type: "analysis",
    });
  }
}

/** Who a key's statements run as. */
export function runnerOf(engine: Runner["engine"], key: Key): Runner {
  return { engine, role: key.role, statementTimeout: key.statementTimeout };
}

/** What the answer of a map's creation tells. */
export function presentMap(map: LiveMap, token: string, base: string, apiKey: string | undefined): unknown {
  const { config, layers, analyses, updatedAt } = map;
  const path = `${base}/api/v1/map/${token}`;
  const search = apiKey === undefined ? "" : `?api_key=${encodeURIComponent(apiKey)}`;
  const both = (rest: string): unknown => ({ url: { http: `${path}/${rest}`, https: `${path}/${rest}` } });
  const hasVectors = layers.some(({ type }) => type === "mapnik");
  const hasRaster = layers.some(({ type, options }) => type === "mapnik" && options.cartocss !== undefined);
  const kinds = (vector: boolean, raster: boolean): [string, string][] => [
    ...(vector ? [["vector", "mvt"] as [string, string]] : []),
    ...(raster ? [["raster", "png"] as [string, string]] : []),
  ];
  const tilejson = (prefix: string, vector: boolean, raster: boolean): unknown =>
    Object.fromEntries(
      kinds(vector, raster).map(([kind, format]) => [kind, {
        tilejson: "2.2.0",
        tiles: [`${path}/${prefix}{z}/{x}/{y}.${format}${search}`],
      }]),
    );
  const animated = layers.filter(({ type }) => type === "torque");
  const host = base.slice(base.indexOf("//") + 2).replace(/\/.*$/, "");
  return {
    layergroupid: token,
    metadata: {
      layers: layers.map(({ type, id, meta, options }) => ({
        type,
        id,
        meta,
        tilejson: tilejson(`${id}/`, type === "mapnik", type !== "mapnik" || options.cartocss !== undefined),
      })),
      ...(animated.length === 0 ? {} : {
        torque: Object.fromEntries(animated.map(({ index, meta }) => [index, meta])),
      }),
      dataviews: Object.fromEntries(
        Object.keys(config.dataviews).map((name) => [name, both(`dataview/${name}`)]),
      ),
      analyses: analyses.lists.map((nodes) => ({
        nodes: Object.fromEntries(nodes.map(({ name, id, status, query }) => [name ?? id, {
          status,
          ...both(`analysis/node/${id}`) as Record<string, unknown>,
          query,
        }])),
      })),
      tilejson: tilejson("", hasVectors, hasRaster),
      url: Object.fromEntries(
        kinds(hasVectors, hasRaster).map(([kind, format]) => [kind, {
          urlTemplate: `${path}/{z}/{x}/{y}.${format}${search}`,
          subdomains: [],
        }]),
      ),
    },
    cdn_url: { http: host, https: host },
    last_updated: new Date(updatedAt).toISOString(),
  };
}
