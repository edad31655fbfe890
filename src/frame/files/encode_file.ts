import { ArgumentError, UnsupportedError } from "../../errors/carto_error.ts";
import { FORMAT_NAMES } from "./_detect_format.ts";
import { type FramesInput, framesOf, regroupFrames } from "./_frames_of.ts";
import type { GeoDataFrame } from "../geo_data_frame.ts";
import { BATCH_ROWS, type FileFormat, type WriteFileOptions } from "./file_options.ts";

/**
 * Writes frames as the bytes of a file, chunk by chunk, without a file: for a response, an archive, a cloud store.
 *
 * @param frames One frame, or frames of one schema
 * @param options The format, and what can be chosen of it
 * @returns The bytes
 * @throws {ArgumentError} No format was named, or the frames have different columns
 * @throws {DataError} The format cannot hold a value
 * @throws {UnsupportedError} The format cannot be written, or not in the geometry's coordinate system
 *
 * @example Send a frame
 * ```ts
 * import { encodeFile, GeoDataFrame } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const frame = GeoDataFrame.fromRows([{ n: 1 }, { n: null }]);
 * const response = new Response(ReadableStream.from(encodeFile(frame, { format: "csv" })));
 * assertEquals(await response.text(), "n\n1\n\n");
 * ```
 */
export async function* encodeFile(
  frames: FramesInput,
  options: WriteFileOptions & { readonly format: FileFormat },
): AsyncGenerator<Uint8Array, void> {
  const named = options.name === undefined ? "the frames" : `"${options.name}"`;
  const rows = options.batchRows ?? BATCH_ROWS;
  if (!Number.isSafeInteger(rows) || rows < 1) {
    throw new ArgumentError("The rows of a batch must be a whole number from 1 on", {
      argument: "batchRows",
    });
  }
  const noted = new Set<string>();
  const onNote = (text: string) => {
    if (noted.has(text)) return;
    noted.add(text);
    options.onNote?.(text);
  };
  const checked = watched(framesOf(frames, `write ${named}`), options);
  switch (options.format) {
    case "csv":
      return yield* (await import("./_csv_file.ts")).writeCsv(checked, options);
    case "geojson":
    case "ndjson":
    case "geojsonseq":
      return yield* (await import("./_geojson_write.ts")).writeGeoJson(
        checked,
        options.format,
        named,
        onNote,
      );
    case "parquet":
      return yield* (await import("./_parquet_write.ts")).writeParquet(
        regroupFrames(checked, rows),
        options,
        named,
      );
    case "arrow":
    case "arrow-stream": {
      const { writeArrow } = await import("./_arrow_file.ts");
      return yield* writeArrow(regroupFrames(checked, rows), options.format === "arrow" ? "file" : "stream");
    }
    case "shapefile":
    case "geopackage":
      throw new UnsupportedError(`Cannot write ${FORMAT_NAMES[options.format]}: that format is only read`, {
        hint: "GeoParquet, GeoJSON, CSV and Arrow can be written",
      });
  }
  throw new ArgumentError(`Format "${options.format}" is not known`, {
    argument: "format",
    hint: `Known are ${Object.keys(FORMAT_NAMES).join(", ")}`,
  });
}

/** The frames as they pass: counted, and stopped by the signal. */
async function* watched(
  frames: AsyncIterable<GeoDataFrame>,
  { onProgress, signal }: WriteFileOptions,
): AsyncGenerator<GeoDataFrame, undefined> {
  let rows = 0;
  signal?.throwIfAborted();
  for await (const frame of frames) {
    signal?.throwIfAborted();
    rows += frame.numRows;
    yield frame;
    onProgress?.({ rows });
  }
}
