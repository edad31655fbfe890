import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { Field } from "../frame/types.ts";
import type { Target } from "./_target.ts";
import type { TableDescription } from "./manage_tables.ts";
import type { ReadStrategy } from "./read_carto_options.ts";
import type { IfExists, TableProgress } from "./table_options.ts";

/** Where rows are read from. */
export type Source =
  | { readonly kind: "table"; readonly table: string; readonly schema: string | undefined }
  | { readonly kind: "query"; readonly query: string };

/** What every call takes. */
export interface Call {
  /** What is done, as it follows "Cannot" in a message: `read table "cafes"`. */
  readonly operation: string;
  /** Ends the call. */
  readonly signal: AbortSignal | undefined;
}

/** A read, nothing optional. */
export interface ReadRequest extends Call {
  readonly source: Source;
  readonly limit: number | undefined;
  /** Attempts in all while nothing has been handed out. */
  readonly attempts: number;
  /** Whether `the_geom` is decoded, or comes as hexadecimal text. */
  readonly decodeGeometry: boolean;
  /** Rows that a batch has at least, but for the last one; where undefined, as many as about half a megabyte holds. */
  readonly batchRows: number | undefined;
  /** Whether the caller wants all rows or none: then a read may begin again until the last one is there. */
  readonly isWhole: boolean;
  readonly strategy: ReadStrategy;
  /** Rows of a page, where the rows are to be read page by page in the order of their ids. */
  readonly pageRows: number | undefined;
  readonly onProgress: ((progress: TableProgress) => void) | undefined;
}

/** A column as it is written. */
export interface WriteColumn {
  /** Its name in the frames. */
  readonly column: string;
  /** Its name in the table. */
  readonly name: string;
  /** What the frames hold, and the SRID of a geometry. */
  readonly field: Field;
  /** The short name of its type in the table, such as `int8`. */
  readonly type: string;
  /** The type as SQL writes it, such as `geometry(Geometry,4326)`. */
  readonly sqlType: string;
}

/** The frames to write: all of one set of columns. */
export interface WriteBatches {
  /** The frames, in order; asked for once. */
  readonly frames: AsyncIterable<GeoDataFrame> | Iterable<GeoDataFrame>;
  /** Makes the frames again from a row on, where that can be done. */
  readonly again: ((fromRow: number) => Iterable<GeoDataFrame>) | undefined;
}

/** What becomes of a table that is there: the words of `ifExists`, and the update by key. */
export type WriteMode = IfExists | "upsert";

/** A write, nothing optional. */
export interface WriteRequest extends Call {
  readonly table: string;
  readonly ifExists: WriteMode;
  /** The columns by which rows are told apart, named as in the table; only for `upsert`. */
  readonly key: readonly string[];
  readonly columns: readonly WriteColumn[];
  readonly batches: WriteBatches;
  readonly cartodbfy: boolean;
  /** Attempts in all for each request that a busy server refused. */
  readonly attempts: number;
  /** The most bytes in one request, before compression. */
  readonly maxUploadSize: number;
  readonly format: "auto" | "binary" | "csv";
  readonly gzip: boolean | number | undefined;
  readonly onProgress: ((progress: TableProgress) => void) | undefined;
}

/** What became of a write. */
export interface WriteOutcome {
  readonly rows: number;
  readonly bytes: number;
  /** Whether the table is new. */
  readonly created: boolean;
  /** Rows that are new; only after an update by key. */
  readonly inserted?: number | undefined;
  /** Rows of the table that had the key of a row; only after an update by key. */
  readonly updated?: number | undefined;
  readonly warnings: readonly string[];
}

/** A table made by a query. */
export interface CreateRequest extends Call {
  readonly source: Source;
  readonly table: string;
  readonly ifExists: IfExists;
  readonly cartodbfy: boolean;
}

/** The room of an account; undefined where it is not known. */
export interface Quota {
  /** Bytes that can be stored in all. */
  readonly total: number | undefined;
  /** Bytes that can still be stored. */
  readonly remaining: number | undefined;
}

/** What a platform does with tables. The functions of this folder know only this; adapters stand behind it. */
export interface Platform {
  /** The columns of a table or query, in the server's order. */
  describe(source: Source, call: Call): Promise<Field[]>;
  /** The rows, batch by batch, exact; a result that is not whole is an error. */
  read(request: ReadRequest): AsyncGenerator<GeoDataFrame, void, void>;
  /** Writes all frames or nothing. */
  write(request: WriteRequest): Promise<WriteOutcome>;
  /** How much the account can hold, and can still hold. */
  quota(call: Call): Promise<Quota>;
  /** What stands under a name; nothing is changed. */
  target(table: string, call: Call): Promise<Target>;
  /** The names of the account's tables, the last changed first. */
  listTables(call: Call): Promise<string[]>;
  /** Whether a table is there and may be read. */
  hasTable(source: Source, call: Call): Promise<boolean>;
  /** The names of the tables that a query reads. */
  tablesOf(source: Source, call: Call): Promise<string[]>;
  /** Drops a table; false when there was none. */
  dropTable(table: string, schema: string | undefined, call: Call): Promise<boolean>;
  /** Gives a table another name, and drops the one that has it when told so: both or nothing. */
  renameTable(from: string, to: string, replace: boolean, call: Call): Promise<void>;
  /** Makes a table from a query, or adds its rows to one. */
  createTable(request: CreateRequest): Promise<{ rows: number; warnings: readonly string[] }>;
  /** Privacy, number of rows and kind of geometry. */
  describeTable(source: Source & { kind: "table" }, call: Call): Promise<TableDescription>;
  /** Sets who may see a table. */
  updatePrivacy(table: string, privacy: "PRIVATE" | "PUBLIC" | "LINK", call: Call): Promise<void>;
}
