import { assert, assertEquals } from "@std/assert";
import {
  checkGeometry,
  Geometry,
  type GeometryProblemKind,
  repairGeometry,
} from "../../../src/frame/geometry/mod.ts";
import { checkGeometryColumn } from "../../../src/frame/geometry/_column_scan.ts";
import { wkbColumn } from "./_columns.ts";

const FIXTURES = new URL("../../fixtures/cases/", import.meta.url);

async function geometries(name: string): Promise<[string, Geometry][]> {
  const { features } = JSON.parse(await Deno.readTextFile(new URL(name, FIXTURES)));
  return features.map((feature: { properties: { name: string } }) => {
    const geometry = Geometry.from(feature);
    assert(geometry !== null);
    return [feature.properties.name, geometry];
  });
}

const kinds = (geometry: Geometry): GeometryProblemKind[] => checkGeometry(geometry).map(({ kind }) => kind);
const messages = (text: string): string[] =>
  checkGeometry(Geometry.fromWkt(text)).map(({ message }) => message);

Deno.test("poles-and-out-of-range.geojson: poles and 86 accepted, the rest reported with a reason", async () => {
  const found = Object.fromEntries(
    (await geometries("poles-and-out-of-range.geojson")).map(([name, geometry]) => [
      name,
      checkGeometry(geometry).map(({ severity, message }) => `${severity}: ${message}`),
    ]),
  );
  assertEquals(found, {
    "north pole": [],
    "south pole on the date line": [],
    "beyond the Mercator square": [],
    "one turn too far west": ["warning: Longitude -300 is out of range, which is -180 to 180"],
    "no such latitude": [
      "error: Latitude 222 is out of range, which is -90 to 90",
      "warning: Longitude 222 is out of range, which is -180 to 180",
    ],
    "latitude and longitude swapped": [
      "error: Latitude -93.7 is out of range, which is -90 to 90: are latitude and longitude swapped?",
    ],
  });
});

Deno.test("winding-and-invalid.geojson: each reported with its reason, and mended only on request", async () => {
  const list = await geometries("winding-and-invalid.geojson");
  assertEquals(Object.fromEntries(list.map(([name, geometry]) => [name, kinds(geometry)])), {
    "outer ring clockwise": ["orientation"],
    "bow tie": ["self-intersection"],
    "ring not closed": ["open-ring"],
    "repeated vertex": ["repeated-vertex"],
    "line of one point": ["too-few-points"],
  });
  const repaired = list.map(([name, geometry]) => [name, repairGeometry(geometry).geometry.toWkt()]);
  assertEquals(Object.fromEntries(repaired), {
    "outer ring clockwise": "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))",
    "bow tie": "POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))",
    "ring not closed": "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))",
    "repeated vertex": "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))",
    "line of one point": "LINESTRING (1 1)",
  });
});

Deno.test("a bow tie is told with the place where it crosses", () => {
  const [problem] = checkGeometry(Geometry.fromWkt("POLYGON((0 0,2 2,2 0,0 2,0 0))"));
  assertEquals(problem?.at, [1, 1]);
  assertEquals(problem?.severity, "warning");
  assertEquals(problem?.message, "The outer ring crosses or touches itself near 1 1");
});

Deno.test("rings that touch or go back over themselves are found, sound ones are not", () => {
  const cases: [string, GeometryProblemKind[]][] = [
    ["POLYGON((0 0,4 0,4 4,2 0,0 4,0 0))", ["self-intersection"]],
    ["POLYGON((0 0,2 0,3 0,2 0,2 2,0 0))", ["self-intersection"]],
    ["POLYGON((0 0,1 1,2 0,2 2,1 1,0 2,0 0))", ["self-intersection"]],
    ["POLYGON((0 0,0 0,4 0,4 0,4 4,0 4,0 0),(1 1,1 2,2 2,2 1,1 1))", ["repeated-vertex"]],
    ["POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,2 1,2 2,1 2,1 1))", ["orientation"]],
    ["POLYGON((0 0,2 0,4 0,4 4,0 4,0 2,0 0))", []],
    ["POLYGON((0 0,10 0,10 10,5 1,0 10,0 0))", []],
    ["MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,7 7,7 5,5 7,5 5)))", ["self-intersection"]],
  ];
  for (const [text, expected] of cases) assertEquals(kinds(Geometry.fromWkt(text)), expected, text);
});

Deno.test("the search for crossings is quick on a large ring and finds one", () => {
  const circle = Array.from({ length: 50000 }, (_, i) => {
    const angle = i / 50000 * 2 * Math.PI;
    return [Math.cos(angle), Math.sin(angle)];
  });
  const ring = (points: number[][]): Geometry | null =>
    Geometry.from({ type: "Polygon", coordinates: [[...points, points[0]]] });
  const sound = ring(circle);
  assert(sound !== null);
  assertEquals(kinds(sound), []);
  const crossed = ring([...circle.slice(0, 25000), [0.5, -0.99], ...circle.slice(25000)]);
  assert(crossed !== null);
  assertEquals(kinds(crossed), ["self-intersection"]);
});

Deno.test("a tangle too large to search is said not to be checked", () => {
  // Long flat teeth: every segment spans the whole width, none meets another but its neighbours
  const teeth = Array.from({ length: 14000 }, (_, i) => [i % 2 === 0 ? i * 1e-9 : 10, i]);
  const comb = Geometry.from({ type: "Polygon", coordinates: [[...teeth, [20, 14000], [20, -1], teeth[0]]] });
  assert(comb !== null);
  assert(kinds(comb.withSrid(3857)).includes("not-checked"));
});

Deno.test("coordinates that are not finite are told, ranges only in degrees", () => {
  assertEquals(messages("LINESTRING(0 0,NaN 1,1 1)"), ["The coordinate NaN 1 is not finite"]);
  assertEquals(messages("POINT Z(1 2 Infinity)"), ["The coordinate 1 2 is not finite"]);
  assertEquals(messages("SRID=3857;POINT(-411837.8 4926620.5)"), []);
  const bare = Geometry.fromWkt("POINT(-411837.8 4926620.5)");
  assertEquals(checkGeometry(bare, { srid: 3857 }), []);
  assertEquals(checkGeometry(bare).map(({ kind }) => kind), ["latitude", "longitude"]);
  assertEquals(checkGeometry(null), []);
  for (const empty of ["POINT EMPTY", "POLYGON EMPTY", "GEOMETRYCOLLECTION EMPTY"]) {
    assertEquals(messages(empty), []);
  }
});

Deno.test("repair does what it is asked for and counts it", () => {
  const broken = Geometry.from({
    type: "GeometryCollection",
    geometries: [
      {
        type: "Polygon",
        coordinates: [[[0, 0], [0, 1], [1, 1], [1, 1], [1, 0]], [[0.1, 0.1], [0.2, 0.1], [0.2, 0.2]]],
      },
      { type: "LineString", coordinates: [[0, 0], [0, 0], [1, 1]] },
      { type: "LineString", coordinates: [[3, 3], [3, 3]] },
      { type: "Point", coordinates: [9, 9] },
    ],
  });
  assert(broken !== null);
  const { geometry, ...done } = repairGeometry(broken);
  assertEquals(done, { closedRings: 2, droppedVertices: 2, turnedRings: 2 });
  assertEquals(
    geometry.toEwkt(),
    "SRID=4326;GEOMETRYCOLLECTION (" +
      "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0), (0.1 0.1, 0.2 0.2, 0.2 0.1, 0.1 0.1)), " +
      "LINESTRING (0 0, 1 1), LINESTRING (3 3, 3 3), POINT (9 9))",
  );
  assertEquals(kinds(geometry).filter((kind) => kind !== "repeated-vertex"), []);
  assert(repairGeometry(geometry).geometry === geometry);
  const none = repairGeometry(broken, { closeRings: false, dropRepeated: false, orientRings: false });
  assert(none.geometry === broken);
});

Deno.test("repair keeps heights, and vertices that differ in height alone", () => {
  const wall = Geometry.fromWkt("LINESTRING Z(0 0 0,0 0 5,1 1 5,1 1 5)");
  assertEquals(kinds(wall), ["repeated-vertex"]);
  assertEquals(repairGeometry(wall).geometry.toWkt(), "LINESTRING Z (0 0 0, 0 0 5, 1 1 5)");
});

Deno.test("a column is checked row by row, and only rows with problems are told", () => {
  const column = wkbColumn(["POINT(0 91)", null, "POINT(0 0)", "SRID=3857;POINT(1e6 1e6)", "POINT(181 0)"]);
  const found: [number, string[]][] = [];
  checkGeometryColumn(column, (row, problems) => void found.push([row, problems.map(({ kind }) => kind)]));
  assertEquals(found, [[0, ["latitude"]], [4, ["longitude"]]]);
  let any = 0;
  checkGeometryColumn(column, () => any++, 3857);
  assertEquals(any, 0);
});

Deno.test("rings of too few points are told, and repair leaves them and empty rings alone", () => {
  const short = Geometry.from({ type: "Polygon", coordinates: [[[0, 0], [1, 1], [0, 0]], []] });
  assert(short !== null);
  assertEquals(checkGeometry(short).map(({ severity, message }) => `${severity}: ${message}`), [
    "error: The outer ring needs at least four points, it has 3",
    "error: Hole 1 needs at least four points, it has none",
  ]);
  assert(repairGeometry(short).geometry === short);
});

Deno.test("arcs need three points, five, seven …", () => {
  const arcs = (wkt: string) =>
    checkGeometry(Geometry.fromWkt(wkt)).map(({ kind, message }) => `${kind}: ${message}`);
  assertEquals(arcs("CIRCULARSTRING(0 0, 1 1)"), [
    "too-few-points: An arc has three points, arcs in a row five, seven …: not 2",
  ]);
  assertEquals(arcs("CIRCULARSTRING(0 0, 1 1, 2 0)"), []);
  assertEquals(arcs("CIRCULARSTRING(0 0, 1 1, 2 0, 3 1)").length, 1);
});
