import { gunzipSync, inflateRawSync } from "node:zlib";
import { readCsv } from "./csv.ts";
import { readGeojson } from "./geojson.ts";
import { type ImportedTable, ImportFailure, MAX_BYTES, type ReadOptions } from "./import_failure.ts";
import { readShapefile } from "./shapefile.ts";

/** A file by its name and its bytes. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Tables that one archive may hold. */
const MAX_LAYERS = 50;

const decoder = new TextDecoder();

/**
 * The tables of an uploaded file; an archive may hold several.
 *
 * @throws {ImportFailure} For a file that is broken or of a type that is not read
 */
export function readTables(file: NamedFile, options: ReadOptions): ImportedTable[] {
  const files = unpack(file);
  const tables = files.flatMap((one) => readTable(one, files, options) ?? []);
  if (tables.length > MAX_LAYERS) {
    throw new ImportFailure(1019, `The archive holds ${tables.length} tables; ${MAX_LAYERS} are allowed`);
  }
  if (tables.length > 0) return tables;
  throw new ImportFailure(
    1002,
    `"${baseName(file.name)}" is none of the types that the emulator reads: CSV, GeoJSON, zipped Shapefile`,
  );
}

function readTable(
  file: NamedFile,
  all: readonly NamedFile[],
  options: ReadOptions,
): ImportedTable | undefined {
  const ending = endingOf(file.name);
  const name = baseName(file.name).replace(/\.[^.]*$/, "");
  switch (ending) {
    case "csv":
    case "tsv":
    case "txt":
      refusePage(file);
      return readCsv(name, file.bytes, options);
    case "geojson":
    case "json":
      refusePage(file);
      return readGeojson(name, file.bytes, options);
    case "shp": {
      const stem = file.name.slice(0, -4).toLowerCase();
      const part = (wanted: string): Uint8Array | undefined =>
        all.find((other) => other.name.toLowerCase() === `${stem}.${wanted}`)?.bytes;
      return readShapefile(name, {
        shp: file.bytes,
        dbf: part("dbf"),
        shx: part("shx"),
        prj: part("prj"),
        cpg: part("cpg"),
      });
    }
    default:
      return undefined;
  }
}

/** What should be data and is a web page, of a login for one, is no file of this type. */
function refusePage({ bytes }: NamedFile): void {
  if (/^\s*<(?:!doctype html|html)\b/i.test(decoder.decode(bytes.subarray(0, 200)))) {
    throw new ImportFailure(1002, "The file is a web page");
  }
}

function unpack(file: NamedFile): NamedFile[] {
  const [first, second] = file.bytes;
  if (file.bytes.length === 0) throw new ImportFailure(1005, "The file is empty");
  if (first === 0x50 && second === 0x4b) return unzip(file.bytes);
  if (first === 0x1f && second === 0x8b) {
    return [{ name: file.name.replace(/\.gz$/i, ""), bytes: gunzip(file.bytes) }];
  }
  if (endingOf(file.name) === "zip") throw new ImportFailure(1003, "The archive does not begin as one");
  return [file];
}

function gunzip(bytes: Uint8Array): Uint8Array {
  try {
    return new Uint8Array(gunzipSync(bytes, { maxOutputLength: MAX_BYTES }));
  } catch {
    throw new ImportFailure(1003, "The file cannot be unpacked");
  }
}

const END_OF_DIRECTORY = 0x06054b50;
const ENTRY = 0x02014b50;

/** Unpacks an archive in memory: no name in it leads to a file of this machine. */
function unzip(bytes: Uint8Array): NamedFile[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    let end = bytes.length - 22;
    while (view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
    const files: NamedFile[] = [];
    let at = view.getUint32(end + 16, true);
    let total = 0;
    for (let left = view.getUint16(end + 10, true); left > 0; left--) {
      if (view.getUint32(at, true) !== ENTRY) throw new RangeError("entry");
      const flags = view.getUint16(at + 8, true);
      const method = view.getUint16(at + 10, true);
      const packed = view.getUint32(at + 20, true);
      const size = view.getUint32(at + 24, true);
      const nameLength = view.getUint16(at + 28, true);
      const name = decoder.decode(bytes.subarray(at + 46, at + 46 + nameLength));
      const local = view.getUint32(at + 42, true);
      at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
      if (name.endsWith("/") || /(?:^|\/)(?:__MACOSX|\.)/.test(name)) continue;
      if ((flags & 1) !== 0) throw new ImportFailure(1018, `"${baseName(name)}" has a password`);
      total += size;
      if (total > MAX_BYTES) throw new ImportFailure(6666, `The archive holds more than ${MAX_BYTES} bytes`);
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      if (start + packed > bytes.length) throw new RangeError("member");
      const data = bytes.subarray(start, start + packed);
      files.push({ name, bytes: method === 0 ? data : inflate(data, method, size) });
    }
    return files;
  } catch (error) {
    if (error instanceof ImportFailure) throw error;
    throw new ImportFailure(1003, "The archive is broken");
  }
}

function inflate(data: Uint8Array, method: number, size: number): Uint8Array {
  if (method !== 8) throw new RangeError("method");
  const bytes = new Uint8Array(inflateRawSync(data, { maxOutputLength: Math.max(1, size) }));
  if (bytes.length !== size) throw new RangeError("size");
  return bytes;
}

function endingOf(name: string): string {
  return /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
}

function baseName(name: string): string {
  return name.split(/[\\/]/).at(-1) ?? name;
}
