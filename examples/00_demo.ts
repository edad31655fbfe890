// deno task demo
//
// From files into a CARTO account and back, with no account: a local CARTO is started, the world's
// cities and countries are uploaded, read back, compared value by value and joined in SQL. Then the
// cities become a map: one file that any browser opens, without a network.
import { type GeoDataFrame, readCarto, setDefaultCredentials, toCarto } from "@cartoframes/cartoframes";
import { Credentials } from "@cartoframes/cartoframes/auth";
import { startEmulator } from "@cartoframes/cartoframes/emulator";
import {
  categoryWidget,
  colorCategoryStyle,
  histogramWidget,
  Layer,
  Map,
  popupElement,
  sizeContinuousStyle,
} from "@cartoframes/cartoframes/viz";
import { worldCities, worldCountries } from "./_world.ts";

const FOLDER = "out/demo";
const CREDENTIALS = `${FOLDER}/creds.json`;
const COUNTS = `${FOLDER}/cities_per_country.csv`;
const MAP = `${FOLDER}/cities.html`;

/** What some of the feature codes of GeoNames mean. */
const KINDS: Readonly<Record<string, string>> = {
  PPLC: "Capital",
  PPLA: "Seat of a region",
  PPLA2: "Seat of a district",
  PPLA3: "Seat of a municipality",
  PPLX: "Part of a city",
};

/** How many rows a step handled, told while it runs. */
type Progress = (rows: number) => void;

/** Runs one step; on a terminal it shows how far it is, and at its end how long it took. */
async function step<T>(title: string, work: (progress: Progress) => Promise<T>): Promise<T> {
  const start = performance.now();
  const show = (text: string) => {
    if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
  };
  show(`${title} …`);
  let rows = 0;
  const result = await work((done) => show(`${title} … ${(rows = done).toLocaleString("en")} rows`));
  show("");
  const seconds = (performance.now() - start) / 1000;
  const speed = rows === 0 ? "" : `  ${Math.round(rows / seconds).toLocaleString("en").padStart(9)} rows/s`;
  console.log(`${title.padEnd(46)} ${seconds.toFixed(2).padStart(6)} s${speed}`);
  return result;
}

/** Uploads a frame, reads it back and fails unless every value came back as it went in. */
async function roundTrip(frame: GeoDataFrame, table: string): Promise<void> {
  await step(`Upload ${frame.numRows.toLocaleString("en")} rows as "${table}"`, async (progress) => {
    await toCarto(frame, table, { ifExists: "replace", onProgress: ({ rows }) => progress(rows) });
    progress(frame.numRows);
  });
  const columns = frame.columnNames.map((name) => `"${name}"`).join(", ");
  const back = await step(`Read "${table}" back`, async (progress) => {
    const result = await readCarto(`SELECT ${columns} FROM ${table} ORDER BY cartodb_id`);
    progress(result.numRows);
    return result;
  });
  await step(`Compare ${(frame.numRows * frame.columnNames.length).toLocaleString("en")} values`, () => {
    if (!frame.equals(back)) throw new Error(`"${table}" did not come back as it went in`);
    return Promise.resolve();
  });
}

await Deno.mkdir(FOLDER, { recursive: true });
await using carto = await step("Start a local CARTO", () => startEmulator());
await new Credentials(carto.credentials()).save(CREDENTIALS);
await setDefaultCredentials(CREDENTIALS);

const cities = await step("Read the world's cities from a file", worldCities);
const countries = await step("Read the world's countries from a file", worldCountries);
await roundTrip(cities, "cities");
await roundTrip(countries, "countries");

const counts = await step("Count cities per country by a spatial join", () =>
  readCarto(`
    SELECT c.name AS country, count(*) AS cities, sum(p.population)::bigint AS people
    FROM countries c JOIN cities p ON ST_Intersects(c.the_geom, p.the_geom)
    GROUP BY 1 ORDER BY 2 DESC`));
await Deno.writeTextFile(COUNTS, counts.toCSV());

await step(`Save a map of ${cities.numRows.toLocaleString("en")} cities`, async (progress) => {
  const population = cities.column("population").toNumbers();
  const shown = cities
    .withColumn("kind", cities.column("feature_code").toArray().map((code) => KINDS[String(code)] ?? "Other"))
    .withColumn(
      "magnitude",
      population.map((people) => Math.round(Math.log10(Math.max(people, 1)) * 100) / 100),
    );
  const layer = new Layer(shown, {
    title: "Kind",
    style: colorCategoryStyle("kind", {
      cat: Object.values(KINDS),
      size: sizeContinuousStyle("population", { sizeRange: [2, 40] }),
      strokeWidth: 0,
    }),
    widgets: [
      histogramWidget("magnitude", { title: "Population, as a power of ten", buckets: 20 }),
      categoryWidget("country", { title: "Country" }),
    ],
    popupHover: [
      popupElement("name", { title: "City" }),
      popupElement("population", { title: "Population", format: ",d" }),
    ],
  });
  await new Map(layer, { title: "The world's cities" }).save(MAP);
  progress(cities.numRows);
});

console.log(`\n${"country".padEnd(28)}${"cities".padStart(10)}${"people".padStart(16)}`);
for (const { country, cities, people } of counts.head(8)) {
  console.log(`${String(country).padEnd(28)}${String(cities).padStart(10)}${String(people).padStart(16)}`);
}
console.log(`\nEvery value came back as it went in.
Account      ${carto.url} (ends with this program)
Credentials  ${CREDENTIALS}
Counts       ${COUNTS}
Map          ${MAP} (opens in any browser)
Cities: GeoNames (CC BY 4.0). Countries: Natural Earth (public domain).`);
