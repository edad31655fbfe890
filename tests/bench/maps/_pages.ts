/** The two pages that are compared: ours, and one that gives the same data as GeoJSON text to MapLibre. */
import type { GeoDataFrame } from "../../../src/frame/mod.ts";
import {
  basicStyle,
  colorCategoryStyle,
  Layer,
  Map as CartoMap,
  popupElement,
  type Style,
} from "../../../src/viz/mod.ts";
import { CATEGORIES, COLORS } from "./_data.ts";

/** Both pages show this, on white, in a window of this size. */
export const VIEW = { width: 1000, height: 700, lng: 10, lat: 25, zoom: 1 } as const;

/** The radius of a point in pixels. */
const RADIUS = 2;

/** The colour of countries. */
const COUNTRY = "#826dba";

/** What is drawn. */
export type Kind = "points" | "countries";

/** Our page. */
export async function ourPage(frame: GeoDataFrame, kind: Kind): Promise<string> {
  const style: Style = kind === "points"
    ? colorCategoryStyle("category", {
      cat: [...CATEGORIES],
      palette: [...COLORS],
      size: RADIUS * 2,
      strokeWidth: 0,
    })
    : basicStyle({ color: COUNTRY, opacity: 1, strokeWidth: 0 });
  const value = kind === "points" ? "sales" : "name";
  const layer = new Layer(frame, { style, popupHover: [popupElement(value)], defaultLegend: false });
  const { lng, lat, zoom } = VIEW;
  return await new CartoMap(layer, { basemap: "white", viewport: { lng, lat, zoom } }).toHTML();
}

/** The page to compare with: MapLibre GL JS 5.24.1, its own GeoJSON source, nothing beneath. */
export function baselinePage(frame: GeoDataFrame, kind: Kind, maplibre: string): string {
  const { lng, lat, zoom } = VIEW;
  const pairs = CATEGORIES.flatMap((category, i) => [category, COLORS[i]]);
  const layer = kind === "points"
    ? {
      type: "circle",
      paint: { "circle-radius": RADIUS, "circle-color": ["match", ["get", "category"], ...pairs, "#000"] },
    }
    : { type: "fill", paint: { "fill-color": COUNTRY } };
  const style = {
    version: 8,
    sources: {},
    layers: [{ id: "background", type: "background", paint: { "background-color": "#fff" } }],
  };
  return `<!DOCTYPE html><meta charset="utf-8"><style>html,body,#map{height:100%;margin:0}</style><div id="map"></div>
<script type="application/json" id="data">${JSON.stringify(frame.toGeoJSON())}</script>
<script>${maplibre}</script>
<script>
const map = new maplibregl.Map({ container: "map", center: [${lng}, ${lat}], zoom: ${zoom}, fadeDuration: 0,
  attributionControl: false, style: ${JSON.stringify(style)} });
map.on("load", () => {
  map.addSource("data", { type: "geojson", data: JSON.parse(document.getElementById("data").textContent) });
  map.addLayer({ id: "data", source: "data", ...${JSON.stringify(layer)} });
  map.on("idle", () => document.documentElement.dataset.state = "ready");
});
</script>`;
}

/** The code of MapLibre, as our own pages hold it. */
export async function maplibreCode(): Promise<string> {
  const { packed } = await import(new URL("../../../src/viz/page/_built/maplibre.js", import.meta.url).href);
  const stream = new Blob([Uint8Array.fromBase64(packed)]).stream().pipeThrough(
    new DecompressionStream("gzip"),
  );
  return (await new Response(stream).text()).replace(/<(?=\/script|!--)/gi, "\\x3c");
}
