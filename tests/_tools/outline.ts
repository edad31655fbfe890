/**
 * Writes `src/viz/page/_outline.ts` again: the world's land from Natural Earth (public domain) at 1:110 million, as the
 * npm package world-atlas has it, cut at the antimeridian, in steps of 1/100 degree.
 */
import land from "npm:world-atlas@2.0.2/land-110m.json" with { type: "json" };
import { feature } from "npm:topojson-client@3.1.0";
import { geoEquirectangular } from "npm:d3-geo@3.1.1";
import { geoProject } from "npm:d3-geo-projection@4.0.0";

const TARGET = new URL("../../src/viz/page/_outline.ts", import.meta.url);

/** A plane where a degree is a unit: projecting onto it cuts what crosses the antimeridian. */
const plane = geoEquirectangular().scale(180 / Math.PI).translate([0, 0]).reflectY(true).precision(0);
const cut: { features: { geometry: { type: string; coordinates: number[][][][] } }[] } = geoProject(
  feature(land, land.objects.land),
  plane,
);

type Ring = readonly (readonly number[])[];

/** Twice the area; its sign tells which way the ring runs. */
function area(ring: Ring): number {
  return ring.reduce((sum, [x = 0, y = 0], i) => {
    const [nextX = 0, nextY = 0] = ring[(i + 1) % ring.length] ?? [];
    return sum + x * nextY - nextX * y;
  }, 0);
}

function contains(ring: Ring, [x = 0, y = 0]: readonly number[]): boolean {
  return ring.reduce((inside, [x0 = 0, y0 = 0], i) => {
    const [x1 = 0, y1 = 0] = ring[(i + 1) % ring.length] ?? [];
    return (y0 > y) !== (y1 > y) && x < x0 + (x1 - x0) * (y - y0) / (y1 - y0) ? !inside : inside;
  }, false);
}

// A lake comes out as a polygon of its own that runs the other way: it is a hole of the land around it.
const rings: Ring[] = cut.features.flatMap(({ geometry }) =>
  geometry.type === "Polygon" ? geometry.coordinates as unknown as Ring[] : geometry.coordinates.flat()
);
const largest = rings.toSorted((a, b) => Math.abs(area(b)) - Math.abs(area(a)))[0] ?? [];
const isOuter = (ring: Ring) => area(ring) > 0 === area(largest) > 0;
const polygons = rings.filter(isOuter).map((outer) => [
  outer,
  ...rings.filter((ring) => !isOuter(ring) && contains(outer, ring[0] ?? [])),
]);

// For each polygon the number of its rings, for each ring that of its vertices, then longitudes and latitudes.
const values: number[] = [];
for (const polygon of polygons) {
  values.push(polygon.length);
  for (const ring of polygon) {
    const steps = ring.map((vertex) => vertex.map((degrees) => Math.round(degrees * 100)));
    const kept = steps.filter(([x, y], i) => i === 0 || x !== steps[i - 1]?.[0] || y !== steps[i - 1]?.[1]);
    values.push(kept.length);
    for (const [x = 0, y = 0] of kept) values.push(x, y);
  }
}
const bytes = new Uint8Array(Int16Array.from(values).buffer);
const lines = bytes.toBase64().match(/.{1,100}/g) ?? [];
await Deno.writeTextFile(
  TARGET,
  `// Written by tests/_tools/outline.ts. Natural Earth, public domain.
/**
 * The world's land, cut at the antimeridian, as 16-bit numbers: for each polygon the number of its rings, for each ring
 * the number of its vertices, then longitudes and latitudes in 1/100 degree.
 */
// deno-fmt-ignore
export const OUTLINE: string =
${lines.map((line) => `  "${line}"`).join(" +\n")};
`,
);
console.log(`${values.length} numbers, ${bytes.length} bytes`);
