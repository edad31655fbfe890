import type { ToHtmlOptions } from "./_html_options.ts";
import { packBuffer, type PackedBuffer } from "./_pack.ts";
import { type Library, viewerAssets } from "./_viewer_assets.ts";
import { CSS } from "./page/_css.ts";
import type { PageDocument, PageSource } from "./page/description.ts";

/**
 * One HTML document of a description and its buffers. It opens from a file. Its policy lets nothing run but the scripts
 * that it holds, by their hashes, and nothing be fetched but what its maps name.
 *
 * @param page What is shown
 * @param buffers The bytes, by id
 * @param options Where the viewer's code is; a signal
 */
export async function renderHtml(
  page: PageDocument,
  buffers: ReadonlyMap<string, Uint8Array>,
  { assets, signal }: ToHtmlOptions = {},
): Promise<string> {
  const streets = page.maps.flatMap(({ basemap }) => basemap.kind === "style" ? [basemap.url] : []);
  const positions = new Set(page.sources.flatMap(positionsOf));
  const [viewer, ...packed] = await Promise.all([
    viewerAssets(assets, streets.length > 0),
    ...page.buffers.map(async (buffer) => {
      const bytes = buffers.get(buffer.id);
      if (!bytes) throw new Error(`The buffer "${buffer.id}" has no bytes`);
      const result = await packBuffer(buffer, bytes, positions.has(buffer.id));
      signal?.throwIfAborted();
      return result;
    }),
  ]);
  const code = escapeScript(viewer.code);
  const libraries = [viewer.deck, ...viewer.maplibre ? [viewer.maplibre] : []];
  const css = CSS.trim();
  const policy = await policyOf(code, css, libraries, streets, page.sources);
  return [
    "<!DOCTYPE html>",
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="generator" content="CARTOframes for Deno">',
    `<title>${escapeText(page.title || "CARTOframes")}</title>`,
    ...page.description ? [`<meta name="description" content="${escapeText(page.description)}">`] : [],
    `<style>${css}</style>`,
    "</head><body>",
    '<noscript><p class="failure">This map needs JavaScript.</p></noscript>',
    `<script type="application/json" id="description">${escapeJson(page)}</script>`,
    ...packed.map(bufferElement),
    libraryElement("deck", viewer.deck),
    ...viewer.maplibre ? [libraryElement("maplibre", viewer.maplibre)] : [],
    `<script>${code}</script>`,
    "</body></html>\n",
  ].join("\n");
}

function positionsOf(source: PageSource): string[] {
  if (source.type !== "data") return [];
  return Object.values(source.geometry).map(({ positions }) => positions.values);
}

function bufferElement({ id, base64, deflated, planes }: PackedBuffer): string {
  const how = (deflated === undefined ? "" : ` data-deflated="${deflated}"`) +
    (planes === undefined ? "" : ` data-planes="${planes}"`);
  return `<script type="application/octet-stream" id="buffer-${id}"${how}>${base64}</script>`;
}

function libraryElement(name: string, library: Library): string {
  return library.kind === "packed"
    ? `<script type="application/octet-stream" id="library-${name}">${library.packed}</script>`
    : `<script type="application/octet-stream" id="library-${name}" data-src="${escapeText(library.url)}" ` +
      `data-integrity="${library.integrity}"></script>`;
}

/** A script may not end the element that it stands in; `<\/` means the same within its texts. */
function escapeScript(code: string): string {
  return code.replace(/<(?=\/script|!--)/gi, "\\x3c");
}

function escapeJson(page: PageDocument): string {
  return JSON.stringify(page).replaceAll("<", "\\u003c");
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${new Uint8Array(digest).toBase64()}'`;
}

/** Hosts from which CARTO's own styles take their parts. */
const CARTO_BASEMAPS = ["https://basemaps.cartocdn.com", "https://*.basemaps.cartocdn.com"];

async function policyOf(
  code: string,
  css: string,
  libraries: readonly Library[],
  streets: readonly string[],
  sources: readonly PageSource[],
): Promise<string> {
  const scripts = libraries.map((library) =>
    library.kind === "packed" ? `'sha256-${library.hash}'` : library.url
  );
  const tiles = sources.flatMap((source) => source.type === "tiles" ? [originOf(source.endpoint)] : []);
  const hosts = streets.flatMap(streetHosts);
  const fetched = [...new Set([...tiles, ...hosts])];
  return [
    "default-src 'none'",
    `script-src ${[await hashOf(code), ...scripts].join(" ")}`,
    `style-src ${await hashOf(css)}`,
    `img-src data: blob:${hosts.length > 0 ? ` ${[...new Set(hosts)].join(" ")}` : ""}`,
    `connect-src ${fetched.length > 0 ? fetched.join(" ") : "'none'"}`,
    ...streets.length > 0 ? ["worker-src blob:"] : [],
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** A style of one's own may name tiles of any host; CARTO's are known. */
function streetHosts(url: string): string[] {
  const origin = originOf(url);
  if (origin === CARTO_BASEMAPS[0]) return CARTO_BASEMAPS;
  return [origin, "https:"];
}

/** The origin of an address, which may hold `{z}` and the like. */
function originOf(url: string): string {
  const { origin } = new URL(url.replace(/[{}]/g, ""));
  if (!/^https?:\/\/[\w.:[\]-]+$/.test(origin)) {
    throw new Error(`The address "${url}" cannot be fetched from a page`);
  }
  return origin;
}
