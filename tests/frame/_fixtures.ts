/** The bytes of an input of `tests/fixtures/cases`. */
export function caseBytes(name: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(new URL(`../fixtures/cases/${name}`, import.meta.url));
}

/** The text of an input of `tests/fixtures/cases`. */
export function caseText(name: string): string {
  return new TextDecoder().decode(caseBytes(name));
}

/** What the real server answered, as recorded. */
export function recorded(name: string): { body: unknown } {
  const url = new URL(`../fixtures/wire/sql-api-v2/${name}.json`, import.meta.url);
  return JSON.parse(Deno.readTextFileSync(url)).response;
}

/** The bytes of an input of `tests/fixtures/frame`. */
export function frameFixture(name: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(new URL(`../fixtures/frame/${name}`, import.meta.url));
}
