import { ByteWriter } from "./byte_writer.ts";

const encoder = new TextEncoder();
const NAME_LENGTH = 10;
const MAX_TEXT = 254;
const SPACE = 0x20;

/** A column for a dBASE table. */
export interface DbfColumn {
  /** Its name; only ten bytes of it are kept. */
  readonly name: string;
  /** PostgreSQL's name of its type. */
  readonly type: string;
  /** PostgreSQL's modifier of its type: the width and the decimals of a numeric; -1 without one. */
  readonly modifier: number;
  /** Its values in text form. */
  readonly values: readonly (string | null)[];
}

interface DbfField {
  readonly kind: "N" | "C" | "D";
  readonly width: number;
  readonly decimals: number;
  readonly cells: readonly (Uint8Array | null)[];
}

/** The columns as a dBASE table; text and whole numbers take the width of the longest value. */
export function encodeDbf(columns: readonly DbfColumn[], rows: number, now: Date): Uint8Array<ArrayBuffer> {
  const fields = columns.map(planField);
  const names = uniqueNames(columns.map(({ name }) => name));
  const headerLength = 33 + 32 * fields.length;
  const rowLength = 1 + fields.reduce((sum, field) => sum + field.width, 0);
  const header = new Uint8Array(headerLength);
  const view = new DataView(header.buffer);
  header.set([3, now.getUTCFullYear() - 1900, now.getUTCMonth() + 1, now.getUTCDate()]);
  view.setUint32(4, rows, true);
  view.setUint16(8, headerLength, true);
  view.setUint16(10, rowLength, true);
  fields.forEach((field, index) => {
    const at = 32 + 32 * index;
    header.set(names[index] ?? new Uint8Array(0), at);
    header[at + 11] = field.kind.charCodeAt(0);
    header[at + 16] = field.width;
    header[at + 17] = field.decimals;
  });
  header[headerLength - 1] = 0x0d;
  const out = new ByteWriter();
  out.bytes(header);
  for (let row = 0; row < rows; row++) {
    out.byte(SPACE);
    for (const field of fields) out.bytes(cellBytes(field, field.cells[row] ?? null));
  }
  out.byte(0x1a);
  return out.take();
}

function planField({ type, modifier, values }: DbfColumn): DbfField {
  const isWhole = type === "int2" || type === "int4" || type === "int8" || type === "bool";
  if (isWhole) {
    const cells = values.map((value) =>
      value === null ? null : encoder.encode(type === "bool" ? flag(value) : value)
    );
    return { kind: "N", width: widest(cells), decimals: 0, cells };
  }
  if (type === "numeric" && modifier >= 4) {
    const cells = values.map((value) => value === null ? null : encoder.encode(value));
    return { kind: "N", width: (modifier - 4) >> 16 & 0xffff, decimals: (modifier - 4) & 0x7ff, cells };
  }
  if (type === "float4" || type === "float8" || type === "numeric") {
    const cells = values.map((value) => value === null ? null : encoder.encode(decimalText(value)));
    return { kind: "N", width: 24, decimals: 15, cells };
  }
  // A time of day has no place in the format.
  if (type === "date" || type.startsWith("timestamp")) {
    const cells = values.map((value) =>
      value === null ? null : encoder.encode(value.slice(0, 10).replaceAll("-", ""))
    );
    return { kind: "D", width: 8, decimals: 0, cells };
  }
  const cells = values.map((value) => value === null ? null : cutText(value));
  return { kind: "C", width: widest(cells), decimals: 0, cells };
}

function flag(value: string): string {
  return value === "t" ? "1" : "0";
}

/** A number with 15 decimals, as wide as the field allows. */
function decimalText(value: string): string {
  const text = Number(value).toFixed(15);
  return text.length <= 24 ? text : Number(value).toExponential(15).slice(0, 24);
}

/** UTF-8 of at most the width of a field, not cut within a character. */
function cutText(value: string): Uint8Array {
  const target = new Uint8Array(MAX_TEXT);
  return target.subarray(0, encoder.encodeInto(value, target).written);
}

function widest(cells: readonly (Uint8Array | null)[]): number {
  return cells.reduce((width, cell) => Math.max(width, cell?.length ?? 0), 1);
}

/** A missing number is stars, a missing date zeros, a missing text spaces. */
function cellBytes(field: DbfField, cell: Uint8Array | null): Uint8Array {
  const missing = { N: 0x2a, D: 0x30, C: SPACE }[field.kind];
  const bytes = new Uint8Array(field.width).fill(cell === null ? missing : SPACE);
  if (cell !== null) {
    bytes.set(cell.subarray(0, field.width), field.kind === "N" ? Math.max(0, field.width - cell.length) : 0);
  }
  return bytes;
}

/** Names of ten bytes; those that would be equal get a number at their end. */
function uniqueNames(names: readonly string[]): Uint8Array[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let short = shorten(name, NAME_LENGTH);
    for (let number = 1; taken.has(short.toLowerCase()); number++) {
      short = `${shorten(name, NAME_LENGTH - 1 - String(number).length)}_${number}`;
    }
    taken.add(short.toLowerCase());
    return encoder.encode(short);
  });
}

function shorten(name: string, length: number): string {
  const target = new Uint8Array(length);
  return name.slice(0, encoder.encodeInto(name, target).read);
}
