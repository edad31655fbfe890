import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Credentials } from "../../src/auth/mod.ts";
import { CredentialsError } from "../../src/errors/carto_error.ts";
import { asNewUser, casePath, withEnv } from "./_folders.ts";

/** Every source is filled; each test takes away from the top. */
async function withAllSources(
  run: (
    folder: string,
    remove: (source: "environment" | ".env" | "creds.json") => Promise<void>,
  ) => Promise<void>,
): Promise<void> {
  await asNewUser(async (folder) => {
    await new Credentials({ username: "user-folder" }).save();
    await Deno.mkdir(`${folder}/here`);
    const here = `${folder}/here`;
    await new Credentials({ username: "creds-json" }).save(`${here}/creds.json`);
    await Deno.writeTextFile(`${here}/.env`, "CARTO_USERNAME=dot-env\nCARTO_API_KEY=k-dot-env\n");
    await new Credentials({ username: "flag" }).save(`${here}/mine.json`);
    await withEnv({ CARTO_USERNAME: "env", CARTO_API_KEY: "k-env" }, () =>
      run(here, (source) => {
        if (source !== "environment") return Deno.remove(`${here}/${source}`);
        Deno.env.delete("CARTO_USERNAME");
        Deno.env.delete("CARTO_API_KEY");
        return Promise.resolve();
      }));
  });
}

Deno.test("resolve: the sources win in their written order, and each says that it did", async () => {
  await withAllSources(async (directory, remove) => {
    const args = ["--creds", "mine.json"];
    const won = async (flags: string[], given?: Credentials) => {
      const found = await Credentials.resolve({ args: flags, directory, credentials: given });
      return [found.username, found.source];
    };
    const given = new Credentials({ username: "given" });
    assertEquals(await won(args, given), ["given", "constructor"]);
    assertEquals(await won(args), ["flag", "mine.json (--creds)"]);
    assertEquals(await won(["--creds=mine.json"]), ["flag", "mine.json (--creds)"]);
    assertEquals(await won([]), ["env", "environment"]);
    await remove("environment");
    assertEquals(await won([]), ["dot-env", `${directory}/.env`]);
    await remove(".env");
    assertEquals(await won([]), ["creds-json", `${directory}/creds.json`]);
    await remove("creds.json");
    const [username, source] = await won([]);
    assertEquals(username, "user-folder");
    assertStringIncludes(source ?? "", "cartoframes");
  });
});

Deno.test("resolve: an object given is taken itself, plain data make one", async () => {
  const given = new Credentials({ username: "given" });
  assert(await Credentials.resolve({ credentials: given }) === given);
  assertEquals((await Credentials.resolve({ credentials: { username: "plain" } })).username, "plain");
});

Deno.test("resolve: remembers the places it looked at before, and why they were not used", async () => {
  await withAllSources(async (directory, remove) => {
    await remove("environment");
    await remove(".env");
    const { sourcesTried } = await Credentials.resolve({ args: [], directory });
    assertEquals(sourcesTried, [
      { source: "--creds", reason: "not given", flags: [] },
      { source: "environment", reason: "neither CARTO_USERNAME nor CARTO_BASE_URL is set", flags: [] },
      { source: `${directory}/.env`, reason: "no such file", flags: [] },
    ]);
  });
});

Deno.test("resolve: with no source there is one error that lists them all", async () => {
  await asNewUser(async (directory) => {
    const error = await assertRejects(() => Credentials.resolve({ args: [], directory }), CredentialsError);
    for (
      const part of [
        "--creds: not given",
        "environment: neither",
        ".env: no such file",
        "creds.json: no such file",
      ]
    ) {
      assertStringIncludes(error.message, part);
    }
    assertStringIncludes(error.hint ?? "", "--creds FILE");
    assertStringIncludes(error.hint ?? "", "CARTO_USERNAME");
  });
});

Deno.test("resolve: a source that is there and broken is an error, not a reason to go on", async () => {
  await withAllSources(async (directory, remove) => {
    const error = (args: string[] = []) =>
      assertRejects(() => Credentials.resolve({ args, directory }), CredentialsError);
    assertStringIncludes((await error(["--creds", "gone.json"])).message, 'gone.json": no such file');
    assertStringIncludes((await error(["--creds"])).message, "--creds stands without a file");
    assertStringIncludes((await error(["--creds", "--json"])).message, "--creds stands without a file");

    Deno.env.set("CARTO_BASE_URL", "http://env.example.org");
    assertStringIncludes((await error()).message, "in environment: ");
    Deno.env.delete("CARTO_BASE_URL");

    await remove("environment");
    await Deno.writeTextFile(`${directory}/.env`, "CARTO_API_KEY=k-alone\n");
    const alone = await error();
    assertStringIncludes(alone.message, "CARTO_API_KEY is set, but neither");
    assertStringIncludes(alone.message, ".env");
    await remove(".env");

    await Deno.writeTextFile(`${directory}/creds.json`, "{broken");
    assertStringIncludes((await error()).message, "creds.json: the file is not valid JSON");
    await Deno.remove(`${directory}/creds.json`);
    await Deno.mkdir(`${directory}/creds.json`);
    assertStringIncludes((await error()).message, 'creds.json": it is a folder');
  });
});

Deno.test("resolve: a key is never combined with the address of another source", async () => {
  await withAllSources(async (directory) => {
    Deno.env.delete("CARTO_USERNAME");
    const error = await assertRejects(() => Credentials.resolve({ args: [], directory }), CredentialsError);
    assertStringIncludes(error.hint ?? "", "the sources are not mixed");
  });
});

Deno.test("fromFlags: reads the file of --creds, last one first, nothing after --", async () => {
  await withAllSources(async (directory) => {
    const from = (...args: string[]) => Credentials.fromFlags({ args, directory });
    assertEquals(
      (await from("upload", "--creds", "creds.json", "--json", "--creds=mine.json")).username,
      "flag",
    );
    const absolute = await from("--creds", `${directory}/mine.json`);
    assertEquals(absolute.username, "flag");
    for (const args of [[], ["--", "--creds", "mine.json"], ["--credsx=mine.json"]]) {
      const error = await assertRejects(() => from(...args), CredentialsError);
      assertEquals(error.message, "Cannot find credentials in --creds: not given");
    }
  });
});

Deno.test("fromEnv: reads the three variables; an empty one is not set", async () => {
  const values = {
    CARTO_USERNAME: "ana",
    CARTO_API_KEY: "",
    CARTO_BASE_URL: "https://maps.example.org/user/ana",
  };
  await asNewUser(() =>
    withEnv(values, async () => {
      const credentials = await Credentials.fromEnv();
      assertEquals(credentials.username, "ana");
      assertEquals(credentials.apiKey, "default_public");
      assertEquals(credentials.baseUrl, "https://maps.example.org/user/ana");
      assertEquals(credentials.source, "environment");
    })
  );
  await asNewUser(async () => {
    const error = await assertRejects(() => Credentials.fromEnv(), CredentialsError);
    assertStringIncludes(error.message, "neither CARTO_USERNAME nor CARTO_BASE_URL is set");
  });
});

Deno.test("case dotenv-quotes: comments, export, quotes and blanks", async () => {
  const credentials = await Credentials.fromEnv({ file: casePath("dotenv-quotes.env") });
  assertEquals(credentials.username, "ana");
  assertEquals(credentials.apiKey, "k-0000#notacomment");
  assertEquals(credentials.baseUrl, "https://ana.carto.com");

  const { parse } = await import("../../src/_deps/dotenv.ts");
  const all = parse(await Deno.readTextFile(casePath("dotenv-quotes.env")));
  assertEquals({ ...all }, {
    CARTO_USERNAME: "ana",
    CARTO_API_KEY: "k-0000#notacomment",
    CARTO_BASE_URL: "https://ana.carto.com/",
    CARTO_EMPTY: "",
    _CARTO_UNDERSCORE: "1",
    CARTO_SPACES: "two words here",
    CARTO_INDENTED: "padded",
  });
});

Deno.test("case dotenv-crlf-bom: a mark and CRLF leave no trace in name or value", async () => {
  const credentials = await Credentials.fromEnv({ file: casePath("dotenv-crlf-bom.env") });
  assertEquals([credentials.username, credentials.apiKey], ["ana", "k-0000-crlf"]);
  const { parse } = await import("../../src/_deps/dotenv.ts");
  const text = (await Deno.readTextFile(casePath("dotenv-crlf-bom.env"))).replace(/^\uFEFF/, "");
  assertEquals(parse(text).CARTO_NOTE?.split(/\r?\n/), ["first line", "second line"]);
});

Deno.test("fromEnv: a value that refers to itself is refused, not looked up for ever", async () => {
  await asNewUser(async (folder) => {
    const file = `${folder}/.env`;
    await Deno.writeTextFile(file, "CARTO_USERNAME=ana\nCARTO_API_KEY=$CARTO_API_KEY\n");
    const error = await assertRejects(() => Credentials.fromEnv({ file }), CredentialsError);
    assertStringIncludes(error.message, "refers to a variable that cannot be filled in");
    await Deno.writeTextFile(file, "CARTO_USERNAME=ana\nCARTO_API_KEY='k$0000'\n");
    assertEquals((await Credentials.fromEnv({ file })).apiKey, "k$0000");
  });
});
