import type { ClassicClient } from "../classic/client.ts";
import type { SqlField } from "../classic/sql.ts";
import { ArgumentError, isCartoError } from "../errors/mod.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { fieldOfServer } from "../frame/pg_types.ts";
import type { Field } from "../frame/types.ts";
import { CopyDecoder } from "./_copy_parts.ts";
import type { Call, ReadRequest, Source } from "./_platform.ts";
import { reasonOf, retell } from "./_retell.ts";
import { subquery } from "./_source.ts";

/** The projected copy that CARTO keeps of every geometry; nobody needs it twice. */
const NEVER_READ = "the_geom_webmercator";

/** The columns of a table or query. */
export async function describe(client: ClassicClient, source: Source, call: Call): Promise<Field[]> {
  const fields = await fieldsOf(client, source, call);
  return fields.map((field) => fieldOfServer(field.name, field));
}

async function fieldsOf(
  client: ClassicClient,
  source: Source,
  { operation, signal }: Call,
): Promise<readonly SqlField[]> {
  try {
    const query = `SELECT * FROM ${subquery(source, "_q")} LIMIT 0`;
    const { fields } = await client.sql.query(query, { signal, readOnly: true });
    return fields.filter(({ name }) => name !== NEVER_READ);
  } catch (error) {
    throw retell(error, operation);
  }
}

/**
 * The rows, by binary COPY: every value as the database has it, and a stream that says where it ends, so that
 * neither a cut nor an error text at its end can pass for rows.
 */
export async function* read(
  client: ClassicClient,
  request: ReadRequest,
): AsyncGenerator<GeoDataFrame, void, void> {
  const { operation, attempts, signal } = request;
  const fields = await fieldsOf(client, request.source, request);
  if (fields.length === 0) {
    throw new ArgumentError(`Cannot ${operation}: there is no column to read`, { argument: "source" });
  }
  for (let attempt = 1;; attempt++) {
    const reader = new Reader(client, request, fields);
    try {
      // Nothing has been handed out yet, so that a read that fails can be begun again
      const first = await reader.next();
      if (first !== undefined) yield* handOut(reader, first);
      return;
    } catch (error) {
      await reader.cancel();
      if (reader.handedOut || attempt >= attempts || !isPassing(error) || signal?.aborted) {
        throw explain(error, operation);
      }
    }
  }
}

async function* handOut(reader: Reader, first: GeoDataFrame): AsyncGenerator<GeoDataFrame, void, void> {
  try {
    reader.handedOut = true;
    for (let batch: GeoDataFrame | undefined = first; batch !== undefined; batch = await reader.next()) {
      yield batch;
    }
  } finally {
    await reader.cancel();
  }
}

/** One attempt of a download. */
class Reader {
  /** Whether rows have been given to the caller. */
  handedOut = false;
  readonly #client: ClassicClient;
  readonly #request: ReadRequest;
  readonly #statement: string;
  readonly #decoder: CopyDecoder;
  #chunks: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #ended = false;
  #given = false;
  #rows = 0;
  #bytes = 0;

  constructor(client: ClassicClient, request: ReadRequest, fields: readonly SqlField[]) {
    this.#client = client;
    this.#request = request;
    this.#decoder = new CopyDecoder(fields, request);
    this.#statement = copyStatement(this.#decoder.selected, request);
  }

  /** The next batch; undefined after the last one, which is there even when it has no rows. */
  async next(): Promise<GeoDataFrame | undefined> {
    if (this.#ended) return undefined;
    const chunks = this.#chunks ??= await this.#open();
    while (true) {
      const { done, value } = await chunks.read();
      if (done) {
        this.#ended = true;
        const last = this.#decoder.finish();
        return last.numRows > 0 || !this.#given ? this.#give(last) : undefined;
      }
      this.#bytes += value.length;
      this.#decoder.push(value);
      const batch = this.#decoder.take(this.#request.batchRows);
      if (batch !== undefined) return this.#give(batch);
    }
  }

  /** Ends the download where it is. */
  async cancel(): Promise<void> {
    this.#ended = true;
    await this.#chunks?.cancel().catch(() => {});
  }

  async #open(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const { signal, attempts } = this.#request;
    const stream = await this.#client.copy.to(this.#statement, { signal, retries: attempts - 1 });
    return stream.getReader();
  }

  #give(batch: GeoDataFrame): GeoDataFrame {
    this.#given = true;
    this.#rows += batch.numRows;
    this.#request.onProgress?.({ phase: "read", rows: this.#rows, bytes: this.#bytes });
    return batch;
  }
}

function copyStatement(selected: string, { source, limit }: ReadRequest): string {
  const limited = limit === undefined ? "" : ` LIMIT ${limit}`;
  return `COPY (SELECT ${selected} FROM ${subquery(source, "_q")}${limited}) TO STDOUT WITH (FORMAT binary)`;
}

/** Whether a failed download may go well the next time. Errors of the server are told at once. */
function isPassing(error: unknown): boolean {
  return isCartoError(error) && ["network", "timeout", "incomplete-response"].includes(error.code);
}

function explain(error: unknown, operation: string): unknown {
  const isAmbiguous = isCartoError(error) && /^column reference ".*" is ambiguous/.test(reasonOf(error));
  return retell(
    error,
    operation,
    isAmbiguous ? "Two columns have the same name: give them different ones with AS" : undefined,
  );
}
