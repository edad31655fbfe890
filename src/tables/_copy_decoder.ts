import type { SqlField } from "../classic/sql.ts";
import { sql } from "../classic/sql_text.ts";
import { columnOf, dataOf } from "../frame/column.ts";
import { CopyBinaryDecoder, fitsCopyBinary } from "../frame/copy_binary.ts";
import { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { fieldOfServer } from "../frame/pg_types.ts";
import type { Field } from "../frame/types.ts";
import type { ReadRequest } from "./_platform.ts";

/** A column as it is read. */
interface ReadColumn {
  /** What it is in the frame. */
  readonly field: Field;
  /** Whether it travels as the text that PostgreSQL prints: its binary form is not decoded, or not wanted. */
  readonly isCast: boolean;
}

/**
 * Tells COPY how to write some columns, and makes frames of its bytes again. The format is binary, which says where it
 * ends: neither a cut nor an error text at the end can pass for rows.
 */
export class CopyDecoder {
  readonly #columns: readonly ReadColumn[];
  readonly #decoder: CopyBinaryDecoder;

  /** Prepares for columns as the server describes them. */
  constructor(fields: readonly SqlField[], request: ReadRequest) {
    this.#columns = fields.map((field) => readColumn(field, request));
    this.#decoder = new CopyBinaryDecoder(
      this.#columns.map(({ field, isCast }) =>
        isCast ? { name: field.name, type: "text", nullable: true } : field
      ),
    );
  }

  /** The columns of the `SELECT`. */
  get selected(): string {
    return this.#columns.map(({ field, isCast }) => {
      const name = sql.id(field.name).text;
      return isCast ? `${name}::text` : name;
    }).join(",");
  }

  /** Takes the next bytes. */
  push(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
  }

  /** The rows so far, if there are so many. */
  take(minRows: number): GeoDataFrame | undefined {
    const frame = this.#decoder.take(minRows);
    return frame === undefined ? undefined : this.#typed(frame);
  }

  /** The rest of the rows; an error where the bytes were not all. */
  finish(): GeoDataFrame {
    return this.#typed(this.#decoder.finish());
  }

  /** The frame with the types of columns that travelled as text: a frame keeps all of those as text, too. */
  #typed(frame: GeoDataFrame): GeoDataFrame {
    if (!this.#columns.some(({ isCast }) => isCast)) return frame;
    return new GeoDataFrame(frame.columns.map((column, index) => {
      const { field, isCast } = this.#columns[index] as ReadColumn;
      return isCast ? columnOf(field, dataOf(column)) : column;
    }));
  }
}

function readColumn(server: SqlField, { decodeGeometry }: ReadRequest): ReadColumn {
  const field = fieldOfServer(server.name, server);
  const isHex = !decodeGeometry && field.name === "the_geom" && field.type === "geometry";
  if (isHex) return { field: { name: field.name, type: "text", nullable: true }, isCast: true };
  return { field, isCast: !fitsCopyBinary(field) };
}
