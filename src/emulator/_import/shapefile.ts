import { decodeText } from "./csv.ts";
import { columnNames, type ImportedTable, ImportFailure, MAX_ROWS } from "./import_failure.ts";

/** The members of a Shapefile, by their ending. */
export interface ShapefileParts {
  readonly shp: Uint8Array;
  readonly dbf: Uint8Array | undefined;
  readonly shx: Uint8Array | undefined;
  readonly prj: Uint8Array | undefined;
  readonly cpg: Uint8Array | undefined;
}

/**
 * Reads a Shapefile.
 *
 * @throws {ImportFailure} When a part of it is missing or broken
 */
export function readShapefile(name: string, parts: ShapefileParts): ImportedTable {
  if (parts.dbf === undefined || parts.shx === undefined) {
    throw new ImportFailure(
      1006,
      `The archive has no .${parts.dbf === undefined ? "dbf" : "shx"} beside the .shp`,
    );
  }
  if (parts.prj === undefined) throw new ImportFailure(3101, "The archive has no .prj beside the .shp");
  const shapes = new ShapeReader(parts.shp);
  const records = new DbfReader(parts.dbf, parts.cpg);
  if (records.count > MAX_ROWS) {
    throw new ImportFailure(6668, `The file has ${records.count} rows; ${MAX_ROWS} are allowed`);
  }
  const names = columnNames(records.fields.map((field) => field.name));
  return {
    name,
    columns: records.fields.map((field, index) => ({ name: names[index] ?? "", type: field.sqlType })),
    geometry: { form: "wkb", system: decodeText(parts.prj).trim() },
    rows: joined(shapes, records),
  };
}

function* joined(shapes: ShapeReader, records: DbfReader): Generator<(string | null)[]> {
  const geometries = shapes.read();
  for (const values of records.read()) {
    const next = geometries.next();
    if (next.done === true) throw new ImportFailure(1006, "The .dbf has more rows than the .shp has shapes");
    if (values !== undefined) yield [...values, next.value];
  }
  if (geometries.next().done !== true) {
    throw new ImportFailure(1006, "The .shp has more shapes than the .dbf has rows");
  }
}

type Position = readonly [number, number];

const HEADER = 100;
const FILE_CODE = 9994;

/** Reads the geometries of a `.shp`; heights and measures are left out. */
class ShapeReader {
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const isShape = bytes.length >= HEADER && this.#view.getInt32(0) === FILE_CODE;
    if (!isShape) throw new ImportFailure(1006, "The .shp does not begin as one");
    if (this.#view.getInt32(24) * 2 > bytes.length) throw new ImportFailure(1006, "The .shp is cut off");
  }

  /** The geometries as hexadecimal digits of well-known binary, `null` for a shape without one. */
  *read(): Generator<string | null> {
    const view = this.#view;
    const end = Math.min(view.byteLength, view.getInt32(24) * 2);
    for (let at = HEADER; at < end;) {
      if (at + 12 > end) throw new ImportFailure(1006, "The .shp is cut off within a shape");
      const length = view.getInt32(at + 4) * 2;
      if (length < 4 || at + 8 + length > end) {
        throw new ImportFailure(1006, "The .shp is cut off within a shape");
      }
      yield this.#shape(at + 8, at + 8 + length);
      at += 8 + length;
    }
  }

  #shape(at: number, end: number): string | null {
    const type = this.#view.getInt32(at, true);
    const base = type % 10;
    try {
      if (type === 0) return null;
      if (type < 30 && base === 1) {
        const [x, y] = this.#position(at + 4);
        return Number.isNaN(x) || Number.isNaN(y) ? null : wkb(1, (out) => out.position([x, y]));
      }
      if (type < 30 && base === 8) return this.#points(at + 36, end);
      if (type < 30 && (base === 3 || base === 5)) return this.#lines(at + 36, end, base === 5);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ImportFailure(1006, "A shape has fewer coordinates than it says");
    }
    throw new ImportFailure(3009, `Shapes of the type ${type} cannot be read`);
  }

  #position(at: number): Position {
    return [this.#view.getFloat64(at, true), this.#view.getFloat64(at + 8, true)];
  }

  #points(at: number, end: number): string {
    const count = this.#count(at, end, 16);
    const points = Array.from({ length: count }, (_, index) => this.#position(at + 4 + index * 16));
    return wkb(4, (out) => {
      out.integer(points.length);
      for (const point of points) out.geometry(1, () => out.position(point));
    });
  }

  #count(at: number, end: number, size: number): number {
    const count = this.#view.getInt32(at, true);
    if (count < 0 || at + 4 + count * size > end) throw new RangeError("count");
    return count;
  }

  #lines(at: number, end: number, isArea: boolean): string | null {
    const parts = this.#count(at, end, 4);
    const total = this.#view.getInt32(at + 4, true);
    const first = at + 8 + parts * 4;
    if (total < 0 || first + total * 16 > end) throw new RangeError("points");
    const lines = Array.from({ length: parts }, (_, part) => {
      const from = this.#view.getInt32(at + 8 + part * 4, true);
      const to = part + 1 < parts ? this.#view.getInt32(at + 12 + part * 4, true) : total;
      if (from < 0 || to < from || to > total) throw new RangeError("part");
      return Array.from({ length: to - from }, (_, index) => this.#position(first + (from + index) * 16));
    });
    if (isArea) return areas(lines.filter((ring) => ring.length >= 4));
    const drawn = lines.filter((line) => line.length >= 2);
    return drawn.length === 0 ? null : wkb(5, (out) => {
      out.integer(drawn.length);
      for (const line of drawn) out.geometry(2, () => out.line(line));
    });
  }
}

/** Puts holes into the areas around them: outer rings go clockwise. */
function areas(rings: readonly (readonly Position[])[]): string | null {
  const outer = rings.filter((ring) => area(ring) < 0).map((ring) => [ring]);
  const holes = rings.filter((ring) => area(ring) > 0);
  for (const hole of holes) {
    const around = outer.length === 1 ? outer[0] : outer.find(([ring = []]) => contains(ring, hole));
    // A hole in nothing is an area whose ring goes the wrong way.
    if (around === undefined) outer.push([hole]);
    else around.push(hole);
  }
  return outer.length === 0 ? null : wkb(6, (out) => {
    out.integer(outer.length);
    for (const polygon of outer) {
      out.geometry(3, () => {
        out.integer(polygon.length);
        for (const ring of polygon) out.line(ring);
      });
    }
  });
}

function area(ring: readonly Position[]): number {
  let sum = 0;
  for (let index = 1; index < ring.length; index++) {
    const [[x1, y1] = [0, 0], [x2, y2] = [0, 0]] = [ring[index - 1], ring[index]];
    sum += x1 * y2 - x2 * y1;
  }
  return sum;
}

/** Whether a ring lies around another: by a position of the inner one that is none of the outer's own. */
function contains(outer: readonly Position[], inner: readonly Position[]): boolean {
  const corners = new Set(outer.map(([x, y]) => `${x} ${y}`));
  const [x, y] = inner.find(([x, y]) => !corners.has(`${x} ${y}`)) ?? inner[0] ?? [NaN, NaN];
  let isInside = false;
  for (let index = 1; index < outer.length; index++) {
    const [[x1, y1] = [0, 0], [x2, y2] = [0, 0]] = [outer[index - 1], outer[index]];
    if ((y1 > y) !== (y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1) isInside = !isInside;
  }
  return isInside;
}

function wkb(type: number, write: (out: WkbWriter) => void): string {
  const out = new WkbWriter();
  out.geometry(type, () => write(out));
  return out.hex();
}

class WkbWriter {
  #view = new DataView(new ArrayBuffer(256));
  #at = 0;

  geometry(type: number, write: () => void): void {
    this.#room(5).setUint8(this.#at++, 1);
    this.integer(type);
    write();
  }

  integer(value: number): void {
    this.#room(4).setUint32(this.#at, value, true);
    this.#at += 4;
  }

  position([x, y]: Position): void {
    const view = this.#room(16);
    view.setFloat64(this.#at, x, true);
    view.setFloat64(this.#at + 8, y, true);
    this.#at += 16;
  }

  line(positions: readonly Position[]): void {
    this.integer(positions.length);
    for (const position of positions) this.position(position);
  }

  hex(): string {
    return new Uint8Array(this.#view.buffer, 0, this.#at).toHex();
  }

  #room(length: number): DataView {
    if (this.#at + length > this.#view.byteLength) {
      const grown = new Uint8Array(Math.max(this.#view.byteLength * 2, this.#at + length));
      grown.set(new Uint8Array(this.#view.buffer));
      this.#view = new DataView(grown.buffer);
    }
    return this.#view;
  }
}

interface DbfField {
  readonly name: string;
  readonly kind: string;
  readonly start: number;
  readonly length: number;
  readonly sqlType: string;
}

const DELETED = 0x2a;

/** Reads the rows of a `.dbf`. */
class DbfReader {
  /** The columns. */
  readonly fields: readonly DbfField[];
  /** How many rows there are. */
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #length: number;
  readonly #decode: (bytes: Uint8Array) => string;

  constructor(bytes: Uint8Array, cpg: Uint8Array | undefined) {
    if (bytes.length < 33) throw new ImportFailure(1006, "The .dbf is cut off");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bytes = bytes;
    this.count = view.getUint32(4, true);
    this.#start = view.getUint16(8, true);
    this.#length = view.getUint16(10, true);
    if (this.#start > bytes.length || this.#start + this.count * this.#length > bytes.length + 1) {
      throw new ImportFailure(1006, "The .dbf is cut off");
    }
    this.#decode = textDecoder(cpg, bytes[29] ?? 0, bytes.subarray(this.#start));
    const fields: DbfField[] = [];
    let at = 1;
    for (let place = 32; place + 32 <= this.#start && bytes[place] !== 0x0d; place += 32) {
      const end = bytes.indexOf(0, place);
      const name = this.#decode(bytes.subarray(place, Math.min(end < 0 ? place + 11 : end, place + 11)));
      const kind = String.fromCharCode(bytes[place + 11] ?? 0);
      const [length, decimals] = [bytes[place + 16] ?? 0, bytes[place + 17] ?? 0];
      fields.push({ name, kind, start: at, length, sqlType: sqlType(kind, length, decimals) });
      at += length;
    }
    if (at > this.#length) throw new ImportFailure(1006, "The columns of the .dbf are longer than its rows");
    this.fields = fields;
  }

  /** The values of each row; `undefined` for a row that is deleted. */
  *read(): Generator<(string | null)[] | undefined> {
    for (let row = 0; row < this.count; row++) {
      const at = this.#start + row * this.#length;
      yield this.#bytes[at] === DELETED
        ? undefined
        : this.fields.map((field) => this.#value(field, at + field.start));
    }
  }

  #value({ kind, length, sqlType }: DbfField, at: number): string | null {
    const text = this.#decode(this.#bytes.subarray(at, at + length)).replace(/[\0 ]+$/, "");
    if (kind === "C") return text === "" ? null : text;
    const value = text.trim();
    if (kind === "L") return /^[TtYy]$/.test(value) ? "t" : /^[FfNn]$/.test(value) ? "f" : null;
    if (kind === "D") {
      return /^\d{8}$/.test(value) && value !== "00000000"
        ? `${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6)}`
        : null;
    }
    if (sqlType === "text") return value === "" ? null : value;
    return value === "" || value.startsWith("*") ? null : value;
  }
}

function sqlType(kind: string, length: number, decimals: number): string {
  if (kind === "L") return "boolean";
  if (kind === "D") return "date";
  if (kind === "F") return "double precision";
  if (kind !== "N") return "text";
  if (decimals > 0) return "double precision";
  return length < 10 ? "integer" : length < 19 ? "bigint" : "numeric";
}

/** The encoding that a `.cpg` names, or else UTF-8 where the rows are that, or else western Windows. */
function textDecoder(
  cpg: Uint8Array | undefined,
  language: number,
  rows: Uint8Array,
): (bytes: Uint8Array) => string {
  const named = decodeText(cpg ?? new Uint8Array(0)).trim().toLowerCase();
  const label = named.replace(/^(?:ansi |cp)?(125\d)$/, "windows-$1").replace(
    /^(?:iso[ -]?)?8859-?(\d+)$/,
    "iso-8859-$1",
  )
    .replace(/^65001$/, "utf-8");
  const decoder = decoderOf(label) ??
    decoderOf(language === 0x57 || !isUtf8(rows) ? "windows-1252" : "utf-8");
  return (bytes) => decoder?.decode(bytes) ?? "";
}

function decoderOf(label: string): TextDecoder | undefined {
  try {
    return label === "" ? undefined : new TextDecoder(label);
  } catch {
    return undefined;
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
