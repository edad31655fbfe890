// How entries are asked for. Loaded with the first question: importing `./observatory` asks nothing.
import { Credentials } from "../auth/credentials.ts";
import { getDefaultCredentials } from "../auth/default_credentials.ts";
import { ClassicClient } from "../classic/client.ts";
import type { CatalogEntity as EntityAnswer } from "../classic/data_observatory.ts";
import { isCartoError } from "../errors/carto_error.ts";
import { reasonOf } from "../tables/_retell.ts";
import { CatalogError } from "./catalog_error.ts";
import { CatalogList } from "./catalog_list.ts";
import { Category } from "./category.ts";
import { Country } from "./country.ts";
import { Dataset } from "./dataset.ts";
import { getDefaultDoCredentials } from "./default_do_credentials.ts";
import { Geography } from "./geography.ts";
import type { ObservatoryOptions } from "./observatory_options.ts";
import { Provider } from "./provider.ts";
import { Variable } from "./variable.ts";
import { VariableGroup } from "./variable_group.ts";

/** The account whose catalogue everybody may read. */
const PUBLIC_CATALOG = "do-metadata";

/** The classes of entries by how addresses name them. */
const CLASSES = {
  countries: Country,
  categories: Category,
  providers: Provider,
  datasets: Dataset,
  geographies: Geography,
  variables: Variable,
  variables_groups: VariableGroup,
} as const;

/** How many entries are asked for at one time. */
const AT_ONCE = 8;

/** What the catalogue lists. */
export type EntityKind = keyof typeof CLASSES;
/** The class of a kind. */
export type EntityOf<Kind extends EntityKind> = InstanceType<typeof CLASSES[Kind]>;
/** Which entries are wanted. */
export type EntityFilters = Readonly<Record<string, unknown>>;

/** The filters that each kind's list takes. */
const FILTERS: Readonly<Record<EntityKind, readonly string[]>> = {
  countries: ["category", "provider", "public"],
  categories: ["country", "provider", "public"],
  providers: ["category", "country", "public"],
  datasets: ["country", "category", "geography", "provider", "public"],
  geographies: ["country", "category", "provider", "public"],
  variables: ["dataset", "variable_group"],
  variables_groups: ["dataset"],
};

/**
 * A client for the catalogue: of the credentials given, of the default ones for the catalogue, of an account that is not
 * on carto.com (on premises, or the emulator), or else of the account that everybody may ask.
 */
function catalogClient({ credentials, transport }: ObservatoryOptions): ClassicClient {
  const own = getDefaultCredentials();
  const elsewhere = own?.platform === "classic" && own.baseUrl !== undefined &&
      !/(?:^|\.)carto\.com$/.test(new URL(own.baseUrl).hostname)
    ? own
    : undefined;
  const chosen = credentials ?? getDefaultDoCredentials() ?? elsewhere ??
    new Credentials({ username: PUBLIC_CATALOG });
  return new ClassicClient(chosen, transport);
}

/** The entries of a kind that fit filters; filters that the kind does not have are left out. */
export async function listEntities<Kind extends EntityKind>(
  kind: Kind,
  filters: EntityFilters,
  options: ObservatoryOptions,
): Promise<CatalogList<EntityOf<Kind>>> {
  const api = catalogClient(options).dataObservatory;
  const { signal } = options;
  const known = Object.fromEntries(
    Object.entries(filters).filter(([name, value]) =>
      value !== undefined && value !== null &&
      (FILTERS[kind].includes(name) || name === "id" || name === "slug")
    ),
  );
  const answers = await asking(async () => {
    if (kind === "variables" || kind === "variables_groups") {
      const dataset = datasetOf(known);
      return kind === "variables"
        ? (await api.variables(dataset, { signal })).filter(inGroup(known.variable_group))
        : await api.variablesGroups(dataset, { signal });
    }
    return await api.list(kind, known, { signal });
  });
  return listOf(kind, answers, options);
}

/** Variables are listed by dataset: a group's id begins with that of its dataset. */
function datasetOf({ dataset, variable_group: group }: Record<string, unknown>): string {
  if (typeof dataset === "string") return dataset;
  if (typeof group === "string" && group.split(".").length === 4) {
    return group.split(".").slice(0, 3).join(".");
  }
  throw new CatalogError(
    "invalid-argument",
    "Cannot list the variables of all datasets: there are too many",
    {
      hint: "Choose a dataset: Variable.getAll({ dataset: … }), or dataset.variables()",
    },
  );
}

function inGroup(group: unknown): (answer: EntityAnswer) => boolean {
  return (answer) => group === undefined || answer.variable_group_id === group;
}

/** One entry. */
export async function getEntity<Kind extends EntityKind>(
  kind: Kind,
  id: string,
  options: ObservatoryOptions,
): Promise<EntityOf<Kind>> {
  const api = catalogClient(options).dataObservatory;
  const answer = await asking(() =>
    api.get(kind, id, { signal: options.signal, ...(kind === "geographies" ? { coverage: true } : {}) })
  );
  return entityOf(kind, answer, options);
}

/** The entries of ids or short names, in that order; those that there are not are left out. */
export async function getEntities<Kind extends EntityKind>(
  kind: Kind,
  ids: readonly string[],
  options: ObservatoryOptions,
): Promise<CatalogList<EntityOf<Kind>>> {
  const found: (EntityOf<Kind> | undefined)[] = [];
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    found.push(
      ...await Promise.all(
        ids.slice(start, start + AT_ONCE).map((id) =>
          getEntity(kind, id, options).catch((error) => {
            if (error instanceof CatalogError && error.code === "not-found") return undefined;
            throw error;
          })
        ),
      ),
    );
  }
  const list = new CatalogList<EntityOf<Kind>>();
  for (const entity of found) if (entity !== undefined) list.push(entity);
  return list;
}

/** Asks the catalogue; failures are told in its name. */
async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isCartoError(error) || error instanceof CatalogError) throw error;
    // No entry: some servers say 404, others answer null.
    const isMissing = error.code === "not-found" || /documents: the body: /.test(error.message);
    throw isMissing
      ? new CatalogError("not-found", "The catalogue of the Data Observatory has no such entry", {
        hint: "List what there is with getAll(), or through Catalog",
        cause: error,
      })
      : new CatalogError(error.code, `Cannot ask the catalogue of the Data Observatory: ${reasonOf(error)}`, {
        hint: error.hint,
        cause: error,
      });
  }
}

function entityOf<Kind extends EntityKind>(
  kind: Kind,
  answer: EntityAnswer,
  options: ObservatoryOptions,
): EntityOf<Kind> {
  return new CLASSES[kind](answer, options) as EntityOf<Kind>;
}

function listOf<Kind extends EntityKind>(
  kind: Kind,
  answers: readonly EntityAnswer[],
  options: ObservatoryOptions,
): CatalogList<EntityOf<Kind>> {
  const list = new CatalogList<EntityOf<Kind>>();
  for (const answer of answers) list.push(entityOf(kind, answer, options));
  return list;
}
