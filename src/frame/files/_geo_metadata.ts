import { DataError } from "../../errors/carto_error.ts";
import { type Crs, crsOfProjJson, crsOfSrid, crsOfText, WGS84 } from "./_crs.ts";

/** One geometry column, as the `geo` metadata of GeoParquet describes it. */
export interface GeoColumn {
  /** `WKB`, or the name of one of GeoArrow's encodings. */
  readonly encoding: string;
  /** The coordinate system; undefined where the file says that it is unknown. */
  readonly crs: Crs | undefined;
  readonly spherical: boolean;
}

/** What the `geo` metadata of GeoParquet tells. */
export interface GeoMetadata {
  readonly primary: string | undefined;
  readonly columns: ReadonlyMap<string, GeoColumn>;
  /** Columns that only repeat the geometries' boxes. */
  readonly coverings: ReadonlySet<string>;
}

/** Reads the `geo` metadata; without any, there are no geometries. */
export function readGeoMetadata(text: string | undefined, place: { file?: string }): GeoMetadata {
  if (text === undefined) return { primary: undefined, columns: new Map(), coverings: new Set() };
  let metadata: { primary_column?: unknown; columns?: Record<string, Record<string, unknown>> };
  try {
    metadata = JSON.parse(text);
    const columns = new Map<string, GeoColumn>();
    const coverings = new Set<string>();
    for (const [name, column] of Object.entries(metadata.columns ?? {})) {
      columns.set(name, {
        encoding: String(column.encoding ?? "WKB"),
        crs: crsOf(column),
        spherical: column.edges === "spherical",
      });
      const covering = (column.covering as { bbox?: { xmin?: unknown[] } } | undefined)?.bbox?.xmin?.[0];
      if (typeof covering === "string") coverings.add(covering);
    }
    return { primary: String(metadata.primary_column), columns, coverings };
  } catch (error) {
    throw new DataError('The metadata "geo" of the file cannot be read', { place, cause: error });
  }
}

function crsOf(column: Record<string, unknown>): Crs | undefined {
  const { crs } = column;
  if (crs === undefined) return WGS84;
  if (crs === null) return undefined;
  return typeof crs === "string" ? crsOfText(crs) : crsOfProjJson(crs as object);
}

/** The coordinate system of Parquet's own geometry type: `OGC:CRS84`, `srid:5070`, or PROJJSON in another entry. */
export function crsOfLogicalType(crs: string | undefined, entry: (key: string) => string | undefined): Crs {
  if (crs === undefined || crs === "") return WGS84;
  const srid = /^srid:(\d+)$/i.exec(crs)?.[1];
  if (srid !== undefined) return crsOfSrid(Number(srid));
  const key = /^projjson:(.*)$/i.exec(crs)?.[1];
  return crsOfText(key === undefined ? crs : entry(key) ?? crs);
}
