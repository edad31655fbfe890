import { ArgumentError } from "../errors/carto_error.ts";
import { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { Target, TargetColumn } from "../tables/_target.ts";
import { SYSTEM_COLUMNS } from "../tables/_write_plan.ts";
import { type Keep, readKeep } from "./_keep.ts";
import type { AddressPart, GeocodeOptions, GeocodingStatus } from "./geocoding.ts";

/** The parts of an address, in the order of the hash. */
export const PARTS = ["street", "city", "state", "country"] as const;
/** The name of one. */
export type PartName = typeof PARTS[number];
/** Where a part comes from. */
export type Part = { readonly column: string } | { readonly value: string } | undefined;

/** The column of an address's hash. */
export const HASH_COLUMN = "carto_geocode_hash";

/** What a status column holds, and its type. */
export const STATUS_TYPES: Readonly<Record<GeocodingStatus, string>> = {
  relevance: "numeric",
  precision: "text",
  match_types: "text",
  "*": "jsonb",
};

/** The options with nothing left open. */
export interface GeocodePlan {
  readonly parts: Readonly<Record<PartName, Part>>;
  readonly status: readonly (readonly [column: string, what: GeocodingStatus])[];
  /** The table that keeps the result; a cache is replaced by what the run makes of it. */
  readonly keep: Keep | undefined;
  readonly isDryRun: boolean;
  readonly isCached: boolean;
  readonly batchRows: number;
}

/** Every option, so that a slip of the pen is told rather than paid for. */
const OPTIONS: readonly string[] = [
  ...PARTS,
  ...[
    "status",
    "tableName",
    "ifExists",
    "dryRun",
    "cached",
    "nullGeomValue",
    "batchRows",
    "signal",
    "onProgress",
  ],
];

/** Checks all that can be checked before anything is sent. */
export function planGeocoding(options: GeocodeOptions, isTable: boolean): GeocodePlan {
  const { tableName, batchRows = 5000 } = options;
  const stranger = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (stranger !== undefined) {
    throw new ArgumentError(`Cannot geocode: there is no option "${stranger}"`, {
      argument: stranger,
      hint: `The options are ${OPTIONS.join(", ")}`,
    });
  }
  if (options.cached === true) {
    if (tableName === undefined) {
      throw new ArgumentError("Cannot geocode with a cache: it has no name", {
        argument: "tableName",
        hint: "Pass the cache's name as tableName",
      });
    }
    if (isTable) {
      throw new ArgumentError("Cannot geocode a table with a cache: it keeps its own hashes", {
        argument: "cached",
        hint: "Leave out cached, or pass a query in place of the table",
      });
    }
  }
  if (!Number.isSafeInteger(batchRows) || batchRows < 1) {
    throw new ArgumentError("Cannot use this batchRows: it must be a whole number, 1 or more", {
      argument: "batchRows",
    });
  }
  if (typeof options.street !== "string" || options.street === "") {
    throw new ArgumentError("Cannot geocode: street must be the name of a column", { argument: "street" });
  }
  checkNullGeometry(options.nullGeomValue);
  return {
    parts: {
      street: { column: options.street },
      city: readPart(options.city, "city"),
      state: readPart(options.state, "state"),
      country: readPart(options.country, "country"),
    },
    status: readStatus(options.status),
    keep: readKeep(tableName, options.cached === true ? "replace" : options.ifExists),
    isDryRun: options.dryRun === true,
    isCached: options.cached === true,
    batchRows,
  };
}

/** What stands for a null must be a geometry: it is put in when the rows have been paid for. */
function checkNullGeometry(value: unknown): void {
  if (value === undefined || value === null) return;
  try {
    GeoDataFrame.fromRows([{}]).setGeometry([value]);
  } catch (error) {
    throw new ArgumentError("Cannot use this nullGeomValue: it is no geometry", {
      argument: "nullGeomValue",
      hint: 'Give WKT, WKB, GeoJSON or a Geometry, such as "POINT EMPTY"',
      cause: error,
    });
  }
}

/** A part of the address as it was given. */
function readPart(part: AddressPart | undefined | null, argument: string): Part {
  if (part === undefined || part === null) return undefined;
  if (typeof part === "string") return { column: part };
  const keys = Object.keys(part);
  const stranger = keys.find((key) => key !== "column" && key !== "value");
  if (stranger !== undefined) {
    throw new ArgumentError(`Cannot use "${stranger}" in ${argument}: valid keys are column and value`, {
      argument,
    });
  }
  if (keys.length !== 1) {
    throw new ArgumentError(`Cannot use this ${argument}: it needs either column or value`, { argument });
  }
  const [value] = Object.values(part);
  if (typeof value === "string") return part;
  throw new ArgumentError(`Cannot use this ${argument}: ${keys[0]} must be a text`, { argument });
}

function readStatus(status: GeocodeOptions["status"]): GeocodePlan["status"] {
  if (status === undefined) return [["gc_status_rel", "relevance"]];
  if (status === null || status === "") return [];
  if (typeof status === "string") return [[status, "*"]];
  const columns = Object.entries(status);
  const wrong = columns.find(([, what]) => !Object.hasOwn(STATUS_TYPES, String(what)));
  if (Array.isArray(status) || wrong !== undefined) {
    throw new ArgumentError(
      `Cannot use this status${
        wrong === undefined ? "" : `: "${wrong[1]}" is none`
      }: give names of columns, each with one of ${Object.keys(STATUS_TYPES).join(", ")}`,
      { argument: "status" },
    );
  }
  return columns;
}

/** The columns that are there already and can take a kind of status, besides those of texts. */
const TAKES: Readonly<Record<string, RegExp>> = {
  numeric: /^(?:numeric|float[48])$/,
  text: /^(?!)/,
  jsonb: /^jsonb?$/,
};

/**
 * Looks at the names of the columns of the status, and at those that are there already.
 *
 * @param columns The columns that there are, with their types
 * @throws {ArgumentError} One has another use, or is of a type that cannot take the status
 */
export function checkStatusColumns(
  { status, parts }: Pick<GeocodePlan, "status" | "parts">,
  columns: ReadonlyMap<string, string>,
): void {
  const used = PARTS.flatMap((name) => {
    const part = parts[name];
    return part !== undefined && "column" in part ? [part.column] : [];
  });
  for (const [name, what] of status) {
    if ([...SYSTEM_COLUMNS, HASH_COLUMN, ...used].includes(name)) {
      throw new ArgumentError(`Cannot put ${what} into column "${name}": it has another use`, {
        argument: "status",
        hint: "Give the status another column",
      });
    }
    const type = columns.get(name);
    if (type === undefined || takes(type, what)) continue;
    throw new ArgumentError(`Cannot put ${what} into column "${name}": it is of type ${type}`, {
      argument: "status",
      hint: "Give the status another column",
    });
  }
}

function takes(type: string, what: GeocodingStatus): boolean {
  return /^(?:text|varchar)$/.test(type) || TAKES[STATUS_TYPES[what]]?.test(type) === true;
}

/** Types of a geometry column that take every point. */
const TAKES_POINTS = /^(?:\w+\.)?geometry(?:\((?:Geometry|Point)(?:,4326)?\))?$/;

/**
 * Looks whether the rows of a table can be written, since the service is paid even where its answer cannot be.
 *
 * @throws {ArgumentError} It is no table, or a column that is written is missing or takes other values
 */
export function checkWorkColumns(
  { status }: Pick<GeocodePlan, "status">,
  { table, kind, columns }: Target,
  operation: string,
): void {
  // It is not in the schema where new tables go: the first job tells whether it can be written
  if (columns === undefined) return;
  const missing = ["cartodb_id", "the_geom"].filter((name) =>
    !columns.some((column) => column.name === name)
  );
  if (/view/.test(kind) || missing.length > 0) {
    throw new ArgumentError(
      /view/.test(kind)
        ? `Cannot geocode view "${table}" in place: only tables can be written`
        : `Cannot geocode table "${table}" in place: it has no column ${
          missing.map((name) => `"${name}"`).join(" and ")
        }`,
      {
        argument: "source",
        hint: "Pass { tableName } to geocode a copy of it, or cartodbfy the table first",
      },
    );
  }
  const kinds = new Map<string, GeocodingStatus>(status);
  const wrong = columns.find((column) => {
    const what = kinds.get(column.name);
    const isWritten = what !== undefined || ["the_geom", HASH_COLUMN].includes(column.name);
    return isWritten && !fits(column, what);
  });
  if (wrong === undefined) return;
  throw new ArgumentError(
    `Cannot ${operation}: column "${wrong.name}" is ${wrong.sqlType ?? wrong.type}${
      wrong.notNull ? " without nulls" : ""
    }, which does not take what geocoding finds`,
    {
      argument: kinds.has(wrong.name) ? "status" : "source",
      hint: kinds.has(wrong.name)
        ? "Give the status another column"
        : "Pass { tableName } to geocode a copy of the table, or change the type of the column",
    },
  );
}

/** Whether a column takes all that is written to it; one whose details may not be seen is taken to. */
function fits(column: TargetColumn, what: GeocodingStatus | undefined): boolean {
  const { name, type, sqlType = type, notNull, isGenerated } = column;
  if (isGenerated || (notNull && name !== HASH_COLUMN)) return false;
  if (name === "the_geom") return TAKES_POINTS.test(sqlType);
  const isNarrow = /\(\d/.test(sqlType);
  return !isNarrow && (what === undefined ? /^(?:text|varchar)$/.test(type) : takes(type, what));
}

/**
 * The parts with the names that columns have in the table.
 *
 * @throws {ArgumentError} A column is not there
 */
export function resolveParts(
  parts: GeocodePlan["parts"],
  columns: readonly string[],
  nameInTable: (column: string) => string,
): GeocodePlan["parts"] {
  const resolve = (name: PartName): Part => {
    const part = parts[name];
    if (part === undefined || "value" in part) return part;
    if (columns.includes(part.column)) return { column: nameInTable(part.column) };
    throw new ArgumentError(`Cannot geocode: there is no column "${part.column}" for ${name}`, {
      argument: name,
      hint: `The columns are ${columns.map((column) => `"${column}"`).join(", ")}`,
    });
  };
  return {
    street: resolve("street"),
    city: resolve("city"),
    state: resolve("state"),
    country: resolve("country"),
  };
}
