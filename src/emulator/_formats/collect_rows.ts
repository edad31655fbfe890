import type { Engine } from "../_db/engine.ts";
import { parseDataRow, type RowField } from "../_db/protocol.ts";
import type { Key } from "../_handler.ts";
import { databaseError } from "../_http/responses.ts";
import { StatementTracker } from "../_http/stream_rows.ts";

/** How a query is run. */
export interface RunContext {
  /** The database. */
  readonly engine: Engine;
  /** The key, which decides role and time limit. */
  readonly key: Key;
  /** Ends when the emulator is closed. */
  readonly signal: AbortSignal;
}

/** The result of a query, each value in PostgreSQL's text form. */
export interface CollectedRows {
  /** The columns. */
  readonly fields: readonly RowField[];
  /** The rows. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/**
 * Runs a query and hands each row to `onRow`: for documents that are complete before anything of them is sent.
 *
 * @returns The columns
 * @throws {ApiError} When the database reports an error
 */
export async function forEachRow(
  context: RunContext,
  sql: string,
  onRow: (payload: Uint8Array, fields: readonly RowField[]) => void,
): Promise<readonly RowField[]> {
  const statement = new StatementTracker();
  await context.engine.run(sql, {
    role: context.key.role,
    statementTimeout: context.key.statementTimeout,
    signal: context.signal,
    onMessage({ type, payload }) {
      if (type === "D") onRow(payload, statement.fields);
      else statement.read(type, payload);
    },
  });
  if (statement.failure !== undefined) throw databaseError(statement.failure);
  return statement.fields;
}

/** Runs a query and keeps its rows. */
export async function collectRows(context: RunContext, sql: string): Promise<CollectedRows> {
  const rows: (string | null)[][] = [];
  const fields = await forEachRow(context, sql, (payload) => rows.push(parseDataRow(payload)));
  return { fields, rows };
}
