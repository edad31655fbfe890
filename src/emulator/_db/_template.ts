/** An open database that a template is taken from. */
export interface TemplateSource {
  /** The files of the database as a tar. */
  dump(): Promise<Uint8Array<ArrayBuffer>>;
  /** Ends the database. */
  close(): Promise<void>;
}

/** Changes with everything else that decides what a template holds. */
const PGLITE_VERSIONS = "pglite 0.5.8, pglite-postgis 0.2.8";

/**
 * The tar of a database with the CARTO schema in it: from the cache, or made anew, which takes some seconds.
 *
 * The cache needs leave to read and write its folder, and is done without where that is refused.
 *
 * @param schema The SQL that a template is made with
 * @param build Opens an empty database and runs the SQL
 * @param cacheDir The folder of the cache; `undefined` for none
 * @returns The tar
 */
export async function loadTemplate(
  schema: string,
  build: () => Promise<TemplateSource>,
  cacheDir: string | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = cacheDir === undefined ? undefined : `${cacheDir}/emulator-${await digest(schema)}.tar.gz`;
  const cached = path === undefined ? undefined : await read(path);
  if (cached !== undefined) return cached;
  const engine = await build();
  try {
    const tar = await engine.dump();
    if (path !== undefined && cacheDir !== undefined) await store(tar, cacheDir, path);
    return tar;
  } finally {
    await engine.close();
  }
}

async function digest(schema: string): Promise<string> {
  const bytes = new TextEncoder().encode(`${PGLITE_VERSIONS}\n${schema}`);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).subarray(0, 8).toHex();
}

async function read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    using file = await Deno.open(path);
    const body = file.readable.pipeThrough(new DecompressionStream("gzip"));
    return await new Response(body).bytes();
  } catch (error) {
    // No such file, no leave to read, or a file that is not whole: a new one is made in each case.
    if (error instanceof Deno.errors.Interrupted) throw error;
    return undefined;
  }
}

/** Writes under another name first: two processes may build at once, and one may be ended half-way. */
async function store(tar: Uint8Array<ArrayBuffer>, cacheDir: string, path: string): Promise<void> {
  const partial = `${path}.${crypto.randomUUID()}`;
  try {
    await Deno.mkdir(cacheDir, { recursive: true });
    await Deno.writeFile(partial, new Blob([tar]).stream().pipeThrough(new CompressionStream("gzip")));
    await Deno.rename(partial, path);
  } catch {
    // The cache is a help, not a need.
    await Deno.remove(partial).catch(() => {});
  }
}

/**
 * The user's cache folder, where the system keeps such things; `undefined` when the environment does not tell it or
 * must not be read.
 */
export function defaultCacheDir(): string | undefined {
  const variable = (name: string): string | undefined => {
    try {
      return Deno.env.get(name);
    } catch {
      return undefined;
    }
  };
  const home = variable("HOME");
  const { os } = Deno.build;
  const base = os === "windows" ? variable("LOCALAPPDATA") : variable("XDG_CACHE_HOME") ??
    (home === undefined ? undefined : os === "darwin" ? `${home}/Library/Caches` : `${home}/.cache`);
  return base === undefined || base === "" ? undefined : `${base}/cartoframes`;
}
