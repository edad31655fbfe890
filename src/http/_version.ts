/** The version of this module; a test holds it equal to the one in `deno.json`. */
export const VERSION = "0.1.0";

/** How requests identify this module and its runtime: `cartoframes-deno/0.1.0 (Deno/2.9.6)`. */
export function userAgent(): string {
  const runtime = "Deno" in globalThis ? ` (Deno/${Deno.version.deno})` : "";
  return `cartoframes-deno/${VERSION}${runtime}`;
}
