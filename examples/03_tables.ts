// deno run --allow-read=creds.json --allow-net=127.0.0.1:8080 examples/03_tables.ts
//
// A table up, read back, changed and removed. `deno task emulator --port 8080 --write-creds creds.json`
// gives an account to try it with; with your own, name its host: --allow-net=johnsmith.carto.com:443.
import {
  deleteTable,
  describeTable,
  GeoDataFrame,
  listTables,
  readCarto,
  setDefaultCredentials,
  toCarto,
} from "@cartoframes/cartoframes";

await setDefaultCredentials("creds.json");

const cafes = GeoDataFrame.fromRows([
  { Name: "Hawai", "Señal #1": true, the_geom: "POINT (-3.699732 40.423012)" },
  { Name: "El Estocolmo", "Señal #1": false, the_geom: "POINT (-3.708969 40.426949)" },
]).setGeometry("the_geom");

const report = await toCarto(cafes, "example_cafes", { ifExists: "replace" });
console.log(report.rows, report.renamed);

const north = await readCarto("SELECT * FROM example_cafes WHERE ST_Y(the_geom) > 40.425");
for (const row of north) console.log(row.cartodb_id, row.name, row.senal_1);

console.log([...(await listTables()).column("tables")]);
console.log(await describeTable("example_cafes"));
await deleteTable("example_cafes");
