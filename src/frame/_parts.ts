import type { Column } from "./column.ts";
import type { RenamedColumn } from "./types.ts";

/** What a reader hands to the `GeoDataFrame` that it makes. */
export interface FrameParts {
  readonly columns: readonly Column[];
  readonly geometryColumn?: string | undefined;
  readonly renamed?: readonly RenamedColumn[] | undefined;
  readonly notes?: readonly string[] | undefined;
  readonly source?: FrameSource | undefined;
}

/** Where the rows of a file stand in it. */
export interface FrameSource {
  readonly file: string | undefined;
  /** The line of each row, or undefined where it is not known. */
  readonly lines: Int32Array | undefined;
}

/** The geometry column when nobody says which: CARTO's, then the usual name, then the first. */
export function chooseGeometryColumn(columns: readonly Column[]): string | undefined {
  const names = columns.filter(({ type }) => type === "geometry" || type === "geography").map(({ name }) =>
    name
  );
  return ["the_geom", "geometry"].find((name) => names.includes(name)) ?? names[0];
}

/**
 * A name that is not taken: the name itself, or with `_1`, `_2` … behind it.
 */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let number = 1;
  while (taken.has(`${name}_${number}`)) number++;
  return `${name}_${number}`;
}
