import type { CoreClient } from "../classic/_core_client.ts";
import { sql } from "../classic/sql_text.ts";
import { AlreadyExistsError, isCartoError, ResponseError } from "../errors/carto_error.ts";
import { sourceSql, subquery } from "./_arguments.ts";
import { doStatement, fullTypeName } from "./_finish_sql.ts";
import type { Call, CreateRequest, Quota, Source } from "./_platform.ts";
import { isMissing, reasonOf, retell } from "./_retell.ts";
import { runStatement } from "./_run_finish.ts";
import { type Staging, writeStaged } from "./_staged_write.ts";
import { lookAtTarget, type TargetColumn } from "./_target.ts";
import type { PlanColumn } from "./_write_plan.ts";
import type { TableDescription } from "./manage_tables.ts";

/** Whether the table is there, or the query can be planned. */
export async function hasTable(
  client: CoreClient,
  source: Source,
  { operation, signal }: Call,
): Promise<boolean> {
  try {
    await client.sql.query(`EXPLAIN ${sourceSql(source)}`, { method: "GET", readOnly: true, signal });
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw retell(error, operation);
  }
}

/** Drops a table. The server notices, and does not mind, that there is none. */
export async function dropTable(
  client: CoreClient,
  table: string,
  schema: string | undefined,
  { operation, signal }: Call,
): Promise<boolean> {
  const name = schema === undefined ? sql.id(table) : sql.id(schema, table);
  try {
    const { notices } = await client.sql.query(sql`DROP TABLE IF EXISTS ${name}`, { signal });
    return !notices.some((notice) => /does not exist/.test(notice));
  } catch (error) {
    throw explainDrop(error, operation);
  }
}

/** Renames a table; what has the new name is dropped in the same transaction, or not at all. */
export async function renameTable(
  client: CoreClient,
  from: string,
  to: string,
  replace: boolean,
  { operation, signal }: Call,
): Promise<void> {
  const rename = sql`ALTER TABLE ${sql.id(from)} RENAME TO ${sql.id(to)}`.text;
  try {
    await client.sql.query(replace ? doStatement(replacingRename(from, to)) : rename, { signal });
  } catch (error) {
    if (isCartoError(error) && error.code === "already-exists") {
      throw new AlreadyExistsError(
        `Cannot ${operation}: table "${to}" already exists in your CARTO account`,
        {
          hint: 'Choose another newTableName, or pass { ifExists: "replace" } to overwrite it',
          cause: error,
        },
      );
    }
    if (isMissing(error)) {
      throw new ResponseError(
        "not-found",
        `Cannot ${operation}: table "${from}" does not exist in your CARTO account`,
        {
          status: error instanceof ResponseError ? error.status : 400,
          cause: error,
        },
      );
    }
    throw explainDrop(error, operation);
  }
}

/** The lock fails when there is nothing to rename, before anything is dropped. */
function replacingRename(from: string, to: string): string {
  const [source, target] = [sql`${from}`, sql`${to}`];
  return `
BEGIN
EXECUTE format('LOCK TABLE %I.%I IN ACCESS EXCLUSIVE MODE', current_schema(), ${source});
EXECUTE format('DROP TABLE IF EXISTS %I.%I', current_schema(), ${target});
EXECUTE format('ALTER TABLE %I.%I RENAME TO %I', current_schema(), ${source}, ${target});
END `;
}

function explainDrop(error: unknown, operation: string): unknown {
  const isNeeded = isCartoError(error) && /because other objects depend on it/.test(reasonOf(error));
  return retell(error, operation, isNeeded ? "Drop the views that need the table first" : undefined);
}

/** The names of the account's own datasets. */
export async function listTables(client: CoreClient, { operation, signal }: Call): Promise<string[]> {
  try {
    const names: string[] = [];
    for await (const { name } of client.datasets.list({ signal })) names.push(name);
    return names;
  } catch (error) {
    throw retell(error, operation);
  }
}

/** The names of the tables that a query reads. */
export async function tablesOf(
  client: CoreClient,
  source: Source,
  { operation, signal }: Call,
): Promise<string[]> {
  try {
    const { rows } = await client.sql.query(sql`SELECT CDB_QueryTablesText(${sourceSql(source)}) AS tables`, {
      signal,
      readOnly: true,
    });
    const found = (rows[0]?.tables ?? []) as string[];
    return [...new Set(found.map(withoutSchema))];
  } catch (error) {
    throw retell(error, operation);
  }
}

/** The last part of a name as PostgreSQL writes it: `public.cafes`, `"My schema"."My table"`. */
function withoutSchema(name: string): string {
  const last = /(?:^|\.)("(?:[^"]|"")*"|[^".]*)$/.exec(name)?.[1] ?? name;
  return last.startsWith('"') ? last.slice(1, -1).replaceAll('""', '"') : last;
}

/** The room of the account. Who may not see the account, or has no limit, has none to respect. */
export async function quotaOf(client: CoreClient, { signal }: Call): Promise<Quota> {
  try {
    const { user_data: user } = await client.me.get({ signal });
    return {
      total: user?.quota_in_bytes ?? undefined,
      remaining: user?.remaining_byte_quota ?? undefined,
    };
  } catch (error) {
    signal?.throwIfAborted();
    if (!isCartoError(error)) throw error;
    return { total: undefined, remaining: undefined };
  }
}

const GEOMETRY_TYPES: Readonly<Record<string, TableDescription["geomType"]>> = {
  ST_Point: "point",
  ST_MultiPoint: "point",
  ST_LineString: "line",
  ST_MultiLineString: "line",
  ST_Polygon: "polygon",
  ST_MultiPolygon: "polygon",
};

/** Privacy, number of rows and kind of geometry. */
export async function describeTable(
  client: CoreClient,
  source: Source & { kind: "table" },
  call: Call,
): Promise<TableDescription> {
  const { operation, signal } = call;
  try {
    // The rows first: a table that is not there has no privacy to wait for
    const { rows } = await client.sql.query(`SELECT COUNT(*) AS n FROM ${subquery(source, "_query")}`, {
      signal,
      readOnly: true,
    });
    const geomType = await geometryType(client, source, signal);
    return { privacy: await privacyOf(client, source, call), numRows: Number(rows[0]?.n), geomType };
  } catch (error) {
    throw retell(error, operation);
  }
}

async function geometryType(
  client: CoreClient,
  source: Source,
  signal: AbortSignal | undefined,
): Promise<TableDescription["geomType"]> {
  const query = `SELECT DISTINCT ST_GeometryType(the_geom) AS geom_type FROM ${
    subquery(source, "_query")
  } WHERE the_geom IS NOT NULL LIMIT 5`;
  try {
    const { rows } = await client.sql.query(query, { method: "GET", signal, readOnly: true });
    const types = rows.map(({ geom_type }) => GEOMETRY_TYPES[String(geom_type)] ?? null);
    return types.find((type) => type !== null) ?? null;
  } catch (error) {
    if (isCartoError(error) && /^column .*the_geom"? does not exist/.test(reasonOf(error))) return null;
    throw error;
  }
}

/** Who may see the table, or an empty text when the dashboard does not know it (yet), or not this key. */
async function privacyOf(
  client: CoreClient,
  { table, schema }: Source & { kind: "table" },
  { signal }: Call,
): Promise<string> {
  const isOwn = schema === undefined || schema === "public" || schema === client.credentials.username;
  try {
    const dataset = await client.datasets.get(isOwn ? table : `${schema}.${table}`, {
      waitForMetadata: true,
      signal,
    });
    return dataset.privacy ?? "";
  } catch (error) {
    signal?.throwIfAborted();
    if (!isCartoError(error)) throw error;
    return "";
  }
}

/** Sets who may see a table; waits for the dashboard to know it. */
export async function updatePrivacy(
  client: CoreClient,
  table: string,
  privacy: "PRIVATE" | "PUBLIC" | "LINK",
  { operation, signal }: Call,
): Promise<void> {
  try {
    await client.datasets.setPrivacy(table, privacy, { signal });
  } catch (error) {
    const isUnknown = isCartoError(error) && error.code === "not-found";
    throw retell(
      error,
      operation,
      isUnknown
        ? "CARTO lists a new table some seconds late: check the name, and try again in a few seconds"
        : undefined,
    );
  }
}

/** Makes a table from a query, or adds its rows to one; the rows stay in the database. */
export async function createTable(
  client: CoreClient,
  request: CreateRequest,
): Promise<{ rows: number; warnings: readonly string[] }> {
  return await writeStaged(client, request, request, {
    columns: undefined,
    fill: (staging) => fillByQuery(client, request, staging),
  });
}

async function fillByQuery(
  client: CoreClient,
  request: CreateRequest,
  staging: Staging,
): Promise<{ columns: readonly PlanColumn[]; rows: number }> {
  const { signal, source } = request;
  await runStatement(client, {
    statement: `CREATE ${staging.kind === "create" ? "" : "UNLOGGED "}TABLE ${staging.sqlName} AS (${
      sourceSql(source)
    })`,
    schema: staging.schema,
    signal,
  });
  const { columns = [] } = await lookAtTarget(client, staging.name, request);
  const { rows, hasIds } = await count(client, staging, columns, signal);
  return {
    rows,
    columns: writtenColumns(columns, staging.kind).filter(({ name }) => name !== "cartodb_id" || hasIds),
  };
}

/** How many rows there are, and whether they bring ids of their own: whole numbers, each once. */
async function count(
  client: CoreClient,
  staging: Staging,
  columns: readonly TargetColumn[],
  signal: AbortSignal | undefined,
): Promise<{ rows: number; hasIds: boolean }> {
  const id = columns.find(({ name }) => name === "cartodb_id");
  const ids = id !== undefined && /^int[248]$/.test(id.type) ? 'count(DISTINCT "cartodb_id")' : "-1";
  const { rows } = await client.sql.query(`SELECT count(*) AS n, ${ids} AS ids FROM ${staging.sqlName}`, {
    signal,
    readOnly: true,
  });
  const { n, ids: distinct } = rows[0] ?? {};
  return { rows: Number(n), hasIds: Number(n) === Number(distinct) };
}

/**
 * Which columns of the rows are written. A table that stands makes ids for the rows added to it, and keeps its projected
 * geometry by a trigger.
 */
export function writtenColumns(columns: readonly TargetColumn[], kind: Staging["kind"]): PlanColumn[] {
  const isWritten = (name: string) =>
    kind === "create" || (name !== "the_geom_webmercator" && !(kind === "append" && name === "cartodb_id"));
  return columns.filter(({ name }) => isWritten(name))
    .map(({ name, type, sqlType }) => ({ name, type, sqlType: sqlType ?? fullTypeName(type) }));
}
