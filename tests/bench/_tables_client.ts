/**
 * Uploads rows of eight columns as a stream, reads them back batch by batch, and prints what it took as one JSON line:
 * seconds each way, and the most memory held beyond what the program had before it began.
 *
 * Usage: `deno run --allow-net --allow-sys tests/bench/_tables_client.ts '{"url":…,"username":…,"apiKey":…,"rows":…}'`
 */
import { Credentials } from "../../src/auth/credentials.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { readCartoBatches, toCarto } from "../../src/tables/mod.ts";

interface Job {
  readonly url: string;
  readonly username: string;
  readonly apiKey: string;
  readonly rows: number;
  /** The memory of a bare Deno program, in bytes. */
  readonly bareMemory: number;
}

const BATCH_ROWS = 10_000;
const WORDS = ["bar", "café", 'restaurant, "late"', "hotel", "kiosk", "club"];

/** Rows `start` to `end`: whole number, 64-bit number, text with quotes, category, float, boolean, timestamp, point. */
function batch(start: number, end: number): GeoDataFrame {
  const count = end - start;
  const rows = Array.from({ length: count }, (_, i) => start + i);
  return GeoDataFrame.fromColumns({
    id: Int32Array.from(rows),
    big: BigInt64Array.from(rows, (n) => 9_007_199_254_740_993n + BigInt(n)),
    name: rows.map((n) => `Name "${n}" of ${count}`),
    kind: rows.map((n) => WORDS[n % WORDS.length] as string),
    size: Float64Array.from(rows, (n) => n / 7),
    open: rows.map((n) => n % 3 === 0),
    seen: rows.map((n) => new Date(1.6e12 + n * 1000)),
  }).setGeometryFromXY(
    Float64Array.from(rows, (n) => (n % 360) - 180 + n / 1e7),
    Float64Array.from(rows, (n) => (n % 180) - 90 + n / 1e8),
  );
}

async function* stream(rows: number): AsyncGenerator<GeoDataFrame, void, void> {
  for (let start = 0; start < rows; start += BATCH_ROWS) {
    await Promise.resolve();
    yield batch(start, Math.min(rows, start + BATCH_ROWS));
  }
}

const { url, username, apiKey, rows, bareMemory }: Job = JSON.parse(Deno.args[0] ?? "{}");
const credentials = new Credentials({ username, apiKey, baseUrl: url });
const table = `bench_${rows}`;
let peak = Deno.memoryUsage().rss;
const watch = setInterval(() => peak = Math.max(peak, Deno.memoryUsage().rss), 20);

let start = performance.now();
await toCarto(stream(rows), table, { credentials, ifExists: "replace", skipQuotaWarning: true });
const upload = (performance.now() - start) / 1000;
const afterUpload = peak;

start = performance.now();
let read = 0;
let sum = 0;
for await (const frame of readCartoBatches(table, { credentials })) {
  read += frame.numRows;
  for (const id of frame.column("id").values ?? []) sum += Number(id);
}
const download = (performance.now() - start) / 1000;
clearInterval(watch);
if (read !== rows || sum !== rows * (rows - 1) / 2) {
  throw new Error(`${read} of ${rows} rows came back, sum ${sum}`);
}

const megabytes = (bytes: number) => Math.round((bytes - bareMemory) / 1024 / 1024);
const report = {
  rows,
  upload,
  download,
  uploadMegabytes: megabytes(afterUpload),
  peakMegabytes: megabytes(peak),
};
await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(report)}\n`));
