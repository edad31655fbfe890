import type { Column } from "./column.ts";
import type { CellValue, ColumnType } from "./types.ts";

/** Figures about one column. */
export interface ColumnSummary {
  /** The column's name. */
  readonly name: string;
  /** What it holds. */
  readonly type: ColumnType;
  /** How many rows are not null. */
  readonly count: number;
  /** How many rows are null. */
  readonly nulls: number;
  /** The smallest value of a number, date, time or text column; `NaN` does not count. */
  readonly min: CellValue;
  /** The largest value. */
  readonly max: CellValue;
  /** The mean of a number column; `NaN` and infinite values do not count. */
  readonly mean: number | null;
}

/** Figures about a column. */
export function summaryOf(column: Column): ColumnSummary {
  const { name, type, nullCount: nulls } = column;
  const base = { name, type, count: column.length - nulls, nulls };
  if (/^(?:int[24]|float[48])$/.test(type)) return { ...base, ...numberFigures(column) };
  if (type === "int8" || type === "date" || type.startsWith("time") || type === "text") {
    return { ...base, ...extremes(column), mean: type === "int8" ? bigMean(column) : null };
  }
  return { ...base, min: null, max: null, mean: type === "numeric" ? meanOf(column.toNumbers()) : null };
}

function numberFigures(column: Column): Pick<ColumnSummary, "min" | "max" | "mean"> {
  const values = column.toNumbers();
  let [min, max] = [Infinity, -Infinity];
  let seen = false;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    seen = true;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min: seen ? min : null, max: seen ? max : null, mean: meanOf(values) };
}

function meanOf(values: Float64Array): number | null {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    sum += value;
    count++;
  }
  return count === 0 ? null : sum / count;
}

function bigMean(column: Column): number | null {
  let sum = 0n;
  let count = 0n;
  for (const value of column) {
    if (value === null) continue;
    sum += BigInt(value as bigint | number);
    count++;
  }
  return count === 0n ? null : Number(sum / count) + Number(sum % count) / Number(count);
}

/** Smallest and largest: whatever lies in memory as an integer is compared as such. */
function extremes(column: Column): { min: CellValue; max: CellValue } {
  let low = -1;
  let high = -1;
  const { values } = column;
  const at = (row: number) => (values === undefined ? column.get(row) : values[row]) as bigint;
  for (let row = 0; row < column.length; row++) {
    if (column.isNull(row)) continue;
    if (low === -1 || at(row) < at(low)) low = row;
    if (high === -1 || at(row) > at(high)) high = row;
  }
  return { min: low === -1 ? null : column.get(low), max: high === -1 ? null : column.get(high) };
}
