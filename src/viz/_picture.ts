import { UnsupportedError } from "../errors/carto_error.ts";
import { nameOf } from "../frame/files/read_file.ts";
import { writeWhole } from "../permissions/_write_whole.ts";
import type { TabSize } from "./_chromium.ts";
import { startBrowser } from "./_find_browser.ts";
import { pageHtml } from "./_save.ts";
import { LOOPBACK, servePage } from "./_serve_page.ts";
import type { PngOptions } from "./_show_options.ts";
import { Layout } from "./layout.ts";
import type { Map as CartoMap } from "./map.ts";
import { checkNumber, checkWhole } from "./styles/_check_style.ts";

const WIDTH = 1024;
const HEIGHT = 640;
const SECONDS = 60;

/** The page has come to its end: all is drawn, nothing can be, or the picture for browsers without WebGL stays. */
const ENDED = `(() => {
  const { state } = document.documentElement.dataset;
  if (state === "ready") return cartoframes.maps.every((map) => map.isStill);
  const hasNote = [...document.querySelectorAll(".note")].some((note) => !note.hidden && /WebGL/.test(note.textContent));
  return state === "failed" || (state === "preview" && hasNote);
})()`;

/** What is wrong, and away with what is of no use on paper. */
const TIDY = `(() => {
  for (const control of document.querySelectorAll(".zoom")) control.remove();
  return document.querySelector(".failure[role=alert]")?.textContent ?? "";
})()`;

/** Writes a map or layout as a picture. */
export async function savePng(
  page: CartoMap | Layout,
  path: string | URL,
  { browser: program, timeout, signal, assets, ...size }: PngOptions,
): Promise<void> {
  const tabSize = checkSize(page, size);
  const seconds = checkNumber(timeout ?? SECONDS, "timeout", 0);
  signal?.throwIfAborted();
  const operation = "take a picture of the map";
  // Before anything is read, for it is here that a permission is most likely lacking
  await using browser = await startBrowser(program, {
    operation,
    alsoNeeds: [LOOPBACK, { kind: "write", path: nameOf(path) }],
  });
  const html = await pageHtml(page, { signal, assets });
  await using served = await servePage(html, { operation });
  const tab = await browser.tab(tabSize);
  // What plays by itself would make each picture another one
  await tab.send("Emulation.setEmulatedMedia", {
    features: [{ name: "prefers-reduced-motion", value: "reduce" }],
  });
  // What is waited for is that the map is drawn, which has a time limit and hears the signal
  await tab.go(served.url, "no");
  if (!await tab.waitFor(ENDED, seconds, signal)) {
    throw new UnsupportedError(`Cannot ${operation}: it was not drawn within ${seconds} seconds`, {
      hint: "Allow more: { timeout: 300 }; a map of tiles or streets needs the network as well",
    });
  }
  const failure = await tab.evaluate<string>(TIDY);
  if (failure !== "") throw new UnsupportedError(`Cannot ${operation}: ${failure}`);
  const png = await tab.screenshot();
  signal?.throwIfAborted();
  await writeWhole(path, nameOf(path), ReadableStream.from([png]));
}

function checkSize(
  page: CartoMap | Layout,
  { width, height, scale }: Pick<PngOptions, "width" | "height" | "scale">,
): TabSize {
  const own = page instanceof Layout ? undefined : page.size?.map(pixels);
  return {
    width: checkWhole(width ?? own?.[0] ?? WIDTH, "width", 1, 8192),
    height: checkWhole(height ?? own?.[1] ?? HEIGHT, "height", 1, 8192),
    scale: checkNumber(scale ?? 1, "scale", 0.1, 8),
  };
}

/** A length in whole pixels; undefined for others, such as 100%. */
export function pixels(length: string): number | undefined {
  return length.endsWith("px") ? Math.ceil(Number.parseFloat(length)) : undefined;
}
