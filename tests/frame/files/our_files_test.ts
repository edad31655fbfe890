/** Files that we write, read by libraries and programs that are not ours. */
import { assert, assertEquals } from "@std/assert";
import { tableFromIPC } from "npm:apache-arrow@21.2.0";
import { fromFileUrl } from "@std/path";
import { GeoDataFrame, readFile, writeFile } from "../../../src/frame/mod.ts";
import { allTypes, fixture, inFolder } from "./_fixtures.ts";

for (const [ending, batches] of [["arrow", 1], ["arrow", 2], ["arrows", 2]] as const) {
  Deno.test(`our files: apache-arrow reads .${ending} of ${batches} record batches`, () =>
    inFolder(async (folder) => {
      const frame = allTypes();
      const frames = batches === 1 ? [frame] : [frame.slice(0, 1), frame.slice(1)];
      await writeFile(frames, `${folder}/x.${ending}`);
      const table = tableFromIPC(await Deno.readFile(`${folder}/x.${ending}`));
      assertEquals([table.numRows, table.batches.length], [3, batches]);
      const column = (name: string) => Array.from({ length: 3 }, (_, i) => table.getChild(name)?.get(i));
      assertEquals(column("b"), [true, null, false]);
      assertEquals(column("i8"), [9223372036854775807n, null, -9223372036854775808n]);
      assertEquals(column("f8"), [0.1, null, NaN]);
      assertEquals(column("t"), ['é "q", \n\t\\N', null, ""]);
      assertEquals(column("n"), ["12345678901234567890.0123456789", null, "-0.50"]);
      assertEquals(column("by"), [new Uint8Array([0, 255]), null, new Uint8Array(0)]);
      const field = table.schema.fields.find(({ name }) => name === "geometry");
      assertEquals(field?.metadata.get("ARROW:extension:name"), "geoarrow.wkb");
      assertEquals(
        (column("geometry")[0] as Uint8Array).toHex(),
        "01010000009a99999999990dc03333333333334440",
      );
    }));
}

Deno.test("our files: parquet-wasm reads our GeoParquet in each compression", () =>
  inFolder(async (folder) => {
    const { readParquet } = await import("npm:parquet-wasm@0.8.0");
    for (const compression of ["none", "snappy", "gzip", "zstd"] as const) {
      const path = `${folder}/${compression}.parquet`;
      await writeFile(allTypes(), path, { compression });
      const table = tableFromIPC(readParquet(await Deno.readFile(path)).intoIPCStream());
      assertEquals(table.numRows, 3);
      const column = (name: string) => Array.from({ length: 3 }, (_, i) => table.getChild(name)?.get(i));
      const type = (name: string) => String(table.schema.fields.find((field) => field.name === name)?.type);
      assertEquals(column("i2"), [32767, null, 0]);
      assertEquals(column("i8"), [9223372036854775807n, null, -9223372036854775808n]);
      assertEquals(column("t"), ['é "q", \n\t\\N', null, ""]);
      assertEquals(type("ts"), "Timestamp<MICROSECOND>");
      assertEquals(type("tz"), "Timestamp<MICROSECOND, UTC>");
      assertEquals(type("tm"), "Time64<MICROSECOND>");
      assertEquals(
        (column("geometry")[0] as Uint8Array).toHex(),
        "01010000009a99999999990dc03333333333334440",
      );
      const geo = JSON.parse(table.schema.metadata.get("geo") ?? "{}");
      assertEquals([geo.version, geo.primary_column], ["1.1.0", "geometry"]);
      assertEquals(geo.columns.geometry, {
        encoding: "WKB",
        geometry_types: ["Point"],
        bbox: [-3.7, -90, 180, 40.4],
      });
      assertEquals(geo.columns.shape.geometry_types, ["GeometryCollection", "Polygon Z"]);
    }
  }));

Deno.test("our files: JSON.parse reads GeoJSON, a line or a record at a time", () =>
  inFolder(async (folder) => {
    const frame = allTypes();
    await writeFile(frame, `${folder}/x.geojson`);
    const { features } = JSON.parse(await Deno.readTextFile(`${folder}/x.geojson`));
    assertEquals(features[0].properties.t, 'é "q", \n\t\\N');
    assertEquals(features[0].geometry, { type: "Point", coordinates: [-3.7, 40.4] });
    assertEquals(features[1].geometry, null);
    assertEquals(features[0].properties.n, "12345678901234567890.0123456789");
    await writeFile(frame, `${folder}/x.ndjson`);
    const lines = (await Deno.readTextFile(`${folder}/x.ndjson`)).trimEnd().split("\n");
    assertEquals(lines.map((line) => JSON.parse(line)), features);
    await writeFile(frame, `${folder}/x.geojsons`);
    const records = (await Deno.readTextFile(`${folder}/x.geojsons`)).split("\x1e").slice(1);
    assertEquals(records.map((record) => JSON.parse(record)), features);
    assert(records.every((record) => record.endsWith("\n")));
  }));

/** Whether a program is there to be run. */
function isThere(program: string): boolean {
  const folders = (Deno.env.get("PATH") ?? "").split(Deno.build.os === "windows" ? ";" : ":");
  return folders.some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}

const gdal = isThere("ogr2ogr");

Deno.test({
  name: `our files: GDAL reads our CSV, GeoJSON, lines and sequences${
    gdal ? "" : " (ignored: gdal-bin is not installed)"
  }`,
  ignore: !gdal,
  fn: () =>
    inFolder(async (folder) => {
      const frame = (await readFile(fixture("gdal-two-layers.gpkg"), { layer: "places", reproject: true }))
        .select(["name", "code", "big", "price", "geom"]).rename({ geom: "geometry" });
      const paths: string[] = [];
      for (const ending of ["geojson", "ndjson", "geojsons", "csv"]) {
        const { file } = await writeFile(frame, `${folder}/ours.${ending}`, { geometry: "wkt" });
        paths.push(ending === "ndjson" ? `${folder}/ours.geojsonl` : file);
        if (ending === "ndjson") await Deno.rename(file, `${folder}/ours.geojsonl`);
      }
      const script = fromFileUrl(new URL("../../_tools/check_with_gdal.sh", import.meta.url));
      const { stdout, stderr, success } = await new Deno.Command("sh", { args: [script, ...paths] }).output();
      assert(success, new TextDecoder().decode(stderr));
      const outputs = new TextDecoder().decode(stdout).trimEnd().split("\n");
      assertEquals(outputs.length, paths.length);
      const expected = GeoDataFrame.fromGeoJSON(await Deno.readTextFile(fixture("places.geojson")));
      for (const [i, output] of outputs.entries()) {
        const isCsv = paths[i]?.endsWith(".csv") === true;
        const features = JSON.parse(output).features as {
          properties: Record<string, unknown>;
          geometry: unknown;
        }[];
        assertEquals(features.length, 3);
        assertEquals(
          features.map(({ properties }) => properties.name || null),
          expected.column("name").toArray(),
        );
        assertEquals(features.map(({ properties }) => properties.code || null), ["007", "0", null]);
        assert(output.includes("9007199254740993"), "a 64-bit integer was bent");
        assertEquals(Number(features[0]?.properties.price), 12.5);
        if (!isCsv) assertEquals((features[0]?.geometry as { type: string }).type, "Polygon");
      }
    }),
});

Deno.test("our files: what we write we read again, every type, whole and in batches", () =>
  inFolder(async (folder) => {
    const frame = allTypes();
    for (const ending of ["parquet", "arrow", "arrows"]) {
      const report = await writeFile([frame.slice(0, 1), frame.slice(1)], `${folder}/x.${ending}`);
      assertEquals(report.rows, 3);
      const again = await readFile(report.file);
      assertEquals(
        again.schema.map(({ name, type }) => `${name} ${type}`),
        frame.schema.map(({ name, type }) => `${name} ${type}`),
      );
      assert(again.equals(frame), ending);
    }
  }));
