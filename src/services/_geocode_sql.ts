import { sql, type SqlText } from "../classic/sql_text.ts";
import { type GeocodePlan, HASH_COLUMN, PARTS, STATUS_TYPES } from "./_geocode_arguments.ts";
import type { GeocodingStatus } from "./geocoding.ts";

type Parts = GeocodePlan["parts"];

/** The hash of a row's address, as CARTOframes made it, so that tables which it geocoded are not geocoded again. */
export function hashSql(parts: Parts, prefix?: string): SqlText {
  const texts = PARTS.map((name) => {
    const part = parts[name];
    if (part === undefined) return sql`''`;
    if ("value" in part) return sql`${part.value}`;
    return prefix === undefined ? sql.id(part.column) : sql.id(prefix, part.column);
  });
  return sql`md5(concat(${sql.join(texts, ", '<>' , ")}))`;
}

/** The rows that are not geocoded as they stand. */
export function pendingSql(parts: Parts): SqlText {
  return sql`(${sql.id(HASH_COLUMN)} IS NULL OR ${sql.id(HASH_COLUMN)} <> ${hashSql(parts)})`;
}

/** Which of the columns that tell a row's state there are. */
export interface StateColumns {
  readonly hasHash: boolean;
  readonly hasGeometry: boolean;
}

/** How many rows are in which state. With caches, rows whose address one has count as it knows them. */
export function statesSql(
  source: SqlText,
  parts: Parts,
  { hasHash, hasGeometry }: StateColumns,
  caches: readonly string[] = [],
): SqlText {
  const hash = sql.id(HASH_COLUMN);
  const age = hasHash
    ? sql`CASE WHEN _s.${hash} IS NULL THEN 'new' WHEN _s.${hash} <> ${
      hashSql(parts, "_s")
    } THEN 'changed' ELSE 'previously' END`
    : sql`'new'`;
  const isFound = hasGeometry ? sql`_s.the_geom IS NOT NULL` : sql`false`;
  const own = sql`${age} || CASE WHEN ${isFound} THEN '_geocoded' ELSE '_nongeocoded' END`;
  const state = caches.length === 0 ? own : sql`coalesce(_c.state, ${own})`;
  const join = caches.length === 0
    ? sql``
    : sql` LEFT JOIN (${cacheStatesSql(caches)}) _c ON _c.hash = ${hashSql(parts, "_s")}`;
  return sql`SELECT ${state} AS gc_state, COUNT(*)::int AS count FROM ${source} _s${join} GROUP BY 1`;
}

/** The state of each address that a cache has; the last that has an address counts, as with {@link fromCacheSql}. */
export function cacheStatesSql(caches: readonly string[]): SqlText {
  const hash = sql.id(HASH_COLUMN);
  const rows = caches.map((cache, index) =>
    sql`SELECT ${hash} AS hash, the_geom, cartodb_id, ${index}::int AS cache FROM ${
      sql.id(cache)
    } WHERE ${hash} IS NOT NULL`
  );
  return sql`SELECT DISTINCT ON (hash) hash, CASE WHEN the_geom IS NULL THEN 'previously_nongeocoded'
  ELSE 'previously_geocoded' END AS state FROM (${
    sql.join(rows, " UNION ALL ")
  }) _caches ORDER BY hash, cache DESC, cartodb_id`;
}

/** The columns that geocoding fills besides the geometry, with their types. */
export function addedColumns(
  status: GeocodePlan["status"],
): readonly (readonly [name: string, type: string])[] {
  return [...status.map(([name, what]) => [name, STATUS_TYPES[what]] as const), [HASH_COLUMN, "text"]];
}

/** Adds those that a table does not have. */
export function addColumnsSql(table: string, status: GeocodePlan["status"]): SqlText {
  const columns = addedColumns(status).map(([name, type]) =>
    sql`ADD COLUMN IF NOT EXISTS ${sql.id(name)} ${sql.raw(type)}`
  );
  return sql`ALTER TABLE ${sql.id(table)} ${sql.join(columns)}`;
}

const STATUS_VALUES: Readonly<Record<GeocodingStatus, string>> = {
  relevance: "(_g.metadata->>'relevance')::numeric",
  precision: "_g.metadata->>'precision'",
  match_types: "cdb_dataservices_client.cdb_jsonb_array_casttext(_g.metadata->>'match_types')",
  "*": "_g.metadata",
};

/** Geocodes the next so many rows that are not as they stand. */
export function geocodeSql(
  table: string,
  plan: Pick<GeocodePlan, "parts" | "status">,
  rows: number,
): SqlText {
  const { parts, status } = plan;
  const batch = sql`SELECT * FROM ${sql.id(table)} WHERE ${
    pendingSql(parts)
  } ORDER BY cartodb_id LIMIT ${rows}`;
  const expressions = PARTS.map((name) => {
    const part = parts[name];
    if (part === undefined) return sql`NULL`;
    // The function takes expressions as texts: a literal is quoted once as SQL, and once more as the argument.
    return sql`${("value" in part ? sql`${part.value}` : sql.id(part.column)).text}`;
  });
  const values = status.map(([name, what]) => sql`${sql.id(name)} = ${sql.raw(STATUS_VALUES[what])}, `);
  return sql`UPDATE ${sql.id(table)} SET the_geom = _g.the_geom, ${sql.join(values, "")}${
    sql.id(HASH_COLUMN)
  } = ${
    hashSql(parts, table)
  } FROM (SELECT * FROM cdb_dataservices_client.cdb_bulk_geocode_street_point(${batch.text}, ${
    sql.join(expressions, ", ")
  })) _g WHERE _g.cartodb_id = ${sql.id(table)}.cartodb_id`;
}

/** Takes over from a cache what it has of the same addresses. */
export function fromCacheSql(
  table: string,
  cache: string,
  parts: Parts,
  columns: readonly string[],
): SqlText {
  const taken = ["the_geom", HASH_COLUMN, ...columns];
  return sql`UPDATE ${sql.id(table)} SET ${
    sql.join(taken.map((column) => sql`${sql.id(column)} = _c.${sql.id(column)}`))
  } FROM (SELECT DISTINCT ON (${sql.id(HASH_COLUMN)}) ${sql.ids(taken)} FROM ${sql.id(cache)}
  WHERE ${sql.id(HASH_COLUMN)} IS NOT NULL ORDER BY ${sql.id(HASH_COLUMN)}, cartodb_id) _c
WHERE _c.${sql.id(HASH_COLUMN)} = ${hashSql(parts, table)}`;
}
