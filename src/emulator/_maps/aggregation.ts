import { quoteIdentifier, quoteLiteral } from "../_db/query.ts";
import type { PreparedLayer } from "./layers.ts";
import { MapError, notServedError } from "./map_error.ts";
import { isRecord } from "./templates.ts";

/** The side of a cell in web mercator; the scale denominator is the pixel's side by this figure of the OGC. */
const PIXEL = "(!scale_denominator! * 0.00028)";

/**
 * The query of a layer whose points are drawn in clusters, one for each cell of a grid that goes with the zoom level.
 *
 * @throws {MapError} For options that do not fit
 */
export function aggregatedSql({ options, sql }: PreparedLayer): string {
  const given = isRecord(options.aggregation) ? options.aggregation : {};
  const isDefault = given.placement === undefined && given.columns === undefined &&
    given.dimensions === undefined;
  const placement = given.placement ?? "point-sample";
  const side = `(${Number(given.resolution ?? 1)} * ${PIXEL})::double precision`;
  const columns = new Map<string, string>([["_cdb_feature_count", "count(*)"]]);
  for (const [name, column] of Object.entries(isRecord(given.columns) ? given.columns : {})) {
    columns.set(name, aggregate(name, isRecord(column) ? column : {}));
  }
  const dimensions = Object.entries(isRecord(given.dimensions) ? given.dimensions : {}).map(
    ([name, dimension]) => {
      const column = isRecord(dimension) ? dimension.column : dimension;
      if (typeof column !== "string" || (isRecord(dimension) && dimension.group !== undefined)) {
        throw notServedError("dimensions of an aggregation that group times");
      }
      return { name: quoteIdentifier(name), column: quoteIdentifier(column) };
    },
  );
  const point = placement === "centroid"
    ? ", ST_SetSRID(ST_MakePoint(avg(ST_X(the_geom_webmercator)), avg(ST_Y(the_geom_webmercator))), 3857) AS the_geom_webmercator"
    : placement === "point-grid"
    ? `, ST_SetSRID(ST_MakePoint((min(_cdb_x) + 0.5) * ${side}, (min(_cdb_y) + 0.5) * ${side}), 3857) AS the_geom_webmercator`
    : "";
  const clusters = `SELECT min(cartodb_id) AS cartodb_id${point}
    ${dimensions.map(({ name, column }) => `, ${column} AS ${name}`).join("")}
    ${[...columns].map(([name, value]) => `, ${value} AS ${quoteIdentifier(name)}`).join("")}
    FROM (SELECT *, floor(ST_X(the_geom_webmercator) / ${side}) AS _cdb_x, floor(ST_Y(the_geom_webmercator) / ${side}) AS _cdb_y
      FROM (${sql}) AS source WHERE the_geom_webmercator && !bbox!) AS cells
    GROUP BY _cdb_x, _cdb_y${dimensions.map(({ column }) => `, ${column}`).join("")}
    ${having(given.filters, columns, dimensions)}`;
  if (placement !== "point-sample") return clusters;
  const taken = isDefault ? "*" : "cartodb_id, the_geom_webmercator";
  return `SELECT * FROM (${clusters}) AS clusters JOIN (SELECT ${taken} FROM (${sql}) AS source) AS sample USING (cartodb_id)`;
}

function aggregate(name: string, column: Readonly<Record<string, unknown>>): string {
  const { aggregate_function: fn = "count", aggregated_column: of } = column;
  const value = quoteIdentifier(typeof of === "string" ? of : name);
  if (fn === "count") return typeof of === "string" ? `count(${value})` : "count(*)";
  if (fn === "mode") return `mode() WITHIN GROUP (ORDER BY ${value})`;
  return `${fn}(${value})`;
}

/** How each condition compares. */
const OPERATORS: Readonly<Record<string, string>> = {
  less_than: "<",
  less_than_or_equal_to: "<=",
  greater_than: ">",
  greater_than_or_equal_to: ">=",
  equal: "=",
  not_equal: "<>",
};

function having(
  filters: unknown,
  columns: ReadonlyMap<string, string>,
  dimensions: readonly { name: string; column: string }[],
): string {
  const conditions = Object.entries(isRecord(filters) ? filters : {}).map(([name, filter]) => {
    const value = columns.get(name) ?? dimensions.find((one) => one.name === quoteIdentifier(name))?.column;
    if (value === undefined) throw new MapError(`Invalid filtered column: ${name}`);
    const any = (Array.isArray(filter) ? filter : [filter]).map((one) =>
      condition(value, isRecord(one) ? one : {})
    );
    return `(${any.join(" OR ")})`;
  });
  return conditions.length === 0 ? "" : `HAVING ${conditions.join(" AND ")}`;
}

function condition(value: string, filter: Readonly<Record<string, unknown>>): string {
  const all = Object.entries(filter).map(([name, bound]) => {
    if (name === "in" || name === "not_in") {
      const list = (Array.isArray(bound) ? bound : [bound]).map(literal).join(", ");
      return `${value} ${name === "in" ? "IN" : "NOT IN"} (${list})`;
    }
    const operator = OPERATORS[name];
    if (operator === undefined) throw new MapError(`Invalid filter parameter name: ${name}`);
    return `${value} ${operator} ${literal(bound)}`;
  });
  return all.length === 0 ? "true" : `(${all.join(" AND ")})`;
}

function literal(value: unknown): string {
  return typeof value === "number" && Number.isFinite(value) ? String(value) : quoteLiteral(String(value));
}
