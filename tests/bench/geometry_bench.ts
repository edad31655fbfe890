/**
 * The geometry codecs on columns. Targets on two cores: 1 M points from hexadecimal EWKB to coordinates within 0.15 s, 100 k
 * polygons of 21 vertices within 0.1 s.
 */
import {
  type BinaryColumn,
  boundsOfColumn,
  checkGeometryColumn,
  featuresOf,
  hexToPoints,
  hexToWkbColumn,
  PointWriter,
  toWkbColumn,
  writeEwkbHex,
} from "../../src/frame/geometry/_bulk.ts";
import { decodeGeometry } from "../../src/frame/geometry/mod.ts";

const POINTS = 1_000_000;
const POLYGONS = 100_000;
const VERTICES = 21;

/** Numbers that look measured, the same in every run. */
const coordinates = Float64Array.from({ length: 2 * POINTS }, (_, i) => Math.sin(i) * 90);

function pointHex(): BinaryColumn {
  const writer = new PointWriter(4326);
  const step = 2 * writer.byteLength;
  const bytes = new Uint8Array(POINTS * step);
  for (let i = 0; i < POINTS; i++) writer.writeHex(coordinates, 2 * i, bytes, i * step);
  return { bytes, offsets: Int32Array.from({ length: POINTS + 1 }, (_, i) => i * step) };
}

const polygons: object[] = Array.from({ length: POLYGONS }, (_, i) => {
  const ring = Array.from({ length: VERTICES - 1 }, (_, j) => {
    const angle = j / (VERTICES - 1) * 2 * Math.PI;
    return [i % 360 - 180 + Math.cos(angle), i % 180 - 90 + Math.sin(angle)];
  });
  return { type: "Polygon", coordinates: [[...ring, ring[0]]] };
});
const polygonColumn = toWkbColumn(polygons);
const points = pointHex();
const polygonTexts = decodeGeometry(polygons.slice(0, POLYGONS / 10)).map(String);
const output = new Uint8Array(2 * polygonColumn.bytes.length);

function polygonHex(): BinaryColumn {
  let to = 0;
  const { bytes, offsets } = polygonColumn;
  const ends = new Int32Array(offsets.length);
  for (let row = 0; row + 1 < offsets.length; row++) {
    to = writeEwkbHex(bytes, offsets[row] as number, offsets[row + 1] as number, 4326, output, to);
    ends[row + 1] = to;
  }
  return { bytes: output, offsets: ends };
}
const hexPolygons = polygonHex();

Deno.bench("1 M points: hexadecimal EWKB to coordinates", { n: 5, warmup: 2 }, () => {
  hexToPoints(points);
});

Deno.bench("1 M points: coordinates to hexadecimal EWKB", { n: 5, warmup: 2 }, () => {
  pointHex();
});

Deno.bench("100 k polygons of 21 vertices: hexadecimal EWKB to WKB", { n: 5, warmup: 2 }, () => {
  hexToWkbColumn(hexPolygons);
});

Deno.bench("100 k polygons of 21 vertices: WKB to hexadecimal EWKB", { n: 5, warmup: 2 }, () => {
  polygonHex();
});

Deno.bench("100 k polygons of 21 vertices: GeoJSON to WKB", { n: 5, warmup: 2 }, () => {
  toWkbColumn(polygons);
});

Deno.bench("100 k polygons of 21 vertices: WKB to GeoJSON features", { n: 5, warmup: 2 }, () => {
  for (const feature of featuresOf(polygonColumn, () => null)) {
    if (feature.geometry === null) throw new Error("null");
  }
});

Deno.bench("10 k polygons of 21 vertices: WKT to WKB", { n: 5, warmup: 2 }, () => {
  toWkbColumn(polygonTexts);
});

Deno.bench("100 k polygons of 21 vertices: bounds", { n: 5, warmup: 2 }, () => {
  boundsOfColumn(polygonColumn);
});

Deno.bench("100 k polygons of 21 vertices: check", { n: 5, warmup: 2 }, () => {
  checkGeometryColumn(polygonColumn, () => {});
});
