import { ArgumentError, CartoError } from "../errors/mod.ts";
import { GeoDataFrame, readFile, readFileBatches, type ReadFileOptions } from "../frame/mod.ts";
import { advise } from "../permissions/mod.ts";
import { toCarto } from "../tables/to_carto.ts";
import type { Command } from "./_command.ts";

const IF_EXISTS = ["fail", "replace", "append"] as const;

/** Uploads a file as a table: all of it, or nothing. */
export const upload: Command = {
  usage: "FILE --table NAME [--if-exists fail|replace|append] [--creds FILE] [--json]",
  words: [1, 1],
  options: {
    table: { value: "NAME", description: "name of the table in CARTO" },
    "if-exists": { value: "WHAT", description: "fail (default), replace or append" },
    "lng": { value: "COLUMN", description: "column of longitudes, for a file without geometry" },
    "lat": { value: "COLUMN", description: "column of latitudes, for a file without geometry" },
    "geometry": { value: "COLUMN", description: "column of geometries in a CSV file (WKT, EWKT, EWKB)" },
    "layer": { value: "NAME", description: "which layer of a GeoPackage or archive" },
    "srid": { value: "NUMBER", description: "EPSG number of the file's coordinate system, if it tells none" },
    "encoding": { value: "NAME", description: "encoding of a CSV file or Shapefile, such as latin1" },
    "delimiter": { value: "CHARACTER", description: "what stands between the fields of a CSV file" },
    "decimal-comma": { description: "read 1,5 in a CSV file as a number" },
  },
  async run({ words, credentials, option, flag, io, signal }) {
    const given = words[0] ?? "";
    const table = option("table");
    if (table === undefined) {
      throw new ArgumentError("Cannot upload without a table name", {
        argument: "table",
        hint: "Add --table NAME",
      });
    }
    const ifExists = IF_EXISTS.find((word) => word === (option("if-exists") ?? "fail"));
    if (ifExists === undefined) {
      throw new ArgumentError(
        `Cannot use --if-exists ${option("if-exists")}: it takes ${IF_EXISTS.join(", ")}`,
      );
    }
    const options: ReadFileOptions = {
      name: given,
      layer: option("layer"),
      srid: sridOf(option("srid")),
      geometryColumn: option("geometry"),
      encoding: option("encoding"),
      delimiter: option("delimiter"),
      decimalComma: flag("decimal-comma"),
      reproject: true,
      signal,
    };
    const [lng, lat] = [option("lng"), option("lat")];
    const place = (frame: GeoDataFrame) =>
      lng === undefined || lat === undefined ? frame : frame.setGeometryFromXY(lng, lat);
    const who = await credentials();
    const frames = await framesOf(io.path(given), options);
    const isWhole = frames instanceof GeoDataFrame;
    if (isWhole) { for (const note of frames.notes) await io.warn(`note: ${note}`); }
    const total = isWhole ? ` of ${frames.numRows.toLocaleString("en")}` : "";
    const report = await toCarto(isWhole ? place(frames) : located(frames, place), table, {
      credentials: who,
      ifExists,
      signal,
      onProgress: ({ rows }) => io.progress(`${rows.toLocaleString("en")}${total} rows`),
    });
    for (const { from, to } of report.renamed) await io.warn(`column "${from}" is now "${to}"`);
    for (const warning of report.warnings) await io.warn(`warning: ${warning}`);
    await io.write(
      flag("json") ? `${JSON.stringify(report)}\n` : `${report.rows} rows in table "${report.table}"\n`,
    );
  },
};

/** Files larger than this are read while they are sent; smaller ones are held, so that a broken upload can go on. */
const HELD_BYTES = 67_108_864;

/** The file as a frame, or in batches; `name` is what the user typed, for messages. */
async function framesOf(
  path: string,
  options: ReadFileOptions,
): Promise<GeoDataFrame | AsyncIterable<GeoDataFrame>> {
  const { size } = await advise(
    { operation: `read "${options.name}"`, needs: [{ kind: "read", path: options.name ?? path }] },
    () => statOf(path, options.name ?? path),
  );
  return size > HELD_BYTES ? readFileBatches(path, options) : await readFile(path, options);
}

async function statOf(path: string, name: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CartoError("not-found", `Cannot read "${name}": there is no such file`, { cause: error });
  }
}

/** Batches with points made of two columns, where that is wanted. */
async function* located(
  frames: AsyncIterable<GeoDataFrame>,
  place: (frame: GeoDataFrame) => GeoDataFrame,
): AsyncGenerator<GeoDataFrame, void> {
  for await (const frame of frames) yield place(frame);
}

/** The number of a coordinate system, as typed. */
function sridOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const srid = Number(text.replace(/^EPSG:/i, ""));
  if (Number.isInteger(srid) && srid > 0) return srid;
  throw new ArgumentError(`Cannot use --srid ${text}: it is no EPSG number`, {
    argument: "srid",
    hint: "Example: --srid 25830",
  });
}
