import { requireCredentials } from "../auth/_require_credentials.ts";
import type { ApiKey, TableGrant } from "../classic/api_keys.ts";
import { ClassicClient } from "../classic/client.ts";
import { type Kuviz, KUVIZ_MAX_BYTES } from "../classic/kuviz.ts";
import { sql, type SqlText } from "../classic/sql_text.ts";
import { ArgumentError, isCartoError } from "../errors/carto_error.ts";
import { reasonOf } from "../tables/_retell.ts";
import { type DescribedPage, describePage } from "./_describe.ts";
import { renderHtml } from "./_html.ts";
import { Layout } from "./layout.ts";
import type { Map as CartoMap } from "./map.ts";
import type { Publication, PublicationOptions, PublishOptions } from "./publish.ts";
import { PublishError } from "./publish_error.ts";
import { Source } from "./source.ts";

/** Where each page was published in this run, and for whom. */
const PUBLISHED = new WeakMap<CartoMap | Layout, { id: string; options: PublishOptions }>();

/** What `publish` of maps and layouts does. */
export async function publish(
  page: CartoMap | Layout,
  name: string,
  options: PublishOptions,
): Promise<Publication> {
  checkPassword(options);
  options.signal?.throwIfAborted();
  const html = await publishedHtml(page, name, options);
  const { ifExists, password, signal } = options;
  const published = await telling(
    name,
    password,
    () => clientOf(options).kuviz.create({ name, html, password, ifExists }, { signal }),
  );
  PUBLISHED.set(page, { id: published.id, options });
  return publicationOf(published);
}

/** What `updatePublication` of maps and layouts does. */
export async function updatePublication(
  page: CartoMap | Layout,
  name: string,
  options: PublishOptions,
): Promise<Publication> {
  checkPassword(options);
  const known = PUBLISHED.get(page);
  if (known === undefined) {
    throw new PublishError("not-found", "Cannot update the publication: this map was not published yet", {
      hint: "Publish it first: map.publish(name, { password: … }); of another run's map replace it: " +
        '{ ifExists: "replace" }',
    });
  }
  const merged = { ...known.options, ...options };
  const html = await publishedHtml(page, name, merged);
  const { ifExists, password, signal } = merged;
  const published = await telling(
    name,
    password,
    () => clientOf(merged).kuviz.update(known.id, { name, html, password, ifExists }, { signal }),
  );
  PUBLISHED.set(page, { id: published.id, options: merged });
  return publicationOf(published);
}

/** What `allPublications` does. */
export async function allPublications(options: PublicationOptions): Promise<Publication[]> {
  const all: Publication[] = [];
  for await (const kuviz of clientOf(options).kuviz.list({ signal: options.signal })) {
    all.push(publicationOf(kuviz));
  }
  return all;
}

/** What `deletePublication` does. */
export async function deletePublication(name: string, options: PublicationOptions): Promise<void> {
  const { kuviz } = clientOf(options);
  for await (const page of kuviz.list({ signal: options.signal })) {
    if (page.name === name) return await kuviz.delete(page.id, { signal: options.signal });
  }
  throw new PublishError("not-found", `Cannot delete publication "${name}": there is none of that name`, {
    hint: "allPublications() lists them",
  });
}

function clientOf({ credentials, transport }: PublicationOptions): ClassicClient {
  return new ClassicClient(credentials, transport);
}

function publicationOf({ id, url, name, privacy }: Kuviz): Publication {
  return { id, url, name, privacy };
}

function checkPassword({ password }: PublishOptions): void {
  if (password === null || (typeof password === "string" && password !== "")) return;
  throw new ArgumentError("Cannot publish: say who may see the map", {
    argument: "password",
    hint: "Pass { password: null } to show it to everybody, or a password that is not empty",
  });
}

/**
 * The page to publish: tables and queries are read by whoever looks at it, with keys that may be seen; local data are in
 * the page.
 */
async function publishedHtml(
  page: CartoMap | Layout,
  name: string,
  options: PublishOptions,
): Promise<string> {
  const maps = page instanceof Layout ? page.maps : [page];
  const sources = new Set(maps.flatMap((map) => map.layers.map(({ source }) => source)));
  const remote = [...sources].filter((source) => !source.isLocal());
  const replacements = await withKeys(remote, options);
  const { document, buffers } = await describePage(page, { signal: options.signal, published: replacements });
  const embedded: DescribedPage["document"] = {
    ...document,
    title: name,
    maps: document.maps.map((map) => ({ ...map, size: null, showInfo: false })),
  };
  const html = await renderHtml(embedded, buffers, { signal: options.signal });
  const bytes = new TextEncoder().encode(html).length;
  if (bytes <= KUVIZ_MAX_BYTES) return html;
  throw new PublishError(
    "quota-exceeded",
    `Cannot publish map "${name}": the page has ${megabytes(bytes)}, and CARTO takes ${
      megabytes(KUVIZ_MAX_BYTES)
    }`,
    { hint: "Upload the data with toCarto, and make the map of the table" },
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MB`;
}

/** The sources with the keys that the page is given. The originals stay as they are. */
async function withKeys(
  sources: readonly Source[],
  options: PublishOptions,
): Promise<ReadonlyMap<Source, Source>> {
  const found = new globalThis.Map<Source, Source>();
  const hidden = new globalThis.Map<string, Source[]>();
  for (const source of sources) {
    const given = options.mapsApiKey ?? source.options.mapsApiKey;
    if (given !== undefined || await source.isPublic(options)) found.set(source, withKey(source, given));
    else {
      const account = source.credentials?.baseUrl ?? "";
      hidden.set(account, [...hidden.get(account) ?? [], source]);
    }
  }
  for (const group of hidden.values()) {
    const token = await keyFor(group, options);
    for (const source of group) found.set(source, withKey(source, token));
  }
  return found;
}

function withKey(source: Source, mapsApiKey: string | undefined): Source {
  return new Source(source.input, { ...source.options, mapsApiKey });
}

/** One key for the private sources of an account: it may read their tables through the Maps API, and nothing else. */
async function keyFor(sources: readonly Source[], { signal, transport }: PublishOptions): Promise<string> {
  const credentials = requireCredentials(sources[0]?.credentials, "classic");
  const client = new ClassicClient(credentials, transport);
  const tables = await grantsFor(client, sources, signal);
  const name = await keyName([...new Set(tables.map((table) => table.name))].sort());
  const request = { name, apis: ["maps"] as const, tables };
  const create = async () => (await client.apiKeys.create(request, { signal })).token;
  try {
    return await create();
  } catch (error) {
    if (!isCartoError(error) || error.code !== "already-exists") throw error;
    const present = await client.apiKeys.get(name, { signal });
    if (isExactly(present, tables)) return present.token;
    await client.apiKeys.delete(name, { signal });
    return await create();
  }
}

/**
 * The right to read the tables behind some sources, each once. With their schemas: another table of the same name is
 * not to be shown to everybody.
 */
export async function grantsFor(
  client: ClassicClient,
  sources: readonly Source[],
  signal?: AbortSignal,
): Promise<TableGrant[]> {
  const ask = async (text: SqlText) => {
    const { rows } = await client.sql.query(text, { signal, readOnly: true });
    return rows[0]?.found as string | string[] | null;
  };
  const own = String(await ask(sql`SELECT current_schema()::text AS found`) ?? "public");
  const found = new globalThis.Map<string, TableGrant>();
  const add = (schema: string, name: string) =>
    found.set(JSON.stringify([schema, name]), { schema, name, permissions: ["select"] });
  for (const { kind, input, options } of sources) {
    if (kind === "table") add(options.schema ?? own, String(input));
    else {
      for (const table of await ask(sql`SELECT CDB_QueryTablesText(${String(input)}) AS found`) ?? []) {
        const [name = table, schema = own] = [...table.matchAll(NAME_PART)].map(([part]) => unquoted(part))
          .reverse();
        add(schema, name);
      }
    }
  }
  return [...found.keys()].sort().map((key) => found.get(key) as TableGrant);
}

/** A part of a name as PostgreSQL writes it: `cafes`, `"My table"`. */
const NAME_PART = /"(?:[^"]|"")*"|[^".]+/g;

function unquoted(part: string): string {
  return part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part;
}

/** A key that may do more is none to be shown to everybody; one that may do less does not do. */
function isExactly({ grants, type }: ApiKey, tables: readonly TableGrant[]): boolean {
  return type === "regular" && grants.apis.every((api) => api === "maps") && grants.apis.length === 1 &&
    grants.tables.length === tables.length &&
    grants.tables.every((grant) =>
      tables.some(({ schema, name }) => grant.schema === schema && grant.name === name) &&
      grant.permissions.join() === "select"
    );
}

/** The name of the key, as CARTOframes made it: by the MD5 of Python's text of the list of tables. */
export async function keyName(tables: readonly string[]): Promise<string> {
  const { createHash } = await import("node:crypto");
  const quote = (name: string) => {
    const mark = name.includes("'") && !name.includes('"') ? '"' : "'";
    return `${mark}${name.replaceAll("\\", "\\\\").replaceAll(mark, `\\${mark}`)}${mark}`;
  };
  return `cartoframes_${createHash("md5").update(`[${tables.map(quote).join(", ")}]`).digest("hex")}`;
}

/** Tells what publishing means by an error. */
async function telling<T>(name: string, password: string | null, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!isCartoError(error) || error instanceof ArgumentError) throw error;
    if (password !== null && (error.message.includes(password) || JSON.stringify(error).includes(password))) {
      // Some servers repeat what they were sent
      throw new PublishError(
        error.code,
        `Cannot publish map "${name}": ${reasonOf(error).replaceAll(password, "***")}`,
        { hint: "Try another password" },
      );
    }
    if (error.code === "already-exists") {
      throw new PublishError("already-exists", `Cannot publish map "${name}": there is one of that name`, {
        hint: 'Choose another name, or pass { ifExists: "replace" }',
        cause: error,
      });
    }
    if (/over the size limit/i.test(error.message)) {
      throw new PublishError("quota-exceeded", `Cannot publish map "${name}": it is larger than 10MB`, {
        hint: "Upload the data with toCarto, and make the map of the table",
        cause: error,
      });
    }
    if (/map quota exceeded/i.test(error.message)) {
      throw new PublishError(
        "quota-exceeded",
        `Cannot publish map "${name}": the account has reached its limit of maps (${reasonOf(error)})`,
        { hint: "Delete a publication that is not needed: deletePublication(name)", cause: error },
      );
    }
    throw error;
  }
}
