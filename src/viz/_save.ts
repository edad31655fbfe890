import { nameOf } from "../frame/files/read_file.ts";
import { writeWhole } from "../permissions/_write_whole.ts";
import { describePage } from "./_describe.ts";
import { renderHtml } from "./_html.ts";
import type { SaveOptions, ToHtmlOptions } from "./_html_options.ts";
import type { Layout } from "./layout.ts";
import type { Map as CartoMap } from "./map.ts";

const encoder = new TextEncoder();

/** A map or layout as HTML. */
export async function pageHtml(page: CartoMap | Layout, options: ToHtmlOptions): Promise<string> {
  const { document, buffers } = await describePage(page, { signal: options.signal });
  return await renderHtml(document, buffers, options);
}

/** Writes a map or layout into a file, all or nothing. */
export async function savePage(
  page: CartoMap | Layout,
  path: string | URL,
  options: SaveOptions,
): Promise<void> {
  const html = await pageHtml(page, options);
  options.signal?.throwIfAborted();
  await writeWhole(path, nameOf(path), ReadableStream.from([encoder.encode(html)]));
}
