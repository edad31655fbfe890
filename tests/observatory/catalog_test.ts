import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import {
  Catalog,
  CatalogError,
  CatalogList,
  Category,
  Country,
  Credentials,
  Dataset,
  Enrichment,
  Geography,
  type ObservatoryOptions,
  Provider,
  setDefaultDoCredentials,
  SubscriptionInfo,
  Subscriptions,
  unsetDefaultDoCredentials,
  Variable,
  VariableGroup,
} from "../../src/observatory/mod.ts";

const BASE = "https://do-metadata.carto.com/api/v4/data/observatory/metadata";

/** A server that notes what it is asked. */
function server(answer: (path: string) => unknown): { asked: string[]; options: ObservatoryOptions } {
  const asked: string[] = [];
  const fetch = (input: string | URL | Request) => {
    const url = new URL(input instanceof Request ? input.url : input);
    asked.push(`${url.origin}${url.pathname}${url.search}`);
    const body = answer(url.pathname);
    return Promise.resolve(body instanceof Response ? body : Response.json(body));
  };
  return { asked, options: { transport: { fetch, sleep: () => Promise.resolve() } } };
}

Deno.test("DO-001 DO-007: without credentials the catalogue that everybody may read is asked", async () => {
  const { asked, options } = server(() => [{ id: "esp", name: "Spain" }]);
  const list = await new Catalog(options).category("demographics").clearFilters().countries();
  assertEquals(asked, [`${BASE}/countries`]);
  assertEquals(list.map(({ id, name }) => [id, name]), [["esp", "Spain"]]);
  setDefaultDoCredentials("ana", "1234");
  await new Catalog(options).countries();
  unsetDefaultDoCredentials();
  assertEquals(asked[1], "https://ana.carto.com/api/v4/data/observatory/metadata/countries");
});

Deno.test("DO-002 DO-003 DO-006: filters become parameters", async () => {
  const { asked, options } = server(() => []);
  await new Catalog(options).country("usa").category("demographics").datasets();
  await new Catalog(options).public().datasets();
  await new Catalog(options).public(false).datasets();
  await new Catalog(options).country("usa").category("c").provider("p").geography("a.b.c").public()
    .datasets();
  assertEquals(asked.map((url) => Object.fromEntries(new URL(url).searchParams)), [
    { country: "usa", category: "demographics" },
    { public: "true" },
    { public: "false" },
    { country: "usa", category: "c", provider: "p", geography: "a.b.c", public: "true" },
  ]);
});

Deno.test("DO-004 DO-005: the short name of a geography is looked up, an id is not", async () => {
  const { asked, options } = server((path) => /geographies\/esp_g/.test(path) ? { id: "p.d.g" } : []);
  await new Catalog(options).geography("esp_grid").datasets();
  await new Catalog(options).geography("p.d.g").datasets();
  assertEquals(asked.map((url) => url.replace(BASE, "").replace("?get_geoms_coverage=True", "")), [
    "/geographies/esp_grid",
    "/datasets?geography=p.d.g",
    "/datasets?geography=p.d.g",
  ]);
});

Deno.test("DO-009: filters that a kind does not have are left out", async () => {
  const { asked, options } = server(() => []);
  await Country.getAll({ category: "x", fake_field_id: "y" }, options);
  assertEquals(asked, [`${BASE}/countries?category=x`]);
});

Deno.test("DO-010 DO-011: one entry is asked for by id or short name", async () => {
  const { asked, options } = server((path) => ({ id: path.split("/").at(-1) }));
  await Dataset.get("slug", options);
  await Dataset.get("a.b.c", options);
  assertEquals(asked, [`${BASE}/datasets/slug`, `${BASE}/datasets/a.b.c`]);
});

Deno.test("DO-012 DO-013: an entry that there is not is told as such, and how to find others", async () => {
  for (const answer of [Response.json({ errors: ["not found"] }, { status: 404 }), Response.json(null)]) {
    const { options } = server(() => answer.clone());
    const error = await assertRejects(() => Dataset.get("nope", options), CatalogError);
    assertEquals(error.code, "not-found");
    assertMatch(String(error.hint), /getAll/);
  }
  const { options } = server(() => new Response("<html>", { status: 500 }));
  assertMatch(
    String(await assertRejects(() => Dataset.get("x", options), CatalogError)),
    /Cannot ask the catalogue/,
  );
});

Deno.test("DO-014 DO-015 DO-016 DO-017: a list by ids and short names mixed; what there is not is left out", async () => {
  const { asked, options } = server((path) =>
    path.endsWith("gone") ? Response.json(null) : { id: path.split("/").at(-1) }
  );
  const list = await Dataset.getList(["slug", "a.b.c", "gone"], options);
  assertEquals(list.map(({ id }) => id), ["slug", "a.b.c"]);
  assertEquals(asked.length, 3);
});

Deno.test("DO-018 DO-019: nothing is an empty list, and what is not told is null", async () => {
  assertEquals((await Provider.getAll({}, server(() => []).options)).length, 0);
  const [dataset] = await Dataset.getAll({}, server(() => [{ id: "a.b.c" }]).options);
  assertEquals([dataset?.slug, dataset?.name, dataset?.description, dataset?.isPublicData], [
    null,
    null,
    null,
    false,
  ]);
});

Deno.test("DO-020: variables are listed by dataset", async () => {
  const error = await assertRejects(() => Variable.getAll(), CatalogError);
  assertMatch(String(error.hint), /dataset/);
});

Deno.test("DO-021 DO-022 DO-023: defect 20: lists of an entry hold only what belongs to it", async () => {
  const { asked, options } = server((path) =>
    path.endsWith("variables")
      ? [{ id: "a.b.c.v", variable_group_id: "a.b.c.g" }, { id: "a.b.c.w", variable_group_id: null }]
      : path.endsWith("groups")
      ? [{ id: "a.b.c.g", dataset_id: "a.b.c" }]
      : { id: "a.b.c" }
  );
  const dataset = new Dataset({ id: "a.b.c" });
  assertEquals((await dataset.variables(options)).length, 2);
  const [group] = await dataset.variablesGroups(options);
  assertEquals((await group?.variables(options))?.map(({ id }) => id), ["a.b.c.v"]);
  const variable = new Variable({ id: "a.b.c.v", dataset_id: "a.b.c" });
  assertEquals((await variable.datasets(options)).map(({ id }) => id), ["a.b.c"]);
  assertEquals(asked.map((url) => url.replace(BASE, "")), [
    "/datasets/a.b.c/variables",
    "/datasets/a.b.c/variables_groups",
    "/datasets/a.b.c/variables",
    "/datasets/a.b.c",
  ]);
});

Deno.test("DO-024: defect 20: datasets are found by the area that their geography covers", async () => {
  const spain = "POLYGON ((-9 36, 3 36, 3 43, -9 43, -9 36))";
  const hex = (wkt: string) =>
    GeoDataFrame.fromRows([{}]).setGeometry([wkt]).geometry?.get(0) as { toEwkbHex(): string };
  const { options } = server((path) =>
    path.endsWith("/datasets")
      ? [{ id: "d.1", geography_id: "g.e" }, { id: "d.2", geography_id: "g.u" }]
      : path.endsWith("/geographies")
      ? [{ id: "g.e" }, { id: "g.u" }]
      : path.endsWith("g.e")
      ? { id: "g.e", geom_coverage: hex(spain).toEwkbHex() }
      : { id: "g.u", geom_coverage: hex("POLYGON ((-120 30, -70 30, -70 48, -120 48, -120 30))").toEwkbHex() }
  );
  const catalog = new Catalog(options);
  assertEquals((await catalog.datasetsFilter("POINT (-3.7 40.4)")).map(({ id }) => id), ["d.1"]);
  const frame = GeoDataFrame.fromRows([{ lng: -100, lat: 40 }]).setGeometryFromXY("lng", "lat");
  assertEquals((await catalog.datasetsFilter(frame)).map(({ id }) => id), ["d.2"]);
  assertEquals((await catalog.datasetsFilter("POINT (0 -80)")).length, 0);
});

Deno.test("DO-025 DO-026 DO-027: entries print how to get them again", () => {
  assertEquals(String(new Country({ id: "esp", name: "Spain" })), "<Country.get('esp')> #'Spain'");
  const text = "x".repeat(60);
  assertEquals(
    String(new Variable({ id: "a.b.c.v", slug: "v_1", description: text })),
    `<Variable.get('v_1')> #'${"x".repeat(50)}...'`,
  );
  assertEquals(
    Deno.inspect(new Dataset({ id: "a.b.c", slug: "basicstats_census_1234567a" })),
    "<Dataset.get('basicstats_census_1234567a')>",
  );
});

Deno.test("DO-028 DO-029: plain data and tables leave out summaries and coverage", () => {
  const geography = new Geography({ id: "a.b.c", name: "g", summary_json: {}, geom_coverage: "00" });
  assertEquals(geography.toDict(), { id: "a.b.c", name: "g" });
  const list = CatalogList.from([
    new Dataset({ id: "a", is_public_data: true, summary_json: {} }),
    new Dataset({ id: "b", name: "B" }),
  ]) as CatalogList<Dataset>;
  const frame = list.toDataFrame();
  assertEquals(frame.columnNames, ["id", "is_public_data", "name"]);
  assertEquals(frame.toRows(), [{ id: "a", is_public_data: true, name: null }, {
    id: "b",
    is_public_data: null,
    name: "B",
  }]);
  assertEquals(list.get("B")?.id, "b");
});

Deno.test("DO-030 DO-031: what the catalogue counted of a dataset; null where it did not", () => {
  const rows = [{ a: 1.5, b: "x", c: 1 }];
  const dataset = new Dataset({
    id: "a.b.c",
    summary_json: {
      glimpses: { head: rows, tail: rows },
      counts: { rows: 3, columns: 3 },
      fields_by_type: { float: 1, string: 1, integer: 1 },
    },
  });
  assertEquals(dataset.head()?.toRows(), rows);
  assertEquals(dataset.tail()?.numRows, 1);
  assertEquals([dataset.counts(), dataset.fieldsByType()], [{ rows: 3, columns: 3 }, {
    float: 1,
    string: 1,
    integer: 1,
  }]);
  const bare = new Dataset({ id: "a.b.c", summary_json: null });
  assertEquals([bare.head(), bare.tail(), bare.counts(), bare.fieldsByType()], [null, null, null, null]);
});

Deno.test("DO-032 DO-033 DO-034: a variable's figures keep all their digits, and its id its parts", async () => {
  const data = { id: "a.b.c.v", column_name: "v", summary_json: { stats: { v: 1.23456789 }, quantiles: {} } };
  const variable = new Variable(data);
  assertEquals(variable.describe(), { v: 1.23456789 });
  assertEquals([variable.projectName, variable.schemaName, variable.datasetName], ["a", "b", "c"]);
  const { options } = server(() => [data]);
  const frame = await new Dataset({ id: "a.b.c" }).describe(options);
  assertEquals(frame.toRows(), [{ stat: "v", v: 1.23456789 }]);
});

Deno.test("every name of the specification has its twin", () => {
  const members: [string, object, string[]][] = [
    ["Catalog", Catalog.prototype, [
      ..."countries categories providers datasets geographies country category geography provider public"
        .split(" "),
      ..."clearFilters subscriptions datasetsFilter".split(" "),
    ]],
    ["Country", Country.prototype, ["datasets", "geographies", "categories"]],
    ["Category", Category.prototype, ["datasets", "geographies", "name"]],
    ["Provider", Provider.prototype, ["datasets", "name"]],
    ["Dataset", Dataset.prototype, [
      ..."variables variablesGroups name description provider providerName category categoryName dataSource"
        .split(" "),
      ..."country language geography geographyName geographyDescription temporalAggregation timeCoverage"
        .split(" "),
      ..."updateFrequency version isPublicData summary head tail counts fieldsByType describe geomCoverage"
        .split(" "),
      ..."subscribe subscriptionInfo toCsv toDataFrame isSubscribed".split(" "),
    ]],
    ["Geography", Geography.prototype, [
      ..."datasets name description country language provider providerName geomCoverage geomType".split(" "),
      ..."updateFrequency version isPublicData summary subscribe subscriptionInfo toCsv toDataFrame isSubscribed"
        .split(" "),
    ]],
    ["Variable", Variable.prototype, [
      ..."datasets name description columnName dbType dataset aggMethod variableGroup summary projectName"
        .split(" "),
      ..."schemaName datasetName head tail counts describe quantiles topValues histogram".split(" "),
    ]],
    ["VariableGroup", VariableGroup.prototype, ["variables", "name", "dataset"]],
    ["Subscriptions", Subscriptions.prototype, ["datasets", "geographies"]],
    ["SubscriptionInfo", SubscriptionInfo.prototype, [
      ..."id estimatedDeliveryDays subscriptionListPrice tos tosLink licenses licensesLink rights".split(" "),
    ]],
    ["Enrichment", Enrichment.prototype, ["enrichPoints", "enrichPolygons"]],
    ["CatalogList", CatalogList.prototype, ["toDataFrame"]],
  ];
  for (const [name, prototype, wanted] of members) {
    const common = /^(?:Catalog|CatalogList|Subscription.*|Enrichment)$/.test(name)
      ? []
      : ["id", "slug", "toSeries", "toDict", "toString"];
    for (const member of [...wanted, ...common]) assert(member in prototype, `${name}.${member}`);
  }
  for (const Entity of [Country, Category, Provider, Dataset, Geography, Variable, VariableGroup]) {
    for (const name of ["get", "getAll", "getList"] as const) assertEquals(typeof Entity[name], "function");
  }
  assert(new Credentials({ username: "ana" }));
});

Deno.test("DO-044 DO-045: a download that is refused tells why, and an account without the Observatory is told so", async () => {
  const dataset = new Dataset({ id: "a.b.c", is_public_data: true });
  const refuse = (status: number, message: string) => ({
    credentials: new Credentials({ username: "ana", apiKey: "1234" }),
    ...server((path) => path.endsWith("variables") ? [] : Response.json({ errors: [message] }, { status }))
      .options,
  });
  const bad = await assertRejects(() => dataset.toDataFrame(refuse(400, "bad query")));
  assertMatch(String(bad), /bad query/);
  const none = await assertRejects(() =>
    dataset.toDataFrame(refuse(500, "The user does not have Data Observatory enabled"))
  );
  assertMatch(String(none), /the account has no Data Observatory/);
});

Deno.test("DO-050 DO-051: the price is a number; what is no credentials is refused", async () => {
  const { options } = server(() => ({
    id: "a.b.c",
    subscription_list_price: 100.0,
    tos_link: "https://example.org",
  }));
  const dataset = new Dataset({ id: "a.b.c" });
  const credentials = new Credentials({ username: "ana", apiKey: "1234" });
  const info = await dataset.subscriptionInfo({ ...options, credentials });
  assertEquals([info.subscriptionListPrice, info.estimatedDeliveryDays], [100, null]);
  assertMatch(String(info), /100[\s\S]*example\.org/);
  const wrong = "1234" as unknown as Credentials;
  await assertRejects(
    () => dataset.subscribe({ ...options, credentials: wrong, accept: true }),
    Error,
    "redentials",
  );
});
