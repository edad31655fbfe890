import { decodeText } from "./csv.ts";
import {
  columnNames,
  type ImportedTable,
  ImportFailure,
  MAX_ROWS,
  type ReadOptions,
  TypeGuess,
} from "./import_failure.ts";

interface Feature {
  readonly geometry: unknown;
  readonly properties: Readonly<Record<string, unknown>>;
}

const KINDS = [
  "Point",
  "MultiPoint",
  "LineString",
  "MultiLineString",
  "Polygon",
  "MultiPolygon",
  "GeometryCollection",
];

/**
 * Reads a GeoJSON file: a collection of features, one feature, or a bare geometry.
 *
 * @throws {ImportFailure} When it is none
 */
export function readGeojson(name: string, bytes: Uint8Array, options: ReadOptions): ImportedTable {
  const text = decodeText(bytes);
  if (text.trim() === "") throw new ImportFailure(1005, "The file is empty");
  let document: unknown;
  try {
    document = HAS_LONG_INTEGERS.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch (error) {
    throw new ImportFailure(3007, `The file is no JSON: ${(error as Error).message}`);
  }
  const root = isObject(document) ? document : {};
  const features = readFeatures(root);
  if (features.length > MAX_ROWS) {
    throw new ImportFailure(6668, `The file has ${features.length} features; ${MAX_ROWS} are allowed`);
  }
  const given = [...new Set(features.flatMap(({ properties }) => Object.keys(properties)))];
  const names = columnNames(given);
  const types = given.map((key) => typeOf(features.map(({ properties }) => properties[key]), options));
  return {
    name,
    columns: names.map((column, index) => ({ name: column, type: types[index] ?? "text" })),
    geometry: { form: "geojson", system: readSystem(root) },
    rows: rowsOf(features, given),
  };
}

/** Integers of so many digits may be more than a JavaScript number holds. */
const HAS_LONG_INTEGERS = /(?<![.\d])\d{16,}(?![.\deE])/;

/** Keeps all digits of long integers; those of coordinates, which have an index for a name, are numbers anyway. */
function keepDigits(key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  const isLong = typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? "") &&
    !/^\d+$/.test(key);
  return isLong ? BigInt(source ?? "0") : value;
}

function* rowsOf(features: readonly Feature[], keys: readonly string[]): Generator<(string | null)[]> {
  for (const { properties, geometry } of features) {
    yield [
      ...keys.map((key) => textOf(properties[key])),
      geometry === null || geometry === undefined ? null : JSON.stringify(geometry),
    ];
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readFeatures(root: Readonly<Record<string, unknown>>): Feature[] {
  const { type } = root;
  if (type === "FeatureCollection") {
    if (!Array.isArray(root.features)) {
      throw new ImportFailure(3007, "The collection has no list of features");
    }
    return root.features.map(readFeature);
  }
  if (type === "Feature") return [readFeature(root, 0)];
  if (KINDS.includes(String(type))) return [readFeature({ type: "Feature", geometry: root }, 0)];
  throw new ImportFailure(3007, `"${String(type)}" is no type of GeoJSON`);
}

function readFeature(value: unknown, index: number): Feature {
  if (!isObject(value) || value.type !== "Feature") {
    throw new ImportFailure(3007, `Item ${index + 1} of the collection is no feature`);
  }
  const { geometry, properties } = value;
  if (geometry !== null && geometry !== undefined) {
    if (!isObject(geometry) || !KINDS.includes(String(geometry.type))) {
      throw new ImportFailure(3007, `Feature ${index + 1} has no valid geometry`);
    }
    if (geometry.type === "GeometryCollection") {
      throw new ImportFailure(3201, `Feature ${index + 1} is a geometry collection`);
    }
    if (!Array.isArray(geometry.coordinates)) {
      throw new ImportFailure(3007, `Feature ${index + 1} has no coordinates`);
    }
  }
  return { geometry, properties: isObject(properties) ? properties : {} };
}

/** The coordinate system that older files name; without one it is longitude and latitude. */
function readSystem(root: Readonly<Record<string, unknown>>): number {
  const { crs } = root;
  if (!isObject(crs) || !isObject(crs.properties)) return 4326;
  const name = String(crs.properties.name ?? "");
  if (/CRS:?84$/i.test(name)) return 4326;
  const number = /EPSG:(?:[\d.]*:)?(\d+)$/i.exec(name)?.[1];
  if (number === undefined) throw new ImportFailure(3008, `The coordinate system "${name}" is not known`);
  return Number(number);
}

function typeOf(values: readonly unknown[], options: ReadOptions): string {
  const present = values.filter((value) => value !== null && value !== undefined);
  if (!options.guessesTypes || present.length === 0) return "text";
  if (present.every((value) => typeof value === "boolean")) return "boolean";
  if (present.every((value) => typeof value === "number" || typeof value === "bigint")) {
    if (present.some((value) => typeof value === "number" && !Number.isInteger(value))) {
      return "double precision";
    }
    if (present.every((value) => Math.abs(Number(value)) < 2147483648)) return "integer";
    return present.every((value) => Math.abs(Number(value)) < 2 ** 63) ? "bigint" : "numeric";
  }
  if (!present.every((value) => typeof value === "string")) return "text";
  const guess = new TypeGuess();
  for (const value of present) guess.add(String(value));
  // Numbers in quotes are texts: whoever wrote the file could have left the quotes out.
  return ["date", "timestamp with time zone"].includes(guess.type) ? guess.type : "text";
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
