/**
 * Rows of eight columns with points, through `toCarto` and `readCartoBatches`, the client in a process of its own. Each
 * size prints seconds, rows per second and the client's memory; `CARTOFRAMES_BENCH_ROWS` sets the sizes. The emulator
 * runs on a PostgreSQL server of its own where that is installed, else on the embedded database.
 */
import { startEmulator } from "../../src/emulator/mod.ts";
import { findPostgres, startPostgres } from "../_tools/postgres.ts";
import { type ClientReport, runTablesClient } from "./_run_tables_client.ts";

const SIZES = (Deno.env.get("CARTOFRAMES_BENCH_ROWS") ?? "10000,100000,1000000").split(",").map(Number);

for (const rows of SIZES) {
  Deno.bench({
    name: `${rows.toLocaleString("en")} rows up and down`,
    group: "tables",
    n: 1,
    warmup: 0,
    async fn(b) {
      const bin = await findPostgres();
      await using server = bin === undefined ? undefined : await startPostgres(bin);
      const accounts = [{ username: "demo", statementTimeout: 0 }];
      await using carto = await startEmulator({
        accounts,
        ...(server === undefined ? {} : { database: server.url }),
      });
      b.start();
      const report = await runTablesClient(carto, rows);
      b.end();
      await print(report, bin === undefined ? "embedded" : "PostgreSQL");
    },
  });
}

async function print(report: ClientReport, database: string): Promise<void> {
  const { rows, upload, download, uploadMegabytes, peakMegabytes } = report;
  const pace = (seconds: number) =>
    `${seconds.toFixed(2)} s (${Math.round(rows / seconds).toLocaleString("en")} rows/s)`;
  const line =
    `${database}, ${rows.toLocaleString("en")} rows: up ${pace(upload)}, down ${pace(download)}, ` +
    `memory +${uploadMegabytes} MB up, +${peakMegabytes} MB in all\n`;
  await Deno.stdout.write(new TextEncoder().encode(line));
}
