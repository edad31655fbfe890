import { ArgumentError } from "../errors/carto_error.ts";
import { checkName, segment } from "./_arguments.ts";
import { check } from "./_check.ts";
import { type AccountRequests, requestsOf } from "./_requests.ts";
import type { ClassicClient } from "./client.ts";

/** A user as the server describes it. Members beyond these pass through. */
export interface User {
  /** The user name. */
  readonly username: string;
  /** The e-mail address. */
  readonly email?: string | null | undefined;
  /** The first name. */
  readonly name?: string | null | undefined;
  /** The last name. */
  readonly last_name?: string | null | undefined;
  /** Where the user's APIs are. */
  readonly base_url?: string | null | undefined;
  /** The picture. */
  readonly avatar_url?: string | null | undefined;
  /** Bytes that can be stored in all. */
  readonly quota_in_bytes?: number | null | undefined;
  /** Bytes that are stored. */
  readonly db_size_in_bytes?: number | null | undefined;
  /** How many tables there are. */
  readonly table_count?: number | null | undefined;
  /** How many public maps there are. */
  readonly public_visualization_count?: number | null | undefined;
  /** How many maps there are. */
  readonly all_visualization_count?: number | null | undefined;
  /** Whether geocoding goes on beyond the quota, at a price. */
  readonly soft_geocoding_limit?: boolean | null | undefined;
  /** Whether the user administers the organisation. */
  readonly org_admin?: boolean | null | undefined;
  /** Whether the user belongs to an organisation. */
  readonly org_user?: boolean | null | undefined;
  /** Whether the user may only look. */
  readonly viewer?: boolean | null | undefined;
  /** What else the server tells. */
  readonly [member: string]: unknown;
}

/** What can be changed of a user. */
export interface UserChanges {
  /** The e-mail address. */
  email?: string | undefined;
  /** The password. */
  password?: string | undefined;
  /** The first name. */
  name?: string | undefined;
  /** The last name. */
  last_name?: string | undefined;
  /** What is told of the user. */
  description?: string | undefined;
  /** The user's page. */
  website?: string | undefined;
  /** Where the user is. */
  location?: string | undefined;
  /** Bytes that can be stored in all. */
  quota_in_bytes?: number | undefined;
  /** Whether geocoding goes on beyond the quota, at a price. */
  soft_geocoding_limit?: boolean | undefined;
  /** Whether the user may only look. */
  viewer?: boolean | undefined;
}

/** A user to be made. */
export interface UserRequest extends UserChanges {
  /** The user name. */
  username: string;
  /** The e-mail address. */
  email: string;
  /** The password. */
  password: string;
}

/** Where a user is looked for. */
export interface UserOptions {
  /** The organisation's name. Without it, the account's own user. */
  organization?: string | undefined;
  /** Stops waiting. */
  signal?: AbortSignal | undefined;
}

/**
 * Users: `api/v1/organization/{org}/users` for administrators of an organisation, `api/v1/users` for one's own account.
 * There is no list of them in the API.
 *
 * @example Look at a user of an organisation, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: (url) => Promise.resolve(Response.json({ username: String(url).split("/").at(-1), table_count: 3 })),
 * });
 * assertEquals((await carto.users.get("joe", { organization: "acme" })).username, "joe");
 * ```
 */
export class UsersApi {
  readonly #requests: AccountRequests;

  /**
   * Made by {@link ClassicClient} as its member `users`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#requests = requestsOf(client);
  }

  /**
   * One user.
   *
   * Endpoints: `GET api/v1/organization/{org}/users/{name}`, `GET api/v1/users/{name}`.
   *
   * @param username The user name
   * @param options The organisation, a signal
   * @throws {ResponseError} `not-found` when there is none
   */
  async get(username: string, options: UserOptions = {}): Promise<User> {
    return await this.#send("GET", pathOf(options, username), `read user "${username}"`, undefined, options);
  }

  /**
   * Makes a user of an organisation. Not retried after a failure.
   *
   * Endpoint: `POST api/v1/organization/{org}/users`.
   *
   * @param user User name, e-mail address, password and the rest
   * @param options The organisation, a signal
   * @returns The user
   * @throws {ArgumentError} No organisation, or a name, address or password is empty
   */
  async create(user: UserRequest, options: UserOptions & { organization: string }): Promise<User> {
    for (const member of ["username", "email", "password"] as const) checkName(user[member], member);
    checkOrganization(options);
    return await this.#send("POST", pathOf(options), `create user "${user.username}"`, user, options);
  }

  /**
   * Changes a user; what is not given stays.
   *
   * Endpoint: `PUT api/v1/organization/{org}/users/{name}`.
   *
   * @param username The user name
   * @param changes The members to change
   * @param options The organisation, a signal
   * @returns The user as it is then
   */
  async update(username: string, changes: UserChanges, options: UserOptions = {}): Promise<User> {
    return await this.#send("PUT", pathOf(options, username), `change user "${username}"`, changes, options);
  }

  /**
   * Deletes a user of an organisation **with all data**.
   *
   * Endpoint: `DELETE api/v1/organization/{org}/users/{name}`.
   *
   * @param username The user name
   * @param options The organisation, a signal
   * @throws {ArgumentError} No organisation
   */
  async delete(username: string, options: UserOptions & { organization: string }): Promise<void> {
    checkOrganization(options);
    await this.#requests.json({
      method: "DELETE",
      path: pathOf(options, username),
      operation: `delete user "${username}"`,
      retry: "rate-limit",
      signal: options.signal,
    });
  }

  async #send(
    method: "GET" | "POST" | "PUT",
    path: string,
    operation: string,
    json: UserChanges | undefined,
    { signal }: UserOptions,
  ): Promise<User> {
    const answer = await this.#requests.json({
      method,
      path,
      operation,
      retry: method === "GET" ? "read" : "rate-limit",
      signal,
      ...(json === undefined ? {} : { json: { ...json } }),
      secrets: json?.password === undefined ? [] : [json.password],
    });
    return await check("user", answer.body, { operation, status: answer.status });
  }
}

/** The path of a user or of all; without a slash at its end. */
function pathOf({ organization }: UserOptions, username?: string): string {
  const users = organization === undefined
    ? "api/v1/users"
    : `api/v1/organization/${segment(organization, "organization")}/users`;
  return username === undefined ? users : `${users}/${segment(username, "username")}`;
}

function checkOrganization({ organization }: UserOptions): void {
  if (organization === undefined || organization === "") {
    throw new ArgumentError("Cannot make or delete users outside an organisation", {
      argument: "organization",
    });
  }
}
