import type { Account } from "./_handler.ts";
import type { OpenEmulator } from "./_open.ts";
import type { EmulatorOptions } from "./options.ts";

/** What a client needs to reach an account of the emulator; `new Credentials(…)` takes it as it is. */
export interface EmulatorCredentials {
  /** The account's name. */
  readonly username: string;
  /** The account's master key. */
  readonly apiKey: string;
  /** The account's address, such as `http://127.0.0.1:8080/user/demo`. */
  readonly baseUrl: string;
}

/**
 * A running local CARTO; made by {@linkcode startEmulator}.
 *
 * It is disposable: `await using carto = await startEmulator()` ends it with the block.
 */
export class Emulator implements AsyncDisposable {
  readonly #open: OpenEmulator;

  /** Wraps what has been started. Not for users: see {@linkcode startEmulator}. */
  constructor(open: OpenEmulator) {
    this.#open = open;
  }

  /** The address that it listens at, without a slash at the end, such as `http://127.0.0.1:8080`. */
  get url(): string {
    return this.#open.url;
  }

  /** The names of the accounts, the default one first. */
  get usernames(): readonly string[] {
    return this.#open.accounts.map(({ username }) => username);
  }

  /**
   * The credentials of an account, with its master key.
   *
   * @param username The account; the first one when left out
   * @returns A plain object with user name, key and base URL
   * @throws {RangeError} When there is no such account
   */
  credentials(username?: string): EmulatorCredentials {
    const account = this.#account(username);
    const master = account.keys.find((key) => key.type === "master");
    return {
      username: account.username,
      apiKey: master?.token ?? "",
      baseUrl: `${this.url}/user/${encodeURIComponent(account.username)}`,
    };
  }

  /** Ends the emulator: cancels what runs and closes the database. Calling it twice is fine. */
  async close(): Promise<void> {
    await this.#open.close();
  }

  /** The same as {@linkcode Emulator.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #account(username: string | undefined): Account {
    const accounts = this.#open.accounts;
    const account = username === undefined
      ? accounts[0]
      : accounts.find((candidate) => candidate.username === username);
    if (account !== undefined) return account;
    throw new RangeError(
      `Cannot find the account "${username}": the emulator has ${this.usernames.join(", ")}`,
    );
  }
}

/**
 * Starts a local CARTO on a real PostGIS that needs no set-up: SQL with COPY and batch jobs, maps with vector tiles,
 * imports, datasets, API keys, published pages. What is served and what not stands in the docs of this module.
 *
 * Without `database` the PostGIS is embedded and needs `--allow-read` for the folder that npm packages lie in; with it,
 * a PostgreSQL server is used, which needs `--allow-net` for its host. Listening needs `--allow-net=127.0.0.1`.
 * Imports from addresses of this machine need `--allow-net` for them.
 * Answers in the formats gpkg and spatialite are written to a temporary file first, which needs `--allow-write`.
 * It is a stand-in for tests and demos: keys are checked and rights are real, but nothing guards it against attacks.
 *
 * @param options Port, accounts, database, limits; all may be left out
 * @returns The running emulator
 * @throws {PermissionError} When Deno refuses to listen; it names the flag
 * @throws {Deno.errors.AddrInUse} When the port is taken
 *
 * @example Read from a local CARTO
 * ```ts
 * import { startEmulator } from "@cartoframes/cartoframes/emulator";
 * import { assertEquals } from "@std/assert";
 *
 * await using carto = await startEmulator();
 * const { baseUrl, username, apiKey } = carto.credentials();
 * const answer = await fetch(`${baseUrl}/api/v2/sql?q=${encodeURIComponent("SELECT 6 * 7 AS n")}`, {
 *   headers: { authorization: `Basic ${btoa(`${username}:${apiKey}`)}` },
 * });
 * const { rows } = await answer.json();
 * assertEquals(rows, [{ n: 42 }]);
 * ```
 *
 * @example Import a file, and look at a vector tile of it
 * ```ts
 * import { startEmulator } from "@cartoframes/cartoframes/emulator";
 * import { assertEquals } from "@std/assert";
 *
 * await using carto = await startEmulator();
 * const { baseUrl, apiKey } = carto.credentials();
 * const ask = async (path: string, init?: RequestInit) =>
 *   await (await fetch(`${baseUrl}/${path}api_key=${apiKey}`, init)).json();
 *
 * const body = new FormData();
 * body.append("file", new File(["name,lat,lon\nOslo,59.9,10.7\n"], "cities.csv"));
 * const { item_queue_id } = await ask("api/v1/imports/?", { method: "POST", body });
 * let state = "enqueued";
 * while (state !== "complete") ({ state } = await ask(`api/v1/imports/${item_queue_id}/?`));
 *
 * const config = { version: "1.8.0", layers: [{ type: "mapnik", options: { sql: "SELECT * FROM cities" } }] };
 * const map = await ask(`api/v1/map?config=${encodeURIComponent(JSON.stringify(config))}&`);
 * const tile = await fetch(`${baseUrl}/api/v1/map/${map.layergroupid}/0/0/0.mvt?api_key=${apiKey}`);
 * assertEquals(tile.headers.get("content-type"), "application/x-protobuf");
 * await tile.body?.cancel();
 * ```
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { openEmulator } = await import("./_open.ts");
  return new Emulator(await openEmulator(options));
}
