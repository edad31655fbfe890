import { BadValue, isGeometryType } from "./_data.ts";
import type { Column } from "./column.ts";
import type { Geometry } from "./geometry/geometry.ts";
import type { CellValue, ColumnType } from "./types.ts";

const ROWS = 10;
const HTML_ROWS = 20;
const COLUMNS = 20;
const WIDTH = 40;

/** What showing a frame needs of it. */
interface Shown {
  readonly numRows: number;
  readonly columns: readonly Column[];
  readonly geometryColumn: string | undefined;
  readonly crs: string | undefined;
}

/** The first rows for a terminal. */
export function textTable(frame: Shown): string {
  const columns = frame.columns.slice(0, COLUMNS);
  const rows = Math.min(frame.numRows, ROWS);
  const cells = columns.map((column) => [
    oneLine(column.name),
    column.type,
    ...Array.from({ length: rows }, (_, row) => oneLine(cellText(column, row))),
  ]);
  const widths = cells.map((column) => Math.max(...column.map((cell) => cell.length)));
  const line = (at: number) =>
    cells.map((column, i) =>
      isRight(columns[i])
        ? column[at]?.padStart(widths[i] as number)
        : column[at]?.padEnd(widths[i] as number)
    )
      .join("  ").trimEnd();
  const lines = [`${title(frame)}`];
  if (columns.length > 0) { for (let at = 0; at < rows + 2; at++) lines.push(line(at)); }
  const more = [];
  if (frame.numRows > rows) more.push(`${frame.numRows - rows} more rows`);
  if (frame.columns.length > columns.length) {
    more.push(`${frame.columns.length - columns.length} more columns`);
  }
  if (more.length > 0) lines.push(`\u2026 ${more.join(", ")}`);
  return lines.join("\n");
}

function title(frame: Shown): string {
  const geometry = frame.geometryColumn === undefined
    ? ""
    : `, geometry "${frame.geometryColumn}"${frame.crs === undefined ? "" : ` in ${frame.crs}`}`;
  return `GeoDataFrame: ${frame.numRows} rows \u00d7 ${frame.columns.length} columns${geometry}`;
}

function isRight(column: Column | undefined): boolean {
  return /^(?:int|float|numeric)/.test(column?.type ?? "") && !column?.type.endsWith("[]");
}

function cellText(column: Column, row: number): string {
  if (column.isNull(row)) return "null";
  if (isGeometryType(column.type)) {
    const value = column.get(row) as Geometry;
    return value.numCoordinates > 4 ? `${value.type} of ${value.numCoordinates} coordinates` : value.toWkt();
  }
  try {
    const value = column.get(row);
    if (typeof value === "object" && value !== null) {
      if (value instanceof Uint8Array) return `${value.length} bytes`;
      if (column.type === "json" || column.type === "jsonb" || column.type.endsWith("[]")) {
        return column.getText(row) as string;
      }
    }
    return String(value);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    return column.getText(row) as string;
  }
}

/** Control characters as what they are, and not too long. */
function oneLine(text: string): string {
  const clean = text.slice(0, WIDTH + 1).replaceAll(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (char) => char === "\n" ? "\u23ce" : char === "\t" ? "\u2192" : "\ufffd",
  );
  return clean.length > WIDTH ? `${clean.slice(0, WIDTH - 1)}\u2026` : clean;
}

/** The first rows for a notebook. Every value is text, whatever it holds. */
export function htmlTable(frame: Shown): string {
  const columns = frame.columns.slice(0, COLUMNS);
  const rows = Math.min(frame.numRows, HTML_ROWS);
  const row = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
  const head = row(
    "th",
    columns.map(({ name, type }) => `${escapeHtml(oneLine(name))}<br><small>${escapeHtml(type)}</small>`),
  );
  const body = Array.from(
    { length: rows },
    (_, at) => row("td", columns.map((column) => escapeHtml(oneLine(cellText(column, at))))),
  );
  const shown = rows < frame.numRows || columns.length < frame.columns.length
    ? ` (the first ${rows} rows${
      columns.length < frame.columns.length ? ` and ${columns.length} columns` : ""
    } shown)`
    : "";
  return `<table><thead>${head}</thead><tbody>${body.join("")}</tbody></table><p>${
    escapeHtml(title(frame))
  }${shown}</p>`;
}

/** Text that cannot be taken for markup. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

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
