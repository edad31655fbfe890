import { UnsupportedError } from "../errors/mod.ts";
import type { ToHtmlOptions } from "./_html_options.ts";
import type { PageDocument } from "./page/description.ts";

/**
 * Puts a page together: the description, its buffers and the viewer.
 *
 * @param _document What the page shows
 * @param _buffers The bytes of its buffers, by id; they may share memory with frames, and are not to be changed
 * @param _options Where the viewer's code is
 * @returns The HTML document
 */
export function renderHtml(
  _document: PageDocument,
  _buffers: ReadonlyMap<string, Uint8Array>,
  _options: ToHtmlOptions,
): Promise<string> {
  return Promise.reject(new UnsupportedError("Cannot make a page: the viewer is not here yet"));
}
