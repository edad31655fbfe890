import type { CoreClient } from "../classic/_core_client.ts";
import type { SqlField } from "../classic/sql.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { subquery } from "./_arguments.ts";
import { CopyDecoder } from "./_copy_parts.ts";
import { copyRows } from "./_download.ts";
import { qualified } from "./_finish_sql.ts";
import type { ReadRequest } from "./_platform.ts";
import { runAsJob } from "./_run_finish.ts";
import { leftOf, stagingName, sweep, withDeadline } from "./_staged_write.ts";
import { lookAtTarget } from "./_target.ts";

/** Milliseconds that dropping the table may take, also after an abort. */
const DROP_TIMEOUT = 15_000;

/**
 * The rows of a query that takes longer than a query may: a batch job puts them into a table, which is read and
 * dropped. What a crash leaves behind is swept as staging tables are.
 */
export async function* readByJob(
  client: CoreClient,
  request: ReadRequest,
  fields: readonly SqlField[],
): AsyncGenerator<GeoDataFrame, void, void> {
  const target = await lookAtTarget(client, "_cartoframes_staging_read", request);
  const name = stagingName("read", target.now, Math.random());
  await sweep(client, target, request.signal);
  await using table = new ResultTable(client, target.schema, name);
  await table.fill(request, new CopyDecoder(fields, request).selected);
  yield* copyRows(client, request, fields, (_, attempt) => table.copyStatement(attempt));
}

/** A table for the result of a query, which is gone in the end. */
class ResultTable implements AsyncDisposable {
  readonly #client: CoreClient;
  readonly #schema: string;
  readonly #name: string;
  readonly #sqlName: string;
  /** Whether the job is known to have ended. */
  #isFilled = false;

  constructor(client: CoreClient, schema: string, name: string) {
    this.#client = client;
    this.#schema = schema;
    this.#name = name;
    this.#sqlName = qualified(schema, name);
  }

  /** Fills it by a batch job. It is logged: a table without a log is empty after a crash of the database. */
  async fill({ source, limit, signal, onProgress }: ReadRequest, selected: string): Promise<void> {
    const rows = limit === undefined ? "" : ` LIMIT ${limit}`;
    const statement = `CREATE TABLE ${this.#sqlName} AS SELECT ${selected} FROM ${
      subquery(source, "_q")
    }${rows}`;
    await runAsJob(this.#client, statement, `\nBEGIN\n${statement};\nEND `, {
      schema: this.#schema,
      signal,
      onLook: () => onProgress?.({ phase: "query", rows: 0, bytes: 0 }),
    });
    this.#isFilled = true;
  }

  /** The statement that reads it. A later scan may begin where an earlier one broke off, unless it is told an order. */
  copyStatement(attempt: number): string {
    const rows = attempt === 1 ? this.#sqlName : `(SELECT * FROM ${this.#sqlName} ORDER BY ctid)`;
    return `COPY ${rows} TO STDOUT WITH (FORMAT binary)`;
  }

  /** Best effort: what stays is swept by the next upload or read by job of this program, or of any once it is a day old. */
  async [Symbol.asyncDispose](): Promise<void> {
    // A job whose answer was lost may still make the table
    let isLeft = !this.#isFilled;
    try {
      const statement = `DROP TABLE IF EXISTS ${this.#sqlName}`;
      await withDeadline(DROP_TIMEOUT, (signal) => this.#client.sql.query(statement, { signal }));
    } catch {
      // The rows, or the error that led here, are what counts.
      isLeft = true;
    }
    if (isLeft) leftOf(this.#client, this.#schema).add(this.#name);
  }
}
