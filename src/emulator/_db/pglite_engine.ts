import { PermissionError } from "../../errors/carto_error.ts";
import type { BackendMessage, Engine, RunOptions } from "./engine.ts";
import { type Addresses, CONTROL, RING_LENGTH } from "./_worker_messages.ts";
import type { WorkerReply, WorkerRequest } from "./_worker_messages.ts";
import { CopyInput } from "./_copy_input.ts";
import { ringWriter } from "./_input_ring.ts";
import { errorMessage, MessageReader, parseError, readyMessage } from "./protocol.ts";
import { quoteIdentifier } from "./query.ts";
import { refusal } from "./_refused.ts";

/** How often the clock of a statement is looked at, in milliseconds. */
const TICK = 20;

/** Milliseconds that a cancelled statement has to stop before it is answered for. */
const GRACE = 2_000;

/** Milliseconds after which a statement that does not stop takes the worker with it. */
const PATIENCE = 20_000;

/** The worker's module; `new URL` with `import.meta.url` is what bundlers and registries recognise. */
const WORKER_URL = new URL("./pglite_worker.ts", import.meta.url);

const USER_REQUEST = "canceling statement due to user request";
const STATEMENT_TIMEOUT = "canceling statement due to statement timeout";

/** How to open the embedded database. */
export interface PgliteOptions {
  /** The folder of the database; in memory without it. */
  dataDir?: string | undefined;
  /** A tar of a database to start from, when there is none yet. */
  template?: Uint8Array<ArrayBuffer> | undefined;
  /** The folder that keeps what PostGIS needs where it is installed, which makes the start faster. */
  cacheDir?: string | undefined;
  /** The database's name; `postgres` when left out. */
  database?: string | undefined;
  /** Whether the folder holds no database yet; always so in memory. */
  isNew?: boolean | undefined;
  /** Called once the database is open. */
  onOpen?: (() => void | Promise<void>) | undefined;
  /** The folder to be released at the end, and other such things. */
  onClose?: (() => void | Promise<void>) | undefined;
}

/** A statement under way. */
interface Job {
  statementTimeout: number;
  /** When the statement under way began, by `performance.now()`. */
  startedAt: number;
  cancelled: string | undefined;
  cancelledAt: number;
  queue: BackendMessage[];
  wake: () => void;
  outcome: Extract<WorkerReply, { kind: "ran" }> | undefined;
  unacknowledged: number;
  input: CopyInput | undefined;
}

/**
 * PostgreSQL with PostGIS inside this program, in a worker of its own.
 *
 * One statement runs at a time, others wait for their turn. A statement that takes too long is cancelled through the
 * memory that the worker shares; only one that does not look at its interrupt flags ends the worker, and with it what
 * an in-memory database holds.
 */
export class PgliteEngine implements Engine {
  /** Inside this program. */
  readonly kind = "embedded";
  /** The role to administrate with. */
  readonly superuser = "postgres";

  #worker: Worker;
  readonly #options: PgliteOptions;
  readonly #control: Int32Array = new Int32Array(new SharedArrayBuffer(CONTROL.length * 4));
  readonly #ring: Uint8Array = new Uint8Array(new SharedArrayBuffer(RING_LENGTH));
  #memory: Int32Array = new Int32Array(0);
  #addresses: Addresses = { interruptPending: 0, queryCancelPending: 0, statementTimeout: 0 };
  #turn: Promise<void> = Promise.resolve();
  #job: Job | undefined;
  #answer: PromiseWithResolvers<WorkerReply> | undefined;
  #closing: Promise<void> | undefined;
  #failure: Error | undefined;

  private constructor(options: PgliteOptions) {
    this.#options = { ...options };
    this.#worker = this.#startWorker();
  }

  /** Opens the database: reads a template or an existing folder, or makes an empty cluster. */
  static async open(options: PgliteOptions): Promise<PgliteEngine> {
    await checkWorkerAccess();
    const engine = new PgliteEngine(options);
    try {
      await engine.#openDatabase(options.template);
      await options.onOpen?.();
    } catch (error) {
      engine.#worker.terminate();
      throw error;
    }
    return engine;
  }

  /** Runs one text of SQL when its turn has come. */
  async run(sql: string, options: RunOptions): Promise<void> {
    const refused = refusal(sql, options.role === this.superuser);
    if (refused !== undefined) return await answer(options, refused);
    await this.#exclusive(async (release) => {
      if (options.signal?.aborted) {
        release();
        return await answer(options, errorMessage("57014", USER_REQUEST));
      }
      await this.#run(sql, options, release);
    });
  }

  /** The files of the database as a tar. */
  async dump(): Promise<Uint8Array<ArrayBuffer>> {
    let tar: Uint8Array<ArrayBuffer> | undefined;
    await this.#exclusive(async (release) => {
      try {
        const reply = await this.#ask({ kind: "dump" });
        if (reply.kind === "dumped") tar = reply.tar;
      } finally {
        release();
      }
    });
    if (tar === undefined) throw new Error("Cannot copy the database: no answer from its worker");
    return tar;
  }

  /** Cancels what runs, closes the files and ends the worker. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    if (this.#job !== undefined) this.#cancel(this.#job, USER_REQUEST);
    await this.#turn;
    if (this.#failure === undefined && this.#options.dataDir !== undefined) {
      await this.#ask({ kind: "close" }).catch(() => {});
    }
    this.#worker.terminate();
    await this.#options.onClose?.();
  }

  /** Waits for a turn; the next one begins when the action calls `release`, which it must, before its end or after. */
  async #exclusive(action: (release: () => void) => Promise<void>): Promise<void> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    if (this.#closing !== undefined || this.#failure !== undefined) {
      resolve();
      throw this.#failure ?? new Error("Cannot run SQL: the database is closed");
    }
    await action(resolve);
  }

  #startWorker(): Worker {
    const worker = new Worker(WORKER_URL, { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#receive({ kind: "failed", message: event.message });
    };
    return worker;
  }

  async #openDatabase(template: Uint8Array<ArrayBuffer> | undefined): Promise<void> {
    this.#adopt(
      await this.#ask({
        kind: "open",
        control: this.#control.buffer as SharedArrayBuffer,
        ring: this.#ring.buffer as SharedArrayBuffer,
        dataDir: this.#options.dataDir,
        template,
        cacheDir: this.#options.cacheDir,
        database: this.#options.database ?? "postgres",
        isNew: this.#options.dataDir === undefined || this.#options.isNew === true,
      }),
    );
  }

  #adopt(reply: WorkerReply): void {
    if (reply.kind !== "opened") {
      throw new Error(`Cannot open the database: unexpected answer "${reply.kind}"`);
    }
    this.#memory = new Int32Array(reply.memory);
    this.#addresses = reply.addresses;
  }

  async #ask(request: WorkerRequest): Promise<WorkerReply> {
    this.#answer = Promise.withResolvers<WorkerReply>();
    this.#worker.postMessage(request);
    const reply = await this.#answer.promise;
    this.#answer = undefined;
    if (reply.kind === "failed") throw openingError(reply.message);
    return reply;
  }

  #reader: MessageReader = new MessageReader();

  #receive(reply: WorkerReply): void {
    const job = this.#job;
    if (job === undefined) {
      this.#answer?.resolve(reply);
    } else if (reply.kind === "data") {
      job.unacknowledged += reply.chunk.length;
      for (const message of this.#reader.push(reply.chunk)) {
        if (message.type === "C") job.startedAt = performance.now();
        job.queue.push(message);
      }
      job.wake();
    } else {
      const failure = reply.kind === "failed" ? reply.message : "the worker gave an unexpected answer";
      job.outcome = reply.kind === "ran" ? reply : { kind: "ran", failure, isBroken: true };
      job.wake();
    }
  }

  async #run(sql: string, options: RunOptions, release: () => void): Promise<void> {
    const job: Job = {
      statementTimeout: options.statementTimeout,
      startedAt: performance.now(),
      cancelled: undefined,
      cancelledAt: 0,
      queue: [],
      wake: () => {},
      outcome: undefined,
      unacknowledged: 0,
      input: undefined,
    };
    if (options.copyIn !== undefined) {
      job.input = new CopyInput(ringWriter(this.#control, this.#ring, () => job.outcome !== undefined));
    }
    this.#reader = new MessageReader();
    this.#reader.joinsCopyData = options.onCopyData !== undefined;
    this.#job = job;
    for (let word = 0; word < CONTROL.length; word++) Atomics.store(this.#control, word, 0);
    const onAbort = () => this.#cancel(job, USER_REQUEST);
    options.signal?.addEventListener("abort", onAbort);
    const clock = setInterval(() => this.#tick(job), TICK);
    const finish = () => {
      clearInterval(clock);
      this.#job = undefined;
      release();
    };
    this.#worker.postMessage(
      {
        kind: "run",
        prelude: prelude(options, this.superuser),
        sql,
        hasInput: options.copyIn !== undefined,
      } satisfies WorkerRequest,
    );
    try {
      await this.#deliver(job, options);
    } catch (error) {
      this.#cancel(job, USER_REQUEST);
      throw error;
    } finally {
      options.signal?.removeEventListener("abort", onAbort);
      if (job.outcome === undefined) this.#settle(job).then(finish);
      else {
        await this.#settle(job);
        finish();
      }
    }
  }

  /** Hands the messages on as they come, until the worker is done or a cancelled statement is given up. */
  async #deliver(job: Job, options: RunOptions): Promise<void> {
    let failed = false;
    let ready: BackendMessage | undefined;
    try {
      for (;;) {
        const batch = job.queue;
        job.queue = [];
        const { unacknowledged } = job;
        job.unacknowledged = 0;
        for (const message of batch) {
          if (message.type === "C" && failed) continue;
          if (message.type === "G" && options.copyIn !== undefined) job.input?.start(options.copyIn);
          if (message.type === "E") {
            failed = true;
            job.input?.stop();
          }
          if (message.type === "Z") ready = message;
          else {
            const held = message.type === "d" && options.onCopyData !== undefined
              ? options.onCopyData(message.payload)
              : options.onMessage(this.#reword(message, job));
            if (held !== undefined) await held;
          }
        }
        if (unacknowledged > 0) {
          Atomics.add(this.#control, CONTROL.acknowledged, unacknowledged);
          Atomics.notify(this.#control, CONTROL.acknowledged);
        }
        if (job.queue.length > 0) continue;
        if (job.outcome !== undefined) break;
        if (job.cancelled !== undefined && performance.now() - job.cancelledAt > GRACE) break;
        await new Promise<void>((resolve) => job.wake = resolve);
      }
    } finally {
      job.input?.stop();
    }
    if (
      !failed &&
      (job.outcome === undefined || job.cancelled !== undefined && job.outcome.failure !== undefined)
    ) {
      await options.onMessage(errorMessage("57014", job.cancelled ?? USER_REQUEST));
    } else if (!failed && job.outcome?.failure !== undefined) {
      await options.onMessage(errorMessage("XX000", job.outcome.failure));
    } else if (!failed && job.outcome?.isBroken && ready === undefined) {
      await options.onMessage(errorMessage("57P02", "the database had to be restarted"));
    }
    await options.onMessage(ready ?? readyMessage());
  }

  /** A statement that we cancelled says why. */
  #reword(message: BackendMessage, job: Job): BackendMessage {
    if (message.type !== "E" || job.cancelled === undefined) return message;
    return parseError(message.payload).code === "57014" ? errorMessage("57014", job.cancelled) : message;
  }

  #tick(job: Job): void {
    const now = performance.now();
    if (job.cancelled !== undefined) {
      // A request that comes before the statement has begun is forgotten, so it is made again.
      if (job.outcome === undefined) this.#interrupt();
      if (now - job.cancelledAt > GRACE) job.wake();
      return;
    }
    // The SQL may have set a limit of its own, shorter or longer.
    const { statementTimeout } = this.#addresses;
    const limit = statementTimeout === 0
      ? job.statementTimeout
      : Atomics.load(this.#memory, statementTimeout >> 2);
    if (limit > 0 && now - job.startedAt >= limit) this.#cancel(job, STATEMENT_TIMEOUT);
  }

  #cancel(job: Job, reason: string): void {
    if (job.cancelled !== undefined || job.outcome !== undefined) return;
    job.cancelled = reason;
    job.cancelledAt = performance.now();
    this.#interrupt();
    Atomics.store(this.#control, CONTROL.stop, 1);
    Atomics.notify(this.#control, CONTROL.acknowledged);
    job.input?.stop();
  }

  /** Tells the statement under way to end. */
  #interrupt(): void {
    Atomics.store(this.#memory, this.#addresses.queryCancelPending >> 2, 1);
    Atomics.notify(this.#memory, this.#addresses.queryCancelPending >> 2);
    Atomics.store(this.#memory, this.#addresses.interruptPending >> 2, 1);
  }

  /** Waits until the worker is idle again, and mends or replaces it where that is needed. */
  async #settle(job: Job): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    while (job.outcome === undefined && performance.now() < deadline) {
      await new Promise<void>((resolve) => setTimeout(resolve, TICK));
    }
    await job.input?.done();
    const { outcome } = job;
    if (outcome !== undefined && !outcome.isBroken) return;
    this.#job = undefined;
    try {
      if (outcome !== undefined) {
        this.#adopt(await this.#ask({ kind: "recover" }));
        return;
      }
      this.#worker.terminate();
      this.#worker = this.#startWorker();
      this.#options.isNew = false;
      await this.#openDatabase(this.#options.dataDir === undefined ? this.#options.template : undefined);
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  }
}

/** Asks for leave to read before there is a worker, which would print its own refusal. */
async function checkWorkerAccess(): Promise<void> {
  if (WORKER_URL.protocol !== "file:") return;
  try {
    await Deno.stat(WORKER_URL);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw openingError(error.message);
    throw error;
  }
}

/** The worker tells its errors as text; one about leave to read becomes advice. */
function openingError(message: string): Error {
  const path = /Requires read access to "?([^",]+)"?/.exec(message)?.[1];
  if (path === undefined) return new Error(`Cannot open the database: ${message}`);
  return new PermissionError(`Cannot start the embedded database: Deno refused to read "${path}"`, {
    flags: ["--allow-read"],
    hint: "Add to this run: --allow-read, or --allow-read=FOLDERS with the folder of this module, " +
      "the one that npm packages lie in, and those given for data and cache",
  });
}

async function answer(options: RunOptions, message: BackendMessage): Promise<void> {
  await options.onMessage(message);
  await options.onMessage(readyMessage());
}

/** Clears what the statement before left in the one session there is, and takes on the role. */
function prelude(options: RunOptions, superuser: string): string {
  return [
    `SET SESSION AUTHORIZATION ${quoteIdentifier(superuser)}`,
    "RESET ROLE",
    "RESET ALL",
    "DEALLOCATE ALL",
    "CLOSE ALL",
    "UNLISTEN *",
    "SELECT pg_advisory_unlock_all()",
    "DISCARD TEMP",
    "DISCARD SEQUENCES",
    "SET search_path = public, cartodb, cdb_dataservices_client",
    "SET timezone = 'UTC'",
    `SET statement_timeout = ${Math.max(0, Math.round(options.statementTimeout))}`,
    ...(options.role === superuser ? [] : [`SET SESSION AUTHORIZATION ${quoteIdentifier(options.role)}`]),
  ].join("; ");
}
