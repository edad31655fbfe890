import { installAccount } from "../_db/open.ts";
import { query, quoteIdentifier } from "../_db/query.ts";
import { type Account, type EmulatorContext, jsonResponse } from "../_handler.ts";
import { UNLIMITED } from "../_me.ts";
import { planAccounts, servedAccounts } from "../_accounts.ts";
import { dropApiKeys } from "./api_keys.ts";
import { membersOf, type PlatformHandler, Refusal, requireMaster } from "./answers.ts";

/** What of a user can be changed and is read back. */
// deno-fmt-ignore
const ATTRIBUTES = [
  "email", "name", "last_name", "avatar_url", "description", "website", "location", "quota_in_bytes",
  "soft_geocoding_limit", "viewer", "org_admin", "available_for_hire", "disqus_shortname", "twitter_username",
  "google_maps_query_string", "remove_logo",
];

/**
 * `api/v1/organization/{org}/users[/{name}]` and `api/v1/users/{name}`. The accounts of an emulator are the users of one
 * organisation, whatever name it is asked for by; those made here last as long as the emulator.
 */
export function createUsers(context: EmulatorContext, isOrganization: boolean): PlatformHandler {
  const attributes = new Map<string, Readonly<Record<string, unknown>>>();
  return async (request) => {
    requireMaster(request);
    const { method, account, body } = request;
    const names = isOrganization ? readPath(request.segments) : request.segments;
    const [name, ...more] = names;
    if (more.length > 0) throw new Refusal(404, ["Not found"]);
    if (name === undefined && isOrganization && method === "POST") {
      const made = await create(context, membersOf(body), attributes);
      return jsonResponse(200, await present(context, made, attributes));
    }
    if (name === undefined) throw new Refusal(404, ["Not found"]);
    if (!isOrganization && name !== account.username) throw new Refusal(403, ["Forbidden"]);
    const user = context.accounts.find(({ username }) => username === name);
    if (user === undefined) throw new Refusal(404, [`No user with username '${name}'`]);
    if (method === "GET") return jsonResponse(200, await present(context, user, attributes));
    if (method === "PUT") {
      attributes.set(name, { ...attributes.get(name), ...readAttributes(membersOf(body)) });
      return jsonResponse(200, await present(context, user, attributes));
    }
    if (method !== "DELETE" || !isOrganization) throw new Refusal(404, ["Not found"]);
    if (user === account || user === context.accounts[0]) {
      throw new Refusal(403, ["The owner cannot be deleted"]);
    }
    await remove(context, user);
    attributes.delete(name);
    return jsonResponse(200, `User ${name} deleted`);
  };
}

function readPath([, users, ...rest]: readonly string[]): string[] {
  if (users !== "users") throw new Refusal(404, ["Not found"]);
  return rest;
}

function readAttributes(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    ATTRIBUTES.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
  );
}

async function create(
  context: EmulatorContext,
  given: Readonly<Record<string, unknown>>,
  attributes: Map<string, Readonly<Record<string, unknown>>>,
): Promise<Account> {
  const { username, email, password } = given;
  const errors: Record<string, string[]> = {};
  if (typeof username !== "string" || !/^[a-z0-9][a-z0-9-]{0,62}$/.test(username)) {
    errors.username = ["is invalid"];
  } else if (context.accounts.some((known) => known.username === username)) {
    errors.username = ["is already taken"];
  }
  if (typeof email !== "string" || !email.includes("@")) errors.email = ["is not a valid address"];
  if (typeof password !== "string" || password.length < 6) {
    errors.password = ["Must be at least 6 characters long"];
  }
  if (Object.keys(errors).length > 0) throw new Refusal(410, errors);
  const [planned] = planAccounts([{ username: String(username) }]);
  const [served] = planned === undefined ? [] : servedAccounts([planned]);
  if (planned === undefined || served === undefined) throw new Refusal(500, ["No account was planned"]);
  await installAccount(context.engine, planned);
  const account = { ...served, databaseName: context.accounts[0]?.databaseName ?? served.databaseName };
  context.accounts.push(account);
  attributes.set(account.username, readAttributes(given));
  return account;
}

async function remove(context: EmulatorContext, account: Account): Promise<void> {
  const { username, ownerRole } = account;
  await dropApiKeys(context, [account]);
  const at = context.accounts.findIndex((account) => account.username === username);
  context.accounts.splice(at, 1);
  const role = quoteIdentifier(ownerRole);
  await query(context.engine, `DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
}

async function present(
  context: EmulatorContext,
  { id, username, ownerRole, quotaBytes }: Account,
  attributes: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): Promise<unknown> {
  const { rows } = await query(
    context.engine,
    `SELECT count(*), coalesce(sum(pg_total_relation_size(oid)), 0),
       count(*) FILTER (WHERE has_table_privilege('publicuser', oid, 'SELECT'))
     FROM cartodb._CDB_ConvertedTables('${ownerRole.replaceAll("'", "''")}') AS oid`,
  );
  const [tables, size] = (rows[0] ?? []).map(Number);
  const maps = (await context.documents.list(username, "map")).length;
  return {
    id,
    username,
    email: `${username}@localhost`,
    name: null,
    last_name: null,
    avatar_url: null,
    description: null,
    website: null,
    location: null,
    base_url: `${context.url()}/user/${encodeURIComponent(username)}`,
    quota_in_bytes: quotaBytes === 0 ? UNLIMITED : quotaBytes,
    db_size_in_bytes: size,
    table_count: tables,
    public_visualization_count: 0,
    all_visualization_count: maps,
    soft_geocoding_limit: false,
    org_admin: username === context.accounts[0]?.username,
    org_user: context.accounts.length > 1,
    viewer: false,
    remove_logo: false,
    available_for_hire: false,
    disqus_shortname: null,
    twitter_username: null,
    google_maps_query_string: null,
    ...attributes.get(username),
  };
}
