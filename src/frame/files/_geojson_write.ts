import { isValid, placed } from "../_data.ts";
import { ByteWriter, cellWriter, jsonText, parseJson } from "../_cells.ts";
import { plain } from "../geojson.ts";
import { type Column, dataOf } from "../column.ts";
import type { GeoDataFrame } from "../geo_data_frame.ts";
import type { Geometry } from "../geometry/geometry.ts";
import { frameInWgs84 } from "./_to_wgs84.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** So many letters are handed on at once. */
const CHUNK = 131_072;

/** What stands around the features. */
interface Frame {
  readonly start: string;
  readonly before: string;
  readonly between: string;
  readonly end: string;
}

const FORMS: Readonly<Record<"geojson" | "ndjson" | "geojsonseq", Frame>> = {
  geojson: {
    start: '{"type":"FeatureCollection","features":[\n',
    before: "",
    between: ",\n",
    end: "\n]}\n",
  },
  ndjson: { start: "", before: "", between: "\n", end: "\n" },
  geojsonseq: { start: "", before: "\x1e", between: "\n", end: "\n" },
};

/** Frames as features, one a line, in longitude and latitude. */
export async function* writeGeoJson(
  frames: AsyncIterable<GeoDataFrame>,
  format: "geojson" | "ndjson" | "geojsonseq",
  named: string,
  onNote: (text: string) => void,
): AsyncGenerator<Uint8Array, undefined> {
  const { start, before, between, end } = FORMS[format];
  let text = start;
  let rows = 0;
  for await (const given of frames) {
    const frame = await frameInWgs84(given, named);
    const feature = featureWriter(frame, rows, onNote);
    for (let row = 0; row < frame.numRows; row++) {
      text += `${rows++ === 0 ? "" : between}${before}${feature(row)}`;
      if (text.length < CHUNK) continue;
      yield encoder.encode(text);
      text = "";
    }
  }
  yield encoder.encode(rows === 0 && format !== "geojson" ? text : text + end);
}

function featureWriter(
  frame: GeoDataFrame,
  rowsBefore: number,
  onNote: (text: string) => void,
): (row: number) => string {
  const { geometry } = frame;
  const properties = frame.columns.filter((column) => column !== geometry).map((column) => ({
    key: `${JSON.stringify(column.name)}:`,
    value: cellJson(column, onNote),
  }));
  const shape = geometry === undefined ? () => "null" : geometryJson(geometry, rowsBefore);
  return (row) => {
    let text = "";
    for (const { key, value } of properties) text += `${text === "" ? "" : ","}${key}${value(row)}`;
    return `{"type":"Feature","properties":{${text}},"geometry":${shape(row)}}`;
  };
}

function geometryJson(column: Column, rowsBefore: number): (row: number) => string {
  const data = dataOf(column);
  return (row) => {
    if (!isValid(data.validity, row)) return "null";
    if (data.kind === "point") {
      const [x, y] = [data.xy[2 * row] as number, data.xy[2 * row + 1] as number];
      if (Number.isFinite(x) && Number.isFinite(y)) return `{"type":"Point","coordinates":[${x},${y}]}`;
    }
    try {
      const geometry = column.get(row) as Geometry;
      return JSON.stringify((geometry.srid === 0 ? geometry : geometry.toWgs84()).toGeoJSON());
    } catch (error) {
      throw placed(error, { row: rowsBefore + row + 1, column: column.name });
    }
  };
}

/** A column's cells as JSON. A 64-bit integer keeps its digits; a decimal is text, which alone keeps them everywhere. */
function cellJson(column: Column, onNote: (text: string) => void): (row: number) => string {
  const data = dataOf(column);
  const json = valueJson(column, onNote);
  return (row) => isValid(data.validity, row) ? json(row) : "null";
}

function valueJson(column: Column, onNote: (text: string) => void): (row: number) => string {
  const data = dataOf(column);
  switch (column.type) {
    case "bool":
    case "int2":
    case "int4":
    case "int8":
      return (row) => String(column.get(row));
    case "float4":
    case "float8":
      return (row) => {
        const value = column.get(row) as number;
        if (!Number.isFinite(value)) {
          // As text it would make the column text for every reader
          onNote(
            `Column "${column.name}" holds NaN or infinities, which JSON cannot hold: they were written as null`,
          );
          return "null";
        }
        return Object.is(value, -0) ? "-0.0" : String(value);
      };
    case "numeric":
    case "text":
    case "uuid":
    case "interval":
    case "timetz":
      return (row) => JSON.stringify(column.get(row));
    case "json":
    case "jsonb": {
      const out = new ByteWriter(256);
      const write = cellWriter(column.field, data, {});
      return (row) => {
        out.at = 0;
        write(out, row);
        const text = decoder.decode(out.bytes.subarray(0, out.at));
        return text.includes("\n") ? jsonText(parseJson(text)) : text;
      };
    }
    default:
      return (row) => jsonText(plain(column.get(row)));
  }
}
