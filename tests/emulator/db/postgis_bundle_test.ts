import { assert, assertEquals } from "@std/assert";
import { toFileUrl } from "@std/path";
import { smallPostgis } from "../../../src/emulator/_db/_postgis_bundle.ts";

const encoder = new TextEncoder();

/** An entry of a tar: its header, its bytes, and what fills the last block. */
function entry(name: string, text: string, type = "0"): Uint8Array {
  const bytes = encoder.encode(text);
  const block = new Uint8Array(512 + Math.ceil(bytes.length / 512) * 512);
  block.set(encoder.encode(name), 0);
  block.set(encoder.encode(`${bytes.length.toString(8).padStart(11, "0")}\0`), 124);
  block.set(encoder.encode(type), 156);
  block.set(bytes, 512);
  return block;
}

const LIBRARY = entry("lib/postgresql/postgis-3.so", "the library ".repeat(100));
const GRIDS = entry("share/proj/proj.db", "the grids");
const CONTROL = entry("share/postgresql/extension/postgis.control", "");
const END = new Uint8Array(1024);
const WHOLE = [
  entry("share/", "", "5"),
  entry("lib/postgresql/postgis_raster-3.so", "another library"),
  LIBRARY,
  entry("share/postgresql/extension/postgis--3.6.2.sql", "what installs it"),
  entry("share/proj/other", "", "2"),
  GRIDS,
  CONTROL,
  END,
];

function packed(parts: readonly Uint8Array[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new Blob(parts.map((part) => part.slice())).stream().pipeThrough(new CompressionStream("gzip"));
}

async function unpacked(path: string): Promise<Uint8Array> {
  const file = await Deno.open(path);
  return await new Response(file.readable.pipeThrough(new DecompressionStream("gzip"))).bytes();
}

async function contentsOf(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}

Deno.test("PostGIS: what a database needs of it is kept in the cache, made by two at once, and anew when it is not whole", async () => {
  const folder = await Deno.makeTempDir({ prefix: "cartoframes-postgis-" });
  try {
    const whole = toFileUrl(`${folder}/whole.tar.gz`);
    await Deno.writeFile(whole, packed(WHOLE));
    const cacheDir = `${folder}/cache`;
    const needed = await new Blob([LIBRARY, GRIDS, CONTROL, END].map((part) => part.slice())).bytes();
    const [one, two] = await Promise.all([smallPostgis(whole, cacheDir), smallPostgis(whole, cacheDir)]);
    assert(one !== undefined);
    assertEquals(two, one);
    assertEquals(await unpacked(one), needed);
    assertEquals((await contentsOf(cacheDir)).length, 1);
    await Deno.truncate(one, 100);
    assertEquals(await smallPostgis(whole, cacheDir), one);
    assertEquals(await unpacked(one), needed);
    // It is found, not made
    await Deno.remove(whole);
    assertEquals(await smallPostgis(whole, cacheDir), one);
    // A folder that cannot be made, and a file that is none, are done without
    assertEquals(await smallPostgis(whole, `${one}/cache`), undefined);
    await Deno.writeFile(whole, packed([encoder.encode("no tar ".repeat(500))]));
    assertEquals(await smallPostgis(whole, `${folder}/other`), undefined);
    assertEquals(await contentsOf(`${folder}/other`), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "PostGIS: without leave to write it is taken as it comes",
  permissions: { read: true },
  fn: async () =>
    assertEquals(await smallPostgis(toFileUrl("/nowhere/whole.tar.gz"), "/nowhere/cache"), undefined),
});
