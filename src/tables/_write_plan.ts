import { sql } from "../classic/sql_text.ts";
import { AlreadyExistsError, ArgumentError } from "../errors/mod.ts";
import { type Cast, castTo, fullTypeName } from "./_finish_sql.ts";
import type { IfExists } from "./table_options.ts";
import type { Target, TargetColumn } from "./_target.ts";

/** Columns that CARTO itself needs in a table; a replacement leaves them where they are. */
export const SYSTEM_COLUMNS: readonly string[] = ["cartodb_id", "the_geom", "the_geom_webmercator"];

/** A column of the rows that are to be written. */
export interface PlanColumn {
  /** Its name, in the staging table and in the target. */
  readonly name: string;
  /** The short name of its type, such as `int8`. */
  readonly type: string;
  /** The type as SQL writes it, such as `geometry(Geometry,4326)`. */
  readonly sqlType: string;
}

/** What is to be written where. */
export interface WriteIntent {
  /** What is done, for messages. */
  readonly operation: string;
  readonly table: string;
  readonly ifExists: IfExists;
  readonly cartodbfy: boolean;
}

/** How the rows get from the staging table to where they are to be. */
export interface WritePlan {
  readonly kind: "create" | "replace" | "append";
  /** One for each column; none for a new table. */
  readonly casts: readonly Cast[];
  /** What to change in the columns of a table that is replaced. */
  readonly alterations: readonly string[];
  readonly cartodbfy: boolean;
  readonly warnings: readonly string[];
}

/** Refuses a target that rules the write out whatever its columns: known before any row is made. */
export function checkTarget(target: Target, { ifExists, table, operation }: WriteIntent): void {
  if (target.columns === undefined) return;
  if (ifExists === "fail") throw nameClash(operation, target.schema, table);
  if (target.kind !== "table") {
    throw new ArgumentError(`Cannot ${operation}: "${table}" is a ${target.kind}`, { argument: "tableName" });
  }
}

/** Decides how the rows get into the target, or says why they cannot. */
export function planWrite(target: Target, columns: readonly PlanColumn[], intent: WriteIntent): WritePlan {
  checkTarget(target, intent);
  if (target.columns === undefined) {
    return { kind: "create", casts: [], alterations: [], cartodbfy: intent.cartodbfy, warnings: [] };
  }
  const plan = intent.ifExists === "append" ? planAppend : planReplace;
  return plan(target.columns, columns, intent);
}

/** The error for a name that is taken. */
export function nameClash(
  operation: string,
  schema: string,
  table: string,
  option = "ifExists",
): AlreadyExistsError {
  return new AlreadyExistsError(
    `Cannot ${operation}: "${schema}.${table}" already exists in your CARTO account`,
    {
      hint: `Choose another name, or pass { ${option}: "replace" } to overwrite it`,
    },
  );
}

function planAppend(
  standing: readonly TargetColumn[],
  columns: readonly PlanColumn[],
  intent: WriteIntent,
): WritePlan {
  const { operation } = intent;
  const byName = new Map(standing.map((column) => [column.name, column]));
  const missing = columns.filter(({ name }) => !byName.has(name)).map(({ name }) => name);
  if (missing.length > 0) {
    throw new ArgumentError(`Cannot ${operation}: the table has no ${columnList(missing)}`, {
      argument: "data",
      hint: `It has ${columnList(standing.map(({ name }) => name))}`,
    });
  }
  const given = new Set(columns.map(({ name }) => name));
  const needed = standing.filter((column) =>
    !given.has(column.name) && column.notNull && !column.hasDefault && !column.isGenerated
  );
  if (needed.length > 0) {
    throw new ArgumentError(
      `Cannot ${operation}: the data lack ${
        columnList(needed.map(({ name }) => name))
      }, which the table needs`,
      { argument: "data" },
    );
  }
  const casts = columns.map((column) => castFor(column, byName.get(column.name) as TargetColumn, operation));
  const left = standing.filter(({ name, isGenerated }) =>
    !given.has(name) && !isGenerated && !SYSTEM_COLUMNS.includes(name)
  );
  return {
    kind: "append",
    casts,
    alterations: [],
    cartodbfy: false,
    warnings: [
      ...casts.flatMap(({ warning }) => warning ?? []),
      ...unseenLimits(columns, byName),
      ...left.map(({ name, hasDefault }) =>
        `Column "${name}" of the table is not in the data: new rows have ${
          hasDefault ? "its default" : "null"
        } there`
      ),
    ],
  };
}

/** Types that can be narrowed so that PostgreSQL rounds what does not fit, and says nothing. */
const ROUNDED: readonly string[] = ["numeric", "time", "timetz", "timestamp", "timestamptz", "interval"];

/** What to say of columns whose limits could not be looked up. */
function unseenLimits(columns: readonly PlanColumn[], standing: ReadonlyMap<string, TargetColumn>): string[] {
  return columns
    .filter(({ name }) =>
      standing.get(name)?.sqlType === undefined && ROUNDED.includes(standing.get(name)?.type ?? "")
    )
    .map(({ name }) =>
      `This key may not see how many digits column "${name}" keeps: values may have been rounded to them`
    );
}

function castFor(column: PlanColumn, standing: TargetColumn, operation: string): Cast {
  const wanted = standing.sqlType ?? fullTypeName(standing.type);
  const cast = standing.isGenerated ? undefined : castTo(sql.id(column.name).text, column.type, standing);
  if (cast === undefined) {
    const why = standing.isGenerated
      ? "is computed by the database"
      : `is ${wanted}, and the data have ${column.sqlType}`;
    throw new ArgumentError(`Cannot ${operation}: column "${column.name}" of the table ${why}`, {
      argument: "data",
      hint: standing.isGenerated ? "Leave the column out" : `Convert the column to ${wanted} before`,
    });
  }
  checkDimensions(column, standing, operation);
  return cast;
}

/** A geometry column of two dimensions refuses heights, and the other way round. */
function checkDimensions(column: PlanColumn, standing: TargetColumn, operation: string): void {
  const kind = (sqlType: string | undefined) => /^geometry\(\w+?(Z?M?)(?:,|\))/.exec(sqlType ?? "")?.[1];
  const [given, wanted] = [kind(column.sqlType), kind(standing.sqlType)];
  if (given === undefined || wanted === undefined || given === wanted) return;
  const words = (dimensions: string) =>
    dimensions === "" ? "x and y only" : `x, y and ${[...dimensions.toLowerCase()].join(", ")}`;
  throw new ArgumentError(
    `Cannot ${operation}: column "${column.name}" of the table holds ${words(wanted)}, and the data have ${
      words(given)
    }`,
    { argument: "data" },
  );
}

function planReplace(
  standing: readonly TargetColumn[],
  columns: readonly PlanColumn[],
  intent: WriteIntent,
): WritePlan {
  const { operation } = intent;
  const byName = new Map(standing.map((column) => [column.name, column]));
  const given = new Set(columns.map(({ name }) => name));
  const dropped = standing.filter(({ name }) => !given.has(name) && !SYSTEM_COLUMNS.includes(name));
  const changed: TargetColumn[] = [];
  const casts: Cast[] = [];
  const alterations = dropped.map(({ name }) => `DROP COLUMN ${sql.id(name)}`);
  for (const column of columns) {
    const name = sql.id(column.name).text;
    const old = byName.get(column.name);
    if (old === undefined) {
      alterations.push(`ADD COLUMN ${name} ${column.sqlType}`);
    } else if (isSame(column, old)) {
      casts.push(castFor(column, old, operation));
      continue;
    } else {
      changed.push(old);
      alterations.push(...retype(old, name, column.sqlType));
    }
    casts.push({ expression: name });
  }
  refuseNeeded([...dropped, ...changed], operation);
  const isConverted = SYSTEM_COLUMNS.every((name) => byName.has(name));
  const views = [...new Set(standing.flatMap((column) => column.views))];
  const cartodbfy = intent.cartodbfy && !isConverted;
  return {
    kind: "replace",
    casts,
    alterations,
    // The conversion makes the table anew, which views would not follow
    cartodbfy: cartodbfy && views.length === 0,
    warnings: cartodbfy && views.length > 0
      ? [
        `The table was not made a CARTO table: ${viewList(views)} need${
          views.length === 1 ? "s" : ""
        } it as it is`,
      ]
      : [],
  };
}

/** Whether a standing column can take the data's values as they are; what is narrowed is checked value by value. */
function isSame(column: PlanColumn, old: TargetColumn): boolean {
  if (old.isGenerated) return false;
  if (SYSTEM_COLUMNS.includes(old.name)) return true;
  return column.type === old.type ||
    (column.type === "text" && (old.type === "varchar" || old.type === "bpchar"));
}

/** The column is empty then, so any type can become any other in its place; a default may not fit the new one. */
function retype(old: TargetColumn, name: string, sqlType: string): string[] {
  if (old.isGenerated) return [`DROP COLUMN ${name}`, `ADD COLUMN ${name} ${sqlType}`];
  return [
    ...(old.hasDefault ? [`ALTER COLUMN ${name} DROP DEFAULT`] : []),
    `ALTER COLUMN ${name} TYPE ${sqlType} USING NULL`,
  ];
}

function refuseNeeded(columns: readonly TargetColumn[], operation: string): void {
  const needed = columns.filter(({ views }) => views.length > 0);
  if (needed.length === 0) return;
  const which = columnList(needed.map(({ name }) => name));
  const views = [...new Set(needed.flatMap((column) => column.views))];
  throw new ArgumentError(
    `Cannot ${operation}: ${which} cannot be dropped or changed, since ${viewList(views)} need${
      views.length === 1 ? "s" : ""
    } ${needed.length === 1 ? "it" : "them"}`,
    {
      argument: "data",
      hint: `Keep the ${needed.length === 1 ? "column" : "columns"}, or drop the ${
        views.length === 1 ? "view" : "views"
      } first`,
    },
  );
}

function columnList(names: readonly string[]): string {
  return `${names.length === 1 ? "column" : "columns"} ${names.map((name) => `"${name}"`).join(", ")}`;
}

function viewList(names: readonly string[]): string {
  return `${names.length === 1 ? "view" : "views"} ${names.map((name) => `"${name}"`).join(", ")}`;
}
