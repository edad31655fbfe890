import { ArgumentError, DataError, ResponseError } from "../errors/carto_error.ts";
import { errorFromAnswer, holdsError } from "../http/_response_error.ts";
import type { HttpAnswer } from "../http/transport.ts";
import { checkCore } from "./_core_check.ts";
import { type AccountRequest, type AccountRequests, type Parameters, requestsOf } from "./_requests.ts";
import { columnOrder, RowConverter, type WireField } from "./_rows.ts";
import { sqlInputText } from "./_sql_input.ts";
import { countStatements, isSqlQuery, topLevelWords } from "./_sql_scan.ts";
import type { ClassicClient } from "./client.ts";
import type { SqlInput } from "./sql_text.ts";

/** A format that the SQL API can answer in. */
export type SqlFormat =
  | "json"
  | "geojson"
  | "topojson"
  | "csv"
  | "svg"
  | "kml"
  | "shp"
  | "gpkg"
  | "spatialite"
  | "arraybuffer";

/** A column of an answer, as the server describes it; other members pass through. */
export interface SqlField {
  /** The column's name. */
  readonly name: string;
  /** The server's own word: `number`, `string`, `boolean`, `date`, `geometry`, `number[]`, `unknown(<oid>)` … */
  readonly type: string;
  /** The PostgreSQL type, such as `int8` or `_text` (an array); geometry columns have none. */
  readonly pgtype?: string | undefined;
  /** The kind of geometry, such as `Point`, or `Unknown`. */
  readonly wkbtype?: string | undefined;
  /** How many coordinates a position has. */
  readonly dims?: number | undefined;
  /** The coordinate system of a geometry column. */
  readonly srid?: number | undefined;
}

/** A row of an answer, by column name. Two columns of one name become one: the server keeps the last. */
export type SqlRow = Record<string, unknown>;

/** Anything that turns an unknown value into a known type or throws: a zod schema is one. */
export interface RowParser<T> {
  /** The value in the wanted type. */
  parse(value: unknown): T;
}

/** What the server answers to a query in JSON. */
export interface QueryResult<Row = SqlRow> {
  /** The rows. Of several statements in one query, the rows of all of them. */
  readonly rows: Row[];
  /** The columns in their order. Of several statements, those of the last. */
  readonly fields: readonly SqlField[];
  /** How many rows were returned or, for a write, touched. Never the count of all pages. */
  readonly totalRows: number;
  /** Seconds that the query took on the server, when told. */
  readonly time: number | undefined;
  /** What PostgreSQL noticed, such as `table "x" does not exist, skipping`. */
  readonly notices: readonly string[];
  /** What PostgreSQL warned of. */
  readonly warnings: readonly string[];
  /** What PostgreSQL told besides. */
  readonly infos: readonly string[];
  /**
   * Columns in which a number has sixteen digits or more and may have been rounded by the server:
   * numeric ones and, with `allowRounded`, int8 ones.
   */
  readonly roundedColumns: readonly string[];
}

/** A GeoJSON answer. Numbers and coordinates are as JSON has them; see {@link SqlOptions.decimalPlaces}. */
export interface SqlFeatureCollection {
  /** Always `FeatureCollection`. */
  readonly type: "FeatureCollection";
  /** One feature per row: `the_geom` as geometry, the other columns as properties. */
  readonly features: readonly SqlFeature[];
}

/** One row as a GeoJSON feature. */
export interface SqlFeature {
  /** Always `Feature`. */
  readonly type: "Feature";
  /** The geometry; one of another coordinate system than 4326 carries a `crs` member. */
  readonly geometry: { readonly type: string; readonly [member: string]: unknown } | null;
  /** The other columns. */
  readonly properties: SqlRow;
}

/** What every kind of query takes. */
export interface SqlOptions {
  /**
   * `GET` puts the query into the URL, where proxies may cache it and logs keep it; it is used only
   * for queries of fewer than 1024 characters. Default `POST`.
   */
  method?: "GET" | "POST" | undefined;
  /** Rows per page. Needs no `page`; the first is 0. */
  rowsPerPage?: number | undefined;
  /** Which page, from 0. Needs `rowsPerPage`. */
  page?: number | undefined;
  /** The one column to sort by. */
  orderBy?: string | undefined;
  /** The direction of `orderBy`. */
  sortOrder?: "asc" | "desc" | undefined;
  /** Columns to leave out. */
  skipFields?: readonly string[] | undefined;
  /** Decimal places of coordinates in GeoJSON, TopoJSON and SVG. The server's default is 6 (about 10 cm). */
  decimalPlaces?: number | undefined;
  /** The name that the server puts into `content-disposition`, and into shapefiles. */
  filename?: string | undefined;
  /** `persist` keeps the answer in the platform's cache until the tables change. */
  cachePolicy?: "persist" | undefined;
  /**
   * Says that the query changes nothing, so that it may be sent again after a failure. Default false:
   * a `SELECT` can call functions that write. A rate limit is waited for in any case, since then
   * nothing was done.
   */
  readOnly?: boolean | undefined;
  /** Stops waiting. The server goes on until its own time limit. */
  signal?: AbortSignal | undefined;
  /** Milliseconds to wait for the answer. Default: the client's. */
  timeout?: number | undefined;
}

/** What a query in JSON takes. */
export interface QueryOptions<Row = SqlRow> extends SqlOptions {
  /** JSON, which is the default. */
  format?: "json" | undefined;
  /** How int8 columns are given: `number` refuses a value that does not fit. Default `bigint`. */
  int8?: "bigint" | "number" | "text" | undefined;
  /** How numeric columns are given. Default `text`, with the digits that the server sent. */
  numeric?: "text" | "number" | undefined;
  /** Takes whole numbers beyond 53 bits although the server has rounded them. Default false: refused. */
  allowRounded?: boolean | undefined;
  /** Checks and types each row, for instance a zod object. */
  rows?: RowParser<Row> | undefined;
}

/** What reading a query page by page takes. */
export interface PagesOptions<Row = SqlRow> extends Omit<QueryOptions<Row>, "page" | "rowsPerPage"> {
  /** Rows per page. Default 1000. */
  rowsPerPage?: number | undefined;
}

/** Below this length a query may travel in a URL; servers refuse header blocks over 8 KB. */
const MAX_GET_LENGTH = 1024;

/**
 * The SQL API: `api/v2/sql`.
 *
 * Rows come through JSON, which the server writes with 64-bit floats. What that does to values:
 *
 * | PostgreSQL type | given as | exact? |
 * |---|---|---|
 * | int8 | `bigint` | yes; a value that the server rounded (beyond 53 bits) is refused |
 * | numeric | text | up to 15 digits; what may be rounded is named in `roundedColumns` |
 * | float4, float8 | number, `NaN` and infinities too | yes, but −0 comes as 0 |
 * | date, timestamp, timestamptz | text like `2020-02-29T12:34:56Z` | fractions of a second and the kind of time are lost |
 * | bytea | `Uint8Array` | yes |
 * | json, jsonb | the parsed value | numbers in it are floats |
 * | geometry | EWKB as hexadecimal text | yes |
 * | others | as the server sends them | |
 *
 * For whole tables, and wherever every value must arrive as it is, use `readCarto` or
 * {@link CopyApi.to}; or cast columns to text in the query.
 *
 * @example Read a query page by page, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const pages = [[{ id: 1 }, { id: 2 }], [{ id: 3 }]];
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: () => Promise.resolve(Response.json({ rows: pages.shift() })),
 * });
 *
 * const sizes: number[] = [];
 * for await (const { rows } of carto.sql.pages("SELECT id FROM cafes ORDER BY id", { rowsPerPage: 2 })) {
 *   sizes.push(rows.length);
 * }
 * assertEquals(sizes, [2, 1]);
 * ```
 */
export class SqlApi {
  readonly #requests: AccountRequests;

  /**
   * Made by {@link ClassicClient} as its member `sql`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#requests = requestsOf(client);
  }

  /**
   * Runs a query.
   *
   * @param query SQL, best made with the `sql` tag
   * @param options Format, paging, types; see {@link QueryOptions} and {@link SqlOptions}
   * @returns The rows and what belongs to them
   * @throws {ResponseError} The server refused, or failed after rows had been sent; see `code`
   * @throws {DataError} A value cannot be given exactly, or `rows.parse` refused a row
   */
  query<Row = SqlRow>(query: SqlInput, options?: QueryOptions<Row>): Promise<QueryResult<Row>>;
  /**
   * Runs a query and gives the answer as GeoJSON; `the_geom` must be among the columns.
   *
   * @param query SQL
   * @param options The format and the rest
   * @returns The FeatureCollection
   * @throws {ResponseError} The server refused, or failed after features had been sent
   */
  query(query: SqlInput, options: SqlOptions & { format: "geojson" }): Promise<SqlFeatureCollection>;
  /**
   * Runs a query and gives the answer as the bytes of a file.
   *
   * @param query SQL
   * @param options The format and the rest
   * @returns The bytes; for `shp` those of a zip archive
   * @throws {ResponseError} The server refused
   */
  query(
    query: SqlInput,
    options: SqlOptions & { format: Exclude<SqlFormat, "json" | "geojson"> },
  ): Promise<Uint8Array>;
  async query<Row = SqlRow>(
    query: SqlInput,
    options: Omit<QueryOptions<Row>, "format"> & { format?: SqlFormat | undefined } = {},
  ): Promise<QueryResult<Row> | SqlFeatureCollection | Uint8Array> {
    const { format = "json", ...rest } = options;
    if (format === "json") return await this.#rows(query, rest);
    const request = sqlRequest(query, rest, format);
    if (format === "geojson") return await this.#geojson(request);
    const answer = await this.#requests.bytes(request);
    refuseJson(answer, answer.body, request, this.#requests.credentials.secrets);
    return answer.body;
  }

  /**
   * Runs a query and gives the answer as text: for `csv`, `kml`, `svg`, `topojson`, or JSON as it is sent.
   *
   * @param query SQL
   * @param options The format and the rest
   * @throws {ResponseError} The server refused, or failed after rows had been sent
   */
  async text(query: SqlInput, options: SqlOptions & { format: SqlFormat }): Promise<string> {
    const request = sqlRequest(query, options, options.format);
    const answer = await this.#requests.text(request);
    if (/json$/.test(options.format)) {
      parseAnswer(answer, request, this.#requests.credentials.secrets);
    } else {
      refuseJson(answer, answer.body, request, this.#requests.credentials.secrets);
    }
    return answer.body;
  }

  /**
   * Runs a query and gives the answer as it arrives, in constant memory. An answer that is cut off is
   * an error of the stream; an error that the server writes into a JSON format after rows is not
   * recognised here, so prefer {@link SqlApi.query} for those.
   *
   * @param query SQL
   * @param options The format and the rest
   * @throws {ResponseError} The server refused before it sent anything
   */
  async download(
    query: SqlInput,
    options: SqlOptions & { format: SqlFormat },
  ): Promise<ReadableStream<Uint8Array>> {
    return (await this.#requests.stream(sqlRequest(query, options, options.format))).body;
  }

  /**
   * Runs a query page by page, one request each, when the loop asks for it. Rows that change between
   * two requests can be missed or met twice; `readCartoBatches` reads a table in one go.
   *
   * @param query One `SELECT`, with an `ORDER BY` unless `orderBy` is given: without an order pages overlap
   * @param options As for {@link SqlApi.query}
   * @returns Pages as they arrive, the last one shorter than the others; none for an empty result
   * @throws {ArgumentError} The query is no single `SELECT`, or has no order
   */
  async *pages<Row = SqlRow>(
    query: SqlInput,
    options: PagesOptions<Row> = {},
  ): AsyncGenerator<QueryResult<Row>, void, void> {
    const text = sqlInputText(query);
    const { rowsPerPage = 1000, ...rest } = options;
    checkPageable(text, rest.orderBy);
    for (let page = 0;; page++) {
      const result = await this.#rows<Row>(text, { ...rest, rowsPerPage, page });
      if (result.rows.length > rowsPerPage) {
        throw new ResponseError(
          "unexpected-response",
          "Cannot read the query page by page: the server sent more",
          {
            status: 200,
          },
        );
      }
      if (result.rows.length > 0) yield result;
      if (result.rows.length < rowsPerPage) return;
    }
  }

  async #rows<Row>(query: SqlInput, options: Omit<QueryOptions<Row>, "format">): Promise<QueryResult<Row>> {
    const request = sqlRequest(query, options, undefined);
    const answer = await this.#requests.text(request);
    const body = parseAnswer(answer, request, this.#requests.credentials.secrets);
    const context = { operation: request.operation, status: answer.status };
    const parsed = checkCore<WireAnswer>("sqlAnswer", body, context);
    const wireFields = parsed.fields ?? {};
    const { rows, roundedColumns } = new RowConverter(wireFields, {
      int8: options.int8 ?? "bigint",
      numeric: options.numeric ?? "text",
      allowRounded: options.allowRounded ?? false,
    }).convert(parsed.rows, answer.body);
    return {
      rows: options.rows === undefined ? rows as Row[] : parseRows(rows, options.rows),
      fields: columnOrder(wireFields, answer.body).map((name) => field(name, wireFields[name])),
      totalRows: parsed.total_rows ?? rows.length,
      time: parsed.time ?? undefined,
      notices: parsed.notices ?? [],
      warnings: parsed.warnings ?? [],
      infos: parsed.infos ?? [],
      roundedColumns,
    };
  }

  async #geojson(request: SqlRequest): Promise<SqlFeatureCollection> {
    const answer = await this.#requests.json(request);
    const context = { operation: request.operation, status: answer.status };
    return checkCore<SqlFeatureCollection>("geojsonAnswer", answer.body, context);
  }
}

/** The answer of `api/v2/sql` in JSON, as far as it is used. */
interface WireAnswer {
  readonly rows: SqlRow[];
  readonly fields?: Readonly<Record<string, WireField & Readonly<Record<string, unknown>>>>;
  readonly total_rows?: number | null;
  readonly time?: number | null;
  readonly notices?: readonly string[] | null;
  readonly warnings?: readonly string[] | null;
  readonly infos?: readonly string[] | null;
}

type SqlRequest = AccountRequest;

/** The request of one query. */
function sqlRequest(query: SqlInput, options: SqlOptions, format: SqlFormat | undefined): SqlRequest {
  const q = sqlInputText(query);
  const values: Parameters = { q, format, ...parametersOf(options) };
  const asGet = options.method === "GET" && q.length < MAX_GET_LENGTH;
  return {
    method: asGet ? "GET" : "POST",
    path: "api/v2/sql",
    operation: "run the query",
    retry: options.readOnly === true ? "read" : "rate-limit",
    signal: options.signal,
    timeout: options.timeout,
    ...(asGet ? { query: values } : { form: values }),
  };
}

/** The parameters that options stand for; what the server would ignore without a word is refused. */
function parametersOf(options: SqlOptions): Parameters {
  const { rowsPerPage, page, orderBy, sortOrder, skipFields, decimalPlaces } = options;
  checkCount("rowsPerPage", rowsPerPage);
  checkCount("page", page);
  checkCount("decimalPlaces", decimalPlaces);
  if (page !== undefined && rowsPerPage === undefined) {
    throw new ArgumentError("Cannot use page without rowsPerPage: the server would send all rows", {
      argument: "page",
    });
  }
  if (sortOrder !== undefined && !["asc", "desc"].includes(sortOrder)) {
    throw new ArgumentError(`Cannot sort "${sortOrder}": sortOrder is "asc" or "desc"`, {
      argument: "sortOrder",
    });
  }
  const comma = skipFields?.find((name) => name.includes(","));
  if (comma !== undefined) {
    throw new ArgumentError(`Cannot leave out column "${comma}": the server reads its name as two`, {
      argument: "skipFields",
    });
  }
  return {
    // Without a page the server takes no notice of the size of one.
    rows_per_page: rowsPerPage,
    page: rowsPerPage === undefined ? undefined : page ?? 0,
    order_by: orderBy,
    sort_order: sortOrder,
    skipfields: skipFields === undefined || skipFields.length === 0 ? undefined : skipFields.join(","),
    dp: decimalPlaces,
    filename: options.filename,
    cache_policy: options.cachePolicy,
  };
}

function checkCount(argument: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
    throw new ArgumentError(`Cannot use ${value} as ${argument}: it is a whole number from 0`, { argument });
  }
}

function checkPageable(text: string, orderBy: string | undefined): void {
  if (!isSqlQuery(text) || countStatements(text) !== 1) {
    throw new ArgumentError("Cannot read page by page: the query is not one SELECT", { argument: "query" });
  }
  if (orderBy === undefined && !topLevelWords(text).includes("order")) {
    throw new ArgumentError("Cannot read page by page without an order: pages could overlap", {
      argument: "orderBy",
      hint: 'Add { orderBy: "cartodb_id" } or an ORDER BY',
    });
  }
}

/** The JSON of an answer; one that holds an error, or is cut off, is thrown. */
function parseAnswer(answer: HttpAnswer<string>, request: SqlRequest, secrets: readonly string[]): unknown {
  let body: unknown;
  try {
    body = JSON.parse(answer.body);
  } catch {
    const type = answer.headers.get("content-type") ?? "nothing";
    const cut = answer.body.trimStart().startsWith("{");
    throw new ResponseError(
      cut ? "incomplete-response" : "unexpected-response",
      `Cannot ${request.operation}: ${cut ? "the answer was cut off" : `the answer is not JSON but ${type}`}`,
      {
        status: answer.status,
        ...(cut ? {} : { hint: "Check the base URL: another server may have answered" }),
      },
    );
  }
  if (holdsError(body)) throw failure(answer, answer.body, request, secrets);
  return body;
}

function failure(
  answer: HttpAnswer<unknown>,
  text: string,
  request: SqlRequest,
  secrets: readonly string[],
): ResponseError {
  const { status, headers } = answer;
  return errorFromAnswer({
    operation: request.operation,
    status,
    headers,
    text,
    retryAfter: undefined,
    secrets,
  });
}

/** Throws when a format other than JSON was answered with the JSON of an error. */
function refuseJson(
  answer: HttpAnswer<unknown>,
  body: string | Uint8Array,
  request: SqlRequest,
  secrets: readonly string[],
): void {
  if (!/^application\/json/.test(answer.headers.get("content-type") ?? "")) return;
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  throw failure(answer, text, request, secrets);
}

/** A column's description without the members that the server left empty. */
function field(name: string, wire: Readonly<Record<string, unknown>> | undefined): SqlField {
  const members = Object.entries(wire ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return { ...Object.fromEntries(members), name } as unknown as SqlField;
}

function parseRows<Row>(rows: readonly SqlRow[], parser: RowParser<Row>): Row[] {
  return rows.map((row, index) => {
    try {
      return parser.parse(row);
    } catch (cause) {
      throw new DataError(
        `The row is not of the type asked for: ${cause instanceof Error ? cause.message : cause}`,
        {
          place: { row: index + 1 },
          cause,
        },
      );
    }
  });
}
