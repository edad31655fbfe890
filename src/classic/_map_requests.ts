import { ArgumentError } from "../errors/carto_error.ts";
import { checkName, checkWord, segment } from "./_arguments.ts";
import { check } from "./_check.ts";
import type { AccountRequest, AccountRequests, Parameters } from "./_requests.ts";
import type { MapConfig } from "./map_config.ts";
import type { MapImage, MapInstance, MapRequestOptions, MapTile, MapTileUrl } from "./map_instance.ts";

/** What a map's requests have in common: where they go, and what must not be shown. */
export function mapRequest(
  path: string,
  operation: string,
  { authToken, signal }: MapRequestOptions,
  query: Parameters = {},
): AccountRequest {
  if (authToken !== undefined) checkName(authToken, "authToken");
  return {
    method: "GET",
    path: `api/v1/map/${path}`,
    operation,
    retry: "read",
    query: { ...query, auth_token: authToken },
    secrets: authToken === undefined ? [] : [authToken],
    signal,
  };
}

/** A map that was made, its addresses without keys. */
export async function instance(body: unknown, operation: string, status: number): Promise<MapInstance> {
  const made = await check("mapInstance", withoutKeys(body), { operation, status });
  return made as MapInstance;
}

/** A copy of an answer whose addresses hold no key: the server repeats the one of the request in each of them. */
function withoutKeys(value: unknown): unknown {
  if (typeof value === "string") {
    const bare = value.replace(/([?&])(?:api_key|map_key|auth_token(?:\[\]|%5B%5D)?)=[^&#]*/gi, "$1");
    return bare === value ? value : bare.replace(/([?&])&+/g, "$1").replace(/[?&](?=#|$)/, "");
  }
  if (Array.isArray(value)) return value.map(withoutKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutKeys(member)]));
}

/** The tokens in a map's layers, which are secrets. */
export function tokensIn(config: MapConfig): string[] {
  const layers = Array.isArray(config.layers) ? config.layers : [];
  return layers.flatMap((layer) =>
    layer.type === "named" && Array.isArray(layer.options?.auth_tokens) ? layer.options.auth_tokens : []
  );
}

/** A map's token as part of a path. */
export function tokenOf(map: MapInstance | string): string {
  const token = typeof map === "string" ? map : map?.layergroupid;
  // These two stand in every token, and servers and caches know them as they are
  return segment(token, "map").replaceAll("%40", "@").replaceAll("%3A", ":");
}

/** The path of a tile behind that of its map. */
export function tilePath(tile: MapTile): string {
  for (const name of ["z", "x", "y"] as const) {
    if (!Number.isSafeInteger(tile[name]) || tile[name] < 0) {
      throw new ArgumentError(`Cannot read a tile at ${name} = ${tile[name]}: it is a whole number from 0`, {
        argument: name,
      });
    }
  }
  return tileUrlPath(tile);
}

/** The same with placeholders for what is not given. */
export function tileUrlPath(tile: MapTileUrl): string {
  const { z = "{z}", x = "{x}", y = "{y}", format = "mvt", layer, scale = 1 } = tile;
  if (!Number.isSafeInteger(scale) || scale < 1) {
    throw new ArgumentError(`Cannot use ${scale} as scale: it is a whole number from 1`, {
      argument: "scale",
    });
  }
  const word = checkWord("format", format, ["mvt", "png", "grid.json", "torque.json"]);
  if (layer === undefined && /json$/.test(word)) {
    throw new ArgumentError(`Cannot read tiles of ${word} without a layer`, { argument: "layer" });
  }
  return `${layerPart(layer)}${z}/${x}/${y}${scale === 1 ? "" : `@${scale}x`}.${word}`;
}

/** A layer, or several by index, as part of a path. */
export function layerPart(layer: string | number | undefined): string {
  return layer === undefined ? "" : `${segment(String(layer), "layer").replaceAll("%2C", ",")}/`;
}

/** The path of an image behind `static/`, and its parameters. */
export function imagePath(token: string, image: MapImage): { path: string; query: Parameters } {
  const place = "bounds" in image
    ? `bbox/${token}/${image.bounds.map((number) => finite(number, "bounds")).join(",")}`
    : `center/${token}/${finite(image.zoom, "zoom")}/${finite(image.center.lat, "center")}/${
      finite(image.center.lng, "center")
    }`;
  return { path: `static/${place}/${sizePart(image)}`, query: { layer: image.layer } };
}

/** Width, height and format as the end of a path. */
export function sizePart(
  { width, height, format = "png" }: {
    readonly width: number;
    readonly height: number;
    readonly format?: string | undefined;
  },
): string {
  for (const [name, value] of [["width", width], ["height", height]] as const) {
    if (!Number.isSafeInteger(value) || value < 1 || value > 8192) {
      throw new ArgumentError(
        `Cannot draw an image with ${name} ${value}: it is a whole number from 1 to 8192`,
        {
          argument: name,
        },
      );
    }
  }
  return `${width}/${height}.${checkWord("format", format, ["png", "jpg"])}`;
}

/** Refuses numbers that have no place in a path. */
export function finite(value: number, argument: string): number {
  if (Number.isFinite(value)) return value;
  throw new ArgumentError(`Cannot use ${value} as ${argument}: it is no finite number`, { argument });
}

/** An address for others: without a key unless one is wanted. */
export function mapUrl(
  requests: AccountRequests,
  path: string,
  query: Parameters,
  { withKey = false, authToken }: { withKey?: boolean | undefined; authToken?: string | undefined },
): string {
  const { apiKey, baseUrl } = requests.credentials;
  const parameters = new URLSearchParams();
  const all = { ...query, auth_token: authToken, api_key: withKey ? apiKey : undefined };
  for (const [name, value] of Object.entries(all)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  const search = parameters.toString();
  // Not through `URL`, which would encode the braces of a template
  return `${baseUrl}/api/v1/map/${path}${search === "" ? "" : `?${search}`}`;
}
