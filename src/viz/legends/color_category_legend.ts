import { type Legend, makeLegend, type ScaleLegendOptions } from "./legend.ts";

/**
 * The legend of colours by category.
 *
 * @param options Texts, and how it is shown
 * @returns The legend, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example With a title of its own
 * ```ts
 * import { colorCategoryLegend } from "@cartoframes/cartoframes/viz";
 *
 * const legend = colorCategoryLegend({ title: "Population" });
 * if (legend.type !== "color-category" || legend.prop !== "color") throw new Error(JSON.stringify(legend));
 * ```
 */
export function colorCategoryLegend(options: ScaleLegendOptions = {}): Legend {
  return makeLegend("color-category", options, { prop: "color", ascending: true });
}
