import { checkName, segment } from "./_arguments.ts";
import { check } from "./_check.ts";
import {
  imagePath,
  instance,
  layerPart,
  mapRequest,
  mapUrl,
  tilePath,
  tileUrlPath,
  tokenOf,
  tokensIn,
} from "./_map_requests.ts";
import { type AccountRequests, requestsOf } from "./_requests.ts";
import type { ClassicClient } from "./client.ts";
import type { MapConfig } from "./map_config.ts";
import type {
  AggregationResult,
  AnalysisStatus,
  DataviewOptions,
  DataviewResult,
  MapImage,
  MapInstance,
  MapRequestOptions,
  MapTile,
  MapTileUrl,
} from "./map_instance.ts";
import { NamedMapsApi } from "./named_maps.ts";

/** What making a map takes. */
export interface MapInstantiateOptions {
  /** `false` puts no points together, whatever the layers say. */
  aggregation?: boolean | undefined;
  /** Conditions of dataviews: `{ dataviews: { hist: { min: 3, max: 5 } } }`. */
  filters?: Readonly<Record<string, unknown>> | undefined;
  /** How the map travels; `GET` lets caches keep the answer, and is for small maps. Default `POST`. */
  method?: "GET" | "POST" | undefined;
  /** Stops waiting. */
  signal?: AbortSignal | undefined;
}

/**
 * The Maps API: `api/v1/map`. Anonymous maps are made of a {@link MapConfig} and end some minutes after their last use;
 * named maps ({@link MapsApi.named}) are kept by the account. Anonymous maps of private tables need a key with the grants
 * `maps` and `select`, also for their tiles.
 *
 * @example Make a map and read a tile, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const made = { layergroupid: "6873ecf2:0", metadata: { layers: [{ type: "mapnik", id: "layer0" }] } };
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: (url) => Promise.resolve(String(url).endsWith(".mvt") ? new Response("tile") : Response.json(made)),
 * });
 *
 * const map = await carto.maps.instantiate({
 *   version: "1.8.0",
 *   layers: [{ type: "mapnik", options: { sql: "SELECT * FROM cafes" } }],
 * });
 * assertEquals((await carto.maps.tile(map, { z: 0, x: 0, y: 0 })).length, 4);
 * assertEquals(carto.maps.tileUrl(map), "https://ana.carto.com/api/v1/map/6873ecf2:0/{z}/{x}/{y}.mvt");
 * ```
 */
export class MapsApi {
  /** Maps that the account keeps by name. */
  readonly named: NamedMapsApi;
  readonly #requests: AccountRequests;

  /**
   * Made by {@link ClassicClient} as its member `maps`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#requests = requestsOf(client);
    this.named = new NamedMapsApi(client);
  }

  /**
   * Makes an anonymous map. It changes nothing in the account, and is asked for again after a passing failure.
   *
   * Endpoint: `GET` or `POST api/v1/map`.
   *
   * @param config The map
   * @param options Aggregation, filters, a signal
   * @returns The map; no address in it holds a key
   * @throws {ResponseError} `access-denied` when the key may not read a table; `not-found` when there is none;
   * `invalid-request` for faults of the map, its SQL or style
   */
  async instantiate(config: MapConfig, options: MapInstantiateOptions = {}): Promise<MapInstance> {
    const { aggregation, filters, method = "POST", signal } = options;
    const operation = "make the map";
    const query = {
      aggregation: aggregation === false ? false : undefined,
      filters: filters === undefined ? undefined : JSON.stringify(filters),
    };
    const answer = await this.#requests.json({
      method,
      path: "api/v1/map",
      operation,
      retry: "read",
      secrets: tokensIn(config),
      signal,
      ...(method === "GET"
        ? { query: { ...query, config: JSON.stringify(config) } }
        // Nothing but the map may stand in the body, so a key that is no header goes into the query string
        : {
          query,
          body: JSON.stringify(config),
          headers: { "content-type": "application/json" },
        }),
    });
    return await instance(answer.body, operation, answer.status);
  }

  /**
   * One tile.
   *
   * Endpoints: `GET api/v1/map/{token}/{z}/{x}/{y}.{format}`,
   * `GET api/v1/map/{token}/{layer}/{z}/{x}/{y}.{format}`.
   *
   * @param map The map or its token
   * @param tile Which tile, and in which format
   * @param options The token of a protected named map, a signal
   * @returns The bytes; none where a vector tile is empty
   * @throws {ResponseError} `invalid-request` when the map has ended: make it again
   */
  async tile(
    map: MapInstance | string,
    tile: MapTile,
    options: MapRequestOptions = {},
  ): Promise<Uint8Array> {
    const path = `${tokenOf(map)}/${tilePath(tile)}`;
    return (await this.#requests.bytes(mapRequest(path, "read the tile", options))).body;
  }

  /**
   * The address of tiles, for a viewer; nothing is sent.
   *
   * Endpoints: `GET api/v1/map/{token}/{z}/{x}/{y}.{format}`,
   * `GET api/v1/map/{token}/{layer}/{z}/{x}/{y}.{format}`.
   *
   * @param map The map or its token
   * @param tile Which tile; without `z`, `x` and `y` a template
   * @param options The token of a protected named map, which is then in the address
   */
  tileUrl(
    map: MapInstance | string,
    tile: MapTileUrl = {},
    options: Pick<MapRequestOptions, "authToken"> = {},
  ): string {
    return mapUrl(this.#requests, `${tokenOf(map)}/${tileUrlPath(tile)}`, {}, { ...tile, ...options });
  }

  /**
   * The columns of one feature that its layer exposes by `attributes`.
   *
   * Endpoint: `GET api/v1/map/{token}/{layer}/attributes/{feature}`.
   *
   * @param map The map or its token
   * @param layer The layer's index or id
   * @param feature The feature's id
   * @param options The token of a protected named map, a signal
   * @throws {ResponseError} `not-found` when there is no such feature
   */
  async attributes(
    map: MapInstance | string,
    layer: string | number,
    feature: string | number,
    options: MapRequestOptions = {},
  ): Promise<Record<string, unknown>> {
    const path = `${tokenOf(map)}/${layerPart(layer)}attributes/${segment(String(feature), "feature")}`;
    const operation = "read the attributes of the feature";
    const answer = await this.#requests.json(mapRequest(path, operation, options));
    return await check("attributes", answer.body, { operation, status: answer.status });
  }

  /**
   * The address of a feature's attributes, for a viewer; nothing is sent.
   *
   * Endpoint: `GET api/v1/map/{token}/{layer}/attributes/{feature}`.
   *
   * @param map The map or its token
   * @param layer The layer's index or id
   * @param feature The feature's id
   * @param options The token of a protected named map, whether the key is in the address
   */
  attributesUrl(
    map: MapInstance | string,
    layer: string | number,
    feature: string | number,
    options: Pick<MapRequestOptions, "authToken"> & { withKey?: boolean | undefined } = {},
  ): string {
    const path = `${tokenOf(map)}/${layerPart(layer)}attributes/${segment(String(feature), "feature")}`;
    return mapUrl(this.#requests, path, {}, options);
  }

  /**
   * Works out a dataview of the map.
   *
   * Endpoint: `GET api/v1/map/{token}/dataview/{name}`.
   *
   * @param map The map or its token
   * @param name The dataview's name
   * @param options Which rows, and how
   * @returns The figures; `type` tells which
   * @throws {ResponseError} `invalid-request` when there is no such dataview
   */
  async dataview(
    map: MapInstance | string,
    name: string,
    options: DataviewOptions = {},
  ): Promise<DataviewResult> {
    const operation = `work out dataview "${name}"`;
    const { bbox, circle, polygon, filters, ownFilter, noFilters, columnType } = options;
    const text = (value: unknown) => value === undefined ? undefined : JSON.stringify(value);
    const bit = (value: boolean | undefined) => value === undefined ? undefined : Number(value);
    const answer = await this.#requests.json(
      mapRequest(`${tokenOf(map)}/dataview/${segment(name, "dataview")}`, operation, options, {
        bbox: bbox?.join(","),
        circle: text(circle),
        polygon: text(polygon),
        filters: text(filters),
        own_filter: bit(ownFilter),
        no_filters: bit(noFilters),
        start: options.start,
        end: options.end,
        bins: options.bins,
        column_type: columnType,
        aggregation: options.aggregation,
        offset: options.offset,
        categories: options.categories,
      }),
    );
    const body = await check("dataview", answer.body, { operation, status: answer.status });
    return body as unknown as DataviewResult;
  }

  /**
   * Looks for categories of a dataview of type `aggregation`.
   *
   * Endpoint: `GET api/v1/map/{token}/dataview/{name}/search`.
   *
   * @param map The map or its token
   * @param name The dataview's name
   * @param text What is looked for, in any case
   * @param options Which rows
   * @returns The categories found
   */
  async searchDataview(
    map: MapInstance | string,
    name: string,
    text: string,
    options: Pick<DataviewOptions, "bbox" | "authToken" | "signal"> = {},
  ): Promise<AggregationResult["categories"]> {
    checkName(text, "text");
    const operation = `search dataview "${name}"`;
    const path = `${tokenOf(map)}/dataview/${segment(name, "dataview")}/search`;
    const query = { q: text, bbox: options.bbox?.join(",") };
    const answer = await this.#requests.json(mapRequest(path, operation, options, query));
    const body = await check("dataviewSearch", answer.body, { operation, status: answer.status });
    return body.categories as AggregationResult["categories"];
  }

  /**
   * How an analysis of the map stands.
   *
   * Endpoint: `GET api/v1/map/{token}/analysis/node/{id}`.
   *
   * @param map The map or its token
   * @param node The node's id, from the address in `metadata.analyses`
   * @param options A signal
   * @returns The state; `unknown` for a node that nobody knows
   */
  async analysisNode(
    map: MapInstance | string,
    node: string,
    options: MapRequestOptions = {},
  ): Promise<AnalysisStatus> {
    const operation = "read the state of the analysis";
    const path = `${tokenOf(map)}/analysis/node/${segment(node, "node")}`;
    const answer = await this.#requests.json(mapRequest(path, operation, options));
    return await check("analysisStatus", answer.body, { operation, status: answer.status });
  }

  /**
   * The analyses of the account that were worked out. Needs the master key.
   *
   * Endpoint: `GET api/v1/map/analyses/catalog`.
   *
   * @param options A signal
   */
  async analysisCatalog(options: { signal?: AbortSignal | undefined } = {}): Promise<AnalysisStatus[]> {
    const operation = "list the analyses";
    const answer = await this.#requests.json(mapRequest("analyses/catalog", operation, options));
    return (await check("analysisCatalog", answer.body, { operation, status: answer.status })).catalog;
  }

  /**
   * A static image of the map.
   *
   * Endpoints: `GET api/v1/map/static/center/{token}/{z}/{lat}/{lng}/{width}/{height}.{format}`,
   * `GET api/v1/map/static/bbox/{token}/{bbox}/{width}/{height}.{format}`.
   *
   * @param map The map or its token
   * @param image Place, size, format
   * @param options The token of a protected named map, a signal
   * @returns The bytes of a PNG or JPEG
   * @throws {ArgumentError} A size is no whole number from 1 to 8192
   */
  async staticImage(
    map: MapInstance | string,
    image: MapImage,
    options: MapRequestOptions = {},
  ): Promise<Uint8Array> {
    const { path, query } = imagePath(tokenOf(map), image);
    return (await this.#requests.bytes(mapRequest(path, "draw the image", options, query))).body;
  }

  /**
   * The address of a static image, for a page or a message; nothing is sent.
   *
   * Endpoints: `GET api/v1/map/static/center/{token}/{z}/{lat}/{lng}/{width}/{height}.{format}`,
   * `GET api/v1/map/static/bbox/{token}/{bbox}/{width}/{height}.{format}`.
   *
   * @param map The map or its token
   * @param image Place, size, format
   * @param options The token of a protected named map, whether the key is in the address
   */
  staticUrl(
    map: MapInstance | string,
    image: MapImage,
    options: Pick<MapRequestOptions, "authToken"> & { withKey?: boolean | undefined } = {},
  ): string {
    const { path, query } = imagePath(tokenOf(map), image);
    return mapUrl(this.#requests, path, query, options);
  }
}
