/** What a newcomer types first: the tasks and the entry points. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { runDeno } from "../_tools/snapshots.ts";

const ROOT = new URL("../../", import.meta.url);
const TASKS: [name: string, task: { description: string; command: string }][] = Object.entries(config.tasks);

Deno.test("tasks: every one that the README promises is there, and says what it does", async () => {
  const promised = [
    "ok",
    "test",
    "demo",
    "emulator",
    "wire",
    "bench",
    "bench:tables",
    "whoami",
    "tables",
    "query",
    "check",
    "upload",
    "download",
  ];
  assertEquals(promised.filter((name) => !TASKS.some(([other]) => other === name)), []);
  const shown = await runDeno(["task"]);
  for (const [name, { description }] of TASKS) {
    assertMatch(description, /^[A-Z].{19,}[^.]$/, name);
    assertStringIncludes(shown, description.split("\n")[0] ?? "");
  }
});

Deno.test("tasks: every one finds the std packages by itself", () => {
  for (const [name, { command }] of TASKS) {
    if (name !== "jsr") assert(command.startsWith("JSR_URL=$(deno task -q jsr) deno "), name);
  }
});

Deno.test("tasks: none has all permissions, and only the tests, ok and what builds start programs", () => {
  for (const [name, { command }] of TASKS) {
    assert(!/ (-A|--allow-all)\b/.test(command), name);
    const mayStart = ["ok", "test", "test:browser", "snapshots", "viewer", "viewer:fresh"].includes(name) ||
      /^bench(?::\w+)?$/.test(name);
    if (!mayStart) assert(!command.includes("--allow-run"), name);
  }
});

Deno.test("tasks: the file that each starts is there", async () => {
  for (const [name, { command }] of TASKS) {
    const file = /(?<=\s)[\w./]+\.ts\b/.exec(command)?.[0];
    if (file !== undefined) assert((await Deno.stat(new URL(file, ROOT))).isFile, `${name} starts ${file}`);
  }
});

Deno.test("version: deno.json, .deno-version and the README agree", async () => {
  const version = (await Deno.readTextFile(new URL(".deno-version", ROOT))).trim();
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  assertStringIncludes(readme, `npx -y deno@${version} task demo`);
  assertStringIncludes(readme, `npx -y deno@${version} task test`);
  const named = [...readme.matchAll(/deno@(\d[\d.]*)/g)].map((match) => match[1]);
  assertEquals(named.filter((other) => other !== version), []);
  const changelog = await Deno.readTextFile(new URL("CHANGELOG.md", ROOT));
  assertStringIncludes(changelog, `## ${config.version}`);
});
