/**
 * Replays recorded traffic of the classic APIs against a fresh emulator and prints each difference.
 *
 * `--dir DIR` is the folder of recordings; `--database postgres://…` uses a server instead of the embedded database;
 * `--only 012,040` replays only these; `--verbose` prints every value whole.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program that reports
import { parseArgs } from "../../src/_deps/parse_args.ts";
import { resolve } from "@std/path";
import { readRecordings } from "./_wire/recordings.ts";
import { replay } from "./_wire/replay.ts";

/** The README whose fixture is used for a folder without one. */
const OWN_README = new URL("../fixtures/wire/sql-api-v2/README.md", import.meta.url);

/** Characters of a value that are shown without `--verbose`. */
const SHOWN = 300;

function show(value: unknown, isVerbose: boolean): string {
  const text = typeof value === "string" ? JSON.stringify(value) : JSON.stringify(value) ?? "nothing";
  return isVerbose || text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}… (${text.length} characters)`;
}

/** The README of a folder; where it has no fixture, that of the SQL API stands before it. */
export function readReadme(dir: string): string {
  let own = "";
  try {
    own = Deno.readTextFileSync(`${dir}/README.md`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return own.includes("```sql") ? own : `${Deno.readTextFileSync(OWN_README)}\n${own}`;
}

async function main(args: readonly string[]): Promise<number> {
  const flags = parseArgs([...args], { string: ["dir", "database", "only"], boolean: ["verbose"] });
  if (flags.dir === undefined) {
    console.error("Cannot replay: name the folder of recordings with --dir DIR");
    return 2;
  }
  // A task starts in the folder of the project; the path is meant from where the caller stands.
  const dir = resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), flags.dir);
  const only = flags.only?.split(",").map((number) => number.trim());
  const recordings = readRecordings(dir)
    .filter(({ name }) => only === undefined || only.some((number) => name.startsWith(number)));
  let equal = 0;
  for await (
    const { recording, differences } of replay(recordings, {
      readme: readReadme(dir),
      database: flags.database,
    })
  ) {
    if (differences.length === 0) equal++;
    for (const { path, expected, got } of differences) {
      console.log(`${recording.name}: ${path}`);
      console.log(`  expected ${show(expected, flags.verbose)}`);
      console.log(`  got      ${show(got, flags.verbose)}`);
    }
  }
  console.log(`${equal} of ${recordings.length} exchanges equal`);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
