import { quoteIdentifier } from "../_db/query.ts";
import { ApiError } from "../_handler.ts";
import { DATASETS, find, GEOGRAPHIES, type VariableEntry, VARIABLES } from "./catalogue.ts";

/** What a client asks to be joined to its areas or points. */
export interface EnrichmentRequest {
  readonly type: "points" | "polygons";
  readonly variables: readonly string[];
  readonly filters: Readonly<Record<string, string | readonly string[]>>;
  /** `default`, a function, functions by variable, or null for none. */
  readonly aggregation: unknown;
}

/** A variable with the names by which its table and geography are joined. */
interface Joined {
  readonly variable: VariableEntry;
  readonly alias: string;
}

const FUNCTIONS: Readonly<Record<string, (value: string, share: string) => string>> = {
  // What lies in a part of an area is that part of its sum; averages weigh by the part of the area.
  SUM: (value, share) => `sum(${value} * ${share})`,
  AVG: (value, share) =>
    `sum(${value} * ${share}) / nullif(sum(${share}) FILTER (WHERE ${value} IS NOT NULL), 0)`,
  MIN: (value) => `min(${value})`,
  MAX: (value) => `max(${value})`,
  COUNT: (value) => `count(${value})`,
  ARRAY_AGG: (value) => `array_agg(${value})`,
  ARRAY_CONCAT_AGG: (value) => `array_agg(${value})`,
  STRING_AGG: (value) => `string_agg(${value}::text, ',')`,
};

/**
 * The query that enriches a table with `__enrichment_id` and a geometry.
 *
 * Values are not rewritten; a row that lies nowhere keeps no value.
 *
 * @throws {ApiError} A variable or a function is not known
 */
export function enrichmentSql(input: string, geometryColumn: string, request: EnrichmentRequest): string {
  const joined = request.variables.map((id): Joined => {
    const variable = find(VARIABLES, id);
    if (variable === undefined) throw new ApiError(400, `The variable ${id} does not exist`);
    return { variable, alias: `d${DATASETS.findIndex(({ id }) => id === variable.dataset_id)}` };
  });
  const point = `i.${quoteIdentifier(geometryColumn)}`;
  const parts = [...new Set(joined.map(({ alias }) => alias))].map((alias) => {
    const dataset = DATASETS[Number(alias.slice(1))];
    const geography = find(GEOGRAPHIES, dataset?.geography_id);
    const mine = joined.filter((item) => item.alias === alias);
    return request.type === "points"
      ? pointsSql(input, point, mine, dataset?.table ?? "", geography?.table ?? "", request)
      : polygonsSql(input, point, mine, dataset?.table ?? "", geography?.table ?? "", request);
  });
  const [first = "", ...rest] = parts;
  // Variables of several datasets stand beside each other.
  return rest.reduce(
    (all, part, n) => `SELECT * FROM (${all}) a${n} FULL JOIN (${part}) b${n} USING (__enrichment_id)`,
    first,
  );
}

function conditions(joined: readonly Joined[], filters: EnrichmentRequest["filters"]): string {
  const all = joined.flatMap(({ variable }) => {
    const given = filters[variable.id] ?? filters[variable.slug] ?? [];
    return [given].flat().map((condition) => `(d.${quoteIdentifier(variable.column_name)} ${condition})`);
  });
  return all.length === 0 ? "true" : all.join(" AND ");
}

function pointsSql(
  input: string,
  point: string,
  joined: readonly Joined[],
  table: string,
  geography: string,
  { filters }: EnrichmentRequest,
): string {
  const columns = joined.map(({ variable }) => `d.${quoteIdentifier(variable.column_name)}`).join(", ");
  return `SELECT i.__enrichment_id, ${columns}, ST_Area(g.geom::geography) AS do_area
    FROM ${input} i JOIN observatory.${geography} g ON ST_Intersects(g.geom, ${point})
    JOIN observatory.${table} d USING (geoid) WHERE ${conditions(joined, filters)}`;
}

function polygonsSql(
  input: string,
  shape: string,
  joined: readonly Joined[],
  table: string,
  geography: string,
  { filters, aggregation }: EnrichmentRequest,
): string {
  const cut = `SELECT i.__enrichment_id, d.*, ST_Area(g.geom::geography) AS do_area,
      ST_Area(ST_Intersection(g.geom, ${shape})::geography) AS do_intersected_area,
      ST_Area(ST_Intersection(g.geom, ${shape})) AS part, ST_Area(g.geom) AS whole
    FROM ${input} i JOIN observatory.${geography} g ON ST_Intersects(g.geom, ${shape})
    JOIN observatory.${table} d USING (geoid) WHERE ${conditions(joined, filters)}`;
  if (aggregation === null) {
    const columns = joined.map(({ variable }) => quoteIdentifier(variable.column_name)).join(", ");
    return `SELECT __enrichment_id, ${columns}, do_area, do_intersected_area FROM (${cut}) c WHERE part > 0`;
  }
  const columns = joined.flatMap(({ variable }) => aggregates(variable, aggregation));
  return `SELECT __enrichment_id${columns.map((column) => `, ${column}`).join("")}
    FROM (${cut}) c WHERE part > 0 GROUP BY __enrichment_id`;
}

/** The aggregates of one variable, with their names. */
function aggregates(variable: VariableEntry, aggregation: unknown): string[] {
  const own = typeof aggregation === "object" && aggregation !== null
    ? (aggregation as Record<string, unknown>)[variable.id] ??
      (aggregation as Record<string, unknown>)[variable.slug] ??
      "default"
    : aggregation;
  const names = [own].flat().map((name) =>
    name === "default" ? variable.agg_method : String(name).toUpperCase()
  );
  return names.flatMap((name) => {
    if (name === null) return [];
    const write = FUNCTIONS[name];
    if (write === undefined) throw new ApiError(400, `The aggregation ${name} does not exist`);
    // A sum takes the part of its area that lies within; an average is weighed by what lies within.
    const value = quoteIdentifier(variable.column_name);
    const column = Array.isArray(own)
      ? quoteIdentifier(`${name.toLowerCase()}_${variable.column_name}`)
      : value;
    return [`${write(value, name === "AVG" ? "part" : "(part / whole)")} AS ${column}`];
  });
}
