import { ArgumentError } from "../errors/carto_error.ts";
import { checkName, checkWord, segment } from "./_arguments.ts";
import { check } from "./_check.ts";
import { paged, type PagingOptions, totalOf } from "./_paging.ts";
import { type AccountRequests, requestsOf } from "./_requests.ts";
import type { ClassicClient } from "./client.ts";

/** Who may see a page: everybody, or who knows its password. */
export type KuvizPrivacy = "public" | "password";

/** A page that CARTO keeps and shows. Members beyond these pass through. */
export interface Kuviz {
  /** The page's id, a UUID. */
  readonly id: string;
  /** The page's name. */
  readonly name: string;
  /** Who may see it. */
  readonly privacy: string;
  /** Where it is shown. */
  readonly url: string;
  /** When it was made, as ISO 8601. */
  readonly created_at?: string | null | undefined;
  /** When it last changed, as ISO 8601. */
  readonly updated_at?: string | null | undefined;
}

/** A page to be kept. */
export interface KuvizRequest {
  /** The page's name. */
  name: string;
  /** The HTML; at most 10,485,760 bytes of UTF-8. Whoever sees the page sees all of it. */
  html: string | Uint8Array;
  /** The password that shows the page; without one everybody sees it. */
  password?: string | null | undefined;
  /** What to do when there is a page of that name. Default `fail`. */
  ifExists?: "fail" | "replace" | undefined;
}

/** What is to be changed of a page. */
export interface KuvizChanges {
  /** The new name. */
  name?: string | undefined;
  /** The new HTML. */
  html?: string | Uint8Array | undefined;
  /** The new password; `null` shows the page to everybody, without it nothing changes. */
  password?: string | null | undefined;
  /** What to do when there is another page of the new name. Default `fail`. */
  ifExists?: "fail" | "replace" | undefined;
}

/** What listing pages takes. */
export interface KuvizListOptions extends PagingOptions {
  /** Stops listing. */
  signal?: AbortSignal | undefined;
}

/** The most bytes that a page may have. */
export const KUVIZ_MAX_BYTES = 10_485_760;

/**
 * Custom visualisations: HTML pages that CARTO keeps and shows, `api/v4/kuviz`. Needs the master key.
 *
 * @example Publish a page, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: (_url, init) => {
 *     const { name, privacy } = JSON.parse(String(init?.body));
 *     return Promise.resolve(Response.json({ id: "k1", name, privacy, url: "https://ana.carto.com/kuviz/k1" }));
 *   },
 * });
 *
 * const page = await carto.kuviz.create({ name: "Cities", html: "<!DOCTYPE html><title>Cities</title>" });
 * assertEquals([page.privacy, page.url], ["public", "https://ana.carto.com/kuviz/k1"]);
 * ```
 */
export class KuvizApi {
  readonly #requests: AccountRequests;

  /**
   * Made by {@link ClassicClient} as its member `kuviz`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#requests = requestsOf(client);
  }

  /**
   * The pages of the account, without their HTML. Pages of the list are asked for as the loop goes on.
   *
   * Endpoint: `GET api/v4/kuviz`.
   *
   * @param options Limit, signal
   */
  list(options: KuvizListOptions = {}): AsyncGenerator<Kuviz, void, void> {
    const operation = "list the published pages";
    return paged(options, async (page, perPage) => {
      const answer = await this.#requests.json({
        method: "GET",
        path: "api/v4/kuviz/",
        operation,
        retry: "read",
        query: { per_page: perPage, page },
        signal: options.signal,
      });
      const body = await check("kuvizPage", answer.body, { operation, status: answer.status });
      return { items: body.visualizations, total: totalOf(body) };
    });
  }

  /**
   * Publishes a page. Not retried after a failure, for the page could then be there twice.
   *
   * Endpoint: `POST api/v4/kuviz`.
   *
   * @param page Name, HTML, password
   * @param options A signal
   * @returns The page with its address
   * @throws {ArgumentError} No name, an empty password, or more than 10,485,760 bytes
   * @throws {ResponseError} `already-exists` when the name is taken; `quota-exceeded` when there are too many
   */
  async create(page: KuvizRequest, options: { signal?: AbortSignal | undefined } = {}): Promise<Kuviz> {
    checkName(page.name, "name");
    const { password } = page;
    return await this.#send(
      "POST",
      "",
      `publish the page "${page.name}"`,
      {
        name: page.name,
        data: base64(page.html, page.name),
        ...access(password ?? null),
        if_exists: checkWord("ifExists", page.ifExists ?? "fail", ["fail", "replace"]),
      },
      password,
      options.signal,
    );
  }

  /**
   * Changes a page; its address stays.
   *
   * Endpoint: `PUT api/v4/kuviz/{id}`.
   *
   * @param id Its id
   * @param changes What is to be changed
   * @param options A signal
   * @returns The page as it is then
   * @throws {ArgumentError} An empty password, or more than 10,485,760 bytes
   */
  async update(
    id: string,
    changes: KuvizChanges,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<Kuviz> {
    const { name, html, password, ifExists } = changes;
    if (name !== undefined) checkName(name, "name");
    return await this.#send(
      "PUT",
      `${segment(id, "id")}/`,
      `change the page "${name ?? id}"`,
      {
        ...(name === undefined ? {} : { name }),
        ...(html === undefined ? {} : { data: base64(html, name ?? id) }),
        ...(password === undefined ? {} : access(password)),
        ...(ifExists === undefined
          ? {}
          : { if_exists: checkWord("ifExists", ifExists, ["fail", "replace"]) }),
      },
      password,
      options.signal,
    );
  }

  /**
   * Deletes a page.
   *
   * Endpoint: `DELETE api/v4/kuviz/{id}`.
   *
   * @param id Its id
   * @param options A signal
   */
  async delete(id: string, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#requests.json({
      method: "DELETE",
      path: `api/v4/kuviz/${segment(id, "id")}/`,
      operation: `delete the page "${id}"`,
      retry: "rate-limit",
      signal: options.signal,
    });
  }

  async #send(
    method: "POST" | "PUT",
    path: string,
    operation: string,
    json: Record<string, unknown>,
    password: string | null | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Kuviz> {
    const answer = await this.#requests.json({
      method,
      path: `api/v4/kuviz/${path}`,
      operation,
      retry: "rate-limit",
      json,
      signal,
      secrets: typeof password === "string" ? [password] : [],
    });
    return await check("kuviz", answer.body, { operation, status: answer.status });
  }
}

/** Privacy and password as they are sent. */
function access(password: string | null): { privacy: KuvizPrivacy; password?: string } {
  if (password === null) return { privacy: "public" };
  if (password === "") {
    throw new ArgumentError("Cannot protect a page with an empty password", {
      argument: "password",
      hint: "Give null to show the page to everybody",
    });
  }
  return { privacy: "password", password };
}

/** The page as the server wants it; one that is too large is told before anything is sent. */
function base64(html: string | Uint8Array, name: string): string {
  const bytes = typeof html === "string" ? new TextEncoder().encode(html) : html;
  if (bytes.length > KUVIZ_MAX_BYTES) {
    throw new ArgumentError(
      `Cannot publish "${name}": the page has ${bytes.length.toLocaleString("en")} bytes, and CARTO takes ${
        KUVIZ_MAX_BYTES.toLocaleString("en")
      }`,
      { argument: "html", hint: "Upload the data as a table and let the page read it from there" },
    );
  }
  return bytes.toBase64();
}
