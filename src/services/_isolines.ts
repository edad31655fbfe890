import type { Credentials } from "../auth/credentials.ts";
import type { ClassicClient } from "../classic/client.ts";
import { sql } from "../classic/sql_text.ts";
import { ArgumentError, isCartoError } from "../errors/carto_error.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { Geometry } from "../frame/geometry/geometry.ts";
import type { TransportOptions } from "../http/transport.ts";
import { sourceSql } from "../tables/_arguments.ts";
import type { Call } from "../tables/_platform.ts";
import { telling } from "../tables/_retell.ts";
import type { Target } from "../tables/_target.ts";
import { createTableFromQuery } from "../tables/manage_tables.ts";
import { readCarto } from "../tables/read_carto.ts";
import type { TableOptions } from "../tables/table_options.ts";
import { toCarto } from "../tables/to_carto.ts";
import { type IsolinesPlan, isolinesSql } from "./_isolines_sql.ts";
import { checkFit, type Keep, lookAtPlace, readKeep } from "./_keep.ts";
import { checkQuota, readQuota, remaining } from "./_quota.ts";
import { asMaster, leavesJobOpen, runJob } from "./_run_job.ts";
import {
  clientOf,
  columnsOf,
  dropTemporary,
  type Input,
  inputName,
  paidError,
  readInput,
  type ServiceRun,
  temporaryName,
} from "./_work_table.ts";
import type { IsolinesMetadata, IsolinesOptions, IsolinesProgress, IsolinesResult } from "./isolines.ts";
import type { ServiceSource } from "./service_options.ts";

/** The values that an option takes; undefined for numbers above zero. */
const ALLOWED: Readonly<Record<string, readonly unknown[] | undefined>> = {
  mode: ["car", "walk"],
  isDestination: [true, false],
  modeType: ["shortest", "fastest"],
  modeTraffic: ["enabled", "disabled"],
  resolution: undefined,
  maxpoints: undefined,
  quality: [1, 2, 3],
  exclusive: [true, false],
  ascending: [true, false],
};
const OTHERS = ["geomCol", "sourceCol", "tableName", "ifExists", "dryRun", "signal", "onProgress"];

/** The kind of a geometry that is no point. */
const OTHER_SHAPE = "min(GeometryType(the_geom)) FILTER (WHERE GeometryType(the_geom) <> 'POINT')";

/** The column of a local place's number, where nothing else tells the places apart. */
const ROW_COLUMN = "source_id";

/** One computation under way. */
interface Run extends ServiceRun {
  readonly plan: IsolinesPlan;
  /** The places of local data. */
  readonly places: GeoDataFrame | undefined;
  /** The table that keeps the areas, and what has its name now. */
  readonly keep: (Keep & { readonly target: Target }) | undefined;
}

/** What `Isolines.isochrones` and `isodistances` do. */
export async function isolines(
  kind: IsolinesPlan["kind"],
  source: ServiceSource,
  ranges: readonly number[],
  options: IsolinesOptions,
  credentials: Credentials | undefined,
  transport: TransportOptions | undefined,
): Promise<IsolinesResult<GeoDataFrame | null>> {
  const plan: IsolinesPlan = { kind, ranges: checkRanges(ranges), options: checkOptions(options) };
  const keep = readKeep(options.tableName, options.ifExists);
  const input = readInput(source);
  const places = input.kind === "frame" ? localPlaces(input.frame, options) : undefined;
  const { signal } = options;
  const tables: TableOptions = { credentials, transport, signal };
  const call: Call = { operation: `compute ${kind}s of ${inputName(input)}`, signal };
  if (places !== undefined && options.dryRun === true) {
    return { data: null, metadata: { requiredQuota: places.numRows * ranges.length } };
  }
  const client = clientOf(tables);
  const { rows, withoutGeometry } = places === undefined
    ? await countPlaces(client, input, options)
    : { rows: places.numRows, withoutGeometry: places.geometry?.nullCount };
  const requiredQuota = rows * ranges.length;
  if (options.dryRun === true) return { data: null, metadata: { requiredQuota } };
  const target = keep === undefined ? undefined : await lookAtPlace(client, keep, call);
  const quota = await readQuota(client, "isolines", signal);
  checkQuota("isolines", requiredQuota, quota, call.operation);
  const metadata = { requiredQuota, availableQuota: remaining(quota), withoutGeometry };
  return await compute({
    ...call,
    client,
    plan,
    tables,
    input,
    places,
    keep: keep === undefined || target === undefined ? undefined : { ...keep, target },
  }, metadata);
}

function checkRanges(ranges: readonly number[]): readonly number[] {
  const isUsable = Array.isArray(ranges) && ranges.length > 0 &&
    ranges.every((range) => Number.isInteger(range) && range > 0 && range < 2 ** 31);
  if (isUsable && new Set(ranges).size === ranges.length) return ranges;
  throw new ArgumentError("Cannot compute isolines: ranges must be different whole numbers above zero", {
    argument: "ranges",
    hint: "Give seconds for isochrones and metres for isodistances, such as [300, 600, 900]",
  });
}

function checkOptions(options: IsolinesOptions): IsolinesOptions {
  for (const [name, value] of Object.entries(options)) {
    if (OTHERS.includes(name) || value === undefined) continue;
    if (!Object.hasOwn(ALLOWED, name)) {
      throw new ArgumentError(`Cannot compute isolines: there is no option "${name}"`, {
        argument: name,
        hint: `The options are ${[...Object.keys(ALLOWED), ...OTHERS].join(", ")}`,
      });
    }
    const allowed = ALLOWED[name];
    const isUsable = allowed === undefined
      ? typeof value === "number" && value > 0 && Number.isFinite(value)
      : allowed.includes(value);
    if (isUsable) continue;
    throw new ArgumentError(
      `Cannot use this ${name}: it must be ${
        allowed === undefined ? "a number above zero" : allowed.join(" or ")
      }`,
      { argument: name },
    );
  }
  return options;
}

/** The places of local data: a geometry, and what tells them apart. */
function localPlaces(frame: GeoDataFrame, { geomCol, sourceCol }: IsolinesOptions): GeoDataFrame {
  const placed = geomCol === undefined ? frame : frame.setGeometry(geomCol);
  if (!placed.hasGeometry()) {
    throw new ArgumentError("Cannot compute isolines: the data have no geometry", {
      argument: "geomCol",
      hint: 'Name the geometry column as geomCol, or make one: frame.setGeometryFromXY("lng", "lat")',
    });
  }
  const geometry = placed.geometryColumn as string;
  const other = [...placed.geometry ?? []].find((value) =>
    value !== null && (value as Geometry).type !== "Point"
  );
  if (other !== undefined) throw noPoints(`a ${(other as Geometry).type}`);
  const id = sourceCol ?? (frame.hasColumn("cartodb_id") ? "cartodb_id" : undefined);
  if (id !== undefined && !frame.hasColumn(id)) throw noColumn(id, frame.columnNames);
  const alone = placed.select([geometry]);
  const ids = id === undefined
    ? Int32Array.from({ length: frame.numRows }, (_, row) => row)
    : frame.column(id);
  return alone.withColumn(ROW_COLUMN, ids);
}

function noPoints(what: string): ArgumentError {
  return new ArgumentError(`Cannot compute isolines: the places must be points, and there is ${what}`, {
    argument: "source",
    hint: "Take a point of each, such as ST_PointOnSurface(the_geom) in a query",
  });
}

function noColumn(name: string, columns: readonly string[]): ArgumentError {
  return new ArgumentError(`Cannot compute isolines: there is no column "${name}"`, {
    argument: "sourceCol",
    hint: `The columns are ${columns.map((column) => `"${column}"`).join(", ")}`,
  });
}

/** How many places a table or query has; its columns are looked at in passing. */
async function countPlaces(
  client: ClassicClient,
  input: Input,
  options: IsolinesOptions,
): Promise<{ rows: number; withoutGeometry?: number }> {
  if (input.kind === "frame") return { rows: input.frame.numRows };
  const source = sourceSql(input);
  const { signal, sourceCol = "cartodb_id", dryRun } = options;
  if (dryRun !== true) {
    const columns = await columnsOf(client, source, signal);
    if (!columns.has(sourceCol)) throw noColumn(sourceCol, [...columns.keys()]);
    if (!columns.has("the_geom")) {
      throw new ArgumentError(`Cannot compute isolines: ${inputName(input)} has no geometry`, {
        argument: "source",
        hint: 'The geometry column of a table or query is called "the_geom"',
      });
    }
  }
  const { rows } = await client.sql.query(
    sql`SELECT count(*)::int AS count${
      sql.raw(dryRun === true ? "" : `, (count(*) - count(the_geom))::int AS empty, ${OTHER_SHAPE} AS other`)
    } FROM (${sql.raw(source)}) _source`,
    { signal, readOnly: true },
  );
  const [row] = rows;
  if (typeof row?.other === "string") throw noPoints(`a ${row.other}`);
  return { rows: Number(row?.count), ...(dryRun === true ? {} : { withoutGeometry: Number(row?.empty) }) };
}

/**
 * The areas are computed into a table first, by one job: reading them again after a broken connection would otherwise
 * spend the quota again. The table is there, empty, before that: its columns tell whether the areas have a place to go.
 */
async function compute(run: Run, metadata: IsolinesMetadata): Promise<IsolinesResult> {
  const { client, plan, tables, operation, signal, places, keep } = run;
  const { onProgress } = plan.options;
  const tell = (phase: IsolinesProgress["phase"]) => onProgress?.({ phase, areas: metadata.requiredQuota });
  const dropped: string[] = [];
  try {
    let query: string;
    let sourceCol = plan.options.sourceCol ?? "cartodb_id";
    if (places !== undefined) {
      const name = temporaryName("places");
      dropped.push(name);
      tell("upload");
      await toCarto(places, name, { ...tables, skipQuotaWarning: true });
      query = sql`SELECT * FROM ${sql.id(name)} ORDER BY cartodb_id`.text;
      sourceCol = ROW_COLUMN;
    } else {
      query = sourceSql(run.input as Exclude<Input, { kind: "frame" }>);
    }
    const areas = temporaryName("isolines");
    const filling = isolinesSql(query, sourceCol, plan);
    dropped.push(areas);
    await telling(
      operation,
      () =>
        asMaster(
          operation,
          () => client.sql.query(sql`CREATE TABLE ${sql.id(areas)} AS ${filling} WITH NO DATA`, { signal }),
        ),
    );
    if (keep !== undefined) {
      const values = sql`SELECT _rows.${sql.id(sourceCol)} AS source_id, data_range FROM (${
        sql.raw(query)
      }) _rows, unnest(${sql.array(plan.ranges, "integer")}) data_range`;
      const known = { table: areas, values, columns: ["source_id", "data_range"] };
      await checkFit(client, keep.target, known, keep, run);
    }
    tell("compute");
    let isPaid = false;
    try {
      await telling(
        operation,
        () => runJob(client, [sql`INSERT INTO ${sql.id(areas)} ${filling}`], operation, signal),
      );
      isPaid = true;
      tell("read");
      return await takeOut(run, areas, metadata);
    } catch (error) {
      // What was paid for stays, unless nobody is told of it
      if (signal?.aborted || !(isCartoError(error) && (isPaid || leavesJobOpen(error)))) throw error;
      dropped.splice(dropped.indexOf(areas), 1);
      throw paidError(
        error,
        operation,
        `${
          isPaid ? "The areas stay" : "If the job still comes to its end, the areas are"
        } in table "${areas}" ` +
          "for a day: read them with readCarto, or keep them with copyTable",
      );
    }
  } finally {
    for (const name of dropped) await dropTemporary(client, name);
  }
}

/** Keeps the areas where they are to be kept, and reads them. */
async function takeOut(run: Run, areas: string, metadata: IsolinesMetadata): Promise<IsolinesResult> {
  const { client, tables, signal, places, keep } = run;
  const failed = await dropNulls(client, areas, signal);
  const result = sql`SELECT * FROM ${sql.id(areas)} ORDER BY cartodb_id`.text;
  if (keep !== undefined) {
    await createTableFromQuery(result, keep.table, { ...tables, ifExists: keep.ifExists });
  }
  const data = await readCarto(result, tables);
  return {
    data: places === undefined ? data : data.drop("cartodb_id"),
    metadata: { ...metadata, failed },
  };
}

/** Leaves out the ranges that the service did not find; tells how many that were. */
async function dropNulls(
  client: ClassicClient,
  table: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { rows } = await client.sql.query(
    sql`WITH _gone AS (DELETE FROM ${
      sql.id(table)
    } WHERE the_geom IS NULL RETURNING 1) SELECT count(*)::int AS count FROM _gone`,
    { signal },
  );
  return Number(rows[0]?.count);
}
