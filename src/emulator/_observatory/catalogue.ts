/** What the emulator's Data Observatory holds: entities as the catalogue tells them, without what is counted. */

/** A member of a list of the catalogue. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/** A set of areas. */
export interface GeographyEntry extends Named {
  readonly slug: string;
  readonly description: string;
  readonly country_id: string;
  readonly provider_id: string;
  readonly provider_name: string;
  readonly lang: string;
  readonly geom_type: string;
  readonly update_frequency: string;
  readonly version: string;
  readonly is_public_data: boolean;
  /** The table behind it. */
  readonly table: string;
}

/** A set of figures about areas. */
export interface DatasetEntry extends Named {
  readonly slug: string;
  readonly description: string;
  readonly provider_id: string;
  readonly provider_name: string;
  readonly category_id: string;
  readonly category_name: string;
  readonly data_source_id: string;
  readonly country_id: string;
  readonly lang: string;
  readonly geography_id: string;
  readonly geography_name: string;
  readonly geography_description: string;
  readonly temporal_aggregation: string;
  readonly time_coverage: string;
  readonly update_frequency: string;
  readonly version: string;
  readonly is_public_data: boolean;
  /** The view behind it. */
  readonly table: string;
}

/** One column of figures. */
export interface VariableEntry extends Named {
  readonly slug: string;
  readonly description: string;
  readonly column_name: string;
  readonly db_type: "INTEGER" | "FLOAT" | "STRING";
  readonly dataset_id: string;
  readonly agg_method: string | null;
  readonly variable_group_id: string | null;
}

/** Variables that belong together. */
export interface GroupEntry extends Named {
  readonly slug: string;
  readonly dataset_id: string;
}

export const COUNTRIES: readonly Named[] = [{ id: "esp", name: "Spain" }, {
  id: "usa",
  name: "United States of America",
}];
const CATEGORIES_BY_ID = {
  demographics: "Demographics",
  human_mobility: "Settlements",
  environmental: "Environmental",
  behavioral: "Place names",
} as const;
export const CATEGORIES: readonly Named[] = Object.entries(CATEGORIES_BY_ID).map(([id, name]) => ({
  id,
  name,
}));
const PROVIDERS_BY_ID = { geonames: "GeoNames", census: "US Census Bureau", carto: "CARTO" } as const;
export const PROVIDERS: readonly Named[] = Object.entries(PROVIDERS_BY_ID).map(([id, name]) => ({
  id,
  name,
}));

/** A short mark that tells entities of one name apart, always the same. */
function mark(text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

function geography(
  country: string,
  key: string,
  name: string,
  provider: keyof typeof PROVIDERS_BY_ID,
): GeographyEntry {
  const table = `geography_${country}_${key}_2024`;
  const id = `carto-do-public-data.${provider}.${table}`;
  return {
    id,
    slug: `${provider.slice(0, 3)}_${key}_${mark(id)}`,
    name,
    description: `${name}, as areas`,
    country_id: country,
    provider_id: provider,
    provider_name: PROVIDERS_BY_ID[provider],
    lang: "eng",
    geom_type: "MULTIPOLYGON",
    update_frequency: "none",
    version: "2024",
    is_public_data: true,
    table,
  };
}

export const GEOGRAPHIES: readonly GeographyEntry[] = [
  geography("esp", "grid", "Grid of a quarter of a degree", "carto"),
  geography("usa", "county", "Counties", "census"),
  geography("usa", "grid", "Grid of one degree", "carto"),
];

/** A column that a theme has: name, type, aggregation, group, description. */
type Column = readonly [string, VariableEntry["db_type"], string | null, string | null, string];

interface Theme {
  readonly key: string;
  readonly name: string;
  readonly category: keyof typeof CATEGORIES_BY_ID;
  readonly isPublic: boolean;
  readonly columns: readonly Column[];
}

const THEMES: readonly Theme[] = [
  {
    key: "population",
    name: "Population of places",
    category: "demographics",
    isPublic: true,
    columns: [
      ["total_pop", "INTEGER", "SUM", "People", "People in all places of the area"],
      ["urban_pop", "INTEGER", "SUM", "People", "People in places of 50,000 and more"],
      ["largest_pop", "INTEGER", "MAX", null, "People in the largest place; null where there is no place"],
    ],
  },
  {
    key: "settlements",
    name: "Settlements",
    category: "human_mobility",
    isPublic: true,
    columns: [
      ["places", "INTEGER", "SUM", "Counts", "Places of 1,000 people and more"],
      ["cities", "INTEGER", "SUM", "Counts", "Places of 100,000 people and more"],
      ["mean_pop", "FLOAT", "AVG", null, "People in a place on average; null where there is no place"],
    ],
  },
  {
    key: "density",
    name: "Density",
    category: "environmental",
    isPublic: false,
    columns: [
      ["pop_density", "FLOAT", "AVG", null, "People per square kilometre"],
      ["place_density", "FLOAT", "AVG", null, "Places per 1,000 square kilometres"],
    ],
  },
  {
    key: "names",
    name: "Names of places",
    category: "behavioral",
    isPublic: false,
    columns: [[
      "largest_place",
      "STRING",
      null,
      null,
      "The name of the largest place; null where there is no place",
    ]],
  },
];

function dataset(geography: GeographyEntry, theme: Theme): DatasetEntry {
  const key = geography.table.replace(/^geography_|_2024$/g, "");
  const table = `${theme.category}_${theme.key}_${key}_2024`;
  const id = `${theme.isPublic ? "carto-do-public-data" : "carto-do"}.geonames.${table}`;
  return {
    id,
    slug: `geo_${theme.key}_${mark(id)}`,
    name: `${theme.name} - ${geography.name}`,
    description:
      `${theme.name} by ${geography.name.toLowerCase()}, counted from GeoNames' places (CC BY 4.0)`,
    provider_id: "geonames",
    provider_name: PROVIDERS_BY_ID.geonames,
    category_id: theme.category,
    category_name: CATEGORIES_BY_ID[theme.category],
    data_source_id: theme.key,
    country_id: geography.country_id,
    lang: "eng",
    geography_id: geography.id,
    geography_name: geography.name,
    geography_description: geography.description,
    temporal_aggregation: "yearly",
    time_coverage: "[2024-01-01,2025-01-01)",
    update_frequency: "none",
    version: "2024",
    is_public_data: theme.isPublic,
    table,
  };
}

const PAIRS = GEOGRAPHIES.flatMap((geography) =>
  THEMES.map((theme) => ({ theme, entry: dataset(geography, theme) }))
);
export const DATASETS: readonly DatasetEntry[] = PAIRS.map(({ entry }) => entry);

export const GROUPS: readonly GroupEntry[] = PAIRS.flatMap(({ theme, entry }) =>
  [...new Set(theme.columns.flatMap(([, , , group]) => group ?? []))].map((name) => {
    const id = `${entry.id}.${name.toLowerCase()}`;
    return { id, slug: `${name.toLowerCase()}_${mark(id)}`, name, dataset_id: entry.id };
  })
);

export const VARIABLES: readonly VariableEntry[] = PAIRS.flatMap(({ theme, entry }) =>
  ([["geoid", "STRING", null, null, "The area"], ...theme.columns] as Column[]).map(
    ([column, type, aggregation, group, description]) => {
      const id = `${entry.id}.${column}`;
      return {
        id,
        slug: `${column}_${mark(id)}`,
        name: column,
        description,
        column_name: column,
        db_type: type,
        dataset_id: entry.id,
        agg_method: aggregation,
        variable_group_id: group === null ? null : `${entry.id}.${group.toLowerCase()}`,
      };
    },
  )
);

/** The entity of an id or slug. */
export function find<T extends { readonly id: string; readonly slug?: string }>(
  list: readonly T[],
  idOrSlug: string | undefined,
): T | undefined {
  return list.find(({ id, slug }) => id === idOrSlug || slug === idOrSlug);
}
