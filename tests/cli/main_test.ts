import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Command } from "../../src/cli/_command.ts";
import { COMMON_OPTIONS } from "../../src/cli/_run.ts";
import { projectFile, runDeno, type RunResult } from "../_tools/run_deno.ts";

const MAIN = projectFile("src/cli/main.ts");
const MOD = projectFile("mod.ts");

/** Runs the command line in an empty folder with no permission but those given. */
async function cli(
  words: readonly string[],
  flags: readonly string[] = [],
  script = MAIN,
): Promise<RunResult> {
  const cwd = await Deno.makeTempDir();
  try {
    return await runDeno(["run", "--no-prompt", ...flags, script, ...words], { cwd });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

Deno.test("cli: without a word it prints short help, needs no permission and ends with 0", async () => {
  for (const script of [MAIN, MOD]) {
    const { code, stdout, stderr } = await cli([], [], script);
    assertEquals([code, stderr], [0, ""]);
    for (const command of ["whoami", "tables", "query", "upload", "download", "import", "keys", "emulator"]) {
      assertStringIncludes(stdout, `\n  ${command} `);
    }
  }
});

Deno.test("cli: --help of each command tells its usage and options", async () => {
  for (const command of ["upload", "import"]) {
    const { code, stdout } = await cli([command, "--help"]);
    assertEquals(code, 0);
    assertStringIncludes(stdout, `Usage: ${command} `);
    assertStringIncludes(stdout, "--creds FILE");
  }
});

Deno.test("cli: every flag of a usage, and of a command in the README, is an option with a description", async () => {
  const commands: Record<string, Command> = {};
  for (const name of await commandNames()) commands[name] = (await import(`../../src/cli/${name}.ts`))[name];
  const unknown = (name: string, text: string) => {
    const options = { ...commands[name]?.options, ...COMMON_OPTIONS };
    return [...text.matchAll(/--([a-z-]+)/g)].map(([, flag = ""]) => flag).filter((flag) => {
      return !(options[flag] && options[flag].description !== "");
    });
  };
  for (const [name, { usage }] of Object.entries(commands)) {
    assertEquals([name, ...unknown(name, usage)], [name]);
  }
  const readme = await Deno.readTextFile(projectFile("README.md"));
  const shown = [...readme.matchAll(/^deno task (\w+)(.*?)(?: #.*)?$/gm)].filter(([, name = ""]) =>
    name in commands
  );
  assert(shown.length >= 10);
  for (const [line, name = "", words = ""] of shown) assertEquals([line, ...unknown(name, words)], [line]);
});

/** The commands, as the overview lists them. */
async function commandNames(): Promise<string[]> {
  const { stdout } = await cli([]);
  return [...stdout.matchAll(/^ {2}(\w+) {2}/gm)].map(([, name = ""]) => name);
}

Deno.test("cli: a wrong command or option ends with 2 and names the nearest right one", async () => {
  const command = await cli(["uplaod", "x.csv"]);
  assertEquals(command.code, 2);
  assertStringIncludes(command.stderr, 'Did you mean "upload"?');
  const option = await cli(["upload", "x.csv", "--tabel", "x"]);
  assertEquals(option.code, 2);
  assertStringIncludes(option.stderr, 'Did you mean "--table"?');
  const words = await cli(["query"]);
  assertEquals(words.code, 2);
  assertStringIncludes(words.stderr, "Usage: query SQL");
  const value = await cli(["whoami", "--creds"]);
  assertEquals(value.code, 2);
  assertStringIncludes(value.stderr, "--creds");
});

Deno.test("cli: without credentials it ends with 3 and lists the ways and the flags", async () => {
  const { code, stdout, stderr } = await cli(["whoami"]);
  assertEquals([code, stdout], [3, ""]);
  for (const way of ["--creds", "CARTO_USERNAME", ".env", "creds.json", "--allow-env=", "--allow-read="]) {
    assertStringIncludes(stderr, way);
  }
});

Deno.test("cli: a credentials file that may not be read ends with 3 and the narrowest flag", async () => {
  const { code, stderr } = await cli(["--creds", "creds.json"]);
  assertEquals(code, 3);
  assertStringIncludes(stderr, "--allow-read=creds.json");
  assert(!stderr.includes("    at "), "no stack");
});

Deno.test("cli: mod.ts as a program is the command line; from a folder its files must be readable", async () => {
  const readsModule = await cli(["--creds", "creds.json"], [`--allow-read=${projectFile(".")}`], MOD);
  assertEquals(readsModule.code, 3);
  assertStringIncludes(readsModule.stderr, "--allow-read=creds.json");
  const readsNothing = await cli(["--creds", "creds.json"], [], MOD);
  assertEquals(readsNothing.code, 3);
  assertStringIncludes(readsNothing.stderr, "or run src/cli/main.ts, which needs no such right");
});
