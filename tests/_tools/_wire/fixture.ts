import type { EmulatorAccount, EmulatorKey } from "../../../src/emulator/options.ts";

/** What the README of a folder of recordings says about the server: its accounts and the SQL that fills it. */
export interface Fixture {
  accounts: EmulatorAccount[];
  /** Run as the superuser. */
  superuserSql: string;
  /** Run as the owner of the first account. */
  ownerSql: string;
}

/** Reads accounts and SQL out of a README. */
export function readFixture(readme: string): Fixture {
  const [superuserSql = "", ownerSql = ""] = [...readme.matchAll(/```sql\n([\s\S]*?)```/g)].map((match) =>
    match[1] ?? ""
  );
  const accounts = readAccounts(readme);
  const [, token] = /`(\w+)`, a regular key without the Maps API grant/.exec(readme) ?? [];
  if (token !== undefined && accounts[0] !== undefined) {
    accounts[0] = { ...accounts[0], keys: [...accounts[0].keys ?? [], { token, apis: ["sql"] }] };
  }
  return { accounts, superuserSql: ownSchema(superuserSql), ownerSql };
}

/** The emulator's database has CARTO's functions from the start; its name is the emulator's choice. */
function ownSchema(sql: string): string {
  return sql.replace(/^CREATE EXTENSION IF NOT EXISTS cartodb CASCADE;\n/m, "").replace(
    /^ALTER DATABASE [^;]*;\n/m,
    "",
  );
}

interface KeyRow {
  username: string;
  id: string | undefined;
  token: string;
  kind: string;
  role: string | undefined;
  timeout: number | undefined;
  isForSql: boolean;
}

function readAccounts(readme: string): EmulatorAccount[] {
  const rows = [...readme.matchAll(/^\| `(\w+)`(?: \(id (\w+)\))? \| `(\w+)`[^|]* \| (\w+) \| (.*) \|$/gm)]
    .map(
      ([, username = "", id, token = "", kind = "", text = ""]): KeyRow => ({
        username,
        id,
        token,
        kind,
        role: /`(\w+)`/.exec(text)?.[1],
        timeout: /statement timeout (\d+) s/.test(text)
          ? Number(/timeout (\d+) s/.exec(text)?.[1]) * 1000
          : undefined,
        isForSql: !text.includes("without the SQL API grant"),
      }),
    );
  const names = [...new Set(rows.map(({ username }) => username))];
  return names.map((username) => planAccount(username, rows.filter((row) => row.username === username)));
}

function planAccount(username: string, rows: KeyRow[]): EmulatorAccount {
  const master = rows.find(({ kind }) => kind === "master");
  return {
    username,
    id: master?.id,
    masterKey: master?.token,
    statementTimeout: master?.timeout ?? 5000,
    publicTimeout: rows.find(({ kind }) => kind === "default")?.timeout ?? 2000,
    keys: rows.filter(({ kind }) => kind === "regular").map(({ token, role, isForSql }): EmulatorKey => ({
      token,
      ...(role === undefined ? {} : { role }),
      ...(isForSql ? {} : { apis: ["maps"] }),
    })),
  };
}
