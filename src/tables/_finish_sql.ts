import { sql } from "../classic/sql_text.ts";
import type { Cast } from "./_casts.ts";

/** A column of a staging table. */
export interface StagingColumn {
  /** Its name, which is that of the column in the target as well. */
  readonly name: string;
  /** Its type as SQL writes it. */
  readonly sqlType: string;
}

/** What all ways to finish an upload have in common. */
interface Finish {
  readonly schema: string;
  readonly staging: string;
  readonly target: string;
  /** Whether the data bring `cartodb_id`. */
  readonly hasIds: boolean;
}

/** An upload under a name that is free. */
export interface NewTableFinish extends Finish {
  /** Whether the table becomes one that CARTO's pages list and draw. */
  readonly cartodbfy: boolean;
}

/** An upload into a table that stands. */
export interface InsertFinish extends Finish {
  /** How many rows the staging table must give. */
  readonly rows: number;
  /** The columns with the way of their values. */
  readonly columns: readonly { readonly name: string; readonly cast: Cast }[];
}

/** An upload that takes the place of what a table holds. */
export interface ReplaceFinish extends InsertFinish {
  /** What to change in the table's columns, as pieces of one `ALTER TABLE`. */
  readonly alterations: readonly string[];
  /** Whether to convert the table afterwards, since it has not been. */
  readonly cartodbfy: boolean;
}

/** The word by which our own checks are known in a message of the database. */
const MARK = "cartoframes";

/** What one of our own checks found within the database. */
export interface CheckFailure {
  readonly check: "ids" | "misfit" | "rows";
  /** For `misfit` the index of the column, for `rows` the number of rows that arrived. */
  readonly value: number;
  /** For `misfit` how many values do not fit. */
  readonly count: number;
}

/** Reads the message of one of our own checks; undefined for any other message. */
export function readCheckFailure(message: string): CheckFailure | undefined {
  const match = new RegExp(`${MARK}:(ids|misfit|rows):(\\d+):(\\d+)`).exec(message);
  if (match === null) return undefined;
  return { check: match[1] as CheckFailure["check"], value: Number(match[2]), count: Number(match[3]) };
}

/** A name with its schema, quoted. */
export function qualified(schema: string, table: string): string {
  return sql.id(schema, table).text;
}

/** The statement that makes a staging table. What is not renamed in the end needs no log to survive a crash. */
export function createStagingSql(
  schema: string,
  staging: string,
  columns: readonly StagingColumn[],
  willBeRenamed: boolean,
): string {
  const list = columns.map(({ name, sqlType }) => `${sql.id(name)} ${sqlType}`).join(",");
  return `CREATE ${willBeRenamed ? "" : "UNLOGGED "}TABLE ${qualified(schema, staging)} (${list})`;
}

/** The call that makes a table one of CARTO's. */
export function cartodbfySql(schema: string, table: string): string {
  return sql`CDB_CartodbfyTable(${schema}, ${table})`.text;
}

/** The statements that give a complete staging table its name. */
export function newTableBody({ schema, staging, target, hasIds, cartodbfy }: NewTableFinish): string {
  return body([
    lock(schema, staging),
    ...(hasIds ? [idCheck(schema, staging)] : []),
    // Renamed first, so that the names of indexes and sequences are made from the right one
    `ALTER TABLE ${qualified(schema, staging)} RENAME TO ${sql.id(target)};`,
    ...(cartodbfy ? [`PERFORM ${cartodbfySql(schema, target)};`] : []),
  ]);
}

/** The statements that put the rows of a staging table in the place of those of a standing one. */
export function replaceBody(finish: ReplaceFinish): string {
  const { schema, staging, target, alterations, cartodbfy } = finish;
  const table = qualified(schema, target);
  return body([
    lock(schema, staging),
    `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE;`,
    ...checks(finish),
    `TRUNCATE TABLE ${table} RESTART IDENTITY;`,
    ...(alterations.length === 0 ? [] : [`ALTER TABLE ${table} ${alterations.join(", ")};`]),
    ...insert(finish),
    ...(cartodbfy ? [`PERFORM ${cartodbfySql(schema, target)};`] : []),
    `DROP TABLE ${qualified(schema, staging)};`,
  ]);
}

/** The statements that add the rows of a staging table to those of a standing one. */
export function appendBody(finish: InsertFinish): string {
  const { schema, staging } = finish;
  return body([
    lock(schema, staging),
    ...checks(finish),
    ...insert(finish),
    `DROP TABLE ${qualified(schema, staging)};`,
  ]);
}

/**
 * The body as one statement. One statement is all or nothing however it is sent: alone, among others, by a
 * pool of connections or as a batch job.
 */
export function doStatement(body: string): string {
  const tag = dollarTag(body);
  return `DO ${tag}${body}${tag}`;
}

/** The statement that keeps a body in the database under a name, for jobs whose text would be too long. */
export function createFunctionSql(schema: string, name: string, body: string): string {
  const tag = dollarTag(body);
  return `CREATE FUNCTION ${qualified(schema, name)}() RETURNS void LANGUAGE plpgsql AS ${tag}${body}${tag}`;
}

/** Quotes for a body that do not occur in it. */
function dollarTag(body: string): string {
  for (let number = 0;; number++) {
    const tag = number === 0 ? "$cartoframes$" : `$cartoframes${number}$`;
    if (!body.includes(tag)) return tag;
  }
}

/** Names of columns win over those of variables, whatever users call their columns. */
function body(statements: readonly string[]): string {
  return [
    "",
    "#variable_conflict use_column",
    "DECLARE _cartoframes_count bigint;",
    "BEGIN",
    ...statements,
    "END ",
  ].join("\n");
}

/**
 * Nobody else may finish the same upload: a second attempt waits here for the first and, if that one came
 * through, finds no staging table any more.
 */
function lock(schema: string, staging: string): string {
  return `LOCK TABLE ${qualified(schema, staging)} IN ACCESS EXCLUSIVE MODE;`;
}

function checks(finish: InsertFinish): string[] {
  const staging = qualified(finish.schema, finish.staging);
  const misfits = finish.columns.flatMap(({ cast }, index) =>
    cast.misfit === undefined ? [] : [
      `SELECT count(*) INTO _cartoframes_count FROM ${staging} WHERE ${cast.misfit};`,
      fail("misfit", "_cartoframes_count > 0", String(index), "_cartoframes_count"),
    ]
  );
  return [...(finish.hasIds ? [idCheck(finish.schema, finish.staging)] : []), ...misfits];
}

/** Ids must be there and differ. */
function idCheck(schema: string, staging: string): string {
  return [
    `SELECT count(*) - count(DISTINCT "cartodb_id") INTO _cartoframes_count FROM ${
      qualified(schema, staging)
    };`,
    fail("ids", "_cartoframes_count > 0", "_cartoframes_count", "0"),
  ].join("\n");
}

function insert(finish: InsertFinish): string[] {
  const { schema, staging, target, columns, rows, hasIds } = finish;
  const table = qualified(schema, target);
  const names = sql.ids(columns.map(({ name }) => name));
  const values = columns.map(({ cast }) => cast.expression).join(",");
  return [
    `INSERT INTO ${table} (${names}) SELECT ${values} FROM ${qualified(schema, staging)};`,
    "GET DIAGNOSTICS _cartoframes_count = ROW_COUNT;",
    fail("rows", `_cartoframes_count <> ${rows}`, "_cartoframes_count", "0"),
    ...(hasIds ? [nextId(table)] : []),
  ];
}

/** Ids made by the database go on after those that the data brought. */
function nextId(table: string): string {
  return sql`PERFORM setval(pg_get_serial_sequence(${table}, 'cartodb_id'), GREATEST(max("cartodb_id"), 1)) FROM ${
    sql.raw(table)
  };`.text;
}

function fail(check: CheckFailure["check"], condition: string, value: string, count: string): string {
  return `IF ${condition} THEN RAISE EXCEPTION '${MARK}:${check}:%:%', ${value}, ${count}; END IF;`;
}
