import { query } from "../_db/query.ts";
import { SPATIAL_TYPES_SQL, type SpatialTypes } from "../_formats/types.ts";
import {
  type Account,
  ApiError,
  type DatasetsHandler,
  type EmulatorContext,
  type Handler,
  type HandlerRequest,
  type Jobs,
  jsonResponse,
  type Key,
  type MeHandler,
  type Parameters,
} from "../_handler.ts";
import type { PlatformHandler } from "../_api/answers.ts";
import type { MapsHandler } from "../_maps/maps.ts";
import type { Observatory } from "../_observatory/observatory.ts";
import { authorize, findKey, parseBasic, requireMaster, tokenOf } from "./authorization.ts";
import { copyFrom, DEFAULT_MAX_COPY_SIZE } from "./copy_from.ts";
import { copyTo } from "./copy_to.ts";
import { joinParameters, parseQueryString, readBody } from "./parameters.ts";
import { answerQuery } from "./query.ts";
import { type LimitedEndpoint, RateLimiter, type RateLimits, tooManyRequests } from "./rate_limit.ts";
import { CORS, errorResponse, notFoundResponse, notServed } from "./responses.ts";
import { type PlatformApi, type Route, routeOf } from "./routes.ts";

/** The version of the SQL API whose behaviour this is. */
const SQL_API_VERSION = "6.0.0";

/** Bytes that the head of a request may have. */
const MAX_HEAD = 8192;

/** Bytes that a batch job's request may have. */
const MAX_JOB_PAYLOAD = 16384;

/** How the server behaves; may be changed while it runs. */
export interface ServerSettings {
  /** Limits by endpoint. */
  readonly rateLimits: RateLimits;
  /** Bytes that one upload may have. */
  readonly maxCopySize: number;
  /** Whether system tables are refused to the master key too. */
  readonly isStrict: boolean;
}

/** The settings of a server that nobody configured. */
export const DEFAULT_SETTINGS: ServerSettings = {
  rateLimits: {},
  maxCopySize: DEFAULT_MAX_COPY_SIZE,
  isStrict: false,
};

/** The parts of the emulator that answer what is not SQL. */
export interface ServerParts {
  /** The batch jobs. */
  readonly jobs: Jobs;
  /** `GET /api/v3/me` */
  readonly me: MeHandler;
  /** `/api/v1/viz` */
  readonly datasets: DatasetsHandler;
}

/** One request on its way to an answer; `headers` go with the answer, be it an error. */
interface Exchange {
  readonly request: Request;
  readonly route: Route;
  readonly query: Parameters;
  readonly headers: Headers;
  readonly startedAt: number;
  /** The function that a script tag wants called. */
  callback: string | undefined;
}

/** Answers HTTP requests as CARTO does. */
export class EmulatorServer {
  readonly #context: EmulatorContext;
  readonly #parts: ServerParts;
  #settings: ServerSettings;
  #limiter: RateLimiter;
  #spatial: Promise<SpatialTypes> | undefined;
  #mapsHandler: Promise<MapsHandler> | undefined;
  readonly #platformHandlers = new Map<PlatformApi, Promise<PlatformHandler>>();
  #observatoryParts: Promise<Observatory> | undefined;
  readonly #closing = new AbortController();

  /** Builds a server for a database and the handlers beside it. */
  constructor(context: EmulatorContext, parts: ServerParts, settings: ServerSettings) {
    this.#context = context;
    this.#parts = parts;
    this.#settings = settings;
    this.#limiter = new RateLimiter(settings.rateLimits);
  }

  /** Changes the settings; the requests counted so far are forgotten. */
  configure(settings: ServerSettings): void {
    this.#settings = settings;
    this.#limiter = new RateLimiter(settings.rateLimits);
    this.#spatial = undefined;
  }

  /** Cancels what runs; called before the database is closed. */
  close(): void {
    this.#closing.abort();
  }

  /** Answers a request. Never throws. */
  readonly handle = async (request: Request): Promise<Response> => {
    const target = request.url.slice(request.url.indexOf("/", request.url.indexOf("//") + 2));
    if (headLength(request, target) > MAX_HEAD) return new Response(null, { status: 431 });
    const [path = "", search = ""] = splitOnce(target, "?");
    const exchange: Exchange = {
      request,
      route: routeOf(request.method, path),
      query: parseQueryString(search),
      headers: new Headers(),
      startedAt: Date.now(),
      callback: undefined,
    };
    let response: Response;
    try {
      response = await this.#answer(exchange, path);
    } catch (error) {
      response = errorResponse(toApiError(error), exchange.callback);
    }
    for (const [name, value] of exchange.headers) {
      if (!response.headers.has(name)) response.headers.set(name, value);
    }
    return response;
  };

  async #answer(exchange: Exchange, path: string): Promise<Response> {
    const { route, request, headers } = exchange;
    if (route.hasCors) { for (const [name, value] of Object.entries(CORS)) headers.set(name, value); }
    switch (route.name) {
      case "preflight":
        return new Response(null);
      case "allowed-methods":
        return new Response("GET,HEAD", {
          headers: { allow: "GET,HEAD", "content-type": "text/html; charset=utf-8" },
        });
      case "not-found":
        return notFoundResponse(request.method, path);
      case "not-served":
        throw notServed(path);
      case "version":
        return jsonResponse(200, { cartodb_sql_api: SQL_API_VERSION });
      case "health":
        return await this.#health(exchange);
      case "jobs-wip":
        return jsonResponse(200, this.#parts.jobs.inProgress());
      case "me":
        return await this.#me(exchange);
      case "map":
        return await this.#maps(exchange);
      case "platform":
        return await this.#platform(exchange);
      case "kuviz-page": {
        const { serveKuvizPage } = await import("../_api/kuviz.ts");
        return await serveKuvizPage(this.#context, route.username, route.segments[0] ?? "", request);
      }
      case "observatory":
        return await this.#observatory(exchange);
      case "copyfrom": {
        const asked = this.#authorized(exchange, this.#account(exchange), {}, "copy_from");
        return await copyFrom(this.#context.engine, asked, request.body, this.#settings.maxCopySize);
      }
      default:
        return await this.#withBody(exchange, route.name);
    }
  }

  /** The endpoints whose body holds parameters. */
  async #withBody(exchange: Exchange, name: Route["name"]): Promise<Response> {
    const account = this.#account(exchange);
    const body = await readBody(exchange.request);
    switch (name) {
      case "job_create":
        checkPayload(body);
        return await this.#masterOnly(exchange, account, body, "job_create", this.#parts.jobs.create);
      case "job_get":
        return await this.#masterOnly(exchange, account, body, "job_get", this.#parts.jobs.get);
      case "job_delete":
        return await this.#masterOnly(exchange, account, body, "job_delete", this.#parts.jobs.cancel);
      case "copyto":
        return await copyTo(this.#context.engine, this.#authorized(exchange, account, body, "copy_to"));
      case "viz":
        return await this.#parts.datasets(this.#authorized(exchange, account, body, undefined));
      default: {
        const asked = this.#authorized(exchange, account, body, "query");
        return await answerQuery(asked, {
          engine: this.#context.engine,
          spatial: await this.#spatialTypes(),
          isStrict: this.#settings.isStrict,
          startedAt: exchange.startedAt,
          addHeaders: (headers) => {
            for (const [name, value] of Object.entries(headers)) exchange.headers.set(name, value);
          },
          onCallback: (callback) => {
            exchange.callback = callback;
          },
        });
      }
    }
  }

  async #masterOnly(
    exchange: Exchange,
    account: Account,
    body: unknown,
    endpoint: LimitedEndpoint,
    handler: Handler,
  ): Promise<Response> {
    return await handler(this.#authorized(exchange, account, body, endpoint));
  }

  /**
   * The account that the path names, or else the first label of the host.
   *
   * @throws {ApiError} When there is none
   */
  #account(exchange: Exchange): Account {
    const host = exchange.request.headers.get("host") ?? "";
    const username = exchange.route.username ?? userOfHost(host);
    if (username === undefined) throw new ApiError(400, `No username found in hostname '${host}'`);
    exchange.headers.set("carto-user", headerSafe(username));
    const account = this.#context.accounts.find((known) => known.username === username);
    if (account === undefined) {
      throw new ApiError(
        404,
        `Sorry, we can't find CARTO user '${username}'. Please check that you have entered the correct domain.`,
      );
    }
    exchange.headers.set("carto-user-id", account.id);
    return account;
  }

  /**
   * Finds the key, counts the request, and puts together what handlers need.
   *
   * @throws {ApiError} When the key does not allow it, or the request came too often
   */
  #authorized(
    exchange: Exchange,
    account: Account,
    body: unknown,
    endpoint: LimitedEndpoint | undefined,
  ): HandlerRequest {
    const { request, query: given, headers } = exchange;
    const parameters = joinParameters(given, body);
    const key = authorize(account, request.headers, given, joinParameters({}, body));
    if (endpoint?.startsWith("job_")) requireMaster(key);
    const verdict = endpoint === undefined ? undefined : this.#limiter.check(account.username, endpoint);
    for (const [name, value] of Object.entries(verdict?.headers ?? {})) headers.set(name, value);
    if (verdict !== undefined && !verdict.isAllowed) throw tooManyRequests();
    headers.set("vary", "Authorization");
    return this.#handlerRequest(exchange, account, key, body, parameters);
  }

  #handlerRequest(
    exchange: Exchange,
    account: Account,
    key: Key,
    body: unknown,
    parameters: Parameters,
  ): HandlerRequest {
    const { request, route } = exchange;
    return {
      method: request.method,
      segments: route.segments,
      headers: request.headers,
      query: exchange.query,
      body,
      parameters,
      account,
      key,
      signal: this.#closing.signal,
    };
  }

  /** The Maps API has errors and headers of its own; it is loaded when it is asked for. */
  async #maps({ request, route, query: given }: Exchange): Promise<Response> {
    this.#mapsHandler ??= import("../_maps/maps.ts").then(({ createMaps }) => createMaps(this.#context));
    const username = route.username ?? userOfHost(request.headers.get("host") ?? "");
    return await (await this.#mapsHandler)({ request, username, segments: route.segments, query: given });
  }

  /** The dashboard's APIs; each is loaded when it is asked for, and keeps what it knows from then on. */
  async #platform(exchange: Exchange): Promise<Response> {
    const { request, route, query: given, headers } = exchange;
    const { answering, Refusal } = await import("../_api/answers.ts");
    return await answering(async () => {
      const account = this.#account(exchange);
      // The body of an import may be a file, which is read where it is wanted.
      const body = route.api === "imports" ? {} : await readBody(request);
      const basic = parseBasic(request.headers.get("authorization"));
      if (basic !== undefined && basic.username !== account.username) {
        throw new Refusal(401, ["Unauthorized"]);
      }
      const token = tokenOf(request.headers, given, joinParameters({}, body));
      const key = findKey(account, token);
      if (key === undefined) throw new Refusal(401, ["Unauthorized"]);
      headers.set("vary", "Authorization");
      const asked = this.#handlerRequest(exchange, account, key, body, joinParameters(given, body));
      const handler = await this.#platformHandler(route.api ?? "users");
      return await handler({ ...asked, request, hasKey: token !== undefined });
    });
  }

  #platformHandler(api: PlatformApi): Promise<PlatformHandler> {
    const known = this.#platformHandlers.get(api);
    if (known !== undefined) return known;
    const loading = loadPlatformHandler(api, this.#context, this.#closing.signal);
    this.#platformHandlers.set(api, loading);
    return loading;
  }

  /** The Data Observatory has errors of its own; it is loaded when it is asked for. */
  async #observatory(exchange: Exchange): Promise<Response> {
    this.#observatoryParts ??= import("../_observatory/observatory.ts").then(({ Observatory }) =>
      new Observatory(this.#context)
    );
    const asked = this.#authorized(exchange, this.#account(exchange), {}, undefined);
    return await (await this.#observatoryParts).handle({ asked, request: exchange.request });
  }

  /** Who is asked about stands in the path or the host; clients also ask at the root, where only the key tells. */
  async #me(exchange: Exchange): Promise<Response> {
    const { request, query: given, route } = exchange;
    const token = tokenOf(request.headers, given, {});
    const named = route.username ?? parseBasic(request.headers.get("authorization"))?.username ??
      userOfHost(request.headers.get("host") ?? "");
    const accounts = this.#context.accounts;
    const account = accounts.find(({ username }) => username === named) ??
      accounts.find((candidate) => token !== undefined && findKey(candidate, token)?.type === "master") ??
      accounts[0];
    if (account === undefined || (route.username !== undefined && account.username !== route.username)) {
      throw new ApiError(404, `Sorry, we can't find CARTO user '${named}'`);
    }
    const key = findKey(account, token);
    const asked = this.#handlerRequest(exchange, account, key ?? NO_KEY, {}, given);
    return await this.#parts.me({ ...asked, key });
  }

  async #health({ startedAt }: Exchange): Promise<Response> {
    await query(this.#context.engine, "SELECT 1");
    return jsonResponse(200, { enabled: true, ok: true, elapsed: Date.now() - startedAt });
  }

  #spatialTypes(): Promise<SpatialTypes> {
    this.#spatial ??= query(this.#context.engine, SPATIAL_TYPES_SQL).then(({ rows }) =>
      new Map(rows.map(([oid, name]) => [Number(oid), name ?? ""]))
    );
    return this.#spatial;
  }
}

async function loadPlatformHandler(
  api: PlatformApi,
  context: EmulatorContext,
  signal: AbortSignal,
): Promise<PlatformHandler> {
  switch (api) {
    case "api_keys":
      return (await import("../_api/api_keys.ts")).createApiKeys(context);
    case "imports":
      return (await import("../_api/imports.ts")).createImports(context, signal);
    case "kuviz":
      return (await import("../_api/kuviz.ts")).createKuviz(context);
    case "organization":
      return (await import("../_api/users.ts")).createUsers(context, true);
    case "perm":
      return (await import("../_datasets.ts")).createPermissions(context);
    case "synchronizations":
      return (await import("../_api/synchronizations.ts")).createSynchronizations(context, signal);
    case "tables":
      return (await import("../_datasets.ts")).createTables(context);
    case "users":
      return (await import("../_api/users.ts")).createUsers(context, false);
  }
}

/** Stands for the key of a request that has none; nobody is given it. */
const NO_KEY: Key = { name: "", token: "", type: "regular", role: "", apis: [], statementTimeout: 0 };

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** The bytes of the request line and the headers. */
function headLength(request: Request, target: string): number {
  let length = request.method.length + target.length + " HTTP/1.1\r\n".length + 1;
  for (const [name, value] of request.headers) length += name.length + value.length + ": \r\n".length;
  return length;
}

/** The user in the first label of a host; an address in digits names nobody. */
function userOfHost(host: string): string | undefined {
  if (/^\d+(?:\.\d+){3}(?::\d+)?$/.test(host) || host.startsWith("[")) return undefined;
  return /^([^.]+)\./.exec(host)?.[1];
}

function headerSafe(value: string): string {
  return /^[\x20-\x7e]*$/.test(value) ? value : encodeURIComponent(value);
}

function checkPayload(body: unknown): void {
  const length = JSON.stringify(body).length;
  if (length <= MAX_JOB_PAYLOAD) return;
  throw new ApiError(
    400,
    `Your payload is too large: ${length} bytes. Max size allowed is ${MAX_JOB_PAYLOAD} bytes ` +
      `(${MAX_JOB_PAYLOAD / 1024}kb). Are you trying to import data?. Please, check out import api ` +
      "http://docs.cartodb.com/cartodb-platform/import-api/",
  );
}

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof SyntaxError) return new ApiError(400, error.message);
  if (error instanceof RangeError) return new ApiError(413, error.message);
  return new ApiError(500, error instanceof Error ? error.message : String(error));
}
