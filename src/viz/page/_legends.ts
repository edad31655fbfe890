/// <reference lib="dom" />
/** What the colours and sizes of a layer mean. */
import type { PageKind, PageLegend, PageScale, PageStyle } from "./description.ts";
import { box, element, svg } from "./_dom.ts";
import type { LayerState } from "./_layer_state.ts";
import { type Cluster, rangeOf } from "./_clusters.ts";
import { NO_DATA, numberText, OTHERS } from "./_labels.ts";
import { along, classOf, colorsOf, isConstant, parseColor, position, type Rgba, sizesOf } from "./_scales.ts";

/** A legend on the page. */
export interface LegendView {
  readonly element: HTMLElement;
  /** Takes in what is within sight. */
  update(rows: Uint32Array, clusters: readonly Cluster[]): void;
}

/** One line. */
interface Line {
  readonly label: string;
  readonly color: Rgba;
  readonly size: number;
  /** The class that it stands for; a line without one is never dimmed. */
  readonly of?: Class;
}

/** A class of a scale: its number, all other values, or no value. */
type Class = number | "others" | "none";

/** Makes a legend. */
export function legendView(legend: PageLegend, state: LayerState, zoom: number): LegendView {
  const style = styleOf(state, legend.geometry);
  const list = element("ul", { class: "lines" });
  const result = box(`legend ${legend.type}`, legend, list);
  if (!style) return { element: result, update: () => {} };
  if (state.layer.cluster && legend.prop === "size") {
    return clusterLegend(legend, state, style, zoom, result, list);
  }
  const scale = style[legend.prop] as PageScale<string | number>;
  if (scale.kind === "continuous" && legend.type.startsWith("color")) {
    list.replaceWith(rampOf(legend, state, scale as PageScale<string> & { kind: "continuous" }, style));
    return { element: result, update: () => {} };
  }
  const lines = linesOf(legend, state, style, scale, zoom);
  const items = lines.map((line) => element("li", {}, swatch(legend.geometry, line), line.label));
  list.replaceChildren(...items);
  const classes = lines.map(({ of }) => of).filter((of) => of !== undefined);
  return {
    element: result,
    update: (rows) => {
      if (!legend.dynamic || classes.length === 0) return;
      const seen = classesWithin(state, scale, rows, classes.length);
      items.forEach((item, i) => {
        const of = lines[i]?.of;
        item.classList.toggle("absent", of !== undefined && !seen.has(of));
      });
    },
  };
}

/** The classes of a scale that have rows within sight; it stops when it has found as many as there are lines. */
function classesWithin(
  state: LayerState,
  scale: PageScale<string | number>,
  rows: Uint32Array,
  count: number,
): Set<Class> {
  const seen = new Set<Class>();
  if (scale.kind !== "bins" && scale.kind !== "category") return seen;
  const column = state.column(scale.column);
  if (!column) return seen;
  const known = scale.kind === "category"
    ? new Map(scale.categories.map((category, i) => [category, i]))
    : null;
  for (let i = 0; i < rows.length && seen.size < count; i++) {
    const row = rows[i] as number;
    if (!state.passes(row)) continue;
    if (known) {
      const key = column.key(row);
      seen.add(key === null ? "none" : known.get(key) ?? "others");
    } else if (scale.kind === "bins") {
      const value = column.number(row);
      seen.add(Number.isNaN(value) ? "none" : classOf(value, scale.breaks));
    }
  }
  return seen;
}

function styleOf(state: LayerState, geometry: PageKind): PageStyle | undefined {
  const { styles } = state.layer;
  return styles[geometry] ?? styles.point ?? styles.line ?? styles.polygon;
}

/** The colour and size of a swatch where the legend's own scale does not say. */
function usual(style: PageStyle, prop: PageLegend["prop"], state: LayerState, zoom: number): Line {
  const none = { rows: 0, columns: new Map() };
  const [color, opacity] = prop.startsWith("stroke")
    ? [style.strokeColor, style.strokeOpacity]
    : [style.color, style.opacity];
  const rgba = isConstant(color) && isConstant(opacity) ? colorsOf(color, opacity, none, zoom) : null;
  const size = isConstant(style.size) ? sizesOf(style.size, none, zoom) : 10;
  return {
    label: state.layer.title,
    color: rgba instanceof Uint8Array || rgba === null ? [120, 120, 120, 255] : rgba,
    size: typeof size === "number" ? size : 10,
  };
}

function linesOf(
  legend: PageLegend,
  state: LayerState,
  style: PageStyle,
  scale: PageScale<string | number>,
  zoom: number,
): Line[] {
  const standard = usual(style, legend.prop, state, zoom);
  const opacityScale = legend.prop === "strokeColor" ? style.strokeOpacity : style.opacity;
  const opacity = opacityScale.kind === "constant" ? opacityScale.value : 1;
  const line = (label: string, value: string | number, of?: Class): Line => ({
    ...standard,
    label,
    ...typeof value === "number" ? { size: value } : { color: faded(parseColor(value), opacity) },
    ...of === undefined ? {} : { of },
  });
  if (scale.kind === "constant" || scale.kind === "zoom") {
    return [{ ...standard, label: legend.title ? "" : standard.label }];
  }
  const column = state.column(scale.column);
  const noData = scale.noData === null ? [] : [line(NO_DATA, scale.noData, "none")];
  if (scale.kind === "bins") {
    const { breaks, values, domain } = scale;
    const text = (value: number) => numberText(column, value, legend.format);
    const lines = values.map((value, i) => line(rangeText(breaks[i - 1], breaks[i], text, domain), value, i));
    return [...legend.ascending ? lines : lines.reverse(), ...noData];
  }
  if (scale.kind === "category") {
    const lines = scale.categories.map((category, i) =>
      line(String(category), scale.values[i] as string | number, i)
    );
    const others = scale.others === null ? [] : [line(OTHERS, scale.others, "others")];
    return [...legend.ascending ? lines : lines.reverse(), ...others, ...noData];
  }
  // Sizes that run on: four of them.
  const [min, max] = scale.domain;
  const sizes = scale.values as readonly number[];
  const lines = samples(min, max).map((value) =>
    line(
      numberText(column, value, legend.format),
      along(sizes, position(value, scale.domain, scale.transform), (a, b, t) => a + (b - a) * t),
    )
  );
  return [...legend.ascending ? lines : lines.reverse(), ...noData];
}

/** The ends, and two values in between, which are round. */
function samples(min: number, max: number): number[] {
  if (min === max) return [min];
  const between = [1, 2].map((i) => Number((min + (max - min) * i / 3).toPrecision(3)));
  return [min, ...between.filter((value) => value > min && value < max), max];
}

/** A class as its legend calls it. */
export function rangeText(
  from: number | undefined,
  to: number | undefined,
  text: (value: number) => string,
  [min, max]: readonly [number, number],
): string {
  if (from === undefined && to === undefined) {
    return min === max ? text(min) : `${text(min)} - ${text(max)}`;
  }
  if (from === undefined) return `< ${text(to ?? 0)}`;
  if (to === undefined) return `> ${text(from)}`;
  return `${text(from)} - ${text(to)}`;
}

const faded = ([red, green, blue, alpha]: Rgba, opacity: number): Rgba => [red, green, blue, alpha * opacity];

/** A colour as CSS writes it. */
export function cssColor([red, green, blue, alpha]: Rgba): string {
  return `rgb(${red} ${green} ${blue} / ${alpha / 255})`;
}

function swatch(geometry: PageKind, { color, size }: Line): SVGElement {
  const fill = cssColor(color);
  if (geometry === "line") {
    const thick = Math.max(1, Math.min(14, size));
    return svg(
      "svg",
      { width: 24, height: 16, "aria-hidden": "true" },
      svg("line", { x1: 1, y1: 8, x2: 23, y2: 8, stroke: fill, "stroke-width": thick }),
    );
  }
  if (geometry === "polygon") {
    return svg(
      "svg",
      { width: 16, height: 16, "aria-hidden": "true" },
      svg("rect", { width: 16, height: 16, rx: 2, fill }),
    );
  }
  const radius = Math.max(2, Math.min(22, size / 2));
  const width = Math.max(16, radius * 2);
  return svg(
    "svg",
    { width, height: width, "aria-hidden": "true" },
    svg("circle", { cx: width / 2, cy: width / 2, r: radius, fill }),
  );
}

/** A run of colours, and its ends. */
function rampOf(
  legend: PageLegend,
  state: LayerState,
  scale: PageScale<string> & { kind: "continuous" },
  style: PageStyle,
): HTMLElement {
  const column = state.column(scale.column);
  const opacity = style.opacity.kind === "constant" ? style.opacity.value : 1;
  const colors = scale.values.map((value) => cssColor(faded(parseColor(value), opacity)));
  if (!legend.ascending) colors.reverse();
  const bar = element("div", { class: "ramp", "aria-hidden": "true" });
  bar.style.background = `linear-gradient(to right, ${colors.join(", ")})`;
  const ends = scale.domain.map((value) => element("span", {}, numberText(column, value, legend.format)));
  if (!legend.ascending) ends.reverse();
  const result = element("div", {}, bar, element("div", { class: "ends" }, ...ends));
  if (scale.noData !== null) {
    const line = { label: NO_DATA, color: parseColor(scale.noData), size: 10 };
    result.append(
      element("ul", { class: "lines" }, element("li", {}, swatch(legend.geometry, line), NO_DATA)),
    );
  }
  return result;
}

/** The sizes of clusters follow the viewport, so their legend does. */
function clusterLegend(
  legend: PageLegend,
  state: LayerState,
  style: PageStyle,
  zoom: number,
  result: HTMLElement,
  list: HTMLElement,
): LegendView {
  const { color } = usual(style, "color", state, zoom);
  const sizes = state.layer.cluster?.sizes ?? [];
  return {
    element: result,
    update: (_, clusters) => {
      const range = rangeOf(clusters.map(({ value }) => value));
      const lines = (clusters.length === 0 ? [] : samples(...range)).map((value) => {
        const size = along(sizes, position(value, range, "linear"), (a, b, t) => a + (b - a) * t);
        return element(
          "li",
          {},
          swatch("point", { label: "", color, size }),
          numberText(undefined, value, legend.format),
        );
      });
      list.replaceChildren(...legend.ascending ? lines : lines.reverse());
    },
  };
}
