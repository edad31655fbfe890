import { ArgumentError } from "../errors/carto_error.ts";
import { breaksOf } from "./_breaks.ts";
import type { CategoryKey, ColumnView } from "./_column_view.ts";
import { checkColor } from "./_css_color.ts";
import { isForCategories, othersColor, paletteColors, rampColors, spread } from "./_palette_colors.ts";
import type { PaletteName } from "./palettes.ts";
import type {
  PageAnimation,
  PageCluster,
  PageColor,
  PageKind,
  PageScale,
  PageStyle,
} from "./page/description.ts";
import type { ColorBinsStyle } from "./styles/color_bins_style.ts";
import type {
  Category,
  ColorStyle,
  ColorValue,
  ScaleValue,
  SizeStyle,
  SizeValue,
  Style,
  StylesByKind,
} from "./styles/style.ts";

/** The columns of a source, as styles ask for them. */
export type Columns = (name: string, argument: string) => ColumnView;

/** Styles by kind, with what they are besides. */
export interface CompiledStyle {
  readonly styles: { -readonly [K in PageKind]?: PageStyle };
  readonly cluster: PageCluster | null;
  readonly animation: PageAnimation | null;
}

/** Rows without a value, in every style of colours and of sizes. */
const NO_DATA = "#c8c8c8";

const DEFAULT_COLORS: Readonly<Record<PageKind, PageColor>> = {
  point: "#ee4d5a",
  line: "#4cc8a3",
  polygon: "#826dba",
};

/** The default look: sizes and outlines grow with the zoom. */
const DEFAULTS: Readonly<Record<PageKind, PageStyle>> = {
  point: {
    color: constant(DEFAULT_COLORS.point),
    opacity: constant(1),
    size: zoom([0, 18], [2, 10]),
    strokeColor: constant("#222222"),
    strokeOpacity: zoom([0, 18], [0, 0.6]),
    strokeWidth: zoom([0, 18], [0, 1]),
  },
  line: {
    color: constant(DEFAULT_COLORS.line),
    opacity: constant(1),
    size: zoom([0, 18], [0.5, 4]),
    strokeColor: constant("#222222"),
    strokeOpacity: constant(0),
    strokeWidth: constant(0),
  },
  polygon: {
    color: constant(DEFAULT_COLORS.polygon),
    opacity: constant(1),
    size: constant(0),
    strokeColor: constant("#2c2c2c"),
    strokeOpacity: zoom([2, 18], [0.2, 0.6]),
    strokeWidth: zoom([2, 18], [0.5, 1]),
  },
};

function constant<T>(value: T): PageScale<T> {
  return { kind: "constant", value };
}

function zoom(zooms: readonly [number, number], values: readonly [number, number]): PageScale<number> {
  return { kind: "zoom", zooms, values };
}

/** Whether styles are told for each kind of geometry. */
export function isByKind(style: Style | StylesByKind): style is StylesByKind {
  return !("type" in style);
}

/**
 * Turns a style into scales over the columns, for the kinds of geometry that a source has.
 *
 * @throws {ArgumentError} A column does not exist or cannot be used, or the kinds cannot be drawn so
 */
export function compileStyle(
  style: Style | StylesByKind | undefined,
  kinds: readonly PageKind[],
  columns: Columns,
): CompiledStyle {
  if (style !== undefined && !isByKind(style)) checkKinds(style, kinds);
  const styles: CompiledStyle["styles"] = {};
  for (const kind of kinds) {
    const own = style !== undefined && isByKind(style) ? style[kind] : style;
    styles[kind] = own === undefined ? DEFAULTS[kind] : styleOf(own, kind, columns);
  }
  const whole = style === undefined || isByKind(style) ? undefined : style;
  return { styles, cluster: clusterOf(whole, columns), animation: animationOf(whole, columns) };
}

/** Areas have no size; a cluster is made of points. */
function checkKinds(style: Style, kinds: readonly PageKind[]): void {
  if (kinds.length === 0) return;
  const isCluster = style.type === "cluster-size";
  const fit = kinds.some((kind) => kind === "point" || (kind === "line" && !isCluster));
  if (fit || !(isCluster || style.type.startsWith("size-"))) return;
  throw new ArgumentError(
    `Cannot draw ${kinds.join("s and ")}s with a style of type "${style.type}": it is for ${
      isCluster ? "points" : "points and lines"
    }`,
    { argument: "style", hint: "Use a color style, or points on the surface of the areas" },
  );
}

function styleOf(style: Style, kind: PageKind, columns: Columns): PageStyle {
  const defaults = DEFAULTS[kind];
  const isSized = style.type === "cluster-size" || style.type.startsWith("size-");
  // Where some of a layer's features cannot have the style, they keep the usual look
  if (isSized && (kind === "polygon" || (kind === "line" && style.type === "cluster-size"))) return defaults;
  const sizeStyle = isSizeStyle(style) ? style : undefined;
  const size = sizeStyle !== undefined
    ? sizeScale(sizeStyle, kind, columns, "value")
    : "size" in style && style.size !== undefined
    ? sizeValue(style.size, kind, columns, "size")
    : defaults.size;
  return {
    color: colorOf(style, kind, columns, size),
    opacity: constant(style.opacity ?? (isSized ? 0.8 : kind === "polygon" ? 0.9 : 1)),
    size: kind === "polygon" ? defaults.size : size,
    ...strokeOf(style, kind, columns, defaults),
  };
}

function strokeOf(
  style: Style,
  kind: PageKind,
  columns: Columns,
  defaults: PageStyle,
): Pick<PageStyle, "strokeColor" | "strokeOpacity" | "strokeWidth"> {
  if (kind === "line") {
    const { strokeColor, strokeOpacity, strokeWidth } = defaults;
    return { strokeColor, strokeOpacity, strokeWidth };
  }
  const { strokeColor, strokeWidth } = style;
  return {
    strokeColor: strokeColor === undefined
      ? defaults.strokeColor
      : colorValue(strokeColor, columns, "strokeColor"),
    strokeOpacity: strokeColor === undefined ? defaults.strokeOpacity : constant(1),
    strokeWidth: strokeWidth === undefined
      ? defaults.strokeWidth
      : sizeValue(strokeWidth, "line", columns, "strokeWidth"),
  };
}

const SIZED_COLORS: Readonly<Record<string, PageColor>> = {
  "size-bins": "#ee5d5a",
  "size-category": "#f46d43",
  "size-continuous": "#ffb927",
  "cluster-size": "#ffb927",
};

function colorOf(
  style: Style,
  kind: PageKind,
  columns: Columns,
  size: PageScale<number>,
): PageScale<PageColor> {
  if (isColorStyle(style)) return colorScale(style, columns, "value");
  const usual = kind === "point" ? SIZED_COLORS[style.type] ?? DEFAULT_COLORS.point : DEFAULT_COLORS[kind];
  const color = style.color === undefined ? constant(usual) : colorValue(style.color, columns, "color");
  if (color.kind !== "constant" || !("noData" in size) || size.noData === null) return color;
  // Rows without a size are told by their colour: one class for all that have one
  const { column } = size;
  const view = columns(column, "value");
  if (view.kind === "number" || view.kind === "time") {
    const domain = view.extent ?? [0, 0];
    return {
      kind: "bins",
      column,
      breaks: [],
      values: [color.value],
      noData: NO_DATA,
      domain,
      method: "custom",
    };
  }
  return { kind: "category", column, categories: [], values: [], others: color.value, noData: NO_DATA };
}

/** Whether a style's colour follows a column. */
export function isColorStyle(style: Style): style is ColorStyle {
  return style.type.startsWith("color-");
}

/** Whether a style's size follows a column, other than that of clusters. */
export function isSizeStyle(style: Style): style is SizeStyle {
  return style.type.startsWith("size-");
}

function colorValue(value: ColorValue, columns: Columns, argument: string): PageScale<PageColor> {
  return typeof value === "string"
    ? constant(checkColor(value, argument))
    : colorScale(value, columns, argument);
}

function sizeValue(value: SizeValue, kind: PageKind, columns: Columns, argument: string): PageScale<number> {
  return typeof value === "number" ? constant(value) : sizeScale(value, kind, columns, argument);
}

function colorScale(style: ColorStyle, columns: Columns, argument: string): PageScale<PageColor> {
  const view = columns(style.value, argument);
  if (style.type === "color-bins") {
    return binsScale(style, view, (count) => colors(style.palette, count), NO_DATA);
  }
  if (style.type === "color-category") {
    return categoryScale(style, view, (count) => categoryColors(style.palette, count), NO_DATA);
  }
  const { palette } = style;
  const values = typeof palette === "string" ? rampColors(palette) : palette.map(cssColor);
  return {
    kind: "continuous",
    column: view.name,
    domain: domainOf(style, view),
    transform: "linear",
    values: values.length === 1 ? [...values, ...values] : values,
    noData: view.hasMissing ? NO_DATA : null,
  };
}

const cssColor = (color: string): PageColor => checkColor(color, "palette");

function colors(palette: PaletteName | readonly string[], count: number): PageColor[] {
  return typeof palette === "string" ? paletteColors(palette, count) : spread(palette.map(cssColor), count);
}

/** The colours of categories, and the last one for all others. */
function categoryColors(palette: PaletteName | readonly string[], count: number): PageColor[] {
  if (typeof palette === "string") {
    const others = othersColor(isForCategories(palette) ? palette : undefined);
    return [...(count === 0 ? [] : paletteColors(palette, count)), others];
  }
  const list = palette.map(cssColor);
  // One colour more than there are categories is meant for the others
  if (list.length === count + 1) return list;
  return [...spread(list, count), othersColor(undefined)];
}

function sizeScale(style: SizeStyle, kind: PageKind, columns: Columns, argument: string): PageScale<number> {
  const view = columns(style.value, argument);
  const isPoint = kind === "point";
  const largest = { "size-bins": 14, "size-category": 20, "size-continuous": 40 }[style.type];
  const range = style.sizeRange ?? (isPoint ? [2, largest] : [1, 10]);
  const smallest = Math.min(...range);
  if (style.type === "size-bins") {
    return binsScale(style, view, (count) => spreadSizes(range, count), smallest);
  }
  if (style.type === "size-category") {
    // In the order of the categories; all others come first, and are the smallest
    return categoryScale(style, view, (count, hasOthers) => {
      if (!hasOthers) return [...spreadSizes(range, count), smallest];
      const [others = smallest, ...sizes] = spreadSizes(range, count + 1);
      return [...sizes, others];
    }, smallest);
  }
  const domain = domainOf(style, view);
  return {
    kind: "continuous",
    column: view.name,
    domain,
    transform: isPoint && domain[0] >= 0 && view.kind === "number" ? "sqrt" : "linear",
    values: range,
    noData: view.hasMissing ? smallest : null,
  };
}

/** Sizes at equal steps along a list. */
function spreadSizes(sizes: readonly number[], count: number): number[] {
  if (sizes.length === count) return [...sizes];
  return Array.from({ length: count }, (_, i) => {
    const at = count === 1 ? (sizes.length - 1) / 2 : i * (sizes.length - 1) / (count - 1);
    const left = Math.floor(at);
    const from = sizes[left] as number;
    return from + ((sizes[left + 1] ?? from) - from) * (at - left);
  });
}

function binsScale<T>(
  style: Pick<ColorBinsStyle, "method" | "bins" | "breaks">,
  view: ColumnView,
  valuesOf: (count: number) => T[],
  noData: T,
): PageScale<T> {
  needNumbers(view, "value");
  const breaks = style.breaks?.map(Number) ?? breaksOf(style.method, view.finite, view.extent, style.bins);
  return {
    kind: "bins",
    column: view.name,
    breaks,
    values: valuesOf(breaks.length + 1),
    noData: view.hasMissing ? noData : null,
    domain: view.extent ?? [0, 0],
    method: style.breaks === undefined ? style.method : "custom",
  };
}

const collator = new Intl.Collator("en", { numeric: true });

function categoryScale<T>(
  style: { readonly top: number; readonly cat: readonly Category[] | undefined },
  view: ColumnView,
  valuesOf: (count: number, hasOthers: boolean) => T[],
  noData: T,
): PageScale<T> {
  const { keys, counts, missing } = view.categories;
  const categories = style.cat?.map((each) => categoryOf(each, view)) ?? topKeys(keys, counts, style.top);
  const known = new Set(categories);
  const hasOthers = keys.some((key) => !known.has(key));
  const values = valuesOf(categories.length, hasOthers);
  const others = values[categories.length] as T;
  return {
    kind: "category",
    column: view.name,
    categories,
    values: values.slice(0, categories.length),
    others: hasOthers ? others : null,
    noData: missing > 0 ? noData : null,
  };
}

/** The most frequent ones; of equally frequent ones the smaller first, numbers within text by their value. */
function topKeys(keys: readonly CategoryKey[], counts: readonly number[], top: number): CategoryKey[] {
  const compare = (a: number, b: number): number => {
    const byCount = (counts[b] as number) - (counts[a] as number);
    if (byCount !== 0) return byCount;
    const [left, right] = [keys[a] as CategoryKey, keys[b] as CategoryKey];
    return typeof left === "number" && typeof right === "number"
      ? left - right
      : collator.compare(String(left), String(right));
  };
  // Only the first few are wanted, of what may be a million
  const best: number[] = [];
  for (let i = 0; i < keys.length; i++) {
    if (best.length === top && compare(i, best[top - 1] as number) >= 0) continue;
    let at = best.length;
    while (at > 0 && compare(i, best[at - 1] as number) < 0) at--;
    best.splice(at, 0, i);
    if (best.length > top) best.pop();
  }
  return best.map((i) => keys[i] as CategoryKey);
}

/** A category that a user named, of the column's kind. */
function categoryOf(category: Category, view: ColumnView): CategoryKey {
  if (view.kind === "text") return String(category);
  if (view.kind === "boolean" && (category === true || category === "true")) return true;
  if (view.kind === "boolean" && (category === false || category === "false")) return false;
  if (view.kind === "number" && typeof category !== "boolean" && category !== "") {
    const number = Number(category);
    if (Number.isSafeInteger(number) || (!Number.isInteger(number) && !Number.isNaN(number))) return number;
    if (!Number.isNaN(number)) return view.column.type === "int8" ? String(category) : number;
  }
  if (view.kind === "time" && typeof category === "number") return category;
  if (view.kind === "time" && typeof category === "string") {
    const at = Date.parse(
      /[zZ]$|[-+]\d\d:?\d\d$/.test(category) || !/:/.test(category) ? category : `${category}Z`,
    );
    if (!Number.isNaN(at)) return at;
  }
  throw new ArgumentError(
    `Cannot use ${JSON.stringify(String(category))} as a category: column "${view.name}" holds ${
      view.kind === "time" ? "times" : `${view.kind}s`
    }`,
    { argument: "cat" },
  );
}

/** The ends of a continuous scale. */
function domainOf(
  range: { readonly rangeMin?: ScaleValue | undefined; readonly rangeMax?: ScaleValue | undefined },
  view: ColumnView,
): readonly [number, number] {
  needNumbers(view, "value");
  const [min, max] = view.extent ?? [0, 0];
  const from = range.rangeMin === undefined
    ? Math.min(min, Number(range.rangeMax ?? min))
    : Number(range.rangeMin);
  const to = range.rangeMax === undefined ? Math.max(max, from) : Number(range.rangeMax);
  return [from, to];
}

/** Refuses a column that cannot be put on a line. */
export function needNumbers(view: ColumnView, argument: string): void {
  if (view.kind === "number" || view.kind === "time") return;
  throw new ArgumentError(
    `Cannot use column "${view.name}" here: it holds ${
      view.kind === "text" ? view.column.type : "booleans"
    }, and numbers or times are needed`,
    { argument, hint: "Use a style or widget of categories, or read the column as a number" },
  );
}

/** Refuses a column that cannot be summed up. */
export function needOnlyNumbers(view: ColumnView, argument: string): void {
  if (view.kind === "number") return;
  throw new ArgumentError(
    `Cannot use column "${view.name}" here: it is ${view.column.type}, and numbers are needed`,
    { argument },
  );
}

function clusterOf(style: Style | undefined, columns: Columns): PageCluster | null {
  if (style?.type !== "cluster-size") return null;
  const { resolution, operation } = style;
  let column: string | null = null;
  if (operation !== "count") {
    const view = columns(style.value, "value");
    needOnlyNumbers(view, "value");
    column = view.name;
  }
  return { resolution, operation, column, sizes: [resolution / 8, resolution / 2, resolution] };
}

function animationOf(style: Style | undefined, columns: Columns): PageAnimation | null {
  if (style === undefined || style.type === "basic") return null;
  if (style.type === "animation") {
    return animate(columns(style.value, "value"), style.duration, [style.fadeIn, style.fadeOut]);
  }
  if (style.animate === undefined) return null;
  return animate(columns(style.animate, "animate"), style.type === "cluster-size" ? 5 : 20, [1, 1]);
}

/** A clock over a column. */
export function animate(
  view: ColumnView,
  duration = 20,
  fade: readonly [number, number] = [1, 1],
): PageAnimation {
  needNumbers(view, "animate");
  return { column: view.name, domain: view.extent ?? [0, 0], duration, fade };
}
