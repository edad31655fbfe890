/**
 * Exported names and published files are promises: a change of either shows in a list that a reviewer reads.
 * After a wanted change: `deno task snapshots`.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { entryPoints, exportedNames, publishedFiles, SNAPSHOTS } from "../_tools/snapshots.ts";
import config from "../../deno.json" with { type: "json" };

Deno.test("exported names: every entry point exports what the list says (else: deno task snapshots)", async () => {
  const list = await Deno.readTextFile(SNAPSHOTS.exports);
  assertEquals((await exportedNames()).split("\n"), list.replaceAll("\r\n", "\n").split("\n"));
});

Deno.test("published files: exactly those of the list (else: deno task snapshots)", async () => {
  const list = await Deno.readTextFile(SNAPSHOTS.files);
  assertEquals((await publishedFiles()).split("\n"), list.replaceAll("\r\n", "\n").split("\n"));
});

Deno.test("published files: sources and the papers that go with them, nothing else", async () => {
  const list = (await Deno.readTextFile(SNAPSHOTS.files)).trim().split(/\r?\n/);
  for (const file of list) {
    assertMatch(
      file,
      /^(mod\.ts|src\/[\w/]+\.(ts|sql)|src\/viz\/page\/_built\/\w+\.js|README\.md|CHANGELOG\.md|LICENSE|deno\.json)$/,
    );
  }
  const wanted = ["mod.ts", "README.md", "CHANGELOG.md", "LICENSE", "deno.json"];
  assertEquals(wanted.filter((file) => !list.includes(file)), []);
});

Deno.test("entry points: every one that deno.json names is there", async () => {
  assertEquals((await entryPoints()).map(([name]) => name), Object.keys(config.exports));
});
