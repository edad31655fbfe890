import { assert, assertEquals, assertThrows } from "@std/assert";
import { DataError } from "../../../src/errors/mod.ts";
import { Geometry } from "../../../src/frame/geometry/mod.ts";
import {
  type BinaryColumn,
  boundsOfColumn,
  boundsOfPoints,
  ewkbLength,
  featuresOf,
  forEachCoordinate,
  geoJsonOfRow,
  geometryOfRow,
  hexToPoints,
  hexToWkbColumn,
  normalizeWkbColumn,
  pointsToWkb,
  PointWriter,
  scanGeometryColumn,
  toIsoWkbColumn,
  toWkbColumn,
  type WkbColumn,
  writeEwkb,
  writeEwkbHex,
  xyToPoints,
} from "../../../src/frame/geometry/_bulk.ts";

/** A binary column of texts, with validity bits for null. */
function texts(rows: (string | null)[]): BinaryColumn {
  const bytes = new TextEncoder().encode(rows.map((row) => row ?? "").join(""));
  const offsets = new Int32Array(rows.length + 1);
  const validity = new Uint8Array((rows.length + 7) >> 3);
  rows.forEach((row, i) => {
    offsets[i + 1] = (offsets[i] ?? 0) + (row ?? "").length;
    if (row !== null) validity[i >> 3] = (validity[i >> 3] ?? 0) | 1 << (i & 7);
  });
  return { bytes, offsets, validity };
}

const ewkt = (column: WkbColumn): string[] =>
  Array.from({ length: column.offsets.length - 1 }, (_, row) => String(geometryOfRow(column, row)));

const MIXED = [
  "SRID=4326;POINT (1 2)",
  null,
  "LINESTRING Z (0 0 1, 5 5 1)",
  "SRID=4326;POINT EMPTY",
  "POINT M (1 2 9)",
  "SRID=3857;POLYGON ((0 0, 9 0, 9 9, 0 0))",
];

Deno.test("a column of hex becomes canonical EWKB, nulls and empty rows null", () => {
  const big = "0000000001409348000000000040b69d0000000000";
  const zeroSrid = "010100002000000000000000000000F03F0000000000000040";
  const plain = "0101000020E6100000000000000000F03F0000000000000040";
  const column = hexToWkbColumn(texts([big, null, zeroSrid, "", plain, `\\x${plain}`]));
  assertEquals(ewkt(column), [
    "POINT (1234 5789)",
    "null",
    "POINT (1 2)",
    "null",
    "SRID=4326;POINT (1 2)",
    "SRID=4326;POINT (1 2)",
  ]);
  assertEquals(column.nullCount, 2);
  assertEquals(column.validity, new Uint8Array([0b110101]));
  assertEquals(column.bytes.length, column.offsets.at(-1));
});

Deno.test("a fault in a column of hex names row, column and byte", () => {
  const plain = "0101000020E6100000000000000000F03F0000000000000040";
  const faults: [string, number, string][] = [
    [`${plain.slice(0, 20)}zz${plain.slice(22)}`, 10, '"zz" is no hexadecimal number'],
    [plain.slice(0, -1), 24, "49 hex digits are not a whole number of bytes"],
    [plain.slice(0, -2), 9, "The bytes end before the geometry does"],
    ["POINT(1 2)", 0, "is no hexadecimal number"],
  ];
  for (const [hex, byte, message] of faults) {
    const error = assertThrows(
      () => hexToWkbColumn(texts([plain, hex]), { column: "the_geom", rowsBefore: 1000 }),
      DataError,
      message,
    );
    assertEquals(error.place, { row: 1002, column: "the_geom", byte });
  }
});

Deno.test("a part of a larger column is read from where its offsets start", () => {
  const whole = texts(["xx", "0101000000000000000000F03F0000000000000040"]);
  const part = hexToWkbColumn({ bytes: whole.bytes, offsets: whole.offsets.subarray(1) });
  assertEquals(ewkt(part), ["POINT (1 2)"]);
  const again = normalizeWkbColumn({
    bytes: new Uint8Array([7, 7, 7, ...part.bytes]),
    offsets: new Int32Array([3, 3 + part.bytes.length]),
  });
  assertEquals(ewkt(again), ["POINT (1 2)"]);
});

Deno.test("a column of WKB of any dialect is made canonical, its source untouched", () => {
  const rows = [
    "0000000001409348000000000040b69d0000000000",
    "01E9030000000000000000F03F00000000000000400000000000000840",
  ];
  const bytes = Uint8Array.fromHex(rows.join(""));
  const before = bytes.toHex();
  const column = normalizeWkbColumn({ bytes, offsets: new Int32Array([0, 21, 50]) });
  assertEquals(ewkt(column), ["POINT (1234 5789)", "POINT Z (1 2 3)"]);
  assertEquals(bytes.toHex(), before);
});

Deno.test("values in any notation become one column, and a fault names its row", () => {
  const column = toWkbColumn([...MIXED, { type: "Point", coordinates: [3, 4] }]);
  assertEquals(ewkt(column), [...MIXED.map(String), "SRID=4326;POINT (3 4)"]);
  assertEquals(column.nullCount, 1);
  const many = toWkbColumn(Array.from({ length: 1000 }, (_, i) => i % 3 === 0 ? null : `POINT(${i} 0)`));
  assertEquals(ewkt(many).filter((text) => text === "null").length, 334);
  assertEquals(ewkt(many)[998], "POINT (998 0)");
  const error = assertThrows(() => toWkbColumn(["POINT(1 2)", "POINT(1"], { column: "geom" }), DataError);
  assertEquals(error.place, { row: 2, column: "geom", position: 8 });
});

Deno.test("a scan tells types, dimensions, SRIDs, nulls and empty rows", () => {
  const scan = scanGeometryColumn(toWkbColumn(MIXED));
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

Deno.test("bounds and coordinates of a column leave nulls and empty points out", () => {
  const column = toWkbColumn(MIXED);
  assertEquals(boundsOfColumn(column), [0, 0, 9, 9]);
  const seen: number[][] = [];
  forEachCoordinate(column, (...coordinate) => void seen.push(coordinate));
  assertEquals(seen.slice(0, 4), [
    [1, 2, NaN, NaN, 0],
    [0, 0, 1, NaN, 2],
    [5, 5, 1, NaN, 2],
    [1, 2, NaN, 9, 4],
  ]);
  assertEquals(boundsOfColumn(toWkbColumn([null, "POINT EMPTY"])), undefined);
});

Deno.test("hex points become interleaved coordinates and hex again", () => {
  const rows = [
    "0101000020E6100000000000000000F03F0000000000000040",
    null,
    "0101000020E610000000000000000008400000000000001040",
  ];
  const points = hexToPoints(texts(rows));
  assert(points !== undefined);
  assertEquals(points.coordinates, new Float64Array([1, 2, NaN, NaN, 3, 4]));
  assertEquals([points.srid, points.stride, points.nullCount, points.hasEmpty], [4326, 2, 1, false]);
  assertEquals(boundsOfPoints(points), [1, 2, 3, 4]);
  const writer = new PointWriter(4326);
  const output = new Uint8Array(4 * writer.byteLength);
  const middle = writer.writeHex(points.coordinates, 0, output, 0);
  writer.writeHex(points.coordinates, 4, output, middle);
  assertEquals(new TextDecoder().decode(output), `${rows[0]}${rows[2]}`);
  assertEquals(ewkt(pointsToWkb(points)), ["SRID=4326;POINT (1 2)", "null", "SRID=4326;POINT (3 4)"]);
});

Deno.test("points keep height and measure, and tell empty ones", () => {
  for (const rows of [["POINT ZM (1 2 3 4)", "POINT ZM EMPTY"], ["POINT M (1 2 9)", "POINT M (3 4 9)"]]) {
    const column = toWkbColumn(rows);
    const hex = texts(Array.from(rows, (_, row) => geometryOfRow(column, row)?.toEwkbHex() ?? null));
    const points = hexToPoints(hex);
    assert(points !== undefined);
    assertEquals(ewkt(pointsToWkb(points)), rows);
    assertEquals(points.hasEmpty, rows[1] === "POINT ZM EMPTY");
  }
});

Deno.test("a column that is not points of one kind is not taken for one", () => {
  const hexOf = (text: string | null): string | null => text && Geometry.fromWkt(text).toEwkbHex();
  const columns = [
    ["POINT(1 2)", "LINESTRING(0 0,1 1)"],
    ["LINESTRING(0 0,1 1)"],
    ["POINT(1 2)", "POINT Z(1 2 3)"],
    ["SRID=4326;POINT(1 2)", "POINT(1 2)"],
    ["SRID=4326;POINT(1 2)", "SRID=3857;POINT(1 2)"],
  ];
  for (const column of columns) assertEquals(hexToPoints(texts(column.map(hexOf))), undefined, column.join());
  assertEquals(hexToPoints(texts([null, null]))?.nullCount, 2);
  assertEquals(hexToPoints(texts([]))?.coordinates.length, 0);
});

Deno.test("points come from two columns of numbers", () => {
  const points = xyToPoints(new Float64Array([1, NaN, 3]), [4, 5, undefined]);
  assertEquals(points.coordinates, new Float64Array([1, 4, NaN, NaN, NaN, NaN]));
  assertEquals([points.nullCount, points.srid], [2, 4326]);
});

Deno.test("a row is written as bytes and hex, with an SRID where it has none", () => {
  const column = toWkbColumn(["POINT Z(1 2 3)", "SRID=3857;POINT(1 2)"]);
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
  const iso = toIsoWkbColumn(toWkbColumn(MIXED));
  const line = iso.bytes.subarray(iso.offsets[2], iso.offsets[3]);
  assertEquals(new DataView(line.slice().buffer).getUint32(1, true), 1002);
  assertEquals(ewkt(normalizeWkbColumn(iso)), MIXED.map((text) => String(text).replace(/SRID=\d+;/, "")));
});

Deno.test("rows become GeoJSON when they are asked for", () => {
  const column = toWkbColumn(["POINT(1 2)", null, "POINT M(1 2 9)"]);
  assertEquals(geoJsonOfRow(column, 0), { type: "Point", coordinates: [1, 2] });
  assertEquals(geoJsonOfRow(column, 1), null);
  let dropped = 0;
  const options = {
    measures: "drop",
    onDrop: () => dropped++,
    id: (row: number) => row > 0 ? row : undefined,
  } as const;
  const features = [...featuresOf(column, (row) => ({ row }), options)];
  assertEquals(features, [
    { type: "Feature", geometry: { type: "Point", coordinates: [1, 2] }, properties: { row: 0 } },
    { type: "Feature", id: 1, geometry: null, properties: { row: 1 } },
    { type: "Feature", id: 2, geometry: { type: "Point", coordinates: [1, 2] }, properties: { row: 2 } },
  ]);
  assertEquals(dropped, 1);
});
