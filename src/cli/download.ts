import { ArgumentError } from "../errors/mod.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { readCarto } from "../tables/read_carto.ts";
import { readCartoBatches } from "../tables/read_carto_batches.ts";
import type { Command } from "./_command.ts";
import { writeOutput } from "./_output_file.ts";

/** How each ending is written. */
const FORMATS: Readonly<Record<string, (frames: AsyncIterable<GeoDataFrame>) => AsyncIterable<Uint8Array>>> =
  {
    csv: csvChunks,
    geojson: geoJsonChunks,
    json: geoJsonChunks,
  };

/** Downloads a table, or the rows of a query, into a file. */
export const download: Command = {
  usage: "TABLE|SQL FILE [--creds FILE] [--json]",
  words: [2, 2],
  options: {},
  async run({ words, credentials, flag, io, signal }) {
    const [source = "", name = ""] = words;
    const ending = /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
    const format = FORMATS[ending];
    if (format === undefined && ending !== "arrow") {
      throw new ArgumentError(`Cannot write "${name}": its ending is none of .csv, .geojson, .json, .arrow`, {
        argument: "FILE",
      });
    }
    const options = { credentials: await credentials(), signal };
    let rows = 0;
    const count = (frame: GeoDataFrame) => {
      rows += frame.numRows;
      io.progress(`${rows.toLocaleString("en")} rows`);
      return frame;
    };
    const chunks = format === undefined
      ? arrowChunks(async () => count(await readCarto(source, options)))
      : format(counted(readCartoBatches(source, options), count));
    await writeOutput(io.path(name), name, chunks);
    await io.write(
      flag("json") ? `${JSON.stringify({ file: name, rows })}\n` : `${rows} rows in "${name}"\n`,
    );
  },
};

/** The frames as they pass. */
async function* counted(
  frames: AsyncIterable<GeoDataFrame>,
  count: (frame: GeoDataFrame) => GeoDataFrame,
): AsyncGenerator<GeoDataFrame, void> {
  for await (const frame of frames) yield count(frame);
}

/** CSV with one header. */
async function* csvChunks(frames: AsyncIterable<GeoDataFrame>): AsyncGenerator<Uint8Array, void> {
  let header = true;
  for await (const frame of frames) {
    yield* frame.toCSVChunks({ header });
    header = false;
  }
}

/** One FeatureCollection, a feature a line. */
async function* geoJsonChunks(frames: AsyncIterable<GeoDataFrame>): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  let separator = '{"type":"FeatureCollection","features":[\n';
  for await (const frame of frames) {
    for (const feature of frame.toGeoJSON().features) {
      yield encoder.encode(separator + JSON.stringify(feature));
      separator = ",\n";
    }
  }
  yield encoder.encode(separator === ",\n" ? "\n]}\n" : `${separator}]}\n`);
}

/** An Arrow file holds its lengths first, so it is written whole. */
async function* arrowChunks(read: () => Promise<GeoDataFrame>): AsyncGenerator<Uint8Array, void> {
  yield (await read()).toArrowIPC();
}
