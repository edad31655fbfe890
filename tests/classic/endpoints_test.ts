// The README's table of endpoints: none of the specification's is missing, and each method named there exists and sends
// what its row says.
import { assert, assertEquals } from "@std/assert";
import { BatchJob } from "../../src/classic/batch_jobs.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import { ImportJob } from "../../src/classic/imports.ts";
import { SQLClient } from "../../src/classic/sql_client.ts";
import type { TransportOptions } from "../../src/http/transport.ts";
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

/** A call of a method, with the options that every method takes. */
type Call = (
  carto: ClassicClient,
  options: { readonly signal?: AbortSignal },
  transport: TransportOptions,
) => unknown;

/** How each method is called; where it has more than one endpoint, one call for each. */
const CALLS: Record<string, readonly Call[]> = {
  "sql.query": [
    (c, o) => c.sql.query("SELECT 1", o),
    (c, o) => c.sql.query("SELECT 1", { method: "GET", ...o }),
  ],
  "sql.text": [
    (c, o) => c.sql.text("SELECT 1", { format: "csv", ...o }),
    (c, o) => c.sql.text("SELECT 1", { format: "csv", method: "GET", ...o }),
  ],
  "sql.download": [
    async (c, o) => await (await c.sql.download("SELECT 1", { format: "csv", ...o })).cancel(),
    async (c, o) => await (await c.sql.download("SELECT 1", { format: "csv", method: "GET", ...o })).cancel(),
  ],
  "sql.pages": [
    (c, o) => c.sql.pages("SELECT 1 ORDER BY 1", o).next(),
    (c, o) => c.sql.pages("SELECT 1 ORDER BY 1", { method: "GET", ...o }).next(),
  ],
  "batchJobs.create": [(c, o) => c.batchJobs.create("SELECT 1", o)],
  "batchJobs.get": [(c, o) => c.batchJobs.get("j", o)],
  "batchJobs.waitFor": [(c, o) => c.batchJobs.waitFor({ job_id: "j", status: "pending" }, o)],
  "batchJobs.cancel": [(c, o) => c.batchJobs.cancel("j", o)],
  "copy.from": [(c, o) => c.copy.from("COPY t FROM STDIN", "1\n", o)],
  "copy.fromFile": [(c, o) => c.copy.fromFile("COPY t FROM STDIN", import.meta.filename ?? "", o)],
  "copy.to": [async (c, o) => await (await c.copy.to("COPY t TO STDOUT", o)).cancel()],
  "copy.toFile": [
    async (c, o) => {
      const path = await Deno.makeTempFile();
      await c.copy.toFile("COPY t TO STDOUT", path, o).finally(() => Deno.remove(path));
    },
  ],
  "me.get": [(c, o) => c.me.get(o)],
  "quotas.storage": [(c, o) => c.quotas.storage(o)],
  "imports.list": [(c, o) => c.imports.list(o)],
  "imports.create": [(c, o) => c.imports.create({ url: "https://x.example/a.csv" }, o)],
  "imports.get": [(c, o) => c.imports.get("i", o)],
  "imports.waitFor": [(c, o) => c.imports.waitFor("i", o)],
  "syncTables.list": [(c, o) => c.syncTables.list(o).next()],
  "syncTables.create": [
    (c, o) => c.syncTables.create({ url: "https://x.example/a" }, { interval: 900, ...o }),
  ],
  "syncTables.get": [(c, o) => c.syncTables.get("s", o)],
  "syncTables.waitFor": [(c, o) => c.syncTables.waitFor("s", o)],
  "syncTables.delete": [(c, o) => c.syncTables.delete("s", o)],
  "syncTables.syncState": [(c, o) => c.syncTables.syncState("s", o)],
  "syncTables.syncNow": [(c, o) => c.syncTables.syncNow("s", o)],
  "datasets.list": [(c, o) => c.datasets.list(o).next()],
  "datasets.summaries": [(c, o) => c.datasets.summaries(o).next()],
  "datasets.get": [(c, o) => c.datasets.get("d", o)],
  "datasets.permission": [(c, o) => c.datasets.permission("d", o)],
  "datasets.update": [(c, o) => c.datasets.update("d", { title: "t" }, o)],
  "datasets.rename": [(c, o) => c.datasets.rename("d", "e", o)],
  "datasets.setPrivacy": [(c, o) => c.datasets.setPrivacy("d", "public", o)],
  "datasets.delete": [(c, o) => c.datasets.delete("d", o)],
  "datasets.share": [(c, o) => c.datasets.share("d", [], o)],
  "visualizations.list": [(c, o) => c.visualizations.list(o).next()],
  "visualizations.get": [(c, o) => c.visualizations.get("m", o)],
  "visualizations.permission": [(c, o) => c.visualizations.permission("m", o)],
  "visualizations.update": [(c, o) => c.visualizations.update("m", { title: "t" }, o)],
  "visualizations.rename": [(c, o) => c.visualizations.rename("m", "n", o)],
  "visualizations.setPrivacy": [(c, o) => c.visualizations.setPrivacy("m", "public", o)],
  "visualizations.delete": [(c, o) => c.visualizations.delete("m", o)],
  "visualizations.share": [(c, o) => c.visualizations.share("m", [], o)],
  "visualizations.startExport": [(c, o) => c.visualizations.startExport("m", o)],
  "visualizations.getExport": [(c, o) => c.visualizations.getExport("e", o)],
  "visualizations.waitForExport": [(c, o) => c.visualizations.waitForExport("e", o)],
  "tables.get": [(c, o) => c.tables.get("t", o)],
  "tables.update": [(c, o) => c.tables.update("t", { description: "x" }, o)],
  "tables.delete": [(c, o) => c.tables.delete("t", o)],
  "users.create": [(c, o) => c.users.create({ username: "u", email: "e", password: "p" }, { ...ORG, ...o })],
  "users.get": [(c, o) => c.users.get("u", { ...ORG, ...o }), (c, o) => c.users.get("u", o)],
  "users.update": [(c, o) => c.users.update("u", {}, { ...ORG, ...o })],
  "users.delete": [(c, o) => c.users.delete("u", { ...ORG, ...o })],
  "apiKeys.list": [(c, o) => c.apiKeys.list(o).next()],
  "apiKeys.isValid": [(c, o) => c.apiKeys.isValid(o)],
  "apiKeys.create": [(c, o) => c.apiKeys.create({ name: "k" }, o)],
  "apiKeys.get": [(c, o) => c.apiKeys.get("k", o)],
  "apiKeys.delete": [(c, o) => c.apiKeys.delete("k", o)],
  "apiKeys.regenerate": [(c, o) => c.apiKeys.regenerate("k", o)],
  "kuviz.list": [(c, o) => c.kuviz.list(o).next()],
  "kuviz.create": [(c, o) => c.kuviz.create({ name: "k", html: "" }, o)],
  "kuviz.update": [(c, o) => c.kuviz.update("k", {}, o)],
  "kuviz.delete": [(c, o) => c.kuviz.delete("k", o)],
  "maps.instantiate": [
    (c, o) => c.maps.instantiate(CONFIG, o),
    (c, o) => c.maps.instantiate(CONFIG, { method: "GET", ...o }),
  ],
  "maps.tile": [(c, o) => c.maps.tile("t", { z: 0, x: 0, y: 0 }, o), (c, o) => c.maps.tile("t", TILE, o)],
  "maps.tileUrl": [(c) => c.maps.tileUrl("t", { z: 0, x: 0, y: 0 }), (c) => c.maps.tileUrl("t", TILE)],
  "maps.attributes": [(c, o) => c.maps.attributes("t", 0, 1, o)],
  "maps.attributesUrl": [(c) => c.maps.attributesUrl("t", 0, 1)],
  "maps.dataview": [(c, o) => c.maps.dataview("t", "n", o)],
  "maps.searchDataview": [(c, o) => c.maps.searchDataview("t", "n", "x", o)],
  "maps.analysisNode": [(c, o) => c.maps.analysisNode("t", "n", o)],
  "maps.analysisCatalog": [(c, o) => c.maps.analysisCatalog(o)],
  "maps.staticImage": [
    (c, o) => c.maps.staticImage("t", CENTER, o),
    (c, o) => c.maps.staticImage("t", BOX, o),
  ],
  "maps.staticUrl": [(c) => c.maps.staticUrl("t", CENTER), (c) => c.maps.staticUrl("t", BOX)],
  "maps.named.list": [(c, o) => c.maps.named.list(o)],
  "maps.named.create": [(c, o) => c.maps.named.create({ name: "n", layergroup: CONFIG }, o)],
  "maps.named.get": [(c, o) => c.maps.named.get("n", o)],
  "maps.named.update": [(c, o) => c.maps.named.update({ name: "n", layergroup: CONFIG }, o)],
  "maps.named.delete": [(c, o) => c.maps.named.delete("n", o)],
  "maps.named.instantiate": [(c, o) => c.maps.named.instantiate("n", {}, o)],
  "maps.named.jsonpUrl": [(c) => c.maps.named.jsonpUrl("n", "f")],
  "maps.named.tile": [(c, o) => c.maps.named.tile("n", TILE, o)],
  "maps.named.tileUrl": [(c) => c.maps.named.tileUrl("n", TILE)],
  "maps.named.attributesUrl": [(c) => c.maps.named.attributesUrl("n", 0, 1)],
  "maps.named.staticImage": [(c, o) => c.maps.named.staticImage("n", SIZE, o)],
  "maps.named.staticUrl": [(c) => c.maps.named.staticUrl("n", SIZE)],
  "dataObservatory.list": [(c, o) => c.dataObservatory.list("countries", {}, o)],
  "dataObservatory.get": [(c, o) => c.dataObservatory.get("countries", "esp", o)],
  "dataObservatory.variables": [(c, o) => c.dataObservatory.variables("d", o)],
  "dataObservatory.variablesGroups": [(c, o) => c.dataObservatory.variablesGroups("d", o)],
  "dataObservatory.download": [async (c, o) => await (await c.dataObservatory.download("d", o)).cancel()],
  "dataObservatory.createTable": [(c, o) => c.dataObservatory.createTable({ id: "t", schema: [] }, o)],
  "dataObservatory.upload": [(c, o) => c.dataObservatory.upload("t", "a\n", o)],
  "dataObservatory.startImport": [(c, o) => c.dataObservatory.startImport("t", o)],
  "dataObservatory.getImport": [(c, o) => c.dataObservatory.getImport("t", "i", o)],
  "dataObservatory.waitForImport": [(c, o) => c.dataObservatory.waitForImport("t", "i", o)],
  "dataObservatory.enrich": [
    (c, o) => c.dataObservatory.enrich({ type: "points", input: "a", variables: ["v"], output: "b" }, o),
  ],
  "dataObservatory.getEnrichment": [(c, o) => c.dataObservatory.getEnrichment("j", o)],
  "dataObservatory.waitForEnrichment": [(c, o) => c.dataObservatory.waitForEnrichment("j", o)],
  "dataObservatory.subscriptions": [(c, o) => c.dataObservatory.subscriptions(o).next()],
  "dataObservatory.subscribe": [(c, o) => c.dataObservatory.subscribe("d", "dataset", o)],
  "dataObservatory.subscriptionInfo": [(c, o) => c.dataObservatory.subscriptionInfo("d", "dataset", o)],
  "dataObservatory.token": [(c, o) => c.dataObservatory.token(o)],
};

/** Methods that are no endpoint of their own. */
const OTHERS: Record<string, Call> = {
  "quotas.services": (c, o) => c.quotas.services(o),
  "BatchJob.refresh": (c, o) => new BatchJob(c.batchJobs, { job_id: "j", status: "pending" }).refresh(o),
  "BatchJob.wait": (c, o) => new BatchJob(c.batchJobs, { job_id: "j", status: "pending" }).wait(o),
  "BatchJob.cancel": (c, o) => new BatchJob(c.batchJobs, { job_id: "j", status: "pending" }).cancel(o),
  "ImportJob.refresh": (c, o) => new ImportJob(c, { id: "i", state: "pending" }).refresh(o),
  "ImportJob.wait": (c, o) => new ImportJob(c, { id: "i", state: "pending" }).wait(o),
  "ImportJob.dataset": (c, o) => new ImportJob(c, { id: "i", state: "complete", table_name: "t" }).dataset(o),
  "SQLClient.query": (c, o, t) => new SQLClient(c.credentials, t).query("SELECT 1", o),
  "SQLClient.execute": (c, o, t) => new SQLClient(c.credentials, t).execute("DROP TABLE t", o),
  "SQLClient.distinct": (c, o, t) => new SQLClient(c.credentials, t).distinct("t", "a", o),
  "SQLClient.count": (c, o, t) => new SQLClient(c.credentials, t).count("t", o),
  "SQLClient.bounds": (c, o, t) => new SQLClient(c.credentials, t).bounds("t", o),
  "SQLClient.schema": (c, o, t) => new SQLClient(c.credentials, t).schema("t", o),
  "SQLClient.describe": (c, o, t) => new SQLClient(c.credentials, t).describe("t", "a", o),
  "SQLClient.createTable": (c, o, t) => new SQLClient(c.credentials, t).createTable("t", { a: "int" }, o),
  "SQLClient.insertTable": (c, o, t) => new SQLClient(c.credentials, t).insertTable("t", { a: [1] }, o),
  "SQLClient.updateTable": (c, o, t) => new SQLClient(c.credentials, t).updateTable("t", "a", 1, "true", o),
  "SQLClient.renameTable": (c, o, t) => new SQLClient(c.credentials, t).renameTable("t", "u", o),
  "SQLClient.dropTable": (c, o, t) => new SQLClient(c.credentials, t).dropTable("t", o),
};

/** One answer that is good enough for what some methods read before they write. */
const ANSWER = {
  id: "x",
  name: "x",
  privacy: "PRIVATE",
  permission: { id: "p" },
  job_id: "j",
  status: "done",
};

/** What a call sends, or the address that it makes, as `GET /path`. Methods that read first send more than one. */
async function sentBy(call: Call): Promise<string[]> {
  const sent: string[] = [];
  const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
    fetch: (url, init) => {
      sent.push(`${init?.method} ${decodeURIComponent(new URL(String(url)).pathname)}`);
      return Promise.resolve(Response.json(ANSWER));
    },
    sleep: () => Promise.resolve(),
  });
  try {
    const result = await call(carto, {}, {});
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

/** Aborts a call at one of its requests, and tells whether it had one, was told at once and threw the reason. */
async function abortedAt(call: Call, request: number): Promise<{ isSent: boolean; isHeard: boolean }> {
  const controller = new AbortController();
  const reason = new DOMException("Stopped", "AbortError");
  let [sent, wasTold] = [0, false];
  const transport: TransportOptions = {
    fetch: (_url, init) => {
      if (++sent !== request) return Promise.resolve(Response.json(ANSWER));
      controller.abort(reason);
      wasTold = init?.signal?.aborted === true;
      return wasTold ? Promise.reject(reason) : Promise.resolve(Response.json(ANSWER));
    },
    sleep: () => Promise.resolve(),
  };
  const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), transport);
  try {
    await call(carto, { signal: controller.signal }, transport);
    return { isSent: sent >= request, isHeard: false };
  } catch (error) {
    return { isSent: sent >= request, isHeard: wasTold && error === reason };
  }
}

Deno.test("each method that sends something ends at once when its signal is aborted", async () => {
  const deaf: string[] = [];
  for (const [method, calls] of Object.entries({ ...CALLS, ...OTHERS })) {
    if (method.endsWith("Url")) continue;
    for (const call of [calls].flat()) {
      for (let request = 1; request < 5; request++) {
        const { isSent, isHeard } = await abortedAt(call, request);
        if (request === 1 && !isSent) deaf.push(`${method} sends nothing`);
        if (!isSent) break;
        if (!isHeard) deaf.push(`${method}, request ${request}`);
      }
    }
  }
  assertEquals(deaf, []);
  for (const type of [BatchJob, ImportJob, SQLClient]) {
    const methods = Object.getOwnPropertyNames(type.prototype).filter((name) =>
      typeof Object.getOwnPropertyDescriptor(type.prototype, name)?.value === "function"
    );
    const told = Object.keys(OTHERS).map((name) => name.split(".")).filter(([name]) => name === type.name);
    assertEquals(
      methods.filter((name) => name !== "constructor").sort(),
      told.map(([, name]) => name).sort(),
    );
  }
});
