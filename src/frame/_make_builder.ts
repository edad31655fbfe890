import {
  BinaryBuilder,
  BoolBuilder,
  type Builder,
  type CheckText,
  FloatBuilder,
  Int64Builder,
  IntegerBuilder,
  TextBuilder,
  type ToText,
} from "./_builder.ts";
import { floatText } from "./_bytes.ts";
import { arrayLiteral, jsonText } from "./_cells.ts";
import { BadValue, layoutOf, shown } from "./_data.ts";
import { GeometryBuilder } from "./_geometry_builder.ts";
import { isTemporal } from "./_temporal.ts";
import type { ColumnType } from "./types.ts";

/** An empty builder for a type. */
export function makeBuilder(type: ColumnType): Builder {
  switch (layoutOf(type)) {
    case "bool":
      return new BoolBuilder();
    case "int16":
      return new IntegerBuilder("int2");
    case "int32":
      return new IntegerBuilder(type === "date" ? "date" : "int4");
    case "float32":
      return new FloatBuilder(true);
    case "float64":
      return new FloatBuilder(false);
    case "int64":
      return new Int64Builder(type as "int8" | "time" | "timestamp" | "timestamptz");
    case "geometry":
      return new GeometryBuilder();
    case "binary":
      return new BinaryBuilder();
    case "text":
      return textBuilder(type);
  }
}

function textBuilder(type: ColumnType): Builder {
  if (type.endsWith("[]")) {
    const element = type.slice(0, -2) as ColumnType;
    return new TextBuilder("a list", (value) => arrayLiteral(element, value), isArrayLiteral);
  }
  switch (type) {
    case "numeric":
      return new TextBuilder("a number", numericText, isNumeric);
    case "uuid":
      return new TextBuilder("a UUID", plainText, isUuid);
    case "json":
    case "jsonb":
      return new TextBuilder("JSON", jsonText);
    case "interval":
    case "timetz":
      return new TextBuilder(type === "interval" ? "an interval" : "a time with a zone", plainText);
    default:
      return new TextBuilder("text", textOf);
  }
}

/** What a text column keeps of a value of another kind. */
const textOf: ToText = (value) => {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return floatText(value);
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      if (value instanceof Date) return dateText(value);
      if (isTemporal(value)) return String(value);
      return jsonText(value);
    default:
      throw new BadValue(`${shown(value)} cannot be written as text`);
  }
};

function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) {
    throw new BadValue("The date is invalid (NaN)", "Use null for a missing date");
  }
  return date.toISOString();
}

const plainText: ToText = (value) => {
  if (typeof value === "string") return value;
  if (isTemporal(value)) return String(value);
  throw new BadValue(`${shown(value)} is not text`);
};

const numericText: ToText = (value) => {
  if (typeof value === "string") return value;
  if (typeof value === "number") return floatText(value);
  if (typeof value === "bigint") return String(value);
  throw new BadValue(`${shown(value)} is not a number`);
};

const NUMERIC = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$|^[+-]?inf(?:inity)?$|^nan$/i;

const isNumeric: CheckText = (bytes, start, end) => {
  let digits = 0;
  let points = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - 48;
    if (digit >= 0 && digit <= 9) digits++;
    else if (digit === -2) points++;
    // Signs, exponents and words are rare
    else return isOddNumeric(bytes, start, end);
  }
  return digits > 0 && points < 2;
};

function isOddNumeric(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start < 150_000 && NUMERIC.test(new TextDecoder().decode(bytes.subarray(start, end)));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const isUuid: CheckText = (bytes, start, end) => {
  return end - start === 36 && UUID.test(new TextDecoder().decode(bytes.subarray(start, end)));
};

/** `{...}`, or `[2:3]={...}` where the lower bounds are not 1. */
const isArrayLiteral: CheckText = (bytes, start, end) => {
  return bytes[end - 1] === 125 && (bytes[start] === 123 || bytes[start] === 91);
};
