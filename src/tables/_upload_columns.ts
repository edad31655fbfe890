import { ArgumentError, type CartoError, DataError, isCartoError } from "../errors/carto_error.ts";
import type { Column } from "../frame/column.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { findUnstorable, scanGeometryColumn } from "../frame/geometry/_column_scan.ts";
import type { Geometry } from "../frame/geometry/mod.ts";
import { sqlTypeOf } from "../frame/pg_types.ts";
import { cartodbIdProblems, planColumns, type PlannedColumn } from "../frame/plan_columns.ts";
import type { RenamedColumn } from "../frame/types.ts";
import { typeName } from "./_finish_sql.ts";
import type { WriteColumn } from "./_platform.ts";

/** The SRID of all geometries in CARTO. */
export const SRID = 4326;

/** What an upload refuses, as a word. */
export type FaultCode =
  | "bad-geometry"
  | "dimensions"
  | "srid"
  | "too-few-points"
  | "open-ring"
  | "cartodb-id"
  | "batch";

/** Is told of each fault for which an upload is refused. An upload throws the first; a check gathers them. */
export type OnFault = (code: FaultCode, error: CartoError) => void;

/** Refuses the data at the first fault. */
export const refuse: OnFault = (_code, error) => {
  throw error;
};

/** What the columns of the data become in the table. */
export interface UploadColumns {
  readonly columns: readonly WriteColumn[];
  readonly renamed: readonly RenamedColumn[];
  readonly warnings: readonly string[];
  /** The dimensions of the geometries besides x and y: "", "Z", "M" or "ZM". */
  readonly dimensions: string;
}

/**
 * Plans the columns of a table from those of the first frame: names as PostgreSQL and CARTO take them, each once,
 * types that hold every value exactly.
 */
export function planUpload(frame: GeoDataFrame, operation: string): UploadColumns {
  const plan = planColumns(frame);
  if (plan.columns.length === 0) {
    throw new ArgumentError(`Cannot ${operation}: the data have no columns`, { argument: "data" });
  }
  // Points that lie as numbers have x and y only, and without rows there is nothing to say that there is more
  const scan = frame.geometry === undefined ? undefined : scanGeometries(frame.geometry);
  const { hasZ, hasM } = scan ?? { hasZ: false, hasM: false };
  return {
    columns: plan.columns.map((column) =>
      column.column === frame.geometryColumn ? geometry(column, hasZ, hasM) : other(column)
    ),
    renamed: allRenamed(frame, plan.columns, plan.renamed),
    warnings: plan.leftOut.map(({ column, reason }) => `Column "${column}" was left out: ${reason}`),
    dimensions: `${hasZ ? "Z" : ""}${hasM ? "M" : ""}`,
  };
}

function geometry({ column, name, field }: PlannedColumn, hasZ: boolean, hasM: boolean): WriteColumn {
  const stored = { ...field, type: "geometry" as const, srid: SRID };
  return { column, name, field: stored, type: "geometry", sqlType: sqlTypeOf(stored, { hasZ, hasM }) };
}

function other({ column, name, field }: PlannedColumn): WriteColumn {
  const type = typeName(field);
  // Geometries beside the one that counts stay as they are, each with its own SRID and dimensions
  const isSpatial = type === "geometry" || type === "geography";
  return { column, name, field, type, sqlType: isSpatial ? type : sqlTypeOf(field) };
}

/** What was renamed in all, from the names that the columns had before they were a frame. */
function allRenamed(
  frame: GeoDataFrame,
  columns: readonly PlannedColumn[],
  renamed: readonly RenamedColumn[],
): RenamedColumn[] {
  return columns.flatMap(({ column, name }) => {
    const now = renamed.find(({ from }) => from === column);
    const before = frame.renamed.find(({ to }) => to === column);
    const from = before?.from ?? column;
    const reason = (now ?? before)?.reason;
    return reason === undefined || from === name ? [] : [{ from, to: name, reason }];
  });
}

/** Looks at the geometries of a column; undefined for points without height, whose SRID is the frame's. */
export function scanGeometries(column: Column): ReturnType<typeof scanGeometryColumn> | undefined {
  // Points that lie as numbers have x and y only
  if (column.values !== undefined || column.bytes === undefined) return undefined;
  return scanGeometryColumn({ ...column.bytes, validity: column.validity });
}

/**
 * Refuses geometries that the planned column cannot hold: of other dimensions, of another coordinate system than the
 * column's, with open rings or too few points. PostGIS takes the last ones as text and not in binary, which would make
 * them a matter of chance.
 */
export function checkGeometries(
  frame: GeoDataFrame,
  column: string,
  wanted: { readonly dimensions: string; readonly srid: number },
  rowsBefore: number,
  onFault: OnFault = refuse,
): void {
  const rows = frame.column(column);
  const scan = scanGeometries(rows);
  if (scan === undefined) return;
  const foreign = scan.srids.find((srid) => srid !== 0 && srid !== wanted.srid);
  if (foreign !== undefined) {
    onFault(
      "srid",
      new DataError(`Cannot write a geometry of SRID ${foreign}: the column has SRID ${wanted.srid}`, {
        place: { column },
        hint: "Give all geometries of the column the same coordinate system",
      }),
    );
  }
  checkParts(frame, rows, rowsBefore, onFault);
  if (wanted.dimensions === "" && !scan.hasZ && !scan.hasM) return;
  for (let row = 0; row < rows.length; row++) {
    const geometry = rows.get(row) as { hasZ: boolean; hasM: boolean } | null;
    if (geometry === null) continue;
    const dimensions = `${geometry.hasZ ? "Z" : ""}${geometry.hasM ? "M" : ""}`;
    if (dimensions === wanted.dimensions) continue;
    const words = (text: string) =>
      text === "" ? "x and y" : `x, y and ${[...text.toLowerCase()].join(", ")}`;
    onFault(
      "dimensions",
      new DataError(
        `Cannot write a geometry of ${words(dimensions)} among those of ${words(wanted.dimensions)}`,
        { place: { row: rowsBefore + row + 1, column } },
      ),
    );
  }
}

/** Refuses open rings, and lines and rings of too few points. */
function checkParts(frame: GeoDataFrame, column: Column, rowsBefore: number, onFault: OnFault): void {
  const { bytes, validity, name } = column;
  if (bytes === undefined) return;
  findUnstorable({ ...bytes, validity }, (row, problems) => {
    const place = { ...frame.placeOf(row), row: rowsBefore + row + 1, column: name };
    for (const { kind, message } of problems) {
      const isOpen = kind === "open-ring";
      onFault(
        isOpen ? kind : "too-few-points",
        new DataError(message, {
          place,
          hint: isOpen
            ? "Close the rings with repairGeometry, or set the geometry to null"
            : "Mend the geometry, or set it to null",
        }),
      );
    }
  });
}

/**
 * Refuses ids of a later batch that cannot be CARTO's ids, when those of the first could. Ids that are repeated in
 * another batch are found by the database, before anything is changed.
 */
export function checkIds(
  frame: GeoDataFrame,
  column: string,
  rowsBefore: number,
  onFault: OnFault = refuse,
): void {
  for (const { row, message } of cartodbIdProblems(frame.column(column), onFault === refuse ? 1 : Infinity)) {
    onFault(
      "cartodb-id",
      new DataError(message, {
        place: row < 0 ? { column } : { row: rowsBefore + row + 1, column },
        hint: "Leave the column out to get new ids, or give it another name",
      }),
    );
  }
}

/**
 * The frame with its geometries in longitude and latitude of WGS 84 (SRID 4326). A geometry that tells no coordinate
 * system has the column's; a column that tells none is taken to be right already.
 *
 * @throws {UnsupportedError} The coordinate system is none of those that can be reprojected here
 */
export function toWgs84(frame: GeoDataFrame, operation: string, onFault: OnFault = refuse): GeoDataFrame {
  const { geometry, geometryColumn } = frame;
  if (geometry === undefined || geometryColumn === undefined) return frame;
  const ofColumn = frame.srid ?? SRID;
  const srids = scanGeometries(geometry)?.srids ?? [ofColumn];
  if (srids.every((srid) => (srid === 0 ? ofColumn : srid) === SRID)) return frame;
  const moved = geometry.toArray().map((value, row) => {
    const each = value as Geometry | null;
    try {
      return each === null ? null : each.withSrid(each.srid === 0 ? ofColumn : each.srid).reproject(SRID);
    } catch (error) {
      if (!isCartoError(error) || error.code !== "invalid-data") throw error;
      onFault(
        "bad-geometry",
        new DataError(`Cannot ${operation}: ${error.message}`, {
          place: { ...frame.placeOf(row), column: geometryColumn },
          cause: error,
        }),
      );
      return null;
    }
  });
  return frame.setGeometry(moved, { name: geometryColumn, srid: SRID });
}
