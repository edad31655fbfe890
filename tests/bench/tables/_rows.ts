import { columnOf } from "../../../src/frame/column.ts";
import { GeoDataFrame } from "../../../src/frame/geo_data_frame.ts";
import type { ColumnData } from "../../../src/frame/_data.ts";
import type { ColumnType } from "../../../src/frame/types.ts";

/** Rows of a batch where rows come as a stream. */
export const BATCH_ROWS = 10_000;

const KINDS = ["bar", "café", 'restaurant, "late"', "hotel", "kiosk", "club"];
const encoder = new TextEncoder();

/**
 * Rows `start` to `end` of the table that the bench uploads: point, text with quotes, category, float, whole number,
 * boolean, timestamp and 64-bit id. They are laid out as columns at once, so that making them costs little beside what
 * is measured.
 */
export function makeRows(start: number, end: number): GeoDataFrame {
  const length = end - start;
  const column = (name: string, type: ColumnType, data: ColumnData) =>
    columnOf({ name, type, nullable: true, srid: type === "geometry" ? 4326 : undefined }, data);
  const plain = { length, nullCount: 0, validity: undefined };
  const size = new Float64Array(length);
  const visits = new Int32Array(length);
  const open = new Uint8Array((length + 7) >> 3);
  const seen = new BigInt64Array(length);
  const id = new BigInt64Array(length);
  const codes = new Int32Array(length);
  const xy = new Float64Array(2 * length);
  for (let i = 0; i < length; i++) {
    const n = start + i;
    size[i] = n / 7;
    visits[i] = n;
    if (n % 3 === 0) open[i >> 3] = (open[i >> 3] as number) | (1 << (i & 7));
    seen[i] = BigInt(1.6e15 + n * 1_000_003);
    id[i] = 9_007_199_254_740_993n + BigInt(n);
    codes[i] = n % KINDS.length;
    xy[2 * i] = (n % 360) - 180 + n / 1e8;
    xy[2 * i + 1] = (n % 170) - 85 + n / 1e8;
  }
  return new GeoDataFrame([
    column("the_geom", "geometry", { ...plain, kind: "point", xy, srid: 4326 }),
    column("name", "text", { ...plain, kind: "bytes", ...names(start, end) }),
    column("kind", "text", { ...plain, kind: "dictionary", codes, dictionary: kinds() }),
    column("size", "float8", { ...plain, kind: "number", values: size }),
    column("visits", "int4", { ...plain, kind: "number", values: visits }),
    column("open", "bool", { ...plain, kind: "bool", bits: open }),
    column("seen", "timestamptz", { ...plain, kind: "int64", values: seen }),
    column("id", "int8", { ...plain, kind: "int64", values: id }),
  ]);
}

/** Batches that are made once, so that the memory of a stream is not that of the making of its rows. */
const BATCHES = 8;

/** As many rows batch by batch; after some batches they come again. */
export async function* streamRows(rows: number): AsyncGenerator<GeoDataFrame, void, void> {
  const batches = Array.from({ length: BATCHES }, (_, i) => makeRows(i * BATCH_ROWS, (i + 1) * BATCH_ROWS));
  for (let start = 0; start < rows; start += BATCH_ROWS) {
    await Promise.resolve();
    const batch = batches[(start / BATCH_ROWS) % BATCHES] as GeoDataFrame;
    yield start + BATCH_ROWS <= rows ? batch : batch.slice(0, rows - start);
  }
}

/** `Place "17" of town 3` and the like, without a string for each: those would make the heap grow whose size is measured. */
function names(start: number, end: number) {
  const [place, town] = [encoder.encode('Place "'), encoder.encode('" of town ')];
  const offsets = new Int32Array(end - start + 1);
  const bytes = new Uint8Array((end - start) * 32);
  let at = 0;
  for (let n = start; n < end; n++) {
    bytes.set(place, at);
    at = writeDigits(bytes, at + place.length, n);
    bytes.set(town, at);
    at = writeDigits(bytes, at + town.length, n % 997);
    offsets[n - start + 1] = at;
  }
  return { offsets, bytes: bytes.slice(0, at) };
}

/** Writes a whole number that is not negative; answers where it ends. */
function writeDigits(bytes: Uint8Array, start: number, value: number): number {
  const end = value < 10 ? start + 1 : writeDigits(bytes, start, Math.floor(value / 10)) + 1;
  bytes[end - 1] = 48 + value % 10;
  return end;
}

function kinds() {
  const texts = KINDS.map((kind) => encoder.encode(kind));
  const offsets = new Int32Array(texts.length + 1);
  texts.forEach((text, i) => offsets[i + 1] = (offsets[i] as number) + text.length);
  const bytes = new Uint8Array(offsets[texts.length] as number);
  texts.forEach((text, i) => bytes.set(text, offsets[i] as number));
  return { offsets, bytes };
}
