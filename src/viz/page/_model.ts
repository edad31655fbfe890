/** The data of a page in the form the viewer works with: places in the plane, columns that tell values by row. */
import type {
  PageColumn,
  PageData,
  PageLines,
  PageNumbers,
  PagePoints,
  PagePolygons,
  PagePositions,
  PageTexts,
  PageTimes,
} from "./description.ts";
import { cutLines, cutPolygons } from "./_antimeridian.ts";
import { type Box, toX, toY, WORLD } from "./_mercator.ts";
import type { Buffers, Values } from "./_unpack.ts";

/** Vertices in the plane, x and y by turns. */
export type Vertices = Float64Array<ArrayBuffer>;

/** Points: one vertex each. */
export interface Points {
  readonly vertices: Vertices;
  /** The row of each point; null where point i is row i. */
  readonly rows: Uint32Array | null;
}

/** Lines: part i is the vertices `starts[i]` to `starts[i + 1]`. */
export interface Lines {
  readonly vertices: Vertices;
  readonly starts: Uint32Array<ArrayBuffer>;
  readonly rows: Uint32Array | null;
}

/** Polygons: part i is the rings `starts[i]` to `starts[i + 1]`, ring j the vertices `ringStarts[j]` and on. */
export interface Polygons {
  readonly vertices: Vertices;
  readonly ringStarts: Uint32Array<ArrayBuffer>;
  readonly starts: Uint32Array<ArrayBuffer>;
  readonly rows: Uint32Array | null;
  /** Lines to draw as outlines, where they are not the rings: pieces of polygons have edges that are none. */
  readonly outline?: Lines;
}

/** A column, read by row. */
export interface Column {
  readonly name: string;
  readonly kind: PageColumn["kind"];
  /** The value as a number, times in milliseconds; NaN where there is none. */
  number(row: number): number;
  /** Text that shows the value; null where there is none. */
  text(row: number): string | null;
  /** A value that equals itself: what categories are counted and compared by; null where there is none. */
  key(row: number): string | number | boolean | null;
  /** How times are to be written. */
  readonly what?: PageTimes["what"];
  /** The exact text of a number that a double cannot tell. */
  exact?(row: number): string | null;
  /** For text of few values: the number of each row's text, and the texts. */
  readonly codes?: Uint8Array | Uint16Array | Uint32Array;
  readonly dictionary?: readonly string[];
  isNull(row: number): boolean;
}

/** Rows with their places and values. */
export interface Data {
  readonly rows: number;
  readonly point?: Points;
  readonly line?: Lines;
  readonly polygon?: Polygons;
  readonly columns: ReadonlyMap<string, Column>;
}

/** Reads a source of the page. */
export function readData(source: PageData, buffers: Buffers): Data {
  const { point, line, polygon } = source.geometry;
  return {
    rows: source.rows,
    ...point ? { point: readPoints(point, buffers) } : {},
    ...line ? { line: readLines(line, buffers) } : {},
    ...polygon ? { polygon: readPolygons(polygon, buffers) } : {},
    columns: new Map(source.columns.map((column) => [column.name, readColumn(column, buffers)])),
  };
}

function buffer(buffers: Buffers, id: string): Values {
  const values = buffers.get(id);
  if (!values) throw new Error(`The buffer "${id}" is missing`);
  return values;
}

function indexes(buffers: Buffers, id: string): Uint32Array<ArrayBuffer> {
  const values = buffer(buffers, id);
  if (!(values instanceof Uint32Array)) throw new Error(`The buffer "${id}" holds no indexes`);
  return values;
}

const rowsOf = (buffers: Buffers, id: string | null) => id === null ? null : indexes(buffers, id);

function readPoints({ positions, partRows }: PagePoints, buffers: Buffers): Points {
  return { vertices: readVertices(positions, buffers), rows: rowsOf(buffers, partRows) };
}

function readLines({ positions, partStarts, partRows }: PageLines, buffers: Buffers): Lines {
  return cutLines({
    vertices: readVertices(positions, buffers),
    starts: indexes(buffers, partStarts),
    rows: rowsOf(buffers, partRows),
  });
}

function readPolygons(
  { positions, ringStarts, partStarts, partRows }: PagePolygons,
  buffers: Buffers,
): Polygons {
  return cutPolygons({
    vertices: readVertices(positions, buffers),
    ringStarts: indexes(buffers, ringStarts),
    starts: indexes(buffers, partStarts),
    rows: rowsOf(buffers, partRows),
  });
}

/** Steps from a corner to places in the plane. */
function readVertices({ values, origin, step, length }: PagePositions, buffers: Buffers): Vertices {
  const steps = buffer(buffers, values);
  const vertices = new Float64Array(length * 2);
  const [x0, xStep] = [toX(origin[0]), toX(step[0]) - toX(0)];
  const [y0, yStep] = [origin[1], step[1]];
  if (steps instanceof Uint8Array) {
    for (let i = 0; i < vertices.length; i += 2) {
      const at = i * 3;
      const x = (steps[at] as number) | (steps[at + 1] as number) << 8 | (steps[at + 2] as number) << 16;
      const y = (steps[at + 3] as number) | (steps[at + 4] as number) << 8 | (steps[at + 5] as number) << 16;
      vertices[i] = x0 + x * xStep;
      vertices[i + 1] = toY(y0 + y * yStep);
    }
  } else {
    for (let i = 0; i < vertices.length; i += 2) {
      vertices[i] = x0 + (steps[i] as number) * xStep;
      vertices[i + 1] = toY(y0 + (steps[i + 1] as number) * yStep);
    }
  }
  return vertices;
}

function readColumn(column: PageColumn, buffers: Buffers): Column {
  const validity = column.validity === null ? null : buffer(buffers, column.validity) as Uint8Array;
  const isNull = validity === null
    ? () => false
    : (row: number) => (validity[row >> 3] as number >> (row & 7) & 1) === 0;
  const base = { name: column.name, kind: column.kind, isNull };
  switch (column.kind) {
    case "number":
      return { ...base, ...numbers(column, buffers, isNull) };
    case "time":
      return { ...base, what: column.what, ...times(column, buffers, isNull) };
    case "boolean": {
      const bits = buffer(buffers, column.values) as Uint8Array;
      const value = (row: number) => (bits[row >> 3] as number >> (row & 7) & 1) === 1;
      return {
        ...base,
        number: (row) => isNull(row) ? NaN : Number(value(row)),
        text: (row) => isNull(row) ? null : String(value(row)),
        key: (row) => isNull(row) ? null : value(row),
      };
    }
    case "category": {
      const codes = buffer(buffers, column.codes) as Uint8Array | Uint16Array | Uint32Array;
      const read = readTexts(column.dictionary, buffers);
      const dictionary = Array.from({ length: column.size }, (_, i) => read(i));
      const text = (row: number) => isNull(row) ? null : dictionary[codes[row] as number] ?? null;
      return { ...base, codes, dictionary, number: () => NaN, text, key: text };
    }
    case "text": {
      const read = readTexts(column.texts, buffers);
      const text = (row: number) => isNull(row) ? null : read(row);
      return { ...base, number: () => NaN, text, key: text };
    }
  }
}

function numbers(
  { values: id, exact }: PageNumbers,
  buffers: Buffers,
  isNull: (row: number) => boolean,
): Pick<Column, "number" | "text" | "key" | "exact"> {
  const values = buffer(buffers, id);
  const exactText = exact && readTexts(exact, buffers);
  const isBig = values instanceof BigInt64Array;
  const number = (row: number) => isNull(row) ? NaN : Number(values[row]);
  const text = (row: number) => isNull(row) ? null : exactText ? exactText(row) : String(values[row]);
  return {
    number,
    text,
    key: (row) => {
      const value = number(row);
      if (Number.isNaN(value)) return null;
      return isBig && !Number.isSafeInteger(value) ? text(row) : value;
    },
    ...exactText || isBig ? { exact: text } : {},
  };
}

function times(
  { values: id, unit, what }: PageTimes,
  buffers: Buffers,
  isNull: (row: number) => boolean,
): Pick<Column, "number" | "text" | "key"> {
  const values = buffer(buffers, id);
  const number = (row: number) => isNull(row) ? NaN : Number(values[row]) * unit;
  const text = (row: number) => isNull(row) ? null : timeText(number(row), what);
  return { number, text, key: text };
}

/** A time as text, with no more digits than it has. */
export function timeText(milliseconds: number, what: PageTimes["what"]): string {
  if (milliseconds === Infinity) return "infinity";
  if (milliseconds === -Infinity) return "-infinity";
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return "";
  const [day = "", clock = ""] = date.toISOString().replace("Z", "").split("T");
  const short = clock.replace(/\.000$/, "");
  if (what === "date") return day;
  if (what === "clock") return short;
  return `${day} ${short}${what === "instant" ? " UTC" : ""}`;
}

function readTexts({ bytes, offsets }: PageTexts, buffers: Buffers): (index: number) => string {
  const all = buffer(buffers, bytes) as Uint8Array<ArrayBuffer>;
  const starts = indexes(buffers, offsets);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return (index) => decoder.decode(all.subarray(starts[index], starts[index + 1]));
}

/** The boxes of rows, four numbers each (west, south, east, north); a row without a place has an empty one. */
export function rowBoxes({ rows, line, polygon }: Data): Float64Array<ArrayBuffer> {
  const boxes = new Float64Array(rows * 4);
  for (let i = 0; i < boxes.length; i += 4) boxes.set([Infinity, Infinity, -Infinity, -Infinity], i);
  const add = (vertices: Vertices, from: number, to: number, row: number) => {
    const at = row * 4;
    for (let i = from * 2; i < to * 2; i += 2) {
      const [x, y] = [vertices[i] as number, vertices[i + 1] as number];
      if (x < (boxes[at] as number)) boxes[at] = x;
      if (y < (boxes[at + 1] as number)) boxes[at + 1] = y;
      if (x > (boxes[at + 2] as number)) boxes[at + 2] = x;
      if (y > (boxes[at + 3] as number)) boxes[at + 3] = y;
    }
  };
  for (let part = 0; line && part < line.starts.length - 1; part++) {
    add(
      line.vertices,
      line.starts[part] as number,
      line.starts[part + 1] as number,
      line.rows?.[part] ?? part,
    );
  }
  for (let part = 0; polygon && part < polygon.starts.length - 1; part++) {
    const from = polygon.ringStarts[polygon.starts[part] as number] as number;
    const to = polygon.ringStarts[polygon.starts[part + 1] as number] as number;
    add(polygon.vertices, from, to, polygon.rows?.[part] ?? part);
  }
  return boxes;
}

/** Whether a box is within sight, also of the worlds to the left and right. */
export function overlaps(box: Box, west: number, south: number, east: number, north: number): boolean {
  if (south > box.north || north < box.south) return false;
  for (const shift of [0, -WORLD, WORLD]) {
    if (west + shift <= box.east && east + shift >= box.west) return true;
  }
  return false;
}
