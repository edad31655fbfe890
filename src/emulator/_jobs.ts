import { DatabaseError, query } from "./_db/query.ts";
import {
  type Account,
  ApiError,
  type EmulatorContext,
  type Handler,
  type Jobs,
  jsonResponse,
} from "./_handler.ts";

/** Jobs that may wait for one account. */
const MAXIMUM_QUEUED = 64;

/** How long a statement of a job may take: 12 hours. */
const STATEMENT_TIMEOUT = 12 * 60 * 60 * 1000;

type Status = "pending" | "running" | "done" | "failed" | "cancelled" | "skipped";

/** SQL that follows other SQL, by how that ended. */
interface Fallbacks {
  onsuccess?: string;
  onerror?: string;
}

/** One statement of a job, as its document shows it. */
interface Step extends Fallbacks {
  query: string;
  status: Status;
  fallback_status?: Status;
  started_at?: string;
  ended_at?: string;
  failed_reason?: string;
}

/** What a job runs, in the three forms that a client may send. */
type Work =
  | { form: "text"; steps: Step[] }
  | { form: "list"; steps: Step[] }
  | { form: "fallbacks"; steps: Step[]; fallbacks: Fallbacks };

interface Job {
  readonly id: string;
  readonly account: Account;
  readonly work: Work;
  readonly createdAt: string;
  readonly abort: AbortController;
  updatedAt: string;
  status: Status;
  fallbackStatus: Status | undefined;
  failedReason: string | undefined;
}

/** The batch jobs of all accounts: one at a time for each account, in the order they came. */
export function createJobs(context: EmulatorContext): Jobs {
  const jobs = new JobQueues(context);
  return {
    create: (request) => jobs.create(request.account, request.parameters.query),
    get: (request) => jsonResponse(200, describe(jobs.find(request), false)),
    cancel: (request) => {
      const job = jobs.find(request);
      jobs.cancel(job);
      return jsonResponse(200, describe(job, false));
    },
    inProgress: () => jobs.inProgress(),
    close: () => jobs.close(),
  };
}

class JobQueues {
  readonly #context: EmulatorContext;
  readonly #jobs: Map<string, Job> = new Map<string, Job>();
  readonly #waiting: Map<string, Job[]> = new Map<string, Job[]>();
  readonly #running: Map<string, { job: Job; done: Promise<void> }> = new Map();
  #isClosed = false;

  constructor(context: EmulatorContext) {
    this.#context = context;
  }

  create(account: Account, sql: unknown): Response {
    const work = readWork(sql);
    const waiting = this.#waiting.get(account.username) ?? [];
    if (waiting.length >= MAXIMUM_QUEUED) {
      throw new ApiError(400, `Failed to create job. Max number of jobs (${MAXIMUM_QUEUED}) queued reached`);
    }
    const now = new Date().toISOString();
    const job: Job = {
      id: crypto.randomUUID(),
      account,
      work,
      createdAt: now,
      updatedAt: now,
      abort: new AbortController(),
      status: "pending",
      fallbackStatus: work.form === "fallbacks" && hasFallback(work.fallbacks) ? "pending" : undefined,
      failedReason: undefined,
    };
    this.#jobs.set(job.id, job);
    const answer = jsonResponse(201, describe(job, true));
    // A list without statements never gets its turn.
    if (work.steps.length > 0) {
      this.#waiting.set(account.username, [...waiting, job]);
      this.#next(account.username);
    }
    return answer;
  }

  find(request: Parameters<Handler>[0]): Job {
    const [id = ""] = request.segments;
    const job = this.#jobs.get(id);
    if (job === undefined || job.account.username !== request.account.username) {
      throw new ApiError(400, `Job with id ${id} not found`);
    }
    return job;
  }

  cancel(job: Job): void {
    if (job.status !== "pending" && job.status !== "running") {
      throw new ApiError(400, `Cannot set status from ${job.status} to cancelled`);
    }
    for (const step of job.work.steps) {
      if (step.status === "pending" || step.status === "running") step.status = "cancelled";
      if (step.fallback_status === "pending") step.fallback_status = "skipped";
    }
    if (job.fallbackStatus === "pending") job.fallbackStatus = "skipped";
    setStatus(job, "cancelled");
    const { username } = job.account;
    this.#waiting.set(username, (this.#waiting.get(username) ?? []).filter((other) => other !== job));
    job.abort.abort();
  }

  inProgress(): Record<string, string[]> {
    return Object.fromEntries([...this.#running].map(([username, { job }]) => [username, [job.id]]));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting.clear();
    const running = [...this.#running.values()];
    for (const { job } of running) job.abort.abort();
    await Promise.all(running.map(({ done }) => done));
  }

  #next(username: string): void {
    if (this.#isClosed || this.#running.has(username)) return;
    const [job, ...rest] = this.#waiting.get(username) ?? [];
    if (job === undefined) return;
    this.#waiting.set(username, rest);
    const done = this.#run(job).finally(() => {
      this.#running.delete(username);
      this.#next(username);
    });
    this.#running.set(username, { job, done });
  }

  async #run(job: Job): Promise<void> {
    const { work } = job;
    setStatus(job, "running");
    let failure: string | undefined;
    for (const step of work.steps) {
      failure = await this.#runStep(job, step);
      if (job.abort.signal.aborted) return;
      if (failure !== undefined) break;
    }
    if (work.form === "fallbacks") {
      for (const step of work.steps) {
        if (step.status === "pending") skip(step);
      }
      setStatus(job, failure === undefined ? "done" : "failed");
      job.fallbackStatus = await this.#fallBack(job, work.fallbacks, job.fallbackStatus, failure);
      touch(job);
    } else {
      job.failedReason = failure;
      setStatus(job, failure === undefined ? "done" : "failed");
    }
  }

  /** Runs a statement and what follows it; its error, if it has one. */
  async #runStep(job: Job, step: Step): Promise<string | undefined> {
    const tellsTimes = job.work.form === "fallbacks";
    step.status = "running";
    touch(job);
    if (tellsTimes) step.started_at = job.updatedAt;
    const failure = await this.#execute(job, step.query);
    if (job.abort.signal.aborted) return undefined;
    step.status = failure === undefined ? "done" : "failed";
    touch(job);
    if (tellsTimes) step.ended_at = job.updatedAt;
    if (failure !== undefined) step.failed_reason = failure;
    const fallback = await this.#fallBack(job, step, step.fallback_status, failure);
    if (fallback !== undefined) step.fallback_status = fallback;
    touch(job);
    return failure;
  }

  /** Runs what follows; how that ended, or `undefined` where nothing could follow. */
  async #fallBack(
    job: Job,
    fallbacks: Fallbacks,
    status: Status | undefined,
    failure: string | undefined,
  ): Promise<Status | undefined> {
    if (status === undefined) return undefined;
    const sql = failure === undefined ? fallbacks.onsuccess : fallbacks.onerror;
    if (sql === undefined) return "skipped";
    const filled = fillIn(sql, {
      job_id: job.id,
      ...(failure === undefined ? {} : { error_message: failure }),
    });
    return await this.#execute(job, filled) === undefined ? "done" : "failed";
  }

  async #execute(job: Job, sql: string): Promise<string | undefined> {
    try {
      await query(this.#context.engine, sql, {
        role: job.account.ownerRole,
        statementTimeout: STATEMENT_TIMEOUT,
        signal: job.abort.signal,
      });
      return undefined;
    } catch (error) {
      if (error instanceof DatabaseError) return error.fields.message;
      if (this.#isClosed) return "the emulator was closed";
      return error instanceof Error ? error.message : String(error);
    }
  }
}

function touch(job: Job): void {
  if (job.status !== "cancelled") job.updatedAt = new Date().toISOString();
}

function setStatus(job: Job, status: Status): void {
  job.updatedAt = new Date().toISOString();
  job.status = status;
  const [step] = job.work.steps;
  if (job.work.form === "text" && step !== undefined) step.status = status;
}

function skip(step: Step): void {
  step.status = "skipped";
  if (step.fallback_status !== undefined) step.fallback_status = "skipped";
}

/** `<%= name %>` stands for a value, written so that it fits into a literal. */
function fillIn(sql: string, values: Record<string, string>): string {
  return sql.replaceAll(/<%=\s*(\w+)\s*%>/g, (whole, name) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined ? whole : value.replaceAll("'", "''");
  });
}

function hasFallback({ onsuccess, onerror }: Fallbacks): boolean {
  return onsuccess !== undefined || onerror !== undefined;
}

/**
 * Reads what a client wants to run.
 *
 * @throws {ApiError} For anything but the three forms
 */
function readWork(sql: unknown): Work {
  if (sql === undefined || sql === null || sql === "") {
    throw new ApiError(400, "You must indicate a valid SQL");
  }
  if (typeof sql === "string") return { form: "text", steps: [{ query: sql, status: "pending" }] };
  if (Array.isArray(sql) && sql.every((item) => typeof item === "string")) {
    return { form: "list", steps: sql.map((item) => ({ query: item, status: "pending" })) };
  }
  if (isRecord(sql) && Array.isArray(sql.query)) {
    const steps = sql.query.map(readStep);
    const fallbacks = readFallbacks(sql);
    if (steps.every((step) => step !== undefined) && fallbacks !== undefined) {
      return { form: "fallbacks", steps, fallbacks };
    }
  }
  throw new ApiError(400, "there is no job class for the provided query");
}

function readStep(value: unknown): Step | undefined {
  if (!isRecord(value) || typeof value.query !== "string" || value.query === "") return undefined;
  const fallbacks = readFallbacks(value);
  if (fallbacks === undefined) return undefined;
  const step: Step = { query: value.query, ...fallbacks, status: "pending" };
  return hasFallback(fallbacks) ? { ...step, fallback_status: "pending" } : step;
}

function readFallbacks({ onsuccess, onerror }: Record<string, unknown>): Fallbacks | undefined {
  const isText = (value: unknown) => value === undefined || typeof value === "string";
  if (!isText(onsuccess) || !isText(onerror)) return undefined;
  return {
    ...(typeof onsuccess === "string" ? { onsuccess } : {}),
    ...(typeof onerror === "string" ? { onerror } : {}),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A job's document; the one of a new job has its members in another order. */
function describe(job: Job, isNew: boolean): Record<string, unknown> {
  const dates = { created_at: job.createdAt, updated_at: job.updatedAt };
  const fallback = job.fallbackStatus === undefined ? {} : { fallback_status: job.fallbackStatus };
  if (isNew) {
    return {
      user: job.account.username,
      query: describeWork(job.work),
      job_id: job.id,
      ...dates,
      status: job.status,
      ...fallback,
    };
  }
  return {
    user: job.account.username,
    status: job.status,
    query: describeWork(job.work),
    ...dates,
    ...fallback,
    ...(job.failedReason === undefined ? {} : { failed_reason: job.failedReason }),
    job_id: job.id,
  };
}

function describeWork(work: Work): unknown {
  if (work.form === "text") return work.steps[0]?.query;
  if (work.form === "list") return work.steps;
  return { query: work.steps, ...work.fallbacks };
}
