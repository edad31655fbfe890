import { type Legend, makeLegend, type NumberLegendOptions } from "./legend.ts";

/**
 * The legend of colours that run with a number.
 *
 * @param options Texts, and how it is shown
 * @returns The legend, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example With a title of its own
 * ```ts
 * import { colorContinuousLegend } from "@cartoframes/cartoframes/viz";
 *
 * const legend = colorContinuousLegend({ title: "Population" });
 * if (legend.type !== "color-continuous" || legend.prop !== "color") throw new Error(JSON.stringify(legend));
 * ```
 */
export function colorContinuousLegend(options: NumberLegendOptions = {}): Legend {
  return makeLegend("color-continuous", options, { prop: "color", ascending: false });
}
