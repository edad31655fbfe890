/** Rows that stay in the account: the page asks the Maps API for tiles when it is opened. */
import { assert, assertEquals } from "@std/assert";
import { Credentials } from "../../src/auth/mod.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { toCarto, updatePrivacyTable } from "../../src/tables/mod.ts";
import { describePage } from "../../src/viz/_describe.ts";
import { renderHtml } from "../../src/viz/_html.ts";
import {
  basicStyle,
  categoryWidget,
  colorBinsStyle,
  formulaWidget,
  Layer,
  Map as CartoMap,
  popupElement,
  Source,
} from "../../src/viz/mod.ts";
import { assertColor, browserTest, centerOf, colorAt, project, redrawn, texts } from "./_browser.ts";
import { features, type Kind, KINDS, placeOf, VIEWPORT } from "./_frames.ts";

const RED = "#ff0000";

browserTest("tiles of the Maps API", {
  "each kind of geometry is drawn, picked and filtered; the key in the page is a public one": async (
    open,
  ) => {
    await using carto = await startEmulator({ accounts: [{ username: "ana" }] });
    const credentials = new Credentials(carto.credentials("ana"));
    const sources = new Map<Kind, Source>();
    for (const kind of KINDS) {
      await toCarto(features(kind), `${kind}s`, { credentials });
      await updatePrivacyTable(`${kind}s`, "public", { credentials });
      sources.set(kind, new Source(`${kind}s`, { credentials, maxRows: 1 }));
    }
    const layers = KINDS.map((kind) =>
      new Layer(sources.get(kind) ?? "", {
        style: kind === "point"
          ? colorBinsStyle("value", {
            breaks: [20, 80],
            palette: ["#0000ff", "#00a000", RED],
            size: 14,
            opacity: 1,
            strokeWidth: 0,
          })
          : basicStyle({ color: RED, size: 14, opacity: 1, strokeWidth: 0 }),
        popupHover: [popupElement("name")],
        widgets: kind === "point" ? [formulaWidget("value", "sum"), categoryWidget("category")] : [],
        defaultLegend: false,
      })
    );
    const map = new CartoMap(layers, { basemap: "white", viewport: VIEWPORT });
    const { tab, html } = await open(map, { hasRequests: true, size: { width: 1200, height: 600 } });
    assert(!html.includes(credentials.apiKey ?? "no key"), "the master key is in the page");
    assertEquals(tab.requests.filter((url) => !url.startsWith("file:") && !url.startsWith(carto.url)), []);
    await redrawn(tab);
    const picture = await tab.pixels();
    for (const kind of KINDS) {
      for (const index of [0, 1, 2]) {
        const place = await project(tab, ...placeOf(kind, index));
        const color = kind === "point" ? ["#0000ff", "#00a000", RED][index] ?? "" : RED;
        assertColor(colorAt(picture, place), color, `${kind} ${index}`);
        const name = await tab.evaluate(`(() => {
          const picked = cartoframes.maps[0].featureAt(${place[0]}, ${place[1]}, "popupHover");
          return picked?.state.column("name").text(picked.row) ?? null;
        })()`);
        assertEquals(name, `${kind} ${index}`);
      }
    }
    assertEquals(await texts(tab, ".number"), ["151"]);
    await tab.click(...await centerOf(tab, ".bars button[data-key=b]"));
    await redrawn(tab);
    assertEquals(await texts(tab, ".number"), ["50"]);
    assertColor(
      colorAt(await tab.pixels(), await project(tab, ...placeOf("point", 2))),
      "#ffffff",
      "filtered out",
    );
  },
  "when tiles cannot be had the page says so": async (open) => {
    const { document, buffers } = await describePage(
      new CartoMap(new Layer(features("point")), { basemap: "white" }),
      {},
    );
    const tiles = {
      type: "tiles",
      // Nobody listens there.
      endpoint: "http://127.0.0.1:9/api/v1/map",
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
    const html = await renderHtml({ ...document, sources: [tiles] }, buffers);
    const { tab } = await open(html, { hasRequests: true, hasErrors: true });
    await tab.until('!document.querySelector(".note").hidden');
    assert(
      (await texts(tab, ".note"))[0]?.startsWith("Some of the map could not be loaded"),
      (await texts(tab, ".note"))[0],
    );
  },
});
