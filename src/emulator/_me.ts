import { query } from "./_db/query.ts";
import { type EmulatorContext, jsonResponse, type MeHandler } from "./_handler.ts";

/** What an account without a limit may use, in bytes: more than fits. */
export const UNLIMITED = 1e15;

/** `GET /api/v3/me`: the account, to whoever has its master key; others learn its name only. */
export function createMe(context: EmulatorContext): MeHandler {
  return async ({ account, key }) => {
    const config = { user_name: account.username, base_url: `${context.url()}/user/${account.username}` };
    if (key?.type !== "master") return jsonResponse(200, { config });
    const { rows } = await query(
      context.engine,
      "SELECT cartodb.CDB_UserDataSize(), cartodb._CDB_UserQuotaInBytes(), count(*) FROM cartodb.CDB_UserTables()",
      { role: account.ownerRole },
    );
    const [size, limit, tables] = (rows[0] ?? []).map(Number);
    const quota = limit === undefined || limit === 0 ? UNLIMITED : limit;
    return jsonResponse(200, {
      user_data: {
        id: account.id,
        username: account.username,
        email: `${account.username}@localhost`,
        account_type: "EMULATOR",
        table_count: tables,
        quota_in_bytes: quota,
        db_size_in_bytes: size,
        remaining_byte_quota: Math.max(0, quota - (size ?? 0)),
        organization: null,
        base_url: config.base_url,
      },
      config,
    });
  };
}
