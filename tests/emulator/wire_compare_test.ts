import { assertEquals, assertThrows } from "@std/assert";
import { compare } from "../_tools/_wire/compare.ts";
import type { RawResponse } from "../_tools/_wire/raw_http.ts";
import { bodyBytes, type RecordedResponse, requestTarget } from "../_tools/_wire/recordings.ts";
import { readFixture } from "../_tools/_wire/fixture.ts";
import { encodeTileLayer } from "../../src/emulator/_maps/mvt.ts";
import { decodeTile } from "../_tools/_wire/tile.ts";
import { zip } from "../../src/emulator/_formats/zip.ts";

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

function recorded(body: unknown, more: Partial<RecordedResponse> = {}): RecordedResponse {
  return { status: 200, headers: JSON_TYPE, body, ...more };
}

function got(
  body: string | Uint8Array,
  headers: Record<string, string> = JSON_TYPE,
  status = 200,
): RawResponse {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return { status, headers: new Map(Object.entries(headers)), body: bytes, isComplete: true };
}

const paths = (expected: RecordedResponse, ours: RawResponse | undefined, ids: [string, string][] = []) =>
  compare(expected, ours, new Map(ids)).map(({ path }) => path);

Deno.test("time and oids may differ, everything else may not", () => {
  const body = { rows: [{ a: 1 }], time: 0.5, fields: { a: { type: "unknown(1)" } } };
  assertEquals(
    paths(recorded(body), got('{"rows":[{"a":1}],"time":9,"fields":{"a":{"type":"unknown(22)"}}}')),
    [],
  );
  assertEquals(
    paths(recorded(body), got('{"rows":[{"a":2}],"time":9,"fields":{"a":{"type":"unknown(22)"}}}')),
    [
      "body.rows[0].a",
    ],
  );
  assertEquals(paths(recorded(body), got('{"rows":[{"a":1}],"fields":{"a":{"type":"int"}}}')), [
    "body.time",
    "body.fields.a.type",
  ]);
  assertEquals(paths(recorded({ a: 1 }), got('{"a":"1"}')), ["body.a"]);
  assertEquals(paths(recorded({ a: [1] }), got('{"a":[1,2]}')), ["body.a"]);
  assertEquals(paths(recorded({ time: 1 }), got('{"time":"soon"}')), ["body.time"]);
  assertEquals(paths(recorded({}), got("no json")), ["body"]);
});

Deno.test("status, missing headers, other headers and headers too many are differences", () => {
  assertEquals(paths(recorded({}), got("{}", JSON_TYPE, 400)), ["status"]);
  assertEquals(paths(recorded({}), got("{}", {})), ["headers.content-type"]);
  assertEquals(paths(recorded({}), got("{}", { "content-type": "text/plain" })), ["headers.content-type"]);
  assertEquals(paths(recorded({}), got("{}", { ...JSON_TYPE, etag: "x" })), ["headers.etag"]);
  assertEquals(paths(recorded({}), got("{}", { ...JSON_TYPE, date: "now", connection: "close" })), []);
});

Deno.test("a short max-age may differ from another short one only", () => {
  const cache = (age: number) => ({ "cache-control": `no-cache,max-age=${age},must-revalidate,public` });
  const check = (a: number, b: number) =>
    paths(recorded({}, { headers: cache(a) }), got("{}", cache(b))).length;
  assertEquals([check(254, 3), check(254, 31536000), check(0, 254), check(0, 0)], [0, 1, 1, 0]);
});

Deno.test("a length is compared beside the values that may differ", () => {
  const body = { time: 0.5, total_rows: 3 };
  const check = (text: string) =>
    paths(
      recorded(body, { headers: { "content-length": "27" } }),
      got(text, { "content-length": String(text.length) }),
    );
  assertEquals(check('{"time":0.5,"total_rows":3}'), []);
  assertEquals(check('{"time":0.123,"total_rows":3}'), []);
  assertEquals(check('{"time":0.5, "total_rows":3}'), ["headers.content-length"]);
});

Deno.test("literal text, bytes, prefixes, heads and tails, and zip archives by their members", () => {
  assertEquals(paths(recorded({ a: 1 }, { body_text: '{"a":1}' }), got('{"a": 1}')), ["body_text"]);
  assertEquals(paths(recorded({ base64: "AAE=" }), got(Uint8Array.of(0, 2))), ["body.base64"]);
  assertEquals(paths(recorded({ bytes: 3, base64_prefix: "AAE=" }), got(Uint8Array.of(0, 1))), [
    "body.bytes",
  ]);
  assertEquals(paths(recorded({ length: 4, head: "ab", tail: "d" }), got("abcd")), []);
  assertEquals(paths(recorded({ length: 4, head: "ab", tail: "d" }), got("abce")), ["body.tail"]);
  const archive = (text: string, date: number) =>
    zip([{ name: "a.txt", data: new TextEncoder().encode(text) }], new Date(date));
  const zipped = recorded({ base64: archive("x", 0).toBase64(), zip_entries: ["a.txt"] });
  assertEquals(paths(zipped, got(archive("x", 1e12))), []);
  assertEquals(paths(zipped, got(archive("y", 0))), ["body.zip.a.txt"]);
});

Deno.test("job ids are those of this run", () => {
  assertEquals(paths(recorded({ job_id: "r1" }), got('{"job_id":"o1"}'), [["r1", "o1"]]), []);
  assertEquals(paths(recorded({ job_id: "r1" }), got('{"job_id":"o2"}'), [["r1", "o1"]]), ["body.job_id"]);
});

Deno.test("silence is compared with silence", () => {
  const silence = recorded(null, { status: null, transport: "TimeoutError: timed out" });
  assertEquals(paths(silence, undefined), []);
  assertEquals(paths(silence, got("{}")), ["status"]);
  assertEquals(paths(recorded({}), undefined), ["status"]);
});

Deno.test("requests are sent as recorded, described bodies are written out", () => {
  assertEquals(
    requestTarget({ method: "GET", path: "/a", query: [["q", "SELECT 'ñ'"], ["q", "2"]] }),
    "/a?q=SELECT%20'%C3%B1'&q=2",
  );
  assertEquals(bodyBytes({ base64: "AAE=" }), Uint8Array.of(0, 1));
  assertEquals(bodyBytes(null), undefined);
  assertEquals(bodyBytes(`{"query":"SELECT 'xxx...'"} with 16384 x`)?.length, 16405);
  const rows = new TextDecoder().decode(
    bodyBytes("id,name,age\\n followed by 1000 short rows (about 13 KB)"),
  );
  assertEquals([rows.split("\n").length, rows.slice(0, 12)], [1002, "id,name,age\n"]);
});

Deno.test("accounts, keys and SQL come out of the README", async () => {
  const readme = await Deno.readTextFile(new URL("../fixtures/wire/sql-api-v2/README.md", import.meta.url));
  const { accounts, superuserSql, ownerSql } = readFixture(readme);
  assertEquals(accounts.map(({ username, id, masterKey }) => [username, id, masterKey]), [
    ["demo", "42", "demo_master_key"],
    ["limited", "43", "limited_master_key"],
  ]);
  assertEquals(accounts[0]?.statementTimeout, 5000);
  assertEquals(accounts[0]?.publicTimeout, 2000);
  assertEquals(accounts[0]?.keys?.map(({ token, apis }) => [token, apis]), [
    ["demo_regular_key", undefined],
    ["demo_nothing_key", undefined],
    ["demo_nosql_key", ["maps"]],
  ]);
  assertEquals(superuserSql.includes("CREATE EXTENSION"), false);
  assertEquals(ownerSql.includes("CREATE TABLE cafes"), true);
  assertThrows(() => bodyBytes({ base64: "?" }));
});

Deno.test("maps: ids, addresses, ages and samples may differ, what they stand for may not", () => {
  const ids: [string, string][] = [["aa".repeat(16), "bb".repeat(16)], ["https://there", "http://here"]];
  const at = (id: string, time: string, host: string) => ({
    layergroupid: `${id}:${time}`,
    url: `${host}/${id}`,
    last_updated: "2026-11-25T02:21:15.656Z",
  });
  const expected = recorded(at("aa".repeat(16), "1795573275656", "https://there"));
  assertEquals(
    paths(expected, got(JSON.stringify(at("bb".repeat(16), "1795573275999", "http://here"))), ids),
    [],
  );
  assertEquals(
    paths(expected, got(JSON.stringify(at("cc".repeat(16), "1795573275999", "http://here"))), ids),
    [
      "body.layergroupid",
      "body.url",
    ],
  );
  const sample = (names: string[]) => ({ stats: { sample: names.map((name) => ({ name })) } });
  const length = (body: unknown) => ({
    ...JSON_TYPE,
    "content-length": String(new TextEncoder().encode(JSON.stringify(body)).length),
  });
  const long = sample(["tallarín", "a"]);
  const other = sample(["b", "c"]);
  assertEquals(
    paths(recorded(long, { headers: length(long) }), got(JSON.stringify(other), length(other))),
    [],
  );
  assertEquals(paths(recorded(long), got(JSON.stringify(sample(["b"])))), ["body.stats.sample"]);
  const ranked = (...names: string[]) => ({ categories: names.map((category) => ({ category, value: 1 })) });
  assertEquals(paths(recorded(ranked("a", "b")), got(JSON.stringify(ranked("b", "a")))), []);
  assertEquals(paths(recorded(ranked("a", "b")), got(JSON.stringify(ranked("b", "c")))), [
    "body.categories[0].category",
    "body.categories[1].category",
  ]);
  assertEquals(
    paths(
      recorded({ last_updated: "1970-01-01T00:00:00.000Z" }),
      got('{"last_updated":"2026-01-01T00:00:00Z"}'),
    ),
    [
      "body.last_updated",
    ],
  );
});

Deno.test("tiles are compared by their features, in whatever order and however they are packed", () => {
  const headers = { "content-type": "application/x-protobuf" };
  const feature = (name: string, x: number) => ({
    geometry: wkbPoint(x, 2),
    properties: new Map([["name", name]]),
  });
  const tile = (...names: string[]) =>
    encodeTileLayer("L", 4096, names.map((name, index) => feature(name, index)));
  const swapped = encodeTileLayer("L", 4096, [feature("b", 1), feature("a", 0)]);
  const expected = recorded({ base64: tile("a", "b").toBase64() }, { headers });
  assertEquals(paths(expected, got(swapped, headers)), []);
  assertEquals(paths(expected, got(tile("a", "c"), headers)).length, 1);
  assertEquals(paths(expected, got(tile("a"), headers)), ["body.tile[0].features"]);
  assertEquals(decodeTile(new Uint8Array(0)), []);
});

function wkbPoint(x: number, y: number): string {
  const view = new DataView(new ArrayBuffer(21));
  view.setUint8(0, 1);
  view.setUint32(1, 1, true);
  view.setFloat64(5, x, true);
  view.setFloat64(13, y, true);
  return new Uint8Array(view.buffer).toHex();
}
