import type { Credentials } from "../auth/credentials.ts";
import { ArgumentError } from "../errors/carto_error.ts";
import { sleep } from "../http/_retry.ts";
import { type HttpAnswer, type RequestSpec, Transport, type TransportOptions } from "../http/transport.ts";

/** Parameters of a request; those without a value are left out. */
export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** One request to an account, before the address and the key are added. */
export interface AccountRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** The path after the base URL, without a slash before it. */
  readonly path: string;
  readonly operation: string;
  readonly retry: RequestSpec["retry"];
  readonly query?: Parameters | undefined;
  /** Sent as a form. */
  readonly form?: Parameters | undefined;
  /** Sent as JSON. */
  readonly json?: Readonly<Record<string, unknown>> | undefined;
  /** Sent as bytes. */
  readonly body?: RequestSpec["body"];
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeout?: number | undefined;
  readonly totalTimeout?: number | undefined;
  readonly retries?: number | undefined;
  /** What else than the account's own secrets must be shown to nobody: passwords, tokens. */
  readonly secrets?: readonly string[] | undefined;
}

/**
 * Sends the requests of one account: it knows the address and how the key travels.
 *
 * With a user name the key goes into an `Authorization` header, since what stands in a URL ends up
 * in logs. Without one the server takes it only as a parameter: in the body where there is one of
 * ours, else in the query string.
 */
export class AccountRequests {
  readonly credentials: Credentials;
  /** The waiting function of the transport, so that tests do not wait. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** The clock of the transport, in milliseconds. */
  readonly now: () => number;
  /** The time-out per attempt, when the caller set one. */
  readonly timeout: number | undefined;
  readonly #transport: Transport;

  constructor(credentials: Credentials, options: TransportOptions) {
    this.credentials = credentials;
    this.sleep = options.sleep ?? sleep;
    this.now = options.now ?? Date.now;
    this.timeout = options.timeout;
    this.#transport = new Transport(options);
  }

  json(request: AccountRequest): Promise<HttpAnswer<unknown>> {
    return this.#transport.json(this.#spec(request));
  }

  text(request: AccountRequest): Promise<HttpAnswer<string>> {
    return this.#transport.text(this.#spec(request));
  }

  bytes(request: AccountRequest): Promise<HttpAnswer<Uint8Array>> {
    return this.#transport.bytes(this.#spec(request));
  }

  stream(request: AccountRequest): Promise<HttpAnswer<ReadableStream<Uint8Array>>> {
    return this.#transport.stream(this.#spec(request));
  }

  /** The same, but a part is only lent until the next one is asked for. */
  lend(request: AccountRequest): Promise<HttpAnswer<ReadableStream<Uint8Array>>> {
    return this.#transport.lend(this.#spec(request));
  }

  /**
   * The content type that a foreign address answers with, or nothing where it does not answer well. No key goes there.
   */
  async typeOf(url: URL, signal: AbortSignal | undefined): Promise<string | undefined> {
    try {
      const { headers, body } = await this.#transport.stream({
        method: "GET",
        url,
        retry: "never",
        operation: "look at the URL",
        secrets: [],
        timeout: 10_000,
        ...(signal === undefined ? {} : { signal }),
      });
      await body.cancel();
      return headers.get("content-type") ?? undefined;
    } catch {
      signal?.throwIfAborted();
      return undefined;
    }
  }

  /** The JSON body of a request as it will be sent, key included where it must be. */
  jsonBody(json: Readonly<Record<string, unknown>>): string {
    return JSON.stringify({ ...json, ...this.#keyParameter() });
  }

  #spec(request: AccountRequest): RequestSpec {
    const url = new URL(`${this.credentials.baseUrl}/${request.path}`);
    const headers: Record<string, string> = { ...request.headers };
    let { body } = request;
    const query: Parameters = { ...request.query };
    if (request.form !== undefined) {
      headers["content-type"] = "application/x-www-form-urlencoded";
      body = parameters({ ...request.form, ...this.#keyParameter() }).toString();
    } else if (request.json !== undefined) {
      headers["content-type"] = "application/json";
      body = this.jsonBody(request.json);
    } else {
      Object.assign(query, this.#keyParameter());
    }
    url.search = parameters(query).toString();
    const authorization = this.#authorization();
    if (authorization !== undefined) headers.authorization = authorization;
    return {
      method: request.method,
      url,
      headers,
      retry: request.retry,
      operation: request.operation,
      secrets: [...this.credentials.secrets, ...(request.secrets ?? [])],
      ...(body === undefined ? {} : { body }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      ...(request.timeout === undefined ? {} : { timeout: request.timeout }),
      ...(request.totalTimeout === undefined ? {} : { totalTimeout: request.totalTimeout }),
      ...(request.retries === undefined ? {} : { retries: request.retries }),
    };
  }

  #authorization(): string | undefined {
    const { username, apiKey } = this.credentials;
    if (username === undefined) return undefined;
    return `Basic ${new TextEncoder().encode(`${username}:${apiKey}`).toBase64()}`;
  }

  #keyParameter(): { api_key?: string } {
    return this.credentials.username === undefined ? { api_key: this.credentials.apiKey } : {};
  }
}

function parameters(values: Parameters): URLSearchParams {
  const result = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) result.set(name, String(value));
  }
  return result;
}

/** The requests of each client, out of its public type. */
const REQUESTS = new WeakMap<object, AccountRequests>();

/** Gives a client its requests. */
export function bindRequests(client: object, requests: AccountRequests): void {
  REQUESTS.set(client, requests);
}

/** The requests of a client. */
export function requestsOf(client: object): AccountRequests {
  const requests = REQUESTS.get(client);
  if (requests === undefined) throw new ArgumentError("Cannot make an API without a ClassicClient");
  return requests;
}
