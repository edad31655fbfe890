import { maskSecret } from "../errors/_redact.ts";
import { ArgumentError } from "../errors/carto_error.ts";
import { checkName, segment } from "./_arguments.ts";
import { check } from "./_check.ts";
import { paged, type PagingOptions } from "./_paging.ts";
import { type AccountRequests, requestsOf } from "./_requests.ts";
import type { ClassicClient } from "./client.ts";

/** The kind of a key: `master` may do everything, `default` is `default_public`, `regular` has grants. */
export type ApiKeyType = "master" | "default" | "regular";

/** What a key may do with the rows of a table. */
export type TablePermission = "select" | "insert" | "update" | "delete";

/** The rights of a key on one table. */
export interface TableGrant {
  /** The table's name. */
  readonly name: string;
  /** The table's schema. Default `public`; in an organisation it is the owner's user name. */
  readonly schema?: string | undefined;
  /** What the key may do. */
  readonly permissions: readonly TablePermission[];
}

/** A service of the location data platform that a key may use. */
export type DataService = "geocoding" | "routing" | "isolines" | "observatory";

/** The rights of a key. */
export interface ApiKeyGrants {
  /** The APIs that accept it: at least one. */
  readonly apis: readonly ("sql" | "maps" | (string & Record<never, never>))[];
  /** The tables. */
  readonly tables: readonly (TableGrant & { readonly schema: string })[];
  /** The services. */
  readonly services: readonly string[];
}

/** What a key to be made may do. */
export interface ApiKeyRequest {
  /** The key's name, which no other key of the account has. */
  name: string;
  /** The APIs that accept it. Default: SQL and Maps. */
  apis?: readonly ("sql" | "maps")[] | undefined;
  /** The tables that it may use. Default: none. */
  tables?: readonly TableGrant[] | undefined;
  /** The services that it may use. Default: none. */
  services?: readonly DataService[] | undefined;
}

/** What listing keys takes. */
export interface ApiKeyListOptions extends PagingOptions {
  /** The kinds of keys wanted. Default: all. */
  type?: ApiKeyType | readonly ApiKeyType[] | undefined;
  /** What to sort by. Default: the server's. */
  order?: string | undefined;
  /** Stops listing. */
  signal?: AbortSignal | undefined;
}

/** A key as the server describes it, its token left out. Members beyond these pass through. */
export interface ApiKeyDocument {
  /** The key's name. */
  readonly name: string;
  /** Its kind. */
  readonly type: string;
  /** Whose it is. */
  readonly user?: { readonly username?: string | null | undefined } | null | undefined;
  /** When it was made, as ISO 8601. */
  readonly created_at?: string | null | undefined;
  /** When it last changed, as ISO 8601. */
  readonly updated_at?: string | null | undefined;
  /** The grants as they are sent: a list with one entry a type. */
  readonly grants?: unknown;
  /** What else the server tells. */
  readonly [member: string]: unknown;
}

/**
 * An API key. Its token is there to be used and never shown: it is masked when the key is printed, inspected or turned
 * into JSON, and is no property that is copied with `{ ...key }`.
 *
 * @example The token is for `Credentials`, not for the eye
 * ```ts
 * import { ApiKey } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const key = new ApiKey({ name: "reader", type: "regular", token: "tHiSiSaSeCrEtToKeN1234", grants: [] });
 * assertEquals(key.token, "tHiSiSaSeCrEtToKeN1234");
 * assertEquals(JSON.stringify(key).includes(key.token), false);
 * assertEquals(String(key), 'ApiKey { name: "reader", type: "regular", token: "•••• 1234" }');
 * ```
 */
export class ApiKey {
  /** The key's name. */
  readonly name: string;
  /** Its kind. */
  readonly type: ApiKeyType;
  /** What it may do. */
  readonly grants: ApiKeyGrants;
  /** What the server told of it, the token left out. */
  readonly document: ApiKeyDocument;
  readonly #token: string;

  /**
   * Made by {@link ApiKeysApi}.
   *
   * @param answer What the server told of it
   */
  constructor(answer: ApiKeyDocument & { readonly token: string }) {
    const { token, ...document } = answer;
    this.name = document.name;
    this.type = document.type as ApiKeyType;
    this.grants = grantsOf(document.grants);
    this.document = document;
    this.#token = token;
  }

  /** The key itself, as `apiKey` of credentials. */
  get token(): string {
    return this.#token;
  }

  /** What may be shown of it as plain data: the token is masked but for its last four characters. */
  toJSON(): Record<string, unknown> {
    return { ...this.document, token: maskSecret(this.#token) };
  }

  /** One line: `ApiKey { name: "reader", type: "regular", token: "•••• 1234" }`. */
  toString(): string {
    const token = maskSecret(this.#token);
    return `ApiKey { name: ${JSON.stringify(this.name)}, type: "${this.type}", token: "${token}" }`;
  }

  /** What `console.log` shows under Deno: the same as {@linkcode ApiKey.toString}. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** What `console.log` shows under Node: the same as {@linkcode ApiKey.toString}. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * The keys of an account: the Auth API, `api/v3/api_keys`. Making, regenerating and deleting need the master key.
 *
 * @example A key that reads one table, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: (_url, init) => {
 *     const { name, grants } = JSON.parse(String(init?.body));
 *     return Promise.resolve(Response.json({ name, grants, type: "regular", token: "t0ken-t0ken-t0ken" }));
 *   },
 * });
 *
 * const key = await carto.apiKeys.create({
 *   name: "cafes reader",
 *   apis: ["sql"],
 *   tables: [{ name: "cafes", permissions: ["select"] }],
 * });
 * assertEquals(key.grants.tables, [{ schema: "public", name: "cafes", permissions: ["select"] }]);
 * ```
 */
export class ApiKeysApi {
  readonly #requests: AccountRequests;

  /**
   * Made by {@link ClassicClient} as its member `apiKeys`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#requests = requestsOf(client);
  }

  /**
   * The keys of the account; without the master key only the one that asks. Pages are asked for as the loop goes on.
   *
   * Endpoint: `GET api/v3/api_keys`.
   *
   * @param options Kinds, limit, order
   */
  list(options: ApiKeyListOptions = {}): AsyncGenerator<ApiKey, void, void> {
    const { type, order, signal } = options;
    const operation = "list the API keys";
    return paged(options, async (page, perPage) => {
      const answer = await this.#requests.json({
        method: "GET",
        path: "api/v3/api_keys/",
        operation,
        retry: "read",
        query: {
          type: type === undefined ? undefined : [type].flat().join(","),
          order,
          per_page: perPage,
          page,
        },
        signal,
      });
      const body = await check("apiKeyPage", answer.body, { operation, status: answer.status });
      return { items: body.result.map((key) => new ApiKey(key)), total: body.total };
    });
  }

  /**
   * One key.
   *
   * Endpoint: `GET api/v3/api_keys/{name}`.
   *
   * @param name Its name, such as `Default public`
   * @param options A signal
   * @throws {ResponseError} `not-found` when there is none
   */
  async get(name: string, options: { signal?: AbortSignal | undefined } = {}): Promise<ApiKey> {
    return await this.#send("GET", `${segment(name, "name")}/`, `read API key "${name}"`, options);
  }

  /**
   * Makes a key with exactly the rights given. They cannot be changed later.
   *
   * Endpoint: `POST api/v3/api_keys`.
   *
   * @param key Its name and rights
   * @param options A signal
   * @returns The key with its token
   * @throws {ArgumentError} No name, no API, or a table without permissions
   * @throws {ResponseError} `already-exists` when the name is taken; `invalid-request` when a table is unknown
   */
  async create(key: ApiKeyRequest, options: { signal?: AbortSignal | undefined } = {}): Promise<ApiKey> {
    checkName(key.name, "name");
    const json = { name: key.name, grants: wireGrants(key) };
    return await this.#send("POST", "", `create API key "${key.name}"`, { ...options, json });
  }

  /**
   * Gives a key another token; the old one stops working at once.
   *
   * Endpoint: `POST api/v3/api_keys/{name}/token/regenerate`.
   *
   * @param name Its name
   * @param options A signal
   * @returns The key with its new token
   */
  async regenerate(name: string, options: { signal?: AbortSignal | undefined } = {}): Promise<ApiKey> {
    const path = `${segment(name, "name")}/token/regenerate`;
    return await this.#send("POST", path, `regenerate API key "${name}"`, { ...options, json: {} });
  }

  /**
   * Deletes a key.
   *
   * Endpoint: `DELETE api/v3/api_keys/{name}`.
   *
   * @param name Its name
   * @param options A signal
   * @returns The key that was deleted
   * @throws {ResponseError} `access-denied` for the master key and `default_public`
   */
  async delete(name: string, options: { signal?: AbortSignal | undefined } = {}): Promise<ApiKey> {
    return await this.#send("DELETE", segment(name, "name"), `delete API key "${name}"`, options);
  }

  /**
   * Whether the server knows the key of the client's own credentials.
   *
   * Endpoint: `GET api/v3/api_keys`.
   *
   * @param options A signal
   * @throws {ResponseError} The server failed, or the account is unknown
   */
  async isValid(options: { signal?: AbortSignal | undefined } = {}): Promise<boolean> {
    const { apiKey } = this.#requests.credentials;
    try {
      for await (const { token } of this.list(options)) if (token === apiKey) return true;
      return false;
    } catch (error) {
      if ((error as { code?: unknown }).code === "unauthorized") return false;
      throw error;
    }
  }

  async #send(
    method: "GET" | "POST" | "DELETE",
    path: string,
    operation: string,
    more: { json?: Record<string, unknown>; signal?: AbortSignal | undefined },
  ): Promise<ApiKey> {
    const answer = await this.#requests.json({
      method,
      path: `api/v3/api_keys/${path}`,
      operation,
      retry: method === "GET" ? "read" : "rate-limit",
      ...more,
    });
    return new ApiKey(await check("apiKey", answer.body, { operation, status: answer.status }));
  }
}

/** The grants as the server wants them; those of a type that is not given are left out. */
function wireGrants(key: ApiKeyRequest): unknown[] {
  const { apis = ["sql", "maps"], tables = [], services = [] } = key;
  if (apis.length === 0) {
    throw new ArgumentError(`Cannot create API key "${key.name}": no API would accept it`, {
      argument: "apis",
      hint: 'Give "sql", "maps" or both',
    });
  }
  const wireTables = tables.map(({ schema = "public", name, permissions }) => {
    checkName(name, "table");
    if (permissions.length === 0) {
      throw new ArgumentError(`Cannot grant nothing on table "${name}"`, {
        argument: "tables",
        hint: 'Give permissions such as ["select"]',
      });
    }
    return { schema, name, permissions };
  });
  return [
    { type: "apis", apis },
    ...(tables.length === 0 ? [] : [{ type: "database", tables: wireTables }]),
    ...(services.length === 0 ? [] : [{ type: "dataservices", services }]),
  ];
}

/** The grants of the answer's list, whatever is missing being empty. */
function grantsOf(list: unknown): ApiKeyGrants {
  const grants: { apis: string[]; tables: ApiKeyGrants["tables"]; services: string[] } = {
    apis: [],
    tables: [],
    services: [],
  };
  for (const entry of Array.isArray(list) ? list : []) {
    const { type, apis, tables, services } = Object(entry);
    if (type === "apis" && Array.isArray(apis)) grants.apis = apis;
    if (type === "database" && Array.isArray(tables)) grants.tables = tables;
    if (type === "dataservices" && Array.isArray(services)) grants.services = services;
  }
  return grants;
}
