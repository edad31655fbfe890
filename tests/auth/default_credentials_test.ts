import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  Credentials,
  getDefaultCredentials,
  setDefaultCredentials,
  unsetDefaultCredentials,
} from "../../src/auth/mod.ts";
import { requireCredentials } from "../../src/auth/_require_credentials.ts";
import { ArgumentError, CredentialsError } from "../../src/errors/carto_error.ts";
import { asNewUser, inTempFolder } from "./_folders.ts";

type Arguments = Parameters<typeof setDefaultCredentials>;

/** What the default is after a call, as a user looks at it; the default is forgotten afterwards. */
async function after(...args: Arguments): Promise<unknown> {
  unsetDefaultCredentials();
  try {
    const returned = await setDefaultCredentials(...args);
    const found = getDefaultCredentials();
    assert(found === returned);
    return [found.username, found.apiKey, found.baseUrl];
  } finally {
    unsetDefaultCredentials();
  }
}

Deno.test("DEF-001: at first there is no default", () => {
  unsetDefaultCredentials();
  assertEquals(getDefaultCredentials(), undefined);
});

Deno.test("DEF-002 DEF-003: without arguments the default file is read, and must be there", async () => {
  await asNewUser(async () => {
    const error = await assertRejects(() => after(), CredentialsError);
    assertStringIncludes(error.message, "no such file");
    assertEquals(getDefaultCredentials(), undefined);
    await new Credentials({ username: "u", apiKey: "k" }).save();
    assertEquals(await after(), ["u", "k", "https://u.carto.com"]);
    assertEquals(await after({}), ["u", "k", "https://u.carto.com"]);
  });
});

Deno.test("DEF-004: a user name", async () => {
  assertEquals(await after("johnsmith"), ["johnsmith", "default_public", "https://johnsmith.carto.com"]);
});

Deno.test("DEF-005: a user name and a key", async () => {
  assertEquals(await after("johnsmith", "key"), ["johnsmith", "key", "https://johnsmith.carto.com"]);
  assertEquals(await after("johnsmith", ""), ["johnsmith", "default_public", "https://johnsmith.carto.com"]);
});

Deno.test("DEF-006: a base URL", async () => {
  assertEquals(await after("https://j.carto.com"), ["j", "default_public", "https://j.carto.com"]);
  assertEquals(await after(new URL("https://j.carto.com")), ["j", "default_public", "https://j.carto.com"]);
});

Deno.test("DEF-007: a base URL and a key", async () => {
  assertEquals(await after("https://j.carto.com", "key"), ["j", "key", "https://j.carto.com"]);
});

Deno.test("DEF-008: a base URL with http is refused", async () => {
  const error = await assertRejects(() => after("http://j.carto.com", "key"), CredentialsError);
  assertStringIncludes(error.message, "must use https");
});

Deno.test("DEF-009: a base URL with http is accepted where it is allowed", async () => {
  assertEquals(await after("http://j.carto.com", "key", { allowNonSecure: true }), [
    "j",
    "key",
    "http://j.carto.com",
  ]);
});

Deno.test("DEF-010 DEF-011 DEF-012: a path ending in .json, in any case, or any path by name", async () => {
  await inTempFolder(async (folder) => {
    const expected = ["u", "k", "https://u.carto.com"];
    for (const name of ["creds.json", "CREDS.JSON", "creds.txt"]) {
      const path = await new Credentials({ username: "u", apiKey: "k" }).save(`${folder}/${name}`);
      if (name !== "creds.txt") assertEquals(await after(path), expected);
      if (name !== "creds.txt") assertEquals(await after(`${path} `), expected);
      assertEquals(await after({ filepath: path }), expected);
      assertEquals(await after(new URL(`file://${path}`)), expected);
    }
  });
});

Deno.test("DEF-013: credentials are kept themselves, not copied", async () => {
  const own = new Credentials({ username: "u", apiKey: "k" });
  assert(await setDefaultCredentials(own) === own);
  assert(getDefaultCredentials() === own);
  await setDefaultCredentials({ credentials: own });
  assert(getDefaultCredentials() === own);
  unsetDefaultCredentials();
});

Deno.test("DEF-014: the parts by name, in either spelling", async () => {
  assertEquals(await after({ username: "z", apiKey: "zz" }), ["z", "zz", "https://z.carto.com"]);
  const parsed = JSON.parse('{"username": "z", "api_key": "zz"}');
  assertEquals(await after(parsed), ["z", "zz", "https://z.carto.com"]);
});

Deno.test("DEF-015: a base URL and a user name are both kept", async () => {
  assertEquals(await after({ baseUrl: "https://q.carto.com", username: "w", apiKey: "zz" }), [
    "w",
    "zz",
    "https://q.carto.com",
  ]);
});

Deno.test("DEF-016: a base URL without scheme is an error, not left out", async () => {
  const error = await assertRejects(() => after({ baseUrl: "q.carto.com", username: "w" }), CredentialsError);
  assertEquals(error.hint, "Write https://q.carto.com");
});

Deno.test("DEF-017: the first argument wins over the user name by name", async () => {
  assertEquals(await after("first", undefined, { username: "z" }), [
    "first",
    "default_public",
    "https://first.carto.com",
  ]);
});

Deno.test("DEF-018: the second argument wins over the key by name", async () => {
  assertEquals(await after("first", "sec", { apiKey: "k" }), ["first", "sec", "https://first.carto.com"]);
  assertEquals(await after("first", undefined, { apiKey: "k" }), ["first", "k", "https://first.carto.com"]);
});

Deno.test("DEF-020: a user name that looks like a file is taken as a file, and the error says so", async () => {
  const error = await assertRejects(() => after("weird.json"), CredentialsError);
  assertEquals(error.message, 'Cannot read "weird.json": no such file');
});

Deno.test("DEF-021: unset forgets the default", async () => {
  await setDefaultCredentials("u");
  unsetDefaultCredentials();
  assertEquals(getDefaultCredentials(), undefined);
});

Deno.test("DEF-022: credentials given to a call win over the default", async () => {
  await setDefaultCredentials("default-user");
  const own = new Credentials({ username: "own" });
  assert(requireCredentials(own) === own);
  assertEquals(requireCredentials(undefined).username, "default-user");
  unsetDefaultCredentials();
});

Deno.test("setDefaultCredentials: an empty text is an error, and a failure leaves the default as it was", async () => {
  await setDefaultCredentials("before");
  await assertRejects(() => setDefaultCredentials(""), ArgumentError);
  await assertRejects(() => setDefaultCredentials("http://j.carto.com"), CredentialsError);
  assertEquals(getDefaultCredentials()?.username, "before");
  unsetDefaultCredentials();
});
