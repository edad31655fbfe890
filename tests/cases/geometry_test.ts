/** Every geometry file of `fixtures/cases`, through a real upload and back. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DataError } from "../../src/errors/carto_error.ts";
import { type Geometry, repairGeometry } from "../../src/frame/mod.ts";
import { checkUpload, toCarto } from "../../src/tables/mod.ts";
import { Account, caseFrame, caseText } from "./_account.ts";

const account = new Account();
Deno.test.beforeAll(() => account.start());
Deno.test.afterAll(() => account.stop());

/** The geometries of a table as EWKT. */
async function geometries(table: string): Promise<string[]> {
  const back = await account.read(table, "the_geom", "cartodb_id");
  return back.column("the_geom").toArray().map(String);
}

Deno.test("both-geometry-columns.geojson: 2.35 48.85 is the geometry; four properties kept under other names, and told", async () => {
  const frame = await caseFrame("both-geometry-columns.geojson");
  const { report } = await account.upload(frame, "both_geometry");
  assertEquals(await geometries("both_geometry"), ["SRID=4326;POINT (2.35 48.85)"]);
  assertEquals(report.renamed.map(({ from, to }) => `${from} → ${to}`), [
    "geometry → geometry_1",
    "the_geom → the_geom_1",
  ]);
  const kept = await account.read("both_geometry", "geometry_1, the_geom_1, wkb_geometry, geom", "1");
  assertEquals(
    Object.values(kept.toRows()[0] ?? {}),
    ["geometry_1", "the_geom_1", "wkb_geometry", "geom"].map(
      (name) => frame.column(name === "the_geom_1" ? "the_geom" : name).get(0),
    ),
  );
});

Deno.test("ewkb-3d.txt: values as named in each line; M is never a height; the last is reprojected to about 1° 2°", async () => {
  const lines = caseText("ewkb-3d.txt").trim().split("\n").slice(1).map((line) => line.split("\t"));
  const expected = [
    "SRID=4326;POINT Z (1 2 3)",
    "SRID=4326;POINT M (1 2 9)",
    "SRID=4326;POINT ZM (1 2 3 9)",
    "SRID=4326;LINESTRING Z (0 0 10, 1 1 20)",
    "SRID=4326;POLYGON Z ((0 0 1, 4 0 1, 4 4 1, 0 4 1, 0 0 1), (1 1 1, 1 2 1, 2 2 1, 2 1 1, 1 1 1))",
    "SRID=4326;POINT (1 2)",
    "SRID=4326;MULTIPOINT (1 2, 3 4)",
    "SRID=4326;POINT (1 2)",
    "SRID=4326;POINT (1 2)",
  ];
  assertEquals(lines.length, expected.length);
  for (const [i, [name = "", hex]] of lines.entries()) {
    await account.upload([{ n: 1, the_geom: hex }], `ewkb_${i}`, { geomCol: "the_geom" });
    const [found = ""] = await geometries(`ewkb_${i}`);
    const rounded = found.replaceAll(/\d+\.\d+/g, (text) => String(Math.round(Number(text) * 1e6) / 1e6));
    assertEquals(rounded, expected[i], name);
  }
});

Deno.test("ewkt.txt: the first thirteen are read, the last three told with row and position", async () => {
  const lines = caseText("ewkt.txt").trim().split("\n");
  const rows = lines.map((wkt, i) => ({ n: i + 1, wkt }));
  const look = await checkUpload(rows, "ewkt", { geomCol: "wkt" });
  const bad = look.problems.filter(({ code }) => code === "bad-geometry");
  assertEquals(bad.map(({ row }) => row), [14, 15, 16]);
  for (const { message, refused } of bad) {
    assert(refused);
    assertStringIncludes(message, "position ");
  }
  const { credentials } = account;
  await assertRejects(() => toCarto(rows, "ewkt", { credentials, geomCol: "wkt" }), DataError, "row 14");
  const expected = [
    "POINT (1 2)",
    "POINT (1 2)",
    "POINT Z (1 2 3)",
    "POINT Z (1 2 3)",
    "POINT M (1 2 9)",
    "POINT ZM (1 2 3 9)",
    "POINT Z (1 2 3)",
    "MULTIPOINT (1 2, 3 4)",
    "MULTIPOINT (1 2, 3 4)",
    "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))",
    "POLYGON EMPTY",
    "GEOMETRYCOLLECTION EMPTY",
    "POINT (1e-7 -25)",
  ];
  // A column has one kind of dimensions, so those with heights and measures go into tables of their own
  for (const dimensions of ["", "Z", "M", "ZM"]) {
    const wanted = expected.flatMap((wkt, i) =>
      (/ (Z?M?) \(/.exec(wkt)?.[1] ?? "") === dimensions
        ? [{ n: i, wkt: lines[i] ?? "", expected: `SRID=4326;${wkt}` }]
        : []
    );
    assert(wanted.length > 0);
    const table = `ewkt_${dimensions.toLowerCase()}`;
    await account.upload(wanted.map(({ n, wkt }) => ({ n, wkt })), table, { geomCol: "wkt" });
    assertEquals(await geometries(table), wanted.map(({ expected }) => expected));
  }
});

Deno.test("mixed-geometry.geojson: six rows in one table, kinds kept, the mixture told", async () => {
  const frame = await caseFrame("mixed-geometry.geojson");
  const { look } = await account.upload(frame, "mixed");
  assertEquals(look.geometry?.types, {
    Polygon: 1,
    MultiPolygon: 1,
    MultiPoint: 1,
    LineString: 1,
    GeometryCollection: 2,
  });
  assertEquals(look.geometry?.empties, 1);
  assertEquals(look.counts["mixed-geometry"], 1);
  assertEquals(await geometries("mixed"), frame.geometry?.toArray().map(String));
});

Deno.test("null-and-missing-geometry.geojson: a row for every feature, null or empty where there is none, the nested one unpacked", async () => {
  const frame = await caseFrame("null-and-missing-geometry.geojson");
  const { look } = await account.upload(frame, "missing");
  assertEquals([look.rows, look.geometry?.nulls, look.geometry?.empties], [8, 2, 2]);
  assertEquals(
    (await geometries("missing")).map((text) => text.replace("SRID=4326;", "")),
    [
      "null",
      "null",
      "POINT (1 2)",
      "POINT (3 4)",
      "POINT (5 6)",
      "POINT (7 8)",
      "POLYGON EMPTY",
      "POINT EMPTY",
    ],
  );
});

Deno.test("antimeridian.geojson: data unchanged on upload", async () => {
  const frame = await caseFrame("antimeridian.geojson");
  const { look } = await account.upload(frame, "antimeridian");
  assertEquals(look.ok, true, String(look));
  const back = await account.read("antimeridian", "name, the_geom", "cartodb_id");
  assertEquals(back.toGeoJSON() as unknown, JSON.parse(caseText("antimeridian.geojson")));
});

Deno.test("poles-and-out-of-range.geojson: 222/222 and −93.7 told as latitude per row; poles and 86 accepted", async () => {
  const frame = await caseFrame("poles-and-out-of-range.geojson");
  const { look } = await account.upload(frame, "poles");
  assertEquals(look.ok, false);
  const told = look.problems.filter(({ severity }) => severity === "error");
  assertEquals(told.map(({ row, code }) => [row, code]), [[5, "latitude"], [6, "latitude"]]);
  assertStringIncludes(String(look), "\n  row 5: latitude 222 is out of range, which is -90 to 90\n");
  assertStringIncludes(String(look), "swapped?");
  assertEquals(look.problems.filter(({ code }) => code === "longitude").map(({ row }) => row), [4, 5]);
  assertEquals(await geometries("poles"), frame.geometry?.toArray().map(String));
});

Deno.test("projected-crs.geojson: reprojected to about −3.7 40.42; never stored as degrees", async () => {
  const frame = await caseFrame("projected-crs.geojson");
  assertEquals(frame.srid, 3857);
  for (const data of [frame, JSON.parse(caseText("projected-crs.geojson"))]) {
    const { look } = await account.upload(data, "projected", { ifExists: "replace" });
    assertEquals(look.problems, []);
    const [text = ""] = await geometries("projected");
    const [x = 0, y = 0] = [...text.replace("SRID=4326", "").matchAll(/-?\d+\.\d+/g)].map(Number);
    assert(Math.abs(x + 3.7) < 0.001 && Math.abs(y - 40.42) < 0.01, text);
  }
});

Deno.test("winding-and-invalid.geojson: each told with row and reason; repaired only on request", async () => {
  const frame = await caseFrame("winding-and-invalid.geojson");
  const look = await checkUpload(frame, "winding");
  assertEquals(
    look.problems.filter(({ row }) => row !== undefined).map(({ row, code, severity }) =>
      `${row} ${code} ${severity}`
    ),
    [
      "3 open-ring error",
      "5 too-few-points error",
      "1 orientation warning",
      "2 self-intersection warning",
      "4 repeated-vertex warning",
    ],
  );
  // PostGIS refuses the two in binary and takes them as text; an upload does not leave that to chance
  const { credentials } = account;
  for (const copyFormat of ["binary", "csv"] as const) {
    const error = await assertRejects(
      () => toCarto(frame, "winding", { credentials, copyFormat }),
      DataError,
    );
    assertEquals([error.place.row, error.hint?.includes("repairGeometry")], [3, true]);
  }
  const rest = frame.filter((row) => row !== 2 && row !== 4);
  await account.upload(rest, "winding");
  assertEquals(await geometries("winding"), rest.geometry?.toArray().map(String));
  const mended = frame.geometry?.toArray().map((value) => repairGeometry(value as Geometry).geometry) ?? [];
  const repaired = frame.setGeometry(mended, { name: "geometry" }).filter((row) => row !== 4);
  const { look: after } = await account.upload(repaired, "mended");
  const codes = Object.keys(after.counts);
  assertEquals(codes, ["self-intersection"]);
});
