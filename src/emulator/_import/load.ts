import type { Engine } from "../_db/engine.ts";
import { type ErrorFields, parseError } from "../_db/protocol.ts";
import { DatabaseError, query, quoteIdentifier, quoteLiteral } from "../_db/query.ts";
import type { Account } from "../_handler.ts";
import { type ImportedGeometry, type ImportedTable, ImportFailure, plainName } from "./import_failure.ts";

/** Bytes that are sent to the database at once. */
const CHUNK = 256 * 1024;

const encoder = new TextEncoder();

/** What to do when there is a table of the name. */
export type Collision = "rename" | "skip" | "overwrite";

/** What came of a table. */
export interface LoadedTable {
  /** Its name. */
  readonly name: string;
  /** Whether it was made; one that was there already stays with `skip`. */
  readonly isNew: boolean;
}

/**
 * Puts a table into the account: all of it or, when anything fails, nothing.
 *
 * @throws {ImportFailure} When the database refuses it
 */
export async function loadTable(
  engine: Engine,
  account: Account,
  table: ImportedTable,
  collision: Collision,
  signal: AbortSignal,
): Promise<LoadedTable> {
  const wanted = tableName(table.name);
  const exists = await tableExists(engine, wanted);
  if (exists && collision === "skip") return { name: wanted, isNew: false };
  const staging = `import_${crypto.randomUUID().replaceAll("-", "")}`;
  try {
    await fill(engine, account, table, staging, signal);
    return { name: await settle(engine, account, staging, wanted, collision), isNew: true };
  } catch (error) {
    await query(engine, `DROP TABLE IF EXISTS public.${staging}`);
    throw error;
  }
}

/** A name that a table can have. */
export function tableName(given: string): string {
  const plain = plainName(given).slice(0, 55);
  if (plain === "") return "untitled_table";
  return plain.startsWith("_") ? `table${plain}` : plain;
}

async function tableExists(engine: Engine, name: string): Promise<boolean> {
  const { rows } = await query(
    engine,
    `SELECT to_regclass(${quoteLiteral(`public.${quoteIdentifier(name)}`)})`,
  );
  return rows[0]?.[0] !== null;
}

async function fill(
  engine: Engine,
  account: Account,
  { columns, geometry, rows }: ImportedTable,
  staging: string,
  signal: AbortSignal,
): Promise<void> {
  const role = account.ownerRole;
  const all = [...columns, ...(geometry === undefined ? [] : [{ name: "the_geom", type: "text" }])];
  const definitions = all.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`);
  await query(engine, `CREATE TABLE public.${staging} (${definitions.join(", ")})`, { role });
  if (all.length > 0) await copyRows(engine, role, staging, rows, signal);
  if (geometry !== undefined) await makeGeometry(engine, role, staging, geometry);
  try {
    await query(engine, `SELECT cartodb.CDB_CartodbfyTable('public', ${quoteLiteral(`public.${staging}`)})`, {
      role,
    });
  } catch (error) {
    throw asFailure(error, 2010);
  }
}

async function copyRows(
  engine: Engine,
  role: string,
  staging: string,
  rows: ImportedTable["rows"],
  signal: AbortSignal,
): Promise<void> {
  let failure: ErrorFields | undefined;
  let fault: unknown;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* encodeRows(rows);
    } catch (error) {
      fault = error;
      throw error;
    }
  }
  await engine.run(`COPY public.${staging} FROM STDIN`, {
    role,
    statementTimeout: 0,
    copyIn: chunks(),
    signal,
    onMessage({ type, payload }) {
      if (type === "E") failure ??= parseError(payload);
    },
  });
  if (fault !== undefined) throw fault;
  if (failure !== undefined) throw asFailure(new DatabaseError(failure), 2001);
}

/** Rows in the text form of `COPY`. */
function* encodeRows(rows: ImportedTable["rows"]): Generator<Uint8Array> {
  let text = "";
  for (const row of rows) {
    text += `${row.map((value) => value === null ? "\\N" : escapeValue(value)).join("\t")}\n`;
    if (text.length < CHUNK) continue;
    yield encoder.encode(text);
    text = "";
  }
  if (text !== "") yield encoder.encode(text);
}

const ESCAPED: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function escapeValue(value: string): string {
  return value.replace(/[\\\t\n\r]/g, (sign) => ESCAPED[sign] ?? sign).replaceAll("\0", "");
}

/** Makes geometries of texts, in longitude and latitude; lines and areas become those of several parts. */
async function makeGeometry(
  engine: Engine,
  role: string,
  staging: string,
  { form, system }: ImportedGeometry,
): Promise<void> {
  const alter = (type: string, value: string): string =>
    `ALTER TABLE public.${staging} ALTER COLUMN the_geom TYPE ${type} USING ${value}`;
  const fromText =
    "CASE WHEN the_geom ~ '^\\s*\\{' THEN ST_GeomFromGeoJSON(the_geom) ELSE the_geom::geometry END";
  const values = { wkb: "the_geom::geometry", geojson: "ST_GeomFromGeoJSON(the_geom)", text: fromText };
  try {
    await query(engine, alter("geometry", `ST_Force2D(${values[form]})`), { role });
  } catch (error) {
    throw asFailure(error, form === "geojson" ? 3007 : 2001);
  }
  const { rows } = await query(
    engine,
    `SELECT count(*) FROM public.${staging} WHERE GeometryType(the_geom) = 'GEOMETRYCOLLECTION'`,
    { role },
  );
  if (rows[0]?.[0] !== "0") throw new ImportFailure(3201, "The file has geometry collections");
  const placed = typeof system === "string"
    ? `ST_Transform(the_geom, ${quoteLiteral(system)}::text, 4326)`
    : system === 4326
    ? form === "text"
      ? "CASE ST_SRID(the_geom) WHEN 0 THEN ST_SetSRID(the_geom, 4326) ELSE ST_Transform(the_geom, 4326) END"
      : "ST_SetSRID(the_geom, 4326)"
    : `ST_Transform(ST_SetSRID(the_geom, ${system}), 4326)`;
  const value = isLonLat(system) ? "ST_SetSRID(the_geom, 4326)" : placed;
  try {
    await query(
      engine,
      alter(
        "geometry(Geometry, 4326)",
        `CASE WHEN ST_Dimension(the_geom) > 0 THEN ST_Multi(${value}) ELSE ${value} END`,
      ),
      { role },
    );
  } catch (error) {
    throw asFailure(error, 3008);
  }
}

/** Whether a description is that of longitude and latitude on WGS 84, which needs no formula. */
function isLonLat(system: number | string): boolean {
  return typeof system === "string" && /^GEOGCS\s*\[\s*"(?:GCS_WGS_1984|WGS[ _]?84)"/i.test(system) &&
    /PRIMEM\s*\[\s*"Greenwich"\s*,\s*0/i.test(system);
}

/** Gives the table its name; one that it takes the place of hands on who may read it and what is known of it. */
async function settle(
  engine: Engine,
  account: Account,
  staging: string,
  wanted: string,
  collision: Collision,
): Promise<string> {
  const role = account.ownerRole;
  let name = wanted;
  for (let number = 1; collision !== "overwrite" && await tableExists(engine, name); number++) {
    name = `${wanted}_${number}`;
  }
  const table = `public.${quoteIdentifier(name)}`;
  const rename = `ALTER TABLE public.${staging} RENAME TO ${quoteIdentifier(name)}`;
  if (!await tableExists(engine, name)) {
    await query(engine, rename, { role });
    return name;
  }
  const { rows } = await query(
    engine,
    `SELECT privilege_type, grantee::regrole FROM pg_class, aclexplode(relacl)
     WHERE oid = ${quoteLiteral(table)}::regclass AND grantee <> relowner AND grantee <> 0`,
  );
  const grants = rows.map(([right, grantee]) => `GRANT ${right} ON ${table} TO ${grantee}`);
  try {
    await query(
      engine,
      [
        `SELECT cartodb._CDB_MoveMetadata(${quoteLiteral(table)}, 'public.${staging}')`,
        `DROP TABLE ${table}`,
        rename,
        ...grants,
      ].join("; "),
      { role },
    );
  } catch (error) {
    throw asFailure(error, 2001);
  }
  return name;
}

/**
 * Makes a table of a query on the account's tables.
 *
 * @throws {ImportFailure} When the database refuses it
 */
export async function loadQuery(
  engine: Engine,
  account: Account,
  sql: string,
  name: string,
  collision: Collision,
): Promise<LoadedTable> {
  const wanted = tableName(name);
  if (collision === "skip" && await tableExists(engine, wanted)) return { name: wanted, isNew: false };
  const staging = `import_${crypto.randomUUID().replaceAll("-", "")}`;
  const role = account.ownerRole;
  try {
    const { rowCount } = await query(
      engine,
      `CREATE TABLE public.${staging} AS SELECT * FROM (${sql}) AS source`,
      { role },
    );
    if (rowCount === 0) throw new ImportFailure(1015, "The query has no rows");
    await query(engine, `SELECT cartodb.CDB_CartodbfyTable('public', ${quoteLiteral(`public.${staging}`)})`, {
      role,
    });
    return { name: await settle(engine, account, staging, wanted, collision), isNew: true };
  } catch (error) {
    await query(engine, `DROP TABLE IF EXISTS public.${staging}`);
    throw error instanceof ImportFailure ? error : asFailure(error, 8003);
  }
}

function asFailure(error: unknown, code: number): unknown {
  if (!(error instanceof DatabaseError)) return error;
  if (/Quota exceeded/i.test(error.message)) {
    return new ImportFailure(8001, "The account has no storage left");
  }
  return new ImportFailure(code, error.message);
}
