import { sql } from "../classic/sql_text.ts";
import { AlreadyExistsError, ArgumentError } from "../errors/carto_error.ts";
import {
  type Cast,
  castTo,
  fullTypeName,
  isComparable,
  type KeyColumn,
  keyExpression,
} from "./_finish_sql.ts";
import type { WriteMode } from "./_platform.ts";
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
  readonly ifExists: WriteMode;
  /** The columns by which rows are told apart; only for `upsert`. */
  readonly key?: readonly string[] | undefined;
  readonly cartodbfy: boolean;
}

/** How the rows get from the staging table to where they are to be. */
export interface WritePlan {
  readonly kind: "create" | "replace" | "append" | "upsert";
  /** One for each column; none for a new table. */
  readonly casts: readonly Cast[];
  /** The columns by which rows are told apart; none but for `upsert`. */
  readonly key: readonly KeyColumn[];
  /** Whether values go into a column whose numbers the database would give. */
  readonly overridesIdentity: boolean;
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
  const { columns: standing } = target;
  if (standing === undefined) {
    const problems = keyProblems(columns, intent);
    if (problems.length > 0) throw unfit(problems, intent);
    const key = (intent.key ?? []).map((name) => ({ name, expression: sql.id(name).text }));
    return {
      kind: "create",
      casts: [],
      key,
      overridesIdentity: false,
      alterations: [],
      cartodbfy: intent.cartodbfy,
      warnings: [],
    };
  }
  return intent.ifExists === "replace"
    ? planReplace(standing, columns, intent)
    : planAdd(standing, columns, intent);
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

/** Why the columns do not fit, and the way out. */
interface Problem {
  readonly text: string;
  readonly hint?: string | undefined;
}

/** All that does not fit in one error, so that nobody has to mend one thing at a time. */
function unfit(problems: readonly Problem[], { operation }: WriteIntent): ArgumentError {
  const hints = [...new Set(problems.flatMap(({ hint }) => hint ?? []))];
  return new ArgumentError(`Cannot ${operation}: ${problems.map(({ text }) => text).join("; ")}`, {
    argument: "data",
    ...(hints.length === 0 ? {} : { hint: hints.join(". ") }),
  });
}

/** Plans rows that come to those of a table, whether they are all new or some take the place of others. */
function planAdd(
  standing: readonly TargetColumn[],
  columns: readonly PlanColumn[],
  intent: WriteIntent,
): WritePlan {
  const isUpsert = intent.ifExists === "upsert";
  const byName = new Map(standing.map((column) => [column.name, column]));
  const given = new Set(columns.map(({ name }) => name));
  const problems: Problem[] = [];
  const missing = columns.filter(({ name }) => !byName.has(name)).map(({ name }) => name);
  if (missing.length > 0) {
    problems.push({
      text: `the table has no ${columnList(missing)}`,
      hint: `It has ${columnList(standing.map(({ name }) => name))}`,
    });
  }
  const needed = standing.filter((column) =>
    !given.has(column.name) && column.notNull && !column.hasDefault && !column.isGenerated
  );
  // Rows that are there have a value in such a column, and keep it
  if (needed.length > 0 && !isUpsert) {
    problems.push({
      text: `the data lack ${columnList(needed.map(({ name }) => name))}, which the table needs`,
    });
  }
  const casts = columns.flatMap((column) => {
    const old = byName.get(column.name);
    if (old === undefined) return [];
    const cast = castFor(column, old);
    if ("expression" in cast) return [cast];
    problems.push(cast);
    return [];
  });
  if (isUpsert) problems.push(...keyProblems(columns, intent, byName));
  if (problems.length > 0) throw unfit(problems, intent);
  const left = standing.filter(({ name, isGenerated }) =>
    !given.has(name) && !isGenerated && !SYSTEM_COLUMNS.includes(name)
  );
  const key = (isUpsert ? intent.key ?? [] : []).map((name) => {
    const { expression } = casts[columns.findIndex((column) => column.name === name)] as Cast;
    return { name, expression: keyExpression(expression, byName.get(name)) };
  });
  return {
    kind: isUpsert ? "upsert" : "append",
    casts,
    key,
    overridesIdentity: columns.some(({ name }) => byName.get(name)?.identity === "always"),
    alterations: [],
    cartodbfy: false,
    warnings: [
      ...casts.flatMap(({ warning }) => warning ?? []),
      ...unseenLimits(columns, byName),
      ...left.map(({ name, hasDefault }) =>
        `Column "${name}" of the table is not in the data: ${
          isUpsert ? "rows that are there keep its value, " : ""
        }new rows have ${hasDefault ? "its default" : "null"} there`
      ),
      ...(isUpsert && given.has("cartodb_id") && intent.key?.includes("cartodb_id") === false
        ? ['Rows that are there keep their "cartodb_id"']
        : []),
    ],
  };
}

/** What speaks against telling rows apart by the key's columns. */
function keyProblems(
  columns: readonly PlanColumn[],
  { key = [] }: WriteIntent,
  standing?: ReadonlyMap<string, TargetColumn>,
): Problem[] {
  return key.flatMap((name) => {
    const given = columns.find((column) => column.name === name);
    if (given === undefined) return [{ text: `the data have no column "${name}", which is in the key` }];
    const unequal = [given.type, standing?.get(name)?.type ?? given.type].find((type) => !isComparable(type));
    return unequal === undefined
      ? []
      : [{ text: `column "${name}" cannot be in the key, since it is ${fullTypeName(unequal)}` }];
  });
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

function castFor(column: PlanColumn, standing: TargetColumn): Cast | Problem {
  const wanted = standing.sqlType ?? fullTypeName(standing.type);
  const about = `column "${column.name}" of the table`;
  if (standing.isGenerated) {
    return { text: `${about} is computed by the database`, hint: `Leave column "${column.name}" out` };
  }
  const cast = castTo(sql.id(column.name).text, column.type, standing);
  if (cast === undefined) {
    return {
      text: `${about} is ${wanted}, and the data have ${column.sqlType}`,
      hint: `Convert column "${column.name}" to ${wanted} before`,
    };
  }
  const [has, gets] = differentDimensions(column, standing);
  return has === undefined ? cast : { text: `${about} holds ${has}, and the data have ${gets}` };
}

/** A geometry column of two dimensions refuses heights, and the other way round: in words, where they differ. */
function differentDimensions(column: PlanColumn, standing: TargetColumn): string[] {
  const kind = (sqlType: string | undefined) => /^geometry\(\w+?(Z?M?)(?:,|\))/.exec(sqlType ?? "")?.[1];
  const [given, wanted] = [kind(column.sqlType), kind(standing.sqlType)];
  if (given === undefined || wanted === undefined || given === wanted) return [];
  return [wanted, given].map((dimensions) =>
    dimensions === "" ? "x and y only" : `x, y and ${[...dimensions.toLowerCase()].join(", ")}`
  );
}

function planReplace(
  standing: readonly TargetColumn[],
  columns: readonly PlanColumn[],
  intent: WriteIntent,
): WritePlan {
  const byName = new Map(standing.map((column) => [column.name, column]));
  const given = new Set(columns.map(({ name }) => name));
  const problems: Problem[] = [];
  const dropped = standing.filter(({ name }) => !given.has(name) && !SYSTEM_COLUMNS.includes(name));
  const changed: TargetColumn[] = [];
  const casts: Cast[] = [];
  // What is computed from another column goes first
  const alterations = [...dropped].sort((a, b) => Number(b.isGenerated) - Number(a.isGenerated))
    .map(({ name }) => `DROP COLUMN ${sql.id(name)}`);
  for (const column of columns) {
    const name = sql.id(column.name).text;
    const old = byName.get(column.name);
    if (old === undefined) {
      alterations.push(`ADD COLUMN ${name} ${column.sqlType}`);
    } else if (isSame(column, old)) {
      const cast = castFor(column, old);
      if ("expression" in cast) casts.push(cast);
      else problems.push(cast);
      continue;
    } else {
      changed.push(old);
      alterations.push(...retype(old, name, column.sqlType));
    }
    casts.push({ expression: name });
  }
  problems.push(...neededByViews([...dropped, ...changed]));
  if (problems.length > 0) throw unfit(problems, intent);
  const isConverted = SYSTEM_COLUMNS.every((name) => byName.has(name));
  const views = [...new Set(standing.flatMap((column) => column.views))];
  const cartodbfy = intent.cartodbfy && !isConverted;
  return {
    kind: "replace",
    casts,
    key: [],
    overridesIdentity: columns.some((column) => {
      const old = byName.get(column.name);
      return old?.identity === "always" && isSame(column, old);
    }),
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
  if (old.isGenerated || old.identity !== undefined) {
    return [`DROP COLUMN ${name}`, `ADD COLUMN ${name} ${sqlType}`];
  }
  return [
    ...(old.hasDefault ? [`ALTER COLUMN ${name} DROP DEFAULT`] : []),
    `ALTER COLUMN ${name} TYPE ${sqlType} USING NULL`,
  ];
}

function neededByViews(columns: readonly TargetColumn[]): Problem[] {
  const needed = columns.filter(({ views }) => views.length > 0);
  if (needed.length === 0) return [];
  const which = columnList(needed.map(({ name }) => name));
  const views = [...new Set(needed.flatMap((column) => column.views))];
  const isOne = needed.length === 1;
  return [{
    text: `${which} cannot be dropped or changed, since ${viewList(views)} need${
      views.length === 1 ? "s" : ""
    } ${isOne ? "it" : "them"}`,
    hint: `Keep the ${isOne ? "column" : "columns"}, or drop the ${
      views.length === 1 ? "view" : "views"
    } first`,
  }];
}

function columnList(names: readonly string[]): string {
  return `${names.length === 1 ? "column" : "columns"} ${names.map((name) => `"${name}"`).join(", ")}`;
}

function viewList(names: readonly string[]): string {
  return `${names.length === 1 ? "view" : "views"} ${names.map((name) => `"${name}"`).join(", ")}`;
}
