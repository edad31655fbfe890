import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  isCartoError,
  type PermissionError,
  ResponseError,
  TimeoutError,
} from "../../src/errors/carto_error.ts";
import { Credentials } from "../../src/auth/credentials.ts";
import { ClassicClient } from "../../src/classic/client.ts";
import { ImportError, importErrorCodes, importErrorText } from "../../src/classic/import_error.ts";
import type { ImportProgress, ImportUploadProgress } from "../../src/classic/imports.ts";
import page from "../fixtures/cases/import-url-html.json" with { type: "json" };
import { clientOf, FakeServer, KEY, nameless, type Received } from "./_fake_server.ts";

const STARTED = { item_queue_id: "i-1", success: true };

function state(state: string, more: object = {}): Record<string, unknown> {
  return { id: "i-1", state, user_id: "u", error_code: null, get_error_text: null, ...more };
}

/** The one file of a form, as a server would read it. */
async function fileOf({ headers, bytes }: Received): Promise<{ name: string; bytes: Uint8Array }> {
  const type = headers.get("content-type") ?? "";
  const form = await new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { "content-type": type } })
    .formData();
  const file = form.get("file");
  assert(file instanceof File);
  assertEquals([...form.keys()], ["file"]);
  return { name: file.name, bytes: await file.bytes() };
}

Deno.test("IMP-001: a URL is sent just as it is, in one request, and not in the query string", async () => {
  const server = new FakeServer(STARTED);
  const url = "http://Host.example/File.csv?sig=Ab%2Bc";
  const job = await clientOf(server).imports.create({ url }, { typeGuessing: false, privacy: "private" });
  assertEquals([job.id, job.state], ["i-1", "enqueued"]);
  assertEquals(server.received.length, 1);
  const { method, url: to, text } = server.at(0);
  assertEquals([method, to.pathname, to.search], ["POST", "/api/v1/imports/", ""]);
  assertEquals(JSON.parse(text), { type_guessing: false, privacy: "private", url });
});

Deno.test("IMP-002 IMP-010: data go as a form, the settings in the query string, whatever the name is", async () => {
  const server = new FakeServer(STARTED);
  const data = new Uint8Array(300_000).map((_, i) => i % 251);
  const sent: ImportUploadProgress[] = [];
  await clientOf(server).imports.create({ data, filename: 'cafés "1"\n.csv' }, {
    collisionStrategy: "overwrite",
    createVis: true,
    onUpload: (progress) => sent.push(progress),
  });
  const { url } = server.at(0);
  assertEquals(Object.fromEntries(url.searchParams), { collision_strategy: "overwrite", create_vis: "true" });
  const file = await fileOf(server.at(0));
  assertEquals(file.bytes, data);
  assertEquals(file.name.replaceAll("%22", '"').replaceAll("%0A", "\n"), 'cafés "1"\n.csv');
  assertEquals(sent.at(-1), { bytes: 300_000, total: 300_000 });
  assert(server.at(0).headers.get("authorization")?.startsWith("Basic "));
});

Deno.test("IMP-003: a file is read while it is sent, and its name goes along", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/Señales.csv`;
    const bytes = new TextEncoder().encode("n\n" + "1\n".repeat(200_000));
    await Deno.writeFile(path, bytes);
    const server = new FakeServer(STARTED);
    const sent: number[] = [];
    await clientOf(server).imports.create({ file: path }, { onUpload: ({ bytes }) => sent.push(bytes) });
    assertEquals(await fileOf(server.at(0)), { name: "Señales.csv", bytes });
    assert(sent.length > 3, "progress comes in parts");
    const missing = await assertRejects(() => clientOf(server).imports.create({ file: `${folder}/x.csv` }));
    assert(isCartoError(missing));
    assertEquals([missing.code, server.received.length], ["not-found", 1]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a rate limit sends the file again, a broken server does not, and a stream is sent once", async () => {
  const limited = () =>
    Response.json({ errors: ["over limits"] }, { status: 429, headers: { "retry-after": "1" } });
  const data = new TextEncoder().encode("a\n1\n");
  const again = new FakeServer(limited, STARTED);
  await clientOf(again).imports.create({ data: new Blob([data]), filename: "a.csv" });
  assertEquals((await fileOf(again.at(1))).bytes, data);

  const broken = new FakeServer(() => new Response("oops", { status: 500 }));
  await assertRejects(() => clientOf(broken).imports.create({ data, filename: "a.csv" }), ResponseError);
  assertEquals(broken.received.length, 1);

  const once = new FakeServer(limited, STARTED);
  const stream = ReadableStream.from([data]);
  await assertRejects(
    () => clientOf(once).imports.create({ data: stream, filename: "a.csv" }),
    ResponseError,
  );
  assertEquals(once.received.length, 1);
});

Deno.test("the other sources: query, copy, service", async () => {
  const server = new FakeServer(STARTED);
  const { imports } = clientOf(server);
  await imports.create({ sql: "SELECT 1 AS n", tableName: "ones" });
  await imports.create({ tableCopy: "cafes" });
  await imports.create({ service: "arcgis", itemId: "https://gis.example/0" });
  assertEquals(server.received.map(({ text }) => JSON.parse(text)), [
    { table_name: "ones", sql: "SELECT 1 AS n" },
    { table_copy: "cafes" },
    { service_name: "arcgis", service_item_id: "https://gis.example/0" },
  ]);
});

Deno.test("IMP-011: a connector is sent as it is; its password is in no message", async () => {
  const connector = { provider: "hive", connection: { server: "s", password: "pass-w0rd" }, table: "t" };
  const server = new FakeServer(
    STARTED,
    () => Response.json({ errors: "login failed: pass-w0rd" }, { status: 422 }),
  );
  const { imports } = clientOf(server);
  await imports.create({ connector });
  assertEquals(JSON.parse(server.at(0).text), { connector });
  const error = await assertRejects(() => imports.create({ connector }), ResponseError);
  assertStringIncludes(error.message, "login failed: ••••");
  assert(!Deno.inspect(error).includes("pass-w0rd"));
  await assertRejects(
    () => imports.create({ connector: { provider: "mysql", connection: { server: "s" } } }),
    Error,
    "neither table nor sql_query",
  );
});

Deno.test("a source that is none is refused before anything is sent", async () => {
  const server = new FakeServer(STARTED);
  const { imports } = clientOf(server);
  for (
    const source of [
      {},
      { url: "cafes.csv" },
      { url: "file:///etc/passwd" },
      { sql: "", tableName: "x" },
      { sql: "SELECT 1", tableName: "" },
      { service: "arcgis", itemId: "" },
      { data: new Uint8Array(1), filename: "" },
      { file: "/" },
    ]
  ) {
    const error = await assertRejects(() => imports.create(source as never));
    assert(isCartoError(error));
    assertEquals(error.code, "invalid-argument");
  }
  await assertRejects(() => imports.create({ url: "https://x.example" }, { privacy: "secret" as "link" }));
  assertEquals(server.received.length, 0);
});

Deno.test("a URL that answers with a page is refused, with the type and what to do; no key goes there", async () => {
  const [answer] = page.responses;
  assert(answer !== undefined);
  const server = new FakeServer(() => new Response(answer.body, answer), STARTED);
  const error = await assertRejects(() =>
    clientOf(server).imports.create({ url: page.request.url }, { checkUrl: true })
  );
  assert(isCartoError(error));
  assertEquals([error.code, server.received.length], ["invalid-argument", 1]);
  assertStringIncludes(error.message, "text/html");
  assertStringIncludes(String(error.hint), "direct link");
  assertEquals(server.at(0).headers.has("authorization"), false);
  assertEquals(String(server.at(0).url), page.request.url);

  const good = new FakeServer(
    () => new Response("a\n1\n", { headers: { "content-type": "text/csv" } }),
    STARTED,
  );
  await clientOf(good).imports.create({ url: "https://x.example/a.csv" }, { checkUrl: true });
  const unreachable = new FakeServer(() => new Response("", { status: 404 }), STARTED);
  await clientOf(unreachable).imports.create({ url: "https://x.example/a.csv" }, { checkUrl: true });
  assertEquals([good.received.length, unreachable.received.length], [2, 2]);
});

Deno.test("IMP-004: an import is waited for, each state told, and its dataset read", async () => {
  const dataset = { id: "v-1", name: "cafes", type: "table" };
  const server = new FakeServer(
    STARTED,
    state("enqueued"),
    state("importing"),
    state("guessing"),
    state("complete", { success: true, table_name: "cafes", visualization_id: "v-1" }),
    dataset,
  );
  const seen: ImportProgress[] = [];
  const job = await clientOf(server).imports.create({ url: "https://x.example/cafes.csv" });
  assertEquals(await job.wait({ onProgress: (progress) => seen.push(progress) }), job);
  assertEquals(seen.map(({ state, elapsed }) => [state, elapsed]), [
    ["enqueued", 0],
    ["importing", 500],
    ["guessing", 1250],
    ["complete", 2375],
  ]);
  assertEquals([job.tableName, (await job.dataset()).id], ["cafes", "v-1"]);
  assertEquals(server.at(-1).url.pathname, "/api/v1/viz/v-1/");
});

Deno.test("IMP-007: without visualization_id the dataset is found by the table", async () => {
  const server = new FakeServer(
    state("complete", { success: true, table_id: "t-1" }),
    { id: "t-1", name: "cafes", table_visualization: { id: "v-1" } },
    { id: "v-1", name: "cafes", type: "table" },
  );
  const job = await clientOf(server).imports.get("i-1");
  assertEquals((await job.dataset()).name, "cafes");
  assertEquals(server.received.map(({ url }) => url.pathname), [
    "/api/v1/imports/i-1/",
    "/api/v1/tables/t-1/",
    "/api/v1/viz/v-1/",
  ]);
});

Deno.test("IMP-005: a failure tells the platform's code, its meaning, its words and the next step", async () => {
  const text = {
    title: "Missing projection",
    what_about: `The file has no <a href="x">.prj</a>, said ${KEY}.`,
    source: "user",
  };
  const server = new FakeServer(
    state("failure", { success: false, error_code: 3101, get_error_text: text }),
  );
  const error = await assertRejects(() => clientOf(server).imports.waitFor("i-1"), ImportError);
  assertEquals(
    [error.code, error.errorCode, error.jobId, error.status],
    ["job-failed", 3101, "i-1", "failure"],
  );
  assertEquals(
    error.message,
    'The import "i-1" failed: the Shapefile has no projection (.prj) (code 3101). ' +
      "The server says: Missing projection: The file has no .prj , said ••••.",
  );
  assertEquals(error.hint, "Add the .prj file, or reproject to EPSG:4326");
});

Deno.test("an import that ends in another way than well is a failure", async () => {
  for (
    const odd of [state("failure"), state("complete", { success: false }), state("???", { success: false })]
  ) {
    const error = await assertRejects(
      () => clientOf(new FakeServer(odd)).imports.waitFor("i-1"),
      ImportError,
    );
    assertEquals(error.errorCode, 99999);
  }
});

Deno.test("every code of the Import API has a meaning and a next step", () => {
  const codes = importErrorCodes();
  assertEquals(codes.length, 55);
  for (const code of codes) {
    const { meaning, hint } = importErrorText(code);
    assert(meaning.length > 10 && !meaning.endsWith(".") && hint.length > 10 && !hint.endsWith("."), meaning);
  }
  assertStringIncludes(importErrorText(4711).meaning, "4711");
});

Deno.test("IMP-006: a wait ends at its limit, at an abort, and outlasts a broken look", async () => {
  const never = new FakeServer(state("importing"));
  const late = await assertRejects(
    () => clientOf(never).imports.waitFor("i-1", { totalTimeout: 10_000 }),
    TimeoutError,
    "importing",
  );
  assertStringIncludes(String(late.hint), "imports.get(id)");

  const bad = new FakeServer(new Response("", { status: 503 }), state("complete", { success: true }));
  assertEquals((await clientOf(bad).imports.waitFor("i-1")).state, "complete");

  const controller = new AbortController();
  const reason = new Error("enough");
  await assertRejects(
    () =>
      clientOf(never).imports.waitFor("i-1", {
        signal: controller.signal,
        onProgress: () => controller.abort(reason),
      }),
    Error,
    "enough",
  );
});

Deno.test("the dataset of an import that has made none yet is told so", async () => {
  const server = new FakeServer(STARTED);
  const job = await clientOf(server).imports.create({ url: "https://x.example/a.csv" });
  const error = await assertRejects(() => job.dataset());
  assert(isCartoError(error));
  assertEquals([error.code, server.received.length], ["not-found", 1]);
  assertStringIncludes(String(error.hint), "wait");
});

Deno.test("an upload ends when it is aborted, with the reason given, and its file is closed", async () => {
  const file = await Deno.makeTempFile();
  // What has come is thrown away; a request that is cut off is no failure of the test
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    try {
      for await (const _ of request.body ?? []) continue;
    } catch {
      // Said above
    }
    return Response.json(STARTED);
  });
  try {
    await Deno.truncate(file, 50_000_000);
    const baseUrl = `http://127.0.0.1:${server.addr.port}/user/ana`;
    const { imports } = new ClassicClient(new Credentials({ baseUrl, apiKey: "1234" }));
    const controller = new AbortController();
    let parts = 0;
    const error = await assertRejects(() =>
      imports.create({ file }, {
        signal: controller.signal,
        onUpload: () => ++parts === 10 && controller.abort(new Error("enough")),
      }), Error);
    assertEquals(error.message, "enough");
    assert(parts < 100, "the rest is not read");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("IMP-012: running imports are listed by their ids", async () => {
  const server = new FakeServer({ imports: ["a", "b"], success: true });
  assertEquals(await clientOf(server).imports.list(), ["a", "b"]);
});

Deno.test("IMP-014: an import can be looked at as soon as it is made", async () => {
  const server = new FakeServer(STARTED, state("unpacking"));
  const job = await clientOf(server).imports.create({ url: "https://x.example/a.csv" });
  assertEquals((await job.refresh()).state, "unpacking");
});

Deno.test("without a user name the key is a parameter, beside the settings or in the body", async () => {
  const server = new FakeServer(STARTED);
  const { imports } = nameless(server);
  await imports.create({ data: new Uint8Array(1), filename: "a.csv" }, { privacy: "link" });
  await imports.create({ url: "https://x.example/a.csv" });
  assertEquals(Object.fromEntries(server.at(0).url.searchParams), { privacy: "link", api_key: KEY });
  assertEquals(JSON.parse(server.at(1).text), { url: "https://x.example/a.csv", api_key: KEY });
});

const SYNC = { id: "s-1", name: "stops", interval: 3600 };

Deno.test("IMP-008: a URL that is read every hour", async () => {
  const server = new FakeServer(
    { ...SYNC, state: "created", data_import: { endpoint: "/api/v1/imports", item_queue_id: "i-1" } },
    { ...SYNC, state: "queued" },
    { ...SYNC, state: "syncing" },
    { ...SYNC, state: "success" },
  );
  const { syncTables } = clientOf(server);
  const url = "https://data.example/stops.csv";
  const { id, data_import } = await syncTables.create({ url }, { interval: 3600, typeGuessing: true });
  assertEquals([id, data_import?.item_queue_id], ["s-1", "i-1"]);
  assertEquals(server.at(0).url.pathname, "/api/v1/synchronizations/");
  assertEquals(JSON.parse(server.at(0).text), { type_guessing: true, url, interval: 3600 });
  const states: string[] = [];
  await syncTables.waitFor(id, { onProgress: ({ state }) => states.push(state) });
  assertEquals(states, ["queued", "syncing", "success"]);
});

Deno.test("a synchronised table is read 15 minutes apart at least; an ArcGIS layer may be read once", async () => {
  const server = new FakeServer({ ...SYNC, state: "created" });
  const { syncTables } = clientOf(server);
  for (const interval of [0, 899, 900.5, NaN, -1]) {
    await assertRejects(() => syncTables.create({ url: "https://x.example/a" }, { interval }), Error, "900");
  }
  assertEquals(server.received.length, 0);
  await syncTables.create({ service: "arcgis", itemId: "https://gis.example/0" }, { interval: 0 });
  assertEquals(JSON.parse(server.at(0).text).interval, 0);
});

Deno.test("IMP-009: a file of this machine is imported once and never synchronised", async () => {
  const server = new FakeServer({ ...SYNC, state: "created" });
  const { syncTables } = clientOf(server);
  const error = await assertRejects(() => syncTables.create({ file: "a.csv" } as never, { interval: 3600 }));
  assert(isCartoError(error));
  assertEquals([error.code, server.received.length], ["invalid-argument", 0]);
});

Deno.test("IMP-013: a synchronised table is run now by its own path", async () => {
  const server = new FakeServer({ enqueued: true, synchronization_id: "s-1" }, { state: "syncing" });
  const { syncTables } = clientOf(server);
  assertEquals(await syncTables.syncNow("s-1"), true);
  assertEquals(await syncTables.syncState("s-1"), "syncing");
  assertEquals(server.received.map(({ method, url }) => `${method} ${url.pathname}`), [
    "PUT /api/v1/synchronizations/s-1/sync_now",
    "GET /api/v1/synchronizations/s-1/sync_now",
  ]);
});

Deno.test("synchronised tables are listed, read, and no longer read again", async () => {
  const server = new FakeServer(
    { synchronizations: [{ ...SYNC, state: "success", etag: "x" }], total_entries: 1 },
    { ...SYNC, state: "failure", error_code: 1100, error_message: "404" },
    () => new Response(null, { status: 204 }),
  );
  const { syncTables } = clientOf(server);
  const [first] = await Array.fromAsync(syncTables.list());
  assertEquals(first, { ...SYNC, state: "success", etag: "x" } as never);
  const error = await assertRejects(() => syncTables.waitFor("s-1"), ImportError, "no such file (404)");
  assertEquals([error.errorCode, error.reason], [1100, "404"]);
  await syncTables.delete("s-1");
  assertEquals(server.at(2).method, "DELETE");
});

Deno.test({
  name: "a file that may not be read is told with the flag",
  permissions: { read: false },
  fn: async () => {
    const error = await assertRejects(() =>
      clientOf(new FakeServer(STARTED)).imports.create({ file: "secret.csv" })
    );
    assert(isCartoError(error));
    assertEquals(error.code, "permission");
    assertEquals((error as PermissionError).flags, ["--allow-read=secret.csv"]);
  },
});
