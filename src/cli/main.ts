/**
 * The command line: `whoami`, `tables`, `query`, `check`, `upload` and `download` for tables; `import`, `sync`, `datasets`,
 * `visualizations`, `maps`, `keys`, `kuviz`, `users` and `quotas` for what else an account has; `emulator` for a local CARTO.
 *
 * ```sh
 * deno run --allow-read=creds.json --allow-net=johnsmith.carto.com:443 \
 *   jsr:@cartoframes/cartoframes/cli whoami --creds creds.json
 * ```
 *
 * Exit codes: 0 done · 1 failed, or a check found errors · 2 wrong usage · 3 credentials or a permission are missing ·
 * 130 interrupted, 143 asked to end (SIGTERM); what had been begun is cleared up before.
 *
 * @module
 */
import { type CommandName, type LoadCommand, type MainOptions, runCommandLine } from "./_run.ts";

export type { MainOptions } from "./_run.ts";

/** Each command's file, spelt out so that Deno knows it and asks for no permission to load it. */
const FILES: Readonly<Record<CommandName, LoadCommand>> = {
  whoami: async () => (await import("./whoami.ts")).whoami,
  tables: async () => (await import("./tables.ts")).tables,
  query: async () => (await import("./query.ts")).query,
  check: async () => (await import("./check.ts")).check,
  upload: async () => (await import("./upload.ts")).upload,
  download: async () => (await import("./download.ts")).download,
  import: async () => (await import("./import.ts")).import,
  sync: async () => (await import("./sync.ts")).sync,
  datasets: async () => (await import("./datasets.ts")).datasets,
  visualizations: async () => (await import("./visualizations.ts")).visualizations,
  maps: async () => (await import("./maps.ts")).maps,
  keys: async () => (await import("./keys.ts")).keys,
  kuviz: async () => (await import("./kuviz.ts")).kuviz,
  users: async () => (await import("./users.ts")).users,
  quotas: async () => (await import("./quotas.ts")).quotas,
  emulator: async () => (await import("./emulator.ts")).emulator,
};

/**
 * Runs one command and returns the exit code; errors are printed, never thrown.
 *
 * @param args The words after the program's name
 * @param options The folder of relative paths and a signal
 * @returns 0 done, 1 failed, 2 wrong usage, 3 credentials or a permission missing, 130 interrupted, 143 terminated
 *
 * @example Print the list of commands
 * ```ts
 * import { main } from "@cartoframes/cartoframes/cli";
 *
 * const code = await main([]);
 * if (code !== 0) throw new Error(`exit code ${code}`);
 * ```
 */
export function main(args: readonly string[], options: MainOptions = {}): Promise<number> {
  return runCommandLine(args, (name) => FILES[name](name), options);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
