import { segment } from "./_arguments.ts";
import { check } from "./_check.ts";
import { type AccountRequests, requestsOf } from "./_requests.ts";
import type { ClassicClient } from "./client.ts";

/** What the dashboard tells of a table. Members beyond these pass through. */
export interface TableDocument {
  /** The table's id, a UUID. */
  readonly id: string;
  /** The table's name. */
  readonly name: string;
  /** Who may see it. */
  readonly privacy?: string | null | undefined;
  /** Columns and their types, as pairs. */
  readonly schema?: unknown;
  /** When it last changed, as ISO 8601. */
  readonly updated_at?: string | null | undefined;
  /** Rows, counted. */
  readonly rows_counted?: number | null | undefined;
  /** Rows, as the database estimates them. */
  readonly row_count?: number | null | undefined;
  /** Bytes on disk. */
  readonly size?: number | null | undefined;
  /** Bytes on disk, under its other name. */
  readonly table_size?: number | null | undefined;
  /** The map of the table. */
  readonly map_id?: string | null | undefined;
  /** The description. */
  readonly description?: string | null | undefined;
  /** PostGIS's names of the geometries in it. */
  readonly geometry_types?: readonly string[] | null | undefined;
  /** The dataset of the table. */
  readonly table_visualization?: { readonly id: string } | null | undefined;
  /** What else the server tells. */
  readonly [member: string]: unknown;
}

/** What can be changed of a table. */
export interface TableChanges {
  /** The name. */
  name?: string | undefined;
  /** The description. */
  description?: string | undefined;
  /** The tags, separated by commas. */
  tags?: string | undefined;
}

/**
 * The metadata of tables: `api/v1/tables`. Needs the master key; rows are read and written by other APIs.
 *
 * @example How many rows a table has, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: () => Promise.resolve(Response.json({ id: "t1", name: "cafes", row_count: 5 })),
 * });
 * assertEquals((await carto.tables.get("cafes")).row_count, 5);
 * ```
 */
export class TablesApi {
  readonly #requests: AccountRequests;

  /**
   * Made by {@link ClassicClient} as its member `tables`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#requests = requestsOf(client);
  }

  /**
   * One table.
   *
   * Endpoint: `GET api/v1/tables/{id}`.
   *
   * @param id Its id or name
   * @param options A signal
   * @throws {ResponseError} `not-found` when there is none
   */
  get(id: string, options: { signal?: AbortSignal | undefined } = {}): Promise<TableDocument> {
    return this.#send("GET", id, `read table "${id}"`, options);
  }

  /**
   * Changes what the dashboard tells of a table.
   *
   * Endpoint: `PUT api/v1/tables/{id}`.
   *
   * @param id Its id or name
   * @param changes The members to change
   * @param options A signal
   * @returns The table as it is then
   */
  update(
    id: string,
    changes: TableChanges,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<TableDocument> {
    return this.#send("PUT", id, `change table "${id}"`, { ...options, json: { ...changes } });
  }

  /**
   * Deletes a table and its dataset, although maps may use it; `datasets.delete` looks first.
   *
   * Endpoint: `DELETE api/v1/tables/{id}`.
   *
   * @param id Its id or name
   * @param options A signal
   */
  async delete(id: string, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#requests.json({
      method: "DELETE",
      path: `api/v1/tables/${segment(id, "table")}/`,
      operation: `delete table "${id}"`,
      retry: "rate-limit",
      signal: options.signal,
    });
  }

  async #send(
    method: "GET" | "PUT",
    id: string,
    operation: string,
    more: { json?: Record<string, unknown>; signal?: AbortSignal | undefined },
  ): Promise<TableDocument> {
    const answer = await this.#requests.json({
      method,
      path: `api/v1/tables/${segment(id, "table")}/`,
      operation,
      retry: method === "GET" ? "read" : "rate-limit",
      ...more,
    });
    return await check("tableDocument", answer.body, { operation, status: answer.status });
  }
}
