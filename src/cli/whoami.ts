import { ClassicClient } from "../classic/client.ts";
import type { Command } from "./_command.ts";

/** Tells the account, the source of the credentials and, where the key may see it, the storage left. */
export const whoami: Command = {
  usage: "[--creds FILE] [--json]",
  words: [0, 0],
  options: {},
  async run({ credentials, flag, io, signal }) {
    const who = await credentials();
    const { user_data: user } = await new ClassicClient(who).me.get({ signal });
    const quota = user?.quota_in_bytes;
    const left = user?.remaining_byte_quota;
    if (flag("json")) {
      const { username, platform, baseUrl, source } = who;
      const storage = { quota_in_bytes: quota, remaining_byte_quota: left };
      await io.write(`${JSON.stringify({ username, platform, base_url: baseUrl, source, ...storage })}\n`);
      return;
    }
    await io.write(
      `${who.username ?? "?"} · ${who.platform} · ${who.baseUrl} · credentials from ${who.source}\n`,
    );
    if (typeof quota === "number" && typeof left === "number") {
      await io.write(`${size(left)} of ${size(quota)} storage left\n`);
    } else {
      await io.write("The key is not the master key: it sees what it was granted, and no account data\n");
    }
  },
};

/** A size as a person reads it, in steps of a thousand. */
function size(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${(bytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}
