import type { Credentials } from "../auth/credentials.ts";
import type { ClassicClient } from "../classic/client.ts";
import { sql, type SqlText } from "../classic/sql_text.ts";
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
import { concatText } from "./_address_texts.ts";
import {
  checkStatusColumns,
  type GeocodePlan,
  HASH_COLUMN,
  PARTS,
  planGeocoding,
  resolveParts,
  STATUS_TYPES,
} from "./_geocode_arguments.ts";
import {
  addColumnsSql,
  cacheStatesSql,
  fromCacheSql,
  geocodeSql,
  pendingSql,
  statesSql,
} from "./_geocode_sql.ts";
import { TableLock } from "./_lock.ts";
import { type Quota, readQuota, remaining } from "./_quota.ts";
import { asMaster, KeyRefused, runJob } from "./_run_job.ts";
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
  /** Whether rows may have been geocoded. */
  hasBegun: boolean;
}

/** The columns of a source, with their types. */
type Columns = ReadonlyMap<string, string>;

/** The table that is geocoded. */
interface WorkTable {
  readonly table: string;
  readonly parts: GeocodePlan["parts"];
  readonly hasHash: boolean;
  /** Whether this run drops it in the end. */
  readonly isTemporary: boolean;
  /** Whether this run made it: it goes again where the run ends before the first batch. */
  readonly isNew: boolean;
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
  const { signal } = options;
  signal?.throwIfAborted();
  const input = readInput(source);
  const plan = planGeocoding(options, input.kind === "table");
  const tables: TableOptions = { credentials, transport, signal };
  const run: Run = {
    plan,
    options,
    tables,
    client: clientOf(tables),
    operation: operationOf(input),
    hasBegun: false,
  };
  // Names are looked at before anything is written.
  const columns: Columns = input.kind === "frame"
    ? new Map(input.frame.columns.map(({ name, type }) => [name, type]))
    : await columnsOf(run.client, sourceSql(input), signal);
  resolveParts(plan.parts, [...columns.keys()], (column) => column);
  checkStatusColumns(plan.status, columns);
  const cache = await cacheOf(run);
  const [states, quota] = await Promise.all([
    sourceStates(run, input, columns, cache),
    readQuota(run.client, "hires_geocoder", signal),
  ]);
  const cost = countStates(states, remaining(quota));
  if (plan.isDryRun) return { data: null, metadata: cost };
  checkQuota(cost.requiredQuota, quota, run.operation);
  if (input.kind === "table" && plan.tableName === undefined) await checkTable(run, input.table, columns);

  // A cache is another run's to renew until that has ended.
  const lock = cache === undefined
    ? undefined
    : await TableLock.take(run.client, cache.table, run.operation, signal);
  try {
    const work = await makeWorkTable(run, input, columns, cache);
    try {
      const metadata = await geocodeTable(run, work, lock);
      return { data: await readResult(run, work, input), metadata };
    } catch (error) {
      if (error instanceof Interruption) throw await midwayError(run, work, input, error);
      if (work.isNew && !run.hasBegun) await dropTemporary(run.client, work.table);
      throw error;
    } finally {
      if (work.isTemporary) await dropTemporary(run.client, work.table);
    }
  } finally {
    await lock?.release();
  }
}

function operationOf(input: Input): string {
  if (input.kind === "table") return `geocode table "${input.table}"`;
  return input.kind === "query" ? "geocode the query" : "geocode the data";
}

/** A cache that is there, with its columns. */
interface Cache {
  readonly table: string;
  readonly columns: Columns;
}

/** The cache of the run; undefined where there is none yet, or none is wanted. */
async function cacheOf({ client, plan, tables, options: { signal } }: Run): Promise<Cache | undefined> {
  if (!plan.isCached || plan.tableName === undefined) return undefined;
  const table = normalTableName(plan.tableName);
  if (!await hasTable(table, tables)) return undefined;
  const columns = await columnsOf(client, sourceSql({ kind: "table", table, schema: undefined }), signal);
  if (columns.has(HASH_COLUMN)) return { table, columns };
  throw new ArgumentError(`Cannot use table "${table}" as a cache: it was not made by geocoding`, {
    argument: "tableName",
    hint: `Give a new name, or geocode it once: it has no column "${HASH_COLUMN}"`,
  });
}

/** A table that is geocoded in place must be one that can be: told before anything is spent. */
async function checkTable(
  { client, operation, options: { signal } }: Run,
  table: string,
  columns: Columns,
): Promise<void> {
  const { rows } = await asMaster(operation, () =>
    client.sql.query(
      sql`SELECT relkind::text AS kind FROM pg_class WHERE oid = to_regclass(${sql.id(table).text})`,
      { signal, readOnly: true },
    ));
  const kind = rows[0]?.kind;
  const missing = ["cartodb_id", "the_geom"].filter((name) => !columns.has(name));
  if (kind !== "v" && kind !== "m" && missing.length === 0) return;
  throw new ArgumentError(
    kind === "v" || kind === "m"
      ? `Cannot geocode view "${table}" in place: only tables can be written`
      : `Cannot geocode table "${table}" in place: it has no column ${
        missing.map((name) => `"${name}"`).join(" and ")
      }`,
    { argument: "source", hint: "Pass { tableName } to geocode a copy of it, or cartodbfy the table first" },
  );
}

/** The states of the source's rows, without writing anything. */
async function sourceStates(
  run: Run,
  input: Input,
  columns: Columns,
  cache: Cache | undefined,
): Promise<States> {
  const { client, plan, options: { signal } } = run;
  if (input.kind === "frame") return await localStates(run, input.frame, cache);
  const source = sql`(${sql.raw(sourceSql(input))})`;
  const there = { hasHash: columns.has(HASH_COLUMN), hasGeometry: columns.has("the_geom") };
  return await readStates(client, statesSql(source, plan.parts, there, cache?.table).text, signal);
}

/** The states of rows that are not in the database. */
async function localStates(run: Run, frame: GeoDataFrame, cache: Cache | undefined): Promise<States> {
  const { client, plan: { parts }, options: { signal } } = run;
  const { geometry } = frame;
  const hashes = frame.hasColumn(HASH_COLUMN) ? frame.column(HASH_COLUMN) : undefined;
  if (hashes === undefined && cache === undefined) {
    const nulls = geometry?.nullCount ?? frame.numRows;
    return { new_geocoded: frame.numRows - nulls, new_nongeocoded: nulls };
  }
  const known = new Map<string, string>();
  if (cache !== undefined) {
    const { rows } = await client.sql.query(cacheStatesSql(cache.table), { signal, readOnly: true });
    for (const { hash, state } of rows) known.set(String(hash), String(state));
  }
  const { createHash } = await import("node:crypto");
  const states: Record<string, number> = {};
  const texts = PARTS.map((name): (row: number) => string => {
    const part = parts[name];
    if (part === undefined) return () => "";
    if ("value" in part) return () => part.value;
    const column = frame.column(part.column);
    return (row) => concatText(column.get(row), column.type);
  });
  for (let row = 0; row < frame.numRows; row++) {
    const now = createHash("md5").update(texts.map((text) => text(row)).join("<>")).digest("hex");
    const then = hashes?.get(row) ?? null;
    const age = then === null ? "new" : then === now ? "previously" : "changed";
    const found = (geometry?.get(row) ?? null) === null ? "nongeocoded" : "geocoded";
    const state = known.get(now) ?? `${age}_${found}`;
    states[state] = (states[state] ?? 0) + 1;
  }
  return states;
}

/** Makes the table that is geocoded: the source itself, or a copy of it in the account. */
async function makeWorkTable(
  run: Run,
  input: Input,
  columns: Columns,
  cache: Cache | undefined,
): Promise<WorkTable> {
  const { plan, options } = run;
  if (cache !== undefined) return await renewCache(run, input, columns, cache);
  if (input.kind === "table" && plan.tableName === undefined) {
    return {
      table: input.table,
      parts: plan.parts,
      hasHash: columns.has(HASH_COLUMN),
      isTemporary: false,
      isNew: false,
    };
  }
  const name = plan.tableName ?? temporaryName("geocoding");
  const copy = await copyInput(run, input, columns, name, plan.isCached ? "fail" : options.ifExists);
  return { ...copy, isTemporary: plan.tableName === undefined };
}

/** The source as a table of the account, with its columns as they are called there. */
async function copyInput(
  run: Run,
  input: Input,
  columns: Columns,
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
    parts: resolveParts(plan.parts, [...columns.keys()], nameInTable),
    hasHash: columns.has(HASH_COLUMN),
    isTemporary: false,
    isNew: (ifExists ?? "fail") === "fail",
  };
}

/** Puts the input in the cache's place, with what the cache has of its addresses. */
async function renewCache(run: Run, input: Input, columns: Columns, cache: Cache): Promise<WorkTable> {
  const { client, plan, tables, options: { signal } } = run;
  const staged = await copyInput(run, input, columns, temporaryName("geocoding"), "fail");
  try {
    await client.sql.query(addColumnsSql(staged.table, plan.status), { signal });
    // What another run kept in a column of that name may be something else.
    const shared = plan.status.filter(([name, what]) => cache.columns.get(name) === STATUS_TYPES[what])
      .map(([name]) => name);
    await client.sql.query(fromCacheSql(staged.table, cache.table, staged.parts, shared), { signal });
    await renameTable(staged.table, cache.table, { ...tables, ifExists: "replace" });
  } catch (error) {
    await dropTemporary(client, staged.table);
    throw error;
  }
  return { ...staged, table: cache.table, hasHash: true, isNew: false };
}

/** What ended the batches before all rows were done. */
class Interruption extends Error {
  constructor(readonly failure: CartoError, readonly before: GeocodingMetadata) {
    super(failure.message);
  }
}

/** Geocodes the rows of the table that are new or changed; with the lock that the run has, or one of its own. */
async function geocodeTable(
  run: Run,
  work: WorkTable,
  held: TableLock | undefined,
): Promise<GeocodingMetadata> {
  const { client, operation, options: { signal } } = run;
  const there = { hasHash: work.hasHash, hasGeometry: true };
  const [states, quota] = await Promise.all([
    readStates(client, statesSql(sql.id(work.table), work.parts, there).text, signal),
    readQuota(client, "hires_geocoder", signal),
  ]);
  const before = countStates(states, remaining(quota));
  if (before.requiredQuota === 0) return await countAfter(run, work, before);
  checkQuota(before.requiredQuota, quota, operation);
  if (held !== undefined) await runBatches(run, work, before, held);
  else {
    const lock = await TableLock.take(client, work.table, operation, signal);
    try {
      await runBatches(run, work, before, lock);
    } finally {
      await lock.release();
    }
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
      run.hasBegun = true;
    } catch (error) {
      if (!isCartoError(error) || error instanceof KeyRefused || run.options.signal?.aborted) throw error;
      run.hasBegun = true;
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

/** One job; the columns are added by it, so that a key that may run no jobs leaves the table as it was. */
async function runBatch(run: Run, work: WorkTable, rows: number, lock: TableLock): Promise<void> {
  const { client, plan, operation, options: { signal } } = run;
  const statements = [
    lock.renewal(),
    addColumnsSql(work.table, plan.status),
    geocodeSql(work.table, { parts: work.parts, status: plan.status }, rows),
  ];
  await runJob(client, statements, operation, signal);
}

/** What is left of the quota, as the service tells when it does not do. */
function quotaLeft(error: CartoError): number | undefined {
  const told = /Remaining quota: (-?[\d.]*\d)/.exec(
    error instanceof JobError ? error.reason ?? "" : error.message,
  );
  return told === null ? undefined : Math.floor(Number(told[1]));
}

/** The error of a run that ended midway, with what is done; where that cannot be read, what ended it. */
async function midwayError(
  run: Run,
  work: WorkTable,
  input: Input,
  { failure, before }: Interruption,
): Promise<CartoError> {
  const { client, operation, options: { signal } } = run;
  try {
    const { fields } = await client.sql.query(sql`SELECT * FROM ${sql.id(work.table)} LIMIT 0`, {
      signal,
      readOnly: true,
    });
    // The first job failed before it added the columns
    const pending = fields.some(({ name }) => name === HASH_COLUMN) ? pendingSql(work.parts) : sql`true`;
    const { rows } = await client.sql.query(
      sql`SELECT cartodb_id FROM ${
        sql.id(work.table)
      } WHERE ${pending} ORDER BY cartodb_id LIMIT ${MAX_PENDING_IDS}`,
      { signal, readOnly: true },
    );
    const metadata = await countAfter(run, work, before, pending);
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
  } catch (error) {
    if (!isCartoError(error)) throw error;
    return failure;
  }
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
async function countAfter(
  run: Run,
  work: WorkTable,
  before: GeocodingMetadata,
  condition: SqlText = pendingSql(work.parts),
): Promise<GeocodingMetadata> {
  const pending = before.requiredQuota === 0 ? sql`0` : sql`count(*) FILTER (WHERE ${condition})`;
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
