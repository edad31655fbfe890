/** `deno task ok` tells what is wrong: each step is run on a small package with one fault. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { toFileUrl } from "@std/path";
import { copyFolder } from "../_tools/snapshots.ts";

const ROOT = new URL("../../", import.meta.url);

interface Outcome {
  readonly code: number;
  readonly text: string;
}

const SOUND: Record<string, string> = {
  "mod.ts": [
    "/**",
    " * A package for this test.",
    " *",
    " * @module",
    " */",
    "",
    "/** Twice the number. */",
    "export function twice(value: number): number {",
    "  return 2 * value;",
    "}",
    "",
  ].join("\n"),
  "mod_test.ts": [
    'import { twice } from "./mod.ts";',
    "",
    'Deno.test("twice: doubles", () => {',
    "  if (twice(2) !== 4) throw new Error();",
    "});",
    "",
  ].join("\n"),
  "README.md": "# A package\n",
};

/** Runs steps of `ok` on a package made of the given files on top of a sound one. */
async function ok(only: string, files: Record<string, string> = {}): Promise<Outcome> {
  const folder = await Deno.makeTempDir({ prefix: "ok-" });
  const url = toFileUrl(`${folder}/`);
  try {
    await copyFolder(new URL("tests/_tools/", ROOT), new URL("tests/_tools/", url));
    await copyFolder(new URL("tests/offline/", ROOT), new URL("tests/offline/", url));
    await copyFolder(new URL("src/_deps/", ROOT), new URL("src/_deps/", url));
    const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
    config.exports = { ".": "./mod.ts" };
    const own = { include: ["mod.ts", "mod_test.ts"] };
    // The tools are looked at where they live; here they are only run.
    Object.assign(config, { fmt: { ...config.fmt, ...own }, lint: { ...config.lint, ...own } });
    for (const [name, text] of Object.entries({ ...SOUND, "deno.json": JSON.stringify(config), ...files })) {
      await Deno.writeTextFile(new URL(name, url), text);
    }
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-A", "tests/_tools/ok.ts", `--only=${only}`, "--allow-dirty"],
      cwd: url,
      env: { NO_COLOR: "1", JSR_URL: new URL("tests/offline/", url).href },
      stdin: "null",
    }).output();
    return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("ok: passes a sound package", async () => {
  const { code, text } = await ok("format,lint,docs,publish");
  assertEquals(code, 0, text);
  assertStringIncludes(text, "All is well");
});

const mod = SOUND["mod.ts"] ?? "";
const FAULTS: [step: string, files: Record<string, string>, told: string][] = [
  ["format", { "mod.ts": mod.replace("2 * value;", "2  *  value") }, "mod.ts"],
  ["lint", { "mod.ts": mod.replace("return 2", "var two = 2;\n  return two") }, "no-var"],
  ["types", { "mod.ts": mod.replace("2 * value", '"2"') }, "TS2322"],
  ["types", {
    "mod.ts": mod.replace("number. */", "number.\n *\n * ```ts\n * const a: string = 1;\n * ```\n */"),
  }, "TS2322"],
  ["docs", { "mod.ts": mod + "\nexport const answer: number = 42;\n" }, "missing-jsdoc"],
  ["publish", { "mod.ts": mod + '\n/** Not there. */\nexport * from "./gone.ts";\n' }, "gone.ts"],
];

for (const [step, files, told] of FAULTS) {
  const where = files["mod.ts"]?.includes("```") ? "an example" : "mod.ts";
  Deno.test(`ok: says that "${step}" failed when ${where} is wrong, and shows ${told}`, async () => {
    const { code, text } = await ok(step, files);
    assertEquals(code, 1, text);
    assertStringIncludes(text, `FAILED ${step}`);
    assertStringIncludes(text, told);
    assertStringIncludes(text, "1 of 7 steps failed");
  });
}

Deno.test("ok: refuses a step that does not exist", async () => {
  const { code, text } = await ok("formatting");
  assertEquals(code, 2);
  assert(text.includes("the steps are format, lint, types, docs, tests, coverage, publish"), text);
});
