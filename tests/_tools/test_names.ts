/**
 * Prints the names of all tests as JSON, file by file, without running any: it puts a recorder in the place of
 * `Deno.test` and imports the test files. So names built in loops are found as well.
 *
 *     deno run --allow-read --allow-env --allow-sys --no-check tests/_tools/test_names.ts
 */

import { testFiles, TESTS } from "./test_files.ts";

/** A registered test. */
export interface TestName {
  /** Path below `tests/`, with slashes. */
  readonly file: string;
  readonly name: string;
  readonly ignored: boolean;
}

/** Imports a test file and returns what it registers. */
async function namesOf(file: URL): Promise<TestName[]> {
  const names: TestName[] = [];
  const path = file.href.slice(TESTS.href.length);
  const record = (ignored: boolean) => (...args: unknown[]) => {
    const definitions = args.filter((arg) => typeof arg === "object" && arg !== null) as Partial<
      Deno.TestDefinition
    >[];
    const functions = args.filter((arg) => typeof arg === "function");
    const name = args.find((arg) => typeof arg === "string") ?? definitions[0]?.name ?? functions[0]?.name ??
      "";
    names.push({ file: path, name, ignored: ignored || definitions.some((definition) => definition.ignore) });
  };
  const recorder = Object.assign(record(false), Deno.test, { ignore: record(true), only: record(false) });
  const real = Deno.test;
  Object.defineProperty(Deno, "test", { value: recorder, configurable: true, writable: true });
  try {
    await import(file.href);
  } finally {
    Object.defineProperty(Deno, "test", { value: real, configurable: true, writable: true });
  }
  return names;
}

if (import.meta.main) {
  const all: TestName[] = [];
  const files = (await Array.fromAsync(testFiles())).sort((a, b) => a.href < b.href ? -1 : 1);
  for (const file of files) all.push(...await namesOf(file));
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(all) + "\n"));
  // A file may have started something at its import.
  Deno.exit(0);
}
