/** Legends, widgets and popups. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgumentError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import {
  animationStyle,
  animationWidget,
  basicLegend,
  basicStyle,
  basicWidget,
  categoryWidget,
  clusterSizeStyle,
  colorBinsLegend,
  colorBinsStyle,
  colorCategoryLegend,
  colorCategoryStyle,
  colorContinuousLegend,
  colorContinuousStyle,
  defaultLegend,
  defaultPopupElement,
  defaultWidget,
  formulaWidget,
  histogramWidget,
  isolinesStyle,
  Layer,
  type LayerOptions,
  palettes,
  popupElement,
  sizeBinsLegend,
  sizeBinsStyle,
  sizeCategoryLegend,
  sizeCategoryStyle,
  sizeContinuousLegend,
  sizeContinuousStyle,
  timeSeriesWidget,
} from "../../src/viz/mod.ts";
import type { PageLayer } from "../../src/viz/page/description.ts";
import { PageReader, points, shapes } from "./_page_reader.ts";

const SOURCE = points({ pop: [1, 2, 3], name: ["a", "b", "a"], value_1: [1, 2, 3], value_2: [1, 2, 3] });
const describe = async (options: LayerOptions): Promise<PageLayer> =>
  (await PageReader.ofLayer(SOURCE, options)).layer;
const bins = colorBinsStyle("pop");

Deno.test("UI-001: a legend is about the color, and follows the viewport", async () => {
  const legend = colorCategoryLegend({ title: "T", description: "D", footer: "F" });
  assertEquals(legend, {
    type: "color-category",
    prop: "color",
    dynamic: true,
    ascending: true,
    title: "T",
    description: "D",
    footer: "F",
    format: undefined,
  });
  const { legends } = await describe({ style: colorCategoryStyle("name"), legends: legend });
  assertEquals<unknown>(legends, [{ ...legend, geometry: "point", format: null }]);
});

Deno.test("UI-002: a legend of an unknown type is refused with the types that there are", () => {
  const error = assertThrows(
    () => new Layer(SOURCE, { legends: { ...basicLegend(), type: "xxx" as never } }),
    ArgumentError,
    'Legend type "xxx" is not valid',
  );
  for (const type of ["basic", "default", "color-bins", "size-continuous"]) {
    assert(error.message.includes(type));
  }
});

Deno.test("UI-003: a legend of an unknown property is refused with the properties that there are", () => {
  assertThrows(
    () => colorBinsLegend({ prop: "xxx" as never }),
    ArgumentError,
    'Legend property "xxx" is not valid. Valid legend properties are: color, strokeColor, size, strokeWidth',
  );
});

Deno.test("UI-004: a legend may be about the outline", async () => {
  const { legends } = await describe({
    style: basicStyle({ strokeColor: bins }),
    legends: colorBinsLegend({ prop: "strokeColor" }),
  });
  assertEquals(legends.map(({ prop, title }) => [prop, title]), [["strokeColor", "pop"]]);
});

Deno.test("UI-005 UI-007: legends of sizes are about the size; those of categories ascend", () => {
  const of = (legend: ReturnType<typeof sizeBinsLegend>) => [legend.type, legend.prop, legend.ascending];
  assertEquals(of(sizeBinsLegend()), ["size-bins", "size", false]);
  assertEquals(of(sizeContinuousLegend()), ["size-continuous", "size", false]);
  assertEquals(of(sizeCategoryLegend()), ["size-category", "size", true]);
  assertEquals(of(colorCategoryLegend()), ["color-category", "color", true]);
  assertEquals(of(colorBinsLegend()), ["color-bins", "color", false]);
  assertEquals(of(colorContinuousLegend({ ascending: true })), ["color-continuous", "color", true]);
});

Deno.test("UI-008: a basic legend shows the layer's look", async () => {
  const { legends } = await describe({ legends: basicLegend({ title: "B" }) });
  assertEquals(legends.map(({ type, geometry, title }) => [type, geometry, title]), [[
    "basic",
    "point",
    "B",
  ]]);
  const areas = await PageReader.ofLayer(shapes("polygon", { n: [1] }), {
    legends: basicLegend(),
    title: "T",
  });
  assertEquals(areas.layer.legends.map(({ geometry, title }) => [geometry, title]), [["polygon", "T"]]);
});

Deno.test("UI-009: a default legend is that of the style, with texts of one's own", async () => {
  const { legends } = await describe({ style: bins, legends: defaultLegend({ title: "X", format: ".1f" }) });
  assertEquals(legends.map(({ type, title, format }) => [type, title, format]), [["color-bins", "X", ".1f"]]);
  const categories = await describe({ style: colorCategoryStyle("name"), legends: defaultLegend() });
  assertEquals(categories.legends.map(({ ascending, title }) => [ascending, title]), [[true, "name"]]);
  await assertRejects(() => describe({ legends: defaultLegend() }), ArgumentError, "default legend");
});

Deno.test("UI-010: no legends where none are wanted", async () => {
  assertEquals((await describe({ style: bins, defaultLegend: false })).legends, []);
  assertEquals((await describe({ style: bins, legends: false })).legends, []);
  assertEquals((await describe({ style: bins, legends: [] })).legends, []);
  assertEquals((await describe({ style: bins, legends: true })).legends.length, 1);
});

Deno.test("UI-011: a layer's title is its legend's", async () => {
  assertEquals((await describe({ style: bins, title: "T" })).legends[0]?.title, "T");
  assertEquals((await describe({ style: bins })).legends[0]?.title, "pop");
});

Deno.test("UI-012: a list of legends holds legends", () => {
  for (const legends of [[5], 5, [basicLegend(), null], [histogramWidget("pop")]]) {
    assertThrows(
      () => new Layer(SOURCE, { legends: legends as never }),
      ArgumentError,
      "Legends list contains invalid elements",
    );
  }
});

Deno.test("a legend of classes needs a style of classes", async () => {
  await assertRejects(
    () => describe({ style: bins, legends: colorCategoryLegend() }),
    ArgumentError,
    'Cannot show a legend of type "color-category" for color',
  );
  await assertRejects(() => describe({ legends: sizeBinsLegend() }), ArgumentError, "size-bins");
});

Deno.test("styles by kind have a legend for each property that follows a column", async () => {
  const frame = GeoDataFrame.fromColumns({ n: [1, 2], c: ["a", "b"] }).setGeometry([
    "POINT(1 1)",
    "POLYGON((0 0, 1 0, 1 1, 0 0))",
  ]);
  const style = {
    point: basicStyle({ size: sizeBinsStyle("n") }),
    polygon: basicStyle({ color: colorCategoryStyle("c") }),
  };
  const { layer } = await PageReader.ofLayer(frame, { style });
  assertEquals(layer.legends.map(({ type, geometry, title }) => `${type} ${geometry} ${title}`).sort(), [
    "color-category polygon c",
    "size-bins point n",
  ]);
  assertEquals(layer.popupHover.map(({ title }) => title).sort(), ["c", "n"]);
  const sized = await PageReader.ofLayer(frame, { style: sizeBinsStyle("n") });
  assertEquals(sized.layer.legends.map(({ geometry }) => geometry), ["point"]);
});

Deno.test("each style has its default legend, widget and popup", async () => {
  const of = async (style: Layer["style"], source = SOURCE) => {
    const { layer } = await PageReader.ofLayer(source, { style, defaultWidget: true });
    return [
      layer.legends.map(({ type }) => type).join(),
      layer.widgets.map(({ type, title }) => `${type} ${title}`.trim()).join(),
      layer.popupHover.map(({ title }) => title).join(),
    ];
  };
  assertEquals(await of(basicStyle()), ["", "basic", ""]);
  assertEquals(await of(undefined), ["", "basic", ""]);
  assertEquals(await of(bins), ["color-bins", "histogram pop", "pop"]);
  assertEquals(await of(colorCategoryStyle("name")), ["color-category", "category name", "name"]);
  assertEquals(await of(colorContinuousStyle("pop")), ["color-continuous", "histogram Distribution", "pop"]);
  assertEquals(await of(sizeBinsStyle("pop")), ["size-bins", "histogram pop", "pop"]);
  assertEquals(await of(sizeCategoryStyle("name")), ["size-category", "category name", "name"]);
  assertEquals(await of(sizeContinuousStyle("pop")), ["size-continuous", "histogram pop", "pop"]);
  assertEquals(await of(clusterSizeStyle("pop")), ["size-continuous", "formula count", "count"]);
  assertEquals(await of(clusterSizeStyle("pop", { operation: "sum" })), [
    "size-continuous",
    "histogram pop",
    "pop (sum)",
  ]);
  const lines = points({ range_label: ["5 min."] });
  assertEquals(await of(isolinesStyle(), lines), ["color-category", "category range_label", "range_label"]);
  assertEquals(await of(animationStyle("pop")), ["", "time-series pop", "pop"]);
});

Deno.test("UI-013: a widget filters, has twenty bars, and weighs as much as the others", () => {
  assertEquals(formulaWidget("amount", "sum"), {
    type: "formula",
    value: "amount",
    operation: "sum",
    isGlobal: false,
    title: undefined,
    description: "",
    footer: "",
    format: undefined,
    readOnly: false,
    buckets: 20,
    weight: 1,
  });
});

Deno.test("UI-014: an animation widget is about no column", async () => {
  assertEquals([animationWidget().type, animationWidget().value], ["animation", undefined]);
  const { widgets } = await describe({
    style: animationStyle("pop"),
    widgets: animationWidget({ title: "A" }),
  });
  assertEquals(widgets, [{ type: "animation", title: "A", description: "", footer: "" }]);
  await assertRejects(() => describe({ widgets: animationWidget() }), ArgumentError, "no animation");
});

Deno.test("UI-016: a widget of an unknown type is refused with the types that there are", () => {
  assertThrows(
    () => new Layer(SOURCE, { widgets: { ...basicWidget(), type: "x" as never } }),
    ArgumentError,
    "Widget type is not valid. Valid widget types are: basic, default, formula, histogram, category, animation",
  );
  assertThrows(() => new Layer(SOURCE, { widgets: [5] as never }), ArgumentError, "invalid elements");
});

Deno.test("UI-017 UI-018 UI-019: a formula is of the viewport or of all, its operation in any case", async () => {
  const formula = async (...args: Parameters<typeof formulaWidget>) =>
    (await describe({ widgets: formulaWidget(...args) })).widgets[0];
  const plain = { description: "", footer: "", type: "formula", format: null };
  assertEquals<unknown>(await formula("pop", "sum"), {
    ...plain,
    title: "pop (sum)",
    operation: "sum",
    column: "pop",
    isGlobal: false,
  });
  assertEquals<unknown>(await formula("any", "COUNT", { isGlobal: true, title: "N" }), {
    ...plain,
    title: "N",
    operation: "count",
    column: null,
    isGlobal: true,
  });
});

Deno.test("UI-020: an unknown operation is refused with the ones that there are", () => {
  for (const operation of ["median", undefined, null]) {
    assertThrows(
      () => formulaWidget("pop", operation as never),
      ArgumentError,
      "Valid operations are count, avg, min, max, sum",
    );
  }
});

Deno.test("UI-021: a basic widget is text alone", async () => {
  const { widgets } = await describe({ widgets: basicWidget({ title: "Custom Info" }) });
  assertEquals(widgets, [{ type: "basic", title: "Custom Info", description: "", footer: "" }]);
});

Deno.test("UI-022 UI-023: the columns of widgets are in the page", async () => {
  const page = await PageReader.ofLayer(SOURCE, {
    widgets: [histogramWidget("pop"), formulaWidget("value_1", "avg"), formulaWidget("value_2", "count")],
  });
  assertEquals(page.data.columns.map(({ name }) => name), ["pop", "value_1"]);
});

Deno.test("UI-024: a default widget is about the style's column", async () => {
  const { widgets } = await describe({ style: bins, widgets: defaultWidget({ title: "WT", buckets: 5 }) });
  assertEquals<unknown>(widgets, [{
    type: "histogram",
    title: "WT",
    description: "",
    footer: "",
    column: "pop",
    buckets: 5,
    readOnly: false,
    weight: 1,
  }]);
});

Deno.test("UI-025: a layer's title is its default widget's", async () => {
  const { widgets } = await describe({ style: bins, defaultWidget: true, title: "T" });
  assertEquals(widgets.map(({ type, title }) => [type, title]), [["histogram", "T"]]);
  assertEquals((await describe({ style: bins, widgets: true })).widgets.length, 1);
});

Deno.test("a time series brings a clock, unless the layer plays by another column", async () => {
  const layer = await describe({ widgets: timeSeriesWidget("pop", { readOnly: true }) });
  assertEquals(layer.animation, { column: "pop", domain: [1, 3], duration: 20, fade: [1, 1] });
  assertEquals(layer.widgets[0]?.type === "time-series" && layer.widgets[0].readOnly, true);
  const same = await describe({
    style: animationStyle("pop", { duration: 5 }),
    widgets: timeSeriesWidget("pop"),
  });
  assertEquals(same.animation?.duration, 5);
  await assertRejects(
    () => describe({ style: animationStyle("pop"), widgets: timeSeriesWidget("value_1") }),
    ArgumentError,
    'Cannot show a time series of "value_1": the layer plays by "pop"',
  );
  await assertRejects(() => describe({ widgets: timeSeriesWidget("name") }), ArgumentError, "are needed");
});

Deno.test("a widget's column is looked up, and sums are of numbers", async () => {
  const missing = await assertRejects(() => describe({ widgets: categoryWidget("nam") }), ArgumentError);
  assertEquals([missing.message, missing.argument], ['Column "nam" does not exist', "widgets"]);
  await assertRejects(() => describe({ widgets: formulaWidget("name", "sum") }), ArgumentError, "are needed");
});

Deno.test("options of widgets and popups are checked, and the error names them", () => {
  const argumentOf = (make: () => unknown) => assertThrows(make, ArgumentError).argument;
  assertEquals(argumentOf(() => histogramWidget("v", { buckets: 0 })), "buckets");
  assertEquals(argumentOf(() => categoryWidget("v", { weight: -1 })), "weight");
  assertEquals(argumentOf(() => categoryWidget(undefined as never)), "value");
  assertEquals(argumentOf(() => histogramWidget("")), "value");
  assertEquals(argumentOf(() => basicWidget({ title: 5 as never })), "title");
  assertEquals(argumentOf(() => formulaWidget("v", "sum", { format: "two" })), "format");
  assertEquals(argumentOf(() => colorBinsLegend({ format: ".2q" })), "format");
  assertEquals(argumentOf(() => popupElement("")), "value");
  assertEquals(argumentOf(() => popupElement("v", { format: "%d%d" })), "format");
  for (const format of [".2f", ",d", ".0%", "$,.2f", "+.3s", "~s", "0>8,.1f", "(.2f", "x", ""]) {
    assertEquals(popupElement("v", { format }).format, format);
  }
});

Deno.test("UI-029: a popup's title is the column, unless told", async () => {
  assertEquals(popupElement("pop"), { value: "pop", title: undefined, format: undefined });
  const { popupHover } = await describe({ popupHover: popupElement("pop") });
  assertEquals(popupHover, [{ title: "pop", value: { kind: "column", column: "pop" }, format: null }]);
});

Deno.test("UI-030 UI-031: popups on hover and click have their own elements, shown in the order given", async () => {
  const layer = await describe({
    popupClick: [popupElement("pop"), popupElement("name")],
    popupHover: [popupElement("pop", { title: "Pop" }), popupElement("value_1")],
  });
  assertEquals(layer.popupClick.map(({ title }) => title), ["pop", "name"]);
  assertEquals(layer.popupHover.map(({ title }) => title), ["Pop", "value_1"]);
});

Deno.test("UI-032: the caller's lists stay as they are", async () => {
  const list = [popupElement("pop"), popupElement("name")];
  const layer = new Layer(SOURCE, { popupHover: list, popupClick: list });
  await PageReader.ofLayer(layer.source, { popupHover: list });
  assertEquals(list.map(({ value }) => value), ["pop", "name"]);
});

Deno.test("UI-033 UI-034 UI-035: the style's column pops up, unless nothing is wanted", async () => {
  const titles = async (options: LayerOptions) =>
    (await describe({ style: bins, ...options })).popupHover.map(({ title }) => title);
  assertEquals(await titles({}), ["pop"]);
  assertEquals(await titles({ popupHover: false }), []);
  assertEquals(await titles({ popupHover: [] }), []);
  assertEquals(await titles({ defaultPopupHover: false }), []);
  assertEquals(await titles({ defaultPopupHover: false, popupHover: popupElement("name") }), ["name"]);
});

Deno.test("UI-036: the style's column may pop up on a click too, under the layer's title", async () => {
  const layer = await describe({ style: bins, defaultPopupClick: true, title: "T" });
  assertEquals([layer.popupClick[0]?.title, layer.popupHover[0]?.title], ["T", "T"]);
  assertEquals((await describe({ style: bins, popupClick: true })).popupClick.length, 1);
  assertEquals((await describe({ style: bins })).popupClick, []);
});

Deno.test("UI-037: a default popup element takes the style's value, with title and format of one's own", async () => {
  const { popupHover } = await describe({
    style: bins,
    popupHover: [defaultPopupElement({ title: "X", format: ".2f" }), popupElement("name")],
  });
  assertEquals(popupHover[0], { title: "X", value: { kind: "column", column: "pop" }, format: ".2f" });
  await assertRejects(() => describe({ popupHover: defaultPopupElement() }), ArgumentError, "default popup");
});

Deno.test("UI-038: a cluster's popup tells what the cluster gathers", async () => {
  const of = async (style: Layer["style"]) => (await describe({ style })).popupHover[0];
  assertEquals(await of(clusterSizeStyle("pop")), {
    title: "count",
    value: { kind: "cluster", operation: "count", column: null },
    format: null,
  });
  assertEquals(await of(clusterSizeStyle("pop", { operation: "sum" })), {
    title: "pop (sum)",
    value: { kind: "cluster", operation: "sum", column: "pop" },
    format: null,
  });
});

Deno.test("UI-039: a popup is made of popup elements", () => {
  for (const popup of [1234, "pop", [popupElement("pop"), 5]]) {
    assertThrows(() => new Layer(SOURCE, { popupHover: popup as never }), ArgumentError, "Wrong popup input");
    assertThrows(() => new Layer(SOURCE, { popupClick: popup as never }), ArgumentError, "Wrong popup input");
  }
});

Deno.test("UI-040: without a style and elements nothing pops up", async () => {
  const layer = await describe({});
  assertEquals([layer.popupHover, layer.popupClick], [[], []]);
});

Deno.test("UI-041 UI-042: palettes are named in capitals, and none is missing", () => {
  assertEquals([palettes.burg, palettes.vivid, palettes.cb_ylgn], ["BURG", "VIVID", "CB_YLGN"]);
  assertEquals(Object.keys(palettes).length, 69);
  assert(!("vividcb_ylgn" in palettes));
});
