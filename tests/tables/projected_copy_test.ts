import { assert, assertEquals, assertMatch } from "@std/assert";
import { Credentials } from "../../src/auth/credentials.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { type FrameInput, GeoDataFrame, toGeoDataFrame } from "../../src/frame/mod.ts";
import { toCarto } from "../../src/tables/mod.ts";
import { fakeCarto, isLook, rows, withoutRandom } from "./_fake_carto.ts";

/** Geometries that the projection treats differently: near and at the poles, beyond the date line, empty, missing. */
const SHAPES = [
  "POINT (2 41)",
  "POINT (-180 -88.95)",
  "POINT (0 89)",
  "POINT (0 90)",
  "POINT (200 10)",
  "POINT EMPTY",
  null,
  "POLYGON ((0 80, 10 80, 10 89.9, 0 89.9, 0 80))",
  "LINESTRING (0 0, 1 1)",
  "GEOMETRYCOLLECTION (POINT (1 1), LINESTRING (0 0, 1 1))",
];

function shapes(geometries: readonly (string | null)[], more: Record<string, unknown[]> = {}): GeoDataFrame {
  return GeoDataFrame.fromColumns({ ...more, n: geometries.map((_, i) => i), geometry: [...geometries] })
    .setGeometry("geometry", { srid: 4326, drop: true });
}

const CASES: Readonly<Record<string, FrameInput>> = {
  shapes: shapes(SHAPES),
  heights: shapes(["POINT Z (1 2 3)", null, "POINT Z (1 89.5 3)"]),
  ids: shapes(["POINT (1 2)", "POINT (3 4)"], { cartodb_id: [7n, 5n] }),
  small_ids: shapes(["POINT (1 2)", "POINT (3 4)"], { cartodb_id: [7, 5] }),
  bare: { n: [1, 2, 3] },
  nothing: shapes(["POINT (1 2)"]).slice(0, 0),
};

Deno.test("a new table is made as CARTO's conversion leaves it, so that it is written once, and is the same in all", async () => {
  await using carto = await startEmulator({ accounts: [{ username: "demo", masterKey: "key" }] });
  const credentials = new Credentials(carto.credentials());
  const client = new ClassicClient(credentials);
  const query = async (text: string) => (await client.sql.query(text)).rows;

  for (const [name, data] of Object.entries(CASES)) {
    const frame = toGeoDataFrame(data);
    await toCarto(frame, `fast_${name}`, { credentials });
    // The long way: a plain table of the same rows, converted by CARTO alone
    await toCarto(frame, `slow_${name}`, { credentials, cartodbfy: false });
    await query(`SELECT CDB_CartodbfyTable('public', 'slow_${name}')`);
    const contents = (table: string) =>
      query(
        `SELECT *, ST_AsEWKB(the_geom)::text AS g, ST_AsEWKB(the_geom_webmercator)::text AS m FROM ${table} ORDER BY n`,
      );
    const [fast, slow] = [await contents(`fast_${name}`), await contents(`slow_${name}`)];
    assertEquals(fast, slow, name);
    assertEquals(fast.length, frame.numRows);
    const shape = (table: string) =>
      query(
        `SELECT attname, format_type(atttypid, atttypmod) AS type, attnotnull, attgenerated::text,
           replace(pg_get_expr(adbin, adrelid), '${table}', 't') AS given,
           (SELECT array_agg(replace(pg_get_indexdef(indexrelid), '${table}', 't') ORDER BY indexrelid::regclass::text)
            FROM pg_index WHERE indrelid = attrelid)::text AS indexes,
           (SELECT array_agg(tgname ORDER BY tgname) FROM pg_trigger WHERE tgrelid = attrelid)::text AS triggers
         FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
         WHERE attrelid = '${table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
      );
    assertEquals(await shape(`fast_${name}`), await shape(`slow_${name}`), name);
  }

  const [later] = await query(
    `INSERT INTO fast_shapes (the_geom, n) VALUES ('SRID=4326;POINT(3 4)', 99)
     RETURNING the_geom_webmercator = ST_Transform(the_geom, 3857) AS follows, cartodb_id > ${SHAPES.length} AS goes_on`,
  );
  assertEquals(later, { follows: true, goes_on: true });
});

Deno.test("the projected copy is worked out while rows come in only where the server can, and the table is converted", async () => {
  const look = (canProject: boolean) =>
    fakeCarto((request) =>
      isLook(request)
        ? rows([{ schema: "public", target: null, staging: null, can_project: canProject }])
        : undefined
    );
  const created = async (canProject: boolean, cartodbfy: boolean, data: FrameInput) => {
    const carto = look(canProject);
    await toCarto(data, "t", { ...carto, cartodbfy, copyFormat: "csv", skipQuotaWarning: true, gzip: false });
    const [, create = "", , finish = ""] = carto.log.map(withoutRandom);
    return { create, finish };
  };
  const points = shapes(["POINT (1 2)"]);

  const ready = await created(true, true, points);
  assertMatch(
    ready.create,
    /\("cartodb_id" bigserial,"the_geom" geometry\(Geometry, 4326\),"the_geom_webmercator" geometry\(Geometry,3857\) GENERATED ALWAYS AS \(.*\) STORED,"n" integer\)$/,
  );
  assertMatch(
    ready.finish,
    /RENAME TO "t";.*ALTER COLUMN "the_geom_webmercator" DROP EXPRESSION;\nPERFORM CDB_CartodbfyTable/s,
  );
  const others = [
    await created(false, true, points),
    await created(true, false, points),
    await created(true, true, shapes(["POINT (1 2)"], { cartodb_id: [7] })),
  ];
  for (const { create, finish } of others) assert(!/GENERATED|DROP EXPRESSION/.test(create + finish), create);
  const bare = await created(true, true, { n: [1] });
  assertMatch(
    bare.create,
    /"the_geom" geometry\(Geometry,4326\),"the_geom_webmercator" geometry\(Geometry,3857\),"n"/,
  );
  assert(!bare.finish.includes("DROP EXPRESSION"));
});
