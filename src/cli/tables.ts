import { listTables } from "../tables/manage_tables.ts";
import type { Command } from "./_command.ts";

/** Lists the tables of the account, the latest changed first. */
export const tables: Command = {
  usage: "[--creds FILE] [--json]",
  words: [0, 0],
  options: {},
  async run({ credentials, flag, io, signal }) {
    const names = [...(await listTables({ credentials: await credentials(), signal })).column("tables")];
    await io.write(flag("json") ? `${JSON.stringify(names)}\n` : names.map((name) => `${name}\n`).join(""));
  },
};
