import type { DecodedArray, SchemaElement } from "../../_deps/hyparquet.ts";
import { BadValue } from "../_data.ts";
import type {
  BinaryBuilder,
  Builder,
  FloatBuilder,
  Int64Builder,
  IntegerBuilder,
  TextBuilder,
} from "../_builder.ts";
import type { ColumnType } from "../types.ts";

const encoder = new TextEncoder();

/** Appends the values of one stretch of a column. */
export type Append = (builder: Builder, values: DecodedArray, row: (at: number) => void) => void;

/** What a Parquet column becomes, and how its values, as they lie in the file, get there. */
export interface ParquetColumn {
  readonly type: ColumnType;
  readonly append: Append;
}

/** A column of one value a row; its annotations were taken off before it was read, so that nothing is bent. */
export function parquetColumn(element: SchemaElement): ParquetColumn {
  const { converted_type: converted, logical_type: logical } = element;
  if (converted === "DECIMAL" || logical?.type === "DECIMAL") {
    const scale = element.scale ?? (logical?.type === "DECIMAL" ? logical.scale : 0);
    return {
      type: "numeric",
      append: each((builder, value) => appendAscii(builder, decimalText(value, scale))),
    };
  }
  switch (element.type) {
    case "BOOLEAN":
      return { type: "bool", append: each((builder, value) => builder.value(value)) };
    case "INT32":
      return int32Column(element);
    case "INT64":
      return int64Column(element);
    case "INT96":
      return { type: "timestamp", append: each(pushInt96) };
    case "FLOAT":
      return {
        type: "float4",
        append: each((builder, value) => (builder as FloatBuilder).push(value as number)),
      };
    case "DOUBLE":
      return {
        type: "float8",
        append: each((builder, value) => (builder as FloatBuilder).push(value as number)),
      };
    case "FIXED_LEN_BYTE_ARRAY":
      return fixedColumn(element);
    default:
      return bytesColumn(element);
  }
}

/** Calls for each value that is not null. */
function each(push: (builder: Builder, value: unknown) => void): Append {
  return (builder, values, row) => {
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      row(i);
      if (value === null || value === undefined) builder.null();
      else push(builder, value);
    }
  };
}

/** Bits and sign of an integer with fewer or other values than its physical type. */
function integerOf(element: SchemaElement): { bits: number; signed: boolean } {
  const { converted_type: converted, logical_type: logical } = element;
  if (logical?.type === "INTEGER") return { bits: logical.bitWidth, signed: logical.isSigned };
  const match = /^(U?)INT_(\d+)$/.exec(converted ?? "");
  const physical = element.type === "INT32" ? 32 : 64;
  return match === null
    ? { bits: physical, signed: true }
    : { bits: Number(match[2]), signed: match[1] === "" };
}

function int32Column(element: SchemaElement): ParquetColumn {
  const { converted_type: converted, logical_type: logical } = element;
  const push = each((builder, value) => (builder as IntegerBuilder).push(value as number));
  if (converted === "DATE" || logical?.type === "DATE") return { type: "date", append: push };
  if (converted === "TIME_MILLIS" || logical?.type === "TIME") {
    return {
      type: "time",
      append: each((builder, value) => (builder as Int64Builder).push(Number(value) * 1000)),
    };
  }
  const { bits, signed } = integerOf(element);
  if (bits === 32 && !signed) {
    return {
      type: "int8",
      append: each((builder, value) => (builder as Int64Builder).push((value as number) >>> 0)),
    };
  }
  return { type: bits < 16 || (bits === 16 && signed) ? "int2" : "int4", append: push };
}

function int64Column(element: SchemaElement): ParquetColumn {
  const { converted_type: converted, logical_type: logical } = element;
  if (logical?.type === "TIMESTAMP" || converted === "TIMESTAMP_MILLIS" || converted === "TIMESTAMP_MICROS") {
    const unit = logical?.type === "TIMESTAMP"
      ? logical.unit
      : converted === "TIMESTAMP_MILLIS"
      ? "MILLIS"
      : "MICROS";
    const zoned = logical?.type === "TIMESTAMP" ? logical.isAdjustedToUTC : true;
    return {
      type: zoned ? "timestamptz" : "timestamp",
      append: each((b, value) => pushTime(b, value as bigint, unit)),
    };
  }
  if (logical?.type === "TIME" || converted === "TIME_MICROS") {
    const unit = logical?.type === "TIME" ? logical.unit : "MICROS";
    return { type: "time", append: each((builder, value) => pushTime(builder, value as bigint, unit)) };
  }
  if (!integerOf(element).signed) {
    return {
      type: "numeric",
      append: each((builder, value) => appendAscii(builder, String(BigInt.asUintN(64, value as bigint)))),
    };
  }
  return {
    type: "int8",
    append: each((builder, value) => (builder as Int64Builder).pushBig(value as bigint)),
  };
}

function pushTime(builder: Builder, value: bigint, unit: string): void {
  const target = builder as Int64Builder;
  if (unit === "MICROS") return target.pushBig(value);
  if (unit === "MILLIS") return target.pushBig(value * 1000n);
  if (value % 1000n !== 0n) {
    throw new BadValue(
      "The time is finer than a microsecond, which no column of a database holds",
      "Round it first",
    );
  }
  target.pushBig(value / 1000n);
}

/** The old form of a timestamp: nanoseconds of the day below, the Julian day above. */
function pushInt96(builder: Builder, value: unknown): void {
  const days = ((value as bigint) >> 64n) - 2_440_588n;
  const nanoseconds = (value as bigint) & 0xffff_ffff_ffff_ffffn;
  pushTime(builder, days * 86_400_000_000_000n + nanoseconds, "NANOS");
}

function fixedColumn(element: SchemaElement): ParquetColumn {
  const { converted_type: converted, logical_type: logical } = element;
  if (logical?.type === "UUID") {
    return {
      type: "uuid",
      append: each((builder, value) => {
        const hex = (value as Uint8Array).toHex();
        appendAscii(builder, hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"));
      }),
    };
  }
  if (logical?.type === "FLOAT16") {
    return {
      type: "float4",
      append: each((builder, value) => {
        const bytes = value as Uint8Array;
        const view = new DataView(bytes.buffer, bytes.byteOffset, 2);
        (builder as FloatBuilder).push(view.getFloat16(0, true));
      }),
    };
  }
  if (converted === "INTERVAL") {
    return {
      type: "interval",
      append: each((builder, value) => appendAscii(builder, intervalText(value as Uint8Array))),
    };
  }
  return { type: "bytea", append: each(pushBytes) };
}

function pushBytes(builder: Builder, value: unknown): void {
  (builder as BinaryBuilder).push(value as Uint8Array, 0, (value as Uint8Array).length);
}

function bytesColumn(element: SchemaElement): ParquetColumn {
  const { converted_type: converted, logical_type: logical } = element;
  const text = each((builder, value) => {
    const bytes = value as Uint8Array;
    (builder as TextBuilder).text(bytes, 0, bytes.length);
  });
  if (converted === "JSON" || logical?.type === "JSON") return { type: "json", append: text };
  if (
    converted === "UTF8" || converted === "ENUM" || logical?.type === "STRING" || logical?.type === "ENUM"
  ) return { type: "text", append: text };
  return { type: "bytea", append: each(pushBytes) };
}

function appendAscii(builder: Builder, text: string): void {
  const bytes = encoder.encode(text);
  builder.text(bytes, 0, bytes.length);
}

/** A decimal of an integer, or of its big-endian bytes. */
export function decimalText(value: unknown, scale: number): string {
  let whole: bigint;
  if (value instanceof Uint8Array) {
    whole = 0n;
    for (const byte of value) whole = (whole << 8n) | BigInt(byte);
    whole = BigInt.asIntN(value.length * 8, whole);
  } else whole = BigInt(value as number | bigint);
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const text = scale > 0 ? `${digits.slice(0, point)}.${digits.slice(point)}` : digits;
  return whole < 0n ? `-${text}` : text;
}

/** Months, days and milliseconds, as PostgreSQL writes them. */
function intervalText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 12);
  const [months, days, millis] = [view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true)];
  const two = (value: number) => String(value).padStart(2, "0");
  const seconds = Math.floor(millis / 1000);
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${
    two(seconds % 60)
  }`;
  const rest = millis % 1000 === 0 ? "" : `.${String(millis % 1000).padStart(3, "0")}`;
  return `${months === 0 ? "" : `${months} mons `}${days === 0 ? "" : `${days} days `}${clock}${rest}`;
}
