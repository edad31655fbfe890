import type { AccountOptions, Engine } from "./engine.ts";

/** Where the database of an emulator lives, and whom it serves. */
export interface OpenEngineOptions {
  /** A server to use, `postgres://user:password@host:port/database`; left out, the embedded database is used. */
  database?: string | undefined;
  /** The folder that keeps the embedded database; left out, nothing is kept. */
  dataDir?: string | undefined;
  /** The accounts; all of one engine share one database, named for the first (`{username}_db`). */
  accounts: readonly AccountOptions[];
}
