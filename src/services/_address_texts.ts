import type { CellValue, ColumnType } from "../frame/types.ts";

/** Digits that tell every number of four bytes from its neighbours. */
const FLOAT4_DIGITS = 9;

/** A value as the database's `concat` writes it, in a session whose time zone is UTC: null is an empty text. */
export function concatText(value: CellValue, type: ColumnType): string {
  if (value === null) return "";
  switch (type) {
    case "bool":
      return value === true ? "t" : "f";
    case "float8":
      return floatText(Number(value), shortest(Number(value)), 15);
    case "float4":
      return floatText(Number(value), shortest4(Number(value)), 6);
    case "timestamp":
      return String(value).replace("T", " ");
    case "timestamptz":
      return String(value).replace("T", " ").replace(/Z$/, "+00");
    case "bytea":
      return `\\x${(value as Uint8Array).toHex()}`;
    default:
      return typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype ||
          Array.isArray(value)
        ? JSON.stringify(value)
        : String(value);
  }
}

/** The fewest digits that tell a number, as `d.ddde±n`. */
function shortest(value: number): string {
  return value.toExponential();
}

function shortest4(value: number): string {
  for (let digits = 0; digits < FLOAT4_DIGITS; digits++) {
    const text = value.toExponential(digits);
    // Halfway to the neighbour does not do for PostgreSQL
    const beyond = 2 * Number(text) - value;
    if (Math.fround(Number(text)) === value && (beyond === value || Math.fround(beyond) !== beyond)) {
      return text;
    }
  }
  return value.toExponential();
}

/** PostgreSQL writes exponents below -4 and from `limit` on, with two digits at least. */
function floatText(value: number, exponential: string, limit: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", power = "0"] = exponential.split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= limit) {
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const rest = digits.slice(exponent + 1);
  return `${sign}${whole}${rest === "" ? "" : `.${rest}`}`;
}
