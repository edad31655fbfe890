import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Credentials, unsetDefaultCredentials } from "../../src/auth/mod.ts";
import { ArgumentError, CredentialsError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame, writeFile } from "../../src/frame/mod.ts";
import {
  basicWidget,
  colorBinsStyle,
  colorCategoryStyle,
  Layer,
  Map as CartoMap,
  popupElement,
  Source,
} from "../../src/viz/mod.ts";
import { PageReader, points } from "./_page_reader.ts";

const FIXTURES = new URL("../fixtures/cases/", import.meta.url);
const CAFES = points({ name: ["a", "b"], stars: [1, 2] });

async function readCase(name: string): Promise<unknown> {
  return JSON.parse(await Deno.readTextFile(new URL(name, FIXTURES)));
}

Deno.test("LAY-001 LAY-002: a table has the account that it was given", () => {
  const credentials = new Credentials({ username: "fakeuser", apiKey: "1234" });
  const source = new Source("faketable", { credentials });
  assertEquals([source.kind, source.isLocal(), source.credentials], ["table", false, credentials]);
  const open = new Source("faketable", {
    credentials: new Credentials({ baseUrl: "https://fakeuser.carto.com" }),
  });
  assertEquals([open.credentials?.username, open.credentials?.apiKey], ["fakeuser", "default_public"]);
});

Deno.test("LAY-003: a table without credentials is refused at once", () => {
  unsetDefaultCredentials();
  assertThrows(() => new Source("faketable"), CredentialsError);
  assertThrows(() => new Layer("SELECT 1"), CredentialsError);
});

Deno.test("LAY-004: local data need no credentials, and none are in the page", async () => {
  const page = await PageReader.ofLayer(CAFES, {
    credentials: new Credentials({ username: "ana", apiKey: "secret-key-1234" }),
    style: colorBinsStyle("stars"),
  });
  const everything = JSON.stringify(page.page.document);
  assert(!everything.includes("secret-key-1234") && !everything.includes("ana"));
  assertEquals(new Source(CAFES).isLocal(), true);
  assertEquals([await new Source(CAFES).isPublic(), await new Source(CAFES).getTableNames()], [true, []]);
});

Deno.test("LAY-005 LAY-006: what is no source is refused", () => {
  for (const source of [5, "", "  ", null, undefined, true, new URL("https://example.org/a.geojson")]) {
    assertThrows(() => new Source(source as never), ArgumentError);
    assertThrows(() => new Layer(source as never), ArgumentError);
  }
  assertThrows(() => new Source(5 as never), ArgumentError, "Wrong source input. Valid values are");
});

Deno.test("a text is a query, a file or a table", () => {
  const credentials = new Credentials({ username: "ana" });
  const kind = (text: string | URL) => new Source(text, { credentials }).kind;
  assertEquals(
    ["SELECT 1", " with a AS (SELECT 1) SELECT * FROM a", "-- all\nselect 1", "(SELECT 1)"].map(kind),
    [
      "query",
      "query",
      "query",
      "query",
    ],
  );
  assertEquals(["cafes.geojson", "./cafes", "/data/cafes.parquet", "C:\\cafes.CSV", "a/b"].map(kind), [
    "file",
    "file",
    "file",
    "file",
    "file",
  ]);
  assertEquals(["cafes", "selected", "with_wings", "ana.cafes", "Bar Cafés"].map(kind), [
    "table",
    "table",
    "table",
    "table",
    "table",
  ]);
  assertEquals(kind(new URL("file:///cafes")), "file");
});

Deno.test("GeoJSON, rows and columns are sources as they are", async () => {
  const geometry = { type: "Point", coordinates: [2, 41] };
  const sources = [
    { type: "FeatureCollection", features: [{ type: "Feature", geometry, properties: { n: 7 } }] },
    [{ type: "Feature", geometry, properties: { n: 7 } }],
    [{ n: 7, geometry }],
    { n: [7], geometry: [geometry] },
    [{ n: 7, the_geom: "POINT(2 41)" }],
  ];
  for (const [i, source] of sources.entries()) {
    const page = await PageReader.ofLayer(source, {
      popupHover: popupElement("n"),
      ...(i === 4 ? { geomCol: "the_geom" } : {}),
    });
    assertEquals([page.values("n"), page.data.bounds], [[7], [2, 41, 2, 41]]);
  }
});

Deno.test("LAY-011: a geometry column that is named may be text, with gaps of any kind", async () => {
  const rows = ["POINT(0 0)", null, undefined, "POINT(0 0)", null].map((geom, n) => ({ geom, n }));
  const page = await PageReader.ofLayer(rows, { geomCol: "geom", popupHover: popupElement("n") });
  assertEquals([page.data.rows, page.values("n")], [2, [0, 3]]);
  const frame = GeoDataFrame.fromRows(rows);
  assertEquals((await PageReader.ofLayer(frame, { geomCol: "geom" })).data.rows, 2);
  const error = await assertRejects(() => PageReader.ofLayer(rows, { geomCol: "geo" }), ArgumentError);
  assertEquals([error.message, error.argument], ['Column "geo" does not exist', "geomCol"]);
});

Deno.test("of two geometry columns the one that is named is drawn", async () => {
  const frame = GeoDataFrame.fromRows([{ n: 1 }]).setGeometry(["POINT(1 1)"], { name: "home" })
    .setGeometry(["POINT(2 2)"], { name: "work" });
  const bounds = async (geomCol?: string) => (await PageReader.ofLayer(frame, { geomCol })).data.bounds;
  assertEquals([await bounds("home"), await bounds("work"), await bounds()], [
    [1, 1, 1, 1],
    [2, 2, 2, 2],
    [2, 2, 2, 2],
  ]);
});

Deno.test("LAY-012: without a geometry there is no map, and the error says what to do", async () => {
  const error = await assertRejects(
    () => PageReader.ofLayer(GeoDataFrame.fromRows([{ lng: 1, lat: 2 }])),
    ArgumentError,
    "No valid geometry found. Please provide an input source with a valid geometry",
  );
  assert(error.hint?.includes('setGeometryFromXY("lng", "lat")'));
});

Deno.test("LAY-014: times are times in the page", async () => {
  const source = points({ at: [Temporal.PlainDateTime.from("2020-01-01T00:00:00"), null] });
  const page = await PageReader.ofLayer(source, { popupHover: popupElement("at") });
  assertEquals([page.column("at").kind, page.values("at")], ["time", [Date.UTC(2020, 0, 1), null]]);
});

Deno.test("LAY-016: the page holds the columns that the map uses, and no other", async () => {
  const page = await PageReader.ofLayer(points({ pop: [1, 2], d: ["secret", "secret"] }), {
    style: colorBinsStyle("pop"),
    widgets: basicWidget(),
  });
  assertEquals(page.data.columns.map(({ name }) => name), ["pop"]);
  for (const bytes of page.page.buffers.values()) assert(!new TextDecoder().decode(bytes).includes("secret"));
});

Deno.test("LAY-017 LAY-018: rows may be compressed in the page, unless that is not wanted", async () => {
  const flags = async (encodeData?: boolean) =>
    new Set(
      (await PageReader.ofLayer(CAFES, { encodeData, style: colorBinsStyle("stars") })).page.document.buffers
        .map(({ compress }) => compress),
    );
  assertEquals([await flags(), await flags(true), await flags(false)], [
    new Set([true]),
    new Set([true]),
    new Set([false]),
  ]);
});

Deno.test("a file is read when the map is made, whatever its format", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const layer = new Layer(`${folder}/cafes.parquet`, { popupHover: popupElement("name") });
    await assertRejects(() => PageReader.of(new CartoMap(layer)));
    for (const name of ["cafes.parquet", "cafes.geojson"]) {
      await writeFile(CAFES, `${folder}/${name}`);
      const page = await PageReader.ofLayer(`${folder}/${name}`, { popupHover: popupElement("name") });
      assertEquals(page.values("name"), ["a", "b"]);
    }
    assertEquals((await PageReader.of(new CartoMap(layer))).values("name"), ["a", "b"]);
    await Deno.writeTextFile(`${folder}/cafes.csv`, "n,geom\n1,POINT(1 2)\n");
    const csv = await PageReader.ofLayer(`${folder}/cafes.csv`, { geomCol: "geom" });
    assertEquals(csv.data.bounds, [1, 2, 1, 2]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("case bounds.json: each set of points has a view", async () => {
  const { cases } = await readCase("bounds.json") as {
    cases: { name: string; points?: ([number, number] | null)[]; repeat?: number; of?: [number, number] }[];
  };
  for (const { name, points: given, repeat = 0, of = [0, 0] } of cases) {
    const places = given ?? Array.from({ length: repeat }, () => of);
    const frame = GeoDataFrame.fromColumns({ n: places.map(() => 1) }).setGeometryFromXY(
      places.map((place) => place?.[0] ?? null),
      places.map((place) => place?.[1] ?? null),
    );
    const { bounds } = (await PageReader.ofLayer(frame)).page.document.maps[0] ?? {};
    assert(bounds?.every(Number.isFinite) && bounds[0] <= bounds[2] && bounds[1] <= bounds[3], name);
    if (name === "nulls between") assertEquals(bounds, [10, 10, 20, 20]);
    if (name === "a point at 0,0 that is real") assertEquals(bounds, [0, 0, 1, 1]);
    if (places.length === 0) assertEquals(bounds, [-180, -90, 180, 90]);
  }
});

Deno.test("cases of geometry: what can be drawn is drawn, what cannot is left out or named", async () => {
  const rows = async (name: string) => (await PageReader.ofLayer(await readCase(name) as object)).data;
  const mixed = await rows("mixed-geometry.geojson");
  assertEquals(Object.keys(mixed.geometry).sort(), ["line", "point", "polygon"]);
  assertEquals([mixed.rows, mixed.skippedRows], [5, 1]);
  const crossing = await rows("antimeridian.geojson");
  assert(crossing.bounds?.every(Number.isFinite));
  const poles = await rows("poles-and-out-of-range.geojson");
  assert(poles.bounds?.every(Number.isFinite) && poles.skippedRows > 0 && poles.rows > 0);
  const projected = await rows("projected-crs.geojson");
  assertEquals(projected.bounds?.slice(0, 2).map((side) => Math.round(side * 100) / 100), [-3.7, 40.42]);
  const invalid = await rows("winding-and-invalid.geojson");
  assert(invalid.rows > 0);
});

Deno.test("case html-in-values.geojson: values are text in the buffers, and not in the description", async () => {
  const collection = await readCase("html-in-values.geojson") as {
    features: { properties: { name: string } }[];
  };
  const names = collection.features.map(({ properties }) => properties.name);
  const page = await PageReader.ofLayer(collection, { popupHover: popupElement("name") });
  assertEquals(page.values("name"), names);
  assert(!JSON.stringify(page.page.document).includes("hacked"));
  const styled = await PageReader.ofLayer(collection, { style: colorCategoryStyle("name") });
  assert(styled.style.color.kind === "category");
  assertEquals([...styled.style.color.categories].sort(), [...names].sort());
});
