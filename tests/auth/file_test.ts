import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Credentials } from "../../src/auth/mod.ts";
import { CredentialsError } from "../../src/errors/carto_error.ts";
import { asNewUser, casePath, inTempFolder } from "./_folders.ts";

const own = new Credentials({ username: "u", apiKey: "k-0000-file" });

function write(folder: string, content: string): Promise<string> {
  const path = `${folder}/creds.json`;
  return Deno.writeTextFile(path, content, { mode: 0o600 }).then(() => path);
}

function refused(path?: string): Promise<CredentialsError> {
  return assertRejects(() => Credentials.fromFile(path), CredentialsError);
}

async function modeOf(path: string): Promise<number> {
  return ((await Deno.stat(path)).mode ?? 0) & 0o777;
}

Deno.test("AUTH-022: what was saved to the default file is read from it", async () => {
  await asNewUser(async (folder) => {
    const path = await own.save();
    assert(path.startsWith(folder), path);
    assert(path.endsWith("creds.json"), path);
    const read = await Credentials.fromFile();
    assert(read.equals(own));
    assertEquals(read.source, path);
    assertEquals(read.warnings, []);
  });
});

Deno.test("AUTH-023: what was saved to a path is read from it", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/own.json`;
    assertEquals(await own.save(path), path);
    assert((await Credentials.fromFile(path)).equals(own));
    assert((await Credentials.fromFile(new URL(`file://${path}`))).equals(own));
  });
});

Deno.test("AUTH-024: the file has CARTOframes' fields, so that the Python package reads it", async () => {
  await inTempFolder(async (folder) => {
    const text = await Deno.readTextFile(await own.save(`${folder}/creds.json`));
    assertEquals(JSON.parse(text), {
      username: "u",
      api_key: "k-0000-file",
      base_url: "https://u.carto.com",
      allow_non_secure: false,
    });
  });
});

Deno.test("AUTH-025: saved without a user name the file says null, and is read again", async () => {
  await inTempFolder(async (folder) => {
    const nameless = new Credentials({ baseUrl: "https://localhost:8080", apiKey: "k" });
    const path = await nameless.save(`${folder}/creds.json`);
    assertEquals(JSON.parse(await Deno.readTextFile(path)).username, null);
    assert((await Credentials.fromFile(path)).equals(nameless));
  });
});

Deno.test("AUTH-026 AUTH-027: a missing file is named, with the way to write one", async () => {
  await asNewUser(async (folder) => {
    const error = await refused();
    assertStringIncludes(error.message, "no such file");
    assertStringIncludes(error.message, folder);
    assertStringIncludes(error.hint ?? "", ".save(");
    assertStringIncludes((await refused(`${folder}/missing.json`)).message, 'missing.json": no such file');
  });
});

Deno.test("AUTH-028: a file without a key means the public one", async () => {
  await inTempFolder(async (folder) => {
    const path = await write(folder, '{"username": "u"}');
    assertEquals((await Credentials.fromFile(path)).apiKey, "default_public");
  });
});

Deno.test("AUTH-029: a file without user name and base URL is refused by name", async () => {
  await inTempFolder(async (folder) => {
    const path = await write(folder, '{"api_key": "k-0000-alone"}');
    const error = await refused(path);
    assertEquals(
      error.message,
      `Cannot use the credentials in ${path}: neither a user name nor a base URL is given`,
    );
  });
});

Deno.test("AUTH-030: a file with http and no leave is refused, with both ways to give it", async () => {
  const error = await refused(casePath("creds-http.json"));
  assertStringIncludes(error.message, "creds-http.json");
  assertStringIncludes(error.message, "must use https");
  const path = casePath("creds-http.json");
  const credentials = await Credentials.fromFile(path, { allowNonSecure: true });
  assertEquals([credentials.baseUrl, credentials.allowNonSecure], ["http://ana.carto.com", true]);
  await inTempFolder(async (folder) => {
    const allowed = await credentials.save(`${folder}/creds.json`);
    assertEquals((await Credentials.fromFile(allowed)).baseUrl, "http://ana.carto.com");
  });
});

Deno.test("AUTH-031: a file that is not JSON is refused with the line, and nothing of it is shown", async () => {
  const broken: readonly (readonly [string, string])[] = [
    ['{\n  "username": "u",\n  "api_key": k-0000-bare\n}', "line 3, column 14"],
    ['{"username": "u", "api_key": "k-0000-comma",}', "line 1, column 45"],
    ["username = u\napi_key = k-0000-ini\n", "line 1, column 1"],
    ["{\n'username': 'u', 'api_key': 'k-0000-single'}", "line 2, column 1"],
    ['{"username": "u", "api_key": "k-0000-open', "not valid JSON"],
    ["", "not valid JSON"],
  ];
  await inTempFolder(async (folder) => {
    for (const [text, place] of broken) {
      const error = await refused(await write(folder, text));
      assertStringIncludes(error.message, "not valid JSON");
      assertStringIncludes(error.message, place);
      assert(!/k-0000/.test(Deno.inspect(error)), Deno.inspect(error));
    }
  });
});

Deno.test("file: JSON that is no object, or holds fields of another type, is refused without showing them", async () => {
  await inTempFolder(async (folder) => {
    for (const text of ['["u", "k-0000-list"]', '"k-0000-text"', "null"]) {
      assertStringIncludes((await refused(await write(folder, text))).message, "must be an object");
    }
    const error = await refused(await write(folder, '{"username": "u", "api_key": ["k-0000-list"]}'));
    assertStringIncludes(error.message, '"api_key" must be a text, got a list');
    assert(!Deno.inspect(error).includes("k-0000"));
    const flag = await refused(await write(folder, '{"username": "u", "allow_non_secure": "yes"}'));
    assertStringIncludes(flag.message, '"allow_non_secure" must be true or false');
  });
});

Deno.test("AUTH-033: after delete there is no default file", async () => {
  await asNewUser(async () => {
    await own.save();
    assertEquals(await Credentials.delete(), true);
    assertStringIncludes((await refused()).message, "no such file");
  });
});

Deno.test("AUTH-034: delete without a file is no error, and says so", async () => {
  await asNewUser(async (folder) => {
    assertEquals(await Credentials.delete(), false);
    assertEquals(await Credentials.delete(`${folder}/other.json`), false);
  });
});

Deno.test({
  name: "file: only its owner can read what save writes, also over a file that was open to all",
  // Windows has no such modes
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await inTempFolder(async (folder) => {
      const path = `${folder}/creds.json`;
      await Deno.writeTextFile(path, "{}", { mode: 0o644 });
      await Deno.chmod(path, 0o644);
      await own.save(path);
      assertEquals(await modeOf(path), 0o600);
      assertEquals((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), ["creds.json"]);
    });
    await asNewUser(async () => {
      const path = await own.save();
      assertEquals(await modeOf(path), 0o600);
      assertEquals(await modeOf(path.replace("/creds.json", "")), 0o700);
    });
  },
});

Deno.test({
  name: "file: one that others can read gives a warning with the way out",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await inTempFolder(async (folder) => {
      const path = await write(folder, '{"username": "u"}');
      for (const [mode, shown] of [[0o644, "0644"], [0o640, "0640"], [0o604, "0604"]] as const) {
        await Deno.chmod(path, mode);
        const { warnings } = await Credentials.fromFile(path);
        assertEquals(warnings, [
          `"${path}" can be read by other users (mode ${shown}): run chmod 600 ${path}`,
        ]);
      }
      await Deno.chmod(path, 0o600);
      assertEquals((await Credentials.fromFile(path)).warnings, []);
    });
  },
});

Deno.test("case creds-bom: a UTF-8 mark and CRLF do no harm", async () => {
  const credentials = await Credentials.fromFile(casePath("creds-bom.json"));
  assertEquals([credentials.username, credentials.apiKey], ["ana", "k-0000-bom"]);
});

Deno.test("case creds-trailing-slash: user name from the address, equal after saving and reading", async () => {
  const credentials = await Credentials.fromFile(casePath("creds-trailing-slash.json"));
  assertEquals([credentials.username, credentials.baseUrl], ["ana", "https://ana.carto.com"]);
  await inTempFolder(async (folder) => {
    const path = await credentials.save(`${folder}/creds.json`);
    assert((await Credentials.fromFile(path)).equals(credentials));
  });
});

Deno.test("case creds-onprem-no-username: user name from the path", async () => {
  const credentials = await Credentials.fromFile(casePath("creds-onprem-no-username.json"));
  assertEquals([credentials.username, credentials.baseUrl], ["ana", "https://maps.example.org/user/ana"]);
});

Deno.test("case creds-old-keys: the old name of the key is read, with a note on the new one", async () => {
  const credentials = await Credentials.fromFile(casePath("creds-old-keys.json"));
  assertEquals(credentials.apiKey, "k-0000-old");
  assert(credentials.warnings.some((note) => note.includes('"key" is the old name of "api_key"')));
});

Deno.test("case creds-special-chars: the key keeps its bytes through saving and reading", async () => {
  const credentials = await Credentials.fromFile(casePath("creds-special-chars.json"));
  assertEquals(credentials.apiKey, 'a+b/c=d&e#f%20g h"i\\jé');
  await inTempFolder(async (folder) => {
    const path = await credentials.save(`${folder}/creds.json`);
    assertEquals((await Credentials.fromFile(path)).apiKey, credentials.apiKey);
  });
});

Deno.test("case creds-platform-3: the region's address, the token and the connection", async () => {
  const credentials = await Credentials.fromFile(casePath("creds-platform-3.json"));
  assertEquals(credentials.platform, "v3");
  assertEquals(credentials.baseUrl, "https://gcp-europe-west1.api.carto.com");
  assertEquals([credentials.accessToken, credentials.connection], ["token-0000-regional", "carto_dw"]);
  await inTempFolder(async (folder) => {
    const path = await credentials.save(`${folder}/creds.json`);
    assertEquals(Object.keys(JSON.parse(await Deno.readTextFile(path))), [
      "api_base_url",
      "access_token",
      "connection",
    ]);
    assert((await Credentials.fromFile(path)).equals(credentials));
  });
});
