import type { AccountOptions, Engine } from "../../../src/emulator/_db/engine.ts";
import { openEngine } from "../../../src/emulator/_db/open.ts";
import { DatabaseError, query, type QueryResult } from "../../../src/emulator/_db/query.ts";
import { findPostgres, startPostgres } from "../../_tools/postgres.ts";

/** The account that the tests of the database use. */
export const ACCOUNT: AccountOptions = {
  username: "demo",
  id: "42",
  masterKey: "demo_master_key",
  statementTimeout: 5000,
  publicTimeout: 2000,
  quotaBytes: 0,
  keys: [
    { name: "regular", token: "demo_regular_key", role: "demo_regular_role", apis: ["sql"] },
    { name: "nothing", token: "demo_nothing_key", role: "demo_nothing_role", apis: ["sql"] },
  ],
};

/** The role that owns the account's tables. */
export const OWNER = "cartodb_user_demo";

/** Runs a test on both databases; without PostgreSQL the second one is skipped, and says so. */
export async function testEngines(
  name: string,
  action: (t: Deno.TestContext, engine: Engine) => Promise<void>,
): Promise<void> {
  Deno.test(`${name} (embedded)`, async (t) => {
    const engine = await openEngine({ accounts: [ACCOUNT] });
    try {
      await action(t, engine);
    } finally {
      await engine.close();
    }
  });
  const bin = await findPostgres();
  Deno.test({
    name: `${name} (server${bin === undefined ? "; skipped: PostgreSQL with PostGIS is not installed" : ""})`,
    ignore: bin === undefined,
    fn: async (t) => {
      await using server = await startPostgres(bin ?? "");
      const engine = await openEngine({ accounts: [ACCOUNT], database: server.url });
      try {
        await action(t, engine);
      } finally {
        await engine.close();
      }
    },
  });
}

/** Runs SQL as the account's owner, or as another role. */
export async function sql(engine: Engine, text: string, role: string = OWNER): Promise<QueryResult> {
  return await query(engine, text, { role });
}

/** The first value of the first row. */
export async function value(engine: Engine, text: string, role?: string): Promise<string | null | undefined> {
  return (await sql(engine, text, role)).rows[0]?.[0];
}

/** The error that an action ends in, as SQLSTATE and message. */
export async function failure(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (error) {
    if (error instanceof DatabaseError) return `${error.fields.code} ${error.fields.message}`;
    throw error;
  }
  return "no error";
}
