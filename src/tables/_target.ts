import type { CoreClient } from "../classic/_core_client.ts";
import { sql } from "../classic/sql_text.ts";
import { requestsOf } from "../classic/_requests.ts";
import { isCartoError } from "../errors/carto_error.ts";
import type { Call } from "./_platform.ts";
import { isMissing, retell } from "./_retell.ts";
import { STAGING_REGEXP } from "./_staged_write.ts";

/** A column of a table that stands. */
export interface TargetColumn {
  /** The column's name. */
  readonly name: string;
  /** PostgreSQL's short name of its type, such as `int8`; of geometry `geometry`. */
  readonly type: string;
  /** The type as SQL writes it, such as `numeric(8,2)`; undefined where the catalogue could not be read. */
  readonly sqlType: string | undefined;
  /** Whether a null is refused. */
  readonly notNull: boolean;
  /** Whether a value is made up where none is given. */
  readonly hasDefault: boolean;
  /** Whether the database gives numbers to the column, and refuses others unless told: an identity column. */
  readonly identity?: "always" | "by default" | undefined;
  /** Whether the database computes the column. */
  readonly isGenerated: boolean;
  /** The views that need the column. */
  readonly views: readonly string[];
}

/** What stands under a name. */
export interface Target {
  /** The schema that new tables go to. */
  readonly schema: string;
  /** The name looked for. */
  readonly table: string;
  /** The columns in their order, or undefined when nothing of that name is there. */
  readonly columns: readonly TargetColumn[] | undefined;
  /** What it is: `table`, `view` … */
  readonly kind: string;
  /** Staging tables of uploads long past or under way; undefined where they cannot be listed. */
  readonly stagingTables: readonly string[] | undefined;
  /** The time of the server in milliseconds since 1970: clocks of clients differ, and some are wrong by days. */
  readonly now: number;
  /** Whether a table can work out the projected copy of its geometries while rows are written to it, and forget how. */
  readonly canProject: boolean;
}

/** Generated columns can be made plain ones since PostgreSQL 13; the function is CARTO's own. */
const CAN_PROJECT = "(current_setting('server_version_num')::int >= 130000 AND " +
  "to_regprocedure('cdb_transformtowebmercator(geometry)') IS NOT NULL) AS can_project";

/** The server's clock, in milliseconds since 1970, as text: some servers send large numbers rounded. */
const NOW = "floor(extract(epoch FROM now()) * 1000)::text AS now";

/** What PostgreSQL's letters in `pg_class.relkind` stand for. */
const KINDS: Readonly<Record<string, string>> = {
  r: "table",
  p: "table",
  v: "view",
  m: "materialized view",
  f: "foreign table",
};

/** The words for what a letter of `pg_class.relkind` stands for. */
export function kindName(letter: string): string {
  return KINDS[letter] ?? "relation";
}

/**
 * One query that tells all there is to know about a name in the current schema. It reads the system
 * catalogue, which servers refuse to keys other than the master key.
 */
export function targetSql(table: string): string {
  return sql`SELECT current_schema()::text AS schema, (
  SELECT json_build_object('kind', c.relkind, 'columns', (
    SELECT json_agg(json_build_object(
      'name', a.attname, 'type', t.typname, 'sql', format_type(a.atttypid, a.atttypmod),
      'notNull', a.attnotnull, 'hasDefault', a.atthasdef OR coalesce(to_jsonb(a)->>'attidentity', '') <> '',
      'identity', coalesce(to_jsonb(a)->>'attidentity', ''),
      'isGenerated', coalesce(to_jsonb(a)->>'attgenerated', '') <> '',
      'views', (
        SELECT json_agg(DISTINCT v.oid::regclass::text)
        FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
          AND d.refobjid = c.oid AND d.refobjsubid = a.attnum AND v.oid <> c.oid
      )) ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = current_schema() AND c.relname = ${table} AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
) AS target, (
  SELECT json_agg(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname ~ ${STAGING_REGEXP}
) AS staging, ${sql.raw(NOW)}, ${sql.raw(CAN_PROJECT)}`.text;
}

/** Reads the one row that {@link targetSql} gives. */
export function readTarget(table: string, row: Record<string, unknown>, clock: () => number): Target {
  const found = json(row.target) as { kind: string; columns: Record<string, unknown>[] | null } | null;
  return {
    schema: String(row.schema ?? "public"),
    table,
    kind: kindName(found?.kind ?? "r"),
    columns: found === null ? undefined : (found.columns ?? []).map((column) => ({
      name: String(column.name),
      type: String(column.type),
      sqlType: String(column.sql),
      notNull: column.notNull === true,
      hasDefault: column.hasDefault === true,
      identity: column.identity === "a" ? "always" : column.identity === "d" ? "by default" : undefined,
      isGenerated: column.isGenerated === true,
      views: (column.views ?? []) as string[],
    })),
    stagingTables: (json(row.staging) ?? []) as string[],
    now: timeOf(row, clock),
    canProject: row.can_project === true,
  };
}

/** What the server's clock says, or ours where it says nothing. */
function timeOf({ now }: Record<string, unknown>, clock: () => number): number {
  const time = Number(now ?? NaN);
  return Number.isFinite(time) ? time : clock();
}

/** A JSON column, which some servers send as text. */
function json(value: unknown): unknown {
  return typeof value === "string" ? JSON.parse(value) : value ?? null;
}

/** Looks what stands under a name in the schema that new tables go to. */
export async function lookAtTarget(client: CoreClient, table: string, call: Call): Promise<Target> {
  const { signal, operation } = call;
  try {
    const { rows } = await client.sql.query(targetSql(table), { signal, readOnly: true });
    return readTarget(table, rows[0] ?? {}, requestsOf(client).now);
  } catch (error) {
    // Only the master key may read the catalogue, and on strict servers not even that.
    const isRefused = isCartoError(error) &&
      (error.code === "access-denied" || error.code === "invalid-query");
    if (!isRefused) throw retell(error, operation);
    return await lookFromOutside(client, table, call);
  }
}

/** What can be learnt without the catalogue: the columns, but neither their details nor the views. */
async function lookFromOutside(
  client: CoreClient,
  table: string,
  { signal, operation }: Call,
): Promise<Target> {
  try {
    const { rows } = await client.sql.query(`SELECT current_schema(), ${NOW}`, { signal, readOnly: true });
    const schema = String(rows[0]?.current_schema ?? "public");
    return {
      schema,
      table,
      kind: "table",
      columns: await columnsOf(client, schema, table, signal),
      stagingTables: undefined,
      now: timeOf(rows[0] ?? {}, requestsOf(client).now),
      canProject: false,
    };
  } catch (error) {
    throw retell(error, operation);
  }
}

async function columnsOf(
  client: CoreClient,
  schema: string,
  table: string,
  signal: AbortSignal | undefined,
): Promise<Target["columns"]> {
  try {
    const { fields } = await client.sql.query(sql`SELECT * FROM ${sql.id(schema, table)} LIMIT 0`, {
      signal,
      readOnly: true,
    });
    return fields.map(({ name, pgtype, type }) => ({
      name,
      type: (pgtype ?? type).toLowerCase(),
      sqlType: undefined,
      notNull: false,
      hasDefault: name === "cartodb_id",
      isGenerated: false,
      views: [],
    }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
