import { openCopyTo } from "../classic/_copy_streams.ts";
import type { CoreClient } from "../classic/_core_client.ts";
import { requestsOf } from "../classic/_requests.ts";
import type { SqlField } from "../classic/sql.ts";
import { isCartoError, ResponseError } from "../errors/carto_error.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { CopyDecoder } from "./_copy_parts.ts";
import type { ReadRequest } from "./_platform.ts";

/** One download of rows by COPY: every value as the database has it, and a stream that tells where it ends. */
export class Download implements AsyncDisposable {
  /** Whether the server has begun to answer. */
  opened = false;
  /** Bytes that have come. */
  bytes = 0;
  readonly #client: CoreClient;
  readonly #request: ReadRequest;
  readonly #decoder: CopyDecoder;
  readonly #statement: string;
  readonly #retries: number;
  #chunks: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #ended = false;
  #given = false;

  /** Prepares; nothing is sent. */
  constructor(
    client: CoreClient,
    request: ReadRequest,
    decoder: CopyDecoder,
    statement: string,
    retries: number,
  ) {
    this.#client = client;
    this.#request = request;
    this.#decoder = decoder;
    this.#statement = statement;
    this.#retries = retries;
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
        return last.numRows > 0 || !this.#given ? last : undefined;
      }
      this.bytes += value.length;
      this.#decoder.push(value);
      const batch = this.#decoder.take(this.#request.batchRows);
      if (batch === undefined) continue;
      this.#given = true;
      return batch;
    }
  }

  /** Ends the download where it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.#chunks?.cancel().catch(() => {});
  }

  async #open(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const stream = await openCopyTo(requestsOf(this.#client), this.#statement, {
      retry: "read",
      signal: this.#request.signal,
      retries: this.#retries,
      // The decoder copies what it needs of each part before it asks for the next
      lends: true,
    });
    this.opened = true;
    return stream.getReader();
  }
}

/**
 * The rows of one COPY. As long as none has been handed out, a download that breaks off is begun again; where the
 * caller wants all rows or none, none is handed out before all are there.
 *
 * @param statementOf Makes the statement from the selected columns and the number of the attempt, from 1
 */
export async function* copyRows(
  client: CoreClient,
  request: ReadRequest,
  fields: readonly SqlField[],
  statementOf: (selected: string, attempt: number) => string,
): AsyncGenerator<GeoDataFrame, void, void> {
  const { attempts, signal, isWhole, onProgress } = request;
  for (let attempt = 1;; attempt++) {
    const decoder = new CopyDecoder(fields, request);
    const statement = statementOf(decoder.selected, attempt);
    await using download = new Download(client, request, decoder, statement, attempts - attempt);
    const gathered: GeoDataFrame[] = [];
    let rows = 0;
    let isHandedOut = false;
    try {
      for (let batch = await download.next(); batch !== undefined; batch = await download.next()) {
        rows += batch.numRows;
        onProgress?.({ phase: "read", rows, bytes: download.bytes });
        if (isWhole) {
          gathered.push(batch);
          continue;
        }
        isHandedOut = true;
        yield batch;
      }
    } catch (error) {
      const isLast = isHandedOut || attempt >= attempts || signal?.aborted === true;
      if (isLast || !download.opened || !isPassing(error)) throw error;
      continue;
    }
    for (let batch = gathered.shift(); batch !== undefined; batch = gathered.shift()) yield batch;
    return;
  }
}

/** Whether a broken download may go well the next time. What the database says of the query stays true. */
export function isPassing(error: unknown): boolean {
  if (!isCartoError(error) || !["network", "timeout", "incomplete-response"].includes(error.code)) {
    return false;
  }
  const [told] = error instanceof ResponseError ? error.serverMessages ?? [] : [];
  return told === undefined || /terminating connection|shutting down|starting up|in recovery/.test(told);
}

/** Whether the query takes longer than the server, or a proxy in front of it, lets a query take. */
export function isTooLong(error: unknown): boolean {
  if (!isCartoError(error)) return false;
  return error.code === "statement-timeout" || (error instanceof ResponseError && error.status === 504);
}
