import { DataError, ResponseError } from "../errors/carto_error.ts";
import type { Builder } from "./_builder.ts";
import { decoder, encoder, sameBytes } from "./_bytes.ts";
import { ByteWriter, type CellWriter, cellWriter, csvQuoting } from "./_cells.ts";
import { CsvRecords, type RecordTarget } from "./_csv_records.ts";
import { BadValue, isValid, placed, type Validity } from "./_data.ts";
import { makeBuilder } from "./_make_builder.ts";
import { columnOf, dataOf } from "./column.ts";
import { frameOf, type GeoDataFrame } from "./geo_data_frame.ts";
import type { CopyField, Field } from "./types.ts";

/** The dialect of a COPY stream that is written. */
export interface EncodeCopyCsvOptions {
  /** The character between fields. Default: `|`, as CARTOframes has it. */
  delimiter?: string | undefined;
  /** What stands for null, without quotes. Default: `__null`. */
  nullMarker?: string | undefined;
  /** About how many bytes a chunk has. Default: 262144. */
  chunkSize?: number | undefined;
  /** Whether `NaN` is written as null. Default: false. */
  nanAsNull?: boolean | undefined;
  /** The number that the first row has in error messages. Default: 1. */
  firstRow?: number | undefined;
}

/** The dialect of a COPY stream that is read. */
export interface CopyCsvOptions {
  /** Whether the first line holds the columns' names; they are compared with the schema's. */
  header: boolean;
  /** What stands for null, without quotes. Default: `__null`. */
  nullMarker?: string | undefined;
  /** The character between fields. Default: `,`, as PostgreSQL has it. */
  delimiter?: string | undefined;
  /** Whether `int8` values are given as numbers; one that does not fit is refused when it is read. Default: false. */
  int8AsNumber?: boolean | undefined;
}

/**
 * Writes a frame as the body of `COPY … FROM STDIN WITH (FORMAT csv, DELIMITER '|', NULL '__null')`. Each chunk is a
 * buffer of its own, so that it may be queued; memory is one chunk at a time.
 *
 * Text is put in quotes where it holds the delimiter, a quote, a line feed or a carriage return, and where it is the
 * null marker or `\.`. Geometries are EWKB in hexadecimal.
 *
 * @param frame The rows
 * @param fields The columns, in the order of the target's
 * @param options The dialect
 * @returns Chunks of bytes, each ending with a row
 * @throws {DataError} Text holds U+0000; the place tells row and column
 *
 * @example One row
 * ```ts
 * import { encodeCopyCsv, GeoDataFrame } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const frame = GeoDataFrame.fromRows([{ id: 1, name: 'a|"b"', note: null }]);
 * const chunks = [...encodeCopyCsv(frame, [{ column: "id" }, { column: "name" }, { column: "note" }])];
 * assertEquals(new TextDecoder().decode(chunks[0]), '1|"a|""b"""|__null\n');
 * ```
 */
export function* encodeCopyCsv(
  frame: GeoDataFrame,
  fields: readonly CopyField[],
  options: EncodeCopyCsvOptions = {},
): Generator<Uint8Array<ArrayBuffer>, undefined> {
  const delimiter = delimiterByte(options.delimiter ?? "|");
  const nullMarker = encoder.encode(options.nullMarker ?? "__null");
  const chunkSize = options.chunkSize ?? 262_144;
  const quoting = csvQuoting(delimiter, nullMarker, true);
  const writers: CellWriter[] = [];
  const validities: Validity[] = [];
  for (const { column: name, srid } of fields) {
    const column = frame.column(name);
    const fieldSrid = column.field.srid;
    const known = fieldSrid !== undefined && fieldSrid > 0 ? fieldSrid : undefined;
    const writer = cellWriter(column.field, dataOf(column), { quoting, srid: srid ?? known ?? 4326 });
    const floats = options.nanAsNull === true && /^float[48]$/.test(column.type) ? column.values : undefined;
    writers.push(floats === undefined ? writer : nanAsNull(writer, floats as Float64Array, nullMarker));
    validities.push(dataOf(column).validity);
  }
  const columns = fields.length;
  let out = new ByteWriter(chunkSize + 4096);
  for (let row = 0; row < frame.numRows; row++) {
    for (let i = 0; i < columns; i++) {
      if (i > 0) {
        out.reserve(1);
        out.bytes[out.at++] = delimiter;
      }
      if (isValid(validities[i], row)) {
        try {
          (writers[i] as CellWriter)(out, row);
        } catch (error) {
          throw placed(error, {
            ...(options.firstRow === undefined ? frame.placeOf(row) : { row: options.firstRow + row }),
            column: (fields[i] as CopyField).column,
          });
        }
      } else {
        writeMarker(out, nullMarker);
      }
    }
    out.reserve(1);
    out.bytes[out.at++] = 10;
    if (out.at >= chunkSize) {
      yield out.bytes.subarray(0, out.at);
      out = new ByteWriter(chunkSize + 4096);
    }
  }
  if (out.at > 0) yield out.bytes.subarray(0, out.at);
}

function writeMarker(out: ByteWriter, marker: Uint8Array): void {
  out.reserve(marker.length);
  for (let i = 0; i < marker.length; i++) out.bytes[out.at++] = marker[i] as number;
}

function nanAsNull(writer: CellWriter, values: Float64Array, nullMarker: Uint8Array): CellWriter {
  return (out, row) => Number.isNaN(values[row]) ? writeMarker(out, nullMarker) : writer(out, row);
}

function delimiterByte(delimiter: string): number {
  const byte = delimiter.charCodeAt(0);
  if (delimiter.length === 1 && byte < 128 && !'"\n\r'.includes(delimiter)) return byte;
  throw new DataError(`The delimiter must be one ASCII character other than a quote or a line end`);
}

/**
 * Reads the body of `COPY … TO STDOUT WITH (FORMAT csv, NULL '__null')` into columns, chunk by chunk. A body that
 * is cut, or that ends in an error of the server, is never taken for a shorter table.
 *
 * @example Read a stream in batches
 * ```ts
 * import { CopyCsvDecoder } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const decoder = new CopyCsvDecoder(
 *   [{ name: "id", type: "int8", nullable: true }, { name: "note", type: "text", nullable: true }],
 *   { header: true },
 * );
 * decoder.push(new TextEncoder().encode("id,note\n9007199254740993,\n2,__nu"));
 * assertEquals(decoder.take()?.toRows(), [{ id: 9007199254740993n, note: "" }]);
 * decoder.push(new TextEncoder().encode("ll\n"));
 * assertEquals(decoder.finish().toRows(), [{ id: 2n, note: null }]);
 * ```
 */
export class CopyCsvDecoder {
  readonly #schema: readonly Field[];
  readonly #builders: Builder[];
  readonly #int8AsNumber: boolean;
  readonly #records: CsvRecords;
  #headerPending: boolean;
  #rows = 0;
  #taken = 0;
  #finished = false;

  /**
   * Prepares for a stream.
   *
   * @param schema The columns, in the order of the stream's
   * @param options The dialect
   */
  constructor(schema: readonly Field[], options: CopyCsvOptions) {
    this.#schema = schema;
    this.#builders = schema.map(({ type }) => makeBuilder(type));
    this.#int8AsNumber = options.int8AsNumber === true;
    this.#headerPending = options.header;
    const dialect = { delimiter: delimiterByte(options.delimiter ?? ","), strict: true };
    this.#records = new CsvRecords(
      this.#target(encoder.encode(options.nullMarker ?? "__null")),
      dialect,
      () => ({
        row: this.#taken + this.#rows + 1,
      }),
    );
  }

  /** Rows read so far, those already taken included. */
  get numRows(): number {
    return this.#taken + this.#rows;
  }

  /** Rows read and not yet taken. */
  get pendingRows(): number {
    return this.#rows;
  }

  #target(nullMarker: Uint8Array): RecordTarget {
    const builders = this.#builders;
    const schema = this.#schema;
    const headerNames: string[] = [];
    const field = (index: number, bytes: Uint8Array, start: number, end: number, quoted: boolean): void => {
      if (this.#headerPending) {
        headerNames[index] = decoder.decode(bytes.subarray(start, end));
        return;
      }
      const builder = builders[index] as Builder;
      if (
        !quoted && end - start === nullMarker.length &&
        sameBytes(bytes, start, nullMarker, 0, nullMarker.length)
      ) {
        return builder.null();
      }
      try {
        builder.text(bytes, start, end);
      } catch (error) {
        throw placed(error, { row: this.#taken + this.#rows + 1, column: (schema[index] as Field).name });
      }
    };
    return {
      // A table without columns has empty lines, which are read as one empty field
      fields: schema.length === 0 ? 1 : schema.length,
      field: schema.length === 0 ? () => {} : field,
      record: () => {
        if (!this.#headerPending) {
          this.#rows++;
          return;
        }
        this.#checkHeader(headerNames);
        this.#headerPending = false;
      },
      rollback: () => {
        for (const builder of builders) if (builder.length > this.#rows) builder.truncate(this.#rows);
      },
    };
  }

  #checkHeader(names: readonly string[]): void {
    const at = this.#schema.findIndex(({ name }, i) => names[i] !== name);
    if (at === -1) return;
    throw new BadValue(
      `The header names column ${at + 1} "${names[at]}" where "${this.#schema[at]?.name}" is expected`,
      "The table may have changed since its columns were asked for: read again",
    );
  }

  /**
   * Reads one more chunk; the bytes are copied out of it.
   *
   * @param chunk The next bytes of the stream, cut anywhere
   * @throws {DataError} A field does not fit its column, or a row has more or fewer fields than the schema
   */
  push(chunk: Uint8Array): void {
    this.#records.push(chunk);
  }

  /**
   * The rows read so far as a frame, which are then given up here.
   *
   * @param minRows How many there must be at least. Default: 1
   * @returns A frame, or undefined if there are fewer rows
   */
  take(minRows = 1): GeoDataFrame | undefined {
    return this.#rows < Math.max(1, minRows) ? undefined : this.#frame();
  }

  /**
   * The rows that are left, at the end of the stream; an empty frame with all columns if there are none.
   *
   * @throws {ResponseError} The stream was cut (`incomplete-response`), or ended in an error of the server
   */
  finish(): GeoDataFrame {
    if (!this.#finished) {
      this.#records.finish();
      this.#finished = true;
      if (this.#records.rest.length > 0) throw this.#incomplete(this.#records.rest);
      if (this.#headerPending) throw this.#cut("the answer is empty, without the header");
    }
    return this.#frame();
  }

  #frame(): GeoDataFrame {
    const columns = this.#schema.map((field, i) =>
      columnOf(withSrid(field), (this.#builders[i] as Builder).finish(), this.#int8AsNumber)
    );
    this.#taken += this.#rows;
    this.#rows = 0;
    return frameOf({ columns });
  }

  /** What is left without a line end is a cut row, perhaps with the server's error glued to it. */
  #incomplete(rest: Uint8Array): ResponseError {
    const tail = decoder.decode(rest.subarray(Math.max(0, rest.length - 65_536)));
    const messages = gluedErrors(tail);
    if (messages === undefined) return this.#cut("it ends in the middle of a row");
    return new ResponseError(
      "incomplete-response",
      `Cannot read the rows: the server failed after row ${this.numRows}: ${messages[0]}`,
      {
        status: 200,
        serverMessages: messages,
        hint: "The query fails on some row: correct it and read again",
      },
    );
  }

  #cut(how: string): ResponseError {
    return new ResponseError(
      "incomplete-response",
      `Cannot read the rows: the answer was cut off after row ${this.numRows}: ${how}`,
      { status: 200, hint: "Read again" },
    );
  }
}

/** The messages of `{"error":[…]}` at the end of a text, or undefined. */
export function gluedErrors(tail: string): string[] | undefined {
  const at = tail.lastIndexOf('{"error":');
  if (at === -1) return undefined;
  try {
    const { error } = JSON.parse(tail.slice(at)) as { error: unknown };
    const messages = Array.isArray(error) ? error.map(String) : [String(error)];
    return messages.length === 0 ? undefined : messages;
  } catch {
    return undefined;
  }
}

/** Servers tell −1 for a geometry column of any SRID. */
function withSrid(field: Field): Field {
  return field.srid !== undefined && field.srid <= 0 ? { ...field, srid: undefined } : field;
}
