/**
 * Frames and their codecs. Targets on two cores for ten columns with a point: writing COPY CSV within 0.6 µs a row, reading
 * it within 0.9 µs; the group names tell the number of rows, so that a straight line can be seen.
 */
import {
  CopyBinaryDecoder,
  CopyCsvDecoder,
  encodeCopyBinary,
  encodeCopyCsv,
  GeoDataFrame,
} from "../../src/frame/mod.ts";

const CATEGORIES = ["food", "shop", "park", "bar", "museum", "hotel", "school", "other"];

/** Values that look measured, the same in every run. */
function makeFrame(rows: number): GeoDataFrame {
  const list = <T>(value: (i: number) => T): T[] => Array.from({ length: rows }, (_, i) => value(i));
  return GeoDataFrame.fromColumns({
    id: Int32Array.from({ length: rows }, (_, i) => i),
    name: list((i) => `Name of ${i}`),
    category: list((i) => CATEGORIES[i % 8]),
    measure: Float64Array.from({ length: rows }, (_, i) => Math.sin(i) * 1000),
    price: Float64Array.from({ length: rows }, (_, i) => (i % 10_000) / 100),
    count: Int32Array.from({ length: rows }, (_, i) => (i * 7919) % 1_000_000),
    open: list((i) => i % 3 === 0),
    at: list((i) => Temporal.Instant.fromEpochMilliseconds(1.5e12 + i * 1000)),
    note: list((i) => i % 10 === 0 ? `a "quoted", one ${i}` : `description number ${i}`),
  }).setGeometryFromXY(
    Float64Array.from({ length: rows }, (_, i) => Math.sin(i) * 180),
    Float64Array.from({ length: rows }, (_, i) => Math.cos(i) * 90),
  );
}

/** As chunks of the size in which `fetch` gives them. */
function pieces(chunks: Iterable<Uint8Array>): Uint8Array[] {
  const result: Uint8Array[] = [];
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += 65_536) result.push(chunk.subarray(at, at + 65_536));
  }
  return result;
}

for (const rows of [10_000, 100_000]) {
  const group = `${rows} rows × 10 columns`;
  const frame = makeFrame(rows);
  const fields = frame.columnNames.map((column) => ({ column }));
  const csv = pieces(encodeCopyCsv(frame, fields, { delimiter: "," }));
  const binary = pieces(encodeCopyBinary(frame, fields));
  const plain = frame.toRows();
  const features = frame.toGeoJSON();
  const file = frame.toCSV();

  Deno.bench("write COPY CSV", { group, baseline: true }, () => {
    for (const _ of encodeCopyCsv(frame, fields));
  });
  Deno.bench("read COPY CSV into batches", { group }, () => {
    const decoder = new CopyCsvDecoder(frame.schema, { header: false });
    for (const piece of csv) {
      decoder.push(piece);
      decoder.take(10_000);
    }
    decoder.finish();
  });
  Deno.bench("write binary COPY", { group }, () => {
    for (const _ of encodeCopyBinary(frame, fields));
  });
  Deno.bench("read binary COPY", { group }, () => {
    const decoder = new CopyBinaryDecoder(frame.schema);
    for (const piece of binary) decoder.push(piece);
    decoder.finish();
  });
  Deno.bench("rows to frame", { group }, () => {
    GeoDataFrame.fromRows(plain);
  });
  Deno.bench("frame to rows", { group }, () => {
    frame.toRows();
  });
  Deno.bench("GeoJSON to frame", { group }, () => {
    GeoDataFrame.fromGeoJSON(features);
  });
  Deno.bench("CSV file to frame", { group }, () => {
    GeoDataFrame.fromCSV(file);
  });
  Deno.bench("frame to Arrow IPC", { group }, () => {
    frame.toArrowIPC();
  });
}
