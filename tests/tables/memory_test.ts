import { assert, assertEquals } from "@std/assert";
import { startEmulator } from "../../src/emulator/mod.ts";
import { runTablesClient } from "../bench/_run_tables_client.ts";

/** 1,000,000 takes half a minute; the bench does that, and `CARTOFRAMES_MEMORY_ROWS` does it here. */
const ROWS = Number(Deno.env.get("CARTOFRAMES_MEMORY_ROWS") ?? "200000");

Deno.test(`the memory of a streamed upload and download does not grow with the rows (${ROWS} of them)`, async () => {
  await using carto = await startEmulator({ accounts: [{ username: "demo", statementTimeout: 0 }] });
  const report = await runTablesClient(carto, ROWS);
  assertEquals(report.rows, ROWS);
  assert(report.peakMegabytes < 250, `${report.peakMegabytes} MB beyond a bare program`);
});
