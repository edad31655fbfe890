/** Maps of tables and queries of an account. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Credentials } from "../../src/auth/mod.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { ArgumentError, ResponseError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { readCarto, toCarto, updatePrivacyTable } from "../../src/tables/mod.ts";
import {
  basicStyle,
  colorBinsStyle,
  colorCategoryStyle,
  Layer,
  type LayerOptions,
  Map as CartoMap,
  popupElement,
  sizeContinuousStyle,
  Source,
} from "../../src/viz/mod.ts";
import { PageReader } from "./_page_reader.ts";

const CAFES = GeoDataFrame.fromColumns({
  name: ["a", "b", null],
  stars: [1, 2, 3],
  note: ["private", "private", "private"],
}).setGeometryFromXY([-3.7, 2.1, 0], [40.4, 41.4, 10], { name: "the_geom" });

Deno.test("LAY-022: a map of a table or query holds what it uses, and no credentials", async () => {
  await using carto = await startEmulator({ accounts: [{ username: "ana" }] });
  const credentials = new Credentials(carto.credentials("ana"));
  const urls: string[] = [];
  const transport = {
    fetch: (input: URL | Request | string, init?: RequestInit) => {
      urls.push(String(input instanceof Request ? input.url : input));
      return fetch(input, init);
    },
  };
  await toCarto(CAFES, "cafes", { credentials });

  const plain = await PageReader.ofLayer("cafes", { credentials, transport });
  assertEquals(urls.length, 3);
  const { legends, widgets, popupHover, popupClick, title } = plain.layer;
  assertEquals({ legends, widgets, popupHover, popupClick, title }, {
    legends: [],
    widgets: [],
    popupHover: [],
    popupClick: [],
    title: "Layer 1",
  });
  assertEquals([plain.data.rows, plain.data.columns], [3, []]);
  assertEquals(plain.data.bounds, [-3.7, 10, 2.1, 41.4]);

  const page = await PageReader.ofLayer(
    "SELECT the_geom, stars * 2 AS twice, name FROM cafes WHERE stars < 3",
    {
      credentials,
      style: colorBinsStyle("twice", { breaks: [3] }),
      popupHover: popupElement("name"),
    },
  );
  assertEquals([[...page.values("twice")].sort(), [...page.values("name")].sort()], [[2, 4], ["a", "b"]]);
  const everything = JSON.stringify(page.page.document);
  assert(!everything.includes(credentials.apiKey));
  assert(!/ana|127\.0\.0\.1|SELECT/.test(everything), everything);
  for (const bytes of page.page.buffers.values()) {
    assert(!new TextDecoder().decode(bytes).includes("private"));
  }

  const missing = await assertRejects(
    () => PageReader.ofLayer("cafes", { credentials, style: colorBinsStyle("star") }),
    ArgumentError,
    'Column "star" does not exist',
  );
  assert(missing.hint?.includes('"stars"'));
  await assertRejects(
    () => PageReader.ofLayer("SELECT name FROM cafes", { credentials }),
    ArgumentError,
    "Cannot make a map of the query: it has no geometry column",
  );
  const told = await PageReader.ofLayer("SELECT ST_AsText(the_geom) AS place, stars FROM cafes", {
    credentials,
    geomCol: "place",
  });
  assertEquals(told.data.rows, 3);

  const source = new Source("cafes", { credentials });
  assertEquals(await source.isPublic(), false);
  await updatePrivacyTable("cafes", "public", { credentials });
  assertEquals(await source.isPublic(), true);
  assertEquals(await source.getTableNames(), ["cafes"]);
  const query = new Source("SELECT * FROM cafes", { credentials });
  assertEquals([await query.isPublic(), await query.getTableNames()], [true, ["cafes"]]);

  const map = new CartoMap([new Layer(source), new Layer(source, { style: colorBinsStyle("stars") })]);
  const shared = await PageReader.of(map);
  assertEquals(shared.page.document.sources.length, 1);
  assertEquals(shared.data.columns.map(({ name }) => name), ["stars"]);
});

Deno.test("more rows than a page should hold are tiles, with a key that may be seen, never the master key", async () => {
  await using carto = await startEmulator({ accounts: [{ username: "ana" }] });
  const credentials = new Credentials(carto.credentials("ana"));
  await toCarto(CAFES, "cafes", { credentials });
  const client = new ClassicClient(credentials);
  const { token } = await client.apiKeys.create({
    name: "reader",
    apis: ["sql", "maps"],
    tables: [{ name: "cafes", permissions: ["select"] }],
  });
  const options = { credentials, maxRows: 2 };
  const make = (more: LayerOptions = {}) => PageReader.ofLayer("cafes", { ...options, ...more });

  const unknown = await assertRejects(() => make(), ArgumentError, "they are private, and no key is given");
  assertEquals(unknown.argument, "mapsApiKey");
  const master = await assertRejects(() => make({ mapsApiKey: credentials.apiKey }), ArgumentError);
  assertEquals(
    master.message,
    "Cannot put this key into a page: it is the master key, which may do everything",
  );
  assert(!`${master.message} ${master.hint}`.includes(credentials.apiKey));

  const style = colorBinsStyle("stars", { bins: 3, size: sizeContinuousStyle("stars") });
  const page = await make({ mapsApiKey: token, style, popupHover: popupElement("name") });
  const [tiles] = page.page.document.sources;
  assert(tiles?.type === "tiles");
  assertEquals([tiles.endpoint, tiles.apiKey], [`${credentials.baseUrl}/api/v1/map`, token]);
  assertEquals([tiles.kind, tiles.tileLayer, tiles.columns], ["point", "layer0", [
    { name: "stars", kind: "number" },
    { name: "name", kind: "category" },
  ]]);
  assertEquals(tiles.bounds?.map((side) => Math.round(side * 1e6) / 1e6), [-3.7, 10, 2.1, 41.4]);
  assert(!JSON.stringify(page.page.document).includes(credentials.apiKey));
  assertEquals(page.page.buffers.size, 0);
  const { color, size } = page.layer.styles.point ?? {};
  assert(color?.kind === "bins" && size?.kind === "continuous");
  assertEquals([color.breaks, color.domain, color.noData, size.domain], [[2], [1, 3], null, [1, 3]]);
  // What the page will do with it
  const reader = new ClassicClient(new Credentials({ ...carto.credentials("ana"), apiKey: token }));
  const config = JSON.parse(tiles.config);
  const columns = await readCarto(config.layers[0].options.sql, { credentials });
  assertEquals(columns.columnNames, ["cartodb_id", "stars", "name"]);
  const map = await reader.maps.instantiate(config);
  assert((await reader.maps.tile(map, { z: 0, x: 0, y: 0, layer: tiles.tileLayer })).length > 0);
  await assertRejects(() => make({ mapsApiKey: "nonsense" }), ResponseError);

  await updatePrivacyTable("cafes", "public", { credentials });
  const open = await make({ style: colorCategoryStyle("name", { top: 1 }) });
  assertEquals(
    open.page.document.sources[0]?.type === "tiles" && open.page.document.sources[0].apiKey,
    "default_public",
  );
  const category = open.layer.styles.point?.color;
  assert(category?.kind === "category");
  assertEquals([category.categories, category.others, category.noData], [["a"], "#a5aa99", "#c8c8c8"]);
  const numbers = (await make({ style: colorCategoryStyle("stars", { top: 3 }) })).layer.styles.point?.color;
  assert(numbers?.kind === "category");
  assertEquals([numbers.categories, numbers.others, numbers.noData], [[1, 2, 3], null, null]);
  const byKind = { point: basicStyle({ color: colorCategoryStyle("name", { top: 1 }) }) };
  assertEquals((await make({ style: byKind })).layer.styles.point?.color, category);
  for (const method of ["equal", "stdev"] as const) {
    const bins = (await make({ style: colorBinsStyle("stars", { method, bins: 2 }) })).layer.styles.point
      ?.color;
    assertEquals(bins?.kind === "bins" && bins.breaks, [2]);
  }
  await assertRejects(
    () => make({ style: colorBinsStyle("name") }),
    ArgumentError,
    "numbers or times are needed",
  );

  const html = await new CartoMap(new Layer("cafes", options)).toHTML();
  assert(html.includes(`${credentials.baseUrl}/api/v1/map`) && !html.includes(credentials.apiKey));
});
