import type { ClassicClient } from "../classic/client.ts";
import { type CartoError, DataError, isCartoError } from "../errors/mod.ts";
import {
  appendBody,
  type Cast,
  newTableBody,
  qualified,
  readCheckFailure,
  replaceBody,
} from "./_finish_sql.ts";
import type { Call } from "./_platform.ts";
import { reasonOf, retell } from "./_retell.ts";
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
}

/** What became of it. */
export interface StagedOutcome {
  readonly rows: number;
  readonly created: boolean;
  readonly warnings: readonly string[];
}

/**
 * Fills a staging table and then, in one transaction, puts its rows where they are to be. Whatever fails before
 * that leaves the target as it was; the staging table is dropped again.
 */
export async function writeStaged(
  client: ClassicClient,
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
  readonly #client: ClassicClient;
  readonly #call: Call;
  readonly #intent: WriteIntent;
  readonly #target: Target;
  readonly #staging: Staging;
  #columns: readonly PlanColumn[] = [];

  constructor(
    client: ClassicClient,
    call: Call,
    intent: WriteIntent,
    target: Target,
    plan: WritePlan | undefined,
  ) {
    const name = stagingName(intent.table, Date.now(), Math.random());
    const kind = target.columns === undefined
      ? "create"
      : intent.ifExists === "append"
      ? "append"
      : "replace";
    this.#client = client;
    this.#call = call;
    this.#intent = intent;
    this.#target = target;
    this.#staging = { schema: target.schema, name, sqlName: qualified(target.schema, name), kind, plan };
  }

  async run(filling: Filling): Promise<StagedOutcome> {
    let outcome: StagedOutcome | undefined;
    try {
      const { columns, rows, order, isDone = false } = await filling.fill(this.#staging);
      this.#columns = columns;
      const plan = planWrite(this.#target, columns, this.#intent);
      outcome = { rows, created: plan.kind === "create", warnings: plan.warnings };
      if (isDone) return outcome;
      await runFinish(this.#client, {
        body: this.#finishBody(plan, rows, order),
        schema: this.#staging.schema,
        staging: this.#staging.name,
        asJob: rows > DIRECT_ROWS,
        signal: this.#call.signal,
      });
      return outcome;
    } catch (error) {
      const left = await this.#dropStaging();
      if (!(error instanceof UnknownOutcome)) throw error;
      // Without a staging table to drop, the last step was done; now that it is dropped, it never will be.
      if (left === "absent" && outcome !== undefined) return outcome;
      throw left === "dropped" ? error.cause : error;
    }
  }

  #finishBody(
    { kind, casts, alterations, cartodbfy }: WritePlan,
    rows: number,
    order: string | undefined,
  ): string {
    const common = {
      schema: this.#staging.schema,
      staging: this.#staging.name,
      target: this.#intent.table,
      hasIds: this.#columns.some(({ name }) => name === "cartodb_id"),
      order,
    };
    if (kind === "create") return newTableBody({ ...common, cartodbfy });
    const columns = this.#columns.map(({ name }, index) => ({ name, cast: casts[index] as Cast }));
    const insert = { ...common, rows, columns };
    return kind === "append" ? appendBody(insert) : replaceBody({ ...insert, alterations, cartodbfy });
  }

  /** Best effort: what stays is swept by a later upload once it is a day old. */
  async #dropStaging(): Promise<"dropped" | "absent" | "unknown"> {
    const statement = `DROP TABLE IF EXISTS ${this.#staging.sqlName}`;
    try {
      const { notices } = await withDeadline(
        CLEANUP_TIMEOUT,
        (signal) => this.#client.sql.query(statement, { signal }),
      );
      return notices.length > 0 ? "absent" : "dropped";
    } catch {
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
    if (/because other objects depend on it|used by a view or rule/.test(reason)) {
      return retell(error, operation, "Drop what depends on the column first, or keep the column");
    }
    if (/^relation ".*" already exists/.test(reason)) {
      return nameClash(operation, this.#target.schema, this.#intent.table);
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

  #checkError(failure: NonNullable<ReturnType<typeof readCheckFailure>>, cause: CartoError): CartoError {
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
}

/** Drops staging tables of uploads that began more than a day ago. */
async function sweep(client: ClassicClient, target: Target, signal: AbortSignal | undefined): Promise<void> {
  const stale = target.stagingTables.filter((name) => isStaleStaging(name, Date.now()));
  if (stale.length === 0) return;
  const names = stale.map((name) => qualified(target.schema, name)).join(",");
  try {
    await client.sql.query(`DROP TABLE IF EXISTS ${names}`, { signal });
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
