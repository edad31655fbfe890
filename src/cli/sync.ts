import { ClassicClient } from "../classic/client.ts";
import { ArgumentError } from "../errors/mod.ts";
import { jsonLine, withActions } from "./_actions.ts";
import type { Command, CommandContext } from "./_command.ts";
import { textTable } from "./_text_table.ts";

/** The API for a command. */
async function apiOf({ credentials }: CommandContext) {
  return new ClassicClient(await credentials()).syncTables;
}

/** Tables that CARTO reads again and again from an address. */
export const sync: Command = withActions({
  list: {
    usage: "",
    words: [0, 0],
    async run(context) {
      const { io, signal, flag } = context;
      const all = await Array.fromAsync((await apiOf(context)).list({ signal }));
      if (flag("json")) return await io.write(jsonLine(all));
      const rows = all.map(({ id, name, state, interval, ran_at }) => [id, name, state, interval, ran_at]);
      await io.write(textTable(["id", "table", "state", "seconds", "last run"], rows));
    },
  },
  create: {
    usage: "URL --every SECONDS",
    words: [1, 1],
    async run(context) {
      const { words, option, io, signal, flag } = context;
      const every = option("every");
      if (every === undefined || !/^\d+$/.test(every)) {
        throw new ArgumentError("Cannot tell how often: --every takes seconds, 900 at least", {
          argument: "every",
        });
      }
      const api = await apiOf(context);
      const { id } = await api.create({ url: words[0] ?? "" }, { interval: Number(every), signal });
      const made = await api.waitFor(id, { signal, onProgress: ({ state }) => io.progress(state) });
      await io.write(flag("json") ? jsonLine(made) : `${id} table "${made.name ?? "?"}"\n`);
    },
  },
  run: {
    usage: "ID",
    words: [1, 1],
    async run(context) {
      const { words, io, signal, flag } = context;
      const [id = ""] = words;
      const api = await apiOf(context);
      await api.syncNow(id, { signal });
      const done = await api.waitFor(id, { signal, onProgress: ({ state }) => io.progress(state) });
      await io.write(flag("json") ? jsonLine(done) : `${done.state}\n`);
    },
  },
  delete: {
    usage: "ID",
    words: [1, 1],
    async run(context) {
      await (await apiOf(context)).delete(context.words[0] ?? "", { signal: context.signal });
    },
  },
}, { every: { value: "SECONDS", description: "seconds between two runs, 900 at least" } });
