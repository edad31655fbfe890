import type { Emulator } from "../../src/emulator/mod.ts";

/** What one run of the client took. */
export interface ClientReport {
  /** Rows each way. */
  readonly rows: number;
  /** Seconds of the upload. */
  readonly upload: number;
  /** Seconds of the download. */
  readonly download: number;
  /** The most memory held during the upload, beyond that of a bare Deno program, in MB. */
  readonly uploadMegabytes: number;
  /** The most memory held at all, likewise. */
  readonly peakMegabytes: number;
}

/** Runs the client in a process of its own, so that its memory is its own, against an emulator in this one. */
export async function runTablesClient(carto: Emulator, rows: number): Promise<ClientReport> {
  const { baseUrl, username, apiKey } = carto.credentials("demo");
  const bareMemory = JSON.parse(await output(["eval", "console.log(Deno.memoryUsage().rss)"])) as number;
  const job = JSON.stringify({ url: baseUrl, username, apiKey, rows, bareMemory });
  const client = new URL("_tables_client.ts", import.meta.url).pathname;
  return JSON.parse(
    await output(["run", "--no-check", "--allow-net=127.0.0.1", "--allow-sys", client, job]),
  ) as ClientReport;
}

/** What a `deno` of its own prints. */
async function output(args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (!success) throw new Error(`The client failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
