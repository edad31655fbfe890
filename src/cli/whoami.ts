import { ClassicClient } from "../classic/client.ts";
import { size } from "./_actions.ts";
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
