import { assertEquals, assertRejects } from "@std/assert";
import { ClassicClient } from "../../src/classic/client.ts";
import { Credentials } from "../../src/auth/credentials.ts";
import { setDefaultCredentials, unsetDefaultCredentials } from "../../src/auth/default_credentials.ts";
import { ArgumentError, CredentialsError, ResponseError } from "../../src/errors/carto_error.ts";
import { clientOf, FakeServer } from "./_fake_server.ts";

function dataset(name: string, more: object = {}): Record<string, unknown> {
  return {
    id: `id-${name}`,
    name,
    privacy: "PRIVATE",
    type: "table",
    dependent_visualizations_count: 0,
    ...more,
  };
}

const NOT_FOUND = Response.json({ errors: ["Not found"] }, { status: 404 });

Deno.test("HTTP-028: datasets are listed page by page, the last changed first, without what costs the server time", async () => {
  const page = (...names: string[]) => ({
    visualizations: names.map((name) => dataset(name)),
    total_entries: 4,
  });
  const server = new FakeServer(page("a", "b"), page("c", "d"));
  const names = (await Array.fromAsync(clientOf(server).datasets.list())).map((item) => item.name);
  assertEquals(names, ["a", "b", "c", "d"]);
  assertEquals(server.received.map(({ url }) => url.searchParams.get("page")), ["1", "2"]);
  const { url } = server.at(0);
  assertEquals([server.at(0).method, url.pathname], ["GET", "/api/v1/viz/"]);
  const parameters = Object.fromEntries(url.searchParams);
  assertEquals(
    [parameters.type, parameters.exclude_shared, parameters.with_dependent_visualizations, parameters.order],
    ["table", "true", "1", "updated_at"],
  );
  assertEquals([parameters.show_stats, parameters.load_totals, parameters.q], ["false", "false", undefined]);
});

Deno.test("HTTP-029: a list without any total is one page", async () => {
  const server = new FakeServer({ visualizations: [dataset("a")] });
  assertEquals((await Array.fromAsync(clientOf(server).datasets.list())).length, 1);
  assertEquals(server.received.length, 1);
});

Deno.test("other totals count too, and a list that shrinks ends", async () => {
  for (const total of [{ total_user_entries: 2 }, { total: 2 }]) {
    const server = new FakeServer({ visualizations: [dataset("a")], ...total }, {
      visualizations: [],
      ...total,
    });
    assertEquals((await Array.fromAsync(clientOf(server).datasets.list())).length, 1);
    assertEquals(server.received.length, 2);
  }
});

Deno.test("a limit asks for no more pages than it needs", async () => {
  const server = new FakeServer({ visualizations: [dataset("a"), dataset("b")], total_entries: 9 });
  const { datasets } = clientOf(server);
  assertEquals(
    (await Array.fromAsync(datasets.list({ limit: 2, search: "caf", tags: ["x"], perPage: 2 }))).length,
    2,
  );
  assertEquals(server.received.length, 1);
  const { searchParams } = server.at(0).url;
  assertEquals([searchParams.get("q"), searchParams.get("tags"), searchParams.get("per_page")], [
    "caf",
    "x",
    "2",
  ]);
  assertEquals((await Array.fromAsync(datasets.list({ limit: 0 }))).length, 0);
  await assertRejects(() => datasets.list({ limit: -1 }).next(), ArgumentError, "limit");
  assertEquals(server.received.length, 1);
});

Deno.test("a dataset is read by name, members that nobody knows included", async () => {
  const server = new FakeServer(dataset("cafés", { kind: "geom" }));
  const found = await clientOf(server).datasets.get("ana.cafés");
  assertEquals(found, dataset("cafés", { kind: "geom" }) as never);
  assertEquals(server.at(0).url.pathname, "/api/v1/viz/ana.caf%C3%A9s/");
});

Deno.test("a dataset that is missing is told at once, or waited for 1, 2, 4 and 8 s", async () => {
  const once = new FakeServer(NOT_FOUND);
  const error = await assertRejects(() => clientOf(once).datasets.get("x"), ResponseError);
  assertEquals([error.code, once.waits], ["not-found", []]);

  const late = new FakeServer(NOT_FOUND, NOT_FOUND, dataset("x"));
  assertEquals((await clientOf(late).datasets.get("x", { waitForMetadata: true })).name, "x");
  assertEquals(late.waits, [1000, 2000]);

  const never = new FakeServer(NOT_FOUND);
  await assertRejects(() => clientOf(never).datasets.get("x", { waitForMetadata: true }), ResponseError);
  assertEquals([never.waits, never.received.length], [[1000, 2000, 4000, 8000], 5]);
});

Deno.test("the privacy is written only when it changes, and given back as it is then", async () => {
  const server = new FakeServer(dataset("x"), dataset("x", { privacy: "PUBLIC" }));
  assertEquals((await clientOf(server).datasets.setPrivacy("x", "public")).privacy, "PUBLIC");
  assertEquals([server.at(1).method, server.at(1).url.pathname], ["PUT", "/api/v1/viz/id-x/"]);
  assertEquals(JSON.parse(server.at(1).text), { id: "id-x", privacy: "PUBLIC" });

  const same = new FakeServer(dataset("x"));
  assertEquals((await clientOf(same).datasets.setPrivacy("x", "PRIVATE")).privacy, "PRIVATE");
  assertEquals(same.received.length, 1);
  await assertRejects(
    () => clientOf(same).datasets.setPrivacy("x", "secret" as "public"),
    ArgumentError,
    "secret",
  );
});

Deno.test("a dataset is renamed by its id", async () => {
  const server = new FakeServer(dataset("x"), dataset("y"));
  assertEquals((await clientOf(server).datasets.rename("x", "y")).name, "y");
  assertEquals(JSON.parse(server.at(1).text), { id: "id-x", name: "y" });
  await assertRejects(() => clientOf(server).datasets.rename("x", ""), ArgumentError);
});

Deno.test("a dataset that maps use is deleted only by force", async () => {
  const used = dataset("x", { dependent_visualizations_count: 2 });
  const server = new FakeServer(used, used, new Response(null, { status: 204 }));
  const { datasets } = clientOf(server);
  await assertRejects(() => datasets.delete("x"), ArgumentError, "2 maps use it");
  await datasets.delete("x", { force: true });
  assertEquals(server.received.map(({ method }) => method), ["GET", "GET", "DELETE"]);
  assertEquals(server.at(2).url.pathname, "/api/v1/viz/id-x/");
});

Deno.test("an answer that is no dataset is unexpected", async () => {
  const server = new FakeServer({ hello: "world" });
  const error = await assertRejects(() => clientOf(server).datasets.get("x"), ResponseError, "id:");
  assertEquals(error.code, "unexpected-response");
});

Deno.test("the account keeps the user's path on premises", async () => {
  const me = { user_data: { id: "u-1", username: "ana", remaining_byte_quota: 12345, extra: 1 }, config: {} };
  const server = new FakeServer(me);
  const credentials = new Credentials({ baseUrl: "https://maps.example.org/user/ana", apiKey: "1234" });
  const answer = await new ClassicClient(credentials, server.options).me.get();
  assertEquals(answer, me as never);
  assertEquals(String(server.at(0).url), "https://maps.example.org/user/ana/api/v3/me");
});

Deno.test("an account without user_data is no error: the key is not valid", async () => {
  assertEquals((await clientOf(new FakeServer({ config: null })).me.get()).user_data, undefined);
});

Deno.test("a client takes the default credentials when it is made, and says when there are none", async () => {
  unsetDefaultCredentials();
  let error: unknown;
  try {
    new ClassicClient();
  } catch (caught) {
    error = caught;
  }
  assertEquals(error instanceof CredentialsError, true);
  await setDefaultCredentials(new Credentials({ username: "ana", apiKey: "1234" }));
  try {
    assertEquals(new ClassicClient().credentials.username, "ana");
  } finally {
    unsetDefaultCredentials();
  }
});

Deno.test("a client refuses credentials of CARTO 3", () => {
  const credentials = new Credentials({ apiBaseUrl: "https://gcp-us-east1.api.carto.com", accessToken: "t" });
  let message = "";
  try {
    new ClassicClient(credentials);
  } catch (error) {
    message = String(error);
  }
  assertEquals(message.includes("CARTO 3"), true);
});
