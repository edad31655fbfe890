import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { sql } from "../../src/classic/sql_text.ts";
import { ArgumentError, DataError, RateLimitError, ResponseError } from "../../src/errors/carto_error.ts";
import { clientOf, failure, FakeServer, KEY, nameless } from "./_fake_server.ts";

const CASES = new URL("../fixtures/cases/", import.meta.url);

async function readCase(name: string): Promise<string> {
  return await Deno.readTextFile(new URL(name, CASES));
}

/** An answer whose JSON is written as it stands. */
function json(text: string, init: ResponseInit = {}): Response {
  return new Response(text, { headers: { "content-type": "application/json; charset=utf-8" }, ...init });
}

const ONE = {
  rows: [{ n: 1 }],
  fields: { n: { type: "number", pgtype: "int4" } },
  total_rows: 1,
  time: 0.001,
};

Deno.test("HTTP-005 HTTP-011: query sends a form by POST, the key in a header and nowhere else", async () => {
  const server = new FakeServer(ONE);
  const result = await clientOf(server).sql.query("  SELECT 1 AS n ");
  assertEquals(result.rows, [{ n: 1 }]);
  assertEquals(result.fields, [{ name: "n", type: "number", pgtype: "int4" }]);
  assertEquals([result.totalRows, result.time, result.notices, result.warnings, result.infos], [
    1,
    0.001,
    [],
    [],
    [],
  ]);
  const { method, url, headers, form, text } = server.at(0);
  assertEquals([method, String(url)], ["POST", "https://ana.carto.com/api/v2/sql"]);
  assertEquals(headers.get("content-type"), "application/x-www-form-urlencoded");
  assertEquals([...form], [["q", "SELECT 1 AS n"]]);
  const [scheme, token] = headers.get("authorization")?.split(" ") ?? [];
  assertEquals(scheme, "Basic");
  assertEquals(new TextDecoder().decode(Uint8Array.fromBase64(token ?? "")), `ana:${KEY}`);
  assert(!text.includes("k-0000"));
  assert(headers.get("user-agent")?.startsWith("cartoframes-deno/"));
});

Deno.test("without a user name the key travels in the form, byte for byte", async () => {
  const server = new FakeServer(ONE);
  await nameless(server).sql.query("SELECT 1 AS n");
  assertEquals(server.at(0).form.get("api_key"), KEY);
  assertEquals(server.at(0).headers.get("authorization"), null);
  assertEquals(server.at(0).url.search, "");
});

Deno.test("without a user name a GET has the key in the query string, for there is no other place", async () => {
  const server = new FakeServer(ONE);
  await nameless(server).sql.query("SELECT 1 AS n", { method: "GET" });
  assertEquals(server.at(0).url.searchParams.get("api_key"), KEY);
});

Deno.test("a base URL with the user in its path keeps it", async () => {
  const { Credentials } = await import("../../src/auth/credentials.ts");
  const { ClassicClient } = await import("../../src/classic/client.ts");
  const server = new FakeServer(ONE);
  const credentials = new Credentials({ baseUrl: "https://maps.example.org/user/ana/", apiKey: KEY });
  await new ClassicClient(credentials, server.options).sql.query("SELECT 1 AS n");
  assertEquals(String(server.at(0).url), "https://maps.example.org/user/ana/api/v2/sql");
});

Deno.test("HTTP-009 HTTP-010: GET is used when it is asked for, up to 1023 characters; longer queries go by POST", async () => {
  const server = new FakeServer(ONE);
  const client = clientOf(server);
  const query = (length: number) => `SELECT 1 AS ${"n".repeat(length - 12)}`;
  await client.sql.query(query(1023), { method: "GET" });
  await client.sql.query(query(1024), { method: "GET" });
  await client.sql.query("SELECT 1");
  assertEquals(server.received.map((request) => request.method), ["GET", "POST", "POST"]);
  assertEquals(server.at(0).url.searchParams.get("q"), query(1023));
  assertEquals(server.at(1).form.get("q"), query(1024));
});

Deno.test("long-query.sql goes by POST with its text unchanged", async () => {
  const text = await readCase("long-query.sql");
  const server = new FakeServer(ONE);
  await clientOf(server).sql.query(text, { method: "GET" });
  assertEquals(server.at(0).method, "POST");
  assertEquals(server.at(0).form.get("q"), text.trim());
});

Deno.test("HTTP-014 HTTP-015: options become the server's parameters", async () => {
  const server = new FakeServer(ONE);
  await clientOf(server).sql.query("SELECT * FROM t", {
    rowsPerPage: 5,
    page: 2,
    orderBy: "name",
    sortOrder: "desc",
    skipFields: ["the_geom", "the_geom_webmercator"],
    decimalPlaces: 3,
    filename: "report",
    cachePolicy: "persist",
  });
  assertEquals(Object.fromEntries(server.at(0).form), {
    q: "SELECT * FROM t",
    rows_per_page: "5",
    page: "2",
    order_by: "name",
    sort_order: "desc",
    skipfields: "the_geom,the_geom_webmercator",
    dp: "3",
    filename: "report",
    cache_policy: "persist",
  });
});

Deno.test("rowsPerPage alone asks for the first page, which the server would otherwise not cut", async () => {
  const server = new FakeServer(ONE);
  await clientOf(server).sql.query("SELECT 1", { rowsPerPage: 5 });
  assertEquals(server.at(0).form.get("page"), "0");
});

Deno.test("options that the server would ignore or misread are refused before anything is sent", async () => {
  const server = new FakeServer(ONE);
  const { sql: api } = clientOf(server);
  await assertRejects(() => api.query("SELECT 1", { page: 1 }), ArgumentError, "rowsPerPage");
  await assertRejects(() => api.query("SELECT 1", { rowsPerPage: -1 }), ArgumentError);
  await assertRejects(() => api.query("SELECT 1", { rowsPerPage: 1.5 }), ArgumentError);
  await assertRejects(
    () => api.query("SELECT 1", { sortOrder: "sideways" as "asc" }),
    ArgumentError,
    "sideways",
  );
  await assertRejects(() => api.query("SELECT 1", { skipFields: ["a,b"] }), ArgumentError, "a,b");
  await assertRejects(() => api.query(" "), ArgumentError, "empty");
  await assertRejects(() => api.query(1 as unknown as string), ArgumentError);
  assertEquals(server.received.length, 0);
});

Deno.test("bigint-ids.json: 64-bit integers and long decimals are exact, one type per column", async () => {
  const server = new FakeServer(json(await readCase("bigint-ids.json")));
  const { rows, roundedColumns } = await clientOf(server).sql.query("SELECT * FROM t");
  assertEquals(rows, [
    {
      cartodb_id: 1,
      osm_id: 9223372036854775807n,
      h3: 621496748577128447n,
      quadbin: 5192650370358181887n,
      amount: "12345678901234567890.12",
      label: "9007199254740993",
    },
    { cartodb_id: 2, osm_id: -9007199254740993n, h3: 42n, quadbin: null, amount: "0.1", label: "007" },
  ]);
  assertEquals(roundedColumns, []);
});

Deno.test("bigint-ids.json: as text on request, and as numbers only where every value fits", async () => {
  const text = await readCase("bigint-ids.json");
  const { sql: api } = clientOf(new FakeServer(json(text)));
  const { rows } = await api.query("SELECT * FROM t", { int8: "text" });
  assertEquals(rows.map((row) => row.osm_id), ["9223372036854775807", "-9007199254740993"]);
  const error = await assertRejects(
    () => api.query("SELECT * FROM t", { int8: "number" }),
    DataError,
    "53 bits",
  );
  assertEquals(error.place, { row: 1, column: "osm_id" });
  const small = clientOf(
    new FakeServer({ rows: [{ n: 5 }], fields: { n: { type: "number", pgtype: "int8" } } }),
  );
  assertEquals((await small.sql.query("SELECT 5 AS n", { int8: "number" })).rows, [{ n: 5 }]);
});

Deno.test("a whole number that the server has rounded is refused with its place and the way out", async () => {
  // What the recorded server sends for 9223372036854775807 and 9007199254740993.
  const fields =
    '"fields":{"id":{"type":"number","pgtype":"int8"},"list":{"type":"number[]","pgtype":"_int8"}}';
  for (
    const [row, column] of [
      ['{"id":9223372036854776000,"list":null}', "id"],
      ['{"id":1,"list":[9007199254740992,-1]}', "list"],
    ] as const
  ) {
    const { sql: api } = clientOf(new FakeServer(json(`{"rows":[${row}],${fields},"total_rows":1}`)));
    const error = await assertRejects(() => api.query("SELECT 1"), DataError, "rounds whole numbers");
    assertEquals(error.place, { row: 1, column });
    assert(error.hint?.includes("text"));
    const { roundedColumns } = await api.query("SELECT 1", { allowRounded: true });
    assertEquals(roundedColumns, [column]);
  }
});

Deno.test("a rounded number in a column without a PostgreSQL type is refused too", async () => {
  const text = '{"rows":[{"n":9007199254740992}],"fields":{"n":{"type":"number"}},"total_rows":1}';
  await assertRejects(() => clientOf(new FakeServer(json(text))).sql.query("SELECT 1"), DataError);
});

Deno.test("numeric is the text that was sent, and columns that may be rounded are named", async () => {
  const text = '{"rows":[{"a":0.12345678901234568,"b":12.50,"c":"NaN","d":[1.5,"NaN",null]}],' +
    '"fields":{"a":{"type":"number","pgtype":"numeric"},"b":{"type":"number","pgtype":"numeric"},' +
    '"c":{"type":"number","pgtype":"numeric"},"d":{"type":"number[]","pgtype":"_numeric"}},"total_rows":1}';
  const { sql: api } = clientOf(new FakeServer(json(text)));
  const { rows, roundedColumns } = await api.query("SELECT 1");
  assertEquals(rows, [{ a: "0.12345678901234568", b: "12.50", c: "NaN", d: ["1.5", "NaN", null] }]);
  assertEquals(roundedColumns, ["a"]);
  assertEquals((await api.query("SELECT 1", { numeric: "number" })).rows[0]?.b, 12.5);
});

Deno.test("nan-infinity.json: words become NaN and infinities, and −0 stays", async () => {
  const server = new FakeServer(json(await readCase("nan-infinity.json")));
  const { rows } = await clientOf(server).sql.query("SELECT * FROM t");
  assertEquals(rows.map((row) => row.v), [1.5, NaN, Infinity, -Infinity, null, -0, 1e308]);
  assert(Object.is(rows[5]?.v, -0));
});

Deno.test("words stay words in a text column", async () => {
  const server = new FakeServer({ rows: [{ t: "NaN" }], fields: { t: { type: "string", pgtype: "text" } } });
  assertEquals((await clientOf(server).sql.query("SELECT 1")).rows, [{ t: "NaN" }]);
});

Deno.test("bytea comes as bytes", async () => {
  const server = new FakeServer({
    rows: [{ b: { type: "Buffer", data: [222, 173, 0] } }, { b: null }],
    fields: { b: { type: "bytea", pgtype: "bytea" } },
  });
  const { rows } = await clientOf(server).sql.query("SELECT 1");
  assertEquals(rows, [{ b: new Uint8Array([222, 173, 0]) }, { b: null }]);
});

Deno.test("columns called __proto__ or like a number keep their values and their order", async () => {
  const text =
    '{"rows":[{"b":1,"__proto__":7,"2019":"NaN"}],"time":0,"fields":{"b":{"type":"number","pgtype":"int4"},' +
    '"__proto__":{"type":"number","pgtype":"int8"},"2019":{"type":"number","pgtype":"float8"}},"total_rows":1}';
  const { rows, fields } = await clientOf(new FakeServer(json(text))).sql.query("SELECT 1");
  assertEquals(fields.map((field) => field.name), ["b", "__proto__", "2019"]);
  const row = rows[0] ?? {};
  assertEquals(Object.getPrototypeOf(row), Object.prototype);
  assertEquals(Object.getOwnPropertyDescriptor(row, "__proto__")?.value, 7n);
  assertEquals(row["2019"], NaN);
});

Deno.test("rows are checked and typed by a parser such as a zod schema", async () => {
  const server = new FakeServer({
    rows: [{ n: 1 }, { n: "x" }],
    fields: { n: { type: "number", pgtype: "int4" } },
  });
  const rows = {
    parse(value: unknown): { n: number } {
      const { n } = value as { n: unknown };
      if (typeof n !== "number") throw new TypeError("n is no number");
      return { n };
    },
  };
  const error = await assertRejects(
    () => clientOf(server).sql.query("SELECT 1", { rows }),
    DataError,
    "n is no number",
  );
  assertEquals(error.place, { row: 2 });
});

Deno.test("notices, warnings and infos are given on", async () => {
  const server = new FakeServer({
    rows: [],
    fields: {},
    total_rows: 0,
    notices: ["a"],
    warnings: ["b"],
    infos: ["c"],
  });
  const { notices, warnings, infos } = await clientOf(server).sql.query("DROP TABLE IF EXISTS x");
  assertEquals([notices, warnings, infos], [["a"], ["b"], ["c"]]);
});

Deno.test("HTTP-012 HTTP-013: format geojson gives the FeatureCollection, csv and others the bytes", async () => {
  const collection = {
    type: "FeatureCollection",
    features: [{ type: "Feature", geometry: null, properties: { a: 1 } }],
  };
  const server = new FakeServer(
    collection,
    new Response("a\r\n1\r\n", { headers: { "content-type": "text/csv" } }),
  );
  const { sql: api } = clientOf(server);
  assertEquals(await api.query("SELECT 1", { format: "geojson" }), collection as never);
  assertEquals(await api.query("SELECT 1", { format: "csv" }), new TextEncoder().encode("a\r\n1\r\n"));
  assertEquals(await api.text("SELECT 1", { format: "csv" }), "a\r\n1\r\n");
  assertEquals(await new Response(await api.download("SELECT 1", { format: "kml" })).text(), "a\r\n1\r\n");
  assertEquals(server.received.map((request) => request.form.get("format")), [
    "geojson",
    "csv",
    "csv",
    "kml",
  ]);
});

Deno.test("an error after rows is an error, in JSON and GeoJSON", async () => {
  const late = {
    rows: [{ v: 5 }],
    fields: { v: { type: "number" } },
    total_rows: 1,
    error: ["division by zero"],
  };
  const error = await assertRejects(
    () => clientOf(new FakeServer(late)).sql.query("SELECT 1"),
    ResponseError,
    "division by zero",
  );
  assertEquals([error.status, error.code], [200, "invalid-query"]);
  const geojson = { type: "FeatureCollection", features: [], error: ["division by zero"] };
  const { sql: api } = clientOf(new FakeServer(geojson));
  await assertRejects(() => api.query("SELECT 1", { format: "geojson" }), ResponseError, "division by zero");
  await assertRejects(() => api.text("SELECT 1", { format: "geojson" }), ResponseError, "division by zero");
});

Deno.test("JSON in answer to csv is an error", async () => {
  const { sql: api } = clientOf(new FakeServer({ error: ["late"] }));
  await assertRejects(() => api.query("SELECT 1", { format: "csv" }), ResponseError, "late");
  await assertRejects(() => api.text("SELECT 1", { format: "csv" }), ResponseError, "late");
});

Deno.test("an answer that was cut, is no JSON, or is another server's, is told as that", async () => {
  const outcomes: [Response, string][] = [
    [json('{"rows":[{"a":1},{"a"'), "incomplete-response"],
    [
      new Response("<html>sign in</html>", { headers: { "content-type": "text/html" } }),
      "unexpected-response",
    ],
    [json('{"hello":"world"}'), "unexpected-response"],
    [json('{"rows":{"a":1}}'), "unexpected-response"],
  ];
  for (const [answer, code] of outcomes) {
    const error = await assertRejects(
      () => clientOf(new FakeServer(answer)).sql.query("SELECT 1"),
      ResponseError,
    );
    assertEquals(error.code, code);
  }
});

Deno.test("http-429-then-200.json: the waiting time is obeyed, and told when no attempt is left", async () => {
  const { responses } = JSON.parse(await readCase("http-429-then-200.json"));
  const answers = responses.map((
    response: { status: number; headers: Record<string, string>; body: string },
  ) => new Response(response.body, response));
  const server = new FakeServer(...answers);
  const { rows } = await clientOf(server).sql.query("SELECT 1 AS n");
  assertEquals(rows, [{ n: 1 }]);
  assertEquals([server.received.length, server.waits], [2, [1000]]);

  const error = await assertRejects(
    () => clientOf(new FakeServer(answers[0]), { retries: 0 }).sql.query("SELECT 1 AS n"),
    RateLimitError,
  );
  assertEquals([error.limit, error.remaining, error.retryAfter], [10, 0, 1]);
});

Deno.test("a query is sent once when the server breaks, and again only when it is said to be read-only", async () => {
  const broken = new FakeServer(new Response("<html>bad gateway</html>", { status: 502 }));
  await assertRejects(() => clientOf(broken).sql.query("INSERT INTO t VALUES (1)"), ResponseError);
  assertEquals(broken.received.length, 1);
  const passing = new FakeServer(new Response("", { status: 502 }), ONE);
  assertEquals((await clientOf(passing).sql.query("SELECT 1 AS n", { readOnly: true })).totalRows, 1);
  assertEquals(passing.received.length, 2);
});

Deno.test("pages come one by one until one is not full", async () => {
  const page = (values: number[]) => ({
    rows: values.map((n) => ({ n })),
    fields: { n: { type: "number", pgtype: "int4" } },
    total_rows: values.length,
  });
  const server = new FakeServer(page([1, 2]), page([3, 4]), page([5]));
  const seen: unknown[] = [];
  for await (
    const { rows } of clientOf(server).sql.pages("SELECT n FROM t", { rowsPerPage: 2, orderBy: "n" })
  ) {
    seen.push(rows.map((row) => row.n));
  }
  assertEquals(seen, [[1, 2], [3, 4], [5]]);
  assertEquals(server.received.map((request) => request.form.get("page")), ["0", "1", "2"]);
});

Deno.test("pages stop asking when the loop stops, and give none for an empty result", async () => {
  const full = { rows: [{ n: 1 }], fields: {}, total_rows: 1 };
  const server = new FakeServer(full);
  for await (const _ of clientOf(server).sql.pages("SELECT n FROM t ORDER BY n", { rowsPerPage: 1 })) break;
  assertEquals(server.received.length, 1);
  const empty = clientOf(new FakeServer({ rows: [], fields: {}, total_rows: 0 }));
  assertEquals(await Array.fromAsync(empty.sql.pages("SELECT n FROM t ORDER BY n")), []);
});

Deno.test("pages refuse a write, several statements, and a query without an order", async () => {
  const server = new FakeServer(ONE);
  const { sql: api } = clientOf(server);
  for (
    const query of [
      "INSERT INTO t VALUES (1) RETURNING *",
      "SELECT 1; SELECT 2 ORDER BY 1",
      "SELECT * FROM t",
      "SELECT rank() OVER (ORDER BY n) FROM t",
    ]
  ) await assertRejects(() => api.pages(query).next(), ArgumentError, "page by page");
  assertEquals(server.received.length, 0);
});

Deno.test("an abort ends the query with its reason", async () => {
  const { sql: api } = clientOf(new FakeServer(() => new Promise(() => {})));
  const controller = new AbortController();
  const waiting = api.query("SELECT pg_sleep(9)", { signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  assertEquals(await assertRejects(() => waiting), reason);
});

Deno.test("neither the query nor the key is in a message", async () => {
  const server = new FakeServer(failure(400, `syntax error near "${KEY}" ${encodeURIComponent(KEY)}`));
  const error = await assertRejects(() => clientOf(server).sql.query("SELECT secret_thing"), ResponseError);
  const shown = [error.message, error.stack, Deno.inspect(error), JSON.stringify(error)].join("\n");
  assert(!shown.includes("k-0000"), shown);
  assert(!error.message.includes("secret_thing"));
});

Deno.test("the sql tag's text is sent as it is", async () => {
  const server = new FakeServer(ONE);
  await clientOf(server).sql.query(sql`SELECT ${"it's"} AS n FROM ${sql.id("Odd Table")}`);
  assertEquals(server.at(0).form.get("q"), `SELECT 'it''s' AS n FROM "Odd Table"`);
});

Deno.test("an API without a client is refused", async () => {
  const { SqlApi } = await import("../../src/classic/sql.ts");
  assertThrows(() => new SqlApi({} as never), ArgumentError);
});
