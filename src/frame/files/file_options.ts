import type { OnBadValue } from "../rows.ts";
import type { ColumnType } from "../types.ts";

/**
 * A file format.
 *
 * | format | usual ending | read | written | streamed |
 * |---|---|---|---|---|
 * | `csv` | `.csv` `.tsv` | yes | yes | both ways |
 * | `geojson` | `.geojson` `.json` | yes | yes | both ways |
 * | `ndjson`: a feature a line | `.ndjson` `.geojsonl` `.jsonl` | yes | yes | both ways |
 * | `geojsonseq`: RFC 8142 | `.geojsons` `.geojsonseq` | yes | yes | both ways |
 * | `parquet`: GeoParquet 1.1 | `.parquet` `.geoparquet` | yes | yes | by row group |
 * | `arrow`: Arrow IPC file, GeoArrow | `.arrow` `.feather` | yes | yes | by record batch |
 * | `arrow-stream`: Arrow IPC stream | `.arrows` | yes | yes | by record batch |
 * | `shapefile` | `.zip` `.shp` | yes | no | by record |
 * | `geopackage` | `.gpkg` | yes | no | by row |
 */
export type FileFormat =
  | "csv"
  | "geojson"
  | "ndjson"
  | "geojsonseq"
  | "parquet"
  | "arrow"
  | "arrow-stream"
  | "shapefile"
  | "geopackage";

/** How a file becomes a frame. */
export interface ReadFileOptions {
  /** The format. Default: what the content shows, whatever the ending says. */
  format?: FileFormat | undefined;
  /** The file's name in messages. Default: the path. */
  name?: string | undefined;
  /** Which layer: a table of a GeoPackage, a Shapefile of an archive that holds several. */
  layer?: string | undefined;
  /** The columns wanted, in this order; of GeoParquet the others are not even read. Default: all. */
  columns?: readonly string[] | undefined;
  /** Types of columns that are not to be guessed, by name (CSV and the GeoJSON family). */
  types?: Readonly<Record<string, ColumnType>> | undefined;
  /** The column that is the geometry. Default: the one that the file names; of a CSV, none. */
  geometryColumn?: string | undefined;
  /** The number of the coordinate system, where the file tells none or tells it wrongly. */
  srid?: number | undefined;
  /**
   * The coordinate system itself, as WKT, PROJ text (`+proj=utm …`) or `EPSG:25830`, where the file tells none or tells it
   * wrongly.
   */
  crs?: string | undefined;
  /** Whether coordinates are turned into longitude and latitude of WGS 84 (EPSG:4326). Default: false. */
  reproject?: boolean | undefined;
  /** CSV: the character between fields. Default: the one of `,` `;` tab `|` that the first line has most of. */
  delimiter?: string | undefined;
  /** CSV: whether the first line holds the names. Default: true. */
  header?: boolean | undefined;
  /** CSV: what stands for null without quotes. Default: the empty field. */
  nullMarker?: string | undefined;
  /** CSV: whether `1,5` is a number. Default: false; a note tells of columns that look like it. */
  decimalComma?: boolean | undefined;
  /**
   * The encoding of a CSV or of a Shapefile's table, such as `latin1`. Default: UTF-8, or what the file itself tells (a byte
   * order mark, a `.cpg` file, the table's header).
   */
  encoding?: string | undefined;
  /**
   * CSV and the GeoJSON family: is told of each value that does not fit its column's type, such as a geometry that cannot be
   * read; the row then holds null there. Default: the first such value is an error.
   */
  onBadValue?: OnBadValue | undefined;
  /** The most rows of one batch. Default: 65,536. */
  batchRows?: number | undefined;
  /** Ends the work early. */
  signal?: AbortSignal | undefined;
}

/** How frames become a file. */
export interface WriteFileOptions {
  /** The format. Default: by the ending of the path. */
  format?: FileFormat | undefined;
  /** The file's name in messages. Default: the path. */
  name?: string | undefined;
  /** CSV: the character between fields. Default: `,`, or a tab for `.tsv`. */
  delimiter?: string | undefined;
  /** CSV: what stands for null. Default: the empty field, empty text being `""`. */
  nullMarker?: string | undefined;
  /** CSV: how geometries are written. Default: `ewkb-hex`, as CARTO itself does. */
  geometry?: "ewkb-hex" | "wkt" | "ewkt" | undefined;
  /** GeoParquet: how pages are compressed. Default: `snappy`. */
  compression?: "none" | "snappy" | "gzip" | "zstd" | undefined;
  /**
   * GeoParquet and Arrow: the most rows of a row group or record batch; shorter frames are joined, up to about 64 MB.
   * Default: 65,536.
   */
  batchRows?: number | undefined;
  /** Called after each batch with the rows written so far. */
  onProgress?: ((progress: { readonly rows: number }) => void) | undefined;
  /** Called with each sentence about values that the format cannot hold as they were. */
  onNote?: ((text: string) => void) | undefined;
  /** Ends the work early; no file is left then. */
  signal?: AbortSignal | undefined;
}

/** What was written. */
export interface WriteFileReport {
  /** The path as it was given. */
  readonly file: string;
  /** The format written. */
  readonly format: FileFormat;
  /** How many rows. */
  readonly rows: number;
  /** How many bytes. */
  readonly bytes: number;
  /** What the format cannot hold as it was, one sentence each. */
  readonly notes: readonly string[];
}

/** What can be read without a path: bytes, a file picked by a user, a response's body. */
export type FileInput =
  | Uint8Array
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** Rows of one batch, unless told otherwise. */
export const BATCH_ROWS = 65_536;
