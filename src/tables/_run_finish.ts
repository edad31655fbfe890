import type { ClassicClient } from "../classic/client.ts";
import { CartoError, isCartoError, JobError, ResponseError } from "../errors/mod.ts";
import { createFunctionSql, doStatement, qualified } from "./_finish_sql.ts";
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
/** The server takes 16,384 bytes of JSON; the key may be in it too. */
const MAX_JOB_BYTES = 16_000;

/**
 * Does the last step of a write exactly once.
 *
 * The step ends the staging table in the same transaction, so whether that table is there tells whether the
 * step was done: after a lost answer, after an abort, and for a second attempt, which waits for the first.
 * An abort that comes when the step has been done already is not heard.
 */
export async function runFinish(client: ClassicClient, step: FinishStep): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      step.signal?.throwIfAborted();
      return await send(client, step);
    } catch (error) {
      const aborted = step.signal?.aborted === true;
      if (!aborted && !isOpen(error)) throw error;
      switch (await lookAfter(client, step)) {
        case "done":
          return;
        case "unknown":
          throw new UnknownOutcome(step.staging, error);
      }
      if (aborted || attempt === ATTEMPTS) throw error;
    }
  }
}

async function send(client: ClassicClient, step: FinishStep): Promise<void> {
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

async function sendDirectly(client: ClassicClient, { body, signal }: FinishStep): Promise<void> {
  await client.sql.query(doStatement(body), { signal, timeout: SILENCE });
}

async function sendAsJob(client: ClassicClient, step: FinishStep): Promise<void> {
  await runAsJob(client, doStatement(step.body), step.body, step);
}

/** A statement that is the first to try as a query and, when it takes too long for one, as a batch job. */
export async function runStatement(
  client: ClassicClient,
  { statement, schema, signal }: { statement: string; schema: string; signal: AbortSignal | undefined },
): Promise<void> {
  try {
    await client.sql.query(statement, { signal, timeout: SILENCE });
  } catch (error) {
    if (!isCartoError(error) || error.code !== "statement-timeout") throw error;
    await runAsJob(client, statement, `\nBEGIN\n${statement};\nEND `, { schema, signal });
  }
}

/** Runs a statement as a batch job; one too long for that becomes the body of a function for the time being. */
async function runAsJob(
  client: ClassicClient,
  statement: string,
  body: string,
  step: Pick<FinishStep, "schema" | "signal">,
): Promise<void> {
  if (new TextEncoder().encode(JSON.stringify(statement)).length <= MAX_JOB_BYTES) {
    return await runJob(client, statement, step.signal);
  }
  const name = `tmp_func_${crypto.getRandomValues(new Uint8Array(5)).toHex()}`;
  await client.sql.query(createFunctionSql(step.schema, name, body), { signal: step.signal });
  try {
    await runJob(client, `SELECT ${qualified(step.schema, name)}()`, step.signal);
  } finally {
    await dropFunction(client, step.schema, name);
  }
}

async function runJob(
  client: ClassicClient,
  statement: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const job = await client.batchJobs.create(statement, { signal });
  await job.wait({ signal });
}

/** Best effort: the function does nothing unless it is called. */
async function dropFunction(client: ClassicClient, schema: string, name: string): Promise<void> {
  try {
    const statement = `DROP FUNCTION IF EXISTS ${qualified(schema, name)}()`;
    await withDeadline(PROBE_TIMEOUT, (signal) => client.sql.query(statement, { signal }));
  } catch {
    // What the job said is what counts.
  }
}

/** Whether the step was done after all. The look waits while the step is still at work. */
async function lookAfter(
  client: ClassicClient,
  { schema, staging }: FinishStep,
): Promise<"done" | "not done" | "unknown"> {
  const probe = `SELECT 1 FROM ${qualified(schema, staging)} LIMIT 0`;
  return await withDeadline(PROBE_TIMEOUT, async (signal) => {
    while (true) {
      try {
        await client.sql.query(probe, { readOnly: true, signal });
        return "not done";
      } catch (error) {
        if (isCartoError(error) && error.code === "not-found") return "done";
        if (!isCartoError(error) || error.code !== "statement-timeout") return "unknown";
      }
    }
  });
}

function isJobRefused(error: unknown): boolean {
  return error instanceof ResponseError && error.code === "access-denied";
}

/** Whether an error leaves open if the server did what it was asked to. */
function isOpen(error: unknown): boolean {
  if (!isCartoError(error)) return false;
  return ["network", "timeout", "server-error", "incomplete-response", "unexpected-response"].includes(
    error.code,
  ) ||
    (error instanceof JobError && error.status !== "failed");
}
