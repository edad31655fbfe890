import { datasetIds } from "../_datasets.ts";
import type { StoredDocument } from "../_documents.ts";
import { type Account, type EmulatorContext, jsonResponse } from "../_handler.ts";
import { membersOf, type PlatformHandler, Refusal, requireMaster } from "./answers.ts";
import { type ImportPlan, type ImportState, queueOf } from "./import_queue.ts";
import { readOrigin, readPlan } from "./imports.ts";

/** Seconds that lie between two runs at least. */
const MIN_INTERVAL = 900;

/** A synchronised table as it is kept. */
interface StoredSync {
  readonly name: string | null;
  readonly url: string;
  readonly interval: number;
  readonly state: string;
  readonly plan: Omit<ImportPlan, "origin">;
  readonly ranAt: string | null;
  readonly modifiedAt: string | null;
  readonly retriedTimes: number;
  readonly logId: string | null;
  readonly errorCode: number | null;
  readonly errorMessage: string | null;
  readonly visualization: string | null;
}

type Sync = StoredDocument<StoredSync>;

/**
 * `api/v1/synchronizations`: tables that are read again from their address. The emulator reads them when they are made and
 * when a client asks for it; it has no clock that would do so every `interval` seconds.
 */
export function createSynchronizations(
  context: EmulatorContext,
  signal: AbortSignal,
  now: () => number = Date.now,
): PlatformHandler {
  const queue = queueOf(context, signal);
  const { documents } = context;
  const kind = "synchronization";

  const change = async (account: Account, id: string, changes: Partial<StoredSync>): Promise<void> => {
    const sync = await documents.get<StoredSync>(account.username, kind, id);
    if (sync !== undefined) await documents.replace(account.username, kind, id, { ...sync.data, ...changes });
  };

  const run = async (account: Account, id: string, sync: StoredSync): Promise<string> => {
    const plan: ImportPlan = {
      ...sync.plan,
      origin: { kind: "url", url: sync.url },
      synchronization: id,
      // From the second time on, the table that it made before is filled again.
      ...(sync.name === null ? {} : { tableName: sync.name, collision: "overwrite" as const }),
    };
    await change(account, id, { state: "syncing", ranAt: new Date(now()).toISOString() });
    return queue.start(account, plan, (state) => finish(account, id, state));
  };

  const finish = async (account: Account, id: string, state: ImportState): Promise<void> => {
    const isDone = state.state === "complete";
    const name = String(state.table_name);
    const dataset = isDone ? await datasetIds(context, account, name) : undefined;
    const before = await documents.get<StoredSync>(account.username, kind, id);
    await change(account, id, {
      state: isDone ? "success" : "failure",
      logId: state.id,
      errorCode: isDone ? null : Number(state.error_code),
      errorMessage: isDone ? null : String(membersOf(state.get_error_text).title ?? ""),
      retriedTimes: isDone ? 0 : (before?.data.retriedTimes ?? 0) + 1,
      ...(dataset === undefined
        ? {}
        : { name, visualization: dataset.id, modifiedAt: new Date(now()).toISOString() }),
    });
  };

  return async (request) => {
    requireMaster(request);
    const { account, method, segments, parameters } = request;
    const [id, action, ...more] = segments;
    if (more.length > 0) throw new Refusal(404, ["Not found"]);
    if (id === undefined && method === "POST") {
      const origin = readOrigin(parameters);
      if (origin.kind !== "url" || origin.url === "") throw new Refusal(400, ["url is required"]);
      const interval = readInterval(parameters.interval);
      const made = crypto.randomUUID();
      const { origin: _origin, ...plan } = readPlan(parameters, origin);
      const sync: StoredSync = {
        name: null,
        url: origin.url,
        interval,
        state: "created",
        plan,
        ranAt: null,
        modifiedAt: null,
        retriedTimes: 0,
        logId: null,
        errorCode: null,
        errorMessage: null,
        visualization: null,
      };
      await documents.add(account.username, kind, made, sync);
      const item_queue_id = await run(account, made, sync);
      const stored = await find(account, made);
      return jsonResponse(200, {
        ...present(account, stored, now()),
        state: "created",
        data_import: { endpoint: "/api/v1/imports", item_queue_id },
      });
    }
    if (id === undefined) {
      if (method !== "GET") throw new Refusal(404, ["Not found"]);
      const all = await documents.list<StoredSync>(account.username, kind);
      return jsonResponse(200, {
        synchronizations: all.map((sync) => present(account, sync, now())),
        total_entries: all.length,
      });
    }
    const sync = await find(account, id);
    if (action === "sync_now") return await syncNow(account, method, sync);
    if (action !== undefined) throw new Refusal(404, ["Not found"]);
    if (method === "GET") return jsonResponse(200, present(account, sync, now()));
    if (method === "PUT") {
      await change(account, id, { interval: readInterval(parameters.interval ?? sync.data.interval) });
      return jsonResponse(200, present(account, await find(account, id), now()));
    }
    if (method !== "DELETE") throw new Refusal(404, ["Not found"]);
    await documents.delete(account.username, kind, id);
    return new Response(null, { status: 204 });
  };

  async function find(account: Account, id: string): Promise<Sync> {
    const sync = await documents.get<StoredSync>(account.username, kind, id);
    if (sync === undefined) throw new Refusal(404, ["Synchronization not found"]);
    return sync;
  }

  async function syncNow(account: Account, method: string, sync: Sync): Promise<Response> {
    const { id, data } = sync;
    if (method === "GET") return jsonResponse(200, { state: data.state });
    if (method !== "PUT") throw new Refusal(404, ["Not found"]);
    const age = data.ranAt === null ? Infinity : (now() - new Date(data.ranAt).getTime()) / 1000;
    if (data.state === "syncing" || age < MIN_INTERVAL) {
      throw new Refusal(400, [`It ran less than ${MIN_INTERVAL} seconds ago`]);
    }
    await run(account, id, data);
    return jsonResponse(200, { enqueued: true, synchronization_id: id });
  }
}

function readInterval(given: unknown): number {
  const interval = Number(given ?? 3600);
  if (Number.isInteger(interval) && interval >= MIN_INTERVAL) return interval;
  throw new Refusal(400, [`Interval must be at least ${MIN_INTERVAL} seconds`]);
}

function present(
  account: Account,
  { id, data, createdAt, updatedAt }: Sync,
  now: number,
): Record<string, unknown> {
  const { plan } = data;
  const next = new Date((data.ranAt === null ? now : new Date(data.ranAt).getTime()) + data.interval * 1000);
  return {
    id,
    name: data.name,
    interval: data.interval,
    url: data.url,
    state: data.state,
    created_at: createdAt,
    updated_at: updatedAt,
    run_at: next.toISOString(),
    ran_at: data.ranAt,
    modified_at: data.modifiedAt,
    retried_times: data.retriedTimes,
    log_id: data.logId,
    error_code: data.errorCode,
    error_message: data.errorMessage,
    etag: null,
    checksum: "",
    user_id: account.id,
    service_name: null,
    service_item_id: data.url,
    type_guessing: plan.guessesTypes,
    quoted_fields_guessing: plan.guessesQuoted,
    content_guessing: plan.guessesContent,
    visualization_id: data.visualization,
    from_external_source: false,
  };
}
