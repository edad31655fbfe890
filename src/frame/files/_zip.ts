import { DataError, UnsupportedError } from "../../errors/carto_error.ts";
import type { ByteSource } from "./_byte_source.ts";
import { placeOf } from "./_byte_source.ts";

/** One file of an archive. */
export interface ZipEntry {
  readonly name: string;
  /** How many bytes it has when unpacked. */
  readonly size: number;
  readonly method: number;
  readonly packed: number;
  readonly at: number;
  readonly encrypted: boolean;
}

const CENTRAL = 0x0201_4b50;
const END = 0x0605_4b50;
const END_64 = 0x0606_4b50;
const LOCATOR_64 = 0x0706_4b50;
const STORED = 0;
const DEFLATED = 8;

/** Reads the list of files at the end of a ZIP archive; folders and the like are left out. */
export async function readZip(source: ByteSource & { readonly size: number }): Promise<ZipEntry[]> {
  const damaged = (what: string, cause?: unknown) =>
    new DataError(`The ZIP archive is damaged or cut off: ${what}`, {
      place: placeOf(source),
      hint: "Get it again",
      cause,
    });
  const start = Math.max(0, source.size - 66_000);
  const tail = await source.slice(start, source.size);
  const view = new DataView(tail.buffer);
  let end = tail.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  if (end < 0) throw damaged("its list of files is missing");
  let [size, at] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  try {
    if (end >= 20 && view.getUint32(end - 20, true) === LOCATOR_64) {
      const where = Number(view.getBigUint64(end - 12, true));
      const record = new DataView((await source.slice(where, where + 56)).buffer);
      if (record.getUint32(0, true) !== END_64) throw damaged("its list of files is missing");
      [size, at] = [Number(record.getBigUint64(40, true)), Number(record.getBigUint64(48, true))];
    }
    const central = await source.slice(at, at + size);
    return entriesOf(central);
  } catch (error) {
    if (error instanceof RangeError) throw damaged("its list of files cannot be read", error);
    throw error;
  }
}

function entriesOf(central: Uint8Array<ArrayBuffer>): ZipEntry[] {
  const view = new DataView(central.buffer);
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at + 46 <= central.length && view.getUint32(at, true) === CENTRAL) {
    const flags = view.getUint16(at + 8, true);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      view.getUint16(at + field, true)
    ) as [
      number,
      number,
      number,
    ];
    const nameBytes = central.subarray(at + 46, at + 46 + nameLength);
    const name = new TextDecoder((flags & 0x800) === 0 && !isUtf8(nameBytes) ? "latin1" : "utf-8").decode(
      nameBytes,
    );
    let [packed, size, header] = [
      view.getUint32(at + 20, true),
      view.getUint32(at + 24, true),
      view.getUint32(at + 42, true),
    ];
    // Large numbers stand behind the name, in this order, each only where its place is full
    let extra = at + 46 + nameLength;
    const extraEnd = extra + extraLength;
    while (extra + 4 <= extraEnd) {
      const [id, length] = [view.getUint16(extra, true), view.getUint16(extra + 2, true)];
      let value = extra + 4;
      const large = () => Number(view.getBigUint64((value += 8) - 8, true));
      if (id === 1) {
        if (size === 0xffff_ffff) size = large();
        if (packed === 0xffff_ffff) packed = large();
        if (header === 0xffff_ffff) header = large();
      }
      extra += 4 + length;
    }
    const method = view.getUint16(at + 10, true);
    // What a Mac puts beside each file is no file of anybody's
    if (!name.endsWith("/") && !/(?:^|\/)(?:__MACOSX\/|\._)/.test(name)) {
      entries.push({ name, size, method, packed, at: header, encrypted: (flags & 1) !== 0 });
    }
    at = extraEnd + commentLength;
  }
  return entries;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** A file of an archive, as a source that can be read again and again. */
export async function openEntry(
  archive: ByteSource & { readonly size: number },
  entry: ZipEntry,
): Promise<ByteSource> {
  const name = archive.name === undefined ? entry.name : `${archive.name}/${entry.name}`;
  if (entry.encrypted) {
    throw new UnsupportedError(`Cannot read "${name}": it is encrypted`, {
      hint: "Unpack the archive first",
    });
  }
  if (entry.method !== STORED && entry.method !== DEFLATED) {
    throw new UnsupportedError(`Cannot read "${name}": it is packed with method ${entry.method}`, {
      hint: "Unpack the archive first",
    });
  }
  const header = new DataView((await archive.slice(entry.at, entry.at + 30)).buffer);
  const start = entry.at + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  return new EntrySource(archive, entry, name, start);
}

/** So much is read of the archive at once. */
const CHUNK = 1_048_576;

class EntrySource implements ByteSource {
  readonly again = true;
  readonly path = undefined;
  readonly size = undefined;

  constructor(
    readonly archive: ByteSource & { readonly size: number },
    readonly entry: ZipEntry,
    readonly name: string,
    readonly start: number,
  ) {}

  slice(): Promise<Uint8Array<ArrayBuffer>> {
    throw new TypeError("A packed file has no slices");
  }

  async head(length: number): Promise<Uint8Array> {
    const head = new Uint8Array(length);
    let filled = 0;
    for await (const chunk of this.stream()) {
      head.set(chunk.subarray(0, length - filled), filled);
      filled += Math.min(chunk.length, length - filled);
      if (filled === length) break;
    }
    return head.subarray(0, filled);
  }

  async *stream(): AsyncGenerator<Uint8Array, undefined> {
    let length = 0;
    const chunks = this.entry.method === STORED
      ? this.#packed()
      : (ReadableStream.from(this.#packed()) as ReadableStream<Uint8Array<ArrayBuffer>>)
        .pipeThrough(new DecompressionStream("deflate-raw"));
    try {
      for await (const chunk of chunks) {
        length += chunk.length;
        yield chunk;
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw this.#damaged(error);
    }
    if (length !== this.entry.size) throw this.#damaged();
  }

  #damaged(cause?: unknown): DataError {
    return new DataError("The packed file is damaged or cut off", {
      place: placeOf(this),
      hint: "Get the archive again",
      cause,
    });
  }

  async *#packed(): AsyncGenerator<Uint8Array, undefined> {
    const end = this.start + this.entry.packed;
    for (let at = this.start; at < end; at += CHUNK) {
      yield await this.archive.slice(at, Math.min(end, at + CHUNK));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
