import { DataError, isCartoError } from "../../errors/carto_error.ts";
import { isGeometryType, oneSrid, placed, plainBytes } from "../_data.ts";
import { arrowIpc, arrowParts, type Block, footer, MAGIC } from "../arrow.ts";
import { columnOf, dataOf } from "../column.ts";
import type { GeoDataFrame } from "../geo_data_frame.ts";
import { type ArrowMessage, arrowMessages } from "./_arrow_messages.ts";
import { type ByteSource, inSlices, placeOf } from "./_byte_source.ts";
import { type Crs, crsOfProjJson, crsOfText } from "./_crs.ts";
import { unpackLz4Frame } from "./_lz4_frame.ts";
import type { ReadContext } from "./_read_context.ts";

const CRS_ENTRY = "ARROW:extension:metadata";
/** Arrow's numbers of compressions. */
const LZ4 = 0;
const ZSTD = 1;

interface ArrowField {
  readonly name: string;
  readonly metadata?: Map<string, string> | null;
}

interface ArrowTable {
  readonly schema: { readonly fields: readonly ArrowField[] };
  getChildAt(index: number): unknown;
}

/** Reads Arrow's IPC format, file or stream, record batch by record batch. */
export async function* readArrow(
  source: ByteSource,
  context: ReadContext,
): AsyncGenerator<GeoDataFrame, undefined> {
  try {
    yield* readMessages(source, context, await opener());
  } catch (error) {
    if (error instanceof DataError && error.place.file === undefined) throw placed(error, placeOf(source));
    if (isCartoError(error) || !(error instanceof RangeError || error instanceof TypeError)) throw error;
    throw new DataError(`Cannot read the Arrow file: ${error.message}`, {
      place: placeOf(source),
      hint: "It may be damaged: get it again",
      cause: error,
    });
  }
}

/** Opens the messages of an Arrow file, or the file itself, as a table. */
type Open = (messages: Uint8Array | Uint8Array[]) => ArrowTable;

async function* readMessages(
  given: ByteSource,
  context: ReadContext,
  open: Open,
): AsyncGenerator<GeoDataFrame, undefined> {
  const isFile = new TextDecoder("latin1").decode(await given.head(6)) === "ARROW1";
  // A file may have to be read from its end
  const source = isFile && !given.again ? await inSlices(given) : given;
  let schema: Uint8Array | undefined;
  let dictionaries: ArrowMessage[] = [];
  let batches = 0;
  for await (const message of arrowMessages(source)) {
    context.check();
    if (message.kind === "schema") schema = message.bytes;
    else if (schema === undefined) break;
    else if (message.kind === "dictionary") {
      // What is replaced is not looked at again
      if (!message.isDelta) dictionaries = dictionaries.filter(({ id }) => id !== message.id);
      dictionaries.push(message);
    } else if (message.kind === "batch") {
      batches++;
      yield* framesOf(open([schema, ...dictionaries.map(({ bytes }) => bytes), message.bytes]), context);
    }
  }
  if (batches > 0) return;
  if (schema !== undefined) return yield* framesOf(open([schema]), context);
  if (!isFile) throw new DataError("The Arrow stream holds no schema", { place: placeOf(source) });
  // Some writers put the schema at the end only
  const whole = await inSlices(source);
  yield* framesOf(open(await whole.slice(0, whole.size)), context);
}

async function* framesOf(table: ArrowTable, context: ReadContext): AsyncGenerator<GeoDataFrame, undefined> {
  const geometryColumn = await settleGeometry(table, context);
  const options = { geometryColumn, firstRow: context.rows + 1 };
  const frame = context.frame(arrowParts(chosen(table, context), options));
  if (context.whole || frame.numRows <= context.batchRows) return void (yield frame);
  for (let at = 0; at < frame.numRows; at += context.batchRows) yield frame.slice(at, at + context.batchRows);
}

/** Opens messages as a table. */
async function opener(): Promise<Open> {
  const [{ setCompressionCodec, tableFromIPC }, zlib] = await Promise.all([
    import("../../_deps/flechette.ts"),
    import("node:zlib"),
  ]);
  setCompressionCodec(ZSTD, {
    encode: (bytes) => new Uint8Array(zlib.zstdCompressSync(bytes)),
    decode: (bytes) => new Uint8Array(zlib.zstdDecompressSync(bytes)),
  });
  setCompressionCodec(LZ4, {
    encode: () => {
      throw new RangeError("LZ4 is only read");
    },
    decode: unpackLz4Frame,
  });
  return (messages) => tableFromIPC(messages, { useBigInt: true }) as unknown as ArrowTable;
}

/** Only the columns wanted. */
function chosen(table: ArrowTable, context: ReadContext): unknown {
  const { columns } = context.options;
  if (columns === undefined) return table;
  const indexes = table.schema.fields.flatMap(({ name }, i) => columns.includes(name) ? [i] : []);
  return {
    schema: { fields: indexes.map((i) => table.schema.fields[i]) },
    getChild: (name: string) =>
      table.getChildAt(table.schema.fields.findIndex((field) => field.name === name)),
    getChildAt: (at: number) => table.getChildAt(indexes[at] as number),
  };
}

/** Settles the coordinate system of the geometry, and writes it where the columns are made from it; answers its name. */
async function settleGeometry(table: ArrowTable, context: ReadContext): Promise<string | undefined> {
  const geometries = table.schema.fields.filter(({ metadata }) =>
    /^(?:geoarrow\.|ogc\.wkb)/.test(metadata?.get("ARROW:extension:name") ?? "")
  );
  const told = context.options.geometryColumn;
  const primary = geometries.find(({ name }) => name === told) ??
    geometries.find(({ name }) => name === "the_geom") ??
    geometries.find(({ name }) => name === "geometry") ??
    geometries[0];
  if (primary === undefined) return told;
  const { columns } = context.options;
  if (columns !== undefined && !columns.includes(primary.name)) return undefined;
  const text = primary.metadata?.get(CRS_ENTRY);
  const srid = await context.settleCrs(crsOf(text));
  const about = parsed(text);
  delete about.crs_type;
  primary.metadata?.set(
    CRS_ENTRY,
    JSON.stringify(srid === 0 ? { ...about, crs: null } : { ...about, crs: `EPSG:${srid}` }),
  );
  return primary.name;
}

function parsed(text: string | undefined): Record<string, unknown> {
  try {
    return JSON.parse(text || "{}");
  } catch {
    return {};
  }
}

function crsOf(text: string | undefined): Crs | undefined {
  const { crs } = parsed(text);
  if (crs === undefined || crs === null) return undefined;
  if (typeof crs === "object") return crsOfProjJson(crs);
  // A bare number is the registry's
  return crsOfText(/^\d+$/.test(String(crs)) ? `EPSG:${crs}` : String(crs));
}

/** Frames as Arrow's IPC format, a record batch each. */
export async function* writeArrow(
  frames: AsyncIterable<GeoDataFrame>,
  format: "file" | "stream",
): AsyncGenerator<Uint8Array, undefined> {
  let position = 0;
  let first: GeoDataFrame | undefined;
  const blocks: Block[] = [];
  if (format === "file") {
    yield new Uint8Array([...MAGIC, 0, 0]);
    position = 8;
  }
  const srids = new Map<string, number>();
  let rows = 0;
  for await (const given of frames) {
    const frame = withoutDictionaries(given);
    for (const column of frame.columns) {
      if (!isGeometryType(column.type)) continue;
      const { name, field } = column;
      srids.set(name, oneSrid(dataOf(column), field, srids.get(name), rows) ?? field.srid ?? 0);
    }
    rows += frame.numRows;
    const bytes = arrowIpc(frame.columns, frame.numRows, { format: "stream" });
    const schemaLength = 8 + new DataView(bytes.buffer).getInt32(4, true);
    // The end of the stream comes once, at the end
    const body = bytes.subarray(first === undefined ? 0 : schemaLength, bytes.length - 8);
    const batchAt = schemaLength;
    const metadata = 8 + new DataView(bytes.buffer).getInt32(batchAt + 4, true);
    const length = bytes.length - 8 - batchAt;
    const offset = position + (first === undefined ? schemaLength : 0);
    blocks.push({ offset, metadata, body: length - metadata });
    position += body.length;
    first ??= frame;
    yield body;
  }
  yield new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0]);
  if (format === "file" && first !== undefined) yield* footer(first.columns, [], blocks);
}

/** Texts laid out plainly: the dictionaries of two frames differ, and a file can hold but one. */
function withoutDictionaries(frame: GeoDataFrame): GeoDataFrame {
  let result = frame;
  for (const column of frame.columns) {
    const data = dataOf(column);
    if (data.kind !== "dictionary") continue;
    result = result.withColumn(column.name, columnOf(column.field, plainBytes(data)));
  }
  return result;
}
