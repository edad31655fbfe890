import { CartoError } from "../errors/mod.ts";
import { encodeCopyCsv } from "../frame/copy_csv.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { WriteColumn } from "./_platform.ts";
import type { TableProgress } from "./table_options.ts";

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
    for (const chunk of encodeCopyCsv(frame.slice(row, row + 1), known.map(({ column }) => ({ column })))) {
      bytes += chunk.length;
    }
  }
  const needed = Math.round(bytes * frame.numRows / sampled / TEXT_PER_STORED);
  if (needed > remaining) throw quotaExceeded(operation, remaining, needed);
}

/** Stops an upload whose rows turn out to need more than the room left. */
export function quotaGuard(
  remaining: number | undefined,
  onProgress: ((progress: TableProgress) => void) | undefined,
  operation: string,
): ((progress: TableProgress) => void) | undefined {
  if (remaining === undefined) return onProgress;
  return (progress) => {
    const needed = Math.round(progress.bytes / TEXT_PER_STORED);
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
