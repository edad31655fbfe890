import { clientOf, jsonLine, size } from "./_actions.ts";
import type { Command } from "./_command.ts";
import { textTable } from "./_text_table.ts";

/** A number of bytes as a person reads it, where it is told. */
const told = (bytes: number | null | undefined): string =>
  bytes === null || bytes === undefined ? "" : size(bytes);

/**
 * Tells of a user of an organisation. Making and deleting users is left to programs: a user goes with all its data.
 */
export const users: Command = {
  usage: "USERNAME [--organization NAME] [--creds FILE] [--json]",
  words: [1, 1],
  options: { organization: { value: "NAME", description: "the organisation that the user belongs to" } },
  async run(context) {
    const { words, option, flag, io, signal } = context;
    const api = (await clientOf(context)).users;
    const user = await api.get(words[0] ?? "", { organization: option("organization"), signal });
    if (flag("json")) return await io.write(jsonLine(user));
    const { username, email, table_count: tables, db_size_in_bytes: used, quota_in_bytes: quota } = user;
    await io.write(textTable(["user", "e-mail", "tables", "stored", "of"], [
      [username, email ?? "", tables ?? "", told(used), told(quota)],
    ]));
  },
};
