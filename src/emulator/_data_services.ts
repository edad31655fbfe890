import { type Engine, ownerRole } from "./_db/engine.ts";
import { query, quoteLiteral } from "./_db/query.ts";
import type { EmulatorAccount, EmulatorService } from "./options.ts";

/** The services' names in the database. */
const NAMES = { geocoding: "hires_geocoder", isolines: "isolines" } as const;

/** Gives the accounts the quotas of data services that were asked for; nothing of them has been used. */
export async function setServiceQuotas(engine: Engine, accounts: readonly EmulatorAccount[]): Promise<void> {
  const rows = accounts.flatMap(({ username, services }) =>
    Object.entries(NAMES).flatMap(([service, name]) => {
      const given = services?.[service as keyof typeof NAMES];
      return given === undefined ? [] : [quotaRow(ownerRole(username), name, given)];
    })
  );
  if (rows.length === 0) return;
  await query(
    engine,
    `INSERT INTO cdb_dataservices_client._quotas (account, service, provider, monthly_quota, soft_limit)
     VALUES ${rows.join(", ")} ON CONFLICT (account, service) DO UPDATE SET provider = excluded.provider,
       monthly_quota = excluded.monthly_quota, soft_limit = excluded.soft_limit, used_quota = 0`,
  );
}

function quotaRow(account: string, service: string, given: EmulatorService): string {
  const { provider = "heremaps", monthlyQuota = 100_000, softLimit = false } = given;
  return `(${[account, service, provider].map(quoteLiteral).join(", ")}, ${
    Number(monthlyQuota)
  }, ${softLimit})`;
}
