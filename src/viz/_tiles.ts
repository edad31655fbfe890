import { Credentials } from "../auth/credentials.ts";
import { ClassicClient } from "../classic/client.ts";
import { sql } from "../classic/sql_text.ts";
import { ArgumentError } from "../errors/carto_error.ts";
import { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { Column } from "../frame/column.ts";
import type { CellValue, Field } from "../frame/types.ts";
import { readCarto } from "../tables/read_carto.ts";
import { ColumnView } from "./_column_view.ts";
import { isByKind } from "./_compile_style.ts";
import { isPublic, type RemoteSource } from "./_read_source.ts";
import type { PageBounds, PageKind, PageTiles } from "./page/description.ts";
import type { Source } from "./source.ts";
import type { ColorValue, SizeValue, Style, StylesByKind } from "./styles/style.ts";

/** A source that stays on the server: its tiles, and what styles want to know of its columns. */
export interface TileSource {
  readonly page: PageTiles;
  /** What a column holds, as far as styles need it: few rows stand for all. */
  readonly view: (name: string) => ColumnView | undefined;
  /** The same style with breaks and categories told, for they cannot be found among few rows. */
  readonly settle: (style: Style | StylesByKind | undefined) => Style | StylesByKind | undefined;
}

/** Vector tiles of CARTO end here; beyond, the viewer enlarges them. */
const MAX_ZOOM = 18;
const LAYER = "layer0";
const ID = "cartodb_id";
/** No style names more categories. */
const MAX_CATEGORIES = 100;

/**
 * Describes a table or query as vector tiles of the Maps API. The server works out what the styles need; no row is read.
 *
 * @throws {ArgumentError} There is no key that may be in a page, or the one given is the master key
 * @throws {ResponseError} The key may not read the rows
 */
export async function tileSource(
  source: Source,
  remote: RemoteSource,
  needed: readonly string[],
  styles: readonly (Style | StylesByKind | undefined)[],
  signal: AbortSignal | undefined,
): Promise<TileSource> {
  const fields = needed.map((name) => remote.fields.find((field) => field.name === name) as Field);
  const statistics = new Statistics(source, remote, signal);
  const views = new Map<string, ColumnView>();
  const settled = new Map<Style | StylesByKind, Style | StylesByKind>();
  const place = await statistics.place();
  const named = styles.flatMap((style) => style === undefined ? [] : categoryColumns(style));
  for (const field of fields) {
    views.set(field.name, await statistics.view(field, named.includes(field.name)));
  }
  for (const style of styles) {
    if (style === undefined) continue;
    settled.set(style, await settleAny(style, statistics, fields));
  }
  const page: PageTiles = {
    type: "tiles",
    ...await publishable(source, tileConfig(remote, fields), signal),
    tileLayer: LAYER,
    minZoom: 0,
    maxZoom: MAX_ZOOM,
    ...place,
    columns: fields.map((field) => ({ name: field.name, kind: kindOf(field) })),
    attribution: "",
  };
  return {
    page,
    view: (name) => views.get(name),
    settle: (style) => style === undefined ? undefined : settled.get(style) ?? style,
  };
}

/** What a column is in a tile. */
function kindOf(field: Field): PageTiles["columns"][number]["kind"] {
  if (TIME.test(field.type)) return "time";
  return isScaled(field) ? "number" : field.type === "bool" ? "boolean" : "category";
}

const TIME = /^(?:date|time|timestamp|timestamptz)$/;

/** The map that the page asks for: the geometry, and the columns as tiles can carry them. */
function tileConfig({ query, geometry, fields: all }: RemoteSource, fields: readonly Field[]): string {
  // By its id the page knows a feature that lies in several tiles
  const id = fields.some(({ name }) => name === ID) ? [] : all.filter(({ name }) => name === ID);
  const columns = [...id, ...fields].map((field) => `${expression(field)} AS ${sql.id(field.name)}`);
  const place = `ST_Transform(${sql.id(geometry)}::geometry, 3857) AS the_geom_webmercator`;
  const text = `SELECT ${[place, ...columns].join(", ")} FROM (${query}) AS _source`;
  // Points are drawn each by itself, as they are where the rows lie in the page
  const options = { sql: text, aggregation: false };
  return JSON.stringify({ version: "1.8.0", layers: [{ id: LAYER, type: "mapnik", options }] });
}

/** A column as tiles can carry it: numbers, texts, booleans; times in milliseconds. */
function expression({ name, type }: Field): string {
  const id = sql.id(name);
  if (TIME.test(type)) return `(extract(epoch FROM ${id}) * 1000)::float8`;
  if (/^(?:float[48]|numeric)$/.test(type)) return `${id}::float8`;
  return /^(?:int[248]|bool)$/.test(type) ? `${id}` : `${id}::text`;
}

/** Where the map is made, with a key that may be seen by everybody. */
async function publishable(
  source: Source,
  config: string,
  signal: AbortSignal | undefined,
): Promise<Pick<PageTiles, "endpoint" | "apiKey" | "config">> {
  const { transport, mapsApiKey } = source.options;
  const credentials = source.credentials as Credentials;
  const apiKey = mapsApiKey ?? "default_public";
  if (mapsApiKey === undefined && !await isPublic(source, signal)) {
    throw new ArgumentError(
      "Cannot put the rows into a page as tiles: they are private, and no key is given",
      {
        argument: "mapsApiKey",
        hint:
          "Make a key that may read them and nothing else, with ClassicClient.apiKeys.create, and pass its token " +
          "as mapsApiKey: whoever sees the page can use it",
      },
    );
  }
  const { username, baseUrl, allowNonSecure } = credentials;
  const client = new ClassicClient(new Credentials({ username, baseUrl, apiKey, allowNonSecure }), transport);
  if (mapsApiKey !== undefined) await refuseMaster(client, mapsApiKey, signal);
  // Whether the key may read the rows is better known now than when the page is opened
  await client.maps.instantiate(JSON.parse(config), { signal });
  return { endpoint: `${baseUrl}/api/v1/map`, apiKey, config };
}

async function refuseMaster(
  client: ClassicClient,
  apiKey: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  for await (const { token, type } of client.apiKeys.list({ signal })) {
    if (token !== apiKey || type !== "master") continue;
    throw new ArgumentError(
      "Cannot put this key into a page: it is the master key, which may do everything",
      {
        argument: "mapsApiKey",
        hint: "Make a key that may read the rows and nothing else, with ClassicClient.apiKeys.create",
      },
    );
  }
}

/** Asks the server about the columns. */
class Statistics {
  readonly #remote: RemoteSource;
  readonly #options: Parameters<typeof readCarto>[1] & object;

  constructor({ options }: Source, remote: RemoteSource, signal: AbortSignal | undefined) {
    this.#remote = remote;
    this.#options = { credentials: options.credentials, transport: options.transport, signal };
  }

  /** The rows that a SELECT over the source gives. */
  async #ask(select: string, rest = ""): Promise<GeoDataFrame> {
    return await readCarto(`SELECT ${select} FROM (${this.#remote.query}) AS _source ${rest}`, this.#options);
  }

  /** What kind of geometry there is, and where. */
  async place(): Promise<{ kind: PageKind; bounds: PageBounds | null }> {
    const geometry = `${sql.id(this.#remote.geometry)}::geometry`;
    const box = `ST_Extent(ST_Transform(${geometry}, 4326))`;
    const sides = ["ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax"].map((side, i) =>
      `${side}(${box}) AS side${i}`
    );
    const frame = await this.#ask(`max(ST_Dimension(${geometry})) AS dimension, ${sides.join(", ")}`);
    const [row] = frame.toRows();
    const bounds = [row?.side0, row?.side1, row?.side2, row?.side3];
    const kind = (["point", "line", "polygon"] as const)[Number(row?.dimension ?? 0)] ?? "polygon";
    return {
      kind,
      bounds: bounds.includes(null) ? null : bounds.map(Number) as [number, number, number, number],
    };
  }

  /**
   * A column of few rows that has the same ends, gaps where the whole has some, and, for categories, more values than
   * a style can name.
   */
  async view(field: Field, isCategory: boolean): Promise<ColumnView> {
    const values = isCategory || !isScaled(field) ? await this.#frequent(field, MAX_CATEGORIES + 1) : [];
    if (!isScaled(field)) return viewOf(field, values);
    const { lo, hi, gaps } = await this.#figures(field, []);
    const some = [lo, hi, ...values].filter((value) => value !== null && value !== undefined).map(Number);
    return viewOf(field, [...some, ...Number(gaps) > 0 ? [null] : []]);
  }

  async #figures(field: Field, parts: readonly number[]): Promise<Record<string, CellValue>> {
    const value = `(${expression(field)})::float8`;
    const isNumber = `(${value} > '-Infinity' AND ${value} < 'Infinity')`;
    const quantiles = parts.map((part, i) =>
      `percentile_disc(${part}) WITHIN GROUP (ORDER BY ${value}) FILTER (WHERE ${isNumber}) AS q${i}`
    );
    const figures = ["min lo", "max hi", "avg mean", "stddev_pop deviation"].map((pair) => {
      const [name, alias] = pair.split(" ");
      return `${name}(${value}) FILTER (WHERE ${isNumber}) AS ${alias}`;
    });
    const gaps = `count(*) FILTER (WHERE ${value} IS NULL OR ${value} = 'NaN') AS gaps`;
    const frame = await this.#ask([...figures, gaps, ...quantiles].join(", "));
    return frame.toRows()[0] ?? {};
  }

  /** The most frequent values, null among them where there are gaps. */
  async #frequent(field: Field, count: number): Promise<CellValue[]> {
    const value = expression(field);
    const found = await this.#ask(
      `${value} AS value, count(*) AS n`,
      `WHERE ${sql.id(field.name)} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${count}`,
    );
    const gaps = await this.#ask("1 AS gap", `WHERE ${sql.id(field.name)} IS NULL LIMIT 1`);
    return [...found.column("value")].concat(gaps.numRows > 0 ? [null] : []);
  }

  /** Breaks of quantiles or of standard deviations. */
  async breaks(field: Field, method: "quantiles" | "stdev", bins: number): Promise<number[]> {
    const parts = method === "stdev" ? [] : Array.from({ length: bins - 1 }, (_, i) => (i + 1) / bins);
    const { lo, hi, mean, deviation, ...rest } = await this.#figures(field, parts);
    const all = method === "quantiles"
      ? parts.map((_, i) => Number(rest[`q${i}`]))
      : Array.from({ length: bins - 1 }, (_, i) => Number(mean) + (i + 1 - bins / 2) * Number(deviation));
    return [...new Set(all)].filter((value) => value > Number(lo) && value <= Number(hi)).sort((a, b) =>
      a - b
    );
  }

  /** The most frequent categories. */
  async top(field: Field, count: number): Promise<(string | number | boolean)[]> {
    const values = (await this.#frequent(field, count)).filter((value) => value !== null);
    return values.map((value) => typeof value === "bigint" ? exactNumber(value) : value as string | number);
  }
}

function exactNumber(value: bigint): string | number {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

/** The columns whose values a style names, or one within it. */
function categoryColumns(style: object): string[] {
  const { type, value } = style as { type?: unknown; value?: unknown };
  const own = typeof type === "string" && type.endsWith("-category") && typeof value === "string"
    ? [value]
    : [];
  const inner = Object.values(style).filter((each) => typeof each === "object" && each !== null);
  return [...own, ...inner.flatMap((each) => Array.isArray(each) ? [] : categoryColumns(each))];
}

function isScaled({ type }: Field): boolean {
  return TIME.test(type) || /^(?:int[248]|float[48]|numeric)$/.test(type);
}

/** Few values as a column of the kind that the whole has. */
function viewOf(field: Field, values: readonly CellValue[]): ColumnView {
  const type = isScaled(field) ? "float8" : field.type === "bool" ? "bool" : "text";
  const frame = GeoDataFrame.fromColumns({ value: values }, { types: { value: type } });
  const column: Column = frame.rename({ value: field.name }).column(field.name);
  return new ColumnView(column, undefined);
}

/** The style, or those by kind, with all that the server must work out. */
async function settleAny(
  style: Style | StylesByKind,
  statistics: Statistics,
  fields: readonly Field[],
): Promise<Style | StylesByKind> {
  if (!isByKind(style)) return await settleStyle(style, statistics, fields);
  const result: Record<string, Style> = {};
  for (const [kind, each] of Object.entries(style)) {
    if (each !== undefined) result[kind] = await settleStyle(each, statistics, fields);
  }
  return result as StylesByKind;
}

/** The style with all that the server must work out. */
async function settleStyle(style: Style, statistics: Statistics, fields: readonly Field[]): Promise<Style> {
  let result = style;
  const inner = style as { [K in "color" | "size" | "strokeColor" | "strokeWidth"]?: ColorValue | SizeValue };
  for (const prop of ["color", "size", "strokeColor", "strokeWidth"] as const) {
    const value = inner[prop];
    if (typeof value !== "object") continue;
    result = { ...result, [prop]: await settleStyle(value, statistics, fields) } as Style;
  }
  const field = "value" in style ? fields.find(({ name }) => name === style.value) : undefined;
  if (field === undefined) return result;
  if ((style.type === "color-bins" || style.type === "size-bins") && style.breaks === undefined) {
    const { method, bins } = style;
    // Equal intervals follow from the ends alone; a text is refused with its reason later
    if (method === "equal" || !isScaled(field)) return result;
    const breaks = await statistics.breaks(field, method, bins);
    return breaks.length === 0 ? result : { ...result, breaks } as Style;
  }
  if ((style.type === "color-category" || style.type === "size-category") && style.cat === undefined) {
    const cat = await statistics.top(field, style.top);
    return cat.length === 0 ? result : { ...result, cat } as Style;
  }
  return result;
}
