import type { Credentials } from "../auth/credentials.ts";
import type { ClassicClient } from "../classic/client.ts";
import { sql, type SqlText } from "../classic/sql_text.ts";
import { ArgumentError, type CartoError, isCartoError, JobError } from "../errors/carto_error.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { TransportOptions } from "../http/transport.ts";
import { sourceSql } from "../tables/_arguments.ts";
import type { Call } from "../tables/_platform.ts";
import { reasonOf } from "../tables/_retell.ts";
import { UnknownOutcome } from "../tables/_run_finish.ts";
import { lookAtTarget, type Target } from "../tables/_target.ts";
import { copyTable, createTableFromQuery, renameTable } from "../tables/manage_tables.ts";
import { readCarto } from "../tables/read_carto.ts";
import type { TableOptions } from "../tables/table_options.ts";
import { toCarto } from "../tables/to_carto.ts";
import { concatText } from "./_address_texts.ts";
import {
  checkStatusColumns,
  checkWorkColumns,
  type GeocodePlan,
  HASH_COLUMN,
  PARTS,
  planGeocoding,
  resolveParts,
  STATUS_TYPES,
} from "./_geocode_arguments.ts";
import {
  addColumnsSql,
  addedColumns,
  cacheStatesSql,
  fromCacheSql,
  geocodeSql,
  pendingSql,
  statesSql,
} from "./_geocode_sql.ts";
import { checkFit, type Keep, lookAtPlace, withColumns } from "./_keep.ts";
import { lockId, TableLock } from "./_lock.ts";
import { checkQuota, readQuota, remaining } from "./_quota.ts";
import { KeyRefused, leavesJobOpen, runJob } from "./_run_job.ts";
import {
  clientOf,
  columnsOf,
  dropTemporary,
  inputName,
  paidError,
  readInput,
  type ServiceRun,
  temporaryName,
} from "./_work_table.ts";
import type { GeocodeOptions, GeocodingMetadata, GeocodingResult } from "./geocoding.ts";
import { GeocodingError } from "./geocoding_error.ts";
import type { ServiceSource } from "./service_options.ts";

/** Ids of rows that were not reached, at most. */
const MAX_PENDING_IDS = 10_000;

/** One geocoding under way. */
interface Run extends ServiceRun {
  readonly plan: GeocodePlan;
  readonly options: GeocodeOptions;
  /** The columns of the input. */
  readonly columns: Columns;
  /** What has the name of the table that keeps the result; undefined where none does, and in a dry run. */
  readonly target: Target | undefined;
  /** Tables that know addresses already. */
  readonly known: readonly Known[];
  /** Whether rows may have been geocoded, and paid for. */
  hasBegun: boolean;
}

/** The columns of a source, with their types. */
type Columns = ReadonlyMap<string, string>;

/** The table that is geocoded. */
interface WorkTable {
  readonly table: string;
  /**
   * What it is: the `source` itself; a `copy` that is gone in the end; or a `draft` of the table that is kept, which
   * takes that one's place once it is whole.
   */
  readonly kind: "source" | "copy" | "draft";
  readonly parts: GeocodePlan["parts"];
  readonly hasHash: boolean;
  /** Whether it has nothing that an earlier run has paid for. */
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
  const client = clientOf(tables);
  const call: Call = { operation: `geocode ${inputName(input)}`, signal };
  // Names are looked at before anything is written.
  const columns: Columns = input.kind === "frame"
    ? new Map(input.frame.columns.map(({ name, type }) => [name, type]))
    : await columnsOf(client, sourceSql(input), signal);
  resolveParts(plan.parts, [...columns.keys()], (column) => column);
  checkStatusColumns(plan, columns);
  const asked = { ...call, plan, options, client, tables, input, columns };
  // The table that is kept, and its draft, are one run's to look at and to write until that has ended.
  const lock = plan.keep === undefined || plan.isDryRun
    ? undefined
    : await TableLock.take(client, plan.keep.table, call.operation, signal);
  try {
    return await geocodeAsked(asked, lock);
  } finally {
    await lock?.release();
  }
}

/** Looks what it costs and whether it can be done, and does it. */
async function geocodeAsked(
  asked: Omit<Run, "target" | "known" | "hasBegun">,
  lock: TableLock | undefined,
): Promise<GeocodingResult<GeoDataFrame | null>> {
  const { plan, client, input, operation, signal } = asked;
  const target = plan.keep === undefined || plan.isDryRun
    ? undefined
    : await lookAtPlace(client, plan.keep, asked);
  const run: Run = { ...asked, target, known: await knownTables(client, plan, asked), hasBegun: false };
  const [states, quota] = await Promise.all([
    sourceStates(run),
    readQuota(client, "hires_geocoder", signal),
  ]);
  const cost = countStates(states, remaining(quota));
  if (plan.isDryRun) return { data: null, metadata: cost };
  checkQuota("hires_geocoder", cost.requiredQuota, quota, operation);
  if (input.kind === "table" && plan.keep === undefined) {
    checkWorkColumns(plan, await lookAtTarget(client, input.table, run), operation);
  }
  return await geocodeInto(run, await makeWorkTable(run), lock);
}

/** Geocodes the work table, puts it in its place and reads it; what has been paid for is not dropped on the way. */
async function geocodeInto(
  run: Run,
  work: WorkTable,
  lock: TableLock | undefined,
): Promise<GeocodingResult> {
  const { client, operation, signal } = run;
  /** Whether the rows are where they are to be, or in the hands of the caller; or nobody wants them. */
  let isDelivered = false;
  try {
    const metadata = await geocodeTable(run, work, lock);
    if (work.kind === "draft") {
      await putInPlace(run, work);
      // What is in its place may also be read there.
      isDelivered = true;
    }
    const data = await readResult(run, work);
    isDelivered = true;
    return { data, metadata };
  } catch (error) {
    if (error instanceof Interruption) {
      const told = await midwayError(run, work, error);
      isDelivered = told instanceof GeocodingError && told.table === undefined;
      throw told;
    }
    // An error of the caller's own cannot tell of a copy
    if (work.kind === "copy" && !isCartoError(error)) isDelivered = true;
    const isPaid = run.hasBegun && !isDelivered && work.kind !== "source";
    const next = error instanceof UnknownOutcome
      ? `${error.hint}. The geocoded rows are in table "${work.table}", too`
      : nextStep(run, work);
    throw isPaid ? paidError(error, operation, next) : error;
  } finally {
    const isEmpty = work.isNew && !run.hasBegun;
    const isUnwanted = work.kind === "copy" && signal?.aborted === true;
    if (work.kind !== "source" && (isDelivered || isEmpty || isUnwanted)) {
      await dropTemporary(client, work.table);
    }
  }
}

/** How to go on after a run that ended before its rows were delivered. */
function nextStep({ plan }: Run, work: WorkTable): string {
  const again = "Run it again once the cause is gone: that costs only the rows that are not done";
  switch (work.kind) {
    case "source":
      return again;
    case "copy":
      return `What is done is in table "${work.table}" for a day: read it with readCarto and geocode that, ` +
        "which costs only the rows that are not done";
    case "draft":
      return `What is done is in table "${work.table}", and table "${plan.keep?.table}" is as it was. ${again}`;
  }
}

/** A table that has geocoded rows, with its columns. */
interface Known {
  readonly table: string;
  readonly columns: Columns;
}

/**
 * The tables of which geocoded rows are taken over, so that they do not cost again: the draft that a run left which ended
 * midway, and the cache, where one is wanted and there.
 */
async function knownTables(
  client: ClassicClient,
  { keep, isCached }: GeocodePlan,
  call: Call,
): Promise<Known[]> {
  if (keep === undefined) return [];
  const known: Known[] = [];
  for (const table of [await draftName(keep.table), ...(isCached ? [keep.table] : [])]) {
    const { columns } = await lookAtTarget(client, table, call);
    if (columns === undefined) continue;
    if (!columns.some(({ name }) => name === HASH_COLUMN)) {
      const isCache = table === keep.table;
      throw new ArgumentError(
        isCache
          ? `Cannot use table "${table}" as a cache: it was not made by geocoding`
          : `Cannot keep the rows in table "${keep.table}": their draft would be table "${table}", which was not made by ` +
            "geocoding",
        {
          argument: "tableName",
          hint: isCache
            ? `Give a new name, or geocode it once: it has no column "${HASH_COLUMN}"`
            : "Give another name, or rename that table",
        },
      );
    }
    known.push({ table, columns: new Map(columns.map(({ name, type }) => [name, type])) });
  }
  return known;
}

/** Bytes of a table's name, at most. */
const NAME_BYTES = 63;
const DRAFT = "_unfinished";

/** The draft of a table: always the same name, so that the next run finds what an earlier one has paid for. */
export async function draftName(table: string): Promise<string> {
  if (table.length + DRAFT.length <= NAME_BYTES) return `${table}${DRAFT}`;
  const mark = `_${(await lockId(table)).toString(16).padStart(16, "0").slice(-8)}`;
  return `${table.slice(0, NAME_BYTES - DRAFT.length - mark.length)}${mark}${DRAFT}`;
}

/** The states of the source's rows, without writing anything. */
async function sourceStates(run: Run): Promise<States> {
  const { client, plan, input, columns, known, signal } = run;
  if (input.kind === "frame") return await localStates(run, input.frame);
  const source = sql`(${sql.raw(sourceSql(input))})`;
  const there = { hasHash: columns.has(HASH_COLUMN), hasGeometry: columns.has("the_geom") };
  const query = statesSql(source, plan.parts, there, known.map(({ table }) => table));
  return await readStates(client, query.text, signal);
}

/** The states of rows that are not in the database. */
async function localStates(run: Run, frame: GeoDataFrame): Promise<States> {
  const { client, plan: { parts }, signal } = run;
  const { geometry } = frame;
  const hashes = frame.hasColumn(HASH_COLUMN) ? frame.column(HASH_COLUMN) : undefined;
  if (hashes === undefined && run.known.length === 0) {
    const nulls = geometry?.nullCount ?? frame.numRows;
    return { new_geocoded: frame.numRows - nulls, new_nongeocoded: nulls };
  }
  const known = new Map<string, string>();
  if (run.known.length > 0) {
    const tables = run.known.map(({ table }) => table);
    const { rows } = await client.sql.query(cacheStatesSql(tables), { signal, readOnly: true });
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

/** Makes the table that is geocoded, unless that is the source itself. */
async function makeWorkTable(run: Run): Promise<WorkTable> {
  const { plan, input, columns, target } = run;
  if (plan.keep !== undefined && target !== undefined) return await makeDraft(run, plan.keep, target);
  if (input.kind === "table") {
    const hasHash = columns.has(HASH_COLUMN);
    return { table: input.table, kind: "source", parts: plan.parts, hasHash, isNew: false };
  }
  const { table, parts } = await copyInput(run);
  return { table, kind: "copy", parts, hasHash: columns.has(HASH_COLUMN), isNew: true };
}

/** The input as a new table of the account, with its columns as they are called there; `given` are not geocoded. */
async function copyInput(
  run: Run,
): Promise<Pick<WorkTable, "table" | "parts"> & { readonly given: readonly string[] }> {
  const { plan, client, tables, input, columns, operation } = run;
  const name = temporaryName("geocoding");
  let renamed = new Map<string, string>();
  if (input.kind === "table") await copyTable(input.table, name, tables);
  else if (input.kind === "query") await createTableFromQuery(input.query, name, tables);
  else {
    const report = await toCarto(input.frame, name, tables);
    renamed = new Map(report.renamed.map(({ from, to }) => [from, to]));
  }
  const nameInTable = (column: string) => renamed.get(column) ?? column;
  try {
    const copy = await lookAtTarget(client, name, run);
    checkWorkColumns(plan, copy, operation);
    const written = ["the_geom", ...addedColumns(plan.status).map(([name]) => name)];
    const given = copy.columns?.map(({ name }) => name).filter((name) => !written.includes(name)) ?? [];
    return { table: name, parts: resolveParts(plan.parts, [...columns.keys()], nameInTable), given };
  } catch (error) {
    await dropTemporary(client, name);
    throw error;
  }
}

/** The input as the draft of the table that is kept, with what is known of its addresses. */
async function makeDraft(run: Run, keep: Keep, target: Target): Promise<WorkTable> {
  const { client, plan, tables, known, signal } = run;
  const { table: staged, parts, given } = await copyInput(run);
  const table = await draftName(keep.table);
  const isNew = known.every((other) => other.table !== table);
  try {
    await client.sql.query(addColumnsSql(staged, plan.status), { signal });
    for (const { table, columns } of known) {
      // What another run kept in a column of that name may be something else.
      const shared = plan.status.filter(([name, what]) => columns.get(name) === STATUS_TYPES[what])
        .map(([name]) => name);
      await client.sql.query(fromCacheSql(staged, table, parts, shared), { signal });
    }
    const place = keep.ifExists === "append" ? withColumns(target, addedColumns(plan.status)) : target;
    await checkFit(
      client,
      place,
      { table: staged, values: sql`SELECT * FROM ${sql.id(staged)}`, columns: given },
      keep,
      run,
    );
    await renameTable(staged, table, { ...tables, ifExists: "replace" });
  } catch (error) {
    await dropTemporary(client, staged);
    // It may have its name although the answer was lost
    if (isNew) await dropTemporary(client, table);
    throw error;
  }
  return { table, kind: "draft", parts, hasHash: true, isNew };
}

/** The rows of the draft as those of the table that is kept, all at once. */
async function putInPlace({ client, plan, tables, target, signal }: Run, draft: WorkTable): Promise<void> {
  const { keep, status } = plan;
  if (keep === undefined) return;
  if (keep.ifExists === "append" && target?.columns !== undefined) {
    await client.sql.query(addColumnsSql(keep.table, status), { signal });
  }
  const rows = sql`SELECT * FROM ${sql.id(draft.table)} ORDER BY cartodb_id`.text;
  await createTableFromQuery(rows, keep.table, { ...tables, ifExists: keep.ifExists });
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
  const { client, operation, signal } = run;
  const there = { hasHash: work.hasHash, hasGeometry: true };
  const [states, quota] = await Promise.all([
    readStates(client, statesSql(sql.id(work.table), work.parts, there).text, signal),
    readQuota(client, "hires_geocoder", signal),
  ]);
  const before = countStates(states, remaining(quota));
  if (before.requiredQuota === 0) return await countAfter(run, work, before);
  checkQuota("hires_geocoder", before.requiredQuota, quota, operation);
  const lock = held ?? await TableLock.take(client, work.table, operation, signal);
  try {
    await runBatches(run, work, before, lock);
  } finally {
    if (lock !== held) await lock.release();
  }
  return await countAfter(run, work, before);
}

/** One batch job after the other, until no row is left. */
async function runBatches(
  run: Run,
  work: WorkTable,
  before: GeocodingMetadata,
  lock: TableLock,
): Promise<void> {
  const { plan, signal, options: { onProgress } } = run;
  const total = before.requiredQuota;
  for (let done = 0; done < total;) {
    onProgress?.({ done, total });
    signal?.throwIfAborted();
    const rows = Math.min(plan.batchRows, total - done);
    try {
      await runBatch(run, work, rows, lock);
      run.hasBegun = true;
    } catch (error) {
      if (error instanceof KeyRefused) throw error;
      // Also after an abort: the job may have come to its end before it was to be cancelled
      run.hasBegun = true;
      if (!isCartoError(error) || signal?.aborted) throw error;
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
  const { client, plan, operation, signal } = run;
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

/** The error of a run that ended midway, with what is done; where that cannot be read, with what ended it. */
async function midwayError(
  run: Run,
  work: WorkTable,
  { failure, before }: Interruption,
): Promise<unknown> {
  const { client, operation, signal } = run;
  const isQuota = quotaLeft(failure) !== undefined;
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
    const data = await readResult(run, work);
    const reason = isQuota ? "the geocoding quota is used up" : reasonOf(failure);
    const isOver = !leavesJobOpen(failure);
    const { successfullyGeocoded = 0, failedGeocodings = 0 } = metadata;
    // A draft in which nothing has been paid for is none to keep, nor a copy of what the error has.
    const isKept = work.kind === "source" || !isOver ||
      (work.kind === "draft" && (!work.isNew || successfullyGeocoded + failedGeocodings > 0));
    return new GeocodingError(
      isQuota ? "quota-exceeded" : failure.code,
      `Cannot ${operation} to the end: ${reason}; ${
        rows.length === MAX_PENDING_IDS ? "at least " : ""
      }${rows.length} rows are not geocoded, the others are`,
      {
        data,
        metadata,
        pendingIds: rows.map((row) => Number(row.cartodb_id)),
        ...(isKept ? { table: work.table } : {}),
        hint: isKept
          ? nextStep(run, work)
          : work.kind === "copy"
          ? "Geocode error.data once the cause is gone: that costs only the rows that are not done"
          : "Nothing was changed: run it again once the cause is gone",
        cause: failure,
      },
    );
  } catch (error) {
    if (!isCartoError(error)) throw error;
    return paidError(failure, operation, nextStep(run, work));
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
    { signal: run.signal, readOnly: true },
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
async function readResult(run: Run, work: WorkTable): Promise<GeoDataFrame> {
  const { tables, input, options: { nullGeomValue } } = run;
  const data = await readCarto(
    sql`SELECT * FROM ${sql.id(work.table)} ORDER BY cartodb_id`.text,
    { ...tables, ...(nullGeomValue === undefined ? {} : { nullGeomValue }) },
  );
  return input.kind === "frame" && !input.frame.hasColumn("cartodb_id") && !run.plan.isCached
    ? data.drop("cartodb_id")
    : data;
}
