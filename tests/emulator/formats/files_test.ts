import { assertEquals } from "@std/assert";
import { crc32 } from "node:zlib";
import { encodeDbf } from "../../../src/emulator/_formats/dbf.ts";
import { toEsri } from "../../../src/emulator/_formats/projection.ts";
import { encodeShapes } from "../../../src/emulator/_formats/shapefile.ts";
import { buildTopology } from "../../../src/emulator/_formats/topojson.ts";
import { parseWkb } from "../../../src/emulator/_formats/wkb.ts";
import { zip } from "../../../src/emulator/_formats/zip.ts";
import { unzip } from "../../_tools/_wire/unzip.ts";

const decoder = new TextDecoder("latin1");

Deno.test("a zip archive gives back its files", () => {
  const data = new TextEncoder().encode("hello ".repeat(100));
  const bytes = zip([{ name: "a.txt", data }, { name: "ñ.bin", data: new Uint8Array(0) }], new Date(0));
  const members = unzip(bytes);
  assertEquals([...members.keys()], ["a.txt", "ñ.bin"]);
  assertEquals(members.get("a.txt"), data);
  assertEquals(new DataView(bytes.buffer).getUint32(14, true), crc32(data));
});

Deno.test("a dBASE table has columns as wide as their values, stars for missing numbers, names of ten bytes", () => {
  const bytes = encodeDbf(
    [
      { name: "number", type: "int4", modifier: -1, values: ["7", null] },
      { name: "a_very_long_name", type: "text", modifier: -1, values: ["ñandú", null] },
      { name: "a_very_long_name_2", type: "date", modifier: -1, values: ["2020-02-29", null] },
    ],
    2,
    new Date("2026-11-25T00:00:00Z"),
  );
  const text = decoder.decode(bytes);
  assertEquals([...bytes.subarray(0, 4)], [3, 126, 11, 25]);
  assertEquals(text.slice(64, 74), "a_very_lon");
  assertEquals(text.slice(96, 106), "a_very_l_1");
  assertEquals(
    text.slice(32 * 4 + 1),
    ` 7${decoder.decode(new TextEncoder().encode("ñandú"))}20200229 *       00000000\x1a`,
  );
});

Deno.test("outer rings go clockwise in a shapefile, holes the other way round", () => {
  // POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,1 2,2 2,2 1,1 1)), its outer ring counter-clockwise
  const ring = (...points: number[][]) => points;
  const polygon = {
    kind: 3,
    hasZ: false,
    hasM: false,
    lines: [ring([0, 0], [4, 0], [4, 4], [0, 4], [0, 0]), ring([1, 1], [1, 2], [2, 2], [2, 1], [1, 1])],
    parts: [],
  };
  const { shp, shx } = encodeShapes([polygon, null]);
  const view = new DataView(shp.buffer);
  assertEquals(view.getInt32(24) * 2, shp.length);
  assertEquals(view.getInt32(32, true), 5);
  const points = Array.from({ length: 10 }, (_, index) => [
    view.getFloat64(100 + 8 + 52 + 16 * index, true),
    view.getFloat64(100 + 8 + 60 + 16 * index, true),
  ]);
  assertEquals(points.slice(0, 3), [[0, 0], [0, 4], [4, 4]]);
  assertEquals(points.slice(5, 8), [[1, 1], [2, 1], [2, 2]]);
  assertEquals(
    new DataView(shx.buffer).getInt32(108) * 2,
    100 + 8 + 52 + 160,
    "the null shape comes after the polygon",
  );
});

Deno.test("well-known binary in either byte order, with heights", () => {
  const big = parseWkb("00800000010000000000000000000000000000000000000000000000" + "00");
  assertEquals([big.kind, big.hasZ, big.lines], [1, true, [[[0, 0, 0]]]]);
  const little = parseWkb(
    "01A0000020E6100000".replace("01A0000020", "01010000A0") +
      "000000000000F03F00000000000000400000000000000840",
  );
  assertEquals(little.lines, [[[1, 2, 3]]]);
});

Deno.test("neighbours share the arc between them, one of them backwards", () => {
  const square = (x: number) => ({
    geometry: { type: "Polygon", coordinates: [[[x, 0], [x, 2], [x + 2, 2], [x + 2, 0], [x, 0]]] },
    properties: { x },
  });
  const topology = buildTopology([square(0), square(2), { geometry: null, properties: {} }]);
  assertEquals(topology.objects, {
    "0": { type: "Polygon", arcs: [[0, 1]], properties: { x: 0 } },
    "1": { type: "Polygon", arcs: [[-1, 2]], properties: { x: 2 } },
    "2": { type: null, properties: {} },
  });
  assertEquals((topology.arcs as number[][][])[0], [[4999, 9999], [0, -9999]]);
});

Deno.test("a line that crosses nothing is one arc; points keep their coordinates", () => {
  const topology = buildTopology([
    { geometry: { type: "LineString", coordinates: [[0, 0], [5, 5], [10, 0]] }, properties: {} },
    { geometry: { type: "Point", coordinates: [10, 5] }, properties: {} },
  ]);
  assertEquals(topology.objects, {
    "0": { type: "LineString", arcs: [0], properties: {} },
    "1": { type: "Point", coordinates: [9999, 9999], properties: {} },
  });
});

Deno.test("the reference system of a shapefile is in Esri's words", () => {
  const wgs84 =
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],' +
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],' +
    'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]';
  assertEquals(
    toEsri(wgs84),
    'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],' +
      'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]',
  );
});
