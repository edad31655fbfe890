import { GeoDataFrame } from "../frame/mod.ts";
import { toCarto } from "../tables/to_carto.ts";
import type { Command } from "./_command.ts";
import { FILE_OPTIONS, fileInput } from "./_file_input.ts";
import { inFlags } from "./_in_flags.ts";

/** Uploads a file as a table: all of it, or nothing. */
export const upload: Command = {
  usage: "FILE --table NAME [--if-exists fail|replace|append|upsert] [--key COLUMNS] [--creds FILE] [--json]",
  words: [1, 1],
  options: FILE_OPTIONS,
  async run(context) {
    const { credentials, flag, io } = context;
    const { table, options, open } = fileInput(context, "upload");
    const who = await credentials();
    const frames = await open();
    const isWhole = frames instanceof GeoDataFrame;
    if (isWhole) { for (const note of frames.notes) await io.warn(`note: ${inFlags(note)}`); }
    const total = isWhole ? ` of ${frames.numRows.toLocaleString("en")}` : "";
    const report = await toCarto(frames, table, {
      ...options,
      credentials: who,
      onProgress: ({ rows }) => io.progress(`${rows.toLocaleString("en")}${total} rows`),
    });
    for (const { from, to } of report.renamed) await io.warn(`column "${from}" is now "${to}"`);
    for (const warning of report.warnings) await io.warn(`warning: ${warning}`);
    const { rows, inserted, updated } = report;
    const split = inserted === undefined ? "" : ` (${inserted} new, ${updated} updated)`;
    await io.write(
      flag("json") ? `${JSON.stringify(report)}\n` : `${rows} rows in table "${report.table}"${split}\n`,
    );
  },
};
