import { CsvTypeGuess, guessCsvType } from "../_csv_records.ts";
import type { ColumnData, FrameParts } from "../_data.ts";
import { DataError } from "../../errors/carto_error.ts";
import { dataOf } from "../column.ts";
import { CsvReader, type CsvTexts, type FromCsvOptions, type ToCsvOptions } from "../csv.ts";
import type { GeoDataFrame } from "../geo_data_frame.ts";
import { detectEncodingType } from "../geometry/decode_geometry.ts";
import type { ColumnType } from "../types.ts";
import { type ByteSource, placeOf } from "./_byte_source.ts";
import { crsOfSrid } from "./_crs.ts";
import { utf16Of } from "./_detect_format.ts";
import type { ReadContext } from "./_read_context.ts";

type Types = Readonly<Record<string, ColumnType>>;

/** Reads CSV: as one frame, or in batches whose types are found by a first look at the whole file. */
export async function* readCsv(
  source: ByteSource,
  context: ReadContext,
): AsyncGenerator<GeoDataFrame, undefined> {
  const options = await csvOptions(source, context);
  if (context.whole) {
    const reader = new CsvReader(options);
    for await (const chunk of source.stream()) {
      context.check();
      reader.pushBytes(chunk);
    }
    reader.end();
    return void (yield await frameOf(reader.typed(reader.take(), options.types ?? {}), context));
  }
  const guess = new Guesses(options);
  const looked = source.again;
  if (looked) { for await (const { texts } of textBatches(source, options, context)) guess.see(texts); }
  let types = looked ? guess.types() : undefined;
  let from = 0;
  for await (const { reader, texts } of textBatches(source, options, context)) {
    if (types === undefined) {
      guess.see(texts);
      types = guess.types();
    } else if (!looked) guess.check(texts, types, { ...placeOf(source), row: from + 1 });
    yield await frameOf(reader.typed(texts, types), context);
    from += texts.lines.length;
  }
}

async function csvOptions(source: ByteSource, context: ReadContext): Promise<FromCsvOptions> {
  const { options } = context;
  const marked = utf16Of(await source.head(2));
  if (options.encoding === undefined && marked !== undefined) {
    context.note(`The encoding ${marked} was detected by its byte order mark`);
  }
  return {
    delimiter: options.delimiter,
    header: options.header,
    nullMarker: options.nullMarker,
    encoding: options.encoding ?? marked,
    types: options.types,
    decimalComma: options.decimalComma,
    geometryColumn: options.geometryColumn,
    srid: options.srid,
    file: source.name,
    onBadValue: options.onBadValue,
  };
}

async function frameOf(parts: FrameParts, context: ReadContext): Promise<GeoDataFrame> {
  if (context.options.decimalComma !== true) noteCommas(parts, context);
  if (parts.geometryColumn === undefined) noteGeometry(parts, context);
  const geometry = parts.columns.find(({ name }) => name === parts.geometryColumn);
  if (geometry !== undefined) {
    const srid = geometry.field.srid;
    await context.settleCrs(srid === undefined ? undefined : crsOfSrid(srid));
  }
  return context.frame(parts);
}

/** Tells of columns that would be numbers if a comma were a point. */
function noteCommas(parts: FrameParts, context: ReadContext): void {
  for (const column of parts.columns) {
    if (column.type !== "text" || guessCsvType(dataOf(column), true) !== "float8") continue;
    context.note(
      `Column "${column.name}" is text, but looks like numbers with a decimal comma: { decimalComma: true } reads it as such`,
    );
  }
}

const GEOMETRY_NAMES = ["the_geom", "geometry", "geom", "wkb_geometry", "wkt", "WKT"];

/** Tells of a column that would be the geometry, if that were asked for. */
function noteGeometry(parts: FrameParts, context: ReadContext): void {
  const column = parts.columns.find(({ name, type }) => type === "text" && GEOMETRY_NAMES.includes(name));
  if (column === undefined) return;
  for (let row = 0; row < Math.min(column.length, 20); row++) {
    const text = column.get(row);
    if (text === null) continue;
    const kind = detectEncodingType(text);
    if (kind === null) return;
    return context.note(
      `Column "${column.name}" is text, but looks like geometries: { geometryColumn: "${column.name}" } reads it as such`,
    );
  }
}

/** The rows in batches, as text. */
async function* textBatches(
  source: ByteSource,
  options: FromCsvOptions,
  context: ReadContext,
): AsyncGenerator<{ reader: CsvReader; texts: CsvTexts }, undefined> {
  const reader = new CsvReader(options);
  let first = true;
  for await (const chunk of source.stream()) {
    context.check();
    // A chunk of short rows may hold more than one batch
    const step = Math.max(4096, Math.ceil(chunk.length / Math.ceil(chunk.length / 65_536)));
    for (let at = 0; at < chunk.length; at += step) {
      reader.pushBytes(chunk.subarray(at, at + step));
      if (reader.rows < context.batchRows) continue;
      yield { reader, texts: reader.take() };
      first = false;
    }
  }
  reader.end();
  if (first || reader.rows > 0) yield { reader, texts: reader.take() };
}

/** The types of all columns, found part by part. */
class Guesses {
  readonly #options: FromCsvOptions;
  readonly #guesses = new Map<string, CsvTypeGuess>();

  constructor(options: FromCsvOptions) {
    this.#options = options;
  }

  see({ names, texts }: CsvTexts): void {
    names.forEach((name, i) => {
      let guess = this.#guesses.get(name);
      if (guess === undefined) {
        guess = new CsvTypeGuess(this.#options.decimalComma === true);
        this.#guesses.set(name, guess);
      }
      guess.see(texts[i] as ColumnData);
    });
  }

  types(): Types {
    const found: Record<string, ColumnType> = {};
    for (const [name, guess] of this.#guesses) {
      const told = Object.hasOwn(this.#options.types ?? {}, name) ? this.#options.types?.[name] : undefined;
      const type = told ?? (name === this.#options.geometryColumn ? "geometry" : guess.type());
      Object.defineProperty(found, name, { value: type, enumerable: true });
    }
    return found;
  }

  /** Refuses a later part that would have made a column something else. */
  check(texts: CsvTexts, types: Types, place: { file?: string; row: number }): void {
    this.see(texts);
    for (const [name, type] of Object.entries(this.types())) {
      if (type === types[name]) continue;
      throw new DataError(
        `The first batch made the column ${types[name]}, but the rows from here on need ${type}`,
        {
          place: { ...place, column: name },
          hint: `A stream is read once only, so tell the type: { types: { ${
            JSON.stringify(name)
          }: "${type}" } }`,
        },
      );
    }
  }
}

/** Frames as CSV with one header. */
export async function* writeCsv(
  frames: AsyncIterable<GeoDataFrame>,
  options: ToCsvOptions,
): AsyncGenerator<Uint8Array, undefined> {
  let header = options.header !== false;
  for await (const frame of frames) {
    yield* frame.toCSVChunks({ ...options, header });
    header = false;
  }
}
