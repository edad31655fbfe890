/// <reference lib="dom" />
/** Numbers as text: by a specifier in d3's language, or in the reader's own way. */

const usual = new Intl.NumberFormat(undefined, { maximumFractionDigits: 3 });
const usualFraction = new Intl.NumberFormat(undefined, {
  minimumFractionDigits: 2,
  maximumFractionDigits: 3,
});
const SPECIFIER = /^(?:(.)?([<>=^]))?([+\-( ])?([$#])?(0)?(\d+)?(,)?(\.\d+)?(~)?([a-z%])?$/i;
const PREFIXES = ["y", "z", "a", "f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y"];

/** A number as text. A specifier that is not understood is as good as none. */
export function formatNumber(value: number, specifier: string | null): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const parts = specifier === null ? null : SPECIFIER.exec(specifier);
  if (!parts) return plain(value);
  const [
    ,
    fillGiven,
    alignGiven,
    sign = "-",
    symbol = "",
    zero,
    widthGiven,
    comma,
    precisionGiven,
    trim,
    type = "",
  ] = parts;
  const precision = precisionGiven === undefined ? undefined : Math.min(20, Number(precisionGiven.slice(1)));
  let [digits, suffix] = digitsOf(Math.abs(value), type, precision);
  if (trim || type === "") digits = digits.replace(/(\.\d*?)0+(?=$|e)/, "$1").replace(/\.(?=$|e)/, "");
  const isZero = !/[1-9]/.test(digits);
  const isNegative = value < 0 && !(isZero && sign !== "+");
  if (comma || type === "n") {
    digits = digits.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));
  }
  const before = (isNegative ? sign === "(" ? "(" : "−" : sign === "+" || sign === " " ? sign : "") +
    (symbol === "$" ? "$" : symbol === "#" ? { b: "0b", o: "0o", x: "0x", X: "0x" }[type] ?? "" : "");
  const after = suffix + (isNegative && sign === "(" ? ")" : "");
  const align = zero ? "=" : alignGiven ?? ">";
  const fill = zero ? "0" : fillGiven ?? " ";
  const padding = fill.repeat(
    Math.max(0, Number(widthGiven ?? 0) - before.length - digits.length - after.length),
  );
  if (align === "=") return before + padding + digits + after;
  if (align === "<") return before + digits + after + padding;
  if (align === ">") return padding + before + digits + after;
  const half = padding.length >> 1;
  return padding.slice(0, half) + before + digits + after + padding.slice(half);
}

/** Whole numbers with the reader's marks between thousands, others with two to three decimals. */
function plain(value: number): string {
  if (Number.isInteger(value)) return usual.format(value);
  // What would be shown as nothing is shown by its first digits.
  return Math.abs(value) < 0.005 ? String(Number(value.toPrecision(3))) : usualFraction.format(value);
}

/** The digits of a number that is not negative, and what stands behind them. */
function digitsOf(
  value: number,
  type: string,
  precision: number | undefined,
): [digits: string, suffix: string] {
  switch (type) {
    case "e":
      return [value.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, "e$1$2"), ""];
    case "f":
    case "F":
      return [value.toFixed(precision ?? 6), ""];
    case "%":
      return [(value * 100).toFixed(precision ?? 6), "%"];
    case "p":
      return [significant(value * 100, precision ?? 6), "%"];
    case "r":
      return [significant(value, precision ?? 6), ""];
    case "s":
      return withPrefix(value, precision ?? 6);
    case "d":
      return [Math.round(value).toFixed(0), ""];
    case "b":
    case "o":
    case "x":
      return [Math.round(value).toString({ b: 2, o: 8, x: 16 }[type]), ""];
    case "X":
      return [Math.round(value).toString(16).toUpperCase(), ""];
    case "c":
      return [String.fromCodePoint(Math.min(0x10ffff, Math.round(value))), ""];
    default:
      return [general(value, precision ?? (type === "" ? 12 : 6)), ""];
  }
}

const general = (value: number, precision: number) => value.toPrecision(Math.max(1, precision));

/** So many digits that count, without an exponent. */
function significant(value: number, precision: number): string {
  if (value === 0) return value.toFixed(Math.max(0, precision - 1));
  const digits = Math.max(1, precision);
  const exponent = Number(value.toExponential(digits - 1).split("e")[1]);
  const decimals = digits - 1 - exponent;
  if (decimals >= 0) return value.toFixed(Math.min(100, decimals));
  return (Math.round(value / 10 ** -decimals) * 10 ** -decimals).toFixed(0);
}

function withPrefix(value: number, precision: number): [digits: string, suffix: string] {
  const digits = Math.max(1, precision);
  const exponent = value === 0 ? 0 : Number(value.toExponential(digits - 1).split("e")[1]);
  const step = Math.max(-8, Math.min(8, Math.floor(exponent / 3)));
  return [significant(value / 10 ** (step * 3), digits), PREFIXES[step + 8] ?? ""];
}
