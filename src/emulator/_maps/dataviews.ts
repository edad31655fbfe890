import { quoteIdentifier, quoteLiteral } from "../_db/query.ts";
import type { Parameters } from "../_handler.ts";
import { fromDatabase, MapError } from "./map_error.ts";
import { isRecord } from "./templates.ts";
import { embeddable, read, type Runner, withoutTokens } from "./typed_rows.ts";

/** A question about the rows of a map. */
export interface Dataview {
  /** `formula`, `aggregation` or `histogram`. */
  readonly type: string;
  /** What is asked. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The id of the step of an analysis whose rows are asked about. */
  readonly source: string;
}

/** What a dataview is asked over. */
export interface DataviewSource {
  /** The rows that the filters of all dataviews pick. */
  readonly filtered: string;
  /** The rows that the filters of the other dataviews pick. */
  readonly filteredByOthers: string;
  /** All rows. */
  readonly unfiltered: string;
}

const FLOATS = [700, 701, 1700];
const DATES = [1082, 1114, 1184];
const FUNCTIONS = ["count", "sum", "avg", "min", "max"];
/** The categories that are told by name, and the one that holds all others. */
const CATEGORIES = 6;
const MIN_BINS = 6;
const MAX_BINS = 48;

/** The steps of a histogram of dates. */
const UNITS = [
  "second",
  "minute",
  "hour",
  "day",
  "week",
  "month",
  "quarter",
  "year",
  "decade",
  "century",
  "millennium",
];
/** Bins from which a histogram of dates that chooses its own step takes the next longer one. */
const MAX_AUTO_BINS = 100;

/** Reads a dataview of a map's configuration. */
export function readDataview(given: unknown, name: string): Dataview {
  if (!isRecord(given)) throw new MapError(`Dataview '${name}' does not exist`, { type: "dataview" }, 400);
  const source = isRecord(given.source) ? given.source.id : undefined;
  return {
    type: String(given.type),
    options: isRecord(given.options) ? given.options : {},
    source: typeof source === "string" ? source : "",
  };
}

/**
 * Answers a dataview.
 *
 * @throws {MapError} For options that do not fit and what the database refuses
 */
export async function answerDataview(
  runner: Runner,
  dataview: Dataview,
  source: DataviewSource,
  parameters: Parameters,
): Promise<Record<string, unknown>> {
  const isOwn = isOn(parameters.own_filter);
  const rows = isOn(parameters.no_filters)
    ? source.unfiltered
    : isOwn
    ? source.filtered
    : source.filteredByOthers;
  const sql = restrict(withoutTokens(rows), parameters);
  const ask = { runner, sql, options: dataview.options, parameters };
  try {
    switch (dataview.type) {
      case "formula":
        return await formula(ask);
      case "aggregation":
        return await aggregation(ask, isOwn);
      case "histogram":
        return await histogram(ask);
      default:
        throw new MapError(`Invalid dataview type: "${dataview.type}"`);
    }
  } catch (error) {
    throw fromDatabase(error);
  }
}

/**
 * Finds categories by a part of their text.
 *
 * @throws {MapError} For options that do not fit and what the database refuses
 */
export async function searchDataview(
  runner: Runner,
  { type, options }: Dataview,
  source: DataviewSource,
  parameters: Parameters,
): Promise<Record<string, unknown>> {
  if (type !== "aggregation") return { type, categories: [] };
  const { column, value } = categoryOptions(options);
  const wanted = quoteLiteral(`%${String(parameters.q ?? "").replace(/[\\%_]/g, "\\$&")}%`);
  try {
    const { rows } = await read(
      runner,
      `SELECT ${column} AS category, ${value} AS value FROM (${
        restrict(withoutTokens(source.filteredByOthers), parameters)
      }) AS source
       WHERE CAST(${column} AS text) ILIKE ${wanted} GROUP BY ${column} ORDER BY value DESC`,
    );
    return { type, categories: rows };
  } catch (error) {
    throw fromDatabase(error);
  }
}

interface Question {
  runner: Runner;
  sql: string;
  options: Readonly<Record<string, unknown>>;
  parameters: Parameters;
}

async function typeOf(runner: Runner, sql: string, column: string): Promise<number> {
  const { fields } = await read(runner, `SELECT ${column} AS value FROM (${sql}) AS source LIMIT 0`);
  return fields[0]?.typeOid ?? 0;
}

/** A number without the infinities and the values that are none, as SQL. */
function finite(column: string, isFloat: boolean): string {
  return isFloat ? `nullif(nullif(nullif(${column}, 'infinity'), '-infinity'), 'NaN')` : column;
}

function specials(column: string, isFloat: boolean): { infinities: string; nans: string } {
  const count = (condition: string): string => isFloat ? `count(*) FILTER (WHERE ${condition})` : "0";
  return {
    infinities: count(`${column} IN ('infinity', '-infinity')`),
    nans: count(`${column} = 'NaN'`),
  };
}

async function formula({ runner, sql, options }: Question): Promise<Record<string, unknown>> {
  const { operation, column: name } = options;
  if (typeof operation !== "string") throw new MapError("Formula expects 'operation' in dataview options");
  if (!FUNCTIONS.includes(operation)) throw new MapError(`Formula does not support '${operation}' operation`);
  if (operation !== "count" && typeof name !== "string") {
    throw new MapError("Formula expects 'column' in dataview options");
  }
  const column = typeof name === "string" ? columnSql(name) : "1";
  const isFloat = FLOATS.includes(await typeOf(runner, sql, column));
  const { infinities, nans } = specials(column, isFloat);
  const { rows } = await read(
    runner,
    `SELECT ${operation}(${
      finite(column, isFloat)
    }) AS result, count(*) FILTER (WHERE ${column} IS NULL) AS nulls,
       ${infinities} AS infinities, ${nans} AS nans FROM (${sql}) AS source`,
  );
  const [row = {}] = rows;
  return {
    operation,
    result: row.result,
    nulls: row.nulls,
    ...(isFloat ? { nans: row.nans, infinities: row.infinities } : {}),
    type: "formula",
  };
}

interface CategoryOptions {
  column: string;
  operation: string;
  value: string;
  of: string | undefined;
}

function categoryOptions(options: Readonly<Record<string, unknown>>): CategoryOptions {
  const { column, aggregation: operation, aggregationColumn: of } = options;
  if (typeof column !== "string") throw new MapError("Aggregation expects 'column' in dataview options");
  if (typeof operation !== "string") {
    throw new MapError("Aggregation expects 'aggregation' operation in dataview options");
  }
  if (!FUNCTIONS.includes(operation)) {
    throw new MapError(`Aggregation does not support '${operation}' operation`);
  }
  if (operation === "count") {
    return { column: columnSql(column), operation, value: "count(1)", of: undefined };
  }
  if (typeof of !== "string") {
    throw new MapError(`Aggregation '${operation}' is missing some options: aggregationColumn`);
  }
  return { column: columnSql(column), operation, value: `${operation}(${columnSql(of)})`, of: columnSql(of) };
}

async function aggregation(
  { runner, sql, options, parameters }: Question,
  isOwn: boolean,
): Promise<Record<string, unknown>> {
  const { column, operation, value, of } = categoryOptions(options);
  const isFloat = of !== undefined && FLOATS.includes(await typeOf(runner, sql, of));
  const { infinities, nans } = specials(of ?? "", isFloat);
  const counted = await read(
    runner,
    `SELECT count(1) AS count, count(*) FILTER (WHERE ${column} IS NULL) AS nulls, ${nans} AS nans,
       ${infinities} AS infinities, (SELECT count(*) FROM (SELECT DISTINCT ${column} FROM (${sql}) AS source) AS x) AS categories
     FROM (${sql}) AS source`,
  );
  const [summary = {}] = counted.rows;
  const usable = isFloat ? `${of} NOT IN ('infinity', '-infinity', 'NaN')` : "true";
  const named = `SELECT ${column} AS category, ${value} AS value FROM (${sql}) AS source
    WHERE ${of ?? column} IS NOT NULL AND ${usable} GROUP BY ${column}`;
  const limit = Math.trunc(Number(parameters.categories)) > 0
    ? Math.trunc(Number(parameters.categories))
    : CATEGORIES;
  const shown = isOwn
    ? `SELECT category, value, false AS agg FROM categories ORDER BY rank`
    : `(SELECT category, value, false AS agg FROM categories WHERE rank < ${limit} ORDER BY rank) UNION ALL
       SELECT NULL, ${operation === "count" ? "sum" : operation}(value), true FROM categories
       WHERE rank >= ${limit} HAVING count(*) > 0`;
  const { rows } = await read(
    runner,
    `WITH categories AS (SELECT *, row_number() OVER (ORDER BY value DESC, category) AS rank FROM (${named}) AS named)
     SELECT shown.*, (SELECT min(value) FROM categories) AS least, (SELECT max(value) FROM categories) AS most
     FROM (${shown}) AS shown`,
  );
  return {
    aggregation: operation,
    count: summary.count,
    nulls: summary.nulls,
    nans: summary.nans,
    infinities: summary.infinities,
    min: rows[0]?.least ?? 0,
    max: rows[0]?.most ?? 0,
    categoriesCount: summary.categories,
    categories: rows.map(({ category, value, agg }) => ({
      category: agg === true ? "Other" : category,
      value,
      agg,
    })),
    type: "aggregation",
  };
}

async function histogram(question: Question): Promise<Record<string, unknown>> {
  const { runner, sql, options, parameters } = question;
  if (typeof options.column !== "string") {
    throw new MapError("Histogram expects 'column' in dataview options");
  }
  const column = columnSql(options.column);
  const oid = await typeOf(runner, sql, column);
  const isDate = DATES.includes(oid) || parameters.column_type === "date";
  const hasUnit = (parameters.aggregation ?? options.aggregation) !== undefined;
  const hasBins = parameters.bins !== undefined || options.bins !== undefined;
  if (isDate && (hasUnit || !hasBins)) return await dateHistogram(question, column);
  return isDate
    ? await numericHistogram(question, `date_part('epoch', ${column})`, false)
    : await numericHistogram(question, column, FLOATS.includes(oid));
}

async function numericHistogram(
  { runner, sql, options, parameters }: Question,
  column: string,
  isFloat: boolean,
): Promise<Record<string, unknown>> {
  const value = finite(column, isFloat);
  const [start, end] = [numberOf(parameters.start ?? options.start), numberOf(parameters.end ?? options.end)];
  const hasRange = start !== undefined && end !== undefined && start < end;
  const source = hasRange
    ? `SELECT * FROM (${sql}) AS source WHERE ${column} BETWEEN ${start} AND ${end}`
    : sql;
  const basics = await read(
    runner,
    `SELECT min(${value})::float8 AS least, max(${value})::float8 AS most, count(${value}) AS rows,
       (percentile_disc(0.75) WITHIN GROUP (ORDER BY ${value}) - percentile_disc(0.25) WITHIN GROUP (ORDER BY ${value}))::float8 AS spread
     FROM (${sql}) AS source`,
  );
  const { least, most, rows: count, spread } = basics.rows[0] ?? {};
  const [low, high] = hasRange ? [start, end] : [Number(least ?? 0), Number(most ?? 0)];
  const given = Math.trunc(numberOf(parameters.bins ?? options.bins) ?? 0);
  const bins = given > 0
    ? given
    : freedmanDiaconis(Number(count), Number(spread ?? 0), Number(most) - Number(least));
  const { infinities, nans } = specials(column, isFloat);
  const place = low === high
    ? "0"
    : `greatest(1, least(${bins}, width_bucket((${value})::float8, ${low}, ${high}, ${bins}))) - 1`;
  const { rows } = await read(
    runner,
    `SELECT ${place} AS bin, min(${value}) AS min, max(${value}) AS max, avg(${value}) AS avg, count(${value}) AS freq,
       count(*) FILTER (WHERE ${column} IS NULL) AS nulls, ${infinities} AS infinities, ${nans} AS nans
     FROM (${source}) AS source GROUP BY 1 ORDER BY 1`,
  );
  const total = (name: string): number => rows.reduce((sum, row) => sum + Number(row[name] ?? 0), 0);
  const freq = total("freq");
  const weighted = rows.reduce((sum, row) => sum + Number(row.avg ?? 0) * Number(row.freq ?? 0), 0);
  const told = rows.filter((row) => row.freq !== 0);
  return {
    bin_width: (high - low) / bins,
    bins_count: bins,
    bins_start: hasRange ? start : least,
    nulls: total("nulls"),
    infinities: total("infinities"),
    nans: total("nans"),
    avg: freq === 0 ? 0 : weighted / freq,
    bins: told.map(({ bin, min, max, avg, freq }) => ({ bin, min, max, avg, freq })),
    type: "histogram",
  };
}

/** As many bins as the spread of the middle half of the values asks for. */
function freedmanDiaconis(count: number, spread: number, range: number): number {
  if (count === 0 || spread === 0) return 1;
  const wanted = Math.round(range / (2 * spread * count ** (-1 / 3)));
  return Math.max(Math.min(MIN_BINS, count), Math.min(MAX_BINS, wanted));
}

async function dateHistogram(
  { runner, sql, options, parameters }: Question,
  column: string,
): Promise<Record<string, unknown>> {
  const asked = String(parameters.aggregation ?? options.aggregation ?? "auto");
  if (asked !== "auto" && !UNITS.includes(asked)) {
    throw new MapError(`Invalid aggregation value. Valid ones: ${["auto", ...UNITS].join(", ")}`);
  }
  const [start, end] = [numberOf(parameters.start), numberOf(parameters.end)];
  const conditions = [
    ...(start === undefined ? [] : [`${column} >= to_timestamp(${start})`]),
    ...(end === undefined ? [] : [`${column} <= to_timestamp(${end})`]),
  ];
  const source = conditions.length === 0
    ? sql
    : `SELECT * FROM (${sql}) AS source WHERE ${conditions.join(" AND ")}`;
  const unit = asked === "auto" ? await chooseUnit(runner, source, column) : asked;
  const offset = numberOf(parameters.offset ?? options.offset) ?? 0;
  const hours = unit === "hour" || unit === "minute" || unit === "second" ? 0 : Math.ceil(offset / 3600);
  const interval = unit === "quarter" ? "3 months" : `1 ${unit}`;
  const local = (value: string): string =>
    `date_trunc('${unit}', timezone('utc', (${value})::timestamptz) + interval '${hours} hours')`;
  const [first, last] = [
    start === undefined ? "min(at)" : local(`to_timestamp(${start})`),
    end === undefined ? "max(at)" : local(`to_timestamp(${end})`),
  ];
  const epoch = (value: string): string => `date_part('epoch', ${value} - interval '${hours} hours')`;
  const { rows } = await read(
    runner,
    `WITH buckets AS (
       SELECT ${local(column)} AS at, count(*) AS freq FROM (${source}) AS source GROUP BY 1
     ), steps AS (
       SELECT ARRAY(SELECT generate_series(f, l, interval '${interval}')) AS list
       FROM (SELECT ${first} AS f, ${last} AS l FROM buckets) AS x
     )
     SELECT array_position(list, at) - 1 AS bin, ${epoch("at")} AS timestamp, freq, ${
      epoch("list[1]")
    } AS first,
       cardinality(list) AS count, date_part('epoch', interval '${interval}') AS width
     FROM buckets, steps ORDER BY 1`,
  );
  const [row = {}] = rows;
  return {
    aggregation: unit,
    offset,
    timestamp_start: row.first,
    bin_width: row.width ?? 0,
    bins_count: row.count ?? 0,
    bins_start: row.timestamp,
    nulls: 0,
    bins: rows.map(({ bin, timestamp, freq }) => ({
      bin,
      min: timestamp,
      max: timestamp,
      avg: timestamp,
      freq,
      timestamp,
    })),
    type: "histogram",
  };
}

/** The shortest step that gives few enough bins. */
async function chooseUnit(runner: Runner, sql: string, column: string): Promise<string> {
  const { rows } = await read(
    runner,
    `SELECT date_part('epoch', max(${column})::timestamp - min(${column})::timestamp) AS seconds FROM (${sql}) AS source`,
  );
  const seconds = Number(rows[0]?.seconds ?? 0);
  const day = 86_400;
  const lengths = [
    1,
    60,
    3600,
    day,
    7 * day,
    30 * day,
    91 * day,
    365 * day,
    3652 * day,
    36_525 * day,
    365_243 * day,
  ];
  const index = lengths.findIndex((length) => seconds / length <= MAX_AUTO_BINS);
  return seconds === 0 ? "day" : UNITS[index] ?? "millennium";
}

/** Filters that are set on dataviews of a map. */
export interface DataviewFilters {
  /** The dataviews of the map by name. */
  readonly dataviews: Readonly<Record<string, unknown>>;
  /** The filters by the names of their dataviews, as a client sends them. */
  readonly filters: unknown;
  /** The names of the dataviews over times, whose bounds are seconds. */
  readonly overTimes: ReadonlySet<string>;
}

function filtersOf(
  { dataviews, filters }: Omit<DataviewFilters, "overTimes">,
): [string, Record<string, unknown>][] {
  const given = isRecord(filters) && isRecord(filters.dataviews) ? filters.dataviews : {};
  return Object.entries(given).flatMap(([name, filter]) =>
    isRecord(filter) && Object.hasOwn(dataviews, name)
      ? [[name, filter] as [string, Record<string, unknown>]]
      : []
  );
}

/**
 * Which of the filtered dataviews are over times.
 *
 * @param analyses The definitions of a map's analyses
 * @throws {MapError} For what the database refuses
 */
export async function findTimes(
  runner: Runner,
  given: Omit<DataviewFilters, "overTimes">,
  analyses: unknown,
): Promise<Set<string>> {
  const times = new Set<string>();
  for (const [name, filter] of filtersOf(given)) {
    if (rangeCondition("", filter, false) === undefined) continue;
    const { source, options } = readDataview(given.dataviews[name], name);
    const sql = queryOf(analyses, source);
    if (sql === undefined || typeof options.column !== "string") continue;
    try {
      const oid = await typeOf(runner, withoutTokens(embeddable(sql)), columnSql(options.column));
      if (DATES.includes(oid)) times.add(name);
    } catch (error) {
      throw fromDatabase(error);
    }
  }
  return times;
}

/** The query of a source by the name that a map's analyses give it. */
function queryOf(definitions: unknown, name: string): string | undefined {
  for (const definition of Array.isArray(definitions) ? definitions : [definitions]) {
    if (!isRecord(definition) || !isRecord(definition.params)) continue;
    const { query, source } = definition.params;
    if (definition.id === name && typeof query === "string") return query;
    const inner = queryOf(source, name);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** The conditions that filters of dataviews set, by the id of the step whose rows they pick. */
export function filterConditions(given: DataviewFilters, without?: string): Map<string, string[]> {
  const conditions = new Map<string, string[]>();
  for (const [name, filter] of filtersOf(given)) {
    if (name === without) continue;
    const { source, options } = readDataview(given.dataviews[name], name);
    const column = columnSql(String(options.column ?? ""));
    const condition = rangeCondition(column, filter, given.overTimes.has(name)) ??
      categoryCondition(column, filter);
    if (condition !== undefined) conditions.set(source, [...conditions.get(source) ?? [], condition]);
  }
  return conditions;
}

function rangeCondition(
  column: string,
  { min, max }: Readonly<Record<string, unknown>>,
  isTime: boolean,
): string | undefined {
  const bound = (value: unknown): string | undefined => {
    const number = numberOf(value);
    return number === undefined ? undefined : isTime ? `to_timestamp(${number})` : String(number);
  };
  const [low, high] = [bound(min), bound(max)];
  if (low !== undefined && high !== undefined) return `${column} BETWEEN ${low} AND ${high}`;
  if (low !== undefined) return `${column} >= ${low}`;
  return high === undefined ? undefined : `${column} <= ${high}`;
}

function categoryCondition(
  column: string,
  { accept, reject }: Readonly<Record<string, unknown>>,
): string | undefined {
  const list = (values: readonly unknown[]): string =>
    values.map((value) => typeof value === "number" ? String(value) : quoteLiteral(String(value))).join(",");
  const conditions: string[] = [];
  if (Array.isArray(accept)) {
    conditions.push(accept.length === 0 ? "0 = 1" : `${column} IN (${list(accept)})`);
  }
  if (Array.isArray(reject)) {
    conditions.push(reject.length === 0 ? "1 = 1" : `${column} NOT IN (${list(reject)})`);
  }
  return conditions.length === 0 ? undefined : conditions.join(" AND ");
}

/** Only the rows in a box, a circle or an area. */
function restrict(sql: string, { bbox, circle, polygon }: Parameters): string {
  if (typeof bbox === "string") return intersecting(sql, boxes(bbox));
  if (typeof circle === "string") {
    const { lat, lng, radius } = parseShape(circle, "circle") as Record<string, unknown>;
    const [y, x, r] = [lat, lng, radius].map(numberOf);
    if (y === undefined || x === undefined || r === undefined) throw new MapError("Invalid circle filter");
    return intersecting(sql, [
      `ST_Transform(ST_Buffer(ST_SetSRID(ST_MakePoint(${x}, ${y}), 4326)::geography, ${r})::geometry, 3857)`,
    ]);
  }
  if (typeof polygon === "string") {
    const shape = quoteLiteral(JSON.stringify(parseShape(polygon, "polygon")));
    return intersecting(sql, [`ST_Transform(ST_SetSRID(ST_GeomFromGeoJSON(${shape}), 4326), 3857)`]);
  }
  return sql;
}

function intersecting(sql: string, shapes: readonly string[]): string {
  const conditions = shapes.map((shape) => `ST_Intersects(the_geom_webmercator, ${shape})`);
  return `SELECT * FROM (${sql}) AS everywhere WHERE ${conditions.join(" OR ")}`;
}

function parseShape(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MapError(`Invalid ${name} filter`);
  }
}

const MAX_LATITUDE = 85.0511287798066;

/** The boxes of a view; one over the date line is two. */
function boxes(text: string): string[] {
  const numbers = text.split(",").map(Number);
  const [west = NaN, south = NaN, east = NaN, north = NaN] = numbers;
  if (numbers.length !== 4 || !numbers.every(Number.isFinite)) {
    throw new MapError('Invalid bbox filter, expected format="west,south,east,north"');
  }
  const width = Math.min(east - west, 360);
  const left = west + 180 - 360 * Math.floor((west + 180) / 360) - 180;
  const right = left + width;
  const parts = width >= 360
    ? [[-180, 180]]
    : right <= 180
    ? [[left, right]]
    : [[left, 180], [-180, right - 360]];
  return parts.map(([from, to]) =>
    `ST_Transform(ST_MakeEnvelope(${from}, ${Math.max(south, -MAX_LATITUDE)}, ${to}, ` +
    `${Math.min(north, MAX_LATITUDE)}, 4326), 3857)`
  );
}

/** A plain name stays as it is, so that queries that are told read as the platform's do. */
function columnSql(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : quoteIdentifier(name);
}

/** Words of SQL that are likely names of columns. */
const RESERVED = new Set([
  "user",
  "order",
  "group",
  "table",
  "column",
  "desc",
  "asc",
  "end",
  "from",
  "to",
  "limit",
  "select",
  "where",
  "all",
  "any",
  "case",
  "check",
  "default",
  "offset",
  "primary",
  "references",
  "unique",
  "using",
  "when",
  "window",
  "with",
  "current_date",
  "current_time",
  "current_user",
  "analyse",
  "analyze",
  "array",
  "both",
  "cast",
  "collate",
  "constraint",
  "create",
  "deferrable",
  "distinct",
  "do",
  "else",
  "except",
  "false",
  "fetch",
  "for",
  "foreign",
  "grant",
  "having",
  "in",
  "initially",
  "intersect",
  "into",
  "lateral",
  "leading",
  "localtime",
  "localtimestamp",
  "not",
  "null",
  "on",
  "only",
  "or",
  "placing",
  "returning",
  "session_user",
  "some",
  "symmetric",
  "system_user",
  "then",
  "trailing",
  "true",
  "union",
  "variadic",
  "and",
  "as",
  "asymmetric",
]);

function numberOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function isOn(value: unknown): boolean {
  return value === true || value === "1" || value === 1 || value === "true";
}
