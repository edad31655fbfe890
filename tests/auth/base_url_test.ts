import { assertEquals, assertStringIncludes } from "@std/assert";
import { Credentials } from "../../src/auth/mod.ts";
import { ClassicClient } from "../../src/classic/client.ts";

const NAMES: readonly (readonly [string, string, string])[] = [
  ["URL-001", "https://user1.carto.com/a/b/c", "user1"],
  ["URL-002", "https://www.user2.carto.com", "user2"],
  ["URL-003", "http://www.user3.carto.com/a/b/c", "user3"],
  ["URL-004", "https://carto.com/user/user1/a/b/c", "user1"],
  ["URL-005", "https://www.carto.com/user/user2", "user2"],
  ["URL-006", "http://www.carto.com/user/user3/a/b/c", "user3"],
  ["URL-008", "https://host/user/joe", "joe"],
  ["URL-008", "https://host/user/joe/", "joe"],
  ["URL-009", "https://localhost:8080/user/joe", "joe"],
  ["URL-010", "https://user.localhost.lan:3000/", "user"],
  ["URL-011", "https://a.b.c.d", "a"],
  ["URL-012", "https://org.carto.com/u/joe", "joe"],
];

for (const [id, baseUrl, username] of NAMES) {
  Deno.test(`${id}: the user name in ${baseUrl} is ${username}`, () => {
    const credentials = new Credentials({ baseUrl, allowNonSecure: true });
    assertEquals(credentials.username, username);
    assertEquals(credentials.warnings.length, baseUrl.startsWith("http:") ? 1 : 0);
  });
}

Deno.test("URL-007: where an address tells no user name, the forms that do are shown", () => {
  for (
    const baseUrl of [
      "https://wrongurl",
      "https://carto.com",
      "https://192.168.1.7",
      "https://[2001:db8::1]:8443",
    ]
  ) {
    const credentials = new Credentials({ baseUrl });
    assertEquals(credentials.username, undefined);
    assertStringIncludes(credentials.warnings.join(), `No user name can be told from "${baseUrl}"`);
    assertStringIncludes(credentials.warnings.join(), "https://HOST/user/NAME");
  }
});

Deno.test("base URL: an encoded user name in the path is decoded, a broken one kept", () => {
  assertEquals(new Credentials({ baseUrl: "https://h.example/user/jos%C3%A9" }).username, "josé");
  assertEquals(new Credentials({ baseUrl: "https://h.example/user/50%25" }).username, "50%");
  assertEquals(new Credentials({ baseUrl: "https://h.example/user/50%" }).username, "50%");
});

/** The addresses that a client asks, none of which answers with an account. */
async function asked(run: (client: ClassicClient) => Promise<unknown>): Promise<string[]> {
  const urls: string[] = [];
  const credentials = new Credentials({ baseUrl: "https://host.example/user/joe", apiKey: "k" });
  const client = new ClassicClient(credentials, {
    fetch: (input) => {
      urls.push(String(input));
      return Promise.resolve(
        Response.json({ rows: [], fields: {}, total_rows: 0, time: 0, user_data: null }),
      );
    },
  });
  await run(client);
  return urls;
}

Deno.test("URL-013: a query goes below the path of the base URL", async () => {
  assertEquals(await asked((client) => client.sql.query("SELECT 1")), [
    "https://host.example/user/joe/api/v2/sql",
  ]);
});

Deno.test("URL-014: the account is asked below the path of the base URL too", async () => {
  assertEquals(await asked((client) => client.me.get()), ["https://host.example/user/joe/api/v3/me"]);
});
