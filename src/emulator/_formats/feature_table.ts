import { quoteIdentifier } from "../_db/query.ts";
import { collectRows, type RunContext } from "./collect_rows.ts";
import { describeGeometry, describeTable, GEOMETRY, type GeometryInfo, MAP_GEOMETRY } from "./table.ts";
import { type SpatialTypes, typeName } from "./types.ts";

/** A value as SQLite stores it. */
export type SqliteValue = string | number | bigint | Uint8Array | null;

/** A geometry ready to be stored, with its bounds. */
export interface StoredGeometry {
  /** Well-known binary, little-endian. */
  readonly wkb: Uint8Array;
  /** The least and greatest x and y; `undefined` for an empty geometry. */
  readonly bounds: readonly [number, number, number, number] | undefined;
}

/** The rows of a query, ready for a file that holds one table. */
export interface FeatureTable {
  /** The columns beside the geometry: name and PostgreSQL's name of the type. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** The values of each row, and its geometry. */
  readonly rows: readonly {
    readonly values: readonly SqliteValue[];
    readonly geometry: StoredGeometry | null;
  }[];
  /** What the geometries are; `undefined` without any. */
  readonly info: GeometryInfo | undefined;
  /** The reference system of the geometries as the database describes it. */
  readonly reference: { readonly name: string; readonly text: string } | undefined;
}

/** Reads the rows of a query for a file. */
export async function readFeatureTable(
  context: RunContext,
  sql: string,
  skipped: ReadonlySet<string>,
  spatial: SpatialTypes,
): Promise<FeatureTable> {
  const source = await describeTable(context, sql, skipped);
  const info = await describeGeometry(context, source);
  const shown = source.fields.filter(({ name }) => name !== GEOMETRY && name !== MAP_GEOMETRY);
  const columns = shown.map(({ name, typeOid }) => ({ name, type: typeName(typeOid, spatial) ?? "text" }));
  const geometry = quoteIdentifier(GEOMETRY);
  const box = ["ST_XMin", "ST_XMax", "ST_YMin", "ST_YMax"].map((bound) => `${bound}(${geometry}::box3d)`);
  const selected = [
    ...columns.map(({ name }) => quoteIdentifier(name)),
    ...(info === undefined ? [] : [`encode(ST_AsBinary(${geometry}, 'NDR'), 'hex')`, ...box]),
  ];
  const { rows } = await collectRows(context, `SELECT ${selected.join(", ")} FROM ${source.from}`);
  return {
    columns,
    info,
    reference: info === undefined ? undefined : await readReference(context, info.srid),
    rows: rows.map((row) => ({
      values: columns.map(({ type }, index) => storedValue(row[index] ?? null, type)),
      geometry: storedGeometry(row.slice(columns.length)),
    })),
  };
}

async function readReference(context: RunContext, srid: number): Promise<FeatureTable["reference"]> {
  const { rows } = await collectRows(context, `SELECT srtext FROM spatial_ref_sys WHERE srid = ${srid}`);
  const text = rows[0]?.[0];
  if (text === null || text === undefined) return undefined;
  return { name: /"([^"]*)"/.exec(text)?.[1] ?? String(srid), text };
}

function storedValue(text: string | null, type: string): SqliteValue {
  if (text === null) return null;
  if (type === "bool") return text === "t" ? 1 : 0;
  if (type === "int2" || type === "int4") return Number(text);
  if (type === "int8") return BigInt(text);
  if (type === "float4" || type === "float8" || type === "numeric") return Number(text);
  if (type === "bytea") return Uint8Array.fromHex(text.slice(2));
  return text;
}

function storedGeometry([hex, ...box]: readonly (string | null)[]): StoredGeometry | null {
  if (hex === null || hex === undefined) return null;
  const [x0, x1, y0, y1] = box.map((bound) => bound === null ? NaN : Number(bound));
  const hasBounds = x0 !== undefined && x1 !== undefined && y0 !== undefined && y1 !== undefined &&
    !Number.isNaN(x0);
  return { wkb: Uint8Array.fromHex(hex), bounds: hasBounds ? [x0, x1, y0, y1] : undefined };
}

/** The type of a column as SQL declares it. */
export function declaredType(type: string, names: Readonly<Record<string, string>>): string {
  return names[type] ?? names.other ?? "TEXT";
}
