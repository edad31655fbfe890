import { ArgumentError } from "../errors/carto_error.ts";
import { clientOf, jsonLine, withActions } from "./_actions.ts";
import type { Command } from "./_command.ts";
import { connectorOr, IMPORT_OPTIONS, importOptions } from "./_import_options.ts";
import { wholeNumber } from "./_options.ts";
import { textTable } from "./_text_table.ts";

/** Tables that CARTO reads again and again from an address or another database. */
export const sync: Command = withActions({
  list: {
    usage: "",
    words: [0, 0],
    async run(context) {
      const { io, signal, flag } = context;
      const all = await Array.fromAsync((await clientOf(context)).syncTables.list({ signal }));
      if (flag("json")) return await io.write(jsonLine(all));
      const rows = all.map(({ id, name, state, interval, ran_at }) => [id, name, state, interval, ran_at]);
      await io.write(textTable(["id", "table", "state", "seconds", "last run"], rows));
    },
  },
  create: {
    usage: "URL|--connector FILE --every SECONDS [--privacy WHO] [--no-guessing]",
    words: [0, 1],
    async run(context) {
      const { words, io, signal, flag } = context;
      const interval = wholeNumber(context, "every", { least: 900 });
      if (interval === undefined) {
        throw new ArgumentError("Cannot tell how often the table is to be read", {
          argument: "every",
          hint: "Add --every SECONDS, 900 at least",
        });
      }
      const options = { ...importOptions(context), interval, signal };
      const source = await connectorOr(context, words[0]);
      const api = (await clientOf(context)).syncTables;
      const { id } = await api.create("given" in source ? { url: source.given } : source, options);
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
      const api = (await clientOf(context)).syncTables;
      await api.syncNow(id, { signal });
      const done = await api.waitFor(id, { signal, onProgress: ({ state }) => io.progress(state) });
      await io.write(flag("json") ? jsonLine(done) : `${done.state}\n`);
    },
  },
  delete: {
    usage: "ID",
    words: [1, 1],
    async run(context) {
      await (await clientOf(context)).syncTables.delete(context.words[0] ?? "", { signal: context.signal });
    },
  },
}, {
  every: { value: "SECONDS", description: "seconds between two runs, 900 at least" },
  ...IMPORT_OPTIONS,
});
