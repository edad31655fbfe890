/** What the Data Observatory refuses, keeps and leaves behind. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { startEmulator } from "../../src/emulator/mod.ts";
import { type ArgumentError, isCartoError } from "../../src/errors/mod.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { CatalogList, Credentials, Dataset, Enrichment, VariableGroup } from "../../src/observatory/mod.ts";

const credentials = new Credentials({ username: "ana", apiKey: "1234" });

Deno.test("an entry asks the catalogue that it came from", async () => {
  const asked: string[] = [];
  const fetch = (input: string | URL | Request) => {
    asked.push(new URL(input instanceof Request ? input.url : input).pathname.split("/").slice(-2).join("/"));
    return Promise.resolve(Response.json([]));
  };
  const origin = { credentials, transport: { fetch } };
  await new Dataset({ id: "a.b.c" }, origin).variablesGroups();
  await new VariableGroup({ id: "a.b.c.g", dataset_id: "a.b.c" }, origin).variables();
  assertEquals(asked, ["a.b.c/variables_groups", "a.b.c/variables"]);
});

Deno.test("a download that is cut midway is an error, and leaves no file", async () => {
  const fetch = () => {
    let sent = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) controller.error(new TypeError("connection reset"));
        else controller.enqueue(new TextEncoder().encode("geoid,n\n1,"));
        sent = true;
      },
    });
    return Promise.resolve(new Response(body, { headers: { "content-type": "text/csv" } }));
  };
  const folder = await Deno.makeTempDir();
  const dataset = new Dataset({ id: "a.b.c", is_public_data: true }, {
    credentials,
    transport: { fetch, sleep: () => Promise.resolve() },
  });
  const error = await assertRejects(() => dataset.toCsv(`${folder}/x.csv`));
  assert(isCartoError(error), String(error));
  assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
  await Deno.remove(folder);
});

Deno.test("toCsv needs the right to write its file, and no other", async () => {
  const folder = await Deno.makeTempDir();
  const [path, script] = [`${folder}/x.csv`, `${folder}/script.ts`];
  await Deno.writeTextFile(
    script,
    `import { Credentials, Dataset } from "${new URL("../../src/observatory/mod.ts", import.meta.url)}";
const fetch = () => Promise.resolve(new Response("geoid\\n1\\n", { headers: { "content-type": "text/csv" } }));
const credentials = new Credentials({ username: "ana", apiKey: "1234" });
await new Dataset({ id: "a.b.c", is_public_data: true }, { credentials, transport: { fetch } }).toCsv(Deno.args[0])
  .catch((error) => { console.error(error.hint); Deno.exit(1); });`,
  );
  const run = (...flags: string[]) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--no-check", "--config", "deno.json", ...flags, script, path],
      cwd: new URL("../../", import.meta.url),
    }).output();
  const refused = await run();
  const text = new TextDecoder().decode(refused.stderr);
  assertMatch(text, /--allow-write=/);
  const done = await run(`--allow-write=${path}`);
  assertEquals([done.code, new TextDecoder().decode(done.stderr)], [0, ""]);
  assertEquals(await Deno.readTextFile(path), "geoid\n1\n");
  assertEquals((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort(), [
    "script.ts",
    "x.csv",
  ]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("entries are equal in whatever order; a list shows as an escaped table", () => {
  const one = new Dataset({ id: "a", name: "<b>x</b>", summary_json: { x: 1, y: [2] } });
  assert(one.equals(new Dataset({ summary_json: { y: [2], x: 1 }, name: "<b>x</b>", id: "a" })));
  assert(!one.equals(new Dataset({ id: "b" })));
  const list = CatalogList.from([one]) as unknown as Record<symbol, () => Record<string, string>>;
  const shown = list[Symbol.for("Jupyter.display")]?.();
  assert(
    shown?.["text/html"]?.includes("&#60;b&#62;x") && !shown["text/html"].includes("<b>x"),
    shown?.["text/html"],
  );
});

Deno.test("what is enriched must be what was said, before anything is sent", async () => {
  const transport = { fetch: () => Promise.reject(new Error("a request was sent")) };
  const enrichment = new Enrichment(credentials, { transport });
  const point = [{ g: null }, { g: "POINT (0 0)" }];
  const polygon = [{ g: "POLYGON ((0 0, 1 0, 1 1, 0 0))" }];
  const wrong = await assertRejects(() =>
    enrichment.enrichPolygons(point, ["v"], { geomCol: "g" })
  ) as ArgumentError;
  assertMatch(`${wrong.message} ${wrong.hint}`, /row 1 has a Point.*enrichPoints/);
  const other = await assertRejects(() =>
    enrichment.enrichPoints(polygon, ["v"], { geomCol: "g" })
  ) as ArgumentError;
  assertMatch(`${other.message} ${other.hint}`, /row 0 has a Polygon.*enrichPolygons/);
});

Deno.test("enrichment on the emulator: other coordinates, taken names, long user names", async (t) => {
  const username = "a-user-with-quite-a-long-name";
  await using carto = await startEmulator({ accounts: [{ username }] });
  const own = new Credentials(carto.credentials(username));
  const enrichment = new Enrichment(own);
  const id = "carto-do-public-data.geonames.demographics_population_esp_grid_2024";
  const dataset = await Dataset.get(id, { credentials: own });
  const total = (await dataset.variables()).get("total_pop") ?? "";

  await t.step("metres are made degrees", async () => {
    const degrees = GeoDataFrame.fromColumns({ n: [1] }).setGeometryFromXY([-3.70256], [40.4165]);
    const metres = GeoDataFrame.fromColumns({ n: [1] })
      .setGeometryFromXY([-412167.0], [4926820.0], { srid: 3857 });
    const [a, b] = await Promise.all([degrees, metres].map((data) => enrichment.enrichPoints(data, total)));
    assert(Number(a?.column("total_pop").get(0)) > 3_000_000);
    assertEquals(b?.column("total_pop").get(0), a?.column("total_pop").get(0));
  });

  await t.step("columns whose names are taken get the next free ones", async () => {
    const data = GeoDataFrame.fromColumns({ total_pop: [1], total_pop_1: [2], __enrichment_id: [7] })
      .setGeometryFromXY([-3.70256], [40.4165]);
    const enriched = await enrichment.enrichPoints(data, total);
    assertEquals(enriched.columnNames, [
      "total_pop",
      "total_pop_1",
      "__enrichment_id",
      "geometry",
      "total_pop_2",
      "do_area",
    ]);
    assertEquals(enriched.column("__enrichment_id").toArray(), [7]);
  });

  await t.step("a query's own columns are typed by their values", async () => {
    const sqlQuery = "SELECT avg(total_pop) + 0.5 AS total_pop FROM $dataset$";
    const frame = await dataset.toDataFrame({ credentials: own, sqlQuery });
    assert(!Number.isNaN(Number(frame.column("total_pop").get(0))));
  });
});
