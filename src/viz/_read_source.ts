import { Credentials } from "../auth/credentials.ts";
import { sql } from "../classic/sql_text.ts";
import { ArgumentError, isCartoError, UnsupportedError } from "../errors/mod.ts";
import type { Column } from "../frame/column.ts";
import { frameInWgs84 } from "../frame/files/_to_wgs84.ts";
import { readFile } from "../frame/files/read_file.ts";
import { type FrameInput, toGeoDataFrame } from "../frame/from_any.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { getTableNames } from "../tables/get_table_names.ts";
import { hasTable } from "../tables/has_table.ts";
import { readCartoBatches } from "../tables/read_carto_batches.ts";
import { parseSource, sourceName, sourceSql } from "../tables/_source.ts";
import { resolvePlatform } from "../tables/_resolve_platform.ts";
import type { Source, SourceInput } from "./source.ts";

/** The most rows of a table or query that go into a page when nobody says how many. */
const MAX_ROWS = 200_000;

/** What a source holds, in longitude and latitude. */
export interface SourceFrame {
  readonly frame: GeoDataFrame;
  readonly geometry: Column;
}

/**
 * Reads a source: of tables and queries the columns that are needed, and no more rows than a page should hold.
 *
 * @throws {ArgumentError} There is no geometry, or a column does not exist
 */
export async function readSource(
  source: Source,
  needed: readonly string[],
  signal: AbortSignal | undefined,
): Promise<SourceFrame> {
  signal?.throwIfAborted();
  const { geomCol } = source.options;
  const read = source.isLocal() ? await readLocal(source, signal) : await readRemote(source, needed, signal);
  const named = withGeometry(read, geomCol);
  const frame = await frameInWgs84(named, "the source");
  signal?.throwIfAborted();
  return { frame, geometry: frame.geometry as Column };
}

async function readLocal(
  { kind, input, options }: Source,
  signal: AbortSignal | undefined,
): Promise<GeoDataFrame> {
  const { geomCol, file } = options;
  if (kind === "file") {
    return await readFile(input as string | URL, {
      ...file,
      ...(geomCol === undefined ? {} : { geometryColumn: geomCol }),
      signal,
    });
  }
  // A geometry that is named may be told in any way, in a frame as well as in rows
  return toGeoDataFrame(input as FrameInput);
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

async function readRemote(
  { input, options }: Source,
  needed: readonly string[],
  signal: AbortSignal | undefined,
): Promise<GeoDataFrame> {
  const { credentials, transport, geomCol, schema, maxRows = MAX_ROWS } = options;
  const common = { credentials, transport, signal };
  const source = parseSource(input, schema);
  const operation = `make a map of ${sourceName(source)}`;
  const fields = await (await resolvePlatform(common)).describe(source, { operation, signal });
  const names = fields.map(({ name }) => name);
  for (const name of needed) if (!names.includes(name)) throw noColumn(name, "value", names);
  const geometries = fields.filter(({ type }) => type === "geometry" || type === "geography").map((
    { name },
  ) => name);
  const geometry = geomCol ?? (geometries.includes("the_geom") ? "the_geom" : geometries[0]);
  if (geometry === undefined) throw noGeometry(sourceName(source));
  if (!names.includes(geometry)) throw noColumn(geometry, "geomCol", names);
  const columns = [...new Set([geometry, ...needed])].map((name) => sql.id(name)).join(", ");
  const batches: GeoDataFrame[] = [];
  let rows = 0;
  const query = `SELECT ${columns} FROM (${sourceSql(source)}) AS _source`;
  for await (
    const batch of readCartoBatches(query, { ...common, limit: maxRows + 1, batchRows: 65_536 })
  ) {
    batches.push(batch);
    rows += batch.numRows;
  }
  if (rows > maxRows) throw tooLarge(sourceName(source), maxRows);
  const [first, ...others] = batches;
  const frame = (first as GeoDataFrame).concat(...others);
  return frame.geometryColumn === geometry || !geometries.includes(geometry)
    ? frame
    : frame.setGeometry(geometry, { name: geometry });
}

function noGeometry(named: string): ArgumentError {
  return new ArgumentError(`Cannot make a map of ${named}: it has no geometry column`, {
    argument: "source",
    hint: 'Select a geometry, or name the column that holds one: { geomCol: "…" }',
  });
}

function tooLarge(named: string, maxRows: number): UnsupportedError {
  return new UnsupportedError(
    `Cannot put ${named} into a page: it has more than ${maxRows.toLocaleString("en")} rows`,
    { hint: "Aggregate or filter it in SQL, or raise `maxRows`" },
  );
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
export async function isPublic({ input, options }: Source): Promise<boolean> {
  const { transport, schema } = options;
  try {
    return await hasTable(input as string, {
      credentials: publicCredentials(options.credentials),
      transport,
      schema,
    });
  } catch (error) {
    if (isCartoError(error) && /^(?:access-denied|unauthorized)$/.test(error.code)) return false;
    throw error;
  }
}

/** The tables behind a source. */
export async function tableNames({ kind, input, options }: Source): Promise<string[]> {
  const { credentials, transport } = options;
  if (kind === "table") return [input as Extract<SourceInput, string>];
  return await getTableNames(input as string, { credentials, transport });
}
