/** The folder of the tests. */
export const TESTS: URL = new URL("../", import.meta.url);
const NO_TESTS = new Set(["fixtures", "offline", "_tools", "bench", "__snapshots__"]);

/** The test files below a folder. */
export async function* testFiles(folder: URL = TESTS): AsyncGenerator<URL> {
  for await (const entry of Deno.readDir(folder)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory && !NO_TESTS.has(entry.name)) yield* testFiles(url);
    if (entry.isFile && entry.name.endsWith("_test.ts")) yield url;
  }
}
