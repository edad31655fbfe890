import { DataError, UnsupportedError } from "../../errors/carto_error.ts";
import { placed } from "../_data.ts";
import type { Builder } from "../_builder.ts";
import { makeBuilder } from "../_make_builder.ts";
import { type Column, columnOf } from "../column.ts";
import type { ColumnType } from "../types.ts";
import { ByteReader } from "./_byte_reader.ts";
import { type ByteSource, placeOf } from "./_byte_source.ts";
import { type DecodeText, encodingOfLanguage, textDecoder } from "./_code_pages.ts";

/** One field of a dBase table. */
export interface DbfField {
  readonly name: string;
  readonly kind: string;
  readonly width: number;
  readonly decimals: number;
  readonly at: number;
}

/** What the header of a dBase table tells. */
export interface DbfHeader {
  readonly fields: readonly DbfField[];
  readonly records: number;
  readonly recordLength: number;
  readonly headerLength: number;
  /** The encoding that the header tells, if any. */
  readonly encoding: string | undefined;
}

const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");
const STAR = 42;

/** Reads the header of a dBase table. */
export async function readDbfHeader(source: ByteSource, decode: DecodeText): Promise<DbfHeader> {
  const start = await source.head(32);
  const cut = new DataError("The table is damaged or cut off", {
    place: placeOf(source),
    hint: "Get it again",
  });
  if (start.length < 32) throw cut;
  const view = new DataView(start.buffer, start.byteOffset, 32);
  const headerLength = view.getUint16(8, true);
  const header = await source.head(headerLength);
  if (header.length < headerLength || headerLength < 33) throw cut;
  const fields: DbfField[] = [];
  let at = 1;
  for (let to = 32; to + 32 <= header.length && header[to] !== 13; to += 32) {
    const nameBytes = header.subarray(to, to + 11);
    const end = nameBytes.indexOf(0);
    const name = nameBytes.subarray(0, end === -1 ? 11 : end);
    const kind = String.fromCharCode(header[to + 11] as number);
    // A text of more than 255 bytes has its length in both
    const wide = kind === "C";
    const width = (header[to + 16] as number) + (wide ? (header[to + 17] as number) * 256 : 0);
    fields.push({
      name: (decode(name) ?? latin1.decode(name)).trim(),
      kind,
      width,
      decimals: wide ? 0 : header[to + 17] as number,
      at,
    });
    at += width;
  }
  const recordLength = view.getUint16(10, true);
  if (at > recordLength) throw cut;
  return {
    fields,
    records: view.getUint32(4, true),
    recordLength,
    headerLength,
    encoding: encodingOfLanguage(start[29] as number),
  };
}

/** The types of columns that only their values can tell: whether a decimal survives as a double. */
export type DbfTypes = readonly ColumnType[];

/** Finds the types of a table's columns; the values are looked at where the header does not tell. */
export async function dbfTypes(source: ByteSource, header: DbfHeader, check: () => void): Promise<DbfTypes> {
  const types: ColumnType[] = header.fields.map((field) => typeOfField(field, source));
  const open = header.fields.flatMap((field, i) => types[i] === "numeric" ? [{ field, i }] : []);
  if (open.length === 0) return types;
  const doubles = open.map(() => true);
  const integers = open.map(() => true);
  for await (const { bytes, count } of dbfRecords(source, header, 4096)) {
    check();
    for (let record = 0; record < count; record++) {
      open.forEach(({ field }, i) => {
        const from = record * header.recordLength + field.at;
        const text = latin1.decode(bytes.subarray(from, from + field.width)).trim();
        if (text === "" || text.startsWith("*")) return;
        if (doubles[i]) doubles[i] = isDouble(text);
        if (integers[i]) integers[i] = field.decimals === 0 && isInt8(text);
      });
    }
  }
  open.forEach(({ field, i }, at) => {
    if (field.decimals === 0 && field.kind === "N") types[i] = integers[at] ? "int8" : "numeric";
    else types[i] = doubles[at] ? "float8" : "numeric";
  });
  return types;
}

function isInt8(text: string): boolean {
  if (!/^[-+]?\d{1,25}$/.test(text)) return false;
  const value = BigInt(text.replace("+", ""));
  return BigInt.asIntN(64, value) === value;
}

/** Whether a decimal is written again as it was when it becomes a double. */
function isDouble(text: string): boolean {
  const value = Number(text);
  if (Number.isNaN(value)) return true;
  const digits = text.replace(/^[-+]?0*\.?0*|e.*$/gi, "").replace(".", "");
  if (digits.length <= 15) return true;
  if (/e/i.test(text)) return true;
  const decimals = text.split(".")[1]?.length ?? 0;
  const shown = decimals > 100 ? text : value.toFixed(decimals);
  return shown === text.replace(/^\+/, "").replace(/^(-?)\./, "$10.");
}

function typeOfField({ name, kind, width, decimals }: DbfField, source: ByteSource): ColumnType {
  switch (kind) {
    case "C":
      return "text";
    case "L":
      return "bool";
    case "D":
      return "date";
    case "N":
    case "F":
      if (kind === "F" || decimals > 0) return "numeric";
      return width <= 9 ? "int4" : width <= 18 ? "int8" : "numeric";
    case "I":
    case "+":
      return "int4";
    case "O":
      return "float8";
  }
  throw new UnsupportedError(
    `Cannot read "${source.name ?? "the table"}": column "${name}" is of dBase's type ${
      JSON.stringify(kind)
    }`,
    {
      hint:
        "Memo fields and those of Visual FoxPro are not read: convert the table first, for example with ogr2ogr",
    },
  );
}

/** Records in blocks. */
export async function* dbfRecords(
  source: ByteSource,
  header: DbfHeader,
  rows: number,
): AsyncGenerator<{ bytes: Uint8Array; count: number }, undefined> {
  const reader = new ByteReader(source);
  await reader.take(header.headerLength);
  let read = 0;
  while (read < header.records) {
    const count = Math.min(rows, header.records - read);
    const bytes = await reader.take(count * header.recordLength);
    if (bytes === undefined) {
      throw new DataError(`The table ends before its ${header.records} records`, {
        place: { ...placeOf(source), row: read + 1 },
        hint: "It was cut off: get it again",
      });
    }
    read += count;
    yield { bytes, count };
  }
}

/** Makes columns of records. */
export class DbfColumns {
  readonly #source: ByteSource;
  readonly #fields: readonly DbfField[];
  readonly #names: readonly string[];
  readonly #types: DbfTypes;
  readonly #decode: DecodeText;
  readonly #builders: Builder[];

  constructor(
    source: ByteSource,
    fields: readonly DbfField[],
    names: readonly string[],
    types: DbfTypes,
    decode: DecodeText,
  ) {
    this.#source = source;
    this.#fields = fields;
    this.#names = names;
    this.#types = types;
    this.#decode = decode;
    this.#builders = types.map(makeBuilder);
  }

  /** Whether a record is marked as deleted. */
  static isDeleted(bytes: Uint8Array, start: number): boolean {
    return bytes[start] === STAR;
  }

  /** Appends the record that starts at `start`. */
  add(bytes: Uint8Array, start: number, row: number): void {
    for (let i = 0; i < this.#fields.length; i++) {
      const field = this.#fields[i] as DbfField;
      const from = start + field.at;
      try {
        this.#value(this.#builders[i] as Builder, field, bytes.subarray(from, from + field.width));
      } catch (error) {
        throw placed(error, { ...placeOf(this.#source), row, column: this.#names[i] });
      }
    }
  }

  #value(builder: Builder, field: DbfField, bytes: Uint8Array): void {
    if (field.kind === "I" || field.kind === "+" || field.kind === "O") return binary(builder, field, bytes);
    let end = bytes.length;
    while (end > 0 && (bytes[end - 1] === 32 || bytes[end - 1] === 0)) end--;
    let start = 0;
    if (field.kind !== "C") { while (start < end && bytes[start] === 32) start++; }
    // dBase cannot tell nothing from empty text
    if (start === end || isUnset(field.kind, bytes, start)) return builder.null();
    if (field.kind === "C") return this.#text(builder, bytes.subarray(start, end));
    if (field.kind === "L") {
      return builder.value(
        bytes[start] === 84 || bytes[start] === 116 || bytes[start] === 89 || bytes[start] === 121,
      );
    }
    const text = latin1.decode(bytes.subarray(start, end));
    const written = field.kind === "D"
      ? text.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3")
      : text.replace(/^\+/, "");
    const ascii = encoder.encode(written);
    builder.text(ascii, 0, ascii.length);
  }

  #text(builder: Builder, bytes: Uint8Array): void {
    const text = this.#decode(bytes);
    if (text === undefined) {
      throw new DataError("The text is not of the table's encoding", {
        hint: 'Tell it: { encoding: "latin1" }, or another one',
      });
    }
    builder.value(text);
  }

  /** The columns so far; more records can follow. */
  take(): Column[] {
    return this.#builders.map((builder, i) =>
      columnOf(
        { name: this.#names[i] as string, type: this.#types[i] as ColumnType, nullable: true },
        builder.finish(),
      )
    );
  }
}

function isUnset(kind: string, bytes: Uint8Array, start: number): boolean {
  if (kind === "L") return bytes[start] === 63;
  // A number too wide for its field is written as stars, an unknown date as zeros
  if (kind === "D") return bytes.subarray(start, start + 8).every((byte) => byte === 48);
  return kind !== "C" && bytes[start] === STAR;
}

/** Numbers as they lie in memory: dBase 7 has the highest byte first and the sign turned. */
function binary(builder: Builder, { kind, width }: DbfField, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, width);
  if (kind !== "O") return builder.value(view.getInt32(0, true));
  builder.value(view.getFloat64(0, true));
}

/** The decoder of a table: of what the caller tells, the `.cpg` file, the header; else UTF-8. */
export function dbfDecoder(encoding: string): DecodeText {
  const decode = textDecoder(encoding);
  if (decode !== undefined) return decode;
  throw new UnsupportedError(`Encoding "${encoding}" is not known`, {
    hint: 'Tell another one: { encoding: "windows-1252" }',
  });
}
