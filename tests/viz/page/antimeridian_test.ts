import { assert, assertEquals } from "@std/assert";
import { cutLines, cutPolygons } from "../../../src/viz/page/_antimeridian.ts";
import { toX, toY } from "../../../src/viz/page/_mercator.ts";

type Ring = readonly (readonly [lng: number, lat: number])[];

const flat = (rings: readonly Ring[]) =>
  Float64Array.from(rings.flatMap((ring) => ring.flatMap(([lng, lat]) => [toX(lng), toY(lat)])));

function startsOf(rings: readonly Ring[]): Uint32Array<ArrayBuffer> {
  const starts = [0];
  for (const ring of rings) starts.push((starts.at(-1) ?? 0) + ring.length);
  return Uint32Array.from(starts);
}

/** One polygon of some rings. */
function cut(...rings: readonly Ring[]) {
  return cutPolygons({
    vertices: flat(rings),
    ringStarts: startsOf(rings),
    starts: Uint32Array.of(0, rings.length),
    rows: null,
  });
}

/** The areas of rings, in the plane. */
function areas({ vertices, ringStarts }: ReturnType<typeof cut>): number[] {
  return [...ringStarts].slice(1).map((end, ring) => {
    let sum = 0;
    for (let i = ringStarts[ring] ?? 0; i < end - 1; i++) {
      const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = vertices.subarray(i * 2, i * 2 + 4);
      sum += x0 * y1 - x1 * y0;
    }
    return Math.round(Math.abs(sum / 2) * 100) / 100;
  });
}

const box = (west: number, south: number, east: number, north: number): Ring => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
];

Deno.test("antimeridian: a stitched ring becomes two pieces of the same area, its outline has no seam", () => {
  const whole = areas(cut(box(150, -10, 160, 10)))[0] ?? 0;
  const pieces = cut(box(175, -10, -175, 10));
  assertEquals(pieces.rows, Uint32Array.of(0, 0));
  assertEquals(areas(pieces), [whole / 2, whole / 2].map((area) => Math.round(area * 100) / 100));
  const { vertices = new Float64Array(), starts = [] } = pieces.outline ?? {};
  for (let part = 0; part < starts.length - 1; part++) {
    for (let i = starts[part] ?? 0; i < (starts[part + 1] ?? 0) - 1; i++) {
      const [x0 = 0, , x1 = 1] = vertices.subarray(i * 2, i * 2 + 3);
      assert(!(x0 === x1 && (x0 === 0 || x0 === 512)), "an outline runs along the antimeridian");
    }
  }
});

Deno.test("antimeridian: a hole stays in its piece, and one that is cut itself is in both", () => {
  const outer = areas(cut(box(152, -20, 180, 20)))[0] ?? 0;
  const east = cut(box(166, -20, -166, 20), box(-175, -5, -170, 5));
  assertEquals([...east.starts], [0, 1, 3]);
  assertEquals(Math.round((areas(east)[0] ?? 0) * 10), Math.round(outer / 2 * 10));
  assertEquals([...cut(box(166, -20, -166, 20), box(178, -5, -178, 5)).starts], [0, 2, 4]);
});

Deno.test("antimeridian: a ring around the pole reaches the edge of the map on all its width", () => {
  const coast = [-170, -120, -60, 0, 60, 120, 170].map((lng) => [lng, -70] as const);
  const antarctica = cut([...coast, coast[0] ?? [0, 0]]);
  const expected = 512 * toY(-70);
  const sum = areas(antarctica).reduce((total, area) => total + area, 0);
  assert(Math.abs(sum - expected) < expected / 100, `${sum} of ${expected}`);
});

Deno.test("antimeridian: boxes of the world, of half the world, and shapes cut already stay as they are", () => {
  for (
    const ring of [
      box(-180, -60, 180, 60),
      box(-130, -60, 150, 60),
      box(170, -10, 180, 10),
      box(-160, -60, 160, 60),
    ]
  ) {
    const polygons = {
      vertices: flat([ring]),
      ringStarts: startsOf([ring]),
      starts: Uint32Array.of(0, 1),
      rows: null,
    };
    assert(cutPolygons(polygons) === polygons, JSON.stringify(ring));
  }
});

Deno.test("antimeridian: a line becomes two, each of the row that it was", () => {
  const line: Ring = [[170, 0], [-170, 10], [-160, 10]];
  const { starts, rows, vertices } = cutLines({
    vertices: flat([line]),
    starts: startsOf([line]),
    rows: Uint32Array.of(7),
  });
  assertEquals([[...starts], [...rows ?? []]], [[0, 2, 5], [7, 7]]);
  assertEquals([vertices[2], vertices[4]], [512, 0]);
});
