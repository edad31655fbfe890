import { ClassicClient, Credentials } from "../../src/classic/mod.ts";
import { type Emulator, startEmulator } from "../../src/emulator/mod.ts";
import { FaultProxy } from "./_proxy.ts";

/** All that must stay of a table, whatever is written into it. */
export interface Identity {
  readonly oid: string;
  readonly owner: string;
  readonly grants: string;
  readonly comment: string;
  /** With the state that each is in. */
  readonly triggers: readonly string[];
  /** With their comments. */
  readonly indexes: readonly string[];
  readonly views: readonly string[];
}

/** A table. */
export interface State {
  readonly identity: Identity;
  readonly contents: Contents;
}

/** All that must stay of a table into which nothing was written. */
export interface Contents {
  readonly columns: readonly string[];
  /** The indexes themselves: one that is made anew is another. */
  readonly indexObjects: readonly string[];
  /** The file that holds the rows. */
  readonly file: string;
  /** How often the table's trigger saw a change. */
  readonly changes: number;
  /** Every value, as COPY writes it. */
  readonly rows: string;
  /** Every value of the view. */
  readonly view: string;
}

/** A local CARTO with a table that stands, and a proxy in front of it. */
export class World implements AsyncDisposable {
  readonly #emulator: Emulator;
  /** The proxy. */
  readonly proxy: FaultProxy;
  /** Credentials that lead through the proxy. */
  readonly credentials: Credentials;
  /** A client that does not go through the proxy. */
  readonly client: ClassicClient;

  constructor(emulator: Emulator) {
    this.#emulator = emulator;
    this.proxy = new FaultProxy(emulator.url);
    const plain = emulator.credentials();
    this.client = new ClassicClient(new Credentials(plain));
    this.credentials = new Credentials({ ...plain, baseUrl: `${this.proxy.url}/user/${plain.username}` });
  }

  /** Starts one, on a PostgreSQL server or on the embedded database. */
  static async start(database: string | undefined): Promise<World> {
    const world = new World(await startEmulator({ database, accounts: [{ username: "demo" }] }));
    await world.client.sql.query(
      `CREATE TABLE stock_changes (n int); CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql
       AS $$ BEGIN INSERT INTO stock_changes VALUES (1); RETURN NULL; END $$`,
    );
    return world;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await this.#emulator.close();
  }

  /** Makes the standing table anew, with all that can hang on one. */
  async restock(): Promise<void> {
    await this.query(`${STOCK}; SELECT CDB_CartodbfyTable('public', 'stock'); ${AROUND_STOCK}`);
  }

  /** Takes back rows that were added and values that were changed; the columns are as they were. */
  async takeBackRows(): Promise<void> {
    await this.query(
      `DELETE FROM stock WHERE cartodb_id > 100; UPDATE stock SET name = old.name, price = old.price, the_geom = old.the_geom
       FROM stock_old AS old WHERE old.cartodb_id = stock.cartodb_id AND old.id > 50; TRUNCATE stock_changes`,
    );
  }

  /** Runs a statement, not through the proxy. */
  async query(statement: string): Promise<Record<string, unknown>[]> {
    return (await this.client.sql.query(statement)).rows;
  }

  /** The output of a COPY. */
  async copy(select: string): Promise<string> {
    return await new Response(await this.client.copy.to(`COPY (${select}) TO STDOUT`)).text();
  }

  /** What the standing table is, and what it holds. */
  async state(): Promise<State> {
    const [row] = await this.query(`SELECT c.oid::text AS oid, c.relowner::regrole::text AS owner,
      c.relacl::text AS grants, obj_description(c.oid, 'pg_class') AS comment,
      (SELECT json_agg(tgenabled::text || ' ' || pg_get_triggerdef(oid) ORDER BY tgname) FROM pg_trigger
        WHERE tgrelid = c.oid) AS triggers,
      (SELECT json_agg(concat(pg_get_indexdef(indexrelid), ' ', indisvalid, obj_description(indexrelid, 'pg_class'))
        ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = c.oid) AS indexes,
      (SELECT json_agg(oid::text || pg_get_viewdef(oid)) FROM pg_class WHERE relname = 'stock_view') AS views,
      (SELECT json_agg(attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns,
      (SELECT json_agg(oid::text ORDER BY oid) FROM pg_class WHERE oid IN
        (SELECT indexrelid FROM pg_index WHERE indrelid = c.oid)) AS "indexObjects",
      c.relfilenode::text AS file, (SELECT count(*)::int FROM stock_changes) AS changes,
      (SELECT string_agg(v::text, chr(10) ORDER BY id) FROM stock_view AS v) AS view
      FROM pg_class c WHERE c.oid = 'stock'::regclass`);
    const { columns, indexObjects, file, changes, view, ...identity } = row as unknown as Identity & Contents;
    const rows = await this.copy("SELECT * FROM stock ORDER BY cartodb_id");
    return { identity, contents: { columns, indexObjects, file, changes, view, rows } };
  }

  /** What maps refer to: the dataset, its map, its table, and its privacy. */
  async dataset(): Promise<string> {
    const { id, map_id, privacy, table } = await this.client.datasets.get("stock") as unknown as Record<
      string,
      unknown
    >;
    return JSON.stringify([id, map_id, privacy, ((table ?? {}) as { id?: string }).id]);
  }

  /** Every value of a table but those that the server makes up, by id. */
  async values(table: string): Promise<string> {
    const rows = await this.query(`SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS names
      FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attnum > 0 AND NOT attisdropped
      AND attname <> 'cartodb_id'`);
    return await this.copy(`SELECT ${rows[0]?.names} FROM ${table} ORDER BY id, name`);
  }

  /** What a write should not have left: tables and functions for the time being. */
  async leftovers(): Promise<string[]> {
    const rows = await this.query(`SELECT relname AS name FROM pg_class
      WHERE relname LIKE '\\_cartoframes\\_%' AND relkind = 'r'
      UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE 'tmp\\_func\\_%'`);
    return rows.map(({ name }) => String(name));
  }

  /** Whether a table is there. */
  async has(table: string): Promise<boolean> {
    const [row] = await this.query(`SELECT to_regclass('${table}') IS NOT NULL AS found`);
    return row?.found === true;
  }

  /** Lets a day pass for a staging table, by its name; waits for who may be at work on it. */
  async age(name: string): Promise<void> {
    const older = name.replace(/_\d{14}_/, "_20200101000000_");
    await this.query(`ALTER TABLE IF EXISTS "${name}" RENAME TO "${older}"`);
  }
}

const STOCK = `DROP TABLE IF EXISTS fresh; DROP TABLE IF EXISTS stock CASCADE; TRUNCATE stock_changes;
CREATE TABLE stock AS SELECT n::int AS id, 'old "' || n || '"' AS name, (n / 7.0)::numeric(8,2) AS price,
  timestamp '2020-02-29 12:00:00' + n * interval '1 hour' AS at, CASE WHEN n % 3 = 0 THEN NULL ELSE 'note ' || n END AS note,
  ST_SetSRID(ST_MakePoint(n / 10.0, -n / 20.0), 4326) AS the_geom
FROM generate_series(1, 100) AS n`;

const AROUND_STOCK = `CREATE INDEX stock_by_name ON stock (name);
COMMENT ON INDEX stock_by_name IS 'what it is called';
COMMENT ON TABLE stock IS 'what we have';
GRANT SELECT ON stock TO publicuser;
CREATE VIEW stock_view AS SELECT id, name, the_geom FROM stock;
GRANT SELECT ON stock_view TO publicuser;
DROP TABLE IF EXISTS stock_old;
CREATE TABLE stock_old AS SELECT * FROM stock;
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON stock EXECUTE FUNCTION note_change()`;
