import { ArgumentError, CartoError, DataError, UnsupportedError } from "../../errors/carto_error.ts";
import { placed } from "../_data.ts";
import { GeometryBuilder } from "../_geometry_builder.ts";
import { columnOf } from "../column.ts";
import { uniqueNames } from "../csv.ts";
import type { GeoDataFrame } from "../geo_data_frame.ts";
import type { RenamedColumn } from "../types.ts";
import { type ByteSource, inSlices, openSource, placeOf } from "./_byte_source.ts";
import { encodingOfCpg } from "./_code_pages.ts";
import { type Crs, crsOfWkt } from "./_crs.ts";
import { DbfColumns, dbfDecoder, type DbfHeader, dbfRecords, dbfTypes, readDbfHeader } from "./_dbf.ts";
import type { ReadContext } from "./_read_context.ts";
import { appendShape, shpRecords } from "./_shp.ts";
import { openEntry, readZip, type ZipEntry } from "./_zip.ts";

/** The files of a Shapefile that are read. */
interface Parts {
  readonly shp: ByteSource;
  readonly dbf: ByteSource | undefined;
  readonly prj: string | undefined;
  readonly cpg: string | undefined;
}

/** Reads a ZIP archive: a Shapefile, or one file of another format. */
export async function* readZipped(
  source: ByteSource,
  context: ReadContext,
): AsyncGenerator<GeoDataFrame, undefined> {
  const archive = await inSlices(source);
  const entries = await readZip(archive);
  const shapes = entries.filter(({ name }) => /\.shp$/i.test(name));
  if (shapes.length === 0) return yield* readOther(archive, entries, context);
  yield* readParts(await zippedParts(archive, entries, chosen(shapes, context)), context);
}

/** Reads a `.shp` file with the files beside it. */
export async function* readShapefile(
  source: ByteSource,
  context: ReadContext,
): AsyncGenerator<GeoDataFrame, undefined> {
  if (source.path === undefined) {
    throw new UnsupportedError(`Cannot read ${context.named}: a .shp alone holds no columns`, {
      hint: "Pass a ZIP archive with the .shp, .dbf, .prj and .cpg in it",
    });
  }
  await using parts = await sidePartsOf(source, source.path);
  yield* readParts(parts, context);
}

function chosen(shapes: readonly ZipEntry[], context: ReadContext): ZipEntry {
  const layer = ({ name }: ZipEntry) => name.replace(/^.*\/|\.shp$/gi, "");
  const { layer: wanted } = context.options;
  const found = wanted === undefined ? shapes : shapes.filter((shape) => layer(shape) === wanted);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const names = shapes.map((shape) => `"${layer(shape)}"`).join(", ");
  throw new ArgumentError(
    wanted === undefined
      ? `Cannot choose between the ${shapes.length} Shapefiles in ${context.named}`
      : `Cannot find layer "${wanted}" in ${context.named}`,
    { argument: "layer", hint: `Tell one: { layer: … }. There are ${names}` },
  );
}

async function zippedParts(
  archive: ByteSource & { readonly size: number },
  entries: readonly ZipEntry[],
  shape: ZipEntry,
): Promise<Parts> {
  const stem = shape.name.replace(/\.shp$/i, "").toLowerCase();
  const open = async (ending: string): Promise<ByteSource | undefined> => {
    const entry = entries.find(({ name }) => name.toLowerCase() === `${stem}.${ending}`);
    return entry === undefined ? undefined : await openEntry(archive, entry);
  };
  return {
    shp: await openEntry(archive, shape),
    dbf: await open("dbf"),
    prj: await textOf(await open("prj")),
    cpg: await textOf(await open("cpg")),
  };
}

async function textOf(source: ByteSource | undefined): Promise<string | undefined> {
  return source === undefined ? undefined : new TextDecoder().decode(await source.head(65_536));
}

/** The files beside a `.shp`; all that is lacking in permissions is told at once. */
async function sidePartsOf(shp: ByteSource, path: string): Promise<Parts & AsyncDisposable> {
  const beside = (from: string, ending: string) => {
    const upper = /\.SHP$/.test(from);
    return from.replace(/\.shp$/i, "") + (upper ? `.${ending.toUpperCase()}` : `.${ending}`);
  };
  const name = shp.name ?? path;
  const endings = ["dbf", "prj", "cpg"];
  const needs = endings.map((ending) => ({ kind: "read" as const, path: beside(name, ending) }));
  const open = async (ending: string): Promise<ByteSource | undefined> => {
    try {
      return await openSource(beside(path, ending), beside(name, ending), needs);
    } catch (error) {
      if (error instanceof CartoError && error.code === "not-found") return undefined;
      throw error;
    }
  };
  const dbf = await open("dbf");
  try {
    const texts: (string | undefined)[] = [];
    for (const ending of ["prj", "cpg"]) {
      const part = await open(ending);
      texts.push(await textOf(part));
      await part?.[Symbol.asyncDispose]();
    }
    return {
      shp,
      dbf,
      prj: texts[0],
      cpg: texts[1],
      async [Symbol.asyncDispose]() {
        await dbf?.[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await dbf?.[Symbol.asyncDispose]();
    throw error;
  }
}

/** An archive that holds one file of another format. */
async function* readOther(
  archive: ByteSource & { readonly size: number },
  entries: readonly ZipEntry[],
  context: ReadContext,
): AsyncGenerator<GeoDataFrame, undefined> {
  if (entries.some(({ name }) => name === "[Content_Types].xml")) {
    throw new UnsupportedError(`Cannot read ${context.named}: it is an Excel or Word file`, {
      hint: "Save the sheet as CSV (UTF-8)",
    });
  }
  const known = entries.filter(({ name }) =>
    /\.(?:csv|tsv|geojson|json|ndjson|geojsonl|parquet)$/i.test(name)
  );
  const { layer } = context.options;
  const found = layer === undefined ? known : known.filter(({ name }) => name === layer);
  const [first] = found;
  if (first === undefined || found.length > 1) {
    const names = entries.slice(0, 20).map(({ name }) => `"${name}"`).join(", ");
    throw new DataError(
      found.length > 1
        ? `Cannot choose between the ${found.length} files in the archive`
        : "The archive holds no file that can be read",
      { place: placeOf(archive), hint: `Tell one: { layer: … }. There are ${names}` },
    );
  }
  const { readAny } = await import("./_read_any.ts");
  const { layer: _layer, format: _format, ...options } = context.options;
  const note = `The file "${first.name}" of the archive was read`;
  yield* readAny(await openEntry(archive, first), options, context.whole, [note]);
}

/** Reads shapes and records side by side. */
async function* readParts(parts: Parts, context: ReadContext): AsyncGenerator<GeoDataFrame, undefined> {
  const srid = await context.settleCrs(crsOf(parts, context));
  const table = parts.dbf === undefined ? undefined : await openTable(parts.dbf, parts.cpg, context);
  if (table === undefined) context.note("There is no .dbf file, so there are no columns but the geometry");
  const geometry = new GeometryBuilder();
  const geometryName = table?.names.includes("geometry") === true ? "the_geom" : "geometry";
  let rows = 0;
  let yielded = false;
  const take = () => {
    const data = geometry.finish();
    const field = {
      name: geometryName,
      type: "geometry" as const,
      nullable: true,
      ...(srid > 0 ? { srid } : {}),
    };
    return context.frame({
      columns: [...table?.columns.take() ?? [], columnOf(field, data)],
      geometryColumn: geometryName,
      renamed: table?.renamed,
      source: { file: context.options.name, lines: undefined },
    });
  };
  const records = table === undefined ? undefined : recordsOf(table.source, table.header);
  let row = 0;
  for await (const shape of shpRecords(parts.shp)) {
    row++;
    context.check();
    const record = await records?.next();
    if (record?.done === true) throw uneven(parts, row);
    // A deleted record takes its shape with it
    if (record !== undefined && DbfColumns.isDeleted(record.value.bytes, record.value.start)) continue;
    try {
      appendShape(geometry, shape, srid);
    } catch (error) {
      throw placed(shapeFault(error), { ...placeOf(parts.shp), row });
    }
    if (record !== undefined) table?.columns.add(record.value.bytes, record.value.start, row);
    if (++rows < context.batchRows || context.whole) continue;
    yield take();
    yielded = true;
    rows = 0;
  }
  if (await records?.next().then(({ done }) => done) === false) throw uneven(parts, row + 1);
  if (rows > 0 || !yielded) yield take();
}

/** A number read past the end of a record is a fault of the file. */
function shapeFault(error: unknown): unknown {
  if (error instanceof RangeError) {
    return new DataError("The shape is damaged: it ends too early", { cause: error });
  }
  return error;
}

function uneven(parts: Parts, row: number): DataError {
  return new DataError("The .shp and the .dbf file have different numbers of records", {
    place: { ...placeOf(parts.shp), row },
    hint: "They belong to different files, or one was cut off",
  });
}

function crsOf({ prj, shp }: Parts, context: ReadContext): Crs | undefined {
  if (prj === undefined) return undefined;
  const crs = crsOfWkt(prj);
  if (crs === undefined && context.told() === undefined) {
    throw new DataError("The .prj file holds no coordinate system", {
      place: placeOf(shp),
      hint: "Tell it: { srid: 4326 }",
    });
  }
  return crs;
}

interface Table {
  readonly source: ByteSource;
  readonly header: DbfHeader;
  readonly names: readonly string[];
  readonly renamed: readonly RenamedColumn[];
  readonly columns: DbfColumns;
}

async function openTable(source: ByteSource, cpg: string | undefined, context: ReadContext): Promise<Table> {
  const { encoding: told } = context.options;
  const ofCpg = cpg === undefined ? undefined : encodingOfCpg(cpg);
  // Names of columns need the encoding, which may stand beside them
  const language = (await readDbfHeader(source, dbfDecoder("utf-8"))).encoding;
  const encoding = told ?? ofCpg ?? language ?? "utf-8";
  if (told === undefined) {
    const by = ofCpg !== undefined
      ? "told by the .cpg file"
      : language !== undefined
      ? "told by the table"
      : "told nowhere: taken for granted";
    context.note(`The encoding of the table is ${encoding}, ${by}`);
  }
  const decode = dbfDecoder(encoding);
  const header = await readDbfHeader(source, decode);
  const renamed: RenamedColumn[] = [];
  const names = uniqueNames(header.fields.map(({ name }) => name), renamed);
  const found = await dbfTypes(source, header, () => context.check());
  const types = found.map((type, i) => {
    const name = names[i] as string;
    return Object.hasOwn(context.options.types ?? {}, name) ? context.options.types?.[name] ?? type : type;
  });
  return {
    source,
    header,
    names,
    renamed,
    columns: new DbfColumns(source, header.fields, names, types, decode),
  };
}

/** Where each record stands in its block. */
async function* recordsOf(
  source: ByteSource,
  header: DbfHeader,
): AsyncGenerator<{ bytes: Uint8Array; start: number }, undefined> {
  for await (const { bytes, count } of dbfRecords(source, header, 1024)) {
    for (let i = 0; i < count; i++) yield { bytes, start: i * header.recordLength };
  }
}
