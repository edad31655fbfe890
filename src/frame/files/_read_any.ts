import { ArgumentError, UnsupportedError } from "../../errors/carto_error.ts";
import type { GeoDataFrame } from "../geo_data_frame.ts";
import { type ByteSource, GunzippedSource } from "./_byte_source.ts";
import { type Content, detectFormat, FORMAT_NAMES, formatOfEnding } from "./_detect_format.ts";
import { type FormatReader, ReadContext } from "./_read_context.ts";
import type { FileFormat, ReadFileOptions } from "./file_options.ts";

/** Reads whatever it is; `notes` are what is known already. */
export async function* readAny(
  source: ByteSource,
  options: ReadFileOptions,
  whole: boolean,
  notes: readonly string[] = [],
): AsyncGenerator<GeoDataFrame, undefined> {
  const context = new ReadContext(options, whole, source.name);
  for (const note of notes) context.note(note);
  context.check();
  let from = source;
  const told = options.format;
  let content: Content | FileFormat = told === undefined || told === "shapefile" || await isPacked(source)
    ? await detectFormat(source)
    : told;
  if (content === "gzip") {
    from = new GunzippedSource(source);
    content = options.format ?? await detectFormat(from);
    context.note("The file is compressed with gzip");
  }
  if (options.format === undefined) noteEnding(content, source.name, context);
  const read = await readerOf(content, context);
  yield* read(from, context);
}

async function isPacked(source: ByteSource): Promise<boolean> {
  const [first, second] = await source.head(2);
  return first === 0x1f && second === 0x8b;
}

/** Tells when the ending says something else than the content. */
function noteEnding(content: Content | FileFormat, name: string | undefined, context: ReadContext): void {
  const { ending, format } = formatOfEnding(name ?? "");
  if (format === undefined || content === "zip" || content === "gzip") return;
  const family = (each: string) => each.replace(/^(?:ndjson|geojsonseq)$/, "geojson").replace("-stream", "");
  if (family(format) === family(content)) return;
  context.note(`The ending is .${ending}, but the content is ${FORMAT_NAMES[content]}`);
}

/** Each format's code is loaded when it is needed. */
async function readerOf(content: Content | FileFormat, context: ReadContext): Promise<FormatReader> {
  switch (content) {
    case "csv":
      return (await import("./_csv_file.ts")).readCsv;
    case "geojson":
    case "ndjson":
    case "geojsonseq":
      return (await import("./_geojson_read.ts")).readGeoJson;
    case "parquet":
      return (await import("./_parquet_read.ts")).readParquet;
    case "arrow":
    case "arrow-stream":
      return (await import("./_arrow_file.ts")).readArrow;
    case "zip":
      return (await import("./_shapefile.ts")).readZipped;
    case "shapefile":
      return (await import("./_shapefile.ts")).readShapefile;
    case "geopackage":
      return (await import("./_geopackage.ts")).readGeoPackage;
    case "gzip":
      throw new UnsupportedError(`Cannot read ${context.named}: it is compressed twice`);
  }
  throw new ArgumentError(`Format "${content}" is not known`, {
    argument: "format",
    hint: `Known are ${Object.keys(FORMAT_NAMES).join(", ")}`,
  });
}
