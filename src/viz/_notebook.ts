import { writeWhole } from "../permissions/_write_whole.ts";
import { describePage } from "./_describe.ts";
import { renderHtml } from "./_html.ts";
import { pixels } from "./_picture.ts";
import { servePage } from "./_serve_page.ts";
import { Layer } from "./layer.ts";
import { Layout } from "./layout.ts";
import { Map as CartoMap } from "./map.ts";

/** What a notebook shows of a value, by media type. */
export type Shown = Readonly<Record<string, string>>;

/** What a cell gives out arrives up to about 4 MB; beyond, notebooks lose it. */
const MOST_BYTES = 3_000_000;
const HEIGHT = 500;

/**
 * What a notebook shows of a map, layout or layer: the page in a frame of its own, which cannot reach the notebook. A
 * page that is too large for a cell, or that holds a key, is put beside the notebook, or served where that cannot be.
 */
export async function notebookDisplay(value: CartoMap | Layout | Layer): Promise<Shown> {
  const page = value instanceof Layer ? new CartoMap(value) : value;
  const { document, buffers } = await describePage(page);
  const html = await renderHtml(document, buffers);
  const hasKey = document.sources.some((source) =>
    source.type === "tiles" && source.apiKey !== "default_public"
  );
  const text = describe(value);
  const within = hasKey ? "" : frame(page, text, "srcdoc", html);
  if (within !== "" && new TextEncoder().encode(within).length <= MOST_BYTES) {
    return { "text/html": within, "text/plain": text };
  }
  const { address, where } = await keep(html);
  const link = `<a href="${address}" target="_blank" rel="noopener">The map in a window of its own</a>`;
  return {
    "text/html": `${frame(page, text, "src", address)}<p>${link}</p>`,
    "text/plain": `${text}, ${where}`,
  };
}

/** The page in a file beside the notebook, of the same name for the same page; or on loopback. */
async function keep(html: string): Promise<{ address: string; where: string }> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(html));
  const file = `cartoframes-${new Uint8Array(digest).toHex().slice(0, 12)}.html`;
  try {
    await writeWhole(file, file, ReadableStream.from([new TextEncoder().encode(html)]));
    return { address: file, where: `in "${file}"` };
  } catch {
    const { url } = await servePage(html, { operation: "show the map", isFramed: true });
    return { address: url, where: `at ${url}` };
  }
}

function frame(page: CartoMap | Layout, title: string, attribute: "src" | "srcdoc", value: string): string {
  const [width, height] = page instanceof Layout ? [] : page.size ?? [];
  const tall = pixels(height ?? "") ??
    (page instanceof Layout && !page.fullHeight ? page.mSize * page.mapHeight : HEIGHT);
  const wide = pixels(width ?? "");
  const size = `width: ${wide === undefined ? "100%" : `${wide}px`}; height: ${tall}px; border: 0`;
  return `<iframe title="${escapeAttribute(title)}" style="${size}" sandbox="allow-scripts" ` +
    `${attribute}="${escapeAttribute(value)}"></iframe>`;
}

function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
}

function describe(value: CartoMap | Layout | Layer): string {
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  if (value instanceof Layout) return `Layout of ${count(value.maps.length, "map")}`;
  const named = value.title === undefined ? "" : ` "${value.title}"`;
  return value instanceof Layer ? `Layer${named}` : `Map${named} of ${count(value.layers.length, "layer")}`;
}
