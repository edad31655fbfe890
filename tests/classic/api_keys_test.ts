import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Credentials } from "../../src/auth/credentials.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import { ArgumentError, ResponseError } from "../../src/errors/carto_error.ts";
import { clientOf, FakeServer } from "./_fake_server.ts";

const TOKEN = "tHiSiSaSeCrEtToKeN1234";

/** A key as the server tells it: grants of all three types, whatever was asked for. */
function key(name: string, more: object = {}): Record<string, unknown> {
  return {
    name,
    user: { username: "ana" },
    type: "regular",
    token: TOKEN,
    grants: [
      { type: "apis", apis: ["sql"] },
      { type: "database", tables: [{ schema: "public", name: "cafes", permissions: ["select"] }] },
      { type: "dataservices", services: [] },
    ],
    created_at: "2020-01-01T00:00:00Z",
    updated_at: "2020-01-01T00:00:00Z",
    _links: { self: "http://x" },
    ...more,
  };
}

Deno.test("API-014: a key is made with APIs alone, and no grant that was not asked for is sent", async () => {
  const server = new FakeServer(() => Response.json(key("k"), { status: 201 }));
  const made = await clientOf(server).apiKeys.create({ name: "k" });
  const { method, url, text } = server.at(0);
  assertEquals([method, url.pathname, url.search], ["POST", "/api/v3/api_keys/", ""]);
  assertEquals(JSON.parse(text), { name: "k", grants: [{ type: "apis", apis: ["sql", "maps"] }] });
  assertEquals([made.name, made.type, made.token], ["k", "regular", TOKEN]);
  assertEquals(made.grants, {
    apis: ["sql"],
    tables: [{ schema: "public", name: "cafes", permissions: ["select"] }],
    services: [],
  });
  assertEquals(made.document._links, { self: "http://x" });
});

Deno.test("API-015: tables and services are granted exactly as given", async () => {
  const server = new FakeServer(key("k"));
  await clientOf(server).apiKeys.create({
    name: "k",
    apis: ["maps"],
    tables: [
      { name: "cafes", permissions: ["insert", "select", "update"] },
      { schema: "joe", name: "b", permissions: ["select"] },
    ],
    services: ["isolines"],
  });
  assertEquals(JSON.parse(server.at(0).text).grants, [
    { type: "apis", apis: ["maps"] },
    {
      type: "database",
      tables: [
        { schema: "public", name: "cafes", permissions: ["insert", "select", "update"] },
        { schema: "joe", name: "b", permissions: ["select"] },
      ],
    },
    { type: "dataservices", services: ["isolines"] },
  ]);
});

Deno.test("API-016: a key that no API would accept, or that grants nothing on a table, is not asked for", async () => {
  const server = new FakeServer(key("k"));
  const { apiKeys } = clientOf(server);
  await assertRejects(() => apiKeys.create({ name: "k", apis: [] }), ArgumentError, "no API");
  await assertRejects(() => apiKeys.create({ name: "" }), ArgumentError);
  await assertRejects(
    () => apiKeys.create({ name: "k", tables: [{ name: "t", permissions: [] }] }),
    ArgumentError,
    "grant nothing",
  );
  assertEquals(server.received.length, 0);
});

Deno.test("API-017 API-018 API-019: the server's refusals by their meaning", async () => {
  const refuse = (status: number, errors: string) => Response.json({ errors }, { status });
  const server = new FakeServer(
    refuse(422, "Validation failed: Name has already been taken"),
    refuse(422, "can only grant table permissions you have: pra"),
    refuse(404, "API key not found: non-existent"),
    refuse(403, "forbidden"),
  );
  const { apiKeys } = clientOf(server);
  const codes: [string, string][] = [];
  for (
    const call of [
      () => apiKeys.create({ name: "k" }),
      () => apiKeys.create({ name: "k", tables: [{ name: "pra", permissions: ["select"] }] }),
      () => apiKeys.get("non-existent"),
      () => apiKeys.delete("Master"),
    ]
  ) {
    const error = await assertRejects(call, ResponseError);
    codes.push([error.code, error.serverMessages[0] ?? ""]);
  }
  assertEquals(codes.map(([code]) => code), [
    "already-exists",
    "invalid-request",
    "not-found",
    "access-denied",
  ]);
  assertStringIncludes(codes[1]?.[1] ?? "", "pra");
  assertEquals(server.received.length, 4);
});

Deno.test("API-020: a name with a blank is a part of the path", async () => {
  const server = new FakeServer(key("Default public", { type: "default", token: "default_public" }));
  const found = await clientOf(server).apiKeys.get("Default public");
  assertEquals(server.at(0).url.pathname, "/api/v3/api_keys/Default%20public/");
  assertEquals([found.token, String(found)], [
    "default_public",
    'ApiKey { name: "Default public", type: "default", token: "default_public" }',
  ]);
});

Deno.test("API-021 API-022: keys are listed by kind, page by page", async () => {
  const page = (...names: string[]) => ({ total: 3, count: names.length, result: names.map((n) => key(n)) });
  const server = new FakeServer(page("a", "b"), page("c"));
  const names: string[] = [];
  for await (const { name } of clientOf(server).apiKeys.list({ type: ["default", "master"], perPage: 2 })) {
    names.push(name);
  }
  assertEquals(names, ["a", "b", "c"]);
  assertEquals(server.received.map(({ url }) => Object.fromEntries(url.searchParams)), [
    { type: "default,master", per_page: "2", page: "1" },
    { type: "default,master", per_page: "2", page: "2" },
  ]);
});

Deno.test("API-023 API-024: a key gets another token, and is deleted", async () => {
  const server = new FakeServer(key("k", { token: "another-token-9999" }), key("k"));
  const { apiKeys } = clientOf(server);
  assertEquals((await apiKeys.regenerate("k/1")).token, "another-token-9999");
  assertEquals((await apiKeys.delete("k")).name, "k");
  assertEquals(server.received.map(({ method, url }) => `${method} ${url.pathname}`), [
    "POST /api/v3/api_keys/k%2F1/token/regenerate",
    "DELETE /api/v3/api_keys/k",
  ]);
});

Deno.test("HTTP-005: making keys is authorised by user name and key in the header", async () => {
  const server = new FakeServer(key("k"));
  const credentials = new Credentials({ username: "ana", apiKey: "1234" });
  await new ClassicClient(credentials, server.options).apiKeys.regenerate("k");
  assertEquals(server.at(0).headers.get("authorization"), `Basic ${btoa("ana:1234")}`);
  assertEquals([server.at(0).url.search, server.at(0).text], ["", "{}"]);
});

Deno.test("HTTP-006 HTTP-007: whether a key is valid is told by the keys that it sees", async () => {
  const of = (answer: unknown, apiKey = TOKEN) => {
    const credentials = new Credentials({ username: "ana", apiKey });
    return new ClassicClient(credentials, new FakeServer(answer).options).apiKeys.isValid();
  };
  assertEquals(await of(() => Response.json({ errors: "Unauthorized" }, { status: 401 }), "wadus"), false);
  const open = key("Default public", { type: "default", token: "default_public" });
  assertEquals(await of({ total: 1, count: 1, result: [open] }, "default_public"), true);
  assertEquals(await of({ total: 1, result: [key("k")] }), true);
  assertEquals(await of({ total: 1, result: [key("x", { token: "other" })] }), false);
  assertEquals(await of(() => Response.json({ errors: "Unauthorized" }, { status: 401 })), false);
  await assertRejects(() => of(() => Response.json({ errors: "no" }, { status: 404 })), ResponseError);
});

Deno.test("HTTP-008: with default_public the list holds that key alone", async () => {
  const result = [key("Default public", { type: "default", token: "default_public" })];
  const server = new FakeServer({ total: 1, count: 1, result });
  const keys = await Array.fromAsync(clientOf(server).apiKeys.list());
  assertEquals(keys.map(({ name, type }) => [name, type]), [["Default public", "default"]]);
});

Deno.test("a token is shown nowhere: not printed, not in JSON, not in a copy", async () => {
  const made = await clientOf(new FakeServer(key("k"))).apiKeys.get("k");
  const shown = [
    String(made),
    `${made}`,
    JSON.stringify(made),
    JSON.stringify({ ...made }),
    Deno.inspect(made, { depth: 9, showHidden: true }),
    Deno.inspect({ nested: [made] }, { depth: 9 }),
    Deno.inspect(made.document),
    Deno.inspect(Object.entries(made)),
  ];
  for (const text of shown) assert(!text.includes(TOKEN), text);
  assertEquals(JSON.parse(JSON.stringify(made)).token, "•••• 1234");
});
