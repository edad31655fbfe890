/**
 * Prints the address of the registry of the std packages: what `JSR_URL` says, or JSR itself when it answers within
 * two seconds, or else the folder of stand-ins next to this one. `deno task jsr` runs it; the other tasks start with
 * its answer. It imports nothing, for it runs before anybody knows where imports come from.
 */

const JSR = "https://jsr.io/";
const PROBED = "@std/assert/meta.json";
const TIME_OUT = 2000;

/**
 * Finds the registry to use.
 *
 * @param given The address that the caller has set, which wins.
 * @param probe How to ask JSR, for tests.
 * @returns A URL that ends with a slash.
 */
export async function findRegistry(given: string | undefined, probe: typeof fetch = fetch): Promise<string> {
  if (given) return given.endsWith("/") ? given : `${given}/`;
  return await answers(probe) ? JSR : new URL("../offline/", import.meta.url).href;
}

/** True only for an answer that JSR would give: a proxy's page with status 200 is none. */
async function answers(probe: typeof fetch): Promise<boolean> {
  try {
    const response = await probe(JSR + PROBED, { signal: AbortSignal.timeout(TIME_OUT) });
    const meta = await response.json();
    return response.ok && meta.scope === "std" && meta.name === "assert" && typeof meta.versions === "object";
  } catch {
    return false;
  }
}

if (import.meta.main) {
  const registry = await findRegistry(Deno.env.get("JSR_URL"));
  await Deno.stdout.write(new TextEncoder().encode(`${registry}\n`));
  // A look-up of a name that hangs would outlive the two seconds.
  Deno.exit(0);
}
