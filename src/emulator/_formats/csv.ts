import { quoteIdentifier } from "../_db/query.ts";
import { ByteWriter } from "./byte_writer.ts";
import { forEachRow, type RunContext } from "./collect_rows.ts";
import { RowReader } from "./json_rows.ts";
import { describeTable, GEOMETRY } from "./table.ts";

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const TAB = 0x09;
const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;
const encoder = new TextEncoder();

/**
 * The rows as CSV with CRLF: every value as PostgreSQL casts it to text, the geometry first, NULL as nothing.
 *
 * A line that would be empty, and the header of a single column, get a comma at their end.
 */
export async function csvDocument(
  context: RunContext,
  sql: string,
  skipped: ReadonlySet<string>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { from, fields } = await describeTable(context, sql, skipped);
  const names = fields.map((field) => field.name);
  const ordered = names.includes(GEOMETRY) ? [GEOMETRY, ...names.filter((name) => name !== GEOMETRY)] : names;
  const out = new ByteWriter();
  const header = ordered.map((name) => encoder.encode(name));
  header.forEach((name, index) => {
    if (index > 0) out.byte(COMMA);
    writeField(out, name, 0, name.length);
  });
  if (ordered.length === 1) out.byte(COMMA);
  endLine(out);
  const columns = ordered.map((name) => `${quoteIdentifier(name)}::text`);
  const reader = new RowReader(columns.length);
  await forEachRow(context, `SELECT ${columns.join(", ")} FROM ${from}`, (payload) => {
    reader.read(payload);
    const start = out.length;
    for (let column = 0; column < columns.length; column++) {
      if (column > 0) out.byte(COMMA);
      const end = reader.ends[column] ?? -1;
      if (end >= 0) writeField(out, payload, reader.starts[column] ?? 0, end);
    }
    if (columns.length === 1 && out.length === start) out.byte(COMMA);
    endLine(out);
  });
  return out.take();
}

function endLine(out: ByteWriter): void {
  out.byte(CR);
  out.byte(LF);
}

function writeField(out: ByteWriter, bytes: Uint8Array, start: number, end: number): void {
  if (!needsQuotes(bytes, start, end)) {
    out.slice(bytes, start, end);
    return;
  }
  out.byte(QUOTE);
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) out.byte(QUOTE);
    out.byte(byte);
  }
  out.byte(QUOTE);
}

function needsQuotes(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (
      byte === COMMA || byte === QUOTE || byte === LF || byte === CR || byte === TAB || byte === SEMICOLON
    ) return true;
  }
  return false;
}
