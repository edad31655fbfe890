import { advise, lacking } from "../permissions/mod.ts";
import { pageHtml } from "./_save.ts";
import { LOOPBACK, type ServedPage, servePage } from "./_serve_page.ts";
import type { OpenedPage, OpenOptions } from "./_show_options.ts";
import type { Layout } from "./layout.ts";
import type { Map as CartoMap } from "./map.ts";

/** What shows an address in the user's own browser. */
const OPENERS: Readonly<Record<string, readonly [program: string, ...args: string[]]>> = {
  darwin: ["open"],
  windows: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** How long a browser may take until it asks for the page, in seconds. */
const PATIENCE = 10;

/** Serves a map or layout and shows it in a browser. */
export async function openPage(
  page: CartoMap | Layout,
  { browser = true, signal, assets }: OpenOptions,
): Promise<OpenedPage> {
  const command = browser === false
    ? undefined
    : browser === true
    ? OPENERS[Deno.build.os] ?? ["xdg-open"] as const
    : [browser] as const;
  const run = command === undefined ? [] : [{ kind: "run", program: command[0] } as const];
  const html = await pageHtml(page, { signal, assets });
  signal?.throwIfAborted();
  const served = await servePage(html, { operation: "open the map", alsoNeeds: run });
  let isShown = false;
  try {
    isShown = command !== undefined && await show(command, served);
    signal?.throwIfAborted();
  } catch (error) {
    await served.close();
    throw error;
  }
  const stop = () => void served.close();
  signal?.addEventListener("abort", stop, { once: true });
  const close = async () => {
    signal?.removeEventListener("abort", stop);
    await served.close();
  };
  return { url: served.url, isShown, close, [Symbol.asyncDispose]: close };
}

/** Starts what shows the page; false where it is not there or says that it could not. */
async function show(
  [program, ...args]: readonly [string, ...string[]],
  { url, visited }: ServedPage,
): Promise<boolean> {
  const access = { kind: "run", program } as const;
  let child: Deno.ChildProcess;
  try {
    child = await advise(
      { operation: "open the map in a browser", needs: [access], alsoNeeds: await lacking([LOOPBACK]) },
      () => {
        const quiet = { stdin: "null", stdout: "null", stderr: "null" } as const;
        return new Deno.Command(program, { args: [...args, url], ...quiet }).spawn();
      },
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  // A browser may stay as long as its window.
  child.unref();
  const { promise: waited, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(true), PATIENCE * 1000);
  try {
    return await Promise.race([
      visited.then(() => true),
      child.status.then(({ success }) => success),
      waited,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
