import type { Column } from "../frame/column.ts";
import type { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { Cast } from "./_finish_sql.ts";
import type { WriteColumn } from "./_platform.ts";
import type { Target, TargetColumn } from "./_target.ts";
import type { Problems } from "./_check_problems.ts";

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
