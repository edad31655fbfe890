import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgumentError } from "../../src/errors/carto_error.ts";
import {
  animationStyle,
  basicStyle,
  clusterSizeStyle,
  colorBinsStyle,
  colorCategoryStyle,
  colorContinuousStyle,
  isolinesStyle,
  Layer,
  sizeBinsStyle,
  sizeCategoryStyle,
  sizeContinuousStyle,
} from "../../src/viz/mod.ts";
import type {
  PageBins,
  PageCategoryScale,
  PageContinuous,
  PageScale,
} from "../../src/viz/page/description.ts";
import { PageReader, points, shapes } from "./_page_reader.ts";

const V = { v: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] };
const P = points(V);
const L = shapes("line", V);
const G = shapes("polygon", V);
const constant = <T extends string | number>(value: T): PageScale<T> => ({ kind: "constant", value });
const zoom = (zooms: [number, number], values: [number, number]): PageScale<number> => ({
  kind: "zoom",
  zooms,
  values,
});
const styleOf = async (source: typeof P, style: Layer["style"]) =>
  (await PageReader.ofLayer(source, { style })).style;

Deno.test("STY-001: points without a style are red and grow with the zoom", async () => {
  const style = await styleOf(P, undefined);
  assertEquals(style.color, constant("#ee4d5a"));
  assertEquals(style.size, zoom([0, 18], [2, 10]));
  assertEquals(style.strokeWidth, zoom([0, 18], [0, 1]));
  assertEquals([style.strokeColor, style.strokeOpacity], [constant("#222222"), zoom([0, 18], [0, 0.6])]);
});

Deno.test("STY-002: lines without a style are green and grow with the zoom", async () => {
  const style = await styleOf(L, undefined);
  assertEquals([style.color, style.size], [constant("#4cc8a3"), zoom([0, 18], [0.5, 4])]);
});

Deno.test("STY-003: polygons without a style are violet, their outlines darken with the zoom", async () => {
  const style = await styleOf(G, undefined);
  assertEquals(style.color, constant("#826dba"));
  assertEquals([style.strokeColor, style.strokeOpacity], [constant("#2c2c2c"), zoom([2, 18], [0.2, 0.6])]);
  assertEquals(style.strokeWidth, zoom([2, 18], [0.5, 1]));
});

Deno.test("STY-004 STY-005: a basic style is opaque on points, and nearly so on polygons", async () => {
  const point = await styleOf(P, basicStyle());
  assertEquals([point.color, point.opacity], [constant("#ee4d5a"), constant(1)]);
  const polygon = await styleOf(G, basicStyle());
  assertEquals([polygon.color, polygon.opacity], [constant("#826dba"), constant(0.9)]);
});

Deno.test("STY-006: a basic style sets every property", async () => {
  const style = await styleOf(
    P,
    basicStyle({ color: "red", size: 5, opacity: 0.5, strokeColor: "blue", strokeWidth: 2 }),
  );
  assertEquals(
    style,
    {
      color: constant("#ff0000"),
      opacity: constant(0.5),
      size: constant(5),
      strokeColor: constant("#0000ff"),
      strokeOpacity: constant(1),
      strokeWidth: constant(2),
    } as typeof style,
  );
});

Deno.test("STY-007: zero is a size, an opacity and a width", async () => {
  const style = await styleOf(P, basicStyle({ size: 0, opacity: 0, strokeWidth: 0 }));
  assertEquals([style.size, style.opacity, style.strokeWidth], [constant(0), constant(0), constant(0)]);
});

Deno.test("STY-008 STY-009: color bins are five quantiles of purpor", async () => {
  for (const [source, opacity] of [[P, 1], [L, 1], [G, 0.9]] as const) {
    const style = await styleOf(source, colorBinsStyle("v"));
    assertEquals(style.opacity, constant<number>(opacity));
    assertEquals(style.color, {
      kind: "bins",
      column: "v",
      breaks: [3, 5, 7, 9],
      values: ["#f9ddda", "#eda8bd", "#ce78b3", "#9955a8", "#573b88"],
      noData: null,
      domain: [1, 10],
      method: "quantiles",
    });
  }
  assertEquals(colorBinsStyle("v").palette, "PURPOR");
});

Deno.test("STY-010: without an animation nothing moves", async () => {
  assertEquals((await PageReader.ofLayer(P, { style: colorBinsStyle("v") })).layer.animation, null);
});

Deno.test("STY-011: equal intervals, as many as wanted, of a named palette", async () => {
  const { color } = await styleOf(P, colorBinsStyle("v", { method: "equal", bins: 3, palette: "sunset" }));
  assertEquals([(color as PageBins<string>).breaks, (color as PageBins<string>).values], [
    [4, 7],
    ["#f3e79b", "#eb7f86", "#5c53a5"],
  ]);
});

Deno.test("STY-012: standard deviations have a palette of two directions", async () => {
  const style = colorBinsStyle("v", { method: "stdev" });
  assertEquals(style.palette, "TEMPS");
  const { breaks } = (await styleOf(P, style)).color as PageBins<string>;
  const deviation = Math.sqrt(8.25);
  assertEquals(
    breaks.map((each) => each.toFixed(9)),
    [-1.5, -0.5, 0.5, 1.5].map((i) => (5.5 + i * deviation).toFixed(9)),
  );
});

Deno.test("STY-013: breaks and colors of one's own; colors are spread over the classes", async () => {
  const { color } = await styleOf(P, colorBinsStyle("v", { breaks: [1, 2, 3], palette: ["red", "#fff"] }));
  const { breaks, values, method } = color as PageBins<string>;
  assertEquals([breaks, values, method], [[1, 2, 3], ["#ff0000", "#ff5555", "#ffaaaa", "#ffffff"], "custom"]);
});

Deno.test("STY-014: an apostrophe is part of a name; a column animates", async () => {
  const source = points({ "it's": [1, 2], d: [5, 7] });
  const { layer } = await PageReader.ofLayer(source, { style: colorBinsStyle("it's", { animate: "d" }) });
  assertEquals((layer.styles.point?.color as PageBins<string>).column, "it's");
  assertEquals(layer.animation, { column: "d", domain: [5, 7], duration: 20, fade: [1, 1] });
});

Deno.test("STY-015: an unknown method is refused with the ones that there are", () => {
  for (const make of [colorBinsStyle, sizeBinsStyle]) {
    const error = assertThrows(() => make("v", { method: "x" as never }), ArgumentError);
    assertEquals(error.message, 'Available methods are: "quantiles", "equal", "stdev"');
    assertEquals(error.argument, "method");
  }
});

Deno.test("STY-016: color categories are the eleven most frequent values in bold, and others", async () => {
  const letters = [..."aaabbcdefghijklmn"];
  const { color } = await styleOf(points({ v: letters }), colorCategoryStyle("v"));
  const { categories, values, others } = color as PageCategoryScale<string>;
  assertEquals(categories, [..."abcdefghijk"]);
  assertEquals([values.length, values[0], others], [11, "#7f3c8d", "#a5aa99"]);
});

Deno.test("STY-017: categories of one's own, in their order, a palette in any case", async () => {
  const { color } = await styleOf(
    points({ v: ["b", "c", "a"] }),
    colorCategoryStyle("v", { cat: ["a", "b"], palette: "BOLD" }),
  );
  assertEquals(color, {
    kind: "category",
    column: "v",
    categories: ["a", "b"],
    values: ["#7f3c8d", "#11a579"],
    others: "#a5aa99",
    noData: null,
  });
});

Deno.test("STY-018: continuous colors run from the smallest to the largest value of bluyl", async () => {
  const { color } = await styleOf(P, colorContinuousStyle("v"));
  const { domain, transform, values, noData } = color as PageContinuous<string>;
  assertEquals([domain, transform, values.length, noData], [[1, 10], "linear", 7, null]);
  assertEquals(colorContinuousStyle("v").palette, "BLUYL");
});

Deno.test("STY-019: a range and colors of one's own", async () => {
  const { color } = await styleOf(
    P,
    colorContinuousStyle("v", { rangeMin: 0, rangeMax: 100, palette: ["red", "blue"] }),
  );
  const { domain, values } = color as PageContinuous<string>;
  assertEquals([domain, values], [[0, 100], ["#ff0000", "#0000ff"]]);
});

Deno.test("STY-020: size bins of points", async () => {
  const style = await styleOf(P, sizeBinsStyle("v"));
  assertEquals((style.size as PageBins<number>).values, [2, 5, 8, 11, 14]);
  assertEquals([style.color, style.opacity], [constant("#ee5d5a"), constant(0.8)]);
});

Deno.test("STY-021: size bins of lines", async () => {
  const style = await styleOf(L, sizeBinsStyle("v"));
  assertEquals((style.size as PageBins<number>).values, [1, 3.25, 5.5, 7.75, 10]);
  assertEquals([style.color, style.opacity], [constant("#4cc8a3"), constant(0.8)]);
});

Deno.test("STY-022: size bins with breaks and sizes of one's own", async () => {
  const { size } = await styleOf(P, sizeBinsStyle("v", { breaks: [1, 2], sizeRange: [1, 5] }));
  assertEquals([(size as PageBins<number>).breaks, (size as PageBins<number>).values], [[1, 2], [1, 3, 5]]);
});

Deno.test("STY-023: size categories of points: the five most frequent values, and others", async () => {
  const style = await styleOf(points({ v: [..."aaabbbccddefg"] }), sizeCategoryStyle("v"));
  const { categories, values, others } = style.size as PageCategoryScale<number>;
  assertEquals(categories, [..."abcde"]);
  assertEquals([...values.map((size) => size.toFixed(1)), others], ["5.6", "9.2", "12.8", "16.4", "20.0", 2]);
  assertEquals([style.color, style.opacity], [constant("#f46d43"), constant(0.8)]);
});

Deno.test("STY-024: an opacity of zero is kept", async () => {
  assertEquals((await styleOf(P, sizeCategoryStyle("v", { opacity: 0 }))).opacity, constant(0));
});

Deno.test("STY-025: size categories of one's own", async () => {
  const { size } = await styleOf(
    points({ v: ["x", "y", "z"] }),
    sizeCategoryStyle("v", { cat: ["x", "y", "z"] }),
  );
  const { categories, values, others } = size as PageCategoryScale<number>;
  assertEquals([categories, values, others], [["x", "y", "z"], [2, 11, 20], null]);
});

Deno.test("STY-026: the area of a point runs with a number", async () => {
  const style = await styleOf(P, sizeContinuousStyle("v"));
  assertEquals(style.size, {
    kind: "continuous",
    column: "v",
    domain: [1, 10],
    transform: "sqrt",
    values: [2, 40],
    noData: null,
  });
  assertEquals([style.color, style.opacity], [constant("#ffb927"), constant(0.8)]);
});

Deno.test("STY-028: the width of a line runs with a number itself", async () => {
  const { size } = await styleOf(L, sizeContinuousStyle("v"));
  const { transform, values } = size as PageContinuous<number>;
  assertEquals([transform, values], ["linear", [1, 10]]);
});

Deno.test("STY-029: a range and sizes of one's own", async () => {
  const { size } = await styleOf(
    P,
    sizeContinuousStyle("v", { rangeMin: 1, rangeMax: 9, sizeRange: [3, 4] }),
  );
  const { domain, transform, values } = size as PageContinuous<number>;
  assertEquals([domain, transform, values], [[1, 9], "sqrt", [3, 4]]);
});

Deno.test("STY-030 STY-031: clusters count their points in cells of 32 pixels", async () => {
  const { layer, style, data } = await PageReader.ofLayer(P, { style: clusterSizeStyle("v") });
  assertEquals(layer.cluster, { resolution: 32, operation: "count", column: null, sizes: [4, 16, 32] });
  assertEquals([style.color, style.opacity], [constant("#ffb927"), constant(0.8)]);
  assertEquals(data.columns, []);
});

Deno.test("STY-032: clusters of a column, that play in five seconds", async () => {
  const { layer } = await PageReader.ofLayer(points({ v: [1, 2], d: [0, 9] }), {
    style: clusterSizeStyle("v", { operation: "avg", resolution: 8, animate: "d" }),
  });
  assertEquals(layer.cluster, { resolution: 8, operation: "avg", column: "v", sizes: [1, 4, 8] });
  assertEquals(layer.animation, { column: "d", domain: [0, 9], duration: 5, fade: [1, 1] });
});

Deno.test("STY-033: an unknown operation is refused with the ones that there are", () => {
  assertThrows(
    () => clusterSizeStyle("v", { operation: "x" as never }),
    ArgumentError,
    '"x" is not a valid operation. Valid operations are count, avg, min, max, sum',
  );
});

Deno.test("STY-034: isolines have a color for each range, the nearest first", async () => {
  const source = shapes("polygon", { range_label: ["10 min.", "5 min.", "15 min."] });
  const style = await styleOf(source, isolinesStyle());
  const { categories, others } = style.color as PageCategoryScale<string>;
  assertEquals([categories, others], [["5 min.", "10 min.", "15 min."], null]);
  assertEquals(style.opacity, constant(0.8));
  assertEquals([style.strokeColor, style.strokeOpacity], [constant("#96969666"), constant(1)]);
  assertEquals(isolinesStyle().palette, "PINKYL");
});

Deno.test("STY-035 STY-036: an animation takes 20 seconds, or as told", async () => {
  const plain = await PageReader.ofLayer(P, { style: animationStyle("v") });
  assertEquals(plain.layer.animation, { column: "v", domain: [1, 10], duration: 20, fade: [1, 1] });
  const told = await PageReader.ofLayer(P, {
    style: animationStyle("v", { duration: 5, fadeIn: 0.5, fadeOut: 2 }),
  });
  assertEquals(told.layer.animation, { column: "v", domain: [1, 10], duration: 5, fade: [0.5, 2] });
});

Deno.test("STY-037: sizes and clusters of polygons are refused with the reason", async () => {
  for (
    const style of [
      sizeBinsStyle("v"),
      sizeCategoryStyle("v"),
      sizeContinuousStyle("v"),
      clusterSizeStyle("v"),
    ]
  ) {
    await assertRejects(() => PageReader.ofLayer(G, { style }), ArgumentError, "Cannot draw polygons");
  }
  await assertRejects(() => PageReader.ofLayer(L, { style: clusterSizeStyle("v") }), ArgumentError, "points");
});

Deno.test("STY-039: a style for one kind of geometry leaves the others as they are", async () => {
  const style = { point: basicStyle({ color: "red" }) };
  assertEquals((await styleOf(P, style)).color, constant("#ff0000"));
  assertEquals((await styleOf(G, style)).color, constant("#826dba"));
});

Deno.test("STY-041: a style that no helper made is refused", () => {
  for (const style of [5, "color: red", { color: "red" }, { point: 5 }, []]) {
    if (Array.isArray(style)) continue;
    assertThrows(() => new Layer(P, { style: style as never }), ArgumentError, "made by no style helper");
  }
});

Deno.test("a color and a size may follow two columns, each with its legend and its line in the popup", async () => {
  const source = points({ kind: ["a", "b"], n: [1, 9] });
  const style = colorCategoryStyle("kind", {
    size: sizeContinuousStyle("n"),
    strokeWidth: sizeBinsStyle("n"),
  });
  const { layer } = await PageReader.ofLayer(source, { style, title: "T" });
  const { color, size, strokeWidth } = layer.styles.point ?? {};
  assertEquals([color?.kind, size?.kind, strokeWidth?.kind], ["category", "continuous", "bins"]);
  assertEquals(layer.legends.map(({ type, prop, title }) => `${type} ${prop} ${title}`), [
    "color-category color T",
    "size-continuous size n",
    "size-bins strokeWidth n",
  ]);
  assertEquals(layer.popupHover.map(({ title }) => title), ["T", "n"]);
});

Deno.test("a style within a style tells its scale and nothing else", () => {
  assertThrows(
    () => colorCategoryStyle("k", { size: sizeContinuousStyle("n", { opacity: 0.5 }) }),
    ArgumentError,
    "it sets opacity as well",
  );
  assertThrows(() => colorCategoryStyle("k", { size: colorBinsStyle("n") as never }), ArgumentError, "size");
  assertThrows(() => sizeBinsStyle("k", { color: basicStyle() as never }), ArgumentError, "color");
});

Deno.test("rows without a value are told apart, and only where there are some", async () => {
  const gaps = points({ n: [1, null, 3, NaN], c: ["a", null, "b", "a"], w: [1, 2, 3, 4] });
  const bins = (await styleOf(gaps, colorBinsStyle("n"))).color as PageBins<string>;
  const category = (await styleOf(gaps, colorCategoryStyle("c"))).color as PageCategoryScale<string>;
  const whole = (await styleOf(gaps, colorBinsStyle("w"))).color as PageBins<string>;
  assertEquals([bins.noData, category.noData, whole.noData], ["#c8c8c8", "#c8c8c8", null]);
  assertEquals(bins.domain, [1, 3]);
});

Deno.test("rows without a size are the smallest, and grey", async () => {
  const gaps = points({ n: [1, null, 3] });
  const style = await styleOf(gaps, sizeContinuousStyle("n", { sizeRange: [5, 9], color: "teal" }));
  assertEquals((style.size as PageContinuous<number>).noData, 5);
  assertEquals(style.color, {
    kind: "bins",
    column: "n",
    breaks: [],
    values: ["#008080"],
    noData: "#c8c8c8",
    domain: [1, 3],
    method: "custom",
  });
  const named = await styleOf(points({ c: ["a", null] }), sizeCategoryStyle("c"));
  assertEquals((named.color as PageCategoryScale<string>).others, "#f46d43");
});

Deno.test("equal values are one class, an empty layer none, infinities belong to the ends", async () => {
  for (const method of ["quantiles", "equal", "stdev"] as const) {
    const equal = (await styleOf(points({ v: [7, 7, 7] }), colorBinsStyle("v", { method }))).color;
    assertEquals([(equal as PageBins<string>).breaks, (equal as PageBins<string>).domain], [[], [7, 7]]);
    assertEquals((equal as PageBins<string>).values.length, 1);
    const { color } = await styleOf(
      points({ v: [-Infinity, 1, 2, 3, 4, 5, Infinity, NaN] }),
      colorBinsStyle("v", { method }),
    );
    const { breaks, domain, noData } = color as PageBins<string>;
    assert(breaks.length > 0 && breaks.every(Number.isFinite), String(breaks));
    assertEquals([domain, noData], [[1, 5], "#c8c8c8"]);
  }
  const empty = await PageReader.ofLayer(points({ v: new Float64Array() }), { style: colorBinsStyle("v") });
  assertEquals(empty.layer.styles, {});
  assertEquals([empty.data.rows, empty.data.bounds], [0, null]);
  const onlyGaps = (await styleOf(points({ v: [NaN, NaN] }), sizeContinuousStyle("v"))).size;
  assertEquals((onlyGaps as PageContinuous<number>).domain, [0, 0]);
  const huge =
    (await styleOf(points({ v: [-1.7e308, 0, 1.7e308] }), colorBinsStyle("v", { method: "equal" })))
      .color as PageBins<string>;
  assertEquals(huge.breaks.length, 4);
  assert(huge.breaks.every(Number.isFinite));
});

Deno.test("negative values have no square root, and run with the diameter", async () => {
  const { size } = await styleOf(points({ v: [-4, 9] }), sizeContinuousStyle("v"));
  assertEquals((size as PageContinuous<number>).transform, "linear");
});

Deno.test("times are styled by their milliseconds, also with dates as breaks", async () => {
  const at = (day: number) => Temporal.Instant.from(`2024-05-${String(day).padStart(2, "0")}T00:00:00Z`);
  const source = points({ t: [at(1), at(2), at(9)] });
  const { color } = await styleOf(source, colorBinsStyle("t", { breaks: [new Date("2024-05-02")] }));
  assertEquals((color as PageBins<string>).breaks, [Date.UTC(2024, 4, 2)]);
  const { domain } = (await styleOf(source, colorContinuousStyle("t"))).color as PageContinuous<string>;
  assertEquals(domain, [Date.UTC(2024, 4, 1), Date.UTC(2024, 4, 9)]);
});

Deno.test("categories may be numbers, booleans and times, and are told in the column's kind", async () => {
  const categories = async (v: unknown[], cat?: (string | number | boolean)[]) =>
    ((await styleOf(points({ v }), colorCategoryStyle("v", { cat }))).color as PageCategoryScale<string>)
      .categories;
  assertEquals(await categories([2, 1, 2]), [2, 1]);
  assertEquals(await categories([true, false, true]), [true, false]);
  assertEquals(await categories([0.5, 0.5, -0]), [0.5, 0]);
  assertEquals(await categories([2n ** 60n, 5n]), [5, "1152921504606846976"]);
  assertEquals(await categories([2, 1], ["1", 2]), [1, 2]);
  assertEquals(await categories(["2", "1"], [1]), ["1"]);
  assertEquals(await categories([Temporal.PlainDate.from("2024-05-01")], ["2024-05-01"]), [
    Date.UTC(2024, 4, 1),
  ]);
  await assertRejects(() => categories([1, 2], ["a"]), ArgumentError, 'column "v" holds numbers');
});

Deno.test("a column that is not there or cannot be used so is named, with what there is", async () => {
  const source = points({ name: ["a"], n: [1], ok: [true] });
  const missing = await assertRejects(
    () => PageReader.ofLayer(source, { style: colorBinsStyle("nam") }),
    ArgumentError,
    'Column "nam" does not exist',
  );
  assertEquals(missing.hint, 'The columns are "name", "n", "ok", "geometry"');
  await assertRejects(
    () => PageReader.ofLayer(source, { style: colorBinsStyle("name") }),
    ArgumentError,
    'Cannot use column "name" here: it holds text, and numbers or times are needed',
  );
  for (
    const style of [
      sizeContinuousStyle("ok"),
      animationStyle("name"),
      basicStyle({ strokeWidth: sizeBinsStyle("name") }),
      clusterSizeStyle("name", { operation: "sum" }),
    ]
  ) {
    await assertRejects(() => PageReader.ofLayer(source, { style }), ArgumentError, "are needed");
  }
});

Deno.test("each option of a style is checked, and the error names it", () => {
  const argumentOf = (make: () => unknown) => assertThrows(make, ArgumentError).argument;
  const wrong = <T>(value: unknown) => value as T;
  assertEquals(argumentOf(() => basicStyle({ opacity: 2 })), "opacity");
  assertEquals(argumentOf(() => basicStyle({ size: -1 })), "size");
  assertEquals(argumentOf(() => basicStyle({ size: NaN })), "size");
  assertEquals(argumentOf(() => basicStyle({ color: "reddish" })), "color");
  assertEquals(argumentOf(() => basicStyle({ strokeColor: "#12" })), "strokeColor");
  assertEquals(argumentOf(() => basicStyle({ strokeWidth: wrong("2") })), "strokeWidth");
  assertEquals(argumentOf(() => colorBinsStyle("")), "value");
  assertEquals(argumentOf(() => colorBinsStyle(wrong(undefined))), "value");
  assertEquals(argumentOf(() => colorBinsStyle("v", { bins: 0 })), "bins");
  assertEquals(argumentOf(() => colorBinsStyle("v", { bins: 2.5 })), "bins");
  assertEquals(argumentOf(() => colorBinsStyle("v", { breaks: [] })), "breaks");
  assertEquals(argumentOf(() => colorBinsStyle("v", { breaks: [2, 1] })), "breaks");
  assertEquals(argumentOf(() => colorBinsStyle("v", { breaks: [1, NaN] })), "breaks");
  assertEquals(argumentOf(() => colorBinsStyle("v", { palette: wrong("sunrise") })), "palette");
  assertEquals(argumentOf(() => colorBinsStyle("v", { palette: [] })), "palette");
  assertEquals(argumentOf(() => colorBinsStyle("v", { palette: ["red", "reddish"] })), "palette");
  assertEquals(argumentOf(() => colorBinsStyle("v", { animate: wrong(5) })), "animate");
  assertEquals(argumentOf(() => colorCategoryStyle("v", { top: 0 })), "top");
  assertEquals(argumentOf(() => colorCategoryStyle("v", { cat: [] })), "cat");
  assertEquals(argumentOf(() => colorCategoryStyle("v", { cat: wrong("a") })), "cat");
  assertEquals(argumentOf(() => colorContinuousStyle("v", { rangeMin: wrong("0") })), "rangeMin");
  assertEquals(argumentOf(() => colorContinuousStyle("v", { rangeMin: 2, rangeMax: 1 })), "rangeMin");
  assertEquals(argumentOf(() => sizeBinsStyle("v", { sizeRange: [1] })), "sizeRange");
  assertEquals(argumentOf(() => sizeContinuousStyle("v", { sizeRange: [1, -1] })), "sizeRange");
  assertEquals(argumentOf(() => clusterSizeStyle("v", { resolution: 0 })), "resolution");
  assertEquals(argumentOf(() => clusterSizeStyle("v", { color: wrong(colorBinsStyle("v")) })), "color");
  assertEquals(argumentOf(() => animationStyle("v", { duration: 0 })), "duration");
  assertEquals(argumentOf(() => animationStyle("v", { fadeIn: -1 })), "fadeIn");
});

Deno.test("styles never change once they are made", () => {
  const breaks = [1, 2];
  const style = colorBinsStyle("v", { breaks });
  breaks.push(0);
  assertEquals(style.breaks, [1, 2]);
  assertThrows(() => (style as { value: string }).value = "w", TypeError);
});
