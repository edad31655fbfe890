/** Files that we write, read by libraries and programs that are not ours. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { tableFromIPC } from "npm:apache-arrow@21.2.0";
import { fromFileUrl } from "@std/path";
import { GeoDataFrame, readFile, writeFile } from "../../../src/frame/mod.ts";
import { allTypes, fixture, inFolder, isThere } from "./_fixtures.ts";

for (const [ending, batches] of [["arrow", 1], ["arrow", 2], ["arrows", 2]] as const) {
  Deno.test(`our files: apache-arrow reads .${ending} of ${batches} record batches`, () =>
    inFolder(async (folder) => {
      const frame = allTypes();
      await writeFile(frame, `${folder}/x.${ending}`, { batchRows: batches === 1 ? 3 : 2 });
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

const gdal = isThere("ogr2ogr");

Deno.test({
  name:
    "our files: GDAL reads our CSV, GeoJSON, lines and sequences (ignored where gdal-bin is not installed)",
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

/** The Python that has pyarrow and geopandas, if there is one. */
function pythonWithArrow(): string | undefined {
  const code =
    "import importlib.util as u, sys; sys.exit(not (u.find_spec('pyarrow') and u.find_spec('geopandas')))";
  return ["python3", "python"].filter(isThere).find((program) => {
    try {
      const command = new Deno.Command(program, { args: ["-c", code], stdout: "null", stderr: "null" });
      return command.outputSync().success;
    } catch {
      // Who only reads the names of the tests may not run programs
      return false;
    }
  });
}

const python = pythonWithArrow();

/** What a Python program read of a file. */
interface PythonFile {
  readonly rows: number;
  readonly crs: string | null;
  readonly geometry: readonly (string | null)[];
  readonly columns: Record<string, { readonly type: string; readonly values: readonly (string | null)[] }>;
}

Deno.test({
  name:
    "our files: pyarrow and geopandas read our GeoParquet, Arrow and GeoJSON (ignored where Python lacks them)",
  ignore: python === undefined,
  fn: () =>
    inFolder(async (folder) => {
      const frame = allTypes();
      const metres = await readFile(fixture("gdal-two-layers.gpkg"), { layer: "places" });
      const paths: string[] = [];
      for (const ending of ["parquet", "arrow", "arrows", "geojson", "ndjson", "geojsons"]) {
        const parts = [frame.slice(0, 1), frame.slice(1)];
        paths.push((await writeFile(parts, `${folder}/ours.${ending}`)).file);
      }
      for (const ending of ["parquet", "arrow"]) {
        paths.push((await writeFile(metres, `${folder}/metres.${ending}`)).file);
      }
      const script = fromFileUrl(new URL("../../_tools/check_with_python.py", import.meta.url));
      const { stdout, stderr, success } = await new Deno.Command(python ?? "", {
        args: [script, ...paths],
        env: { PYTHONWARNINGS: "ignore" },
      }).output();
      assert(success, new TextDecoder().decode(stderr));
      const read: PythonFile[] = new TextDecoder().decode(stdout).trimEnd().split("\n")
        .map((line) => JSON.parse(line));
      assertEquals(read.length, paths.length);
      for (const [i, { rows, crs, geometry, columns }] of read.entries()) {
        const path = paths[i] ?? "";
        assertEquals(rows, 3, path);
        if (path.includes("metres")) {
          assertEquals(crs, "EPSG:25830");
          assertEquals(columns.big?.values, ["9007199254740993", "-9223372036854775807", null]);
          continue;
        }
        assertMatch(crs ?? "", /^(?:EPSG:4326|OGC:CRS84)$/);
        assertEquals(geometry, ["POINT (-3.7 40.4)", null, "POINT (180 -90)"], path);
        assertEquals(columns.t?.values[0], 'é "q", \n\t\\N', path);
        assertEquals(columns.n?.values[0], "12345678901234567890.0123456789", path);
        if (!/\.(?:parquet|arrows?)$/.test(path)) continue;
        const column = (name: string) => [columns[name]?.type, ...(columns[name]?.values ?? [])];
        assertEquals(column("b"), ["bool", "True", null, "False"]);
        assertEquals(column("i2"), ["int16", "32767", null, "0"]);
        assertEquals(column("i8"), ["int64", "9223372036854775807", null, "-9223372036854775808"]);
        assertEquals(column("f4"), ["float", "1.5", null, "-0.0"]);
        assertEquals(column("f8"), ["double", "0.1", null, "nan"]);
        assertEquals(column("d"), ["date32[day]", "1890-12-31", null, "9999-12-31"]);
        assertEquals(column("tm"), ["time64[us]", "23:59:59.999999", null, "00:00:00"]);
        assertEquals(column("ts").slice(0, 2), ["timestamp[us]", "2019-03-10 02:30:00.123456"]);
        assertEquals(column("tz").slice(0, 2), ["timestamp[us, tz=UTC]", "1700-01-01 00:00:00.000001+00:00"]);
        assertEquals(columns.u?.values[0], "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
        assertEquals(columns.by?.values, ["00ff", null, ""]);
        assertEquals(
          columns.shape?.values[2],
          "010700000001000000" + "0101000000000000000000f03f0000000000000040",
        );
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
