import { checkCore } from "./_core_check.ts";
import { type AccountRequests, requestsOf } from "./_requests.ts";
import type { ClassicClient } from "./client.ts";

/** The account behind the key. Members beyond these pass through. */
export interface MeUser {
  /** The account's id, a UUID. */
  readonly id: string;
  /** The user name. */
  readonly username: string;
  /** The e-mail address. */
  readonly email?: string | null | undefined;
  /** Bytes that can still be stored. */
  readonly remaining_byte_quota?: number | null | undefined;
  /** Bytes that can be stored in all. */
  readonly quota_in_bytes?: number | null | undefined;
  /** The organisation that the user belongs to. */
  readonly organization?: Readonly<Record<string, unknown>> | null | undefined;
}

/** The answer of `api/v3/me`. Members beyond these pass through. */
export interface MeDocument {
  /** The account; missing when the key is not a valid one of the account. */
  readonly user_data?: MeUser | null | undefined;
  /** What the dashboard is told about the account. */
  readonly config?: { readonly user_name?: string | null | undefined } | null | undefined;
}

/** The account: `api/v3/me`. */
export class MeApi {
  readonly #requests: AccountRequests;

  /**
   * Made by {@link ClassicClient} as its member `me`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#requests = requestsOf(client);
  }

  /**
   * The account and its quota.
   *
   * @param options A signal
   * @returns The document; without `user_data` when the key is not valid, which the server does not call an error
   * @throws {ResponseError} The server refused
   */
  async get(options: { signal?: AbortSignal | undefined } = {}): Promise<MeDocument> {
    const operation = "read the account";
    const answer = await this.#requests.json({
      method: "GET",
      path: "api/v3/me",
      operation,
      retry: "read",
      signal: options.signal,
    });
    return checkCore("meDocument", answer.body, { operation, status: answer.status });
  }
}
