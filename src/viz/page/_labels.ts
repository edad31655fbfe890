/** Values as the reader sees them. */
import { formatNumber } from "./_format.ts";
import { type Column, timeText } from "./_model.ts";

/** The value of a row, by a specifier where there is one; empty where there is no value. */
export function cellText(column: Column, row: number, format: string | null): string {
  if (column.isNull(row)) return "";
  if (column.kind !== "number") return column.text(row) ?? "";
  if (format === null && column.exact) return column.exact(row) ?? "";
  return formatNumber(column.number(row), format);
}

/** A number or time of a column: a break, the end of a range. */
export function numberText(column: Column | undefined, value: number, format: string | null): string {
  if (column?.kind === "time") return timeText(value, column.what ?? "local");
  return formatNumber(value, format);
}

/** What stands for a row without a value. */
export const NO_DATA = "No data";

/** What stands for the values that have no class of their own. */
export const OTHERS = "Others";
