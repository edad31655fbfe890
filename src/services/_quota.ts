import type { Credentials } from "../auth/credentials.ts";
import { ClassicClient } from "../classic/client.ts";
import { CartoError } from "../errors/carto_error.ts";
import type { TransportOptions } from "../http/transport.ts";

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

/** As {@link readQuota}, by what a service was made with. */
export async function quotaOf(
  service: ServiceName,
  credentials: Credentials | undefined,
  transport: TransportOptions | undefined,
): Promise<Quota | undefined> {
  return await readQuota(new ClassicClient(credentials, transport), service, undefined);
}

/** What is left of a quota; undefined where nothing bounds it or the service is not listed. */
export function remaining(quota: Quota | undefined): number | undefined {
  return quota === undefined ? undefined : Math.max(0, quota.monthly - quota.used);
}

/** How services are told of: what is counted, and what to do where it does not suffice. */
const WORDS: Readonly<Record<ServiceName, { readonly quota: string; readonly fewer: string }>> = {
  hires_geocoder: { quota: "geocoding quota", fewer: "Geocode fewer rows" },
  isolines: { quota: "isolines quota", fewer: "Give fewer places or ranges" },
};

/**
 * Refuses what the quota does not suffice for.
 *
 * @throws {CartoError} `quota-exceeded`; nothing was spent
 */
export function checkQuota(
  service: ServiceName,
  required: number,
  quota: Quota | undefined,
  operation: string,
): void {
  const left = remaining(quota);
  // Google bills the geocoding by itself
  const isFree = quota?.isSoft || (service === "hires_geocoder" && quota?.provider === "google");
  if (left === undefined || isFree || required <= left) return;
  const words = WORDS[service];
  throw new CartoError(
    "quota-exceeded",
    `Cannot ${operation}: it takes ${required} of the ${words.quota}, and ${left} are left`,
    { hint: `${words.fewer}, or ask for more quota; { dryRun: true } tells the cost` },
  );
}
