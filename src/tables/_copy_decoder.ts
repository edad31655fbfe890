import type { SqlField } from "../classic/sql.ts";
import { sql } from "../classic/sql_text.ts";
import { CopyCsvDecoder } from "../frame/copy_csv.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { fieldOfServer } from "../frame/pg_types.ts";
import type { ReadRequest } from "./_platform.ts";

/** How COPY is told to write the columns, and how its bytes become frames again. */
export interface StatementDecoder {
  /** The columns of the `SELECT`. */
  readonly columns: string;
  /** What stands in the parentheses of `WITH (…)`. */
  readonly options: string;
  /** Takes the next bytes. */
  push(chunk: Uint8Array): void;
  /** The rows so far, if there are so many. */
  take(minRows: number): GeoDataFrame | undefined;
  /** The rest of the rows; an error where the bytes were not all. */
  finish(): GeoDataFrame;
}

/** The decoder for some columns. */
export function copyDecoder(fields: readonly SqlField[], request: ReadRequest): StatementDecoder {
  const schema = fields.map((field) =>
    isHex(field, request)
      ? { name: field.name, type: "text" as const, nullable: true }
      : fieldOfServer(field.name, field)
  );
  const decoder = new CopyCsvDecoder(schema, { header: true });
  const columns = fields.map((field) => {
    const name = sql.id(field.name).text;
    return isHex(field, request) ? `${name}::text AS ${name}` : name;
  });
  return {
    columns: columns.join(","),
    options: "FORMAT csv, HEADER true, NULL '__null'",
    push: (chunk) => decoder.push(chunk),
    take: (minRows) => decoder.take(minRows),
    finish: () => decoder.finish(),
  };
}

/** Whether the column is a geometry that is wanted as text. */
function isHex({ name, type }: SqlField, { decodeGeometry }: ReadRequest): boolean {
  return !decodeGeometry && name === "the_geom" && type === "geometry";
}
