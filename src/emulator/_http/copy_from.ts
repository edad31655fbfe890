import { createGunzip } from "node:zlib";
import { Readable } from "node:stream";
import { type ErrorFields, parseCommandTag, parseError } from "../_db/protocol.ts";
import { query } from "../_db/query.ts";
import type { Engine } from "../_db/engine.ts";
import { ApiError, type HandlerRequest, jsonResponse } from "../_handler.ts";
import { COPY_TIMEOUT, readCopySql } from "./copy_sql.ts";
import { databaseError } from "./responses.ts";

/** Bytes that one upload may have when no other limit is set. */
export const DEFAULT_MAX_COPY_SIZE = 2 * 1024 ** 3;

/**
 * `POST …/sql/copyfrom`: feeds the body to a `COPY … FROM STDIN`.
 *
 * The body is passed on as it comes; nothing of it is kept.
 *
 * @throws {ApiError} Without a COPY statement, for data that the database refuses, and past the limits
 */
export async function copyFrom(
  engine: Engine,
  request: HandlerRequest,
  body: ReadableStream<Uint8Array> | null,
  maxSize: number,
): Promise<Response> {
  const startedAt = Date.now();
  // The body is data: only the query string can hold the statement.
  const sql = readCopySql(request.query);
  const feed = new CopyFeed(body, request.headers.get("content-encoding") === "gzip", {
    maxSize,
    quota: await remainingQuota(engine),
  });
  let failure: ErrorFields | undefined;
  let rows = 0;
  await engine.run(sql, {
    role: request.key.role,
    statementTimeout: COPY_TIMEOUT,
    copyIn: feed.chunks(),
    signal: request.signal,
    onMessage({ type, payload }) {
      if (type === "E") failure ??= parseError(payload);
      else if (type === "C") rows = parseCommandTag(payload).rows ?? 0;
    },
  });
  if (feed.failure !== undefined) throw feed.failure;
  if (failure !== undefined) throw databaseError(failure);
  if (rows === 0) throw new ApiError(400, "No rows copied");
  return jsonResponse(200, { time: (Date.now() - startedAt) / 1000, total_rows: rows });
}

/** Bytes that are left of the quota of the database; infinite without a quota. */
async function remainingQuota(engine: Engine): Promise<number> {
  const { rows } = await query(
    engine,
    "SELECT quota, CASE WHEN quota > 0 THEN cartodb.CDB_UserDataSize('public'::text) END " +
      "FROM (SELECT cartodb._CDB_UserQuotaInBytes() AS quota) AS account",
  );
  const [quota, used] = rows[0] ?? [];
  return quota === null || quota === undefined || quota === "0" ? Infinity : Number(quota) - Number(used);
}

/** Bytes of an upload that are read ahead of the database, and how few are left when reading goes on. */
const AHEAD = 16 * 1024 ** 2;
const LOW = 1024 ** 2;

/** Bytes that are unpacked at a time: a small piece costs as much as a large one on its way. */
const UNPACKED = 256 * 1024;

/**
 * Reads a body in long strides. A body of unknown length that is taken a bit at a time, always just as much as the database
 * has room for, costs the server a copy of all that it has received for every bit.
 */
async function* readAhead(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const reader = body.getReader();
  const queue: Uint8Array[] = [];
  let held = 0;
  let isEnded = false;
  let failure: { readonly error: unknown } | undefined;
  let changed = Promise.withResolvers<void>();
  const tell = () => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  const fill = async () => {
    try {
      while (!isEnded) {
        const { done, value } = await reader.read();
        if (done) break;
        queue.push(value);
        held += value.length;
        tell();
        if (held >= AHEAD) { while (held > LOW && !isEnded) await changed.promise; }
      }
    } catch (error) {
      failure = { error };
    }
    isEnded = true;
    tell();
  };
  const filling = fill();
  try {
    for (;;) {
      const pieces = queue.splice(0);
      for (const piece of pieces) {
        yield piece;
        held -= piece.length;
        if (held <= LOW) tell();
      }
      if (queue.length > 0) continue;
      if (isEnded) break;
      await changed.promise;
    }
    if (failure !== undefined) throw failure.error;
  } finally {
    isEnded = true;
    tell();
    await reader.cancel().catch(() => {});
    await filling;
  }
}

/** The data of an upload on their way to the database, counted and unpacked. */
class CopyFeed {
  /** What went wrong with the data themselves. */
  failure: ApiError | undefined;
  readonly #body: ReadableStream<Uint8Array> | null;
  readonly #isGzip: boolean;
  readonly #limits: { maxSize: number; quota: number };

  constructor(
    body: ReadableStream<Uint8Array> | null,
    isGzip: boolean,
    limits: { maxSize: number; quota: number },
  ) {
    this.#body = body;
    this.#isGzip = isGzip;
    this.#limits = limits;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    let unpacked = 0;
    for await (const chunk of this.#isGzip ? this.#gunzip() : this.#received()) {
      unpacked += chunk.length;
      if (unpacked > this.#limits.quota) this.#fail("DB Quota exceeded");
      yield chunk;
    }
  }

  async *#received(): AsyncGenerator<Uint8Array> {
    let received = 0;
    for await (const chunk of this.#body === null ? [] : readAhead(this.#body)) {
      received += chunk.length;
      if (received > this.#limits.maxSize) {
        this.#fail(`COPY FROM maximum POST size of ${readableSize(this.#limits.maxSize)} exceeded`);
      }
      yield chunk;
    }
  }

  async *#gunzip(): AsyncGenerator<Uint8Array> {
    const source = Readable.from(this.#received());
    const gunzip = createGunzip({ chunkSize: UNPACKED });
    source.on("error", (error) => gunzip.destroy(error));
    try {
      for await (const chunk of source.pipe(gunzip)) yield chunk as Uint8Array;
    } catch (error) {
      if (this.failure !== undefined) throw error;
      this.#fail(`Error while gunzipping: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      source.destroy();
      gunzip.destroy();
    }
  }

  #fail(message: string): never {
    this.failure = new ApiError(400, message);
    throw this.failure;
  }
}

/** A size as people write it: `2 GB`. */
export function readableSize(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${Number(size.toFixed(2))} ${units[unit]}`;
}
