import { DataError } from "../errors/carto_error.ts";

/** A column of an answer in JSON, as the server describes it. */
export interface WireField {
  readonly type: string;
  readonly pgtype?: string | null | undefined;
}

/** How columns are given to the caller. */
export interface RowOptions {
  readonly int8: "bigint" | "number" | "text";
  readonly numeric: "text" | "number";
  readonly allowRounded: boolean;
}

/** One row of an answer, as an object. */
type Row = Record<string, unknown>;

/** Turns one value of a column; `source` is the same value with numbers as the text that was sent. */
type Convert = (value: unknown, source: unknown, place: Place) => unknown;

interface Place {
  readonly row: number;
  readonly column: string;
}

/** What became of the rows. */
export interface ConvertedRows {
  readonly rows: Row[];
  /** Columns that hold a number which the server may have rounded. */
  readonly roundedColumns: readonly string[];
}

/** The source text of numbers is an argument of revivers that the type library does not list yet. */
type SourceReviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** The same document with every number as the text that was sent. */
function parseSources(text: string): unknown {
  const reviver: SourceReviver = (_key, value, context) => typeof value === "number" ? context.source : value;
  return (JSON.parse as (text: string, reviver: SourceReviver) => unknown)(text, reviver);
}

/**
 * Whether the digits are what a server prints that keeps numbers as 64-bit floats. If so, the digits
 * beyond the sixteenth are made up; if not, they can only be the database's own.
 */
function isPrintedFloat(source: string): boolean {
  return String(Number(source)) === source;
}

/** How many digits count: none of the zeros at both ends. */
function significantDigits(source: string): number {
  const [mantissa = ""] = source.toLowerCase().split("e");
  return mantissa.replace(/[-.]/g, "").replace(/^0+/, "").replace(/0+$/, "").length;
}

function isUnsafe(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isUnsafe);
  return typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
}

/** Applies a conversion to a value or to every element of an array, at any depth. */
function each(
  value: unknown,
  source: unknown,
  convert: (value: unknown, source: unknown) => unknown,
): unknown {
  if (value === null || value === undefined) return value;
  if (Array.isArray(value)) {
    return value.map((item, index) => each(item, (source as unknown[] | undefined)?.[index], convert));
  }
  return convert(value, source);
}

const FLOAT_WORDS: ReadonlyMap<unknown, number> = new Map([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
]);

/** Converts the rows of one answer in place, column by column, so that each column has one type. */
export class RowConverter {
  readonly #fields: Readonly<Record<string, WireField>>;
  readonly #options: RowOptions;
  readonly #rounded = new Set<string>();

  constructor(fields: Readonly<Record<string, WireField>>, options: RowOptions) {
    this.#fields = fields;
    this.#options = options;
  }

  /** The rows of the answer with that text. */
  convert(rows: Row[], text: string): ConvertedRows {
    const converters = new Map<string, Convert>();
    for (const [name, field] of Object.entries(this.#fields)) {
      const convert = this.#converter(field);
      if (convert !== undefined) converters.set(name, convert);
    }
    if (converters.size === 0) return { rows, roundedColumns: [] };
    const sources = this.#needsSources(rows) ? (parseSources(text) as { rows: Row[] }).rows : undefined;
    for (const [index, row] of rows.entries()) {
      for (const [name, convert] of converters) {
        if (!Object.hasOwn(row, name)) continue;
        const value = convert(row[name], sources?.[index]?.[name], { row: index + 1, column: name });
        // Plain assignment to a column called "__proto__" would change the object's prototype.
        if (name === "__proto__") Object.defineProperty(row, name, { value });
        else row[name] = value;
      }
    }
    return { rows, roundedColumns: [...this.#rounded] };
  }

  /** Whether the numbers' own text is needed; reading it takes ten times as long. */
  #needsSources(rows: readonly Row[]): boolean {
    const kinds = Object.entries(this.#fields).map(([name, field]) => [name, kindOf(field)] as const);
    if (rows.length > 0 && kinds.some(([, kind]) => kind === "numeric")) return true;
    const names = kinds.filter(([, kind]) => kind === "int8" || kind === "untyped").map(([name]) => name);
    return rows.some((row) => names.some((name) => isUnsafe(row[name])));
  }

  #converter(field: WireField): Convert | undefined {
    switch (kindOf(field)) {
      case "int8":
        return (value, source, place) =>
          each(value, source, (item, digits) => this.#int8(item, digits, place));
      case "numeric":
        return (value, source, place) =>
          each(value, source, (item, digits) => this.#numeric(item, digits, place));
      case "float":
        return (value) => each(value, undefined, (item) => FLOAT_WORDS.get(item) ?? item);
      case "untyped":
        return (value, source, place) =>
          each(value, source, (item, digits) => {
            if (isUnsafe(item)) this.#checkRounded(String(digits), place);
            return FLOAT_WORDS.get(item) ?? item;
          });
      case "bytea":
        return (value) => each(value, undefined, bytes);
      case "other":
        return undefined;
    }
  }

  #int8(value: unknown, source: unknown, place: Place): unknown {
    const digits = Number.isSafeInteger(value) ? String(value) : String(source ?? value);
    if (!/^-?\d+$/.test(digits)) {
      if (typeof value !== "number") return value;
      throw rounded(place);
    }
    if (isUnsafe(value)) this.#checkRounded(digits, place);
    switch (this.#options.int8) {
      case "bigint":
        return BigInt(digits);
      case "text":
        return digits;
      case "number":
        if (Number.isSafeInteger(Number(digits))) return Number(digits);
        throw new DataError(`Cannot give ${digits} as a number: it is beyond 53 bits`, {
          place,
          hint: 'Take the column as bigint or text: { int8: "bigint" }',
        });
    }
  }

  #numeric(value: unknown, source: unknown, place: Place): unknown {
    const digits = typeof value === "number" ? String(source ?? value) : value;
    if (typeof digits !== "string") return value;
    if (significantDigits(digits) > 15 && isPrintedFloat(digits)) this.#rounded.add(place.column);
    return this.#options.numeric === "number" ? Number(digits) : digits;
  }

  /** Refuses, or notes, a whole number beyond 53 bits that has been through a float. */
  #checkRounded(digits: string, place: Place): void {
    if (!isPrintedFloat(digits)) return;
    if (!this.#options.allowRounded) throw rounded(place);
    this.#rounded.add(place.column);
  }
}

function rounded(place: Place): DataError {
  return new DataError("Cannot give the value exactly: this API rounds whole numbers beyond 53 bits", {
    place,
    hint:
      `Cast the column to text in the query, or read it with readCarto; { allowRounded: true } takes it as it is`,
  });
}

type Kind = "int8" | "numeric" | "float" | "untyped" | "bytea" | "other";

/** How a column is to be treated. */
function kindOf(field: WireField): Kind {
  switch (field.pgtype?.replace(/^_/, "")) {
    case "int8":
      return "int8";
    case "numeric":
      return "numeric";
    case "float4":
    case "float8":
      return "float";
    case "bytea":
      return "bytea";
    case undefined:
      return /^number(\[\])?$/.test(field.type) ? "untyped" : "other";
    default:
      return "other";
  }
}

/** The bytes of a bytea column, which the server sends as Node.js writes a `Buffer` into JSON. */
function bytes(value: unknown): unknown {
  const { type, data } = value as { type?: unknown; data?: unknown };
  return type === "Buffer" && Array.isArray(data) ? Uint8Array.from(data) : value;
}

/**
 * The names of the columns in the order of the query. An object gives names that look like
 * numbers ("2019") first, whatever the text said, so for those the text is read again.
 */
export function columnOrder(fields: Readonly<Record<string, unknown>>, text: string): string[] {
  const names = Object.keys(fields);
  if (!names.some((name) => /^(?:0|[1-9]\d*)$/.test(name))) return names;
  const places = new Map<string, number>();
  // Within a text of the answer these quotes would be escaped, so this can only be the member itself.
  const start = text.lastIndexOf('"fields"');
  for (const name of names) places.set(name, text.indexOf(`${JSON.stringify(name)}:{`, start));
  return [...places.values()].includes(-1)
    ? names
    : names.sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
}
