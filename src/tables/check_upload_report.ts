import type { GeometryProblemKind } from "../frame/geometry/check_geometry.ts";
import type { Bounds, GeometryType } from "../frame/geometry/geometry_types.ts";
import type { OnBadValue } from "../frame/rows.ts";
import type { RenamedColumn } from "../frame/types.ts";
import type { ToCartoInput, ToCartoOptions } from "./to_carto_options.ts";

/**
 * What a check of an upload can find, as a word to branch on. Beside the kinds of geometry problems:
 *
 * | code | what it means |
 * |---|---|
 * | `bad-geometry` | a value cannot be read as a geometry, or not be reprojected |
 * | `bad-value` | a value does not fit its column, or PostgreSQL cannot store it |
 * | `dimensions`, `srid` | a geometry has other dimensions, or another coordinate system, than those before it |
 * | `mixed-geometry` | there are points, lines and polygons in one table, of which CARTO's maps style one kind |
 * | `bad-id` | a value of `cartodb_id` cannot be a row's id |
 * | `duplicate-key`, `null-key` | two rows have the same key, or a row has none |
 * | `not-compared` | something could only be looked at in part, or only the database can tell |
 * | `name-cut`, `name-taken` | a name was longer than PostgreSQL keeps, or stood for something else already |
 * | `left-out` | a column does not go into the table |
 * | `table-exists`, `table-conflict` | the table that is there does not go with `ifExists`, or with the data |
 * | `missing-column`, `column-type` | the table lacks a column of the data, or has it as another type |
 * | `null-value` | the table wants a value in every row of a column |
 * | `table-note` | what the upload would warn of |
 * | `ids-in-table` | the table may have some of the ids already |
 * | `quota` | the account has no room for the rows |
 * | `unusable` | the data cannot be uploaded at all: no columns, batches that differ ... |
 */
export type CheckUploadCode =
  | GeometryProblemKind
  | "bad-geometry"
  | "bad-value"
  | "dimensions"
  | "srid"
  | "mixed-geometry"
  | "bad-id"
  | "duplicate-key"
  | "null-key"
  | "not-compared"
  | "name-cut"
  | "name-taken"
  | "left-out"
  | "table-exists"
  | "table-conflict"
  | "missing-column"
  | "column-type"
  | "null-value"
  | "table-note"
  | "ids-in-table"
  | "quota"
  | "unusable";

/** One thing that was found. */
export interface CheckUploadProblem {
  /** `error`: the upload is refused, or a row would be of no use; `warning`: it should be known. */
  readonly severity: "error" | "warning";
  /** What it is. */
  readonly code: CheckUploadCode;
  /** Whether {@linkcode toCarto} refuses the data for it. */
  readonly refused: boolean;
  /** The row, from 1, where it is one row's. */
  readonly row?: number | undefined;
  /** The line of the file that the row was read from, where that is known. */
  readonly line?: number | undefined;
  /** The column, by its name in the data. */
  readonly column?: string | undefined;
  /** The reason, for a person. */
  readonly message: string;
  /** The next step. */
  readonly hint?: string | undefined;
}

/** A column of the table to be. */
export interface CheckUploadColumn {
  /** Its name in the table. */
  readonly name: string;
  /** Its name in the data, where that is another. */
  readonly from?: string | undefined;
  /** Its type in SQL, such as `bigint`. */
  readonly type: string;
  /** How many rows are null. */
  readonly nulls: number;
}

/** The geometries that become `the_geom`. */
export interface CheckUploadGeometry {
  /** The column in the data. */
  readonly column: string;
  /** How many rows there are of each kind. */
  readonly types: Readonly<Partial<Record<GeometryType, number>>>;
  /** The number of the coordinate system that they are stored in; what comes in another is reprojected. */
  readonly srid: number;
  /** The box around all of them: west, south, east, north; undefined where there is no coordinate. */
  readonly bounds: Bounds | undefined;
  /** Rows without a geometry. */
  readonly nulls: number;
  /** Rows whose geometry has no coordinates. */
  readonly empties: number;
}

/** The table that has the name now. */
export interface CheckUploadTable {
  /** Whether there is one. */
  readonly exists: boolean;
  /** Its columns with their types in SQL; empty where there is none. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Columns of the data that it lacks. */
  readonly missing: readonly string[];
  /** Its columns that the data lack, CARTO's own not counted: a `replace` drops them. */
  readonly extra: readonly string[];
}

/** What the data take, and what there is. */
export interface CheckUploadSize {
  /** Bytes that the rows take on the way, before compression. */
  readonly bytes: number;
  /** Bytes that the account can hold in all; undefined where that is not known. */
  readonly quotaBytes?: number | undefined;
  /** Bytes that the account can still hold; undefined where that is not known. */
  readonly remainingBytes?: number | undefined;
}

/** What a look before an upload found. `String(report)` tells it to a person. */
export interface CheckUploadReport {
  /** Whether there is no error. */
  readonly ok: boolean;
  /** The table's name as it would be normalised. */
  readonly tableName: string;
  /** How many rows were looked at. */
  readonly rows: number;
  /** Whether all rows were looked at: some faults end the reading. */
  readonly complete: boolean;
  /** The columns of the table to be. */
  readonly columns: readonly CheckUploadColumn[];
  /** The columns that would get another name. */
  readonly renamed: readonly RenamedColumn[];
  /** The geometries; undefined where the data have none. */
  readonly geometry: CheckUploadGeometry | undefined;
  /** What was found: errors first, then by rows. Of each code only the first are listed. */
  readonly problems: readonly CheckUploadProblem[];
  /** How often each code was found in all. */
  readonly counts: Readonly<Partial<Record<CheckUploadCode, number>>>;
  /** The table that has the name now; undefined without credentials. */
  readonly table: CheckUploadTable | undefined;
  /** What the data take, and what there is. */
  readonly size: CheckUploadSize;
  /** What was not looked at, and what was found out when the data were read; one sentence each. */
  readonly notes: readonly string[];
  /** The report for a person, in lines. */
  toString(): string;
}

/** What a function that makes the data is given. */
export interface CheckUploadReading {
  /** For `readFile` and others that take it: the values that cannot be read are then part of the report. */
  readonly onBadValue: OnBadValue;
}

/** What can be checked: what can be uploaded, or a function that makes it. */
export type CheckUploadInput =
  | ToCartoInput
  | ((reading: CheckUploadReading) => ToCartoInput | Promise<ToCartoInput>);

/** How an upload is checked: what {@linkcode toCarto} would be given, and how much is told. */
export interface CheckUploadOptions extends ToCartoOptions {
  /** The most problems of one code that are listed; the others are counted. Default 20. */
  maxProblems?: number | undefined;
}
