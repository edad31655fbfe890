/** The words that both threads keep in the shared control block, as indices of 32-bit integers. */
export const CONTROL = {
  /** Bytes of results that the main thread has dealt with, modulo 2^32. */
  acknowledged: 0,
  /** Bytes of input that the main thread has written to the ring, modulo 2^32. */
  written: 1,
  /** Bytes of input that the worker has taken from the ring, modulo 2^32. */
  taken: 2,
  /** 1 once the statement under way is to end as soon as it can. */
  stop: 3,
  /** How many words there are. */
  length: 4,
} as const;

/** Bytes of results that may be under way to the main thread. */
export const WINDOW = 4 * 1024 * 1024;

/** Bytes of the ring that carries the data of a `COPY … FROM STDIN`; a power of two. */
export const RING_LENGTH = 1024 * 1024;

/** What the main thread asks of the worker. */
export type WorkerRequest =
  | {
    kind: "open";
    control: SharedArrayBuffer;
    ring: SharedArrayBuffer;
    dataDir: string | undefined;
    template: Uint8Array<ArrayBuffer> | undefined;
    cacheDir: string | undefined;
    database: string;
    isNew: boolean;
  }
  | { kind: "run"; prelude: string; sql: string; hasInput: boolean }
  | { kind: "dump" }
  | { kind: "recover" }
  | { kind: "close" };

/** Where the engine keeps the variables that the main thread reads or sets, in bytes. */
export interface Addresses {
  /** Whether there is something to look at between two steps of a statement. */
  interruptPending: number;
  /** Whether the statement is to be cancelled. */
  queryCancelPending: number;
  /** The setting `statement_timeout` as it stands, in milliseconds; 0 when it is not known. */
  statementTimeout: number;
}

/** What the worker tells the main thread. */
export type WorkerReply =
  | { kind: "opened"; memory: SharedArrayBuffer; addresses: Addresses }
  | { kind: "data"; chunk: Uint8Array<ArrayBuffer> }
  | { kind: "ran"; failure: string | undefined; isBroken: boolean }
  | { kind: "dumped"; tar: Uint8Array<ArrayBuffer> }
  | { kind: "closed" }
  | { kind: "failed"; message: string };
