import { ResponseError } from "../errors/carto_error.ts";
import type { ClassicClient } from "./client.ts";

/** How much of a service of the location data platform was used in this month. */
export interface ServiceQuota {
  /** `hires_geocoder`, `isolines`, `routing`, `observatory` or another. */
  readonly service: string;
  /** What may be used in a month. */
  readonly monthlyQuota: number;
  /** What was used. */
  readonly usedQuota: number;
  /** What is left; negative where more was used than the quota. */
  readonly remainingQuota: number;
  /** Whether it goes on beyond the quota, at a price. */
  readonly softLimit: boolean;
  /** Who provides the service. */
  readonly provider: string;
}

/** How much the account stores. */
export interface StorageQuota {
  /** Bytes that can be stored in all. */
  readonly quotaBytes: number;
  /** Bytes that can still be stored. */
  readonly remainingBytes: number;
}

/**
 * Quotas: of storage from `api/v3/me`, of services from the account's own function `cdb_service_quota_info()` through
 * the SQL API. Needs the master key.
 *
 * @example Credits of isolines that are left, with a `fetch` of your own
 * ```ts
 * import { ClassicClient, Credentials } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * const row = { service: "isolines", monthly_quota: 1000, used_quota: 40, soft_limit: false, provider: "here" };
 * const carto = new ClassicClient(new Credentials({ username: "ana", apiKey: "1234" }), {
 *   fetch: () => Promise.resolve(Response.json({ rows: [row], total_rows: 1, time: 0.01 })),
 * });
 * assertEquals((await carto.quotas.services())[0]?.remainingQuota, 960);
 * ```
 */
export class QuotasApi {
  readonly #client: ClassicClient;

  /**
   * Made by {@link ClassicClient} as its member `quotas`.
   *
   * @param client The client whose account is used
   */
  constructor(client: ClassicClient) {
    this.#client = client;
  }

  /**
   * Quota and use of each service.
   *
   * @param options A signal
   * @throws {ResponseError} `not-found` or `invalid-query` where the account has no such services
   */
  async services(options: { signal?: AbortSignal | undefined } = {}): Promise<ServiceQuota[]> {
    const { rows } = await this.#client.sql.query("SELECT * FROM cdb_service_quota_info()", {
      readOnly: true,
      numeric: "number",
      int8: "number",
      signal: options.signal,
    });
    return rows.map((row) => {
      const [monthlyQuota, usedQuota] = [Number(row.monthly_quota ?? 0), Number(row.used_quota ?? 0)];
      return {
        service: String(row.service),
        monthlyQuota,
        usedQuota,
        remainingQuota: monthlyQuota - usedQuota,
        softLimit: row.soft_limit === true,
        provider: String(row.provider ?? ""),
      };
    });
  }

  /**
   * Quota and use of storage.
   *
   * @param options A signal
   * @throws {ResponseError} `access-denied` when the key may not see it
   */
  async storage(options: { signal?: AbortSignal | undefined } = {}): Promise<StorageQuota> {
    const { user_data: user } = await this.#client.me.get(options);
    const [quotaBytes, remainingBytes] = [user?.quota_in_bytes, user?.remaining_byte_quota];
    if (typeof quotaBytes === "number" && typeof remainingBytes === "number") {
      return { quotaBytes, remainingBytes };
    }
    throw new ResponseError(
      "access-denied",
      "Cannot read the quota of storage: the server does not tell it",
      {
        status: 200,
        hint: "Use the master key",
      },
    );
  }
}
