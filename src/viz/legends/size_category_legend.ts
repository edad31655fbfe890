import { type Legend, makeLegend, type ScaleLegendOptions } from "./legend.ts";

/**
 * The legend of sizes by category.
 *
 * @param options Texts, and how it is shown
 * @returns The legend, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example With a title of its own
 * ```ts
 * import { sizeCategoryLegend } from "@cartoframes/cartoframes/viz";
 *
 * const legend = sizeCategoryLegend({ title: "Population" });
 * if (legend.type !== "size-category" || legend.prop !== "size") throw new Error(JSON.stringify(legend));
 * ```
 */
export function sizeCategoryLegend(options: ScaleLegendOptions = {}): Legend {
  return makeLegend("size-category", options, { prop: "size", ascending: true });
}
