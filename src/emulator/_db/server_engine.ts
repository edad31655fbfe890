import type { BackendMessage, Engine, RunOptions } from "./engine.ts";
import { Connection, parseServerUrl, type ServerAddress } from "./_connection.ts";
import { CopyInput } from "./_copy_input.ts";
import { refusal } from "./_refused.ts";
import { errorMessage, parseError, queryMessage, readyMessage } from "./protocol.ts";
import { DatabaseError, query, quoteIdentifier, quoteLiteral } from "./query.ts";

/** Sessions kept at most; more runs than that wait for one. */
const MAXIMUM_SESSIONS = 10;

const USER_REQUEST = "canceling statement due to user request";
const STATEMENT_TIMEOUT = "canceling statement due to statement timeout";

/** Marks a database as one that an emulator made, and may remove. */
const MARK = "Made by the CARTOframes emulator";

/** How to use a server. */
export interface ServerOptions {
  /** `postgres://superuser:password@host:port/database`; the database is only used to make ours. */
  url: string;
  /** The name of the database to make. */
  database: string;
  /** Whether it stays when the engine is closed, and is used again if it is there. */
  keepDatabase?: boolean | undefined;
}

/** PostgreSQL on a server: statements run side by side, each in a session of its own, for as long as they may. */
export class ServerEngine implements Engine {
  /** On a server. */
  readonly kind = "server";
  /** The role to administrate with: the user of the URL. */
  readonly superuser: string;

  readonly #address: ServerAddress;
  readonly #idle: Connection[] = [];
  readonly #busy: Set<Connection> = new Set<Connection>();
  readonly #waiting: (() => void)[] = [];
  readonly #onClose: () => Promise<void>;
  #count = 0;
  #closing: Promise<void> | undefined;

  private constructor(address: ServerAddress, onClose: () => Promise<void>) {
    this.#address = address;
    this.#onClose = onClose;
    this.superuser = address.user;
  }

  /**
   * Makes the database on the server.
   *
   * @throws {DatabaseError} When the server refuses
   * @throws {Error} When a database of that name is there that no emulator has made
   */
  static async open(options: ServerOptions): Promise<ServerEngine> {
    const address = parseServerUrl(options.url);
    const name = quoteIdentifier(options.database);
    const administrate = async (action: (engine: ServerEngine) => Promise<void>) => {
      const engine = new ServerEngine(address, () => Promise.resolve());
      try {
        await action(engine);
      } finally {
        await engine.close();
      }
    };
    const drop = (engine: ServerEngine) => query(engine, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await administrate(async (engine) => {
      const { rows } = await query(
        engine,
        `SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = ${
          quoteLiteral(options.database)
        }`,
      );
      if (rows.length > 0) {
        if (rows[0]?.[0] !== MARK) {
          throw new Error(
            `Cannot make the database "${options.database}": it is there already, and not ours`,
          );
        }
        if (options.keepDatabase) return;
        await drop(engine);
      }
      await query(engine, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
      await query(engine, `COMMENT ON DATABASE ${name} IS ${quoteLiteral(MARK)}`);
      await query(
        engine,
        `ALTER DATABASE ${name} SET search_path = public, cartodb, cdb_dataservices_client`,
      );
      await query(engine, `ALTER DATABASE ${name} SET timezone = 'UTC'`);
    });
    return new ServerEngine({ ...address, database: options.database }, async () => {
      if (!options.keepDatabase) await administrate(async (engine) => void await drop(engine));
    });
  }

  /** Runs one text of SQL in a session of its own. */
  async run(sql: string, options: RunOptions): Promise<void> {
    if (this.#closing !== undefined) throw new Error("Cannot run SQL: the database is closed");
    const refused = refusal(sql, options.role === this.superuser);
    if (refused !== undefined) return await answer(options, refused);
    const connection = await this.#acquire(options.signal);
    if (connection === undefined) {
      return await answer(options, errorMessage("57014", USER_REQUEST));
    }
    let isUsable = false;
    let isCancelled = false;
    const cancel = () => {
      isCancelled = true;
      void connection.cancel();
    };
    try {
      const failure = await execute(connection, prelude(options, this.superuser));
      if (failure !== undefined) await answer(options, failure);
      else {
        options.signal?.addEventListener("abort", cancel);
        if (options.signal?.aborted) cancel();
        await stream(connection, sql, options);
      }
      // A request to cancel may arrive late, and must not meet the next statement of this session.
      isUsable = !isCancelled && await cleanUp(connection);
    } catch (error) {
      await connection.cancel();
      throw error;
    } finally {
      options.signal?.removeEventListener("abort", cancel);
      this.#release(connection, isUsable);
    }
  }

  /** Cancels what runs, ends the sessions, and removes the database unless it is to stay. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    for (const connection of this.#busy) {
      await connection.cancel();
      connection.close();
    }
    for (const connection of this.#idle) connection.close();
    for (const wake of this.#waiting) wake();
    await this.#onClose();
  }

  async #acquire(signal: AbortSignal | undefined): Promise<Connection | undefined> {
    while (this.#idle.length === 0 && this.#count >= MAXIMUM_SESSIONS) {
      if (signal?.aborted) return undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      signal?.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      if (this.#closing !== undefined) throw new Error("Cannot run SQL: the database is closed");
    }
    if (signal?.aborted) return undefined;
    let connection = this.#idle.pop();
    if (connection === undefined) {
      this.#count++;
      try {
        connection = await Connection.open(this.#address);
      } catch (error) {
        this.#count--;
        throw error;
      }
    }
    this.#busy.add(connection);
    return connection;
  }

  #release(connection: Connection, isUsable: boolean): void {
    this.#busy.delete(connection);
    if (isUsable && this.#closing === undefined) this.#idle.push(connection);
    else {
      connection.close();
      this.#count--;
    }
    this.#waiting.shift()?.();
  }
}

function prelude(options: RunOptions, superuser: string): string {
  return [
    `SET statement_timeout = ${Math.max(0, Math.round(options.statementTimeout))}`,
    ...(options.role === superuser ? [] : [`SET SESSION AUTHORIZATION ${quoteIdentifier(options.role)}`]),
  ].join("; ");
}

/** Runs SQL whose results nobody needs; its error, if it has one. */
async function execute(connection: Connection, sql: string): Promise<BackendMessage | undefined> {
  await connection.write(queryMessage(sql));
  let failure: BackendMessage | undefined;
  for (;;) {
    const message = await connection.read();
    if (message.type === "E") failure ??= message;
    if (message.type === "Z") return failure;
  }
}

/** Makes the session as it was; false when that fails. */
async function cleanUp(connection: Connection): Promise<boolean> {
  try {
    await execute(connection, "ROLLBACK");
    return await execute(connection, "DISCARD ALL") === undefined;
  } catch {
    return false;
  }
}

async function stream(connection: Connection, sql: string, options: RunOptions): Promise<void> {
  connection.joinsCopyData = options.onCopyData !== undefined;
  await connection.write(queryMessage(sql));
  let input: CopyInput | undefined;
  let failure: Error | undefined;
  // A server that waits for data does not look at time-outs or cancellations: the data have to end.
  let stopReason: string | undefined;
  let clock: ReturnType<typeof setTimeout> | undefined;
  const stopInput = (reason: string) => {
    stopReason ??= reason;
    input?.stop();
  };
  const onAbort = () => stopInput(USER_REQUEST);
  options.signal?.addEventListener("abort", onAbort);
  try {
    for (let isReady = false; !isReady;) {
      for (const received of await connection.readAll()) {
        let message = received;
        if (message.type === "G") {
          input ??= new CopyInput((bytes) => connection.write(bytes));
          input.start(options.copyIn);
          if (options.signal?.aborted) onAbort();
          if (options.statementTimeout > 0) {
            clearTimeout(clock);
            clock = setTimeout(stopInput, options.statementTimeout, STATEMENT_TIMEOUT);
          }
        }
        if (message.type === "E") {
          input?.stop();
          const fields = parseError(message.payload);
          if (fields.severity === "FATAL" || fields.severity === "PANIC") failure = new DatabaseError(fields);
          if (fields.code === "57014" && stopReason !== undefined) {
            message = errorMessage("57014", stopReason);
          }
        }
        const held = message.type === "d" && options.onCopyData !== undefined
          ? options.onCopyData(message.payload)
          : options.onMessage(message);
        if (held !== undefined) await held;
        if (message.type === "Z") isReady = true;
        else if (failure !== undefined) throw failure;
      }
    }
  } finally {
    clearTimeout(clock);
    options.signal?.removeEventListener("abort", onAbort);
    connection.joinsCopyData = false;
    input?.stop();
    await input?.done().catch(() => {});
  }
}

async function answer(options: RunOptions, message: BackendMessage): Promise<void> {
  await options.onMessage(message);
  await options.onMessage(readyMessage());
}
