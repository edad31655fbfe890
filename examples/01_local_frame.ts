// deno run examples/01_local_frame.ts
//
// Local data in a frame, with no account and no permission: typed columns, geometry, formats out.
import { GeoDataFrame } from "@cartoframes/cartoframes";

const cafes = GeoDataFrame.fromRows([
  { id: 1n, name: "Hawai", stars: 4, lng: -3.699732, lat: 40.423012 },
  { id: 2n, name: "El Estocolmo", stars: 3, lng: -3.708969, lat: 40.426949 },
  { id: 9007199254740993n, name: 'El Rey, "tallarín"', stars: null, lng: -3.70957, lat: 40.424654 },
]).setGeometryFromXY("lng", "lat", { drop: true });

console.log(cafes);
console.log(cafes.toCSV());
console.log(JSON.stringify(cafes.toGeoJSON().features[0]));
