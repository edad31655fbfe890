import type { Account } from "../_handler.ts";
import { layerError, MapError } from "./map_error.ts";
import { isRecord } from "./templates.ts";

/** A layer of a map, its options still as they came. */
export interface MapLayer {
  /** The id that the configuration gives it. */
  readonly givenId: string | undefined;
  /** The id that answers tell: the given one, or one made of its kind and place. */
  readonly id: string;
  /** Its place among all layers. */
  readonly index: number;
  /** Its kind; `cartodb` is an old name of `mapnik`. */
  readonly type: string;
  /** What it draws and how. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** The configuration of a map, checked. */
export interface MapConfig {
  /** The digest that names it. */
  readonly id: string;
  /** The layers. */
  readonly layers: readonly MapLayer[];
  /** Whether it has only layers without a style. */
  readonly isVectorOnly: boolean;
  /** Pixels beyond the edge that a vector tile reaches. */
  readonly buffer: number;
  /** Steps across a vector tile. */
  readonly extent: number;
  /** The dataviews by name. */
  readonly dataviews: Readonly<Record<string, unknown>>;
}

const DEFAULT_EXTENT = 4096;
const PLACEMENTS = ["centroid", "point-grid", "point-sample"];
const FUNCTIONS = ["count", "avg", "sum", "min", "max", "mode"];

/**
 * Checks a configuration whose named layers and analyses have been put in.
 *
 * @param identity What the map is made of, from which its id is digested
 * @throws {MapError} When it is no map
 */
export async function readMapConfig(
  account: Account,
  config: Readonly<Record<string, unknown>>,
  identity: unknown,
): Promise<MapConfig> {
  const version = config.version ?? "1.0.0";
  if (!/^1\.[0-8]\.\d+$/.test(String(version)) || /^1\.8\.[1-9]/.test(String(version))) {
    throw new MapError(`Unsupported layergroup configuration version ${version}`);
  }
  if (!Array.isArray(config.layers)) throw new MapError("Missing layers array from layergroup config");
  const layers = readLayers(config.layers);
  for (const layer of layers) checkAggregation(layer);
  const buffers = isRecord(config.buffersize) ? config.buffersize : {};
  for (const [format, size] of Object.entries(buffers)) {
    if (!Number.isFinite(size)) throw new MapError(`Buffer size of format "${format}" must be a number`);
  }
  return {
    id: (await digest("SHA-256", JSON.stringify([account.username, identity]))).slice(0, 32),
    layers,
    isVectorOnly: layers.length > 0 && layers.every(isVector),
    buffer: typeof buffers.mvt === "number" ? buffers.mvt : 0,
    extent: readExtent(layers),
    dataviews: isRecord(config.dataviews) ? config.dataviews : {},
  };
}

function readLayers(given: readonly unknown[]): MapLayer[] {
  const counts = new Map<string, number>();
  return given.map((layer, index) => {
    if (!isRecord(layer) || !isRecord(layer.options)) {
      throw new MapError(`Missing options from layer ${index} of layergroup config`);
    }
    const type = layer.type === undefined || layer.type === "cartodb" ? "mapnik" : String(layer.type);
    const number = counts.get(type) ?? 0;
    counts.set(type, number + 1);
    const givenId = typeof layer.id === "string" ? layer.id : undefined;
    const id = givenId ?? (type === "mapnik" ? `layer${number}` : `${type}-layer${number}`);
    return { givenId, id, index, type, options: layer.options };
  });
}

/** Whether a layer has rows and no style. */
export function isVector({ type, options }: MapLayer): boolean {
  return type === "mapnik" && typeof options.sql === "string" && options.cartocss === undefined &&
    options.cartocss_version === undefined;
}

/** How a layer is named in errors. */
export function layerContext({ id, index, type }: MapLayer): { id: string; index: number; type: string } {
  return { id, index, type };
}

function readExtent(layers: readonly MapLayer[]): number {
  const given = new Set(layers.map(({ options }) => options.vector_extent ?? DEFAULT_EXTENT));
  if (given.size > 1) throw new MapError(`Multiple extent values in mapConfig (${[...given].join(",")})`);
  const extent = Number([...given][0] ?? DEFAULT_EXTENT);
  if (Number.isInteger(extent) && extent >= 1 && extent < 2 ** 31) return extent;
  throw new MapError(`Invalid vector_extent. Must be between 1 and ${2 ** 31 - 1}`);
}

function checkAggregation(layer: MapLayer): void {
  const { aggregation } = layer.options;
  if (!isRecord(aggregation)) return;
  const { resolution, threshold, placement, columns } = aggregation;
  for (const [name, value] of Object.entries({ resolution, threshold })) {
    if (value !== undefined && !(typeof value === "number" && value > 0)) {
      throw layerError(`Invalid ${name}, should be a number greather than 0`, layerContext(layer));
    }
  }
  if (placement !== undefined && !PLACEMENTS.includes(String(placement))) {
    throw layerError(`Invalid placement. Valid values: ${PLACEMENTS.join(", ")}`, layerContext(layer));
  }
  for (const column of Object.values(isRecord(columns) ? columns : {})) {
    const name = isRecord(column) ? column.aggregate_function : undefined;
    if (!FUNCTIONS.includes(String(name))) {
      throw layerError(
        `Unsupported aggregation function ${name}, valid ones: ${FUNCTIONS.join(", ")}`,
        layerContext(layer),
      );
    }
  }
}

const encoder = new TextEncoder();

/** The hexadecimal digits of a text's digest. */
export async function digest(algorithm: "SHA-1" | "SHA-256", text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest(algorithm, encoder.encode(text))).toHex();
}
