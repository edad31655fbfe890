import { ArgumentError } from "../errors/mod.ts";
import type { ColumnData, FrameParts } from "./_data.ts";
import { Column, columnOf, dataOf } from "./column.ts";
import { columnOfValues, type FromRowsOptions } from "./from_rows.ts";
import type { ColumnType } from "./types.ts";

/** One column as it is given: a column of a frame, a typed array, or a list of values. */
export type ColumnInput = Column | ArrayLike<unknown> | Iterable<unknown>;

/** Columns as they are given: name → values. */
export type ColumnsInput = Readonly<Record<string, ColumnInput>> | ReadonlyMap<string, ColumnInput>;

/** One column from what was given for it. */
export function columnFromValues(name: string, values: ColumnInput, options: FromRowsOptions): Column {
  const told = Object.hasOwn(options.types ?? {}, name) ? options.types?.[name] : undefined;
  if (values instanceof Column) {
    if (told === undefined || told === values.type) {
      return columnOf({ ...values.field, name }, dataOf(values));
    }
    return columnOfValues(name, values.toArray(), options);
  }
  const direct = ArrayBuffer.isView(values) ? sharedData(values) : undefined;
  if (direct !== undefined && (told === undefined || told === direct.type)) {
    return columnOf({ name, type: direct.type, nullable: true }, direct.data);
  }
  if (typeof values === "string") {
    throw new ArgumentError(`Cannot make column "${name}" of one text: a list of values is needed`, {
      argument: "columns",
    });
  }
  const list = "length" in values ? values : Array.from(values);
  return columnOfValues(name, list, withType(name, told ?? unsignedType(list), options));
}

function withType(name: string, type: ColumnType | undefined, options: FromRowsOptions): FromRowsOptions {
  return type === undefined ? options : { ...options, types: { [name]: type } };
}

/** The type that surely holds an unsigned or small array. */
function unsignedType(values: unknown): ColumnType | undefined {
  if (values instanceof Int8Array || values instanceof Uint8Array || values instanceof Uint8ClampedArray) {
    return "int2";
  }
  if (values instanceof Uint16Array) return "int4";
  if (values instanceof Uint32Array) return "int8";
  return values instanceof Float16Array ? "float4" : undefined;
}

/** A typed array that a column can use as it lies. */
function sharedData(values: ArrayBufferView): { type: ColumnType; data: ColumnData } | undefined {
  // Memory shared between threads may change under us
  if (!(values.buffer instanceof ArrayBuffer)) return undefined;
  const common = { length: (values as Float64Array).length, nullCount: 0, validity: undefined };
  if (values instanceof BigInt64Array) {
    return { type: "int8", data: { ...common, kind: "int64", values: values as BigInt64Array<ArrayBuffer> } };
  }
  const type = values instanceof Int16Array
    ? "int2"
    : values instanceof Int32Array
    ? "int4"
    : values instanceof Float32Array
    ? "float4"
    : values instanceof Float64Array
    ? "float8"
    : undefined;
  if (type === undefined) return undefined;
  return { type, data: { ...common, kind: "number", values: values as Float64Array<ArrayBuffer> } };
}

/** The parts of a frame of columns. */
export function columnParts(input: ColumnsInput, options: FromRowsOptions): FrameParts {
  const entries = input instanceof Map ? [...input.entries()] : Object.entries(input);
  const columns = entries.map(([name, values]) => columnFromValues(name, values as ColumnInput, options));
  return { columns, geometryColumn: options.geometryColumn };
}
