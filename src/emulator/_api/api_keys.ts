import type { TableGrant } from "../_db/engine.ts";
import { grantTable } from "../_db/open.ts";
import { query, quoteIdentifier, quoteLiteral } from "../_db/query.ts";
import { type Account, type EmulatorContext, jsonResponse, type Key } from "../_handler.ts";
import { membersOf, pageOf, type PlatformHandler, type PlatformRequest, Refusal } from "./answers.ts";

const APIS = ["sql", "maps"];
const PERMISSIONS = ["select", "insert", "update", "delete"];
const SCHEMA_PERMISSIONS = ["create", "usage"];
const SERVICES = ["geocoding", "routing", "isolines", "observatory"];

/** What a key may do, apart from the APIs that accept it. */
interface Grants {
  readonly apis: readonly string[];
  readonly tables: readonly TableGrant[];
  readonly schemas: readonly { readonly name: string; readonly permissions: readonly string[] }[];
  readonly services: readonly string[];
}

/** A key as it is kept. */
interface StoredKey extends Grants {
  readonly name: string;
  readonly token: string;
  readonly role: string;
}

/** `api/v3/api_keys`: a key is a role in the database, with exactly the rights that were granted. */
export function createApiKeys(context: EmulatorContext): PlatformHandler {
  return async (request) => {
    const { account, method, segments } = request;
    if (!request.hasKey) throw new Refusal(401, "Unauthorized");
    const [name, ...more] = segments;
    if (name === undefined) {
      if (method === "GET") return await list(context, request);
      if (method !== "POST") throw new Refusal(404, "Not found");
      requireMasterKey(request);
      return jsonResponse(201, await create(context, account, request.body));
    }
    if (method === "GET" && more.length === 0) {
      return jsonResponse(200, await present(context, account, find(visible(request), name)));
    }
    requireMasterKey(request);
    const key = find(account.keys, name);
    if (method === "DELETE" && more.length === 0) return await remove(context, account, key);
    if (method === "POST" && more.join("/") === "token/regenerate") {
      return await regenerate(context, account, key);
    }
    throw new Refusal(404, "Not found");
  };
}

function requireMasterKey({ key }: PlatformRequest): void {
  if (key.type !== "master") throw new Refusal(403, "Forbidden");
}

/** A key that is not the master key sees itself alone. */
function visible({ account, key }: PlatformRequest): readonly Key[] {
  return key.type === "master" ? account.keys : [key];
}

function find(keys: readonly Key[], name: string): Key {
  const key = keys.find((candidate) => candidate.name === name);
  if (key === undefined) throw new Refusal(404, `API key not found: ${name}`);
  return key;
}

async function list(context: EmulatorContext, request: PlatformRequest): Promise<Response> {
  const { account, parameters } = request;
  const types = typeof parameters.type === "string" ? parameters.type.split(",") : undefined;
  const keys = visible(request).filter(({ type }) => types === undefined || types.includes(type));
  const { shown, page, size, pages } = pageOf(keys, parameters);
  const base = baseOf(context, account);
  const href = (number: number): unknown => ({
    href: `${base}/api/v3/api_keys?page=${number}&per_page=${size}`,
  });
  return jsonResponse(200, {
    total: keys.length,
    count: shown.length,
    result: await Promise.all(shown.map((key) => present(context, account, key))),
    _links: {
      first: href(1),
      ...(page > 1 ? { prev: href(page - 1) } : {}),
      ...(page < pages ? { next: href(page + 1) } : {}),
      last: href(pages),
    },
  });
}

function baseOf(context: EmulatorContext, account: Account): string {
  return `${context.url()}/user/${encodeURIComponent(account.username)}`;
}

/** The document of a key: always all kinds of grants. */
async function present(context: EmulatorContext, account: Account, key: Key): Promise<unknown> {
  const stored = await context.documents.get<StoredKey>(account.username, "api_key", key.name);
  const tables = stored?.data.tables ?? key.grants ?? [];
  return {
    name: key.name,
    user: { username: account.username },
    type: key.type,
    token: key.token,
    grants: [
      { type: "apis", apis: key.apis },
      { type: "database", tables, schemas: stored?.data.schemas ?? [] },
      { type: "dataservices", services: key.type === "master" ? SERVICES : stored?.data.services ?? [] },
    ],
    created_at: stored?.createdAt ?? account.createdAt,
    updated_at: stored?.updatedAt ?? account.createdAt,
    _links: { self: `${baseOf(context, account)}/api/v3/api_keys/${encodeURIComponent(key.name)}` },
  };
}

async function create(context: EmulatorContext, account: Account, body: unknown): Promise<unknown> {
  const { name, grants: given } = membersOf(body);
  if (typeof name !== "string" || name.trim() === "") invalid("Name can't be blank");
  if (account.keys.some((key) => key.name === name)) invalid("Name has already been taken");
  const grants = readGrants(given);
  for (const table of grants.tables) await checkTable(context, account, table);
  const role = `carto_role_${crypto.randomUUID().replaceAll("-", "")}`;
  const stored: StoredKey = { name, token: newToken(), role, ...grants };
  await makeRole(context, account, stored);
  try {
    if (!await context.documents.add(account.username, "api_key", name, stored)) {
      invalid("Name has already been taken");
    }
  } catch (error) {
    await dropRole(context, account, role);
    throw error;
  }
  const key = keyOf(account, stored);
  account.keys = [...account.keys, key];
  return await present(context, account, key);
}

function invalid(message: string): never {
  throw new Refusal(422, `Validation failed: ${message}`);
}

/** An opaque token of 22 characters that can stand in an address. */
function newToken(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toBase64({ alphabet: "base64url", omitPadding: true });
}

function keyOf(account: Account, { name, token, role, apis, tables }: StoredKey): Key {
  const statementTimeout = account.keys.find(({ type }) => type === "default")?.statementTimeout ?? 0;
  return { name, token, type: "regular", role, apis, statementTimeout, grants: tables };
}

function readGrants(given: unknown): Grants {
  if (!Array.isArray(given)) invalid("Grants has to be an array");
  const entries = given.map(membersOf);
  for (const { type } of entries) {
    if (!["apis", "database", "dataservices", "user"].includes(String(type))) {
      invalid(`Grants type ${type} is unknown`);
    }
  }
  const of = (type: string): Readonly<Record<string, unknown>>[] =>
    entries.filter((entry) => entry.type === type);
  const apis = of("apis").flatMap((entry) => listOf(entry.apis).map(String));
  if (of("apis").length !== 1) invalid("Grants only one apis section is allowed, and it is mandatory");
  if (apis.length === 0) invalid("Grants apis array can't be empty");
  checkWords("api", apis, APIS);
  const services = of("dataservices").flatMap((entry) => listOf(entry.services).map(String));
  checkWords("service", services, SERVICES);
  const tables = of("database").flatMap((entry) => listOf(entry.tables).map(readTable));
  const schemas = of("database").flatMap((entry) => listOf(entry.schemas).map(readSchema));
  return { apis, services, tables, schemas };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function checkWords(what: string, words: readonly string[], known: readonly string[]): void {
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined) invalid(`Grants ${what} "${unknown}" is unknown: use ${known.join(", ")}`);
}

function readTable(given: unknown): TableGrant {
  const { schema = "public", name, permissions } = membersOf(given);
  const wanted = listOf(permissions).map(String);
  if (typeof name !== "string" || name === "") invalid("Grants table without a name");
  checkWords("permission", wanted, PERMISSIONS);
  return { schema: String(schema), name, permissions: wanted as TableGrant["permissions"] };
}

function readSchema(given: unknown): Grants["schemas"][number] {
  const { name, permissions } = membersOf(given);
  const wanted = listOf(permissions).map(String);
  if (name !== "public") invalid(`Grants schema "${name}" does not exist`);
  checkWords("permission", wanted, SCHEMA_PERMISSIONS);
  return { name, permissions: wanted };
}

/** Only what belongs to the account can be granted: another account's tables lie in the same database. */
async function checkTable(
  context: EmulatorContext,
  account: Account,
  { schema, name }: TableGrant,
): Promise<void> {
  const { rows } = await query(
    context.engine,
    `SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ${quoteLiteral(schema)} AND c.relname = ${quoteLiteral(name)}
       AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_get_userbyid(c.relowner) = ${
      quoteLiteral(account.ownerRole)
    }`,
  );
  if (rows.length === 0) invalid(`Grants table "${schema}"."${name}" does not exist`);
}

async function makeRole(
  context: EmulatorContext,
  account: Account,
  { role, tables, schemas }: StoredKey,
): Promise<void> {
  const name = quoteIdentifier(role);
  const rights = schemas.filter(({ permissions }) => permissions.includes("create"));
  await query(
    context.engine,
    [
      `CREATE ROLE ${name} NOLOGIN`,
      `GRANT USAGE ON SCHEMA public, cartodb TO ${name}`,
      ...rights.map((schema) => `GRANT CREATE ON SCHEMA ${quoteIdentifier(schema.name)} TO ${name}`),
      // What the key makes belongs to the account too.
      `GRANT ${name} TO ${quoteIdentifier(account.ownerRole)}`,
    ].join("; "),
  );
  for (const table of tables) await grantTable(context.engine, role, table);
}

async function dropRole(context: EmulatorContext, account: Account, role: string): Promise<void> {
  const name = quoteIdentifier(role);
  await query(
    context.engine,
    `REASSIGN OWNED BY ${name} TO ${
      quoteIdentifier(account.ownerRole)
    }; DROP OWNED BY ${name}; DROP ROLE ${name}`,
  );
}

async function remove(context: EmulatorContext, account: Account, key: Key): Promise<Response> {
  if (key.type !== "regular") throw new Refusal(403, `API key cannot be deleted: ${key.name}`);
  const document = await present(context, account, key);
  account.keys = account.keys.filter((other) => other !== key);
  await context.documents.delete(account.username, "api_key", key.name);
  await dropRole(context, account, key.role);
  return jsonResponse(200, document);
}

async function regenerate(context: EmulatorContext, account: Account, key: Key): Promise<Response> {
  if (key.type === "default") throw new Refusal(403, `API key cannot be regenerated: ${key.name}`);
  const renewed = { ...key, token: newToken() };
  const stored = await context.documents.get<StoredKey>(account.username, "api_key", key.name);
  if (stored !== undefined) {
    await context.documents.replace(account.username, "api_key", key.name, {
      ...stored.data,
      token: renewed.token,
    });
  }
  account.keys = account.keys.map((other) => other === key ? renewed : other);
  return jsonResponse(200, await present(context, account, renewed));
}

/** The keys that an earlier emulator on the same data made. */
export async function loadApiKeys(context: EmulatorContext): Promise<void> {
  for (const account of context.accounts) {
    const stored = await context.documents.list<StoredKey>(account.username, "api_key");
    account.keys = [
      ...account.keys,
      ...stored.filter(({ id }) => !account.keys.some(({ name }) => name === id)).map(({ data }) =>
        keyOf(account, data)
      ),
    ];
  }
}

/** Roles belong to a whole server, so those of keys must go before the database or the account does. */
export async function dropApiKeys(context: EmulatorContext, accounts: readonly Account[]): Promise<void> {
  for (const account of accounts) {
    const stored = await context.documents.list<StoredKey>(account.username, "api_key");
    for (const { id, data } of stored) {
      await dropRole(context, account, data.role);
      await context.documents.delete(account.username, "api_key", id);
    }
  }
}
