import type { Palette, PaletteName } from "../palettes.ts";
import {
  checkAnimate,
  checkCategories,
  checkColors,
  checkSizeValue,
  checkValue,
  optional,
} from "./_check_style.ts";
import type { AnimateOptions, AnimateStyle, Category, SizeValue } from "./style.ts";

/** What {@linkcode colorCategoryStyle} takes. */
export interface ColorCategoryStyleOptions extends AnimateOptions {
  /** How many of the most frequent values get a colour of their own; the rest are "others". Default: 11. */
  top?: number | undefined;
  /** The values that get a colour of their own, in place of `top`. */
  cat?: readonly Category[] | undefined;
  /** The colours. Default: `bold`. */
  palette?: Palette | undefined;
  /** The diameter of points, the width of lines, in pixels. */
  size?: SizeValue | undefined;
}

/** Colours by category, as {@linkcode colorCategoryStyle} and {@linkcode isolinesStyle} make it. */
export interface ColorCategoryStyle extends AnimateStyle {
  /** What kind of style it is. */
  readonly type: "color-category";
  /** The column. */
  readonly value: string;
  /** How many of the most frequent values get a colour. */
  readonly top: number;
  /** The values that get a colour; undefined where `top` tells. */
  readonly cat: readonly Category[] | undefined;
  /** The colours. */
  readonly palette: PaletteName | readonly string[];
  /** Undefined for the default. */
  readonly size: SizeValue | undefined;
}

/**
 * A colour for each value of a column. The most frequent come first; of equally frequent ones the smaller.
 *
 * @param value The column
 * @param options Which values, colours, and the rest of the look
 * @returns The style, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example By category, sized by a number
 * ```ts
 * import { colorCategoryStyle, sizeContinuousStyle } from "@cartoframes/cartoframes/viz";
 *
 * const style = colorCategoryStyle("country", { top: 5, size: sizeContinuousStyle("population") });
 * if (style.top !== 5) throw new Error(JSON.stringify(style));
 * ```
 */
export function colorCategoryStyle(
  value: string,
  options: ColorCategoryStyleOptions = {},
): ColorCategoryStyle {
  return Object.freeze({
    type: "color-category",
    value: checkValue(value),
    ...checkCategories(options, 11),
    palette: checkColors(options.palette, "BOLD"),
    size: optional(options.size, (size) => checkSizeValue(size, "size")),
    ...checkAnimate(options),
  });
}
