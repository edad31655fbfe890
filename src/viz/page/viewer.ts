/// <reference lib="dom" />
/** What runs in the page: reads the description and the data, draws a first frame, then hands over to deck.gl. */
import { PAGE_VERSION, type PageDocument, type PageTiles } from "./description.ts";
import { element } from "./_dom.ts";
import type { Library } from "./_layers.ts";
import { MapPane } from "./_map_pane.ts";
import { type Data, readData } from "./_model.ts";
import { findGraphics } from "./_software.ts";
import type { StreetLibrary } from "./_street_map.ts";
import { fromBase64, readBuffers, readDocument } from "./_unpack.ts";

/** What the libraries leave behind, and what we do: the maps, for whoever writes a page around them. */
const globals: {
  deck?: Library;
  maplibregl?: StreetLibrary;
  cartoframes?: { readonly maps: readonly MapPane[] };
} = globalThis as unknown as Record<string, never>;

/** Where the page is: `preview` is the first frame, `ready` when all is drawn. */
function tellState(state: "preview" | "ready" | "failed"): void {
  performance.mark(`cartoframes-${state}`);
  document.documentElement.dataset.state = state;
}

function fail(text: string): void {
  tellState("failed");
  document.body.append(element("p", { class: "failure", role: "alert" }, text));
}

/** The code of a library that lies in the page, deflated; null where it is to be fetched, or is not there. */
async function unpackLibrary(id: string): Promise<string | null> {
  const place = document.getElementById(id);
  if (!place || place.dataset.src !== undefined) return null;
  const stream = new Blob([fromBase64(place.textContent ?? "")]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).text();
}

/**
 * Runs a library that lies in the page, or one that is fetched. The page's policy names its hash, so it runs as a script
 * of the page and needs no `eval`.
 */
async function runLibrary(id: string, code: string | null): Promise<void> {
  const place = document.getElementById(id);
  const script = document.createElement("script");
  const { src, integrity } = place?.dataset ?? {};
  if (code !== null) {
    script.textContent = code;
    document.head.append(script);
  } else if (src !== undefined && integrity !== undefined) {
    [script.src, script.integrity, script.crossOrigin] = [src, integrity, "anonymous"];
    await new Promise((resolve, reject) => {
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${src} could not be loaded`));
      document.head.append(script);
    });
  }
  place?.remove();
}

function makePanes(page: PageDocument, data: readonly (Data | PageTiles)[]): MapPane[] {
  const { grid } = page;
  const root = element("main", { class: grid ? "grid" : "single" });
  document.body.append(root);
  if (grid) {
    root.style.gridTemplateColumns = `repeat(${grid.columns}, minmax(0, 1fr))`;
    root.style.gridTemplateRows = grid.fullHeight
      ? `repeat(${grid.rows}, minmax(0, 1fr))`
      : `repeat(${grid.rows}, ${grid.mapHeight}px)`;
    root.classList.toggle("full", grid.fullHeight);
  }
  return page.maps.map((map, i) => new MapPane(`map-${i}`, map, data, root));
}

/** After what was drawn is on the screen: the frame after the next has begun, and there was time to present it. */
function presented(): Promise<void> {
  return new Promise((resolve) =>
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 20)))
  );
}

async function main(): Promise<void> {
  const text = document.getElementById("description")?.textContent ?? "";
  const page = readDocument(text, PAGE_VERSION);
  const buffers = await readBuffers(page.buffers);
  const data = page.sources.map((source) => source.type === "data" ? readData(source, buffers) : source);
  const panes = makePanes(page, data);
  globals.cartoframes = { maps: panes };
  for (const pane of panes) pane.preview();
  tellState("preview");
  // It is unpacked while the first frame is on its way to the screen.
  const unpacking = unpackLibrary("library-deck");
  await presented();

  const graphics = findGraphics();
  if (graphics === "none") {
    for (const pane of panes) pane.say("This browser has no WebGL: the map is shown as a picture");
    return;
  }
  await runLibrary("library-deck", await unpacking);
  const needsStreets = page.maps.some(({ basemap }) => basemap.kind === "style");
  if (needsStreets) {
    await unpackLibrary("library-maplibre").then((code) => runLibrary("library-maplibre", code)).catch(
      () => {},
    );
  }
  const { deck, maplibregl } = globals;
  if (!deck) throw new Error("deck.gl could not be loaded");
  for (const pane of panes) pane.start(deck, graphics, maplibregl ?? null);
  await Promise.all(panes.map((pane) => pane.ready));
  tellState("ready");
}

main().catch((error) => fail(`The map cannot be shown: ${error instanceof Error ? error.message : error}`));
