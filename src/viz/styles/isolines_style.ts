import { type ColorCategoryStyle, colorCategoryStyle } from "./color_category_style.ts";
import type { ColorCategoryStyleOptions } from "./color_category_style.ts";

/** What {@linkcode isolinesStyle} takes. */
export interface IsolinesStyleOptions extends Omit<ColorCategoryStyleOptions, "animate"> {
  /** The colours. Default: `pinkyl`. */
  palette?: ColorCategoryStyleOptions["palette"];
  /** How opaque areas are, from 0 to 1. Default: 0.8. */
  opacity?: number | undefined;
  /** The colour of outlines. Default: `rgba(150,150,150,0.4)`. */
  strokeColor?: ColorCategoryStyleOptions["strokeColor"];
}

/**
 * Colours for isolines, one for each range.
 *
 * @param value The column. Default: `range_label`, as the isolines service names it
 * @param options Which values, colours, and the rest of the look
 * @returns The style, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example Isolines as they come
 * ```ts
 * import { isolinesStyle } from "@cartoframes/cartoframes/viz";
 *
 * const style = isolinesStyle();
 * if (style.value !== "range_label" || style.opacity !== 0.8) throw new Error(JSON.stringify(style));
 * ```
 */
export function isolinesStyle(value = "range_label", options: IsolinesStyleOptions = {}): ColorCategoryStyle {
  return colorCategoryStyle(value, {
    ...options,
    palette: options.palette ?? "pinkyl",
    opacity: options.opacity ?? 0.8,
    strokeColor: options.strokeColor ?? "rgba(150,150,150,0.4)",
  });
}
