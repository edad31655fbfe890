import { assert, assertEquals, assertRejects } from "@std/assert";
import { ArgumentError, JobError, ResponseError } from "../../src/errors/carto_error.ts";
import { clientOf, FakeServer } from "./_fake_server.ts";

/** `GET /path?query` of each request. */
function lines(server: FakeServer): string[] {
  return server.received.map(({ method, url }) =>
    `${method} ${decodeURIComponent(url.pathname + url.search)}`
  );
}

Deno.test("catalogue: lists with filters, single entries, variables of a dataset", async () => {
  const entity = { id: "p.d.t", slug: "ags_1", name: "Population", summary_json: { n: 1 } };
  const server = new FakeServer(
    [entity],
    entity,
    entity,
    [entity],
    [entity],
    () => Response.json({ errors: ["nf"] }, { status: 404 }),
  );
  const { dataObservatory } = clientOf(server);
  assertEquals(await dataObservatory.list("datasets", { country: "esp", public: true }), [entity]);
  await dataObservatory.get("variables", "p.d.t.v");
  await dataObservatory.get("geographies", "g", { coverage: true });
  await dataObservatory.variables("ags_1");
  await dataObservatory.variablesGroups("ags_1");
  const error = await assertRejects(() => dataObservatory.get("countries", "xyz"), ResponseError);
  assertEquals(error.code, "not-found");
  const base = "/api/v4/data/observatory/metadata";
  assertEquals(lines(server), [
    `GET ${base}/datasets?country=esp&public=true`,
    `GET ${base}/variables/p.d.t.v`,
    `GET ${base}/geographies/g?get_geoms_coverage=True`,
    `GET ${base}/datasets/ags_1/variables`,
    `GET ${base}/datasets/ags_1/variables_groups`,
    `GET ${base}/countries/xyz`,
  ]);
  await assertRejects(() => dataObservatory.list("variables" as "datasets"), ArgumentError);
});

Deno.test("subscriptions: listed page by page, conditions read, and ordered once", async () => {
  const conditions = { id: "d", type: "dataset", subscription_list_price: 100, estimated_delivery_days: 0 };
  const server = new FakeServer(
    { subscriptions: [{ id: "a", type: "dataset", status: "active" }], total_entries: 2 },
    { subscriptions: [{ id: "b", type: "geography", status: "expired" }], total_entries: 2 },
    conditions,
    () => new Response("", { status: 502 }),
  );
  const { dataObservatory } = clientOf(server);
  assertEquals((await Array.fromAsync(dataObservatory.subscriptions())).map(({ id }) => id), ["a", "b"]);
  assertEquals(await dataObservatory.subscriptionInfo("d", "dataset"), conditions);
  await assertRejects(() => dataObservatory.subscribe("d", "dataset"), ResponseError);
  assertEquals(lines(server), [
    "GET /api/v4/do/subscriptions/?page=1",
    "GET /api/v4/do/subscriptions/?page=2",
    "GET /api/v4/do/subscription_info/?id=d&type=dataset",
    "POST /api/v4/do/subscriptions/",
  ]);
  assertEquals(JSON.parse(server.at(3).text), { id: "d", type: "dataset" });
  await assertRejects(() => dataObservatory.subscribe("d", "all" as "dataset"), ArgumentError);
});

Deno.test("the token is there to be used, and is neither printed nor turned into JSON", async () => {
  const server = new FakeServer({ access_token: "ya29.secret", bq_project: "project" });
  const token = await clientOf(server).dataObservatory.token();
  assertEquals([token.access_token, token.bq_project], ["ya29.secret", "project"]);
  for (const text of [Deno.inspect(token), JSON.stringify(token)]) assert(!text.includes("ya29"), text);
  assertEquals(server.at(0).url.pathname, "/api/v4/do/token/token/");
});

Deno.test("data come as a stream, with the query in its place", async () => {
  const server = new FakeServer(() => new Response("geoid,geom\n1,POINT (0 0)\n"));
  const { dataObservatory } = clientOf(server);
  const stream = await dataObservatory.download("p.d.t", {
    limit: 10,
    orderBy: "geoid",
    sqlQuery: "SELECT * FROM $dataset$",
    addGeom: true,
    isGeography: false,
  });
  assertEquals(await new Response(stream).text(), "geoid,geom\n1,POINT (0 0)\n");
  assertEquals(server.at(0).url.pathname, "/api/v4/data/observatory/user/datasets/p.d.t");
  assertEquals(Object.fromEntries(server.at(0).url.searchParams), {
    limit: "10",
    order_by: "geoid",
    sql_query: "SELECT * FROM $dataset$",
    add_geom: "true",
    is_geography: "false",
  });
  await assertRejects(() => dataObservatory.download("p.d.t", { isGeography: true }), ArgumentError);
});

Deno.test("a table is made, filled, read and used for an enrichment", async () => {
  const server = new FakeServer(
    {},
    {},
    { item_queue_id: "i" },
    { status: "pending" },
    { status: "success" },
    { job_id: "j" },
    { status: "running" },
    { status: "success", errors: [] },
  );
  const { dataObservatory } = clientOf(server);
  const schema = [{ name: "id", type: "INT64" }, { name: "geom", type: "GEOGRAPHY" }];
  await dataObservatory.createTable({ id: "temp_1", schema, ttlSeconds: 3600 });
  await dataObservatory.upload("temp_1", "id,geom\n0,POINT (0 0)\n", { geomColumn: "geom" });
  const id = await dataObservatory.startImport("temp_1");
  await dataObservatory.waitForImport("temp_1", id);
  const job = await dataObservatory.enrich({
    type: "points",
    input: "temp_1",
    variables: ["v_1"],
    filters: { "a.b.c.v": "> 30" },
    output: "temp_1_result",
  });
  await dataObservatory.waitForEnrichment(job);
  const own = "/api/v4/data/observatory/user/datasets";
  assertEquals(lines(server), [
    `POST ${own}`,
    `POST ${own}/temp_1?geom_column=geom`,
    `POST ${own}/temp_1/imports`,
    `GET ${own}/temp_1/imports/i`,
    `GET ${own}/temp_1/imports/i`,
    "POST /api/v4/data/observatory/enrichment",
    "GET /api/v4/data/observatory/enrichment/j/status",
    "GET /api/v4/data/observatory/enrichment/j/status",
  ]);
  assertEquals(JSON.parse(server.at(0).text), { id: "temp_1", schema, ttl_seconds: 3600 });
  assertEquals(server.at(1).text, "id,geom\n0,POINT (0 0)\n");
  assertEquals(JSON.parse(server.at(5).text), {
    type: "points",
    input: "temp_1",
    variables: ["v_1"],
    filters: { "a.b.c.v": "> 30" },
    aggregation: "default",
    output: "temp_1_result",
  });
});

Deno.test("a table's types are those there are, in any case; a geometry is sent as GEOGRAPHY", async () => {
  const server = new FakeServer({});
  const { dataObservatory } = clientOf(server);
  const schema = [{ name: "a", type: "int64" }, { name: "g", type: "geometry" }];
  await dataObservatory.createTable({ id: "t", schema });
  assertEquals(JSON.parse(server.at(0).text).schema, [
    { name: "a", type: "INT64" },
    { name: "g", type: "GEOGRAPHY" },
  ]);
  const wrong = [{ name: "c", type: "fake-type" }];
  await assertRejects(
    () => dataObservatory.createTable({ id: "t", schema: wrong }),
    ArgumentError,
    "fake-type",
  );
});

Deno.test("work that failed or was cancelled ends the wait with its reason", async () => {
  const failed = clientOf(new FakeServer({ status: "failure", errors: ["bad var"] })).dataObservatory;
  const error = await assertRejects(() => failed.waitForEnrichment("j"), JobError);
  assertEquals([error.code, error.reason, error.message], [
    "job-failed",
    "bad var",
    'The enrichment "j" failed: bad var',
  ]);
  const cancelled = clientOf(new FakeServer({ status: "cancelled" })).dataObservatory;
  const other = await assertRejects(() => cancelled.waitForImport("t", "i"), JobError);
  assertEquals([other.code, other.status], ["job-cancelled", "cancelled"]);
  assertEquals((await failed.getImport("t", "i")).status, "failure");
  await assertRejects(
    () => failed.enrich({ type: "points", input: "a", variables: [], output: "b" }),
    ArgumentError,
  );
});

Deno.test("tables and views are listed by any key, page by page", async () => {
  const page = (...names: string[]) => ({
    total: 2,
    count: 1,
    result: names.map((name) => ({ name, mode: "r" })),
  });
  const server = new FakeServer(page("a"), page("b"));
  const names: string[] = [];
  for await (
    const { name } of clientOf(server).datasets.summaries({ order: "name", orderDirection: "asc" })
  ) names.push(name);
  assertEquals(names, ["a", "b"]);
  assertEquals(lines(server)[0], "GET /api/v4/datasets?page=1&order=name&order_direction=asc");
});
