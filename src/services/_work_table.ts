import { ClassicClient } from "../classic/client.ts";
import { sql } from "../classic/sql_text.ts";
import { CartoError, isCartoError } from "../errors/carto_error.ts";
import { toGeoDataFrame } from "../frame/from_any.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { parseSource, sourceName } from "../tables/_arguments.ts";
import type { Call, Source } from "../tables/_platform.ts";
import { reasonOf } from "../tables/_retell.ts";
import { stagingName, withDeadline } from "../tables/_staged_write.ts";
import type { TableOptions } from "../tables/table_options.ts";
import type { ServiceSource } from "./service_options.ts";

/** Milliseconds that dropping a table may take, also after an abort. */
const DROP_TIMEOUT = 15_000;

/** What a service reads, looked at once. */
export type Input = Source | { readonly kind: "frame"; readonly frame: GeoDataFrame };

/** One call of a service under way. */
export interface ServiceRun extends Call {
  readonly client: ClassicClient;
  /** Whose account, signal and transport, as the functions on tables take them. */
  readonly tables: TableOptions;
  readonly input: Input;
}

/** Tells tables, queries and local data apart. */
export function readInput(source: ServiceSource): Input {
  return typeof source === "string"
    ? parseSource(source, undefined)
    : { kind: "frame", frame: toGeoDataFrame(source) };
}

/** What is read, as it is called in a message. */
export function inputName(input: Input): string {
  return input.kind === "frame" ? "the data" : sourceName(input);
}

/** A name for a table that this run drops; a later upload sweeps it where the run is killed. */
export function temporaryName(service: string): string {
  return stagingName(service, Date.now(), Math.random());
}

/** Drops a table that only this run knows, whatever has become of the run. */
export async function dropTemporary(client: ClassicClient, table: string): Promise<void> {
  try {
    await withDeadline(
      DROP_TIMEOUT,
      (signal) => client.sql.query(sql`DROP TABLE IF EXISTS ${sql.id(table)}`, { signal }),
    );
  } catch {
    // A later upload sweeps it.
  }
}

/** A client for the options of a call. */
export function clientOf(options: TableOptions): ClassicClient {
  return new ClassicClient(options.credentials, options.transport);
}

/** The columns that a query gives, with their types; a geometry's is `geometry`. */
export async function columnsOf(
  client: ClassicClient,
  query: string,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const { fields } = await client.sql.query(sql`SELECT * FROM (${sql.raw(query)}) _source LIMIT 0`, {
    signal,
    readOnly: true,
  });
  return new Map(fields.map(({ name, type, pgtype }) => [name, pgtype ?? type]));
}

/**
 * The error of a run that failed after it had spent: it names the table that has what was paid for. What is no error of
 * this library, such as the reason of an abort, is returned as it is.
 *
 * @param kept Where the paid rows are, and how to go on
 */
export function paidError(error: unknown, operation: string, kept: string): unknown {
  if (!isCartoError(error)) return error;
  return new CartoError(error.code, `Cannot ${operation} to the end: ${reasonOf(error)}`, {
    hint: kept,
    cause: error,
  });
}
