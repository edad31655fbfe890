import {
  checkAnimate,
  checkCategories,
  checkColorValue,
  checkSizes,
  checkValue,
  optional,
} from "./_check_style.ts";
import type { AnimateOptions, AnimateStyle, Category, ColorValue } from "./style.ts";

/** What {@linkcode sizeCategoryStyle} takes. */
export interface SizeCategoryStyleOptions extends AnimateOptions {
  /** How many of the most frequent values get a size of their own; the rest are "others". Default: 5. */
  top?: number | undefined;
  /** The values that get a size of their own, in place of `top`. */
  cat?: readonly Category[] | undefined;
  /** The sizes to run through, in pixels. Default: `[2, 20]` for points, `[1, 10]` for lines. */
  sizeRange?: readonly number[] | undefined;
  /** Default: `#F46D43` for points, `#4CC8A3` for lines. */
  color?: ColorValue | undefined;
}

/** Sizes by category, as {@linkcode sizeCategoryStyle} makes it. */
export interface SizeCategoryStyle extends AnimateStyle {
  /** What kind of style it is. */
  readonly type: "size-category";
  /** The column. */
  readonly value: string;
  /** How many of the most frequent values get a size. */
  readonly top: number;
  /** The values that get a size; undefined where `top` tells. */
  readonly cat: readonly Category[] | undefined;
  /** Undefined for the default. */
  readonly sizeRange: readonly number[] | undefined;
  /** Undefined for the default. */
  readonly color: ColorValue | undefined;
}

/**
 * A size of points or lines for each value of a column. Opacity is 0.8 when not given.
 *
 * @param value The column
 * @param options Which values, sizes, and the rest of the look
 * @returns The style, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example Roads by class
 * ```ts
 * import { sizeCategoryStyle } from "@cartoframes/cartoframes/viz";
 *
 * const style = sizeCategoryStyle("class", { cat: ["path", "street", "motorway"], sizeRange: [1, 6] });
 * if (style.cat?.length !== 3) throw new Error(JSON.stringify(style));
 * ```
 */
export function sizeCategoryStyle(value: string, options: SizeCategoryStyleOptions = {}): SizeCategoryStyle {
  return Object.freeze({
    type: "size-category",
    value: checkValue(value),
    ...checkCategories(options, 5),
    sizeRange: checkSizes(options.sizeRange),
    color: optional(options.color, (color) => checkColorValue(color, "color")),
    ...checkAnimate(options),
  });
}
