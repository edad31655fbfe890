import { ArgumentError } from "../errors/mod.ts";
import { encodeCopyBinary, fitsCopyBinary } from "../frame/copy_binary.ts";
import { encodeCopyCsv } from "../frame/copy_csv.ts";
import type { CopyField } from "../frame/types.ts";
import type { CopyEncoder } from "./_copy_parts.ts";
import type { WriteColumn, WriteRequest } from "./_platform.ts";
import { withRowsBefore } from "./_rows_before.ts";

/** An encoder with the options of its COPY statement. */
export interface StatementEncoder extends CopyEncoder {
  /** What stands in the parentheses of `WITH (…)`. */
  readonly options: string;
}

/** What stands before the rows of a binary COPY: mark, flags, and the length of an extension that there is not. */
const BINARY_HEAD = Uint8Array.of(80, 71, 67, 79, 80, 89, 10, 255, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0);
/** What stands after them. */
const BINARY_TAIL = Uint8Array.of(255, 255);

/** The encoder for some columns; binary where it is asked for, or where nothing speaks against it. */
export function copyEncoder(
  columns: readonly WriteColumn[],
  format: WriteRequest["format"],
): StatementEncoder {
  const fields = columns.map(({ column, field }) => ({ column, srid: field.srid }));
  if (format === "csv") return csvEncoder(fields);
  const unfit = columns.find(({ field }) => !fitsCopyBinary(field));
  if (unfit === undefined) return binaryEncoder(fields);
  if (format === "auto") return csvEncoder(fields);
  throw new ArgumentError(`Cannot use the binary format: column "${unfit.column}" is ${unfit.sqlType}`, {
    argument: "copyFormat",
    hint: 'Pass { copyFormat: "auto" }',
  });
}

function csvEncoder(fields: readonly CopyField[]): StatementEncoder {
  return {
    options: "FORMAT csv, DELIMITER '|', NULL '__null'",
    head: new Uint8Array(),
    tail: new Uint8Array(),
    encode: (frame, firstRow) => encodeCopyCsv(frame, fields, { firstRow }),
  };
}

function binaryEncoder(fields: readonly CopyField[]): StatementEncoder {
  return {
    options: "FORMAT binary",
    head: BINARY_HEAD,
    tail: BINARY_TAIL,
    *encode(frame, firstRow) {
      let start = BINARY_HEAD.length;
      let last: Uint8Array | undefined;
      const chunks = encodeCopyBinary(frame, fields);
      for (let next = pull(); next !== undefined; next = pull()) {
        if (last !== undefined) yield last;
        // Head and tail stand around the rows of all frames, not of each
        last = next.subarray(start);
        start = 0;
      }
      if (last !== undefined) yield last.subarray(0, last.length - BINARY_TAIL.length);

      function pull(): Uint8Array | undefined {
        return withRowsBefore(firstRow - 1, () => chunks.next().value);
      }
    },
  };
}
