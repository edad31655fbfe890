// Subscriptions and downloads: what an account has of the Data Observatory.
import { ClassicClient } from "../classic/client.ts";
import type { DataObservatoryApi, ObservatoryType } from "../classic/data_observatory.ts";
import { ArgumentError, CartoError, isCartoError } from "../errors/carto_error.ts";
import { writeWhole } from "../permissions/_write_whole.ts";
import { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { ColumnType } from "../frame/types.ts";
import { retell } from "../tables/_retell.ts";
import type { CatalogEntity } from "./catalog_entity.ts";
import type {
  DatasetDownloadOptions,
  DownloadOptions,
  ObservatoryOptions,
  SubscribeOptions,
} from "./observatory_options.ts";
import { SubscriptionInfo } from "./subscription_info.ts";

/** A dataset or geography that can be had. */
export interface Product extends CatalogEntity {
  readonly isPublicData: boolean;
}

/** How the data are called in messages. */
function nameOf({ slug, id }: Product): string {
  return slug ?? id;
}

function apiOf({ credentials, transport }: ObservatoryOptions): DataObservatoryApi {
  return new ClassicClient(credentials, transport).dataObservatory;
}

/** Tells that an account has no Data Observatory, which servers call an error of their own. */
async function asking<T>(operation: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (isCartoError(error) && /Data Observatory enabled/i.test(error.message)) {
      throw new CartoError("access-denied", `Cannot ${operation}: the account has no Data Observatory`, {
        hint: "Ask CARTO to enable it for the account",
        cause: error,
      });
    }
    throw retell(error, operation);
  }
}

/** The ids of the subscriptions that can be used now. */
export async function activeIds(
  options: ObservatoryOptions,
): Promise<{ dataset: string[]; geography: string[] }> {
  const ids = { dataset: [] as string[], geography: [] as string[] };
  await asking("list the subscriptions", async () => {
    for await (const { id, type, status } of apiOf(options).subscriptions({ signal: options.signal })) {
      if (status === "active" && (type === "dataset" || type === "geography")) ids[type].push(id);
    }
  });
  return ids;
}

/** Whether an account may use the data. */
export async function isSubscribed(
  product: Product,
  type: ObservatoryType,
  options: ObservatoryOptions,
): Promise<boolean> {
  return product.isPublicData || (await activeIds(options))[type].includes(product.id);
}

/** The conditions. */
export async function subscriptionInfo(
  product: Product,
  type: ObservatoryType,
  options: ObservatoryOptions,
): Promise<SubscriptionInfo> {
  const { signal } = options;
  return await asking(
    `read the conditions of ${type} "${nameOf(product)}"`,
    async () => new SubscriptionInfo(await apiOf(options).subscriptionInfo(product.id, type, { signal })),
  );
}

/** Orders the data, when the conditions are accepted; false when they are not, or the data were there already. */
export async function subscribe(
  product: Product,
  type: ObservatoryType,
  options: SubscribeOptions,
): Promise<boolean> {
  const { signal } = options;
  const name = `${type} "${nameOf(product)}"`;
  if ((await activeIds(options))[type].includes(product.id)) return false;
  const info = await subscriptionInfo(product, type, options);
  if (!isAccepted(options.accept, name, info)) return false;
  await asking(`subscribe to ${name}`, () => apiOf(options).subscribe(product.id, type, { signal }));
  return true;
}

function isAccepted(accept: boolean | undefined, name: string, info: SubscriptionInfo): boolean {
  if (accept !== undefined) return accept;
  if (!Deno.stdin.isTerminal()) {
    throw new ArgumentError(`Cannot subscribe to ${name}: nobody is there to accept the conditions`, {
      argument: "accept",
      hint: "Read them with subscriptionInfo(), then pass { accept: true }",
    });
  }
  return confirm(`Subscribe to ${name}?\n${info}\n`);
}

/** The rows as CSV. */
async function download(
  product: Product,
  type: ObservatoryType,
  options: DatasetDownloadOptions,
): Promise<ReadableStream<Uint8Array>> {
  const { limit, orderBy, addGeom, signal } = options;
  const name = `${type} "${nameOf(product)}"`;
  const sqlQuery = partQuery(type, options);
  if (!await isSubscribed(product, type, options)) {
    throw new CartoError("access-denied", `Cannot download ${name}: the account has not subscribed to it`, {
      hint: "Subscribe first: subscribe()",
    });
  }
  return await asking(`download ${name}`, () =>
    apiOf(options).download(product.id, {
      limit,
      orderBy,
      sqlQuery,
      addGeom,
      ...(sqlQuery === undefined ? {} : { isGeography: type === "geography" }),
      signal,
    }));
}

/** The query for a part of the data; undefined for all of it. */
function partQuery(type: ObservatoryType, options: DownloadOptions): string | undefined {
  const { sqlQuery, columns, filter, bounds } = options;
  if (columns === undefined && filter === undefined && bounds === undefined) return sqlQuery;
  if (sqlQuery !== undefined) {
    throw new ArgumentError("Cannot use sqlQuery together with columns, filter or bounds", {
      argument: "sqlQuery",
      hint: "Put all of it into the query",
    });
  }
  const wrong = columns?.find((column) => !/^[A-Za-z_]\w*$/.test(column));
  if (wrong !== undefined || columns?.length === 0) {
    throw new ArgumentError(
      wrong === undefined
        ? "Cannot download no columns at all"
        : `Cannot download column "${wrong}": it is no column's name`,
      {
        argument: "columns",
        hint: "Name some of the columns, or leave columns out for all; a sqlQuery may compute others",
      },
    );
  }
  const conditions = filter === undefined ? [] : [`(${filter})`];
  if (bounds !== undefined) conditions.push(boundsCondition(type, bounds));
  const from = type === "dataset" ? "$dataset$" : "$geography$";
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  return `SELECT ${columns?.join(", ") ?? "*"} FROM ${from}${where}`;
}

function boundsCondition(type: ObservatoryType, bounds: readonly number[]): string {
  const [west = NaN, south = NaN, east = NaN, north = NaN] = bounds;
  if (![west, south, east, north].every(Number.isFinite) || west >= east || south >= north) {
    throw new ArgumentError("Cannot use these bounds: they are not west, south, east, north in degrees", {
      argument: "bounds",
      hint:
        "Give west < east and south < north, such as [-4, 40, -3, 41]; for an area across 180 degrees ask twice",
    });
  }
  const box =
    `POLYGON((${west} ${south}, ${east} ${south}, ${east} ${north}, ${west} ${north}, ${west} ${south}))`;
  const meets = `ST_Intersects(geom, ST_GeogFromText('${box}'))`;
  return type === "geography" ? meets : `geoid IN (SELECT geoid FROM $geography$ WHERE ${meets})`;
}

/** Writes the rows into a file: all of them, or no file. */
export async function toCsv(
  product: Product,
  type: ObservatoryType,
  path: string | URL,
  options: DatasetDownloadOptions,
): Promise<void> {
  const stream = await download(product, type, options);
  const operation = `download ${type} "${nameOf(product)}"`;
  try {
    await writeWhole(path, String(path), told(stream, operation));
  } catch (error) {
    // Where the file may not be written, nobody has read a chunk
    await stream.cancel().catch(() => {});
    throw error;
  }
}

/** The chunks; a connection that is cut midway is told as an error of the download. */
async function* told(stream: ReadableStream<Uint8Array>, operation: string): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    throw retell(error, operation);
  }
}

/** The types that the catalogue names, as those of columns. */
export const COLUMN_TYPES: Readonly<Record<string, ColumnType>> = {
  STRING: "text",
  INTEGER: "int8",
  INT64: "int8",
  FLOAT: "float8",
  FLOAT64: "float8",
  BOOLEAN: "bool",
  BOOL: "bool",
  DATE: "date",
};

/** The rows as a frame; a column `geom` is the geometry. */
export async function toDataFrame(
  product: Product,
  type: ObservatoryType,
  options: DatasetDownloadOptions,
  variables: readonly CatalogEntity[] = [],
): Promise<GeoDataFrame> {
  const stream = told(await download(product, type, options), `download ${type} "${nameOf(product)}"`);
  const types: Record<string, ColumnType> = { geoid: "text" };
  for (const { data } of variables) {
    const known = COLUMN_TYPES[String(data.db_type)];
    // A query of one's own may call anything by a column's name; a text is always one.
    if (known !== undefined && (options.sqlQuery === undefined || known === "text")) {
      types[String(data.column_name)] = known;
    }
  }
  const frame = await readCsv(stream, (name) => types[name]);
  if (!frame.hasColumn("geom")) return frame;
  return frame.setGeometry("geom", { srid: 4326, drop: true }).rename({ geometry: "geom" });
}

/** Reads CSV whose columns' types are told by their names; the others are guessed. */
export async function readCsv(
  stream: AsyncIterable<Uint8Array>,
  typeOf: (name: string) => ColumnType | undefined,
): Promise<GeoDataFrame> {
  const { names, all } = await readHeader(stream);
  const known = names.map((name) => [name, typeOf(name)] as const)
    .filter((item): item is readonly [string, ColumnType] => item[1] !== undefined);
  return await GeoDataFrame.fromCSVStream(all, { types: Object.fromEntries(known), srid: 4326 });
}

/** The names of the columns, and the chunks as they were. */
async function readHeader(
  stream: AsyncIterable<Uint8Array>,
): Promise<{ names: string[]; all: AsyncIterable<Uint8Array> }> {
  const chunks = stream[Symbol.asyncIterator]();
  const decoder = new TextDecoder();
  const read: Uint8Array[] = [];
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await chunks.next();
    if (done) break;
    read.push(value);
    text += decoder.decode(value, { stream: true });
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* read;
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
    } finally {
      await chunks.return?.();
    }
  }
  const [line = ""] = text.split(/\r?\n/, 1);
  return { names: line.split(",").map((name) => name.replace(/^"(.*)"$/s, "$1")), all: all() };
}
