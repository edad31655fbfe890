/** The dashboard's APIs, by the part of the path that names them. */
export type PlatformApi = typeof PLATFORM_APIS[number];

// deno-fmt-ignore
const PLATFORM_APIS = [
  "api_keys", "imports", "kuviz", "organization", "perm", "synchronizations", "tables", "users",
] as const;

/** What a path leads to. */
export interface Route {
  /** The endpoint; `not-served` for an API of CARTO that the emulator has not. */
  readonly name:
    | "query"
    | "job_create"
    | "job_get"
    | "job_delete"
    | "copyfrom"
    | "copyto"
    | "version"
    | "health"
    | "jobs-wip"
    | "me"
    | "viz"
    | "map"
    | "observatory"
    | "platform"
    | "kuviz-page"
    | "preflight"
    | "allowed-methods"
    | "not-found"
    | "not-served";
  /** Which of the dashboard's APIs `platform` means. */
  readonly api?: PlatformApi;
  /** The account that the path names. */
  readonly username: string | undefined;
  /** What follows the endpoint's own path. */
  readonly segments: readonly string[];
  /** Whether pages of other origins may read the answer. */
  readonly hasCors: boolean;
}

const PATH = /^(?:\/user\/([^/]+))?(?:\/u\/([^/]+))?\/api\/([^/]+)\/([^/]+)(\/.*)?$/i;

/** The address of a published page. */
const KUVIZ_PAGE = /^(?:\/(?:user|u)\/([^/]+))?\/kuviz\/([^/]+)\/?$/i;

/** APIs that the platform has beside those of the emulator. */
// deno-fmt-ignore
const NOT_SERVED = new Set([
  "connectors", "connections", "data", "datasets", "do", "federated_servers", "geocodings", "layers", "named",
  "oauth_apps", "permissions", "queries", "static", "tiles", "uploads", "visualization_exports", "visualizations", "wms",
]);

/** Finds where a request leads. */
export function routeOf(method: string, path: string): Route {
  const page = KUVIZ_PAGE.exec(path);
  if (page !== null) {
    const [, owner, id = ""] = page;
    const username = owner === undefined ? undefined : decode(owner);
    const name = ["GET", "HEAD", "POST"].includes(method) ? "kuviz-page" : "not-found";
    return { username, segments: [decode(id)], hasCors: false, name };
  }
  const match = PATH.exec(path);
  const [, user = match?.[2], , , family = "", rest = ""] = match ?? [];
  const segments = rest.split("/").filter((segment) => segment !== "").map(decode);
  const common = { username: user === undefined ? undefined : decode(user), segments, hasCors: false };
  const api = family.toLowerCase();
  if (api === "sql") return sqlRoute(method, common);
  if (api === "viz") return { ...common, name: method === "OPTIONS" ? "preflight" : "viz", hasCors: true };
  const platform = PLATFORM_APIS.find((known) => known === api);
  if (platform !== undefined) {
    return method === "OPTIONS"
      ? { ...common, name: "preflight", hasCors: true }
      : { ...common, name: "platform", api: platform, hasCors: true };
  }
  if (api === "do" || (api === "data" && segments[0] === "observatory")) {
    return { ...common, name: "observatory" };
  }
  if (api === "map") return { ...common, name: "map" };
  if (api === "version" || api === "health" || api === "jobs-wip" || api === "me") {
    const name = segments.length > 0 ? "not-found" : readOnly(method, api);
    return { ...common, name };
  }
  return { ...common, name: NOT_SERVED.has(api) ? "not-served" : "not-found" };
}

function readOnly(method: string, name: "version" | "health" | "jobs-wip" | "me"): Route["name"] {
  if (method === "OPTIONS") return "allowed-methods";
  return method === "GET" || method === "HEAD" ? name : "not-found";
}

function sqlRoute(method: string, common: Omit<Route, "name">): Route {
  const [first, id, ...more] = common.segments;
  return { ...common, hasCors: true, segments: common.segments.slice(1), name: name() };

  function name(): Route["name"] {
    const isRead = method === "GET" || method === "HEAD";
    if (method === "OPTIONS") return "preflight";
    if (first === undefined) return "query";
    if (more.length > 0) return "not-found";
    if (first === "job" && id === undefined && method === "POST") return "job_create";
    if (first === "job" && id !== undefined && isRead) return "job_get";
    if (first === "job" && id !== undefined && method === "DELETE") return "job_delete";
    if (first === "copyfrom" && id === undefined && method === "POST") return "copyfrom";
    if (first === "copyto" && id === undefined && (isRead || method === "POST")) return "copyto";
    return "not-found";
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
