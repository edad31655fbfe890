import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ClassicClient } from "../../src/classic/mod.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import type { ArgumentError, CartoError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { isolinesSql } from "../../src/services/_isolines_sql.ts";
import { Credentials, Geocoding, Isolines, type IsolinesOptions } from "../../src/services/mod.ts";
import { readCarto, toCarto } from "../../src/tables/mod.ts";

const SILENT = { fetch: () => Promise.reject(new Error("a request was sent")) };
const SHOPS = GeoDataFrame.fromRows([
  { name: "Hawai", lng: -3.7, lat: 40.42 },
  { name: "El Rey", lng: -3.69, lat: 40.43 },
  { name: "Pico", lng: 2.17, lat: 41.38 },
]).setGeometryFromXY("lng", "lat", { drop: true });
const silent = new Isolines(new Credentials({ username: "ana", apiKey: "1234" }), { transport: SILENT });

const statement = (kind: "isochrone" | "isodistance", ranges: number[], options: IsolinesOptions = {}) =>
  isolinesSql("SELECT * FROM t", "cartodb_id", { kind, ranges, options }).text;

Deno.test("ISO-001: a dry run of local data sends nothing", async () => {
  const { data, metadata } = await silent.isochrones(SHOPS, [300, 900], { dryRun: true });
  assertEquals([data, metadata.requiredQuota], [null, 6]);
});

Deno.test("ISO-003: ranges are different whole numbers above zero", async () => {
  for (const ranges of [[], [0], [-5], [1.5], [300, 300], ["300"], 300]) {
    const error = await assertRejects(() => silent.isochrones(SHOPS, ranges as number[])) as ArgumentError;
    assertEquals(error.argument, "ranges");
  }
});

Deno.test("ISO-005 ISO-006 ISO-007: the service is asked as CARTOframes asked it", () => {
  assertMatch(
    statement("isochrone", [300, 900], { mode: "walk" }),
    /"_cdb_isochrone_exception_safe"\(_source\.the_geom, 'walk', ARRAY\[300,900\]::integer\[\], '\{\}'::text\[\]\)/,
  );
  assertMatch(statement("isodistance", [100]), /"_cdb_isodistance_exception_safe"\(_source\.the_geom, 'car'/);
  const options: IsolinesOptions = {
    isDestination: true,
    modeType: "fastest",
    modeTraffic: "enabled",
    resolution: 2.5,
    maxpoints: 10,
    quality: 3,
  };
  assert(
    statement("isochrone", [1], options).includes(
      "ARRAY['is_destination=true','mode_type=fastest','mode_traffic=enabled','resolution=2.5','maxpoints=10','quality=3']::text[]",
    ),
  );
});

Deno.test("ISO-018 ISO-020: what cannot be used is refused before anything is sent", async () => {
  const plain = [{ name: "a" }];
  assertEquals(
    (await assertRejects(() => silent.isochrones(plain, [1])) as ArgumentError).argument,
    "geomCol",
  );
  for (
    const [name, value] of [["withLnglat", 1], ["mode", "train"], ["quality", 4], ["maxpoints", -1]] as const
  ) {
    const error = await assertRejects(() =>
      silent.isochrones(SHOPS, [1], { [name]: value } as IsolinesOptions)
    );
    assertEquals((error as ArgumentError).argument, name);
  }
  const error = await assertRejects(() =>
    silent.isochrones(SHOPS, [1], { sourceCol: "nme" })
  ) as ArgumentError;
  assertMatch(String(error.hint), /"name"/);
});

// The identifiers of all its steps, which the list of cases does not see.
Deno.test("ISO-002 ISO-004 ISO-008 ISO-009 ISO-010 ISO-011 ISO-012 ISO-013 ISO-015 ISO-016 ISO-017 ISO-019 ISO-022: isolines on the emulator", async (t) => {
  await using carto = await startEmulator({
    accounts: [{ username: "ana" }, { username: "poor", services: { isolines: { monthlyQuota: 1 } } }],
  });
  const credentials = new Credentials(carto.credentials("ana"));
  const client = new ClassicClient(credentials);
  const isolines = new Isolines(credentials);
  await toCarto(SHOPS, "shops", { credentials });
  const areas = async (frame: GeoDataFrame) => {
    await toCarto(frame, "check_areas", { credentials, ifExists: "replace" });
    return (await client.sql.query<{ area: number }>(
      "SELECT ST_Area(the_geom::geography) AS area FROM check_areas ORDER BY cartodb_id",
    )).rows.map(({ area }) => Number(area));
  };

  await t.step("ISO-002: a dry run of a table counts its rows", async () => {
    const { metadata } = await isolines.isodistances("shops", [100, 200], { dryRun: true });
    assertEquals([metadata.requiredQuota, await isolines.usedQuota()], [6, 0]);
  });

  await t.step("ISO-004: a quota that does not do is told, and nothing spent", async () => {
    const poor = new Isolines(new Credentials(carto.credentials("poor")));
    const error = await assertRejects(() => poor.isochrones(SHOPS, [300, 900])) as CartoError;
    assertEquals([error.code, await poor.usedQuota()], ["quota-exceeded", 0]);
    assertMatch(error.message, /6 .* 1 are left/);
  });

  await t.step("ISO-008 ISO-010 ISO-022: of local data: the row's number, the range, the area", async () => {
    const before = await isolines.usedQuota() as number;
    const phases: string[] = [];
    const { data, metadata } = await isolines.isochrones(SHOPS, [300, 900], {
      mode: "walk",
      onProgress: ({ phase, areas }) => phases.push(`${phase} ${areas}`),
    });
    assertEquals(phases, ["upload 6", "compute 6", "read 6"]);
    assertEquals(data.columnNames, ["source_id", "data_range", "the_geom"]);
    assertEquals(data.column("source_id").toArray(), [0, 0, 1, 1, 2, 2]);
    assertEquals(data.column("data_range").toArray(), [300, 900, 300, 900, 300, 900]);
    assertEquals([metadata.requiredQuota, metadata.failed, await isolines.usedQuota()], [6, 0, before + 6]);
    const [small = 0, large = 0] = await areas(data);
    assert(small > 0 && large > 8 * small && large < 10 * small, `${small} ${large}`);
    const left = await client.sql.query("SELECT 1 FROM pg_tables WHERE tablename LIKE '\\_cartoframes%'");
    assertEquals(left.rows, []);
  });

  await t.step(
    "ISO-009 ISO-011: the column that tells the places apart; tables and queries keep cartodb_id",
    async () => {
      const named = await isolines.isodistances(SHOPS, [500], { sourceCol: "name" });
      assertEquals(named.data.column("source_id").toArray(), ["Hawai", "El Rey", "Pico"]);
      const table = await isolines.isodistances("shops", [500]);
      assertEquals(table.data.columnNames, ["cartodb_id", "source_id", "data_range", "the_geom"]);
      assertEquals(table.data.column("cartodb_id").toArray(), [1, 2, 3]);
      const query = await isolines.isodistances("SELECT * FROM shops WHERE name = 'Pico'", [500], {
        sourceCol: "name",
      });
      assertEquals(query.data.column("source_id").toArray(), ["Pico"]);
    },
  );

  await t.step(
    "ISO-012 ISO-013: rings hold no smaller area, and are called by minutes or metres",
    async () => {
      const whole = await areas((await isolines.isochrones("shops", [900, 300])).data.drop("cartodb_id"));
      const { data } = await isolines.isochrones("shops", [900, 300], { exclusive: true });
      assertEquals(data.column("range_label").toArray().slice(0, 2), ["15 min.", "5 min."]);
      assertEquals(data.column("lower_data_range").toArray().slice(0, 2), [300, 0]);
      const rings = await areas(data.drop("cartodb_id"));
      assert(Math.abs((rings[0] ?? 0) - ((whole[0] ?? 0) - (whole[1] ?? 0))) < 1);
      const metres = await isolines.isodistances("shops", [1000], { exclusive: true });
      assertEquals(metres.data.column("range_label").toArray()[0], "1000 m.");
    },
  );

  await t.step("ISO-015: ascending brings the smallest range first", async () => {
    const { data } = await isolines.isochrones("shops", [900, 300], { ascending: true });
    assertEquals(data.column("data_range").toArray().slice(0, 2), [300, 900]);
  });

  await t.step("ISO-016 ISO-017: a table that is there is told before anything is spent", async () => {
    await isolines.isochrones(SHOPS, [300], { tableName: "out" });
    assertEquals((await readCarto("out", { credentials })).numRows, 3);
    const before = await isolines.usedQuota();
    const error = await assertRejects(() =>
      isolines.isochrones(SHOPS, [300], { tableName: "out" })
    ) as CartoError;
    assertEquals([error.code, await isolines.usedQuota()], ["already-exists", before]);
    await isolines.isochrones(SHOPS, [300, 600], { tableName: "out", ifExists: "replace" });
    assertEquals((await readCarto("out", { credentials })).numRows, 6);
  });

  await t.step("ISO-019: a geometry column of another name, in any encoding", async () => {
    const rows = [{ id: 7, g: "POINT (2.17 41.38)" }, { id: 8, g: null }];
    const { data, metadata } = await isolines.isochrones(rows, [300], { geomCol: "g", sourceCol: "id" });
    assertEquals([data.column("source_id").toArray(), metadata.failed], [[7], 0]);
    assertEquals(metadata.withoutGeometry, 1);
    await toCarto(rows, "holes", { credentials, geomCol: "g" });
    assertEquals((await isolines.isochrones("holes", [300])).metadata.withoutGeometry, 1);
  });

  await t.step("walking reaches less far than driving", async () => {
    const [walk, car] = await Promise.all([
      isolines.isochrones(SHOPS, [300], { mode: "walk" }),
      isolines.isochrones(SHOPS, [300]),
    ]);
    const [near = 0] = await areas(walk.data);
    const [far = 0] = await areas(car.data);
    assert(far > 50 * near);
  });
});

Deno.test("every name of the specification's services has its twin", () => {
  const common = ["provider", "usedQuota", "availableQuota", "result"];
  for (const name of [...common, "geocode"]) assert(name in Geocoding.prototype, name);
  for (const name of [...common, "isochrones", "isodistances"]) assert(name in Isolines.prototype, name);
  const kept = silent.result(SHOPS, { requiredQuota: 3 });
  assertEquals([kept.data, kept.metadata.requiredQuota], [SHOPS, 3]);
});
