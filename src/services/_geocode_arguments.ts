import { ArgumentError } from "../errors/mod.ts";
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
  readonly tableName: string | undefined;
  readonly isDryRun: boolean;
  readonly isCached: boolean;
  readonly batchRows: number;
}

/** Checks all that can be checked before anything is sent. */
export function planGeocoding(options: GeocodeOptions, isTable: boolean): GeocodePlan {
  const { tableName, batchRows = 5000 } = options;
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
  return {
    parts: {
      street: { column: options.street },
      city: readPart(options.city, "city"),
      state: readPart(options.state, "state"),
      country: readPart(options.country, "country"),
    },
    status: readStatus(options.status),
    tableName,
    isDryRun: options.dryRun === true,
    isCached: options.cached === true,
    batchRows,
  };
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
  numeric: /^(?:numeric|float[48]|int[248])$/,
  text: /^(?!)/,
  jsonb: /^jsonb?$/,
};

/**
 * Looks at the columns of the status that are there already.
 *
 * @param columns The columns that there are, with their types
 * @throws {ArgumentError} One is of a type that cannot take the status
 */
export function checkStatusColumns(
  status: GeocodePlan["status"],
  columns: ReadonlyMap<string, string>,
): void {
  for (const [name, what] of status) {
    const type = columns.get(name);
    if (type === undefined || /^(?:text|varchar)$/.test(type) || TAKES[STATUS_TYPES[what]]?.test(type)) {
      continue;
    }
    throw new ArgumentError(`Cannot put ${what} into column "${name}": it is of type ${type}`, {
      argument: "status",
      hint: "Give the status another column",
    });
  }
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
