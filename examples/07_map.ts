// deno run --allow-write=map.html examples/07_map.ts
//
// A map of local data: one file that any browser opens, with no account and no network. In a checkout run
// `deno task viewer:fresh` once before; the published package holds the viewer.
import { GeoDataFrame } from "@cartoframes/cartoframes/frame";
import {
  categoryWidget,
  colorCategoryStyle,
  formulaWidget,
  Layer,
  Map,
  popupElement,
  sizeContinuousStyle,
} from "@cartoframes/cartoframes/viz";

const cities = GeoDataFrame.fromRows([
  { name: "Ávila", region: "Castilla y León", people: 57_949, lng: -4.7, lat: 40.66 },
  { name: "Segovia", region: "Castilla y León", people: 51_525, lng: -4.12, lat: 40.95 },
  { name: "Toledo", region: "Castilla-La Mancha", people: 85_449, lng: -4.02, lat: 39.86 },
  { name: "Madrid", region: "Madrid", people: 3_280_782, lng: -3.7, lat: 40.42 },
]).setGeometryFromXY("lng", "lat", { drop: true });

const layer = new Layer(cities, {
  title: "Region",
  style: colorCategoryStyle("region", { size: sizeContinuousStyle("people", { sizeRange: [10, 40] }) }),
  widgets: [
    formulaWidget("people", "sum", { title: "People" }),
    categoryWidget("region", { title: "Region" }),
  ],
  popupHover: [
    popupElement("name", { title: "City" }),
    popupElement("people", { title: "People", format: ",d" }),
  ],
});
await new Map(layer, { title: "Cities around Madrid" }).save("map.html");
console.log("map.html is written: open it in a browser");
