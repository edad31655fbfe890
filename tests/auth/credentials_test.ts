import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Credentials, type CredentialsOptions, isCredentials } from "../../src/auth/mod.ts";
import { requireCredentials } from "../../src/auth/_require_credentials.ts";
import { unsetDefaultCredentials } from "../../src/auth/mod.ts";
import { CredentialsError } from "../../src/errors/carto_error.ts";

/** What a user looks at first. */
function seen({ username, apiKey, baseUrl }: Credentials): unknown {
  return { username, apiKey, baseUrl };
}

function refused(options: unknown): CredentialsError {
  return assertThrows(() => new Credentials(options as CredentialsOptions), CredentialsError);
}

Deno.test("AUTH-001: a user name alone reads public tables on CARTO's cloud", () => {
  assertEquals(seen(new Credentials({ username: "u" })), {
    username: "u",
    apiKey: "default_public",
    baseUrl: "https://u.carto.com",
  });
});

Deno.test("AUTH-002: a key is kept", () => {
  assertEquals(new Credentials({ username: "u", apiKey: "k" }).apiKey, "k");
});

Deno.test("AUTH-003 AUTH-005: slashes at the end of a base URL go, the user name is told by it", () => {
  for (const baseUrl of ["https://u.carto.com/", "https://u.carto.com///", " https://u.carto.com "]) {
    assertEquals(seen(new Credentials({ baseUrl })), {
      username: "u",
      apiKey: "default_public",
      baseUrl: "https://u.carto.com",
    });
  }
});

Deno.test("AUTH-004: a user name and a base URL are both kept as they are", () => {
  const options = { username: "fake_user", baseUrl: "https://turtleland.com/user/fake_user" };
  assertEquals(seen(new Credentials(options)), { ...options, apiKey: "default_public" });
});

Deno.test("AUTH-006 AUTH-007 AUTH-008: without a user name or a base URL there are no credentials", () => {
  for (const options of [{}, { username: "" }, { username: null, baseUrl: undefined }, { apiKey: "k" }]) {
    const error = refused(options);
    assertStringIncludes(error.message, "neither a user name nor a base URL");
    assertStringIncludes(error.hint ?? "", "`username` or `baseUrl`");
  }
  assertEquals(
    refused({ username: 5 }).message,
    'Cannot use these credentials: "username" must be a text, got a value of type number',
  );
  assertStringIncludes(refused(undefined).message, "must be an object");
});

Deno.test("AUTH-009: http is refused with the reason and the way out", () => {
  const error = refused({ baseUrl: "http://u.carto.com" });
  assertStringIncludes(error.message, "must use https");
  assertStringIncludes(error.hint ?? "", "allowNonSecure");
});

Deno.test("AUTH-010: http is accepted where it is allowed, with a warning", () => {
  const credentials = new Credentials({ baseUrl: "http://u.carto.com", allowNonSecure: true });
  assertEquals(credentials.baseUrl, "http://u.carto.com");
  assertEquals(credentials.username, "u");
  assertStringIncludes(credentials.warnings.join(), "over http");
});

Deno.test("credentials: http to this machine needs no leave and no warning", () => {
  for (const host of ["localhost:8080", "127.0.0.1:8080", "127.1.2.3", "[::1]:80", "demo.localhost:8080"]) {
    const credentials = new Credentials({ username: "demo", baseUrl: `http://${host}/user/demo` });
    assertEquals(credentials.warnings, [], host);
  }
  for (const host of ["localhost.example.org", "127.0.0.1.example.org", "192.168.1.2"]) {
    assertStringIncludes(refused({ username: "demo", baseUrl: `http://${host}` }).message, "must use https");
  }
});

Deno.test("AUTH-011: a scheme in capitals is accepted and kept", () => {
  const credentials = new Credentials({ baseUrl: "HTTPS://u.carto.com" });
  assertEquals(credentials.baseUrl, "HTTPS://u.carto.com");
  assertEquals(credentials.username, "u");
});

Deno.test("AUTH-012: a base URL without scheme is refused, and the right form shown", () => {
  const error = refused({ baseUrl: "u.carto.com" });
  assertStringIncludes(error.message, 'begins with https://, got "u.carto.com"');
  assertEquals(error.hint, "Write https://u.carto.com");
});

Deno.test("AUTH-013 AUTH-014: an empty base URL and a null key count as not given", () => {
  assertEquals(seen(new Credentials({ username: "u", baseUrl: "", apiKey: null })), {
    username: "u",
    apiKey: "default_public",
    baseUrl: "https://u.carto.com",
  });
});

Deno.test("AUTH-015 AUTH-016: the same account and key are equal, a slash makes no difference", () => {
  const one = new Credentials({ username: "u", apiKey: "k", baseUrl: "https://u.carto.com" });
  assert(one.equals(new Credentials({ username: "u", apiKey: "k" })));
  assert(one.equals(new Credentials({ username: "u", apiKey: "k", baseUrl: "https://u.carto.com/" })));
});

Deno.test("AUTH-017: another key, user name or address is not equal", () => {
  const one = new Credentials({ username: "u", apiKey: "k" });
  assert(!one.equals(new Credentials({ username: "u", apiKey: "K" })));
  assert(!one.equals(new Credentials({ username: "v", apiKey: "k" })));
  assert(!one.equals(new Credentials({ username: "u", apiKey: "k", baseUrl: "https://h.example/user/u" })));
  assert(!one.equals({ username: "u", apiKey: "k" } as Credentials));
});

Deno.test("AUTH-018: where they come from and the leave for http make no difference", () => {
  const one = new Credentials({ username: "u", apiKey: "k" });
  assert(one.equals(new Credentials({ username: "u", apiKey: "k", allowNonSecure: true })));
});

Deno.test("AUTH-019: in print, in logs and in JSON the key is masked", () => {
  const key = "0123456789abcdef0654";
  const credentials = new Credentials({ username: "johnsmith", apiKey: key });
  const line =
    'Credentials { username: "johnsmith", apiKey: "•••• 0654", baseUrl: "https://johnsmith.carto.com", source: "constructor" }';
  assertEquals(String(credentials), line);
  assertEquals(Deno.inspect(credentials), line);
  assertEquals(JSON.parse(JSON.stringify(credentials)), {
    username: "johnsmith",
    apiKey: "•••• 0654",
    baseUrl: "https://johnsmith.carto.com",
    source: "constructor",
  });
  const ways = [
    Deno.inspect({ deep: [{ credentials }] }, { depth: 9, showHidden: true }),
    JSON.stringify({ ...credentials }),
    JSON.stringify(structuredClone({ ...credentials })),
    Deno.inspect(Object.getOwnPropertyDescriptors(credentials)),
  ];
  for (const text of ways) assert(!text.includes(key), text);
  assertStringIncludes(String(new Credentials({ username: "u", apiKey: "short" })), 'apiKey: "••••"');
  assertStringIncludes(String(new Credentials({ username: "u" })), 'apiKey: "default_public"');
});

Deno.test("AUTH-019 credentials: node's inspect masks the key too", async () => {
  const { inspect } = await import("node:util");
  const text = inspect(new Credentials({ username: "u", apiKey: "0123456789abcdef0654" }));
  assert(!text.includes("0123456789"), text);
  assertStringIncludes(text, "•••• 0654");
});

Deno.test("AUTH-020: fromCredentials gives an equal copy", () => {
  const one = new Credentials({ username: "u", apiKey: "k", baseUrl: "https://h.example/user/u" });
  const copy = Credentials.fromCredentials(one);
  assert(copy !== one);
  assert(copy.equals(one));
});

Deno.test("AUTH-021: fromCredentials refuses anything else", () => {
  const error = assertThrows(() => Credentials.fromCredentials({} as Credentials), CredentialsError);
  assertStringIncludes(error.message, "must be a Credentials object");
});

Deno.test("credentials: a copy with another user or address forgets what the old one told", () => {
  const one = new Credentials({ username: "u", apiKey: "k" });
  assertEquals(seen(one.copy({ username: "v" })), {
    username: "v",
    apiKey: "k",
    baseUrl: "https://v.carto.com",
  });
  const other = new Credentials({ baseUrl: "https://u.carto.com", apiKey: "k" });
  assertEquals(other.copy({ baseUrl: "https://w.carto.com" }).username, "w");
  assertEquals(one.copy({ apiKey: "new" }).apiKey, "new");
  assertEquals(one.apiKey, "k");
});

Deno.test("credentials: nothing in them can be changed", () => {
  const credentials = new Credentials({ username: "u", apiKey: "k" });
  assertThrows(() => Object.assign(credentials, { username: "v" }), TypeError);
  assertThrows(() => (credentials.warnings as string[]).push("x"), TypeError);
  assertEquals(credentials.username, "u");
});

Deno.test("AUTH-038: a call without credentials and without a default says how to give them", () => {
  unsetDefaultCredentials();
  const error = assertThrows(() => requireCredentials(undefined), CredentialsError);
  assertStringIncludes(error.hint ?? "", "setDefaultCredentials(");
  assertStringIncludes(error.hint ?? "", "Credentials.resolve()");
});

Deno.test("AUTH-039: plain data in place of credentials is refused", () => {
  for (const wrong of [{ username: "u", apiKey: "k" }, ["u", "k"]]) {
    const error = assertThrows(
      () => requireCredentials(wrong as unknown as Credentials),
      CredentialsError,
    );
    assertStringIncludes(error.hint ?? "", "new Credentials(");
  }
});

Deno.test("credentials: those of one platform are refused where the other is needed", () => {
  const error = assertThrows(
    () => requireCredentials(new Credentials({ username: "u" }), "v3"),
    CredentialsError,
  );
  assertStringIncludes(error.message, "they are for the classic platform, and this needs CARTO 3");
});

Deno.test("credentials: no secret can hide in a base URL, and none is shown in the refusal", () => {
  const urls = [
    "https://ana:SECRET123@ana.carto.com",
    "https://SECRET123@ana.carto.com",
    "https://ana.carto.com/?api_key=SECRET123",
    "https://ana.carto.com/#SECRET123",
    "ana:SECRET123@ana.carto.com",
    "https://ana:SECRET123@",
  ];
  for (const baseUrl of urls) {
    const error = refused({ baseUrl });
    assert(!Deno.inspect(error).includes("SECRET123"), Deno.inspect(error));
    assert(!JSON.stringify(error).includes("SECRET123"));
  }
});

Deno.test("credentials: a user name cannot lead the key to another host", () => {
  for (
    const username of [
      "evil.example/",
      "x@evil.example",
      "evil.example?",
      "evil.example#",
      "a b",
      "https://u.carto.com",
    ]
  ) {
    assertStringIncludes(refused({ username, apiKey: "k" }).message, '"username"');
  }
  assertStringIncludes(refused({ username: "john.smith" }).hint ?? "", "baseUrl");
  const withUrl = new Credentials({ username: "john.smith", baseUrl: "https://h.example/user/john.smith" });
  assertEquals(withUrl.username, "john.smith");
});

Deno.test("credentials: a key pasted with its line break is refused, not sent", () => {
  const error = refused({ username: "u", apiKey: "k-0000-pasted\n" });
  assertStringIncludes(error.message, '"apiKey" holds a line break');
  assert(!error.message.includes("k-0000-pasted"));
});

Deno.test("credentials: the snake-case names of the Python packages are understood", () => {
  const options = { username: "u", api_key: "k", base_url: "https://h.example/user/u" } as CredentialsOptions;
  assertEquals(seen(new Credentials(options)), {
    username: "u",
    apiKey: "k",
    baseUrl: "https://h.example/user/u",
  });
  const both = { username: "u", api_key: "k", apiKey: "other" } as CredentialsOptions;
  assertStringIncludes(refused(both).message, '"api_key" and "apiKey" are both given and differ');
});

Deno.test("credentials: secrets lists the key and the header made of it, never the public key", () => {
  const { secrets } = new Credentials({ username: "ana", apiKey: "k-é" });
  assertEquals(secrets, ["k-é", new TextEncoder().encode("ana:k-é").toBase64()]);
  assertEquals(new Credentials({ username: "u" }).secrets, []);
});

Deno.test("credentials: CARTO 3 has its own fields", () => {
  const credentials = new Credentials({
    apiBaseUrl: "https://gcp-europe-west1.api.carto.com/",
    accessToken: "token-0000-regional",
    connection: "carto_dw",
  });
  assertEquals(credentials.platform, "v3");
  assertEquals(credentials.baseUrl, "https://gcp-europe-west1.api.carto.com");
  assertEquals(credentials.apiBaseUrl, credentials.baseUrl);
  assertEquals(credentials.accessToken, "token-0000-regional");
  assertEquals(credentials.connection, "carto_dw");
  assertEquals(credentials.secrets, ["token-0000-regional"]);
  assert(!Deno.inspect(credentials).includes("token-0000"));
  assertStringIncludes(assertThrows(() => credentials.apiKey, CredentialsError).message, "CARTO 3");

  const client = new Credentials({
    apiBaseUrl: "https://h.example/api",
    clientId: "id",
    clientSecret: "s3cret-s3cret",
  });
  assertEquals([client.clientId, client.clientSecret, client.secrets], ["id", "s3cret-s3cret", [
    "s3cret-s3cret",
  ]]);
  assert(!JSON.stringify(client).includes("s3cret-s3cret"));
  assertEquals(new Credentials({ username: "u" }).apiBaseUrl, undefined);
});

Deno.test("credentials: what is missing or mixed up for CARTO 3 is said", () => {
  const url = "https://gcp-us-east1.api.carto.com";
  assertStringIncludes(refused({ accessToken: "t" }).hint ?? "", "apiBaseUrl");
  assertStringIncludes(refused({ apiBaseUrl: url }).message, "neither an access token nor a client id");
  assertStringIncludes(refused({ apiBaseUrl: url, clientId: "id" }).hint ?? "", "clientSecret");
  assertStringIncludes(refused({ apiBaseUrl: url, accessToken: "t", apiKey: "k" }).message, '"apiKey"');
  assertStringIncludes(
    refused({ platform: "classic", username: "u", accessToken: "t" }).message,
    '"accessToken"',
  );
  assertStringIncludes(refused({ platform: "v4", username: "u" }).message, '"platform"');
  assertStringIncludes(refused({ apiBaseUrl: "http://h.example/api", accessToken: "t" }).message, "https");
});

Deno.test("isCredentials: knows those of another copy of the module by their mark", () => {
  const foreign = Object.defineProperty({}, Symbol.for("cartoframes.credentials"), { value: true });
  assert(isCredentials(foreign));
  assert(isCredentials(new Credentials({ username: "u" })));
  assert(!isCredentials({ username: "u", apiKey: "k" }));
  assert(!isCredentials(null));
});
