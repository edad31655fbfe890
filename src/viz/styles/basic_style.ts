import { checkColorValue, checkSizeValue, checkStroke, optional } from "./_check_style.ts";
import type { ColorValue, SizeValue, StrokeOptions, StrokeStyle } from "./style.ts";

/** What {@linkcode basicStyle} takes. */
export interface BasicStyleOptions extends StrokeOptions {
  /** The fill of points and polygons, the colour of lines. Default: `#EE4D5A`, `#4CC8A3` for lines, `#826DBA` for polygons. */
  color?: ColorValue | undefined;
  /** The diameter of points, the width of lines, in pixels. Default: grows with the zoom. */
  size?: SizeValue | undefined;
}

/** One look for all features, as {@linkcode basicStyle} makes it. */
export interface BasicStyle extends StrokeStyle {
  /** What kind of style it is. */
  readonly type: "basic";
  /** Undefined for the default. */
  readonly color: ColorValue | undefined;
  /** Undefined for the default. */
  readonly size: SizeValue | undefined;
}

/**
 * One look for all features. A colour or a size may also be a style that tells how it follows a column. Opacity is 1
 * when not given, 0.9 for polygons.
 *
 * @param options Colour, size, opacity, outline
 * @returns The style, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example Two properties that follow two columns
 * ```ts
 * import { basicStyle, colorCategoryStyle, sizeContinuousStyle } from "@cartoframes/cartoframes/viz";
 *
 * const style = basicStyle({ color: colorCategoryStyle("country"), size: sizeContinuousStyle("population") });
 * if (style.type !== "basic") throw new Error(style.type);
 * ```
 */
export function basicStyle(options: BasicStyleOptions = {}): BasicStyle {
  return Object.freeze({
    type: "basic",
    color: optional(options.color, (value) => checkColorValue(value, "color")),
    size: optional(options.size, (value) => checkSizeValue(value, "size")),
    ...checkStroke(options),
  });
}
