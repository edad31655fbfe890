import { halves, joinHalves } from "../frame/_bytes.ts";
import { bitAt, type ColumnData, gatherData, isValid, type Validity } from "../frame/_data.ts";
import {
  DATE_INFINITY,
  DATE_MINUS_INFINITY,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINUS_INFINITY,
} from "../frame/_temporal.ts";
import { type Column, columnOf, dataOf } from "../frame/column.ts";
import { countTexts, textAt, type TextCounts } from "./_texts.ts";

/** What a column is on a map. */
export type ColumnKind = "number" | "text" | "boolean" | "time";

/** A value by which rows are told apart, as the page writes it. */
export type CategoryKey = string | number | boolean;

/** The different values of a column, in the order met, and how often each occurs. Nulls and NaN are not among them. */
export interface CategoryCounts {
  readonly keys: readonly CategoryKey[];
  readonly counts: readonly number[];
  /** How many rows have no value. */
  readonly missing: number;
}

const DAY = 86_400_000;

/** One column of a source: the rows that are on the map, and what styles want to know of them, each computed once. */
export class ColumnView {
  readonly name: string;
  readonly kind: ColumnKind;
  /** The column, of the rows that are on the map. */
  readonly column: Column;
  #numbers: Float64Array | undefined;
  #finite: Float64Array | undefined;
  #extent: readonly [min: number, max: number] | undefined;
  #texts: TextCounts | undefined;
  #categories: CategoryCounts | undefined;

  /** Takes the rows that are kept; undefined for all. */
  constructor(column: Column, rows: Uint32Array | undefined) {
    this.name = column.name;
    this.column = rows === undefined
      ? column
      : columnOf(column.field, gatherData(dataOf(column), rows), column.int8AsNumber);
    this.kind = kindOf(column);
  }

  /** The memory behind the column. */
  get data(): ColumnData {
    return dataOf(this.column);
  }

  /** The values of numbers, and of times in milliseconds; `NaN` where there is none. Shared: not to be changed. */
  get numbers(): Float64Array {
    return this.#numbers ??= numbersOf(this.column);
  }

  /** The finite values, in their order. Shared: not to be changed. */
  get finite(): Float64Array {
    return this.#finite ??= finite(this.numbers);
  }

  /** The different texts. */
  get texts(): TextCounts {
    return this.textsWithin(Infinity) as TextCounts;
  }

  /** The different texts, unless there are more than a limit. */
  textsWithin(limit: number): TextCounts | undefined {
    const { data } = this;
    if (data.kind !== "bytes" && data.kind !== "dictionary") throw new TypeError("The column holds no text");
    this.#texts ??= countTexts(data, limit);
    return this.#texts !== undefined && this.#texts.counts.length <= limit ? this.#texts : undefined;
  }

  /** The smallest and largest finite value; undefined where there is none. */
  get extent(): readonly [min: number, max: number] | undefined {
    return this.#extent ??= extentOf(this.numbers);
  }

  /** Whether a row has no value: null, or NaN. */
  get hasMissing(): boolean {
    if (this.column.nullCount > 0) return true;
    const { data } = this;
    if (data.kind !== "number" || !/^float/.test(this.column.type)) {
      return this.column.type === "numeric" && this.numbers.some(Number.isNaN);
    }
    return data.values.some(Number.isNaN);
  }

  /** The different values, counted. */
  get categories(): CategoryCounts {
    return this.#categories ??= this.#countCategories();
  }

  #countCategories(): CategoryCounts {
    const { data } = this;
    if (data.kind === "bool") return countBooleans(data.bits, data.validity, data.length);
    if (this.kind === "text" && (data.kind === "bytes" || data.kind === "dictionary")) {
      const { dictionary, counts } = this.texts;
      const keys = Array.from(counts, (_, code) => textAt(dictionary, code));
      return { keys, counts: [...counts], missing: this.column.nullCount };
    }
    if (this.kind === "text") return countAny(this.column, (row) => this.column.getText(row));
    return countNumbers(this.column, this.numbers);
  }
}

function kindOf({ type }: Column): ColumnKind {
  if (type === "bool") return "boolean";
  if (/^(?:int[248]|float[48]|numeric)$/.test(type)) return "number";
  return /^(?:date|time|timestamp|timestamptz)$/.test(type) ? "time" : "text";
}

function finite(values: Float64Array): Float64Array {
  let count = 0;
  // value - value is 0 for finite numbers alone
  for (let row = 0; row < values.length; row++) {
    if ((values[row] as number) - (values[row] as number) === 0) count++;
  }
  if (count === values.length) return values;
  const result = new Float64Array(count);
  let at = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (value - value === 0) result[at++] = value;
  }
  return result;
}

function extentOf(numbers: Float64Array): readonly [min: number, max: number] | undefined {
  let [min, max] = [Infinity, -Infinity];
  for (let row = 0; row < numbers.length; row++) {
    const value = numbers[row] as number;
    if (value - value !== 0) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min > max ? undefined : [min, max];
}

function numbersOf(column: Column): Float64Array {
  const data = dataOf(column);
  const result = new Float64Array(column.length);
  if (data.kind === "number") {
    result.set(data.values);
    if (column.type === "date") {
      for (let row = 0; row < result.length; row++) result[row] = dateNumber(result[row] as number);
    }
  } else if (data.kind === "int64") {
    fillInt64(result, data.values, column.type !== "int8");
  } else {
    for (let row = 0; row < result.length; row++) {
      if (isValid(data.validity, row)) result[row] = numericNumber(column.getText(row) ?? "");
    }
  }
  if (data.validity !== undefined) {
    for (let row = 0; row < result.length; row++) if (!isValid(data.validity, row)) result[row] = NaN;
  }
  return result;
}

function dateNumber(day: number): number {
  if (day === DATE_INFINITY) return Infinity;
  return day === DATE_MINUS_INFINITY ? -Infinity : day * DAY;
}

/** PostgreSQL writes the infinities in words. */
export function numericNumber(text: string): number {
  return /^[-+]?inf/i.test(text) ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text);
}

function fillInt64(result: Float64Array, values: BigInt64Array<ArrayBuffer>, isTime: boolean): void {
  const pairs = halves(values);
  for (let row = 0; row < result.length; row++) {
    const value = joinHalves(pairs[2 * row] as number, pairs[2 * row + 1] as number);
    // Multiplied, as the page does it: the two must agree to the last bit
    result[row] = isTime ? value * 0.001 : value;
  }
  if (!isTime) return;
  // Rounded, an infinity is one of the few values beyond the last microsecond that PostgreSQL has
  for (let row = 0; row < result.length; row++) {
    if (Math.abs(result[row] as number) < 9.2233e15) continue;
    if (values[row] === TIMESTAMP_INFINITY) result[row] = Infinity;
    if (values[row] === TIMESTAMP_MINUS_INFINITY) result[row] = -Infinity;
  }
}

function countBooleans(bits: Uint8Array, validity: Validity, length: number): CategoryCounts {
  let [yes, no] = [0, 0];
  for (let row = 0; row < length; row++) {
    if (isValid(validity, row)) bitAt(bits, row) ? yes++ : no++;
  }
  const found = ([[false, no], [true, yes]] as const).filter(([, count]) => count > 0);
  return {
    keys: found.map(([key]) => key),
    counts: found.map(([, count]) => count),
    missing: length - yes - no,
  };
}

function countAny<K>(column: { length: number }, get: (row: number) => K | null): {
  keys: K[];
  counts: number[];
  missing: number;
} {
  const counts = new Map<K, number>();
  let missing = 0;
  for (let row = 0; row < column.length; row++) {
    const key = get(row);
    if (key === null) missing++;
    else counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return { keys: [...counts.keys()], counts: [...counts.values()], missing };
}

function countNumbers(column: Column, numbers: Float64Array): CategoryCounts {
  const data = dataOf(column);
  const hasLarge = column.type === "int8" &&
    numbers.some((value) => Math.abs(value) > Number.MAX_SAFE_INTEGER);
  if (data.kind === "int64" && hasLarge) {
    const exact = countAny<bigint>(
      column,
      (row) => isValid(data.validity, row) ? data.values[row] as bigint : null,
    );
    const keys = exact.keys.map((key) => {
      const value = Number(key);
      return Number.isSafeInteger(value) ? value : String(key);
    });
    return { ...exact, keys };
  }
  return countSmall(numbers) ?? countRuns(numbers);
}

/** Any numbers are counted as runs of a sorted copy: a map of a million of them would take ten times as long. */
function countRuns(numbers: Float64Array): CategoryCounts {
  const sorted = numbers.slice().sort();
  const keys: number[] = [];
  const counts: number[] = [];
  let missing = 0;
  for (let at = 0; at < sorted.length; at++) {
    const value = sorted[at] as number;
    if (value !== value) missing++;
    else if (keys.at(-1) === value) counts[counts.length - 1] = (counts.at(-1) as number) + 1;
    else {
      // 0 and -0 are one category
      keys.push(value + 0);
      counts.push(1);
    }
  }
  return { keys, counts, missing };
}

/** Whole numbers of a small range are counted in an array. */
function countSmall(numbers: Float64Array): CategoryCounts | undefined {
  const SPAN = 65_536;
  let [min, max] = [Infinity, -Infinity];
  for (let row = 0; row < numbers.length; row++) {
    const value = numbers[row] as number;
    if (value !== value) continue;
    if (!Number.isInteger(value)) return undefined;
    if (value < min) min = value;
    if (value > max) max = value;
    if (max - min >= SPAN) return undefined;
  }
  if (min > max) return { keys: [], counts: [], missing: numbers.length };
  const counts = new Int32Array(max - min + 1);
  let missing = 0;
  for (let row = 0; row < numbers.length; row++) {
    const value = numbers[row] as number;
    if (value !== value) missing++;
    else counts[value - min] = (counts[value - min] as number) + 1;
  }
  const found = [...counts.keys()].filter((i) => counts[i] !== 0);
  return { keys: found.map((i) => min + i), counts: found.map((i) => counts[i] as number), missing };
}
