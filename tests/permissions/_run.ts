/** Runs a script in its own process with exactly these flags, and gives what it printed. */
export async function run(
  code: string,
  flags: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  const { cwd, env } = options;
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      "--quiet",
      `--config=${path("../../deno.json")}`,
      ...flags,
      "-",
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", CARTO_USERNAME: "", CARTO_API_KEY: "", CARTO_BASE_URL: "", ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  const { stdout, stderr } = await child.output();
  return `${new TextDecoder().decode(stdout)}${new TextDecoder().decode(stderr)}`.trim();
}

/** What a script prints of the error of one expression: class, message and hint, a line each. */
export function failing(expression: string): string {
  return `
    import { Credentials, setDefaultCredentials } from "${new URL("../../src/auth/mod.ts", import.meta.url)}";
    import { Transport } from "${new URL("../../src/http/transport.ts", import.meta.url)}";
    try {
      console.log(await (${expression}));
    } catch (error) {
      console.log([error.name, error.message, error.hint, ...(error.flags ?? [])].join("\\n"));
    }
  `;
}

function path(relative: string): string {
  const { pathname } = new URL(relative, import.meta.url);
  return Deno.build.os === "windows" ? pathname.slice(1) : pathname;
}
