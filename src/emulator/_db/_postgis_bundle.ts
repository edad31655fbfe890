/*
 * PostGIS comes as one file with all that installs it: 85 MB unpacked, in each database. One that stands needs a third
 * of it, which is kept in the cache folder beside the template: a start takes a third less time and memory.
 */

/** What a database needs in which PostGIS is installed: its library, and what PROJ and PostgreSQL read. */
const NEEDED =
  /^(?:lib\/postgresql\/postgis-3\.so|share\/proj\/[^/]+|share\/postgresql\/extension\/\w+\.control)$/;

/** Changes with what is kept, or where from. */
const PREFIX = "postgis-0.2.8-";

const BLOCK = 512;

/**
 * Finds the small file of PostGIS in the cache, or makes it there.
 *
 * @param whole The file that PostGIS comes as, a tar that is packed with gzip
 * @param cacheDir The folder of the cache
 * @returns The small file, a tar that is packed with gzip; `undefined` when the folder cannot be used
 */
export async function smallPostgis(whole: URL, cacheDir: string): Promise<string | undefined> {
  try {
    return await find(cacheDir) ?? await make(whole, cacheDir);
  } catch (error) {
    if (error instanceof Deno.errors.Interrupted) throw error;
    // The cache is a help, not a need.
    return undefined;
  }
}

/** The name tells the size, so that a file that is not whole is not taken for one. */
async function find(cacheDir: string): Promise<string | undefined> {
  try {
    for await (const { name } of Deno.readDir(cacheDir)) {
      if (!name.startsWith(PREFIX) || !name.endsWith(".tar.gz")) continue;
      const path = `${cacheDir}/${name}`;
      if (name === fileName((await Deno.stat(path)).size)) return path;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return undefined;
}

function fileName(size: number): string {
  return `${PREFIX}${size}.tar.gz`;
}

/** Writes under another name first: two processes may do so at once, and one may be ended half-way. */
async function make(whole: URL, cacheDir: string): Promise<string> {
  await Deno.mkdir(cacheDir, { recursive: true });
  const partial = `${cacheDir}/${PREFIX}${crypto.randomUUID()}`;
  try {
    const packed = (await Deno.open(whole)).readable;
    const tar = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).bytes();
    const small = new Blob([...neededParts(tar), new Uint8Array(2 * BLOCK)]);
    await Deno.writeFile(partial, small.stream().pipeThrough(new CompressionStream("gzip")));
    const path = `${cacheDir}/${fileName((await Deno.stat(partial)).size)}`;
    await Deno.rename(partial, path);
    return path;
  } catch (error) {
    await Deno.remove(partial).catch(() => {});
    throw error;
  }
}

/** The needed files of a tar, each with its header and its padding. */
function* neededParts(tar: Uint8Array<ArrayBuffer>): Generator<Uint8Array<ArrayBuffer>> {
  const text = (start: number, length: number) =>
    new TextDecoder().decode(tar.subarray(start, start + length)).replace(/\0.*$/s, "");
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const end = at + BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (!(end > at)) throw new Error("Cannot read the files of PostGIS: no tar");
    const isFile = text(at + 156, 1) === "0";
    if (isFile && NEEDED.test(text(at, 100))) yield tar.subarray(at, end);
    at = end;
  }
}
