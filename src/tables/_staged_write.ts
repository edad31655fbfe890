import type { ClassicClient } from "../classic/client.ts";
import { type CartoError, DataError, isCartoError } from "../errors/mod.ts";
import type { Cast } from "./_casts.ts";
import { appendBody, newTableBody, qualified, readCheckFailure, replaceBody } from "./_finish_sql.ts";
import { lookAtTarget } from "./_look_at_target.ts";
import type { Call } from "./_platform.ts";
import { reasonOf, retell } from "./_retell.ts";
import { runFinish, UnknownOutcome } from "./_run_finish.ts";
import { isStaleStaging, stagingName } from "./_staging_name.ts";
import type { Target } from "./_target.ts";
import { withDeadline } from "./_with_deadline.ts";
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
      const { columns, rows, isDone = false } = await filling.fill(this.#staging);
      this.#columns = columns;
      const plan = planWrite(this.#target, columns, this.#intent);
      outcome = { rows, created: plan.kind === "create", warnings: plan.warnings };
      if (isDone) return outcome;
      await runFinish(this.#client, {
        body: this.#finishBody(plan, rows),
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

  #finishBody({ kind, casts, alterations, cartodbfy }: WritePlan, rows: number): string {
    const common = {
      schema: this.#staging.schema,
      staging: this.#staging.name,
      target: this.#intent.table,
      hasIds: this.#columns.some(({ name }) => name === "cartodb_id"),
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
