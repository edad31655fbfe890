import type { DatabaseSync } from "node:sqlite";
import { ArgumentError, DataError, isCartoError, UnsupportedError } from "../../errors/carto_error.ts";
import { advise } from "../../permissions/mod.ts";
import { BadValue, placed, shown } from "../_data.ts";
import type { Builder } from "../_builder.ts";
import { makeBuilder } from "../_make_builder.ts";
import { GeometryBuilder } from "../_geometry_builder.ts";
import { columnOf } from "../column.ts";
import { fieldOf } from "../rows.ts";
import type { GeoDataFrame } from "../geo_data_frame.ts";
import type { ColumnType } from "../types.ts";
import { type ByteSource, placeOf } from "./_byte_source.ts";
import { type Crs, crsOfSrid, crsOfWkt } from "./_crs.ts";
import { pushWkb } from "../arrow.ts";
import type { ReadContext } from "./_read_context.ts";

type Cell = null | bigint | number | string | Uint8Array;

/** One column of a layer, and how its cells are taken. */
interface Plan {
  readonly name: string;
  readonly type: ColumnType;
  readonly builder: Builder;
  push(value: Exclude<Cell, null>): void;
}

/** Reads one layer of a GeoPackage, row by row. SQLite needs a path, so bytes alone cannot be read. */
export async function* readGeoPackage(
  source: ByteSource,
  context: ReadContext,
): AsyncGenerator<GeoDataFrame, undefined> {
  const { path } = source;
  if (path === undefined) {
    throw new UnsupportedError(`Cannot read ${context.named}: a GeoPackage can be read from a file only`, {
      hint: "Write it into a file first and pass its path: readFile(path)",
    });
  }
  const { DatabaseSync } = await import("node:sqlite");
  const name = source.name ?? path;
  const database = await advise(
    { operation: `read "${name}"`, needs: [{ kind: "read", path: name }] },
    () => opened(() => new DatabaseSync(path, { readOnly: true }), source),
  );
  try {
    yield* readLayer(database, source, context);
  } catch (error) {
    throw sqliteFault(error, source);
  } finally {
    database.close();
  }
}

function opened(open: () => DatabaseSync, source: ByteSource): DatabaseSync {
  try {
    return open();
  } catch (error) {
    throw sqliteFault(error, source);
  }
}

/** A failure of SQLite as one of the file. */
function sqliteFault(error: unknown, source: ByteSource): unknown {
  if (isCartoError(error) || !(error instanceof Error)) return error;
  const { code } = error as { code?: string };
  if (code !== "ERR_SQLITE_ERROR") return error;
  return new DataError(`Cannot read the GeoPackage: ${error.message}`, {
    place: placeOf(source),
    hint: "It may be damaged, or open in another program that has not written everything yet",
    cause: error,
  });
}

/** All rows of a statement, for the few that describe the file. */
function all(database: DatabaseSync, sql: string, ...values: string[]): Record<string, Cell>[] {
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  return statement.all(...values) as Record<string, Cell>[];
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

async function* readLayer(
  database: DatabaseSync,
  source: ByteSource,
  context: ReadContext,
): AsyncGenerator<GeoDataFrame, undefined> {
  const layer = chosenLayer(database, source, context);
  const geometry = geometryOf(database, layer);
  const srid = geometry === undefined ? 0 : await context.settleCrs(geometry.crs);
  const wanted = context.options.columns;
  const columns = all(database, `PRAGMA table_info(${quoted(layer)})`)
    .map(({ name, type }) => ({ name: String(name), declared: String(type) }))
    .filter(({ name }) => wanted === undefined || wanted.includes(name));
  const json = jsonColumns(database, layer);
  const plans = columns.map(({ name, declared }): Plan => {
    if (name === geometry?.name) return geometryPlan(name, srid);
    const told = Object.hasOwn(context.options.types ?? {}, name) ? context.options.types?.[name] : undefined;
    const type = told ?? (json.has(name) ? "json" : columnType(database, layer, name, declared));
    return plainPlan(name, type);
  });
  const geometryColumn = plans.some(({ name }) => name === geometry?.name) ? geometry?.name : undefined;
  const take = () =>
    context.frame({
      columns: plans.map(({ name, type, builder }) => {
        const data = builder.finish();
        return columnOf(fieldOf(name, type, data, type === "geometry" && srid > 0 ? srid : undefined), data);
      }),
      geometryColumn,
      source: { file: source.name, lines: undefined },
    });
  if (plans.length === 0) return void (yield take());
  const statement = database.prepare(
    `SELECT ${columns.map(({ name }) => quoted(name)).join(", ")} FROM ${quoted(layer)}`,
  );
  statement.setReadBigInts(true);
  // Not in the type library yet
  (statement as unknown as { setReturnArrays(on: boolean): void }).setReturnArrays(true);
  let rows = 0;
  let row = 0;
  for (const cells of statement.iterate() as Iterable<unknown> as Iterable<Cell[]>) {
    row++;
    if (row % 1024 === 0) context.check();
    plans.forEach((plan, i) => {
      const value = cells[i] as Cell;
      try {
        if (value === null) plan.builder.null();
        else plan.push(value);
      } catch (error) {
        throw placed(error, { ...placeOf(source), row, column: plan.name });
      }
    });
    if (++rows < context.batchRows || context.whole) continue;
    yield take();
    rows = 0;
  }
  if (rows > 0 || row === 0) yield take();
}

function chosenLayer(database: DatabaseSync, source: ByteSource, context: ReadContext): string {
  const tables = all(database, "SELECT name FROM sqlite_master WHERE name = 'gpkg_contents'");
  if (tables.length === 0) {
    throw new DataError("The file is an SQLite database, but no GeoPackage", {
      place: placeOf(source),
      hint: "Export the table as CSV or GeoPackage first",
    });
  }
  const layers = all(
    database,
    "SELECT table_name AS name FROM gpkg_contents WHERE data_type IN ('features', 'attributes') ORDER BY rowid",
  ).map(({ name }) => String(name));
  const { layer } = context.options;
  const found = layers.find((name) => layer === undefined ? layers.length === 1 : name === layer);
  if (found !== undefined) return found;
  if (layers.length === 0) throw new DataError("The GeoPackage holds no table", { place: placeOf(source) });
  throw new ArgumentError(
    layer === undefined
      ? `Cannot choose between the ${layers.length} layers of ${context.named}`
      : `Cannot find layer "${layer}" in ${context.named}`,
    {
      argument: "layer",
      hint: `Tell one: { layer: … }. There are ${layers.map((name) => `"${name}"`).join(", ")}`,
    },
  );
}

function geometryOf(
  database: DatabaseSync,
  layer: string,
): { name: string; crs: Crs | undefined } | undefined {
  const [row] = all(
    database,
    "SELECT column_name AS name, g.srs_id AS id, organization AS who, organization_coordsys_id AS code, definition " +
      "FROM gpkg_geometry_columns g LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id WHERE g.table_name = ?",
    layer,
  );
  if (row === undefined) return undefined;
  const id = Number(row.id);
  // 0 and −1 stand for systems that are not known
  if (id <= 0) return { name: String(row.name), crs: undefined };
  const isEpsg = String(row.who).toUpperCase() === "EPSG";
  const definition = typeof row.definition === "string" ? crsOfWkt(row.definition) : undefined;
  const srid = isEpsg ? Number(row.code) : undefined;
  const crs = definition === undefined
    ? (srid === undefined ? undefined : crsOfSrid(srid))
    : { ...definition, srid: srid ?? definition.srid };
  return { name: String(row.name), crs };
}

/** Columns that the file says hold JSON. */
function jsonColumns(database: DatabaseSync, layer: string): ReadonlySet<string> {
  const [known] = all(database, "SELECT name FROM sqlite_master WHERE name = 'gpkg_data_columns'");
  if (known === undefined) return new Set();
  const rows = all(
    database,
    "SELECT column_name AS name FROM gpkg_data_columns WHERE table_name = ? AND mime_type = 'application/json'",
    layer,
  );
  return new Set(rows.map(({ name }) => String(name)));
}

/** The type of a column: what is declared, where the values keep to it. */
function columnType(database: DatabaseSync, layer: string, name: string, declared: string): ColumnType {
  const upper = declared.toUpperCase().replace(/\s*\(.*$/, "");
  switch (upper) {
    case "BOOLEAN":
      return "bool";
    case "TINYINT":
    case "SMALLINT":
      return "int2";
    case "MEDIUMINT":
      return "int4";
    case "INT":
    case "INTEGER":
      return "int8";
    case "FLOAT":
    case "DOUBLE":
    case "REAL":
      return "float8";
    case "BLOB":
      return "bytea";
    case "DATE":
      return onlyLike(database, layer, name, "____-__-__") ? "date" : "text";
    case "DATETIME":
      if (onlyLike(database, layer, name, "____-__-__T%Z")) return "timestamptz";
      return onlyLike(database, layer, name, "____-__-__T__:__:__%") && !anyLike(database, layer, name, "%Z")
        ? "timestamp"
        : "text";
  }
  return "text";
}

function anyLike(database: DatabaseSync, layer: string, name: string, pattern: string): boolean {
  return all(database, `SELECT 1 FROM ${quoted(layer)} WHERE ${quoted(name)} LIKE ? LIMIT 1`, pattern)
    .length > 0;
}

function onlyLike(database: DatabaseSync, layer: string, name: string, pattern: string): boolean {
  const sql = `SELECT 1 FROM ${quoted(layer)} WHERE ${quoted(name)} NOT LIKE ? LIMIT 1`;
  return all(database, sql, pattern).length === 0;
}

function plainPlan(name: string, type: ColumnType): Plan {
  const builder = makeBuilder(type);
  const push: Plan["push"] = (value) => {
    switch (type) {
      case "bool":
        if (value !== 0n && value !== 1n) throw new BadValue(`${shown(value)} is not a boolean`);
        return builder.value(value === 1n);
      case "float8":
        return builder.value(typeof value === "bigint" ? exactNumber(value) : value);
      case "text":
      case "json":
        if (value instanceof Uint8Array) throw new BadValue("Bytes stand in a column of text", TYPES_HINT);
        return builder.value(type === "json" ? JSON.parse(String(value)) : String(value));
      case "timestamp":
      case "timestamptz":
        return pushText(builder, String(value).replace("T", " ").replace(/Z$/, "+00"));
    }
    if (typeof value === "string" && type !== "bytea") return pushText(builder, value);
    builder.value(value);
  };
  return { name, type, builder, push };
}

const TYPES_HINT = 'Tell the column\'s type: { types: { "name": "bytea" } }';
const encoder = new TextEncoder();

function pushText(builder: Builder, text: string): void {
  const bytes = encoder.encode(text);
  builder.text(bytes, 0, bytes.length);
}

function exactNumber(value: bigint): number {
  if (BigInt(Number(value)) === value) return Number(value);
  throw new BadValue(`${value} does not fit a float without losing digits`, TYPES_HINT);
}

function geometryPlan(name: string, srid: number): Plan {
  const builder = new GeometryBuilder();
  return {
    name,
    type: "geometry",
    builder,
    push(value) {
      if (!(value instanceof Uint8Array)) throw new BadValue(`${shown(value)} is not a geometry`);
      pushWkb(builder, wkbOf(value), srid);
    },
  };
}

/** Bytes of the box in the header, by the number that tells its kind. */
const BOX_BYTES = [0, 32, 48, 48, 64];

/** The WKB behind the header that GeoPackage puts before it. */
function wkbOf(blob: Uint8Array): Uint8Array {
  const flags = blob[3] as number;
  const box = BOX_BYTES[(flags >> 1) & 7];
  if (blob[0] !== 0x47 || blob[1] !== 0x50 || box === undefined || blob.length < 8 + box + 5) {
    throw new BadValue("The bytes are no geometry of a GeoPackage");
  }
  if ((flags & 0x20) !== 0) throw new BadValue("The geometry is of an extension that is not known");
  return blob.subarray(8 + box);
}
