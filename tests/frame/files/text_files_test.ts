/** CSV and the GeoJSON family, whole, in batches and from streams. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DataError, UnsupportedError } from "../../../src/errors/carto_error.ts";
import {
  decodeFile,
  decodeFileBatches,
  encodeFile,
  GeoDataFrame,
  readFile,
  readFileBatches,
} from "../../../src/frame/mod.ts";
import { allTypes, caseFile, chunked, inFolder } from "./_fixtures.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("text files: bom-crlf-semicolon.csv has three columns; what was found out is noted", async () => {
  const frame = await readFile(caseFile("bom-crlf-semicolon.csv"));
  assertEquals(frame.columnNames, ["id", "nombre", "superficie"]);
  assertEquals(frame.column("superficie").get(0), "1,5");
  assert(frame.notes.includes('The delimiter ";" was detected'));
  assert(frame.notes.some((note) => note.includes("{ decimalComma: true }")), frame.notes.join());
  const numbers = await readFile(caseFile("bom-crlf-semicolon.csv"), { decimalComma: true });
  assertEquals(numbers.column("superficie").get(0), 1.5);
});

Deno.test("text files: latin1.csv is refused with line and byte, or read as told", async () => {
  const error = await assertRejects(() => readFile(caseFile("latin1.csv")), DataError);
  assertEquals([error.place.line, error.place.byte], [2, 15]);
  assert(error.hint?.includes("latin1"));
  const frame = await readFile(caseFile("latin1.csv"), { encoding: "latin1" });
  assertEquals(frame.column("name").toArray(), ["Besançon", "Málaga"]);
});

Deno.test("text files: quotes-newlines.csv keeps every text when it is written and read again", async () => {
  const frame = await readFile(caseFile("quotes-newlines.csv"));
  assertEquals([frame.numRows, frame.column("note").get(6), frame.column("note").get(7)], [10, "", null]);
  for (const format of ["csv", "geojson", "ndjson", "geojsonseq", "parquet", "arrow"] as const) {
    const written = await Array.fromAsync(encodeFile(frame, { format }));
    const again = await decodeFile(new Blob(written as BlobPart[]));
    assertEquals(again.column("note").toArray(), frame.column("note").toArray(), format);
  }
});

Deno.test("text files: types of CSV are those of the whole file in every batch", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x.csv`;
    const rows = Array.from(
      { length: 1000 },
      (_, i) => `${i},${i < 999 ? i : "x"},${i < 500 ? i : i + 0.5},${i}`,
    );
    await Deno.writeTextFile(path, `a,b,c,zip\n${rows.join("\n")}\n9007199254740993,,,00501\n`);
    const types = new Set<string>();
    const values: unknown[] = [];
    for await (const frame of readFileBatches(path, { batchRows: 100 })) {
      types.add(frame.schema.map(({ type }) => type).join());
      values.push(...frame.column("a"));
    }
    assertEquals([...types], ["int8,text,float8,text"]);
    assertEquals(values.at(-1), 9007199254740993n);
    assertEquals((await readFile(path)).schema.map(({ type }) => type).join(), "int8,text,float8,text");
  }));

Deno.test("text files: of a stream the first batch settles the types; what does not fit later is told with the way out", async () => {
  const text = `a\n${"1\n".repeat(100)}1.5\n`;
  const read = (types?: { a: "float8" }) =>
    Array.fromAsync(decodeFileBatches(chunked(bytes(text), 7), { batchRows: 50, name: "s.csv", types }));
  const error = await assertRejects(() => read(), DataError);
  assert(error.hint?.includes('{ types: { "a": "float8" } }'), error.hint);
  assertEquals((await read({ a: "float8" })).reduce((sum, frame) => sum + frame.numRows, 0), 101);
});

const FEATURES = `\ufeff{ "type" : "FeatureCollection", "name": "x [ \\" {", "bbox": [1,2,3,4], "features" : [
  {"type":"Feature","id":"a","properties":{"t":"} ] \\\\","n":1,"big":12345678901234567890123},"geometry":{"type":"Point","coordinates":[1,2]}} ,
  {"type":"Feature","properties":{"features":[1,2],"é":"名"},"geometry":null}
] , "extra": {"features": []} }
`;

Deno.test("text files: GeoJSON is cut right wherever the chunks end", async () => {
  const whole = GeoDataFrame.fromGeoJSON(FEATURES.slice(1));
  const all = bytes(FEATURES);
  for (let size = 1; size < all.length; size++) {
    const frame = await decodeFile(chunked(all, size));
    assertEquals(frame.numRows, 2);
    assertEquals(frame.column("t").toArray(), ["} ] \\", null]);
    assertEquals(frame.column("features").toArray(), [null, [1, 2]]);
    assertEquals(frame.column("é").toArray(), [null, "名"]);
    assertEquals(frame.columnNames, whole.columnNames);
  }
});

Deno.test("text files: whole numbers of GeoJSON keep their digits, and decimals do when they are told to be decimals", async () => {
  const text =
    '{"type":"Feature","properties":{"id":9007199254740993,"p":12345678901234567890.10,"in":{"p":1.50}},' +
    '"geometry":{"type":"Point","coordinates":[0.1234567890123456,2]}}';
  const frame = await decodeFile(bytes(text), { types: { p: "numeric" } });
  assertEquals(frame.toRows()[0]?.id, 9007199254740993n);
  assertEquals(frame.toRows()[0]?.p, "12345678901234567890.10");
  assertEquals(frame.toRows()[0]?.in, { p: 1.5 });
  assertEquals(String(frame.geometry?.get(0)), `SRID=4326;POINT (${0.1234567890123456} 2)`);
});

Deno.test("text files: lines, sequences, lists, one feature, one geometry and nested collections", async () => {
  const feature = (n: number) => `{"type":"Feature","properties":{"n":${n}},"geometry":null}`;
  const inputs = [
    `${feature(1)}\n${feature(2)}\n`,
    `${feature(1)}\r\n\r\n${feature(2)}`,
    `\x1e${feature(1)}\n\x1e${feature(2)}\n`,
    `[${feature(1)},${feature(2)}]`,
    `{"features":[${feature(1)},{"type":"FeatureCollection","features":[${
      feature(2)
    }]}],"type":"FeatureCollection"}`,
  ];
  for (const input of inputs) {
    assertEquals((await decodeFile(bytes(input))).column("n").toArray(), [1, 2], input);
  }
  assertEquals((await decodeFile(bytes('{"type":"Point","coordinates":[1,2]}'))).numRows, 1);
  assertEquals((await decodeFile(bytes('{"type":"FeatureCollection","features":[]}'))).numRows, 0);
});

Deno.test("text files: faults of GeoJSON tell line and feature", async () => {
  const start =
    '{"type":"FeatureCollection","features":[\n{"type":"Feature","properties":{},"geometry":null},\n';
  const faults: readonly (readonly [text: string, message: RegExp])[] = [
    [
      `${start}{"type":"Feature","properties":{"a":}}]}`,
      /line 3, row 2: .*JSON|line 3, row 2: .*Unexpected token/,
    ],
    [`${start}{"type":"Feature","properties":{"a":"x`, /line 3: .*ends in the middle/],
    [`${start}7]}`, /line 3, byte \d+: .*"7" stands where a feature is expected/],
    [`${start}{"type":"Nonsense"}]}`, /row 2: .*"Nonsense" is not a feature/],
    [`${start}{"type":"Feature","geometry":{"type":"Point","coordinates":["a",1]}}]}`, /row 2/],
    ['{"features":[{"type":"Feature","geometry":null,"properties":{}}]}', /stands in no FeatureCollection/],
  ];
  for (const [text, message] of faults) {
    const error = await assertRejects(() => decodeFile(bytes(text), { name: "x.geojson" }), DataError);
    assert(message.test(error.message), error.message);
    assert(error.message.startsWith('"x.geojson"'), error.message);
  }
  const bad = new Uint8Array([
    ...bytes(`${start}{"type":"Feature","properties":{"a":"`),
    0xe9,
    ...bytes('"}}]}'),
  ]);
  const error = await assertRejects(() => decodeFile(bad, { name: "x" }), DataError, "not UTF-8");
  assertEquals([error.place.line, error.place.byte], [3, bad.indexOf(0xe9)]);
});

Deno.test("text files: a coordinate system before or behind the features counts", async () => {
  const crs = '"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}}';
  const features =
    '"features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[0,0]}}]';
  const before = bytes(`{"type":"FeatureCollection",${crs},${features}}`);
  const behind = bytes(`{"type":"FeatureCollection",${features},${crs}}`);
  for (const input of [before, behind]) {
    assertEquals((await decodeFile(input)).srid, 3857);
    for await (const frame of decodeFileBatches(input)) assertEquals(frame.srid, 3857);
  }
  const error = await assertRejects(() => decodeFile(chunked(behind, 50)), DataError, "behind the features");
  assertEquals(error.hint?.includes("{ srid: 3857 }"), true);
  assertEquals((await decodeFile(chunked(behind, 50), { srid: 3857 })).srid, 3857);
});

Deno.test("text files: projected-crs.geojson is metres or degrees, as asked for", async () => {
  assertEquals((await readFile(caseFile("projected-crs.geojson"))).srid, 3857);
  const frame = await readFile(caseFile("projected-crs.geojson"), { reproject: true });
  const [x, y] = frame.geometry?.values ?? [];
  assert(Math.abs(Number(x) + 3.7) < 0.01 && Math.abs(Number(y) - 40.42) < 0.01);
  assertEquals(frame.srid, 4326);
});

Deno.test("text files: batches of GeoJSON have one schema, with properties that turn up late", () =>
  inFolder(async (folder) => {
    const features = Array.from({ length: 25 }, (_, i) => ({
      type: "Feature",
      properties: { i: i === 24 ? 0.5 : i, ...(i > 20 ? { late: `x${i}`, geometry: "g" } : {}) },
      geometry: i === 3 ? null : { type: "Point", coordinates: [i, 0] },
    }));
    const path = `${folder}/x.geojson`;
    await Deno.writeTextFile(path, JSON.stringify({ type: "FeatureCollection", features }));
    const frames = await Array.fromAsync(readFileBatches(path, { batchRows: 10 }));
    assertEquals(frames.map(({ numRows }) => numRows), [10, 10, 5]);
    for (const frame of frames) {
      assertEquals(frame.schema.map(({ name, type }) => `${name} ${type}`), [
        "i float8",
        "late text",
        "geometry_1 text",
        "geometry geometry",
      ]);
    }
    const whole = await readFile(path);
    assert(whole.equals((frames[0] as GeoDataFrame).concat(...frames.slice(1))));
  }));

Deno.test("text files: every type comes back from CSV and GeoJSON when it is told", async () => {
  const frame = allTypes();
  const types = Object.fromEntries(frame.schema.map(({ name, type }) => [name, type]));
  const csv = await Array.fromAsync(encodeFile(frame, { format: "csv" }));
  const again = await decodeFile(new Blob(csv as BlobPart[]), { types, geometryColumn: "geometry" });
  for (const { name } of frame.schema) assert(again.column(name).equals(frame.column(name)), name);
});

Deno.test("text files: NaN and infinities become null in GeoJSON, which is told", async () => {
  const frame = GeoDataFrame.fromColumns({ a: [1.5, NaN, -Infinity], b: [1, 2, 3] });
  const notes: string[] = [];
  const chunks = await Array.fromAsync(
    encodeFile(frame, { format: "ndjson", onNote: (text) => notes.push(text) }),
  );
  assertEquals((await decodeFile(new Blob(chunks as BlobPart[]))).column("a").toArray(), [1.5, null, null]);
  assertEquals(notes, [
    'Column "a" holds NaN or infinities, which JSON cannot hold: they were written as null',
  ]);
});

Deno.test("text files: gzip is unpacked, and damaged gzip is told", async () => {
  const packed = await new Response(
    new Blob(["a\n1\n"]).stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  const frame = await decodeFile(packed);
  assertEquals([frame.toRows(), frame.notes], [[{ a: 1 }], ["The file is compressed with gzip"]]);
  await assertRejects(
    () => decodeFile(packed.subarray(0, packed.length - 6)),
    DataError,
    "damaged or cut off",
  );
});

Deno.test("text files: what is no table is named for what it is", async () => {
  const inputs: readonly (readonly [string, typeof DataError | typeof UnsupportedError, string])[] = [
    ["", DataError, "empty"],
    ["<kml><Placemark/></kml>", UnsupportedError, "XML or HTML"],
    ["<!DOCTYPE html><html></html>", UnsupportedError, "XML or HTML"],
    ["%PDF-1.7", UnsupportedError, "PDF"],
    ["\x00\x01\x02\x00", DataError, "not known"],
  ];
  for (const [text, Kind, message] of inputs) {
    await assertRejects(() => decodeFile(bytes(text), { name: "x.csv" }), Kind, message);
  }
});

Deno.test("text files: the content counts, not the ending, and the difference is noted", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/x.csv`, '{"type":"Feature","properties":{"n":1},"geometry":null}');
    const frame = await readFile(`${folder}/x.csv`);
    assertEquals(frame.column("n").get(0), 1);
    assertEquals(frame.notes, ["The ending is .csv, but the content is GeoJSON"]);
  }));

Deno.test("text files: an abort ends the reading", async () => {
  const controller = new AbortController();
  const frames = decodeFileBatches(chunked(bytes(`a\n${"1\n".repeat(1000)}`), 10), {
    batchRows: 1,
    signal: controller.signal,
  });
  await frames.next();
  controller.abort(new Error("enough"));
  await assertRejects(async () => await Array.fromAsync(frames), Error, "enough");
});
