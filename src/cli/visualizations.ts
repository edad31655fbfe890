import { ClassicClient } from "../classic/client.ts";
import type { DatasetPrivacy } from "../classic/datasets.ts";
import { jsonLine, withActions } from "./_actions.ts";
import type { Command, CommandContext } from "./_command.ts";
import { printAll, printOne } from "./datasets.ts";

/** The API for a command. */
async function apiOf({ credentials }: CommandContext) {
  return new ClassicClient(await credentials()).visualizations;
}

/** The maps that were made in the dashboard. */
export const visualizations: Command = withActions({
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
    usage: "ID",
    words: [1, 1],
    async run(context) {
      await printOne(
        context,
        await (await apiOf(context)).get(context.words[0] ?? "", { signal: context.signal }),
      );
    },
  },
  rename: {
    usage: "ID NEW",
    words: [2, 2],
    async run(context) {
      const { signal, words: [id = "", to = ""] } = context;
      await printOne(context, await (await apiOf(context)).rename(id, to, { signal }));
    },
  },
  privacy: {
    usage: "ID WHO [--password TEXT]",
    words: [2, 2],
    async run(context) {
      const { signal, option, words: [id = "", who = ""] } = context;
      const options = { signal, password: option("password") };
      await printOne(context, await (await apiOf(context)).setPrivacy(id, who as DatasetPrivacy, options));
    },
  },
  export: {
    usage: "ID",
    words: [1, 1],
    async run(context) {
      const { signal, io, flag, words } = context;
      const api = await apiOf(context);
      const { id } = await api.startExport(words[0] ?? "", { signal });
      const done = await api.waitForExport(id, { signal, onProgress: ({ state }) => io.progress(state) });
      await io.write(flag("json") ? jsonLine(done) : `${done.url ?? ""}\n`);
    },
  },
  delete: {
    usage: "ID",
    words: [1, 1],
    async run(context) {
      await (await apiOf(context)).delete(context.words[0] ?? "", { signal: context.signal });
    },
  },
}, { password: { value: "TEXT", description: "the password, with the privacy password" } });
