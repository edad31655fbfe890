import {
  checkAnimate,
  checkBins,
  checkColorValue,
  checkSizes,
  checkValue,
  optional,
} from "./_check_style.ts";
import type { AnimateOptions, AnimateStyle, BinsMethod, ColorValue, ScaleValue } from "./style.ts";

/** What {@linkcode sizeBinsStyle} takes. */
export interface SizeBinsStyleOptions extends AnimateOptions {
  /** How classes are cut: as many rows in each, equal widths, or by standard deviations from the mean. Default: `quantiles`. */
  method?: BinsMethod | undefined;
  /** How many classes. Default: 5. There are fewer where the values do not tell so many apart. */
  bins?: number | undefined;
  /** Where the classes begin and end, in place of `method` and `bins`; two breaks make three classes. */
  breaks?: readonly ScaleValue[] | undefined;
  /** The sizes to run through, in pixels. Default: `[2, 14]` for points, `[1, 10]` for lines. */
  sizeRange?: readonly number[] | undefined;
  /** Default: `#EE5D5A` for points, `#4CC8A3` for lines. */
  color?: ColorValue | undefined;
}

/** Sizes by classes of a number, as {@linkcode sizeBinsStyle} makes it. */
export interface SizeBinsStyle extends AnimateStyle {
  /** What kind of style it is. */
  readonly type: "size-bins";
  /** The column. */
  readonly value: string;
  /** How classes are cut. */
  readonly method: BinsMethod;
  /** How many classes. */
  readonly bins: number;
  /** Where classes begin and end; undefined where `method` tells. */
  readonly breaks: readonly ScaleValue[] | undefined;
  /** Undefined for the default. */
  readonly sizeRange: readonly number[] | undefined;
  /** Undefined for the default. */
  readonly color: ColorValue | undefined;
}

/**
 * Sizes of points or lines by classes of a number or time. Opacity is 0.8 when not given.
 *
 * @param value The column
 * @param options Classes, sizes, and the rest of the look
 * @returns The style, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example Three classes
 * ```ts
 * import { sizeBinsStyle } from "@cartoframes/cartoframes/viz";
 *
 * const style = sizeBinsStyle("visits", { breaks: [10, 100], sizeRange: [4, 16] });
 * if (style.breaks?.length !== 2) throw new Error(JSON.stringify(style));
 * ```
 */
export function sizeBinsStyle(value: string, options: SizeBinsStyleOptions = {}): SizeBinsStyle {
  return Object.freeze({
    type: "size-bins",
    value: checkValue(value),
    ...checkBins(options),
    sizeRange: checkSizes(options.sizeRange),
    color: optional(options.color, (color) => checkColorValue(color, "color")),
    ...checkAnimate(options),
  });
}
