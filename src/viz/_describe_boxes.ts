import { ArgumentError } from "../errors/carto_error.ts";
import {
  animate,
  isByKind,
  isColorStyle,
  isSizeStyle,
  needNumbers,
  needOnlyNumbers,
} from "./_compile_style.ts";
import type { Columns, CompiledStyle } from "./_compile_style.ts";
import { sanitizeFooter } from "./_footer.ts";
import type { Titled } from "./_titled.ts";
import type { Layer } from "./layer.ts";
import type { Legend, LegendProp } from "./legends/legend.ts";
import type {
  PageAnimation,
  PageKind,
  PageLegend,
  PagePopupElement,
  PageStyle,
  PageTitled,
  PageWidget,
} from "./page/description.ts";
import type { PopupElement } from "./popups/popup_element.ts";
import type { Style, StylesByKind } from "./styles/style.ts";
import type { Widget } from "./widgets/widget.ts";

/** What stands around a layer. */
export interface LayerBoxes {
  readonly legends: readonly PageLegend[];
  readonly widgets: readonly PageWidget[];
  readonly popupHover: readonly PagePopupElement[];
  readonly popupClick: readonly PagePopupElement[];
  /** The style's animation, or the one that a time series brings. */
  readonly animation: PageAnimation | null;
}

/** How a map shows its layers. */
export interface MapRules {
  readonly isStatic: boolean;
  readonly layerSelector: boolean;
}

/** A property of a style that follows a column, and what it is called. */
interface ScaledProp {
  readonly type: Exclude<Legend["type"], "basic" | "default">;
  readonly prop: LegendProp;
  readonly value: string;
  /** What has it, where that is not all of the layer. */
  readonly geometry?: PageKind;
}

/** Legends, widgets and popups of a layer, nothing left to default. */
export async function describeBoxes(
  layer: Layer,
  compiled: CompiledStyle,
  kinds: readonly PageKind[],
  columns: Columns,
  rules: MapRules,
): Promise<LayerBoxes> {
  const style = layer.style === undefined || isByKind(layer.style) ? undefined : layer.style;
  const scaled = layer.style === undefined ? [] : scaledOf(layer.style, kinds);
  const widgets = rules.isStatic ? [] : await describeWidgets(layer, style, columns);
  return {
    legends: rules.isStatic ? [] : await describeLegends(layer, compiled, kinds, scaled, rules),
    widgets,
    popupHover: describePopup(layer, layer.popupHover, layer.defaultPopupHover, style, scaled, columns),
    popupClick: describePopup(layer, layer.popupClick, layer.defaultPopupClick, style, scaled, columns),
    animation: animationOf(compiled.animation, widgets, columns),
  };
}

/** The properties that follow a column, of a style or of those by kind. */
function scaledOf(style: Style | StylesByKind, kinds: readonly PageKind[]): ScaledProp[] {
  if (!isByKind(style)) return scaledProps(style);
  return kinds.flatMap((geometry) => {
    const own = style[geometry];
    return own === undefined ? [] : scaledProps(own).map((scaled) => ({ ...scaled, geometry }));
  });
}

/** The properties that follow a column: the style's own first. */
function scaledProps(style: Style): ScaledProp[] {
  const own: ScaledProp[] = isColorStyle(style)
    ? [{ type: style.type, prop: "color", value: style.value }]
    : isSizeStyle(style)
    ? [{ type: style.type, prop: "size", value: style.value }]
    : style.type === "cluster-size"
    ? [{ type: "size-continuous", prop: "size", value: clusterTitle(style) }]
    : [];
  const props = ["color", "size", "strokeColor", "strokeWidth"] as const;
  const nested = props.flatMap((prop): ScaledProp[] => {
    const value = (style as Partial<Record<LegendProp, unknown>>)[prop];
    if (typeof value !== "object" || value === null) return [];
    const inner = value as Extract<Style, { type: ScaledProp["type"] }>;
    return [{ type: inner.type, prop, value: inner.value }];
  });
  return [...own, ...nested];
}

function clusterTitle({ operation, value }: { operation: string; value: string }): string {
  return operation === "count" ? "count" : `${value} (${operation})`;
}

async function titled(
  { title, description, footer }: Titled,
  otherwise: string,
): Promise<PageTitled> {
  return { title: title ?? otherwise, description, footer: await sanitizeFooter(footer) };
}

const PLAIN_LEGEND: Omit<Legend, "type" | "prop"> = {
  dynamic: true,
  ascending: undefined,
  title: undefined,
  description: "",
  footer: "",
  format: undefined,
};

async function describeLegends(
  layer: Layer,
  { styles, cluster }: CompiledStyle,
  kinds: readonly PageKind[],
  scaled: readonly ScaledProp[],
  { layerSelector }: MapRules,
): Promise<PageLegend[]> {
  const geometry = kinds[0] ?? "point";
  // Areas have no size
  const sized = cluster === null ? kinds.find((kind) => kind !== "polygon") ?? "point" : "point";
  const result: PageLegend[] = [];
  const add = async (legend: Omit<Legend, "type">, scale: ScaledProp, otherwise: string) => {
    result.push({
      ...await titled(legend, otherwise),
      type: scale.type,
      geometry: scale.geometry ?? (scale.prop === "size" ? sized : geometry),
      prop: scale.prop,
      dynamic: legend.dynamic,
      ascending: legend.ascending ?? scale.type.endsWith("-category"),
      format: legend.format ?? null,
    });
  };
  if (layer.legends === undefined) {
    if (!layer.defaultLegend) return [];
    for (const [i, scale] of scaled.entries()) {
      // Beside a layer selector the layer's name stands already
      const title = layerSelector ? "" : i === 0 ? layer.title ?? scale.value : scale.value;
      await add({ ...PLAIN_LEGEND, prop: scale.prop }, scale, title);
    }
    return result;
  }
  for (const legend of layer.legends) {
    if (legend.type === "basic") {
      const { dynamic, prop } = legend;
      const texts = await titled(legend, layer.title ?? "");
      result.push({ ...texts, type: "basic", geometry, prop, dynamic, ascending: true, format: null });
      continue;
    }
    const scale = legend.type === "default" ? scaled[0] : { type: legend.type, prop: legend.prop, value: "" };
    if (scale === undefined) {
      throw new ArgumentError("Cannot show a default legend: the layer's style follows no column", {
        argument: "legends",
        hint: "Use basicLegend(), or a style of colors or sizes by a column",
      });
    }
    const isCluster = cluster !== null && scale.prop === "size" && scale.type === "size-continuous";
    if (!isCluster) checkScale(scale, Object.values(styles));
    const named = scaled.find(({ prop }) => prop === scale.prop)?.value ?? "";
    await add(legend, scale, legend.type === "default" ? layer.title ?? scale.value : named);
  }
  return result;
}

/** A legend of classes needs a scale of classes. */
function checkScale({ type, prop }: ScaledProp, styles: readonly PageStyle[]): void {
  const wanted = type.replace(/^(?:color|size)-/, "");
  const kinds = styles.map((style) => style[prop].kind);
  if (styles.length === 0 || kinds.some((kind) => kind === wanted)) return;
  throw new ArgumentError(
    `Cannot show a legend of type "${type}" for ${prop}: the layer's style sets it by ${kinds.join(", ")}`,
    { argument: "legends", hint: 'Use defaultLegend(), or tell another property: { prop: "…" }' },
  );
}

async function describeWidgets(
  layer: Layer,
  style: Style | undefined,
  columns: Columns,
): Promise<PageWidget[]> {
  const list = layer.widgets ?? (layer.defaultWidget ? [undefined] : []);
  const result: PageWidget[] = [];
  for (const widget of list) {
    if (widget !== undefined && widget.type !== "default") {
      result.push(await describeWidget(widget, "", columns));
    } else result.push(await describeWidget(...defaultWidgetOf(widget, layer, style), columns));
  }
  return result;
}

const PLAIN_WIDGET: Omit<Widget, "type"> = {
  value: undefined,
  operation: undefined,
  isGlobal: false,
  title: undefined,
  description: "",
  footer: "",
  format: undefined,
  readOnly: false,
  buckets: 20,
  weight: 1,
};

/** The widget that fits a style, and its usual title. */
function defaultWidgetOf(
  widget: Widget | undefined,
  { title }: Layer,
  style: Style | undefined,
): [Widget, string] {
  const given = widget ?? { ...PLAIN_WIDGET, type: "default" };
  if (style === undefined || style.type === "basic") return [{ ...given, type: "basic" }, title ?? ""];
  const { value } = style;
  if (style.type === "animation") return [{ ...given, type: "time-series", value }, title ?? value];
  if (style.type === "cluster-size" && style.operation === "count") {
    return [{ ...given, type: "formula", value, operation: "count" }, title ?? "count"];
  }
  if (style.type.endsWith("-category")) return [{ ...given, type: "category", value }, title ?? value];
  const usual = style.type === "color-continuous" ? "Distribution" : value;
  return [{ ...given, type: "histogram", value }, title ?? usual];
}

async function describeWidget(widget: Widget, usualTitle: string, columns: Columns): Promise<PageWidget> {
  const { type, value = "", readOnly, weight, buckets, isGlobal, format = null } = widget;
  if (type === "basic" || type === "animation") return { type, ...await titled(widget, usualTitle) };
  if (type === "formula") {
    const { operation = "count" } = widget;
    const column = operation === "count" ? null : columns(value, "widgets");
    if (column !== null) needOnlyNumbers(column, "widgets");
    const texts = await titled(widget, usualTitle || (column === null ? "count" : `${value} (${operation})`));
    return { type, ...texts, operation, column: column?.name ?? null, isGlobal, format };
  }
  const view = columns(value, "widgets");
  const texts = await titled(widget, usualTitle || value);
  if (type === "category") return { type, ...texts, column: view.name, readOnly, weight };
  if (type === "time-series") needNumbers(view, "widgets");
  const bars = { column: view.name, buckets, readOnly, weight };
  return type === "time-series" ? { type, ...texts, ...bars } : { type: "histogram", ...texts, ...bars };
}

/** A clock needs something to play, and there is one clock for a layer. */
function animationOf(
  animation: PageAnimation | null,
  widgets: readonly PageWidget[],
  columns: Columns,
): PageAnimation | null {
  let result = animation;
  for (const widget of widgets) {
    if (widget.type !== "time-series") continue;
    result ??= animate(columns(widget.column, "widgets"));
    if (result.column === widget.column) continue;
    throw new ArgumentError(
      `Cannot show a time series of "${widget.column}": the layer plays by "${result.column}"`,
      { argument: "widgets", hint: "Use a histogram for the one of the two that is not played" },
    );
  }
  if (result === null && widgets.some(({ type }) => type === "animation")) {
    throw new ArgumentError("Cannot show an animation widget: the layer has no animation", {
      argument: "widgets",
      hint: 'Use animationStyle("column"), or a style with { animate: "column" }',
    });
  }
  return result;
}

function describePopup(
  { title }: Layer,
  elements: readonly PopupElement[] | undefined,
  hasDefault: boolean,
  style: Style | undefined,
  scaled: readonly ScaledProp[],
  columns: Columns,
): PagePopupElement[] {
  const usual = usualElements(style, scaled, title);
  if (elements === undefined) return hasDefault ? usual : [];
  return elements.map((element) => {
    const format = element.format ?? null;
    if (element.value !== undefined) {
      const { name } = columns(element.value, "popup");
      return { title: element.title ?? name, value: { kind: "column", column: name }, format };
    }
    const [first] = usual;
    if (first !== undefined) return { ...first, title: element.title ?? first.title, format };
    throw new ArgumentError("Cannot show a default popup: the layer's style follows no column", {
      argument: "popup",
      hint: 'Name a column: popupElement("column")',
    });
  });
}

/** What the style itself is about. */
function usualElements(
  style: Style | undefined,
  scaled: readonly ScaledProp[],
  title: string | undefined,
): PagePopupElement[] {
  if (style?.type === "cluster-size") {
    const { operation, value } = style;
    const column = operation === "count" ? null : value;
    return [{
      title: title ?? clusterTitle(style),
      value: { kind: "cluster", operation, column },
      format: null,
    }];
  }
  const animated = style?.type === "animation" ? [style.value] : [];
  const names = [...new Set([...animated, ...scaled.map(({ value }) => value)])];
  return names.map((column, i) => ({
    title: i === 0 ? title ?? column : column,
    value: { kind: "column", column },
    format: null,
  }));
}
