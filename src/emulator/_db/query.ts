import type { Engine, RunOptions } from "./engine.ts";
import {
  type ErrorFields,
  parseCommandTag,
  parseDataRow,
  parseError,
  parseRowDescription,
  type RowField,
} from "./protocol.ts";

/** What the last statement of a text of SQL answered. */
export interface QueryResult {
  /** The columns; none for a statement without a result. */
  fields: RowField[];
  /** The rows, each value in PostgreSQL's text form. */
  rows: (string | null)[][];
  /** The rows told by the command's tag. */
  rowCount: number | undefined;
  /** Notices and warnings, in order. */
  notices: ErrorFields[];
}

/** An error that the database reported. */
export class DatabaseError extends Error {
  /** The name of the class. */
  override name = "DatabaseError";
  /** The report. */
  readonly fields: ErrorFields;

  /** Builds the error from the fields of an `E` message. */
  constructor(fields: ErrorFields) {
    super(fields.message);
    this.fields = fields;
  }
}

/**
 * Runs SQL and collects the result of its last statement: for small answers only.
 *
 * @throws {DatabaseError} When the database reports an error
 */
export async function query(
  engine: Engine,
  sql: string,
  options: Partial<Omit<RunOptions, "onMessage">> = {},
): Promise<QueryResult> {
  const result: QueryResult = { fields: [], rows: [], rowCount: undefined, notices: [] };
  let failure: ErrorFields | undefined;
  await engine.run(sql, {
    role: engine.superuser,
    statementTimeout: 0,
    ...options,
    onMessage({ type, payload }) {
      if (type === "T") {
        result.fields = parseRowDescription(payload);
        result.rows = [];
      } else if (type === "D") {
        result.rows.push(parseDataRow(payload));
      } else if (type === "C") {
        result.rowCount = parseCommandTag(payload).rows;
      } else if (type === "N") {
        result.notices.push(parseError(payload));
      } else if (type === "E") {
        failure ??= parseError(payload);
      }
    },
  });
  if (failure !== undefined) throw new DatabaseError(failure);
  return result;
}

/** Writes an identifier as SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Writes a text as an SQL literal, whatever `standard_conforming_strings` says. */
export function quoteLiteral(value: string): string {
  const quoted = `'${value.replaceAll("'", "''").replaceAll("\\", "\\\\")}'`;
  return value.includes("\\") ? ` E${quoted}` : quoted;
}
