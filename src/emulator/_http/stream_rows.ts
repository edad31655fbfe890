import type { Engine } from "../_db/engine.ts";
import {
  type ErrorFields,
  parseCommandTag,
  parseError,
  parseRowDescription,
  type RowField,
} from "../_db/protocol.ts";
import { ByteWriter } from "../_formats/byte_writer.ts";
import type { RowFormat } from "../_formats/row_format.ts";
import type { Key } from "../_handler.ts";
import { BodyStream } from "./body_stream.ts";
import { databaseError } from "./responses.ts";

/** Bytes that are gathered before they are handed on. */
const CHUNK = 64 * 1024;

/** How a query is run and answered. */
export interface StreamOptions {
  /** The database. */
  readonly engine: Engine;
  /** The key, which decides role and time limit. */
  readonly key: Key;
  /** The SQL. */
  readonly sql: string;
  /** The format of the answer. */
  readonly format: RowFormat;
  /** The headers of an answer that is no error. */
  readonly headers: Record<string, string>;
  /** Ends when the emulator is closed. */
  readonly signal: AbortSignal;
  /** When the request came, in milliseconds. */
  readonly startedAt: number;
}

/**
 * Runs a query and answers with its rows while they arrive.
 *
 * Before the first row an error becomes an answer of its own; after it, the status has been sent, and the error
 * can only be told at the end of the document.
 */
export function streamRows(options: StreamOptions): Promise<Response> {
  const { engine, key, sql, format } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const body = new BodyStream();
  const out = new ByteWriter();
  const statement = new StatementTracker();
  let isStarted = false;

  function start(): void {
    isStarted = true;
    format.begin(out);
    resolve(new Response(body.readable, { headers: options.headers }));
  }

  function finish(): void {
    const failure = statement.failure;
    if (failure !== undefined && !isStarted) {
      reject(databaseError(failure));
      return;
    }
    if (!isStarted) start();
    format.end(out, {
      rowCount: statement.rowCount,
      fields: statement.fields,
      notices: statement.notices,
      seconds: (Date.now() - options.startedAt) / 1000,
      error: failure,
    });
    body.write(out.take());
    body.close();
  }

  engine.run(sql, {
    role: key.role,
    statementTimeout: key.statementTimeout,
    signal: AbortSignal.any([options.signal, body.signal]),
    onMessage({ type, payload }) {
      if (type !== "D") {
        statement.read(type, payload);
        if (type === "T") format.columns(statement.fields);
        return;
      }
      if (!isStarted) start();
      statement.countRow();
      format.row(out, payload);
      return out.length < CHUNK ? undefined : body.write(out.take());
    },
  }).then(finish).catch((error) => {
    body.fail(error);
    reject(error);
  });
  return promise;
}

/** Follows the messages of several statements: what is told at the end is about the last one. */
export class StatementTracker {
  /** The columns of the last statement. */
  fields: RowField[] = [];
  /** Rows that it returned or changed. */
  rowCount = 0;
  /** Notices of all statements. */
  readonly notices: ErrorFields[] = [];
  /** The error that ended them. */
  failure: ErrorFields | undefined;
  #isComplete = false;

  /** Takes a message that is no row. */
  read(type: string, payload: Uint8Array): void {
    if (type === "N") this.notices.push(parseError(payload));
    else if (type === "E") this.failure ??= parseError(payload);
    else if (type === "T") {
      this.#next();
      this.fields = parseRowDescription(payload);
    } else if (type === "C") {
      this.#next();
      // `SHOW` and `EXPLAIN` return rows and count none.
      this.rowCount = parseCommandTag(payload).rows ?? this.rowCount;
      this.#isComplete = true;
    }
  }

  /** Counts a row, for a statement that will not come to its end. */
  countRow(): void {
    this.rowCount++;
  }

  #next(): void {
    if (!this.#isComplete) return;
    this.#isComplete = false;
    this.fields = [];
    this.rowCount = 0;
  }
}
