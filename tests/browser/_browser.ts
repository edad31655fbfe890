/** Pages in a real browser: one Chromium for a test file, a fresh tab for each page. */
import { assertEquals } from "@std/assert";
import { toFileUrl } from "@std/path";
import { buildViewerIfStale } from "../../src/viz/_build_viewer.ts";
import type { Layout, Map as CartoMap } from "../../src/viz/mod.ts";
import { Chromium, findChromium, type Tab } from "../_tools/chromium.ts";
import type { Picture } from "../_tools/png.ts";

const program = await findChromium();

/** A page that is open. */
export interface OpenPage {
  readonly tab: Tab;
  readonly html: string;
}

/** The size of the window. */
export const WINDOW = { width: 800, height: 600 } as const;

/** How long drawing may take on a machine that does much else, in seconds. */
const PATIENCE = 90;

/** Whether pages can be opened. */
export const HAS_BROWSER = program !== undefined;

/** Steps over one browser, each with what opens pages; without Chromium the test says in its name why it is ignored. */
export function browserTest(name: string, steps: Record<string, (open: Open) => Promise<void>>): void {
  Deno.test({
    name: HAS_BROWSER ? name : `${name} (ignored: Chromium is not installed)`,
    ignore: !HAS_BROWSER,
    fn: async (t) => {
      await withBrowser(async (inTabs) => {
        for (const [step, run] of Object.entries(steps)) await t.step(step, () => inTabs(run));
      });
    },
  });
}

/** Opens pages and looks at them; the tabs are closed in the end. */
export async function lookAt(run: (open: Open) => Promise<void>): Promise<void> {
  await withBrowser((inTabs) => inTabs(run));
}

async function withBrowser(
  action: (inTabs: (run: (open: Open) => Promise<void>) => Promise<void>) => Promise<void>,
): Promise<void> {
  if (program === undefined) throw new Error("Chromium is not installed");
  await buildViewerIfStale();
  const folder = await Deno.makeTempDir({ prefix: "cartoframes-pages-" });
  await using browser = await Chromium.start(program);
  try {
    await action(async (run) => {
      const tabs: Tab[] = [];
      try {
        await run(async (page, options) => {
          const opened = await openPage(browser, folder, page, options);
          tabs.push(opened.tab);
          return opened;
        });
      } finally {
        for (const tab of tabs) await tab[Symbol.asyncDispose]();
      }
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** How a page is opened. */
export interface OpenOptions {
  /** Errors on the console are wanted. */
  readonly hasErrors?: boolean;
  /** Requests to this machine are wanted; others never are. */
  readonly hasRequests?: boolean;
  /** The state to wait for. */
  readonly state?: "ready" | "preview" | "failed";
  /** Runs in the page before anything else. */
  readonly script?: string;
  readonly size?: { readonly width: number; readonly height: number };
}

/** Opens a map, a layout, HTML or an address; comes back when all is drawn. */
export type Open = (page: CartoMap | Layout | URL | string, options?: OpenOptions) => Promise<OpenPage>;

async function openPage(
  browser: Chromium,
  folder: string,
  page: CartoMap | Layout | URL | string,
  { hasErrors = false, hasRequests = false, state = "ready", script, size = WINDOW }: OpenOptions = {},
): Promise<OpenPage> {
  const { html, file } = page instanceof URL
    ? { html: await (await fetch(page)).text(), file: page }
    : await pageFile(page, folder);
  const tab = await browser.tab(size);
  // What plays by itself would make each run another one.
  await tab.send("Emulation.setEmulatedMedia", {
    features: [{ name: "prefers-reduced-motion", value: "reduce" }],
  });
  if (script) await tab.send("Page.addScriptToEvaluateOnNewDocument", { source: script });
  await tab.go(file.href);
  await tab.until(`["${state}", "failed"].includes(document.documentElement.dataset.state)`, PATIENCE);
  if (state !== "failed") {
    assertEquals(await tab.evaluate('document.querySelector(".failure[role=alert]")?.textContent ?? ""'), "");
  }
  if (!hasErrors) assertEquals(faults(tab), []);
  if (!hasRequests) assertEquals(tab.requests.filter((url) => url !== file.href), []);
  return { tab, html };
}

async function pageFile(
  page: CartoMap | Layout | string,
  folder: string,
): Promise<{ html: string; file: URL }> {
  const html = typeof page === "string" ? page : await page.toHTML();
  const file = toFileUrl(`${folder}/${crypto.randomUUID()}.html`);
  await Deno.writeTextFile(file, html);
  return { html, file };
}

/** What went wrong in a page; luma.gl's remarks on debug level are none. */
export function faults(tab: Tab): string[] {
  return tab.console.filter((line) => /^(error|warning|assert)/.test(line));
}

/** The colour on the screen at a place, red, green and blue. */
export function colorAt(
  { data, width }: Picture,
  [x, y]: readonly [number, number],
): [number, number, number] {
  const at = (Math.round(y) * width + Math.round(x)) * 4;
  return [data[at] ?? -1, data[at + 1] ?? -1, data[at + 2] ?? -1];
}

/** Fails unless a colour is within a few steps of another, which is given as `#rrggbb`. */
export function assertColor(
  actual: readonly number[],
  expected: string,
  message: string,
  tolerance = 12,
): void {
  const wanted = [1, 3, 5].map((at) => Number.parseInt(expected.slice(at, at + 2), 16));
  const isClose = wanted.every((value, i) => Math.abs(value - (actual[i] ?? -99)) <= tolerance);
  if (!isClose) assertEquals([...actual], wanted, message);
}

/** Where a place is on the screen, in a map of the page. */
export async function project(tab: Tab, lng: number, lat: number, map = 0): Promise<[number, number]> {
  return await tab.evaluate(`(() => {
    const map = cartoframes.maps[${map}];
    const { left, top } = map.element.getBoundingClientRect();
    const [x, y] = map.project(${lng}, ${lat});
    return [left + x, top + y];
  })()`);
}

/** The text of all elements that a selector finds. */
export async function texts(tab: Tab, selector: string): Promise<string[]> {
  return await tab.evaluate(
    `[...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => element.textContent)`,
  );
}

/** The middle of the first element that a selector finds. */
export async function centerOf(tab: Tab, selector: string, index = 0): Promise<[number, number]> {
  return await tab.evaluate(`(() => {
    const element = document.querySelectorAll(${JSON.stringify(selector)})[${index}];
    element.scrollIntoView({ block: "nearest" });
    const { left, top, width, height } = element.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  })()`);
}

/** Waits until what was changed is on the screen. */
export async function redrawn(tab: Tab): Promise<void> {
  await tab.until("cartoframes.maps.every((map) => map.isStill)", PATIENCE);
}
