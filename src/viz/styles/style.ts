import type { AnimationStyle } from "./animation_style.ts";
import type { BasicStyle } from "./basic_style.ts";
import type { ClusterSizeStyle } from "./cluster_size_style.ts";
import type { ColorBinsStyle } from "./color_bins_style.ts";
import type { ColorCategoryStyle } from "./color_category_style.ts";
import type { ColorContinuousStyle } from "./color_continuous_style.ts";
import type { SizeBinsStyle } from "./size_bins_style.ts";
import type { SizeCategoryStyle } from "./size_category_style.ts";
import type { SizeContinuousStyle } from "./size_continuous_style.ts";

/** A style whose colour follows a column. */
export type ColorStyle = ColorBinsStyle | ColorCategoryStyle | ColorContinuousStyle;

/** A style whose size follows a column. */
export type SizeStyle = SizeBinsStyle | SizeCategoryStyle | SizeContinuousStyle;

/** What a style helper returns: plain data that never changes. */
export type Style = BasicStyle | ColorStyle | SizeStyle | ClusterSizeStyle | AnimationStyle;

/** Basic styles by kind of geometry, for layers that hold several; a kind that is left out has its default style. */
export interface StylesByKind {
  /** For points. */
  readonly point?: BasicStyle | undefined;
  /** For lines. */
  readonly line?: BasicStyle | undefined;
  /** For polygons. */
  readonly polygon?: BasicStyle | undefined;
}

/** A colour that is the same for all, or follows a column as a colour style says (only its column, classes and palette). */
export type ColorValue = string | ColorStyle;

/** A size in pixels that is the same for all, or follows a column as a size style says (only its column, classes and range). */
export type SizeValue = number | SizeStyle;

/** How a column of numbers is cut into classes. */
export type BinsMethod = "quantiles" | "equal" | "stdev";

/** A value on a scale: a number, or a point in time. */
export type ScaleValue = number | Date;

/** A category to name: a text, a number, or a boolean. */
export type Category = string | number | bigint | boolean;

/** What every style takes. */
export interface StrokeOptions {
  /** How opaque the fill of points and polygons or the colour of lines is, from 0 to 1. */
  opacity?: number | undefined;
  /** The colour of the outline of points and polygons. */
  strokeColor?: ColorValue | undefined;
  /** The width of the outline of points and polygons, in pixels. */
  strokeWidth?: SizeValue | undefined;
}

/** What the styles of features that can move in time take. */
export interface AnimateOptions extends StrokeOptions {
  /** A column of numbers or times by which the features appear and fade, in 20 seconds. */
  animate?: string | undefined;
}

/** What the options of every style have become. */
export interface StrokeStyle {
  /** From 0 to 1; undefined for the default of the kind of geometry. */
  readonly opacity: number | undefined;
  /** Undefined for the default of the kind of geometry. */
  readonly strokeColor: ColorValue | undefined;
  /** Undefined for the default of the kind of geometry. */
  readonly strokeWidth: SizeValue | undefined;
}

/** The same, with the column that animates. */
export interface AnimateStyle extends StrokeStyle {
  /** The column; undefined for none. */
  readonly animate: string | undefined;
}
