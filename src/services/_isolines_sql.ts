import { sql, type SqlText } from "../classic/sql_text.ts";
import type { IsolinesOptions } from "./isolines.ts";

/** What is asked of the service, checked. */
export interface IsolinesPlan {
  readonly kind: "isochrone" | "isodistance";
  readonly ranges: readonly number[];
  readonly options: IsolinesOptions;
}

/** The options as the service takes them: texts of the form `key=value`. */
function optionTexts(options: IsolinesOptions): string[] {
  const values = {
    is_destination: options.isDestination,
    mode_type: options.modeType,
    mode_traffic: options.modeTraffic,
    resolution: options.resolution,
    maxpoints: options.maxpoints,
    quality: options.quality,
  };
  return Object.entries(values).filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => `${key}=${value}`);
}

/**
 * The query that computes the areas.
 *
 * @param source The places, as a query
 * @param sourceCol The column that tells them apart
 */
export function isolinesSql(source: string, sourceCol: string, plan: IsolinesPlan): SqlText {
  const { kind, ranges, options } = plan;
  const name = sql.id("cdb_dataservices_client", `_cdb_${kind}_exception_safe`);
  const areas = sql`SELECT _source._place, _source.${
    sql.id(sourceCol)
  } AS source_id, _iso.data_range, _iso.the_geom
  FROM (SELECT *, row_number() OVER () AS _place FROM (${sql.raw(source)}) _rows) _source,
  LATERAL ${name}(_source.the_geom, ${options.mode ?? "car"}, ${sql.array(ranges, "integer")}, ${
    sql.array(optionTexts(options), "text")
  }) _iso`;
  const order = options.ascending === true
    ? sql`data_range`
    : sql`array_position(${sql.array(ranges, "integer")}, data_range)`;
  const numbered =
    sql`(row_number() OVER (ORDER BY _place, ${order}))::int AS cartodb_id, source_id, data_range`;
  if (options.exclusive !== true) return sql`SELECT ${numbered}, the_geom FROM (${areas}) _areas`;
  // An area that crosses itself must not sink the others, which are paid for by then
  const ring = sql`ST_CollectionExtract(ST_Difference(ST_MakeValid(the_geom), ST_MakeValid(_inner)), 3)`;
  return sql`SELECT ${numbered}, lower_data_range, ${labelSql(kind)} AS range_label,
  CASE WHEN _inner IS NULL THEN the_geom ELSE ST_Multi(${ring}) END AS the_geom
FROM (SELECT *, LAG(data_range, 1, 0) OVER _by AS lower_data_range, LAG(the_geom) OVER _by AS _inner
  FROM (${areas}) _areas WINDOW _by AS (PARTITION BY _place ORDER BY data_range)) _rings`;
}

/** What a range is called: minutes, or metres. */
function labelSql(kind: IsolinesPlan["kind"]): SqlText {
  return kind === "isochrone" ? sql`round(data_range / 60.0)::int || ' min.'` : sql`data_range || ' m.'`;
}
