import { clientOf, jsonLine, withActions } from "./_actions.ts";
import type { Command } from "./_command.ts";
import { vizActions } from "./_viz_actions.ts";

const { list, show, rename, privacy, delete: remove } = vizActions((client) => client.visualizations, "ID");

/** The maps that were made in the dashboard. */
export const visualizations: Command = withActions({
  list,
  show,
  rename,
  privacy,
  export: {
    usage: "ID",
    words: [1, 1],
    async run(context) {
      const { signal, io, flag, words: [map = ""] } = context;
      const { visualizations } = await clientOf(context);
      const { id } = await visualizations.startExport(map, { signal });
      const done = await visualizations.waitForExport(id, {
        signal,
        onProgress: ({ state }) => io.progress(state),
      });
      await io.write(flag("json") ? jsonLine(done) : `${done.url ?? ""}\n`);
    },
  },
  delete: remove,
}, { password: { value: "TEXT", description: "the password, with the privacy password" } });
