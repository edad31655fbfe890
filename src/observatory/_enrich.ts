import type { Credentials } from "../auth/credentials.ts";
import { ClassicClient } from "../classic/client.ts";
import { ArgumentError, isCartoError } from "../errors/carto_error.ts";
import { gatherData } from "../frame/_data.ts";
import { columnOf, dataOf } from "../frame/column.ts";
import { type FrameInput, toGeoDataFrame } from "../frame/from_any.ts";
import { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { Geometry } from "../frame/geometry/geometry.ts";
import type { ColumnType } from "../frame/types.ts";
import type { TransportOptions } from "../http/transport.ts";
import { reasonOf } from "../tables/_retell.ts";
import { getEntities } from "./_catalog.ts";
import { COLUMN_TYPES, readCsv } from "./_products.ts";
import { EnrichmentError } from "./enrichment_error.ts";
import type { EnrichmentAggregation, EnrichmentVariable, PolygonEnrichmentOptions } from "./enrichment.ts";
import type { Variable } from "./variable.ts";

const ID = "__enrichment_id";
const GEOMETRY = "__geom_column";
/** Seconds that the uploaded rows are kept. */
const TTL_SECONDS = 3600;

/** What `Enrichment.enrichPoints` and `enrichPolygons` do. */
export async function enrich(
  type: "points" | "polygons",
  data: FrameInput,
  variables: EnrichmentVariable | readonly EnrichmentVariable[],
  options: PolygonEnrichmentOptions,
  credentials: Credentials | undefined,
  transport: TransportOptions | undefined,
): Promise<GeoDataFrame> {
  const ids = idsOf(variables);
  const { signal, aggregation = "default" } = options;
  checkTexts("filters", 'conditions such as "> 30"', options.filters);
  if (aggregation !== null && typeof aggregation !== "string") {
    checkTexts("aggregation", 'functions such as "SUM"', aggregation);
  }
  signal?.throwIfAborted();
  const frame = geometryOf(data, options.geomCol);
  checkShapes(type, frame);
  const client = new ClassicClient(credentials, transport);
  // What a variable holds tells the type of its figures; a catalogue that cannot be asked leaves them to be guessed.
  const known = await getEntities("variables", ids, { credentials, transport, signal }).catch(() => []);
  signal?.throwIfAborted();
  const table = `temp_${crypto.randomUUID().replaceAll("-", "")}`;
  const figures = await enriching(type, async () => {
    const stream = await run(client, type, frame, ids, table, options);
    return await readCsv(stream, (name) => typeOf(name, known, type === "points" ? null : aggregation));
  });
  return join(frame, figures);
}

/** Checks what is given by variable: a text, or a list of texts. */
function checkTexts(argument: string, what: string, given: unknown): void {
  if (given === undefined) return;
  const isText = (value: unknown) => typeof value === "string" && value !== "";
  const isUsable = typeof given === "object" && given !== null && !Array.isArray(given) &&
    Object.values(given).every((value) => Array.isArray(value) ? value.every(isText) : isText(value));
  if (isUsable) return;
  throw new ArgumentError(`Cannot enrich: ${argument} must give texts by the ids of variables`, {
    argument,
    hint: `Give ${what}, or lists of them, as in { [variable.id]: … }`,
  });
}

function idsOf(variables: EnrichmentVariable | readonly EnrichmentVariable[]): string[] {
  const ids = [variables].flat().map((variable) => typeof variable === "string" ? variable : variable?.id);
  if (ids.length > 0 && ids.every((id) => typeof id === "string" && id !== "")) return ids;
  throw new ArgumentError("Cannot enrich: give variables, their ids or their short names", {
    argument: "variables",
    hint: "Find some with new Catalog().country(…).variables()",
  });
}

function geometryOf(data: FrameInput, geomCol: string | undefined): GeoDataFrame {
  const given = toGeoDataFrame(data);
  const frame = geomCol === undefined ? given : given.setGeometry(geomCol);
  if (frame.hasGeometry()) return frame;
  throw new ArgumentError("Cannot enrich: the data have no geometry", {
    argument: "geomCol",
    hint: 'Name the geometry column as geomCol, or make one: frame.setGeometryFromXY("lng", "lat")',
  });
}

/** Points lie in one area, polygons meet several: which of them is asked for must be what the data have, in degrees. */
function checkShapes(type: "points" | "polygons", frame: GeoDataFrame): void {
  const fits = type === "points" ? /^(?:Multi)?Point$/ : /^(?:Multi)?Polygon$/;
  const srid = frame.srid ?? 4326;
  let row = 0;
  for (const value of frame.geometry ?? []) {
    row++;
    if (value === null) continue;
    const found = (value as Geometry).type;
    if (!fits.test(found)) {
      throw new ArgumentError(`Cannot enrich the ${type}: row ${row} has a ${found}`, {
        argument: "data",
        hint: /Point$/.test(found)
          ? "Points are enriched with enrichPoints"
          : /Polygon$/.test(found)
          ? "Polygons are enriched with enrichPolygons"
          : "Only points and polygons can be enriched",
      });
    }
    inDegrees(value as Geometry, srid);
  }
}

/**
 * A geometry as the service takes it.
 *
 * @throws {UnsupportedError} Its coordinate system is not known
 */
function inDegrees(geometry: Geometry, srid: number): Geometry {
  return geometry.withSrid(geometry.srid === 0 ? srid : geometry.srid).toWgs84();
}

/** Uploads the geometries, has them enriched, and downloads the figures by row. */
async function run(
  client: ClassicClient,
  type: "points" | "polygons",
  frame: GeoDataFrame,
  variables: readonly string[],
  table: string,
  options: PolygonEnrichmentOptions,
): Promise<ReadableStream<Uint8Array>> {
  const { dataObservatory: api } = client;
  const { signal, onProgress } = options;
  onProgress?.({ phase: "upload" });
  const schema = [{ name: ID, type: "INT64" }, { name: GEOMETRY, type: "GEOGRAPHY" }];
  await api.createTable({ id: table, schema, ttlSeconds: TTL_SECONDS }, { signal });
  await api.upload(table, () => ReadableStream.from(csvOf(frame)), { geomColumn: GEOMETRY, signal });
  onProgress?.({ phase: "import" });
  await api.waitForImport(table, await api.startImport(table, { signal }), { signal });
  onProgress?.({ phase: "enrich" });
  const output = `${table}_result`;
  const job = await api.enrich({
    type,
    input: table,
    variables,
    filters: options.filters,
    aggregation: type === "points" ? "default" : options.aggregation,
    output,
  }, { signal });
  await api.waitForEnrichment(job, { signal });
  onProgress?.({ phase: "download" });
  return await api.download(output, { signal });
}

/** The geometries as the service takes them: CSV with WKT. */
function* csvOf(frame: GeoDataFrame): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  let text = `${ID},${GEOMETRY}\n`;
  let row = 0;
  const srid = frame.srid ?? 4326;
  for (const value of frame.geometry ?? []) {
    if (value !== null) {
      const wkt = inDegrees(value as Geometry, srid).toWkt();
      text += `${row},${/[",]/.test(wkt) ? `"${wkt}"` : wkt}\n`;
    }
    row++;
    if (text.length > 65_536) {
      yield encoder.encode(text);
      text = "";
    }
  }
  yield encoder.encode(text);
}

/** The type of a column of the result: that of its variable, or of what a function makes of it. */
function typeOf(
  name: string,
  variables: readonly Variable[],
  aggregation: EnrichmentAggregation,
): ColumnType | undefined {
  if (name === ID) return "int4";
  if (name.startsWith("do_")) return "float8";
  const variable = variables.find(({ columnName }) => name === columnName) ??
    variables.find(({ columnName }) => columnName !== null && name.endsWith(`_${columnName}`));
  const own = COLUMN_TYPES[variable?.dbType ?? ""];
  if (own === undefined || variable === undefined || aggregation === null) return own;
  const prefix = name === variable.columnName
    ? undefined
    : name.slice(0, -(variable.columnName?.length ?? 0) - 1);
  const given = typeof aggregation === "object"
    ? aggregation[variable.id] ?? aggregation[variable.slug ?? ""]
    : aggregation;
  const method = prefix ?? (given === undefined || given === "default" ? variable.aggMethod : String(given));
  if (/^(?:sum|avg)$/i.test(method ?? "")) return "float8";
  if (/^count$/i.test(method ?? "")) return "int8";
  return /^(?:min|max)$/i.test(method ?? "") ? own : "text";
}

/** The data's rows in their order, each with the figures that belong to it. */
function join(frame: GeoDataFrame, result: GeoDataFrame): GeoDataFrame {
  const rows = new Map<number, number[]>();
  let at = 0;
  for (const id of result.column(ID)) {
    const own = rows.get(Number(id));
    if (own === undefined) rows.set(Number(id), [at]);
    else own.push(at);
    at++;
  }
  const left: number[] = [];
  const right: number[] = [];
  for (let row = 0; row < frame.numRows; row++) {
    // One row more than the result has is the row of nulls.
    for (const match of rows.get(row) ?? [result.numRows]) {
      left.push(row);
      right.push(match);
    }
  }
  const figures = result.drop(ID);
  const names = new Set(frame.columnNames);
  const taken = frame.columns.map((column) =>
    columnOf(column.field, gatherData(dataOf(column), left), column.int8AsNumber)
  );
  const added = figures.numColumns === 0 ? [] : withNullRow(figures).columns.map((column) => {
    const name = freeName(column.name, names);
    names.add(name);
    return columnOf({ ...column.field, name }, gatherData(dataOf(column), right), column.int8AsNumber);
  });
  const { geometryColumn } = frame;
  return new GeoDataFrame([...taken, ...added], geometryColumn === undefined ? {} : { geometryColumn });
}

/** A name that no column has: the first of `name`, `name_1`, `name_2` … */
function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 1; taken.has(free); number++) free = `${name}_${number}`;
  return free;
}

function withNullRow(frame: GeoDataFrame): GeoDataFrame {
  const types = Object.fromEntries(frame.columns.map(({ name, type }) => [name, type]));
  const nulls = Object.fromEntries(frame.columnNames.map((name) => [name, [null]]));
  return frame.concat(GeoDataFrame.fromColumns(nulls, { types }));
}

async function enriching<T>(type: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!isCartoError(error) || error instanceof ArgumentError) throw error;
    throw new EnrichmentError(error.code, `Cannot enrich the ${type}: ${reasonOf(error)}`, {
      hint: error.hint,
      cause: error,
    });
  }
}
