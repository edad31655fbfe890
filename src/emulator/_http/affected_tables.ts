import { query, quoteLiteral } from "../_db/query.ts";
import type { Engine } from "../_db/engine.ts";
import { type Account, ApiError, type Key } from "../_handler.ts";

const encoder = new TextEncoder();

/** Seconds that an answer may be kept when every table tells of its changes. */
const ONE_YEAR = 31_536_000;
/** Seconds of the steps at which the others go stale, together for all caches. */
const FIVE_MINUTES = 300;
const MAY_WRITE = /\b(?:alter|insert|update|delete|create|drop|reindex|truncate|refresh)\b/i;

/** A table that a query reads. */
export interface AffectedTable {
  /** Its schema. */
  readonly schema: string;
  /** Its name. */
  readonly name: string;
  /** When it was changed last; `undefined` for a table that is not tracked. */
  readonly updatedAt: Date | undefined;
}

/**
 * The tables that a query reads, as the database's planner sees them; `undefined` for a query that cannot be
 * planned.
 */
export async function findAffectedTables(
  engine: Engine,
  account: Account,
  sql: string,
): Promise<readonly AffectedTable[] | undefined> {
  if (sql === "") return undefined;
  // A comment at the end swallows what follows the query wherever it is embedded, and its tables stay unknown.
  if (endsInComment(sql)) return [];
  const text = "SELECT schema_name, table_name, (extract(epoch FROM updated_at) * 1000)::float8 " +
    `FROM cartodb.CDB_QueryTables_Updated_At(${quoteLiteral(sql)})`;
  try {
    const { rows } = await query(engine, text, { role: account.ownerRole });
    return rows.map(([schema, name, updatedAt]) => ({
      schema: schema ?? "",
      name: name ?? "",
      updatedAt: updatedAt === null || updatedAt === undefined ? undefined : new Date(Number(updatedAt)),
    }));
  } catch {
    return undefined;
  }
}

/** Whether the last line of the SQL is, or ends in, a comment that only the end of the line would end. */
export function endsInComment(sql: string): boolean {
  const tokens = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\/\*[\s\S]*?\*\/|(\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?\1|--[^\n]*/g;
  for (const match of sql.matchAll(tokens)) {
    if (match[0].startsWith("--") && match.index + match[0].length === sql.length) return true;
  }
  return false;
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
async function surrogateKey(table: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(table));
  return `t:${new Uint8Array(digest).toBase64().slice(0, 6)}`;
}
