/** Maps that are published, with a server that answers as CARTO does and on the emulator. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Credentials } from "../../src/auth/mod.ts";
import { ClassicClient } from "../../src/classic/mod.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { ArgumentError, type CartoError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { toCarto, updatePrivacyTable } from "../../src/tables/mod.ts";
import { grantsFor, keyName } from "../../src/viz/_publish.ts";
import {
  allPublications,
  deletePublication,
  Layer,
  Layout,
  Map as CartoMap,
  PublishError,
  type PublishOptions,
  Source,
} from "../../src/viz/mod.ts";

const CAFES = GeoDataFrame.fromColumns({ name: ["a", "b"], stars: [1, 2] })
  .setGeometryFromXY([-3.7, 2.1], [40.4, 41.4], { name: "the_geom" });
const map = () => new CartoMap(new Layer(CAFES), { title: "My cafés" });
const PAGE = { id: "k1", url: "https://ana.carto.com/kuviz/k1", name: "cf_publish", privacy: "public" };

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown>;
}

/** A server that notes what it is asked. */
function server(answer: (asked: Asked) => unknown): { asked: Asked[]; options: PublishOptions } {
  const asked: Asked[] = [];
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const text = init?.body ? await new Response(init.body as BodyInit).text() : "";
    const request = { method: init?.method ?? "GET", path: url.pathname, body: text ? JSON.parse(text) : {} };
    asked.push(request);
    const body = answer(request);
    return body instanceof Response ? body : Response.json(body);
  };
  const credentials = new Credentials({ username: "ana", apiKey: "1234567890abcdef" });
  const transport = { fetch, sleep: () => Promise.resolve() };
  return { asked, options: { credentials, transport, password: null } };
}

const html = ({ body }: Asked) => new TextDecoder().decode(Uint8Array.fromBase64(String(body.data)));

Deno.test("PUB-001 PUB-004 PUB-005 PUB-014 PUB-015: local data are published with one request, and no key", async () => {
  const { asked, options } = server(() => PAGE);
  const page = map();
  assertEquals(await page.publish("cf_publish", options), PAGE);
  assertEquals(asked.map(({ method, path }) => [method, path]), [["POST", "/api/v4/kuviz/"]]);
  const [request] = asked as [Asked];
  assertEquals(
    { ...request.body, data: "" },
    { name: "cf_publish", privacy: "public", if_exists: "fail", data: "" },
  );
  assertMatch(html(request), /<title>cf_publish<\/title>/);
  assert(!html(request).includes("1234567890abcdef"));
  assertEquals([page.title, page.layers[0]?.source.kind], ["My cafés", "frame"]);
});

Deno.test("PUB-002 PUB-003 PUB-018: a password hides the map; without a decision nothing is published", async () => {
  const { asked, options } = server(() => ({ ...PAGE, privacy: "password" }));
  assertEquals((await map().publish("x", { ...options, password: '1234"' })).privacy, "password");
  assertEquals([asked[0]?.body.privacy, asked[0]?.body.password], ["password", '1234"']);
  for (const password of ["", undefined]) {
    const error = await assertRejects(
      () => map().publish("x", { ...options, password } as PublishOptions),
      ArgumentError,
    );
    assertEquals(error.argument, "password");
  }
  assertEquals(asked.length, 1);
});

Deno.test("PUB-009: the key's name is the one that CARTOframes made", async () => {
  assertEquals(await Promise.all([[], ["tbl"], ["a", "b"]].map(keyName)), [
    "cartoframes_d751713988987e9331980363e24189ce",
    "cartoframes_ea5de4c2b3ba767b4130cec11532e936",
    "cartoframes_ce75bd1cd721f68dd62b65e2868a1951",
  ]);
});

Deno.test("a key is granted the tables of the schema that is shown, and never others of the same name", async () => {
  const asked: string[] = [];
  const transport = {
    fetch: async (_url: unknown, init?: RequestInit) => {
      asked.push(new URLSearchParams(await new Response(init?.body).text()).get("q") ?? "");
      const tables = ["joe.cafes", 'public."My.Table"', "bars"];
      const found = asked.length === 1 ? "public" : tables;
      return Response.json({ rows: [{ found }], fields: {}, total_rows: 1 });
    },
  };
  const credentials = new Credentials({ username: "ana", apiKey: "1234" });
  const source = (input: string, schema?: string) => new Source(input, { credentials, schema });
  const sources = [source("SELECT 1"), source("cafes", "joe"), source("zones"), source("zones")];
  const grants = await grantsFor(new ClassicClient(credentials, transport), sources);
  assertEquals(
    grants.map(({ schema, name, permissions }) => `${schema}/${name}: ${permissions}`),
    ["joe/cafes: select", "public/My.Table: select", "public/bars: select", "public/zones: select"],
  );
  assertEquals(asked.length, 2);
});

Deno.test("PUB-016: an account known by its address alone", async () => {
  const { asked, options } = server(() => PAGE);
  const credentials = new Credentials({ baseUrl: "https://maps.example.org/user/joe", apiKey: "k" });
  await map().publish("x", { ...options, credentials });
  assertEquals(asked[0]?.path, "/user/joe/api/v4/kuviz/");
});

Deno.test("PUB-017 PUB-019 PUB-020: a publication is updated in place; one that was not made cannot be", async () => {
  const { asked, options } = server(() => PAGE);
  for (const page of [map(), new Layout([map()])]) {
    const error = await assertRejects(() => page.updatePublication("cf_update", options), PublishError);
    assertMatch(error.message, /not published yet/);
    await page.publish("cf_publish", options);
    asked.length = 0;
    await page.updatePublication("cf_update", { password: null });
    assertEquals(asked.map(({ method, path, body }) => [method, path, body.name]), [
      ["PUT", "/api/v4/kuviz/k1/", "cf_update"],
    ]);
    assert(html(asked[0] as Asked).length > 1000);
  }
});

for (
  const [ids, status, message, code, told] of [
    ["PUB-021", 400, "Validation failed: Name has already been taken", "already-exists", /one of that name/],
    ["PUB-022", 400, "Visualization over the size limit (10MB)", "quota-exceeded", /10MB/],
    ["PUB-023", 400, "Visualization over the size limit (10485760)", "quota-exceeded", /10MB/],
    ["PUB-024", 400, "Public map quota exceeded", "quota-exceeded", /limit of maps/],
  ] as const
) {
  Deno.test(`${ids}: "${message}" is told with the way out`, async () => {
    const { options } = server(() => Response.json({ errors: [message] }, { status }));
    const error = await assertRejects(() => map().publish("P", options), PublishError);
    assertEquals(error.code, code);
    assertMatch(error.message, told);
    assert(error.hint);
  });
}

Deno.test("PUB-025: another error is told as it is", async () => {
  const { options } = server(() => Response.json({ errors: ["something else"] }, { status: 422 }));
  const error = await assertRejects(() => map().publish("P", options)) as CartoError;
  assert(!(error instanceof PublishError));
  assertMatch(error.message, /something else/);
});

Deno.test("a password that the server repeats is in no error", async () => {
  const { options } = server(() =>
    Response.json({ errors: ["Validation failed: Password hunter2 is too short"] }, { status: 422 })
  );
  const error = await assertRejects(() =>
    map().publish("P", { ...options, password: "hunter2" })
  ) as CartoError;
  assertMatch(error.message, /too short/);
  assert(!Deno.inspect(error).includes("hunter2") && !JSON.stringify(error).includes("hunter2"));
});

Deno.test("nothing is published after an abort", async () => {
  const { asked, options } = server(() => PAGE);
  await assertRejects(() =>
    map().publish("P", { ...options, signal: AbortSignal.abort(new Error("enough")) })
  );
  assertEquals(asked, []);
});

Deno.test("PUB-026 PUB-027 PUB-028: publications are listed, and deleted by name", async () => {
  const pages = ["n1", "n2"].map((name, i) => ({
    id: `k${i + 1}`,
    url: `https://x/k${i + 1}`,
    name,
    privacy: "public",
    more: 1,
  }));
  const { asked, options } = server(({ method }) =>
    method === "DELETE" ? new Response(null, { status: 204 }) : { visualizations: pages, total_entries: 2 }
  );
  assertEquals(await allPublications(options), pages.map(({ more: _, ...page }) => page));
  await deletePublication("n2", options);
  assertEquals(asked.at(-1), { method: "DELETE", path: "/api/v4/kuviz/k2/", body: {} });
  const error = await assertRejects(() => deletePublication("zz", options), PublishError);
  assertMatch(error.message, /"zz".*none of that name/);
});

Deno.test("a page that is too large is told before it is sent", async () => {
  const { asked, options } = server(() => PAGE);
  const rows = 1_500_000;
  // Numbers that do not compress, always the same.
  let state = 7;
  const next = () => {
    let n = state = (state + 0x6d2b79f5) | 0;
    n = Math.imul(n ^ (n >>> 15), n | 1);
    n ^= n + Math.imul(n ^ (n >>> 7), n | 61);
    return ((n ^ (n >>> 14)) >>> 0) / 2 ** 26;
  };
  const random = () => Float64Array.from({ length: rows }, next);
  const frame = GeoDataFrame.fromColumns({ v: random() }).setGeometryFromXY(random(), random());
  const error = await assertRejects(
    () => new CartoMap(new Layer(frame)).publish("big", options),
    PublishError,
  );
  assertMatch(error.message, /MB, and CARTO takes 10\.0 MB/);
  assertEquals(asked, []);
});

Deno.test("PUB-006 PUB-007 PUB-008 PUB-010 PUB-011 PUB-012 PUB-013: tables are read with keys that may be seen", async (t) => {
  await using carto = await startEmulator({ accounts: [{ username: "ana" }] });
  const credentials = new Credentials(carto.credentials("ana"));
  const client = new ClassicClient(credentials);
  await toCarto(CAFES, "open_cafes", { credentials });
  await updatePrivacyTable("open_cafes", "public", { credentials });
  for (const name of ["secret_cafes", "other"]) await toCarto(CAFES, name, { credentials });
  const layer = (source: string, mapsApiKey?: string) =>
    new Layer(new Source(source, { credentials, mapsApiKey }));
  const published = async (page: CartoMap, more: Partial<PublishOptions> = {}) => {
    const { url } = await page.publish("p", { credentials, password: null, ifExists: "replace", ...more });
    return await (await fetch(url)).text();
  };

  await t.step("a public table needs no key of its own", async () => {
    const text = await published(new CartoMap(layer("open_cafes")));
    assert(text.includes("default_public") && !text.includes(credentials.apiKey));
    assertEquals((await Array.fromAsync(client.apiKeys.list())).filter(({ type }) => type === "regular"), []);
  });

  const name = await keyName(["secret_cafes"]);
  await t.step("private tables get one key that may read them and nothing else", async () => {
    const query = "SELECT * FROM secret_cafes WHERE stars > 1";
    const text = await published(new CartoMap([layer("secret_cafes"), layer(query), layer("open_cafes")]));
    const key = await client.apiKeys.get(name);
    assert(text.includes(key.token) && !text.includes(credentials.apiKey));
    assertEquals(key.grants.apis, ["maps"]);
    assertEquals(key.grants.tables.map(({ name, permissions }) => [name, permissions]), [["secret_cafes", [
      "select",
    ]]]);

    const reader = new ClassicClient(new Credentials({ ...carto.credentials("ana"), apiKey: key.token }));
    await assertRejects(() => reader.sql.query("SELECT 1"));
    const mapOf = (sql: string) =>
      reader.maps.instantiate({ version: "1.8.0", layers: [{ type: "mapnik", options: { sql } }] });
    await mapOf("SELECT * FROM secret_cafes");
    await assertRejects(() => mapOf("SELECT * FROM other"));
    await assertRejects(() => reader.apiKeys.create({ name: "more" }));
  });

  await t.step("the key is made once, and again where its grants do not do", async () => {
    const { token } = await client.apiKeys.get(name);
    await published(new CartoMap(layer("secret_cafes")));
    assertEquals((await client.apiKeys.get(name)).token, token);
    await client.apiKeys.delete(name);
    await client.apiKeys.create({
      name,
      apis: ["maps"],
      tables: [{ name: "other", permissions: ["select"] }],
    });
    const text = await published(new CartoMap(layer("secret_cafes")));
    const renewed = await client.apiKeys.get(name);
    assertEquals(renewed.grants.tables.map(({ name }) => name), ["secret_cafes"]);
    assert(text.includes(renewed.token));
  });

  await t.step("a key of that name which may do more is not shown to everybody", async () => {
    await client.apiKeys.delete(name);
    const wide = await client.apiKeys.create({
      name,
      apis: ["maps", "sql"],
      tables: [{ name: "secret_cafes", permissions: ["select", "update"] }],
    });
    const text = await published(new CartoMap(layer("secret_cafes")));
    const present = await client.apiKeys.get(name);
    assert(!text.includes(wide.token) && text.includes(present.token));
    assertEquals([present.grants.apis, present.grants.tables[0]?.permissions], [["maps"], ["select"]]);
  });

  await t.step("a key that is given is used; the master key is not", async () => {
    const { token } = await client.apiKeys.get(name);
    assert((await published(new CartoMap(layer("secret_cafes")), { mapsApiKey: token })).includes(token));
    assert((await published(new CartoMap(layer("secret_cafes", token)))).includes(token));
    const error = await assertRejects(() =>
      published(new CartoMap(layer("secret_cafes")), { mapsApiKey: credentials.apiKey })
    );
    assertMatch(String(error), /master key/);
    assert(!String(error).includes(credentials.apiKey));
  });
});
