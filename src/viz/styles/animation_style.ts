import {
  checkColorValue,
  checkNumber,
  checkSizeValue,
  checkStroke,
  checkValue,
  optional,
} from "./_check_style.ts";
import type { ColorValue, SizeValue, StrokeOptions, StrokeStyle } from "./style.ts";

/** What {@linkcode animationStyle} takes. */
export interface AnimationStyleOptions extends StrokeOptions {
  /** How long one run takes, in seconds. Default: 20. */
  duration?: number | undefined;
  /** How long a feature takes to appear, in seconds. Default: 1. */
  fadeIn?: number | undefined;
  /** How long a feature takes to fade, in seconds. Default: 1. */
  fadeOut?: number | undefined;
  /** The fill of points and polygons, the colour of lines. */
  color?: ColorValue | undefined;
  /** The diameter of points, the width of lines, in pixels. */
  size?: SizeValue | undefined;
}

/** Features in the course of time, as {@linkcode animationStyle} makes it. */
export interface AnimationStyle extends StrokeStyle {
  /** What kind of style it is. */
  readonly type: "animation";
  /** The column. */
  readonly value: string;
  /** Seconds that one run takes. */
  readonly duration: number;
  /** Seconds that a feature takes to appear. */
  readonly fadeIn: number;
  /** Seconds that a feature takes to fade. */
  readonly fadeOut: number;
  /** Undefined for the default. */
  readonly color: ColorValue | undefined;
  /** Undefined for the default. */
  readonly size: SizeValue | undefined;
}

/**
 * Features that appear and fade as a clock runs over a column of numbers or times.
 *
 * @param value The column
 * @param options Times, and the rest of the look
 * @returns The style, for {@linkcode Layer}
 * @throws {ArgumentError} An option cannot be used; the error names it
 *
 * @example A slow run with long trails
 * ```ts
 * import { animationStyle } from "@cartoframes/cartoframes/viz";
 *
 * const style = animationStyle("seen_at", { duration: 60, fadeOut: 5 });
 * if (style.fadeIn !== 1) throw new Error(JSON.stringify(style));
 * ```
 */
export function animationStyle(value: string, options: AnimationStyleOptions = {}): AnimationStyle {
  return Object.freeze({
    type: "animation",
    value: checkValue(value),
    duration: checkNumber(options.duration ?? 20, "duration", 0.1, 86_400),
    fadeIn: checkNumber(options.fadeIn ?? 1, "fadeIn", 0),
    fadeOut: checkNumber(options.fadeOut ?? 1, "fadeOut", 0),
    color: optional(options.color, (color) => checkColorValue(color, "color")),
    size: optional(options.size, (size) => checkSizeValue(size, "size")),
    ...checkStroke(options),
  });
}
