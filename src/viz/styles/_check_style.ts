import { ArgumentError } from "../../errors/carto_error.ts";
import { checkColor } from "../_css_color.ts";
import { checkPalette, type PaletteName } from "../palettes.ts";
import type {
  AnimateOptions,
  AnimateStyle,
  BinsMethod,
  Category,
  ColorStyle,
  ColorValue,
  ScaleValue,
  SizeStyle,
  SizeValue,
  StrokeOptions,
  StrokeStyle,
  Style,
} from "./style.ts";

const METHODS: readonly BinsMethod[] = ["quantiles", "equal", "stdev"];
const TYPES: ReadonlySet<string> = new Set([
  "basic",
  "color-bins",
  "color-category",
  "color-continuous",
  "size-bins",
  "size-category",
  "size-continuous",
  "cluster-size",
  "animation",
]);

/** Whether a value is what a style helper returns. */
export function isStyle(value: unknown): value is Style {
  return typeof value === "object" && value !== null && "type" in value && TYPES.has(String(value.type));
}

/** A column's name, as far as it can be checked without the data. */
export function checkValue(value: unknown, argument = "value"): string {
  if (typeof value === "string" && value !== "") return value;
  throw new ArgumentError(`Cannot use this ${argument}: it must be the name of a column`, { argument });
}

/** A number within a range. */
export function checkNumber(value: unknown, argument: string, min = -Infinity, max = Infinity): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= min && value <= max) return value;
  const range = max < Infinity ? ` from ${min} to ${max}` : min > -Infinity ? ` of ${min} or more` : "";
  throw new ArgumentError(`Cannot use ${shown(value)} as ${argument}: it must be a number${range}`, {
    argument,
  });
}

/** A whole number within a range. */
export function checkWhole(value: unknown, argument: string, min: number, max: number): number {
  if (Number.isInteger(value)) return checkNumber(value, argument, min, max);
  throw new ArgumentError(
    `Cannot use ${shown(value)} as ${argument}: it must be a whole number from ${min} to ${max}`,
    { argument },
  );
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return value === null || /^(?:number|boolean|bigint|undefined)$/.test(typeof value)
    ? String(value)
    : "this value";
}

/** A colour, or a style that tells one. */
export function checkColorValue(value: unknown, argument: string): ColorValue {
  if (isStyle(value)) return scaleOnly(value, argument, "color-") as ColorStyle;
  checkColor(value, argument);
  return value as string;
}

/** A size, or a style that tells one. */
export function checkSizeValue(value: unknown, argument: string): SizeValue {
  if (isStyle(value)) return scaleOnly(value, argument, "size-") as SizeStyle;
  return checkNumber(value, argument, 0);
}

/** A style within another tells how one property follows a column, and nothing else. */
function scaleOnly(style: Style, argument: string, prefix: "color-" | "size-"): Style {
  if (!style.type.startsWith(prefix)) {
    throw new ArgumentError(`Cannot use a style of type "${style.type}" as ${argument}`, {
      argument,
      hint: `Give a style helper whose name begins with "${prefix.slice(0, -1)}", or a single value`,
    });
  }
  const { color, size, opacity, strokeColor, strokeWidth, animate } = style as Partial<
    Record<"color" | "size" | "opacity" | "strokeColor" | "strokeWidth" | "animate", unknown>
  >;
  const extra = Object.entries({ color, size, opacity, strokeColor, strokeWidth, animate })
    .find(([, value]) => value !== undefined)?.[0];
  if (extra === undefined) return style;
  throw new ArgumentError(`Cannot use this style as ${argument}: it sets ${extra} as well`, {
    argument,
    hint: `Set ${extra} in the outer style`,
  });
}

/** The options that every style has. */
export function checkStroke(options: StrokeOptions): StrokeStyle {
  const { opacity, strokeColor, strokeWidth } = options;
  return {
    opacity: optional(opacity, (value) => checkNumber(value, "opacity", 0, 1)),
    strokeColor: optional(strokeColor, (value) => checkColorValue(value, "strokeColor")),
    strokeWidth: optional(strokeWidth, (value) => checkSizeValue(value, "strokeWidth")),
  };
}

/** The same, with the column that animates. */
export function checkAnimate(options: AnimateOptions): AnimateStyle {
  return {
    ...checkStroke(options),
    animate: optional(options.animate, (value) => checkValue(value, "animate")),
  };
}

/** Undefined and null stand for the default. */
export function optional<T, R>(value: T | null | undefined, check: (value: T) => R): R | undefined {
  return value === undefined || value === null ? undefined : check(value);
}

/** A method of cutting into classes. */
function checkMethod(method: unknown): BinsMethod {
  const found = METHODS.find((each) => each === method);
  if (found !== undefined) return found;
  throw new ArgumentError('Available methods are: "quantiles", "equal", "stdev"', { argument: "method" });
}

/** The options of styles with classes. */
export function checkBins(
  options: {
    method?: BinsMethod | undefined;
    bins?: number | undefined;
    breaks?: readonly ScaleValue[] | undefined;
  },
): { method: BinsMethod; bins: number; breaks: readonly ScaleValue[] | undefined } {
  return {
    method: checkMethod(options.method ?? "quantiles"),
    bins: checkWhole(options.bins ?? 5, "bins", 1, 100),
    breaks: optional(options.breaks, checkBreaks),
  };
}

function checkBreaks(breaks: readonly ScaleValue[]): readonly ScaleValue[] {
  const isList = Array.isArray(breaks) && breaks.length > 0;
  if (
    isList && breaks.every((value, i) => isScaleValue(value) && (i === 0 || value > (breaks[i - 1] ?? 0)))
  ) {
    return Object.freeze([...breaks]);
  }
  throw new ArgumentError(
    "Cannot use these breaks: they must be a list of one or more numbers or dates, each larger than the one before",
    { argument: "breaks" },
  );
}

function isScaleValue(value: unknown): value is ScaleValue {
  return (typeof value === "number" || value instanceof Date) && Number.isFinite(Number(value));
}

/** The ends of a range that a user set. */
export function checkRange(
  options: { rangeMin?: ScaleValue | undefined; rangeMax?: ScaleValue | undefined },
): { rangeMin: ScaleValue | undefined; rangeMax: ScaleValue | undefined } {
  const end = (argument: "rangeMin" | "rangeMax"): ScaleValue | undefined =>
    optional(options[argument], (value) => {
      if (isScaleValue(value)) return value;
      throw new ArgumentError(`Cannot use ${shown(value)} as ${argument}: it must be a number or a date`, {
        argument,
      });
    });
  const [rangeMin, rangeMax] = [end("rangeMin"), end("rangeMax")];
  if (rangeMin !== undefined && rangeMax !== undefined && rangeMin > rangeMax) {
    throw new ArgumentError("Cannot use this range: rangeMin is larger than rangeMax", {
      argument: "rangeMin",
    });
  }
  return { rangeMin, rangeMax };
}

/** A list of sizes to run through. */
export function checkSizes(sizes: unknown, argument = "sizeRange"): readonly number[] | undefined {
  return optional(sizes, (list) => {
    if (Array.isArray(list) && list.length >= 2) {
      return Object.freeze(list.map((size) => checkNumber(size, argument, 0)));
    }
    throw new ArgumentError(`Cannot use this ${argument}: it must be a list of two or more sizes in pixels`, {
      argument,
    });
  });
}

/** The options of styles with categories. */
export function checkCategories(
  options: { top?: number | undefined; cat?: readonly Category[] | undefined },
  top: number,
): { top: number; cat: readonly Category[] | undefined } {
  return {
    top: checkWhole(options.top ?? top, "top", 1, 100),
    cat: optional(options.cat, (list) => {
      const isList = Array.isArray(list) && list.length > 0 &&
        list.every((each) => /^(?:string|number|bigint|boolean)$/.test(typeof each));
      if (isList) return Object.freeze([...new Set(list)]);
      throw new ArgumentError(
        "Cannot use this cat: it must be a list of one or more texts, numbers or booleans",
        { argument: "cat" },
      );
    }),
  };
}

/** A palette whose colours are all ones. */
export function checkColors(palette: unknown, otherwise: PaletteName): PaletteName | readonly string[] {
  const checked = checkPalette(palette, otherwise);
  if (typeof checked !== "string") checked.forEach((color) => checkColor(color, "palette"));
  return checked;
}
