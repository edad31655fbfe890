import { DatabaseError, query, quoteIdentifier, quoteLiteral } from "../_db/query.ts";
import type { MapConfig } from "./map_config.ts";
import { fromDatabase, MapError } from "./map_error.ts";
import { geometryColumn, type PreparedLayer } from "./layers.ts";
import { aggregatedSql } from "./aggregation.ts";
import { boxSql, fillTokens, read, type Runner, tileBounds, withoutTokens } from "./typed_rows.ts";

/** A tile by zoom level, column and row. */
export interface TileAddress {
  /** The zoom level. */
  readonly z: number;
  /** The column, from the west. */
  readonly x: number;
  /** The row, from the north. */
  readonly y: number;
}

/** The types whose values a tile holds, by oid; others are left out. */
const HELD = new Set([16, 20, 21, 23, 25, 700, 701, 705, 1042, 1043, 1700]);

/** Pixels across a tile. */
const TILE_PIXELS = 256;

/**
 * Makes a vector tile of layers.
 *
 * @throws {MapError} When the database refuses
 */
export async function makeTile(
  runner: Runner,
  config: MapConfig,
  layers: readonly PreparedLayer[],
  tile: TileAddress,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for (const layer of layers) {
    const least = Number(layer.options.minzoom ?? 0);
    const most = Number(layer.options.maxzoom ?? 30);
    if (tile.z >= least && tile.z <= most) parts.push(await layerTile(runner, config, layer, tile));
  }
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

async function layerTile(
  runner: Runner,
  config: MapConfig,
  layer: PreparedLayer,
  tile: TileAddress,
): Promise<Uint8Array> {
  const source = layer.isAggregated ? aggregatedSql(layer) : layer.sql;
  let columns: string[];
  try {
    const { fields } = await read(runner, `SELECT * FROM (${withoutTokens(source)}) AS layer LIMIT 0`);
    columns = fields.filter(({ typeOid }) => HELD.has(typeOid)).map(({ name }) => name);
  } catch (error) {
    throw fromDatabase(error, "PgMvtFactory: ");
  }
  const bounds = tileBounds(tile.z, tile.x, tile.y);
  const pixel = bounds.size / TILE_PIXELS;
  const margin = pixel * config.buffer;
  const column = geometryColumn(layer);
  const rows = `FROM (${fillTokens(source, tile, margin)}) AS layer WHERE ${column} && ${
    boxSql(bounds, margin)
  }`;
  const names = columns.map((name) => `, ${quoteIdentifier(name)}`).join("");
  const plan = { layer, rows, names, column, bounds, margin, config };
  try {
    return runner.engine.kind === "server"
      ? await serverTile(runner, plan)
      : await embeddedTile(runner, plan);
  } catch (error) {
    if (error instanceof DatabaseError && /statement timeout/.test(error.message)) {
      throw new MapError(
        "You are over platform's limits: Render timeout error. Contact CARTO support for more details.",
        { type: "limit", subtype: "render" },
        429,
      );
    }
    throw fromDatabase(error, "PgMvtRenderer: ");
  }
}

interface TilePlan {
  layer: PreparedLayer;
  /** `FROM … WHERE …` of the rows in the tile. */
  rows: string;
  /** The other columns, each after a comma. */
  names: string;
  column: string;
  bounds: ReturnType<typeof tileBounds>;
  margin: number;
  config: MapConfig;
}

/** A PostgreSQL server writes the tile itself. */
async function serverTile(runner: Runner, plan: TilePlan): Promise<Uint8Array> {
  const { layer, rows, names, column, bounds, config: { extent, buffer } } = plan;
  const steps = Math.round(buffer * extent / TILE_PIXELS);
  const result = await read(
    runner,
    `SELECT encode(ST_AsMVT(features, ${quoteLiteral(layer.id)}, ${extent}), 'hex') AS tile FROM (
       SELECT ST_AsMVTGeom(${column}, ${
      boxSql(bounds)
    }, ${extent}, ${steps}, true) AS the_geom_webmercator${names}
       ${rows}) AS features`,
  );
  return Uint8Array.fromHex(String(result.rows[0]?.tile ?? ""));
}

/** The embedded PostGIS cannot write tiles: it cuts and scales, and the features are written here. */
async function embeddedTile(runner: Runner, plan: TilePlan): Promise<Uint8Array> {
  const { layer, rows, names, column, bounds, margin, config: { extent } } = plan;
  const scale = extent / bounds.size;
  // A point on the edge belongs to the tile, and cutting would take it away.
  const cut = `CASE WHEN GeometryType(${column}) = 'POINT' THEN ST_Force2D(${column}) ` +
    `ELSE ST_ClipByBox2D(ST_Force2D(${column}), ${boxSql(bounds, margin)}) END`;
  const inTile = `ST_Affine(${cut}, ` +
    `${scale}, 0, 0, ${-scale}, ${-bounds.west * scale}, ${bounds.north * scale})`;
  const snapped = `ST_SnapToGrid(${inTile}, 1)`;
  // Snapping may fold an area over itself; what is left of another dimension is no part of the shape.
  const valid = `CASE WHEN ST_Dimension(${column}) < 2 THEN ${snapped}
    ELSE ST_CollectionExtract(ST_MakeValid(${snapped}), 3) END`;
  const { engine, role, statementTimeout } = runner;
  const result = await query(
    engine,
    `SET TRANSACTION READ ONLY;
     SELECT * FROM (SELECT ${valid} AS the_geom_webmercator${names} ${rows}) AS features
     WHERE NOT ST_IsEmpty(the_geom_webmercator)`,
    { role, statementTimeout },
  );
  const { encodeTileLayer } = await import("./mvt.ts");
  const features = result.rows.map(([geometry, ...values]) => ({
    geometry: geometry ?? "",
    properties: new Map(values.flatMap((text, index) => {
      const field = result.fields[index + 1];
      return text === null || field === undefined
        ? []
        : [[field.name, tileValue(text, field.typeOid)] as const];
    })),
  }));
  return encodeTileLayer(layer.id, extent, features);
}

function tileValue(text: string, oid: number): string | number | bigint | boolean {
  if (oid === 16) return text === "t";
  if (oid === 700 || oid === 701) return Number(text);
  if (oid !== 20 && oid !== 21 && oid !== 23) return text;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
