import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgumentError, UnsupportedError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import {
  basemaps,
  colorBinsStyle,
  histogramWidget,
  Layer,
  Layout,
  Map as CartoMap,
  type MapOptions,
  Source,
  themes,
} from "../../src/viz/mod.ts";
import type { PageMap } from "../../src/viz/page/description.ts";
import { PageReader, points } from "./_page_reader.ts";

const WORLD = [-180, -90, 180, 90] as const;

/** A frame whose box is given. */
function box(west: number, south: number, east: number, north: number): GeoDataFrame {
  return GeoDataFrame.fromColumns({ n: [1, 2] }).setGeometryFromXY([west, east], [south, north]);
}

async function describe(options: MapOptions = {}, ...layers: Layer[]): Promise<PageMap> {
  const { page } = await PageReader.of(new CartoMap(layers, options));
  return page.document.maps[0] as PageMap;
}

Deno.test("VIZ-001: a map without layers shows the world", async () => {
  assertEquals((await describe()).bounds, WORLD);
});

Deno.test("VIZ-002 VIZ-003: bounds are taken as they are, and cut to the world", async () => {
  assertEquals((await describe({ bounds: [[-10, -20], [30, 40]] })).bounds, [-10, -20, 30, 40]);
  assertEquals((await describe({ bounds: [[-200, -100], [200, 100]] })).bounds, WORLD);
});

Deno.test("VIZ-004 VIZ-005 VIZ-006: bounds of another shape are refused with the right one", () => {
  const refuse = (bounds: unknown, message: string) =>
    assertThrows(() => new CartoMap([], { bounds: bounds as never }), ArgumentError, message);
  refuse([[1, 2]], "Bounds list must have exactly four values in the order: [[west, south], [east, north]]");
  refuse([1, 2, 3, 4], "Bounds list must have exactly four values");
  refuse({ west: 1 }, 'Bounds must have "west", "south", "east" and "north" properties');
  refuse("x", "Bounds must be a list or an object");
  refuse([[1, 2], [3, NaN]], "a side is no number");
  refuse([[1, 5], [3, 2]], "the south is north of the north");
});

Deno.test("VIZ-007: a map shows all of its layers", async () => {
  const layers = [new Layer(box(-10, -30, 0, 0)), new Layer(box(0, 0, 20, 5))];
  assertEquals((await describe({}, ...layers)).bounds, [-10, -30, 20, 5]);
});

Deno.test("VIZ-008: a layer without features does not widen what is shown", async () => {
  const empty = points({ n: new Float64Array() });
  assertEquals((await describe({}, new Layer(empty), new Layer(box(0, 0, 20, 5)))).bounds, [0, 0, 20, 5]);
  assertEquals((await describe({}, new Layer(empty))).bounds, WORLD);
});

Deno.test("VIZ-009: bounds of a layer stand for those of its data", async () => {
  const layer = new Layer(box(-10, -30, 0, 0), { bounds: [[1, 2], [3, 4]] });
  assertEquals((await describe({}, layer)).bounds, [1, 2, 3, 4]);
});

Deno.test("VIZ-010 VIZ-011 VIZ-012 VIZ-013 VIZ-014: the camera goes where the viewport says, and stays otherwise", async () => {
  const camera = async (viewport?: MapOptions["viewport"]) => (await describe({ viewport })).viewport;
  assertEquals(await camera({ zoom: 5 }), { center: null, zoom: 5, bearing: null, pitch: null });
  assertEquals((await camera({ zoom: 5, lat: 50, lng: -10 }))?.center, [-10, 50]);
  assertEquals((await camera({ lat: 1 }))?.center, null);
  assertEquals(await camera({ bearing: 1, pitch: 2 }), { center: null, zoom: null, bearing: 1, pitch: 2 });
  assertEquals(await camera(), null);
});

Deno.test("a viewport that is none is refused, and the error names the part", () => {
  const argumentOf = (viewport: unknown) =>
    assertThrows(() => new CartoMap([], { viewport: viewport as never }), ArgumentError).argument;
  assertEquals(argumentOf({ zoom: "5" }), "viewport.zoom");
  assertEquals(argumentOf({ lat: 91 }), "viewport.lat");
  assertEquals(argumentOf({ pitch: NaN }), "viewport.pitch");
  assertEquals(argumentOf({ longitude: 1 }), "viewport");
  assertEquals(argumentOf(5), "viewport");
});

Deno.test("VIZ-016 VIZ-017: a size is in pixels, or as CSS says", async () => {
  assertEquals((await describe({ size: [1024, 632] })).size, ["1024px", "632px"]);
  assertEquals((await describe({ size: ["100%", 400] })).size, ["100%", "400px"]);
  assertEquals((await describe()).size, null);
  for (const size of [[1], [0, 5], ["1px;color:red", 5], "100%", [NaN, 1]]) {
    assertThrows(() => new CartoMap([], { size: size as never }), ArgumentError, "size");
  }
});

Deno.test("VIZ-018: a title is text, whatever it holds, and goes into the description as it is", async () => {
  const page = await PageReader.of(new CartoMap([], { title: 'a "q" <b> </script>', description: "&" }));
  const { document } = page.page;
  assertEquals([document.title, document.maps[0]?.title], ['a "q" <b> </script>', 'a "q" <b> </script>']);
  assertEquals([document.description, document.maps[0]?.description], ["&", "&"]);
  assertThrows(() => new CartoMap([], { title: 5 as never }), ArgumentError, "title");
});

Deno.test("VIZ-020 VIZ-021 VIZ-022: bounds by name are west, south, east, north", async () => {
  const bounds = async (west: number, south: number, east: number, north: number) =>
    (await describe({ bounds: { west, south, east, north } })).bounds;
  assertEquals(await bounds(-10, -10, 10, 10), [-10, -10, 10, 10]);
  assertEquals(await bounds(1, 3, 2, 4), [1, 3, 2, 4]);
  assertEquals(await bounds(-1000, -1000, 1000, 1000), WORLD);
});

Deno.test("bounds whose west is beyond their east cross the antimeridian", async () => {
  assertEquals((await describe({ bounds: [[170, -20], [-170, 10]] })).bounds, [170, -20, 190, 10]);
});

Deno.test("layers on both sides of the antimeridian are shown close together", async () => {
  const fiji = new Layer(box(178, -18, -178, -16));
  assertEquals((await describe({}, fiji, new Layer(box(-175, -22, -173, -15)))).bounds, [178, -22, 187, -15]);
  assertEquals((await describe({}, fiji, new Layer(box(170, -22, 175, -15)))).bounds, [170, -22, 182, -15]);
  const wide = (west: number, east: number) =>
    new Layer(box(0, 0, 1, 1), { bounds: [[west, -50], [east, 50]] });
  assertEquals((await describe({}, fiji, wide(-170, 170))).bounds, [-170, -50, 182, 50]);
  assertEquals((await describe({}, fiji, wide(-180, 180))).bounds, [-180, -50, 180, 50]);
});

Deno.test("without a basemap the land is outlined, which needs no network", async () => {
  assertEquals((await describe()).basemap, { kind: "outline" });
  assertEquals((await describe({ basemap: basemaps.outline })).basemap, { kind: "outline" });
});

Deno.test("VIZ-024: CARTO's basemaps have names, in any case", async () => {
  assertEquals(basemaps, {
    outline: "Outline",
    positron: "Positron",
    voyager: "Voyager",
    darkmatter: "DarkMatter",
  });
  for (
    const [name, style] of [["Positron", "positron"], ["voyager", "voyager"], ["DARKMATTER", "dark-matter"]]
  ) {
    const { basemap } = await describe({ basemap: name });
    assert(basemap.kind === "style");
    assertEquals(basemap.url, `https://basemaps.cartocdn.com/gl/${style}-gl-style/style.json`);
    assert(basemap.attribution.includes("OpenStreetMap") && basemap.attribution.includes("CARTO"));
  }
});

Deno.test("VIZ-025 VIZ-026: DarkMatter is dark, unless told otherwise", async () => {
  assertEquals((await describe({ basemap: basemaps.darkmatter })).theme, "dark");
  assertEquals((await describe({ basemap: basemaps.darkmatter, theme: themes.light })).theme, "light");
  assertEquals([(await describe()).theme, (await describe({ theme: "dark" })).theme], ["light", "dark"]);
});

Deno.test("VIZ-027: another theme is refused", () => {
  assertThrows(
    () => new CartoMap([], { theme: "x" as never }),
    ArgumentError,
    "This theme is not valid. Valid themes types are: dark, light",
  );
});

Deno.test("VIZ-028 VIZ-029 VIZ-030: a color is a plain background; null is white, false nothing", async () => {
  const color = async (basemap: MapOptions["basemap"]) => (await describe({ basemap })).basemap;
  assertEquals(await color("yellow"), { kind: "color", color: "#ffff00" });
  assertEquals(await color("rgb(1,2,3)"), { kind: "color", color: "#010203" });
  assertEquals(await color("#fff"), { kind: "color", color: "#ffffff" });
  assertEquals(await color(null), { kind: "color", color: "#ffffff" });
  assertEquals(await color(false), { kind: "color", color: "#00000000" });
  assertThrows(() => new CartoMap([], { basemap: "posittron" }), ArgumentError, "neither a basemap nor");
});

Deno.test("VIZ-032: a style of Mapbox is refused with the reason", () => {
  assertThrows(() => new CartoMap([], { basemap: { style: "mapbox://x" } }), UnsupportedError, "Mapbox");
});

Deno.test("VIZ-033: a basemap of one's own needs a style", () => {
  assertThrows(
    () => new CartoMap([], { basemap: { token: "tk" } as never }),
    ArgumentError,
    "If basemap is a dict, it must have a `style` key",
  );
});

Deno.test("a key stands in the page only where its user put it", async () => {
  const style = "https://maps.example.org/style.json?key={token}";
  const { basemap } = await describe({ basemap: { style, token: "a b", attribution: "© Ana" } });
  assertEquals(basemap, {
    kind: "style",
    name: "maps.example.org",
    url: "https://maps.example.org/style.json?key=a%20b",
    attribution: "© Ana",
  });
  const refuse = (given: unknown, message: string) =>
    assertThrows(() => new CartoMap([], { basemap: given as never }), ArgumentError, message);
  refuse({ style }, "none is given");
  refuse({ style: "https://maps.example.org/style.json", token: "x" }, "no place for it");
  refuse({ style: "https://ana:secret@maps.example.org/style.json" }, "password");
  refuse({ style: "javascript:alert(1)" }, "neither a name nor an https address");
  refuse({ style: "data:application/json,{}" }, "neither a name nor an https address");
  const named = await describe({ basemap: { style: "Voyager" } });
  assertEquals(named.basemap.kind === "style" && named.basemap.name, "Voyager");
});

Deno.test("LAY-023: a static map has no legends and widgets", async () => {
  const layer = new Layer(points({ v: [1, 2] }), {
    style: colorBinsStyle("v"),
    widgets: histogramWidget("v"),
  });
  const still = await describe({ isStatic: true }, layer);
  assertEquals([still.isStatic, still.layers[0]?.legends, still.layers[0]?.widgets], [true, [], []]);
  const moving = await describe({}, layer);
  assertEquals([moving.layers[0]?.legends.length, moving.layers[0]?.widgets.length], [1, 1]);
});

Deno.test("LAY-024: beside a layer selector default legends have no title", async () => {
  const layer = new Layer(points({ v: [1, 2] }), { style: colorBinsStyle("v"), title: "T" });
  const map = await describe({ layerSelector: true }, layer);
  assertEquals([map.layerSelector, map.layers[0]?.title, map.layers[0]?.legends[0]?.title], [true, "T", ""]);
});

Deno.test("LAY-025: one layer needs no list; layers have names; anything else is refused", async () => {
  const layer = new Layer(points({ v: [1] }));
  assertEquals(new CartoMap(layer).layers, [layer]);
  assertEquals((await describe({}, layer, layer)).layers.map(({ title }) => title), ["Layer 1", "Layer 2"]);
  for (const layers of [5, "x", [layer, 5], points({ v: [1] }), null]) {
    assertThrows(() => new CartoMap(layers as never), ArgumentError, "the layers must be one Layer");
  }
});

Deno.test("LAY-026 LAY-027 LAY-028: a layout is a row of maps, or a grid", () => {
  const map = new CartoMap();
  const grid = (layout: Layout) => [layout.nSize, layout.mSize, layout.isStatic];
  assertEquals(grid(new Layout([])), [0, 1, false]);
  assertEquals(grid(new Layout([map, map])), [2, 1, false]);
  assertEquals(grid(new Layout([map, map], { nSize: 1, mSize: 2 })), [1, 2, false]);
  assertEquals(grid(new Layout([map, map, map], { nSize: 2 })), [2, 2, false]);
  assertEquals(grid(new Layout([map, map, map], { mSize: 2 })), [2, 2, false]);
});

Deno.test("LAY-029: a layout is made of maps", () => {
  for (const maps of [[new Layer(points({ v: [1] }))], new CartoMap(), null]) {
    assertThrows(
      () => new Layout(maps as never),
      ArgumentError,
      "All the elements in the Layout should be an instance of Map",
    );
  }
});

Deno.test("LAY-030 LAY-031 LAY-032: a layout's viewport and stillness hold for maps that say nothing", async () => {
  const maps = [new CartoMap([], { viewport: { zoom: 2 }, isStatic: false }), new CartoMap()];
  const of = async (options: ConstructorParameters<typeof Layout>[1]) =>
    (await PageReader.of(new Layout(maps, options))).page.document.maps;
  assertEquals((await of({ viewport: { zoom: 5 } })).map(({ viewport }) => viewport?.zoom), [2, 5]);
  assertEquals((await of({ isStatic: true })).map(({ isStatic }) => isStatic), [false, true]);
  const all = await PageReader.of(new Layout([new CartoMap(), new CartoMap()], { isStatic: true }));
  assertEquals(all.page.document.maps.map(({ isStatic }) => isStatic), [true, true]);
  const still = await PageReader.of(new Layout([new CartoMap([], { isStatic: true })]));
  assertEquals(still.page.document.maps[0]?.isStatic, true);
});

Deno.test("LAY-033: cells without a map stay empty; maps without a cell are refused", async () => {
  const maps = [new CartoMap(), new CartoMap(), new CartoMap()];
  const { document } = (await PageReader.of(new Layout(maps, { nSize: 2, mSize: 2 }))).page;
  assertEquals(document.grid, { columns: 2, rows: 2, mapHeight: 250, fullHeight: true });
  assertEquals(document.maps.length, 3);
  assertThrows(() => new Layout(maps, { nSize: 1, mSize: 2 }), ArgumentError, "too few cells");
  assertThrows(() => new Layout(maps, { mapHeight: 0 }), ArgumentError, "mapHeight");
});

Deno.test("LAY-034: the maps of a layout come in its order, and share sources", async () => {
  const source = new Source(points({ v: [1, 2] }));
  const maps = ["One", "Two"].map((title) => new CartoMap(new Layer(source), { title }));
  const { document } = (await PageReader.of(new Layout(maps))).page;
  assertEquals(document.maps.map(({ title }) => title), ["One", "Two"]);
  assertEquals(document.sources.length, 1);
});

Deno.test("a map that is described twice is the same", async () => {
  const map = new CartoMap(new Layer(points({ v: [1, 2] }), { style: colorBinsStyle("v") }));
  const [first, second] = [await PageReader.of(map), await PageReader.of(map)];
  assertEquals(first.page.document, second.page.document);
});

Deno.test("a signal ends the making of a map", async () => {
  const map = new CartoMap(new Layer(points({ v: [1] })));
  await assertRejects(() => map.toHTML({ signal: AbortSignal.abort(new Error("enough")) }), Error, "enough");
});
