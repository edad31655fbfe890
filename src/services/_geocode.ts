import type { Credentials } from "../auth/credentials.ts";
import type { ClassicClient } from "../classic/client.ts";
import { sql } from "../classic/sql_text.ts";
import { ArgumentError, CartoError, isCartoError, JobError } from "../errors/mod.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { TransportOptions } from "../http/transport.ts";
import { normalTableName } from "../tables/_arguments.ts";
import { reasonOf } from "../tables/_retell.ts";
import { sourceSql } from "../tables/_source.ts";
import { copyTable } from "../tables/copy_table.ts";
import { createTableFromQuery } from "../tables/create_table_from_query.ts";
import { hasTable } from "../tables/has_table.ts";
import { readCarto } from "../tables/read_carto.ts";
import { renameTable } from "../tables/rename_table.ts";
import type { IfExists, TableOptions } from "../tables/table_options.ts";
import { toCarto } from "../tables/to_carto.ts";
import { type GeocodePlan, HASH_COLUMN, PARTS, planGeocoding, resolveParts } from "./_geocode_arguments.ts";
import { addColumnsSql, fromCacheSql, geocodeSql, pendingSql, statesSql } from "./_geocode_sql.ts";
import { TableLock } from "./_lock.ts";
import { type Quota, readQuota, remaining } from "./_quota.ts";
import { clientOf, columnsOf, dropTemporary, type Input, readInput, temporaryName } from "./_work_table.ts";
import { GeocodingError } from "./geocoding_error.ts";
import type { GeocodeOptions, GeocodingMetadata, GeocodingResult } from "./geocoding.ts";
import type { ServiceSource } from "./service_options.ts";

/** Ids of rows that were not reached, at most. */
const MAX_PENDING_IDS = 10_000;

/** One geocoding under way. */
interface Run {
  readonly plan: GeocodePlan;
  readonly options: GeocodeOptions;
  readonly client: ClassicClient;
  /** Whose account, signal and transport, as the functions on tables take them. */
  readonly tables: TableOptions;
  readonly operation: string;
}

/** The table that is geocoded. */
interface WorkTable {
  readonly table: string;
  readonly parts: GeocodePlan["parts"];
  readonly columns: readonly string[];
  /** Whether this run drops it in the end. */
  readonly isTemporary: boolean;
}

/** The rows of a table by state. */
type States = Readonly<Record<string, number>>;

/** What `Geocoding.geocode` does. */
export async function geocode(
  source: ServiceSource,
  options: GeocodeOptions,
  credentials: Credentials | undefined,
  transport: TransportOptions | undefined,
): Promise<GeocodingResult<GeoDataFrame | null>> {
  const input = readInput(source);
  const plan = planGeocoding(options, input.kind === "table");
  const tables: TableOptions = { credentials, transport, signal: options.signal };
  const run: Run = { plan, options, tables, client: clientOf(tables), operation: operationOf(input) };
  // Names are looked at before anything is written.
  const columns = input.kind === "frame"
    ? input.frame.columnNames
    : await columnsOf(run.client, sourceSql(input), options.signal);
  resolveParts(plan.parts, columns, (column) => column);
  if (plan.isDryRun) return { data: null, metadata: await dryRun(run, input, columns) };

  const work = await makeWorkTable(run, input, columns);
  try {
    const metadata = await geocodeTable(run, work);
    return { data: await readResult(run, work, input), metadata };
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    throw await midwayError(run, work, input, error);
  } finally {
    if (work.isTemporary) await dropTemporary(run.client, work.table);
  }
}

function operationOf(input: Input): string {
  if (input.kind === "table") return `geocode table "${input.table}"`;
  return input.kind === "query" ? "geocode the query" : "geocode the data";
}

/** The counts, without writing anything. */
async function dryRun(run: Run, input: Input, columns: readonly string[]): Promise<GeocodingMetadata> {
  const { client, plan, options: { signal } } = run;
  const available = remaining(await readQuota(client, "hires_geocoder", signal));
  if (input.kind === "frame" && !input.frame.hasColumn(HASH_COLUMN)) {
    const { frame } = input;
    const nulls = frame.geometry?.nullCount ?? frame.numRows;
    return countStates({ new_geocoded: frame.numRows - nulls, new_nongeocoded: nulls }, available);
  }
  if (input.kind === "frame") return countStates(await localStates(input.frame, plan), available);
  const query = sql`(${sql.raw(sourceSql(input))}) _source`;
  const states = statesSql("_source", plan.parts, columns.includes(HASH_COLUMN)).text
    .replace('FROM "_source"', `FROM ${query.text}`);
  return countStates(await readStates(client, states, signal), available);
}

/** The states of rows that are not in the database. */
async function localStates(frame: GeoDataFrame, { parts }: GeocodePlan): Promise<States> {
  const { createHash } = await import("node:crypto");
  const states: Record<string, number> = {};
  const columns = PARTS.map((name) => {
    const part = parts[name];
    return part === undefined ? "" : "value" in part ? part.value : frame.column(part.column);
  });
  const hashes = frame.column(HASH_COLUMN);
  for (let row = 0; row < frame.numRows; row++) {
    const texts = columns.map((column) =>
      typeof column === "string" ? column : String(column.get(row) ?? "")
    );
    const hash = hashes.get(row);
    const age = hash === null
      ? "new"
      : hash === createHash("md5").update(texts.join("<>")).digest("hex")
      ? "previously"
      : "changed";
    const state = `${age}${(frame.geometry?.get(row) ?? null) === null ? "_nongeocoded" : "_geocoded"}`;
    states[state] = (states[state] ?? 0) + 1;
  }
  return states;
}

/** Makes the table that is geocoded: the source itself, or a copy of it in the account. */
async function makeWorkTable(run: Run, input: Input, columns: readonly string[]): Promise<WorkTable> {
  const { plan, options, tables } = run;
  if (plan.isCached && plan.tableName !== undefined) {
    const cache = normalTableName(plan.tableName);
    if (await hasTable(cache, tables)) return await renewCache(run, input, columns, cache);
    return await copyInput(run, input, columns, cache, "replace");
  }
  if (input.kind === "table" && plan.tableName === undefined) {
    return { table: input.table, parts: plan.parts, columns, isTemporary: false };
  }
  const isTemporary = plan.tableName === undefined;
  const name = plan.tableName ?? temporaryName("geocoding");
  return { ...await copyInput(run, input, columns, name, options.ifExists), isTemporary };
}

/** The source as a table of the account, with its columns as they are called there. */
async function copyInput(
  run: Run,
  input: Input,
  columns: readonly string[],
  name: string,
  ifExists: IfExists | undefined,
): Promise<WorkTable> {
  const { plan, tables } = run;
  const options = { ...tables, ifExists };
  let renamed = new Map<string, string>();
  let table: string;
  if (input.kind === "table") ({ table } = await copyTable(input.table, name, options));
  else if (input.kind === "query") ({ table } = await createTableFromQuery(input.query, name, options));
  else {
    const report = await toCarto(input.frame, name, options);
    table = report.table;
    renamed = new Map(report.renamed.map(({ from, to }) => [from, to]));
  }
  const nameInTable = (column: string) => renamed.get(column) ?? column;
  return {
    table,
    parts: resolveParts(plan.parts, columns, nameInTable),
    columns: columns.map(nameInTable),
    isTemporary: false,
  };
}

/** Puts the input in the cache's place, with what the cache has of its addresses. */
async function renewCache(
  run: Run,
  input: Input,
  columns: readonly string[],
  cache: string,
): Promise<WorkTable> {
  const { client, plan, tables, options: { signal } } = run;
  const known = await columnsOf(
    client,
    sourceSql({ kind: "table", table: cache, schema: undefined }),
    signal,
  );
  if (!known.includes(HASH_COLUMN)) {
    throw new ArgumentError(`Cannot use table "${cache}" as a cache: it was not made by geocoding`, {
      argument: "tableName",
      hint: `Give a new name, or geocode it once: it has no column "${HASH_COLUMN}"`,
    });
  }
  const staged = await copyInput(run, input, columns, temporaryName("geocoding"), "fail");
  try {
    await client.sql.query(addColumnsSql(staged.table, plan.status), { signal });
    const shared = plan.status.map(([name]) => name).filter((name) => known.includes(name));
    await client.sql.query(fromCacheSql(staged.table, cache, staged.parts, shared), { signal });
    await renameTable(staged.table, cache, { ...tables, ifExists: "replace" });
  } catch (error) {
    await dropTemporary(client, staged.table);
    throw error;
  }
  return { ...staged, table: cache, columns: [...staged.columns, HASH_COLUMN] };
}

/** What ended the batches before all rows were done. */
class Interruption extends Error {
  constructor(readonly failure: CartoError, readonly before: GeocodingMetadata) {
    super(failure.message);
  }
}

/** Geocodes the rows of the table that are new or changed. */
async function geocodeTable(run: Run, work: WorkTable): Promise<GeocodingMetadata> {
  const { client, operation, options: { signal } } = run;
  const hasHash = work.columns.includes(HASH_COLUMN);
  const [states, quota] = await Promise.all([
    readStates(client, statesSql(work.table, work.parts, hasHash).text, signal),
    readQuota(client, "hires_geocoder", signal),
  ]);
  const before = countStates(states, remaining(quota));
  if (before.requiredQuota === 0) return await countAfter(run, work, before);
  checkQuota(before.requiredQuota, quota, operation);
  const lock = await TableLock.take(client, work.table, operation, signal);
  try {
    await client.sql.query(addColumnsSql(work.table, run.plan.status), { signal });
    await runBatches(run, work, before, lock);
  } finally {
    await lock.release();
  }
  return await countAfter(run, work, before);
}

function checkQuota(required: number, quota: Quota | undefined, operation: string): void {
  const left = remaining(quota);
  // Google bills by itself.
  if (left === undefined || quota?.provider === "google" || quota?.isSoft || required <= left) return;
  throw new CartoError(
    "quota-exceeded",
    `Cannot ${operation}: it takes ${required} of the geocoding quota, and ${left} are left`,
    { hint: "Geocode fewer rows, or ask for more quota; { dryRun: true } tells the cost" },
  );
}

/** One batch job after the other, until no row is left. */
async function runBatches(
  run: Run,
  work: WorkTable,
  before: GeocodingMetadata,
  lock: TableLock,
): Promise<void> {
  const { plan, options: { onProgress } } = run;
  const total = before.requiredQuota;
  for (let done = 0; done < total;) {
    onProgress?.({ done, total });
    const rows = Math.min(plan.batchRows, total - done);
    try {
      await runBatch(run, work, rows, lock);
    } catch (error) {
      if (!isCartoError(error) || run.options.signal?.aborted) throw error;
      const left = quotaLeft(error);
      // What the quota still does for is geocoded before giving up.
      if (left !== undefined && left > 0 && left < rows) {
        await runBatch(run, work, left, lock).catch(() => {});
      }
      throw new Interruption(error, before);
    }
    done += rows;
  }
  onProgress?.({ done: total, total });
}

async function runBatch(run: Run, work: WorkTable, rows: number, lock: TableLock): Promise<void> {
  const { client, plan, options: { signal } } = run;
  const job = await client.batchJobs.create(
    [lock.renewal(), geocodeSql(work.table, { parts: work.parts, status: plan.status }, rows)],
    { signal },
  );
  await job.wait({ signal });
}

/** What is left of the quota, as the service tells when it does not do. */
function quotaLeft(error: CartoError): number | undefined {
  const told = /Remaining quota: (-?[\d.]*\d)/.exec(
    error instanceof JobError ? error.reason ?? "" : error.message,
  );
  return told === null ? undefined : Math.floor(Number(told[1]));
}

/** The error of a run that ended midway, with what is done. */
async function midwayError(
  run: Run,
  work: WorkTable,
  input: Input,
  { failure, before }: Interruption,
): Promise<GeocodingError> {
  const { client, operation, options: { signal } } = run;
  const { rows } = await client.sql.query(
    sql`SELECT cartodb_id FROM ${sql.id(work.table)} WHERE ${
      pendingSql(work.parts)
    } ORDER BY cartodb_id LIMIT ${MAX_PENDING_IDS}`,
    { signal, readOnly: true },
  );
  const metadata = await countAfter(run, work, before);
  const data = await readResult(run, work, input);
  const isQuota = quotaLeft(failure) !== undefined;
  const reason = isQuota ? "the geocoding quota is used up" : reasonOf(failure);
  return new GeocodingError(
    isQuota ? "quota-exceeded" : failure.code,
    `Cannot ${operation} to the end: ${reason}; ${
      rows.length === MAX_PENDING_IDS ? "at least " : ""
    }${rows.length} rows are not geocoded, the others are`,
    {
      data,
      metadata,
      pendingIds: rows.map((row) => Number(row.cartodb_id)),
      hint: work.isTemporary
        ? "Geocode error.data once the cause is gone: that costs only the rows that are not done"
        : "Run it again once the cause is gone: that costs only the rows that are not done",
      cause: failure,
    },
  );
}

async function readStates(
  client: ClassicClient,
  query: string,
  signal: AbortSignal | undefined,
): Promise<States> {
  const { rows } = await client.sql.query(query, { signal, readOnly: true });
  return Object.fromEntries(rows.map((row) => [String(row.gc_state), Number(row.count)]));
}

/** The counts that come from the states of the rows. */
export function countStates(states: States, availableQuota: number | undefined): GeocodingMetadata {
  const count = (...names: string[]) => names.reduce((sum, name) => sum + (states[name] ?? 0), 0);
  return {
    totalRows: Object.values(states).reduce((sum, rows) => sum + rows, 0),
    requiredQuota: count("new_geocoded", "new_nongeocoded", "changed_geocoded", "changed_nongeocoded"),
    availableQuota,
    previouslyGeocoded: count("previously_geocoded"),
    previouslyFailed: count("previously_nongeocoded"),
    recordsWithGeometry: count("new_geocoded", "changed_geocoded", "previously_geocoded"),
  };
}

/** The counts after the run beside those before it. */
async function countAfter(run: Run, work: WorkTable, before: GeocodingMetadata): Promise<GeocodingMetadata> {
  const pending = before.requiredQuota === 0
    ? sql`0`
    : sql`count(*) FILTER (WHERE ${pendingSql(work.parts)})`;
  const { rows } = await run.client.sql.query(
    sql`SELECT count(the_geom)::int AS with_geometry, (${pending})::int AS pending FROM ${
      sql.id(work.table)
    }`,
    { signal: run.options.signal, readOnly: true },
  );
  const final = Number(rows[0]?.with_geometry);
  const done = before.requiredQuota - Number(rows[0]?.pending);
  const found = Math.min(done, Math.max(0, final - before.previouslyGeocoded));
  return {
    ...before,
    finalRecordsWithGeometry: final,
    geocodedIncrement: final - before.recordsWithGeometry,
    successfullyGeocoded: found,
    failedGeocodings: done - found,
  };
}

/** The rows as they are in the table. */
async function readResult(run: Run, work: WorkTable, input: Input): Promise<GeoDataFrame> {
  const { tables, options: { nullGeomValue } } = run;
  const data = await readCarto(
    sql`SELECT * FROM ${sql.id(work.table)} ORDER BY cartodb_id`.text,
    { ...tables, ...(nullGeomValue === undefined ? {} : { nullGeomValue }) },
  );
  return input.kind === "frame" && !input.frame.hasColumn("cartodb_id") && !run.plan.isCached
    ? data.drop("cartodb_id")
    : data;
}
