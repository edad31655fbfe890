/**
 * Uploads and downloads tables through the emulator on a real PostgreSQL with PostGIS, and holds the times against a floor:
 * the same bytes through plain `fetch` to the same endpoints into a bare table, with the same conversion on the server;
 * and against `psql \copy` of the same bytes.
 *
 * Usage: `deno task bench:tables [--rows N] [--runs N] [--json]`. Without `--rows`: 10,000, 100,000, 1,000,000 and
 * 5,000,000. With `--json` nothing is printed on standard output but one line of JSON a size. PostgreSQL is installed from
 * Debian's packages where it is absent (`set_up.sh`).
 */
import { startEmulator } from "../../../src/emulator/mod.ts";
import { findPostgres, startPostgres } from "../../_tools/postgres.ts";
import { BARE_COLUMNS, type ClientJob, type ClientReport, DOWNLOAD_SQL, TABLES } from "./_client.ts";
import type { Cost } from "./_measure.ts";
import { bareMemory, output, runClient } from "./_run_client.ts";

const SIZES = [10_000, 100_000, 1_000_000, 5_000_000];
/** The time of a run grows with the rows; the more runs, the quieter the medians. */
const RUNS: readonly (readonly [upToRows: number, runs: number])[] = [[10_000, 7], [100_000, 5], [1e6, 3]];
const LAST_RUNS = 1;
/** How much a stream holds at most differs by some megabytes from run to run, with when the collector looks. */
const STREAM_RUNS = 3;

/** One direction, as the last line of JSON tells it. */
interface Direction {
  readonly seconds: number;
  readonly floorSeconds: number;
  readonly cpuMicrosPerRow: number;
}

/** All figures of one size, in seconds where the name says nothing else. */
interface Figures {
  readonly rows: number;
  readonly megabytes: number;
  readonly psqlUp: number;
  readonly psqlDown: number;
  readonly floorCopy: number;
  readonly rowsOnly: number;
  readonly replace: number;
  readonly upload: Direction;
  readonly download: Direction;
  readonly streamUpMicrosPerRow: number;
  readonly streamDownMicrosPerRow: number;
  readonly peakMegabytes: number;
}

/** The place of the measurements. */
interface Bench {
  readonly carto: ClientJob["carto"];
  /** The database of the emulator, for psql. */
  readonly database: string;
  readonly file: string;
  /** What a Deno program that does nothing holds, in bytes. */
  readonly bareMemory: number;
}

async function psql(bench: Bench, sql: string): Promise<number> {
  const start = performance.now();
  await output("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", bench.database, "-c", sql]);
  return (performance.now() - start) / 1000;
}

async function freshTables(bench: Bench): Promise<void> {
  const names = Object.values(TABLES).map((name) => `public.${name}`).join(", ");
  await psql(bench, `DROP TABLE IF EXISTS ${names}`);
  await psql(bench, "CHECKPOINT");
  const owner = `cartodb_user_${bench.carto.username}`;
  await psql(bench, `CREATE TABLE public.${TABLES.bare} (${BARE_COLUMNS})`);
  await psql(bench, `ALTER TABLE public.${TABLES.bare} OWNER TO "${owner}"`);
}

async function measureSize(bench: Bench, rows: number, runs: number): Promise<Figures> {
  const job = (name: ClientJob["job"], isReplacing = false) =>
    runClient({ job: name, rows, carto: bench.carto, file: bench.file, isReplacing });
  await job("encode");
  const all: Record<string, number>[] = [];
  for (let run = 0; run < runs; run++) {
    tell(`${rows.toLocaleString("en")} rows, run ${run + 1} of ${runs}`);
    await freshTables(bench);
    const psqlUp = await psql(
      bench,
      `\\copy public.${TABLES.bare} FROM '${bench.file}' WITH (FORMAT binary)`,
    );
    await freshTables(bench);
    // Either comes first as often as the other, for whatever the first one leaves behind
    const isReplacing = rows <= 100_000 || run === 0;
    const first = run % 2 === 0 ? await job("floor") : await job("ours", isReplacing);
    const second = run % 2 === 0 ? await job("ours", isReplacing) : await job("floor");
    const [{ costs: floor }, { costs: ours }] = run % 2 === 0 ? [first, second] : [second, first];
    const psqlDown = await psql(bench, `\\copy (${DOWNLOAD_SQL}) TO '/dev/null' WITH (FORMAT binary)`);
    all.push({
      psqlUp,
      psqlDown,
      ...flat("floor", floor),
      ...flat("ours", ours),
    });
  }
  const streams: ClientReport[] = [];
  for (let run = 0; run < STREAM_RUNS; run++) streams.push(await job("stream"));
  await freshTables(bench);
  const middle = (name: string) => median(all.flatMap((run) => run[name] ?? []));
  const perRow = (micros: number) => round(micros / rows, 3);
  return {
    rows,
    megabytes: round((await Deno.stat(bench.file)).size / 1e6, 1),
    psqlUp: middle("psqlUp"),
    psqlDown: middle("psqlDown"),
    floorCopy: middle("floor copy"),
    rowsOnly: middle("ours rowsOnly"),
    replace: middle("ours replace"),
    upload: {
      seconds: middle("ours upload"),
      floorSeconds: round(middle("floor copy") + middle("floor convert"), 3),
      cpuMicrosPerRow: perRow(middle("ours upload cpu")),
    },
    download: {
      seconds: middle("ours download"),
      floorSeconds: middle("floor download"),
      cpuMicrosPerRow: perRow(middle("ours download cpu")),
    },
    streamUpMicrosPerRow: perRow(median(streams.map(({ costs }) => (costs.upload as Cost).cpuMicros))),
    streamDownMicrosPerRow: perRow(median(streams.map(({ costs }) => (costs.download as Cost).cpuMicros))),
    peakMegabytes: Math.round(
      (median(streams.map(({ highWater }) => highWater)) - bench.bareMemory) / 1024 / 1024,
    ),
  };
}

function flat(whose: string, costs: Readonly<Record<string, Cost>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(costs).flatMap(([name, { seconds, cpuMicros }]) => [
      [`${whose} ${name}`, seconds],
      [`${whose} ${name} cpu`, cpuMicros],
    ]),
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const low = sorted[(sorted.length - 1) >> 1] ?? NaN;
  return round((low + (sorted[middle] ?? NaN)) / 2, 3);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** The table of a size. */
function report(figures: Figures): string {
  const { rows, megabytes, upload, download } = figures;
  const line = (name: string, seconds: number, floor?: number, cpu?: number) =>
    [
      name.padEnd(46),
      `${seconds.toFixed(2)} s`.padStart(9),
      floor === undefined ? "" : `${(seconds / floor).toFixed(2)} ×`.padStart(9),
      cpu === undefined ? "" : `${cpu.toFixed(2)} µs/row`.padStart(13),
    ].join(" ").trimEnd();
  return [
    `${rows.toLocaleString("en")} rows × 8 columns, ${megabytes} MB`.padEnd(46) +
    "      time  to floor    client CPU",
    line("  up: psql \\copy", figures.psqlUp),
    line("  up: fetch (floor, against psql)", figures.floorCopy, figures.psqlUp),
    line("  up: toCarto, rows only", figures.rowsOnly, figures.floorCopy),
    line("  up: fetch and conversion (floor)", upload.floorSeconds),
    line("  up: toCarto, new table", upload.seconds, upload.floorSeconds, upload.cpuMicrosPerRow),
    line("  up: toCarto, replacing a CARTO table", figures.replace, upload.floorSeconds),
    line("  down: psql \\copy", figures.psqlDown),
    line("  down: fetch (floor, against psql)", download.floorSeconds, figures.psqlDown),
    line("  down: readCarto", download.seconds, download.floorSeconds, download.cpuMicrosPerRow),
    `  as a stream: ${figures.peakMegabytes} MB at most beyond a bare program; CPU ` +
    `${figures.streamUpMicrosPerRow} µs/row up (the making of rows included), ` +
    `${figures.streamDownMicrosPerRow} µs/row down`,
    "",
  ].join("\n");
}

/** The line that programs read. */
function jsonLine({ rows, upload, download, peakMegabytes }: Figures): string {
  return JSON.stringify({ rows, upload, download, peakMegabytes });
}

function tell(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function option(name: string): number | undefined {
  const at = Deno.args.indexOf(`--${name}`);
  if (at < 0) return undefined;
  const value = Number(Deno.args[at + 1]?.replaceAll("_", ""));
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} needs a whole number above zero`);
}

const rowsWanted = option("rows");
const runsWanted = option("runs");
const isJson = Deno.args.includes("--json");
if (await findPostgres() === undefined || Deno.build.os === "linux") {
  await output("sh", [new URL("set_up.sh", import.meta.url).pathname]);
}
const bin = await findPostgres();
if (bin === undefined) throw new Error("PostgreSQL with PostGIS is not installed");
const folder = await Deno.makeTempDir({ prefix: "cartoframes-bench-" });
try {
  await using server = await startPostgres(bin);
  await using emulator = await startEmulator({
    accounts: [{ username: "demo", statementTimeout: 0 }],
    database: server.url,
  });
  const carto = { ...emulator.credentials("demo") };
  const bench: Bench = {
    carto,
    database: server.url.replace(/\/postgres$/, "/demo_db"),
    file: `${folder}/rows.bin`,
    bareMemory: await bareMemory(),
  };
  for (const rows of rowsWanted === undefined ? SIZES : [rowsWanted]) {
    const runs = runsWanted ?? RUNS.find(([upTo]) => rows <= upTo)?.[1] ?? LAST_RUNS;
    const figures = await measureSize(bench, rows, runs);
    if (!isJson) {
      print(report(figures));
      print(JSON.stringify(figures));
    }
    print(jsonLine(figures));
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
