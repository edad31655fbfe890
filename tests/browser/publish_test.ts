/** A map that is published draws private rows, through a key that may read them and nothing else. */
import { assert, assertEquals } from "@std/assert";
import { Credentials } from "../../src/auth/mod.ts";
import { startEmulator } from "../../src/emulator/mod.ts";
import { GeoDataFrame } from "../../src/frame/mod.ts";
import { toCarto } from "../../src/tables/mod.ts";
import { basicStyle, Layer, Map as CartoMap } from "../../src/viz/mod.ts";
import { assertColor, browserTest, colorAt, project } from "./_browser.ts";

browserTest("published maps in a browser", {
  async "a private table is drawn at the public address"(open) {
    await using carto = await startEmulator({ accounts: [{ username: "ana" }] });
    const credentials = new Credentials(carto.credentials("ana"));
    const cafes = GeoDataFrame.fromColumns({ stars: [1, 2] })
      .setGeometryFromXY([-3.7, 2.1], [40.4, 41.4], { name: "the_geom" });
    await toCarto(cafes, "secret_cafes", { credentials });
    const style = basicStyle({ color: "#ff0000", size: 20, opacity: 1 });
    const map = new CartoMap(new Layer("secret_cafes", { credentials, style }), {
      viewport: { lng: -1, lat: 41, zoom: 5 },
    });
    const { url } = await map.publish("cafes", { credentials, password: null });
    const { tab, html } = await open(new URL(url), { hasRequests: true });
    assert(!html.includes(credentials.apiKey));
    assert(tab.requests.every((asked) => asked.startsWith(carto.url)), String(tab.requests));
    assert(tab.requests.some((asked) => asked.includes("/api/v1/map/")));
    assertEquals(tab.requests.filter((asked) => asked.includes(credentials.apiKey)), []);
    const picture = await tab.pixels();
    for (const [lng, lat] of [[-3.7, 40.4], [2.1, 41.4]] as const) {
      assertColor(
        colorAt(picture, await project(tab, lng, lat)),
        "#ff0000",
        `a red point at ${lng}, ${lat}`,
        40,
      );
    }
  },
});
