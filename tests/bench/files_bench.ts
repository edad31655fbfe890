/**
 * Files in and out: 200,000 rows of a point, text, category, integer, 64-bit integer, double, boolean and moment.
 * For scale, on two cores: DuckDB's own reader takes about 0.15 s for a CSV of a million rows.
 */
import {
  decodeFile,
  decodeFileBatches,
  encodeFile,
  type FileFormat,
  GeoDataFrame,
} from "../../src/frame/mod.ts";

const ROWS = 200_000;

const frame = GeoDataFrame.fromColumns({
  id: BigInt64Array.from({ length: ROWS }, (_, i) => 8_007_199_254_740_993n + BigInt(i)),
  name: Array.from({ length: ROWS }, (_, i) => i % 10 === 0 ? `Café "${i}", Madrid` : `Bar ${i}`),
  category: Array.from({ length: ROWS }, (_, i) => `category ${i % 8}`),
  stars: Int32Array.from({ length: ROWS }, (_, i) => i % 6),
  price: Float64Array.from({ length: ROWS }, (_, i) => Math.round(Math.abs(Math.sin(i)) * 10_000) / 100),
  open: Array.from({ length: ROWS }, (_, i) => i % 3 === 0),
  seen: Array.from(
    { length: ROWS },
    (_, i) => Temporal.Instant.fromEpochMilliseconds(1_552_213_800_000 + i * 1000),
  ),
  lng: Float64Array.from({ length: ROWS }, (_, i) => Math.sin(i) * 180),
  lat: Float64Array.from({ length: ROWS }, (_, i) => Math.cos(i) * 90),
}).setGeometryFromXY("lng", "lat", { drop: true });

const formats: readonly FileFormat[] = ["csv", "geojson", "ndjson", "parquet", "arrow"];
const files = new Map<FileFormat, Uint8Array>();
for (const format of formats) {
  const chunks = await Array.fromAsync(encodeFile(frame, { format }));
  files.set(format, await new Blob(chunks as BlobPart[]).bytes());
}

for (const format of formats) {
  const bytes = files.get(format) as Uint8Array;
  const size = `${(bytes.length / 1e6).toFixed(0)} MB`;
  Deno.bench({ name: `write ${format} (${size})`, group: "write", n: 5 }, async () => {
    for await (const _ of encodeFile(frame, { format })) {
      // Only the making counts
    }
  });
  Deno.bench({ name: `read ${format} (${size})`, group: "read", n: 5 }, async () => {
    await decodeFile(bytes);
  });
  Deno.bench({ name: `read ${format} in batches (${size})`, group: "batches", n: 5 }, async () => {
    for await (const _ of decodeFileBatches(bytes)) {
      // Only the reading counts
    }
  });
}

const metres = GeoDataFrame.fromColumns({
  x: Float64Array.from({ length: ROWS }, (_, i) => 400_000 + i),
  y: Float64Array.from({ length: ROWS }, (_, i) => 4_400_000 + i),
}).setGeometryFromXY("x", "y", { drop: true, srid: 25830 });
const projected = await new Blob(
  await Array.fromAsync(encodeFile(metres, { format: "arrow" })) as BlobPart[],
).bytes();

Deno.bench({ name: "read arrow as it is", group: "reproject", n: 5 }, async () => {
  await decodeFile(projected);
});
Deno.bench({ name: "read arrow from UTM into degrees", group: "reproject", n: 5 }, async () => {
  await decodeFile(projected, { reproject: true });
});
