import type { GeoDataFrame } from "../geo_data_frame.ts";
import { openSource } from "./_byte_source.ts";
import { readAny } from "./_read_any.ts";
import type { ReadFileOptions } from "./file_options.ts";
import { nameOf } from "./read_file.ts";

/**
 * Reads a file in batches, with memory that does not grow with the file: frames of one schema, in the order of the
 * rows. Types of CSV and GeoJSON are found by a first look at the whole file; of a pipe, which cannot be read twice, by the
 * first batch, and a later value that does not fit is an error.
 *
 * @param path The file
 * @param options As for {@linkcode readFile}, and how many rows a batch has
 * @returns The frames, at least one
 * @throws {DataError} The file is malformed; the place tells line, byte, row or column
 * @throws {UnsupportedError} The format, or its coordinate system, cannot be read
 * @throws {PermissionError} Reading was refused; the error tells the flag
 *
 * @example Count rows without holding them
 * ```ts
 * import { readFileBatches } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile({ suffix: ".csv" });
 * await Deno.writeTextFile(path, "id,name\n1,a\n2,b\n3,c\n");
 * let rows = 0;
 * for await (const frame of readFileBatches(path, { batchRows: 2 })) rows += frame.numRows;
 * assertEquals(rows, 3);
 * await Deno.remove(path);
 * ```
 */
export async function* readFileBatches(
  path: string | URL,
  options: ReadFileOptions = {},
): AsyncGenerator<GeoDataFrame, void> {
  await using source = await openSource(path, options.name ?? nameOf(path));
  yield* readAny(source, options, false);
}
