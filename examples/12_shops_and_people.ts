// deno run --allow-read --allow-write --allow-net=127.0.0.1 --allow-env=HOME,XDG_CACHE_HOME,LOCALAPPDATA examples/12_shops_and_people.ts
//
// The work that CARTOframes was made for: addresses become points, points become areas within a walk, areas get the
// people who live there, and all of it is one map. A local CARTO stands in for the account.
import { Credentials, GeoDataFrame, setDefaultCredentials } from "@cartoframes/cartoframes";
import { startEmulator } from "@cartoframes/cartoframes/emulator";
import { Catalog, Enrichment } from "@cartoframes/cartoframes/observatory";
import { Geocoding, Isolines } from "@cartoframes/cartoframes/services";
import { colorBinsStyle, formulaWidget, Layer, Map, popupElement } from "@cartoframes/cartoframes/viz";

await using carto = await startEmulator({ accounts: [{ username: "ana" }] });
await setDefaultCredentials(new Credentials(carto.credentials("ana")));

const shops = GeoDataFrame.fromCSV(`shop,street,city
Centro,"Gran Via 46",Madrid
Retiro,"Calle de Alcala 202",Madrid
Triana,"Calle Betis 5",Sevilla
Gracia,"Carrer de Verdi 32",Barcelona
`);
const address = { street: "street", city: "city", country: { value: "Spain" } };

// What it would cost, then the points themselves
const geocoding = new Geocoding();
const { metadata } = await geocoding.geocode(shops, { ...address, dryRun: true });
console.log(`geocoding costs ${metadata.requiredQuota} of ${metadata.availableQuota}`);
const { data: points } = await geocoding.geocode(shops, address);

// Who can be there within 15 and 30 minutes on foot; each shop is known by its name
const walks = await new Isolines().isochrones(points, [900, 1800], { mode: "walk", sourceCol: "shop" });
console.log(`${walks.data.numRows} areas`);

// How many people live there: the part of each cell's people that lies within the area
const variables = await new Catalog().country("esp").category("demographics").variables();
const people = variables.get("total_pop");
if (people === undefined) throw new Error("the catalogue has no population");
const enriched = await new Enrichment().enrichPolygons(walks.data, people);
for (const { source_id, data_range, total_pop } of enriched) {
  console.log(
    `${source_id}: ${Math.round(Number(total_pop)).toLocaleString("en")} people within ${data_range} s`,
  );
}

const map = new Map([
  new Layer(enriched, {
    title: "Within a walk",
    style: colorBinsStyle("total_pop", { palette: "sunset" }),
    widgets: [formulaWidget("total_pop", "max", { title: "Most people" })],
    popupHover: [
      popupElement("source_id", { title: "Shop" }),
      popupElement("total_pop", { title: "People" }),
    ],
  }),
  new Layer(points, { title: "Shops", popupHover: [popupElement("shop", { title: "Shop" })] }),
], { title: "Shops and people" });
await map.save("shops.html");
console.log("shops.html");
