import { assertEquals, assertThrows } from "@std/assert";
import { DataError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame, readFileBatches, toBatches, toGeoDataFrame } from "../../src/frame/mod.ts";
import { inFolder } from "./files/_fixtures.ts";

/** What was told, as texts. */
function listener(): { told: string[]; onBadValue: (error: DataError, type: string) => void } {
  const told: string[] = [];
  return { told, onBadValue: (error, type) => told.push(`${type}: ${error.message}`) };
}

const POINT = { type: "Point", coordinates: [1, 2] };
const feature = (geometry: unknown, n: number) => ({ type: "Feature", properties: { n }, geometry });

Deno.test("values that do not fit: rows keep null there, and each is told with its row", () => {
  const { told, onBadValue } = listener();
  const rows = [{ n: "1", g: "POINT(1 2)" }, { n: "x", g: "POINT(1" }, { n: null, g: null }, {
    n: "7",
    g: 7,
  }];
  const options = { types: { n: "int4" }, geometryColumn: "g", onBadValue } as const;
  const frame = GeoDataFrame.fromRows(rows, options);
  assertEquals(frame.column("n").toArray(), [1, null, null, 7]);
  assertEquals(frame.column("g").toArray().map(String), ["POINT (1 2)", "null", "null", "null"]);
  assertEquals(told.map((text) => /^\w+: row \d, column "\w"/.exec(text)?.[0]), [
    'int4: row 2, column "n"',
    'geometry: row 2, column "g"',
    'geometry: row 4, column "g"',
  ], told.join());
  assertThrows(() => GeoDataFrame.fromRows(rows, { ...options, onBadValue: undefined }), DataError, "row 2");
});

Deno.test("values that do not fit: features, lists of features, later batches, and a column made the geometry", async () => {
  const features = [
    feature(POINT, 1),
    feature({ type: "Point", coordinates: ["a", 2] }, 2),
    feature(POINT, 3),
  ];
  const { told, onBadValue } = listener();
  const frame = toGeoDataFrame({ type: "FeatureCollection", features }, { onBadValue });
  assertEquals(frame.geometry?.toArray().map(String), [
    "SRID=4326;POINT (1 2)",
    "null",
    "SRID=4326;POINT (1 2)",
  ]);
  assertEquals([told.length, told[0]?.startsWith("geometry: row 2")], [1, true], told.join());
  const batches: number[] = [];
  for await (const batch of toBatches(features.values() as never, { batchRows: 1, onBadValue })) {
    batches.push(batch.geometry?.nullCount ?? -1);
  }
  assertEquals(batches, [0, 1, 0]);
  assertEquals([told.length, told[1]?.startsWith("geometry: row 2")], [2, true], told.join());
  const texts = GeoDataFrame.fromRows([{ g: "POINT(1 2)" }, { g: "PINT(1 2)" }]);
  assertEquals(texts.setGeometry("g", { name: "g", onBadValue }).geometry?.nullCount, 1);
  assertEquals([told.length, told[2]?.startsWith('geometry: row 2, column "g"')], [3, true], told.join());
});

Deno.test("values that do not fit: files of CSV and GeoJSON are read to their end", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.csv`, "n,g\n1,POINT(1 2)\n2,POINT\nx,POINT(3 4)\n");
    await Deno.writeTextFile(
      `${folder}/a.ndjson`,
      [feature(POINT, 1), feature({ type: "Nope" }, 2), feature(POINT, 3)].map((each) => JSON.stringify(each))
        .join("\n"),
    );
    for (const [name, lines] of [["a.csv", ["line 4", "line 3"]], ["a.ndjson", ["row 2"]]] as const) {
      const { told, onBadValue } = listener();
      let rows = 0;
      const types = name === "a.csv" ? { n: "int4" } as const : undefined;
      const geometryColumn = name === "a.csv" ? "g" : undefined;
      const options = { name, batchRows: 2, onBadValue, types, geometryColumn };
      for await (const frame of readFileBatches(`${folder}/${name}`, options)) rows += frame.numRows;
      assertEquals(rows, 3);
      assertEquals(told.map((text) => /(?:line|row) \d/.exec(text)?.[0]), [...lines], told.join());
    }
  }));
