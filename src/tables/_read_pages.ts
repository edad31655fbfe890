import type { CoreClient } from "../classic/_core_client.ts";
import type { SqlField } from "../classic/sql.ts";
import { ArgumentError, DataError } from "../errors/carto_error.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { fieldOfServer } from "../frame/pg_types.ts";
import { subquery } from "./_arguments.ts";
import { CopyDecoder } from "./_copy_parts.ts";
import { Download, isPassing, isTooLong } from "./_download.ts";
import type { ReadRequest } from "./_platform.ts";

/** The column that numbers the rows of every CARTO table. */
const KEY = "cartodb_id";
/** Rows of a page where the caller named no number: some seconds of work for a server. */
export const PAGE_ROWS = 100_000;
/** A page that takes too long is asked for again with a quarter of its rows, down to so many. */
const LEAST_ROWS = 1_000;

/** Whether rows can be told apart and put in order by their id. */
export function hasKey(fields: readonly SqlField[]): boolean {
  const field = fields.find(({ name }) => name === KEY);
  return field !== undefined && ["int2", "int4", "int8"].includes(fieldOfServer(field.name, field).type);
}

/**
 * The rows in the order of their ids, page by page, each page a COPY of its own that begins after the last row handed
 * out. So a download that breaks off goes on where it was, and each row comes exactly once.
 */
export async function* readPages(
  client: CoreClient,
  request: ReadRequest,
  fields: readonly SqlField[],
  maxRows: number,
): AsyncGenerator<GeoDataFrame, void, void> {
  const { operation, attempts, signal, limit = Infinity, onProgress } = request;
  if (!hasKey(fields)) {
    throw new ArgumentError(`Cannot ${operation} in pages: there is no whole-number column "${KEY}"`, {
      argument: "pageRows",
      hint: "Leave pageRows out, or select cartodb_id too",
    });
  }
  await refuseNulls(client, request);
  const done = { rows: 0, bytes: 0 };
  const ids = new Ids(operation);
  let pageRows = maxRows;
  let failures = 0;
  let isHandedOut = false;
  while (true) {
    const room = limit - done.rows;
    // One row more than a page tells whether there is a next one, and whether its id is another one
    const wanted = Math.min(pageRows, room);
    const asked = room > pageRows ? pageRows + 1 : room;
    const decoder = new CopyDecoder(fields, request);
    const statement = pageStatement(decoder.selected, request, ids.last, asked);
    await using download = new Download(client, request, decoder, statement, attempts - 1);
    const before = done.bytes;
    let pageDone = 0;
    let hasNext = false;
    try {
      for (let batch = await download.next(); batch !== undefined; batch = await download.next()) {
        const rest = wanted - pageDone;
        hasNext = batch.numRows > rest;
        if (hasNext) ids.checkNext(batch, rest);
        const frame = hasNext ? batch.head(rest) : batch;
        if (frame.numRows === 0 && isHandedOut) continue;
        ids.take(frame);
        failures = 0;
        pageDone += frame.numRows;
        done.rows += frame.numRows;
        done.bytes = before + download.bytes;
        onProgress?.({ phase: "read", ...done });
        isHandedOut = true;
        yield frame;
      }
      if (!hasNext) return;
    } catch (error) {
      done.bytes = before + download.bytes;
      if (isTooLong(error) && pageRows > LEAST_ROWS) {
        pageRows = Math.max(LEAST_ROWS, pageRows >> 2);
        continue;
      }
      failures++;
      if (failures >= attempts || signal?.aborted || !download.opened || !isPassing(error)) throw error;
    }
  }
}

/** Rows without an id would stand in no page. */
async function refuseNulls(client: CoreClient, { operation, source, signal }: ReadRequest): Promise<void> {
  const query = `SELECT 1 AS found FROM ${subquery(source, "_q")} WHERE "${KEY}" IS NULL LIMIT 1`;
  const { rows } = await client.sql.query(query, { signal, readOnly: true });
  if (rows.length > 0) throw noKey(operation, "it is null in some row");
}

function pageStatement(
  selected: string,
  { source }: ReadRequest,
  last: bigint | undefined,
  rows: number,
): string {
  const after = last === undefined ? "" : ` WHERE "${KEY}" > ${last}`;
  const limit = Number.isFinite(rows) ? ` LIMIT ${rows}` : "";
  return `COPY (SELECT ${selected} FROM ${subquery(source, "_q")}${after} ORDER BY "${KEY}"${limit}) ` +
    "TO STDOUT WITH (FORMAT binary)";
}

/** Follows the ids, each of which must be larger than the one before: two rows of one id could be parted by a page. */
class Ids {
  /** The id of the last row. */
  last: bigint | undefined;
  readonly #operation: string;

  constructor(operation: string) {
    this.#operation = operation;
  }

  /** Goes on over the rows of a frame. */
  take(frame: GeoDataFrame): void {
    const column = frame.column(KEY);
    let last = this.last ?? -(2n ** 64n);
    for (let row = 0; row < frame.numRows; row++) {
      const id = BigInt(column.get(row) as number | bigint);
      if (id <= last) throw noKey(this.#operation, `${id} is there more than once`);
      last = id;
    }
    if (frame.numRows > 0) this.last = last;
  }

  /** Compares the first row of the next page with the row before it. */
  checkNext(frame: GeoDataFrame, row: number): void {
    const column = frame.column(KEY);
    const id = BigInt(column.get(row) as number | bigint);
    const before = row > 0 ? BigInt(column.get(row - 1) as number | bigint) : this.last;
    if (id === before) throw noKey(this.#operation, `${id} is there more than once`);
  }
}

function noKey(operation: string, why: string): DataError {
  return new DataError(`Cannot ${operation} in pages: "${KEY}" does not tell the rows apart: ${why}`, {
    place: { column: KEY },
    hint: 'Pass { strategy: "job" } without pageRows',
  });
}
