import { parseJson } from "../_http/json_body.ts";
import { readAll } from "../_http/parameters.ts";
import { findKey, parseBasic, tokenOf } from "../_http/authorization.ts";
import { surrogateKey } from "../_http/affected_tables.ts";
import type { Account, EmulatorContext, Key, Parameters } from "../_handler.ts";
import { analysisCatalog, nodeStatus } from "./analyses.ts";
import {
  answerDataview,
  type DataviewSource,
  filterConditions,
  readDataview,
  searchDataview,
} from "./dataviews.ts";
import { digest } from "./map_config.ts";
import { errorDocument, MapError, notServedError } from "./map_error.ts";
import { type LiveMap, makeMap, presentMap, runnerOf, type TemplateOrigin } from "./map_factory.ts";
import { instantiate, isAuthorized, isRecord, type MapTemplate, readTemplate } from "./templates.ts";
import { fromDatabase } from "./map_error.ts";
import { quoteIdentifier, quoteLiteral } from "../_db/query.ts";
import { read, type Runner, withoutTokens } from "./typed_rows.ts";
import { makeTile } from "./tiles.ts";

/** A request under `/api/v1/map`. */
export interface MapsRequest {
  readonly request: Request;
  /** The account that path or host name. */
  readonly username: string | undefined;
  /** What follows `/api/v1/map`, decoded. */
  readonly segments: readonly string[];
  /** The query string. */
  readonly query: Parameters;
}

/** Answers everything under `/api/v1/map`. Never throws. */
export type MapsHandler = (request: MapsRequest) => Promise<Response>;

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers":
    "X-Requested-With, X-Prototype-Version, X-CSRF-Token, Authorization, Carto-Event, Carto-Event-Source, " +
    "Carto-Event-Group-Id",
};

/** Maps that are kept; the one that was not asked for longest makes room. */
const MAX_MAPS = 1000;
/** Milliseconds for which the server keeps what draws a map's tiles; it tells the age of one it kept. */
const RENDERER_LIFE = 60_000;
/** Named maps that an account may have. */
const MAX_TEMPLATES = 4096;

const ONE_DAY = 86_400;
const ONE_YEAR = 31_536_000;
const FIVE_MINUTES = 300;

/** Serves the Maps API of all accounts. */
export function createMaps(context: EmulatorContext): MapsHandler {
  const shared: Shared = { context, maps: new Map(), renderers: new Map() };
  return (request) => new Exchange(shared, request).answer();
}

interface Shared {
  readonly context: EmulatorContext;
  /** The maps by account and id. */
  readonly maps: Map<string, LiveMap>;
  /** When what draws tiles was made. */
  readonly renderers: Map<string, number>;
}

/** A map's token in its parts. */
interface Token {
  readonly user: string | undefined;
  readonly hash: string | undefined;
  readonly id: string;
  readonly buster: string | undefined;
}

function parseToken(text: string): Token {
  const [map = "", buster] = text.split(":", 2);
  const parts = map.split("@");
  return {
    id: parts.at(-1) ?? "",
    hash: parts.length > 2 ? parts[1] : undefined,
    user: parts.length > 1 ? parts[0] : undefined,
    buster,
  };
}

/** One request on its way to an answer; the headers go with the answer, be it an error. */
class Exchange {
  readonly #shared: Shared;
  readonly #asked: MapsRequest;
  readonly #headers = new Headers();

  constructor(shared: Shared, asked: MapsRequest) {
    this.#shared = shared;
    this.#asked = asked;
  }

  async answer(): Promise<Response> {
    let response: Response;
    try {
      response = await this.#route();
    } catch (error) {
      const { status, document } = errorDocument(error);
      response = this.#json(status, document, true);
      for (const name of ["cache-control", "x-cache-channel", "surrogate-key", "last-modified"]) {
        this.#headers.delete(name);
      }
    }
    for (const [name, value] of this.#headers) response.headers.set(name, value);
    return response;
  }

  async #route(): Promise<Response> {
    const { request: { method }, segments } = this.#asked;
    if (method === "OPTIONS") return this.#preflight();
    this.#headers.set("x-request-id", crypto.randomUUID());
    const username = this.#asked.username ?? "";
    this.#headers.set("carto-user", username);
    const account = this.#shared.context.accounts.find((known) => known.username === username);
    if (account !== undefined) this.#headers.set("carto-user-id", account.id);
    const body = await this.#body();
    this.#set(CORS);
    const [first, second, third] = segments;
    if (isTilePath(segments)) {
      if (first !== "named") this.#tellToken(parseToken(first ?? ""));
      checkCoordinates(segments);
    }
    this.#headers.set("vary", "Authorization");
    if (account === undefined) {
      throw new MapError("DB host or name not found in redis (try CARTODB/script/restore_redis)", {}, 404);
    }
    if (first === undefined && (method === "POST" || method === "GET")) {
      return await this.#create(account, body);
    }
    if (first === "named") {
      if (third !== undefined && third !== "jsonp") return await this.#namedTile(account, segments.slice(1));
      return await this.#named(account, method, second, third === "jsonp", body);
    }
    if (method !== "GET" && method !== "HEAD") throw new MapError(`Cannot ${method} a map`, {}, 404);
    if (first === "analyses" && second === "catalog") return await this.#catalog(account);
    if (first === "static") return await this.#image(account, segments.slice(1));
    return await this.#ofMap(account, first ?? "", segments.slice(1));
  }

  #preflight(): Response {
    return new Response("GET,HEAD,POST", {
      headers: {
        ...CORS,
        "access-control-allow-headers": `${CORS["access-control-allow-headers"]}, Content-Type`,
        allow: "GET,HEAD,POST",
        "content-type": "text/html; charset=utf-8",
      },
    });
  }

  #set(headers: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(headers)) this.#headers.set(name, value);
  }

  /** The parsed body; `undefined` for one that is no JSON by its type. */
  async #body(): Promise<unknown> {
    const { request } = this.#asked;
    if (request.body === null || request.method === "GET") return undefined;
    const text = new TextDecoder().decode(await readAll(request.body));
    if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? "")) return undefined;
    try {
      return text === "" ? {} : parseJson(text);
    } catch (error) {
      throw new MapError(`SyntaxError: ${(error as Error).message}`, { type: "entity.parse.failed" });
    }
  }

  /**
   * The key of the request.
   *
   * @throws {MapError} For an unknown key and for one that does not open the Maps API
   */
  #key(account: Account, body?: unknown): { key: Key; given: string | undefined } {
    const { request, query } = this.#asked;
    const basic = parseBasic(request.headers.get("authorization"));
    if (basic !== undefined && basic.username !== account.username) throw forbidden();
    const token = tokenOf(request.headers, query, isRecord(body) ? body : {});
    const key = findKey(account, token);
    if (key === undefined) {
      throw new MapError("Unauthorized", { type: "auth", subtype: "api-key-not-found" }, 401);
    }
    if (!key.apis.includes("maps")) throw forbidden();
    return { key, given: token };
  }

  #owner(account: Account): Runner {
    const master = account.keys.find(({ type }) => type === "master");
    return {
      engine: this.#shared.context.engine,
      role: account.ownerRole,
      statementTimeout: master?.statementTimeout ?? 0,
    };
  }

  async #create(account: Account, body: unknown): Promise<Response> {
    const { request, query } = this.#asked;
    const isGet = request.method === "GET";
    const { key, given } = this.#key(account, body);
    const config = isGet ? this.#configOfQuery("config") : body;
    if (config === undefined) throw new MapError("POST data must be of type application/json");
    const map = await makeMap({
      account,
      runner: runnerOf(this.#shared.context.engine, key),
      owner: this.#owner(account),
      config,
      filters: parseParameter(query.filters, "filters"),
      mayAggregate: query.aggregation !== "false",
      findTemplate: (name) => this.#template(account, name),
      onId: (id) => this.#set({ "carto-map-id": id, "carto-cache-buster": "0" }),
    });
    if (isGet) await this.#cache(account, map, `public,max-age=${ONE_DAY},must-revalidate`);
    return this.#created(account, map, given);
  }

  #configOfQuery(name: string): unknown {
    const { query } = this.#asked;
    if (query.lzma !== undefined) throw notServedError("configurations packed with LZMA");
    if (query[name] === undefined) throw new MapError('layergroup GET needs a "config" parameter');
    return parseParameter(query[name], name);
  }

  #created(account: Account, map: LiveMap, apiKey: string | undefined): Response {
    const { maps, context } = this.#shared;
    const name = `${account.username} ${map.config.id}`;
    maps.delete(name);
    maps.set(name, map);
    for (const oldest of maps.keys()) {
      if (maps.size <= MAX_MAPS) break;
      maps.delete(oldest);
    }
    const origin = map.template === undefined ? "" : `${account.username}@${map.template.hash}@`;
    const token = `${origin}${map.config.id}:${map.updatedAt}`;
    this.#set({
      "x-layergroup-id": token,
      "carto-map-id": map.config.id,
      "carto-cache-buster": String(map.updatedAt),
      ...(map.template === undefined ? {} : { "carto-template-hash": map.template.hash }),
    });
    const base = `${context.url()}/user/${encodeURIComponent(account.username)}`;
    return this.#json(200, presentMap(map, token, base, apiKey));
  }

  #json(status: number, document: unknown, isError = false): Response {
    const callback = this.#asked.query.callback;
    const name = typeof callback === "string" ? callback.replace(/[^\[\]\w$.]/g, "") : "";
    if (name === "") {
      return new Response(JSON.stringify(document), {
        status,
        headers: { "content-type": "application/json; charset=utf-8" },
      });
    }
    const json = JSON.stringify(document).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
    return new Response(`/**/ typeof ${name} === 'function' && ${name}(${json});`, {
      status: isError ? 200 : status,
      headers: { "content-type": "text/javascript; charset=utf-8", "x-content-type-options": "nosniff" },
    });
  }

  /** The headers that tell caches how long an answer lives and what it depends on. */
  async #cache(account: Account, map: LiveMap, control: string, buster?: string): Promise<void> {
    const names = map.tables.filter(({ updatedAt }) => updatedAt !== undefined).map(({ schema, name }) =>
      `${schema}.${name}`
    ).sort();
    const keys = await Promise.all(names.map((name) => surrogateKey(`${account.databaseName}:${name}`)));
    if (this.#headers.has("surrogate-key")) keys.unshift(this.#headers.get("surrogate-key") ?? "");
    const changedAt = buster !== undefined && /^\d+$/.test(buster) ? Number(buster) : map.updatedAt;
    this.#set({
      "cache-control": control,
      ...(names.length === 0 ? {} : { "x-cache-channel": `${account.databaseName}:${names.join(",")}` }),
      ...(keys.length === 0 ? {} : { "surrogate-key": keys.join(" ") }),
      "last-modified": new Date(changedAt === 0 ? Date.now() : changedAt).toUTCString(),
    });
  }

  async #template(account: Account, name: string): Promise<MapTemplate | undefined> {
    return (await this.#shared.context.documents.get<MapTemplate>(account.username, "named_map", name))?.data;
  }

  async #named(
    account: Account,
    method: string,
    name: string | undefined,
    isJsonp: boolean,
    body: unknown,
  ): Promise<Response> {
    if (name !== undefined && (method === "POST" || isJsonp)) {
      return await this.#instantiate(account, name, isJsonp, body);
    }
    const { documents } = this.#shared.context;
    const user = account.username;
    if (name === undefined && method === "POST") {
      this.#requireMaster(account, "create", body);
      const template = readTemplate(jsonOnly(body));
      const count = (await documents.list(user, "named_map")).length;
      if (count >= MAX_TEMPLATES) {
        const limit = `${count}/${MAX_TEMPLATES}`;
        throw new MapError(`User '${user}' reached limit on number of templates (${limit})`, {}, 409);
      }
      if (!await documents.add(user, "named_map", template.name, template)) {
        throw new MapError(`Template '${template.name}' of user '${user}' already exists`);
      }
      return this.#json(200, { template_id: template.name });
    }
    if (name === undefined) {
      this.#requireMaster(account, "list");
      const templates = await documents.list(user, "named_map");
      return this.#json(200, { template_ids: templates.map(({ id }) => id) });
    }
    if (method === "PUT") {
      this.#requireMaster(account, "update", body);
      const template = readTemplate(jsonOnly(body));
      if (template.name !== name) {
        throw new MapError(`Cannot update name of a map template ('${name}' != '${template.name}')`);
      }
      if (!await documents.replace(user, "named_map", name, template)) throw noTemplate(name, user);
      this.#forget(user, name);
      return this.#json(200, { template_id: name });
    }
    if (method === "DELETE") {
      this.#requireMaster(account, "delete", body);
      if (!await documents.delete(user, "named_map", name)) throw noTemplate(name, user);
      this.#forget(user, name);
      return new Response(null, { status: 204 });
    }
    this.#requireMaster(account, "get");
    const template = await this.#template(account, name);
    if (template === undefined) {
      throw new MapError(`Cannot find template '${name}' of user '${user}'`, {}, 404);
    }
    return this.#json(200, { template });
  }

  /** Instances of a template that was changed are no longer served. */
  #forget(user: string, template: string): void {
    for (const [name, map] of this.#shared.maps) {
      if (name.startsWith(`${user} `) && map.template?.name === template) this.#shared.maps.delete(name);
    }
  }

  #requireMaster(account: Account, action: string, body?: unknown): void {
    const { key } = this.#key(account, body);
    if (key.type === "default") {
      throw new MapError(`Only authenticated users can ${action} templated maps`, {}, 403);
    }
    if (key.type !== "master") throw forbidden();
  }

  async #instance(account: Account, name: string, values: unknown): Promise<LiveMap> {
    const template = await this.#template(account, name);
    if (template === undefined) {
      throw new MapError(`Template '${name}' of user '${account.username}' not found`, {}, 404);
    }
    const { query } = this.#asked;
    if (!isAuthorized(template.auth, query.auth_token)) {
      throw new MapError("Unauthorized template instantiation", {}, 403);
    }
    const hash = (await digest("SHA-256", JSON.stringify(template))).slice(0, 8);
    const origin: TemplateOrigin = { name, hash, auth: template.auth };
    const owner = this.#owner(account);
    const map = await makeMap({
      account,
      runner: owner,
      owner,
      config: instantiate(template, values),
      filters: parseParameter(query.filters, "filters"),
      mayAggregate: query.aggregation !== "false",
      template: origin,
      findTemplate: (other) => this.#template(account, other),
      onId: (id) => this.#set({ "carto-map-id": id, "carto-cache-buster": "0", "carto-template-hash": hash }),
    });
    const digestOfName = await surrogateKey(`${account.username}:${name}`);
    this.#set({ "surrogate-key": digestOfName.replace(/^t:/, "n:") });
    return map;
  }

  async #instantiate(account: Account, name: string, isJsonp: boolean, body: unknown): Promise<Response> {
    const { query } = this.#asked;
    const values = isJsonp ? parseParameter(query.config, "config") ?? {} : jsonOnly(body);
    if (!isRecord(values)) throw new MapError("Template instantiation needs an object of values");
    const { api_key: _key, client: _client, ...parameters } = values;
    const map = await this.#instance(account, name, parameters);
    if (isJsonp) await this.#cache(account, map, `public,max-age=${ONE_DAY},must-revalidate`);
    return this.#created(account, map, undefined);
  }

  async #namedTile(account: Account, segments: readonly string[]): Promise<Response> {
    const [name = "", layer, z, x, file = ""] = segments;
    if (segments.length !== 5) throw new MapError("Unknown address of a named map", {}, 404);
    const map = await this.#instance(account, name, parseParameter(this.#asked.query.config, "config") ?? {});
    this.#set({ "carto-cache-buster": String(map.updatedAt) });
    return await this.#tile(account, map, this.#owner(account), { layer, z, x, file }, undefined);
  }

  /** What belongs to a map: tiles, attributes, dataviews, analyses. */
  async #ofMap(account: Account, text: string, rest: readonly string[]): Promise<Response> {
    const token = parseToken(text);
    this.#tellToken(token);
    const map = this.#find(account, token);
    if (token.buster === undefined) this.#set({ "carto-cache-buster": String(map.updatedAt) });
    const runner = this.#rightsFor(account, map);
    const [first = "", second = "", third, fourth] = rest;
    if (first === "dataview") {
      return await this.#dataview(account, map, runner, token, second, third === "search");
    }
    if (first === "analysis" && second === "node" && third !== undefined) {
      this.#set({ "cache-control": "public,max-age=5", "last-modified": new Date().toUTCString() });
      return this.#json(200, await nodeStatus(account, runner, third));
    }
    if (second === "attributes" && third !== undefined) {
      return await this.#attributes(account, map, runner, token, first, third);
    }
    if (rest.length === 3) {
      return await this.#tile(account, map, runner, { z: first, x: second, file: third ?? "" }, token);
    }
    if (rest.length === 4) {
      return await this.#tile(
        account,
        map,
        runner,
        { layer: first, z: second, x: third, file: fourth ?? "" },
        token,
      );
    }
    throw new MapError("Unknown address of a map", {}, 404);
  }

  #tellToken(token: Token): void {
    this.#set({
      "carto-map-id": token.id,
      "carto-cache-buster": token.buster ?? "0",
      ...(token.hash === undefined ? {} : { "carto-template-hash": token.hash }),
    });
  }

  #find(account: Account, token: Token): LiveMap {
    const { maps } = this.#shared;
    const name = `${account.username} ${token.id}`;
    const map = maps.get(name);
    const isSame = map !== undefined && (token.hash === map.template?.hash) &&
      (token.user === undefined || token.user === account.username);
    if (!isSame) throw new MapError(`Invalid or nonexistent map configuration token '${token.id}'`);
    maps.delete(name);
    maps.set(name, map);
    return map;
  }

  /** A map of a template runs as its owner, for whoever may use the template; any other, with the rights of the key. */
  #rightsFor(account: Account, map: LiveMap): Runner {
    if (map.template === undefined) {
      return runnerOf(this.#shared.context.engine, this.#key(account).key);
    }
    const token = tokenOf(this.#asked.request.headers, this.#asked.query, {});
    const isOwner = token !== undefined && findKey(account, token)?.type === "master";
    if (!isOwner && !isAuthorized(map.template.auth, this.#asked.query.auth_token)) {
      throw new MapError("Sorry, you are unauthorized (permission denied)");
    }
    return this.#owner(account);
  }

  async #tile(
    account: Account,
    map: LiveMap,
    runner: Runner,
    asked: { layer?: string | undefined; z: string | undefined; x: string | undefined; file: string },
    token: Token | undefined,
  ): Promise<Response> {
    const [, row = "", format = ""] = /^(-?\d+)(?:@\d+x)?\.(.+)$/.exec(asked.file) ?? [];
    const address = { z: Number(asked.z), x: Number(asked.x), y: Number(row) };
    const { z, x, y } = address;
    const chosen = chooseLayers(map, asked.layer, format);
    if (format !== "mvt" && format !== "torque.json") throw refusedFormat(map, format);
    if (z < 0 || z > 30 || x < 0 || y < 0 || x >= 2 ** z || y >= 2 ** z) {
      throw new MapError(`Invalid tile XYZ (${z},${x}${z})`);
    }
    const layers = chosen.flatMap((index) => map.layers[index] ?? []);
    const isOwners = layers.length > 0 && layers.every(({ index }) => map.ownersLayers.has(index));
    const rights = isOwners ? this.#owner(account) : runner;
    if (format === "torque.json") {
      const [layer] = layers.filter(({ type }) => type === "torque");
      if (layer === undefined) throw new MapError("layer-filter: no torque layer");
      const { torqueTile } = await import("./torque.ts");
      const points = await torqueTile(rights, layer, address);
      await this.#cache(account, map, `public,max-age=${ONE_YEAR}`, token?.buster);
      return this.#json(200, points);
    }
    const drawn = layers.filter(({ type }) => type === "mapnik");
    if (drawn.length === 0) throw new MapError("no mapnik layer in mapConfig");
    const tile = await makeTile(rights, map.config, drawn, address);
    this.#tellAge(`${account.username} ${map.config.id} ${rights.role} ${format} ${asked.layer ?? ""}`);
    await this.#cache(account, map, `public,max-age=${ONE_YEAR}`, token?.buster);
    this.#set({ "x-tilelive-contains-data": String(tile.length > 0) });
    if (tile.length === 0) return new Response(null, { status: 204 });
    return new Response(tile, { headers: { "content-type": "application/x-protobuf" } });
  }

  /** The server keeps what draws tiles for a while, and tells how old it is. */
  #tellAge(name: string): void {
    const { renderers } = this.#shared;
    const now = Date.now();
    const madeAt = renderers.get(name);
    if (madeAt !== undefined && now - madeAt < RENDERER_LIFE) {
      this.#set({ "x-windshaft-cache": String(now - madeAt) });
      return;
    }
    for (const [other, time] of renderers) if (now - time >= RENDERER_LIFE) renderers.delete(other);
    renderers.set(name, now);
  }

  async #attributes(
    account: Account,
    map: LiveMap,
    runner: Runner,
    token: Token,
    index: string,
    id: string,
  ): Promise<Response> {
    const layer = map.layers[Number(index)];
    if (layer === undefined) throw new MapError(`Map ${token.id} has no layer number ${index}`);
    const { attributes } = layer.options;
    if (!isRecord(attributes) || !Array.isArray(attributes.columns)) {
      throw new MapError(`Layer ${index} has no exposed attributes`);
    }
    const rights = map.ownersLayers.has(layer.index) ? this.#owner(account) : runner;
    const columns = attributes.columns.map((column) => quoteIdentifier(String(column))).join(", ");
    const key = quoteIdentifier(String(attributes.id));
    try {
      const { rows } = await read(
        rights,
        `SELECT ${columns} FROM (${withoutTokens(layer.sql)}) AS layer WHERE ${key} = ${
          quoteLiteral(id)
        } LIMIT 2`,
      );
      if (rows.length !== 1) {
        throw new MapError(
          `Multiple features (${rows.length}) identified by '${attributes.id}' = ${id} in layer ${index}`,
          {},
          rows.length === 0 ? 404 : 400,
        );
      }
      await this.#cache(account, map, `public,max-age=${ONE_YEAR}`, token.buster);
      return this.#json(200, rows[0]);
    } catch (error) {
      throw fromDatabase(error);
    }
  }

  async #dataview(
    account: Account,
    map: LiveMap,
    runner: Runner,
    token: Token,
    name: string,
    isSearch: boolean,
  ): Promise<Response> {
    const { dataviews } = map.config;
    const dataview = readDataview(Object.hasOwn(dataviews, name) ? dataviews[name] : undefined, name);
    const { query } = this.#asked;
    // Filters belong to the map: those of this request are passed over, as the server does.
    const rows = map.analyses.byName.get(dataview.source)?.unfiltered ?? "";
    const pick = (without?: string): string =>
      (filterConditions(map.filtering, without).get(dataview.source) ?? [])
        .reduce((sql, condition) => `SELECT * FROM (${sql}) AS source WHERE ${condition}`, rows);
    const source: DataviewSource = { filtered: pick(), filteredByOthers: pick(name), unfiltered: rows };
    const document = isSearch
      ? await searchDataview(runner, dataview, source, query)
      : await answerDataview(runner, dataview, source, query);
    await this.#cache(account, map, `public,max-age=${ONE_YEAR}`, token.buster);
    return this.#json(200, document);
  }

  async #catalog(account: Account): Promise<Response> {
    const { key } = this.#key(account);
    if (key.type !== "master") throw forbidden();
    const catalog = await analysisCatalog(account, runnerOf(this.#shared.context.engine, key));
    const age = FIVE_MINUTES - Math.floor(Date.now() / 1000) % FIVE_MINUTES;
    this.#set({ "cache-control": `public,max-age=${age},must-revalidate` });
    return this.#json(200, catalog);
  }

  /** An image needs a renderer of CartoCSS, which is not here; what is wrong with the request is told all the same. */
  async #image(account: Account, segments: readonly string[]): Promise<Response> {
    const [kind, name = ""] = segments;
    if (kind === "named") {
      if (await this.#template(account, name) === undefined) {
        throw new MapError(`Template '${name}' of user '${account.username}' not found`, {}, 404);
      }
    } else {
      this.#rightsFor(account, this.#find(account, parseToken(name)));
    }
    throw notServedError("static images");
  }
}

function forbidden(): MapError {
  return new MapError("Forbidden", { type: "auth", subtype: "api-key-does-not-grant-access" }, 403);
}

function noTemplate(name: string, user: string): MapError {
  return new MapError(`Template '${name}' of user '${user}' does not exist`, {}, 404);
}

function jsonOnly(body: unknown): unknown {
  if (body === undefined) throw new MapError("POST data must be of type application/json");
  return body;
}

function parseParameter(value: unknown, name: string): unknown {
  if (value === undefined) return undefined;
  try {
    return parseJson(String(value));
  } catch {
    throw new MapError(`Invalid ${name} parameter, should be a valid JSON`);
  }
}

/** Whether an address ends in zoom level, column and row. */
function isTilePath(segments: readonly string[]): boolean {
  const [first] = segments;
  const file = segments.at(-1) ?? "";
  if (first === "static" || first === undefined) return false;
  const length = first === "named" ? 6 : segments.length;
  return (length === 4 || length === 5 || length === 6) && segments.length === length && file.includes(".") &&
    segments[2] !== "attributes" && segments[1] !== "dataview" && segments[1] !== "analysis";
}

function checkCoordinates(segments: readonly string[]): void {
  const [z, x, file] = segments.slice(-3);
  const coordinates = { z, x, y: file?.replace(/(?:@\d+x)?\..*$/, "") };
  for (const [name, value] of Object.entries(coordinates)) {
    if (!/^-?\d+$/.test(value ?? "")) {
      throw new MapError(`Invalid coodinate '${name}' value (${value}). It should be an integer number`);
    }
  }
}

/** The places of the layers that a tile shows. */
function chooseLayers({ layers }: LiveMap, wanted: string | undefined, format: string): number[] {
  if (wanted === undefined || wanted === "all" || wanted === "mapnik") {
    return layers.map(({ index }) => index);
  }
  if (/^\d+(?:,\d+)*$/.test(wanted)) {
    const chosen = wanted.split(",").map(Number);
    const unknown = chosen.find((index) => index >= layers.length);
    if (unknown !== undefined) throw new MapError(`Layer '${unknown}' not found in layergroup`);
    return chosen;
  }
  const named = layers.find(({ givenId }) => givenId === wanted);
  if (named === undefined) throw new MapError(`Unsupported format ${format}`);
  return [named.index];
}

function refusedFormat({ config }: LiveMap, format: string): MapError {
  if (!["png", "png32", "jpg", "grid.json", "json.torque"].includes(format)) {
    return new MapError(`Unsupported format ${format}`);
  }
  if (config.isVectorOnly) {
    return new MapError(`Unsupported format: 'cartocss' option is missing for ${format}`, { type: "tile" });
  }
  return notServedError(`tiles in the format ${format}`);
}
