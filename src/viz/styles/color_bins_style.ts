import type { Palette, PaletteName } from "../palettes.ts";
import {
  checkAnimate,
  checkBins,
  checkColors,
  checkSizeValue,
  checkValue,
  optional,
} from "./_check_style.ts";
import type { AnimateOptions, AnimateStyle, BinsMethod, ScaleValue, SizeValue } from "./style.ts";

/** What {@linkcode colorBinsStyle} takes. */
export interface ColorBinsStyleOptions extends AnimateOptions {
  /** How classes are cut: as many rows in each, equal widths, or by standard deviations from the mean. Default: `quantiles`. */
  method?: BinsMethod | undefined;
  /** How many classes. Default: 5. There are fewer where the values do not tell so many apart. */
  bins?: number | undefined;
  /** Where the classes begin and end, in place of `method` and `bins`; two breaks make three classes. */
  breaks?: readonly ScaleValue[] | undefined;
  /** The colours. Default: `purpor`, or `temps` for `stdev`. */
  palette?: Palette | undefined;
  /** The diameter of points, the width of lines, in pixels. */
  size?: SizeValue | undefined;
}

/** Colours by classes of a number, as {@linkcode colorBinsStyle} makes it. */
export interface ColorBinsStyle extends AnimateStyle {
  /** What kind of style it is. */
  readonly type: "color-bins";
  /** The column. */
  readonly value: string;
  /** How classes are cut. */
  readonly method: BinsMethod;
  /** How many classes. */
  readonly bins: number;
  /** Where classes begin and end; undefined where `method` tells. */
  readonly breaks: readonly ScaleValue[] | undefined;
  /** The colours. */
  readonly palette: PaletteName | readonly string[];
  /** Undefined for the default. */
  readonly size: SizeValue | undefined;
}

/**
 * Colours by classes of a number or time. Rows without a value get a grey of their own, and a line in the legend.
 *
 * @param value The column
 * @param options Classes, colours, and the rest of the look
 * @returns The style, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example Five classes of as many rows each
 * ```ts
 * import { colorBinsStyle } from "@cartoframes/cartoframes/viz";
 *
 * const style = colorBinsStyle("population", { method: "quantiles", bins: 5, palette: "sunset" });
 * if (style.bins !== 5 || style.palette !== "SUNSET") throw new Error(JSON.stringify(style));
 * ```
 */
export function colorBinsStyle(value: string, options: ColorBinsStyleOptions = {}): ColorBinsStyle {
  const bins = checkBins(options);
  return Object.freeze({
    type: "color-bins",
    value: checkValue(value),
    ...bins,
    palette: checkColors(options.palette, bins.method === "stdev" ? "TEMPS" : "PURPOR"),
    size: optional(options.size, (size) => checkSizeValue(size, "size")),
    ...checkAnimate(options),
  });
}
