import { assertEquals } from "@std/assert";
import { readTile } from "../../../src/viz/page/_mvt.ts";
import { dataOfTiles } from "../../../src/viz/page/_tile_data.ts";
import type { PageKind, PageTiles } from "../../../src/viz/page/description.ts";

/** The tile 0/0/0 of the recorded exchange maps-api-v1/038-tile-mvt. */
const RECORDED = Uint8Array.fromBase64(
  "GogCCgZsYXllcjASFRIKAAABAQICAwMEBBgBIgUJrB+QGBIVEgoABQEGAgcDCAQEGAEiBQmsH5AYEhUSCgAHAQkCCgMLBAwYASIFCawfkBgSFRIK" +
    "AAoBDQIFAw4EBBgBIgUJrB+QGBoKY2FydG9kYl9pZBoEbmFtZRoFc3RhcnMaBXByaWNlGgRvcGVuIgIoASIHCgVIYXdhaSICKAQiBwoFMTIuNTAi" +
    "AjgBIgIoAiIOCgxFbCBFc3RvY29sbW8iAigDIgYKBDguMDAiFQoTRWwgUmV5LCAidGFsbGFyw61uIiICKAUiBwoFMjIuOTUiAjgAIgkKB0VsIFBp" +
    "Y28iBgoENS4yNSiAIHgC",
);

const source = (kind: PageKind, columns: PageTiles["columns"] = []): PageTiles => ({
  type: "tiles",
  endpoint: "https://ana.carto.com/api/v1/map",
  apiKey: "default_public",
  config: "{}",
  tileLayer: "layer0",
  minZoom: 0,
  maxZoom: 18,
  kind,
  bounds: null,
  columns,
  attribution: "",
});

Deno.test("tiles: a recorded tile of the Maps API: its layer, features, values and places", () => {
  const [layer] = readTile(RECORDED);
  assertEquals([layer?.name, layer?.extent, layer?.features.length], ["layer0", 4096, 4]);
  assertEquals(
    layer?.features.map(({ properties }) => Object.fromEntries(properties))[2],
    { cartodb_id: 3, name: 'El Rey, "tallarín"', stars: 5, price: "22.95", open: false },
  );
  const data = dataOfTiles(
    source("point", [{ name: "name", kind: "category" }, { name: "stars", kind: "number" }, {
      name: "open",
      kind: "boolean",
    }]),
    [{ z: 0, x: 0, y: 0, layer: layer ?? null }],
  );
  assertEquals(data.rows, 4);
  assertEquals([0, 1, 2, 3].map((row) => data.columns.get("stars")?.number(row)), [4, 3, 5, 2]);
  assertEquals([0, 3].map((row) => data.columns.get("name")?.key(row)), ["Hawai", "El Pico"]);
  // Madrid, to a step of the tile.
  const [x = 0, y = 0] = data.point?.vertices ?? [];
  assertEquals([Math.round(x), Math.round(y)], [251, 319]);
});

Deno.test("tiles: a tile that is cut off is an error, an empty one has no layer", () => {
  assertEquals(readTile(new Uint8Array()), []);
  for (const length of [1, 10, 50, 200]) {
    let message = "";
    try {
      readTile(RECORDED.subarray(0, length));
    } catch (error) {
      message = String(error);
    }
    assertEquals(message, "Error: The tile is cut off", `${length} bytes`);
  }
});

Deno.test("tiles: a polygon over two tiles is one row, its pieces end at the tiles' edges, its outline has no seam", () => {
  const feature = (parts: number[][]) => ({ type: 3, id: 7, properties: new Map(), parts });
  // A square from x 3/4 of the left tile to x 1/4 of the right one, each with a margin of 64.
  const left = {
    name: "layer0",
    extent: 4096,
    features: [feature([[3072, 1024, 4160, 1024, 4160, 3072, 3072, 3072]])],
  };
  const right = {
    name: "layer0",
    extent: 4096,
    features: [feature([[-64, 1024, 1024, 1024, 1024, 3072, -64, 3072]])],
  };
  const data = dataOfTiles(source("polygon"), [{ z: 1, x: 0, y: 0, layer: left }, {
    z: 1,
    x: 1,
    y: 0,
    layer: right,
  }]);
  assertEquals([data.rows, data.polygon?.rows], [1, Uint32Array.of(0, 0)]);
  const xs = [...data.polygon?.vertices ?? []].filter((_, i) => i % 2 === 0);
  assertEquals([Math.min(...xs), Math.max(...xs)], [192, 320]);
  const outline = data.polygon?.outline;
  const seams = [...outline?.starts ?? []].slice(0, -1).flatMap((start, part) => {
    const end = outline?.starts[part + 1] ?? 0;
    return Array.from(
      { length: end - start - 1 },
      (_, i) => outline?.vertices[(start + i) * 2] === 256 && outline.vertices[(start + i + 1) * 2] === 256,
    );
  });
  assertEquals(seams.filter((isSeam) => isSeam), []);
});

Deno.test("tiles: lines leave a tile and come back as two parts; points in the margin belong to the next tile", () => {
  const line = { type: 2, id: 1, properties: new Map(), parts: [[0, 0, 4200, 0, 4200, 100, 0, 100]] };
  const layer = { name: "layer0", extent: 4096, features: [line] };
  const data = dataOfTiles(source("line"), [{ z: 0, x: 0, y: 0, layer }]);
  assertEquals([...data.line?.starts ?? []], [0, 2, 4]);
  const points = { type: 1, id: 1, properties: new Map(), parts: [[-1, 5], [4096, 5], [5, 5]] };
  const dots = dataOfTiles(source("point"), [{ z: 0, x: 0, y: 0, layer: { ...layer, features: [points] } }]);
  assertEquals(dots.point?.vertices.length, 2);
});
