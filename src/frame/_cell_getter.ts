import { parseArrayLiteral, parseJson } from "./_literals.ts";
import { BadValue, bitAt, type ColumnData } from "./_data.ts";
import { asciiText, decodeUtf8, halves, isExact, joinHalves } from "./_bytes.ts";
import { pointEwkb } from "./_geometry_builder.ts";
import { dateValue, instantValue, timestampValue, timeValue } from "./_temporal.ts";
import { Geometry } from "./geometry/geometry.ts";
import type { CellValue, ColumnType, Field } from "./types.ts";

/** Reads a row that is known not to be null. */
export type CellGetter = (row: number) => CellValue;

/** How a column's cells become JavaScript values. */
export function cellGetter(field: Field, data: ColumnData, int8AsNumber = false): CellGetter {
  switch (data.kind) {
    case "bool": {
      const bits = data.bits;
      return (row) => bitAt(bits, row);
    }
    case "number": {
      const values = data.values;
      if (field.type === "date") return (row) => dateValue(values[row] as number);
      return (row) => values[row] as number;
    }
    case "int64":
      return int64Getter(field.type, data.values, int8AsNumber);
    case "point": {
      const { xy, srid } = data;
      return (row) =>
        new Geometry(pointEwkb(xy[2 * row] as number, xy[2 * row + 1] as number, srid), { canonical: true });
    }
    case "dictionary": {
      const { codes, dictionary } = data;
      const texts: string[] = [];
      const convert = textConverter(field.type);
      return (row) => {
        const code = codes[row] as number;
        const text = texts[code] ??= decodeUtf8(
          dictionary.bytes,
          dictionary.offsets[code] as number,
          dictionary.offsets[code + 1] as number,
        );
        return convert === undefined ? text : convert(text);
      };
    }
    case "bytes":
      return bytesGetter(field.type, data.offsets, data.bytes);
  }
}

function int64Getter(
  type: ColumnType,
  values: BigInt64Array<ArrayBuffer>,
  int8AsNumber: boolean,
): CellGetter {
  switch (type) {
    case "time":
      return (row) => timeValue(values[row] as bigint);
    case "timestamp":
      return (row) => timestampValue(values[row] as bigint);
    case "timestamptz":
      return (row) => instantValue(values[row] as bigint);
  }
  if (!int8AsNumber) return (row) => values[row] as bigint;
  const pairs = halves(values);
  return (row) => {
    const high = pairs[2 * row + 1] as number;
    const value = joinHalves(pairs[2 * row] as number, high);
    if (isExact(high) && Number.isSafeInteger(value)) return value;
    throw new BadValue(
      `${values[row]} does not fit a number without losing digits`,
      "Read int8 columns as bigint",
    );
  };
}

function bytesGetter(type: ColumnType, offsets: Int32Array, bytes: Uint8Array): CellGetter {
  if (type === "bytea") {
    return (row) => bytes.slice(offsets[row] as number, offsets[row + 1] as number);
  }
  if (type === "geometry" || type === "geography") {
    return (row) =>
      new Geometry(bytes.subarray(offsets[row] as number, offsets[row + 1] as number), { canonical: true });
  }
  const convert = textConverter(type);
  if (type === "uuid" || type === "numeric") {
    return (row) => asciiText(bytes, offsets[row] as number, offsets[row + 1] as number);
  }
  return (row) => {
    const text = decodeUtf8(bytes, offsets[row] as number, offsets[row + 1] as number);
    return convert === undefined ? text : convert(text);
  };
}

/** What is made of the text of types that are kept as text; undefined where it stays text. */
function textConverter(type: ColumnType): ((text: string) => CellValue) | undefined {
  if (type === "json" || type === "jsonb") return parseJson;
  if (!type.endsWith("[]")) return undefined;
  const element = type.slice(0, -2) as ColumnType;
  return (text) => parseArrayLiteral(element, text);
}
