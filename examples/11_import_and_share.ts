// deno run --allow-read=creds.json --allow-net=127.0.0.1:8080 examples/11_import_and_share.ts
//
// A file that CARTO imports itself, a key that reads only its table, a named map for people without a key, and a page.
// `deno task emulator --port 8080 --write-creds creds.json` gives an account to try it with.
import { ClassicClient, Credentials, ImportError } from "@cartoframes/cartoframes/classic";
import { QuadGrid } from "@cartoframes/cartoframes/frame";
import { readCarto } from "@cartoframes/cartoframes";

const credentials = await Credentials.fromFile("creds.json");
const carto = new ClassicClient(credentials);
const encode = (text: string) => new TextEncoder().encode(text);

// CARTO guesses the types and the geometry; what goes wrong has a code, a meaning and a next step
const csv = "name,trees,longitude,latitude\nRetiro,17000,-3.68,40.41\nCasa de Campo,700000,-3.75,40.42\n";
const job = await carto.imports.create({ data: encode(csv), filename: "example_parks.csv" });
await job.wait({ onProgress: ({ state }) => console.log("import:", state) });
const table = job.tableName ?? "";
console.log("table:", table);

try {
  await (await carto.imports.create({ data: encode(""), filename: "nothing.csv" })).wait();
} catch (error) {
  if (!(error instanceof ImportError)) throw error;
  console.log("refused:", error.errorCode, error.hint);
}

// A key with exactly the rights that its user needs; printing it shows no token
const key = await carto.apiKeys.create({
  name: "example reader",
  apis: ["sql", "maps"],
  tables: [{ name: table, permissions: ["select"] }],
});
console.log(String(key));
const parks = await readCarto(`SELECT name, trees, the_geom FROM ${table}`, {
  credentials: credentials.copy({ apiKey: key.token }),
});
const cells = new QuadGrid().polyfill(parks, 10);
for (const { name, quadkey } of cells) console.log("cell:", name, quadkey);

// A named map shows what it shows to whoever has its token, and needs no key
await carto.maps.named.create({
  name: "example_parks",
  auth: { method: "token", valid_tokens: ["open-sesame"] },
  placeholders: { trees: { type: "number", default: 0 } },
  layergroup: {
    version: "1.8.0",
    layers: [{ type: "mapnik", options: { sql: `SELECT * FROM ${table} WHERE trees >= <%= trees %>` } }],
  },
});
const visitor = new ClassicClient(credentials.copy({ apiKey: "default_public" }));
const options = { authToken: "open-sesame" };
const map = await visitor.maps.named.instantiate("example_parks", { trees: 100_000 }, options);
console.log("tile:", (await visitor.maps.tile(map, { z: 0, x: 0, y: 0 }, options)).length > 0);

const page = await carto.kuviz.create({
  name: "example parks",
  html: "<!DOCTYPE html><html><body><h1>Parks</h1></body></html>",
  ifExists: "replace",
});
console.log("page:", page.name, page.privacy);

await carto.kuviz.delete(page.id);
await carto.maps.named.delete("example_parks");
await carto.apiKeys.delete(key.name);
await carto.datasets.delete(table, { force: true });
