/** Maps and frames in a notebook: in Deno's own kernel, spoken to as Jupyter does. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Credentials } from "../../src/auth/mod.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { toCarto } from "../../src/tables/mod.ts";
import { buildViewerIfStale } from "../../src/viz/_build_viewer.ts";
import { Kernel } from "../_tools/jupyter.ts";
import { inFolder } from "./_in_folder.ts";

const module = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

const SET_UP = `
  import { GeoDataFrame } from ${module("frame/mod.ts")};
  import { Layer, Layout, Map as CartoMap } from ${module("viz/mod.ts")};
  const cities = GeoDataFrame.fromRows([
    { name: '</td><script>alert("1")</script>', population: 57_949, lng: -4.7, lat: 40.66 },
  ]).setGeometryFromXY("lng", "lat", { drop: true });
  const layer = new Layer(cities, { title: 'a "title"' });
`;

Deno.test("notebook: a Deno kernel shows a frame, a map, a layer and a layout as HTML", async () => {
  await buildViewerIfStale();
  await inFolder(async (folder) => {
    await using kernel = await Kernel.start(folder);
    const show = async (code: string) => {
      const { shown, error } = await kernel.run(code);
      assertEquals(error, undefined);
      assertEquals(shown.length, 1, code);
      return { html: shown[0]?.["text/html"] ?? "", text: shown[0]?.["text/plain"] ?? "" };
    };
    assertEquals((await kernel.run(SET_UP)).error, undefined);

    const frame = await show("cities");
    assertMatch(frame.html, /^<table><thead><tr><th>name<br>/);
    assertStringIncludes(frame.html, "&#60;script&#62;");
    assert(!frame.html.includes("<script"), "a value is no markup");
    assertMatch(frame.text, /^GeoDataFrame: 1 rows × 3 columns/);

    for (
      const [code, text] of [
        ['new CartoMap([layer, layer], { title: "Two" })', 'Map "Two" of 2 layers'],
        ["layer", 'Layer "a "title""'],
        ["new Layout([new CartoMap(layer)])", "Layout of 1 map"],
      ] as const
    ) {
      const map = await show(code);
      assertEquals(map.text, text);
      assertMatch(
        map.html,
        /^<iframe title="[^"]+" style="[^"]+" sandbox="allow-scripts" srcdoc="<!DOCTYPE html>/,
      );
      // One element, whose attributes hold all of the page.
      assertMatch(map.html, /^<iframe( [a-z]+="[^"]*")+><\/iframe>$/);
      assertStringIncludes(map.html, "Content-Security-Policy");
    }

    // Too large for a cell: a file beside the notebook, the same one when the cell runs again.
    const random = "Float64Array.from({ length: 500_000 }, () => Math.random() * 160 - 80)";
    const large = await kernel.run(`const large = new CartoMap(new Layer(
      GeoDataFrame.fromColumns({ n: new Int32Array(500_000) }).setGeometryFromXY(${random}, ${random}),
    ));`);
    assertEquals(large.error, undefined);
    const files = new Set<string>();
    for (let run = 0; run < 2; run++) {
      const map = await show("large");
      assert(map.html.length < 2000);
      const file = / src="(cartoframes-[0-9a-f]{12}\.html)"/.exec(map.html)?.[1] ?? "none";
      assertStringIncludes(map.text, file);
      assert((await Deno.stat(`${folder}/${file}`)).size > 2_000_000);
      files.add(file);
    }
    assertEquals(files.size, 1);

    const { error } = await kernel.run('new Layer(cities, { widgets: { type: "none" } })');
    assert(error !== undefined, "what fails is told");
    const late = await kernel.run('new Layer(cities, { popupHover: { value: "nothing" } })');
    assertStringIncludes(late.error ?? "", 'Column "nothing" does not exist');
  });
});

Deno.test("notebook: no cell shows a key, also where the page must hold one that may be seen", async () => {
  await buildViewerIfStale();
  await using carto = await startEmulator({ accounts: [{ username: "ana" }] });
  const credentials = new Credentials(carto.credentials("ana"));
  const frame = GeoDataFrame.fromRows([{ n: 1, lng: 1, lat: 2 }, { n: 2, lng: 3, lat: 4 }])
    .setGeometryFromXY("lng", "lat", { name: "the_geom", drop: true });
  await toCarto(frame, "cafes", { credentials });
  const { token } = await new ClassicClient(credentials).apiKeys.create({
    name: "reader",
    apis: ["sql", "maps"],
    tables: [{ name: "cafes", permissions: ["select"] }],
  });
  await inFolder(async (folder) => {
    await using kernel = await Kernel.start(folder);
    const own = JSON.stringify(carto.credentials("ana"));
    const setUp = await kernel.run(`${SET_UP}
      import { Credentials } from ${module("auth/mod.ts")};
      const credentials = new Credentials(${own});`);
    assertEquals(setUp.error, undefined);
    for (const options of [{}, { maxRows: 1, mapsApiKey: token }]) {
      const { shown, printed, error } = await kernel.run(
        `new Layer("cafes", { credentials, ...${JSON.stringify(options)} })`,
      );
      assertEquals([shown.length, error], [1, undefined]);
      const everything = JSON.stringify([shown, printed]);
      assert(!everything.includes(credentials.apiKey) && !everything.includes(String(token)));
      assertStringIncludes(everything, "maxRows" in options ? " src=" : " srcdoc=");
    }
    const { error } = await kernel.run('new Layer("nowhere", { credentials })');
    assert(error !== undefined && !error.includes(credentials.apiKey));
  });
});
