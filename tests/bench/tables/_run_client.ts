import type { ClientJob, ClientReport } from "./_client.ts";

const decoder = new TextDecoder();

/** What a program prints; an error when it fails. */
export async function output(program: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (!success) throw new Error(`${program} failed: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/** Does a job of the bench in a process of its own. It may do all, since the mark of its memory stands in `/proc`. */
export async function runClient(job: ClientJob): Promise<ClientReport> {
  const program = new URL("_client.ts", import.meta.url).pathname;
  const text = await output(Deno.execPath(), [
    ...["run", "--no-check", "--no-prompt", "--allow-all", program, JSON.stringify(job)],
  ]);
  return JSON.parse(text.trimEnd().split("\n").at(-1) ?? "") as ClientReport;
}

/** The memory of a Deno program that does nothing, in bytes. */
export async function bareMemory(): Promise<number> {
  const program = new URL("_measure.ts", import.meta.url).pathname;
  return Number(await output(Deno.execPath(), ["run", "--no-check", "--no-prompt", "--allow-all", program]));
}
