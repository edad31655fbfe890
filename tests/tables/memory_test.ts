import { assert } from "@std/assert";
import { startEmulator } from "../../src/emulator/mod.ts";
import type { Cost } from "../bench/tables/_measure.ts";
import { bareMemory, runClient } from "../bench/tables/_run_client.ts";

/** 1,000,000 takes half a minute; the bench does that, and `CARTOFRAMES_MEMORY_ROWS` does it here. */
const ROWS = Number(Deno.env.get("CARTOFRAMES_MEMORY_ROWS") ?? "200000");

Deno.test(`a streamed upload and download of ${ROWS} rows take little memory and little of the processor`, async () => {
  await using carto = await startEmulator({ accounts: [{ username: "demo", statementTimeout: 0 }] });
  const bare = await bareMemory();
  const { costs, highWater } = await runClient({
    job: "stream",
    rows: ROWS,
    carto: { ...carto.credentials("demo") },
    file: "",
  });
  const megabytes = (highWater - bare) / 1024 / 1024;
  // Measured: 45 to 55 MB, from 100,000 to 5,000,000 rows
  assert(megabytes < 80, `${megabytes} MB beyond a bare program`);
  for (const way of ["upload", "download"]) {
    const perRow = (costs[way] as Cost).cpuMicros / ROWS;
    // Measured: 1 µs with the start of the program among few rows, 0.3 among many. One object a row costs far more
    assert(perRow < 5, `${perRow} µs of processor time for a row of the ${way}`);
  }
});
