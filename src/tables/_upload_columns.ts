import { ArgumentError } from "../errors/mod.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { sqlTypeOf } from "../frame/pg_types.ts";
import { planColumns, type PlannedColumn } from "../frame/plan_columns.ts";
import type { RenamedColumn } from "../frame/types.ts";
import { scanGeometries } from "./_geometry_check.ts";
import type { WriteColumn } from "./_platform.ts";
import { typeName } from "./_sql_types.ts";

/** The SRID of all geometries in CARTO. */
export const SRID = 4326;

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
