import { requestsOf } from "../classic/_requests.ts";
import type { CoreClient } from "../classic/_core_client.ts";
import { CartoError, isCartoError, JobError, ResponseError } from "../errors/carto_error.ts";
import { createFunctionSql, doStatement, qualified } from "./_finish_sql.ts";
import { isMissing } from "./_retell.ts";
import { withDeadline } from "./_staged_write.ts";

/** The last step of a write. */
export interface FinishStep {
  /** What is to be done, as the body of a PL/pgSQL block. It locks the staging table first, and ends it. */
  readonly body: string;
  readonly schema: string;
  /** The table that is gone once the step has been done. */
  readonly staging: string;
  /** Whether a batch job is tried first, since a query may not run that long. */
  readonly asJob: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Nobody could be asked whether the step was done; `cause` is the failure that made it uncertain. */
export class UnknownOutcome extends CartoError {
  /** Names the table that tells the outcome. */
  constructor(staging: string, cause: unknown) {
    super("incomplete-response", "Cannot tell whether the rows were put in place: the answer was lost", {
      hint: `Look at the tables: as long as "${staging}" is there, nothing was changed`,
      cause,
    });
  }
}

/** How often the step is sent; only an answer that never came makes a second time necessary. */
const ATTEMPTS = 3;
/** Milliseconds that the server may be silent: it works, and has nothing to say. */
const SILENCE = 600_000;
/** Milliseconds within which it must be clear what became of a step whose answer was lost. */
const PROBE_TIMEOUT = 60_000;
/** How often a server that does not answer is asked what became of the step. */
const PROBES = 8;
/** Milliseconds before it is asked again: the first wait and the longest. */
const PROBE_WAITS = [250, 8_000] as const;
/** Milliseconds that a job under way to the server may still take to be known, once it is no longer wanted. */
const CREATE_PATIENCE = 10_000;
/** The server takes 16,384 bytes of JSON; the key may be in it too. */
const MAX_JOB_BYTES = 16_000;

/**
 * Does the last step of a write exactly once.
 *
 * The step ends the staging table in the same transaction, so whether that table is there tells whether the
 * step was done: after a lost answer, after an abort, and for a second attempt, which waits for the first.
 * An abort that comes when the step has been done already is not heard.
 */
export async function runFinish(client: CoreClient, step: FinishStep): Promise<void> {
  step.signal?.throwIfAborted();
  for (let attempt = 1;; attempt++) {
    try {
      return await send(client, step);
    } catch (error) {
      const aborted = step.signal?.aborted === true;
      // A second attempt also fails when the first came through meanwhile: it finds no staging table
      if (attempt === 1 && !aborted && !isOpen(error)) throw error;
      switch (await lookAfter(client, step)) {
        case "done":
          return;
        case "unknown":
          throw new UnknownOutcome(step.staging, error);
      }
      if (aborted || attempt === ATTEMPTS || !mayRepeat(error)) throw error;
    }
  }
}

async function send(client: CoreClient, step: FinishStep): Promise<void> {
  if (!step.asJob) {
    try {
      return await sendDirectly(client, step);
    } catch (error) {
      if (!isCartoError(error) || error.code !== "statement-timeout") throw error;
    }
    return await sendAsJob(client, step);
  }
  try {
    await sendAsJob(client, step);
  } catch (error) {
    // Jobs are for the master key only
    if (!isJobRefused(error)) throw error;
    await sendDirectly(client, step);
  }
}

async function sendDirectly(client: CoreClient, { body, signal }: FinishStep): Promise<void> {
  await client.sql.query(doStatement(body), { signal, timeout: SILENCE });
}

async function sendAsJob(client: CoreClient, step: FinishStep): Promise<void> {
  await runAsJob(client, doStatement(step.body), step.body, step);
}

/** A statement that is the first to try as a query and, when it takes too long for one, as a batch job. */
export async function runStatement(
  client: CoreClient,
  { statement, schema, signal }: { statement: string; schema: string; signal: AbortSignal | undefined },
): Promise<void> {
  try {
    await client.sql.query(statement, { signal, timeout: SILENCE });
  } catch (error) {
    if (!isCartoError(error) || error.code !== "statement-timeout") throw error;
    await runAsJob(client, statement, `\nBEGIN\n${statement};\nEND `, { schema, signal });
  }
}

/** Where a job runs, what ends it, and who is told after each look at it. */
export type JobCall = Pick<FinishStep, "schema" | "signal"> & { readonly onLook?: (() => void) | undefined };

/** Runs a statement as a batch job; one too long for that becomes the body of a function for the time being. */
export async function runAsJob(
  client: CoreClient,
  statement: string,
  body: string,
  step: JobCall,
): Promise<void> {
  if (fitsInJob(statement)) return await runJob(client, statement, step);
  await withFunction(client, { ...step, body }, (call) => runJob(client, call, step));
}

/** Whether the server takes a statement, or a list of them, as a batch job. */
export function fitsInJob(query: string | readonly string[]): boolean {
  return new TextEncoder().encode(JSON.stringify(query)).length <= MAX_JOB_BYTES;
}

/** Runs a task with a short statement that does what `body` says: it calls a function which is there for the time being. */
export async function withFunction<T>(
  client: CoreClient,
  { body, schema, signal }: Pick<FinishStep, "body" | "schema" | "signal">,
  task: (statement: string) => Promise<T>,
): Promise<T> {
  const name = `tmp_func_${crypto.getRandomValues(new Uint8Array(5)).toHex()}`;
  try {
    await client.sql.query(createFunctionSql(schema, name, body), { signal });
    return await task(`SELECT ${qualified(schema, name)}()`);
  } finally {
    // Also where the answer was lost that it is there
    await dropFunction(client, schema, name);
  }
}

/** Milliseconds between two looks at most: what is done is not to be waited for much longer than it took. */
const MAX_INTERVAL = 500;

async function runJob(client: CoreClient, statement: string, { signal, onLook }: JobCall): Promise<void> {
  signal?.throwIfAborted();
  // An abort waits for the answer a while, since a job of unknown id cannot be cancelled
  using patience = new Patience(signal);
  const job = await client.batchJobs.create(statement, { signal: patience.signal });
  await job.wait({ signal, onProgress: onLook, maxInterval: MAX_INTERVAL });
}

/** A signal that is aborted some time after another one. */
class Patience {
  readonly #controller = new AbortController();
  readonly #source: AbortSignal | undefined;
  readonly #onAbort = () => {
    this.#timer = setTimeout(() => this.#controller.abort(this.#source?.reason), CREATE_PATIENCE);
  };
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(source: AbortSignal | undefined) {
    this.#source = source;
    source?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#source?.removeEventListener("abort", this.#onAbort);
  }
}

/** Best effort: the function does nothing unless it is called. */
async function dropFunction(client: CoreClient, schema: string, name: string): Promise<void> {
  try {
    const statement = `DROP FUNCTION IF EXISTS ${qualified(schema, name)}()`;
    await withDeadline(PROBE_TIMEOUT, (signal) => client.sql.query(statement, { signal }));
  } catch {
    // What the job said is what counts.
  }
}

/**
 * Whether the step was done after all. The look waits while the step is still at work, and is repeated while the
 * server does not answer.
 */
async function lookAfter(
  client: CoreClient,
  { schema, staging }: FinishStep,
): Promise<"done" | "not done" | "unknown"> {
  const probe = `SELECT 1 FROM ${qualified(schema, staging)} LIMIT 0`;
  const { sleep } = requestsOf(client);
  const [first, longest] = PROBE_WAITS;
  return await withDeadline(PROBE_TIMEOUT, async (signal) => {
    for (let probes = 1; probes <= PROBES;) {
      try {
        await client.sql.query(probe, { readOnly: true, signal });
        return "not done";
      } catch (error) {
        if (isMissing(error, staging)) return "done";
        if (signal.aborted || !isCartoError(error)) return "unknown";
        // The step holds its lock longer than a query may wait
        if (error.code === "statement-timeout") continue;
      }
      await sleep(Math.min(longest, first * 2 ** probes++), signal).catch(() => {});
    }
    return "unknown";
  });
}

function isJobRefused(error: unknown): boolean {
  return error instanceof ResponseError && error.code === "access-denied";
}

/** Whether an error leaves open if the server did what it was asked to: any but its own clear word. */
function isOpen(error: unknown): boolean {
  if (error instanceof JobError) return error.status !== "failed";
  return mayRepeat(error) ||
    (error instanceof ResponseError && error.serverMessages.length === 0 && error.code !== "rate-limited");
}

/** Whether another attempt may go better; a job that somebody cancelled was not meant to be done. */
function mayRepeat(error: unknown): boolean {
  if (error instanceof JobError) return error.status !== "failed" && error.code !== "job-cancelled";
  return isCartoError(error) &&
    ["network", "timeout", "server-error", "incomplete-response", "unexpected-response"].includes(error.code);
}
