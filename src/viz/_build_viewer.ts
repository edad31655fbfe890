/**
 * Builds what runs in the page, with `deno bundle`: our own code, deck.gl, and MapLibre. `deno task viewer` does it; in
 * a checkout it also happens by itself, where the permissions allow it. The published package holds the result.
 */

const PAGE = new URL("./page/", import.meta.url);
const BUILT = new URL("./page/_built/", import.meta.url);

/** What is built from what. A library is kept deflated, with the hash by which a page allows it. */
const BUNDLES = {
  viewer: "viewer.ts",
  deck: "_deck_library.ts",
  maplibre: "_maplibre_library.ts",
} as const;

/** Builds all of it; `deno` is the program to bundle with. */
export async function buildViewer(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "cartoframes-viewer-" });
  try {
    await Deno.mkdir(BUILT, { recursive: true });
    for (const [name, entry] of Object.entries(BUNDLES)) {
      const code = await bundle(new URL(entry, PAGE), `${folder}/${name}.js`);
      // Written beside and renamed: another program may be reading.
      const beside = new URL(`.${name}-${crypto.randomUUID()}`, BUILT);
      await Deno.writeTextFile(beside, name === "viewer" ? ownModule(code) : await libraryModule(code));
      await Deno.rename(beside, new URL(`${name}.js`, BUILT));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function bundle(entry: URL, output: string): Promise<string> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "-q",
      "--minify",
      "--platform=browser",
      "--format=iife",
      "--no-lock",
      "-o",
      output,
      entry.href,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot bundle ${entry.href}: ${new TextDecoder().decode(stderr)}`);
  return (await Deno.readTextFile(output)).trim();
}

const ownModule = (code: string) => `export const code = ${JSON.stringify(code)};\n`;

async function libraryModule(code: string): Promise<string> {
  const bytes = new TextEncoder().encode(code);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toBase64();
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer()).toBase64();
  return `export const hash = ${JSON.stringify(hash)};\nexport const packed = ${JSON.stringify(packed)};\n`;
}

/** Builds when something in the page is newer than what was built; tests do this first. */
export async function buildViewerIfStale(): Promise<void> {
  const builtAt = await modifiedAt(new URL("maplibre.js", BUILT));
  for await (const file of sources(PAGE)) {
    if (await modifiedAt(file) > builtAt) return await buildViewer();
  }
}

async function* sources(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory && name !== "_built") yield* sources(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

async function modifiedAt(file: URL): Promise<number> {
  return await Deno.stat(file).then(({ mtime }) => mtime?.getTime() ?? 0, () => 0);
}

if (import.meta.main) await (Deno.args.includes("--if-stale") ? buildViewerIfStale() : buildViewer());
