import { type Legend, makeLegend, type NumberLegendOptions } from "./legend.ts";

/**
 * The legend of colours by classes, the largest first.
 *
 * @param options Texts, and how it is shown
 * @returns The legend, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example With a title of its own
 * ```ts
 * import { colorBinsLegend } from "@cartoframes/cartoframes/viz";
 *
 * const legend = colorBinsLegend({ title: "Population" });
 * if (legend.type !== "color-bins" || legend.prop !== "color") throw new Error(JSON.stringify(legend));
 * ```
 */
export function colorBinsLegend(options: NumberLegendOptions = {}): Legend {
  return makeLegend("color-bins", options, { prop: "color", ascending: false });
}
