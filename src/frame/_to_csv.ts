import { ArgumentError } from "../errors/mod.ts";
import { ByteWriter, cellWriter, csvQuoting } from "./_cell_writer.ts";
import { isValid } from "./_data.ts";
import { type Column, dataOf } from "./column.ts";

const encoder = new TextEncoder();
const CHUNK = 262_144;

/** How CSV is written. */
export interface ToCsvOptions {
  /** The character between fields. Default: `,`. */
  delimiter?: string | undefined;
  /** What stands for null. Default: the empty field, empty text being `""`. */
  nullMarker?: string | undefined;
  /** Whether the first line holds the names. Default: true. */
  header?: boolean | undefined;
  /** How geometries are written. Default: `ewkb-hex`, as CARTO itself does. */
  geometry?: "ewkb-hex" | "wkt" | "ewkt" | undefined;
}

/** A frame's columns as CSV, chunk by chunk. */
export function* csvChunks(
  columns: readonly Column[],
  numRows: number,
  options: ToCsvOptions,
): Generator<Uint8Array<ArrayBuffer>, undefined> {
  const delimiter = options.delimiter ?? ",";
  if (delimiter.length !== 1 || delimiter > "\x7f" || '"\r\n'.includes(delimiter)) {
    throw new ArgumentError("The delimiter must be one ASCII character other than a quote or a line end", {
      argument: "delimiter",
    });
  }
  const marker = encoder.encode(options.nullMarker ?? "");
  const quoting = csvQuoting(delimiter.charCodeAt(0), marker, false);
  const writers = columns.map((column) =>
    cellWriter(column.field, dataOf(column), { quoting, geometry: options.geometry, srid: column.field.srid })
  );
  let out = new ByteWriter(CHUNK + 4096);
  if (options.header !== false) writeHeader(out, columns, delimiter);
  for (let row = 0; row < numRows; row++) {
    for (let i = 0; i < columns.length; i++) {
      if (i > 0) {
        out.reserve(1);
        out.bytes[out.at++] = delimiter.charCodeAt(0);
      }
      if (isValid(dataOf(columns[i] as Column).validity, row)) writers[i]?.(out, row);
      else append(out, marker);
    }
    out.reserve(1);
    out.bytes[out.at++] = 10;
    if (out.at >= CHUNK) {
      yield out.bytes.subarray(0, out.at);
      out = new ByteWriter(CHUNK + 4096);
    }
  }
  if (out.at > 0) yield out.bytes.subarray(0, out.at);
}

function append(out: ByteWriter, bytes: Uint8Array): void {
  out.reserve(bytes.length);
  out.bytes.set(bytes, out.at);
  out.at += bytes.length;
}

function writeHeader(out: ByteWriter, columns: readonly Column[], delimiter: string): void {
  const names = columns.map(({ name }) =>
    name === "" || name.includes(delimiter) || /["\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name
  );
  append(out, encoder.encode(`${names.join(delimiter)}\n`));
}

/** The same as one text. */
export function csvText(columns: readonly Column[], numRows: number, options: ToCsvOptions): string {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let text = "";
  for (const chunk of csvChunks(columns, numRows, options)) text += decoder.decode(chunk);
  return text;
}
