import {
  checkAnimate,
  checkColorValue,
  checkRange,
  checkSizes,
  checkValue,
  optional,
} from "./_check_style.ts";
import type { AnimateOptions, AnimateStyle, ColorValue, ScaleValue } from "./style.ts";

/** What {@linkcode sizeContinuousStyle} takes. */
export interface SizeContinuousStyleOptions extends AnimateOptions {
  /** The sizes to run through, in pixels. Default: `[2, 40]` for points, `[1, 10]` for lines. */
  sizeRange?: readonly number[] | undefined;
  /** The value of the first size. Default: the smallest. */
  rangeMin?: ScaleValue | undefined;
  /** The value of the last size. Default: the largest. */
  rangeMax?: ScaleValue | undefined;
  /** Default: `#FFB927` for points, `#4CC8A3` for lines. */
  color?: ColorValue | undefined;
}

/** Sizes that run with a number, as {@linkcode sizeContinuousStyle} makes it. */
export interface SizeContinuousStyle extends AnimateStyle {
  /** What kind of style it is. */
  readonly type: "size-continuous";
  /** The column. */
  readonly value: string;
  /** Undefined for the default. */
  readonly sizeRange: readonly number[] | undefined;
  /** Undefined for the smallest value. */
  readonly rangeMin: ScaleValue | undefined;
  /** Undefined for the largest value. */
  readonly rangeMax: ScaleValue | undefined;
  /** Undefined for the default. */
  readonly color: ColorValue | undefined;
}

/**
 * Sizes of points or lines that run with a number or time. The area of a point runs with it (its diameter with the
 * square root), unless there are negative values. Opacity is 0.8 when not given.
 *
 * @param value The column
 * @param options The range, sizes, and the rest of the look
 * @returns The style, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example Cities
 * ```ts
 * import { sizeContinuousStyle } from "@cartoframes/cartoframes/viz";
 *
 * const style = sizeContinuousStyle("population", { sizeRange: [4, 60], color: "teal" });
 * if (style.sizeRange?.[1] !== 60) throw new Error(JSON.stringify(style));
 * ```
 */
export function sizeContinuousStyle(
  value: string,
  options: SizeContinuousStyleOptions = {},
): SizeContinuousStyle {
  return Object.freeze({
    type: "size-continuous",
    value: checkValue(value),
    sizeRange: checkSizes(options.sizeRange),
    ...checkRange(options),
    color: optional(options.color, (color) => checkColorValue(color, "color")),
    ...checkAnimate(options),
  });
}
