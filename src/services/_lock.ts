import type { ClassicClient } from "../classic/client.ts";
import { sql, type SqlText } from "../classic/sql_text.ts";
import { CartoError, isCartoError } from "../errors/carto_error.ts";
import { doStatement } from "../tables/_finish_sql.ts";
import { withDeadline } from "../tables/_staged_write.ts";
import { KeyRefused } from "./_run_job.ts";

/** How long a lock holds that nobody renews. */
const HOLDS = "15 minutes";
/** Milliseconds that giving the lock back may take, also after an abort. */
const UNLOCK_TIMEOUT = 15_000;

/** The number of a table's lock, as CARTOframes made it. */
export async function lockId(table: string): Promise<bigint> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(`carto-geocoder-${table}`));
  return BigInt(`0x${new Uint8Array(digest).toHex()}`) & 0x7fff_ffff_ffff_ffffn;
}

/**
 * The right to geocode a table. It is a small table of its own: a lock of the database would end with the request that
 * took it, since the next one may be answered by another session.
 */
export class TableLock {
  readonly #client: ClassicClient;
  readonly #name: string;
  readonly #token = crypto.randomUUID();

  private constructor(client: ClassicClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /**
   * Takes the lock of a table.
   *
   * @throws {CartoError} `locked`: another run has it
   */
  static async take(
    client: ClassicClient,
    table: string,
    operation: string,
    signal: AbortSignal | undefined,
  ): Promise<TableLock> {
    const name = `_cartoframes_lock_${(await lockId(table)).toString(16).padStart(16, "0")}`;
    const lock = new TableLock(client, name);
    if (await lock.#make(operation, signal)) return lock;
    const [isTaken, isGone] = await lock.#takeOver(signal);
    if (isTaken || (isGone && await lock.#make(operation, signal))) return lock;
    throw new CartoError("locked", `Cannot ${operation}: another run geocodes the table`, {
      hint: `Wait until it has ended. After a crash the lock lapses within ${HOLDS}`,
    });
  }

  /** The statement that makes the lock hold on; it fails when another run has taken over. */
  renewal(): string {
    const update =
      sql`UPDATE ${this.#table} SET until = now() + ${HOLDS}::interval WHERE token = ${this.#token}`;
    return doStatement(
      `\nBEGIN\n${update.text};\nIF NOT FOUND THEN RAISE EXCEPTION 'the lock has lapsed'; END IF;\nEND `,
    );
  }

  /** Gives the lock back; one that has lapsed and is another run's stays. */
  async release(): Promise<void> {
    const own = sql`SELECT FROM ${this.#table} WHERE token = ${this.#token}`;
    const drop = sql`DROP TABLE ${this.#table}`;
    const statement = doStatement(`\nBEGIN\nIF EXISTS (${own.text}) THEN ${drop.text}; END IF;\nEND `);
    try {
      await withDeadline(UNLOCK_TIMEOUT, (signal) => this.#client.sql.query(statement, { signal }));
    } catch {
      // It lapses by itself.
    }
  }

  get #table(): SqlText {
    return sql.id(this.#name);
  }

  async #make(operation: string, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.#client.sql.query(
        sql`CREATE TABLE ${this.#table} AS
  SELECT ${this.#token}::text AS token, now() + ${HOLDS}::interval AS until`,
        { signal },
      );
      return true;
    } catch (error) {
      if (isCartoError(error) && error.code === "access-denied") throw new KeyRefused(operation, error);
      // Two at one time: the slower one finds the name in the catalogue of types.
      const isTaken = isCartoError(error) &&
        (error.code === "already-exists" || /duplicate key/.test(error.message));
      if (isTaken && signal?.aborted !== true) return false;
      // The table may have been made although the answer was lost, or came after an abort.
      await this.release();
      throw error;
    }
  }

  /** Takes a lock that was not renewed in time: one run only can, since both would write the same row. */
  async #takeOver(signal: AbortSignal | undefined): Promise<[isTaken: boolean, isGone: boolean]> {
    try {
      const { rows } = await this.#client.sql.query(
        sql`UPDATE ${this.#table} SET token = ${this.#token}, until = now() + ${HOLDS}::interval
  WHERE until < now() RETURNING 1 AS taken`,
        { signal },
      );
      return [rows.length === 1, false];
    } catch (error) {
      if (isCartoError(error) && error.code === "not-found") return [false, true];
      await this.release();
      throw error;
    }
  }
}
