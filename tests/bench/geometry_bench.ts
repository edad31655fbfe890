/**
 * Geometries in columns. Targets on two cores: 1 M points from hexadecimal EWKB within 0.15 s, 100 k polygons of 21 vertices
 * within 0.1 s.
 */
import { CopyCsvDecoder, encodeCopyCsv, GeoDataFrame } from "../../src/frame/mod.ts";
import { boundsOfColumn, checkGeometryColumn } from "../../src/frame/geometry/_column_scan.ts";
import { wkbColumn } from "../frame/geometry/_columns.ts";

const POINTS = 1_000_000;
const POLYGONS = 100_000;
const VERTICES = 21;

/** Numbers that look measured, the same in every run. */
const xs = Float64Array.from({ length: POINTS }, (_, i) => Math.sin(2 * i) * 90);
const ys = Float64Array.from({ length: POINTS }, (_, i) => Math.sin(2 * i + 1) * 90);
const points = GeoDataFrame.fromColumns({ xs, ys }).setGeometryFromXY("xs", "ys", { drop: true });

const features = Array.from({ length: POLYGONS }, (_, i) => {
  const ring = Array.from({ length: VERTICES - 1 }, (_, j) => {
    const angle = j / (VERTICES - 1) * 2 * Math.PI;
    return [i % 360 - 180 + Math.cos(angle), i % 180 - 90 + Math.sin(angle)];
  });
  return {
    type: "Feature",
    properties: {},
    geometry: { type: "Polygon", coordinates: [[...ring, ring[0]]] },
  };
});
const collection = { type: "FeatureCollection", features };
const polygons = GeoDataFrame.fromGeoJSON(collection);
const polygonColumn = wkbColumn(features.map(({ geometry }) => geometry));
const texts = Array.from({ length: POLYGONS / 10 }, (_, row) => String(polygons.geometry?.get(row)));

/** The lines of a COPY, with the geometries in hexadecimal. */
function written(frame: GeoDataFrame): Uint8Array[] {
  const [column = ""] = frame.columnNames;
  return [...encodeCopyCsv(frame, [{ column }])];
}

function read(frame: GeoDataFrame, chunks: readonly Uint8Array[]): void {
  const decoder = new CopyCsvDecoder(frame.schema, { header: false });
  for (const chunk of chunks) decoder.push(chunk);
  if (decoder.finish().numRows !== frame.numRows) throw new Error("rows");
}

const [pointLines, polygonLines] = [written(points), written(polygons)];

for (
  const [name, frame, lines] of [
    ["1 M points", points, pointLines],
    ["100 k polygons of 21 vertices", polygons, polygonLines],
  ] as const
) {
  Deno.bench(`${name}: from hexadecimal EWKB`, { n: 5, warmup: 2 }, () => read(frame, lines));
  Deno.bench(`${name}: to hexadecimal EWKB`, { n: 5, warmup: 2 }, () => void written(frame));
}

Deno.bench("100 k polygons of 21 vertices: from GeoJSON", { n: 5, warmup: 2 }, () => {
  GeoDataFrame.fromGeoJSON(collection);
});

Deno.bench("100 k polygons of 21 vertices: to GeoJSON", { n: 5, warmup: 2 }, () => {
  polygons.toGeoJSON();
});

Deno.bench("10 k polygons of 21 vertices: from WKT", { n: 5, warmup: 2 }, () => {
  GeoDataFrame.fromColumns({ geometry: texts });
});

Deno.bench("100 k polygons of 21 vertices: bounds", { n: 5, warmup: 2 }, () => {
  boundsOfColumn(polygonColumn);
});

Deno.bench("100 k polygons of 21 vertices: check", { n: 5, warmup: 2 }, () => {
  checkGeometryColumn(polygonColumn, () => {});
});
