import { ArgumentError, CartoError } from "../errors/carto_error.ts";
import { encodeCopyCsv } from "../frame/copy_csv.ts";
import { type FrameInput, toBatches, toGeoDataFrame } from "../frame/from_any.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import { normalizeName } from "../frame/names.ts";
import type { OnBadValue } from "../frame/rows.ts";
import { checkAttempts, checkIfExists, checkWhole, normalTableName, resolvePlatform } from "./_arguments.ts";
import type { Call, Platform, WriteColumn, WriteMode, WriteRequest } from "./_platform.ts";
import { withRowsBefore } from "./_staged_write.ts";
import type { OnFault } from "./_upload_columns.ts";
import { isStream, UploadFrames } from "./_upload_frames.ts";
import type { TableProgress } from "./table_options.ts";
import type { ToCartoInput, ToCartoOptions, ToCartoReport } from "./to_carto_options.ts";

/** The most bytes in one request unless told otherwise. */
const MAX_UPLOAD_SIZE = 2_000_000_000;

/** What `toCarto` does, its options not yet resolved. */
export async function upload(
  data: ToCartoInput,
  tableName: string,
  options: ToCartoOptions = {},
): Promise<ToCartoReport> {
  const table = normalTableName(tableName);
  const settings = resolveOptions(options);
  const platform = await resolvePlatform(options);
  const call: Call = { operation: `upload table "${table}"`, signal: options.signal };
  const remaining = options.skipQuotaWarning === true ? undefined : (await platform.quota(call)).remaining;
  const frames = await openFrames(data, options, call.operation);
  try {
    return await write(platform, frames, { ...call, ...settings, table }, remaining);
  } finally {
    await frames.close();
  }
}

async function write(
  platform: Platform,
  frames: UploadFrames,
  { key, ...settings }: Omit<WriteRequest, "columns" | "batches">,
  remaining: number | undefined,
): Promise<ToCartoReport> {
  const { columns, renamed, warnings } = frames.columns;
  if (remaining !== undefined) checkQuota(frames.whole, columns, remaining, settings.operation);
  const outcome = await platform.write({
    ...settings,
    key: keyColumns(key, columns, settings.operation),
    columns,
    batches: frames,
    onProgress: quotaGuard(remaining, settings.onProgress, settings.operation),
  });
  return { table: settings.table, ...outcome, renamed, warnings: [...warnings, ...outcome.warnings] };
}

/** Options with nothing left open. */
export function resolveOptions(
  options: ToCartoOptions,
): Omit<WriteRequest, "columns" | "batches" | "table" | keyof Call> {
  const format = options.copyFormat ?? "auto";
  if (format !== "auto" && format !== "binary" && format !== "csv") {
    throw new ArgumentError("Cannot use this copyFormat: it must be one of auto, binary, csv", {
      argument: "copyFormat",
    });
  }
  const { gzip } = options;
  const ifExists = checkIfExists(options.ifExists, ["fail", "replace", "append", "upsert"]);
  return {
    ifExists,
    key: checkKey(options.key, ifExists),
    cartodbfy: options.cartodbfy ?? true,
    attempts: checkAttempts(options.retryTimes),
    maxUploadSize: checkWhole(options.maxUploadSize ?? MAX_UPLOAD_SIZE, "maxUploadSize", 1),
    format,
    gzip: gzip === "auto" ? undefined : gzip,
    onProgress: options.onProgress,
  };
}

/** The names of the key's columns as the caller wrote them. */
function checkKey(key: unknown, ifExists: WriteMode): readonly string[] {
  const isUpsert = ifExists === "upsert";
  if (key === undefined && !isUpsert) return [];
  const isList = Array.isArray(key) && key.length > 0 && key.every((name) => typeof name === "string");
  if (isUpsert && isList) return [...new Set(key as string[])];
  throw new ArgumentError(
    isUpsert
      ? "Cannot update rows by key: the key must be a list of column names"
      : 'Cannot use a key: only ifExists "upsert" has one',
    { argument: "key", hint: 'Pass { ifExists: "upsert", key: ["id"] }' },
  );
}

/** The same names as the table has them; a column may be called by its name in the data or in the table. */
export function keyColumns(
  key: readonly string[],
  columns: readonly WriteColumn[],
  operation: string,
): string[] {
  return key.map((given) => {
    const found = columns.find(({ column }) => column === given) ??
      columns.find(({ name }) => name === given) ??
      columns.find(({ name }) => name === normalizeName(given));
    if (found !== undefined) return found.name;
    throw new ArgumentError(`Cannot ${operation}: the data have no column "${given}", which is in the key`, {
      argument: "key",
      hint: `The columns are ${columns.map(({ column }) => `"${column}"`).join(", ")}`,
    });
  });
}

/** The data as frames with planned columns. A check is told of what an upload refuses; an upload throws it. */
export async function openFrames(
  data: ToCartoInput,
  options: ToCartoOptions,
  operation: string,
  faults?: { readonly onFault: OnFault; readonly onBadValue: OnBadValue },
): Promise<UploadFrames> {
  const reading = { types: options.types, onBadValue: faults?.onBadValue };
  const preparing = {
    operation,
    geomCol: options.geomCol,
    indexLabel: indexLabel(options),
    onFault: faults?.onFault,
  };
  if (isStream(data)) {
    return await UploadFrames.ofStream(toBatches(data as AsyncIterable<never>, reading), preparing);
  }
  return UploadFrames.ofFrame(toGeoDataFrame(data as FrameInput, reading), preparing);
}

function indexLabel({ index, indexLabel }: ToCartoOptions): string | undefined {
  if (index !== true) return undefined;
  if (typeof indexLabel === "string" && indexLabel !== "") return indexLabel;
  throw new ArgumentError("Cannot number the rows without a name for their column", {
    argument: "indexLabel",
    hint: 'Pass { index: true, indexLabel: "row" }',
  });
}

/** How many rows tell the size of all. */
const SAMPLE_ROWS = 100;
/** A row takes less room in the database than as text, as CARTO reckons. */
const TEXT_PER_STORED = 1.4;

/** Refuses rows at hand that would not fit into the room left, judged by a sample of them. */
export function checkQuota(
  frame: GeoDataFrame | undefined,
  columns: readonly WriteColumn[],
  remaining: number,
  operation: string,
): void {
  if (frame === undefined || frame.numRows === 0) return;
  const known = columns.filter(({ column }) => frame.hasColumn(column));
  let bytes = 0;
  const sampled = Math.min(SAMPLE_ROWS, frame.numRows);
  for (let i = 0; i < sampled; i++) {
    // Spread over all rows, for their size may follow their order
    const row = Math.floor(i * frame.numRows / sampled);
    bytes += withRowsBefore(row, () => csvBytes(frame.slice(row, row + 1), known));
  }
  const needed = roomFor(bytes * frame.numRows / sampled);
  if (needed > remaining) throw quotaExceeded(operation, remaining, needed);
}

function csvBytes(frame: GeoDataFrame, columns: readonly WriteColumn[]): number {
  let bytes = 0;
  for (const chunk of encodeCopyCsv(frame, columns.map(({ column }) => ({ column })))) bytes += chunk.length;
  return bytes;
}

/** The room in the database for so many bytes of text. */
export function roomFor(bytes: number): number {
  return Math.round(bytes / TEXT_PER_STORED);
}

/** Stops an upload whose rows turn out to need more than the room left. */
export function quotaGuard(
  remaining: number | undefined,
  onProgress: ((progress: TableProgress) => void) | undefined,
  operation: string,
): ((progress: TableProgress) => void) | undefined {
  if (remaining === undefined) return onProgress;
  return (progress) => {
    const needed = roomFor(progress.bytes);
    if (needed > remaining) throw quotaExceeded(operation, remaining, needed);
    onProgress?.(progress);
  };
}

function quotaExceeded(operation: string, remaining: number, needed: number): CartoError {
  return new CartoError(
    "quota-exceeded",
    `Cannot ${operation}: the account has ${remaining} bytes left, and the data need about ${needed}`,
    {
      hint: "Delete tables that are not needed, or pass { skipQuotaWarning: true } to let the server decide",
    },
  );
}
