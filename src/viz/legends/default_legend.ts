import type { TitledOptions } from "../_titled.ts";
import { type Legend, makeLegend } from "./legend.ts";

/** What {@linkcode defaultLegend} takes. */
export interface DefaultLegendOptions extends TitledOptions {
  /** Whether it follows what is in the viewport. Default: true. */
  dynamic?: boolean | undefined;
  /** Whether the smallest comes first. Default: false, and true for categories. */
  ascending?: boolean | undefined;
  /** A specifier of d3-format, such as `.2f`. Default: the usual format of the reader's language. */
  format?: string | undefined;
}

/**
 * The legend that the layer's style has anyway, with texts of one's own.
 *
 * @param options Texts, and how it is shown
 * @returns The legend, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example A title and a format
 * ```ts
 * import { defaultLegend } from "@cartoframes/cartoframes/viz";
 *
 * const legend = defaultLegend({ title: "Share", format: ".0%" });
 * if (legend.type !== "default") throw new Error(JSON.stringify(legend));
 * ```
 */
export function defaultLegend(options: DefaultLegendOptions = {}): Legend {
  // Whether categories come in their order is known only beside the style
  return makeLegend("default", options, { prop: "color", ascending: undefined });
}
