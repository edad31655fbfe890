// The README's table of endpoints: none of the specification's is missing, and each method named there exists and sends
// what its row says.
import { assert, assertEquals } from "@std/assert";
import { ClassicClient } from "../../src/classic/client.ts";
import { Credentials } from "../../src/auth/credentials.ts";
import endpoints from "../fixtures/classic_endpoints.json" with { type: "json" };
import { projectFile } from "../_tools/run_deno.ts";

interface Row {
  readonly verbs: readonly string[];
  readonly path: string;
  readonly methods: readonly string[];
}

/** The rows of the table. */
async function readTable(): Promise<Row[]> {
  const readme = await Deno.readTextFile(projectFile("README.md"));
  const [, section = ""] = readme.split("\n## The classic APIs\n");
  const lines = (section.split("\n## ")[0] ?? "").split("\n").filter((line) =>
    /^\| (GET|POST|PUT|DELETE)/.test(line)
  );
  return lines.map((line) => {
    const [, verbs = "", path = "", methods = ""] = line.split(" | ").map((cell) =>
      cell.replace(/^\|/, "").trim()
    )
      .toSpliced(0, 0, "");
    return {
      verbs: verbs.split(", "),
      path: path.replaceAll("`", ""),
      methods: [...methods.matchAll(/`([\w.]+)`/g)].map((match) => match[1] ?? ""),
    };
  });
}

const CONFIG = { layers: [] };
const SIZE = { width: 1, height: 1 };
const CENTER = { ...SIZE, center: { lng: 0, lat: 0 }, zoom: 0 };
const BOX = { ...SIZE, bounds: [0, 0, 1, 1] } as const;
const TILE = { z: 0, x: 0, y: 0, layer: "a" };
const ORG = { organization: "o" };

/** How each method is called; where it has more than one endpoint, one call for each. */
const CALLS: Record<string, readonly ((carto: ClassicClient) => unknown)[]> = {
  "sql.query": [(c) => c.sql.query("SELECT 1"), (c) => c.sql.query("SELECT 1", { method: "GET" })],
  "sql.text": [
    (c) => c.sql.text("SELECT 1", { format: "csv" }),
    (c) => c.sql.text("SELECT 1", { format: "csv", method: "GET" }),
  ],
  "sql.download": [
    async (c) => await (await c.sql.download("SELECT 1", { format: "csv" })).cancel(),
    async (c) => await (await c.sql.download("SELECT 1", { format: "csv", method: "GET" })).cancel(),
  ],
  "sql.pages": [
    (c) => c.sql.pages("SELECT 1 ORDER BY 1").next(),
    (c) => c.sql.pages("SELECT 1 ORDER BY 1", { method: "GET" }).next(),
  ],
  "batchJobs.create": [(c) => c.batchJobs.create("SELECT 1")],
  "batchJobs.get": [(c) => c.batchJobs.get("j")],
  "batchJobs.waitFor": [(c) => c.batchJobs.waitFor({ job_id: "j", status: "pending" })],
  "batchJobs.cancel": [(c) => c.batchJobs.cancel("j")],
  "copy.from": [(c) => c.copy.from("COPY t FROM STDIN", "1\n")],
  "copy.fromFile": [(c) => c.copy.fromFile("COPY t FROM STDIN", import.meta.filename ?? "")],
  "copy.to": [async (c) => await (await c.copy.to("COPY t TO STDOUT")).cancel()],
  "copy.toFile": [
    async (c) => {
      const path = await Deno.makeTempFile();
      await c.copy.toFile("COPY t TO STDOUT", path).finally(() => Deno.remove(path));
    },
  ],
  "me.get": [(c) => c.me.get()],
  "quotas.storage": [(c) => c.quotas.storage()],
  "imports.list": [(c) => c.imports.list()],
  "imports.create": [(c) => c.imports.create({ url: "https://x.example/a.csv" })],
  "imports.get": [(c) => c.imports.get("i")],
  "imports.waitFor": [(c) => c.imports.waitFor("i")],
  "syncTables.list": [(c) => c.syncTables.list().next()],
  "syncTables.create": [(c) => c.syncTables.create({ url: "https://x.example/a" }, { interval: 900 })],
  "syncTables.get": [(c) => c.syncTables.get("s")],
  "syncTables.waitFor": [(c) => c.syncTables.waitFor("s")],
  "syncTables.delete": [(c) => c.syncTables.delete("s")],
  "syncTables.syncState": [(c) => c.syncTables.syncState("s")],
  "syncTables.syncNow": [(c) => c.syncTables.syncNow("s")],
  "datasets.list": [(c) => c.datasets.list().next()],
  "datasets.summaries": [(c) => c.datasets.summaries().next()],
  "datasets.get": [(c) => c.datasets.get("d")],
  "datasets.permission": [(c) => c.datasets.permission("d")],
  "datasets.update": [(c) => c.datasets.update("d", { title: "t" })],
  "datasets.rename": [(c) => c.datasets.rename("d", "e")],
  "datasets.setPrivacy": [(c) => c.datasets.setPrivacy("d", "public")],
  "datasets.delete": [(c) => c.datasets.delete("d")],
  "datasets.share": [(c) => c.datasets.share("d", [])],
  "visualizations.list": [(c) => c.visualizations.list().next()],
  "visualizations.get": [(c) => c.visualizations.get("m")],
  "visualizations.permission": [(c) => c.visualizations.permission("m")],
  "visualizations.update": [(c) => c.visualizations.update("m", { title: "t" })],
  "visualizations.rename": [(c) => c.visualizations.rename("m", "n")],
  "visualizations.setPrivacy": [(c) => c.visualizations.setPrivacy("m", "public")],
  "visualizations.delete": [(c) => c.visualizations.delete("m")],
  "visualizations.share": [(c) => c.visualizations.share("m", [])],
  "visualizations.startExport": [(c) => c.visualizations.startExport("m")],
  "visualizations.getExport": [(c) => c.visualizations.getExport("e")],
  "visualizations.waitForExport": [(c) => c.visualizations.waitForExport("e")],
  "tables.get": [(c) => c.tables.get("t")],
  "tables.update": [(c) => c.tables.update("t", { description: "x" })],
  "tables.delete": [(c) => c.tables.delete("t")],
  "users.create": [(c) => c.users.create({ username: "u", email: "e", password: "p" }, ORG)],
  "users.get": [(c) => c.users.get("u", ORG), (c) => c.users.get("u")],
  "users.update": [(c) => c.users.update("u", {}, ORG)],
  "users.delete": [(c) => c.users.delete("u", ORG)],
  "apiKeys.list": [(c) => c.apiKeys.list().next()],
  "apiKeys.isValid": [(c) => c.apiKeys.isValid()],
  "apiKeys.create": [(c) => c.apiKeys.create({ name: "k" })],
  "apiKeys.get": [(c) => c.apiKeys.get("k")],
  "apiKeys.delete": [(c) => c.apiKeys.delete("k")],
  "apiKeys.regenerate": [(c) => c.apiKeys.regenerate("k")],
  "kuviz.list": [(c) => c.kuviz.list().next()],
  "kuviz.create": [(c) => c.kuviz.create({ name: "k", html: "" })],
  "kuviz.update": [(c) => c.kuviz.update("k", {})],
  "kuviz.delete": [(c) => c.kuviz.delete("k")],
  "maps.instantiate": [
    (c) => c.maps.instantiate(CONFIG),
    (c) => c.maps.instantiate(CONFIG, { method: "GET" }),
  ],
  "maps.tile": [(c) => c.maps.tile("t", { z: 0, x: 0, y: 0 }), (c) => c.maps.tile("t", TILE)],
  "maps.tileUrl": [(c) => c.maps.tileUrl("t", { z: 0, x: 0, y: 0 }), (c) => c.maps.tileUrl("t", TILE)],
  "maps.attributes": [(c) => c.maps.attributes("t", 0, 1)],
  "maps.attributesUrl": [(c) => c.maps.attributesUrl("t", 0, 1)],
  "maps.dataview": [(c) => c.maps.dataview("t", "n")],
  "maps.searchDataview": [(c) => c.maps.searchDataview("t", "n", "x")],
  "maps.analysisNode": [(c) => c.maps.analysisNode("t", "n")],
  "maps.analysisCatalog": [(c) => c.maps.analysisCatalog()],
  "maps.staticImage": [(c) => c.maps.staticImage("t", CENTER), (c) => c.maps.staticImage("t", BOX)],
  "maps.staticUrl": [(c) => c.maps.staticUrl("t", CENTER), (c) => c.maps.staticUrl("t", BOX)],
  "maps.named.list": [(c) => c.maps.named.list()],
  "maps.named.create": [(c) => c.maps.named.create({ name: "n", layergroup: CONFIG })],
  "maps.named.get": [(c) => c.maps.named.get("n")],
  "maps.named.update": [(c) => c.maps.named.update({ name: "n", layergroup: CONFIG })],
  "maps.named.delete": [(c) => c.maps.named.delete("n")],
  "maps.named.instantiate": [(c) => c.maps.named.instantiate("n")],
  "maps.named.jsonpUrl": [(c) => c.maps.named.jsonpUrl("n", "f")],
  "maps.named.tile": [(c) => c.maps.named.tile("n", TILE)],
  "maps.named.tileUrl": [(c) => c.maps.named.tileUrl("n", TILE)],
  "maps.named.attributesUrl": [(c) => c.maps.named.attributesUrl("n", 0, 1)],
  "maps.named.staticImage": [(c) => c.maps.named.staticImage("n", SIZE)],
  "maps.named.staticUrl": [(c) => c.maps.named.staticUrl("n", SIZE)],
  "dataObservatory.list": [(c) => c.dataObservatory.list("countries")],
  "dataObservatory.get": [(c) => c.dataObservatory.get("countries", "esp")],
  "dataObservatory.variables": [(c) => c.dataObservatory.variables("d")],
  "dataObservatory.variablesGroups": [(c) => c.dataObservatory.variablesGroups("d")],
  "dataObservatory.download": [async (c) => await (await c.dataObservatory.download("d")).cancel()],
  "dataObservatory.createTable": [(c) => c.dataObservatory.createTable({ id: "t", schema: [] })],
  "dataObservatory.upload": [(c) => c.dataObservatory.upload("t", "a\n")],
  "dataObservatory.startImport": [(c) => c.dataObservatory.startImport("t")],
  "dataObservatory.getImport": [(c) => c.dataObservatory.getImport("t", "i")],
  "dataObservatory.waitForImport": [(c) => c.dataObservatory.waitForImport("t", "i")],
  "dataObservatory.enrich": [
    (c) => c.dataObservatory.enrich({ type: "points", input: "a", variables: ["v"], output: "b" }),
  ],
  "dataObservatory.getEnrichment": [(c) => c.dataObservatory.getEnrichment("j")],
  "dataObservatory.waitForEnrichment": [(c) => c.dataObservatory.waitForEnrichment("j")],
  "dataObservatory.subscriptions": [(c) => c.dataObservatory.subscriptions().next()],
  "dataObservatory.subscribe": [(c) => c.dataObservatory.subscribe("d", "dataset")],
  "dataObservatory.subscriptionInfo": [(c) => c.dataObservatory.subscriptionInfo("d", "dataset")],
  "dataObservatory.token": [(c) => c.dataObservatory.token()],
};

/** What a call sends, or the address that it makes, as `GET /path`. Methods that read first send more than one. */
async function sentBy(call: (carto: ClassicClient) => unknown): Promise<string[]> {
  const sent: string[] = [];
  // One answer that is good enough for what some methods read before they write
  const answer = {
    id: "x",
    name: "x",
    privacy: "PRIVATE",
    permission: { id: "p" },
    job_id: "j",
    status: "done",
  };
  const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
    fetch: (url, init) => {
      sent.push(`${init?.method} ${decodeURIComponent(new URL(String(url)).pathname)}`);
      return Promise.resolve(Response.json(answer));
    },
    sleep: () => Promise.resolve(),
  });
  try {
    const result = await call(carto);
    if (sent.length === 0) sent.push(`GET ${decodeURIComponent(new URL(String(result)).pathname)}`);
  } catch {
    // The answer need not be the right one: what was sent is what counts
  }
  return sent;
}

/** A row's path as what it matches; a slash at the end makes no difference. */
function patternOf(verb: string, path: string): RegExp {
  const parts = path.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^$()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${verb} /${parts.join("[^/]+")}/?$`);
}

Deno.test("README: its table of endpoints has every endpoint of the specification, each once", async () => {
  const told = (await readTable()).flatMap(({ verbs, path }) => verbs.map((verb) => `${verb} ${path}`));
  assertEquals(told.length, new Set(told).size);
  const extra = ["PUT api/v1/perm/{id}", "GET api/v1/map/analyses/catalog"];
  assertEquals(told.filter((line) => !extra.includes(line)).sort(), [...endpoints].sort());
});

Deno.test("README: each method in its table of endpoints exists, and sends what its row says", async () => {
  const rows = await readTable();
  assert(rows.length > 70);
  const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }));
  const [wrong, without]: [string[], string[]] = [[], []];
  for (const { verbs, path, methods } of rows) {
    if (methods.length === 0) without.push(`${verbs} ${path}`);
    for (const method of methods) {
      const found = method.split(".").reduce<unknown>(
        (object, name) => Reflect.get(Object(object), name),
        carto,
      );
      assertEquals(typeof found, "function", method);
      const calls = CALLS[method];
      assert(calls !== undefined, `there is a call of ${method}`);
      const sent = (await Promise.all(calls.map(sentBy))).flat();
      for (const verb of verbs) {
        const pattern = patternOf(verb, path);
        if (!sent.some((line) => pattern.test(line))) wrong.push(`${method}: ${verb} ${path}, sent ${sent}`);
      }
    }
  }
  assertEquals(wrong, []);
  assertEquals(without, ["PUT api/v2/sql/job/{id}", "GET api/v2/sql/copyto"]);
});

Deno.test("README: its table of endpoints names every method that sends something", async () => {
  const named = new Set((await readTable()).flatMap(({ methods }) => methods));
  const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }));
  const missing: string[] = [];
  for (const [name, api] of [...Object.entries(carto), ["maps.named", carto.maps.named] as const]) {
    if (name === "credentials") continue;
    for (const method of Object.getOwnPropertyNames(Object.getPrototypeOf(api))) {
      if (method !== "constructor" && !named.has(`${name}.${method}`)) missing.push(`${name}.${method}`);
    }
  }
  // It is told below the table: it goes through the SQL API
  assertEquals(missing, ["quotas.services"]);
});
