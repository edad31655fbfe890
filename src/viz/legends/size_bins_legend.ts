import { type Legend, makeLegend, type NumberLegendOptions } from "./legend.ts";

/**
 * The legend of sizes by classes, the largest first.
 *
 * @param options Texts, and how it is shown
 * @returns The legend, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example With a title of its own
 * ```ts
 * import { sizeBinsLegend } from "@cartoframes/cartoframes/viz";
 *
 * const legend = sizeBinsLegend({ title: "Population" });
 * if (legend.type !== "size-bins" || legend.prop !== "size") throw new Error(JSON.stringify(legend));
 * ```
 */
export function sizeBinsLegend(options: NumberLegendOptions = {}): Legend {
  return makeLegend("size-bins", options, { prop: "size", ascending: false });
}
