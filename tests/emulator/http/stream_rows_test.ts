import { assertEquals, assertRejects } from "@std/assert";
import { BodyStream } from "../../../src/emulator/_http/body_stream.ts";
import { streamRows } from "../../../src/emulator/_http/stream_rows.ts";
import { GeojsonFormat } from "../../../src/emulator/_formats/geojson.ts";
import { JsonFormat } from "../../../src/emulator/_formats/json.ts";
import { ApiError } from "../../../src/emulator/_handler.ts";
import type { BackendMessage } from "../../../src/emulator/_db/engine.ts";
import { columnList, columns, complete, failure, fakeEngine, KEY, row } from "../_fake_engine.ts";

async function answer(messages: BackendMessage[], skipped: string[] = []): Promise<Record<string, unknown>> {
  const response = await streamRows({
    engine: fakeEngine(() => messages),
    key: KEY,
    sql: "",
    format: new JsonFormat(undefined, new Set(skipped), new Map()),
    headers: {},
    signal: new AbortController().signal,
    startedAt: Date.now(),
  });
  const { time: _, ...rest } = await response.json();
  return rest;
}

const NUMBER = { type: "number", pgtype: "int4" };

Deno.test("rows of several statements follow each other, and the last one is described", async () => {
  assertEquals(
    await answer([
      columns({ a: 23 }),
      row("1"),
      complete("SELECT 1"),
      columns({ b: 23 }),
      row("2"),
      complete("SELECT 1"),
    ]),
    { rows: [{ a: 1 }, { b: 2 }], fields: { b: NUMBER }, total_rows: 1 },
  );
  assertEquals(await answer([complete("INSERT 0 2")]), { rows: [], fields: {}, total_rows: 2 });
  assertEquals(await answer([columns({ x: 23 }), row("1"), complete("SHOW")]), {
    rows: [{ x: 1 }],
    fields: { x: NUMBER },
    total_rows: 1,
  });
});

Deno.test("an error before the first row is an answer of its own, after it a member of the document", async () => {
  const error = await assertRejects(
    () => answer([columns({ a: 23 }), failure("division by zero")]),
    ApiError,
  );
  assertEquals([error.status, error.message], [400, "division by zero"]);
  assertEquals(await answer([columns({ a: 23 }), row("1"), failure("division by zero")]), {
    rows: [{ a: 1 }],
    fields: { a: NUMBER },
    total_rows: 1,
    error: ["division by zero"],
  });
});

Deno.test("denied permissions are 403 and time limits 429, by the text of the error", async () => {
  const denied = await assertRejects(
    () => answer([failure("permission denied for table t", "42501")]),
    ApiError,
  );
  assertEquals(denied.status, 403);
  const late = await assertRejects(
    () => answer([failure("canceling statement due to statement timeout", "57014")]),
    ApiError,
  );
  assertEquals([late.status, late.context, late.detail], [429, "limit", "datasource"]);
});

Deno.test("of equal column names the last value counts, at the place of the first; numbers come first", async () => {
  const messages = [
    columnList([["b", 23], ["b", 23], ["2", 23], ["1", 23]]),
    row("1", "2", "3", "4"),
    complete("SELECT 1"),
  ];
  const { rows, fields } = await answer(messages);
  assertEquals(rows, [{ "1": 4, "2": 3, b: 2 }]);
  assertEquals(Object.keys(fields as object), ["1", "2", "b"]);
  assertEquals((await answer(messages, ["b", "1"])).rows, [{ "2": 3 }]);
});

Deno.test("a feature has the geometry apart and no geometry for maps", async () => {
  const response = await streamRows({
    engine: fakeEngine(() => [
      columnList([["the_geom", 16999], ["n", 23], ["the_geom_webmercator", 16999], ["the_geom", 25]]),
      row("0101", "1", "0102", '{"type":"Point","coordinates":[1,2]}'),
      row(null, "2", null, null),
      complete("SELECT 2"),
    ]),
    key: KEY,
    sql: "",
    format: new GeojsonFormat("cb", new Set()),
    headers: {},
    signal: new AbortController().signal,
    startedAt: 0,
  });
  assertEquals(
    await response.text(),
    'cb({"type": "FeatureCollection", "features": [' +
      '{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"n":1}},' +
      '{"type":"Feature","geometry":null,"properties":{"n":2}}]})',
  );
});

Deno.test("a slow client holds the source back, and one that goes ends it", async () => {
  const body = new BodyStream();
  const held = body.write(new Uint8Array(300 * 1024));
  assertEquals(held instanceof Promise, true);
  const reader = body.readable.getReader();
  await reader.read();
  await held;
  await reader.cancel();
  assertEquals(body.signal.aborted, true);
});
