/** Maps of tables and queries of an account. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Credentials } from "../../src/auth/mod.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { ArgumentError, UnsupportedError } from "../../src/errors/mod.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { toCarto, updatePrivacyTable } from "../../src/tables/mod.ts";
import { colorBinsStyle, Layer, Map as CartoMap, popupElement, Source } from "../../src/viz/mod.ts";
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
  const large = await assertRejects(
    () => PageReader.ofLayer("cafes", { credentials, maxRows: 2 }),
    UnsupportedError,
    'Cannot put table "cafes" into a page: it has more than 2 rows',
  );
  assert(large.hint?.includes("maxRows"));
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
