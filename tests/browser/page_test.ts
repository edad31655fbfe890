/** What stands around the map: legends, widgets, popups, the layer selector, layouts; and what a page never does. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type FeatureCollection, GeoDataFrame } from "../../src/frame/mod.ts";
import {
  animationStyle,
  animationWidget,
  basicStyle,
  basicWidget,
  categoryWidget,
  clusterSizeStyle,
  colorBinsStyle,
  colorCategoryStyle,
  colorContinuousLegend,
  colorContinuousStyle,
  formulaWidget,
  histogramWidget,
  Layer,
  Layout,
  Map as CartoMap,
  popupElement,
  sizeContinuousStyle,
  timeSeriesWidget,
} from "../../src/viz/mod.ts";
import {
  assertColor,
  browserTest,
  centerOf,
  colorAt,
  type OpenPage,
  project,
  redrawn,
  texts,
} from "./_browser.ts";
import { features, KINDS, placeOf, VIEWPORT } from "./_frames.ts";

const RED = "#ff0000";
const points = features("point");
const dots = { color: RED, size: 14, opacity: 1, strokeWidth: 0 } as const;
const white = { basemap: "white", viewport: VIEWPORT } as const;

/** Wide enough for the widgets to lie beside the points. */
const wide = { size: { width: 1200, height: 600 } } as const;

/** Which of the three points are drawn. */
async function drawn({ tab }: OpenPage): Promise<number[]> {
  await redrawn(tab);
  const picture = await tab.pixels();
  const result: number[] = [];
  for (const index of [0, 1, 2]) {
    const [red, green] = colorAt(picture, await project(tab, ...placeOf("point", index)));
    if (red > 200 && green < 60) result.push(index);
  }
  return result;
}

browserTest("around the map", {
  "widgets: what is within sight, and filters across all of them": async (open) => {
    const widgets = [
      formulaWidget("value", "sum", { title: "Sum" }),
      categoryWidget("category", { title: "Category" }),
      histogramWidget("value", { title: "Value", buckets: 4 }),
      basicWidget({
        title: "About",
        description: "Three points",
        footer: 'By <a href="https://example.org">us</a>',
      }),
    ];
    const page = await open(
      new CartoMap(new Layer(points, { style: basicStyle(dots), widgets }), white),
      wide,
    );
    const { tab } = page;
    const bars = () =>
      tab.evaluate(
        '[...document.querySelectorAll(".histogram g")].map((bar) => bar.getAttribute("aria-label"))',
      );
    assertEquals(await texts(tab, ".number"), ["151"]);
    assertEquals(await texts(tab, ".bars .label"), ["a", "b", "c"]);
    assertEquals(await bars(), ["1 – 25.75: 1", "25.75 – 50.50: 1", "50.50 – 75.25: 0", "75.25 – 100: 1"]);
    assertEquals(await texts(tab, ".basic footer a"), ["us"]);

    // A category chosen: map, number and bars follow, its own list does not.
    await tab.click(...await centerOf(tab, ".bars button", 1));
    assertEquals(await drawn(page), [1]);
    assertEquals(await texts(tab, ".number"), ["50"]);
    assertEquals((await texts(tab, ".bars .label")).toSorted(), ["a", "b", "c"]);
    assertEquals(await bars(), ["1 – 25.75: 0", "25.75 – 50.50: 1", "50.50 – 75.25: 0", "75.25 – 100: 0"]);
    assertEquals(
      await tab.evaluate('document.querySelector(".bars button[data-key=b]").ariaPressed'),
      "true",
    );

    // With the keyboard too: a second one beside it, then all again.
    await tab.evaluate('document.querySelector(".bars button[data-key=c]").focus()');
    await tab.key("Enter");
    assertEquals(await drawn(page), [1, 2]);
    await tab.click(...await centerOf(tab, ".category .clear"));
    assertEquals(await drawn(page), [0, 1, 2]);

    // A run of bars.
    const [[fromX, y], [toX]] = [
      await centerOf(tab, ".histogram g", 0),
      await centerOf(tab, ".histogram g", 1),
    ];
    await tab.drag([fromX, y], [toX, y]);
    assertEquals(await drawn(page), [0, 1]);
    assertEquals(await texts(tab, ".number"), ["51"]);
    assertEquals(await texts(tab, ".bars .label"), ["a", "b"]);
  },
  "widgets follow the viewport": async (open) => {
    const widgets = [formulaWidget("value", "count"), formulaWidget("value", "max", { isGlobal: true })];
    const { tab } = await open(new CartoMap(new Layer(points, { style: basicStyle(dots), widgets }), white));
    assertEquals(await texts(tab, ".number"), ["3", "100"]);
    await tab.evaluate("cartoframes.maps[0].moveTo({ longitude: 0, latitude: 40, zoom: 6 })");
    await tab.until('document.querySelector(".number").textContent === "1"');
    assertEquals(await texts(tab, ".number"), ["1", "100"]);
  },
  "read-only widgets do not filter": async (open) => {
    const widgets = [
      categoryWidget("category", { readOnly: true }),
      histogramWidget("value", { readOnly: true }),
    ];
    const { tab } = await open(new CartoMap(new Layer(points, { style: basicStyle(dots), widgets }), white));
    assertEquals(
      await tab.evaluate(
        'document.querySelectorAll(".bars button:not(:disabled), .histogram [role=button]").length',
      ),
      0,
    );
  },
  "animation and time series: play, pause, and a slider that the clock follows": async (open) => {
    const style = animationStyle("value", { duration: 10, fadeIn: 0, fadeOut: 0, ...dots });
    const widgets = [
      animationWidget({ title: "Clock" }),
      timeSeriesWidget("value", { title: "Values", buckets: 3 }),
    ];
    const page = await open(new CartoMap(new Layer(points, { style, widgets }), white), wide);
    const { tab } = page;
    assertEquals(await texts(tab, ".play"), ["Play", "Play"]);
    assertEquals(await drawn(page), [0]);
    await tab.evaluate(`(() => {
      const slider = document.querySelector(".clock input");
      slider.value = "1000";
      slider.dispatchEvent(new Event("input"));
    })()`);
    assertEquals(await texts(tab, ".clock output"), ["100", "100"]);
    assertEquals(await drawn(page), [2]);
    await tab.click(...await centerOf(tab, ".play"));
    assertEquals(await texts(tab, ".play"), ["Pause", "Pause"]);
    await tab.click(...await centerOf(tab, ".play"));
    assertEquals(await texts(tab, ".play"), ["Play", "Play"]);
  },
  "legends: a line for each class, and values without data": async (open) => {
    const frame = GeoDataFrame.fromRows([
      { value: 1, kind: "a", lng: 0, lat: 0 },
      { value: 5, kind: "b", lng: 10, lat: 0 },
      { value: null, kind: null, lng: 20, lat: 0 },
    ]).setGeometryFromXY("lng", "lat", { drop: true });
    const layers = [
      new Layer(frame, { style: colorBinsStyle("value", { breaks: [2, 4] }), title: "Bins" }),
      new Layer(frame, { style: colorCategoryStyle("kind", { top: 1 }), title: "Kinds" }),
      new Layer(frame, {
        style: colorContinuousStyle("value"),
        legends: colorContinuousLegend({ title: "Ramp", ascending: true }),
      }),
      new Layer(frame, { style: sizeContinuousStyle("value"), title: "Sizes" }),
    ];
    const { tab } = await open(new CartoMap(layers, { basemap: "white" }));
    assertEquals(await texts(tab, ".legend h2"), ["Bins", "Kinds", "Ramp", "Sizes"]);
    assertEquals(await texts(tab, ".color-bins li"), ["> 4", "2 - 4", "< 2", "No data"]);
    assertEquals(await texts(tab, ".color-category li"), ["a", "Others", "No data"]);
    assertEquals(await texts(tab, ".color-continuous .ends span"), ["1", "5"]);
    assertEquals((await texts(tab, ".size-continuous li")).slice(0, 4), ["5", "3.67", "2.33", "1"]);
  },
  "legends follow the viewport": async (open) => {
    const style = colorCategoryStyle("category", { cat: ["a", "b", "c"] });
    const { tab } = await open(new CartoMap(new Layer(points, { style, title: "Kinds" }), white));
    assertEquals(await texts(tab, ".lines li:not(.absent)"), ["a", "b", "c"]);
    await tab.evaluate("cartoframes.maps[0].moveTo({ longitude: 40, latitude: 40, zoom: 6 })");
    await tab.until('document.querySelectorAll(".lines li.absent").length === 2');
    assertEquals(await texts(tab, ".lines li:not(.absent)"), ["c"]);
  },
  "popups: on hover and on click, for each kind of geometry": async (open) => {
    const layers = KINDS.map((kind) =>
      new Layer(features(kind), {
        style: basicStyle({ ...dots }),
        popupHover: [popupElement("name", { title: "Name" }), popupElement("value", { format: ".1f" })],
        popupClick: [popupElement("category", { title: "Category" })],
        defaultLegend: false,
      })
    );
    const { tab } = await open(new CartoMap(layers, white));
    for (const kind of KINDS) {
      await tab.move(...await project(tab, ...placeOf(kind, 1)));
      await tab.until(`document.querySelector(".popup.hover").textContent === "Name${kind} 1value50.0"`);
    }
    await tab.move(5, 300);
    await tab.until('document.querySelector(".popup.hover").hidden');
    await tab.click(...await project(tab, ...placeOf("polygon", 2)));
    await tab.until('document.querySelector(".popup.click dl")?.textContent === "Categoryc"');
    await tab.click(...await centerOf(tab, ".popup.click .close"));
    assertEquals(await tab.evaluate('document.querySelector(".popup.click").hidden'), true);
  },
  "popups of clusters tell what is gathered": async (open) => {
    const style = clusterSizeStyle("value", { operation: "sum", resolution: 128 });
    const { tab } = await open(
      new CartoMap(new Layer(points, { style }), {
        basemap: "white",
        viewport: { lng: 0, lat: 40, zoom: 0 },
      }),
    );
    await tab.move(...await project(tab, 0, 40));
    await tab.until('document.querySelector(".popup.hover").textContent.includes("150")');
  },
  "the layer selector hides a layer and shows it again": async (open) => {
    const layers = [
      new Layer(points, { style: basicStyle(dots), title: "Dots" }),
      new Layer(features("line"), { style: basicStyle({ ...dots, color: "#0000ff" }) }),
    ];
    const page = await open(new CartoMap(layers, { ...white, layerSelector: true }));
    const { tab } = page;
    assertEquals(await texts(tab, ".selector"), ["Dots", "Layer 2"]);
    assertEquals(await drawn(page), [0, 1, 2]);
    await tab.click(...await centerOf(tab, ".selector input"));
    assertEquals(await drawn(page), []);
    assertColor(
      colorAt(await tab.pixels(), await project(tab, ...placeOf("line", 1))),
      "#0000ff",
      "the other layer",
    );
    await tab.click(...await centerOf(tab, ".selector input"));
    assertEquals(await drawn(page), [0, 1, 2]);
  },
  "a layout shows four maps, each with its own title, view, theme and layer": async (open) => {
    const colors = ["#ff0000", "#00a000", "#0000ff", "#ff9900"];
    const maps = colors.map((color, i) =>
      new CartoMap(new Layer(points, { style: basicStyle({ ...dots, color }) }), {
        ...white,
        title: `Map ${i}`,
        theme: i === 3 ? "dark" : "light",
        viewport: { ...VIEWPORT, zoom: 1 + i / 10 },
      })
    );
    const { tab } = await open(new Layout(maps, { nSize: 2 }));
    assertEquals(await texts(tab, ".map h1"), ["Map 0", "Map 1", "Map 2", "Map 3"]);
    assertEquals(await tab.evaluate('document.querySelectorAll(".map.dark").length'), 1);
    const picture = await tab.pixels();
    for (const [i, color] of colors.entries()) {
      assertColor(colorAt(picture, await project(tab, ...placeOf("point", 1), i)), color, `map ${i}`);
    }
    const boxes: number[][] = await tab.evaluate(
      '[...document.querySelectorAll(".map")].map((map) => Object.values(map.getBoundingClientRect().toJSON()).slice(0, 4).map(Math.round))',
    );
    assertEquals(boxes, [[0, 0, 399, 299], [401, 0, 399, 299], [0, 301, 399, 299], [401, 301, 399, 299]]);
  },
  "the camera: bounds, viewport, buttons, wheel, keyboard, and what showInfo says": async (open) => {
    const map = new CartoMap(new Layer(points, { style: basicStyle(dots) }), {
      bounds: [[-10, -10], [10, 10]],
      showInfo: true,
    });
    const { tab } = await open(map);
    const zoom = (): Promise<number> => tab.evaluate("cartoframes.maps[0].camera.zoom");
    const [west] = await project(tab, 0, 10);
    assertEquals(Math.round(west), 400);
    const [, top] = await project(tab, 0, 10);
    assert(Math.abs(top - 50) < 3, `the bounds leave a room of 50 pixels, not ${top}`);
    const before = await zoom();
    await tab.click(...await centerOf(tab, '[aria-label="Zoom in"]'));
    assertEquals(await zoom(), before + 1);
    await tab.click(...await centerOf(tab, '[aria-label="Zoom out"]'));
    assertEquals(await zoom(), before);
    await tab.wheel(400, 300, -200);
    await tab.until(`cartoframes.maps[0].camera.zoom > ${before}`);
    await tab.evaluate('document.querySelector(".deck canvas").focus()');
    await tab.key("ArrowRight");
    await tab.until("cartoframes.maps[0].camera.longitude > 0.01");
    assertMatch(
      (await texts(tab, ".info"))[0] ?? "",
      /^\{ zoom: \d+\.\d\d, lat: -?\d+\.\d{6}, lng: -?\d+\.\d{6} \}$/,
    );
  },
  "a static map cannot be moved and has nothing around it": async (open) => {
    const layer = new Layer(points, {
      style: colorBinsStyle("value"),
      widgets: [formulaWidget("value", "sum")],
    });
    const { tab } = await open(new CartoMap(layer, { ...white, isStatic: true }));
    assertEquals(await tab.evaluate('document.querySelectorAll(".legend, .widget, .zoom").length'), 0);
    await tab.wheel(400, 300, -200);
    await redrawn(tab);
    assertEquals(await tab.evaluate("cartoframes.maps[0].camera.zoom"), VIEWPORT.zoom);
  },
  "controls have names, and each can be reached with the keyboard": async (open) => {
    const layer = new Layer(points, {
      style: basicStyle(dots),
      widgets: [
        categoryWidget("category", { title: "Category" }),
        histogramWidget("value", { title: "Value" }),
      ],
      title: "Dots",
    });
    const { tab } = await open(new CartoMap(layer, { ...white, title: "Three", layerSelector: true }));
    const { nodes } = await tab.send<{ nodes: { role?: { value: string }; name?: { value: string } }[] }>(
      "Accessibility.getFullAXTree",
    );
    const named = nodes.filter(({ role }) =>
      ["button", "checkbox", "slider", "application", "ToggleButton"].includes(role?.value ?? "")
    ).map(({ name }) => name?.value ?? "");
    assert(named.length >= 8, named.join("|"));
    assertEquals(named.filter((name) => name === ""), []);
    assertStringIncludes(named.join("|"), "Three: arrow keys move it");
  },
});

browserTest("a page is safe to hand on", {
  "values, titles and column names stay text": async (open) => {
    const evil = JSON.parse(
      await Deno.readTextFile(new URL("../fixtures/cases/html-in-values.geojson", import.meta.url)),
    ) as FeatureCollection;
    const markup = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>";
    const names = evil.features.map(({ properties }) => String(properties?.name));
    const frame = GeoDataFrame.fromGeoJSON(evil).rename({ name: markup });
    const layer = new Layer(frame, {
      style: colorCategoryStyle(markup),
      title: markup,
      widgets: [categoryWidget(markup, { title: markup, description: markup })],
      popupHover: [popupElement(markup, { title: markup })],
      popupClick: [popupElement(markup)],
    });
    const map = new CartoMap(layer, {
      title: markup,
      description: markup,
      layerSelector: true,
      basemap: "white",
    });
    const { tab } = await open(map);
    assertEquals(await tab.evaluate("typeof window.hacked"), "undefined");
    assertEquals(await tab.evaluate("document.title"), markup);
    assertEquals(await texts(tab, "h1"), [markup]);
    assertEquals((await texts(tab, ".category .label")).toSorted(), names.toSorted());
    assertEquals((await texts(tab, ".lines li")).toSorted(), names.toSorted());
    await tab.move(...await project(tab, 1, 1));
    await tab.until(`document.querySelector(".popup.hover dd")?.textContent === ${JSON.stringify(names[0])}`);
    assertEquals(await tab.evaluate('document.querySelectorAll("img, iframe, main script").length'), 0);
  },
  "the policy lets no other script run, and nothing be fetched": async (open) => {
    const { tab, html } = await open(new CartoMap(new Layer(points), white));
    assertMatch(html, /default-src 'none'; script-src 'sha256-[^']+' 'sha256-[^']+'; style-src 'sha256-/);
    assert(!/unsafe-(eval|inline)/.test(html.slice(0, 2000)));
    await tab.evaluate(`(() => {
      const script = document.createElement("script");
      script.textContent = "window.hacked = 1";
      document.body.append(script);
      const image = document.createElement("div");
      image.innerHTML = '<img src="data:," onerror="window.hacked = 1">';
      document.body.append(image);
    })()`);
    await redrawn(tab);
    assertEquals(await tab.evaluate("typeof window.hacked"), "undefined");
    assertEquals(
      await tab.evaluate('fetch("https://example.org/").then(() => "came", () => "refused")'),
      "refused",
    );
    await tab.evaluate('setTimeout("window.hacked = 1"), new Promise((resolve) => setTimeout(resolve, 50))');
    assertEquals(await tab.evaluate("typeof window.hacked"), "undefined");
    assert(tab.console.some((line) => line.includes("Content Security Policy")));
  },
  "without WebGL the map is a picture, and says so": async (open) => {
    const script = `const original = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind.startsWith("webgl") ? null : original.call(this, kind, ...rest);
      };`;
    const { tab } = await open(new CartoMap(new Layer(points, { style: basicStyle(dots) }), white), {
      script,
      state: "preview",
    });
    await tab.until('!document.querySelector(".note").hidden');
    assertEquals(await texts(tab, ".note"), ["This browser has no WebGL: the map is shown as a picture"]);
    assertColor(colorAt(await tab.pixels(), [400, 300]), "#ffffff", "white beneath");
  },
});
