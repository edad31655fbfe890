import { type ColumnData, isValid } from "../frame/_data.ts";
import {
  DATE_INFINITY,
  DATE_MINUS_INFINITY,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINUS_INFINITY,
} from "../frame/_temporal.ts";
import type { Column } from "../frame/column.ts";
import type { BufferSink, PageArray } from "./_buffer_sink.ts";
import { type ColumnView, numericNumber } from "./_column_view.ts";
import { layTexts } from "./_texts.ts";
import type { PageColumn, PageNumbers, PageTexts, PageTimes } from "./page/description.ts";

/** A dictionary pays where the texts repeat; a page with more codes than this is better off with the texts. */
const MAX_CODES = 65_536;

/** Writes a column into the page: each value exactly, in as few bytes as that takes. */
export function pageColumn(view: ColumnView, sink: BufferSink): PageColumn {
  const { name, data, column } = view;
  const validity = data.validity === undefined ? null : sink.bits(data.validity, data.length);
  const base = { name, validity };
  if (data.kind === "bool") return { ...base, kind: "boolean", values: sink.bits(data.bits, data.length) };
  if (view.kind === "number") return { ...base, ...numbers(column, data, sink) };
  if (view.kind === "time") return { ...base, ...times(column, data, sink) };
  if (data.kind === "bytes" || data.kind === "dictionary") {
    if (column.type !== "bytea" && !/^geo/.test(column.type)) {
      const texts = view.textsWithin(Math.min(MAX_CODES, data.length / 2));
      if (texts !== undefined) {
        const { codes, counts, dictionary } = texts;
        return {
          ...base,
          kind: "category",
          codes: sink.add(narrow(codes, 0, Math.max(0, counts.length - 1))),
          dictionary: sink.texts(dictionary.bytes, dictionary.offsets),
          size: counts.length,
        };
      }
      if (data.kind === "bytes") {
        return { ...base, kind: "text", texts: sink.texts(data.bytes, data.offsets) };
      }
      const plain = column.bytes;
      if (plain !== undefined) {
        return { ...base, kind: "text", texts: sink.texts(plain.bytes, plain.offsets) };
      }
    }
  }
  return { ...base, kind: "text", texts: exactTexts(column, sink) };
}

/** Every value as PostgreSQL writes it; empty where there is none. */
function exactTexts(column: Column, sink: BufferSink): PageTexts {
  const { bytes, offsets } = layTexts(
    Array.from({ length: column.length }, (_, row) => column.getText(row) ?? ""),
  );
  return sink.texts(bytes, offsets);
}

type Numbers = Pick<PageNumbers, "kind" | "values" | "exact">;

function numbers(column: Column, data: ColumnData, sink: BufferSink): Numbers {
  if (data.kind === "number") {
    return { kind: "number", values: sink.add(smallest(data.values, data)), exact: null };
  }
  if (data.kind === "int64") {
    return { kind: "number", values: sink.add(smallestInt64(data.values, data)), exact: null };
  }
  const values = new Float64Array(column.length);
  let isExact = true;
  for (let row = 0; row < column.length; row++) {
    const text = column.getText(row);
    if (text === null) continue;
    values[row] = numericNumber(text);
    isExact &&= String(values[row]) === text;
  }
  return {
    kind: "number",
    values: sink.add(smallest(values, data)),
    exact: isExact ? null : exactTexts(column, sink),
  };
}

/** Numbers in the smallest type that holds each of them exactly. */
function smallest(
  values: Int16Array | Int32Array | Float32Array | Float64Array,
  { validity }: Pick<ColumnData, "validity">,
): PageArray {
  let [min, max] = [Infinity, -Infinity];
  let isWhole = true;
  let isSingle = true;
  for (let row = 0; row < values.length; row++) {
    if (validity !== undefined && !isValid(validity, row)) continue;
    const value = values[row] as number;
    if (value < min) min = value;
    if (value > max) max = value;
    // -0 is no whole number here: an integer would lose its sign
    if (isWhole && ((value | 0) !== value && (value >>> 0) !== value || Object.is(value, -0))) {
      isWhole = false;
    }
    if (isSingle && Math.fround(value) !== value && value === value) isSingle = false;
    if (!isWhole && !isSingle) break;
  }
  if (isWhole && (min >= 0 || max <= 0x7fff_ffff)) {
    return narrow(values, Math.min(min, max, 0), Math.max(min, max, 0));
  }
  if (values instanceof Float32Array || !isSingle) return values;
  return new Float32Array(values);
}

/** Whole numbers in the smallest type for their range. */
function narrow(
  values: Int16Array | Int32Array | Float32Array | Float64Array,
  min: number,
  max: number,
): PageArray {
  const [low, high] = min > max || !Number.isFinite(min) ? [0, 0] : [min, max];
  const Type = low >= 0
    ? high <= 0xff ? Uint8Array : high <= 0xffff ? Uint16Array : Uint32Array
    : low >= -0x80 && high <= 0x7f
    ? Int8Array
    : low >= -0x8000 && high <= 0x7fff
    ? Int16Array
    : Int32Array;
  return values instanceof Type ? values : new Type(values);
}

function smallestInt64(values: BigInt64Array, { validity }: Pick<ColumnData, "validity">): PageArray {
  const result = new Float64Array(values.length);
  for (let row = 0; row < values.length; row++) {
    if (validity !== undefined && !isValid(validity, row)) continue;
    const value = Number(values[row]);
    if (!Number.isSafeInteger(value)) return values;
    result[row] = value;
  }
  return smallest(result, { validity });
}

type Times = Pick<PageTimes, "kind" | "what" | "unit" | "values">;

function times(column: Column, data: ColumnData, sink: BufferSink): Times {
  if (column.type === "date" && data.kind === "number") {
    const values = data.values as Int32Array;
    const hasInfinity = values.some((day) => day === DATE_INFINITY || day === DATE_MINUS_INFINITY);
    return {
      kind: "time",
      what: "date",
      unit: 86_400_000,
      values: sink.add(hasInfinity ? Float64Array.from(values, infiniteDay) : values),
    };
  }
  const what = column.type === "time" ? "clock" : column.type === "timestamp" ? "local" : "instant";
  if (data.kind !== "int64") throw new TypeError("A column of times holds no integers");
  return { kind: "time", what, ...microseconds(data.values, data, sink) };
}

function infiniteDay(day: number): number {
  return day === DATE_INFINITY ? Infinity : day === DATE_MINUS_INFINITY ? -Infinity : day;
}

const INFINITIES: readonly bigint[] = [TIMESTAMP_INFINITY, TIMESTAMP_MINUS_INFINITY];

/** Microseconds as the largest unit that holds each of them, in the smallest type. */
function microseconds(
  values: BigInt64Array,
  { validity }: Pick<ColumnData, "validity">,
  sink: BufferSink,
): Pick<Times, "unit" | "values"> {
  const has = (row: number) => validity === undefined || isValid(validity, row);
  const divisor = largestUnit(values, has);
  const unit = divisor / 1000;
  const result = new Float64Array(values.length);
  let isSmall = true;
  for (let row = 0; row < values.length; row++) {
    if (!has(row)) continue;
    const exact = values[row] as bigint;
    if (INFINITIES.includes(exact)) {
      result[row] = exact > 0n ? Infinity : -Infinity;
      isSmall = false;
      continue;
    }
    const rounded = Number(exact);
    // Beyond 2^53 microseconds, which is some 285 years from 1970, doubles have gaps
    const value = Number.isSafeInteger(rounded) ? rounded / divisor : Number(exact / BigInt(divisor));
    if (!Number.isSafeInteger(value)) return { unit, values: sink.add(values) };
    result[row] = value;
    isSmall &&= Math.abs(value) < 0x7fff_ffff;
  }
  return { unit, values: sink.add(isSmall && divisor === 1_000_000 ? new Int32Array(result) : result) };
}

/** How many microseconds the largest unit has that divides them all: a second, a millisecond, or one. */
function largestUnit(values: BigInt64Array, has: (row: number) => boolean): number {
  let divisor = 1_000_000;
  for (let row = 0; row < values.length && divisor > 1; row++) {
    if (!has(row)) continue;
    const exact = values[row] as bigint;
    const value = Number(exact);
    if (Number.isSafeInteger(value)) {
      while (value % divisor !== 0) divisor /= 1000;
    } else if (!INFINITIES.includes(exact)) {
      while (exact % BigInt(divisor) !== 0n) divisor /= 1000;
    }
  }
  return divisor;
}
