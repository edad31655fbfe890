import { ArgumentError } from "../errors/carto_error.ts";
import { GeoDataFrame } from "../frame/geo_data_frame.ts";
import type { IfExists, SchemaOptions, TableOptions } from "./table_options.ts";

// One file for all: each is a few lines, and a program that imports the library loads every one.

/**
 * Lists the account's own tables, the last changed first; tables that others share are left out. Costs one request per
 * page. Needs the master key.
 *
 * @param options Whose account, a signal
 * @returns A frame with one column, `tables`
 * @throws {CredentialsError} There are no credentials
 * @throws {ResponseError} The server refused; see `code`
 *
 * @example Names of tables
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { listTables } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to ask your account
 * const page = { visualizations: [{ id: "2", name: "parks" }, { id: "1", name: "cafes" }], total_entries: 2 };
 * const transport = { fetch: () => Promise.resolve(Response.json(page)) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * const tables = await listTables({ credentials, transport });
 * assertEquals([...tables.column("tables")], ["parks", "cafes"]);
 * ```
 */
export async function listTables(options: TableOptions = {}): Promise<GeoDataFrame> {
  const { resolvePlatform } = await import("./_arguments.ts");
  const names = await (await resolvePlatform(options)).listTables({
    operation: "list the tables",
    signal: options.signal,
  });
  return GeoDataFrame.fromColumns({ tables: names }, { types: { tables: "text" } });
}

/**
 * Whether a table is there and may be read. A query is taken too: whether all it needs is there. Costs one request.
 *
 * The name is used as it is given, not normalised. A missing table is `false`; a wrong key, a key without the right
 * to read the table, or a broken connection is an error, where CARTOframes says `False`.
 *
 * @param tableName The table, or a query
 * @param options The schema, whose account, a signal
 * @returns Whether it is there
 * @throws {ArgumentError} The name is empty or no text
 * @throws {CredentialsError} There are no credentials
 * @throws {ResponseError} The server refused; see `code`
 *
 * @example Make a table only once
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { hasTable } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to ask your account; here it answers that there is no such table
 * const error = { error: ['relation "cafes" does not exist'] };
 * const transport = { fetch: () => Promise.resolve(Response.json(error, { status: 400 })) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * assertEquals(await hasTable("cafes", { credentials, transport }), false);
 * ```
 */
export async function hasTable(tableName: string, options: SchemaOptions = {}): Promise<boolean> {
  const { checkTableName, parseSource, resolvePlatform, sourceName } = await import("./_arguments.ts");
  const source = parseSource(checkTableName(tableName), options.schema);
  const operation = `look for ${sourceName(source)}`;
  return await (await resolvePlatform(options)).hasTable(source, { operation, signal: options.signal });
}

/** What is known of a table. */
export interface TableDescription {
  /** `PRIVATE`, `PUBLIC`, `LINK` or `PASSWORD`; empty when CARTO does not list the table, or not to this key. */
  readonly privacy: string;
  /** How many rows it has. */
  readonly numRows: number;
  /** The kind of the geometries in `the_geom`; null where there are none, or none of these kinds. */
  readonly geomType: "point" | "line" | "polygon" | null;
}

/**
 * Tells a table's privacy, number of rows and kind of geometry. Costs three requests; for a table that CARTO does
 * not list yet, the privacy is asked for again for up to 15 s and then empty.
 *
 * @param tableName The table, its name as it is
 * @param options The schema, whose account, a signal
 * @returns What is known
 * @throws {ArgumentError} The name is empty or no text
 * @throws {ResponseError} Code `not-found`: there is no such table; others as the server refuses
 *
 * @example A table with polygons
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { describeTable } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to ask your account; here three answers stand ready
 * const answers = [
 *   { rows: [{ n: 42 }], fields: { n: { type: "number", pgtype: "int8" } }, total_rows: 1 },
 *   { rows: [{ geom_type: "ST_MultiPolygon" }], fields: { geom_type: { type: "string" } }, total_rows: 1 },
 *   { id: "1", name: "parks", privacy: "PRIVATE" },
 * ];
 * const transport = { fetch: () => Promise.resolve(Response.json(answers.shift())) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * assertEquals(await describeTable("parks", { credentials, transport }), {
 *   privacy: "PRIVATE",
 *   numRows: 42,
 *   geomType: "polygon",
 * });
 * ```
 */
export async function describeTable(
  tableName: string,
  options: SchemaOptions = {},
): Promise<TableDescription> {
  const { checkTableName, resolvePlatform } = await import("./_arguments.ts");
  const table = checkTableName(tableName);
  const call = { operation: `describe table "${table}"`, signal: options.signal };
  return await (await resolvePlatform(options)).describeTable({
    kind: "table",
    table,
    schema: options.schema,
  }, call);
}

/**
 * Tells which tables a query reads, without running it. Costs one request.
 *
 * @param query One `SELECT` or `WITH ... SELECT`
 * @param options Whose account, a signal
 * @returns The names of the tables without their schemas, each once; empty when there are none
 * @throws {ArgumentError} The query is none
 * @throws {ResponseError} The server refused; see `code`
 *
 * @example The tables of a join
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { getTableNames } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to ask your account
 * const answer = { rows: [{ tables: ["public.cafes", "public.zones"] }], fields: {}, total_rows: 1 };
 * const transport = { fetch: () => Promise.resolve(Response.json(answer)) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * const query = "SELECT * FROM cafes JOIN zones ON ST_Contains(zones.the_geom, cafes.the_geom)";
 * assertEquals(await getTableNames(query, { credentials, transport }), ["cafes", "zones"]);
 * ```
 */
export async function getTableNames(query: string, options: TableOptions = {}): Promise<string[]> {
  const { querySource, resolvePlatform } = await import("./_arguments.ts");
  const source = querySource(query, "query");
  const call = { operation: "find the tables of the query", signal: options.signal };
  return await (await resolvePlatform(options)).tablesOf(source, call);
}

/** What making a table within the account takes. */
export interface CreateTableOptions extends TableOptions {
  /**
   * What to do when a table has the name: `fail`, which is the default; `replace` its rows, in place, so that the
   * table keeps its identity, privacy, grants and views; or `append` to them.
   */
  ifExists?: IfExists | undefined;
  /** Whether the new table becomes one that CARTO lists and draws. Default true. */
  cartodbfy?: boolean | undefined;
}

/** What came of making a table within the account. */
export interface CreateTableReport {
  /** The table's name as it was normalised. */
  readonly table: string;
  /** How many rows the query gave. */
  readonly rows: number;
  /** What to know besides. */
  readonly warnings: readonly string[];
}

/**
 * Makes a table from a query. The rows stay in the database, and either all of them arrive or nothing changes: they
 * are gathered in a staging table, and one transaction puts them in place. A query that takes longer than the
 * account's queries may is run as a batch job, which needs the master key.
 *
 * With `append` the rows get new ids: a column `cartodb_id` of the query is left out. CARTOframes' `append` inserts
 * nothing. `log_enabled` has no counterpart: nothing is printed.
 *
 * @param query One `SELECT` or `WITH ... SELECT`
 * @param newTableName The name of the table, normalised before use
 * @param options What to do when the name is taken, whose account, a signal
 * @returns The name, the number of rows, warnings
 * @throws {ArgumentError} The query is none, or the name is empty
 * @throws {AlreadyExistsError} A table has that name, and `ifExists` is `fail`
 * @throws {ResponseError} The server refused; see `code`
 * @throws {JobError} The query failed as a batch job
 *
 * @example What is refused before anything is sent
 * ```ts
 * import { createTableFromQuery, isCartoError } from "@cartoframes/cartoframes";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(() => createTableFromQuery("DELETE FROM cafes", "gone"), Error);
 * assertEquals(isCartoError(error) && error.code, "invalid-argument");
 * ```
 */
export async function createTableFromQuery(
  query: string,
  newTableName: string,
  options: CreateTableOptions = {},
): Promise<CreateTableReport> {
  const { checkIfExists, normalTableName, querySource, resolvePlatform } = await import("./_arguments.ts");
  const source = querySource(query, "query");
  const table = normalTableName(newTableName, "newTableName");
  const ifExists = checkIfExists(options.ifExists, ["fail", "replace", "append"]);
  const outcome = await (await resolvePlatform(options)).createTable({
    operation: `create table "${table}"`,
    signal: options.signal,
    source,
    table,
    ifExists,
    cartodbfy: options.cartodbfy ?? true,
  });
  return { table, rows: outcome.rows, warnings: outcome.warnings };
}

/** What copying a table takes. */
export interface CopyTableOptions extends CreateTableOptions {
  /** The schema of the table that is copied, such as the name of a colleague who shares it. Default: one's own. */
  schema?: string | undefined;
}

/**
 * Copies a table within the account, as {@linkcode createTableFromQuery} with `SELECT *` does. A new table and a
 * replaced one have the ids of the original; rows that are appended get new ones.
 *
 * CARTOframes takes a name with a schema as one text; here the schema is an option, and a dot in the name is a letter
 * like any other. `log_enabled` has no counterpart: nothing is printed.
 *
 * @param tableName The table to copy
 * @param newTableName The name of the copy, normalised before use
 * @param options What to do when the name is taken, the schema, whose account, a signal
 * @returns The name, the number of rows, warnings
 * @throws {ArgumentError} A name is empty, or both are the same table
 * @throws {AlreadyExistsError} A table has that name, and `ifExists` is `fail`
 * @throws {ResponseError} Code `not-found`: there is no such table; others as the server refuses
 *
 * @example A table is no copy of itself
 * ```ts
 * import { copyTable, isCartoError } from "@cartoframes/cartoframes";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(() => copyTable("cafes", "Cafes"), Error);
 * assertEquals(isCartoError(error) && error.code, "invalid-argument");
 * ```
 */
export async function copyTable(
  tableName: string,
  newTableName: string,
  options: CopyTableOptions = {},
): Promise<CreateTableReport> {
  const { checkIfExists, checkTableName, normalTableName, resolvePlatform } = await import(
    "./_arguments.ts"
  );
  const from = checkTableName(tableName);
  const table = normalTableName(newTableName, "newTableName");
  const ifExists = checkIfExists(options.ifExists, ["fail", "replace", "append"]);
  if (from === table && options.schema === undefined) {
    throw new ArgumentError(`Cannot copy table "${from}" to itself`, { argument: "newTableName" });
  }
  const outcome = await (await resolvePlatform(options)).createTable({
    operation: `copy table "${from}" to "${table}"`,
    signal: options.signal,
    source: { kind: "table", table: from, schema: options.schema },
    table,
    ifExists,
    cartodbfy: options.cartodbfy ?? true,
  });
  return { table, rows: outcome.rows, warnings: outcome.warnings };
}

/** What renaming a table takes. */
export interface RenameTableOptions extends TableOptions {
  /** What to do when a table has the new name: `fail`, which is the default, or `replace`, which deletes that one. */
  ifExists?: "fail" | "replace" | undefined;
}

/**
 * Gives a table another name. With `replace` the table of that name is deleted in the same transaction: either both
 * happen or nothing. Costs one request.
 *
 * The new name is normalised, the present one is used as it is given. CARTOframes' `log_enabled` has no
 * counterpart: nothing is printed.
 *
 * @param tableName The table
 * @param newTableName Its name to be
 * @param options What to do when that name is taken, whose account, a signal
 * @returns The new name as it was normalised
 * @throws {ArgumentError} A name is empty or no text, or both are equal
 * @throws {AlreadyExistsError} A table has that name, and `ifExists` is `fail`
 * @throws {ResponseError} Code `not-found`: there is no such table; others as the server refuses
 *
 * @example Rename a table
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { renameTable } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to reach your account
 * const transport = { fetch: () => Promise.resolve(Response.json({ rows: [], fields: {}, total_rows: 0 })) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * assertEquals(await renameTable("cafes", "Cafes 2024", { credentials, transport }), "cafes_2024");
 * ```
 */
export async function renameTable(
  tableName: string,
  newTableName: string,
  options: RenameTableOptions = {},
): Promise<string> {
  const { checkIfExists, checkTableName, normalTableName, resolvePlatform } = await import(
    "./_arguments.ts"
  );
  const from = checkTableName(tableName);
  const to = normalTableName(newTableName, "newTableName");
  const ifExists = checkIfExists(options.ifExists, ["fail", "replace"]);
  if (from === to) {
    throw new ArgumentError(`Cannot rename table "${from}": the new name is the same`, {
      argument: "newTableName",
      hint: "Choose a different table name",
    });
  }
  const call = { operation: `rename table "${from}" to "${to}"`, signal: options.signal };
  await (await resolvePlatform(options)).renameTable(from, to, ifExists === "replace", call);
  return to;
}

/** Who may see a table: only its owner, everybody, or those who have the link. */
export type TablePrivacy = "PRIVATE" | "PUBLIC" | "LINK";

const PRIVACIES: readonly TablePrivacy[] = ["PRIVATE", "PUBLIC", "LINK"];

/**
 * Sets who may see a table. Nothing is changed when it is so already. A table that CARTO does not list yet is waited
 * for, 15 s at most. Needs the master key.
 *
 * CARTOframes' `log_enabled` has no counterpart: nothing is printed.
 *
 * @param tableName The table, its name as it is
 * @param privacy `private`, `public` or `link`, in any case
 * @param options Whose account, a signal
 * @throws {ArgumentError} There is no such privacy, or the name is empty
 * @throws {ResponseError} Code `not-found`: CARTO does not list the table; others as the server refuses
 *
 * @example What is refused before anything is sent
 * ```ts
 * import { isCartoError, updatePrivacyTable } from "@cartoframes/cartoframes";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(() => updatePrivacyTable("cafes", "secret" as "link"), Error);
 * assertEquals(isCartoError(error) && error.code, "invalid-argument");
 * ```
 */
export async function updatePrivacyTable(
  tableName: string,
  privacy: TablePrivacy | Lowercase<TablePrivacy>,
  options: TableOptions = {},
): Promise<void> {
  const { checkTableName, resolvePlatform } = await import("./_arguments.ts");
  const table = checkTableName(tableName);
  const wanted = PRIVACIES.find((word) => word === String(privacy).toUpperCase());
  if (wanted === undefined) {
    throw new ArgumentError(`Cannot set this privacy: it must be one of ${PRIVACIES.join(", ")}`, {
      argument: "privacy",
    });
  }
  const call = { operation: `update the privacy of table "${table}"`, signal: options.signal };
  await (await resolvePlatform(options)).updatePrivacy(table, wanted, call);
}

/**
 * Deletes a table, if there is one. Views that need the table are not deleted with it: then nothing is.
 *
 * The name is used as it is given, not normalised. CARTOframes' `log_enabled` has no counterpart: nothing is printed,
 * what it would say is returned.
 *
 * @param tableName The table
 * @param options The schema, whose account, a signal
 * @returns Whether there was such a table
 * @throws {ArgumentError} The name is empty or no text
 * @throws {CredentialsError} There are no credentials
 * @throws {ResponseError} The server refused; see `code`
 *
 * @example Delete a table
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 * import { deleteTable } from "@cartoframes/cartoframes";
 * import { assertEquals } from "@std/assert";
 *
 * // Leave `transport` out to reach your account; here it answers as the server does for a table that is there
 * const transport = { fetch: () => Promise.resolve(Response.json({ rows: [], fields: {}, total_rows: 0 })) };
 * const credentials = new Credentials({ username: "ana", apiKey: "1234" });
 *
 * assertEquals(await deleteTable("cafes", { credentials, transport }), true);
 * ```
 */
export async function deleteTable(tableName: string, options: SchemaOptions = {}): Promise<boolean> {
  const { checkTableName, resolvePlatform } = await import("./_arguments.ts");
  const table = checkTableName(tableName);
  const call = { operation: `delete table "${table}"`, signal: options.signal };
  return await (await resolvePlatform(options)).dropTable(table, options.schema, call);
}
