import { readAll } from "../_http/parameters.ts";
import { ImportFailure, MAX_BYTES } from "./import_failure.ts";
import type { NamedFile } from "./unpack.ts";

const MAX_REDIRECTS = 5;
const TIMEOUT = 60_000;

/**
 * Downloads a file from this machine. The platform reads the whole internet; an emulator that did could be made to send
 * requests for others, so it follows only addresses of this machine, redirects included.
 *
 * @throws {ImportFailure} When the address is none of this machine, or does not answer with a file
 */
export async function fetchFile(url: string, signal: AbortSignal): Promise<NamedFile> {
  let address = readAddress(url);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await download(address, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]));
    const location = response.headers.get("location");
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      address = readAddress(new URL(location, address).href);
      continue;
    }
    if (!response.ok) {
      await response.body?.cancel();
      const code = response.status === 404
        ? 1100
        : response.status === 401 || response.status === 403
        ? 1101
        : 1001;
      throw new ImportFailure(code, `The source answered with the status ${response.status}`);
    }
    return { name: nameOf(response, address), bytes: await readBody(response) };
  }
  throw new ImportFailure(1001, `The source redirected more than ${MAX_REDIRECTS} times`);
}

function readAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new ImportFailure(1010, "The URL is no address");
  const isOwn = /^(?:127(?:\.\d+){3}|\[::1\]|localhost|.+\.localhost)$/.test(url.hostname);
  if ((url.protocol !== "http:" && url.protocol !== "https:") || !isOwn) {
    throw new ImportFailure(1101, "The emulator reads only http and https addresses of this machine");
  }
  return url;
}

async function download(address: URL, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(address, { redirect: "manual", signal });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new ImportFailure(
        1101,
        `The emulator may not read it: start it with --allow-net=${address.host}`,
      );
    }
    if ((error as Error).name === "TimeoutError") throw new ImportFailure(1020, "The source took too long");
    throw new ImportFailure(1001, "The source cannot be reached");
  }
}

async function readBody(response: Response): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array(0);
  try {
    return await readAll(response.body, MAX_BYTES);
  } catch (error) {
    if (error instanceof RangeError) {
      throw new ImportFailure(6666, `The file has more than ${MAX_BYTES} bytes`);
    }
    throw new ImportFailure(1001, "The download broke off");
  }
}

/** The name that the source gives the file, or else the end of its address, with an ending that fits its type. */
function nameOf(response: Response, address: URL): string {
  const given = /filename\*?=(?:UTF-8'')?"?([^";]+)/i.exec(response.headers.get("content-disposition") ?? "")
    ?.[1];
  let name = given ?? address.pathname.split("/").at(-1) ?? "";
  try {
    name = decodeURIComponent(name);
  } catch {
    // It stays as it is.
  }
  if (/\.(?:csv|tsv|txt|json|geojson|zip|gz)$/i.test(name)) return name;
  const type = response.headers.get("content-type") ?? "";
  const endings: readonly [RegExp, string][] = [[/geo\+json|\/json/, "geojson"], [/csv/, "csv"], [
    /zip/,
    "zip",
  ]];
  const ending = endings.find(([pattern]) => pattern.test(type))?.[1];
  return ending === undefined ? name : `${name === "" ? "import" : name}.${ending}`;
}
