import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { ClassicClient } from "../../src/classic/client.ts";
import { Credentials } from "../../src/auth/credentials.ts";
import type { MapTile } from "../../src/classic/map_instance.ts";
import type { MapTemplate } from "../../src/classic/map_config.ts";
import { ArgumentError, ResponseError } from "../../src/errors/carto_error.ts";
import { clientOf, FakeServer, KEY, nameless } from "./_fake_server.ts";

const CONFIG = {
  version: "1.8.0",
  layers: [{ type: "mapnik", options: { sql: "SELECT * FROM t" } }],
} as const;
const MADE = { layergroupid: "lg:1", metadata: { layers: [] } };
const TEMPLATE: MapTemplate = {
  version: "0.0.1",
  name: "nm",
  auth: { method: "token", valid_tokens: ["tok-one-1", "tok-two-2"] },
  placeholders: { color: { type: "css_color", default: "#f00" } },
  layergroup: CONFIG,
  view: { zoom: 4, center: { lng: 1, lat: 2 } },
};
const BASE = "https://ana.carto.com/api/v1/map";

Deno.test("API-001 API-004: a named map is made and listed; its body is the template alone", async () => {
  const server = new FakeServer({ template_id: "nm" }, { template_ids: ["a", "b"] });
  const { named } = clientOf(server).maps;
  assertEquals(await named.create(TEMPLATE), "nm");
  assertEquals([server.at(0).method, String(server.at(0).url)], ["POST", `${BASE}/named`]);
  assertEquals(JSON.parse(server.at(0).text), TEMPLATE);
  assertEquals(await named.list(), ["a", "b"]);
});

Deno.test("a named map without version and auth is of the first version and open", async () => {
  const server = new FakeServer({ template_id: "nm" });
  await clientOf(server).maps.named.create({ name: "nm", layergroup: CONFIG });
  assertEquals(JSON.parse(server.at(0).text), {
    version: "0.0.1",
    name: "nm",
    auth: { method: "open" },
    layergroup: CONFIG,
  });
});

Deno.test("API-003 API-006: a named map that was read is changed and written back, its tokens never in sight", async () => {
  const server = new FakeServer({ template: TEMPLATE }, { template_id: "nm" });
  const { named } = clientOf(server).maps;
  const { view: _, ...rest } = await named.get("nm");
  for (const shown of [JSON.stringify(rest), Deno.inspect(rest, { depth: 9 })]) {
    assert(!shown.includes("tok-one-1"), shown);
  }
  assertEquals(rest.auth?.valid_tokens, ["tok-one-1", "tok-two-2"]);
  await named.update(rest);
  const { view: __, ...sent } = TEMPLATE;
  assertEquals([server.at(1).method, server.at(1).url.pathname], ["PUT", "/api/v1/map/named/nm"]);
  assertEquals(JSON.parse(server.at(1).text), sent);
});

Deno.test("API-002 API-007: an unknown named map is not found; one that is there is deleted", async () => {
  const server = new FakeServer(
    () => Response.json({ errors: ["Cannot find template 'x' of user 'ana'"] }, { status: 404 }),
    () => new Response(null, { status: 204 }),
  );
  const { named } = clientOf(server).maps;
  assertEquals((await assertRejects(() => named.get("x"), ResponseError)).code, "not-found");
  await named.delete("nm");
  assertEquals([server.at(1).method, server.at(1).url.pathname], ["DELETE", "/api/v1/map/named/nm"]);
});

Deno.test("API-005: a named map is used with values and a token, which is in no error", async () => {
  const server = new FakeServer(
    MADE,
    () => Response.json({ errors: ["wrong token tok-one-1"] }, { status: 403 }),
  );
  const { named } = clientOf(server).maps;
  const options = { authToken: "tok-one-1" };
  assertEquals((await named.instantiate("nm", { color: "red" }, options)).layergroupid, "lg:1");
  assertEquals(String(server.at(0).url), `${BASE}/named/nm?auth_token=tok-one-1`);
  assertEquals([server.at(0).method, server.at(0).text], ["POST", '{"color":"red"}']);
  const error = await assertRejects(() => named.instantiate("nm", {}, options), ResponseError);
  assert(!Deno.inspect(error).includes("tok-one-1"));
});

Deno.test("API-008 API-009 API-010 API-011 API-012: addresses of a named map's tiles and attributes", () => {
  const { named } = clientOf(new FakeServer()).maps;
  const place = { x: 1, y: 2, z: 3, format: "png" } as const;
  const auth = { authToken: "t1" };
  assertEquals(named.tileUrl("nm", place, auth), `${BASE}/named/nm/3/1/2.png?auth_token=t1`);
  assertEquals(
    named.tileUrl("nm", { ...place, layer: "all" }, auth),
    `${BASE}/named/nm/all/3/1/2.png?auth_token=t1`,
  );
  assertEquals(named.attributesUrl("nm", 0, 5, auth), `${BASE}/named/nm/0/attributes/5?auth_token=t1`);
  assertEquals(
    named.tileUrl("nm", { ...place, layer: "mapnik" }, auth),
    `${BASE}/named/nm/mapnik/3/1/2.png?auth_token=t1`,
  );
  assertEquals(named.tileUrl("nm", { ...place, format: "mvt" }), `${BASE}/named/nm/3/1/2.mvt`);
});

Deno.test("API-013: an anonymous map is made with default_public, and its tiles have an address", async () => {
  const server = new FakeServer(MADE);
  const { maps } = new ClassicClient(new Credentials({ username: "ana" }), server.options);
  const map = await maps.instantiate(CONFIG);
  assertEquals([server.at(0).method, String(server.at(0).url)], ["POST", BASE]);
  assertEquals(JSON.parse(server.at(0).text), CONFIG as never);
  const tile = { x: 1, y: 2, z: 3, format: "png", layer: "mapnik" } as const;
  assertEquals(maps.tileUrl(map, tile), `${BASE}/lg:1/mapnik/3/1/2.png`);
  assertEquals(maps.tileUrl(map, { scale: 2, format: "png" }), `${BASE}/lg:1/{z}/{x}/{y}@2x.png`);
});

Deno.test("a key is in an address only where it is asked for", async () => {
  const tiles = [`${BASE}/lg:1/{z}/{x}/{y}.mvt?api_key=1234567890abcdef`];
  const server = new FakeServer({
    ...MADE,
    metadata: {
      layers: [{ type: "mapnik", tilejson: { vector: { tiles } } }],
      url: { vector: { urlTemplate: tiles[0] } },
    },
  });
  const credentials = new Credentials({ username: "ana", apiKey: "1234567890abcdef" });
  const { maps } = new ClassicClient(credentials, server.options);
  const map = await maps.instantiate(CONFIG);
  assert(!Deno.inspect(map, { depth: 9 }).includes("1234567890abcdef"));
  assertStringIncludes(JSON.stringify(map), `${BASE}/lg:1/{z}/{x}/{y}.mvt"`);
  assert(!maps.tileUrl(map).includes("api_key"));
  assertEquals(maps.tileUrl(map, { withKey: true }), `${tiles[0]}`);
});

Deno.test("addresses keep what belongs to them when a key or token is taken out", async () => {
  const urls = {
    "https://x/a?api_key=k": "https://x/a",
    "https://x/a?api_key=k&b=1": "https://x/a?b=1",
    "https://x/a?b=1&api_key=k": "https://x/a?b=1",
    "https://x/a?b=1&auth_token[]=k&c=2#d": "https://x/a?b=1&c=2#d",
    "https://x/a?api_key=k&auth_token=t": "https://x/a",
    "SELECT '?' AS api_key": "SELECT '?' AS api_key",
  };
  const server = new FakeServer({ ...MADE, cdn_url: Object.keys(urls) });
  assertEquals((await clientOf(server).maps.instantiate(CONFIG)).cdn_url, Object.values(urls));
});

Deno.test("static images: around a centre, of a box, of a named map's view", async () => {
  const server = new FakeServer(() => new Response(new Uint8Array([1, 2, 3])));
  const { maps } = clientOf(server);
  const size = { width: 400, height: 300 };
  assertEquals(
    await maps.staticImage("lg:1", { ...size, center: { lng: -3.7, lat: 40.4 }, zoom: 5 }),
    new Uint8Array([1, 2, 3]),
  );
  await maps.staticImage("lg:1", { ...size, bounds: [-4, 40, -3, 41], format: "jpg", layer: "0,1" });
  await maps.named.staticImage("nm", { ...size, zoom: 3, center: { lng: 1, lat: 2 } }, { authToken: "t1" });
  assertEquals(server.received.map(({ url }) => decodeURIComponent(url.pathname + url.search)), [
    "/api/v1/map/static/center/lg:1/5/40.4/-3.7/400/300.png",
    "/api/v1/map/static/bbox/lg:1/-4,40,-3,41/400/300.jpg?layer=0,1",
    "/api/v1/map/static/named/nm/400/300.png?zoom=3&lat=2&lon=1&auth_token=t1",
  ]);
  assertEquals(maps.named.staticUrl("nm", size), `${BASE}/static/named/nm/400/300.png`);
  assertEquals(
    maps.staticUrl("lg:1", { ...size, center: { lng: 0, lat: 0 }, zoom: 1 }),
    `${BASE}/static/center/lg:1/1/0/0/400/300.png`,
  );
  assertEquals(
    maps.attributesUrl("lg:1", "cafes", 7),
    `${BASE}/lg:1/cafes/attributes/7`,
  );
  for (const width of [0, 8193, 1.5, NaN]) {
    assertThrows(() => maps.named.staticUrl("nm", { width, height: 1 }), ArgumentError);
  }
});

Deno.test("JSONP: the address of a script that calls a function of the page", () => {
  const { named } = clientOf(new FakeServer()).maps;
  const url = new URL(named.jsonpUrl("nm", "show.it", { color: "red" }, { authToken: "t1" }));
  assertEquals(url.pathname, "/api/v1/map/named/nm/jsonp");
  assertEquals(Object.fromEntries(url.searchParams), {
    config: '{"color":"red"}',
    callback: "show.it",
    auth_token: "t1",
  });
  assertThrows(() => named.jsonpUrl("nm", "alert(1)//"), ArgumentError);
});

Deno.test("what the server would refuse in words of its own is refused before it is sent", async () => {
  const server = new FakeServer(MADE);
  const { maps } = clientOf(server);
  const calls: (() => Promise<unknown>)[] = [
    () => maps.tile("lg:1", { z: -1, x: 0, y: 0 }),
    () => maps.tile("lg:1", { z: 0, x: 0, y: 0, format: "gif" as "png" }),
    () => maps.tile("lg:1", { z: 0, x: 0, y: 0, format: "grid.json" }),
    () => maps.tile("lg:1", { z: 0, x: 0, y: 0, scale: 0 }),
    () => maps.tile("", { z: 0, x: 0, y: 0 }),
    () => maps.dataview("lg:1", ""),
    () => maps.named.create({ ...TEMPLATE, name: "a b" }),
    () => maps.named.create({ ...TEMPLATE, auth: { method: "token" } }),
    () => maps.named.update({ ...TEMPLATE, layergroup: undefined as never }),
    () => maps.named.instantiate("nm", {}, { authToken: "" }),
    () => maps.named.tile("nm", { z: 0, x: 0, y: 0 } as MapTile & { layer: string }),
  ];
  for (const call of calls) await assertRejects(call, ArgumentError);
  assertEquals(server.received.length, 0);
});

Deno.test("a map's token reaches the server as it is, layers by index too", async () => {
  const server = new FakeServer(() => new Response(null, { status: 204 }));
  const { maps } = clientOf(server);
  const tile = await maps.tile("ana@29@d1:17", { z: 1, x: 0, y: 1, layer: "0,2", format: "png" });
  assertEquals(tile.length, 0);
  assertEquals(server.at(0).url.pathname, "/api/v1/map/ana@29@d1:17/0,2/1/0/1.png");
});

Deno.test("without a user name the key is a parameter, never a part of the map", async () => {
  const server = new FakeServer(MADE, MADE);
  const { maps } = nameless(server);
  await maps.instantiate(CONFIG);
  await maps.named.instantiate("nm", { a: 1 });
  assertEquals(server.received.map(({ text }) => text), [JSON.stringify(CONFIG), '{"a":1}']);
  assertEquals(server.received.map(({ url }) => url.searchParams.get("api_key")), [KEY, KEY]);
});

Deno.test("making a map is asked for again after a passing failure, making a named map is not", async () => {
  const broken = () => new Response("oops", { status: 502 });
  const map = new FakeServer(broken, MADE);
  assertEquals((await clientOf(map).maps.instantiate(CONFIG)).layergroupid, "lg:1");
  const named = new FakeServer(broken, { template_id: "nm" });
  await assertRejects(() => clientOf(named).maps.named.create(TEMPLATE), ResponseError);
  assertEquals([map.received.length, named.received.length], [2, 1]);
});

Deno.test("dataviews: every parameter in the server's own word", async () => {
  const server = new FakeServer({ type: "formula", operation: "sum", result: null, nulls: 0 });
  await clientOf(server).maps.dataview("lg:1", "n", {
    bbox: [-1, -2, 3, 4],
    circle: { lat: 1, lng: 2, radius: 3 },
    polygon: { type: "Polygon", coordinates: [] },
    filters: { dataviews: { x: { min: 1 } } },
    ownFilter: true,
    noFilters: false,
    start: 0,
    end: 10,
    bins: 5,
    columnType: "date",
    aggregation: "month",
    offset: 3600,
    categories: 6,
  });
  assertEquals(Object.fromEntries(server.at(0).url.searchParams), {
    bbox: "-1,-2,3,4",
    circle: '{"lat":1,"lng":2,"radius":3}',
    polygon: '{"type":"Polygon","coordinates":[]}',
    filters: '{"dataviews":{"x":{"min":1}}}',
    own_filter: "1",
    no_filters: "0",
    start: "0",
    end: "10",
    bins: "5",
    column_type: "date",
    aggregation: "month",
    offset: "3600",
    categories: "6",
  });
});
