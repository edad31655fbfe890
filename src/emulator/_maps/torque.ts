import { quoteIdentifier } from "../_db/query.ts";
import type { PreparedLayer } from "./layers.ts";
import { fromDatabase, layerError } from "./map_error.ts";
import { layerContext, type MapLayer } from "./map_config.ts";
import { checkCartocss } from "./cartocss.ts";
import type { TileAddress } from "./tiles.ts";
import {
  boxSql,
  embeddable,
  fillTokens,
  read,
  type Runner,
  tileBounds,
  withoutTokens,
} from "./typed_rows.ts";

/** What a style says about an animation. */
interface Animation {
  column: string;
  resolution: number;
  steps: number;
  aggregation: string;
  isCumulative: boolean;
}

/** The ways to put the points of a cell together. */
const AGGREGATION = /^(?:count|sum|avg|min|max|mode|round)\b[\w\s(),.*"]*$/i;

/**
 * Reads an animated layer and finds the range of its times.
 *
 * @throws {MapError} When the style lacks what an animation needs, and for what the database refuses
 */
export async function prepareTorque(runner: Runner, layer: MapLayer): Promise<PreparedLayer> {
  const { cartocss, sql: given } = layer.options;
  if (typeof given !== "string") {
    throw layerError(`Missing sql for layer ${layer.index} options`, layerContext(layer));
  }
  const sql = embeddable(given);
  const animation = readAnimation(layer);
  const column = quoteIdentifier(animation.column);
  try {
    const { fields } = await read(
      runner,
      `SELECT ${column} AS at FROM (${withoutTokens(sql)}) AS layer LIMIT 0`,
    );
    const isTime = [1082, 1114, 1184].includes(fields[0]?.typeOid ?? 0);
    const at = isTime ? `date_part('epoch', ${column})` : column;
    const { rows } = await read(
      runner,
      `SELECT count(*) AS data_steps, min(${at})::float8 AS first, max(${at})::float8 AS last
       FROM (${withoutTokens(sql)}) AS layer`,
    );
    const { data_steps, first, last } = rows[0] ?? {};
    const meta = {
      start: Number(first) * 1000,
      end: Number(last) * 1000,
      steps: animation.steps,
      data_steps,
      column_type: isTime ? "date" : "number",
      cartocss,
      stats: {},
      cartocss_meta: { rules: [] },
    };
    return { ...layer, sql, isAggregated: false, meta };
  } catch (error) {
    throw fromDatabase(error, "TorqueRenderer: ");
  }
}

function readAnimation(layer: MapLayer): Animation {
  const style = String(layer.options.cartocss ?? "");
  const fault = checkCartocss(style, `style${layer.index}`);
  if (fault !== undefined) throw layerError(fault, layerContext(layer));
  const value = (name: string): string | undefined =>
    new RegExp(`-torque-${name}\\s*:\\s*(?:'([^']*)'|"([^"]*)"|([^;}]*))`).exec(style)?.slice(1).find((
      text,
    ) => text !== undefined)?.trim();
  const column = value("time-attribute");
  if (column === undefined || column === "") {
    throw layerError(
      "Missing required property '-torque-time-attribute' in torque layer CartoCSS",
      layerContext(layer),
    );
  }
  const aggregation = value("aggregation-function") ?? "count(cartodb_id)";
  if (!AGGREGATION.test(aggregation)) {
    throw layerError("Invalid -torque-aggregation-function", layerContext(layer));
  }
  return {
    column: column.replaceAll('"', ""),
    resolution: Math.max(1, Number(value("resolution") ?? 2) || 2),
    steps: Math.max(1, Math.trunc(Number(value("frame-count") ?? 256)) || 256),
    aggregation,
    isCumulative: value("data-aggregation") === "cumulative",
  };
}

/**
 * The points of a tile by cell and step, as the platform's JSON tells them.
 *
 * @throws {MapError} For what the database refuses
 */
export async function torqueTile(
  runner: Runner,
  layer: PreparedLayer,
  tile: TileAddress,
): Promise<unknown[]> {
  const { column, resolution, steps, aggregation, isCumulative } = readAnimation(layer);
  const { start, end, data_steps, column_type } = layer.meta as Record<string, number | string>;
  const name = quoteIdentifier(column);
  const at = column_type === "date" ? `date_part('epoch', ${name})` : name;
  const first = Number(start) / 1000;
  const stepLength = (Number(end) / 1000 - first + 1) / Math.min(steps, Math.max(1, Number(data_steps)));
  const bounds = tileBounds(tile.z, tile.x, tile.y);
  const cell = bounds.size / 256 * resolution;
  const cells = Math.ceil(256 / resolution);
  const sql =
    `SELECT x, y, array_agg(value ORDER BY step) AS vals, array_agg(step ORDER BY step) AS dates FROM (
      SELECT x, y, step, ${aggregation} AS value FROM (
        SELECT *, floor((ST_X(the_geom_webmercator) - ${bounds.west}) / ${cell})::int AS x,
          floor((ST_Y(the_geom_webmercator) - ${bounds.south}) / ${cell})::int AS y,
          floor((${at} - ${first}) / ${stepLength})::int AS step
        FROM (${fillTokens(layer.sql, tile)}) AS layer
        WHERE the_geom_webmercator && ${boxSql(bounds)} AND ${name} IS NOT NULL
      ) AS points WHERE x BETWEEN 0 AND ${cells - 1} AND y BETWEEN 0 AND ${cells - 1} GROUP BY x, y, step
    ) AS steps GROUP BY x, y`;
  try {
    const { rows } = await read(
      runner,
      `SELECT x, y, to_json(vals) AS vals, to_json(dates) AS dates FROM (${sql}) AS t`,
    );
    return rows.map(({ x, y, vals, dates }) => ({
      x__uint8: x,
      y__uint8: y,
      vals__uint8: isCumulative ? runningTotals(vals as number[]) : vals,
      dates__uint16: dates,
    }));
  } catch (error) {
    throw fromDatabase(error, "TorqueRenderer: ");
  }
}

function runningTotals(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => sum += value);
}
