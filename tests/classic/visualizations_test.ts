import { assert, assertEquals, assertRejects } from "@std/assert";
import { ArgumentError, JobError, ResponseError } from "../../src/errors/carto_error.ts";
import { clientOf, FakeServer } from "./_fake_server.ts";

const MAP = {
  id: "m-1",
  name: "Cafés",
  type: "derived",
  privacy: "PUBLIC",
  dependent_visualizations_count: 3,
};

/** `GET /path` of each request. */
function lines(server: FakeServer): string[] {
  return server.received.map(({ method, url }) => `${method} ${url.pathname}`);
}

Deno.test("API-030: maps are listed by their type", async () => {
  const server = new FakeServer({ visualizations: [MAP], total_entries: 1 });
  assertEquals(await Array.fromAsync(clientOf(server).visualizations.list({ order: "name" })), [MAP]);
  const { searchParams } = server.at(0).url;
  assertEquals(
    ["type", "exclude_shared", "with_dependent_visualizations", "order", "page"].map((n) =>
      searchParams.get(n)
    ),
    ["derived", "true", null, "name", "1"],
  );
});

Deno.test("a map is read, renamed, described and deleted without looking for maps that use it", async () => {
  const server = new FakeServer(MAP);
  const { visualizations } = clientOf(server);
  assertEquals(await visualizations.get("m-1"), MAP);
  await visualizations.rename("m-1", "Coffee");
  await visualizations.update("m-1", { description: "all of them", tags: ["a"] });
  await visualizations.delete("m-1");
  assertEquals(lines(server), [
    "GET /api/v1/viz/m-1/",
    "GET /api/v1/viz/m-1/",
    "PUT /api/v1/viz/m-1/",
    "GET /api/v1/viz/m-1/",
    "PUT /api/v1/viz/m-1/",
    "GET /api/v1/viz/m-1/",
    "DELETE /api/v1/viz/m-1/",
  ]);
  assertEquals(JSON.parse(server.at(2).text), { id: "m-1", name: "Coffee" });
  assertEquals(JSON.parse(server.at(4).text), { id: "m-1", description: "all of them", tags: ["a"] });
});

Deno.test("a map is protected by a password, which goes with no other privacy and into no message", async () => {
  const server = new FakeServer(
    MAP,
    MAP,
    MAP,
    () => Response.json({ errors: "bad s3cret" }, { status: 422 }),
  );
  const { visualizations } = clientOf(server);
  await visualizations.setPrivacy("m-1", "password", { password: "s3cret" });
  assertEquals(JSON.parse(server.at(1).text), { id: "m-1", privacy: "PASSWORD", password: "s3cret" });
  const error = await assertRejects(
    () => visualizations.setPrivacy("m-1", "password", { password: "s3cret" }),
    ResponseError,
  );
  assert(!Deno.inspect(error).includes("s3cret"));
  await assertRejects(() => visualizations.setPrivacy("m-1", "password"), ArgumentError);
  await assertRejects(() => visualizations.setPrivacy("m-1", "link", { password: "x" }), ArgumentError);
  assertEquals(server.received.length, 4);
});

Deno.test("API-028: a map is exported and the file's address given", async () => {
  const url = "https://x.example/m-1.carto";
  const server = new FakeServer(
    { id: "e-1", state: "pending", visualization_id: "m-1" },
    { id: "e-1", state: "pending" },
    { id: "e-1", state: "exporting" },
    { id: "e-1", state: "complete", url },
  );
  const { visualizations } = clientOf(server);
  const { id } = await visualizations.startExport("m-1");
  const seen: string[] = [];
  const ended = await visualizations.waitForExport(id, { onProgress: ({ state }) => seen.push(state) });
  assertEquals([ended.url, seen], [url, ["pending", "exporting", "complete"]]);
  assertEquals(lines(server)[0], "POST /api/v3/visualization_exports/");
  assertEquals(server.at(0).url.search, "?visualization_id=m-1");
  assertEquals(lines(server)[1], "GET /api/v3/visualization_exports/e-1/");
});

Deno.test("API-029: an export that fails is an error", async () => {
  const server = new FakeServer({ id: "e-1", state: "failure" });
  const error = await assertRejects(() => clientOf(server).visualizations.waitForExport("e-1"), JobError);
  assertEquals([error.code, error.jobId], ["job-failed", "e-1"]);
});

const PERMISSION = { id: "p-1", owner: { id: "u-1", username: "ana" }, acl: [] };

Deno.test("a dataset is shared by its permission, with ids alone", async () => {
  const acl = [{ type: "user", entity: { id: "u-2", username: "joe" }, access: "r" }] as const;
  const dataset = { id: "d-1", name: "cafes", permission: PERMISSION };
  const server = new FakeServer(dataset, dataset, { ...PERMISSION, acl });
  const { datasets } = clientOf(server);
  assertEquals((await datasets.permission("cafes")).owner?.username, "ana");
  assertEquals((await datasets.share("cafes", acl)).acl?.[0]?.access, "r");
  assertEquals(lines(server).at(-1), "PUT /api/v1/perm/p-1");
  assertEquals(JSON.parse(server.at(-1).text), {
    acl: [{ type: "user", entity: { id: "u-2" }, access: "r" }],
  });
  const wrong = [{ type: "user", entity: { id: "u-2" }, access: "all" }];
  await assertRejects(() => datasets.share("cafes", wrong as never), ArgumentError, "all");
});

Deno.test("IMP-015 IMP-016 IMP-017 IMP-018: datasets are refused to be deleted, forced, searched, missed", async () => {
  const used = { id: "d-1", name: "cafes", type: "table", dependent_visualizations_count: 1 };
  const server = new FakeServer(used, used, () => new Response(null, { status: 204 }));
  const { datasets } = clientOf(server);
  await assertRejects(() => datasets.delete("cafes"), ArgumentError, "1 map uses it");
  await datasets.delete("cafes", { force: true });
  assertEquals(lines(server).at(-1), "DELETE /api/v1/viz/d-1/");

  const list = new FakeServer({ visualizations: [], total_entries: 0 });
  await Array.fromAsync(clientOf(list).datasets.list({ search: "abc" }));
  assertEquals(list.at(0).url.searchParams.get("q"), "abc");

  const missing = new FakeServer(() => Response.json({ errors: ["nf"] }, { status: 404 }));
  const error = await assertRejects(() => clientOf(missing).datasets.get("gone"), ResponseError);
  assertEquals(error.code, "not-found");
});

Deno.test("IMP-019: licence and attributions of a dataset are changed, and nothing else is sent", async () => {
  const dataset = { id: "d-1", name: "cafes", privacy: "PRIVATE", stats: [1], license: null };
  const server = new FakeServer(dataset, { ...dataset, license: "mit" });
  const changed = await clientOf(server).datasets.update("cafes", { license: "mit", attributions: "test" });
  assertEquals(changed.license, "mit");
  assertEquals(JSON.parse(server.at(1).text), { id: "d-1", license: "mit", attributions: "test" });
});

Deno.test("a table's metadata are read, changed and deleted by id or name", async () => {
  const table = { id: "t-1", name: "cafes", row_count: 5, geometry_types: ["ST_Point"] };
  const server = new FakeServer(table, table, () => new Response(null, { status: 204 }));
  const { tables } = clientOf(server);
  assertEquals((await tables.get("cafes")).geometry_types, ["ST_Point"]);
  await tables.update("t-1", { description: "x" });
  await tables.delete("t-1");
  assertEquals(lines(server), [
    "GET /api/v1/tables/cafes/",
    "PUT /api/v1/tables/t-1/",
    "DELETE /api/v1/tables/t-1/",
  ]);
});
