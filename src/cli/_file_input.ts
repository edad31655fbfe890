import { ArgumentError, CartoError } from "../errors/carto_error.ts";
import {
  GeoDataFrame,
  type OnBadValue,
  readFile,
  readFileBatches,
  type ReadFileOptions,
} from "../frame/mod.ts";
import { isColumnType } from "../frame/pg_types.ts";
import type { ColumnType } from "../frame/types.ts";
import { advise } from "../permissions/mod.ts";
import type { CheckUploadOptions } from "../tables/check_upload_report.ts";
import type { CommandContext, CommandOption } from "./_command.ts";
import { choice, list, TIMEOUT, transportOf, wholeNumber } from "./_options.ts";

const IF_EXISTS = ["fail", "replace", "append", "upsert"] as const;

/** The options of commands that take a file for a table. */
export const FILE_OPTIONS: Readonly<Record<string, CommandOption>> = {
  table: { value: "NAME", description: "name of the table in CARTO" },
  "if-exists": { value: "WHAT", description: "fail (default), replace, append or upsert" },
  key: { value: "COLUMNS", description: "the columns by which upsert tells rows apart, with commas between" },
  lng: { value: "COLUMN", description: "column of longitudes, for a file without geometry" },
  lat: { value: "COLUMN", description: "column of latitudes, for a file without geometry" },
  geometry: { value: "COLUMN", description: "column of geometries in a CSV file (WKT, EWKT, EWKB)" },
  layer: { value: "NAME", description: "which layer of a GeoPackage or archive" },
  srid: { value: "NUMBER", description: "EPSG number of the file's coordinate system, if it tells none" },
  encoding: { value: "NAME", description: "encoding of a CSV file or Shapefile, such as latin1" },
  delimiter: { value: "CHARACTER", description: "what stands between the fields of a CSV file" },
  "decimal-comma": { description: "read 1,5 in a CSV file as a number" },
  crs: { value: "TEXT", description: "the file's coordinate system as WKT or PROJ text, if it tells none" },
  types: { value: "LIST", description: "types that are not to be guessed: zip=text,price=numeric" },
  "no-cartodbfy": { description: "make a plain table, which CARTO neither lists nor draws" },
  "skip-quota-warning": { description: "do not ask first whether the account has room for the rows" },
  retries: { value: "N", description: "attempts in all when the server is busy (default: 3)" },
  ...TIMEOUT,
};

/** What a command is to do with which file. */
export interface FileInput {
  readonly table: string;
  /** How the upload is made. */
  readonly options: Pick<
    CheckUploadOptions,
    "ifExists" | "key" | "cartodbfy" | "skipQuotaWarning" | "retryTimes" | "signal" | "transport"
  >;
  /** Opens the file: as a frame, or in batches where it is large. */
  open(onBadValue?: OnBadValue): Promise<GeoDataFrame | AsyncIterable<GeoDataFrame>>;
}

/** Reads the words and options of a command that takes a file for a table; `action` is for messages. */
export function fileInput(context: CommandContext, action: string): FileInput {
  const { words, option, flag, io, signal } = context;
  const given = words[0] ?? "";
  const table = option("table");
  if (table === undefined) {
    throw new ArgumentError(`Cannot ${action} without a table name`, {
      argument: "table",
      hint: "Add --table NAME",
    });
  }
  const options: ReadFileOptions = {
    name: given,
    layer: option("layer"),
    srid: sridOf(option("srid")),
    crs: option("crs"),
    types: typesOf(list(context, "types")),
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
  return {
    table,
    options: {
      ifExists: choice(context, "if-exists", IF_EXISTS),
      key: list(context, "key"),
      cartodbfy: !flag("no-cartodbfy"),
      skipQuotaWarning: flag("skip-quota-warning"),
      retryTimes: wholeNumber(context, "retries", { least: 1 }),
      signal,
      transport: transportOf(context),
    },
    async open(onBadValue) {
      const frames = await framesOf(io.path(given), { ...options, onBadValue });
      return frames instanceof GeoDataFrame ? place(frames) : located(frames, place);
    },
  };
}

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

/** Types of columns, as typed: `zip=text`. */
function typesOf(parts: readonly string[] | undefined): Readonly<Record<string, ColumnType>> | undefined {
  if (parts === undefined) return undefined;
  return Object.fromEntries(parts.map((part) => {
    const at = part.lastIndexOf("=");
    const [name, type] = [part.slice(0, Math.max(0, at)), part.slice(at + 1)];
    if (name !== "" && isColumnType(type) && !type.startsWith("geo")) return [name, type];
    throw new ArgumentError(`Cannot use --types ${part}: it takes names of columns with their types`, {
      argument: "types",
      hint:
        "Example: --types zip=text,price=numeric; types are those of PostgreSQL, such as int8 or timestamptz",
    });
  }));
}
