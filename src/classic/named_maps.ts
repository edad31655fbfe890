import { ArgumentError } from "../errors/carto_error.ts";
import { checkName, segment } from "./_arguments.ts";
import { check } from "./_check.ts";
import {
  finite,
  instance,
  layerPart,
  mapRequest,
  mapUrl,
  sizePart,
  tilePath,
  tileUrlPath,
  tokensIn,
} from "./_map_requests.ts";
import { type AccountRequest, type AccountRequests, type Parameters, requestsOf } from "./_requests.ts";
import type { ClassicClient } from "./client.ts";
import type { MapTemplate } from "./map_config.ts";
import type { MapInstance, MapRequestOptions, MapTile, MapTileUrl, NamedMapImage } from "./map_instance.ts";

/** Values of a named map's placeholders, by name. */
export type MapParameters = Readonly<Record<string, string | number>>;

/**
 * Named maps: `api/v1/map/named`. The account keeps them; people without a key use them, and see of private tables
 * what the map shows. Listing, reading, making, changing and deleting need the master key.
 *
 * @example Make one and use it, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const answers = [{ template_id: "good_cafes" }, { layergroupid: "ana@1f@2e:0", metadata: { layers: [] } }];
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: () => Promise.resolve(Response.json(answers.shift())),
 * });
 *
 * await carto.maps.named.create({
 *   name: "good_cafes",
 *   placeholders: { stars: { type: "number", default: 3 } },
 *   layergroup: {
 *     layers: [{ type: "mapnik", options: { sql: "SELECT * FROM cafes WHERE stars >= <%= stars %>" } }],
 *   },
 * });
 * const map = await carto.maps.named.instantiate("good_cafes", { stars: 4 });
 * assertEquals(map.layergroupid, "ana@1f@2e:0");
 * ```
 */
export class NamedMapsApi {
  readonly #requests: AccountRequests;

  /**
   * Made by {@link MapsApi} as its member `named`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#requests = requestsOf(client);
  }

  /**
   * The names of the account's named maps; all come in one answer.
   *
   * Endpoint: `GET api/v1/map/named`.
   *
   * @param options A signal
   */
  async list(options: { signal?: AbortSignal | undefined } = {}): Promise<string[]> {
    const operation = "list the named maps";
    const answer = await this.#requests.json(mapRequest("named", operation, options));
    return (await check("templateIds", answer.body, { operation, status: answer.status })).template_ids;
  }

  /**
   * One named map, as it was made.
   *
   * Endpoint: `GET api/v1/map/named/{name}`.
   *
   * @param name Its name
   * @param options A signal
   * @returns The template, its tokens out of sight: see {@link MapTemplate.auth}
   * @throws {ResponseError} `not-found` when there is none
   */
  async get(name: string, options: { signal?: AbortSignal | undefined } = {}): Promise<MapTemplate> {
    const operation = `read named map "${name}"`;
    const answer = await this.#requests.json(mapRequest(pathOf(name), operation, options));
    const { template } = await check("namedMap", answer.body, { operation, status: answer.status });
    return hideTokens(template as unknown as MapTemplate);
  }

  /**
   * Makes a named map. Not retried after a failure.
   *
   * Endpoint: `POST api/v1/map/named`.
   *
   * @param template The map
   * @param options A signal
   * @returns Its name
   * @throws {ArgumentError} The name cannot be one, or tokens are wanted and none is given
   * @throws {ResponseError} `already-exists` when there is one of that name
   */
  async create(template: MapTemplate, options: { signal?: AbortSignal | undefined } = {}): Promise<string> {
    return await this.#write("POST", "named", `create named map "${template.name}"`, template, options);
  }

  /**
   * Puts a named map in the place of the one that has its name; what was made of the old one ends.
   *
   * Endpoint: `PUT api/v1/map/named/{name}`.
   *
   * @param template The map
   * @param options A signal
   * @returns Its name
   * @throws {ResponseError} `not-found` when there is none of that name
   */
  async update(template: MapTemplate, options: { signal?: AbortSignal | undefined } = {}): Promise<string> {
    const operation = `change named map "${template.name}"`;
    return await this.#write("PUT", pathOf(template.name), operation, template, options);
  }

  /**
   * Deletes a named map.
   *
   * Endpoint: `DELETE api/v1/map/named/{name}`.
   *
   * @param name Its name
   * @param options A signal
   * @throws {ResponseError} `not-found` when there is none
   */
  async delete(name: string, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    const request = mapRequest(pathOf(name), `delete named map "${name}"`, options);
    await this.#requests.json({ ...request, method: "DELETE", retry: "rate-limit" });
  }

  /**
   * Makes a map of a named map. It changes nothing in the account, and is asked for again after a passing failure.
   *
   * Endpoint: `POST api/v1/map/named/{name}`.
   *
   * @param name Its name
   * @param parameters Values of its placeholders; those not given have their defaults
   * @param options The token that it wants, filters, a signal
   * @returns The map; no address in it holds a key or token
   * @throws {ResponseError} `access-denied` without the right token; `invalid-request` when a value does not fit
   */
  async instantiate(
    name: string,
    parameters: MapParameters = {},
    options: MapRequestOptions & {
      aggregation?: boolean | undefined;
      filters?: Readonly<Record<string, unknown>> | undefined;
    } = {},
  ): Promise<MapInstance> {
    const operation = `make named map "${name}"`;
    const { aggregation, filters } = options;
    const answer = await this.#requests.json({
      ...mapRequest(pathOf(name), operation, options, {
        aggregation: aggregation === false ? false : undefined,
        filters: filters === undefined ? undefined : JSON.stringify(filters),
      }),
      method: "POST",
      ...jsonOnly(parameters),
    });
    return await instance(answer.body, operation, answer.status);
  }

  /**
   * The address of a script that makes a map of a named map in a browser (JSONP); nothing is sent.
   *
   * Endpoint: `GET api/v1/map/named/{name}/jsonp`.
   *
   * @param name Its name
   * @param callback The function that the script calls
   * @param parameters Values of its placeholders
   * @param options The token that it wants, which is then in the address
   */
  jsonpUrl(
    name: string,
    callback: string,
    parameters: MapParameters = {},
    options: Pick<MapRequestOptions, "authToken"> = {},
  ): string {
    if (!/^[\w$.]+$/.test(callback)) {
      throw new ArgumentError(`Cannot call "${callback}": it is no name of a function`, {
        argument: "callback",
      });
    }
    const query = { config: JSON.stringify(parameters), callback };
    return mapUrl(this.#requests, `${pathOf(name)}/jsonp`, query, options);
  }

  /**
   * One tile of a named map with its defaults, without making a map first.
   *
   * Endpoint: `GET api/v1/map/named/{name}/{layer}/{z}/{x}/{y}.{format}`.
   *
   * @param name Its name
   * @param tile Which tile; `layer` is needed
   * @param options The token that it wants, a signal
   * @returns The bytes; none where a vector tile is empty
   */
  async tile(
    name: string,
    tile: MapTile & { readonly layer: string | number },
    options: MapRequestOptions = {},
  ): Promise<Uint8Array> {
    // Without a layer the server would take the zoom for one
    checkName(String(tile.layer ?? ""), "layer");
    const request = mapRequest(`${pathOf(name)}/${tilePath(tile)}`, "read the tile", options);
    return (await this.#requests.bytes(request)).body;
  }

  /**
   * The address of a named map's tiles, for a viewer; nothing is sent.
   *
   * Endpoint: `GET api/v1/map/named/{name}/{layer}/{z}/{x}/{y}.{format}`.
   *
   * @param name Its name
   * @param tile Which tile; without `z`, `x` and `y` a template
   * @param options The token that it wants, which is then in the address
   */
  tileUrl(
    name: string,
    tile: MapTileUrl = {},
    options: Pick<MapRequestOptions, "authToken"> = {},
  ): string {
    return mapUrl(this.#requests, `${pathOf(name)}/${tileUrlPath(tile)}`, {}, { ...tile, ...options });
  }

  /**
   * The address of the attributes of one feature of a named map; nothing is sent.
   *
   * Endpoint: `GET api/v1/map/named/{name}/{layer}/attributes/{feature}`.
   *
   * @param name Its name
   * @param layer The layer's index or id
   * @param feature The feature's id
   * @param options The token that it wants, which is then in the address
   */
  attributesUrl(
    name: string,
    layer: string | number,
    feature: string | number,
    options: Pick<MapRequestOptions, "authToken"> = {},
  ): string {
    const path = `${pathOf(name)}/${layerPart(layer)}attributes/${segment(String(feature), "feature")}`;
    return mapUrl(this.#requests, path, {}, options);
  }

  /**
   * A static image of a named map with its defaults.
   *
   * Endpoint: `GET api/v1/map/static/named/{name}/{width}/{height}.{format}`.
   *
   * @param name Its name
   * @param image Size, and what differs from the map's view
   * @param options The token that it wants, a signal
   * @returns The bytes of a PNG or JPEG
   */
  async staticImage(
    name: string,
    image: NamedMapImage,
    options: MapRequestOptions = {},
  ): Promise<Uint8Array> {
    const { path, query } = previewPath(name, image);
    return (await this.#requests.bytes(mapRequest(path, "draw the image", options, query))).body;
  }

  /**
   * The address of a static image of a named map; nothing is sent.
   *
   * Endpoint: `GET api/v1/map/static/named/{name}/{width}/{height}.{format}`.
   *
   * @param name Its name
   * @param image Size, and what differs from the map's view
   * @param options The token that it wants, which is then in the address
   */
  staticUrl(
    name: string,
    image: NamedMapImage,
    options: Pick<MapRequestOptions, "authToken"> = {},
  ): string {
    const { path, query } = previewPath(name, image);
    return mapUrl(this.#requests, path, query, options);
  }

  async #write(
    method: "POST" | "PUT",
    path: string,
    operation: string,
    template: MapTemplate,
    options: { signal?: AbortSignal | undefined },
  ): Promise<string> {
    checkTemplate(template);
    const { version = "0.0.1", auth = { method: "open" }, ...rest } = template;
    const tokens = auth.valid_tokens;
    const answer = await this.#requests.json({
      ...mapRequest(path, operation, options),
      method,
      retry: "rate-limit",
      // Spelt out, because the tokens of a template that was read are not listed
      ...jsonOnly({
        ...rest,
        version,
        auth: { ...auth, ...(tokens === undefined ? {} : { valid_tokens: tokens }) },
      }),
      secrets: [...tokens ?? [], ...tokensIn(template.layergroup)],
    });
    return (await check("templateId", answer.body, { operation, status: answer.status })).template_id;
  }
}

/** A body that is nothing but this JSON: a key would be taken for a part of it. */
function jsonOnly(json: unknown): Pick<AccountRequest, "body" | "headers"> {
  return { body: JSON.stringify(json), headers: { "content-type": "application/json" } };
}

function pathOf(name: string): string {
  return `named/${segment(name, "name")}`;
}

/** Refuses what the server would refuse in words of its own. */
function checkTemplate({ name, auth, layergroup }: MapTemplate): void {
  checkName(name, "name");
  if (!/^[a-z0-9][\w-]*$/i.test(name)) {
    throw new ArgumentError(`Cannot name a map "${name}"`, {
      argument: "name",
      hint: "Use letters, digits, - and _, the first being a letter or digit",
    });
  }
  if (typeof layergroup !== "object" || layergroup === null) {
    throw new ArgumentError(`Cannot use named map "${name}" without a layergroup`, {
      argument: "layergroup",
    });
  }
  if (auth?.method === "token" && (auth.valid_tokens ?? []).length === 0) {
    throw new ArgumentError(`Cannot protect named map "${name}": there are no valid_tokens`, {
      argument: "auth",
      hint: "Tokens are not copied with { ...template.auth }: give them again",
    });
  }
}

/** Takes the tokens out of sight, and leaves them where {@link NamedMapsApi.update} finds them. */
function hideTokens(template: MapTemplate): MapTemplate {
  const tokens = template.auth?.valid_tokens;
  if (template.auth !== undefined && tokens !== undefined) {
    Object.defineProperty(template.auth, "valid_tokens", { value: tokens, enumerable: false });
  }
  return template;
}

/** The path of a preview, and its parameters. */
function previewPath(name: string, image: NamedMapImage): { path: string; query: Parameters } {
  const { center, zoom, bounds, layer } = image;
  return {
    path: `static/${pathOf(name)}/${sizePart(image)}`,
    query: {
      zoom: zoom === undefined ? undefined : finite(zoom, "zoom"),
      lat: center === undefined ? undefined : finite(center.lat, "center"),
      lon: center === undefined ? undefined : finite(center.lng, "center"),
      bbox: bounds?.map((number) => finite(number, "bounds")).join(","),
      layer,
    },
  };
}
