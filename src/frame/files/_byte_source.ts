import { ArgumentError, CartoError, DataError } from "../../errors/carto_error.ts";
import { type Access, advise, pathOf } from "../../permissions/mod.ts";
import { concatBytes } from "../_bytes.ts";
import type { FileInput } from "./file_options.ts";

/** So much is read at once. */
const CHUNK = 1_048_576;

/** Bytes, wherever they are. */
export interface ByteSource extends AsyncDisposable {
  /** What messages call it; undefined for bytes without a name. */
  readonly name: string | undefined;
  /** The path, for a file. */
  readonly path: string | undefined;
  /** How many bytes; undefined for a stream, which can be read once only and from front to back. */
  readonly size: number | undefined;
  /** Whether `stream` can be called again. */
  readonly again: boolean;
  /** Some of the bytes; not of a stream. */
  slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /** The first bytes, at most so many. */
  head(length: number): Promise<Uint8Array>;
  /** All bytes; a chunk is the reader's until it asks for the next. */
  stream(): AsyncGenerator<Uint8Array, undefined>;
}

/**
 * Opens a file for reading.
 *
 * @param path Where it is
 * @param name What messages call it
 * @param alsoNeeds What will be read beside it, so that a refusal tells everything at once
 */
export async function openSource(
  path: string | URL,
  name: string,
  alsoNeeds: readonly Access[] = [],
): Promise<ByteSource> {
  const file = await advise(
    { operation: `read "${name}"`, needs: [{ kind: "read", path: name }], alsoNeeds },
    () => openFile(path, name),
  );
  try {
    const info = await file.stat();
    if (info.isDirectory) throw isFolder(name);
    const where = path instanceof URL ? pathOf(path) : path;
    // A pipe has no size and no way back
    return info.isFile ? new FileSource(file, where, name, info.size) : new StreamSource(file.readable, name);
  } catch (error) {
    file.close();
    throw error;
  }
}

async function openFile(path: string | URL, name: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new CartoError("not-found", `Cannot read "${name}": there is no such file`, { cause: error });
    }
    if (error instanceof Deno.errors.IsADirectory) throw isFolder(name);
    throw error;
  }
}

function isFolder(name: string): ArgumentError {
  return new ArgumentError(`Cannot read "${name}": it is a folder`, { argument: "path" });
}

/**
 * A source of what a caller handed over.
 *
 * @param input Bytes, a blob or a stream
 * @param name What messages call it
 */
export function sourceOf(input: FileInput, name: string | undefined): ByteSource {
  if (input instanceof Uint8Array) return new BytesSource(input, name);
  if (input instanceof ArrayBuffer) return new BytesSource(new Uint8Array(input), name);
  if (input instanceof Blob) return new BlobSource(input, name);
  if (typeof input === "object" && input !== null && Symbol.asyncIterator in input) {
    return new StreamSource(input, name);
  }
  throw new ArgumentError("Cannot read the input: it is neither bytes, a blob nor a stream of bytes", {
    argument: "input",
    hint: "A text is turned into bytes by new TextEncoder().encode(text)",
  });
}

class FileSource implements ByteSource {
  readonly again = true;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    readonly file: Deno.FsFile,
    readonly path: string,
    readonly name: string,
    readonly size: number,
  ) {}

  /** Seeking and reading are two steps, so readers wait for their turn. */
  slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const turn = this.#turn.then(() => this.#read(start, Math.min(end, this.size)));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(Math.max(0, end - start));
    await this.file.seek(start, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) {
      const count = await this.file.read(bytes.subarray(at));
      if (count === null) {
        throw new DataError("The file became shorter while it was read", { place: { file: this.name } });
      }
      at += count;
    }
    return bytes;
  }

  head(length: number): Promise<Uint8Array> {
    return this.slice(0, length);
  }

  async *stream(): AsyncGenerator<Uint8Array, undefined> {
    for (let at = 0; at < this.size; at += CHUNK) yield await this.slice(at, at + CHUNK);
  }

  // deno-lint-ignore require-await
  async [Symbol.asyncDispose](): Promise<void> {
    this.file.close();
  }
}

/** Bytes at hand. */
export class BytesSource implements ByteSource {
  readonly again = true;
  readonly path = undefined;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, readonly name: string | undefined) {
    // Parts of Node's buffers are no copies
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get size(): number {
    return this.bytes.length;
  }

  // deno-lint-ignore require-await
  async slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.bytes.slice(start, end);
  }

  // deno-lint-ignore require-await
  async head(length: number): Promise<Uint8Array> {
    return this.bytes.subarray(0, length);
  }

  async *stream(): AsyncGenerator<Uint8Array, undefined> {
    for (let at = 0; at < this.bytes.length; at += CHUNK) yield this.bytes.subarray(at, at + CHUNK);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

class BlobSource implements ByteSource {
  readonly again = true;
  readonly path = undefined;
  readonly name: string | undefined;

  constructor(readonly blob: Blob, name: string | undefined) {
    this.name = name ?? (blob instanceof File ? blob.name : undefined);
  }

  get size(): number {
    return this.blob.size;
  }

  async slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.blob.slice(start, end).arrayBuffer());
  }

  head(length: number): Promise<Uint8Array> {
    return this.slice(0, length);
  }

  async *stream(): AsyncGenerator<Uint8Array, undefined> {
    yield* this.blob.stream();
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

class StreamSource implements ByteSource {
  readonly again = false;
  readonly path = undefined;
  readonly size = undefined;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #read: Uint8Array[] = [];
  #ended = false;

  constructor(
    stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
    readonly name: string | undefined,
  ) {
    this.#chunks = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  }

  slice(): Promise<Uint8Array<ArrayBuffer>> {
    throw new TypeError("A stream has no slices");
  }

  async head(length: number): Promise<Uint8Array> {
    let known = this.#read.reduce((sum, chunk) => sum + chunk.length, 0);
    while (known < length) {
      const chunk = await this.#next();
      if (chunk === undefined) break;
      // The stream may use the memory again; the `slice` of Node's buffers would be no copy
      this.#read.push(new Uint8Array(chunk));
      known += chunk.length;
    }
    return concatBytes(this.#read).subarray(0, length);
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#ended) return undefined;
    const { done, value } = await this.#chunks.next();
    if (done) {
      this.#ended = true;
      return undefined;
    }
    if (value instanceof Uint8Array) return value;
    throw new ArgumentError("Cannot read the stream: its chunks are not bytes", { argument: "input" });
  }

  async *stream(): AsyncGenerator<Uint8Array, undefined> {
    while (this.#read.length > 0) yield this.#read.shift() as Uint8Array;
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) yield chunk;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#chunks.return?.();
  }
}

/** What gzip holds, as a source of its own. */
export class GunzippedSource implements ByteSource {
  readonly size = undefined;
  readonly path = undefined;

  constructor(readonly inner: ByteSource) {}

  get name(): string | undefined {
    return this.inner.name;
  }

  get again(): boolean {
    return this.inner.again;
  }

  slice(): Promise<Uint8Array<ArrayBuffer>> {
    throw new TypeError("A compressed stream has no slices");
  }

  async head(length: number): Promise<Uint8Array> {
    // Compressed bytes are fewer, except of files that do not compress
    const start = await this.inner.head(length * 4);
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of gunzip(once(start), this.name)) chunks.push(chunk);
    } catch {
      // Cut off, as it must be
    }
    return concatBytes(chunks).subarray(0, length);
  }

  stream(): AsyncGenerator<Uint8Array, undefined> {
    return gunzip(this.inner.stream(), this.name);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.inner[Symbol.asyncDispose]();
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  yield bytes;
}

async function* gunzip(
  chunks: AsyncGenerator<Uint8Array, undefined>,
  name: string | undefined,
): AsyncGenerator<Uint8Array, undefined> {
  const stream = ReadableStream.from(chunks) as ReadableStream<Uint8Array<ArrayBuffer>>;
  try {
    yield* stream.pipeThrough(new DecompressionStream("gzip"));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new DataError("The compressed bytes are damaged or cut off", {
      place: name === undefined ? {} : { file: name },
      cause: error,
    });
  }
}

/** The source itself where it has slices, otherwise all of it in memory. */
export async function inSlices(source: ByteSource): Promise<ByteSource & { readonly size: number }> {
  if (source.size !== undefined) return source as ByteSource & { readonly size: number };
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.stream()) chunks.push(new Uint8Array(chunk));
  return new BytesSource(concatBytes(chunks), source.name);
}

/** The place of a whole file, for errors. */
export function placeOf(source: ByteSource): { file?: string } {
  return source.name === undefined ? {} : { file: source.name };
}
