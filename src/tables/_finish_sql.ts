import { sql } from "../classic/sql_text.ts";
import type { Field } from "../frame/types.ts";
import { MERCATOR, putBack, SET_ASIDE_VARIABLES, setAside } from "./_set_aside_sql.ts";
import type { TargetColumn } from "./_target.ts";

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
  /** The staging table's column that numbers the rows as they came; none where their order is not known. */
  readonly order: string | undefined;
  /** Columns of the staging table that still have short names, and their own. */
  readonly renames: readonly (readonly [short: string, name: string])[];
}

/** A column by which rows are told apart. */
export interface KeyColumn {
  readonly name: string;
  /** The SQL of its value in the staging table, as it is compared. */
  readonly expression: string;
}

/** An upload under a name that is free. */
export interface NewTableFinish extends Finish {
  /** Whether the database works out the projected copy of the geometries, which CARTO's trigger does from then on. */
  readonly isProjected: boolean;
  /** The columns by which the rows must differ; none where they need not. */
  readonly key: readonly KeyColumn[];
  /** Whether the table becomes one that CARTO's pages list and draw. */
  readonly cartodbfy: boolean;
}

/** A column of the rows that go into a table that stands. */
export interface InsertColumn extends StagingColumn {
  readonly cast: Cast;
}

/** An upload into a table that stands. */
export interface InsertFinish extends Finish {
  /** How many rows the staging table must give. */
  readonly rows: number;
  /** Whether values go into a column whose numbers the database would give. */
  readonly overridesIdentity: boolean;
  /** The columns with the way of their values. */
  readonly columns: readonly InsertColumn[];
}

/** An upload that takes the place of what a table holds. */
export interface ReplaceFinish extends InsertFinish {
  /** What to change in the table's columns, as pieces of one `ALTER TABLE`. */
  readonly alterations: readonly string[];
  /** Whether to convert the table afterwards, since it has not been. */
  readonly cartodbfy: boolean;
}

/** An upload whose rows take the place of those with the same key, or are new. */
export interface UpsertFinish extends InsertFinish {
  readonly key: readonly KeyColumn[];
  /** The table that tells afterwards how many rows were `inserted` and `updated`, and how many `matched`. */
  readonly tally: string;
}

/** The word by which our own checks are known in a message of the database. */
const MARK = "cartoframes";

/** What one of our own checks found within the database. */
export type CheckFailure =
  | {
    readonly check: "ids" | "misfit" | "rows";
    /** For `misfit` the index of the column, for `rows` the number of rows that arrived. */
    readonly value: number;
    /** For `misfit` how many values do not fit. */
    readonly count: number;
  }
  | {
    /** Rows without a key, or keys that more than one row has. */
    readonly check: "nulls" | "repeated";
    /** How many there are. */
    readonly count: number;
    /** The first of them, and for `repeated` the next with its key, from 1; none where the order is not known. */
    readonly rows: readonly number[];
    /** The values of the key of the first as texts; what follows a certain length is left out. */
    readonly key: string;
  };

/** Reads the message of one of our own checks; undefined for any other message. */
export function readCheckFailure(message: string): CheckFailure | undefined {
  const ofKey = new RegExp(`${MARK}:(nulls|repeated):(\\d+):(\\d+):(\\d+):(.*)`, "s").exec(message);
  if (ofKey !== null) {
    const [, check, count, ...more] = ofKey;
    const rows = more.slice(0, 2).map(Number).filter((row) => row > 0);
    return { check: check as "nulls", count: Number(count), rows, key: more[2] ?? "" };
  }
  const match = new RegExp(`${MARK}:(ids|misfit|rows):(\\d+):(\\d+)`).exec(message);
  if (match === null) return undefined;
  return { check: match[1] as "ids", value: Number(match[2]), count: Number(match[3]) };
}

/** A name with its schema, quoted. */
export function qualified(schema: string, table: string): string {
  return sql.id(schema, table).text;
}

/**
 * The statement that makes a staging table. What is not renamed in the end needs no log to survive a crash. Only a
 * number given to each row as it comes keeps their order: PostgreSQL stores a row wherever there is room for it.
 */
export function createStagingSql(
  schema: string,
  staging: string,
  columns: readonly StagingColumn[],
  willBeRenamed: boolean,
  order: string | undefined,
): string {
  const number = order === undefined ? [] : [`${sql.id(order)} bigserial`];
  const list = [...number, ...columns.map(({ name, sqlType }) => `${sql.id(name)} ${sqlType}`)].join(",");
  return `CREATE ${willBeRenamed ? "" : "UNLOGGED "}TABLE ${qualified(schema, staging)} (${list})`;
}

/**
 * The columns of a new table as CARTO's conversion leaves them: geometry and its projected copy in front, in its types. A
 * table that has them all need not be written a second time for them; the database works out the copy while the rows come
 * in. The columns as they are where the conversion will change them in any case.
 */
export function convertedColumns(columns: readonly StagingColumn[]): readonly StagingColumn[] {
  const geometry = columns.find(({ name }) => name === "the_geom");
  const id = columns.find(({ name }) => name === "cartodb_id");
  // Where no column has the name, the conversion takes any other geometry
  const spatial = columns.some(({ sqlType }) => /^geo(?:metry|graphy)/.test(sqlType));
  const dimensions = geometry === undefined && !spatial
    ? ""
    : /^geometry\(Geometry(Z?M?), ?4326\)$/.exec(geometry?.sqlType ?? "")?.[1];
  if (dimensions === undefined || (id !== undefined && id.sqlType !== "bigint")) return columns;
  return [
    ...(id === undefined ? [] : [id]),
    geometry ?? { name: "the_geom", sqlType: "geometry(Geometry,4326)" },
    {
      name: MERCATOR,
      sqlType: `geometry(Geometry${dimensions},3857)${geometry === undefined ? "" : ` ${GENERATED}`}`,
    },
    ...columns.filter((column) => column !== geometry && column !== id),
  ];
}

/** Whether the database works out a column of these. */
export function isProjecting(columns: readonly StagingColumn[]): boolean {
  return columns.some(({ name, sqlType }) => name === MERCATOR && sqlType.endsWith(GENERATED));
}

/** What CARTO's function gives, but without a call of it for what lies well away from the poles. */
const PROJECTED = `CASE WHEN "the_geom" @ ST_MakeEnvelope(-180,-88.9,180,88.9,4326) ` +
  `THEN ST_Transform("the_geom",3857) ELSE CDB_TransformToWebmercator("the_geom") END`;
/** The end of the definition of a column that the database works out so. */
const GENERATED = `GENERATED ALWAYS AS (${PROJECTED}) STORED`;

/** How long the part of an address that holds a COPY may be; servers take 8,192 bytes of address and headers. */
const MAX_COPY_LENGTH = 6_000;
/** Columns that keep their names: the server looks for them. */
const NOT_SHORTENED: readonly string[] = ["cartodb_id", "the_geom", MERCATOR];

/**
 * Short names for the columns of a staging table, where a COPY that names them all would be too long for the address
 * that it travels in; none where it is not.
 */
export function shortNames(names: readonly string[]): ReadonlyMap<string, string> {
  const length = encodeURIComponent(sql.ids(names).text).length;
  if (length <= MAX_COPY_LENGTH) return new Map();
  const taken = new Set(names);
  const short = new Map<string, string>();
  for (let number = 0; short.size < names.length; number++) {
    // A digit in it: no word of SQL, so that it needs no quotes
    const name = `${LETTERS[number % 26]}${Math.floor(number / 26).toString(36)}`;
    if (!/\d/.test(name) || taken.has(name)) continue;
    short.set(names[short.size] as string, name);
  }
  for (const name of NOT_SHORTENED) short.delete(name);
  return short;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** The call that makes a table one of CARTO's. */
export function cartodbfySql(schema: string, table: string): string {
  return sql`CDB_CartodbfyTable(${schema}, ${table})`.text;
}

/** The statements that give a complete staging table its name. */
export function newTableBody(finish: NewTableFinish): string {
  const { schema, staging, target, hasIds, order, isProjected, cartodbfy, key } = finish;
  return body([
    ...begin(finish),
    ...(hasIds ? [idCheck(schema, staging)] : []),
    ...keyChecks(finish, key),
    // Renamed first, so that the names of indexes and sequences are made from the right one
    `ALTER TABLE ${qualified(schema, staging)} RENAME TO ${sql.id(target)};`,
    ...(order === undefined ? [] : [renameSequence(schema, target, order)]),
    ...(isProjected
      ? [`ALTER TABLE ${qualified(schema, target)} ALTER COLUMN ${sql.id(MERCATOR)} DROP EXPRESSION;`]
      : []),
    ...(cartodbfy ? [`PERFORM ${cartodbfySql(schema, target)};`] : []),
  ], { hasKey: key.length > 0 });
}

/** The statements that put the rows of a staging table in the place of those of a standing one. */
export function replaceBody(finish: ReplaceFinish): string {
  const { schema, staging, target, alterations, cartodbfy } = finish;
  const table = qualified(schema, target);
  return body([
    ...begin(finish),
    `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE;`,
    ...checks(finish),
    `TRUNCATE TABLE ${table} RESTART IDENTITY;`,
    ...(alterations.length === 0 ? [] : [`ALTER TABLE ${table} ${alterations.join(", ")};`]),
    ...insertAll(finish),
    ...(cartodbfy ? [`PERFORM ${cartodbfySql(schema, target)};`] : []),
    `DROP TABLE ${qualified(schema, staging)};`,
  ], { setsAside: true });
}

/** The statements that add the rows of a staging table to those of a standing one. */
export function appendBody(finish: InsertFinish): string {
  const { schema, staging } = finish;
  return body([
    ...begin(finish),
    ...checks(finish),
    ...insert(finish),
    `DROP TABLE ${qualified(schema, staging)};`,
  ]);
}

/**
 * The statements that update the rows of a standing table which have the key of a staging row, and add the other
 * staging rows to it. Nobody else writes meanwhile, so that no key can come up in between; no index is needed.
 */
export function upsertBody(finish: UpsertFinish): string {
  const { schema, staging, target, columns, rows, key, tally, hasIds, order } = finish;
  const table = qualified(schema, target);
  const old = "_cartoframes_old";
  const fresh = "_cartoframes_new";
  const source = `(SELECT ${
    [
      ...(order === undefined ? [] : [sql.id(order).text]),
      ...columns.map(({ name, cast }) => `${cast.expression} AS ${sql.id(name)}`),
      ...key.map(({ expression }, index) => `${expression} AS "_cartoframes_key_${index}"`),
    ].join(",")
  } FROM ${qualified(schema, staging)}) AS ${fresh}`;
  const hasKey = key.map(({ name }, index) => `${old}.${sql.id(name)} = ${fresh}."_cartoframes_key_${index}"`)
    .join(" AND ");
  const isThere = `EXISTS (SELECT 1 FROM ${table} AS ${old} WHERE ${hasKey})`;
  // The key is the same, and the id of a row that stands is its own
  const changed = columns.map(({ name }) => name)
    .filter((name) => name !== "cartodb_id" && !key.some((column) => column.name === name));
  const values = columns.map(({ name }) => `${fresh}.${sql.id(name)}`).join(",");
  return body([
    ...begin(finish),
    `LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE;`,
    ...checks(finish),
    ...keyChecks(finish, key),
    `SELECT count(*) INTO _cartoframes_matched FROM ${source} WHERE ${isThere};`,
    ...(changed.length === 0
      ? [`SELECT count(*) INTO _cartoframes_updated FROM ${source} JOIN ${table} AS ${old} ON ${hasKey};`]
      : [
        `UPDATE ${table} AS ${old} SET ${
          changed.map((name) => `${sql.id(name)} = ${fresh}.${sql.id(name)}`).join(",")
        } FROM ${source} WHERE ${hasKey};`,
        "GET DIAGNOSTICS _cartoframes_updated = ROW_COUNT;",
      ]),
    `INSERT INTO ${table} (${sql.ids(columns.map(({ name }) => name))})${
      overriding(finish)
    } SELECT ${values} FROM ${source} WHERE NOT ${isThere}${
      order === undefined ? "" : ` ORDER BY ${fresh}.${sql.id(order)}`
    };`,
    "GET DIAGNOSTICS _cartoframes_count = ROW_COUNT;",
    fail(
      "rows",
      `_cartoframes_count + _cartoframes_matched <> ${rows}`,
      "_cartoframes_count + _cartoframes_matched",
      "0",
    ),
    ...(hasIds ? [nextId(table)] : []),
    `DROP TABLE ${qualified(schema, staging)};`,
    `CREATE UNLOGGED TABLE ${
      qualified(schema, tally)
    } AS SELECT _cartoframes_count AS inserted, _cartoframes_updated AS updated, _cartoframes_matched AS matched;`,
  ], { hasKey: true });
}

/** Drops tables, except those that somebody is at work on: it waits for nobody. */
export function sweepBody(schema: string, names: readonly string[]): string {
  const drops = names.map((name) => {
    const table = qualified(schema, name);
    return `BEGIN LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE NOWAIT; DROP TABLE ${table}; ` +
      "EXCEPTION WHEN lock_not_available OR undefined_table OR insufficient_privilege THEN NULL; END;";
  });
  return body(drops);
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
function body(
  statements: readonly string[],
  { hasKey = false, setsAside = false }: { hasKey?: boolean; setsAside?: boolean } = {},
): string {
  return [
    "",
    "#variable_conflict use_column",
    "DECLARE _cartoframes_count bigint;",
    ...(setsAside ? [SET_ASIDE_VARIABLES] : []),
    ...(hasKey
      ? [
        "_cartoframes_matched bigint; _cartoframes_updated bigint;",
        "_cartoframes_first bigint; _cartoframes_second bigint; _cartoframes_text text;",
      ]
      : []),
    "BEGIN",
    ...statements,
    "END ",
  ].join("\n");
}

/**
 * Nobody else may finish the same upload: a second attempt waits here for the first and, if that one came
 * through, finds no staging table any more.
 */
function begin({ schema, staging, renames }: Finish): string[] {
  const table = qualified(schema, staging);
  return [
    `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE;`,
    ...renames.map(([short, name]) =>
      `ALTER TABLE ${table} RENAME COLUMN ${sql.id(short)} TO ${sql.id(name)};`
    ),
  ];
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

/** How much of a key is told. */
const KEY_LENGTH = 200;

/** Every row must have a key, and no two the same. Counting comes first; which rows they are is looked up after. */
function keyChecks({ schema, staging, order }: Finish, key: readonly KeyColumn[]): string[] {
  if (key.length === 0) return [];
  const table = qualified(schema, staging);
  const names = key.map((_, index) => `_cartoframes_key_${index}`);
  const isNull = (columns: readonly string[]) => columns.map((column) => `(${column}) IS NULL`).join(" OR ");
  const expressions = key.map(({ expression }) => expression);
  const number = order === undefined ? "0" : `row_number() OVER (ORDER BY ${sql.id(order)})`;
  const numbered = `(SELECT ${number} AS _cartoframes_number,${
    expressions.map((expression, index) => `${expression} AS ${names[index]}`).join(",")
  } FROM ${table}) AS _cartoframes_rows`;
  const text = `left(json_build_array(${
    names.map((name) => `${name}::text`).join(",")
  })::text, ${KEY_LENGTH})`;
  return [
    `SELECT count(*) INTO _cartoframes_count FROM ${table} WHERE ${isNull(expressions)};`,
    "IF _cartoframes_count > 0 THEN",
    `SELECT _cartoframes_number, ${text} INTO _cartoframes_first, _cartoframes_text FROM ${numbered} WHERE ${
      isNull(names)
    } ORDER BY 1 LIMIT 1;`,
    `RAISE EXCEPTION '${MARK}:nulls:%:%:0:%', _cartoframes_count, _cartoframes_first, _cartoframes_text;`,
    "END IF;",
    `SELECT count(*) INTO _cartoframes_count FROM (SELECT 1 FROM ${table} GROUP BY ${
      expressions.map((expression) => `(${expression})`).join(",")
    } HAVING count(*) > 1) AS _cartoframes_keys;`,
    "IF _cartoframes_count > 0 THEN",
    `SELECT min(_cartoframes_number), (array_agg(_cartoframes_number ORDER BY _cartoframes_number))[2], ${text} ` +
    `INTO _cartoframes_first, _cartoframes_second, _cartoframes_text FROM ${numbered} ` +
    `GROUP BY ${names.join(",")} HAVING count(*) > 1 ORDER BY 2 LIMIT 1;`,
    `RAISE EXCEPTION '${MARK}:repeated:%:%:%:%', _cartoframes_count, _cartoframes_first, _cartoframes_second, _cartoframes_text;`,
    "END IF;",
  ];
}

/** The sequence of the row numbers gets the name that it would have had in the table from the start, if it is free. */
function renameSequence(schema: string, target: string, column: string): string {
  const name = `${target.slice(0, 62 - column.length - "_seq".length)}_${column}_seq`;
  const sequence = sql`pg_get_serial_sequence(${qualified(schema, target)}, ${column})`.text;
  return [
    `BEGIN EXECUTE format('ALTER SEQUENCE %s RENAME TO ${sql.id(name)}', ${sequence});`,
    "EXCEPTION WHEN duplicate_table THEN NULL; END;",
  ].join(" ");
}

/** The insert into a table that holds nothing, with what makes it slow set aside for the while. */
function insertAll(finish: InsertFinish): string[] {
  const table = qualified(finish.schema, finish.target);
  const projects = isProjectable(finish);
  return [
    ...setAside(table, projects),
    ...(projects ? insertProjecting(finish) : insert(finish)),
    ...putBack(table, projects),
  ];
}

/** Whether the rows bring geometries of which the projected copy can be worked out, and no copy of their own. */
function isProjectable({ columns }: InsertFinish): boolean {
  return columns.some(({ name, sqlType }) =>
    name === "the_geom" && /^geometry\(\w+, ?4326\)$/.test(sqlType)
  ) &&
    columns.every(({ name }) => name !== MERCATOR);
}

/** The insert that brings the projected copy itself where its trigger has been set aside. */
function insertProjecting(finish: InsertFinish): string[] {
  const [columns, values, rest] = insertParts(finish);
  const more = (text: string) => `CASE WHEN _cartoframes_projects THEN ${sql`${text}`.text} ELSE '' END`;
  const parts = [
    sql`${columns}`.text,
    more(`,${sql.id(MERCATOR)}`),
    sql`${values}`.text,
    more(`,${PROJECTED}`),
    sql`${rest}`.text,
  ];
  return [`EXECUTE ${parts.join(" || ")};`, ...afterInsert(finish)];
}

/** The insert into a table that is as it always is. */
function insert(finish: InsertFinish): string[] {
  return [`${insertParts(finish).join("")};`, ...afterInsert(finish)];
}

/** The insert up to the end of its columns, up to the end of their values, and the rest. */
function insertParts(finish: InsertFinish): [columns: string, values: string, rest: string] {
  const { schema, staging, target, columns, order } = finish;
  return [
    `INSERT INTO ${qualified(schema, target)} (${sql.ids(columns.map(({ name }) => name))}`,
    `)${overriding(finish)} SELECT ${columns.map(({ cast }) => cast.expression).join(",")}`,
    ` FROM ${qualified(schema, staging)}${order === undefined ? "" : ` ORDER BY ${sql.id(order)}`}`,
  ];
}

/** All rows must have arrived. */
function afterInsert({ schema, target, rows, hasIds }: InsertFinish): string[] {
  return [
    "GET DIAGNOSTICS _cartoframes_count = ROW_COUNT;",
    fail("rows", `_cartoframes_count <> ${rows}`, "_cartoframes_count", "0"),
    ...(hasIds ? [nextId(qualified(schema, target))] : []),
  ];
}

/** Servers before PostgreSQL 10 know neither such columns nor these words. */
function overriding({ overridesIdentity }: InsertFinish): string {
  return overridesIdentity ? " OVERRIDING SYSTEM VALUE" : "";
}

/** Ids made by the database go on after those that the data brought. */
function nextId(table: string): string {
  return sql`PERFORM setval(pg_get_serial_sequence(${table}, 'cartodb_id'), GREATEST(max("cartodb_id"), 1)) FROM ${
    sql.raw(table)
  };`.text;
}

function fail(check: "ids" | "misfit" | "rows", condition: string, value: string, count: string): string {
  return `IF ${condition} THEN RAISE EXCEPTION '${MARK}:${check}:%:%', ${value}, ${count}; END IF;`;
}

/** The full SQL name of each short one that has another, as `format_type` writes it. */
const FULL_NAMES: Readonly<Record<string, string>> = {
  bool: "boolean",
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float4: "real",
  float8: "double precision",
  varchar: "character varying",
};

/** Types whose values are plain texts, also on the wire. */
const TEXTS: ReadonlySet<string> = new Set(["text", "varchar", "bpchar", "name", "citext"]);

/** PostgreSQL's short name of the type that a column gets in a table, such as `int8`, or `_text` for a list of texts. */
export function typeName({ type, pgType }: Pick<Field, "type" | "pgType">): string {
  if (type === "text" && pgType !== undefined && /^[a-z][a-z0-9_]*$/.test(pgType)) return pgType;
  return type.endsWith("[]") ? `_${type.slice(0, -2)}` : type;
}

/** A short name as the full one: `int8` is `bigint`, `_text` is `text[]`. */
export function fullTypeName(name: string): string {
  if (name.startsWith("_")) return `${fullTypeName(name.slice(1))}[]`;
  return FULL_NAMES[name] ?? name;
}

/** Whether a type's values are plain texts. */
export function isTextType(name: string): boolean {
  return TEXTS.has(name);
}

/** Types whose values cannot be told equal, or only by their outline. */
const NOT_COMPARABLE: ReadonlySet<string> = new Set([
  ...["json", "xml", "geometry", "geography", "raster"],
  ...["point", "line", "lseg", "box", "path", "polygon", "circle"],
]);

/** Whether rows can be told apart by a type's values. */
export function isComparable(type: string): boolean {
  return !NOT_COMPARABLE.has(type.replace(/^_/, ""));
}

/** The SQL of a staging column's value as it is compared with the values of a standing column. */
export function keyExpression(expression: string, target: TargetColumn | undefined): string {
  const type = target?.type ?? "";
  // A blank at the end counts in text and not in char(n); case counts in text and not in citext
  if (target === undefined || !isTextType(type) || ["text", "varchar", "name"].includes(type)) {
    return expression;
  }
  return `(${expression})::${type === "bpchar" ? "bpchar" : sqlTypeOf(target)}`;
}

/** How the values of one staging column get into a column of another type without a change. */
export interface Cast {
  /** The SQL of the value; `column` stands quoted in it. */
  readonly expression: string;
  /** The SQL that is true for a value which would be changed on the way; none where that cannot be. */
  readonly misfit?: string | undefined;
  /** What the user should know. */
  readonly warning?: string | undefined;
}

const NUMBERS: readonly string[] = ["int2", "int4", "int8", "numeric", "float4", "float8"];
/** For each number type those that hold all of its values. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  int2: ["int4", "int8", "numeric", "float4", "float8"],
  int4: ["int8", "numeric", "float8"],
  int8: ["numeric"],
  numeric: [],
  float4: ["float8"],
  float8: [],
};
/** Types whose text says all there is to them, and reads well. */
const PLAIN: readonly string[] = [
  ...NUMBERS,
  "bool",
  "date",
  "time",
  "timetz",
  "timestamp",
  "timestamptz",
  "interval",
  "uuid",
  "json",
  "jsonb",
];

/** The target's type as SQL. */
function sqlTypeOf(target: TargetColumn): string {
  return target.sqlType ?? fullTypeName(target.type);
}

/** Whether the type is narrowed by numbers in parentheses, so that PostgreSQL would round or cut. */
function isNarrowed(target: TargetColumn): boolean {
  return target.sqlType !== undefined && /\(\d/.test(target.sqlType);
}

/** There and back again: true for a value that does not come back as it was. */
function changed(column: string, there: string, back: string): string {
  return `(${there})::${back} IS DISTINCT FROM ${column}`;
}

/**
 * How a staging column of type `from` goes into a standing column, or undefined when its values cannot be
 * what they were there.
 *
 * @param column The staging column's name, quoted
 * @param from The short name of its type
 */
export function castTo(column: string, from: string, target: TargetColumn): Cast | undefined {
  const to = target.type;
  const sqlType = sqlTypeOf(target);
  if (from === to || (isTextType(from) && isTextType(to))) {
    const narrow = isNarrowed(target) && from !== "geometry" && from !== "geography" && to !== "bpchar";
    return {
      expression: column,
      misfit: narrow ? changed(column, `${column}::${sqlType}`, fullTypeName(from)) : undefined,
    };
  }
  if (isTextType(from)) return fromText(column, target);
  if (isTextType(to)) return PLAIN.includes(from) ? asText(column, target) : undefined;
  if (NUMBERS.includes(from) && NUMBERS.includes(to)) return number(column, from, target);
  if (from.startsWith("_") && to.startsWith("_")) return list(column, from, target);
  switch (`${from} ${to}`) {
    case "date timestamp":
    case "json jsonb":
    case "jsonb json":
      return { expression: `${column}::${sqlType}` };
    case "timestamp date":
      return { expression: `${column}::date`, misfit: changed(column, `${column}::date`, "timestamp") };
    default:
      return undefined;
  }
}

/** A text is read as the target's type; one that is none is PostgreSQL's error, which names the value. */
function fromText(column: string, target: TargetColumn): Cast {
  const expression = `${column}::${sqlTypeOf(target)}`;
  if (
    !isNarrowed(target) || !["numeric", "timestamp", "timestamptz", "time", "timetz"].includes(target.type)
  ) {
    return { expression };
  }
  return { expression, misfit: `${column}::${fullTypeName(target.type)} IS DISTINCT FROM ${expression}` };
}

function asText(column: string, target: TargetColumn): Cast {
  return {
    expression: `${column}::text`,
    misfit: isNarrowed(target)
      ? changed(`${column}::text`, `${column}::text::${sqlTypeOf(target)}`, "text")
      : undefined,
    warning: `Column "${target.name}" of the table is text: the values were written as text`,
  };
}

function number(column: string, from: string, target: TargetColumn): Cast {
  const to = target.type;
  const sqlType = sqlTypeOf(target);
  // PostgreSQL turns a float into a numeric of 15 digits; its text has all of them
  const viaText = from.startsWith("float") && to === "numeric";
  const expression = viaText ? `${column}::text::${sqlType}` : `${column}::${sqlType}`;
  if (WIDER[from]?.includes(to) === true && !isNarrowed(target)) return { expression };
  if (from === "float8" && to === "float4") {
    return {
      expression,
      warning: `Column "${target.name}" of the table holds 32-bit floats: the values were rounded`,
    };
  }
  const back = to.startsWith("float") && from === "numeric" ? "text::numeric" : fullTypeName(from);
  return { expression, misfit: changed(column, expression, back) };
}

function list(column: string, from: string, target: TargetColumn): Cast | undefined {
  const [source, goal] = [from.slice(1), target.type.slice(1)];
  if (!NUMBERS.includes(source) || WIDER[source]?.includes(goal) !== true) return undefined;
  return { expression: `${column}::${sqlTypeOf(target)}` };
}
