import { ApiError, type Parameters } from "../_handler.ts";
import { textOf } from "./parameters.ts";

/** The formats of the query endpoint: the ending of the file and the content type of each. */
export const FORMATS = {
  json: { extension: "json", contentType: "application/json; charset=utf-8" },
  geojson: { extension: "geojson", contentType: "application/json; charset=utf-8" },
  // The real server has no type for it and says so.
  topojson: { extension: "topojson", contentType: "undefined" },
  csv: { extension: "csv", contentType: "text/csv; charset=utf-8; header=present" },
  svg: { extension: "svg", contentType: "image/svg+xml; charset=utf-8" },
  kml: { extension: "kml", contentType: "application/kml; charset=utf-8" },
  shp: { extension: "zip", contentType: "application/zip; charset=utf-8" },
  gpkg: { extension: "gpkg", contentType: "application/x-sqlite3; charset=utf-8" },
  spatialite: { extension: "sqlite", contentType: "application/x-sqlite3; charset=utf-8" },
  arraybuffer: { extension: "arraybuffer", contentType: "application/octet-stream" },
} as const;

/** The name of a format. */
export type FormatName = keyof typeof FORMATS;

/** What a request to the query endpoint asks for. */
export interface QueryOptions {
  /** The SQL as given. */
  readonly sql: string;
  /** The SQL with paging and order around it. */
  readonly pagedSql: string;
  /** The format of the answer. */
  readonly format: FormatName;
  /** The name of the file, without its ending. */
  readonly filename: string;
  /** Whether the answer is meant to be saved rather than shown. */
  readonly isAttachment: boolean;
  /** Columns that are left out. */
  readonly skipped: ReadonlySet<string>;
  /** Digits after the decimal point of coordinates. */
  readonly decimalPlaces: number;
  /** The function that a script tag wants called. */
  readonly callback: string | undefined;
  /** Whether caches may keep the answer until the tables change. */
  readonly isPersistent: boolean;
}

const DEFAULT_FILENAME = "cartodb-query";
const DEFAULT_DECIMAL_PLACES = 6;

/**
 * Reads the options of a query.
 *
 * @throws {ApiError} Without a query, and for an unknown format
 */
export function readQueryOptions(parameters: Parameters): QueryOptions {
  const sql = parameters.q;
  if (typeof sql !== "string") throw new ApiError(400, "You must indicate a sql query");
  const formatName = lastText(parameters.format);
  const format = (formatName ?? "json").toLowerCase();
  if (!isFormat(format)) throw new ApiError(400, `Invalid format: ${format}`);
  const filename = lastText(parameters.filename);
  return {
    sql,
    pagedSql: wrapPaging(sql, parameters),
    format,
    filename: filename === undefined ? DEFAULT_FILENAME : cleanFilename(filename),
    isAttachment: formatName !== undefined || filename !== undefined,
    skipped: readSkipped(parameters.skipfields),
    decimalPlaces: wholeNumber(parameters.dp) ?? DEFAULT_DECIMAL_PLACES,
    callback: textOf(parameters, "callback"),
    isPersistent: parameters.cache_policy === "persist",
  };
}

function isFormat(name: string): name is FormatName {
  return Object.hasOwn(FORMATS, name);
}

/** Of a repeated name the last value counts. */
function lastText(value: unknown): string | undefined {
  const last = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === "string" && last !== "" ? last : undefined;
}

function wholeNumber(value: unknown): number | undefined {
  const number = Number.parseInt(String(value), 10);
  return Number.isNaN(number) ? undefined : number;
}

function readSkipped(value: unknown): Set<string> {
  const lists = Array.isArray(value) ? value : [value];
  return new Set(lists.flatMap((list) => typeof list === "string" && list !== "" ? list.split(",") : []));
}

/** Drops folders and the ending, and replaces what would break the header. */
function cleanFilename(filename: string): string {
  const base = filename.slice(filename.lastIndexOf("/") + 1);
  const dot = base.lastIndexOf(".");
  return (dot > 0 ? base.slice(0, dot) : base).replace(/[;()\[\]<>'"\s]/g, "_");
}

/** Puts order, limit and offset around a SELECT; other statements stay as they are. */
function wrapPaging(sql: string, parameters: Parameters): string {
  if (!/^\s*(?:select|with)\b/i.test(sql)) return sql;
  const column = textOf(parameters, "order_by");
  const direction = /^(?:asc|desc)$/i.exec(textOf(parameters, "sort_order") ?? "")?.[0].toUpperCase();
  const limit = wholeNumber(parameters.rows_per_page);
  const page = wholeNumber(parameters.page);
  const clauses = [
    ...(column === undefined
      ? []
      : [`ORDER BY "${column}"${direction === undefined ? "" : ` ${direction}`}`]),
    ...(limit === undefined || page === undefined ? [] : [`LIMIT ${limit} OFFSET ${limit * page}`]),
  ];
  if (clauses.length === 0) return sql;
  return `SELECT * FROM (${withoutSemicolon(sql)}) AS cdbq_1 ${clauses.join(" ")}`;
}

/** The SQL without a semicolon at its end, so that it can stand in brackets. */
export function withoutSemicolon(sql: string): string {
  return sql.replace(/;\s*$/, "");
}

/**
 * The header that names the file.
 *
 * @throws {ApiError} For a name that no header can hold
 */
export function contentDisposition(options: QueryOptions, now: Date): string {
  const kind = options.isAttachment ? "attachment" : "inline";
  const file = `${options.filename}.${FORMATS[options.format].extension}`;
  if (/[^\t\x20-\x7e\x80-\xff]/.test(file)) {
    throw new ApiError(400, 'Invalid character in header content ["Content-Disposition"]');
  }
  return `${kind}; filename=${file}; modification-date="${now.toUTCString()}";`;
}
