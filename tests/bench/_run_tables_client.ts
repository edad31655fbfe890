import type { Emulator } from "../../src/emulator/mod.ts";

/** What one run of the client took. */
export interface ClientReport {
  /** Rows each way. */
  readonly rows: number;
  /** Seconds of the upload. */
  readonly upload: number;
  /** Seconds of the download. */
  readonly download: number;
  /** The most memory held during the upload, beyond what the program began with, in MB. */
  readonly uploadMegabytes: number;
  /** The most memory held at all, likewise. */
  readonly peakMegabytes: number;
}

/** Runs the client in a process of its own, so that its memory is its own, against an emulator in this one. */
export async function runTablesClient(carto: Emulator, rows: number): Promise<ClientReport> {
  const { baseUrl, username, apiKey } = carto.credentials("demo");
  const job = JSON.stringify({ url: baseUrl, username, apiKey, rows });
  const client = new URL("_tables_client.ts", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-net=127.0.0.1", "--allow-sys", client, job],
    stdin: "null",
  }).output();
  if (!success) throw new Error(`The client failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout)) as ClientReport;
}
