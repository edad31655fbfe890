import type { Engine } from "../_db/engine.ts";
import type { RowField } from "../_db/protocol.ts";
import { query } from "../_db/query.ts";
import { splitStatements } from "../_http/sql_statements.ts";
import { MapError } from "./map_error.ts";

/** Whose rights a statement has, and for how long. */
export interface Runner {
  /** The database. */
  readonly engine: Engine;
  /** The role in the database. */
  readonly role: string;
  /** Milliseconds that a statement may take; 0 means no limit. */
  readonly statementTimeout: number;
}

/** Columns and rows; values are numbers, booleans, ISO times, or text. */
export interface TypedRows {
  /** The columns. */
  readonly fields: readonly RowField[];
  /** The rows. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Runs one statement that only reads.
 *
 * @throws {DatabaseError} When the database reports an error
 */
export async function read(runner: Runner, sql: string): Promise<TypedRows> {
  const { engine, role, statementTimeout } = runner;
  const result = await query(engine, `SET TRANSACTION READ ONLY; ${sql}`, { role, statementTimeout });
  return {
    fields: result.fields,
    rows: result.rows.map((row) =>
      Object.fromEntries(row.map((text, index) => {
        const field = result.fields[index];
        return [field?.name ?? "", text === null ? null : convert(text, field?.typeOid ?? 0)];
      }))
    ),
  };
}

function convert(text: string, oid: number): unknown {
  switch (oid) {
    case 16:
      return text === "t";
    case 20:
    case 21:
    case 23:
    case 26:
    case 700:
    case 701:
    case 1700: {
      const value = Number(text);
      return Number.isFinite(value) ? value : text;
    }
    case 1082:
      return isoTime(`${text}T00:00:00Z`, text);
    case 1114:
      return isoTime(`${text.replace(" ", "T")}Z`, text);
    case 1184:
      return isoTime(text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"), text);
    case 114:
    case 3802:
      return JSON.parse(text);
    default:
      return text;
  }
}

function isoTime(iso: string, otherwise: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? otherwise : time.toISOString();
}

/**
 * A statement that can stand in parentheses.
 *
 * @throws {MapError} For several statements, of which the database would see the second after a parenthesis
 */
export function embeddable(sql: string): string {
  const [statement, ...more] = splitStatements(sql);
  if (more.length > 0) throw new MapError('syntax error at or near ";"');
  const text = statement?.text ?? "";
  if (!isBalanced(text)) throw new MapError('syntax error at or near ")"');
  return statement?.endsInComment === true ? `${text}\n` : text;
}

/** Whether no parenthesis is closed that was not opened; those in quotes and comments do not count. */
function isBalanced(sql: string): boolean {
  let depth = 0;
  const bare = sql.replace(
    /(?<![\w$])[eE]'(?:[^'\\]|\\[\s\S]|'')*'?|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\//g,
    " ",
  );
  for (const sign of bare) {
    if (sign === "(") depth++;
    if (sign === ")" && --depth < 0) return false;
  }
  return depth === 0;
}

/** Half of the side of the world in web mercator, in metres. */
const HALF_WORLD = 20037508.342789244;

/** The square of a tile in web mercator. */
export interface TileBounds {
  /** The left side. */
  readonly west: number;
  /** The lower side. */
  readonly south: number;
  /** The right side. */
  readonly east: number;
  /** The upper side. */
  readonly north: number;
  /** The length of a side. */
  readonly size: number;
}

/** Where a tile lies. */
export function tileBounds(z: number, x: number, y: number): TileBounds {
  const size = 2 * HALF_WORLD / 2 ** z;
  const west = -HALF_WORLD + x * size;
  const north = HALF_WORLD - y * size;
  return { west, north, east: west + size, south: north - size, size };
}

/** A box as SQL. */
export function boxSql({ west, south, east, north }: Omit<TileBounds, "size">, margin = 0): string {
  return `ST_MakeEnvelope(${west - margin}, ${south - margin}, ${east + margin}, ${north + margin}, 3857)`;
}

/** Puts a tile's numbers in the place of the marks in a layer's SQL. */
export function fillTokens(
  sql: string,
  { z, x, y }: { z: number; x: number; y: number },
  margin = 0,
): string {
  const bounds = tileBounds(z, x, y);
  const pixel = bounds.size / 256;
  return sql
    .replaceAll("!bbox!", boxSql(bounds, margin))
    .replaceAll("!scale_denominator!", String(pixel / 0.00028))
    .replaceAll("!pixel_width!", String(pixel))
    .replaceAll("!pixel_height!", String(pixel));
}

/** The SQL of a layer for everything that is not a tile. */
export function withoutTokens(sql: string): string {
  return fillTokens(sql, { z: 0, x: 0, y: 0 });
}
