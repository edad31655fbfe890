import { isLoopback } from "../auth/_fields.ts";
import { ArgumentError, DataError } from "../errors/carto_error.ts";
import { advise } from "../permissions/advise.ts";
import { checkCore } from "./_core_check.ts";
import { chunksOf, COPY_TIMEOUT, gzipStream, isRepeatable, openCopyTo, streamOf } from "./_copy_streams.ts";
import { type AccountRequests, requestsOf } from "./_requests.ts";
import { sqlInputText } from "./_sql_input.ts";
import { sqlWords, topLevelWords, trimSql } from "./_sql_scan.ts";
import type { ClassicClient } from "./client.ts";
import type { SqlInput } from "./sql_text.ts";

/** Data for COPY: text, bytes, or pieces of bytes. A piece may be reused once the next one is asked for. */
export type CopyData =
  | string
  | Uint8Array
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>;

/** Data for COPY, or a function that makes them anew for each attempt. */
export type CopySource = CopyData | (() => CopyData | Promise<CopyData>);

/** What an upload takes. */
export interface CopyFromOptions {
  /**
   * Compresses the upload; a number is the level from 1 to 9. Default true (level 1), but false for
   * a server on this machine: it pays where the line is slower than about 500 Mbit/s.
   */
  gzip?: boolean | number | undefined;
  /** Is told after each piece how many bytes have been handed over, before compression. Starts again at a retry. */
  onProgress?: ((progress: CopyProgress) => void) | undefined;
  /** Stops the upload. COPY stores all rows or none, so nothing of it stays. */
  signal?: AbortSignal | undefined;
  /** Attempts after the first when the server says that it is too busy. Default: the client's. */
  retries?: number | undefined;
  /** Milliseconds that the server may be silent. Default: the client's, else 10 minutes. */
  timeout?: number | undefined;
}

/** How far a transfer is. */
export interface CopyProgress {
  /** Bytes so far, uncompressed. */
  readonly bytes: number;
}

/** What the server answers to an upload. */
export interface CopyFromResult {
  /** Rows that were stored. */
  readonly totalRows: number;
  /** Seconds that it took on the server, when told. */
  readonly time: number | undefined;
}

/** What a download takes. */
export interface CopyToOptions {
  /** Stops the download. */
  signal?: AbortSignal | undefined;
  /** Milliseconds that the server may be silent. Default: the client's, else 10 minutes. */
  timeout?: number | undefined;
  /** Attempts after the first, until the data begin to arrive. Default: the client's. */
  retries?: number | undefined;
}

/**
 * COPY through HTTP: `api/v2/sql/copyfrom` and `api/v2/sql/copyto`. Data pass through as they are,
 * in constant memory, so every value arrives exactly.
 *
 * @example Upload rows as they are made, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * let received = "";
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   async fetch(_url, init) {
 *     received = await new Response(init?.body).text();
 *     return Response.json({ total_rows: 2, time: 0.01 });
 *   },
 * });
 *
 * function* lines() {
 *   const encoder = new TextEncoder();
 *   for (const name of ["Hawai", "El Pico"]) yield encoder.encode(`${name}\n`);
 * }
 * // A function, so that the rows can be made again when the server is busy.
 * const { totalRows } = await carto.copy.from("COPY cafes (name) FROM STDIN", lines, { gzip: false });
 * assertEquals([totalRows, received], [2, "Hawai\nEl Pico\n"]);
 * ```
 */
export class CopyApi {
  readonly #requests: AccountRequests;

  /**
   * Made by {@link ClassicClient} as its member `copy`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#requests = requestsOf(client);
  }

  /**
   * Uploads rows in one `COPY … FROM STDIN`. The server stores all of them or none; an upload of no
   * rows is an error there (`No rows copied`).
   *
   * A busy server (429 with a waiting time) is asked again when the data can be made again: text,
   * bytes, an array, or a function. Any other failure is not retried, since rows could be stored twice.
   *
   * @param query The statement; its format says what the data are
   * @param source The data in that format
   * @param options Compression, progress, signal
   * @throws {ArgumentError} The statement is no COPY FROM, or the data are no bytes
   * @throws {ResponseError} The server refused; `message` names the first fault but not its line
   */
  async from(query: SqlInput, source: CopySource, options: CopyFromOptions = {}): Promise<CopyFromResult> {
    const q = copyStatement(query, "from");
    const level = this.#gzipLevel(options.gzip);
    const repeatable = typeof source === "function" || isRepeatable(source);
    const operation = "upload rows by COPY";
    const answer = await this.#requests.json({
      method: "POST",
      path: "api/v2/sql/copyfrom",
      operation,
      retry: repeatable ? "rate-limit" : "never",
      // The body is the data, so the statement has no other place than the URL.
      query: { q },
      headers: {
        "content-type": "application/octet-stream",
        ...(level === 0 ? {} : { "content-encoding": "gzip" }),
      },
      body: () => uploadStream(source, level, options.onProgress),
      signal: options.signal,
      retries: options.retries,
      timeout: options.timeout ?? this.#requests.timeout ?? COPY_TIMEOUT,
    });
    const context = { operation, status: answer.status };
    const body = checkCore<{ total_rows: number; time?: number | null }>("copyAnswer", answer.body, context);
    return { totalRows: body.total_rows, time: body.time ?? undefined };
  }

  /**
   * Downloads rows by `COPY … TO STDOUT`, as they arrive. Read the stream to its end, or cancel it.
   *
   * The stream never ends quietly when the data are not whole: a failure of the database after rows
   * were sent, which the server writes into the data under status 200, is an error of the stream
   * (`incomplete-response`, with the server's message), and so is an answer cut off within a row.
   * None of the error text is passed on as data. An answer cut exactly between two rows shows in text and CSV only by
   * what HTTP says of its length, which a proxy may have made anew; the binary format tells where it ends.
   *
   * @param query The statement; its format says what the data are
   * @param options Signal and times
   * @throws {ArgumentError} The statement is no COPY TO
   * @throws {ResponseError} The server refused before it sent anything
   */
  async to(query: SqlInput, options: CopyToOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const q = copyStatement(query, "to");
    // COPY (DELETE … RETURNING …) TO STDOUT is possible, and must not be done twice.
    const writes = sqlWords(q).some((word) => /^(?:insert|update|delete|merge)$/.test(word));
    const { signal, timeout, retries } = options;
    return await openCopyTo(this.#requests, q, {
      retry: writes ? "rate-limit" : "read",
      signal,
      timeout,
      retries,
    });
  }

  /**
   * Uploads a file as it is.
   *
   * @param query The statement; its format says what the file holds
   * @param path The file
   * @param options Compression, progress, signal
   * @throws {PermissionError} The file may not be read
   * @throws {DataError} The file does not exist
   * @throws {ResponseError} The server refused
   */
  async fromFile(query: SqlInput, path: string, options: CopyFromOptions = {}): Promise<CopyFromResult> {
    // A file that cannot be read is told before a request is begun.
    (await openFile(path)).close();
    return await this.from(query, async () => (await openFile(path)).readable, options);
  }

  /**
   * Downloads into a file, all or nothing. Where Deno lets us write and read beside it (`--allow-read=FOLDER
   * --allow-write=FOLDER`), an old file stays until the new one is complete. With `--allow-write=FILE` alone it stays
   * until all data, or the first 16 MiB, have arrived; if the data then turn out not to be whole, it is removed, and the
   * error's hint says so. With `append`, what was added is taken back.
   *
   * @param query The statement; its format says what the file will hold
   * @param path The file
   * @param options `append` adds to the file; signal and times
   * @returns How many bytes were written
   * @throws {PermissionError} The file may not be written; nothing was asked for
   * @throws {DataError} The system does not let the file be written
   * @throws {ResponseError} The server refused, or the data are not whole
   */
  async toFile(
    query: SqlInput,
    path: string,
    options: CopyToOptions & { append?: boolean | undefined } = {},
  ): Promise<CopyProgress> {
    const { append, ...rest } = options;
    const { writeWhole } = await import("../permissions/_write_whole.ts");
    return { bytes: await writeWhole(path, path, () => this.to(query, rest), { append }) };
  }

  #gzipLevel(option: boolean | number | undefined): number {
    const level = option ?? !isLoopback(new URL(this.#requests.credentials.baseUrl));
    if (typeof level === "boolean") return level ? 1 : 0;
    if (Number.isInteger(level) && level >= 1 && level <= 9) return level;
    throw new ArgumentError(`Cannot compress at level ${level}: gzip has the levels 1 to 9`, {
      argument: "gzip",
    });
  }
}

/** The body of one attempt. */
function uploadStream(
  source: CopySource,
  level: number,
  onProgress: CopyFromOptions["onProgress"],
): ReadableStream<Uint8Array> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    yield* chunksOf(typeof source === "function" ? await source() : source, (more) => {
      bytes += more;
      onProgress?.({ bytes });
    });
  }
  return level === 0 ? streamOf(chunks()) : gzipStream(chunks(), level);
}

/**
 * The statement as the server wants it: COPY is the very first word. A statement of the other
 * direction is refused, for the server would wait for data that never come.
 */
function copyStatement(query: SqlInput, direction: "from" | "to"): string {
  const text = trimSql(sqlInputText(query));
  const words = topLevelWords(text);
  const wrong = direction === "from" ? "to" : "from";
  const found = words.find((word) => word === "from" || word === "to");
  if (words[0] === "copy" && found !== wrong) return text;
  const shape = direction === "from" ? "COPY … FROM STDIN" : "COPY … TO STDOUT";
  throw new ArgumentError(`Cannot run the statement: it is not of the form ${shape}`, { argument: "query" });
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    return await advise(
      { operation: `read "${path}"`, needs: [{ kind: "read", path }] },
      () => Deno.open(path, { read: true }),
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new DataError("Cannot read the file: no such file", { place: { file: path }, cause: error });
  }
}
