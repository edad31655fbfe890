/**
 * Serves a clone of `denoland/std` on this machine, in the layout of JSR: for the tests on the real std packages where
 * JSR cannot be reached. `deno run --no-config --allow-read --allow-net=127.0.0.1 tests/_tools/std_registry.ts FOLDER`
 * prints its address and stays; the tests run with that as `JSR_URL`. A folder would not do instead of a server: Deno
 * checks the types of what comes from a folder by our compiler options, which are not std's.
 */
import { pathToFileURL } from "node:url";

interface PackageConfig {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
}

/**
 * Makes what answers as the registry.
 *
 * @param std The folder of the clone, with a slash at its end.
 */
export function stdRegistry(std: URL): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      return await answer(std, decodeURIComponent(new URL(request.url).pathname));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return new Response(error.message, { status: 404 });
      throw error;
    }
  };
}

async function answer(std: URL, path: string): Promise<Response> {
  const [, name = "", rest = ""] = /^\/@std\/([a-z-]+)\/(.+)$/.exec(path) ?? [];
  if (name === "") throw new Deno.errors.NotFound(path);
  const { version, exports } = await configOf(std, name);
  if (rest === "meta.json") {
    return Response.json({ scope: "std", name, latest: version, versions: { [version]: {} } });
  }
  if (rest === `${version}_meta.json`) {
    const manifest: Record<string, { size: number; checksum: string }> = {};
    for await (const file of sourceFiles(new URL(`${name}/`, std))) {
      const bytes = await readSource(std, `${name}/${file}`);
      const checksum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
      manifest[`/${file}`] = { size: bytes.length, checksum: `sha256-${checksum}` };
    }
    return Response.json({ manifest, exports });
  }
  const file = rest.startsWith(`${version}/`) ? rest.slice(version.length + 1) : "";
  if (!file.endsWith(".ts") || file.includes("..")) throw new Deno.errors.NotFound(path);
  const headers = { "content-type": "text/typescript" };
  return new Response(await readSource(std, `${name}/${file}`), { headers });
}

/** The sources below a folder, without the tests. */
async function* sourceFiles(folder: URL, below = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sourceFiles(new URL(`${name}/`, folder), `${below}${name}/`);
    else if (name.endsWith(".ts") && !name.endsWith("_test.ts")) yield below + name;
  }
}

async function configOf(std: URL, name: string): Promise<PackageConfig> {
  return JSON.parse(await Deno.readTextFile(new URL(`${name}/deno.json`, std)));
}

/** A source with its imports of other std packages as JSR writes them on publishing, where the bare names mean nothing. */
async function readSource(std: URL, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const source = await Deno.readTextFile(new URL(path, std));
  const pattern = /(?<=\b(?:from|import) ?\(?")@std\/([a-z-]+)/g;
  const versions = new Map<string, string>();
  for (const [, name = ""] of source.matchAll(pattern)) {
    if (!versions.has(name)) versions.set(name, (await configOf(std, name)).version);
  }
  return new TextEncoder().encode(
    source.replace(pattern, (own, name: string) => `jsr:${own}@^${versions.get(name)}`),
  );
}

if (import.meta.main) {
  const [folder] = Deno.args;
  if (folder === undefined) {
    console.error("Cannot serve std: name the folder of a clone of https://github.com/denoland/std");
    Deno.exit(2);
  }
  const std = pathToFileURL(`${folder}/`);
  await configOf(std, "assert");
  const onListen = ({ port }: Deno.NetAddr) => console.log(`http://127.0.0.1:${port}/`);
  await Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, stdRegistry(std)).finished;
}
