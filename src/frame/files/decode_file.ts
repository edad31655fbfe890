import type { GeoDataFrame } from "../geo_data_frame.ts";
import { sourceOf } from "./_byte_source.ts";
import { readAny } from "./_read_any.ts";
import type { FileInput, ReadFileOptions } from "./file_options.ts";
import { joined } from "./read_file.ts";

/**
 * Reads bytes, a blob or a stream as {@linkcode readFile} reads a file. A GeoPackage is the one format that needs a file.
 *
 * @param input The bytes
 * @param options As for {@linkcode readFile}; `name` is what messages call the input
 * @returns The frame
 * @throws {DataError} The input is malformed
 * @throws {UnsupportedError} The format, or its coordinate system, cannot be read
 *
 * @example Read what came over the network
 * ```ts
 * import { decodeFile } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const response = new Response('{"type":"Feature","properties":{"n":1},"geometry":null}');
 * const frame = await decodeFile(await response.bytes());
 * assertEquals(frame.toRows(), [{ n: 1, geometry: null }]);
 * ```
 */
export async function decodeFile(input: FileInput, options: ReadFileOptions = {}): Promise<GeoDataFrame> {
  await using source = sourceOf(input, options.name);
  return await joined(readAny(source, options, true));
}

/**
 * Reads bytes, a blob or a stream in batches, as {@linkcode readFileBatches} does. Of a stream the first batch settles
 * types and properties; a later value that does not fit is an error that tells what to set.
 *
 * @param input The bytes
 * @param options As for {@linkcode readFile}; `name` is what messages call the input
 * @returns The frames, at least one
 * @throws {DataError} The input is malformed, or a later row does not fit the first batch
 * @throws {UnsupportedError} The format, or its coordinate system, cannot be read
 */
export async function* decodeFileBatches(
  input: FileInput,
  options: ReadFileOptions = {},
): AsyncGenerator<GeoDataFrame, void> {
  await using source = sourceOf(input, options.name);
  yield* readAny(source, options, false);
}
