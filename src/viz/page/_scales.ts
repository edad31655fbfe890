/** Styles to what is drawn: colours, sizes and widths, one for all or one for each row. */
import type { PageColor, PageScale, PageStyle } from "./description.ts";
import type { Column, Data } from "./_model.ts";

/** Red, green, blue and opacity, 0 to 255. */
export type Rgba = readonly [red: number, green: number, blue: number, alpha: number];

/** Colours: one for all, or four bytes for each row. */
export type Colors = Rgba | Uint8Array<ArrayBuffer>;

/** Numbers: one for all, or one for each row. */
export type Sizes = number | Float32Array<ArrayBuffer>;

/** Reads `#rrggbb` and `#rrggbbaa`. */
export function parseColor(color: PageColor): Rgba {
  const value = Number.parseInt(color.slice(1), 16);
  return color.length === 9
    ? [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255]
    : [value >> 16, value >> 8 & 255, value & 255, 255];
}

const mixColors = (a: Rgba, b: Rgba, t: number): Rgba => [
  Math.round(a[0] + (b[0] - a[0]) * t),
  Math.round(a[1] + (b[1] - a[1]) * t),
  Math.round(a[2] + (b[2] - a[2]) * t),
  Math.round(a[3] + (b[3] - a[3]) * t),
];
const mixNumbers = (a: number, b: number, t: number) => a + (b - a) * t;

/** Whether a scale gives the same to all rows. */
export function isConstant<T>(scale: PageScale<T>): boolean {
  return scale.kind === "constant" || scale.kind === "zoom";
}

/** Whether any part of a style depends on the zoom. */
export function followsZoom(style: PageStyle): boolean {
  return Object.values(style).some((scale: PageScale<unknown>) => scale.kind === "zoom");
}

/** Where a number lies in a range, 0 to 1; in the middle of a range that is but a point. */
export function position(
  value: number,
  [min, max]: readonly [number, number],
  transform: "linear" | "sqrt",
): number {
  const at = transform === "sqrt" ? (v: number) => Math.sqrt(Math.max(0, v)) : (v: number) => v;
  const [low, high] = [at(min), at(max)];
  if (!(high > low)) return 0.5;
  return Math.max(0, Math.min(1, (at(value) - low) / (high - low)));
}

/** The value at a place in a run of values at equal steps. */
export function along<T>(values: readonly T[], place: number, mix: (a: T, b: T, t: number) => T): T {
  const at = place * (values.length - 1);
  const below = Math.min(Math.floor(at), values.length - 2);
  const [a, b] = [values[Math.max(0, below)] as T, values[Math.max(0, below) + 1] ?? values[0] as T];
  return mix(a, b, at - below);
}

/** The class of a value: how many breaks it has reached. */
export function classOf(value: number, breaks: readonly number[]): number {
  let low = 0;
  let high = breaks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value >= (breaks[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What a scale gives to all rows at a zoom. */
function constantAt<T>(scale: PageScale<T>, zoom: number, mix: (a: T, b: T, t: number) => T): T {
  if (scale.kind === "constant") return scale.value;
  if (scale.kind === "zoom") {
    return mix(scale.values[0], scale.values[1], position(zoom, scale.zooms, "linear"));
  }
  return scale.values[0] as T;
}

/** What a scale gives to each row, as a function of the row. */
function perRow<T>(
  scale: Exclude<PageScale<T>, { kind: "constant" | "zoom" }>,
  columns: ReadonlyMap<string, Column>,
  mix: (a: T, b: T, t: number) => T,
  nothing: T,
): (row: number) => T {
  const column = columns.get(scale.column);
  if (!column) return () => nothing;
  const noData = scale.noData ?? nothing;
  if (scale.kind === "bins") {
    const { breaks, values } = scale;
    return (row) => {
      const value = column.number(row);
      return Number.isNaN(value) ? noData : values[classOf(value, breaks)] ?? noData;
    };
  }
  if (scale.kind === "continuous") {
    const { values, domain, transform } = scale;
    return (row) => {
      const value = column.number(row);
      return Number.isNaN(value) ? noData : along(values, position(value, domain, transform), mix);
    };
  }
  const others = scale.others ?? noData;
  const known = new Map(scale.categories.map((category, i) => [category, scale.values[i] as T]));
  const { codes, dictionary, isNull } = column;
  if (codes && dictionary) {
    const byCode = dictionary.map((text) => known.get(text) ?? others);
    return (row) => isNull(row) ? noData : byCode[codes[row] as number] ?? others;
  }
  return (row) => {
    const key = column.key(row);
    return key === null ? noData : known.get(key) ?? others;
  };
}

/** The colours of all rows at a zoom, the opacity within them. */
export function colorsOf(
  color: PageScale<PageColor>,
  opacity: PageScale<number>,
  { rows, columns }: Data,
  zoom: number,
): Colors {
  const parsed = parseScale(color);
  if (isConstant(color) && isConstant(opacity)) {
    const [red, green, blue, alpha] = constantAt(parsed, zoom, mixColors);
    return [red, green, blue, Math.round(alpha * constantAt(opacity, zoom, mixNumbers))];
  }
  const colorAt = readScale(parsed, columns, zoom, mixColors, [0, 0, 0, 0]);
  const opacityAt = readScale(opacity, columns, zoom, mixNumbers, 0);
  const result = new Uint8Array(rows * 4);
  for (let row = 0; row < rows; row++) {
    const at = row * 4;
    const [red, green, blue, alpha] = colorAt(row);
    result[at] = red;
    result[at + 1] = green;
    result[at + 2] = blue;
    result[at + 3] = Math.round(alpha * opacityAt(row));
  }
  return result;
}

/** The numbers of all rows at a zoom. */
export function sizesOf(scale: PageScale<number>, { rows, columns }: Data, zoom: number): Sizes {
  if (isConstant(scale)) return constantAt(scale, zoom, mixNumbers);
  const at = readScale(scale, columns, zoom, mixNumbers, 0);
  const result = new Float32Array(rows);
  for (let row = 0; row < rows; row++) result[row] = at(row);
  return result;
}

function readScale<T>(
  scale: PageScale<T>,
  columns: ReadonlyMap<string, Column>,
  zoom: number,
  mix: (a: T, b: T, t: number) => T,
  nothing: T,
): (row: number) => T {
  if (scale.kind !== "constant" && scale.kind !== "zoom") return perRow(scale, columns, mix, nothing);
  const value = constantAt(scale, zoom, mix);
  return () => value;
}

/** The same scale over parsed colours. */
function parseScale(scale: PageScale<PageColor>): PageScale<Rgba> {
  switch (scale.kind) {
    case "constant":
      return { ...scale, value: parseColor(scale.value) };
    case "zoom":
      return { ...scale, values: [parseColor(scale.values[0]), parseColor(scale.values[1])] };
    case "bins":
    case "continuous":
      return { ...scale, values: scale.values.map(parseColor), noData: parseOrNull(scale.noData) };
    case "category":
      return {
        ...scale,
        values: scale.values.map(parseColor),
        others: parseOrNull(scale.others),
        noData: parseOrNull(scale.noData),
      };
  }
}

const parseOrNull = (color: PageColor | null) => color === null ? null : parseColor(color);
