import { type CanonicalColumn, isValidRow } from "./_wkb_columns.ts";
import type { GeometryProblem } from "./check_geometry.ts";
import { GeometryChecker } from "./_geometry_checker.ts";
import type { Bounds, GeometryType } from "./geometry_types.ts";
import {
  CODE_MASK,
  M_FLAG,
  noBounds,
  sridAt,
  strideOf,
  typeOfWord,
  viewOf,
  visitRuns,
  widen,
  wordAt,
  Z_FLAG,
} from "./_ewkb.ts";

/** What kinds of geometry a column holds. */
export interface GeometryScan {
  /** How many rows there are of each type, nulls left out. */
  readonly types: ReadonlyMap<GeometryType, number>;
  /** The SRIDs of the rows, in the order met; 0 stands for none. */
  readonly srids: readonly number[];
  /** Whether any row has heights. */
  readonly hasZ: boolean;
  /** Whether any row has measures. */
  readonly hasM: boolean;
  /** How many rows are null. */
  readonly nulls: number;
  /** How many rows are a geometry without coordinates. */
  readonly empties: number;
  /** How many coordinates all rows have together. */
  readonly coordinates: number;
}

/** Looks at the types, dimensions and SRIDs of a column. */
export function scanGeometryColumn(column: CanonicalColumn): GeometryScan {
  const view = viewOf(column.bytes);
  const rows = column.offsets.length - 1;
  const counts = new Int32Array(32);
  const srids = new Set<number>();
  let flags = 0;
  let lastSrid = -1;
  let nulls = 0;
  let empties = 0;
  let coordinates = 0;
  let inRow = 0;
  const count = (_at: number, run: number): void => void (inRow += run);
  for (let row = 0; row < rows; row++) {
    if (!isValidRow(column.validity, row)) {
      nulls++;
      continue;
    }
    const at = column.offsets[row] as number;
    const word = wordAt(view, at);
    flags |= word;
    counts[word & 31] = (counts[word & 31] as number) + 1;
    const srid = sridAt(view, at);
    if (srid !== lastSrid) srids.add(lastSrid = srid);
    inRow = 0;
    visitRuns(view, at, count);
    if (inRow === 0) empties++;
    coordinates += inRow;
  }
  const types = new Map<GeometryType, number>();
  counts.forEach((rows, code) => rows > 0 && types.set(typeOfWord(code & CODE_MASK).name, rows));
  return {
    types,
    srids: [...srids],
    hasZ: (flags & Z_FLAG) !== 0,
    hasM: (flags & M_FLAG) !== 0,
    nulls,
    empties,
    coordinates,
  };
}

/** The box around all rows of a column; undefined when there is no finite coordinate. */
export function boundsOfColumn(column: CanonicalColumn): Bounds | undefined {
  const view = viewOf(column.bytes);
  const bounds = noBounds();
  const visit = (at: number, count: number, word: number): void =>
    widen(bounds, view, at, count, 8 * strideOf(word));
  for (let row = 0; row + 1 < column.offsets.length; row++) {
    if (isValidRow(column.validity, row)) visitRuns(view, column.offsets[row] as number, visit);
  }
  return bounds[0] > bounds[2] ? undefined : bounds;
}

/**
 * Calls `visit` for each row of a column in which something is wrong, with the row counted from 0. `srid` is that of
 * geometries that tell none.
 */
export function checkGeometryColumn(
  column: CanonicalColumn,
  visit: (row: number, problems: GeometryProblem[]) => void,
  srid = 4326,
): void {
  const checker = new GeometryChecker(viewOf(column.bytes), srid);
  for (let row = 0; row + 1 < column.offsets.length; row++) {
    if (!isValidRow(column.validity, row)) continue;
    const problems = checker.check(column.offsets[row] as number);
    if (problems.length > 0) visit(row, problems);
  }
}

/** The same for what PostGIS refuses to store: lines and rings of too few points, and open rings. */
export function findUnstorable(
  column: CanonicalColumn,
  visit: (row: number, problems: GeometryProblem[]) => void,
): void {
  const checker = new GeometryChecker(viewOf(column.bytes), 0, true);
  for (let row = 0; row + 1 < column.offsets.length; row++) {
    if (!isValidRow(column.validity, row)) continue;
    const problems = checker.check(column.offsets[row] as number);
    if (problems.length > 0) visit(row, problems);
  }
}
