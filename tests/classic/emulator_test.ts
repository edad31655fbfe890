// The wrappers and the local CARTO, which share no code: what one sends the other must understand.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Credentials } from "../../src/auth/credentials.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import { ImportError } from "../../src/classic/import_error.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { isCartoError, ResponseError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/geo_data_frame.ts";
import type { Geometry } from "../../src/frame/geometry/geometry.ts";
import { readCarto } from "../../src/tables/read_carto.ts";
import { toCarto } from "../../src/tables/to_carto.ts";
import { projectFile } from "../_tools/run_deno.ts";

const MASTER = "0123456789abcdef0123";
const GEOJSON = {
  type: "FeatureCollection",
  features: [
    {
      type: "Feature",
      properties: { name: "Retiro", trees: 17000 },
      geometry: { type: "Point", coordinates: [-3.68, 40.41] },
    },
    {
      type: "Feature",
      properties: { name: "Casa de Campo", trees: null },
      geometry: { type: "Point", coordinates: [-3.75, 40.42] },
    },
  ],
};

Deno.test("the wrappers against a local CARTO", async (t) => {
  await using local = await startEmulator({ accounts: [{ username: "ana", masterKey: MASTER }] });
  const credentials = new Credentials(local.credentials("ana"));
  const carto = new ClassicClient(credentials);
  const withKey = (apiKey: string) => new ClassicClient(credentials.copy({ apiKey }));
  const encode = (text: string) => new TextEncoder().encode(text);
  const quick = { interval: 20, maxInterval: 200 };

  await t.step("imports: CSV, GeoJSON and a zipped Shapefile become tables, with progress", async () => {
    const states: string[] = [];
    const csv = await carto.imports.create(
      { data: encode("name,stars\nHawai,4\nEl Pico,2\n"), filename: "cafes.csv" },
      { privacy: "private" },
    );
    await csv.wait({ ...quick, onProgress: ({ state }) => states.push(state) });
    assertEquals([csv.tableName, states.at(-1)], ["cafes", "complete"]);
    assertEquals((await csv.dataset()).privacy, "PRIVATE");
    const rows = await carto.sql.query("SELECT name, stars FROM cafes ORDER BY 1");
    assertEquals(rows.rows.map(({ name }) => name), ["El Pico", "Hawai"]);

    const geojson = await carto.imports.create({
      data: encode(JSON.stringify(GEOJSON)),
      filename: "parks.geojson",
    });
    await geojson.wait(quick);
    const parks = await readCarto("SELECT name, trees, the_geom FROM parks ORDER BY name", { credentials });
    assertEquals(parks.toGeoJSON().features.map(({ properties, geometry }) => [properties?.name, geometry]), [
      ["Casa de Campo", { type: "Point", coordinates: [-3.75, 40.42] }],
      ["Retiro", { type: "Point", coordinates: [-3.68, 40.41] }],
    ]);

    const file = projectFile("tests/fixtures/files/gdal-etrs89-utf8.zip");
    const shapefile = await carto.imports.create({ file, filename: "places.zip" });
    await shapefile.wait(quick);
    assert(shapefile.tableName !== undefined);
    const places = await readCarto(shapefile.tableName, { credentials });
    assert(places.numRows > 1 && places.hasGeometry());
    assert((await carto.imports.list()).length > 0);
  });

  await t.step("imports: what cannot be read ends with the platform's code and the next step", async () => {
    const broken = [
      { data: encode(""), filename: "empty.csv", code: 1005 },
      { data: encode("PK\x03\x04 no archive"), filename: "broken.zip", code: 1003 },
      { data: encode("hello"), filename: "what.xyz", code: 1002 },
    ];
    for (const { code, ...source } of broken) {
      const job = await carto.imports.create(source);
      const error = await assertRejects(() => job.wait(quick), ImportError);
      assertEquals(error.errorCode, code, source.filename);
      assert(error.hint !== undefined);
    }
    const missing = await assertRejects(() => carto.imports.get("00000000-0000-0000-0000-000000000000"));
    assert(isCartoError(missing));
    assertEquals(missing.code, "not-found");
  });

  await t.step("datasets: listed, described, opened, shared, and told to any key", async () => {
    const names = (await Array.fromAsync(carto.datasets.list())).map(({ name }) => name);
    assert(names.includes("cafes") && names.includes("parks"));
    const changed = await carto.datasets.update("cafes", { description: "all of them", tags: ["food"] });
    assertEquals([changed.description, changed.tags], ["all of them", ["food"]]);
    assertEquals((await carto.datasets.setPrivacy("parks", "public")).privacy, "PUBLIC");
    const { id } = await carto.datasets.permission("cafes");
    assertEquals((await carto.datasets.share("cafes", [])).id, id);
  });

  await t.step("API keys: a key reads the table it was granted, and nothing else", async () => {
    await carto.sql.query("CREATE TABLE secrets AS SELECT 1 AS n");
    const key = await carto.apiKeys.create({
      name: "cafes reader",
      apis: ["sql"],
      tables: [{ name: "cafes", permissions: ["select"] }],
    });
    assertEquals(key.grants.tables, [{ schema: "public", name: "cafes", permissions: ["select"] }]);
    const reader = withKey(key.token);
    assertEquals((await reader.sql.query("SELECT * FROM cafes")).totalRows, 2);
    for (const sql of ["SELECT * FROM secrets", "DELETE FROM cafes"]) {
      assertEquals((await assertRejects(() => reader.sql.query(sql), ResponseError)).code, "access-denied");
    }
    const taken = await assertRejects(() => carto.apiKeys.create({ name: "cafes reader" }), ResponseError);
    assertEquals(taken.code, "already-exists");
    const listed = (await Array.fromAsync(carto.apiKeys.list())).map(({ name }) => name);
    assertEquals(listed.sort(), ["Default public", "Master", "cafes reader"]);
    assertEquals(await carto.apiKeys.isValid(), true);
    assertEquals(await withKey("wadus").apiKeys.isValid(), false);

    const other = await carto.apiKeys.regenerate("cafes reader");
    assert(other.token !== key.token);
    assertEquals(
      (await assertRejects(() => reader.sql.query("SELECT 1"), ResponseError)).code,
      "unauthorized",
    );
    assertEquals((await withKey(other.token).sql.query("SELECT * FROM cafes")).totalRows, 2);
    assertEquals((await carto.apiKeys.delete("cafes reader")).name, "cafes reader");
    assertEquals(
      (await assertRejects(() => carto.apiKeys.get("cafes reader"), ResponseError)).code,
      "not-found",
    );
  });

  await t.step("maps: tiles, attributes and dataviews of an anonymous map", async () => {
    const map = await carto.maps.instantiate({
      version: "1.8.0",
      analyses: [{ id: "src", type: "source", params: { query: "SELECT * FROM parks" } }],
      dataviews: {
        trees: { type: "formula", source: { id: "src" }, options: { column: "trees", operation: "sum" } },
        names: {
          type: "aggregation",
          source: { id: "src" },
          options: { column: "name", aggregation: "count" },
        },
      },
      layers: [{ type: "mapnik", id: "parks", options: { source: { id: "src" } } }],
    });
    assertStringIncludes(
      new TextDecoder("latin1").decode(await carto.maps.tile(map, { z: 0, x: 0, y: 0 })),
      "Retiro",
    );
    assertEquals((await carto.maps.tile(map, { z: 10, x: 0, y: 0 })).length, 0);
    const trees = await carto.maps.dataview(map, "trees");
    assertEquals(trees.type === "formula" && trees.result, 17000);
    const names = await carto.maps.dataview(map, "names", { bbox: [-3.7, 40.4, -3.6, 40.42] });
    assertEquals(names.type === "aggregation" && names.categories.map(({ category }) => category), [
      "Retiro",
    ]);
    assertEquals((await carto.maps.searchDataview(map, "names", "casa")).length, 1);
    const url = carto.maps.tileUrl(map, { z: 0, x: 0, y: 0 });
    assertEquals((await (await fetch(url)).bytes()).length > 0, true);
    assert(!JSON.stringify(map).includes(MASTER));
  });

  await t.step("named maps: made, used without a key by who has the token, changed, deleted", async () => {
    const { named } = carto.maps;
    await named.create({
      name: "some_cafes",
      auth: { method: "token", valid_tokens: ["letmein-1"] },
      placeholders: { stars: { type: "number", default: 0 } },
      layergroup: {
        version: "1.8.0",
        layers: [{
          type: "mapnik",
          options: {
            sql:
              "SELECT cartodb_id, name, ST_Transform(ST_SetSRID(ST_MakePoint(stars, 1), 4326), 3857) AS the_geom_webmercator FROM cafes WHERE stars >= <%= stars %>",
          },
        }],
      },
    });
    assertEquals(await named.list(), ["some_cafes"]);
    const stranger = withKey("default_public").maps;
    const refused = await assertRejects(() => stranger.named.instantiate("some_cafes"), ResponseError);
    assertEquals(refused.code, "access-denied");
    const authToken = "letmein-1";
    const map = await stranger.named.instantiate("some_cafes", { stars: 3 }, { authToken });
    const tile = await stranger.tile(map, { z: 0, x: 0, y: 0 }, { authToken });
    const text = new TextDecoder("latin1").decode(tile);
    assert(text.includes("Hawai") && !text.includes("El Pico"));

    const { auth, ...template } = await named.get("some_cafes");
    assertEquals(auth?.valid_tokens, ["letmein-1"]);
    await named.update({ ...template, auth: { method: "open" } });
    await stranger.named.instantiate("some_cafes");
    await named.delete("some_cafes");
    assertEquals((await assertRejects(() => named.get("some_cafes"), ResponseError)).code, "not-found");
  });

  await t.step("pages: published, shown, protected, replaced, deleted", async () => {
    const html = "<!DOCTYPE html><html><body>ñandú</body></html>";
    const page = await carto.kuviz.create({ name: "Cafés", html });
    assertStringIncludes(await (await fetch(page.url)).text(), "ñandú");
    const taken = await assertRejects(() => carto.kuviz.create({ name: "Cafés", html }), ResponseError);
    assertEquals(taken.code, "already-exists");
    const replaced = await carto.kuviz.create({
      name: "Cafés",
      html: html.replace("ñandú", "otro"),
      password: "s3cret",
      ifExists: "replace",
    });
    assertEquals([replaced.id, replaced.privacy], [page.id, "password"]);
    assert(!(await (await fetch(page.url)).text()).includes("otro"));
    await carto.kuviz.update(page.id, { password: null });
    assertStringIncludes(await (await fetch(page.url)).text(), "otro");
    assertEquals((await Array.fromAsync(carto.kuviz.list())).map(({ name }) => name), ["Cafés"]);
    await carto.kuviz.delete(page.id);
    assertEquals(await Array.fromAsync(carto.kuviz.list()), []);
  });

  await t.step("the account: storage, tables, users", async () => {
    const { quotaBytes, remainingBytes } = await carto.quotas.storage();
    assert(quotaBytes >= remainingBytes && remainingBytes > 0);
    const { id } = (await carto.datasets.get("cafes")).table as { id: string };
    assertEquals((await carto.tables.get(id)).name, "cafes");
    assertEquals((await carto.users.get("ana")).username, "ana");
  });
});

Deno.test("imports: 50,000 rows as CSV, GeoJSON and zipped Shapefile come back equal, with progress", async (t) => {
  await using local = await startEmulator({ accounts: [{ username: "ana", masterKey: MASTER }] });
  const credentials = new Credentials(local.credentials("ana"));
  const carto = new ClassicClient(credentials);
  const rows = 50_000;
  const original = GeoDataFrame.fromColumns({
    id: Int32Array.from({ length: rows }, (_, i) => i),
    label: Array.from({ length: rows }, (_, i) => i % 7 === 0 ? 'ñ, "q"' : `row ${i}`),
    ratio: Float64Array.from({ length: rows }, (_, i) => i / 8),
  }).setGeometryFromXY(
    Float64Array.from({ length: rows }, (_, i) => -180 + i * 0.007),
    Float64Array.from({ length: rows }, (_, i) => -80 + (i % 1000) * 0.16),
  );
  await toCarto(original, "original", { credentials });
  const query = "SELECT id, label, ratio, the_geom FROM original ORDER BY id";
  const expected = await readCarto(query, { credentials });
  assertEquals(expected.numRows, rows);
  for (const [format, filename] of [["csv", "a.csv"], ["geojson", "b.geojson"], ["shp", "c.zip"]] as const) {
    await t.step(format, async () => {
      const states = new Set<string>();
      let sent = 0;
      // What one request sends goes on in the next: nothing of it is held here
      const data = await carto.sql.download(query, { format, decimalPlaces: 12 });
      const job = await carto.imports.create({ data, filename }, { onUpload: ({ bytes }) => sent = bytes });
      await job.wait({ interval: 20, maxInterval: 100, onProgress: ({ state }) => states.add(state) });
      assert(sent > 200_000 && states.has("complete"), String(sent));
      const back = await readCarto(
        `SELECT id::int4, label, ratio::float8, the_geom FROM ${job.tableName} ORDER BY id`,
        { credentials },
      );
      assertEquals(back.numRows, rows);
      for (const name of ["id", "label", "ratio"]) {
        assert(back.column(name).equals(expected.column(name)), `${name} is equal`);
      }
      const places = back.geometry?.toArray() as Geometry[];
      const wanted = expected.geometry?.toArray() as Geometry[];
      const far = places.findIndex((place, i) => {
        const [[x = NaN, y = NaN] = [], [u = NaN, v = NaN] = []] = [place.bounds, wanted[i]?.bounds];
        return !(Math.abs(x - u) < 1e-9 && Math.abs(y - v) < 1e-9);
      });
      assertEquals(far, -1);
    });
  }
  await t.step("a Shapefile that was cut in half ends with a code and the next step", async () => {
    const whole = await carto.sql.query(query, { format: "shp" });
    const job = await carto.imports.create({
      data: whole.subarray(0, whole.length / 2),
      filename: "half.zip",
    });
    const error = await assertRejects(() => job.wait({ interval: 20, maxInterval: 100 }), ImportError);
    assert([1003, 1006].includes(error.errorCode), String(error));
    assert(error.hint !== undefined);
  });
});
