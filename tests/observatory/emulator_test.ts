import { assert, assertAlmostEquals, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { startEmulator } from "../../src/emulator/mod.ts";
import type { CartoError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { Catalog, Credentials, Dataset, Enrichment, EnrichmentError } from "../../src/observatory/mod.ts";

// The identifiers of all its steps, which the list of cases does not see.
Deno.test("DO-035 DO-036 DO-037 DO-038 DO-039 DO-040 DO-041 DO-042 DO-043 DO-046 DO-047 DO-048 DO-049 DO-052 DO-053 DO-054 DO-055 DO-056 DO-057: the Data Observatory on the emulator", async (t) => {
  await using carto = await startEmulator({ accounts: [{ username: "ana" }] });
  const credentials = new Credentials(carto.credentials("ana"));
  const options = { credentials };
  const catalog = () => new Catalog(options);
  const enrichment = new Enrichment(credentials);

  await t.step("two countries, three geographies, a dozen datasets", async () => {
    assertEquals((await catalog().countries()).map(({ id }) => id), ["esp", "usa"]);
    assertEquals((await catalog().geographies()).length, 3);
    assertEquals((await catalog().datasets()).length, 12);
    assertEquals((await catalog().country("esp").category("demographics").datasets()).length, 1);
    const [geography] = await catalog().country("esp").geographies();
    assertEquals((await catalog().geography(geography?.slug ?? "").datasets()).length, 4);
  });

  await t.step("what a dataset is, before any of it is downloaded", async () => {
    const [dataset] = await catalog().country("usa").category("demographics").datasets();
    assert(dataset);
    assertEquals(dataset.counts()?.rows, dataset.data.geography_name === "Counties" ? 3230 : 1508);
    const variables = await dataset.variables();
    const total = variables.get("total_pop");
    assertEquals([total?.aggMethod, total?.dbType], ["SUM", "INTEGER"]);
    assertAlmostEquals(total?.histogram()?.reduce((sum, { share }) => sum + share, 0) ?? 0, 1, 1e-9);
    assert((await dataset.describe()).hasColumn("largest_pop"));
    assertEquals((await dataset.geomCoverage())?.numRows, 1);
  });

  await t.step(
    "DO-035 DO-036 DO-037 DO-038 DO-046 DO-047 DO-048 DO-049: subscribe, then download",
    async () => {
      const [dataset] = await catalog().country("esp").category("environmental").datasets();
      assert(dataset && !dataset.isPublicData);
      assertEquals((await catalog().subscriptions(options).datasets()).length, 0);
      const error = await assertRejects(() => dataset.toDataFrame(options)) as CartoError;
      assertEquals(error.code, "access-denied");
      assertMatch(String(error.hint), /subscribe/);
      assertEquals((await dataset.subscriptionInfo(options)).estimatedDeliveryDays, 0);
      assertEquals(await dataset.subscribe({ ...options, accept: false }), false);
      assertEquals(await dataset.subscribe({ ...options, accept: true }), true);
      assertEquals(await dataset.subscribe({ ...options, accept: true }), false);
      assertEquals((await catalog().subscriptions(options).datasets()).map(({ id }) => id), [dataset.id]);
      assert((await dataset.toDataFrame({ ...options, limit: 5 })).numRows === 5);
    },
  );

  await t.step("DO-039 DO-040 DO-041 DO-042 DO-043: public data whole or in part", async () => {
    const dataset = await Dataset.get(
      "carto-do-public-data.geonames.demographics_population_usa_county_2024",
      options,
    );
    const whole = await dataset.toDataFrame(options);
    assertEquals([whole.numRows, whole.column("geoid").type, [...whole.column("geoid")].includes("01001")], [
      3230,
      "text",
      true,
    ]);
    const top = await dataset.toDataFrame({ ...options, limit: 2, orderBy: "total_pop DESC", addGeom: true });
    assertEquals([top.numRows, top.geometryColumn], [2, "geom"]);
    const query = await dataset.toDataFrame({
      ...options,
      sqlQuery: "SELECT sum(total_pop) AS s FROM $dataset$",
    });
    const total = [...whole.column("total_pop")].reduce((sum: bigint, value) => sum + (value as bigint), 0n);
    assertEquals(String(query.column("s").get(0)), String(total));
    const part = await dataset.toDataFrame({
      ...options,
      columns: ["geoid", "total_pop"],
      filter: "total_pop > 0",
      bounds: [-119, 33.5, -117, 34.5],
    });
    assertEquals(part.columnNames, ["geoid", "total_pop"]);
    assert(part.numRows > 1 && part.numRows < 10 && [...part.column("geoid")].includes("06037"));
    const [geography] = await catalog().country("esp").geographies();
    assertEquals((await geography?.toDataFrame({ ...options, limit: 3 }))?.geometryColumn, "geom");
    const bad = await assertRejects(() =>
      dataset.toDataFrame({ ...options, sqlQuery: "SELECT nothing FROM $dataset$" })
    );
    assertMatch(String(bad), /nothing/);
  });

  await t.step("a file is whole or not there", async () => {
    const [dataset] = await catalog().country("esp").category("demographics").datasets();
    const path = await Deno.makeTempFile({ suffix: ".csv" });
    await dataset?.toCsv(path, options);
    assertEquals((await Deno.readTextFile(path)).split("\n")[0], "geoid,total_pop,urban_pop,largest_pop");
    await Deno.remove(path);
    await assertRejects(() => dataset?.toCsv(path, { ...options, orderBy: "nothing" }) ?? Promise.resolve());
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
    await assertRejects(() => Deno.stat(`${path}.part`), Deno.errors.NotFound);
  });

  await t.step("DO-052 DO-053: points get the figures of the area they lie in, in their order", async () => {
    const points = GeoDataFrame.fromRows([
      { name: "ocean", lng: -40, lat: 30 },
      { name: "Madrid", lng: -3.70256, lat: 40.4165 },
      { name: "nowhere", lng: null, lat: null },
      { name: "Los Angeles", lng: -118.24, lat: 34.05 },
    ]).setGeometryFromXY("lng", "lat", { drop: true });
    const variables = await catalog().category("demographics").variables();
    const spain = variables.find(({ id }) => id.endsWith("_esp_grid_2024.total_pop"));
    assert(spain);
    const enriched = await enrichment.enrichPoints(points, [spain]);
    assertEquals(enriched.columnNames, ["name", "geometry", "total_pop", "do_area"]);
    assertEquals(enriched.column("name").toArray(), points.column("name").toArray());
    const values = enriched.column("total_pop").toArray();
    assertEquals([values[0], values[2], values[3]], [null, null, null]);
    assert(Number(values[1]) > 3_000_000);
    const filtered = await enrichment.enrichPoints(points, spain.id, {
      filters: { [spain.id]: ["> 10", "< 100"] },
    });
    assertEquals(filtered.column("total_pop").nullCount, 4);
  });

  const grid = async () => {
    const dataset = (await catalog().country("usa").category("demographics").datasets())
      .find(({ id }) => id.includes("_usa_grid_"));
    assert(dataset);
    return { variables: await dataset.variables(), data: await dataset.toDataFrame(options) };
  };
  const box = (west: number, south: number, east: number, north: number) =>
    `POLYGON ((${west} ${south}, ${east} ${south}, ${east} ${north}, ${west} ${north}, ${west} ${south}))`;

  await t.step("sums of a grid that covers everything are the known totals", async () => {
    const { variables, data } = await grid();
    const total = [...data.column("total_pop")].reduce((sum: number, value) => sum + Number(value), 0);
    // Cells of 1.7 by 1.3 degrees, which cut the dataset's cells where they will.
    const cells: { wkt: string }[] = [];
    for (let west = -126; west < -65; west += 1.7) {
      for (let south = 23; south < 51; south += 1.3) {
        cells.push({ wkt: box(west, south, west + 1.7, south + 1.3) });
      }
    }
    const enriched = await enrichment.enrichPolygons(cells, [variables.get("total_pop") ?? ""], {
      geomCol: "wkt",
    });
    assertEquals(enriched.numRows, cells.length);
    const sum = [...enriched.column("total_pop")].reduce((sum: number, value) => sum + Number(value ?? 0), 0);
    assertAlmostEquals(sum / total, 1, 1e-9);
  });

  await t.step("half a cell gets half; averages weigh; nulls are not zero", async () => {
    const { variables } = await grid();
    const total = variables.get("total_pop")?.id ?? "";
    const largest = variables.get("largest_pop")?.id ?? "";
    const rows = [{ g: box(-119, 34, -118, 35) }, { g: box(-119, 34, -118.5, 35) }, {
      g: box(-119, 34, -117, 35),
    }, {
      g: box(-118, 34, -117, 35),
    }];
    const [whole, half, both, other] = await enrichment.enrichPolygons(rows, [total], { geomCol: "g" });
    assertAlmostEquals(Number(half?.total_pop) / Number(whole?.total_pop), 0.5, 1e-9);
    assertAlmostEquals(Number(both?.total_pop), Number(whole?.total_pop) + Number(other?.total_pop), 1e-3);
    const averages = await enrichment.enrichPolygons(rows, [total], { geomCol: "g", aggregation: "AVG" });
    assertAlmostEquals(
      Number(averages.column("total_pop").get(2)),
      (Number(whole?.total_pop) + Number(other?.total_pop)) / 2,
      1e-3,
    );
    // Two cells of the Nevada desert: one has places, the other none, so that its largest place is null.
    const desert = await enrichment.enrichPolygons([{ g: box(-118, 38, -117, 39) }], [largest], {
      geomCol: "g",
    });
    const wider = await enrichment.enrichPolygons([{ g: box(-119, 38, -117, 39) }], [largest], {
      geomCol: "g",
      aggregation: { [largest]: ["AVG", "MIN", "COUNT"] },
    });
    const [row] = wider;
    if (desert.column("largest_pop").get(0) === null) {
      assertEquals(Number(row?.count_largest_pop), 1);
      assertEquals(Number(row?.avg_largest_pop), Number(row?.min_largest_pop));
    }
  });

  await t.step("DO-054 DO-055: no aggregation gives a row for each area that is met", async () => {
    const { variables } = await grid();
    const rows = [{ id: 1, g: box(-119, 34, -117, 35) }, { id: 2, g: box(0, 0, 1, 1) }];
    const enriched = await enrichment.enrichPolygons(rows, [variables.get("total_pop") ?? ""], {
      geomCol: "g",
      aggregation: null,
    });
    assertEquals(enriched.column("id").toArray(), [1, 1, 2]);
    assertEquals(enriched.column("do_intersected_area").nullCount, 1);
  });

  await t.step("DO-056 DO-057: what cannot be enriched", async () => {
    assertMatch(String(await assertRejects(() => enrichment.enrichPoints([{ a: 1 }], ["x"]))), /no geometry/);
    const rows = [{ g: "POINT (0 0)" }];
    await assertRejects(() => enrichment.enrichPoints(rows, [], { geomCol: "g" }), Error, "variables");
    const error = await assertRejects(
      () => enrichment.enrichPoints(rows, ["bad.var.x.y"], { geomCol: "g" }),
      EnrichmentError,
    );
    assertMatch(error.message, /bad\.var\.x\.y/);
  });
});
