/** The example from addresses to a map: run with exactly the flags of its first line, and looked at. */
import { assert, assertEquals } from "@std/assert";
import { projectFile, runDeno } from "../_tools/run_deno.ts";
import { browserTest, texts } from "./_browser.ts";

browserTest("the map of shops and people in a browser", {
  async "areas and shops are drawn, with a legend and a widget"(open) {
    const script = projectFile("examples/12_shops_and_people.ts");
    const [first = ""] = (await Deno.readTextFile(script)).split("\n");
    const flags = /^\/\/ deno run (.*) examples\//.exec(first)?.[1]?.split(" ") ?? [];
    const cwd = await Deno.makeTempDir();
    try {
      const { code, stderr } = await runDeno(["run", "--no-prompt", ...flags, script], { cwd });
      assertEquals([code, stderr], [0, ""]);
      const { tab } = await open(await Deno.readTextFile(`${cwd}/shops.html`));
      assert((await texts(tab, "body")).join().includes("Within a walk"));
      assert((await texts(tab, "body")).join().includes("Most people"));
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  },
});
