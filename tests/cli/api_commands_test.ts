// The commands of imports, datasets, maps, keys, pages and quotas against a stand-in for CARTO: with exactly the flags
// of their lines in the README, and never with a secret in what they print.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { startEmulator } from "../../src/emulator/mod.ts";
import { projectFile, runDeno, type RunResult } from "../_tools/run_deno.ts";

const KEY = "0123456789abcdef0123";
const TOKEN = "r3gular-t0ken-of-reader";
const MAP_TOKEN = "t0ken-of-the-map";

/** One request as the stand-in received it. */
interface Seen {
  readonly line: string;
  readonly body: string;
}

const KEY_JSON = {
  name: "reader",
  type: "regular",
  token: TOKEN,
  grants: [{ type: "apis", apis: ["sql"] }, {
    type: "database",
    tables: [{ schema: "public", name: "cafes", permissions: ["select", "insert"] }],
  }],
};
const DATASET = {
  id: "d-1",
  name: "cafes",
  type: "table",
  privacy: "PRIVATE",
  dependent_visualizations_count: 1,
};
const MAP = { id: "m-1", name: "Cafés", type: "derived", privacy: "PUBLIC" };
const PAGE = { id: "k-1", name: "Cafés", privacy: "public", url: "https://ana.carto.com/kuviz/k-1" };
const SYNC = { id: "s-1", name: "stops", state: "success", interval: 3600, ran_at: "2020-01-01T00:00:00Z" };
const TEMPLATE = {
  version: "0.0.1",
  name: "good_cafes",
  auth: { method: "token", valid_tokens: [MAP_TOKEN] },
  layergroup: { layers: [] },
};
const QUOTA = { service: "isolines", monthly_quota: 100, used_quota: 1, soft_limit: false, provider: "here" };

const USER = {
  username: "joe",
  email: "joe@example.org",
  table_count: 3,
  db_size_in_bytes: 1500,
  quota_in_bytes: 2000,
};

/** What the stand-in answers, by method and path after the account. */
const ANSWERS: Record<string, unknown> = {
  "GET /api/v1/organization/cafes/users/joe": USER,
  "POST /api/v1/imports/": { item_queue_id: "i-1", success: true },
  "GET /api/v1/imports/i-1/": { id: "i-1", state: "complete", success: true, table_name: "parks" },
  "GET /api/v1/synchronizations/": { synchronizations: [SYNC] },
  "POST /api/v1/synchronizations/": { ...SYNC, state: "created" },
  "GET /api/v1/synchronizations/s-1/": SYNC,
  "PUT /api/v1/synchronizations/s-1/sync_now": { enqueued: true },
  "GET /api/v1/viz/": { visualizations: [DATASET], total_entries: 1 },
  "GET /api/v1/viz/cafes/": DATASET,
  "PUT /api/v1/viz/d-1/": { ...DATASET, privacy: "PUBLIC" },
  "GET /api/v1/viz/m-1/": MAP,
  "POST /api/v3/visualization_exports/": { id: "e-1", state: "pending" },
  "GET /api/v3/visualization_exports/e-1/": {
    id: "e-1",
    state: "complete",
    url: "https://x.example/e.carto",
  },
  "GET /api/v1/map/named": { template_ids: ["good_cafes"] },
  "GET /api/v1/map/named/good_cafes": { template: TEMPLATE },
  "POST /api/v1/map/named": { template_id: "good_cafes" },
  "PUT /api/v1/map/named/good_cafes": { template_id: "good_cafes" },
  "POST /api/v1/map/named/good_cafes": { layergroupid: "ana@1:0", metadata: { layers: [] } },
  "POST /api/v1/map": { layergroupid: "abc:0", metadata: { layers: [] } },
  "GET /api/v3/api_keys/": { total: 1, result: [KEY_JSON] },
  "GET /api/v3/api_keys/reader/": KEY_JSON,
  "POST /api/v3/api_keys/": KEY_JSON,
  "POST /api/v3/api_keys/reader/token/regenerate": KEY_JSON,
  "DELETE /api/v3/api_keys/reader": KEY_JSON,
  "GET /api/v4/kuviz/": { visualizations: [PAGE], total_entries: 1 },
  "POST /api/v4/kuviz/": PAGE,
  "PUT /api/v4/kuviz/k-1/": PAGE,
  "GET /api/v3/me": {
    user_data: { id: "u", username: "ana", quota_in_bytes: 2000, remaining_byte_quota: 1500 },
  },
  "POST /api/v2/sql": { rows: [QUOTA], total_rows: 1, time: 0 },
};

/** Another database, with a secret. */
const DATABASE = {
  provider: "postgres",
  connection: { server: "db.example", database: "city", username: "u", password: "a-pass-word" },
  table: "stops",
};

/** A server that answers so, and keeps what it was asked. */
function standIn(seen: Seen[]): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const path = new URL(request.url).pathname.replace("/user/ana", "");
    const line = `${request.method} ${path}`;
    seen.push({ line, body: await request.text() });
    if (request.headers.get("authorization") !== `Basic ${btoa(`ana:${KEY}`)}`) {
      return Response.json({ errors: "Unauthorized" }, { status: 401 });
    }
    if (line in ANSWERS) return Response.json(ANSWERS[line]);
    if (request.method === "DELETE") return new Response(null, { status: 204 });
    return Response.json({ errors: [`nothing at ${line}`] }, { status: 404 });
  });
}

/** The flags that the README gives a command, its placeholders filled in. */
async function readmeFlags(command: string, host: string, file = ""): Promise<string[]> {
  const readme = await Deno.readTextFile(projectFile("README.md"));
  const row = readme.split("\n").find((line) =>
    line.startsWith("| `") && line.includes(`\`${command}\``) && line.includes("--allow")
  );
  const flags = /`(--allow[^`]*)`/.exec(row ?? "")?.[1];
  assert(flags !== undefined, `the README has flags for ${command}`);
  return flags.replace("HOST:443", host).replace("FILE", file).split(" ");
}

Deno.test("commands of the classic APIs: each runs with the README's narrow flags and shows no secret", async (t) => {
  const seen: Seen[] = [];
  await using server = standIn(seen);
  const host = `127.0.0.1:${server.addr.port}`;
  const cwd = await Deno.makeTempDir();
  const printed: string[] = [];
  const run = async (flags: readonly string[], ...words: string[]): Promise<RunResult> => {
    seen.length = 0;
    const result = await runDeno(
      ["run", "--no-prompt", ...flags, projectFile("src/cli/main.ts"), ...words, "--creds", "creds.json"],
      { cwd },
    );
    if (!words.includes("--show")) printed.push(result.stdout, result.stderr);
    return result;
  };
  const good = async (flags: readonly string[], ...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(flags, ...words);
    assertEquals([code, stderr], [0, ""], words.join(" "));
    return stdout;
  };
  try {
    const file = { username: "ana", api_key: KEY, base_url: `http://${host}/user/ana` };
    await Deno.writeTextFile(`${cwd}/creds.json`, JSON.stringify(file), { mode: 0o600 });
    await Deno.writeTextFile(`${cwd}/parks.csv`, "name\nRetiro\n");
    await Deno.writeTextFile(`${cwd}/database.json`, JSON.stringify(DATABASE), { mode: 0o600 });
    await Deno.writeTextFile(`${cwd}/page.html`, "<!DOCTYPE html><p>ñ</p>");
    await Deno.writeTextFile(`${cwd}/map.json`, JSON.stringify(TEMPLATE));
    const simple = await readmeFlags("datasets", host);

    await t.step("import", async () => {
      const flags = await readmeFlags("import FILE", host, "parks.csv");
      assertEquals(await good(flags, "import", "parks.csv", "--privacy", "private"), 'table "parks"\n');
      assertStringIncludes(seen[0]?.body ?? "", 'filename="parks.csv"');
      assertStringIncludes(seen[0]?.body ?? "", "name\nRetiro\n");
      const url = "https://data.example/parks.csv";
      assertEquals(await good(simple, "import", url, "--no-wait", "--if-exists", "skip"), "i-1\n");
      assertEquals(JSON.parse(seen[0]?.body ?? ""), { collision_strategy: "skip", url });
      const refused = await run(simple, "import", "parks.csv");
      assertEquals(refused.code, 3);
      assertStringIncludes(refused.stderr, "--allow-read=parks.csv");
      assertEquals((await run(flags, "import", "parks.csv", "--if-exists", "what")).code, 2);
      // A password is read from a file, and is neither printed nor in a message
      const withFile = await readmeFlags("import --connector FILE", host, "database.json");
      const from = ["--connector", "database.json"];
      assertEquals(await good(withFile, "import", ...from, "--privacy", "link"), 'table "parks"\n');
      assertEquals(JSON.parse(seen[0]?.body ?? ""), { privacy: "link", connector: DATABASE });
      for (const words of [["import"], ["import", "parks.csv", ...from]]) {
        const { code, stderr } = await run(withFile, ...words);
        assertEquals([code, seen.length], [2, 0], stderr);
        assertStringIncludes(stderr, "--connector FILE");
      }
    });

    await t.step("sync", async () => {
      assertStringIncludes(await good(simple, "sync"), "s-1");
      assertEquals(
        await good(simple, "sync", "create", "https://x.example/a.csv", "--every", "3600"),
        's-1 table "stops"\n',
      );
      assertEquals(await good(simple, "sync", "run", "s-1"), "success\n");
      assertEquals(await good(simple, "sync", "delete", "s-1"), "");
      assertEquals((await run(simple, "sync", "create", "https://x.example/a.csv")).code, 2);
      const withFile = await readmeFlags("import --connector FILE", host, "database.json");
      const words = ["--connector", "database.json", "--every", "900", "--no-guessing"];
      assertEquals(await good(withFile, "sync", "create", ...words), 's-1 table "stops"\n');
      assertEquals(JSON.parse(seen[0]?.body ?? ""), {
        connector: DATABASE,
        interval: 900,
        type_guessing: false,
      });
      assertEquals((await run(simple, "sync", "create", "https://x.example/a", "--every", "5")).code, 2);
    });

    await t.step("datasets and visualizations", async () => {
      assertStringIncludes(await good(simple, "datasets"), "cafes");
      assertEquals(JSON.parse(await good(simple, "datasets", "show", "cafes", "--json")), DATASET);
      assertStringIncludes(await good(simple, "datasets", "privacy", "cafes", "public"), "PUBLIC");
      const refused = await run(simple, "datasets", "delete", "cafes");
      assertEquals(refused.code, 2);
      assertStringIncludes(refused.stderr, "1 map uses it");
      assertEquals(await good(simple, "datasets", "delete", "cafes", "--force"), "");
      assertEquals(await good(simple, "visualizations", "export", "m-1"), "https://x.example/e.carto\n");
      assertStringIncludes(await good(simple, "visualizations", "show", "m-1"), "Cafés");
    });

    await t.step("maps", async () => {
      assertEquals(await good(simple, "maps"), "good_cafes\n");
      assert(!(await good(simple, "maps", "show", "good_cafes")).includes(MAP_TOKEN));
      assertStringIncludes(await good(simple, "maps", "show", "good_cafes", "--show"), MAP_TOKEN);
      const flags = await readmeFlags("maps create FILE", host, "map.json");
      assertEquals(await good(flags, "maps", "create", "map.json"), "good_cafes\n");
      assertEquals(JSON.parse(seen[0]?.body ?? ""), TEMPLATE);
      assertEquals(await good(flags, "maps", "update", "map.json"), "good_cafes\n");
      const base = `http://${host}/user/ana/api/v1/map`;
      const words = ["maps", "tiles", "good_cafes", "--params", '{"stars":4}', "--token", MAP_TOKEN];
      assertEquals(await good(simple, ...words), `${base}/ana@1:0/{z}/{x}/{y}.mvt\n`);
      assertEquals(seen[0]?.body, '{"stars":4}');
      assertEquals(
        await good(simple, ...words, "--show", "--format", "png"),
        `${base}/ana@1:0/{z}/{x}/{y}.png?auth_token=${MAP_TOKEN}&api_key=${KEY}\n`,
      );
      assertEquals(await good(flags, "maps", "tiles", "map.json"), `${base}/abc:0/{z}/{x}/{y}.mvt\n`);
      assertEquals(await good(simple, "maps", "delete", "good_cafes"), "");
      assertEquals((await run(flags, "maps", "create", "parks.csv")).code, 3);
      assertEquals((await run(simple, "maps", "tiles", "good_cafes", "--params", "4")).code, 2);
    });

    await t.step("keys", async () => {
      assertStringIncludes(await good(simple, "keys"), "cafes:select+insert");
      assertEquals(await good(simple, "keys", "show", "reader"), "reader · regular · •••• ader\n");
      assertStringIncludes(await good(simple, "keys", "show", "reader", "--show"), TOKEN);
      assertStringIncludes(await good(simple, "keys", "--show", "--json"), TOKEN);
      const flags = await readmeFlags("keys create NAME --write-creds FILE", host, "reader.json");
      const words = ["reader", "--apis", "sql", "--tables", "cafes:select+insert, joe.other", "--json"];
      await good(flags, "keys", "create", ...words, "--write-creds", "reader.json");
      assertEquals(JSON.parse(seen[0]?.body ?? ""), {
        name: "reader",
        grants: [
          { type: "apis", apis: ["sql"] },
          {
            type: "database",
            tables: [
              { schema: "public", name: "cafes", permissions: ["select", "insert"] },
              { schema: "joe", name: "other", permissions: ["select"] },
            ],
          },
        ],
      });
      const written = JSON.parse(await Deno.readTextFile(`${cwd}/reader.json`));
      assertEquals([written.username, written.api_key, written.base_url], ["ana", TOKEN, file.base_url]);
      await good(simple, "keys", "regenerate", "reader");
      assertEquals(await good(simple, "keys", "delete", "reader"), "");
      const wrong = await run(simple, "keys", "create", "x", "--tables", "cafes:drop");
      assertEquals(wrong.code, 2);
      assertStringIncludes(wrong.stderr, 'Cannot grant "drop"');
    });

    await t.step("kuviz", async () => {
      const flags = await readmeFlags("kuviz publish FILE", host, "page.html");
      assertEquals(await good(flags, "kuviz", "publish", "page.html", "--name", "Cafés"), `${PAGE.url}\n`);
      assertEquals(
        new TextDecoder().decode(Uint8Array.fromBase64(JSON.parse(seen[0]?.body ?? "").data)),
        "<!DOCTYPE html><p>ñ</p>",
      );
      assertStringIncludes(await good(simple, "kuviz"), "k-1");
      await good(simple, "kuviz", "update", "k-1", "--password", "s3cret");
      assertEquals(JSON.parse(seen[0]?.body ?? ""), { privacy: "password", password: "s3cret" });
      await Deno.writeTextFile(`${cwd}/word.txt`, "s3cr3t\n");
      const reading = simple.map((flag) =>
        flag.replace("--allow-read=creds.json", "--allow-read=creds.json,word.txt")
      );
      await good(reading, "kuviz", "update", "k-1", "--password-file", "word.txt");
      assertEquals(JSON.parse(seen[0]?.body ?? ""), { privacy: "password", password: "s3cr3t" });
      const both = ["--password", "a", "--password-file", "word.txt"];
      assertEquals((await run(reading, "kuviz", "update", "k-1", ...both)).code, 2);
      await good(simple, "kuviz", "update", "k-1", "--public");
      assertEquals(JSON.parse(seen[0]?.body ?? ""), { privacy: "public" });
      assertEquals(await good(simple, "kuviz", "delete", "k-1"), "");
      assertEquals((await run(flags, "kuviz", "publish", "page.html")).code, 2);
    });

    await t.step("users", async () => {
      const text = await good(simple, "users", "joe", "--organization", "cafes");
      assertStringIncludes(text, "joe@example.org");
      assertStringIncludes(text, "1.5 kB");
      assertEquals(
        JSON.parse(await good(simple, "users", "joe", "--organization", "cafes", "--json")).table_count,
        3,
      );
    });

    await t.step("quotas", async () => {
      const text = await good(simple, "quotas");
      assertStringIncludes(text, "1.5 kB of 2.0 kB storage left\n");
      assertStringIncludes(text, "isolines");
      assertEquals(JSON.parse(await good(simple, "quotas", "--json")).services[0].remainingQuota, 99);
    });

    await t.step(
      "a wrong action ends with 2 and names the right ones; none reads without a network right",
      async () => {
        const wrong = await run(simple, "keys", "drop", "reader");
        assertEquals(wrong.code, 2);
        assertStringIncludes(wrong.stderr, "Known: list, show, create, regenerate, delete");
        assertEquals((await run(simple, "datasets", "rename", "a")).code, 2);
        for (const command of ["sync", "datasets", "visualizations", "maps", "keys", "kuviz", "quotas"]) {
          const refused = await run(["--allow-read=creds.json"], command);
          assertEquals(refused.code, 3);
          assertStringIncludes(refused.stderr, `--allow-net=${host}`);
        }
      },
    );

    await t.step("no key, token or password is in anything that was printed", () => {
      assert(printed.length > 60);
      for (const text of printed) {
        for (const secret of [KEY, TOKEN, MAP_TOKEN, "s3cret", DATABASE.connection.password]) {
          assert(!text.includes(secret), text);
        }
      }
    });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

Deno.test("tasks: import, datasets, keys, maps, kuviz and quotas with exactly their flags, on a local CARTO", async () => {
  await using carto = await startEmulator({ accounts: [{ username: "ana", masterKey: KEY }] });
  const cwd = await Deno.makeTempDir();
  const printed: string[] = [];
  const task = async (name: keyof typeof config.tasks, ...words: string[]): Promise<RunResult> => {
    const flags = config.tasks[name].command.split(" ").filter((word) => word.startsWith("--allow"));
    const result = await runDeno(
      ["run", "--no-prompt", ...flags, projectFile("src/cli/_task.ts"), name, ...words],
      { cwd: projectFile("."), env: { INIT_CWD: cwd } },
    );
    printed.push(result.stdout, result.stderr);
    return result;
  };
  const good = async (name: keyof typeof config.tasks, ...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await task(name, ...words);
    assertEquals([code, stderr], [0, ""], words.join(" "));
    return stdout;
  };
  try {
    const { username, apiKey, baseUrl } = carto.credentials("ana");
    const file = { username, api_key: apiKey, base_url: baseUrl };
    await Deno.writeTextFile(`${cwd}/creds.json`, JSON.stringify(file), { mode: 0o600 });
    await Deno.writeTextFile(`${cwd}/parks.csv`, "name,trees\nRetiro,17000\n");
    await Deno.writeTextFile(`${cwd}/database.json`, JSON.stringify(DATABASE), { mode: 0o600 });
    await Deno.writeTextFile(`${cwd}/page.html`, "<!DOCTYPE html><html><body>ñ</body></html>");
    const layers = [{ type: "mapnik", options: { sql: "SELECT * FROM parks" } }];
    const named = { name: "parks_map", layergroup: { version: "1.8.0", layers } };
    await Deno.writeTextFile(`${cwd}/map.json`, JSON.stringify(named));
    const creds = ["--creds", "creds.json"];

    assertEquals(await good("import", "parks.csv", ...creds), 'table "parks"\n');
    assertStringIncludes(await good("datasets", "list", ...creds), "parks");
    await good("keys", "create", "reader", "--tables", "parks", "--write-creds", "reader.json", ...creds);
    const read = await good("query", "SELECT trees FROM parks", "--csv", "--creds", "reader.json");
    assertEquals(read, "trees\n17000\n");
    const refused = await task("query", "DELETE FROM parks", "--creds", "reader.json");
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "permission denied");

    assertEquals(await good("maps", "create", "map.json", ...creds), "parks_map\n");
    assertStringIncludes(await good("maps", "tiles", "parks_map", ...creds), "/{z}/{x}/{y}.mvt\n");
    const url = (await good("kuviz", "publish", "page.html", "--name", "Parks", ...creds)).trim();
    assertStringIncludes(await (await fetch(url)).text(), "ñ");
    assertStringIncludes(await good("quotas", ...creds), "storage left");

    await Deno.writeTextFile(`${cwd}/empty.csv`, "");
    const empty = await task("import", "empty.csv", ...creds);
    assertEquals(empty.code, 1);
    assertStringIncludes(empty.stderr, "the file is empty (code 1005)");
    for (const text of printed) assert(!text.includes(KEY), text);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});
