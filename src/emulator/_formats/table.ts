import { quoteIdentifier } from "../_db/query.ts";
import type { RowField } from "../_db/protocol.ts";
import { withoutSemicolon } from "../_http/query_options.ts";
import { collectRows, type RunContext } from "./collect_rows.ts";
import { shownFields } from "./json_rows.ts";

/** The geometry column that files have; other geometry columns are text to them. */
export const GEOMETRY = "the_geom";
/** The column for maps, which only CSV shows. */
export const MAP_GEOMETRY = "the_geom_webmercator";

/** A query that is turned into a file: what it reads from, and its columns. */
export interface TableSource {
  /** The query in brackets, with a name. */
  readonly from: string;
  /** The columns that are not left out; of equal names one. */
  readonly fields: readonly RowField[];
}

/** Finds the columns of a query without reading its rows. */
export async function describeTable(
  context: RunContext,
  sql: string,
  skipped: ReadonlySet<string>,
): Promise<TableSource> {
  const from = `(${withoutSemicolon(sql)}) AS source`;
  const { fields } = await collectRows(context, `SELECT * FROM ${from} LIMIT 0`);
  const shown = [...shownFields(fields, skipped).values()].sort((a, b) => a - b);
  return { from, fields: shown.flatMap((index) => fields[index] ?? []) };
}

/** What the geometries of a table are. */
export interface GeometryInfo {
  /** The SRID of the first; 0 when it is not known. */
  readonly srid: number;
  /** The kind of the first, such as `MULTIPOLYGON`, without Z and M. */
  readonly kind: string;
}

/** Looks at the first geometry of a table; `undefined` for a table without a geometry column or without any. */
export async function describeGeometry(
  context: RunContext,
  { from, fields }: TableSource,
): Promise<GeometryInfo | undefined> {
  if (!fields.some((field) => field.name === GEOMETRY)) return undefined;
  const column = quoteIdentifier(GEOMETRY);
  const { rows } = await collectRows(
    context,
    `SELECT ST_SRID(${column}), GeometryType(${column}) FROM ${from} WHERE ${column} IS NOT NULL LIMIT 1`,
  );
  const [srid, kind] = rows[0] ?? [];
  return kind === null || kind === undefined ? undefined : { srid: Number(srid), kind: kind };
}

/** The name of the layer in a file: the file's name in letters, digits and underscores. */
export function layerName(filename: string): string {
  return filename.replace(/[^\p{L}\p{N}_]/gu, "_");
}
