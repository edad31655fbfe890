/** Where maps show beside a file: as pictures, and in the frame of a notebook's cell. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  basicStyle,
  categoryWidget,
  formulaWidget,
  histogramWidget,
  Layer,
  Layout,
  Map as CartoMap,
  timeSeriesWidget,
} from "../../src/viz/mod.ts";
import { findChromium } from "../_tools/chromium.ts";
import { type Picture, readPng } from "../_tools/png.ts";
import { runDeno } from "../_tools/run_deno.ts";
import { assertColor, browserTest, colorAt } from "./_browser.ts";
import { features, placeOf, VIEWPORT } from "./_frames.ts";

const dots = basicStyle({ color: "#ff0000", size: 14, opacity: 1, strokeWidth: 0 });
const points = features("point");
const map = new CartoMap(new Layer(points, { style: dots, widgets: formulaWidget("value", "sum") }), {
  basemap: "white",
  viewport: VIEWPORT,
});

/** A place of the first map on the screen, for a picture of a given size, by Web Mercator at the map's viewport. */
function placed(index: number, { width, height }: Pick<Picture, "width" | "height">): [number, number] {
  const world = 512 * 2 ** VIEWPORT.zoom;
  const x = (lng: number) => lng / 360 * world;
  const y = (lat: number) => -Math.log(Math.tan(Math.PI / 4 + lat * Math.PI / 360)) / (2 * Math.PI) * world;
  const [lng, lat] = placeOf("point", index);
  return [width / 2 + x(lng) - x(VIEWPORT.lng), height / 2 + y(lat) - y(VIEWPORT.lat)];
}

/** How many pixels are red. */
function redPixels({ data }: Picture): number {
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    if ((data[at] ?? 0) > 200 && (data[at + 1] ?? 255) < 60 && (data[at + 2] ?? 255) < 60) count++;
  }
  return count;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "cartoframes-pictures-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

type Display = Record<symbol, () => Promise<Record<string, string>>>;

/** What a notebook shows of it. */
async function displayed(value: CartoMap | Layout | Layer): Promise<string> {
  const shown = await (value as unknown as Display)[Symbol.for("Jupyter.display")]?.();
  return shown?.["text/html"] ?? "";
}

browserTest("where maps show", {
  "a picture: the features where they belong, the widget, no buttons": async () => {
    await inFolder(async (folder) => {
      await map.toPNG(`${folder}/map.png`, { width: 800, height: 600 });
      const picture = await readPng(await Deno.readFile(`${folder}/map.png`));
      assertEquals([picture.width, picture.height], [800, 600]);
      for (const index of [0, 1, 2]) {
        assertColor(colorAt(picture, placed(index, picture)), "#ff0000", `point ${index}`);
      }
      await map.toPNG(`${folder}/large.png`, { width: 400, height: 300, scale: 2 });
      const large = await readPng(await Deno.readFile(`${folder}/large.png`));
      assertEquals([large.width, large.height], [800, 600]);
      const sized = new CartoMap(map.layers, { basemap: "white", size: [300, 200] });
      await new Layout([sized, sized]).toPNG(`${folder}/layout.png`, { width: 600, height: 300 });
      assert(redPixels(await readPng(await Deno.readFile(`${folder}/layout.png`))) > 2 * 3 * 100);
      await sized.toPNG(`${folder}/sized.png`);
      const { width, height } = await readPng(await Deno.readFile(`${folder}/sized.png`));
      assertEquals([width, height], [300, 200]);
      assertEquals((await Array.fromAsync(Deno.readDir(folder))).length, 4);
    });
  },
  "a picture needs exactly the flags that are told": async () => {
    await inFolder(async (cwd) => {
      const module = JSON.stringify(new URL("../../src/viz/mod.ts", import.meta.url).href);
      const program = await findChromium() ?? "";
      await Deno.writeTextFile(
        `${cwd}/picture.ts`,
        `import { Map } from ${module};
        try {
          await new Map([]).toPNG("map.png", { browser: ${
          JSON.stringify(program)
        }, width: 300, height: 200 });
        } catch (error) {
          console.log(error.name, ...error.flags);
        }`,
      );
      const run = async (...flags: string[]) => {
        const env = { PATH: Deno.env.get("PATH") ?? "" };
        const result = await runDeno(["run", "--no-prompt", ...flags, `${cwd}/picture.ts`], { cwd, env });
        assertEquals(result.stderr, "");
        return result.stdout.trim();
      };
      const flags = [`--allow-run=${program}`, "--allow-net=127.0.0.1", "--allow-write=map.png"];
      assertEquals(await run(), `PermissionError ${flags.join(" ")}`);
      assertEquals(await run(...flags.slice(0, 1)), `PermissionError ${flags.slice(1).join(" ")}`);
      assertEquals(await run(...flags.slice(0, 2)), `PermissionError ${flags.slice(2).join(" ")}`);
      assertEquals(await run(...flags), "");
      assertEquals((await readPng(await Deno.readFile(`${cwd}/map.png`))).width, 300);
    });
  },
  "a picture that is not ended in time, or given up, leaves no file": async () => {
    await inFolder(async (folder) => {
      const failed = await map.toPNG(`${folder}/map.png`, { timeout: 0 }).catch((error) => error);
      assertStringIncludes(failed.message, "not drawn within 0 seconds");
      const ending = new AbortController();
      const reason = new Error("enough");
      const given = map.toPNG(`${folder}/map.png`, { signal: ending.signal }).catch((error) => error);
      setTimeout(() => ending.abort(reason), 500);
      assertEquals(await given, reason);
      assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
    });
  },
  "what is in a widget's box does not reach into the next one": async (open) => {
    const widgets = [histogramWidget("value"), timeSeriesWidget("value"), categoryWidget("category")];
    const { tab } = await open(new CartoMap(new Layer(points, { style: dots, widgets })));
    const boxes: { top: number; bottom: number; within: number }[] = await tab.evaluate(`
      [...document.querySelectorAll(".panel.right .box")].map((box) => ({
        ...box.getBoundingClientRect().toJSON(),
        within: Math.max(...[...box.querySelectorAll("*")].map((each) => each.getBoundingClientRect().bottom)),
      }))`);
    assertEquals(boxes.length, 3);
    for (const { bottom, within } of boxes) assert(within <= bottom + 1, JSON.stringify(boxes));
  },
  "in a cell of a notebook the map is drawn, and cannot reach the notebook": async (open) => {
    for (const value of [map, new Layout([map])]) {
      const cell = await displayed(value);
      const html = `<!DOCTYPE html><meta charset="utf-8"><body style="margin: 0">${cell}
        <script>document.documentElement.dataset.state = "ready"; globalThis.secret = 1;</script>`;
      const { tab } = await open(html);
      await inFrame(async () => redPixels(await tab.pixels()) > 3 * 100);
      const reached = await tab.evaluate(
        'try { document.querySelector("iframe").contentDocument } catch { null }',
      );
      assertEquals(reached ?? null, null);
    }
  },
});

/** Waits until what is in a frame, which cannot be asked, is seen. */
async function inFrame(isSeen: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!await isSeen()) {
    assert(performance.now() < end, "nothing was drawn in the frame");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
