import {
  columnNames,
  type ImportedTable,
  ImportFailure,
  MAX_ROWS,
  plainName,
  type ReadOptions,
  TypeGuess,
} from "./import_failure.ts";

/** A field, and whether it stood in quotes. */
interface Field {
  readonly text: string;
  readonly isQuoted: boolean;
}

const DELIMITERS = [",", ";", "\t", "|"];
const LATITUDES = [
  "latitude",
  "lat",
  "latitudedecimal",
  "latitud",
  "lati",
  "decimallatitude",
  "decimallat",
  "point_latitude",
];
const LONGITUDES = [
  "longitude",
  "lon",
  "lng",
  "long",
  "longitudedecimal",
  "longitud",
  "decimallongitude",
  "decimallon",
  "point_longitude",
];
const GEOMETRIES = ["the_geom", "wkb_geometry", "geom", "geometry", "geojson", "wkt"];

/**
 * Reads a CSV file: delimiter and encoding are found out, the first row names the columns.
 *
 * @throws {ImportFailure} When it is none
 */
export function readCsv(name: string, bytes: Uint8Array, options: ReadOptions): ImportedTable {
  const text = decodeText(bytes);
  if (text.trim() === "") throw new ImportFailure(1005, "The file has no rows");
  if (text.includes("\0")) throw new ImportFailure(2003, "The file has bytes that are no text");
  const delimiter = findDelimiter(text);
  const rows = (): Generator<Field[]> => records(text, delimiter);
  const head = rows().next().value as Field[] | undefined ?? [];
  const names = columnNames(head.map(({ text }) => text));
  const guesses = names.map(() => new TypeGuess());
  let count = -1;
  for (const fields of rows()) {
    count++;
    if (count === 0) continue;
    if (fields.length > names.length) {
      throw new ImportFailure(2003, `Row ${count} has ${fields.length} values for ${names.length} columns`);
    }
    fields.forEach(({ text, isQuoted }, index) => {
      if (isQuoted && !options.guessesQuoted) guesses[index]?.add("\0");
      else guesses[index]?.add(text);
    });
  }
  if (count > MAX_ROWS) throw new ImportFailure(6668, `The file has ${count} rows; ${MAX_ROWS} are allowed`);
  const types = guesses.map(({ type }) => options.guessesTypes ? type : "text");
  const place = findGeometry(head.map(({ text }) => plainName(text)), guesses.map(({ type }) => type));
  const kept = names.map((_, index) => index).filter((index) => place?.taken !== index);
  return {
    name,
    columns: kept.map((index) => ({ name: names[index] ?? "", type: types[index] ?? "text" })),
    geometry: place === undefined ? undefined : { form: "text", system: 4326 },
    rows: copyRows(rows(), kept, types, place),
  };
}

/** Where the geometry of a row is: in a column of its own, which is taken away, or in two numbers, which stay. */
interface Place {
  readonly taken: number | undefined;
  readonly of: (fields: readonly Field[]) => string | null;
}

function findGeometry(names: readonly string[], types: readonly string[]): Place | undefined {
  const own = GEOMETRIES.map((name) => names.indexOf(name)).find((index) =>
    index >= 0 && types[index] === "text"
  );
  if (own !== undefined) return { taken: own, of: (fields) => fields[own]?.text || null };
  const isNumber = (index: number): boolean =>
    ["integer", "bigint", "double precision"].includes(types[index] ?? "");
  const [y, x] = [LATITUDES, LONGITUDES].map((list) =>
    list.map((name) => names.indexOf(name)).find((index) => index >= 0 && isNumber(index))
  );
  if (x === undefined || y === undefined) return undefined;
  return {
    taken: undefined,
    of: (fields) => {
      const [lon, lat] = [fields[x]?.text ?? "", fields[y]?.text ?? ""];
      const isPlace = lon !== "" && lat !== "" && Math.abs(Number(lon)) <= 180 && Math.abs(Number(lat)) <= 90;
      return isPlace ? `POINT(${Number(lon)} ${Number(lat)})` : null;
    },
  };
}

function* copyRows(
  rows: Generator<Field[]>,
  kept: readonly number[],
  types: readonly string[],
  place: Place | undefined,
): Generator<(string | null)[]> {
  rows.next();
  for (const fields of rows) {
    const values = kept.map((index) => {
      const field = fields[index];
      // An empty field is no value, except a text in quotes.
      return field === undefined || (field.text === "" && !(field.isQuoted && types[index] === "text"))
        ? null
        : field.text;
    });
    yield place === undefined ? values : [...values, place.of(fields)];
  }
}

/** Reads text as UTF-8, or else as the code page of western Windows. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** The delimiter that the first line has most of, outside quotes. */
function findDelimiter(text: string): string {
  const line = /^(?:[^"\r\n]|"[^"]*")*/.exec(text)?.[0].replace(/"[^"]*"/g, "") ?? "";
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

/** Cuts a CSV text into rows; a quote within quotes is written twice. */
function* records(text: string, delimiter: string): Generator<Field[]> {
  let row: Field[] = [];
  let at = 0;
  while (at < text.length) {
    let field: Field;
    if (text[at] === '"') {
      const end = endOfQuotes(text, at + 1);
      field = { text: text.slice(at + 1, end).replaceAll('""', '"'), isQuoted: true };
      at = end + 1;
    } else {
      let end = at;
      while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") end++;
      field = { text: text.slice(at, end), isQuoted: false };
      at = end;
    }
    row.push(field);
    const next = text[at];
    if (next === delimiter) {
      at++;
      if (at === text.length) row.push({ text: "", isQuoted: false });
      continue;
    }
    if (next !== undefined && next !== "\n" && next !== "\r") {
      throw new ImportFailure(2003, `A value in quotes is followed by "${next}"`);
    }
    at += next === "\r" && text[at + 1] === "\n" ? 2 : 1;
    // A row without anything is a blank line.
    if (row.length > 1 || row[0]?.text !== "" || row[0]?.isQuoted) yield row;
    row = [];
  }
  if (row.length > 0) yield row;
}

function endOfQuotes(text: string, start: number): number {
  let at = start;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) throw new ImportFailure(2003, "A value in quotes has no end");
    if (text[quote + 1] !== '"') return quote;
    at = quote + 2;
  }
}
