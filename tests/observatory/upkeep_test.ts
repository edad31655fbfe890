/** What the Data Observatory refuses, keeps and leaves behind. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { startEmulator } from "../../src/emulator/mod.ts";
import { type ArgumentError, isCartoError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import {
  Catalog,
  CatalogList,
  Credentials,
  Dataset,
  Enrichment,
  EnrichmentError,
  type PolygonEnrichmentOptions,
  Subscriptions,
  VariableGroup,
} from "../../src/observatory/mod.ts";

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

/** A CSV download whose connection is cut in its second line. */
function cutDownload(): Response {
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) controller.error(new TypeError("connection reset"));
      else controller.enqueue(new TextEncoder().encode("geoid,n\n1,"));
      sent = true;
    },
  });
  return new Response(body, { headers: { "content-type": "text/csv" } });
}

const noSleep = () => Promise.resolve();

Deno.test("a download that is cut midway is an error, and leaves no file", async () => {
  const fetch = (input: string | URL | Request) =>
    Promise.resolve(String(input).includes("/variables") ? Response.json([]) : cutDownload());
  const folder = await Deno.makeTempDir();
  const dataset = new Dataset({ id: "a.b.c", is_public_data: true }, {
    credentials,
    transport: { fetch, sleep: noSleep },
  });
  for (const download of [() => dataset.toCsv(`${folder}/x.csv`), () => dataset.toDataFrame()]) {
    const error = await assertRejects(download as () => Promise<unknown>);
    assert(isCartoError(error), String(error));
    assertMatch(error.message, /^Cannot download (?:dataset )?"a\.b\.c"/);
  }
  assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
  await Deno.remove(folder);
});

Deno.test("figures whose download is cut are an error of the enrichment", async () => {
  const fetch = (input: string | URL | Request, init?: RequestInit) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    if (/_result$/.test(pathname) && init?.method === "GET") return Promise.resolve(cutDownload());
    return Promise.resolve(Response.json({ status: "success", item_queue_id: "1", job_id: "1", id: "1" }));
  };
  const enrichment = new Enrichment(credentials, { transport: { fetch, sleep: noSleep } });
  const error = await assertRejects(
    () => enrichment.enrichPoints([{ g: "POINT (0 0)" }], "a.b.c.v", { geomCol: "g" }),
    EnrichmentError,
  );
  assertMatch(error.message, /^Cannot enrich the points: /);
});

Deno.test("subscriptions that could not be listed are asked for again", async () => {
  let asked = 0;
  const fetch = () => {
    asked++;
    return Promise.resolve(
      asked === 1 ? new Response("no", { status: 404 }) : Response.json({ subscriptions: [] }),
    );
  };
  const subscriptions = new Subscriptions({ credentials, transport: { fetch, sleep: noSleep } });
  await assertRejects(() => subscriptions.datasets());
  assertEquals((await subscriptions.datasets()).length, 0);
  assertEquals((await subscriptions.geographies()).length, 0);
  assertEquals(asked, 2);
});

Deno.test("an area is looked for in degrees, whatever it is given in; one that is none says what to pass", async () => {
  const box = GeoDataFrame.fromRows([{}]).setGeometry(["POLYGON ((-9 36, 3 36, 3 43, -9 43, -9 36))"]);
  const coverage = (box.geometry?.get(0) as { toEwkbHex(): string }).toEwkbHex();
  const fetch = (input: string | URL | Request) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    return Promise.resolve(Response.json(
      pathname.endsWith("/datasets")
        ? [{ id: "d.1", geography_id: "g.e" }, { id: "d.2", geography_id: "g.u" }]
        : pathname.endsWith("/geographies")
        ? [{ id: "g.e" }, { id: "g.u" }]
        : pathname.endsWith("g.e")
        ? { id: "g.e", geom_coverage: coverage }
        : { id: "g.u", geom_coverage: null },
    ));
  };
  const catalog = new Catalog({ transport: { fetch } });
  const found = async (x: number, y: number, srid: number) =>
    (await catalog.datasetsFilter(GeoDataFrame.fromColumns({ n: [1] }).setGeometryFromXY([x], [y], { srid })))
      .map(({ id }) => id);
  // Where the coverage is not known, nobody can say that the data do not reach there
  assertEquals(await found(-412167, 4926820, 3857), ["d.1", "d.2"]);
  assertEquals(await found(-9_000_000, 4926820, 3857), ["d.2"]);
  const error = await assertRejects(() => catalog.datasetsFilter(GeoDataFrame.fromRows([{ a: 1 }])));
  assertMatch(String((error as ArgumentError).hint), /WKT/);
  assertEquals(await new Dataset({ id: "a.b.c" }, { transport: { fetch } }).geomCoverage(), null);
});

Deno.test("a part of the data that cannot be asked for is told with the next step", async () => {
  const transport = { fetch: () => Promise.reject(new Error("a request was sent")) };
  const dataset = new Dataset({ id: "a.b.c", is_public_data: true }, { credentials, transport });
  for (
    const [options, told] of [
      [{ columns: [] }, /no columns at all.*leave columns out/],
      [{ columns: ["a b"] }, /"a b".*sqlQuery/],
      [{ bounds: [3, 40, -3, 41] }, /west.*west < east/],
    ] as const
  ) {
    const error = await assertRejects(() => dataset.toCsv("never.csv", options)) as ArgumentError;
    assertMatch(`${error.message} ${error.hint}`, told);
  }
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
  assertMatch(`${wrong.message} ${wrong.hint}`, /row 2 has a Point.*enrichPoints/);
  const other = await assertRejects(() =>
    enrichment.enrichPoints(polygon, ["v"], { geomCol: "g" })
  ) as ArgumentError;
  assertMatch(`${other.message} ${other.hint}`, /row 1 has a Polygon.*enrichPolygons/);
  const options: [unknown, RegExp][] = [
    [{ filters: { v: 30 } }, /filters must give texts.*"> 30"/],
    [{ filters: "> 30" }, /filters must give texts/],
    [{ aggregation: { v: ["SUM", 1] } }, /aggregation must give texts.*"SUM"/],
    [{ aggregation: 1 }, /aggregation must give texts/],
  ];
  for (const [given, told] of options) {
    const error = await assertRejects(() =>
      enrichment.enrichPolygons(polygon, ["v"], { geomCol: "g", ...given as PolygonEnrichmentOptions })
    ) as ArgumentError;
    assertMatch(`${error.message} ${error.hint}`, told);
  }
  const odd = GeoDataFrame.fromColumns({ n: [1] }).setGeometryFromXY([1], [1], { srid: 31370 });
  assertMatch(String(await assertRejects(() => enrichment.enrichPoints(odd, ["v"]))), /31370/);
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
