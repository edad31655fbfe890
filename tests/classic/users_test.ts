import { assert, assertEquals, assertRejects } from "@std/assert";
import { ArgumentError, ResponseError } from "../../src/errors/carto_error.ts";
import { clientOf, FakeServer } from "./_fake_server.ts";

const JOE = { username: "joe", email: "joe@example.org", table_count: 3, twitter_username: null };

Deno.test("API-025: users of an organisation are made, read, changed and deleted, without a slash at the end", async () => {
  const server = new FakeServer(JOE, JOE, JOE, () => new Response(null, { status: 204 }));
  const { users } = clientOf(server);
  const where = { organization: "org" };
  const user = { username: "joe", email: "joe@example.org", password: "pass-w0rd" };
  assertEquals(await users.create(user, where), JOE);
  await users.get("joe", where);
  await users.update("joe", { quota_in_bytes: 1000 }, where);
  await users.delete("joe", where);
  assertEquals(server.received.map(({ method, url }) => `${method} ${url.pathname}`), [
    "POST /api/v1/organization/org/users",
    "GET /api/v1/organization/org/users/joe",
    "PUT /api/v1/organization/org/users/joe",
    "DELETE /api/v1/organization/org/users/joe",
  ]);
  assertEquals(JSON.parse(server.at(0).text), user);
  assertEquals(JSON.parse(server.at(2).text), { quota_in_bytes: 1000 });
});

Deno.test("API-026: a user without an organisation is one's own", async () => {
  const server = new FakeServer(JOE);
  await clientOf(server).users.get("joe");
  assertEquals(server.at(0).url.pathname, "/api/v1/users/joe");
});

Deno.test("API-027: the API has no list of users, and so has the client", () => {
  const { users } = clientOf(new FakeServer());
  assertEquals(["list", "all"].filter((name) => name in users), []);
});

Deno.test("users outside an organisation are neither made nor deleted, and no name leaves its place in the path", async () => {
  const server = new FakeServer(JOE);
  const { users } = clientOf(server);
  const user = { username: "joe", email: "e", password: "p" };
  await assertRejects(() => users.create(user, {} as { organization: string }), ArgumentError);
  await assertRejects(() => users.delete("joe", { organization: "" }), ArgumentError);
  await assertRejects(() => users.get("..", { organization: "org" }), ArgumentError);
  await assertRejects(() => users.create({ ...user, password: "" }, { organization: "o" }), ArgumentError);
  assertEquals(server.received.length, 0);
  await users.get("a/b", { organization: "o/../p" });
  assertEquals(server.at(0).url.pathname, "/api/v1/organization/o%2F..%2Fp/users/a%2Fb");
});

Deno.test("a user's password is in no error", async () => {
  const server = new FakeServer(() =>
    Response.json({ errors: { password: ["pass-w0rd is weak"] } }, { status: 422 })
  );
  const user = { username: "joe", email: "e", password: "pass-w0rd" };
  const error = await assertRejects(
    () => clientOf(server).users.create(user, { organization: "o" }),
    ResponseError,
    "password: •••• is weak",
  );
  assert(!Deno.inspect(error).includes("pass-w0rd"));
});

Deno.test("quotas: services with what is left, storage from the account", async () => {
  const fields = { monthly_quota: { type: "number", pgtype: "numeric" } };
  const rows = [
    { service: "isolines", monthly_quota: 1000, used_quota: 40.5, soft_limit: false, provider: "here" },
    {
      service: "observatory",
      monthly_quota: 10,
      used_quota: 12,
      soft_limit: true,
      provider: "data observatory",
    },
  ];
  const server = new FakeServer(
    { rows, fields, total_rows: 2, time: 0 },
    { user_data: { id: "u", username: "ana", quota_in_bytes: 100, remaining_byte_quota: 40 }, config: {} },
    { config: {} },
  );
  const { quotas } = clientOf(server);
  assertEquals(await quotas.services(), [
    {
      service: "isolines",
      monthlyQuota: 1000,
      usedQuota: 40.5,
      remainingQuota: 959.5,
      softLimit: false,
      provider: "here",
    },
    {
      service: "observatory",
      monthlyQuota: 10,
      usedQuota: 12,
      remainingQuota: -2,
      softLimit: true,
      provider: "data observatory",
    },
  ]);
  assertEquals(server.at(0).form.get("q"), "SELECT * FROM cdb_service_quota_info()");
  assertEquals(await quotas.storage(), { quotaBytes: 100, remainingBytes: 40 });
  const error = await assertRejects(() => quotas.storage(), ResponseError);
  assertEquals(error.code, "access-denied");
});
