import type { Credentials } from "../auth/credentials.ts";
import { ArgumentError } from "../errors/carto_error.ts";
import type { TransportOptions } from "../http/transport.ts";
import { quoteIdentifierIfNeeded, quoteText, quoteValue } from "./_quote.ts";
import { sqlFragment } from "./_sql_input.ts";
import { scanSql } from "./_sql_scan.ts";
import type { BatchJobDocument, BatchJobWaitOptions } from "./batch_jobs.ts";
import { ClassicClient } from "./client.ts";
import type { QueryOptions, QueryResult, SqlRow } from "./sql.ts";
import { type SqlInput, SqlText } from "./sql_text.ts";

/** What is known of a column after {@link SQLClient.describe}. */
export class ColumnDescription {
  /** The server's word for the type, such as `number` or `string`. */
  readonly type: string;
  /** How many rows the table has. */
  readonly count: number;
  /** The average, of a column of numbers with any value. */
  readonly avg: number | null | undefined;
  /** The least value, of a column of numbers with any value. */
  readonly min: number | null | undefined;
  /** The greatest value, of a column of numbers with any value. */
  readonly max: number | null | undefined;

  /**
   * Made by {@link SQLClient.describe}.
   *
   * @param values The type and the figures
   */
  constructor(values: {
    type: string;
    count: number;
    avg?: number | null | undefined;
    min?: number | null | undefined;
    max?: number | null | undefined;
  }) {
    this.type = values.type;
    this.count = values.count;
    this.avg = values.avg;
    this.min = values.min;
    this.max = values.max;
  }

  /** The figures as CARTOframes prints them, `avg: 1.23e+04`, one a line, the type last. */
  toString(): string {
    const figures = Object.entries({ count: this.count, avg: this.avg, min: this.min, max: this.max })
      .filter((entry): entry is [string, number | null] => entry[1] !== undefined)
      .map(([name, value]) => `${name}: ${value === null ? "null" : scientific(value)}`);
    return [...figures, `type: ${this.type}`].join("\n");
  }
}

/** What {@link SQLClient.createTable} takes. */
export interface CreateTableOptions {
  /** `fail` when the table exists, or `replace` it. Default `fail`. */
  ifExists?: "fail" | "replace" | undefined;
  /** Whether the table becomes a dataset with `cartodb_id` and `the_geom`. Default true. */
  cartodbfy?: boolean | undefined;
  /** Stops, and cancels the job. */
  signal?: AbortSignal | undefined;
}

/** The name of a table, `cafes` or `ana.cafes`; any other name as `sql.id("ana", "odd.name")`. */
export type TableName = string | SqlText;

/**
 * The small conveniences of CARTOframes' `SQLClient`. Names and values are quoted, so a name means
 * exactly the table or column of that spelling, and no value can be read as SQL.
 *
 * Everything that changes a table runs as a batch job and is waited for.
 *
 * @example Count and summarise, with a `fetch` of your own
 * ```ts
 * import { Credentials, SQLClient } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const answer = { rows: [{ count: 5 }], fields: { count: { type: "number", pgtype: "int8" } }, total_rows: 1 };
 * const client = new SQLClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: () => Promise.resolve(Response.json(answer)),
 * });
 * assertEquals(await client.count("cafes"), 5);
 * ```
 */
export class SQLClient {
  readonly #client: ClassicClient;

  /**
   * Makes a client; nothing is sent.
   *
   * @param credentials Whose account; the default credentials when not given
   * @param options Times, retries, log, and what tests put in place of `fetch`
   */
  constructor(credentials?: Credentials, options: TransportOptions = {}) {
    this.#client = new ClassicClient(credentials, options);
  }

  /**
   * Runs a query.
   *
   * @param query SQL
   * @param options As for {@link SqlApi.query}
   * @returns The rows
   */
  query<Row = SqlRow>(
    query: SqlInput,
    options?: QueryOptions<Row> & { verbose?: false | undefined },
  ): Promise<Row[]>;
  /**
   * Runs a query and gives the whole result.
   *
   * @param query SQL
   * @param options `verbose`, and the rest as for {@link SqlApi.query}
   * @returns Rows, columns, notices and the rest
   */
  query<Row = SqlRow>(
    query: SqlInput,
    options: QueryOptions<Row> & { verbose: true },
  ): Promise<QueryResult<Row>>;
  async query<Row = SqlRow>(
    query: SqlInput,
    options: QueryOptions<Row> & { verbose?: boolean | undefined } = {},
  ): Promise<Row[] | QueryResult<Row>> {
    const { verbose = false, ...rest } = options;
    const result = await this.#client.sql.query<Row>(query, rest);
    return verbose ? result : result.rows;
  }

  /**
   * Runs SQL as a batch job and waits for its end.
   *
   * @param query SQL
   * @param options Signal, progress, times
   * @returns The job as it ended
   * @throws {JobError} The job failed or was cancelled
   */
  async execute(query: SqlInput, options: BatchJobWaitOptions = {}): Promise<BatchJobDocument> {
    const job = await this.#client.batchJobs.create(query, { signal: options.signal });
    return (await job.wait(options)).document;
  }

  /**
   * The values of a column with how often they occur, the most frequent first.
   *
   * @param tableName The table
   * @param columnName The column
   * @param options A signal
   * @returns Pairs of value and count
   */
  async distinct(
    tableName: TableName,
    columnName: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<[value: unknown, count: number][]> {
    const column = quoteIdentifierIfNeeded(columnName);
    const query = `SELECT ${column}, COUNT(*) FROM ${table(tableName)} GROUP BY 1 ORDER BY 2 DESC`;
    // Aliases would change the query; the two columns are told apart by their place.
    const { rows, fields } = await this.#read(query, { ...options, int8: "bigint" });
    const [value = columnName, count = "count"] = fields.map((field) => field.name);
    if (fields.length === 1) {
      throw new ArgumentError('Cannot tell the values of a column "count" from their counts', {
        argument: "columnName",
      });
    }
    return rows.map((row) => [row[value], Number(row[count])]);
  }

  /**
   * How many rows a table has.
   *
   * @param tableName The table
   * @param options A signal
   */
  async count(tableName: TableName, options: { signal?: AbortSignal | undefined } = {}): Promise<number> {
    const { rows } = await this.#read(`SELECT COUNT(*) FROM ${table(tableName)};`, options);
    return Number(rows[0]?.count);
  }

  /**
   * The bounds of `the_geom`.
   *
   * @param tableName The table
   * @param options A signal
   * @returns `[[west, south], [east, north]]` in degrees, or null when there is no geometry
   */
  async bounds(
    tableName: TableName,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<[[number, number], [number, number]] | null> {
    const extent = (name: string) => `ST_${name}(ext)`;
    const { rows } = await this.#read(
      `SELECT ARRAY[ARRAY[${extent("XMin")}, ${extent("YMin")}], ARRAY[${extent("XMax")}, ${
        extent("YMax")
      }]] AS bounds ` +
        `FROM (SELECT ST_Extent(the_geom) AS ext FROM ${table(tableName)}) AS _q`,
      options,
    );
    const bounds = rows[0]?.bounds as [[number, number], [number, number]] | null | undefined;
    return bounds === null || bounds === undefined || bounds.flat().includes(null as never) ? null : bounds;
  }

  /**
   * The columns of a table with the server's words for their types.
   *
   * @param tableName The table
   * @param options A signal
   * @returns `{ cartodb_id: "number", the_geom: "geometry", … }`
   */
  async schema(
    tableName: TableName,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<Record<string, string>> {
    const { fields } = await this.#read(`SELECT * FROM ${table(tableName)} LIMIT 0;`, options);
    return Object.fromEntries(fields.map((field) => [field.name, field.type]));
  }

  /**
   * Counts the rows of a table and, for a column of numbers, finds average, least and greatest value.
   *
   * @param tableName The table
   * @param columnName The column
   * @param options A signal
   * @returns The figures; `toString()` gives them as CARTOframes prints them
   * @throws {ArgumentError} The table has no such column
   */
  async describe(
    tableName: TableName,
    columnName: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<ColumnDescription> {
    const type = (await this.schema(tableName, options))[columnName];
    if (type === undefined) {
      throw new ArgumentError(`Cannot describe column "${columnName}": the table has none of that name`, {
        argument: "columnName",
      });
    }
    const column = quoteIdentifierIfNeeded(columnName);
    const figures = type === "number"
      ? ["AVG", "MIN", "MAX"].map((name) => `,${name}(${column})`).join("")
      : "";
    const { rows } = await this.#read(`SELECT COUNT(*)${figures} FROM ${table(tableName)};`, {
      ...options,
      numeric: "number",
    });
    const { count, avg, min, max } = rows[0] ?? {};
    const figure = (value: unknown) => value === undefined || value === null ? value : Number(value);
    return new ColumnDescription({
      type,
      count: Number(count),
      avg: figure(avg),
      min: figure(min),
      max: figure(max),
    });
  }

  /**
   * Makes a table, in one transaction.
   *
   * @param tableName The table
   * @param columnsTypes SQL type by column name, such as `{ id: "int", name: "text" }`
   * @param options What to do when it exists, and whether to make it a dataset
   * @throws {ArgumentError} The columns are no record, or a type is more than one piece of SQL
   * @throws {JobError} The job failed
   */
  async createTable(
    tableName: TableName,
    columnsTypes: Readonly<Record<string, string>>,
    options: CreateTableOptions = {},
  ): Promise<BatchJobDocument> {
    const { ifExists = "fail", cartodbfy = true, signal } = options;
    if (typeof columnsTypes !== "object" || columnsTypes === null || Array.isArray(columnsTypes)) {
      throw new ArgumentError("Cannot create the table: columnsTypes is a record of column names and types", {
        argument: "columnsTypes",
      });
    }
    if (ifExists !== "fail" && ifExists !== "replace") {
      throw new ArgumentError(`Cannot use "${ifExists}" as ifExists: it is "fail" or "replace"`, {
        argument: "ifExists",
      });
    }
    const columns = Object.entries(columnsTypes)
      .map(([name, type]) => `${quoteIdentifierIfNeeded(name)} ${columnType(type)}`);
    const name = table(tableName);
    const statements = [
      "BEGIN",
      ...(ifExists === "replace" ? [`DROP TABLE IF EXISTS ${name}`] : []),
      `CREATE TABLE ${name} (${columns.join(",")})`,
      ...(cartodbfy ? [`SELECT CDB_CartoDBFyTable(${await this.#regclass(tableName, signal)})`] : []),
      "COMMIT",
    ];
    return await this.execute(`${statements.join("; ")};`, { signal });
  }

  /**
   * Adds rows to a table.
   *
   * @param tableName The table
   * @param columnsValues The values of each column, all of one length
   * @param options Signal, progress, times
   * @throws {ArgumentError} Nothing to add, or columns of different lengths
   * @throws {JobError} The job failed
   */
  async insertTable(
    tableName: TableName,
    columnsValues: Readonly<Record<string, readonly unknown[]>>,
    options: BatchJobWaitOptions = {},
  ): Promise<BatchJobDocument> {
    const names = Object.keys(columnsValues);
    const columns = Object.values(columnsValues);
    const length = columns[0]?.length ?? 0;
    if (length === 0) {
      throw new ArgumentError("Cannot insert into the table: there are no values", {
        argument: "columnsValues",
      });
    }
    const odd = columns.findIndex((column) => column.length !== length);
    if (odd !== -1) {
      throw new ArgumentError(
        `Cannot insert into the table: column "${names[0]}" has ${length} values and "${names[odd]}" has ${
          columns[odd]?.length
        }`,
        { argument: "columnsValues" },
      );
    }
    const rows = Array.from(
      { length },
      (_, row) => `(${columns.map((column) => quoteValue(column[row])).join(",")})`,
    );
    const list = names.map(quoteIdentifierIfNeeded).join(",");
    return await this.execute(`INSERT INTO ${table(tableName)} (${list}) VALUES ${rows.join(",")};`, options);
  }

  /**
   * Sets a column to one value in the rows that meet a condition.
   *
   * @param tableName The table
   * @param columnName The column
   * @param columnValue The value
   * @param condition SQL that stands after `WHERE`, best made with the `sql` tag
   * @param options Signal, progress, times
   * @throws {ArgumentError} The condition is more than one piece of SQL
   * @throws {JobError} The job failed
   */
  async updateTable(
    tableName: TableName,
    columnName: string,
    columnValue: unknown,
    condition: SqlInput,
    options: BatchJobWaitOptions = {},
  ): Promise<BatchJobDocument> {
    const set = `${quoteIdentifierIfNeeded(columnName)}=${quoteValue(columnValue)}`;
    const where = sqlFragment(condition, "condition");
    return await this.execute(`UPDATE ${table(tableName)} SET ${set} WHERE ${where};`, options);
  }

  /**
   * Renames a table.
   *
   * @param tableName The table
   * @param newTableName Its new name, without a schema
   * @param options Signal, progress, times
   * @throws {JobError} The job failed
   */
  async renameTable(
    tableName: TableName,
    newTableName: string,
    options: BatchJobWaitOptions = {},
  ): Promise<BatchJobDocument> {
    const to = quoteIdentifierIfNeeded(newTableName);
    return await this.execute(`ALTER TABLE ${table(tableName)} RENAME TO ${to};`, options);
  }

  /**
   * Drops a table; one that does not exist is no error.
   *
   * @param tableName The table
   * @param options Signal, progress, times
   * @throws {JobError} The job failed
   */
  async dropTable(tableName: TableName, options: BatchJobWaitOptions = {}): Promise<BatchJobDocument> {
    return await this.execute(`DROP TABLE IF EXISTS ${table(tableName)};`, options);
  }

  /** A query of ours that changes nothing, so it may be sent again. */
  #read(query: string, options: QueryOptions = {}): Promise<QueryResult> {
    return this.#client.sql.query(query, { readOnly: true, int8: "number", ...options });
  }

  /** The arguments of CDB_CartoDBFyTable: the schema and the table. */
  async #regclass(tableName: TableName, signal: AbortSignal | undefined): Promise<string> {
    if (tableName instanceof SqlText) {
      throw new ArgumentError("Cannot make a dataset of a table named by SQL", {
        argument: "tableName",
        hint: "Give the name as text, or { cartodbfy: false }",
      });
    }
    const path = tablePath(tableName);
    const [schema, name] = path.length === 2 ? path : [await this.#currentSchema(signal), tableName];
    return `${quoteText(String(schema))}, ${quoteText(String(name))}`;
  }

  async #currentSchema(signal: AbortSignal | undefined): Promise<string> {
    const { rows } = await this.#read("SELECT current_schema()", { signal });
    return String(rows[0]?.current_schema);
  }
}

/** The schema, where there is one, and the table. */
function tablePath(tableName: string): string[] {
  const path = String(tableName).split(".");
  if (path.length > 2 || typeof tableName !== "string") {
    throw new ArgumentError(`Cannot use "${tableName}" as a table name`, {
      argument: "tableName",
      hint: 'For a name with dots pass sql.id("schema", "name")',
    });
  }
  return path;
}

/** A table as SQL. */
function table(tableName: TableName): string {
  return tableName instanceof SqlText
    ? tableName.text
    : tablePath(tableName).map(quoteIdentifierIfNeeded).join(".");
}

/** The type of a column: one piece of SQL without a comma outside of parentheses. */
function columnType(type: string): string {
  const text = sqlFragment(type, "columnsTypes");
  let depth = 0;
  for (const token of scanSql(text)) {
    const piece = text.slice(token.start, token.end);
    if (piece === "(") depth++;
    if (piece === ")") depth--;
    if (piece === "," && depth === 0) {
      throw new ArgumentError(`Cannot use "${type}" as a column type`, { argument: "columnsTypes" });
    }
  }
  return text;
}

/** `1.23e+04`: two decimals and two digits of exponent, as Python prints them. */
function scientific(value: number): string {
  return value.toExponential(2).replace(/e([+-])(\d)$/, "e$10$2");
}
