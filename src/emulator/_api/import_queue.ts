import { addMap, datasetIds, setPrivacy } from "../_datasets.ts";
import type { Account, EmulatorContext } from "../_handler.ts";
import { ImportFailure } from "../_import/import_failure.ts";
import type { Collision, LoadedTable } from "../_import/load.ts";
import type { NamedFile } from "../_import/unpack.ts";

/** Where the data of an import come from. */
export type ImportOrigin =
  | { readonly kind: "file"; readonly file: NamedFile }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "query"; readonly sql: string; readonly name: string }
  | { readonly kind: "table"; readonly table: string; readonly name: string };

/** An import with every choice made. */
export interface ImportPlan {
  readonly origin: ImportOrigin;
  readonly guessesTypes: boolean;
  readonly guessesQuoted: boolean;
  readonly guessesContent: boolean;
  readonly createsMap: boolean;
  readonly privacy: "PRIVATE" | "PUBLIC" | "LINK" | undefined;
  readonly collision: Collision;
  /** The synchronised table that it belongs to. */
  readonly synchronization?: string | undefined;
  /** The name of the table, where it is not that of the file. */
  readonly tableName?: string | undefined;
}

/** The state of an import, as the platform tells it. */
export type ImportState = Record<string, unknown> & { readonly id: string; state: string };

/** Imports that an account may have at a time. */
const MAX_CONCURRENT = 3;
/** States that are kept for each account. */
const MAX_KEPT = 200;

/** The imports of all accounts. */
export class ImportQueue {
  readonly #context: EmulatorContext;
  readonly #signal: AbortSignal;
  readonly #states = new Map<string, Map<string, ImportState>>();

  /** Builds an empty queue; the signal ends what runs. */
  constructor(context: EmulatorContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
  }

  /** The states of an account's imports, by id. */
  of(account: Account): Map<string, ImportState> {
    const known = this.#states.get(account.username) ?? new Map<string, ImportState>();
    this.#states.set(account.username, known);
    return known;
  }

  /** Begins an import; `done` is told its end. Returns its id at once. */
  start(
    account: Account,
    plan: ImportPlan,
    done: (state: ImportState) => void | Promise<void> = () => {},
  ): string {
    const states = this.of(account);
    const running = [...states.values()].filter(({ state }) => !isFinal(state)).length;
    const state = newState(account, plan);
    states.set(state.id, state);
    for (const [id, { state: old }] of states) {
      if (states.size <= MAX_KEPT) break;
      if (isFinal(old)) states.delete(id);
    }
    const action = running >= MAX_CONCURRENT
      ? Promise.reject(new ImportFailure(6669, `${MAX_CONCURRENT} imports run already`))
      : this.#run(account, plan, state);
    action.catch((error) => fail(state, error)).then(() => done(state)).catch((error) => fail(state, error));
    return state.id;
  }

  async #run(account: Account, plan: ImportPlan, state: ImportState): Promise<void> {
    // The answer that tells the id goes out first.
    state.state = "pending";
    await new Promise((resolve) => setTimeout(resolve, 0));
    const tables: LoadedTable[] = [];
    for (const load of await this.#prepare(account, plan, state)) tables.push(await load());
    const [first] = tables;
    if (first === undefined) throw new ImportFailure(99999, "No table was made");
    state.state = "guessing";
    for (const { name, isNew } of tables) {
      if (isNew && plan.privacy !== undefined) {
        await datasetIds(this.#context, account, name);
        await setPrivacy(this.#context, account, name, plan.privacy);
      }
    }
    const { id, tableId } = await datasetIds(this.#context, account, first.name);
    const map = plan.createsMap
      ? await addMap(this.#context, account, {
        name: first.name,
        privacy: plan.privacy ?? "PRIVATE",
        datasets: [id],
      })
      : undefined;
    Object.assign(state, {
      table_id: tableId,
      table_name: first.name,
      display_name: state.display_name ?? first.name,
      tables_created_count: tables.filter(({ isNew }) => isNew).length,
      visualization_id: map ?? id,
      success: true,
      state: "complete",
    });
  }

  /** What is to be done for each table, once the data are here. */
  async #prepare(
    account: Account,
    plan: ImportPlan,
    state: ImportState,
  ): Promise<(() => Promise<LoadedTable>)[]> {
    const { engine } = this.#context;
    const { loadTable, loadQuery } = await import("../_import/load.ts");
    const { origin, collision } = plan;
    if (origin.kind === "query" || origin.kind === "table") {
      state.state = "importing";
      const sql = origin.kind === "query"
        ? await statement(origin.sql)
        : `SELECT * FROM ${await nameSql(origin.table)}`;
      return [() => loadQuery(engine, account, sql, origin.name, collision)];
    }
    state.state = "uploading";
    const file = origin.kind === "file" ? origin.file : await this.#download(origin.url);
    state.display_name = file.name;
    state.state = "unpacking";
    const { readTables } = await import("../_import/unpack.ts");
    const tables = readTables(file, { guessesTypes: plan.guessesTypes, guessesQuoted: plan.guessesQuoted });
    state.state = "importing";
    const named = plan.tableName === undefined || tables.length !== 1
      ? tables
      : tables.map((table) => ({ ...table, name: plan.tableName ?? table.name }));
    return named.map((table) => () => loadTable(engine, account, table, collision, this.#signal));
  }

  async #download(url: string): Promise<NamedFile> {
    const { fetchFile } = await import("../_import/fetch_file.ts");
    return await fetchFile(url, this.#signal);
  }
}

async function statement(sql: string): Promise<string> {
  const { embeddable } = await import("../_maps/typed_rows.ts");
  try {
    return embeddable(sql);
  } catch (error) {
    throw new ImportFailure(8003, (error as Error).message);
  }
}

async function nameSql(table: string): Promise<string> {
  const { quoteIdentifier } = await import("../_db/query.ts");
  return table.split(".").map(quoteIdentifier).join(".");
}

/** Whether an import has ended. */
export function isFinal(state: string): boolean {
  return state === "complete" || state === "failure";
}

function fail(state: ImportState, error: unknown): void {
  const failure = error instanceof ImportFailure
    ? error
    : new ImportFailure(99999, error instanceof Error ? error.message : String(error));
  Object.assign(state, {
    error_code: failure.code,
    get_error_text: failure.text,
    success: false,
    state: "failure",
  });
}

function newState(account: Account, plan: ImportPlan): ImportState {
  const { origin } = plan;
  const id = crypto.randomUUID();
  return {
    id,
    item_queue_id: id,
    user_id: account.id,
    table_id: null,
    data_type: origin.kind,
    table_name: null,
    state: "enqueued",
    error_code: null,
    queue_id: id,
    get_error_text: { title: "", what_about: "", source: null },
    tables_created_count: null,
    synchronization_id: plan.synchronization ?? null,
    type_guessing: plan.guessesTypes,
    quoted_fields_guessing: plan.guessesQuoted,
    content_guessing: plan.guessesContent,
    create_visualization: plan.createsMap,
    visualization_id: null,
    user_defined_limits: null,
    display_name: origin.kind === "file"
      ? origin.file.name
      : origin.kind === "url"
      ? nameOfUrl(origin.url)
      : origin.name,
    success: null,
    warnings: null,
    is_raster: false,
  };
}

function nameOfUrl(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname.split("/").at(-1) || url : url;
}

/** One queue for an emulator: imports and synchronised tables share it. */
const QUEUES = new WeakMap<EmulatorContext, ImportQueue>();

/** The queue of an emulator. */
export function queueOf(context: EmulatorContext, signal: AbortSignal): ImportQueue {
  const queue = QUEUES.get(context) ?? new ImportQueue(context, signal);
  QUEUES.set(context, queue);
  return queue;
}
