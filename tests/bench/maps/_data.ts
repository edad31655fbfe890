/** What the bench draws: points that gather around cities, as real ones do, the same in each run. */
import { worldCities, worldCountries } from "../../../examples/_world.ts";
import { GeoDataFrame } from "../../../src/frame/mod.ts";

/** The values of the column `category`. */
export const CATEGORIES = ["bar", "bakery", "bank", "cinema", "hotel", "pharmacy", "school", "shop"] as const;

/** One colour for each of them, for both pages. */
export const COLORS = [
  "#7f3c8d",
  "#11a579",
  "#3969ac",
  "#f2b701",
  "#e73f74",
  "#80ba5a",
  "#e68310",
  "#008695",
] as const;

/** So many points with a category and a number. */
export async function benchPoints(count: number): Promise<GeoDataFrame> {
  const cities = (await worldCities()).toGeoJSON().features.map(({ geometry }) =>
    geometry?.type === "Point" ? geometry.coordinates : [0, 0]
  );
  const random = randomNumbers(7);
  const lng = new Float64Array(count);
  const lat = new Float64Array(count);
  const category: string[] = [];
  const sales = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const [x = 0, y = 0] = cities[Math.floor(random() * cities.length)] ?? [];
    // Most lie close to their city, some far out.
    const reach = 0.02 / (0.02 + random());
    // Six decimals are 0.1 m: what data of this kind have, and what keeps their GeoJSON short.
    lng[i] = toSixDecimals(Math.max(-180, Math.min(180, x + (random() - 0.5) * 4 * reach)));
    lat[i] = toSixDecimals(Math.max(-80, Math.min(80, y + (random() - 0.5) * 4 * reach)));
    category.push(CATEGORIES[Math.floor(random() * CATEGORIES.length)] ?? "");
    sales[i] = Math.floor(random() * 10_000);
  }
  return GeoDataFrame.fromColumns({ category, sales, lng, lat }).setGeometryFromXY("lng", "lat", {
    drop: true,
  });
}

/** The world's countries with their names. */
export async function benchCountries(): Promise<GeoDataFrame> {
  return (await worldCountries()).select(["name", "the_geom"]);
}

const toSixDecimals = (degrees: number) => Math.round(degrees * 1e6) / 1e6;

/** Numbers from 0 to 1 that are the same in each run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
