import type { RowField } from "../_db/protocol.ts";
import type { ByteWriter } from "./byte_writer.ts";
import type { DatabaseReport } from "../_http/responses.ts";

/** What is told at the end of an answer. */
export interface Outcome {
  /** Rows of the last statement: those it returned, or those it changed. */
  readonly rowCount: number;
  /** The columns of the last statement. */
  readonly fields: readonly RowField[];
  /** What the statements reported besides their results, in order. */
  readonly notices: readonly { severity: string; message: string }[];
  /** Seconds since the request came. */
  readonly seconds: number;
  /** The error that ended the rows early. */
  readonly error: DatabaseReport | undefined;
}

/** A format that is written while the rows arrive. */
export interface RowFormat {
  /** Writes what stands before the first row. */
  begin(out: ByteWriter): void;
  /** Tells the columns of the rows that follow; several times when there are several statements. */
  columns(fields: readonly RowField[]): void;
  /** Writes one row, given as the payload of a DataRow message. */
  row(out: ByteWriter, payload: Uint8Array): void;
  /** Writes what stands after the last row. */
  end(out: ByteWriter, outcome: Outcome): void;
}
