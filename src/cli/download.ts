import { ArgumentError } from "../errors/mod.ts";
import { type FileFormat, type GeoDataFrame, writeFile } from "../frame/mod.ts";
import { readCartoBatches } from "../tables/read_carto_batches.ts";
import type { Command } from "./_command.ts";

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
  usage: "TABLE|SQL FILE [--format FORMAT] [--creds FILE] [--json]",
  words: [2, 2],
  options: {
    format: { value: "FORMAT", description: `${FORMATS.join(", ")}; default: by the ending` },
  },
  async run({ words, credentials, option, flag, io, signal }) {
    const [source = "", name = ""] = words;
    const wanted = option("format");
    const format = FORMATS.find((each) => each === wanted);
    if (wanted !== undefined && format === undefined) {
      throw new ArgumentError(`Cannot use --format ${wanted}: it takes ${FORMATS.join(", ")}`);
    }
    const options = { credentials: await credentials(), signal };
    const frames: AsyncIterable<GeoDataFrame> = readCartoBatches(source, {
      ...options,
      batchRows: 65_536,
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
