import type { Engine } from "../_db/engine.ts";
import { query } from "../_db/query.ts";
import type { DatasetEntry, GeographyEntry, VariableEntry } from "./catalogue.ts";

/** Rows at the start and the end that a summary shows. */
const GLIMPSE = 10;

async function json(engine: Engine, sql: string): Promise<unknown> {
  const { rows } = await query(engine, sql);
  return JSON.parse(rows[0]?.[0] ?? "null");
}

/** What is told of a dataset: the first and last rows, and counts. */
export async function datasetSummary(
  engine: Engine,
  entry: DatasetEntry,
  variables: readonly VariableEntry[],
): Promise<unknown> {
  const nulls = variables.map(({ column_name }) => `count(*) FILTER (WHERE ${column_name} IS NULL)`).join(
    " + ",
  );
  const types: Record<string, number> = {};
  for (const { db_type } of variables) types[db_type.toLowerCase()] = (types[db_type.toLowerCase()] ?? 0) + 1;
  const counts = await json(
    engine,
    `SELECT json_build_object('rows', count(*), 'cells', count(*) * ${variables.length}, 'null_cells', ${nulls},
      'null_cells_percent', 100.0 * (${nulls}) / nullif(count(*) * ${variables.length}, 0)) FROM observatory.${entry.table}`,
  );
  return { counts, fields_by_type: types, glimpses: await glimpses(engine, `observatory.${entry.table}`) };
}

async function glimpses(engine: Engine, table: string): Promise<unknown> {
  const rows = (order: string) =>
    `(SELECT json_agg(r ORDER BY geoid ${order}) FROM (SELECT * FROM ${table} ORDER BY geoid ${order} LIMIT ${GLIMPSE}) r)`;
  return await json(engine, `SELECT json_build_object('head', ${rows("ASC")}, 'tail', ${rows("DESC")})`);
}

/** What is told of a variable: values, counts, and for numbers statistics and a histogram. */
export async function variableSummary(engine: Engine, entry: VariableEntry, table: string): Promise<unknown> {
  const { column_name: column, db_type } = entry;
  const from = `observatory.${table}`;
  const values = (order: string) =>
    `(SELECT json_agg(v) FROM (SELECT ${column} AS v FROM ${from} ORDER BY geoid ${order} LIMIT ${GLIMPSE}) x)`;
  const common = `'head', ${values("ASC")}, 'tail', ${
    values("DESC")
  }, 'counts', (SELECT json_build_object('all', count(*),
    'null', count(*) - count(${column}), 'zero', count(*) FILTER (WHERE ${column}::text IN ('0', '0.0')),
    'distinct', count(DISTINCT ${column})) FROM ${from})`;
  if (db_type === "STRING") {
    return await json(
      engine,
      `SELECT json_build_object(${common}, 'top_values', (SELECT json_agg(t) FROM (SELECT ${column} AS value,
        count(*)::int AS count FROM ${from} WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10) t))`,
    );
  }
  const at = (part: number) => `percentile_cont(${part}) WITHIN GROUP (ORDER BY ${column})`;
  return await json(
    engine,
    `WITH s AS (SELECT min(${column})::float8 AS lo, max(${column})::float8 AS hi FROM ${from})
     SELECT json_build_object(${common},
      'stats', (SELECT json_build_object('min', min(${column}), 'max', max(${column}), 'avg', avg(${column})::float8,
        'sum', sum(${column})::float8, 'range', max(${column}) - min(${column}), 'stdev', stddev(${column})::float8,
        'q1', ${at(0.25)}, 'median', ${at(0.5)}, 'q3', ${at(0.75)}, 'interquartile_range', ${at(0.75)} - ${
      at(0.25)
    }) FROM ${from}),
      'quantiles', (SELECT json_build_object('q1', ${at(0.25)}, 'q2', ${at(0.5)}, 'q3', ${
      at(0.75)
    }) FROM ${from}),
      'histogram', (SELECT json_agg(json_build_object('min_range', lo + (hi - lo) * (b - 1) / 10, 'max_range',
        lo + (hi - lo) * b / 10, 'count', (SELECT count(*) FROM ${from} WHERE least(width_bucket(${column}::float8, lo,
        CASE WHEN hi > lo THEN hi ELSE lo + 1 END, 10), 10) = b)) ORDER BY b) FROM s, generate_series(1, 10) AS b))`,
  );
}

/** The area that a geography covers, and how many areas it has. */
export async function geographySummary(
  engine: Engine,
  { table }: GeographyEntry,
): Promise<{ coverage: string | null; summary: unknown }> {
  const { rows } = await query(
    engine,
    `SELECT encode(ST_AsBinary(ST_ConvexHull(ST_Collect(geom))), 'hex'), count(*) FROM observatory.${table}`,
  );
  const [coverage = null, count = "0"] = rows[0] ?? [];
  return { coverage, summary: { counts: { rows: Number(count) } } };
}
