import type { BatchJob } from "../classic/batch_jobs.ts";
import type { ClassicClient } from "../classic/client.ts";
import { type SqlInput, SqlText } from "../classic/sql_text.ts";
import { CartoError, isCartoError, JobError } from "../errors/carto_error.ts";
import { fitsInJob, withFunction } from "../tables/_run_finish.ts";
import { withDeadline } from "../tables/_staged_write.ts";

/** Milliseconds that a job under way to the server may still take to be known, once it is no longer wanted. */
const CREATE_PATIENCE = 10_000;
/** Milliseconds that cancelling a job may take. */
const CANCEL_TIMEOUT = 10_000;
/** Milliseconds between two looks at most. */
const MAX_INTERVAL = 1000;
/** Characters of a statement that stays as it is in a job which is too large. */
const SHORT = 1000;

/** The key may not do what only the master key may, such as run batch jobs: nothing was spent. */
export class KeyRefused extends CartoError {
  /** Names what was being done; `cause` is what the server told. */
  constructor(operation: string, cause: unknown) {
    super("access-denied", `Cannot ${operation}: the key may not do that`, {
      hint: "Use the account's master key; nothing was spent",
      cause,
    });
  }
}

/**
 * Runs statements as a batch job. When this returns or throws, the job is over: an abort cancels it, and so does a
 * failure that would leave it running, such as a connection that is gone. The server takes 16 KB as a job: statements
 * that are longer, such as those with a long query of the user's, become functions for the time being.
 *
 * @throws {KeyRefused} The key is not the master key
 * @throws {JobError} The job failed
 */
export async function runJob(
  client: ClassicClient,
  statements: readonly SqlInput[],
  operation: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const texts = statements.map((statement) => statement instanceof SqlText ? statement.text : statement);
  if (fitsInJob(texts)) return await runTexts(client, texts, operation, signal);
  const { rows } = await client.sql.query("SELECT current_schema() AS name", { signal, readOnly: true });
  await asMaster(operation, () => runLong(client, texts, String(rows[0]?.name), operation, signal));
}

/** Puts one long statement after the other into a function, until the rest is a job that the server takes. */
async function runLong(
  client: ClassicClient,
  texts: readonly string[],
  schema: string,
  operation: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const long = texts.findIndex((text) => text.length > SHORT);
  if (long < 0) return await runTexts(client, texts, operation, signal);
  const body = `\nBEGIN\n${texts[long]};\nEND `;
  await withFunction(
    client,
    { body, schema, signal },
    (call) => runLong(client, texts.with(long, call), schema, operation, signal),
  );
}

async function runTexts(
  client: ClassicClient,
  statements: readonly string[],
  operation: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const job = await create(client, statements, operation, signal);
  try {
    await job.wait({ signal, maxInterval: MAX_INTERVAL });
  } catch (error) {
    // After an abort the wait has cancelled it
    if (!(error instanceof JobError) && signal?.aborted !== true) {
      await withDeadline(CANCEL_TIMEOUT, (deadline) => job.cancel({ signal: deadline })).catch(() => {});
    }
    throw error;
  }
}

/** An abort waits for the answer a while, since a job of unknown id cannot be cancelled. */
async function create(
  client: ClassicClient,
  statements: readonly string[],
  operation: string,
  signal: AbortSignal | undefined,
): Promise<BatchJob> {
  const patience = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onAbort = () => {
    timer = setTimeout(() => patience.abort(signal?.reason), CREATE_PATIENCE);
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await asMaster(
      operation,
      () => client.batchJobs.create(statements, { signal: patience.signal }),
    );
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/**
 * Whether an error of {@link runJob} leaves open if the job does what it was to do: the answer that made it was lost, or
 * it could not be cancelled. Any clear word of the server says that it does not.
 */
export function leavesJobOpen(error: unknown): boolean {
  return isCartoError(error) &&
    ["network", "timeout", "server-error", "incomplete-response", "unexpected-response"].includes(error.code);
}

/** Runs a task that only the master key may do. */
export async function asMaster<T>(operation: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    const isNews = isCartoError(error) && error.code === "access-denied" && !(error instanceof KeyRefused);
    throw isNews ? new KeyRefused(operation, error) : error;
  }
}
