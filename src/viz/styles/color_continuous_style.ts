import type { Palette, PaletteName } from "../palettes.ts";
import {
  checkAnimate,
  checkColors,
  checkRange,
  checkSizeValue,
  checkValue,
  optional,
} from "./_check_style.ts";
import type { AnimateOptions, AnimateStyle, ScaleValue, SizeValue } from "./style.ts";

/** What {@linkcode colorContinuousStyle} takes. */
export interface ColorContinuousStyleOptions extends AnimateOptions {
  /** The diameter of points, the width of lines, in pixels. */
  size?: SizeValue | undefined;
  /** The value of the first colour. Default: the smallest. */
  rangeMin?: ScaleValue | undefined;
  /** The value of the last colour. Default: the largest. */
  rangeMax?: ScaleValue | undefined;
  /** The colours. Default: `bluyl`. */
  palette?: Palette | undefined;
}

/** Colours that run with a number, as {@linkcode colorContinuousStyle} makes it. */
export interface ColorContinuousStyle extends AnimateStyle {
  /** What kind of style it is. */
  readonly type: "color-continuous";
  /** The column. */
  readonly value: string;
  /** Undefined for the smallest value. */
  readonly rangeMin: ScaleValue | undefined;
  /** Undefined for the largest value. */
  readonly rangeMax: ScaleValue | undefined;
  /** The colours. */
  readonly palette: PaletteName | readonly string[];
  /** Undefined for the default. */
  readonly size: SizeValue | undefined;
}

/**
 * Colours that run with a number or time, without classes.
 *
 * @param value The column
 * @param options The range, colours, and the rest of the look
 * @returns The style, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example Percentages
 * ```ts
 * import { colorContinuousStyle } from "@cartoframes/cartoframes/viz";
 *
 * const style = colorContinuousStyle("share", { rangeMin: 0, rangeMax: 100, palette: ["white", "teal"] });
 * if (style.rangeMax !== 100) throw new Error(JSON.stringify(style));
 * ```
 */
export function colorContinuousStyle(
  value: string,
  options: ColorContinuousStyleOptions = {},
): ColorContinuousStyle {
  return Object.freeze({
    type: "color-continuous",
    value: checkValue(value),
    ...checkRange(options),
    palette: checkColors(options.palette, "BLUYL"),
    size: optional(options.size, (size) => checkSizeValue(size, "size")),
    ...checkAnimate(options),
  });
}
