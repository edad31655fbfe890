import type { ClassicClient } from "../classic/client.ts";
import { sql } from "../classic/sql_text.ts";
import { isCartoError } from "../errors/mod.ts";
import type { Call } from "./_platform.ts";
import { retell } from "./_retell.ts";
import { readTarget, type Target, targetSql } from "./_target.ts";

/** Looks what stands under a name in the schema that new tables go to. */
export async function lookAtTarget(client: ClassicClient, table: string, call: Call): Promise<Target> {
  const { signal, operation } = call;
  try {
    const { rows } = await client.sql.query(targetSql(table), { signal, readOnly: true });
    return readTarget(table, rows[0] ?? {});
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
  client: ClassicClient,
  table: string,
  { signal, operation }: Call,
): Promise<Target> {
  try {
    const { rows } = await client.sql.query("SELECT current_schema()", { signal, readOnly: true });
    const schema = String(rows[0]?.current_schema ?? "public");
    return {
      schema,
      table,
      kind: "table",
      columns: await columnsOf(client, schema, table, signal),
      stagingTables: [],
    };
  } catch (error) {
    throw retell(error, operation);
  }
}

async function columnsOf(
  client: ClassicClient,
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
    if (isCartoError(error) && error.code === "not-found") return undefined;
    throw error;
  }
}
