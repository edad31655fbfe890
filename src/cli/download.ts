import { type FileFormat, type GeoDataFrame, writeFile } from "../frame/mod.ts";
import { readCartoBatches } from "../tables/read_carto_batches.ts";
import type { Command } from "./_command.ts";
import { choice } from "./_options.ts";
import { READ_OPTIONS, readOptions } from "./_read_options.ts";

const FORMATS: readonly FileFormat[] = [
  "csv",
  "geojson",
  "ndjson",
  "geojsonseq",
  "parquet",
  "arrow",
  "arrow-stream",
];

/** Downloads a table, or the rows of a query, into a file: all of it, or nothing. */
export const download: Command = {
  usage:
    "TABLE|SQL FILE [--format FORMAT] [--strategy auto|direct|job] [--page-rows N] [--creds FILE] [--json]",
  words: [2, 2],
  options: {
    format: { value: "FORMAT", description: `${FORMATS.join(", ")}; default: by the ending` },
    ...READ_OPTIONS,
  },
  async run(context) {
    const { words, credentials, flag, io, signal } = context;
    const [source = "", name = ""] = words;
    const format = choice(context, "format", FORMATS);
    const frames: AsyncIterable<GeoDataFrame> = readCartoBatches(source, {
      ...readOptions(context),
      credentials: await credentials(),
      onProgress({ phase }) {
        if (phase === "query") io.progress("The batch job runs …");
      },
    });
    const notes: string[] = [];
    const report = await writeFile(frames, io.path(name), {
      name,
      format,
      signal,
      onNote: (text) => notes.push(text),
      onProgress: ({ rows }) => io.progress(`${rows.toLocaleString("en")} rows`),
    });
    for (const note of notes) await io.warn(`warning: ${note}`);
    await io.write(
      flag("json")
        ? `${JSON.stringify({ file: name, rows: report.rows })}\n`
        : `${report.rows} rows in "${name}"\n`,
    );
  },
};
