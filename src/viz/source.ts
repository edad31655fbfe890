import { requireCredentials } from "../auth/_require_credentials.ts";
import type { Credentials } from "../auth/credentials.ts";
import { ArgumentError } from "../errors/carto_error.ts";
import type { ReadFileOptions } from "../frame/files/file_options.ts";
import type { FrameInput } from "../frame/from_any.ts";
import type { TableOptions } from "../tables/table_options.ts";

/**
 * Where features come from: a `GeoDataFrame`, GeoJSON, rows, or whatever else a frame can be made of; a file, as a URL or
 * a text that looks like a path; the name of a table; or a SQL query.
 */
export type SourceInput = FrameInput | string | URL;

/** How a source is read. */
export interface SourceOptions extends Pick<TableOptions, "credentials" | "transport"> {
  /** The column that holds the geometry. Default: the frame's own; `the_geom` of tables and queries. */
  geomCol?: string | undefined;
  /** Whether the rows are compressed in the page. Default: true. */
  encodeData?: boolean | undefined;
  /** The schema of a table, such as the name of a colleague who shares it. */
  schema?: string | undefined;
  /** The most rows of a table or query that are put into the page; of more, the page reads tiles. Default: 200,000. */
  maxRows?: number | undefined;
  /**
   * The key with which the page reads tiles. Whoever sees the page can use it, so the master key is refused: give one
   * that may read the rows and nothing else. Default: `default_public`, where that may read them.
   */
  mapsApiKey?: string | undefined;
  /** How a file is read. */
  file?: ReadFileOptions | undefined;
}

/** Files are known by these endings, or by a slash. */
const FILE =
  /[/\\]|\.(?:csv|tsv|geojson|json|ndjson|geojsonl|jsonl|geojsons|geojsonseq|parquet|geoparquet|arrow|arrows|feather|zip|shp|gpkg)$/i;

/**
 * Where the features of a layer come from. Nothing is read before a map is made of it; several layers and maps of one
 * page that use the same `Source` share its data.
 *
 * A text is a query when it begins with `SELECT` or `WITH`, a file when it holds a slash or ends as one of a known
 * format does (`.geojson`, `.csv`, `.parquet` …), and otherwise the name of a table. Files need `--allow-read`, tables
 * and queries credentials.
 *
 * @example Rows with coordinates, used twice
 * ```ts
 * import { GeoDataFrame } from "@cartoframes/cartoframes/frame";
 * import { Layer, Map, sizeContinuousStyle, Source } from "@cartoframes/cartoframes/viz";
 *
 * const cafes = GeoDataFrame.fromRows([{ stars: 4, lng: -3.7, lat: 40.42 }]).setGeometryFromXY("lng", "lat");
 * const source = new Source(cafes);
 * const map = new Map([new Layer(source), new Layer(source, { style: sizeContinuousStyle("stars") })]);
 * if (!source.isLocal()) throw new Error("not local");
 * if (map.layers.length !== 2) throw new Error("no layers");
 * ```
 */
export class Source {
  /** What it is. */
  readonly kind: "frame" | "file" | "table" | "query";
  /** What was given. */
  readonly input: SourceInput;
  /** How it is read. */
  readonly options: SourceOptions;

  /**
   * Makes a source; nothing is read yet.
   *
   * @param source A frame or what one can be made of, a file, a table's name, a query
   * @param options Whose account, which column is the geometry, how the rows are kept
   * @throws {ArgumentError} The source is none of those
   * @throws {CredentialsError} It is a table or query, and there are no credentials
   */
  constructor(source: SourceInput, options: SourceOptions = {}) {
    this.kind = kindOf(source);
    this.input = source;
    const isRemote = this.kind === "table" || this.kind === "query";
    // Those of now: the default may be another one when the map is made
    this.options = Object.freeze({
      ...options,
      ...(isRemote ? { credentials: requireCredentials(options.credentials) } : {}),
    });
    const { maxRows, geomCol, mapsApiKey } = options;
    if (mapsApiKey !== undefined && (typeof mapsApiKey !== "string" || mapsApiKey === "")) {
      throw new ArgumentError("Cannot use this mapsApiKey: it must be a text", { argument: "mapsApiKey" });
    }
    if (maxRows !== undefined && !(Number.isInteger(maxRows) && maxRows > 0)) {
      throw new ArgumentError("Cannot use this maxRows: it must be a whole number of 1 or more", {
        argument: "maxRows",
      });
    }
    if (geomCol !== undefined && typeof geomCol !== "string") {
      throw new ArgumentError("Cannot use this geomCol: it must be the name of a column", {
        argument: "geomCol",
      });
    }
  }

  /** Whether the features are at hand: a frame or a file, rather than a table or query. */
  isLocal(): boolean {
    return this.kind === "frame" || this.kind === "file";
  }

  /** Whose account a table or query is read from; undefined for local data. */
  get credentials(): Credentials | undefined {
    return this.options.credentials;
  }

  /**
   * Whether everybody may see the features: local data, and tables and queries that the key `default_public` can read.
   * Costs one request, and none for local data.
   *
   * @param options A signal
   * @throws {ResponseError} The server answered otherwise than with yes or no
   */
  async isPublic(options: { signal?: AbortSignal | undefined } = {}): Promise<boolean> {
    if (this.isLocal()) return true;
    const { isPublic } = await import("./_read_source.ts");
    return await isPublic(this, options.signal);
  }

  /**
   * The tables that the features come from, without their schemas; none for local data. Costs one request for a query.
   *
   * @param options A signal
   * @throws {ResponseError} The server refused; see `code`
   */
  async getTableNames(options: { signal?: AbortSignal | undefined } = {}): Promise<string[]> {
    if (this.isLocal()) return [];
    const { tableNames } = await import("./_read_source.ts");
    return await tableNames(this, options.signal);
  }
}

function kindOf(source: unknown): Source["kind"] {
  if (source instanceof URL) {
    if (source.protocol === "file:") return "file";
    throw new ArgumentError("Cannot use this source: only addresses of files are read", {
      argument: "source",
      hint: "Fetch it, and give the GeoJSON or rows",
    });
  }
  if (typeof source === "string" && source.trim() !== "") {
    if (/^[\s(]*(?:--[^\n]*\n\s*|\/\*[^]*?\*\/\s*)*(?:select|with)\b/i.test(source)) return "query";
    return FILE.test(source) ? "file" : "table";
  }
  if (typeof source === "object" && source !== null) return "frame";
  throw new ArgumentError(
    "Wrong source input. Valid values are a GeoDataFrame, GeoJSON, rows, a file, a table or a query",
    { argument: "source" },
  );
}
