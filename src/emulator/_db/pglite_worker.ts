/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { pathToFileURL } from "node:url";
import type { Extension } from "../../_deps/pglite.ts";
import { smallPostgis } from "./_postgis_bundle.ts";
import { type ClockTimeGet, type Stack, useSharedMemory } from "./_shared_memory.ts";
import { type Addresses, CONTROL, RING_LENGTH, WINDOW } from "./_worker_messages.ts";
import type { WorkerReply, WorkerRequest } from "./_worker_messages.ts";
import { copyFailMessage, errorMessage, MessageReader, parseError, queryMessage } from "./protocol.ts";
import { encodeMessage, readyMessage } from "./protocol.ts";
import { quoteLiteral } from "./query.ts";

/** Results are gathered to pieces of about this size before they are sent to the main thread. */
const CHUNK = 128 * 1024;

/** How far after the interrupt flags static data may lie, in words. */
const STATIC_WORDS = 256 * 1024;

/** The database that a new cluster has. */
const DEFAULT_DATABASE = "postgres";

/** A day in nanoseconds. */
const DAY = 86_400_000_000_000n;

/** The level of an error that ends a statement. */
const ERROR = 21;

/** What a server makes good for, and the embedded database cannot. */
const EXCEPTION_HINT = "Run the emulator on a PostgreSQL server, or change the geometries";

/** How `exit` tells that an SQL error unwinds to the main loop. */
const LONGJMP = 100;

/** The part of the engine's Emscripten module that is used here. */
interface PostgresModule {
  HEAPU8: Uint8Array;
  wasmMemory: WebAssembly.Memory;
  addFunction(callback: (pointer: number, length: number) => number, signature: string): number;
  _pgl_set_rw_cbs(read: number, write: number): void;
  _pgl_setPGliteExitStatus(status: number): number;
  _pgl_pq_flush(): void;
  _pq_buffer_remaining_data(): number;
  _PostgresMainLoopOnce(): void;
  _PostgresMainLongJmp(): void;
  _PostgresSendReadyForQueryIfNecessary(): void;
  _IsTransactionBlock(): number;
  _InterruptPending: number;
  _QueryCancelPending: number;
  stringToUTF8OnStack(text: string): number;
  _errstart(level: number, domain: number): number;
  _errmsg_internal(format: number, values: number): number;
  _errhint(format: number, values: number): number;
  _errfinish(file: number, line: number, functionName: number): void;
}

/** The part of PGlite that is used here. */
interface Database {
  readonly Module: PostgresModule;
  dumpDataDir(compression: "none"): Promise<Blob>;
  close(): Promise<void>;
}

/** PGlite's own start parameters, less its search path, which would hide the database's. */
const START_PARAMETERS = [
  "--single",
  "-F",
  "-j",
  ...[
    "exit_on_error=false",
    "log_checkpoints=false",
    "max_worker_processes=0",
    "max_parallel_workers=0",
    "max_parallel_workers_per_gather=0",
    "max_parallel_maintenance_workers=0",
    "io_method=sync",
    "max_stack_depth=300kB",
  ].flatMap((setting) => ["-c", setting]),
];

let database: Database | undefined;
let stacks = new WeakMap<WebAssembly.Memory, Stack>();
let control: Int32Array = new Int32Array(0);
let ring: Uint8Array = new Uint8Array(0);
let dataDirectory: string | undefined;
let cacheDirectory: string | undefined;
let databaseName = DEFAULT_DATABASE;

/** What the statement under way still has to read before the ring is asked. */
let pending: Uint8Array = new Uint8Array(0);
let hasInput = false;
let sink: (bytes: Uint8Array) => void = () => {};

let gathered = new Uint8Array(CHUNK);
let gatheredLength = 0;
let sent = 0;

function reply(message: WorkerReply, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}

function engineModule(): PostgresModule {
  if (database === undefined) throw new Error("the database is not open");
  return database.Module;
}

function flush(): void {
  if (gatheredLength === 0) return;
  const chunk = gathered.subarray(0, gatheredLength);
  sent = (sent + gatheredLength) | 0;
  gathered = new Uint8Array(CHUNK);
  gatheredLength = 0;
  reply({ kind: "data", chunk }, [chunk.buffer]);
  while (Atomics.load(control, CONTROL.stop) === 0) {
    const acknowledged = Atomics.load(control, CONTROL.acknowledged);
    if (((sent - acknowledged) | 0) <= WINDOW) return;
    Atomics.wait(control, CONTROL.acknowledged, acknowledged, 100);
  }
}

function gather(bytes: Uint8Array): void {
  if (gatheredLength + bytes.length > gathered.length) {
    flush();
    if (bytes.length > gathered.length) gathered = new Uint8Array(bytes.length);
  }
  gathered.set(bytes, gatheredLength);
  gatheredLength += bytes.length;
}

/** Gives the engine what it reads next: the message, then the input; an error when there is none. */
function read(pointer: number, length: number): number {
  const heap = engineModule().HEAPU8;
  if (pending.length === 0) {
    if (!hasInput) {
      pending = copyFailMessage("No source stream defined");
    } else {
      flush();
      return takeInput(heap, pointer, length);
    }
  }
  const count = Math.min(pending.length, length);
  heap.set(pending.subarray(0, count), pointer);
  pending = pending.subarray(count);
  return count;
}

function takeInput(heap: Uint8Array, pointer: number, length: number): number {
  const taken = Atomics.load(control, CONTROL.taken);
  for (;;) {
    const written = Atomics.load(control, CONTROL.written);
    const available = (written - taken) | 0;
    if (available > 0) {
      const start = taken & (RING_LENGTH - 1);
      const count = Math.min(available, length, RING_LENGTH - start);
      heap.set(ring.subarray(start, start + count), pointer);
      Atomics.store(control, CONTROL.taken, (taken + count) | 0);
      Atomics.notify(control, CONTROL.taken);
      return count;
    }
    Atomics.wait(control, CONTROL.written, written, 100);
  }
}

/** Lets the engine work off one message and what follows it; false when the engine did not survive. */
function execute(message: Uint8Array): boolean {
  const module = engineModule();
  // An SQL error leaves the engine as a JavaScript exception, which does not put its C stack back.
  const stack = stacks.get(module.wasmMemory);
  const bottom = stack?.save() ?? 0;
  pending = message;
  try {
    do {
      try {
        module._PostgresMainLoopOnce();
      } catch (error) {
        if (module._pgl_setPGliteExitStatus(-2) !== LONGJMP) {
          reportCrash(error);
          return false;
        }
        stack?.restore(bottom);
        module._PostgresMainLongJmp();
      }
    } while (pending.length > 0 || module._pq_buffer_remaining_data() > 0);
    module._PostgresSendReadyForQueryIfNecessary();
    module._pgl_pq_flush();
    return true;
  } catch (error) {
    reportCrash(error);
    return false;
  }
}

function reportCrash(error: unknown): void {
  const { type, payload } = error instanceof RangeError
    ? errorMessage("54001", "stack depth limit exceeded")
    : errorMessage("57P02", "terminating connection because of crash of another server process");
  sink(encodeMessage(type, payload));
  const ready = readyMessage();
  sink(encodeMessage(ready.type, ready.payload));
}

/** Runs SQL whose results nobody needs; the text of its first error, if it has one. */
function administrate(sql: string): { alive: boolean; failure: string | undefined } {
  const reader = new MessageReader();
  let failure: string | undefined;
  const saved = sink;
  sink = (bytes) => {
    for (const { type, payload } of reader.push(bytes.slice())) {
      if (type === "E") failure ??= parseError(payload).message;
    }
  };
  const alive = execute(queryMessage(sql));
  sink = saved;
  return { alive, failure };
}

async function open(template: Uint8Array<ArrayBuffer> | undefined, name: string): Promise<void> {
  const { PGlite, postgis } = await import("../../_deps/pglite.ts");
  const options = {
    extensions: { postgis: cacheDirectory === undefined ? postgis : fromCache(postgis, cacheDirectory) },
    startParams: START_PARAMETERS,
    database: name,
    ...(dataDirectory === undefined ? {} : { dataDir: dataDirectory }),
    ...(template === undefined ? {} : { loadDataDir: asBlob(template) }),
  };
  database = await PGlite.create(options) as unknown as Database;
  const module = database.Module;
  const readCallback = module.addFunction(read, "iii");
  const writeCallback = module.addFunction((pointer, length) => {
    sink(module.HEAPU8.subarray(pointer, pointer + length));
    return length;
  }, "iii");
  module._pgl_set_rw_cbs(readCallback, writeCallback);
}

/** PostGIS without what installs it, where that can be had. */
function fromCache(postgis: Extension, cacheDir: string): Extension {
  return {
    ...postgis,
    setup: async (...context) => {
      const { bundlePath: whole, ...rest } = await postgis.setup(...context);
      const small = whole === undefined ? undefined : await smallPostgis(whole, cacheDir);
      const bundlePath = small === undefined ? whole : pathToFileURL(small);
      return { ...rest, ...(bundlePath === undefined ? {} : { bundlePath }) };
    },
  };
}

/** Bytes as the file that PGlite asks for: a real `Blob` would copy them, and once more for each look at it. */
function asBlob(bytes: Uint8Array<ArrayBuffer>): Blob {
  const { buffer } = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
  return Object.assign(new Blob(), { arrayBuffer: () => Promise.resolve(buffer) });
}

/**
 * Where the variable behind `statement_timeout` lies, which the engine does not export: the word among its static data
 * that follows the setting. 0 when it is not found.
 */
function findStatementTimeout(): number {
  const marks = [1_234_567_891, 1_123_456_789];
  const end = (engineModule()._InterruptPending >> 2) + STATIC_WORDS;
  let candidates: number[] | undefined;
  for (const mark of marks) {
    administrate(`SET statement_timeout = ${mark}`);
    const words = new Int32Array(engineModule().wasmMemory.buffer);
    candidates = candidates?.filter((index) => words[index] === mark) ?? indicesOf(words, mark, end);
  }
  administrate("RESET statement_timeout");
  return candidates?.length === 1 ? (candidates[0] ?? 0) << 2 : 0;
}

function indicesOf(words: Int32Array, value: number, end: number): number[] {
  const found: number[] = [];
  for (let at = words.indexOf(value); at >= 0 && at < end; at = words.indexOf(value, at + 1)) found.push(at);
  return found;
}

function announce(): void {
  const module = engineModule();
  const memory = module.wasmMemory.buffer as unknown as SharedArrayBuffer;
  const addresses: Addresses = {
    interruptPending: module._InterruptPending,
    queryCancelPending: module._QueryCancelPending,
    statementTimeout: findStatementTimeout(),
  };
  reply({ kind: "opened", memory, addresses });
}

/**
 * The engine sleeps by reading the clock over and over. A cancelled statement sees another day gone by each time, so
 * that its sleep ends, even one that began with the flag already set, and it looks at the flag; a long row of readings is a sleep, and leaves the processor to others for a while.
 */
function impatientClock(original: ClockTimeGet): ClockTimeGet {
  let readings = 0;
  let last = 0;
  let days = 0n;
  return (clock, precision, pointer) => {
    const status = original(clock, precision, pointer);
    if (database === undefined || clock === 0) return status;
    const { wasmMemory, _QueryCancelPending: flag } = database.Module;
    const words = new Int32Array(wasmMemory.buffer, flag, 1);
    const nanoseconds = new BigInt64Array(wasmMemory.buffer, pointer, 1);
    const now = Number(nanoseconds[0]);
    readings = now - last < 10_000 ? readings + 1 : 0;
    last = now;
    if (readings > 10_000) {
      readings = 0;
      Atomics.wait(words, 0, 0, 5);
    }
    days = Atomics.load(words, 0) === 0 ? 0n : days + 1n;
    nanoseconds[0] = (nanoseconds[0] ?? 0n) + days * DAY;
    return status;
  };
}

/**
 * Turns an exception of a library into an SQL error, as if the engine's own code had raised it there: blocks of PL/pgSQL
 * may catch it. Does not return.
 */
function raise(text: string): void {
  if (database === undefined) return;
  const module = database.Module;
  const format = (words: string) => module.stringToUTF8OnStack(words.replaceAll("%", "%%"));
  module._errstart(ERROR, 0);
  module._errmsg_internal(format(text), 0);
  if (!text.includes("proj string")) module._errhint(format(EXCEPTION_HINT), 0);
  module._errfinish(0, 0, 0);
}

function clearInterrupts(): void {
  const words = new Int32Array(engineModule().wasmMemory.buffer);
  Atomics.store(words, engineModule()._QueryCancelPending >> 2, 0);
  Atomics.store(words, engineModule()._InterruptPending >> 2, 0);
}

function run(request: WorkerRequest & { kind: "run" }): void {
  sent = Atomics.load(control, CONTROL.acknowledged);
  hasInput = false;
  clearInterrupts();
  const prepared = administrate(request.prelude);
  let { alive } = prepared;
  if (alive && prepared.failure === undefined) {
    hasInput = request.hasInput;
    sink = gather;
    alive = execute(queryMessage(request.sql));
    hasInput = false;
    flush();
    clearInterrupts();
    // A request to cancel may come once more, and then meets the clean-up.
    for (let tries = 0; alive && tries < 5 && engineModule()._IsTransactionBlock() !== 0; tries++) {
      clearInterrupts();
      alive = administrate("ROLLBACK").alive;
    }
  }
  reply({ kind: "ran", failure: prepared.failure, isBroken: !alive });
}

async function dump(): Promise<Uint8Array<ArrayBuffer>> {
  if (database === undefined) throw new Error("the database is not open");
  return new Uint8Array(await (await database.dumpDataDir("none")).arrayBuffer());
}

async function handle(request: WorkerRequest): Promise<void> {
  if (request.kind === "open") {
    control = new Int32Array(request.control);
    ring = new Uint8Array(request.ring);
    dataDirectory = request.dataDir;
    cacheDirectory = request.cacheDir;
    databaseName = request.database;
    await open(request.template, request.isNew ? DEFAULT_DATABASE : databaseName);
    // A database cannot be renamed from within, but in its catalogue.
    if (request.isNew && databaseName !== DEFAULT_DATABASE) {
      administrate(
        `UPDATE pg_database SET datname = ${
          quoteLiteral(databaseName)
        } WHERE datname = '${DEFAULT_DATABASE}'`,
      );
    }
    announce();
  } else if (request.kind === "recover") {
    // The files outlive the engine: in memory they are taken over as they are, as after a crash of a server.
    await open(dataDirectory === undefined ? await dump() : undefined, databaseName);
    announce();
  } else if (request.kind === "run") {
    run(request);
  } else if (request.kind === "dump") {
    const tar = await dump();
    reply({ kind: "dumped", tar }, [tar.buffer]);
  } else {
    await database?.close();
    reply({ kind: "closed" });
  }
}

if (typeof WorkerGlobalScope !== "undefined" && self instanceof WorkerGlobalScope) {
  stacks = useSharedMemory(impatientClock, raise);
  self.onmessage = ({ data }: MessageEvent<WorkerRequest>) => {
    handle(data).catch((error) => reply({ kind: "failed", message: String(error) }));
  };
}
