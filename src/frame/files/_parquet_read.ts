import type {
  Compressors,
  DecodedArray,
  FileMetaData,
  SchemaElement,
  SchemaTree,
} from "../../_deps/hyparquet.ts";
import { DataError, isCartoError, UnsupportedError } from "../../errors/carto_error.ts";
import { placed } from "../_data.ts";
import type { Builder } from "../_builder.ts";
import { makeBuilder } from "../_make_builder.ts";
import { GeometryBuilder } from "../_geometry_builder.ts";
import { type Column, columnOf } from "../column.ts";
import { fieldOf } from "../rows.ts";
import type { GeoDataFrame } from "../geo_data_frame.ts";
import type { ColumnType } from "../types.ts";
import { type ByteSource, inSlices, placeOf } from "./_byte_source.ts";
import { crsOfLogicalType, type GeoColumn, type GeoMetadata, readGeoMetadata } from "./_geo_metadata.ts";
import { nativeGeometry, pushWkb } from "../arrow.ts";
import { parquetColumn } from "./_parquet_types.ts";
import type { ReadContext } from "./_read_context.ts";

/** The entry of the file's metadata that keeps our own column types. */
export const TYPES_ENTRY = "cartoframes:types";

/** How one column of the file is read. */
interface Plan {
  readonly name: string;
  readonly type: ColumnType;
  readonly builder: Builder;
  readonly srid: number | undefined;
  append(values: DecodedArray, row: (at: number) => void): void;
}

/** Reads GeoParquet and plain Parquet, row group by row group; of the columns, only those wanted. */
export async function* readParquet(
  source: ByteSource,
  context: ReadContext,
): AsyncGenerator<GeoDataFrame, undefined> {
  const { parquetMetadataAsync, parquetRead, parquetSchema } = await import("../../_deps/hyparquet.ts");
  const bytes = await inSlices(source);
  const file = {
    byteLength: bytes.size,
    slice: async (start: number, end?: number) => (await bytes.slice(start, end ?? bytes.size)).buffer,
  };
  const metadata = await told(source, () => parquetMetadataAsync(file, { geoparquet: false }));
  const tree = parquetSchema(metadata);
  const geo = geoOf(metadata, tree, source);
  const wanted = context.options.columns;
  const nodes = tree.children.filter(({ element }) =>
    wanted === undefined ? !geo.coverings.has(element.name) : wanted.includes(element.name)
  );
  const geometryColumn = context.options.geometryColumn ?? geo.primary;
  const plans = await plan(nodes, metadata, geo, geometryColumn, context);
  const raw = stripped(metadata, tree);
  const compressors = await compressorsFor(metadata);
  const hasGeometry = plans.some(({ name, srid }) => name === geometryColumn && srid !== undefined);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    context.check();
    const rowEnd = rowStart + Number(group.num_rows);
    const chunks = new Map<string, DecodedArray[]>(nodes.map(({ element }) => [element.name, []]));
    await told(source, () =>
      parquetRead({
        file,
        metadata: raw,
        columns: nodes.map(({ element }) => element.name),
        rowStart,
        rowEnd,
        utf8: false,
        geoparquet: false,
        compressors,
        onChunk: ({ columnName, columnData }) => void chunks.get(columnName)?.push(columnData),
      }));
    for (const each of plans) {
      fill(each, chunks.get(each.name) ?? [], rowStart, Number(group.num_rows), source);
    }
    rowStart = rowEnd;
    yield* batches(
      context.frame({
        columns: plans.map(finish),
        geometryColumn: hasGeometry ? geometryColumn : undefined,
        source: { file: source.name, lines: undefined },
      }),
      context.whole ? Infinity : context.batchRows,
    );
  }
  if (metadata.row_groups.length > 0) return;
  yield context.frame({
    columns: plans.map(finish),
    geometryColumn: hasGeometry ? geometryColumn : undefined,
  });
}

function* batches(frame: GeoDataFrame, rows: number): Generator<GeoDataFrame, undefined> {
  if (frame.numRows <= rows) return void (yield frame);
  for (let at = 0; at < frame.numRows; at += rows) yield frame.slice(at, at + rows);
}

/** Does what the library does, and tells its failure as that of the file. */
async function told<T>(source: ByteSource, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (isCartoError(error) || !(error instanceof Error) || error.name === "AbortError") throw error;
    throw new DataError(`Cannot read the Parquet file: ${error.message.replace(/^parquet /, "")}`, {
      place: placeOf(source),
      hint: "It may be damaged or cut off: get it again",
      cause: error,
    });
  }
}

/** What the file tells of its geometries, in either of the two ways. */
function geoOf(metadata: FileMetaData, tree: SchemaTree, source: ByteSource): GeoMetadata {
  const entry = (key: string) => metadata.key_value_metadata?.find((each) => each.key === key)?.value;
  const geo = readGeoMetadata(entry("geo"), placeOf(source));
  const columns = new Map(geo.columns);
  let primary = geo.primary;
  for (const { element } of tree.children) {
    const logical = element.logical_type;
    if (columns.has(element.name) || (logical?.type !== "GEOMETRY" && logical?.type !== "GEOGRAPHY")) {
      continue;
    }
    columns.set(element.name, {
      encoding: "WKB",
      crs: crsOfLogicalType(logical.crs, entry),
      spherical: logical.type === "GEOGRAPHY",
    });
    primary ??= element.name;
  }
  return { primary, columns, coverings: geo.coverings };
}

/** The metadata without annotations at the leaves, so that the library hands out values as they are in the file. */
function stripped(metadata: FileMetaData, tree: SchemaTree): FileMetaData {
  const nested = new Set<SchemaElement>();
  const visit = (node: SchemaTree) =>
    node.children.forEach((child) => {
      nested.add(child.element);
      visit(child);
    });
  for (const child of tree.children) visit(child);
  const schema = metadata.schema.map((element): SchemaElement => {
    if (element.type === undefined || nested.has(element)) return element;
    const { converted_type: _converted, logical_type: _logical, ...rest } = element;
    // Without one of the two the library would take a timestamp of the oldest kind for one, and make a Date of it
    return element.type === "INT96" ? { ...rest, converted_type: "INT_64" } : rest;
  });
  return { ...metadata, schema };
}

async function plan(
  nodes: readonly SchemaTree[],
  metadata: FileMetaData,
  geo: GeoMetadata,
  geometryColumn: string | undefined,
  context: ReadContext,
): Promise<Plan[]> {
  const kept = keptTypes(metadata);
  const plans: Plan[] = [];
  for (const node of nodes) {
    const { name } = node.element;
    const about = geo.columns.get(name);
    if (about !== undefined || name === context.options.geometryColumn) {
      plans.push(await geometryPlan(node, about, name === geometryColumn, context));
    } else if (node.children.length > 0) plans.push(nestedPlan(node));
    else plans.push(leafPlan(node, kept.get(name)));
  }
  return plans;
}

/** Our own types of columns that Parquet has no type for, where this library wrote the file. */
function keptTypes(metadata: FileMetaData): ReadonlyMap<string, ColumnType> {
  const text = metadata.key_value_metadata?.find(({ key }) => key === TYPES_ENTRY)?.value;
  try {
    return new Map(Object.entries(JSON.parse(text ?? "{}")));
  } catch {
    return new Map();
  }
}

function leafPlan(node: SchemaTree, kept: ColumnType | undefined): Plan {
  if (node.element.repetition_type === "REPEATED") return nestedPlan(node);
  const { name } = node.element;
  const column = parquetColumn(node.element);
  const isText = column.type === "text" || column.type === "json";
  const type = kept !== undefined && isText ? kept : column.type;
  const builder = makeBuilder(type);
  return {
    name,
    type,
    builder,
    srid: undefined,
    append: (values, row) => column.append(builder, values, row),
  };
}

/** Lists, structures and maps become JSON. */
function nestedPlan(node: SchemaTree): Plan {
  const builder = makeBuilder("jsonb");
  return {
    name: node.element.name,
    type: "jsonb",
    builder,
    srid: undefined,
    append(values, row) {
      for (let i = 0; i < values.length; i++) {
        row(i);
        const value = values[i];
        if (value === null || value === undefined) builder.null();
        else builder.value(jsonValue(value));
      }
    },
  };
}

function jsonValue(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(value);
    } catch {
      return `\\x${value.toHex()}`;
    }
  }
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return Array.from(value as ArrayLike<unknown>, jsonValue);
  }
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, jsonValue(each)]));
}

async function geometryPlan(
  node: SchemaTree,
  about: GeoColumn | undefined,
  isPrimary: boolean,
  context: ReadContext,
): Promise<Plan> {
  const { name } = node.element;
  const srid = isPrimary ? await context.settleCrs(about?.crs) : about?.crs?.srid ?? 0;
  const builder = new GeometryBuilder();
  const encoding = about?.encoding ?? "WKB";
  const native = encoding.toUpperCase() === "WKB" ? undefined : nativeGeometry(encoding);
  if (native === undefined && encoding.toUpperCase() !== "WKB") {
    throw new UnsupportedError(
      `Cannot read column "${name}" of ${context.named}: its geometry is encoded as ${encoding}`,
      {
        hint: "Write it as WKB",
      },
    );
  }
  const push = native === undefined
    ? (value: unknown) => pushWkb(builder, value as Uint8Array, srid)
    : (value: unknown) => builder.pushGeoJson(native(value), srid);
  return {
    name,
    type: about?.spherical === true ? "geography" : "geometry",
    builder,
    srid,
    append(values, row) {
      for (let i = 0; i < values.length; i++) {
        row(i);
        const value = values[i];
        if (value === null || value === undefined) builder.null();
        else push(value);
      }
    },
  };
}

/** Appends a row group's values. */
function fill(
  plan: Plan,
  chunks: readonly DecodedArray[],
  rowsBefore: number,
  rows: number,
  source: ByteSource,
): void {
  let row = rowsBefore;
  let start = rowsBefore;
  try {
    for (const values of chunks) {
      plan.append(values, (at) => row = start + at);
      start += values.length;
    }
  } catch (error) {
    throw placed(error, { ...placeOf(source), row: row + 1, column: plan.name });
  }
  if (plan.builder.length === rows) return;
  throw new DataError(`The column has ${plan.builder.length} values where ${rows} are expected`, {
    place: { ...placeOf(source), row: rowsBefore + 1, column: plan.name },
    hint: "The file may be damaged: get it again",
  });
}

function finish({ name, type, builder, srid }: Plan): Column {
  const data = builder.finish();
  return columnOf(fieldOf(name, type, data, srid === 0 ? undefined : srid), data);
}

/** How the file's pages are unpacked: by Deno itself where it can. */
async function compressorsFor(metadata: FileMetaData): Promise<Compressors> {
  const codecs = new Set(
    metadata.row_groups.flatMap(({ columns }) => columns.map(({ meta_data }) => meta_data?.codec)),
  );
  const result: Compressors = {};
  if (codecs.has("GZIP") || codecs.has("ZSTD") || codecs.has("BROTLI")) {
    const zlib = await import("node:zlib");
    result.GZIP = (input) => zlib.gunzipSync(input);
    result.BROTLI = (input) => zlib.brotliDecompressSync(input);
    result.ZSTD = (input) => zlib.zstdDecompressSync(input);
  }
  if (codecs.has("LZ4") || codecs.has("LZ4_RAW")) {
    const { compressors } = await import("../../_deps/hyparquet_compressors.ts");
    const { LZ4, LZ4_RAW } = compressors;
    Object.assign(result, { LZ4, LZ4_RAW });
  }
  return result;
}
