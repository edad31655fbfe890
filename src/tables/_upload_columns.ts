import { ArgumentError } from "../errors/mod.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { normalizeNames } from "../frame/names.ts";
import type { Field, RenamedColumn } from "../frame/types.ts";
import { dimensionsOf } from "./_geometry_check.ts";
import type { WriteColumn } from "./_platform.ts";
import { fullTypeName, typeName } from "./_sql_types.ts";

/** CARTO's own names: the geometry, and the copy of it that CARTO keeps in the projection of web maps. */
const GEOMETRY = "the_geom";
const PROJECTED = "the_geom_webmercator";
/** The SRID of all geometries in CARTO. */
export const SRID = 4326;

/** What the columns of the data become in the table. */
export interface UploadColumns {
  readonly columns: readonly WriteColumn[];
  readonly renamed: readonly RenamedColumn[];
  readonly warnings: readonly string[];
}

/**
 * Plans the columns of a table from those of the first frame: names as PostgreSQL and CARTO take them, each once,
 * types that hold every value exactly.
 */
export function planColumns(frame: GeoDataFrame, operation: string): UploadColumns {
  const geometry = frame.geometryColumn;
  const left = frame.schema.filter((field) => isProjectedCopy(field, geometry));
  const fields = frame.schema.filter((field) => !left.includes(field));
  if (fields.length === 0) {
    throw new ArgumentError(`Cannot ${operation}: the data have no columns`, { argument: "data" });
  }
  const others = fields.filter(({ name }) => name !== geometry);
  const names = otherNames(others);
  const columns = fields.map((field): WriteColumn => {
    const isGeometry = field.name === geometry;
    const name = isGeometry ? GEOMETRY : names.get(field) as string;
    if (!isGeometry) {
      const type = typeName(field);
      return { column: field.name, name, field, type, sqlType: fullTypeName(type) };
    }
    // Without rows there is nothing to say that it has heights
    const sqlType = `geometry(Geometry${dimensionsOf(frame, field.name)},${SRID})`;
    return {
      column: field.name,
      name,
      field: { ...field, type: "geometry", srid: SRID },
      type: "geometry",
      sqlType,
    };
  });
  return {
    columns,
    renamed: columns.flatMap(({ column, name }) => renamed(column, name, frame)),
    warnings: left.map(({ name }) => `Column "${name}" was left out: CARTO makes it from the geometry`),
  };
}

/** A geometry under the name of CARTO's own projected copy; CARTO makes that one itself. */
function isProjectedCopy({ name, type }: Field, geometry: string | undefined): boolean {
  return name.toLowerCase() === PROJECTED && name !== geometry && type === "geometry";
}

/** The names of all columns but the geometry. CARTO's own names are taken, but for ids that can be ids. */
function otherNames(fields: readonly Field[]): Map<Field, string> {
  const ids = fields.filter(isId);
  const taken = [GEOMETRY, PROJECTED, "cartodb_id"];
  const rest = fields.filter((field) => !ids.includes(field));
  const names = normalizeNames([...taken, ...rest.map(({ name }) => name)]).slice(taken.length);
  return new Map([
    ...ids.map((field): [Field, string] => [field, "cartodb_id"]),
    ...rest.map((field, index): [Field, string] => [field, names[index] as string]),
  ]);
}

/** Whether a column can be CARTO's own id. */
function isId({ name, type }: Field): boolean {
  return name === "cartodb_id" && /^int[248]$/.test(type);
}

/** How a column got its name, from the one that it had before the frame was made. */
function renamed(column: string, name: string, frame: GeoDataFrame): RenamedColumn[] {
  const before = frame.renamed.find(({ to }) => to === column);
  const from = before?.from ?? column;
  if (from === name) return [];
  return [{
    from,
    to: name,
    reason: column === name && before !== undefined ? before.reason : reasonFor(column, name, frame),
  }];
}

function reasonFor(column: string, name: string, frame: GeoDataFrame): string {
  if (column === frame.geometryColumn) return "CARTO's name of the geometry column";
  if ([GEOMETRY, PROJECTED, "cartodb_id"].includes(column)) return "CARTO keeps this name for itself";
  return /_\d+$/.test(name) && !/_\d+$/.test(column)
    ? "another column has this name once normalised"
    : "normalised for PostgreSQL";
}
