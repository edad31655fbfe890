/** Writing is all or nothing, and both ways need no more permission than they say. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { ArgumentError, DataError, UnsupportedError } from "../../../src/errors/carto_error.ts";
import {
  CopyBinaryDecoder,
  encodeCopyBinary,
  GeoDataFrame,
  readFile,
  readFileBatches,
  writeFile,
} from "../../../src/frame/mod.ts";
import { fixture, inFolder } from "./_fixtures.ts";

const ROOT = fromFileUrl(new URL("../../../", import.meta.url));
const frame = GeoDataFrame.fromColumns({ a: [1, 2, 3] });

/** Frames of which the second never comes. */
async function* broken(): AsyncGenerator<GeoDataFrame> {
  yield frame;
  await Promise.resolve();
  throw new Error("the source broke");
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

Deno.test("writing: a failure leaves the old file as it was, and nothing beside it", () =>
  inFolder(async (folder) => {
    for (const ending of ["csv", "geojson", "ndjson", "geojsons", "parquet", "arrow", "arrows"]) {
      const path = `${folder}/x.${ending}`;
      await Deno.writeTextFile(path, "old");
      await assertRejects(() => writeFile(broken(), path), Error, "the source broke");
      assertEquals(await Deno.readTextFile(path), "old");
      await Deno.remove(path);
    }
    assertEquals(await names(folder), []);
  }));

Deno.test("writing: an abort leaves nothing", () =>
  inFolder(async (folder) => {
    const controller = new AbortController();
    const frames = (async function* () {
      yield frame;
      controller.abort(new Error("enough"));
      yield await Promise.resolve(frame);
    })();
    await assertRejects(
      () => writeFile(frames, `${folder}/x.csv`, { signal: controller.signal }),
      Error,
      "enough",
    );
    assertEquals(await names(folder), []);
  }));

Deno.test("writing: what cannot be written is refused before anything is", () =>
  inFolder(async (folder) => {
    await assertRejects(() => writeFile(frame, `${folder}/x`), ArgumentError, "no ending");
    await assertRejects(() => writeFile(frame, `${folder}/x.xlsx`), ArgumentError, ".xlsx");
    await assertRejects(() => writeFile(frame, `${folder}/x.gpkg`), UnsupportedError, "only read");
    await assertRejects(() => writeFile([], `${folder}/x.csv`), ArgumentError, "there is no frame");
    const other = GeoDataFrame.fromColumns({ a: ["x"] });
    await assertRejects(() => writeFile([frame, other], `${folder}/x.csv`), ArgumentError, '"a" (text)');
    assertEquals(await names(folder), []);
  }));

const inDegrees = GeoDataFrame.fromRows([{ g: "SRID=4326;POINT (1 2)" }]).setGeometry("g", { name: "g" });
const inMetres = GeoDataFrame.fromRows([{ g: "SRID=3857;POINT (100000 200000)" }]).setGeometry("g", {
  name: "g",
});

Deno.test("writing: geometries of two coordinate systems are refused where the format holds one", () =>
  inFolder(async (folder) => {
    const line = "SRID=3857;LINESTRING (100000 200000, 1 2)";
    const mixed = GeoDataFrame.fromRows([{ g: null }, { g: "SRID=4326;POINT (1 2)" }, { g: line }])
      .setGeometry("g", { name: "g" });
    for (const ending of ["parquet", "arrow", "arrows"]) {
      for (const [frames, row] of [[[inDegrees, inMetres], 2], [mixed, 3]] as const) {
        const error = await assertRejects(
          () => writeFile(frames, `${folder}/x.${ending}`),
          DataError,
          "SRID 3857",
        );
        assertEquals(error.place, { row, column: "g" });
      }
    }
    assertThrows(() => mixed.toArrowIPC(), DataError, "SRID 3857 follows SRID 4326");
    assertThrows(() => inDegrees.concat(inMetres), ArgumentError, "SRID 4326 and in SRID 3857");
    // GeoJSON is in longitude and latitude, whatever the values are in
    await writeFile([inDegrees, inMetres], `${folder}/x.geojson`);
    assertEquals((await readFile(`${folder}/x.geojson`)).srid, 4326);
    assertEquals(await names(folder), ["x.geojson"]);
  }));

Deno.test("writing: values tell their coordinate system where their column does not, as that of a query", () =>
  inFolder(async (folder) => {
    const decoder = new CopyBinaryDecoder([{ name: "g", type: "geometry", nullable: true }]);
    for (const chunk of encodeCopyBinary(inMetres, [{ column: "g" }])) decoder.push(chunk);
    const read = decoder.finish();
    for (const ending of ["parquet", "arrow", "arrows"]) {
      await writeFile(read, `${folder}/x.${ending}`);
      const back = await readFile(`${folder}/x.${ending}`);
      assertEquals([...back.column("g")].map(String), ["SRID=3857;POINT (100000 200000)"], ending);
    }
  }));

Deno.test("writing: short frames are joined to batches of batchRows, and long ones cut", () =>
  inFolder(async (folder) => {
    const parts = Array.from(
      { length: 7 },
      (_, i) => GeoDataFrame.fromColumns({ a: [3 * i, 3 * i + 1, 3 * i + 2] }),
    );
    const long = GeoDataFrame.fromColumns({ a: Array.from({ length: 21 }, (_, a) => a) });
    for (const ending of ["parquet", "arrow", "arrows"]) {
      for (const frames of [parts, long]) {
        const path = `${folder}/x.${ending}`;
        await writeFile(frames, path, { batchRows: 10 });
        const batches = await Array.fromAsync(readFileBatches(path));
        assertEquals(batches.map(({ numRows }) => numRows), frames === long ? [10, 10, 1] : [9, 9, 3]);
        assertEquals(batches.flatMap((batch) => [...batch.column("a")]), [...long.column("a")]);
      }
    }
  }));

Deno.test("writing: wide frames are joined to about 64 MB at most", () =>
  inFolder(async (folder) => {
    const wide = GeoDataFrame.fromColumns({ t: ["x".repeat(20_000_000)] });
    await writeFile(Array.from({ length: 6 }, () => wide), `${folder}/x.arrow`);
    const batches = await Array.fromAsync(readFileBatches(`${folder}/x.arrow`));
    assertEquals(batches.map(({ numRows }) => numRows), [4, 2]);
  }));

Deno.test("writing: the report tells file, format, rows and bytes; .gz is compressed", () =>
  inFolder(async (folder) => {
    const report = await writeFile([frame, frame], `${folder}/x.csv.gz`);
    const { size } = await Deno.stat(`${folder}/x.csv.gz`);
    assertEquals([report.format, report.rows, report.bytes], ["csv", 6, size]);
    assertEquals((await readFile(report.file)).column("a").toArray(), [1, 2, 3, 1, 2, 3]);
  }));

/** Runs a program with some permissions. */
async function run(
  folder: string,
  code: string,
  flags: readonly string[],
): Promise<{ out: string; err: string }> {
  await Deno.writeTextFile(`${folder}/main.ts`, code);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "--config", `${ROOT}deno.json`, ...flags, `${folder}/main.ts`],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { out: decode(stdout), err: decode(stderr) };
}

const IMPORT = `import { readFile, writeFile } from ${
  JSON.stringify(new URL("src/frame/mod.ts", `file://${ROOT}`).href)
};\n`;

Deno.test("writing: reading any format needs read access to that file and no other", () =>
  inFolder(async (folder) => {
    for (
      const file of [
        "gdal-semicolon.csv",
        "gdal-3857.geojson",
        "gdal-etrs89-utf8.zip",
        "gdal-two-layers.gpkg",
        "duckdb-zstd.parquet",
        "polars-zstd.arrow",
      ]
    ) {
      await Deno.copyFile(fixture(file), `${folder}/${file}`);
      const code = `${IMPORT}console.log((await readFile("${file}", { layer: ${
        file.endsWith("gpkg") ? '"places"' : "undefined"
      } })).numRows);`;
      const { out, err } = await run(folder, code, [`--allow-read=${file}`]);
      assert(/^\d+\n$/.test(out), `${file}: ${out}${err}`);
    }
  }));

Deno.test("writing: a refusal tells the narrowest flag, for a Shapefile those of all its files", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/x.csv`, "a\n1\n");
    const told = `try { await RUN } catch (error) { console.log(error.name, error.flags.join(" ")); }`;
    const read = await run(folder, IMPORT + told.replace("RUN", 'readFile("x.csv")'), []);
    assertEquals(read.out, "PermissionError --allow-read=x.csv\n", read.err);
    const shp = new Uint8Array(100);
    new DataView(shp.buffer).setInt32(0, 9994);
    await Deno.writeFile(`${folder}/x.shp`, shp);
    const side = await run(folder, IMPORT + told.replace("RUN", 'readFile("x.shp")'), ["--allow-read=x.shp"]);
    assertEquals(side.out, "PermissionError --allow-read=x.dbf,x.prj,x.cpg\n", side.err);
    const write = await run(
      folder,
      IMPORT + told.replace("RUN", 'writeFile(await readFile("x.csv"), "y.csv")'),
      ["--allow-read=x.csv"],
    );
    assertEquals(write.out, "PermissionError --allow-write=y.csv\n", write.err);
    const packed = await run(
      folder,
      `${IMPORT}async function* rows() { console.log("asked"); yield await readFile("x.csv"); }
      try { await writeFile(rows(), "y.csv.gz"); } catch (error) { console.log(error.name); }`,
      ["--allow-read=x.csv"],
    );
    assertEquals(packed.out, "PermissionError\n", packed.err);
  }));

Deno.test("writing: write access to the one file is enough; a failure then leaves the old file, or none", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/x.csv`, "a\n1\n");
    const flags = ["--allow-read=x.csv", "--allow-write=y.csv"];
    const good = await run(
      folder,
      `${IMPORT}console.log((await writeFile(await readFile("x.csv"), "y.csv")).rows);`,
      flags,
    );
    assertEquals(good.out, "1\n", good.err);
    assertEquals(await Deno.readTextFile(`${folder}/y.csv`), "a\n1\n");
    const bad = await run(
      folder,
      `${IMPORT}const frame = await readFile("x.csv");
      async function* broken() { yield frame; throw new Error("broke"); }
      try { await writeFile(broken(), "y.csv"); } catch (error) { console.log(error.message); }`,
      flags,
    );
    assertEquals(bad.out, "broke\n", bad.err);
    assertEquals(await Deno.readTextFile(`${folder}/y.csv`), "a\n1\n");
    await Deno.remove(`${folder}/y.csv`);
    assertEquals((await run(folder, await Deno.readTextFile(`${folder}/main.ts`), flags)).out, "broke\n");
    assertEquals(await names(folder), ["main.ts", "x.csv"]);
  }));
