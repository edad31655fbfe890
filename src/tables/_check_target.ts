import { CartoError } from "../errors/mod.ts";
import type { Cast } from "./_finish_sql.ts";
import { fullTypeName } from "./_finish_sql.ts";
import type { WriteColumn } from "./_platform.ts";
import type { Target } from "./_target.ts";
import { checkTarget, planWrite, SYSTEM_COLUMNS, type WriteIntent } from "./_write_plan.ts";
import type { Problems } from "./_check_problems.ts";
import type { CheckUploadTable } from "./check_upload.ts";

/** How the present table goes with the data. */
export interface TargetLook {
  readonly table: CheckUploadTable;
  /** How the values of each column get into the table; undefined where that is not known, or needs nothing. */
  readonly casts: readonly (Cast | undefined)[];
}

/** Compares the planned columns with the table that has the name now, by the upload's own plan. */
export function lookAtTable(
  target: Target,
  columns: readonly WriteColumn[],
  intent: WriteIntent,
  problems: Problems,
): TargetLook {
  const standing = target.columns ?? [];
  const names = new Set(standing.map(({ name }) => name));
  const given = new Set(columns.map(({ name }) => name));
  const table: CheckUploadTable = {
    exists: target.columns !== undefined,
    columns: standing.map(({ name, type, sqlType }) => ({ name, type: sqlType ?? fullTypeName(type) })),
    missing: target.columns === undefined ? [] : [...given].filter((name) => !names.has(name)),
    extra: [...names].filter((name) => !given.has(name) && !SYSTEM_COLUMNS.includes(name)),
  };
  const nothing = { table, casts: [] };
  const isThere = refused(() => checkTarget(target, intent));
  if (isThere !== undefined) {
    problems.refuse(isThere.code === "already-exists" ? "table-exists" : "table-conflict", isThere);
    return nothing;
  }
  const fits = columns.filter((column) => fitsAlone(column, target, intent, problems));
  // A replacement would take those left out for columns to drop
  if (fits.length < columns.length && intent.ifExists === "replace") return nothing;
  try {
    const plan = planWrite(target, fits, intent);
    for (const warning of plan.warnings) problems.warn("table-note", warning);
    return fits.length < columns.length ? nothing : { table, casts: plan.casts };
  } catch (error) {
    if (!(error instanceof CartoError)) throw error;
    problems.refuse("table-conflict", error);
    return nothing;
  }
}

/** Whether one column goes with its counterpart; tells where it does not. */
function fitsAlone(
  column: WriteColumn,
  target: Target,
  intent: WriteIntent,
  problems: Problems,
): boolean {
  if (target.columns === undefined) return true;
  const old = target.columns.filter(({ name }) => name === column.name);
  const isMissing = old.length === 0;
  const error = refused(() => planWrite({ ...target, columns: old }, [column], { ...intent, key: [] }));
  if (error === undefined) return true;
  problems.refuse(isMissing ? "missing-column" : "column-type", error, {
    column: column.column,
    ...(isMissing
      ? { hint: `The table has ${target.columns.map(({ name }) => `"${name}"`).join(", ")}` }
      : {}),
  });
  return false;
}

function refused(task: () => unknown): CartoError | undefined {
  try {
    task();
    return undefined;
  } catch (error) {
    if (error instanceof CartoError) return error;
    throw error;
  }
}
