import { assert, assertEquals, assertMatch } from "@std/assert";
import { buildViewerIfStale } from "../../src/viz/_build_viewer.ts";
import { renderHtml } from "../../src/viz/_html.ts";
import type { PageDocument, PageMap } from "../../src/viz/page/description.ts";

Deno.test.beforeAll(async () => {
  await buildViewerIfStale();
});

const map: PageMap = {
  title: "",
  description: "",
  theme: "light",
  size: null,
  basemap: { kind: "outline" },
  viewport: null,
  bounds: [-180, -85, 180, 85],
  showInfo: false,
  layerSelector: false,
  isStatic: false,
  layers: [],
};

function pageOf(changes: Partial<PageDocument>): PageDocument {
  return {
    version: 1,
    title: "",
    description: "",
    grid: null,
    maps: [map],
    sources: [],
    buffers: [],
    ...changes,
  };
}

const policyOf = (html: string) => /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";

Deno.test("html: the policy allows the page's own scripts by their hashes, and no request", async () => {
  const html = await renderHtml(pageOf({}), new Map());
  assertMatch(
    policyOf(html),
    /^default-src 'none'; script-src 'sha256-\S+' 'sha256-\S+'; style-src 'sha256-\S+'; img-src data: blob:; connect-src 'none'; base-uri 'none'; form-action 'none'$/,
  );
});

Deno.test("html: a style and tiles add their hosts, and a worker only where MapLibre is", async () => {
  const basemap = {
    kind: "style",
    name: "Mine",
    url: "https://maps.example.org/a/style.json?key=1",
    attribution: "",
  } as const;
  const html = await renderHtml(pageOf({ maps: [{ ...map, basemap }] }), new Map());
  assert(policyOf(html).includes("connect-src https://maps.example.org https:;"), policyOf(html));
  assert(policyOf(html).includes("worker-src blob:"));
  assertEquals(html.includes('id="library-maplibre"'), true);

  const carto = { ...basemap, url: "https://basemaps.cartocdn.com/gl/positron-gl-style/style.json" };
  const positron = policyOf(await renderHtml(pageOf({ maps: [{ ...map, basemap: carto }] }), new Map()));
  assert(
    positron.includes("connect-src https://basemaps.cartocdn.com https://*.basemaps.cartocdn.com;"),
    positron,
  );

  const tiles = {
    type: "tiles",
    endpoint: "https://ana.carto.com/api/v1/map",
    apiKey: "default_public",
    config: "{}",
    tileLayer: "layer0",
    minZoom: 0,
    maxZoom: 18,
    kind: "point",
    bounds: null,
    columns: [],
    attribution: "",
  } as const;
  const tiled = policyOf(await renderHtml(pageOf({ sources: [tiles] }), new Map()));
  assert(tiled.includes("connect-src https://ana.carto.com;"), tiled);
  assert(!tiled.includes("worker-src"));
});

Deno.test("html: no text of the description ends an element or begins one", async () => {
  const evil = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)> \u2028 \u0000";
  const html = await renderHtml(
    pageOf({ title: evil, description: `"${evil}`, maps: [{ ...map, title: evil }] }),
    new Map(),
  );
  assert(!html.includes("alert(1)</script>"));
  assert(!html.includes("<img"));
  const [, json = ""] = /<script type="application\/json" id="description">([^<]*)<\/script>/.exec(html) ??
    [];
  assertEquals(JSON.parse(json).title, evil);
});

Deno.test("html: a page without data is small enough to be sent by mail", async () => {
  assert((await renderHtml(pageOf({}), new Map())).length < 500_000);
});
