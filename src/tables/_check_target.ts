import { CartoError } from "../errors/carto_error.ts";
import type { Column } from "../frame/column.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { Problems } from "./_check_report.ts";
import { type Cast, fullTypeName } from "./_finish_sql.ts";
import type { WriteColumn } from "./_platform.ts";
import type { Target, TargetColumn } from "./_target.ts";
import { checkTarget, planWrite, SYSTEM_COLUMNS, type WriteIntent } from "./_write_plan.ts";
import type { CheckUploadTable } from "./check_upload_report.ts";

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

/** The least and greatest of the whole-number types. */
const RANGES: Readonly<Record<string, readonly [least: bigint, greatest: bigint]>> = {
  int2: [-(2n ** 15n), 2n ** 15n - 1n],
  int4: [-(2n ** 31n), 2n ** 31n - 1n],
  int8: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** A column whose values must be whole numbers of a range. */
interface WholeColumn {
  readonly column: string;
  readonly wanted: string;
  readonly least: bigint;
  readonly greatest: bigint;
}

/** Checks values that the present table would not hold as they are. */
export class ValueCheck {
  readonly #whole: readonly WholeColumn[];
  readonly #problems: Problems;

  /** Tells at once of conversions that only the database can make. */
  constructor(
    target: Target,
    columns: readonly WriteColumn[],
    casts: readonly (Cast | undefined)[],
    problems: Problems,
  ) {
    this.#problems = problems;
    this.#whole = columns.flatMap((column, i) => {
      const old = target.columns?.find(({ name }) => name === column.name);
      return old === undefined || casts[i] === undefined ? [] : this.#wholeOrTold(column, old, casts[i]);
    });
  }

  #wholeOrTold({ column, type }: WriteColumn, old: TargetColumn, cast: Cast): WholeColumn[] {
    const wanted = old.sqlType ?? old.type;
    const range = RANGES[old.type];
    const isNumber = /^(?:int[248]|float[48])$/.test(type);
    if (cast.misfit !== undefined && range !== undefined && isNumber) {
      return [{ column, wanted, least: range[0], greatest: range[1] }];
    }
    const isRead = type === "text" && !/^(?:text|varchar|bpchar|name|citext)$/.test(old.type);
    if (cast.misfit !== undefined || isRead) {
      this.#problems.warn(
        "not-compared",
        `The values become ${wanted} in the database: one that does not fit refuses the upload`,
        {
          column,
        },
      );
    }
    return [];
  }

  /** Looks at the rows of a frame. */
  see(frame: GeoDataFrame, rowsBefore: number): void {
    for (const whole of this.#whole) this.#see(frame.column(whole.column), whole, frame, rowsBefore);
  }

  #see(
    column: Column,
    { wanted, least, greatest }: WholeColumn,
    frame: GeoDataFrame,
    rowsBefore: number,
  ): void {
    let row = 0;
    for (const value of column) {
      const at = row++;
      if (value === null || fits(value as number | bigint, least, greatest)) continue;
      const { line } = frame.placeOf(at);
      this.#problems.add({
        severity: "error",
        code: "bad-value",
        refused: true,
        row: rowsBefore + at + 1,
        ...(line === undefined ? {} : { line }),
        column: column.name,
        message: `${value} does not fit ${wanted} without a change`,
        hint: "Convert the values before, or change the type of the column in the table",
      });
    }
  }
}

function fits(value: number | bigint, least: bigint, greatest: bigint): boolean {
  if (typeof value === "number" && !Number.isInteger(value)) return false;
  const whole = BigInt(value);
  return whole >= least && whole <= greatest;
}

/** Tells of nulls in columns of the table that take none; those of a key are told by their rows. */
export function checkNulls(
  target: Target,
  columns: readonly WriteColumn[],
  nulls: readonly number[],
  key: readonly string[],
  problems: Problems,
): void {
  columns.forEach(({ column, name }, i) => {
    const count = nulls[i] ?? 0;
    const old = target.columns?.find((each) => each.name === name);
    if (count === 0 || old?.notNull !== true || name === "cartodb_id" || key.includes(name)) return;
    problems.add({
      severity: "error",
      code: "null-value",
      refused: true,
      column,
      message: `${count} ${count === 1 ? "row has" : "rows have"} no value, and the table wants one`,
      hint: "Give each row a value, or leave those rows out",
    });
  });
}
