import type { ClassicClient } from "../classic/client.ts";
import { sql, type SqlText } from "../classic/sql_text.ts";
import { CartoError, isCartoError } from "../errors/mod.ts";
import { withDeadline } from "../tables/_staged_write.ts";

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
    if (await lock.#make(signal) || (await lock.#isLapsed(signal) && await lock.#make(signal))) return lock;
    throw new CartoError("locked", `Cannot ${operation}: another run geocodes the table`, {
      hint: `Wait until it has ended. After a crash the lock lapses within ${HOLDS}`,
    });
  }

  /** The statement that makes the lock hold on. */
  renewal(): SqlText {
    return sql`UPDATE ${
      sql.id(this.#name)
    } SET until = now() + ${HOLDS}::interval WHERE token = ${this.#token}`;
  }

  /** Gives the lock back. */
  async release(): Promise<void> {
    try {
      await withDeadline(
        UNLOCK_TIMEOUT,
        (signal) => this.#client.sql.query(sql`DROP TABLE IF EXISTS ${sql.id(this.#name)}`, { signal }),
      );
    } catch {
      // It lapses by itself.
    }
  }

  async #make(signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.#client.sql.query(
        sql`CREATE TABLE ${sql.id(this.#name)} AS
  SELECT ${this.#token}::text AS token, now() + ${HOLDS}::interval AS until`,
        { signal },
      );
      return true;
    } catch (error) {
      // Two at one time: the slower one finds the name in the catalogue of types.
      const isTaken = isCartoError(error) &&
        (error.code === "already-exists" || /duplicate key/.test(error.message));
      if (!isTaken) throw error;
      return false;
    }
  }

  /** Drops a lock that was not renewed in time. */
  async #isLapsed(signal: AbortSignal | undefined): Promise<boolean> {
    const name = sql.id(this.#name);
    try {
      const { rows } = await this.#client.sql.query(sql`SELECT until < now() AS lapsed FROM ${name}`, {
        signal,
      });
      if (rows[0]?.lapsed === false) return false;
      await this.#client.sql.query(sql`DROP TABLE IF EXISTS ${name}`, { signal });
    } catch (error) {
      if (!isCartoError(error) || error.code !== "not-found") throw error;
    }
    return true;
  }
}
