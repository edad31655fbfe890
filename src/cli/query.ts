import { isSqlQuery } from "../classic/_sql_scan.ts";
import { ClassicClient } from "../classic/client.ts";
import { plain } from "../frame/geojson.ts";
import { readCarto } from "../tables/read_carto.ts";
import type { Command } from "./_command.ts";
import { READ_OPTIONS, readOptions } from "./_read_options.ts";
import { textTable } from "./_text_table.ts";

/** How many rows a person sees unless told otherwise. */
const SHOWN_ROWS = 50;

/** Runs a query; a statement that is none is sent as it is, and what it changed is counted. */
export const query: Command = {
  usage: "SQL [--limit N] [--strategy auto|direct|job] [--csv | --json] [--creds FILE]",
  words: [1, 1],
  options: {
    ...READ_OPTIONS,
    csv: { description: "print CSV" },
  },
  async run(context) {
    const { words, credentials, flag, io, signal } = context;
    const text = words[0] ?? "";
    const who = await credentials();
    if (!isSqlQuery(text)) {
      const { totalRows } = await new ClassicClient(who).sql.query(text, { signal });
      await io.write(flag("json") ? `${JSON.stringify({ totalRows })}\n` : `${totalRows} rows\n`);
      return;
    }
    const frame = await readCarto(text, { ...readOptions(context), credentials: who });
    if (flag("csv")) return await io.write(frame.toCSV());
    if (flag("json")) {
      for (const row of frame) {
        const values = Object.entries(row).map(([name, value]) => [name, plain(value)]);
        await io.write(`${JSON.stringify(Object.fromEntries(values))}\n`);
      }
      return;
    }
    const shown = frame.head(SHOWN_ROWS);
    const names = frame.columnNames;
    await io.write(textTable(names, shown.toRows().map((row) => names.map((name) => row[name]))));
    if (frame.numRows > shown.numRows) {
      await io.warn(`${frame.numRows - shown.numRows} more rows; --csv or --json prints them all`);
    }
  },
};
