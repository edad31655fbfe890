import type { Command } from "./_command.ts";
import { wholeNumber } from "./_options.ts";

/**
 * Named in a way that Deno does not follow when a program starts: the emulator's files would be looked up by every
 * program that imports `mod.ts`. It may be read when the time comes, because the emulator needs `--allow-read` anyway.
 */
const EMULATOR = new URL("../emulator/mod.ts", import.meta.url).href;

/** Starts a local CARTO, prints one JSON line about it and serves until Ctrl-C. */
export const emulator: Command = {
  usage: "[--port N] [--user NAME] [--api-key KEY] [--write-creds FILE] [--data DIR] [--database URL]",
  words: [0, 0],
  options: {
    port: { value: "N", description: "port on the loopback address (default: a free one)" },
    user: { value: "NAME", description: "name of the account (default: demo)" },
    "api-key": { value: "KEY", description: "master key of the account (default: a random one)" },
    "write-creds": { value: "FILE", description: "write a credentials file for the account, mode 0600" },
    data: { value: "DIR", description: "keep the data in this folder" },
    database: { value: "URL", description: "use a PostgreSQL server with PostGIS: postgres://…" },
  },
  async run(context) {
    const { option, io, signal } = context;
    const port = wholeNumber(context, "port", { most: 65_535 }) ?? 0;
    const { startEmulator } = await import(EMULATOR) as typeof import("../emulator/mod.ts");
    const username = option("user") ?? "demo";
    const data = option("data");
    const file = option("write-creds");
    io.progress("Starting the emulator …");
    await using carto = await startEmulator({
      port,
      accounts: [{ username, masterKey: option("api-key") }],
      database: option("database"),
      dataDir: data === undefined ? undefined : io.path(data),
    });
    const account = carto.credentials(username);
    if (file !== undefined) await writeCredentials(io.path(file), account);
    await io.write(`${JSON.stringify({ url: account.baseUrl, username, api_key: account.apiKey })}\n`);
    await interrupted(signal);
  },
};

/** Writes the account's credentials in the form that CARTOframes reads. */
async function writeCredentials(
  file: string,
  account: { username: string; apiKey: string; baseUrl: string },
): Promise<void> {
  const { Credentials } = await import("../auth/credentials.ts");
  await new Credentials(account).save(file);
}

/** Resolves when the signal is aborted; at once if it was aborted before anybody listened. */
function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
