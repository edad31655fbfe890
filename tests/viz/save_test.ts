import { assert, assertEquals } from "@std/assert";
import { buildViewerIfStale } from "../../src/viz/_build_viewer.ts";

const MODULE = new URL("../../src/viz/mod.ts", import.meta.url).href;
const FRAME = new URL("../../src/frame/geo_data_frame.ts", import.meta.url).href;

const PROGRAM = `
import { GeoDataFrame } from ${JSON.stringify(FRAME)};
import { colorCategoryStyle, Layer, Map } from ${JSON.stringify(MODULE)};

const cafes = GeoDataFrame.fromRows([{ kind: "<b>bar</b>", lng: 1, lat: 2 }]).setGeometryFromXY("lng", "lat");
const map = new Map(new Layer(cafes, { style: colorCategoryStyle("kind") }), { title: "</title>" });
await map.save("map.html").catch((error) => {
  console.error(error.hint);
  Deno.exit(1);
});
`;

/** Runs the program in a folder of its own; answers its errors and the files that are left. */
async function run(
  ...flags: string[]
): Promise<{ code: number; stderr: string; files: string[]; html: string }> {
  await buildViewerIfStale();
  const folder = await Deno.makeTempDir({ prefix: "map-" });
  try {
    await Deno.writeTextFile(`${folder}/program.ts`, PROGRAM);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-config", "--no-prompt", "--no-check", ...flags, "program.ts"],
      cwd: folder,
      stdout: "null",
    }).output();
    const files = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
    const html = files.includes("map.html") ? await Deno.readTextFile(`${folder}/map.html`) : "";
    return { code, stderr: new TextDecoder().decode(stderr), files, html };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a map is saved with the right to write its file, and no other", async () => {
  const { code, stderr, files, html } = await run("--allow-write=map.html");
  assertEquals([code, stderr, files], [0, "", ["map.html", "program.ts"]]);
  assert(html.startsWith("<!DOCTYPE html>") && /<title>&(?:lt|#60);\/title/.test(html));
  assert(!html.includes("<b>bar"));
});

Deno.test("without that right the error tells the flag, and nothing is left", async () => {
  const { code, stderr, files } = await run();
  assertEquals([code, files, stderr], [1, ["program.ts"], "Add to this run: --allow-write=map.html\n"]);
});
