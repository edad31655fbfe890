import { assert, assertEquals, assertMatch } from "@std/assert";
import { Client, type Document, testBoth } from "./_client.ts";
import { createSynchronizations } from "../../../src/emulator/_api/synchronizations.ts";
import { zip } from "../../../src/emulator/_formats/zip.ts";
import { openEngine } from "../../../src/emulator/_db/open.ts";
import { query } from "../../../src/emulator/_db/query.ts";
import { ACCOUNT } from "../db/_engines.ts";
import { context, keyOf, request } from "../db/_requests.ts";

const FILES = new URL("../../fixtures/files/", import.meta.url);

async function fixture(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(new URL(name, FILES));
}

const encoder = new TextEncoder();

testBoth("files become tables", async (t, carto) => {
  const types = async (table: string): Promise<Record<string, string>> => {
    const { body } = await carto.sql(`SELECT * FROM ${table} LIMIT 0`);
    return Object.fromEntries(
      Object.entries(body.fields).map(([name, field]) => [name, (field as Document).pgtype]),
    );
  };

  await t.step("CSV: types are guessed, places are found", async () => {
    const text = "Name,Lat,Lon,n,big,price,open,day,zip\n" +
      '"Besançon, ""x""",40.4,-3.7,1,9007199254740993,12.5,true,2020-02-29,007\n' +
      "C,41,2,-2,1,3,false,2021-01-01,12\n,,,,,,,,\n";
    const state = await carto.upload("Shops of Madrid.csv", text);
    assertEquals(
      [
        state.state,
        state.success,
        state.table_name,
        state.data_type,
        state.error_code,
        state.tables_created_count,
      ],
      ["complete", true, "shops_of_madrid", "file", null, 1],
    );
    const { name, n, big, price, open, day, zip } = await types("shops_of_madrid");
    assertEquals({ name, n, big, price, open, day, zip }, {
      name: "text",
      n: "int4",
      big: "int8",
      price: "float8",
      open: "bool",
      day: "date",
      zip: "text",
    });
    const rows = await carto.rows(
      "SELECT name, n, big::text, price, open, day::text, zip, ST_AsText(the_geom) AS place FROM shops_of_madrid ORDER BY 1",
    );
    assertEquals(rows[0], {
      name: 'Besançon, "x"',
      n: 1,
      big: "9007199254740993",
      price: 12.5,
      open: true,
      day: "2020-02-29",
      zip: "007",
      place: "POINT(-3.7 40.4)",
    });
    assertEquals(rows[2].place, null);
    const { body } = await carto.ask(`api/v1/viz/${state.visualization_id}/`);
    assertEquals([body.name, body.privacy, body.table.id], ["shops_of_madrid", "PRIVATE", state.table_id]);
  });

  await t.step("CSV: guessing can be left out, for all columns or for those in quotes", async () => {
    const text = 'a,b\n1,"2"\n';
    const { table_name: plain } = await carto.upload("plain.csv", text, "type_guessing=false");
    assertEquals((await types(plain)).a, "text");
    const { table_name: quoted } = await carto.upload("quoted.csv", text, "quoted_fields_guessing=false");
    assertEquals([(await types(quoted)).a, (await types(quoted)).b], ["int4", "text"]);
  });

  await t.step("CSV: other delimiters, encodings and line ends", async () => {
    const latin1 = new Uint8Array([...encoder.encode("name;n\r\nM"), 0xe1, ...encoder.encode("laga;1\r\n")]);
    const { table_name } = await carto.upload("latin1.csv", latin1);
    assertEquals(await carto.rows(`SELECT name, n FROM ${table_name}`), [{ name: "Málaga", n: 1 }]);
    const { table_name: tabs } = await carto.upload("tabs.tsv", "\ufeffa\tb\nx\ty");
    assertEquals(await carto.rows(`SELECT a, b FROM ${tabs}`), [{ a: "x", b: "y" }]);
  });

  const places = async (table: string): Promise<Document[]> =>
    await carto.rows(
      `SELECT name, n, price, ST_AsText(the_geom, 4) AS shape FROM ${table} WHERE n IS NOT NULL ORDER BY n DESC`,
    );
  const hole = "MULTIPOLYGON(((-3.7 40.4,-3.7 40.5,-3.6 40.5,-3.6 40.4,-3.7 40.4)," +
    "(-3.68 40.42,-3.62 40.42,-3.62 40.48,-3.68 40.48,-3.68 40.42)))";
  const two =
    "MULTIPOLYGON(((-3.5 40.1,-3.5 40.2,-3.4 40.2,-3.5 40.1)),((-3.3 40.1,-3.3 40.2,-3.2 40.2,-3.3 40.1)))";

  await t.step("CSV of GDAL with shapes as WKT", async () => {
    const { table_name } = await carto.upload("gdal.csv", await fixture("gdal-semicolon.csv"));
    const [first, second] = await places(table_name);
    assertEquals([first.name, first.price, first.shape, second.shape], [
      'Besançon, "Málaga"',
      12.5,
      hole,
      two,
    ]);
    assertEquals(await carto.rows(`SELECT big::text FROM ${table_name} WHERE n = 1`), [{
      big: "9007199254740993",
    }]);
  });

  await t.step("GeoJSON, in longitude and latitude and in another system", async () => {
    for (const file of ["places.geojson", "gdal-3857.geojson"]) {
      const { table_name, state } = await carto.upload(file, await fixture(file));
      assertEquals(state, "complete");
      const [first, second] = await places(table_name);
      assertEquals([first.name, first.shape, second.shape], ['Besançon, "Málaga"', hole, two], file);
      const [row] = await carto.rows(
        `SELECT code, big::text, open, day::text FROM ${table_name} WHERE n = 1`,
      );
      assertEquals(row, { code: "007", big: "9007199254740993", open: true, day: "2019-03-10" });
    }
  });

  await t.step("Shapefiles of GDAL, with their own encoding and system", async () => {
    for (const file of ["gdal-latin1.zip", "gdal-etrs89-utf8.zip"]) {
      const { table_name, state } = await carto.upload(file, await fixture(file));
      assertEquals([state, table_name.startsWith("places")], ["complete", true]);
      const [first, second] = await places(table_name);
      assertEquals([first.name, first.price], ['Besançon, "Málaga"', 12.5], file);
      // A Shapefile turns its rings the other way, and GDAL begins them elsewhere.
      const [same] = await carto.rows(
        `SELECT bool_and(ST_HausdorffDistance(the_geom, shape) < 1e-6 AND abs(ST_Area(the_geom) - ST_Area(shape)) < 1e-9) AS ok
         FROM ${table_name} JOIN (VALUES (1, ST_GeomFromText('${hole}', 4326)), (-2, ST_GeomFromText('${two}', 4326)))
           AS v (n, shape) USING (n)`,
      );
      assertEquals(same, { ok: true }, `${file}: ${first.shape} ${second.shape}`);
    }
    const both = await carto.upload("two.zip", await fixture("gdal-two-layers.zip"));
    assertEquals([both.state, both.tables_created_count], ["complete", 2]);
    const kinds = await carto.rows(
      "SELECT (SELECT GeometryType(the_geom) FROM lines LIMIT 1) AS lines, (SELECT GeometryType(the_geom) FROM points LIMIT 1) AS points",
    );
    assertEquals(kinds, [{ lines: "MULTILINESTRING", points: "POINT" }]);
  });

  await t.step("5,000 rows in each format come back equal", async () => {
    await carto.sql(
      `CREATE TABLE big AS SELECT i AS n, 'té ' || i AS label, i / 8.0::float8 AS share, i % 2 = 0 AS even,
         ST_SetSRID(ST_MakePoint(i % 360 - 180, i % 170 - 85), 4326) AS the_geom FROM generate_series(1, 5000) AS i;
       SELECT CDB_CartodbfyTable('big')`,
    );
    const key = carto.masterKey;
    for (const format of ["shp", "csv", "geojson"]) {
      const q = encodeURIComponent("SELECT n, label, share, even, the_geom FROM big");
      const file = await fetch(
        `${carto.base}/api/v2/sql?format=${format}&filename=all_${format}&q=${q}&api_key=${key}`,
      );
      const bytes = new Uint8Array(await file.arrayBuffer());
      const state = await carto.upload(`all_${format}.${format === "shp" ? "zip" : format}`, bytes);
      assertEquals([state.state, state.table_name], ["complete", `all_${format}`]);
      // A Shapefile that the SQL API writes has 1 and 0 for booleans.
      const [{ equal }] = await carto.rows(
        `SELECT count(*)::int AS equal FROM big b JOIN all_${format} i USING (n)
         WHERE b.label = i.label AND b.share = i.share AND ST_Equals(b.the_geom, i.the_geom)
           AND b.even = i.even::text::boolean`,
      );
      assertEquals(equal, 5000, format);
    }
  });
});

Deno.test("a file that cannot be imported ends with the platform's code and leaves nothing", async () => {
  await using carto = await Client.start();
  const shapefile = await unzipFixture("gdal-latin1.zip");
  const packed = (change: (files: Map<string, Uint8Array>) => void): Uint8Array<ArrayBuffer> => {
    const files = new Map(shapefile);
    change(files);
    return zip([...files].map(([name, data]) => ({ name, data })), new Date());
  };
  const wide = Array.from({ length: 251 }, (_, index) => `c${index}`).join(",");
  const feature = (geometry: unknown) =>
    JSON.stringify({
      type: "FeatureCollection",
      features: [{ type: "Feature", properties: { a: 1 }, geometry }],
    });
  const crs = { type: "name", properties: { name: "urn:ogc:def:crs:EPSG::99999" } };
  const cases: [string, string | Uint8Array<ArrayBuffer>, number][] = [
    ["empty.csv", "", 1005],
    ["notes.docx", "hello", 1002],
    ["page.csv", "<!DOCTYPE html><html></html>", 1002],
    ["broken.zip", "PK\u0003\u0004 no archive", 1003],
    ["no.zip", "hello", 1003],
    ["quotes.csv", 'a,b\n1,"x', 2003],
    ["after.csv", 'a,b\n1,"x"y\n', 2003],
    ["long.csv", "a,b\n1,2,3\n", 2003],
    ["binary.csv", "a,b\n\0,\0\n", 2003],
    ["wide.csv", `${wide}\n`, 2004],
    ["broken.geojson", '{"type": "FeatureCollection", "features": [', 3007],
    ["other.geojson", '{"type": "Topology"}', 3007],
    ["hollow.geojson", feature({ type: "Point" }), 3007],
    ["flat.geojson", feature({ type: "Polygon", coordinates: [1, 2] }), 3007],
    ["mixed.geojson", feature({ type: "GeometryCollection", geometries: [] }), 3201],
    [
      "where.geojson",
      JSON.stringify({ ...JSON.parse(feature({ type: "Point", coordinates: [1, 2] })), crs }),
      3008,
    ],
    ["no_prj.zip", packed((files) => files.delete("places.prj")), 3101],
    ["no_dbf.zip", packed((files) => files.delete("places.dbf")), 1006],
    ...["PROJCS[nothing]", "rubbish", 'VERTCS["x"]', 'GEOGCS["cut off",DATUM["x"'].map((text, index) =>
      [
        `odd_prj_${index}.zip`,
        packed((files) => files.set("places.prj", encoder.encode(text))),
        3008,
      ] satisfies [string, Uint8Array<ArrayBuffer>, number]
    ),
    [
      "cut_shp.zip",
      packed((files) => files.set("places.shp", files.get("places.shp")?.slice(0, 300) ?? new Uint8Array())),
      1006,
    ],
    [
      "cut_dbf.zip",
      packed((files) => files.set("places.dbf", files.get("places.dbf")?.slice(0, 300) ?? new Uint8Array())),
      1006,
    ],
    ["no_shp.zip", packed((files) => files.set("places.shp", new Uint8Array(200))), 1006],
  ];
  for (const [name, data, code] of cases) {
    const state = await carto.upload(name, data);
    assertEquals([state.state, state.success, state.error_code, state.table_name], [
      "failure",
      false,
      code,
      null,
    ], name);
    assert(state.get_error_text.title !== "" && state.get_error_text.what_about !== "", name);
  }
  const tables = await carto.rows(
    "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'public' AND relkind = 'r' " +
      "AND relname <> 'spatial_ref_sys'",
  );
  assertEquals(tables, []);
});

async function unzipFixture(name: string): Promise<Map<string, Uint8Array>> {
  const { unzip } = await import("../../_tools/_wire/unzip.ts");
  return unzip(await fixture(name));
}

Deno.test("names that are taken, privacy, maps, queries and copies", async (t) => {
  await using carto = await Client.start();
  const text = (n: number) => `a\n${n}\n`;
  const { table_id: first } = await carto.upload("t.csv", text(1), "privacy=public");

  await t.step("a taken name gets a number", async () => {
    const { table_name } = await carto.upload("t.csv", text(2));
    assertEquals([table_name, await carto.rows("SELECT a FROM t")], ["t_1", [{ a: 1 }]]);
  });

  await t.step("or is skipped", async () => {
    const state = await carto.upload("t.csv", text(3), "collision_strategy=skip");
    assertEquals([state.state, state.tables_created_count, state.table_name], ["complete", 0, "t"]);
    assertEquals(await carto.rows("SELECT a FROM t"), [{ a: 1 }]);
  });

  await t.step("or is filled anew, and stays the same dataset with the same rights", async () => {
    const { table_name, table_id } = await carto.upload("t.csv", text(4), "collision_strategy=overwrite");
    assertEquals([table_name, table_id, await carto.rows("SELECT a FROM t")], ["t", first, [{ a: 4 }]]);
    assertEquals((await carto.sql("SELECT a FROM t", null)).body.rows, [{ a: 4 }]);
  });

  await t.step("a file that fails does not touch the table that stands", async () => {
    const { state } = await carto.upload("t.csv", 'a\n"', "collision_strategy=overwrite");
    assertEquals([state, await carto.rows("SELECT a FROM t")], ["failure", [{ a: 4 }]]);
  });

  await t.step("a map on top", async () => {
    const state = await carto.upload("m.csv", text(1), "create_vis=true&privacy=link");
    const { body } = await carto.ask(`api/v1/viz/${state.visualization_id}`);
    assertEquals([body.type, body.name, body.privacy], ["derived", "m", "LINK"]);
    const { body: dataset } = await carto.ask("api/v1/viz/m?with_dependent_visualizations=1");
    assertEquals([dataset.privacy, dataset.dependent_visualizations_count], ["LINK", 1]);
    assertEquals(dataset.dependent_visualizations[0].id, state.visualization_id);
  });

  await t.step("a query and a copy", async () => {
    const run = async (json: Record<string, unknown>): Promise<Document> => {
      const { status, body } = await carto.ask("api/v1/imports/", { json });
      assertEquals(status, 200);
      return await carto.waitFor(body.item_queue_id);
    };
    const made = await run({ table_name: "Ten Fold", sql: "SELECT a * 10 AS a FROM t" });
    assertEquals([made.state, made.data_type, made.table_name], ["complete", "query", "ten_fold"]);
    assertEquals(await carto.rows("SELECT a FROM ten_fold"), [{ a: 40 }]);
    assertEquals((await run({ table_copy: "t" })).table_name, "t_copy");
    assertEquals((await run({ sql: "SELECT 1; DROP TABLE t", table_name: "x" })).error_code, 8003);
    assertEquals((await run({ sql: "SELECT nothing", table_name: "x" })).error_code, 8003);
    assertEquals((await run({ sql: "SELECT a FROM t WHERE false", table_name: "x" })).error_code, 1015);
    assertEquals(await carto.rows("SELECT a FROM t"), [{ a: 4 }]);
  });

  await t.step("the list, one that is not there, and what is not served", async () => {
    const { body } = await carto.ask("api/v1/imports/");
    assertEquals([body.success, body.imports.length > 5], [true, true]);
    assertEquals((await carto.ask("api/v1/imports/nothing")).status, 404);
    const connector = { provider: "postgres", connection: { server: "db", password: "s3cret" }, table: "t" };
    const refused = await carto.ask("api/v1/imports/", { json: { connector } });
    assertEquals([refused.status, JSON.stringify(refused.body).includes("s3cret")], [501, false]);
    assertMatch(refused.body.errors[0], /does not serve connectors/);
    assertEquals((await carto.ask("api/v1/imports/", { json: { service_name: "arcgis" } })).status, 501);
    assertEquals((await carto.ask("api/v1/imports/", { json: { url: "x" }, key: null })).status, 401);
    const form = new FormData();
    form.append("file", new File(["a\n1\n"], "x.csv"));
    assertEquals((await carto.ask("api/v1/imports/", { body: form, key: null })).status, 401);
    const inBody = { url: "http://192.0.2.1/x.csv", api_key: carto.masterKey };
    assertEquals((await carto.ask("api/v1/imports/", { json: inBody, key: null })).status, 200);
    assertEquals(
      (await carto.ask("api/v1/imports/", { json: { ...inBody, api_key: "x" }, key: null })).status,
      401,
    );
    assertEquals((await carto.ask("api/v1/imports/", { json: { privacy: "secret" } })).status, 400);
  });
});

Deno.test("addresses of this machine are read, others are not", async () => {
  await using carto = await Client.start();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/shops.csv") return new Response("a\n1\n");
    if (pathname === "/moved") return Response.redirect(new URL("/shops.csv", request.url), 302);
    if (pathname === "/away") return Response.redirect("http://192.0.2.1/shops.csv", 302);
    if (pathname === "/data") {
      return new Response("b\n2\n", {
        headers: { "content-disposition": 'attachment; filename="named.csv"' },
      });
    }
    if (pathname === "/page.csv") {
      return new Response("<html>log in</html>", { headers: { "content-type": "text/html" } });
    }
    return new Response("gone", { status: pathname === "/broken.csv" ? 500 : 404 });
  });
  try {
    const base = `http://127.0.0.1:${server.addr.port}`;
    const run = async (url: string): Promise<Document> => {
      const { body } = await carto.ask(`api/v1/imports/?url=${encodeURIComponent(url)}`, { method: "POST" });
      return await carto.waitFor(body.item_queue_id);
    };
    const shops = await run(`${base}/shops.csv`);
    assertEquals([shops.state, shops.table_name, shops.data_type], ["complete", "shops", "url"]);
    assertEquals((await run(`${base}/moved`)).table_name, "shops_1");
    assertEquals((await run(`${base}/data`)).table_name, "named");
    const codes: [string, number][] = [
      [`${base}/nothing.csv`, 1100],
      [`${base}/broken.csv`, 1001],
      [`${base}/page.csv`, 1002],
      [`${base}/away`, 1101],
      ["http://192.0.2.1/shops.csv", 1101],
      ["http://127.0.0.1.example/shops.csv", 1101],
      ["file:///etc/passwd", 1101],
      ["ftp://127.0.0.1/shops.csv", 1101],
      ["shops.csv", 1010],
    ];
    for (const [url, code] of codes) assertEquals((await run(url)).error_code, code, url);
  } finally {
    await server.shutdown();
  }
});

Deno.test("more than three imports at a time are too many", async () => {
  await using carto = await Client.start();
  const start = async (index: number): Promise<string> => {
    const form = new FormData();
    form.append("file", new File(["a\n1\n".repeat(5000)], `f${index}.csv`));
    return (await carto.ask("api/v1/imports/", { body: form })).body.item_queue_id;
  };
  const ids = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(start));
  const ends = await Promise.all(ids.map((id) => carto.waitFor(id)));
  for (const { state, error_code } of ends) {
    assert(state === "complete" || error_code === 6669, `${error_code}`);
  }
  assert(ends.some(({ state }) => state === "complete"));
});

Deno.test("a synchronised table is made, listed, read again and let go", async () => {
  let contents = "a\n1\n";
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => contents === "" ? new Response("gone", { status: 404 }) : new Response(contents),
  );
  const engine = await openEngine({ accounts: [ACCOUNT] });
  let time = Date.parse("2026-01-01T00:00:00Z");
  const stop = new AbortController();
  const sync = createSynchronizations(context(engine), stop.signal, () => time);
  const ask = async (
    method: string,
    path: string,
    parameters: Record<string, unknown> = {},
  ): Promise<[number, Document]> => {
    const asked = request({ method, path, parameters, body: parameters });
    const key = keyOf(asked.account, "master");
    try {
      const response = await sync({ ...asked, key, hasKey: true, request: new Request("http://127.0.0.1/") });
      const text = await response.text();
      return [response.status, text === "" ? undefined : JSON.parse(text)];
    } catch (error) {
      return [(error as Document).status, (error as Document).errors];
    }
  };
  const ended = async (id: string): Promise<Document> => {
    for (;;) {
      const [, state] = await ask("GET", id);
      if (state.state === "success" || state.state === "failure") return state;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const values = async (): Promise<unknown> => (await query(engine, "SELECT a FROM public.stops")).rows;
  try {
    const url = `http://127.0.0.1:${server.addr.port}/stops.csv`;
    assertEquals((await ask("POST", "", { url, interval: 60 }))[0], 400);
    assertEquals((await ask("POST", "", {}))[0], 400);
    const [status, made] = await ask("POST", "", { url, interval: 900 });
    assertEquals([status, made.state, made.interval, made.url], [200, "created", 900, url]);
    assertEquals(made.data_import.endpoint, "/api/v1/imports");
    const first = await ended(made.id);
    assertEquals([first.state, first.name, first.error_code], ["success", "stops", null]);
    assertEquals(await values(), [["1"]]);
    assertEquals((await ask("GET", ""))[1].total_entries, 1);

    contents = "a\n2\n3\n";
    assertEquals((await ask("PUT", `${made.id}/sync_now`))[0], 400);
    time += 900_000;
    assertEquals(await ask("PUT", `${made.id}/sync_now`), [200, {
      enqueued: true,
      synchronization_id: made.id,
    }]);
    const second = await ended(made.id);
    assertEquals([await values(), second.visualization_id], [[["2"], ["3"]], first.visualization_id]);
    assertEquals((await ask("GET", `${made.id}/sync_now`))[1], { state: "success" });

    contents = "";
    time += 900_000;
    await ask("PUT", `${made.id}/sync_now`);
    const failed = await ended(made.id);
    assertEquals([failed.state, failed.error_code, failed.retried_times], ["failure", 1100, 1]);
    assertEquals(await values(), [["2"], ["3"]]);

    assertEquals((await ask("DELETE", made.id))[0], 204);
    assertEquals((await ask("GET", made.id))[0], 404);
    assertEquals(await values(), [["2"], ["3"]]);
  } finally {
    stop.abort();
    await engine.close();
    await server.shutdown();
  }
});
