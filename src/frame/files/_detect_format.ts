import { DataError, UnsupportedError } from "../../errors/carto_error.ts";
import { type ByteSource, placeOf } from "./_byte_source.ts";
import type { FileFormat } from "./file_options.ts";

/** What the first bytes can show; an archive is opened to know more. */
export type Content = Exclude<FileFormat, "ndjson"> | "zip" | "gzip";

/** So many first bytes are looked at. */
const HEAD = 4096;

const MAGIC: readonly (readonly [Content, readonly number[]])[] = [
  ["parquet", [0x50, 0x41, 0x52, 0x31]],
  ["arrow", [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31]],
  ["arrow-stream", [0xff, 0xff, 0xff, 0xff]],
  ["zip", [0x50, 0x4b, 3, 4]],
  ["zip", [0x50, 0x4b, 5, 6]],
  ["gzip", [0x1f, 0x8b, 8]],
  ["shapefile", [0, 0, 0x27, 0x0a]],
  ["geojsonseq", [0x1e]],
];

/** Formats that people have but that are not read, with what to do. */
const OTHERS: readonly (readonly [RegExp, string, string])[] = [
  [
    /^\s*(?:<\?xml|<!DOCTYPE|<kml|<html|<gpx|<gml|<wfs)/i,
    "XML or HTML",
    "Convert KML, GML or GPX first, for example with ogr2ogr; a page in place of a file often means that the address was wrong",
  ],
  [/^%PDF/, "PDF", "Get the table in another format"],
  [/^\xd0\xcf[^ -~]\xe0/, "an old Excel or Access file", "Save the sheet as CSV (UTF-8)"],
  [/^fgb[^ -~]/, "FlatGeobuf", "Convert it first, for example with ogr2ogr"],
  [/^\x89PNG|^\xff\xd8\xff|^GIF8/, "an image", "Get the data in another format"],
];

/**
 * The format of some content, by its first bytes.
 *
 * @throws {DataError} It is empty, or none that is known
 * @throws {UnsupportedError} It is known, but not read
 */
export async function detectFormat(source: ByteSource): Promise<Content> {
  const head = await source.head(HEAD);
  if (head.length === 0) throw new DataError("The file is empty", { place: placeOf(source) });
  for (const [format, bytes] of MAGIC) {
    if (bytes.every((byte, i) => head[i] === byte)) return format;
  }
  const text = new TextDecoder("latin1").decode(head);
  if (text.startsWith("SQLite format 3\0")) return "geopackage";
  const other = OTHERS.find(([pattern]) => pattern.test(text.replace(/^\xef\xbb\xbf/, "")));
  if (other !== undefined) {
    const named = source.name === undefined ? "the input" : `"${source.name}"`;
    throw new UnsupportedError(`Cannot read ${named}: it is ${other[1]}`, { hint: other[2] });
  }
  if (utf16Of(head) === undefined && head.includes(0)) {
    throw new DataError("The format of the file is not known: it begins like none that can be read", {
      place: placeOf(source),
      hint: "CSV, GeoJSON, GeoParquet, Arrow, Shapefile and GeoPackage can be read",
    });
  }
  return /^(?:\xef\xbb\xbf)?\s*[{[]/.test(text) ? "geojson" : "csv";
}

/** The encoding that a byte order mark tells, if it is not UTF-8. */
export function utf16Of(head: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  return head[0] === 0xfe && head[1] === 0xff ? "utf-16be" : undefined;
}

const ENDINGS: Readonly<Record<string, FileFormat>> = {
  csv: "csv",
  tsv: "csv",
  txt: "csv",
  geojson: "geojson",
  json: "geojson",
  ndjson: "ndjson",
  geojsonl: "ndjson",
  jsonl: "ndjson",
  geojsons: "geojsonseq",
  geojsonseq: "geojsonseq",
  parquet: "parquet",
  geoparquet: "parquet",
  arrow: "arrow",
  feather: "arrow",
  arrows: "arrow-stream",
  zip: "shapefile",
  shp: "shapefile",
  gpkg: "geopackage",
};

/** The format that an ending stands for, and the ending itself. */
export function formatOfEnding(path: string): { ending: string; format: FileFormat | undefined } {
  const ending = /\.([^./\\]+)$/.exec(path.replace(/\.gz$/i, ""))?.[1]?.toLowerCase() ?? "";
  return { ending, format: Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : undefined };
}

/** What messages and notes call a format. */
export const FORMAT_NAMES: Readonly<Record<FileFormat, string>> = {
  csv: "CSV",
  geojson: "GeoJSON",
  ndjson: "newline-delimited GeoJSON",
  geojsonseq: "a GeoJSON text sequence",
  parquet: "GeoParquet",
  arrow: "an Arrow file",
  "arrow-stream": "an Arrow stream",
  shapefile: "a Shapefile",
  geopackage: "a GeoPackage",
};
