import { BadValue, shown } from "./_data.ts";
import { Geometry } from "./geometry/geometry.ts";
import type { ColumnType } from "./types.ts";

const MIN_INT8 = -0x8000_0000_0000_0000n;
const MAX_INT8 = 0x7fff_ffff_ffff_ffffn;

/** What a value is, before all of a column are looked at. */
type Kind = "number" | "bigint" | ColumnType;

const GEOMETRY_NAMES: ReadonlySet<string> = new Set(["geometry", "the_geom", "geom"]);
const GEOMETRY_TYPES: ReadonlySet<string> = new Set([
  "Point",
  "LineString",
  "Polygon",
  "MultiPoint",
  "MultiLineString",
  "MultiPolygon",
  "GeometryCollection",
]);

/** Finds the one type that holds every value of a column exactly. */
export class TypeGuess {
  readonly #geometryName: boolean;
  #kind: Kind | undefined;
  #firstRow = 0;
  #integers = true;
  #safe = true;
  #int4 = true;
  #bigSafe = true;
  #int8 = true;

  constructor(name: string) {
    this.#geometryName = GEOMETRY_NAMES.has(name);
  }

  /** Looks at one value; a mixture is refused. Nulls are passed over. */
  see(value: unknown, row: number): void {
    if (value === null || value === undefined) return;
    const kind = this.#kindOf(value);
    if (kind === "number") this.#number(value as number);
    else if (kind === "bigint") this.#bigint(value as bigint);
    if (this.#kind === kind) return;
    if (this.#kind === undefined) {
      this.#kind = kind;
      this.#firstRow = row;
      return;
    }
    if (isNumeric(this.#kind) && isNumeric(kind)) {
      this.#kind = "bigint";
      return;
    }
    throw new BadValue(
      `${shown(value)} is ${article(kind)} where row ${this.#firstRow + 1} has ${article(this.#kind)}`,
      'A column holds values of one type: mend the value, or write the column as text with the option types: { "…": "text" }',
    );
  }

  #number(value: number): void {
    if (!Number.isInteger(value) || Object.is(value, -0)) this.#integers = false;
    else {
      if (!Number.isSafeInteger(value)) this.#safe = false;
      if (value > 0x7fff_ffff || value < -0x8000_0000) this.#int4 = false;
    }
  }

  #bigint(value: bigint): void {
    if (value > MAX_INT8 || value < MIN_INT8) this.#int8 = false;
    if (value > 9007199254740991n || value < -9007199254740991n) this.#bigSafe = false;
  }

  /** The type; text where every value is null. */
  type(): ColumnType {
    const kind = this.#kind;
    if (kind === undefined) return "text";
    if (kind === "number") {
      if (!this.#integers || !this.#safe) return "float8";
      return this.#int4 ? "int4" : "int8";
    }
    if (kind !== "bigint") return kind;
    if (this.#integers && this.#safe) return this.#int8 ? "int8" : "numeric";
    if (this.#bigSafe) return "float8";
    throw new BadValue(
      "Numbers with decimals stand beside bigint values that a number cannot hold",
      'Write the column with the option types: { "…": "numeric" }',
    );
  }

  #kindOf(value: unknown): Kind {
    switch (typeof value) {
      case "boolean":
        return "bool";
      case "number":
        return "number";
      case "bigint":
        return "bigint";
      case "string":
        return "text";
      case "object":
        return this.#objectKind(value as object);
    }
    throw new BadValue(`${shown(value)} cannot be held by a column`);
  }

  #objectKind(value: object): Kind {
    if (
      value instanceof Date || value instanceof Temporal.Instant || value instanceof Temporal.ZonedDateTime
    ) {
      return "timestamptz";
    }
    if (value instanceof Temporal.PlainDateTime) return "timestamp";
    if (value instanceof Temporal.PlainDate) return "date";
    if (value instanceof Temporal.PlainTime) return "time";
    if (value instanceof Temporal.Duration) return "interval";
    if (value instanceof Uint8Array || value instanceof ArrayBuffer) return "bytea";
    if (value instanceof Geometry) return "geometry";
    if (value instanceof Map || value instanceof Set || value instanceof RegExp) {
      throw new BadValue(`${shown(value)} cannot be held by a column`, "Use a plain object or a list");
    }
    if (this.#geometryName && GEOMETRY_TYPES.has((value as { type?: string }).type ?? "")) return "geometry";
    return "jsonb";
  }
}

function isNumeric(kind: Kind): boolean {
  return kind === "number" || kind === "bigint";
}

function article(kind: Kind): string {
  const words: Record<string, string> = {
    number: "a number",
    bigint: "a bigint",
    bool: "a boolean",
    text: "text",
    jsonb: "an object or list",
    bytea: "bytes",
    timestamptz: "a point in time",
    timestamp: "a date and time without zone",
    date: "a date",
    time: "a time of day",
    interval: "a duration",
    geometry: "a geometry",
  };
  return words[kind] ?? kind;
}
