import type { ClassicClient } from "../classic/client.ts";
import { lookAtTarget } from "./_look_at_target.ts";
import type { CreateRequest } from "./_platform.ts";
import { runStatement } from "./_run_finish.ts";
import { sourceSql } from "./_source.ts";
import { fullTypeName } from "./_sql_types.ts";
import { type Staging, writeStaged } from "./_staged_write.ts";
import type { TargetColumn } from "./_target.ts";
import type { PlanColumn } from "./_write_plan.ts";

/** Makes a table from a query, or adds its rows to one; the rows stay in the database. */
export async function createTable(
  client: ClassicClient,
  request: CreateRequest,
): Promise<{ rows: number; warnings: readonly string[] }> {
  return await writeStaged(client, request, request, {
    columns: undefined,
    fill: (staging) => fillByQuery(client, request, staging),
  });
}

async function fillByQuery(
  client: ClassicClient,
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
    columns: columns
      .filter(({ name }) => isWritten(name, staging.kind) && (name !== "cartodb_id" || hasIds))
      .map(({ name, type, sqlType }) => ({ name, type, sqlType: sqlType ?? fullTypeName(type) })),
  };
}

/** How many rows there are, and whether they bring ids of their own: whole numbers, each once. */
async function count(
  client: ClassicClient,
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

/** A table that stands makes ids for the rows added to it, and keeps its projected geometry by a trigger. */
function isWritten(name: string, kind: Staging["kind"]): boolean {
  if (kind === "create") return true;
  return name !== "the_geom_webmercator" && !(kind === "append" && name === "cartodb_id");
}
