import { assertEquals } from "@std/assert";
import { boundsOfColumn, scanGeometryColumn } from "../../../src/frame/geometry/_column_scan.ts";
import {
  ewkbLength,
  toIsoWkbColumn,
  writeEwkb,
  writeEwkbHex,
} from "../../../src/frame/geometry/_wkb_columns.ts";
import { Geometry } from "../../../src/frame/geometry/mod.ts";
import { wkbColumn } from "./_columns.ts";

const MIXED = [
  "SRID=4326;POINT (1 2)",
  null,
  "LINESTRING Z (0 0 1, 5 5 1)",
  "SRID=4326;POINT EMPTY",
  "POINT M (1 2 9)",
  "SRID=3857;POLYGON ((0 0, 9 0, 9 9, 0 0))",
];

Deno.test("a scan tells types, dimensions, SRIDs, nulls and empty rows", () => {
  const scan = scanGeometryColumn(wkbColumn(MIXED));
  assertEquals({ ...scan, types: Object.fromEntries(scan.types) }, {
    types: { Point: 3, LineString: 1, Polygon: 1 },
    srids: [4326, 0, 3857],
    hasZ: true,
    hasM: true,
    nulls: 1,
    empties: 1,
    coordinates: 8,
  });
});

Deno.test("bounds of a column leave nulls and empty points out", () => {
  assertEquals(boundsOfColumn(wkbColumn(MIXED)), [0, 0, 9, 9]);
  assertEquals(boundsOfColumn(wkbColumn([null, "POINT EMPTY"])), undefined);
});

Deno.test("a row is written as bytes and hex, with an SRID where it has none", () => {
  const column = wkbColumn(["POINT Z(1 2 3)", "SRID=3857;POINT(1 2)"]);
  for (const [row, expected] of [[0, "SRID=4326;POINT Z (1 2 3)"], [1, "SRID=3857;POINT (1 2)"]] as const) {
    const start = column.offsets[row] ?? 0;
    const end = column.offsets[row + 1] ?? 0;
    const length = ewkbLength(column.bytes, start, end, 4326);
    const output = new Uint8Array(length * 2 + 1);
    assertEquals(writeEwkb(column.bytes, start, end, 4326, output, 1), 1 + length);
    assertEquals(String(Geometry.from(output.subarray(1, 1 + length))), expected);
    assertEquals(writeEwkbHex(column.bytes, start, end, 4326, output, 1), 1 + 2 * length);
    const hex = new TextDecoder().decode(output.subarray(1));
    assertEquals(String(Geometry.from(hex)), expected);
    assertEquals(hex, hex.toUpperCase());
    assertEquals(ewkbLength(column.bytes, start, end, 0), end - start);
  }
});

Deno.test("a column is written as ISO WKB without SRIDs", () => {
  const { bytes, offsets, validity, nullCount } = toIsoWkbColumn(wkbColumn(MIXED));
  const rows = MIXED.map((_, row) => bytes.slice(offsets[row], offsets[row + 1]));
  assertEquals(new DataView((rows[2] as Uint8Array<ArrayBuffer>).buffer).getUint32(1, true), 1002);
  assertEquals([validity, nullCount], [new Uint8Array([0b111101]), 1]);
  assertEquals(
    rows.map((wkb) => wkb.length === 0 ? null : String(Geometry.from(wkb))),
    MIXED.map((text) => text?.replace(/SRID=\d+;/, "") ?? null),
  );
});
