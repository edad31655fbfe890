import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  fitBounds,
  toLatitude,
  toLongitude,
  toX,
  toY,
  visibleBox,
  withinWorld,
} from "../../../src/viz/page/_mercator.ts";

Deno.test("mercator: there and back, and the edges of the world", () => {
  for (const [longitude, latitude] of [[0, 0], [-3.7, 40.4], [179.9, -80], [-180, 85]] as const) {
    assertAlmostEquals(toLongitude(toX(longitude)), longitude, 1e-9);
    assertAlmostEquals(toLatitude(toY(latitude)), latitude, 1e-9);
  }
  assertEquals([toX(-180), toX(180)], [0, 512]);
  assertEquals([toY(90) === toY(85.06), toY(-90) === toY(-85.06)], [true, true]);
});

Deno.test("mercator: bounds fit with room around them, a point is not nearer than zoom 16", () => {
  const options = { padding: 50, maxZoom: 16 };
  const camera = fitBounds([-10, -10, 10, 10], 800, 600, options);
  const box = visibleBox(camera, 800, 600);
  assertAlmostEquals((toY(10) - box.south) / (box.north - box.south), 550 / 600, 1e-6);
  assertEquals(fitBounds([5, 5, 5, 5], 800, 600, options).zoom, 16);
  assert(Number.isFinite(fitBounds([-180, -90, 180, 90], 20, 20, options).zoom));
});

Deno.test("mercator: no camera sees beyond the world's top and bottom", () => {
  const far = withinWorld({ longitude: 190, latitude: 84, zoom: 0, bearing: 0, pitch: 0 }, 600, 20);
  assertAlmostEquals(far.zoom, Math.log2(600 / 512), 1e-9);
  assertAlmostEquals(far.latitude, 0, 1e-9);
  assertAlmostEquals(far.longitude, -170, 1e-9);
  const near = { longitude: 3.25, latitude: 40.125, zoom: 9, bearing: 0, pitch: 0 };
  assertEquals(withinWorld(near, 600, 20), near);
});
