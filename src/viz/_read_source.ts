import { Credentials } from "../auth/credentials.ts";
import { sql } from "../classic/sql_text.ts";
import { ArgumentError, isCartoError } from "../errors/carto_error.ts";
import type { Column } from "../frame/column.ts";
import { frameInWgs84 } from "../frame/files/_to_wgs84.ts";
import { readFile } from "../frame/files/read_file.ts";
import { type FrameInput, toGeoDataFrame } from "../frame/from_any.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { Field } from "../frame/types.ts";
import { getTableNames, hasTable } from "../tables/manage_tables.ts";
import { readCartoBatches } from "../tables/read_carto_batches.ts";
import { parseSource, resolvePlatform, sourceName, sourceSql } from "../tables/_arguments.ts";
import type { Source, SourceInput } from "./source.ts";

/** The most rows of a table or query that go into a page when nobody says how many. */
const MAX_ROWS = 200_000;

/** What a source holds, in longitude and latitude. */
export interface SourceFrame {
  readonly frame: GeoDataFrame;
  readonly geometry: Column;
}

/**
 * Reads a frame or file.
 *
 * @throws {ArgumentError} There is no geometry
 */
export async function readLocal(source: Source, signal: AbortSignal | undefined): Promise<SourceFrame> {
  signal?.throwIfAborted();
  const { geomCol, file } = source.options;
  const { input, kind } = source;
  const frame = kind === "file"
    ? await readFile(input as string | URL, {
      ...file,
      ...(geomCol === undefined ? {} : { geometryColumn: geomCol }),
      signal,
    })
    : toGeoDataFrame(input as FrameInput);
  const result = await inDegrees(withGeometry(frame, geomCol));
  signal?.throwIfAborted();
  return result;
}

async function inDegrees(frame: GeoDataFrame): Promise<SourceFrame> {
  const result = await frameInWgs84(frame, "the source");
  return { frame: result, geometry: result.geometry as Column };
}

/** The frame with its geometry set. */
function withGeometry(frame: GeoDataFrame, geomCol: string | undefined): GeoDataFrame {
  if (geomCol === undefined ? frame.hasGeometry() : frame.geometryColumn === geomCol) return frame;
  if (geomCol === undefined) {
    throw new ArgumentError(
      "No valid geometry found. Please provide an input source with a valid geometry " +
        'or specify the "geomCol" param with a geometry column.',
      {
        argument: "source",
        hint: 'Or make points of two columns first: frame.setGeometryFromXY("lng", "lat")',
      },
    );
  }
  if (!frame.hasColumn(geomCol)) throw noColumn(geomCol, "geomCol", frame.columnNames);
  const column = frame.column(geomCol);
  // NaN stands for no geometry, as in frames of pandas
  const values = [...column].map((value) => typeof value === "number" && Number.isNaN(value) ? null : value);
  return frame.setGeometry(/^geo/.test(column.type) ? geomCol : values, { name: geomCol });
}

/** The error for a column that is not there. */
export function noColumn(name: string, argument: string, names: readonly string[]): ArgumentError {
  return new ArgumentError(`Column "${name}" does not exist`, {
    argument,
    hint: `The columns are ${names.slice(0, 20).map((each) => `"${each}"`).join(", ")}`,
  });
}

/** A table or query, looked at but not read. */
export interface RemoteSource {
  /** What it is called in messages. */
  readonly named: string;
  /** The rows as a query of its own. */
  readonly query: string;
  readonly fields: readonly Field[];
  /** The geometry column. */
  readonly geometry: string;
}

/** Looks at a table or query: its columns, and which of them is the geometry. */
export async function lookAt(
  { input, options }: Source,
  needed: readonly string[],
  signal: AbortSignal | undefined,
): Promise<RemoteSource> {
  const { credentials, transport, geomCol, schema } = options;
  const source = parseSource(input, schema);
  const named = sourceName(source);
  const call = { operation: `make a map of ${named}`, signal };
  const fields = await (await resolvePlatform({ credentials, transport, signal })).describe(source, call);
  const names = fields.map(({ name }) => name);
  for (const name of needed) if (!names.includes(name)) throw noColumn(name, "value", names);
  const geometries = fields.filter(isGeometry).map(({ name }) => name);
  const geometry = geomCol ?? (geometries.includes("the_geom") ? "the_geom" : geometries[0]);
  if (geometry === undefined) throw noGeometry(named);
  if (!names.includes(geometry)) throw noColumn(geometry, "geomCol", names);
  return { named, query: sourceSql(source), fields, geometry };
}

function isGeometry({ type }: Field): boolean {
  return type === "geometry" || type === "geography";
}

/** The rows of a table or query, only the columns needed; undefined where there are more rows than a page should hold. */
export async function readRemote(
  { options }: Source,
  { query, geometry, fields }: RemoteSource,
  needed: readonly string[],
  signal: AbortSignal | undefined,
): Promise<SourceFrame | undefined> {
  const { credentials, transport, maxRows = MAX_ROWS } = options;
  const columns = [...new Set([geometry, ...needed])].map((name) => sql.id(name)).join(", ");
  const batches: GeoDataFrame[] = [];
  let rows = 0;
  const read = readCartoBatches(`SELECT ${columns} FROM (${query}) AS _source`, {
    credentials,
    transport,
    signal,
    limit: maxRows + 1,
    batchRows: 65_536,
  });
  for await (const batch of read) {
    batches.push(batch);
    rows += batch.numRows;
  }
  if (rows > maxRows) return undefined;
  const [first, ...others] = batches;
  const frame = (first as GeoDataFrame).concat(...others);
  const isThere = fields.some((field) => field.name === geometry && isGeometry(field));
  return await inDegrees(
    isThere ? frame.setGeometry(geometry, { name: geometry }) : withGeometry(frame, geometry),
  );
}

function noGeometry(named: string): ArgumentError {
  return new ArgumentError(`Cannot make a map of ${named}: it has no geometry column`, {
    argument: "source",
    hint: 'Select a geometry, or name the column that holds one: { geomCol: "…" }',
  });
}

/** The same account with the key that everybody has. */
function publicCredentials(credentials: Credentials | undefined): Credentials {
  return new Credentials({
    username: credentials?.username,
    baseUrl: credentials?.baseUrl,
    apiKey: "default_public",
    allowNonSecure: credentials?.allowNonSecure,
  });
}

/** Whether a table or query can be read with the key that everybody has. */
export async function isPublic(
  { input, options }: Source,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { transport, schema } = options;
  try {
    return await hasTable(input as string, {
      credentials: publicCredentials(options.credentials),
      transport,
      schema,
      signal,
    });
  } catch (error) {
    if (isCartoError(error) && /^(?:access-denied|unauthorized)$/.test(error.code)) return false;
    throw error;
  }
}

/** The tables behind a source. */
export async function tableNames(
  { kind, input, options }: Source,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const { credentials, transport } = options;
  if (kind === "table") return [input as Extract<SourceInput, string>];
  return await getTableNames(input as string, { credentials, transport, signal });
}
