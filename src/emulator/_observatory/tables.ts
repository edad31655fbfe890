import type { Engine } from "../_db/engine.ts";
import { query, quoteIdentifier, quoteLiteral } from "../_db/query.ts";
import { DATASETS, GEOGRAPHIES, VARIABLES } from "./catalogue.ts";

/** An outline as far as it is used. */
interface OutlineFeature {
  readonly id?: string | number;
  readonly properties: { readonly name?: string };
  readonly geometry: unknown;
}

/** Makes the tables of the Data Observatory, once in a database: geographies, and what GeoNames' places tell of them. */
export async function makeTables(engine: Engine): Promise<void> {
  const { rows } = await query(engine, "SELECT to_regclass('observatory.ready')");
  if (rows[0]?.[0] !== null) return;
  const [{ feature }, { default: us }, { default: world }] = await Promise.all([
    import("../../_deps/topojson.ts"),
    import("../../_deps/us_atlas.ts"),
    import("../../_deps/world_atlas.ts"),
  ]);
  await query(
    engine,
    `DROP SCHEMA IF EXISTS observatory CASCADE; CREATE SCHEMA observatory; GRANT USAGE ON SCHEMA observatory TO PUBLIC;
     CREATE SCHEMA IF NOT EXISTS observatory_user; GRANT USAGE, CREATE ON SCHEMA observatory_user TO PUBLIC;
     CREATE TABLE observatory.outlines (kind text, geoid text, name text, geojson text)`,
  );
  const outlines = (topology: { readonly objects: Readonly<Record<string, unknown>> }, name: string) =>
    (feature as (topology: unknown, object: unknown) => { features: OutlineFeature[] })(
      topology,
      topology.objects[name],
    ).features;
  const spain = outlines(world, "countries").filter(({ properties }) => properties.name === "Spain");
  await copyOutlines(engine, [
    ["county", outlines(us, "counties")],
    ["spain", spain],
  ]);
  for (const { table } of GEOGRAPHIES) {
    await query(
      engine,
      `CREATE TABLE observatory.${table} AS ${geographySql(table)};
      ALTER TABLE observatory.${table} ADD PRIMARY KEY (geoid);
      CREATE INDEX ON observatory.${table} USING gist (geom); ANALYZE observatory.${table}`,
    );
    await query(engine, figuresSql(table));
  }
  const views = DATASETS.map(({ id, table, geography_id }) => {
    const geography = GEOGRAPHIES.find(({ id }) => id === geography_id)?.table;
    const columns = VARIABLES.filter(({ dataset_id }) => dataset_id === id).map(({ column_name }) =>
      column_name
    );
    return `CREATE VIEW observatory.${table} AS SELECT ${
      columns.join(", ")
    } FROM observatory.figures_${geography}`;
  });
  await query(
    engine,
    `${views.join(";")}; GRANT SELECT ON ALL TABLES IN SCHEMA observatory TO PUBLIC;
     DROP TABLE observatory.outlines; CREATE TABLE observatory.ready ()`,
  );
}

async function copyOutlines(
  engine: Engine,
  kinds: readonly (readonly [string, readonly OutlineFeature[]])[],
): Promise<void> {
  async function* lines(): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder();
    for (const [kind, features] of kinds) {
      for (const { id, properties, geometry } of features) {
        yield encoder.encode(`${kind}\t${id}\t${properties.name ?? ""}\t${JSON.stringify(geometry)}\n`);
      }
    }
  }
  await query(engine, "COPY observatory.outlines FROM STDIN", { copyIn: lines() });
}

/** The areas of a geography: `geoid`, `name`, `geom`. */
function geographySql(table: string): string {
  // A few outlines cross themselves; the embedded PostGIS cannot make them valid in any other way.
  const outline = "ST_SetSRID(ST_Multi(ST_Buffer(ST_GeomFromGeoJSON(geojson), 0)), 4326)";
  if (table.includes("_county_")) {
    return `SELECT geoid, name, ${outline} AS geom FROM observatory.outlines
      WHERE kind = 'county' AND ST_Area(${outline}) > 0`;
  }
  if (table.includes("_usa_")) return gridSql(1, [-125, -67], [24, 49], "true");
  return gridSql(
    0.25,
    [-40, 18],
    [108, 176],
    `ST_Intersects(cell, (SELECT ${outline} FROM observatory.outlines WHERE kind = 'spain'))`,
  );
}

/** Square cells of one side, counted in cells from 0 degrees. */
function gridSql(
  side: number,
  [west, east]: readonly [number, number],
  [south, north]: readonly [number, number],
  condition: string,
): string {
  return `SELECT format('%s_%s', i, j) AS geoid, format('Cell %s, %s', i, j) AS name, ST_Multi(cell) AS geom
    FROM generate_series(${west}, ${east}) AS i, generate_series(${south}, ${north}) AS j, LATERAL (SELECT ST_MakeEnvelope(
      i * ${side}, j * ${side}, (i + 1) * ${side}, (j + 1) * ${side}, 4326) AS cell) AS c WHERE ${condition}`;
}

/** What GeoNames' places tell of the areas. */
function figuresSql(table: string): string {
  const country = table.includes("_usa_") ? "US" : "ES";
  return `CREATE TABLE observatory.figures_${table} AS
    WITH places AS MATERIALIZED (
      SELECT DISTINCT ON (id) id, name, population, ST_SetSRID(ST_MakePoint(lng, lat), 4326) AS point
      FROM cdb_dataservices_client._places WHERE country = ${quoteLiteral(country)} ORDER BY id),
    placed AS MATERIALIZED (
      SELECT DISTINCT ON (p.id) p.*, g.geoid FROM places p JOIN observatory.${table} g ON ST_Intersects(g.geom, p.point)
      ORDER BY p.id, g.geoid),
    counted AS (
      SELECT geoid, sum(population)::bigint AS total_pop,
        coalesce(sum(population) FILTER (WHERE population >= 50000), 0)::bigint AS urban_pop,
        max(population) AS largest_pop, count(*) AS places, count(*) FILTER (WHERE population >= 100000) AS cities,
        avg(population)::float8 AS mean_pop, (array_agg(name ORDER BY population DESC, name))[1] AS largest_place
      FROM placed GROUP BY geoid)
    SELECT geoid, coalesce(total_pop, 0) AS total_pop, coalesce(urban_pop, 0) AS urban_pop, largest_pop,
      coalesce(places, 0) AS places, coalesce(cities, 0) AS cities, mean_pop,
      coalesce(total_pop, 0) / (ST_Area(geom::geography) / 1e6) AS pop_density,
      coalesce(places, 0) / (ST_Area(geom::geography) / 1e9) AS place_density, largest_place
    FROM observatory.${table} LEFT JOIN counted USING (geoid);
    ALTER TABLE observatory.figures_${table} ADD PRIMARY KEY (geoid); ANALYZE observatory.figures_${table}`;
}

/** The most bytes of a name in the database. */
const MAX_NAME_BYTES = 63;

/** The name of a table of an account's own, as SQL: one that is too long ends in a hash, so that none is another's. */
export async function userTable(username: string, name: string): Promise<string> {
  const own = `${username}.${name}`;
  const bytes = new TextEncoder().encode(own);
  if (bytes.length <= MAX_NAME_BYTES) return `observatory_user.${quoteIdentifier(own)}`;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  return `observatory_user.${quoteIdentifier(`long.${digest.slice(0, MAX_NAME_BYTES - 5)}`)}`;
}
