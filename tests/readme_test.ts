// The README's tour as a newcomer runs it: its blocks one after the other in one script, against a local CARTO.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { startEmulator } from "../src/emulator/mod.ts";
import { buildViewerIfStale } from "../src/viz/_build_viewer.ts";
import { projectFile, runDeno } from "./_tools/run_deno.ts";

Deno.test("README: the blocks of the tour run in their order and print what they say", async () => {
  const readme = await Deno.readTextFile(projectFile("README.md"));
  const blocks = [...readme.matchAll(/^```ts ignore\n(.*?)^```$/gms)].map((match) => match[1] ?? "");
  const script = blocks.join("\n");
  await buildViewerIfStale();
  await using carto = await startEmulator({
    accounts: [{ username: "ana", masterKey: "0123456789abcdef0123" }],
  });
  const { apiKey, baseUrl, username } = carto.credentials("ana");
  const cwd = await Deno.makeTempDir({ dir: projectFile("tests") });
  try {
    await Deno.writeTextFile(
      `${cwd}/creds.json`,
      JSON.stringify({ username, api_key: apiKey, base_url: baseUrl }),
      { mode: 0o600 },
    );
    await Deno.writeTextFile(`${cwd}/tour.ts`, script);
    const flags = [
      "--allow-read=creds.json",
      "--allow-write=cafes.html",
      `--allow-net=${new URL(carto.url).host}`,
    ];
    const result = await runDeno(["run", "--no-prompt", ...flags, `${cwd}/tour.ts`], { cwd });
    assertEquals([result.code, result.stderr], [0, ""]);
    for (
      const text of [
        "geometry geometry",
        "cafes 2 [",
        "Hawai 4",
        "100000",
        "{ stars: 3 }",
        "not-found",
        "2 Latitude -93.7",
        "cafes.html is written",
        "costs 2 of 100000",
        '"data_range"',
      ]
    ) {
      assertStringIncludes(result.stdout, text);
    }
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});
