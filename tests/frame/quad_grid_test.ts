import { assert, assertAlmostEquals, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ArgumentError, DataError, UnsupportedError } from "../../src/errors/carto_error.ts";
import { GeoDataFrame } from "../../src/frame/geo_data_frame.ts";
import type { Geometry } from "../../src/frame/geometry/geometry.ts";
import { QuadGrid } from "../../src/frame/quad_grid.ts";

/** A frame of geometries given as WKT, in degrees. */
function frameOf(...wkt: (string | null)[]): GeoDataFrame {
  return GeoDataFrame.fromRows(wkt.map((geom, i) => ({ id: i, geom }))).setGeometry("geom", {
    drop: true,
    srid: 4326,
  });
}

function box(west: number, south: number, east: number, north: number): string {
  return `POLYGON((${west} ${south}, ${east} ${south}, ${east} ${north}, ${west} ${north}, ${west} ${south}))`;
}

/** The quadkeys of one geometry. */
function keys(wkt: string, zoom: number): string[] {
  return [...new QuadGrid().polyfill(frameOf(wkt), zoom).column("quadkey")] as string[];
}

Deno.test("UTL-009: two boxes give 144 cells each, in the order and with the corners of CARTOframes", () => {
  const cells = new QuadGrid().polyfill(frameOf(box(1, 1, 2, 2), box(3, 3, 4, 4)), 12);
  assertEquals([cells.numRows, cells.srid, cells.columnNames], [288, 4326, ["id", "geometry", "quadkey"]]);
  assertEquals([...cells.column("id")], [...Array(144).fill(0), ...Array(144).fill(1)]);
  const quadkeys = [...cells.column("quadkey")];
  assertEquals([quadkeys[0], quadkeys.at(-1)], ["122222203013", "122222123303"]);
  const [west, south, east, north] = (cells.geometry?.get(0) as Geometry).bounds ?? [];
  assertEquals([west, east], [0.966796875, 1.0546875]);
  assertAlmostEquals(south ?? NaN, 1.933226826477117, 1e-12);
  assertAlmostEquals(north ?? NaN, 2.021065118766994, 1e-12);
});

Deno.test("UTL-010: of an irregular polygon only the cells that touch it", () => {
  const corners = [[0.9, 1.3], [1.2, 1.9], [1.5, 1.4], [1.9, 1.8], [1.7, 1.1], [1.3, 1.25], [1.15, 0.8], [
    1,
    1.1,
  ]];
  const ring = [...corners, corners[0]].map((corner) => corner?.join(" ")).join(", ");
  const cells = new QuadGrid().polyfill(frameOf(`POLYGON((${ring}))`), 12);
  const all = new QuadGrid().polyfill(frameOf(box(0.9, 0.8, 1.9, 1.9)), 12);
  const expected = [...all].filter((row) => touchesByClipping(corners, (row.geometry as Geometry).bounds));
  assertEquals([...cells.column("quadkey")], expected.map((row) => row.quadkey));
  assert(cells.numRows > 50 && cells.numRows < all.numRows / 1.5);
});

/** Another way to the same answer: the polygon is cut by the four sides; something is left where they touch. */
function touchesByClipping(corners: number[][], bounds: readonly number[] | undefined): boolean {
  assert(bounds !== undefined);
  const [west = 0, south = 0, east = 0, north = 0] = bounds;
  let ring = corners;
  for (const [axis, limit, sign] of [[0, west, 1], [0, east, -1], [1, south, 1], [1, north, -1]] as const) {
    const keeps = (corner: number[]) => sign * ((corner[axis] ?? NaN) - limit) >= 0;
    ring = ring.flatMap((corner, i) => {
      const next = ring[(i + 1) % ring.length] ?? [];
      const kept = keeps(corner) ? [corner] : [];
      if (keeps(corner) === keeps(next)) return kept;
      const share = (limit - (corner[axis] ?? NaN)) / ((next[axis] ?? NaN) - (corner[axis] ?? NaN));
      return [...kept, corner.map((number, j) => number + share * ((next[j] ?? NaN) - number))];
    });
  }
  return ring.length > 0;
}

Deno.test("UTL-011: a frame without geometry is refused, and so are a zoom that is none and a taken name", () => {
  const grid = new QuadGrid();
  assertThrows(() => grid.polyfill(GeoDataFrame.fromRows([{ a: 1 }]), 3), ArgumentError, "no geometry");
  for (const zoom of [-1, 27, 1.5, NaN]) {
    assertThrows(() => grid.polyfill(frameOf("POINT(1 1)"), zoom), ArgumentError);
  }
  const cells = grid.polyfill(frameOf("POINT(1 1)"), 3);
  const error = assertThrows(() => grid.polyfill(cells, 4), ArgumentError, "quadkey");
  assertStringIncludes(String(error.hint), "rename");
  assertEquals(grid.polyfill(cells.rename({ quadkey: "parent" }), 4).numRows > 3, true);
});

Deno.test("points, lines, holes, parts and collections have the cells that they touch", () => {
  assertEquals(keys("POINT(1 1)", 1), ["1"]);
  assertEquals(keys("POINT(1 1)", 0), [""]);
  assertEquals(keys("POINT(0 0)", 1), ["3"]);
  assertEquals(keys("POINT(180 -85)", 2), ["33"]);
  assertEquals(keys("MULTIPOINT(-1 1, 1 -1, 1 -2)", 1), ["0", "3"]);
  assertEquals(keys("LINESTRING(-10 10, 10 12)", 1), ["0", "1"]);
  // Through cells without an end in them; at the corner 0 0 it touches four
  assertEquals(keys("LINESTRING(-170 -80, 170 80)", 2).length, 8);
  const ring = `${box(-40, -40, 40, 40).slice(0, -1)}, (-30 -30, 30 -30, 30 30, -30 30, -30 -30))`;
  const solid = keys(box(-40, -40, 40, 40), 6);
  const hollow = keys(ring, 6);
  assertEquals(solid.includes("300000") && !hollow.includes("300000"), true);
  assertEquals(hollow.every((key) => solid.includes(key)), true);
  assertEquals(keys(`GEOMETRYCOLLECTION(POINT(1 1), ${box(-2, 1, -1, 2)})`, 1), ["0", "1"]);
  assertEquals(keys("MULTIPOLYGON(((1 1, 2 1, 2 2, 1 1)), ((1 1, 2 1, 2 2, 1 1)))", 1), ["1"]);
  // A ring that is left open is closed
  const open = { type: "Polygon", coordinates: [[[-40, -40], [40, -40], [40, 40], [-40, 40]]] };
  assertEquals([...new QuadGrid().polyfill(GeoDataFrame.fromGeoJSON(open), 6).column("quadkey")], solid);
});

Deno.test("a cell's own rectangle has no cell but itself at its zoom, and four below", () => {
  const cell = new QuadGrid().polyfill(frameOf("POINT(-3.7 40.4)"), 9);
  const [key] = [...cell.column("quadkey")];
  const again = cell.drop("quadkey");
  assertEquals([...new QuadGrid().polyfill(again, 9).column("quadkey")], [key]);
  assertEquals(
    [...new QuadGrid().polyfill(again, 10).column("quadkey")].sort(),
    ["0", "1", "2", "3"].map((digit) => `${key}${digit}`),
  );
});

Deno.test("rows without geometry, or beyond the map, have no cells; the other columns keep their types", () => {
  const frame = frameOf(null, "POINT EMPTY", "POINT(0 89)", "POINT(5 5)")
    .withColumn("big", [1n, 2n, 3n, 9007199254740993n]);
  const cells = new QuadGrid().polyfill(frame, 5);
  assertEquals([...cells].map(({ id, big }) => [id, big]), [[3, 9007199254740993n]]);
  const none = new QuadGrid().polyfill(frame.head(2), 5);
  assertEquals([none.numRows, none.columnNames], [0, ["id", "geometry", "big", "quadkey"]]);
});

Deno.test("geometries of another system are taken to degrees; of an unknown one they are refused", () => {
  const metres = GeoDataFrame.fromRows([{ geom: "SRID=3857;POINT(-411881 4928000)" }])
    .setGeometry("geom", { drop: true });
  assertEquals([...new QuadGrid().polyfill(metres, 9).column("quadkey")], keys("POINT(-3.7 40.43)", 9));
  const strange = GeoDataFrame.fromRows([{ geom: "SRID=27700;POINT(1 1)" }]).setGeometry("geom");
  assertThrows(() => new QuadGrid().polyfill(strange, 9), UnsupportedError);
  const curve = frameOf("POINT(1 1)", "CIRCULARSTRING(0 0, 1 1, 2 0)");
  const error = assertThrows(() => new QuadGrid().polyfill(curve, 3), DataError);
  assertEquals([error.place.row, error.place.column], [2, "geometry"]);
});

Deno.test("a slip in the zoom ends in an error, not in full memory", () => {
  const frame = frameOf(box(-10, -10, 10, 10));
  assertThrows(() => new QuadGrid().polyfill(frame, 26), ArgumentError, "too many");
  assertThrows(() => new QuadGrid().polyfill(frame, 6, { maxCells: 3 }), ArgumentError, "too many");
  assertEquals(new QuadGrid().polyfill(frame, 1, { maxCells: 4 }).numRows, 4);
});
