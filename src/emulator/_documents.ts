import type { Engine } from "./_db/engine.ts";
import { query, quoteLiteral } from "./_db/query.ts";

/** What the platform keeps beside the tables of an account. */
export type DocumentKind = "api_key" | "kuviz" | "map" | "named_map" | "synchronization" | "user";

/** One document. */
export interface StoredDocument<T> {
  /** What it is found by, unique among those of its kind and account. */
  readonly id: string;
  /** What is kept. */
  readonly data: T;
  /** When it was made, in ISO 8601. */
  readonly createdAt: string;
  /** When it was changed last, in ISO 8601. */
  readonly updatedAt: string;
}

const TABLE = "cartodb._cdb_documents";

/** Only the superuser has rights on it; made on the first use, so that older data folders have it too. */
const SCHEMA = `CREATE TABLE IF NOT EXISTS ${TABLE} (
  account text NOT NULL, kind text NOT NULL, id text NOT NULL, data jsonb NOT NULL, content text,
  number bigint GENERATED ALWAYS AS IDENTITY,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (account, kind, id)
)`;

/** Named maps, keys, pages and the like, kept in the database of the accounts, so that a data folder keeps them. */
export class Documents {
  readonly #engine: Engine;
  #ready: Promise<unknown> | undefined;

  /** Builds the store; nothing is asked of the database yet. */
  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** All documents of a kind, in the order in which they were made. */
  async list<T>(account: string, kind: DocumentKind): Promise<StoredDocument<T>[]> {
    return await this.#select<T>(`${where(account, kind)} ORDER BY number`);
  }

  /** One document; `undefined` when there is none. */
  async get<T>(account: string, kind: DocumentKind, id: string): Promise<StoredDocument<T> | undefined> {
    return (await this.#select<T>(where(account, kind, id)))[0];
  }

  /** Adds a document; tells whether there was none of that id. */
  async add(account: string, kind: DocumentKind, id: string, data: unknown): Promise<boolean> {
    const values = [account, kind, id, JSON.stringify(data)].map(quoteLiteral).join(", ");
    const { rowCount } = await this.#run(
      `INSERT INTO ${TABLE} (account, kind, id, data) VALUES (${values}) ON CONFLICT DO NOTHING`,
    );
    return rowCount === 1;
  }

  /** Puts other data in the place of a document's; tells whether there is one. */
  async replace(account: string, kind: DocumentKind, id: string, data: unknown): Promise<boolean> {
    const { rowCount } = await this.#run(
      `UPDATE ${TABLE} SET data = ${quoteLiteral(JSON.stringify(data))}, updated_at = clock_timestamp() ${
        where(account, kind, id)
      }`,
    );
    return rowCount === 1;
  }

  /** Deletes a document; tells whether there was one. */
  async delete(account: string, kind: DocumentKind, id: string): Promise<boolean> {
    const { rowCount } = await this.#run(`DELETE FROM ${TABLE} ${where(account, kind, id)}`);
    return rowCount === 1;
  }

  /** The long text that belongs to a document. */
  async content(account: string, kind: DocumentKind, id: string): Promise<string | undefined> {
    const { rows } = await this.#run(`SELECT content FROM ${TABLE} ${where(account, kind, id)}`);
    return rows[0]?.[0] ?? undefined;
  }

  /** Sets the long text that belongs to a document. */
  async setContent(account: string, kind: DocumentKind, id: string, content: string): Promise<void> {
    await this.#run(`UPDATE ${TABLE} SET content = ${quoteLiteral(content)} ${where(account, kind, id)}`);
  }

  /** The accounts that have a document of this kind and id. */
  async owners(kind: DocumentKind, id: string): Promise<string[]> {
    const { rows } = await this.#run(
      `SELECT account FROM ${TABLE} WHERE kind = ${quoteLiteral(kind)} AND id = ${quoteLiteral(id)}`,
    );
    return rows.map(([account]) => account ?? "");
  }

  async #select<T>(condition: string): Promise<StoredDocument<T>[]> {
    const { rows } = await this.#run(
      `SELECT id, data, to_json(created_at AT TIME ZONE 'utc'), to_json(updated_at AT TIME ZONE 'utc') ` +
        `FROM ${TABLE} ${condition}`,
    );
    return rows.map(([id, data, createdAt, updatedAt]) => ({
      id: id ?? "",
      data: JSON.parse(data ?? "null"),
      createdAt: isoTime(createdAt),
      updatedAt: isoTime(updatedAt),
    }));
  }

  async #run(sql: string): ReturnType<typeof query> {
    this.#ready ??= query(this.#engine, SCHEMA);
    await this.#ready;
    return await query(this.#engine, sql);
  }
}

function where(account: string, kind: DocumentKind, id?: string): string {
  const own = `WHERE account = ${quoteLiteral(account)} AND kind = ${quoteLiteral(kind)}`;
  return id === undefined ? own : `${own} AND id = ${quoteLiteral(id)}`;
}

/** PostgreSQL's JSON has six digits of seconds, the platform's times have three. */
function isoTime(json: string | null | undefined): string {
  return new Date(`${JSON.parse(json ?? '"1970-01-01T00:00:00"')}Z`).toISOString();
}
