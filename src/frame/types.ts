import type { Geometry } from "./geometry/mod.ts";

/** The column types that hold one value, not a list. */
export type ScalarType =
  | "bool"
  | "int2"
  | "int4"
  | "int8"
  | "float4"
  | "float8"
  | "numeric"
  | "text"
  | "date"
  | "time"
  | "timetz"
  | "timestamp"
  | "timestamptz"
  | "interval"
  | "uuid"
  | "json"
  | "jsonb"
  | "bytea"
  | "geometry"
  | "geography";

/**
 * What a column holds, in PostgreSQL's words, and what a cell of it is in JavaScript.
 *
 * | type | a cell is |
 * |---|---|
 * | `bool` | `boolean` |
 * | `int2`, `int4` | `number` |
 * | `int8` | `bigint`, or `number` on request |
 * | `float4`, `float8` | `number`, with `NaN` and the infinities |
 * | `numeric` | `string`, every digit kept |
 * | `text`, `uuid`, `interval`, `timetz` | `string` |
 * | `date` | `Temporal.PlainDate` |
 * | `time` | `Temporal.PlainTime` |
 * | `timestamp` | `Temporal.PlainDateTime` |
 * | `timestamptz` | `Temporal.Instant` |
 * | `json`, `jsonb` | the parsed value; the text is kept as it was |
 * | `bytea` | `Uint8Array` |
 * | `geometry`, `geography` | `Geometry` |
 * | `int4[]` and other lists | an array of those; the text is kept as it was |
 *
 * What `Temporal` cannot hold (`infinity`, `24:00:00`, years beyond ±271821) comes back as PostgreSQL's
 * text. Any other type of the server is `text`, with its own name in {@linkcode Field.pgType}.
 */
export type ColumnType = ScalarType | `${ScalarType}[]`;

/** A value that JSON can hold. An integer beyond 2^53 is a `bigint`, so that no digit is lost. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** One cell of a column; which of these it is follows from the column's type alone. */
export type CellValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Temporal.Instant
  | Temporal.PlainDateTime
  | Temporal.PlainDate
  | Temporal.PlainTime
  | Geometry
  | JsonValue
  | readonly CellValue[];

/** One row as a plain object, its keys in the order of the columns. */
export type Row = Record<string, CellValue>;

/** The name and type of one column. */
export interface Field {
  /** The column's name, unique in its frame. */
  readonly name: string;
  /** What the column holds. */
  readonly type: ColumnType;
  /** Whether the column may hold nulls. */
  readonly nullable: boolean;
  /** The coordinate system of a geometry column; 0 or undefined where none is known. */
  readonly srid?: number | undefined;
  /** The server's own name of a type that {@linkcode ColumnType} does not have, such as `inet` or `money`. */
  readonly pgType?: string | undefined;
}

/** A column that got another name, and why nobody should be surprised. */
export interface RenamedColumn {
  /** The name it came with. */
  readonly from: string;
  /** The name it has now. */
  readonly to: string;
  /** Why, in a few words. */
  readonly reason: string;
}

/** Which column goes to which field of a COPY stream, and as what. */
export interface CopyField {
  /** The frame's column. */
  readonly column: string;
  /** The SQL type of the target column; default: the frame's own. */
  readonly type?: ColumnType | undefined;
  /** The SRID written into a geometry that has none of its own; default: the field's, else 4326. */
  readonly srid?: number | undefined;
}
