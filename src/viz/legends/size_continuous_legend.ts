import { type Legend, makeLegend, type NumberLegendOptions } from "./legend.ts";

/**
 * The legend of sizes that run with a number, with four samples; of clusters too.
 *
 * @param options Texts, and how it is shown
 * @returns The legend, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example With a title of its own
 * ```ts
 * import { sizeContinuousLegend } from "@cartoframes/cartoframes/viz";
 *
 * const legend = sizeContinuousLegend({ title: "Population" });
 * if (legend.type !== "size-continuous" || legend.prop !== "size") throw new Error(JSON.stringify(legend));
 * ```
 */
export function sizeContinuousLegend(options: NumberLegendOptions = {}): Legend {
  return makeLegend("size-continuous", options, { prop: "size", ascending: false });
}
