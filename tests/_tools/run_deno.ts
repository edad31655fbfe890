import { join } from "@std/path";

/** What a run of a program printed and how it ended. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is run. */
export interface RunOptions {
  /** The folder it runs in. */
  readonly cwd: string;
  /** Its environment, beside what Deno itself needs; the user's folder is `cwd`, so that no real file is found. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it is interrupted, as by Ctrl-C, when its first output comes. */
  readonly interruptAtOutput?: boolean;
}

const ROOT = new URL("../../", import.meta.url);

/** A file of the project as an absolute path. */
export function projectFile(path: string): string {
  return join(import.meta.dirname ?? "", "..", "..", path);
}

let denoDirectory: Promise<string> | undefined;

/** The folder that Deno keeps modules in; asked once, because the runs get a user's folder of their own. */
function denoDir(): Promise<string> {
  return denoDirectory ??= new Deno.Command(Deno.execPath(), { args: ["info", "--json"], cwd: ROOT }).output()
    .then(({ stdout }) => (JSON.parse(new TextDecoder().decode(stdout)) as { denoDir: string }).denoDir);
}

/** Where the emulator keeps the template of its database: runs of a user's folder of their own need not make it anew. */
function cacheHome(): string | undefined {
  const home = Deno.env.get("HOME");
  return Deno.env.get("XDG_CACHE_HOME") ??
    (Deno.build.os === "linux" && home !== undefined ? `${home}/.cache` : undefined);
}

/** Starts `deno` with nothing of this process's environment but what it takes to find modules. */
export async function spawnDeno(
  args: readonly string[],
  options:
    & Pick<RunOptions, "cwd" | "env">
    & Required<Pick<Deno.CommandOptions, "stdin" | "stdout" | "stderr">>,
): Promise<Deno.ChildProcess> {
  const registry = Deno.env.get("JSR_URL");
  const cache = cacheHome();
  return new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: options.cwd,
    clearEnv: true,
    env: {
      DENO_DIR: await denoDir(),
      HOME: options.cwd,
      NO_COLOR: "1",
      DENO_NO_UPDATE_CHECK: "1",
      ...registry === undefined ? {} : { JSR_URL: registry },
      ...cache === undefined ? {} : { XDG_CACHE_HOME: cache },
      ...options.env,
    },
    stdin: options.stdin,
    stdout: options.stdout,
    stderr: options.stderr,
  }).spawn();
}

/**
 * Runs `deno` as a user would, with nothing of this process's environment but what it takes to find modules.
 *
 * @param args The words after `deno`, each script as an absolute path
 */
export async function runDeno(args: readonly string[], options: RunOptions): Promise<RunResult> {
  const child = await spawnDeno(args, { ...options, stdin: "null", stdout: "piped", stderr: "piped" });
  const stdoutOf = async () => {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for await (const chunk of child.stdout) {
      if (chunks.push(chunk) === 1 && options.interruptAtOutput === true) child.kill("SIGINT");
    }
    return await new Blob(chunks).text();
  };
  const [stdout, stderr, { code }] = await Promise.all([
    stdoutOf(),
    new Response(child.stderr).text(),
    child.status,
  ]);
  return { code, stdout, stderr };
}
