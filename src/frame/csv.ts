import { ArgumentError, DataError, type DataPlace } from "../errors/carto_error.ts";
import { TextBuilder } from "./_builder.ts";
import { decoder, encoder, grow, sameBytes } from "./_bytes.ts";
import { ByteWriter, cellWriter, csvQuoting } from "./_cells.ts";
import { CsvRecords, guessCsvType, Utf8Checker } from "./_csv_records.ts";
import { type ColumnData, type FrameParts, freeName, isValid, placed, tellBadValue } from "./_data.ts";
import { makeBuilder } from "./_make_builder.ts";
import { type Column, columnOf, dataOf } from "./column.ts";
import { fieldOf, type OnBadValue } from "./rows.ts";
import type { ColumnType, RenamedColumn } from "./types.ts";

const DELIMITERS = [",", ";", "\t", "|"];

/** How CSV becomes a frame. */
export interface FromCsvOptions {
  /** The character between fields. Default: the one of `,` `;` tab `|` that the first line has most of. */
  delimiter?: string | undefined;
  /** Whether the first line holds the names; otherwise they are `column_1`, `column_2` ... Default: true. */
  header?: boolean | undefined;
  /** What stands for null without quotes. Default: the empty field. */
  nullMarker?: string | undefined;
  /** The encoding, such as `latin1` or `utf-16le`. Default: UTF-8, and nothing else is guessed. */
  encoding?: string | undefined;
  /** Types of columns that are not to be guessed, by name. */
  types?: Readonly<Record<string, ColumnType>> | undefined;
  /** Whether `1,5` is a number. Default: false. */
  decimalComma?: boolean | undefined;
  /** The column that is the geometry, in WKT, EWKT or hexadecimal. */
  geometryColumn?: string | undefined;
  /** The coordinate system of geometries that tell none. */
  srid?: number | undefined;
  /** The file's name, for error messages. */
  file?: string | undefined;
  /**
   * Is told of each field that does not fit its column's type, such as a geometry that cannot be read; the row then holds
   * null there. Default: the first such field is an error.
   */
  onBadValue?: OnBadValue | undefined;
}

/** The parts of a frame of CSV that is at hand. */
export function csvParts(csv: string | Uint8Array, options: FromCsvOptions): FrameParts {
  const reader = new CsvReader(options);
  if (typeof csv === "string") {
    if (!csv.isWellFormed()) {
      throw new DataError("The text holds half of a surrogate pair", { place: { file: options.file } });
    }
    reader.push(encoder.encode(csv), true);
  } else {
    reader.pushBytes(csv);
  }
  return reader.finish();
}

/** The parts of a frame of CSV that arrives in chunks. */
export async function csvStreamParts(
  stream: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
  options: FromCsvOptions,
): Promise<FrameParts> {
  const reader = new CsvReader(options);
  for await (const chunk of stream) reader.pushBytes(chunk);
  return reader.finish();
}

/** Columns of CSV as text, of which the types are still to be found. */
export interface CsvTexts {
  readonly names: readonly string[];
  readonly texts: readonly ColumnData[];
  /** The line of each row. */
  readonly lines: Int32Array;
  readonly renamed: readonly RenamedColumn[];
}

/** Reads every column as text first; types are found when all is read. */
export class CsvReader {
  readonly #options: FromCsvOptions;
  readonly #nullMarker: Uint8Array;
  readonly #transcoder: TextDecoder | undefined;
  readonly #checker: Utf8Checker;
  #head: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #records: CsvRecords | undefined;
  #names: string[] | undefined;
  #builders: TextBuilder[] = [];
  #lines: Int32Array<ArrayBuffer> = new Int32Array(64);
  #rows = 0;
  /** The number of columns; -1 until the first line has told it. */
  #width = -1;
  #delimiter = ",";
  #detected = false;

  constructor(options: FromCsvOptions) {
    this.#options = options;
    this.#nullMarker = encoder.encode(options.nullMarker ?? "");
    this.#checker = new Utf8Checker(options.file);
    const encoding = options.encoding;
    if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) {
      try {
        this.#transcoder = new TextDecoder(encoding, { fatal: true });
      } catch (error) {
        throw new ArgumentError(`Encoding "${encoding}" is not known`, {
          argument: "encoding",
          cause: error,
        });
      }
    }
  }

  /** Takes bytes of the file's encoding. */
  pushBytes(bytes: Uint8Array): void {
    if (this.#transcoder === undefined) return this.push(bytes, false);
    this.push(encoder.encode(this.#decode(bytes, true)), true);
  }

  #decode(bytes: Uint8Array, stream: boolean): string {
    try {
      return (this.#transcoder as TextDecoder).decode(bytes, { stream });
    } catch (error) {
      throw new DataError(`The bytes are not ${this.#options.encoding}`, {
        place: { file: this.#options.file },
        cause: error,
      });
    }
  }

  /** Takes UTF-8; `checked` where it is known to be. */
  push(bytes: Uint8Array, checked: boolean): void {
    if (!checked) this.#checker.check(bytes);
    if (this.#records !== undefined) return this.#records.push(bytes);
    // The first line is needed as a whole, to see what stands between the fields
    const head = new Uint8Array(this.#head.length + bytes.length);
    head.set(this.#head);
    head.set(bytes, this.#head.length);
    this.#head = head;
    if (firstLineEnd(head) < head.length) this.#start();
  }

  #start(): void {
    const bom = this.#head[0] === 0xef && this.#head[1] === 0xbb && this.#head[2] === 0xbf;
    const head = bom ? this.#head.subarray(3) : this.#head;
    const { delimiter } = this.#options;
    if (
      delimiter !== undefined && (delimiter.length !== 1 || delimiter > "\x7f" || '"\r\n'.includes(delimiter))
    ) {
      throw new ArgumentError("The delimiter must be one ASCII character other than a quote or a line end", {
        argument: "delimiter",
      });
    }
    this.#detected = delimiter === undefined;
    this.#delimiter = delimiter ?? detectDelimiter(head.subarray(0, firstLineEnd(head)));
    if (this.#options.header === false) this.#names = [];
    const headerFields: string[] = [];
    // deno-lint-ignore no-this-alias
    const reader = this;
    this.#records = new CsvRecords(
      {
        get fields() {
          return reader.#width;
        },
        field: (index, bytes, start, end, quoted) => {
          if (this.#names === undefined) headerFields[index] = decoder.decode(bytes.subarray(start, end));
          else this.#field(index, bytes, start, end, quoted);
        },
        record: () => {
          if (this.#names === undefined) this.#setNames(headerFields);
          else this.#record();
        },
        rollback: () => {
          for (const builder of this.#builders) if (builder.length > this.#rows) builder.truncate(this.#rows);
        },
      },
      { delimiter: this.#delimiter.charCodeAt(0), strict: false },
      ({ line }) => ({ ...this.#file(), line }),
    );
    this.#records.push(head);
    this.#head = new Uint8Array(0);
  }

  #file(): { file?: string } {
    return this.#options.file === undefined ? {} : { file: this.#options.file };
  }

  #setNames(names: readonly string[]): void {
    this.#names = [...names];
    this.#builders = names.map(() => newTextBuilder());
    this.#width = names.length;
  }

  #field(index: number, bytes: Uint8Array, start: number, end: number, quoted: boolean): void {
    // Without a header the first row tells how many columns there are
    const builder = this.#builders[index] ??= newTextBuilder();
    const marker = this.#nullMarker;
    const isBare = !quoted && end - start === marker.length;
    if (isBare && sameBytes(bytes, start, marker, 0, marker.length)) builder.null();
    else builder.text(bytes, start, end);
  }

  #record(): void {
    this.#width = this.#builders.length;
    if (this.#rows === this.#lines.length) this.#lines = grow(this.#lines, this.#rows + 1);
    this.#lines[this.#rows++] = this.#records?.line ?? 0;
  }

  /** Complete rows that were read and not taken. */
  get rows(): number {
    return this.#rows;
  }

  /** All that was read, typed; nothing can be read afterwards. */
  finish(): FrameParts {
    this.end();
    return this.typed(this.take(), this.#options.types ?? {});
  }

  /** Says that no more bytes will come. */
  end(): void {
    if (this.#transcoder !== undefined) {
      this.push(encoder.encode(this.#decode(new Uint8Array(0), false)), true);
    } else this.#checker.finish();
    if (this.#records === undefined) this.#start();
    this.#records?.finish();
    if (this.#builders.length > 0) return;
    throw new DataError("The CSV is empty", {
      place: this.#file(),
      hint: "The first line must hold the names",
    });
  }

  /** The rows read so far, as text; reading can go on. */
  take(): CsvTexts {
    const given = this.#names ?? [];
    const renamed: RenamedColumn[] = [];
    const names = uniqueNames(this.#builders.map((_, i) => given[i] ?? `column_${i + 1}`), renamed);
    const texts = this.#builders.map((builder) => builder.finish());
    const lines = this.#lines.slice(0, this.#rows);
    this.#rows = 0;
    return { names, texts, lines, renamed };
  }

  /** Texts as the types told; the others are found. */
  typed({ names, texts, lines, renamed }: CsvTexts, types: Readonly<Record<string, ColumnType>>): FrameParts {
    for (const name of Object.keys(types)) {
      if (!names.includes(name)) {
        throw new ArgumentError(`Cannot set the type of column "${name}": the CSV has no such column`, {
          argument: "types",
          hint: `Its columns are ${names.slice(0, 20).map((each) => `"${each}"`).join(", ")}`,
        });
      }
    }
    const columns = names.map((name, i) => {
      const told = Object.hasOwn(types, name) ? types[name] : undefined;
      return this.#column(name, texts[i] as ColumnData, lines, told);
    });
    const notes = this.#detected && names.length > 1
      ? [`The delimiter ${JSON.stringify(this.#delimiter)} was detected`]
      : [];
    return {
      columns,
      geometryColumn: this.#options.geometryColumn,
      renamed,
      notes,
      source: { file: this.#options.file, lines },
    };
  }

  #column(name: string, text: ColumnData, lines: Int32Array, told: ColumnType | undefined): Column {
    const comma = this.#options.decimalComma === true;
    const type = told ?? (name === this.#options.geometryColumn ? "geometry" : guessCsvType(text, comma));
    if (type === "text") return columnOf({ name, type, nullable: true }, text);
    const place = (row: number): DataPlace => ({ ...this.#file(), line: lines[row], column: name });
    const data = convert(text, type, comma, place, this.#options.onBadValue);
    return columnOf(fieldOf(name, type, data, this.#options.srid), data);
  }
}

function newTextBuilder(): TextBuilder {
  return new TextBuilder("text", String);
}

/** Text as another type. */
function convert(
  text: ColumnData,
  type: ColumnType,
  comma: boolean,
  place: (row: number) => DataPlace,
  onBadValue: OnBadValue | undefined,
): ColumnData {
  const builder = makeBuilder(type);
  const decimal = comma && /^(?:float[48]|numeric)$/.test(type);
  const codes = text.kind === "dictionary" ? text.codes : undefined;
  const { offsets, bytes } = text.kind === "dictionary"
    ? text.dictionary
    : text as Extract<ColumnData, { kind: "bytes" }>;
  for (let row = 0; row < text.length; row++) {
    if (!isValid(text.validity, row)) {
      builder.null();
      continue;
    }
    const entry = codes === undefined ? row : codes[row] as number;
    const [start, end] = [offsets[entry] as number, offsets[entry + 1] as number];
    try {
      // Quoted empty text is no number: it is nothing
      if (start === end && type !== "bytea" && type !== "json" && type !== "jsonb") builder.null();
      else if (decimal) {
        const point = bytes.slice(start, end).map((byte) => byte === 44 ? 46 : byte);
        builder.text(point, 0, point.length);
      } else builder.text(bytes, start, end);
    } catch (error) {
      if (onBadValue === undefined) throw placed(error, place(row));
      tellBadValue(onBadValue, error, place(row), type);
      builder.null();
    }
  }
  return builder.finish();
}

/** Where the first line ends, outside quotes. */
function firstLineEnd(bytes: Uint8Array): number {
  let quoted = false;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === 34) quoted = !quoted;
    else if (bytes[i] === 10 && !quoted) return i;
  }
  return bytes.length;
}

function detectDelimiter(line: Uint8Array): string {
  const counts = new Array<number>(DELIMITERS.length).fill(0);
  let quoted = false;
  for (const byte of line) {
    if (byte === 34) quoted = !quoted;
    const at = quoted ? -1 : DELIMITERS.findIndex((each) => each.charCodeAt(0) === byte);
    if (at >= 0) counts[at] = (counts[at] as number) + 1;
  }
  return DELIMITERS[counts.indexOf(Math.max(...counts))] as string;
}

/** Names made different; a repeated one gets `_1`, `_2` ... */
export function uniqueNames(names: readonly string[], renamed: RenamedColumn[]): string[] {
  const all = new Set(names);
  const seen = new Set<string>();
  return names.map((name) => {
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    const free = freeName(name, all);
    all.add(free);
    seen.add(free);
    renamed.push({ from: name, to: free, reason: "the name is there twice" });
    return free;
  });
}

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
  let text = "";
  for (const chunk of csvChunks(columns, numRows, options)) text += decoder.decode(chunk);
  return text;
}
