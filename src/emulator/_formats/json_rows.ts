import { readInt16, readInt32, type RowField } from "../_db/protocol.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { type ValueWriter, valueWriter, writeNull } from "./json_values.ts";

const encoder = new TextEncoder();
const COMMA = 0x2c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** A column of the answer: where its value stands in a row and how it is written. */
interface Slot {
  readonly source: number;
  readonly prefix: Uint8Array;
  readonly write: ValueWriter;
}

/**
 * The columns that an answer shows, as a JavaScript object would hold them: of columns with one name the last one
 * counts, at the place of the first, and names that are whole numbers come first.
 */
export function shownFields(fields: readonly RowField[], skipped: ReadonlySet<string>): Map<string, number> {
  const sources = new Map<string, number>();
  fields.forEach((field, index) => {
    if (!skipped.has(field.name)) sources.set(field.name, index);
  });
  const names = [...sources.keys()];
  const numbers = names.filter(isIndex).sort((a, b) => Number(a) - Number(b));
  const ordered = [...numbers, ...names.filter((name) => !isIndex(name))];
  return new Map(ordered.map((name) => [name, sources.get(name) ?? 0]));
}

function isIndex(name: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(name) && Number(name) < 2 ** 32 - 1;
}

/** Where the values of a DataRow lie: `starts[i]` up to `ends[i]`, an end of -1 for NULL. */
export class RowReader {
  readonly starts: Int32Array;
  readonly ends: Int32Array;

  /** Builds a reader for rows of so many columns. */
  constructor(columns: number) {
    this.starts = new Int32Array(columns);
    this.ends = new Int32Array(columns);
  }

  /** Finds the values of one row. */
  read(payload: Uint8Array): void {
    const columns = Math.min(readInt16(payload, 0), this.starts.length);
    let at = 2;
    for (let column = 0; column < columns; column++) {
      const length = readInt32(payload, at);
      at += 4;
      this.starts[column] = at;
      this.ends[column] = length < 0 ? -1 : at + length;
      if (length > 0) at += length;
    }
  }
}

/** Writes rows as JSON objects, straight from the bytes of the protocol. */
export class JsonRowWriter {
  readonly #slots: readonly Slot[];
  readonly #reader: RowReader;

  /** Builds a writer for the rows that a row description announces. */
  constructor(fields: readonly RowField[], skipped: ReadonlySet<string>) {
    this.#reader = new RowReader(fields.length);
    const slots: Slot[] = [];
    for (const [name, source] of shownFields(fields, skipped)) {
      slots.push({
        source,
        prefix: encoder.encode(`${slots.length === 0 ? "" : ","}${JSON.stringify(name)}:`),
        write: valueWriter(fields[source]?.typeOid ?? 0),
      });
    }
    this.#slots = slots;
  }

  /** Writes one row. */
  write(out: ByteWriter, payload: Uint8Array): void {
    const { starts, ends } = this.#reader;
    this.#reader.read(payload);
    out.byte(OPEN);
    for (const slot of this.#slots) {
      out.bytes(slot.prefix);
      const end = ends[slot.source] ?? -1;
      if (end < 0) writeNull(out);
      else slot.write(out, payload, starts[slot.source] ?? 0, end);
    }
    out.byte(CLOSE);
  }
}

/** Writes the comma between two rows. */
export function writeComma(out: ByteWriter): void {
  out.byte(COMMA);
}
