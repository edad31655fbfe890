import { ArgumentError } from "../../errors/carto_error.ts";
import { writeWhole } from "../../permissions/_write_whole.ts";
import { formatOfEnding } from "./_detect_format.ts";
import type { FramesInput } from "./_frames_of.ts";
import { encodeFile } from "./encode_file.ts";
import type { FileFormat, WriteFileOptions, WriteFileReport } from "./file_options.ts";
import { nameOf } from "./read_file.ts";

/**
 * Writes frames into a file: all of them, or nothing. The file is written beside its place and moved there when it is
 * complete, where Deno may write beside it (`--allow-write=FOLDER --allow-read=FOLDER`); with `--allow-write=FILE` alone it
 * is written in place, over an old file only once all of it, or its first 16 MiB, are at hand; a failure after that removes
 * it.
 *
 * @param frames One frame, or frames of one schema, such as `readCartoBatches` gives: memory does not grow with them
 * @param path The file; its ending tells the format unless `format` does
 * @param options Format, and what can be chosen of it
 * @returns What was written
 * @throws {ArgumentError} The ending stands for no format that is written
 * @throws {DataError} The format cannot hold a value; the place tells the row
 * @throws {UnsupportedError} The format cannot be written, or not in the geometry's coordinate system
 * @throws {PermissionError} Writing was refused; the error tells the flag
 *
 * @example Write GeoJSON
 * ```ts
 * import { GeoDataFrame, writeFile } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile({ suffix: ".geojson" });
 * const frame = GeoDataFrame.fromRows([{ n: 1, geometry: { type: "Point", coordinates: [2, 3] } }]);
 * const report = await writeFile(frame, path);
 * assertEquals([report.format, report.rows], ["geojson", 1]);
 * assertEquals(JSON.parse(await Deno.readTextFile(path)).features[0].geometry.coordinates, [2, 3]);
 * await Deno.remove(path);
 * ```
 */
export async function writeFile(
  frames: FramesInput,
  path: string | URL,
  options: WriteFileOptions = {},
): Promise<WriteFileReport> {
  const name = options.name ?? nameOf(path);
  const { ending, format: ofEnding } = formatOfEnding(name);
  const format = options.format ?? ofEnding;
  if (format === undefined) {
    throw new ArgumentError(
      `Cannot write "${name}": ${
        ending === "" ? "it has no ending" : `.${ending} stands for no format that is known`
      }`,
      {
        argument: "path",
        hint:
          "Endings are .csv, .tsv, .geojson, .ndjson, .geojsons, .parquet, .arrow and .arrows; or give { format }",
      },
    );
  }
  let rows = 0;
  const delimiter = options.delimiter ?? (ending === "tsv" ? "\t" : undefined);
  const notes = notesOn(format);
  const chunks = encodeFile(frames, {
    ...options,
    name,
    delimiter,
    format,
    onNote: (text) => {
      notes.push(text);
      options.onNote?.(text);
    },
    onProgress: (progress) => {
      rows = progress.rows;
      options.onProgress?.(progress);
    },
  });
  // Made once the file may be written: a stream begins to ask for the rows as soon as it is made
  const bytes = await writeWhole(path, name, () => Promise.resolve(packed(chunks, name)));
  return { file: name, format, rows, bytes, notes };
}

/** Compressed, where the name ends in `.gz`. */
function packed(chunks: AsyncIterable<Uint8Array>, name: string): AsyncIterable<Uint8Array> {
  if (!/\.gz$/i.test(name)) return chunks;
  const stream = ReadableStream.from(chunks) as ReadableStream<Uint8Array<ArrayBuffer>>;
  return stream.pipeThrough(new CompressionStream("gzip"));
}

/** What a format keeps otherwise than the frame has it. */
function notesOn(format: FileFormat): string[] {
  switch (format) {
    case "csv":
      return ["CSV holds no types: they are found again when it is read, or told"];
    case "geojson":
    case "ndjson":
    case "geojsonseq":
      return [
        "GeoJSON holds no types: dates and decimals are text, geometries are in longitude and latitude (EPSG:4326)",
      ];
    default:
      return [];
  }
}
