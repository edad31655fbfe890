import { DataError } from "../../errors/carto_error.ts";
import { type FrameParts, placed } from "../_data.ts";
import type { GeoDataFrame } from "../geo_data_frame.ts";
import {
  featureColumnNames,
  FeatureColumns,
  type FeatureSchema,
  featuresOf,
  type FromGeoJsonOptions,
} from "../geojson.ts";
import { sridOfCrs } from "../geometry/_geo_json.ts";
import { TypeGuess } from "../rows.ts";
import type { ColumnType } from "../types.ts";
import { type ByteSource, placeOf } from "./_byte_source.ts";
import { crsOfSrid, WGS84 } from "./_crs.ts";
import { readJsonPiece } from "./_feature_json.ts";
import { FeatureScanner, type JsonPiece } from "./_feature_scanner.ts";
import type { ReadContext } from "./_read_context.ts";

/** What a first look at a file has found. */
interface Found {
  readonly schema: FeatureSchema;
  readonly types: Readonly<Record<string, ColumnType>>;
}

type Feature = Record<string, unknown>;

/** Reads GeoJSON, newline-delimited GeoJSON and GeoJSON text sequences. */
export async function* readGeoJson(
  source: ByteSource,
  context: ReadContext,
): AsyncGenerator<GeoDataFrame, undefined> {
  const options: FromGeoJsonOptions = {
    types: context.options.types,
    srid: context.options.srid,
    file: source.name,
    onBadValue: context.options.onBadValue,
  };
  let found = context.whole || !source.again ? undefined : await look(source, context, options);
  let srid = found?.schema.srid;
  if (context.whole && source.again) {
    // Where the coordinate system stands behind the features, they are read again with it
    srid = await wholeSrid(source, context);
  }
  const cutter = new FeatureCutter(source, context, srid);
  let columns = new FeatureColumns({ ...options, types: found?.types ?? options.types });
  for await (const features of cutter.features()) {
    for (const { feature, srid } of features) {
      columns.add(feature, srid);
      if (context.whole || columns.rows < context.batchRows) continue;
      checkKnown(columns, found, context, source);
      const schema = found?.schema ?? columns.schema();
      const parts = columns.take(schema);
      yield await frameOf(parts, cutter, context);
      if (found !== undefined) continue;
      found = { schema, types: typesOf(parts) };
      columns = new FeatureColumns({ ...options, types: found.types, firstRow: context.rows + 1 });
    }
  }
  if (columns.rows === 0 && context.rows > 0) return;
  checkKnown(columns, found, context, source);
  yield await frameOf(columns.take(found?.schema), cutter, context);
}

async function frameOf(
  parts: FrameParts,
  cutter: FeatureCutter,
  context: ReadContext,
): Promise<GeoDataFrame> {
  await context.settleCrs(cutter.srid === 4326 ? WGS84 : crsOfSrid(cutter.srid));
  return context.frame(parts);
}

/** Refuses a property that the first batch of a stream did not have: the frames would not fit together. */
function checkKnown(
  columns: FeatureColumns,
  found: Found | undefined,
  context: ReadContext,
  source: ByteSource,
): void {
  const fresh = columns.schema().properties.find((name) => found?.schema.properties.includes(name) === false);
  if (fresh === undefined) return;
  throw new DataError("The first batch has no such property", {
    place: { ...placeOf(source), row: context.rows + 1, column: fresh },
    hint: "A stream is read once only: read it as a whole, or from a file, or in larger batches",
  });
}

/** The types of a first batch, for those that follow. */
function typesOf(parts: FrameParts): Found["types"] {
  const types: Record<string, ColumnType> = {};
  for (const { name, type } of parts.columns) {
    Object.defineProperty(types, name, { value: type, enumerable: true });
  }
  return types;
}

/** Looks at all features: which properties there are, and of which type. */
async function look(
  source: ByteSource,
  context: ReadContext,
  options: FromGeoJsonOptions,
): Promise<Found> {
  const guesses = new Map<string, TypeGuess>();
  const idGuess = new TypeGuess("id");
  const cutter = new FeatureCutter(source, context, undefined);
  let ids: FeatureSchema["ids"] = "none";
  let row = 0;
  for await (const features of cutter.features(true)) {
    for (const { feature } of features) {
      const { id, properties } = feature;
      if (id !== undefined && id !== null) {
        if (ids !== "text") ids = typeof id === "string" ? "text" : "values";
        if (typeof id !== "string") idGuess.see(id, row);
      }
      seeProperties(properties, guesses, options, row++);
    }
  }
  const names = [...guesses.keys()];
  const columns = featureColumnNames({ ids, properties: names });
  const types: Record<string, ColumnType> = {};
  const tell = (name: string, type: () => ColumnType) => {
    const told = Object.hasOwn(options.types ?? {}, name) ? options.types?.[name] : undefined;
    Object.defineProperty(types, name, { value: told ?? type(), enumerable: true });
  };
  if (columns.id !== undefined) tell(columns.id, () => ids === "text" ? "text" : idGuess.type());
  names.forEach((name, i) =>
    tell(columns.names[i] as string, () => typeOf(guesses.get(name) as TypeGuess, name, source))
  );
  return { schema: { ids, properties: names, srid: cutter.srid }, types };
}

function typeOf(guess: TypeGuess, column: string, source: ByteSource): ColumnType {
  try {
    return guess.type();
  } catch (error) {
    throw placed(error, { ...placeOf(source), column });
  }
}

function seeProperties(
  properties: unknown,
  guesses: Map<string, TypeGuess>,
  options: FromGeoJsonOptions,
  row: number,
): void {
  // What is wrong with properties is told when they are read
  if (typeof properties !== "object" || properties === null) return;
  for (const key of Object.keys(properties)) {
    let guess = guesses.get(key);
    if (guess === undefined) guesses.set(key, guess = new TypeGuess(key));
    if (Object.hasOwn(options.types ?? {}, key)) continue;
    try {
      guess.see((properties as Feature)[key], row);
    } catch (error) {
      const file = options.file === undefined ? {} : { file: options.file };
      throw placed(error, { ...file, row: row + 1, column: key });
    }
  }
}

/** The SRID of all features, where the collection tells it behind them; undefined where it does not matter. */
async function wholeSrid(source: ByteSource, context: ReadContext): Promise<number | undefined> {
  if (context.told() !== undefined || source.size === undefined) return undefined;
  // It stands within the last bytes or before the features
  const tail = await source.slice(Math.max(0, source.size - 4096), source.size);
  if (!/"crs"\s*:/.test(new TextDecoder("latin1").decode(tail))) return undefined;
  const cutter = new FeatureCutter(source, context, undefined);
  for await (const _ of cutter.features(true)) {
    // Only the collection's own members matter
  }
  return cutter.srid;
}

/** Cuts features out of a source and reads them. */
class FeatureCutter {
  readonly #source: ByteSource;
  readonly #context: ReadContext;
  readonly #known: number | undefined;
  readonly #exact: ReadonlySet<string>;
  #srid: number | undefined;
  #row = 0;

  /** `srid`: the collection's, where it is known before. */
  constructor(source: ByteSource, context: ReadContext, srid: number | undefined) {
    this.#source = source;
    this.#context = context;
    const told = context.told();
    this.#known = told === undefined ? srid : told.srid ?? 0;
    const types = Object.entries(context.options.types ?? {});
    this.#exact = new Set(types.filter(([, type]) => type === "numeric").map(([name]) => name));
  }

  /** The SRID of the features so far. */
  get srid(): number {
    return this.#known ?? this.#srid ?? 4326;
  }

  /** All features, some at a time. */
  async *features(
    lateCrs = false,
  ): AsyncGenerator<readonly { readonly feature: Feature; readonly srid: number }[], undefined> {
    let ready: { feature: Feature; srid: number }[] = [];
    const scanner = new FeatureScanner({
      listStart: (head) => this.#readHead(head),
      item: (piece, inList) => this.#readItem(piece, inList, ready),
      listEnd: (object) => this.#readEnd(object, lateCrs),
    }, this.#source.name);
    for await (const chunk of this.#source.stream()) {
      this.#context.check();
      scanner.push(chunk);
      yield ready;
      ready = [];
    }
    scanner.finish();
  }

  #place(): { file: string | undefined; row: number } {
    return { file: this.#source.name, row: this.#row + 1 };
  }

  #readHead(head: JsonPiece): void {
    if (this.#known !== undefined) return;
    const value = readJsonPiece(head, this.#place(), this.#exact);
    this.#srid = sridOfCrs(value as object, placeOf(this.#source)) ?? this.#srid;
  }

  #readEnd(object: JsonPiece, lateCrs: boolean): void {
    const value = readJsonPiece(object, this.#place(), this.#exact) as { type?: unknown };
    if (value.type !== "FeatureCollection") {
      throw new DataError("Cannot read the GeoJSON: a list of features stands in no FeatureCollection", {
        place: { ...placeOf(this.#source), line: object.line },
        hint: 'The object around it must have "type": "FeatureCollection"',
      });
    }
    if (this.#known !== undefined) return;
    const late = sridOfCrs(value, placeOf(this.#source));
    if (late === undefined || late === (this.#srid ?? 4326)) return;
    if (lateCrs) this.#srid = late;
    else {
      throw new DataError(`The coordinate system (EPSG:${late}) stands behind the features`, {
        place: placeOf(this.#source),
        hint: `A stream is read once only, so tell it: { srid: ${late} }`,
      });
    }
  }

  #readItem(piece: JsonPiece, inList: boolean, ready: { feature: Feature; srid: number }[]): void {
    const value = readJsonPiece(piece, this.#place(), this.#exact) as Feature;
    if (value.type === "Feature" && value.crs === undefined) {
      ready.push({ feature: value, srid: this.srid });
      this.#row++;
      return;
    }
    const place = (row: number) => ({ ...placeOf(this.#source), row: this.#row + 1 + row });
    // A geometry alone is a feature, but not in a list of features
    const isBare = !inList && ("coordinates" in value || "geometries" in value);
    const found = featuresOf(isBare ? value : [value], { srid: this.srid }, place);
    for (const { feature, srid } of found) {
      if (this.#srid === undefined && this.#row === 0) this.#srid = srid;
      ready.push({ feature, srid: this.#known ?? srid });
    }
    this.#row += found.length;
  }
}
