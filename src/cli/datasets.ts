import { ClassicClient } from "../classic/client.ts";
import type { Dataset, DatasetPrivacy } from "../classic/datasets.ts";
import { jsonLine, withActions } from "./_actions.ts";
import type { Command, CommandContext } from "./_command.ts";
import { textTable } from "./_text_table.ts";

/** The API for a command. */
async function apiOf({ credentials }: CommandContext) {
  return new ClassicClient(await credentials()).datasets;
}

/** Prints one dataset or map. */
export async function printOne({ io, flag }: CommandContext, one: Dataset): Promise<void> {
  if (flag("json")) return await io.write(jsonLine(one));
  const shown = ["id", "name", "privacy", "description", "tags", "updated_at"] as const;
  await io.write(shown.map((name) => `${name.padEnd(12)}${one[name] ?? ""}\n`).join(""));
}

/** Prints a list of datasets or maps. */
export async function printAll({ io, flag }: CommandContext, all: readonly Dataset[]): Promise<void> {
  if (flag("json")) return await io.write(jsonLine(all));
  const rows = all.map(({ id, name, privacy, updated_at }) => [name, privacy, updated_at, id]);
  await io.write(textTable(["name", "privacy", "updated", "id"], rows));
}

/** The datasets of the dashboard. */
export const datasets: Command = withActions({
  list: {
    usage: "[TEXT]",
    words: [0, 1],
    async run(context) {
      const { words, signal } = context;
      await printAll(
        context,
        await Array.fromAsync((await apiOf(context)).list({ search: words[0], signal })),
      );
    },
  },
  show: {
    usage: "NAME",
    words: [1, 1],
    async run(context) {
      await printOne(
        context,
        await (await apiOf(context)).get(context.words[0] ?? "", { signal: context.signal }),
      );
    },
  },
  rename: {
    usage: "NAME NEW",
    words: [2, 2],
    async run(context) {
      const [name = "", to = ""] = context.words;
      await printOne(context, await (await apiOf(context)).rename(name, to, { signal: context.signal }));
    },
  },
  privacy: {
    usage: "NAME WHO",
    words: [2, 2],
    async run(context) {
      const { signal, words: [name = "", who = ""] } = context;
      await printOne(
        context,
        await (await apiOf(context)).setPrivacy(name, who as DatasetPrivacy, { signal }),
      );
    },
  },
  delete: {
    usage: "NAME [--force]",
    words: [1, 1],
    async run(context) {
      const { words, signal, flag } = context;
      await (await apiOf(context)).delete(words[0] ?? "", { signal, force: flag("force") });
    },
  },
}, { force: { description: "delete it although maps use it" } });
