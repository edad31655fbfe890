/**
 * What the names of the tests promise. Every edge case of the specification that is marked `=` or `≠` is a test named
 * by its identifier, or stands in a list with the reason why not.
 */
import { assert, assertEquals } from "@std/assert";
import { type Mark, readEdgeCases } from "../_tools/edge_cases.ts";
import type { TestName } from "../_tools/test_names.ts";
import marks from "../fixtures/edge_cases.json" with { type: "json" };

const MARKS = marks as Record<string, Mark>;
const TESTS = new URL("../", import.meta.url);

/** The identifiers that a test's name starts with: `ENC-006 ENC-007: …`. */
function idsOf(name: string): string[] {
  const head = /^((?:[A-Z]+-\d+)(?:[ ,]+[A-Z]+-\d+)*):/.exec(name)?.[1];
  return head?.split(/[ ,]+/) ?? [];
}

let known: Promise<TestName[]> | undefined;

/** The names of all tests, read once: by the first test that asks. */
function testNames(): Promise<TestName[]> {
  known ??= readTestNames();
  return known;
}

async function readTestNames(): Promise<TestName[]> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-check",
      "--allow-read",
      "--allow-env",
      "--allow-sys",
      "tests/_tools/test_names.ts",
    ],
    cwd: new URL("../", TESTS),
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  // What a test file prints when it ends comes after
  return JSON.parse(new TextDecoder().decode(stdout).split("\n")[0] ?? "");
}

async function notKept(): Promise<Map<string, string>> {
  const reasons = new Map<string, string>();
  const folder = new URL("edge_cases_not_kept/", TESTS);
  for (const { name } of await Array.fromAsync(Deno.readDir(folder))) {
    if (!name.endsWith(".json")) continue;
    const list: Record<string, unknown> = JSON.parse(await Deno.readTextFile(new URL(name, folder)));
    for (const [id, reason] of Object.entries(list)) {
      assert(!reasons.has(id), `${id} stands in two lists; one is ${name}`);
      assert(typeof reason === "string" && reason.trim().length >= 10, `${name} gives no reason for ${id}`);
      reasons.set(id, reason);
    }
  }
  return reasons;
}

Deno.test("edge cases: each is a test named by its identifier, or stands in a list with a reason", async () => {
  const names = await testNames();
  const tested = new Set(names.flatMap(({ name, ignored }) => ignored ? [] : idsOf(name)));
  const listed = await notKept();
  const wanted = Object.keys(MARKS).filter((id) => MARKS[id] !== "~");
  assertEquals(
    {
      missing: wanted.filter((id) => !tested.has(id) && !listed.has(id)),
      both: [...listed.keys()].filter((id) => tested.has(id)),
      unknownInTests: [...tested].filter((id) => !(id in MARKS) && prefixes().has(id.split("-")[0] ?? "")),
      unknownInLists: [...listed.keys()].filter((id) => !(id in MARKS)),
    },
    { missing: [], both: [], unknownInTests: [], unknownInLists: [] },
  );
});

Deno.test("test names: none is empty, and none stands twice in a file", async () => {
  const seen = new Set<string>();
  const twice: string[] = [];
  for (const { file, name } of await testNames()) {
    const key = `${file}: ${name}`;
    if (name.trim() === "" || seen.has(key)) twice.push(key);
    seen.add(key);
  }
  assertEquals(twice, []);
});

Deno.test("test names: one that is ignored says why, in brackets", async () => {
  const names = await testNames();
  assertEquals(names.filter(({ name, ignored }) => ignored && !/\(ignored [^)]+\)/.test(name)), []);
});

/** Other tests may start with a word and a number too, such as a code of HTTP. */
function prefixes(): Set<string> {
  return new Set(Object.keys(MARKS).map((id) => id.split("-")[0] ?? ""));
}

Deno.test("edge cases: the copy of the marks is whole", () => {
  const byMark = Object.groupBy(Object.values(MARKS), (mark) => mark);
  assertEquals(Object.keys(MARKS).length, 1007);
  assertEquals([byMark["="]?.length, byMark["≠"]?.length, byMark["~"]?.length], [837, 56, 114]);
});

const SPEC = new URL("../../../shared/spec/classic-behaviour-edge-cases.md", import.meta.url);

function isAtHand(file: URL): boolean {
  try {
    return Deno.statSync(file).isFile;
  } catch {
    return false;
  }
}

Deno.test({
  name: "edge cases: the copy of the marks is the specification's (ignored where that is not at hand)",
  ignore: !isAtHand(SPEC),
  fn: async () => assertEquals(readEdgeCases(await Deno.readTextFile(SPEC)), MARKS),
});

Deno.test("edge cases: the reader takes identifiers and marks, escaped bars included", () => {
  const markdown = [
    "## 1. One",
    "| Id | Given | Then | Ev. | Keep |",
    "|---|---|---|---|---|",
    "| AB-001 | `a\\|b` | c | S | ≠ 5 (why) |",
    "| AB-002 | a | b | O | = |",
  ].join("\n");
  assertEquals(readEdgeCases(markdown), { "AB-001": "≠", "AB-002": "=" });
});
