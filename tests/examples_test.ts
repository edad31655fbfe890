// Each example runs with exactly the flags of its first line, against a local CARTO, in a folder of its own.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { startEmulator } from "../src/emulator/mod.ts";
import { buildViewerIfStale } from "../src/viz/_build_viewer.ts";
import { projectFile, runDeno } from "./_tools/run_deno.ts";
import { HAS_BROWSER, lookAt, texts } from "./browser/_browser.ts";

/** What each example must have printed. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  "01_local_frame.ts": ["9007199254740993", '"coordinates":[-3.699732,40.423012]', '"El Rey, ""tallarín"""'],
  "02_credentials.ts": ["••••", "https://opendata.carto.com default_public"],
  "03_tables.ts": ["senal_1", "El Estocolmo false", "example_cafes"],
  "04_scheduled_job.ts": ["25000 rows"],
  "05_classic_apis.ts": ["L'Aquila", "9007199254740993", "done", "n\n1\n2\n3\n4\n5\n"],
  "06_local_carto.ts": ["3\n4\n"],
  "07_map.ts": ["map.html is written"],
  "11_import_and_share.ts": [
    "import: complete",
    "refused: 1005",
    'ApiKey { name: "example reader"',
    "cell: Retiro 0",
    "tile: true",
    "page: example parks public",
  ],
  "12_shops_and_people.ts": ["geocoding costs 4 of 100000", "8 areas", "people within 900 s", "shops.html"],
};

/** The page that an example writes, and what must be seen on it. */
const SHOWN: Readonly<Record<string, { readonly page: string; readonly texts: readonly string[] }>> = {
  "12_shops_and_people.ts": { page: "shops.html", texts: ["Within a walk", "Most people"] },
};

Deno.test("examples: each runs with exactly the flags on its first line", async (t) => {
  await buildViewerIfStale();
  await using carto = await startEmulator({
    accounts: [{ username: "ana", masterKey: "0123456789abcdef0123" }],
  });
  const { apiKey, baseUrl, username } = carto.credentials("ana");
  const host = new URL(carto.url).host;
  for (const [name, expected] of Object.entries(EXPECTED)) {
    let page = "";
    await t.step(name, async () => {
      const script = projectFile(`examples/${name}`);
      const first = (await Deno.readTextFile(script)).split("\n")[0] ?? "";
      const flags = /^\/\/ deno run( --.*)? examples\//.exec(first)?.[1]?.trim().split(" ") ?? [];
      assert(first.endsWith(`examples/${name}`), "the first line is the command");
      const cwd = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(
          `${cwd}/creds.json`,
          JSON.stringify({ username, api_key: apiKey, base_url: baseUrl }),
          { mode: 0o600 },
        );
        const env = first.includes("--allow-env")
          ? { CARTO_USERNAME: username, CARTO_API_KEY: apiKey, CARTO_BASE_URL: baseUrl }
          : {};
        const result = await runDeno(
          ["run", "--no-prompt", ...flags.map((flag) => flag.replace("127.0.0.1:8080", host)), script],
          { cwd, env },
        );
        assertEquals([result.code, result.stderr], [0, ""]);
        for (const text of expected) assertStringIncludes(result.stdout, text);
        assert(!`${result.stdout}${result.stderr}`.includes(apiKey), "the key is not shown");
        const shown = SHOWN[name];
        if (shown !== undefined) page = await Deno.readTextFile(`${cwd}/${shown.page}`);
      } finally {
        await Deno.remove(cwd, { recursive: true });
      }
    });
    const shown = SHOWN[name];
    if (shown === undefined || page === "") continue;
    await t.step({
      name: `${name}: its map in a browser${HAS_BROWSER ? "" : " (ignored: Chromium is not installed)"}`,
      ignore: !HAS_BROWSER,
      fn: () =>
        lookAt(async (open) => {
          const { tab } = await open(page);
          const seen = (await texts(tab, "body")).join();
          for (const text of shown.texts) assertStringIncludes(seen, text);
        }),
    });
  }
});

Deno.test("examples: the demo runs with exactly the flags of its task", async () => {
  const command = config.tasks.demo.command.split(" ");
  // What the task that comes first does
  assertEquals(config.tasks.demo.dependencies, ["viewer:fresh"]);
  await buildViewerIfStale();
  const cwd = await Deno.makeTempDir();
  try {
    const flags = command.filter((word) => word.startsWith("--allow"));
    const script = projectFile(command.at(-1) ?? "");
    const { code, stdout, stderr } = await runDeno(["run", "--no-prompt", ...flags, script], { cwd });
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /Upload 135,233 rows as "cities" +\d+\.\d\d s +[\d,]+ rows\/s/);
    assertStringIncludes(stdout, "Every value came back as it went in.");
    const counts = await Deno.readTextFile(`${cwd}/out/demo/cities_per_country.csv`);
    assertStringIncludes(stdout, "out/demo/cities.html");
    const map = await Deno.readTextFile(`${cwd}/out/demo/cities.html`);
    assertMatch(map, /^<!DOCTYPE html>.*<title>The world&#39;s cities<\/title>/s);
    assert(map.length < 4_000_000, `the map has ${map.length} characters`);
    for (const text of ['"histogram"', '"category"', '"kind"', '"Capital"', '"country"']) {
      assertStringIncludes(map, text);
    }
    assertMatch(counts, /^country,cities,people\nUnited States of America,\d+,\d+\n/);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

Deno.test("examples: every numbered example but the demo has its expected output listed", async () => {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(projectFile("examples"))) {
    if (/^\d\d_/.test(name) && name !== "00_demo.ts") names.push(name);
  }
  assertEquals(names.sort(), Object.keys(EXPECTED).sort());
});
