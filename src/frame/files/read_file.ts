import type { GeoDataFrame } from "../geo_data_frame.ts";
import { openSource } from "./_byte_source.ts";
import { readAny } from "./_read_any.ts";
import type { ReadFileOptions } from "./file_options.ts";

/**
 * Reads a file of any known format (see {@linkcode FileFormat}) into one frame. The format is found by the content, not by the
 * ending; what was found out on the way (delimiter, encoding, reprojection) stands in {@linkcode GeoDataFrame.notes}.
 *
 * Values are those of the file, to the last digit: 64-bit integers, decimals, microseconds, nulls. Permissions:
 * `--allow-read=FILE` and no other.
 *
 * @param path The file
 * @param options Format, types, coordinate system, and what the format itself does not tell
 * @returns The frame
 * @throws {DataError} The file is malformed; the place tells line, byte, row or column
 * @throws {UnsupportedError} The format, or its coordinate system, cannot be read
 * @throws {PermissionError} Reading was refused; the error tells the flag
 *
 * @example Read a file, whatever its format
 * ```ts
 * import { readFile, writeFile } from "@cartoframes/cartoframes/frame";
 * import { GeoDataFrame } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const cafes = GeoDataFrame.fromRows([{ name: "Hawai", id: 9007199254740993n, geometry: { type: "Point", coordinates: [-3.7, 40.4] } }]);
 * await writeFile(cafes, `${folder}/cafes.parquet`);
 * const again = await readFile(`${folder}/cafes.parquet`);
 * assertEquals(again.column("id").get(0), 9007199254740993n);
 * assertEquals(again.geometryColumn, "geometry");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function readFile(path: string | URL, options: ReadFileOptions = {}): Promise<GeoDataFrame> {
  await using source = await openSource(path, options.name ?? nameOf(path));
  return await joined(readAny(source, options, true));
}

/** What messages call a path. */
export function nameOf(path: string | URL): string {
  return path instanceof URL && path.protocol === "file:" ? decodeURIComponent(path.pathname) : String(path);
}

/** The one frame of some. */
export async function joined(frames: AsyncIterable<GeoDataFrame>): Promise<GeoDataFrame> {
  const [first, ...rest] = await Array.fromAsync(frames);
  if (first === undefined) throw new TypeError("A reader gave no frame");
  return rest.length === 0 ? first : first.concat(...rest);
}
