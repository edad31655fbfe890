import {
  ArgumentError,
  type CartoError,
  isCartoError,
  JobError,
  TimeoutError,
} from "../errors/carto_error.ts";
import { redact } from "../errors/_redact.ts";
import { RateLimitError, type ResponseError } from "../errors/carto_error.ts";
import { checkCore } from "./_core_check.ts";
import { type AccountRequests, requestsOf } from "./_requests.ts";
import { sqlInputText } from "./_sql_input.ts";
import type { ClassicClient } from "./client.ts";
import type { SqlInput } from "./sql_text.ts";

/** How a job, or one of its queries, stands. */
export type BatchJobStatus =
  | "pending"
  | "running"
  | "done"
  | "failed"
  | "cancelled"
  | "skipped"
  | "unknown";

/** One query of a job with what is to be run after it. */
export interface BatchJobStep {
  /** The statement. */
  query: SqlInput;
  /** Run when the statement went well. `<%= job_id %>` stands for the job's id. */
  onsuccess?: SqlInput | undefined;
  /** Run when it failed. `<%= error_message %>` stands for the reason, `<%= job_id %>` for the job's id. */
  onerror?: SqlInput | undefined;
}

/** Queries of a job with what is to be run after all of them. */
export interface BatchJobPlan {
  /** The queries, in order; after a failure the rest is skipped. */
  query: readonly BatchJobStep[];
  /** Run when all went well. */
  onsuccess?: SqlInput | undefined;
  /** Run when one failed. */
  onerror?: SqlInput | undefined;
}

/**
 * What a job can run: one text (several statements in it run in one go); a list, run in order up to
 * the first failure; or a plan with fallbacks.
 */
export type BatchJobQuery = SqlInput | readonly SqlInput[] | BatchJobPlan;

/** A job as the server describes it. Members beyond these pass through. */
export interface BatchJobDocument {
  /** The job's id, a UUID. */
  readonly job_id: string;
  /** How it stands, in the server's word. */
  readonly status: string;
  /** The account. */
  readonly user?: string | null | undefined;
  /** What was given, with a status at each query of a list or plan. */
  readonly query?: unknown;
  /** When it was made, as ISO 8601. */
  readonly created_at?: string | null | undefined;
  /** When it last changed, as ISO 8601. */
  readonly updated_at?: string | null | undefined;
  /** Why it failed; with fallbacks it stands only at the query that failed. */
  readonly failed_reason?: string | null | undefined;
  /** How the fallbacks stand. */
  readonly fallback_status?: string | null | undefined;
}

/** What is told while a job is waited for. */
export interface BatchJobProgress {
  /** The job's id. */
  readonly id: string;
  /** How it stands. */
  readonly status: BatchJobStatus;
  /** Queries that are done, of a list or plan. */
  readonly done: number;
  /** Queries in all. */
  readonly total: number;
  /** Milliseconds since the wait began. */
  readonly elapsed: number;
}

/** What waiting for a job takes. */
export interface BatchJobWaitOptions {
  /** Stops waiting and, unless `cancelOnAbort` is false, the job. */
  signal?: AbortSignal | undefined;
  /** Whether an abort also cancels the job on the server. Default true. */
  cancelOnAbort?: boolean | undefined;
  /** Is told after each look at the job. */
  onProgress?: ((progress: BatchJobProgress) => void) | undefined;
  /** Milliseconds to wait in all; the job then goes on without us. Default 13 hours: servers end a job after 12. */
  totalTimeout?: number | undefined;
  /** Milliseconds before the second look. Default 200; each wait is half as long again as the one before. */
  interval?: number | undefined;
  /** The longest wait between two looks, in milliseconds. Default 2000. */
  maxInterval?: number | undefined;
}

/** The most that the server takes as the body of a request that makes a job. */
const MAX_PAYLOAD = 16_384;
const TOTAL_TIMEOUT = 13 * 3_600_000;
/** Milliseconds without one good look at the job after which waiting is given up. */
const MAX_OUTAGE = 120_000;
/** Milliseconds that a cancellation after an abort may take. */
const CANCEL_TIMEOUT = 10_000;

/** A job on the server. */
export class BatchJob {
  readonly #api: BatchJobsApi;
  #document: BatchJobDocument;

  /**
   * Made by {@link BatchJobsApi.create} and {@link BatchJobsApi.get}.
   *
   * @param api Where it is looked after
   * @param document What the server told of it
   */
  constructor(api: BatchJobsApi, document: BatchJobDocument) {
    this.#api = api;
    this.#document = document;
  }

  /** The job's id: with it another program can wait for the job, or cancel it. */
  get id(): string {
    return this.#document.job_id;
  }

  /** How it stood when it was last looked at. */
  get status(): BatchJobStatus {
    return statusOf(this.#document.status);
  }

  /** Why it failed, when it did: the first query's reason. */
  get failedReason(): string | undefined {
    return failedReason(this.#document);
  }

  /** What the server last told of it. */
  get document(): BatchJobDocument {
    return this.#document;
  }

  /**
   * Looks at the job once.
   *
   * @param options A signal
   * @returns This job
   */
  async refresh(options: { signal?: AbortSignal | undefined } = {}): Promise<this> {
    this.#document = (await this.#api.get(this.id, options)).document;
    return this;
  }

  /**
   * Waits until the job has ended. A look that fails for a while (no connection, a busy or broken
   * server) does not end the wait.
   *
   * @param options Signal, progress, times
   * @returns This job, when it ended well
   * @throws {JobError} It failed, was cancelled, or was lost
   * @throws {TimeoutError} It has not ended within `totalTimeout`; it goes on
   * @throws {CartoError} The server could not be asked for two minutes, or refused to answer
   */
  async wait(options: BatchJobWaitOptions = {}): Promise<this> {
    this.#document = await this.#api.waitFor(this.#document, options);
    return this;
  }

  /**
   * Cancels the job.
   *
   * @returns How it stands then; as for {@link BatchJobsApi.cancel}
   */
  async cancel(options: { signal?: AbortSignal | undefined } = {}): Promise<BatchJobStatus> {
    const status = await this.#api.cancel(this.id, options);
    this.#document = { ...this.#document, status };
    return status;
  }
}

/**
 * Batch jobs: `api/v2/sql/job`. For statements that take longer than a query may, with the master key
 * only. One job runs at a time per account, the others wait. What a `SELECT` yields is thrown away.
 *
 * @example Run a job and wait for it, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const statuses = ["pending", "running", "done"];
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: () => Promise.resolve(Response.json({ job_id: "27df5e70", status: statuses.shift() })),
 *   sleep: () => Promise.resolve(),
 * });
 *
 * const job = await carto.batchJobs.create(["CREATE TABLE x AS SELECT 1 AS n", "ANALYZE x"]);
 * await job.wait();
 * assertEquals(job.status, "done");
 * ```
 */
export class BatchJobsApi {
  readonly #requests: AccountRequests;

  /**
   * Made by {@link ClassicClient} as its member `batchJobs`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#requests = requestsOf(client);
  }

  /**
   * Makes a job. Not retried after a failure, for the job could then run twice.
   *
   * @param query What to run
   * @param options A signal
   * @returns The job, pending
   * @throws {ArgumentError} Nothing to run, or a request of more than 16,384 bytes
   * @throws {ResponseError} `access-denied` without the master key; `quota-exceeded` when 64 jobs wait
   */
  async create(query: BatchJobQuery, options: { signal?: AbortSignal | undefined } = {}): Promise<BatchJob> {
    const json = { query: wireQuery(query) };
    const bytes = new TextEncoder().encode(this.#requests.jsonBody(json)).length;
    if (bytes > MAX_PAYLOAD) {
      throw new ArgumentError(
        `Cannot create the batch job: the request is ${bytes} bytes long, and the server takes ${MAX_PAYLOAD}`,
        {
          argument: "query",
          hint:
            "Put the long statement into a function with sql.query, and let the job call it; or make several jobs",
        },
      );
    }
    const document = await this.#send("POST", "", "create the batch job", { json, signal: options.signal });
    return new BatchJob(this, document);
  }

  /**
   * Looks at a job.
   *
   * @param id Its id
   * @param options A signal
   * @throws {ResponseError} `not-found` when there is no such job
   */
  async get(id: string, options: { signal?: AbortSignal | undefined } = {}): Promise<BatchJob> {
    return new BatchJob(this, await this.#send("GET", `/${checkId(id)}`, "read the batch job", options));
  }

  /**
   * Cancels a job, waiting or running. A job that has ended meanwhile is no error; one that was
   * cancelled before is.
   *
   * @param id Its id
   * @param options A signal
   * @returns `cancelled`, or how it had ended: `done`, `failed`, `unknown`
   * @throws {ResponseError} There is no such job, or it was cancelled before
   */
  async cancel(id: string, options: { signal?: AbortSignal | undefined } = {}): Promise<BatchJobStatus> {
    try {
      const document = await this.#send("DELETE", `/${checkId(id)}`, "cancel the batch job", options);
      return statusOf(document.status);
    } catch (error) {
      if (!isCartoError(error) || error.code === "not-found" || (error as ResponseError).status !== 400) {
        throw error;
      }
      const told = /Cannot set status from (\w+) to/.exec(error.message)?.[1];
      const status = told === undefined ? (await this.get(id, options)).status : statusOf(told);
      if (!isFinal(status) || status === "cancelled") throw error;
      return status;
    }
  }

  /**
   * Waits for a job given by what is known of it. `BatchJob.wait` is the usual way.
   *
   * @param job The job's document
   * @param options Signal, progress, times
   * @returns The document of a job that ended well
   */
  async waitFor(job: BatchJobDocument, options: BatchJobWaitOptions = {}): Promise<BatchJobDocument> {
    const { signal, cancelOnAbort = true } = options;
    try {
      return await this.#wait(job, options);
    } catch (error) {
      if (signal?.aborted && cancelOnAbort && !(error instanceof JobError)) {
        await this.#cancelQuietly(job.job_id);
      }
      throw error;
    }
  }

  async #wait(job: BatchJobDocument, options: BatchJobWaitOptions): Promise<BatchJobDocument> {
    const { signal, onProgress, totalTimeout = TOTAL_TIMEOUT, interval = 200, maxInterval = 2000 } = options;
    const { now, sleep } = this.#requests;
    const start = now();
    let document = job;
    let lastGood = start;
    let wait = interval;
    while (true) {
      signal?.throwIfAborted();
      let pause = wait;
      try {
        document = await this.#look(job.job_id, signal);
        lastGood = now();
        onProgress?.(progress(document, now() - start));
        if (isFinal(statusOf(document.status))) return ended(document, this.#requests.credentials.secrets);
      } catch (error) {
        if (signal?.aborted || !isPassing(error) || now() - lastGood >= MAX_OUTAGE) throw error;
        if (error instanceof RateLimitError) pause = Math.max(wait, error.retryAfter * 1000);
      }
      if (now() - start + pause > totalTimeout) {
        throw new TimeoutError(
          `Cannot wait longer for the batch job "${job.job_id}": it is ${
            statusOf(document.status)
          } after ${totalTimeout} ms`,
          { timeout: totalTimeout, hint: "It goes on: wait again with batchJobs.get(id), or cancel it" },
        );
      }
      await sleep(pause, signal);
      wait = Math.min(maxInterval, wait * 1.5);
    }
  }

  /** One look, without the transport's own retries: the wait has a rhythm of its own. */
  #look(id: string, signal: AbortSignal | undefined): Promise<BatchJobDocument> {
    return this.#send("GET", `/${checkId(id)}`, "read the batch job", { signal, retries: 0 });
  }

  /** The caller learns of the abort, whether or not this succeeds. */
  async #cancelQuietly(id: string): Promise<void> {
    try {
      await this.#send("DELETE", `/${checkId(id)}`, "cancel the batch job", { totalTimeout: CANCEL_TIMEOUT });
    } catch {
      // It may have ended meanwhile, or the connection may be what was aborted for.
    }
  }

  async #send(
    method: "GET" | "POST" | "DELETE",
    path: string,
    operation: string,
    more: {
      json?: Record<string, unknown> | undefined;
      signal?: AbortSignal | undefined;
      retries?: number | undefined;
      totalTimeout?: number | undefined;
    },
  ): Promise<BatchJobDocument> {
    const answer = await this.#requests.json({
      method,
      path: `api/v2/sql/job${path}`,
      operation,
      retry: method === "GET" ? "read" : "rate-limit",
      ...more,
    });
    return checkCore("jobDocument", answer.body, { operation, status: answer.status });
  }
}

/** The server's word in one spelling; a word that nobody expected is `unknown`. */
function statusOf(word: string): BatchJobStatus {
  const known: readonly string[] = ["pending", "running", "done", "failed", "cancelled", "skipped"];
  const status = word === "canceled" ? "cancelled" : word;
  return known.includes(status) ? status as BatchJobStatus : "unknown";
}

function isFinal(status: BatchJobStatus): boolean {
  return status !== "pending" && status !== "running";
}

/** Whether a failed look says nothing about the job and may be gone at the next. */
function isPassing(error: unknown): error is CartoError {
  return isCartoError(error) &&
    ["network", "timeout", "server-error", "rate-limited", "incomplete-response"].includes(error.code);
}

/** The document of a job that ended well; an error for any other. */
function ended(document: BatchJobDocument, secrets: readonly string[]): BatchJobDocument {
  const status = statusOf(document.status);
  if (status === "done") return document;
  const told = failedReason(document);
  const reason = told === undefined ? undefined : redact(told, secrets);
  const what = status === "cancelled"
    ? "was cancelled"
    : status === "failed"
    ? "failed"
    : `ended with status "${document.status}"`;
  throw new JobError(
    `The batch job "${document.job_id}" ${what}${reason === undefined ? "" : `: ${reason}`}`,
    {
      jobId: document.job_id,
      status: status === "unknown" ? document.status : status,
      reason,
    },
  );
}

/** The queries of a list or plan, as the server describes them. */
function stepsOf(document: BatchJobDocument): readonly { status?: unknown; failed_reason?: unknown }[] {
  const { query } = document;
  if (Array.isArray(query)) return query;
  const inner = typeof query === "object" && query !== null
    ? (query as { query?: unknown }).query
    : undefined;
  return Array.isArray(inner) ? inner : [];
}

function failedReason(document: BatchJobDocument): string | undefined {
  if (typeof document.failed_reason === "string") return document.failed_reason;
  const reason = stepsOf(document).find((step) => typeof step.failed_reason === "string")?.failed_reason;
  return reason as string | undefined;
}

function progress(document: BatchJobDocument, elapsed: number): BatchJobProgress {
  const steps = stepsOf(document);
  const status = statusOf(document.status);
  const single = status === "done" ? 1 : 0;
  return {
    id: document.job_id,
    status,
    done: steps.length === 0 ? single : steps.filter((step) => step.status === "done").length,
    total: Math.max(1, steps.length),
    elapsed,
  };
}

function checkId(id: string): string {
  if (typeof id !== "string" || id.trim() === "") {
    throw new ArgumentError("Cannot find a batch job without its id", { argument: "id" });
  }
  return encodeURIComponent(id);
}

/** The query as the server reads it. An empty list is refused: its job would stay pending for ever. */
function wireQuery(query: BatchJobQuery): unknown {
  if (isPlan(query)) {
    if (query.query.length === 0) throw emptyJob();
    return {
      query: query.query.map((step) => ({ query: sqlInputText(step.query), ...fallbacks(step) })),
      ...fallbacks(query),
    };
  }
  if (!Array.isArray(query)) return sqlInputText(query as SqlInput);
  if (query.length === 0) throw emptyJob();
  return query.map((item) => sqlInputText(item));
}

function isPlan(query: BatchJobQuery): query is BatchJobPlan {
  return typeof query === "object" && query !== null && Array.isArray((query as BatchJobPlan).query);
}

function fallbacks(
  step: { onsuccess?: SqlInput | undefined; onerror?: SqlInput | undefined },
): Record<string, string> {
  return {
    ...(step.onsuccess === undefined ? {} : { onsuccess: sqlInputText(step.onsuccess, "onsuccess") }),
    ...(step.onerror === undefined ? {} : { onerror: sqlInputText(step.onerror, "onerror") }),
  };
}

function emptyJob(): ArgumentError {
  return new ArgumentError("Cannot create a batch job without a query", { argument: "query" });
}
