import { DatabaseError, query, quoteLiteral } from "../_db/query.ts";
import type { Engine } from "../_db/engine.ts";
import { type Account, ApiError, type Key } from "../_handler.ts";
import { splitStatements } from "./sql_statements.ts";

const encoder = new TextEncoder();

/** Seconds that an answer may be kept when every table tells of its changes. */
const ONE_YEAR = 31_536_000;
/** Seconds of the steps at which the others go stale, together for all caches. */
const FIVE_MINUTES = 300;
const MAY_WRITE = /\b(?:alter|insert|update|delete|create|drop|reindex|truncate|refresh)\b/i;

/** Milliseconds that the planner may take; it can run functions that never end. */
const EXPLAIN_TIMEOUT = 5000;

/** A table that a query reads. */
export interface AffectedTable {
  /** Its schema. */
  readonly schema: string;
  /** Its name. */
  readonly name: string;
  /** When it was changed last; `undefined` for a table that is not tracked. */
  readonly updatedAt: Date | undefined;
}

/** The SQLSTATE of text that is no SQL; what cannot be explained for that reason reads no tables. */
const SYNTAX_ERROR = "42601";

/**
 * The tables that a query reads, as the database's planner sees them; `undefined` for a query that cannot be
 * planned.
 *
 * Only statements that start with SELECT or WITH are looked at. One that ends in a comment is not: it could not be
 * embedded in another.
 */
export async function findAffectedTables(
  engine: Engine,
  account: Account,
  sql: string,
): Promise<readonly AffectedTable[] | undefined> {
  if (sql === "") return undefined;
  const names = new Map<string, [string, string]>();
  for (const statement of splitStatements(sql)) {
    if (statement.endsInComment || !/^(?:select|with)\b/i.test(statement.text)) continue;
    try {
      const explain = `EXPLAIN (FORMAT JSON, VERBOSE) ${statement.text}`;
      const { rows } = await query(engine, explain, {
        role: account.ownerRole,
        statementTimeout: EXPLAIN_TIMEOUT,
      });
      collectRelations(JSON.parse(rows[0]?.[0] ?? "[]"), names);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      if (error.fields.code !== SYNTAX_ERROR) return undefined;
    }
  }
  return names.size === 0 ? [] : await findChanges(engine, [...names.values()]);
}

/** Gathers the relations of a plan by schema and name. */
function collectRelations(plan: unknown, names: Map<string, [string, string]>): void {
  if (Array.isArray(plan)) plan.forEach((part) => collectRelations(part, names));
  if (typeof plan !== "object" || plan === null || Array.isArray(plan)) return;
  const { "Schema": schema, "Relation Name": name } = plan as Record<string, unknown>;
  if (typeof schema === "string" && typeof name === "string") names.set(`${schema}.${name}`, [schema, name]);
  Object.values(plan).forEach((part) => collectRelations(part, names));
}

/** When tables were changed last. */
async function findChanges(engine: Engine, names: readonly [string, string][]): Promise<AffectedTable[]> {
  const values = names.map(([schema, name]) => `(${quoteLiteral(schema)}, ${quoteLiteral(name)})`).join(", ");
  const { rows } = await query(
    engine,
    "SELECT t.schema, t.name, (extract(epoch FROM m.updated_at) * 1000)::float8 " +
      `FROM (VALUES ${values}) AS t (schema, name) LEFT JOIN cartodb.cdb_tablemetadata m ` +
      "ON m.tabname = to_regclass(format('%I.%I', t.schema, t.name))::oid",
  );
  return rows.map(([schema, name, updatedAt]) => ({
    schema: schema ?? "",
    name: name ?? "",
    updatedAt: updatedAt === null || updatedAt === undefined ? undefined : new Date(Number(updatedAt)),
  }));
}

/** Tables of CARTO and of PostGIS that nobody may read while the check is on, by schema. */
const FORBIDDEN: Readonly<Record<string, readonly string[] | "all">> = {
  carto: "all",
  cartodb: ["cdb_analysis_catalog", "cdb_conf", "cdb_tablemetadata"],
  information_schema: "all",
  pg_catalog: "all",
  public: ["spatial_ref_sys"],
  topology: ["layer", "topology"],
};

/**
 * Refuses system tables: those named `pg_…` to every key but the master key, and more to all keys when the check of
 * entities is on.
 *
 * @throws {ApiError} 403 for a query that reads one
 */
export function checkAccess(tables: readonly AffectedTable[] | undefined, key: Key, isStrict: boolean): void {
  for (const { schema, name } of tables ?? []) {
    const forbidden = FORBIDDEN[schema];
    const isForbidden = isStrict && (forbidden === "all" || forbidden?.includes(name) === true);
    if (isForbidden || (key.type !== "master" && /\bpg_/.test(name))) {
      throw new ApiError(403, "system tables are forbidden");
    }
  }
}

/** The headers that tell caches how long an answer lives and which tables it depends on. */
export async function cacheHeaders(
  account: Account,
  sql: string,
  tables: readonly AffectedTable[] | undefined,
  isPersistent: boolean,
  now: Date,
): Promise<Record<string, string>> {
  const mayWrite = MAY_WRITE.test(sql);
  const maxAge = tables === undefined || tables.some((table) => table.updatedAt === undefined)
    ? FIVE_MINUTES - Math.floor(now.getTime() / 1000) % FIVE_MINUTES
    : mayWrite
    ? 0
    : ONE_YEAR;
  const headers: Record<string, string> = {
    "cache-control": isPersistent
      ? `public,max-age=${ONE_YEAR}`
      : `no-cache,max-age=${maxAge},must-revalidate,public`,
  };
  if (tables === undefined) return headers;
  const tracked = tables.filter((table) => table.updatedAt !== undefined);
  const names = tracked.map(({ schema, name }) => `${schema}.${name}`).sort();
  if (names.length > 0 && !mayWrite) {
    headers["x-cache-channel"] = `${account.databaseName}:${names.join(",")}`;
    const keys = names.map((name) => surrogateKey(`${account.databaseName}:${name}`));
    headers["surrogate-key"] = (await Promise.all(keys)).join(" ");
  }
  const changes = tracked.flatMap(({ updatedAt }) => updatedAt === undefined ? [] : [updatedAt.getTime()]);
  const lastChange = changes.length === 0 ? now : new Date(Math.max(...changes));
  headers["last-modified"] = lastChange.toUTCString();
  return headers;
}

/** A short name of a table for caches: the start of a digest. */
export async function surrogateKey(table: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(table));
  return `t:${new Uint8Array(digest).toBase64().slice(0, 6)}`;
}
