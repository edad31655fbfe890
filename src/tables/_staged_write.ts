import type { CoreClient } from "../classic/_core_client.ts";
import { type CartoError, DataError, isCartoError } from "../errors/carto_error.ts";
import {
  appendBody,
  type Cast,
  type CheckFailure,
  doStatement,
  newTableBody,
  qualified,
  readCheckFailure,
  replaceBody,
  sweepBody,
  upsertBody,
} from "./_finish_sql.ts";
import type { Call } from "./_platform.ts";
import { isMissing, reasonOf, retell } from "./_retell.ts";
import { runFinish, UnknownOutcome } from "./_run_finish.ts";
import { lookAtTarget, type Target } from "./_target.ts";
import {
  checkTarget,
  nameClash,
  type PlanColumn,
  planWrite,
  type WriteIntent,
  type WritePlan,
} from "./_write_plan.ts";

/** Up to so many rows the last step is tried as a plain query, before it becomes a batch job. */
const DIRECT_ROWS = 100_000;
/** Milliseconds that clearing up may take, also after an abort. */
const CLEANUP_TIMEOUT = 15_000;

/** What fills a staging table. */
export interface Filling {
  /** The columns, where they are known before the rows are there. */
  readonly columns: readonly PlanColumn[] | undefined;
  /** Makes and fills the staging table. */
  fill(staging: Staging): Promise<Filled>;
}

/** A staging table that has been filled. */
export interface Filled {
  readonly columns: readonly PlanColumn[];
  readonly rows: number;
  /** The staging table's column that numbers the rows as they came, where there is one. */
  readonly order?: string | undefined;
  /** Columns of the staging table that have short names, and their own. */
  readonly renames?: readonly (readonly [short: string, name: string])[] | undefined;
  /** Whether the staging table works out the projected copy of the geometries. */
  readonly isProjected?: boolean | undefined;
  /** Whether there is no staging table after all: the rows are where they are to be. */
  readonly isDone?: boolean | undefined;
}

/** A staging table that is to be made. */
export interface Staging {
  readonly schema: string;
  readonly name: string;
  /** Schema and name, quoted. */
  readonly sqlName: string;
  /** What will be done with it. */
  readonly kind: WritePlan["kind"];
  /** How that will be done, where the columns are known by now. */
  readonly plan: WritePlan | undefined;
  /** Whether it can work out the projected copy of the geometries as CARTO does. */
  readonly canProject: boolean;
}

/** What became of it. */
export interface StagedOutcome {
  readonly rows: number;
  readonly created: boolean;
  /** After an update by key: how many rows are new, and how many of the table had the key of one. */
  readonly inserted?: number | undefined;
  readonly updated?: number | undefined;
  readonly warnings: readonly string[];
}

/**
 * Fills a staging table and then, in one transaction, puts its rows where they are to be. Whatever fails before
 * that leaves the target as it was; the staging table is dropped again.
 */
export async function writeStaged(
  client: CoreClient,
  call: Call,
  intent: WriteIntent,
  filling: Filling,
): Promise<StagedOutcome> {
  const target = await lookAtTarget(client, intent.table, call);
  checkTarget(target, intent);
  // What cannot be written is refused before a row is sent, where the columns are known by then
  const plan = filling.columns === undefined ? undefined : planWrite(target, filling.columns, intent);
  await sweep(client, target, call.signal);
  const write = new StagedWrite(client, call, intent, target, plan);
  try {
    return await write.run(filling);
  } catch (error) {
    throw write.explain(error);
  }
}

class StagedWrite {
  readonly #client: CoreClient;
  readonly #call: Call;
  readonly #intent: WriteIntent;
  readonly #target: Target;
  readonly #staging: Staging;
  /** The table that tells how many rows were inserted and updated. */
  readonly #tally: string;
  #columns: readonly PlanColumn[] = [];

  constructor(
    client: CoreClient,
    call: Call,
    intent: WriteIntent,
    target: Target,
    plan: WritePlan | undefined,
  ) {
    const name = stagingName(intent.table, target.now, Math.random());
    const { ifExists } = intent;
    const kind = target.columns === undefined ? "create" : ifExists === "fail" ? "replace" : ifExists;
    this.#tally = stagingName(intent.table, target.now, Math.random());
    this.#client = client;
    this.#call = call;
    this.#intent = intent;
    this.#target = target;
    const { schema, canProject } = target;
    this.#staging = { schema, name, sqlName: qualified(schema, name), kind, plan, canProject };
  }

  async run(filling: Filling): Promise<StagedOutcome> {
    const outcome = await this.#runStaged(filling);
    if (this.#intent.ifExists !== "upsert") return outcome;
    if (outcome.created) return { ...outcome, inserted: outcome.rows, updated: 0 };
    return await this.#withTally(outcome);
  }

  async #runStaged(filling: Filling): Promise<StagedOutcome> {
    let outcome: StagedOutcome | undefined;
    try {
      const filled = await filling.fill(this.#staging);
      const { columns, rows, isDone = false } = filled;
      this.#columns = columns;
      const plan = planWrite(this.#target, columns, this.#intent);
      outcome = { rows, created: plan.kind === "create", warnings: plan.warnings };
      if (isDone) return outcome;
      await runFinish(this.#client, {
        body: this.#finishBody(plan, filled),
        schema: this.#staging.schema,
        staging: this.#staging.name,
        asJob: rows > DIRECT_ROWS,
        signal: this.#call.signal,
      });
      return outcome;
    } catch (error) {
      const isOpen = error instanceof UnknownOutcome;
      const left = await this.#drop(this.#staging.name, isOpen);
      // Where nobody knows if the last step was done, its tally may be there
      if (left === "unknown") leftOf(this.#client, this.#staging.schema).add(this.#tally);
      if (!isOpen) {
        // A server that was slow to make the table may make it after it was dropped
        leftOf(this.#client, this.#staging.schema).add(this.#staging.name);
        throw error;
      }
      // Without a staging table to drop, the last step was done; now that it is dropped, it never will be.
      if (left === "absent" && outcome !== undefined) return outcome;
      throw left === "dropped" ? error.cause : error;
    }
  }

  #finishBody(
    { kind, casts, key, overridesIdentity, alterations, cartodbfy }: WritePlan,
    { rows, order, renames = [], isProjected = false }: Filled,
  ): string {
    const common = {
      schema: this.#staging.schema,
      staging: this.#staging.name,
      target: this.#intent.table,
      hasIds: this.#columns.some(({ name }) => name === "cartodb_id"),
      order,
      renames,
    };
    if (kind === "create") return newTableBody({ ...common, isProjected, key, cartodbfy });
    const columns = this.#columns.map(({ name, sqlType }, index) => ({
      name,
      sqlType,
      cast: casts[index] as Cast,
    }));
    const insert = { ...common, rows, overridesIdentity, columns };
    if (kind === "upsert") return upsertBody({ ...insert, key, tally: this.#tally });
    return kind === "append" ? appendBody(insert) : replaceBody({ ...insert, alterations, cartodbfy });
  }

  /** What the last step counted. It is done: nothing that fails here makes it undone, and no abort is heard. */
  async #withTally(outcome: StagedOutcome): Promise<StagedOutcome> {
    const statement = `SELECT inserted, updated, matched FROM ${
      qualified(this.#staging.schema, this.#tally)
    }`;
    try {
      const { rows } = await withDeadline(
        CLEANUP_TIMEOUT,
        (signal) => this.#client.sql.query(statement, { readOnly: true, signal }),
      );
      const [inserted, updated, matched] = ["inserted", "updated", "matched"].map((name) =>
        Number(rows[0]?.[name])
      ) as [number, number, number];
      const repeated = updated > matched
        ? [
          `The key is not unique in the table: ${updated} of its rows were updated by ${matched} of the data`,
        ]
        : [];
      return { ...outcome, inserted, updated, warnings: [...outcome.warnings, ...repeated] };
    } catch {
      const unknown = "How many rows were inserted and updated is not known: the answer was lost";
      return { ...outcome, warnings: [...outcome.warnings, unknown] };
    } finally {
      await this.#drop(this.#tally, false);
    }
  }

  /**
   * Best effort: what stays is dropped by the next upload of this process, or swept by any once it is a day old.
   *
   * @param mustTell Whether it matters if the table was there: then the request is made once only
   */
  async #drop(name: string, mustTell: boolean): Promise<"dropped" | "absent" | "unknown"> {
    const table = qualified(this.#staging.schema, name);
    try {
      await withDeadline(
        CLEANUP_TIMEOUT,
        (signal) =>
          mustTell
            ? this.#client.sql.query(`DROP TABLE ${table}`, { signal })
            // Dropping twice does no harm, so that it may be repeated
            : this.#client.sql.query(`DROP TABLE IF EXISTS ${table}`, { signal, readOnly: true }),
      );
      return "dropped";
    } catch (error) {
      if (mustTell && isMissing(error, name)) return "absent";
      leftOf(this.#client, this.#staging.schema).add(name);
      // The error that led here is the one to tell.
      return "unknown";
    }
  }

  /** The error of a write, in its own words. */
  explain(error: unknown): unknown {
    const { operation } = this.#call;
    if (!isCartoError(error)) return error;
    const reason = reasonOf(error);
    const failure = readCheckFailure(reason);
    if (failure !== undefined) return this.#checkError(failure, error);
    if (/because other objects depend on it|used by a (?:view or rule|generated column)/.test(reason)) {
      return retell(error, operation, "Drop what depends on the column first, or keep the column");
    }
    if (/^relation ".*" already exists/.test(reason)) {
      return nameClash(operation, this.#target.schema, this.#intent.table);
    }
    if (/^operator does not exist: |cannot be implemented$/.test(reason)) {
      return retell(
        error,
        operation,
        "A constraint or an index of the table does not fit the new type of its column: drop it first, or keep the type",
      );
    }
    if (/^tables can have at most \d+ columns/.test(reason)) {
      return retell(
        error,
        operation,
        "PostgreSQL counts dropped columns too: run SELECT CDB_RegenerateTable('the table'::regclass) first",
      );
    }
    if (/^COPY FROM maximum POST size/.test(reason)) {
      return retell(
        error,
        operation,
        "Pass a smaller `maxUploadSize`: the rows then travel in several requests",
      );
    }
    return retell(error, operation);
  }

  #checkError(failure: CheckFailure, cause: CartoError): CartoError {
    const { operation } = this.#call;
    switch (failure.check) {
      case "ids":
        return new DataError(`Cannot ${operation}: ${failure.value} ids are repeated or missing`, {
          place: { column: "cartodb_id" },
          hint: "Leave the column out to get new ids, or give it another name",
          cause,
        });
      case "rows":
        return new DataError(
          `Cannot ${operation}: the table took ${failure.value} rows, not all; a trigger of the table may refuse some`,
          { cause },
        );
      case "nulls":
      case "repeated":
        return this.#keyError(failure, cause);
      case "misfit": {
        const column = this.#columns[failure.value]?.name ?? "?";
        const type = this.#target.columns?.find(({ name }) => name === column)?.sqlType ?? "its type";
        const values = failure.count === 1 ? "1 value does" : `${failure.count} values do`;
        return new DataError(`Cannot ${operation}: ${values} not fit ${type} without a change`, {
          place: { column },
          hint: "Convert the values before, or change the type of the column in the table",
          cause,
        });
      }
    }
  }

  #keyError(
    { check, count, rows, key }: CheckFailure & { check: "nulls" | "repeated" },
    cause: CartoError,
  ): CartoError {
    const { operation } = this.#call;
    const names = this.#intent.key ?? [];
    const columns = `${names.length === 1 ? "column" : "columns"} ${
      names.map((name) => `"${name}"`).join(", ")
    }`;
    const more = count > 1 ? `, and ${count - 1} more like it` : "";
    const what = check === "nulls"
      ? `a value of the key is missing in ${columns}, where it is ${key}${more}`
      : `${
        rows.length === 2 ? `rows ${rows.join(" and ")} have` : "several rows have"
      } the same key ${key} in ${columns}${more}`;
    return new DataError(`Cannot ${operation}: ${what}. The table is as it was`, {
      place: { row: rows[0] },
      hint: check === "nulls"
        ? "Give every row a key, or leave those without one out"
        : "Keep one row for each key, or add a column to `key`",
      cause,
    });
  }
}

/** Staging tables of this process that may have stayed, by account and schema. */
const LEFT: Map<string, Set<string>> = new Map();

/** Those of an account and schema. */
export function leftOf(client: CoreClient, schema: string): Set<string> {
  const key = `${client.credentials.baseUrl}\n${schema}`;
  const left = LEFT.get(key) ?? new Set();
  LEFT.set(key, left);
  return left;
}

/** Drops what this process left, and staging tables of uploads that began more than a day ago. */
export async function sweep(
  client: CoreClient,
  target: Pick<Target, "schema" | "stagingTables" | "now">,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { schema, stagingTables, now } = target;
  const left = leftOf(client, schema);
  const names = stagingTables?.filter((name) => left.has(name) || isStaleStaging(name, now)) ?? [...left];
  for (const name of left) {
    if (stagingTables === undefined || !stagingTables.includes(name)) left.delete(name);
  }
  if (names.length === 0) return;
  try {
    await client.sql.query(doStatement(sweepBody(schema, names)), { signal });
  } catch {
    // Housekeeping; the next upload tries again.
    signal?.throwIfAborted();
  }
}

/** The start of every staging table's name; nobody names a table like that by chance. */
const PREFIX = "_cartoframes_staging_";
const PATTERN = /^_cartoframes_staging_(.*)_(\d{14})_([0-9a-f]{8})$/;
/** What is left of PostgreSQL's 63 bytes for the target's name. */
const TARGET_BYTES = 63 - PREFIX.length - 1 - 14 - 1 - 8;
const DAY_MS = 24 * 60 * 60 * 1000;

/** The staging names of a schema as a PostgreSQL regular expression, to list them by. */
export const STAGING_REGEXP = "^_cartoframes_staging_.*_[0-9]{14}_[0-9a-f]{8}$";

/**
 * The name of a new staging table: its target (shortened), when the upload started (UTC) and a random part.
 *
 * @param target The table that the rows are for; a normalised name, so ASCII
 * @param now Milliseconds since 1970
 * @param random A number from 0 up to 1
 */
export function stagingName(target: string, now: number, random: number): string {
  const time = new Date(now).toISOString().replace(/\D/g, "").slice(0, 14);
  const mark = Math.floor(random * 2 ** 32).toString(16).padStart(8, "0");
  return `${PREFIX}${target.slice(0, TARGET_BYTES)}_${time}_${mark}`;
}

/** Whether a name is that of a staging table whose upload started more than a day ago. */
export function isStaleStaging(name: string, now: number): boolean {
  const digits = PATTERN.exec(name)?.[2];
  if (digits === undefined) return false;
  const [year, month, day, hour, minute, second] =
    (/(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(digits) ?? [])
      .slice(1).map(Number);
  const started = Date.UTC(year as number, (month as number) - 1, day, hour, minute, second);
  return now - started > DAY_MS;
}

/** Runs a task with a signal that is aborted after so many milliseconds, whatever the caller's own signal says. */
export async function withDeadline<T>(ms: number, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DOMException("Signal timed out.", "TimeoutError")), ms);
  try {
    return await task(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a task on a part of the rows; what it finds wrong in a row is told with the row's number among all rows. */
export function withRowsBefore<T>(rowsBefore: number, task: () => T): T {
  try {
    return task();
  } catch (error) {
    if (!(error instanceof DataError) || error.place.row === undefined || rowsBefore === 0) throw error;
    const { place, hint, cause } = error;
    throw new DataError(error.message.replace(/^(?:".*?", )?row \d+(?:, column ".*?")?: /, ""), {
      place: { ...place, row: error.place.row + rowsBefore },
      hint,
      cause,
    });
  }
}
