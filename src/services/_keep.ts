// A result that is to be kept must have a place to go: that is looked at before anything is spent.
import type { ClassicClient } from "../classic/client.ts";
import { sql, type SqlText } from "../classic/sql_text.ts";
import { CartoError, DataError } from "../errors/carto_error.ts";
import { checkIfExists, normalTableName } from "../tables/_arguments.ts";
import { writtenColumns } from "../tables/_classic_manage.ts";
import { type Cast, qualified } from "../tables/_finish_sql.ts";
import type { Call } from "../tables/_platform.ts";
import { retell } from "../tables/_retell.ts";
import { lookAtTarget, type Target, type TargetColumn } from "../tables/_target.ts";
import { checkTarget, planWrite } from "../tables/_write_plan.ts";
import type { IfExists } from "../tables/table_options.ts";

/** The table that is to keep a result. */
export interface Keep {
  /** Its name, normalised. */
  readonly table: string;
  readonly ifExists: IfExists;
}

/** The options with which a result is kept, checked; undefined where it is not. */
export function readKeep(tableName: string | undefined, ifExists: IfExists | undefined): Keep | undefined {
  const checked = checkIfExists(ifExists, ["fail", "replace", "append"]);
  return tableName === undefined ? undefined : { table: normalTableName(tableName), ifExists: checked };
}

/**
 * Looks at the table that has the name now.
 *
 * @throws {AlreadyExistsError} There is one, and `ifExists` is `fail`
 * @throws {ArgumentError} It is a view
 * @throws {CartoError} `access-denied`: the key may not write it
 */
export async function lookAtPlace(
  client: ClassicClient,
  { table, ifExists }: Keep,
  call: Call,
): Promise<Target> {
  const target = await lookAtTarget(client, table, call);
  checkTarget(target, { ...call, table, ifExists, cartodbfy: true });
  if (target.columns === undefined) return target;
  const right = ifExists === "append" ? "INSERT" : "TRUNCATE";
  const { rows } = await client.sql.query(
    sql`SELECT has_table_privilege(${qualified(target.schema, table)}, ${right}) AS may_write`,
    { signal: call.signal, readOnly: true },
  );
  if (rows[0]?.may_write === true) return target;
  throw new CartoError("access-denied", `Cannot ${call.operation}: table "${table}" may not be written`, {
    hint: "Choose another tableName, or use a key that may write the table; nothing was spent",
  });
}

/** What is known of a result before the service is asked. */
export interface Known {
  /** A table that has the result's columns, filled or not. */
  readonly table: string;
  /** Some of its columns, with all their values, as a query. */
  readonly values: SqlText;
  readonly columns: readonly string[];
}

/**
 * Refuses a result that the place does not take.
 *
 * @throws {ArgumentError} Columns do not fit: all of them at once
 * @throws {DataError} Values do not
 */
export async function checkFit(
  client: ClassicClient,
  target: Target,
  known: Known,
  { table, ifExists }: Keep,
  call: Call,
): Promise<void> {
  if (target.columns === undefined) return;
  const { columns: standing = [] } = await lookAtTarget(client, known.table, call);
  const columns = writtenColumns(standing, ifExists === "append" ? "append" : "replace");
  const { casts } = planWrite(target, columns, { ...call, table, ifExists, cartodbfy: true });
  for (const [index, { name }] of columns.entries()) {
    const column = target.columns.find((column) => column.name === name);
    const cast = casts[index];
    if (cast === undefined || column === undefined || !known.columns.includes(name)) continue;
    await checkValues(client, known.values, name, cast, column, call);
  }
}

/** Tries what writing the values of a column would do to them. */
async function checkValues(
  client: ClassicClient,
  values: SqlText,
  name: string,
  { expression, misfit = "false" }: Cast,
  { notNull, sqlType, type }: TargetColumn,
  { operation, signal }: Call,
): Promise<void> {
  const id = sql.id(name);
  const wrong = notNull ? sql`(${sql.raw(misfit)}) OR ${id} IS NULL` : sql.raw(misfit);
  if (expression === id.text && wrong.text === "false") return;
  const hint = `Convert column "${name}" before, or change its type in the table; nothing was spent`;
  try {
    const { rows } = await client.sql.query(
      sql`SELECT count(${sql.raw(expression)})::int AS fit, (count(*) FILTER (WHERE ${wrong}))::int AS wrong
  FROM (${values}) _known`,
      { signal, readOnly: true },
    );
    const count = Number(rows[0]?.wrong);
    if (count === 0) return;
    throw new DataError(
      `Cannot ${operation}: ${count === 1 ? "1 value does" : `${count} values do`} not fit ${
        sqlType ?? type
      }${notNull ? " without nulls" : ""}`,
      { place: { column: name }, hint },
    );
  } catch (error) {
    throw error instanceof DataError ? error : retell(error, operation, hint);
  }
}

/** A table as it is once it has some more columns. */
export function withColumns(
  target: Target,
  added: readonly (readonly [name: string, type: string])[],
): Target {
  if (target.columns === undefined) return target;
  const names = new Set(target.columns.map(({ name }) => name));
  const more = added.filter(([name]) => !names.has(name)).map(([name, type]): TargetColumn => ({
    name,
    type,
    sqlType: type,
    notNull: false,
    hasDefault: false,
    isGenerated: false,
    views: [],
  }));
  return { ...target, columns: [...target.columns, ...more] };
}
