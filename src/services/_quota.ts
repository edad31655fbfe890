import type { ClassicClient } from "../classic/client.ts";

/** The services' names on the platform. */
export type ServiceName = "hires_geocoder" | "isolines";

/** What an account may use of a service. */
export interface Quota {
  readonly provider: string;
  readonly monthly: number;
  readonly used: number;
  readonly isSoft: boolean;
}

/** The account's quota of a service; undefined where the service is not listed. */
export async function readQuota(
  client: ClassicClient,
  service: ServiceName,
  signal: AbortSignal | undefined,
): Promise<Quota | undefined> {
  const { rows } = await client.sql.query("SELECT * FROM cdb_service_quota_info()", {
    signal,
    readOnly: true,
  });
  const row = rows.find((row) => row.service === service);
  return row === undefined ? undefined : {
    provider: String(row.provider),
    monthly: Number(row.monthly_quota),
    used: Number(row.used_quota),
    isSoft: row.soft_limit === true,
  };
}

/** What is left of a quota; undefined where nothing bounds it or the service is not listed. */
export function remaining(quota: Quota | undefined): number | undefined {
  return quota === undefined ? undefined : Math.max(0, quota.monthly - quota.used);
}
