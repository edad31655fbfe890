/** How maps are drawn: by the graphics card or by the processor alike, over streets, from other sources of code. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { describePage } from "../../src/viz/_describe.ts";
import { renderHtml } from "../../src/viz/_html.ts";
import { linkViewer } from "../../src/viz/_link_viewer.ts";
import {
  basicStyle,
  clusterSizeStyle,
  colorBinsStyle,
  colorCategoryStyle,
  Layer,
  Map as CartoMap,
  popupElement,
  sizeBinsStyle,
} from "../../src/viz/mod.ts";
import { type Picture, readPng, writePng } from "../_tools/png.ts";
import { assertColor, browserTest, colorAt, project, redrawn, texts } from "./_browser.ts";
import { features, KINDS, placeOf, VIEWPORT } from "./_frames.ts";

/** Points enough for the processor to draw them where there is no graphics card. */
function manyPoints(count = 30_000): GeoDataFrame {
  let state = 5;
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const lng = Float64Array.from({ length: count }, () => random() * 120 - 60);
  const lat = Float64Array.from({ length: count }, () => random() * 100 - 40);
  const value = Int32Array.from({ length: count }, () => Math.floor(random() * 100));
  return GeoDataFrame.fromColumns({ value, lng, lat }).setGeometryFromXY("lng", "lat", { drop: true });
}

/** The share of pixels that differ by more than some steps in any channel. */
function difference(a: Picture, b: Picture, steps: number): number {
  assertEquals([a.width, a.height], [b.width, b.height]);
  let count = 0;
  for (let at = 0; at < a.data.length; at += 4) {
    const isFar = [0, 1, 2].some((i) => Math.abs((a.data[at + i] ?? 0) - (b.data[at + i] ?? 0)) > steps);
    if (isFar) count++;
  }
  return count / (a.width * a.height);
}

/** The browser says that it has a graphics card. */
const HARDWARE = `const original = WebGL2RenderingContext.prototype.getParameter;
  WebGL2RenderingContext.prototype.getParameter = function (name) {
    return name === 0x9246 ? "ANGLE (A graphics card)" : original.call(this, name);
  };`;

browserTest("drawing", {
  "the processor draws many points as deck.gl does, in the first frame and later": async (open) => {
    const frame = manyPoints();
    for (const strokeWidth of [0, 1]) {
      const style = colorBinsStyle("value", {
        breaks: [30, 60],
        size: 9,
        opacity: 0.7,
        strokeWidth,
        strokeColor: "#222222",
      });
      const map = new CartoMap(new Layer(frame, { style, defaultLegend: false }), {
        basemap: "white",
        viewport: VIEWPORT,
      });
      const software = await (await open(map)).tab.pixels();
      const hardware = await (await open(map, { script: HARDWARE })).tab.pixels();
      const noGpu = `HTMLCanvasElement.prototype.getContext = ((original) => function (kind, ...rest) {
        return kind.startsWith("webgl") ? null : original.call(this, kind, ...rest);
      })(HTMLCanvasElement.prototype.getContext);`;
      const { tab } = await open(map, { script: noGpu, state: "preview" });
      await tab.evaluate('document.querySelector(".note").remove()');
      const preview = await tab.pixels();
      const [byCard, byPreview] = [difference(software, hardware, 40), difference(software, preview, 8)];
      assert(byCard < 0.02, `${byCard} of the pixels differ from deck.gl's, outline ${strokeWidth}`);
      assert(
        byPreview < 0.02,
        `${byPreview} of the pixels differ from the first frame, outline ${strokeWidth}`,
      );
    }
  },
  "points that the processor draws can be filtered, picked, and moved": async (open) => {
    const frame = manyPoints();
    const style = basicStyle({ color: "#ff0000", size: 6, opacity: 1, strokeWidth: 0 });
    const layer = new Layer(frame, { style, popupHover: [popupElement("value")], defaultLegend: false });
    const { tab } = await open(new CartoMap(layer, { basemap: "white", viewport: VIEWPORT }));
    const row = await tab.evaluate<number>(
      'cartoframes.maps[0].featureAt(400, 300, "popupHover")?.row ?? -1',
    );
    const near: number[] = await tab.evaluate(`(() => {
      const map = cartoframes.maps[0];
      const { vertices } = map.layers[0].data.point;
      const lng = vertices[${row} * 2] * 360 / 512 - 180;
      const lat = Math.atan(Math.sinh((vertices[${row} * 2 + 1] - 256) * Math.PI / 256)) * 180 / Math.PI;
      return [...map.project(lng, lat)];
    })()`);
    assert(row >= 0 && Math.hypot((near[0] ?? 0) - 400, (near[1] ?? 0) - 300) <= 4, `${row} ${near}`);
    await tab.evaluate("cartoframes.maps[0].moveTo({ longitude: 150, zoom: 3 })");
    await redrawn(tab);
    assertColor(colorAt(await tab.pixels(), [400, 300]), "#ffffff", "there are no points in the east");
    await tab.evaluate("cartoframes.maps[0].moveTo({ longitude: 0, zoom: 3 })");
    await redrawn(tab);
    const picture = await tab.pixels();
    assert(picture.data.some((value, at) => at % 4 === 1 && value < 50), "the points are back");
  },
  "a picture that was kept": async (open) => {
    const layers = [
      new Layer(features("polygon"), { style: colorCategoryStyle("category", { opacity: 0.8 }) }),
      new Layer(features("line"), { style: colorBinsStyle("value", { size: 5 }) }),
      new Layer(features("point"), { style: sizeBinsStyle("value") }),
    ];
    const { tab } = await open(new CartoMap(layers, { viewport: VIEWPORT }));
    // Letters look different on each machine.
    await tab.evaluate(
      'document.querySelectorAll(".panel, .attribution, .zoom").forEach((box) => box.remove())',
    );
    const file = new URL("pictures/kinds.png", import.meta.url);
    const actual = await tab.pixels();
    if (Deno.env.get("CARTOFRAMES_KEEP_PICTURES") === "1") await Deno.writeFile(file, await writePng(actual));
    const kept = await readPng(await Deno.readFile(file));
    const differing = difference(actual, kept, 32);
    assert(differing < 0.005, `${(differing * 100).toFixed(2)} % of the pixels differ from ${file.pathname}`);
  },
  "the outline of the land has no streak over the antimeridian, and its lake is water": async (open) => {
    const { tab } = await open(new CartoMap([], { viewport: { lng: 180, lat: 20, zoom: 2 } }));
    const picture = await tab.pixels();
    const water = "#d6dee3";
    for (
      const [name, lng, lat] of [["Pacific", 179, 20], ["Pacific", -179, 0], ["Bering", -175, 55]] as const
    ) {
      assertColor(colorAt(picture, await project(tab, lng, lat)), water, name, 4);
    }
    assertColor(colorAt(picture, await project(tab, 140, -25)), "#fafaf7", "Australia", 4);
    assertColor(colorAt(picture, await project(tab, -110, 40)), "#fafaf7", "America", 4);
    await tab.evaluate("cartoframes.maps[0].moveTo({ longitude: 51, latitude: 41, zoom: 4 })");
    await redrawn(tab);
    const around = await tab.pixels();
    assertColor(colorAt(around, await project(tab, 51, 41)), water, "the Caspian Sea is a hole", 4);
    assertColor(colorAt(around, await project(tab, 60, 45)), "#fafaf7", "beside it is land", 4);
  },
  "what lies on both sides of the antimeridian is seen together, by each way of drawing": async (open) => {
    const frame = GeoDataFrame.fromRows([{ name: "Fiji", lng: 179, lat: 0 }, {
      name: "Samoa",
      lng: -179,
      lat: 0,
    }])
      .setGeometryFromXY("lng", "lat", { drop: true });
    const dots = { color: "#ff0000", opacity: 1, strokeWidth: 0 };
    const styles = [
      basicStyle({ ...dots, size: 14 }),
      clusterSizeStyle("name", { operation: "count", resolution: 32, ...dots }),
    ];
    for (const style of styles) {
      const layer = new Layer(frame, { style, popupHover: [popupElement("name")], defaultLegend: false });
      const { tab } = await open(
        new CartoMap(layer, { basemap: "white", viewport: { lng: 180, lat: 0, zoom: 6 } }),
      );
      const picture = await tab.pixels();
      for (const lng of [179, -179]) {
        const place = await project(tab, lng, 0);
        assert(Math.abs(place[0] - 400) < 200, `${lng} is at ${place[0]}`);
        assertColor(colorAt(picture, place), "#ff0000", String(lng));
        assert(
          await tab.evaluate(`cartoframes.maps[0].featureAt(${place}, "popupHover") !== null`),
          String(lng),
        );
      }
    }
    const many = GeoDataFrame.fromColumns({
      lng: Float64Array.from({ length: 24_000 }, (_, i) => i % 2 ? 179 : -179),
      lat: Float64Array.from({ length: 24_000 }, () => 0),
    }).setGeometryFromXY("lng", "lat", { drop: true });
    const layer = new Layer(many, { style: basicStyle({ ...dots, size: 14 }), defaultLegend: false });
    const { tab } = await open(
      new CartoMap(layer, { basemap: "white", viewport: { lng: 180, lat: 0, zoom: 6 } }),
    );
    const picture = await tab.pixels();
    for (const lng of [179, -179]) {
      assertColor(colorAt(picture, await project(tab, lng, 0)), "#ff0000", String(lng));
    }
  },
  "a vector style lies beneath the layers; where it cannot be loaded, the outline does": async (open) => {
    const land = { type: "Polygon", coordinates: [[[-60, -40], [60, -40], [60, 60], [-60, 60], [-60, -40]]] };
    const style = {
      version: 8,
      sources: {
        land: { type: "geojson", data: land, attribution: '<a href="https://example.org">Someone</a>' },
      },
      layers: [
        { id: "sea", type: "background", paint: { "background-color": "#0000ff" } },
        {
          id: "land",
          type: "fill",
          source: "land",
          paint: { "fill-color": "#00ffff", "fill-antialias": false },
        },
      ],
    };
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      ({ url }) =>
        url.endsWith("/style.json")
          ? Response.json(style, { headers: { "access-control-allow-origin": "*" } })
          : new Response("none", { status: 404, headers: { "access-control-allow-origin": "*" } }),
    );
    const { port } = server.addr;
    const layer = new Layer(features("point"), {
      style: basicStyle({ color: "#ff0000", size: 14, opacity: 1, strokeWidth: 0 }),
    });
    const mapOver = (path: string) =>
      new CartoMap(layer, { basemap: { style: `http://127.0.0.1:${port}/${path}` }, viewport: VIEWPORT });
    const wanted = { hasRequests: true, hasErrors: true };

    const good = (await open(mapOver("style.json"), wanted)).tab;
    await good.until('document.querySelector(".attribution").textContent === "Someone"');
    const [sea, dot] = [await project(good, 75, 0), await project(good, ...placeOf("point", 1))];
    const picture = await good.pixels();
    assertColor(colorAt(picture, sea), "#0000ff", "the style's background");
    assertColor(colorAt(picture, [dot[0] + 40, dot[1]]), "#00ffff", "the style's land");
    assertColor(colorAt(picture, dot), "#ff0000", "the layer");
    assertEquals(good.requests.filter((url) => /^http/.test(url)), [`http://127.0.0.1:${port}/style.json`]);

    const bad = (await open(mapOver("nothing.json"), wanted)).tab;
    await bad.until('!document.querySelector(".note").hidden');
    assertEquals(await texts(bad, ".note"), [
      "127.0.0.1 could not be loaded: the outline of the land is shown instead",
    ]);
    await redrawn(bad);
    assertColor(colorAt(await bad.pixels(), await project(bad, 20, 5)), "#fafaf7", "the outline", 4);
  },
  "the viewer linked from its sources is the same program as the bundled one": async (open) => {
    const code = await linkViewer(
      new URL("../../src/viz/page/viewer.ts", import.meta.url),
      (file) => Deno.readTextFile(file),
    );
    const layers = KINDS.map((kind) =>
      new Layer(features(kind), { style: basicStyle({ color: "#ff0000", size: 14, opacity: 1 }) })
    );
    const map = new CartoMap(layers, { basemap: "white", viewport: VIEWPORT });
    const html = await map.toHTML();
    const [, bundled = ""] = /<script>([^]*?)<\/script>/.exec(html) ?? [];
    const hash = async (text: string) =>
      new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toBase64();
    assert(bundled.length > 10_000);
    const [before, after] = [await hash(bundled), await hash(code)];
    const linked = html.replace(before, () => after).replace(bundled, () => code);
    const { tab } = await open(linked);
    for (const kind of KINDS) {
      assertColor(colorAt(await tab.pixels(), await project(tab, ...placeOf(kind, 1))), "#ff0000", kind);
    }
  },
  "assets from a CDN: exact versions, by their hashes; what does not match does not run": async (open) => {
    const map = new CartoMap(new Layer(features("point")), { basemap: "white" });
    const html = await map.toHTML({ assets: "cdn" });
    assert(html.length < 150_000, `${html.length} characters`);
    assertMatch(
      html,
      /data-src="https:\/\/cdn\.jsdelivr\.net\/npm\/deck\.gl@9\.4\.0\/dist\.min\.js" data-integrity="sha384-/,
    );
    const { tab } = await open(html, { state: "failed", hasErrors: true, hasRequests: true });
    assertMatch(
      (await texts(tab, ".failure[role=alert]"))[0] ?? "",
      /^The map cannot be shown: https:\/\/cdn\.jsdelivr\.net/,
    );
  },
});

Deno.test("describe: a page of one document twice is the same, byte by byte", async () => {
  const map = new CartoMap(new Layer(features("polygon")), { title: "Twice" });
  const { document, buffers } = await describePage(map, {});
  assertEquals(await renderHtml(document, buffers), await renderHtml(document, buffers));
});
