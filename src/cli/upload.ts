import { ArgumentError, DataError } from "../errors/mod.ts";
import { GeoDataFrame } from "../frame/geo_data_frame.ts";
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
    "lng": { value: "COLUMN", description: "column of longitudes in a CSV file" },
    "lat": { value: "COLUMN", description: "column of latitudes in a CSV file" },
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
    const who = await credentials();
    const frame = await readFrame(io.path(given), given, option("lng"), option("lat"));
    const report = await toCarto(frame, table, {
      credentials: who,
      ifExists,
      signal,
      onProgress: ({ rows }) =>
        io.progress(`${rows.toLocaleString("en")} of ${frame.numRows.toLocaleString("en")} rows`),
    });
    for (const { from, to } of report.renamed) await io.warn(`column "${from}" is now "${to}"`);
    for (const warning of report.warnings) await io.warn(`warning: ${warning}`);
    await io.write(
      flag("json") ? `${JSON.stringify(report)}\n` : `${report.rows} rows in table "${report.table}"\n`,
    );
  },
};

/** The file as a frame, by its ending; `name` is what the user typed, for messages. */
async function readFrame(
  path: string,
  name: string,
  lng: string | undefined,
  lat: string | undefined,
): Promise<GeoDataFrame> {
  const ending = /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase();
  if (ending !== "csv" && ending !== "geojson" && ending !== "json") {
    throw new ArgumentError(`Cannot read "${name}": its ending is none of .csv, .geojson, .json`, {
      argument: "FILE",
    });
  }
  const bytes = await advise(
    { operation: `read "${name}"`, needs: [{ kind: "read", path: name }] },
    () => Deno.readFile(path),
  );
  if (ending === "csv") {
    const frame = GeoDataFrame.fromCSV(bytes, { file: name });
    return lng === undefined || lat === undefined ? frame : frame.setGeometryFromXY(lng, lat);
  }
  return GeoDataFrame.fromGeoJSON(utf8(bytes, name), { file: name });
}

/** The text of a GeoJSON file, which is UTF-8 by its standard. */
function utf8(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError("The text is not UTF-8", { place: { file }, hint: "Save the file as UTF-8", cause });
  }
}
