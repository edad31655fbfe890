import { assertEquals, assertMatch } from "@std/assert";
import { Client, type Document } from "./_client.ts";

Deno.test("maps are listed, renamed, made public and deleted; deleting a dataset takes its maps along", async (t) => {
  await using carto = await Client.start();
  const first = await carto.upload("first.csv", "a\n1\n", "create_vis=true");
  const second = await carto.upload("second.csv", "a\n1\n", "create_vis=true&privacy=public");
  const path = `api/v1/viz/${first.visualization_id}/`;

  await t.step("the list, the newest first, apart from the datasets", async () => {
    const { body } = await carto.ask("api/v1/viz/?type=derived&exclude_shared=true&page=1");
    assertEquals(body.visualizations.map(({ name }: Document) => name), ["second", "first"]);
    assertEquals([body.total_entries, body.total_user_entries], [2, 2]);
    const names = async (search: string): Promise<string[]> =>
      (await carto.ask(`api/v1/viz/?type=derived&${search}`)).body.visualizations.map(({ name }: Document) =>
        name
      );
    assertEquals(await names("q=FIR"), ["first"]);
    assertEquals(await names("privacy=public"), ["second"]);
    assertEquals(await names("per_page=1&page=2"), ["first"]);
    assertEquals((await carto.ask("api/v1/viz/?type=table")).body.total_entries, 2);
  });

  await t.step("changes", async () => {
    const json = {
      id: first.visualization_id,
      name: "renamed",
      privacy: "PUBLIC",
      description: "About it",
      tags: ["a"],
    };
    const { status, body } = await carto.ask(path, { method: "PUT", json });
    assertEquals([status, body.name, body.privacy, body.description, body.tags], [
      200,
      "renamed",
      "PUBLIC",
      "About it",
      ["a"],
    ]);
    assertEquals((await carto.ask(path)).body.name, "renamed");
    assertEquals((await carto.ask(path, { method: "PUT", json: { privacy: "secret" } })).status, 400);
    const locked = await carto.ask(path, { method: "PUT", json: { privacy: "PASSWORD", password: "x" } });
    assertEquals([locked.body.privacy, "password" in locked.body], ["PASSWORD", false]);
  });

  await t.step("gone with its dataset, or alone", async () => {
    const { body } = await carto.ask("api/v1/viz/first");
    assertEquals((await carto.ask(`api/v1/viz/${body.id}`, { method: "DELETE" })).status, 204);
    assertEquals((await carto.ask(path)).status, 404);
    assertEquals(
      (await carto.ask(`api/v1/viz/${second.visualization_id}`, { method: "DELETE" })).status,
      204,
    );
    assertEquals((await carto.ask("api/v1/viz/second")).status, 200);
    assertEquals((await carto.ask("api/v1/viz/?type=derived")).body.total_entries, 0);
  });
});

Deno.test("tables by id and by name", async () => {
  await using carto = await Client.start();
  const { table_id } = await carto.upload("stops.csv", "name,lat,lon\na,1,2\nb,3,4\n");
  for (const wanted of [table_id, "stops", "public.stops"]) {
    const { status, body } = await carto.ask(`api/v1/tables/${wanted}/`);
    assertEquals([status, body.id, body.name, body.schema, body.rows_counted], [
      200,
      table_id,
      "stops",
      "public",
      2,
    ]);
    assertEquals([body.geometry_types, body.privacy, body.table_visualization.name], [
      ["ST_Point"],
      "PRIVATE",
      "stops",
    ]);
  }
  const renamed = await carto.ask(`api/v1/tables/${table_id}/`, {
    method: "PUT",
    json: { name: "halts", privacy: "public" },
  });
  assertEquals([renamed.status, renamed.body.name, renamed.body.privacy, renamed.body.id], [
    200,
    "halts",
    "PUBLIC",
    table_id,
  ]);
  assertEquals((await carto.sql("SELECT count(*)::int AS n FROM halts", null)).body.rows, [{ n: 2 }]);
  assertEquals((await carto.ask("api/v1/tables/halts/", { method: "DELETE" })).status, 204);
  assertEquals((await carto.ask("api/v1/tables/halts/")).status, 404);
});

Deno.test("sharing gives the other account rights on the table, and takes them again", async () => {
  await using carto = await Client.start({
    accounts: [{ username: "ana" }, { username: "joe" }, { username: "eve" }],
  });
  const [joe, eve] = [new Client(carto.emulator, "joe"), new Client(carto.emulator, "eve")];
  await carto.upload("plans.csv", "a\n1\n");
  const { body: dataset } = await carto.ask("api/v1/viz/plans");
  const { body: user } = await joe.ask("api/v1/users/joe");
  const share = async (acl: unknown[]): Promise<Document> =>
    await carto.ask(`api/v1/perm/${dataset.permission.id}`, { method: "PUT", json: { acl } });
  const entry = (access: string) => ({ type: "user", entity: { id: user.id }, access });
  const statuses = async (client: Client): Promise<number[]> => [
    (await client.sql("SELECT a FROM plans")).status,
    (await client.sql("UPDATE plans SET a = 2")).status,
  ];
  assertEquals(await statuses(joe), [403, 403]);

  const { status, body } = await share([entry("r")]);
  assertEquals([status, body.owner.username, body.acl], [200, "ana", [
    { type: "user", entity: { id: user.id, username: "joe" }, access: "r" },
  ]]);
  assertEquals([await statuses(joe), await statuses(eve)], [[200, 403], [403, 403]]);
  const shared = await joe.ask("api/v1/viz/?type=table&exclude_shared=false");
  assertEquals(shared.body.visualizations.map(({ name, user }: Document) => [name, user.username]), [[
    "plans",
    "ana",
  ]]);
  assertEquals((await joe.ask("api/v1/viz/?type=table&exclude_shared=true")).body.total_entries, 0);

  await share([entry("rw")]);
  assertEquals(await statuses(joe), [200, 200]);
  await share([{ type: "org", entity: { id: "all" }, access: "r" }]);
  assertEquals([await statuses(joe), await statuses(eve)], [[200, 403], [200, 403]]);
  await share([]);
  assertEquals([await statuses(joe), await statuses(eve)], [[403, 403], [403, 403]]);

  assertEquals((await share([{ type: "user", entity: { id: "nobody" }, access: "r" }])).status, 422);
  assertEquals((await share([{ type: "group", entity: { id: "x" }, access: "r" }])).status, 501);
  assertEquals((await joe.ask(`api/v1/perm/${dataset.permission.id}`)).status, 404);
});

Deno.test("users of the organisation are made, changed and deleted", async () => {
  await using carto = await Client.start();
  const users = "api/v1/organization/acme/users";
  const json = { username: "joe", email: "joe@acme.example", password: "opensesame", quota_in_bytes: 1000 };
  const made = await carto.ask(users, { json });
  assertEquals([made.status, made.body.username, made.body.email, made.body.quota_in_bytes], [
    200,
    "joe",
    json.email,
    1000,
  ]);
  assertEquals("password" in made.body, false);
  const joe = new Client(carto.emulator, "joe");
  assertEquals((await joe.sql("CREATE TABLE mine (a int); INSERT INTO mine VALUES (1)")).status, 200);
  assertEquals((await carto.sql("SELECT * FROM mine")).status, 403);
  const changed = await carto.ask(`${users}/joe`, {
    method: "PUT",
    json: { name: "Joe", password: "another1" },
  });
  assertEquals([changed.body.name, "password" in changed.body], ["Joe", false]);
  assertEquals((await carto.ask(`${users}/joe`)).body.name, "Joe");
  assertEquals((await joe.ask("api/v1/users/joe")).body.table_count, 0);
  assertEquals((await joe.ask("api/v1/users/demo")).status, 403);
  assertEquals((await carto.ask(users, { json })).status, 410);
  assertEquals(
    (await carto.ask(users, { json: { username: "Bad Name", email: "x", password: "1" } })).body.errors,
    {
      username: ["is invalid"],
      email: ["is not a valid address"],
      password: ["Must be at least 6 characters long"],
    },
  );
  const grants = [{ type: "apis", apis: ["sql"] }, {
    type: "database",
    tables: [{ name: "mine", schema: "public", permissions: ["select"] }],
  }];
  assertEquals((await joe.ask("api/v3/api_keys", { json: { name: "k", grants } })).status, 201);
  assertEquals((await carto.ask(`${users}/joe`, { method: "DELETE" })).status, 200);
  assertEquals((await carto.sql("SELECT * FROM mine")).status, 400);
  assertEquals((await carto.ask(`${users}/joe`)).status, 404);
  assertEquals((await carto.ask(`${users}/demo`, { method: "DELETE" })).status, 403);
});

Deno.test("what is not served answers 501 and says what is", async () => {
  await using carto = await Client.start();
  for (
    const path of [
      "api/v3/visualization_exports/",
      "api/v4/datasets",
      "api/v1/geocodings",
      "api/v1/connectors",
    ]
  ) {
    const { status, body } = await carto.ask(path);
    assertEquals(status, 501, path);
    assertMatch(body.error[0], /the emulator does not have this API/);
    assertMatch(body.hint, /Maps API/);
  }
});

Deno.test("a page of another origin may use the APIs with a key", async () => {
  await using carto = await Client.start();
  for (const path of ["api/v1/map", "api/v3/api_keys", "api/v4/kuviz", "api/v1/viz"]) {
    const preflight = await carto.ask(path, { method: "OPTIONS", key: null });
    assertEquals([preflight.status, preflight.headers.get("access-control-allow-origin")], [200, "*"], path);
  }
});
