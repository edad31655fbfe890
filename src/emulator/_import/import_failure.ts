/** Titles of the codes that an import of the emulator can end with. */
const TITLES: Readonly<Record<number, string>> = {
  1001: "Download failed",
  1002: "Unsupported file type",
  1003: "Decompression failed",
  1005: "Empty file",
  1006: "Broken Shapefile",
  1010: "Not a file",
  1014: "Invalid name",
  1015: "Query without results",
  1018: "Password-protected file",
  1019: "More than 50 layers",
  1020: "Download timeout",
  1100: "File not found at the source",
  1101: "Forbidden URL",
  1102: "Unknown host",
  2001: "Loading into the database failed",
  2003: "Malformed CSV",
  2004: "Too many columns",
  2010: "Conversion of the table failed",
  2011: "Invalid cartodb_id",
  3007: "Invalid GeoJSON",
  3008: "Unknown coordinate system",
  3009: "Shapefile cannot be read",
  3101: "Missing projection",
  3201: "Geometry collections are not supported",
  6666: "File too big",
  6668: "Too many rows",
  6669: "Too many concurrent imports",
  8001: "Storage quota exceeded",
  8003: "Table could not be made from the query",
  99999: "Unknown error",
};

/** Why an import ended without a table, as the platform's code. */
export class ImportFailure extends Error {
  /** The name of the class. */
  override name = "ImportFailure";
  /** The platform's code. */
  readonly code: number;

  /** Builds the failure; the message says what is wrong with this file. */
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }

  /** What the state of the import tells. */
  get text(): { title: string; what_about: string; source: string } {
    return { title: TITLES[this.code] ?? "Import failed", what_about: this.message, source: "user" };
  }
}

/** A table as a file holds it, ready for `COPY`. */
export interface ImportedTable {
  /** The name that the file suggests. */
  readonly name: string;
  /** The columns with their types in the database, apart from the geometry. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** How the last value of each row becomes a geometry; `undefined` for a table without. */
  readonly geometry: ImportedGeometry | undefined;
  /** The rows: a text for each column, `null` for none, then the geometry. */
  readonly rows: Iterable<readonly (string | null)[]>;
}

/** What the geometries of a file are written as, and in which coordinate system. */
export interface ImportedGeometry {
  /** How they are written. */
  readonly form: "wkb" | "geojson" | "text";
  /** The number of the coordinate system, or its description as well-known text. */
  readonly system: number | string;
}

/** How a file is to be read. */
export interface ReadOptions {
  /** Whether the types of columns are found by their values. */
  readonly guessesTypes: boolean;
  /** Whether those of values in quotes too. */
  readonly guessesQuoted: boolean;
}

/** Columns that a file may have. */
export const MAX_COLUMNS = 250;

/** Rows that a file may have. */
export const MAX_ROWS = 1_000_000;

/** Bytes that a file may have, packed or not. */
export const MAX_BYTES = 1024 ** 3;

/** Columns that the database makes itself. */
const OWN = new Set(["the_geom_webmercator", "the_geom"]);

/** Names as the platform's tables have them: lower case, letters, digits and underscores, each once. */
export function columnNames(given: readonly string[]): string[] {
  if (given.length > MAX_COLUMNS) {
    throw new ImportFailure(2004, `The file has ${given.length} columns; ${MAX_COLUMNS} are allowed`);
  }
  const taken = new Set<string>(OWN);
  return given.map((name, index) => {
    const plain = plainName(name) || `field_${index + 1}`;
    let free = plain.slice(0, 60);
    for (let number = 1; taken.has(free); number++) free = `${plain.slice(0, 55)}_${number}`;
    taken.add(free);
    return free;
  });
}

/** A name of lower-case letters, digits and underscores that begins with none of the digits. */
export function plainName(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9_]+/g, "_")
    .replace(/^_+(?=[a-z0-9])|_+$/g, "");
  return /^\d/.test(plain) ? `_${plain}` : plain;
}

/** Finds the type of a column out of all its values. */
export class TypeGuess {
  #kinds = new Set<string>();

  /** Looks at a value. */
  add(text: string): void {
    if (this.#kinds.has("text") || text === "") return;
    this.#kinds.add(kindOf(text));
  }

  /** The type in the database that holds all values; `text` when there were none. */
  get type(): string {
    const kinds = this.#kinds;
    if (kinds.size === 1) return [...kinds][0] ?? "text";
    const isOnly = (...allowed: string[]): boolean =>
      kinds.size > 0 && [...kinds].every((kind) => allowed.includes(kind));
    if (isOnly("integer", "bigint")) return "bigint";
    if (isOnly("integer", "bigint", "double precision")) return "double precision";
    if (isOnly("date", "timestamp with time zone")) return "timestamp with time zone";
    return "text";
  }
}

const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const DATE = /^\d{4}[-/](?:0[1-9]|1[0-2])[-/](?:0[1-9]|[12]\d|3[01])$/;
const TIME =
  /^\d{4}[-/](?:0[1-9]|1[0-2])[-/](?:0[1-9]|[12]\d|3[01])[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?$/;

function kindOf(text: string): string {
  if (INTEGER.test(text)) {
    const number = Number(text);
    if (number >= -2147483648 && number <= 2147483647) return "integer";
    // A number that does not fit would lose digits: it stays a text.
    return text.length < 19 || BigInt.asIntN(64, BigInt(text)) === BigInt(text) ? "bigint" : "text";
  }
  if (DECIMAL.test(text)) return "double precision";
  if (/^(?:true|false)$/i.test(text)) return "boolean";
  if (DATE.test(text)) return isDay(text) ? "date" : "text";
  return TIME.test(text) && isDay(text.slice(0, 10)) ? "timestamp with time zone" : "text";
}

function isDay(text: string): boolean {
  const dashed = text.replaceAll("/", "-");
  const day = new Date(`${dashed}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(dashed);
}
