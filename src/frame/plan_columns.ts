import type { Column } from "./column.ts";
import { dataOf } from "./column.ts";
import { isGeometryType, isValid } from "./_data.ts";
import type { GeoDataFrame } from "./geo_data_frame.ts";
import { normalizeName, takeName } from "./names.ts";
import type { Field, RenamedColumn } from "./types.ts";

/** Where one column of a frame goes. */
export interface PlannedColumn {
  /** The frame's name. */
  readonly column: string;
  /** The table's name. */
  readonly name: string;
  /** The column, under the table's name. */
  readonly field: Field;
}

/** Where the columns of a frame go in a CARTO table. */
export interface ColumnPlan {
  /** The columns that go there, in the frame's order. */
  readonly columns: readonly PlannedColumn[];
  /** Columns that stay behind, with the reason. */
  readonly leftOut: readonly { readonly column: string; readonly reason: string }[];
  /** Columns that get another name, the geometry (always `the_geom`) not counted. */
  readonly renamed: readonly RenamedColumn[];
}

/** Columns that every table of PostgreSQL has already. */
const SYSTEM: ReadonlySet<string> = new Set(["ctid", "tableoid", "xmin", "xmax", "cmin", "cmax", "oid"]);

/**
 * Names for the columns of a frame in a CARTO table: normalised and different, the geometry as `the_geom`.
 *
 * A geometry that normalises to `the_geom_webmercator` is left out, since the server makes that column. Any other column
 * that is named like one of CARTO's (`the_geom`, `the_geom_webmercator`) or PostgreSQL's (`ctid`, `tableoid` …) keeps its
 * values under another name, and so does a `cartodb_id` that cannot be one (see {@linkcode cartodbIdProblems}).
 *
 * @param frame The frame
 * @returns The plan, with everything that is to be reported
 *
 * @example Names for a table
 * ```ts
 * import { GeoDataFrame, planColumns } from "@cartoframes/cartoframes/frame";
 * import { assertEquals } from "@std/assert";
 *
 * const plan = planColumns(GeoDataFrame.fromRows([{ "Señal #1": 1, ctid: 2 }]));
 * assertEquals(plan.columns.map(({ name }) => name), ["senal_1", "_ctid"]);
 * assertEquals(plan.renamed[0]?.from, "Señal #1");
 * ```
 */
export function planColumns(frame: GeoDataFrame): ColumnPlan {
  const taken = new Set(["the_geom_webmercator"]);
  if (frame.geometryColumn !== undefined) taken.add("the_geom");
  const columns: PlannedColumn[] = [];
  const leftOut: { column: string; reason: string }[] = [];
  const renamed: RenamedColumn[] = [];
  for (const column of frame.columns) {
    const from = column.name;
    if (from === frame.geometryColumn) {
      columns.push(planned(column, "the_geom"));
      continue;
    }
    const wanted = normalizeName(from);
    if (wanted === "the_geom_webmercator" && isGeometryType(column.type)) {
      leftOut.push({ column: from, reason: "CARTO makes this column itself" });
      continue;
    }
    const [candidate, reason] = candidateOf(column, wanted);
    const to = takeName(candidate, taken);
    if (to !== from) renamed.push({ from, to, reason: to === candidate ? reason : takenReason(candidate) });
    columns.push(planned(column, to));
  }
  return { columns, leftOut, renamed };
}

function planned(column: Column, name: string): PlannedColumn {
  return { column: column.name, name, field: { ...column.field, name } };
}

function candidateOf(column: Column, wanted: string): [candidate: string, reason: string] {
  if (SYSTEM.has(wanted)) return [`_${wanted}`, "PostgreSQL has a system column of this name"];
  if (wanted === "cartodb_id" && cartodbIdProblems(column, 1).length > 0) {
    return ["cartodb_id_1", "its values cannot be CARTO's row numbers"];
  }
  if (wanted === "the_geom" && !isGeometryType(column.type)) {
    return ["the_geom_1", "the_geom is the name of the geometry"];
  }
  return [wanted, "CARTO's names are lower case letters, digits and _, and no SQL words"];
}

function takenReason(name: string): string {
  return name.startsWith("the_geom") ? `${name} is CARTO's own column` : `${name} is there already`;
}

/** A row that keeps a column from being CARTO's `cartodb_id`. */
export interface CartodbIdProblem {
  /** The row, from 0; −1 where the whole column is meant. */
  readonly row: number;
  /** What is wrong, for a person. */
  readonly message: string;
}

/**
 * What keeps a column from being CARTO's `cartodb_id`: row numbers are whole, positive, below 2^31, all there, and each
 * there once.
 *
 * @param column The column
 * @param limit The most problems to look for. Default: 100
 * @returns The problems, in the order of the rows
 */
export function cartodbIdProblems(column: Column, limit = 100): CartodbIdProblem[] {
  const problems: CartodbIdProblem[] = [];
  const { validity } = dataOf(column);
  if (!/^(?:int[248]|float8|text|numeric)$/.test(column.type)) {
    return [{ row: -1, message: `A column of type ${column.type} cannot number the rows` }];
  }
  const firstRow = new Map<number, number>();
  for (let row = 0; row < column.length && problems.length < limit; row++) {
    const message = isValid(validity, row)
      ? idProblem(column.getText(row) as string, row, firstRow)
      : "The id is missing";
    if (message !== undefined) problems.push({ row, message });
  }
  if (problems.length === 0 && column.length > 0 && !column.type.startsWith("int")) {
    problems.push({ row: -1, message: `The column is of type ${column.type}, not a whole number` });
  }
  return problems;
}

function idProblem(text: string, row: number, firstRow: Map<number, number>): string | undefined {
  if (!/^-?\d+$/.test(text)) {
    return /^-?\d*\.\d+$/.test(text)
      ? `${text} is not a whole number`
      : `"${text.slice(0, 40)}" is not a number`;
  }
  const id = Number(text);
  if (id < 0) return `${text} is negative`;
  if (id > 0x7fff_ffff) return `${text} is too large for a row number`;
  const first = firstRow.get(id);
  if (first !== undefined) return `${text} is there already, in row ${first + 1}`;
  firstRow.set(id, row);
  return undefined;
}
