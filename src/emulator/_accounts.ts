import { type AccountOptions, ownerRole, PUBLIC_ROLE } from "./_db/engine.ts";
import { databaseName } from "./_db/open.ts";
import type { Account, Key } from "./_handler.ts";
import type { EmulatorAccount, EmulatorKey } from "./options.ts";

const DEFAULT_USERNAME = "demo";
const DEFAULT_TIMEOUT = 25_000;
const ALL_APIS = ["sql", "maps"];

/** The accounts as the database needs them, with every choice made. */
export function planAccounts(accounts: readonly EmulatorAccount[] | undefined): AccountOptions[] {
  const given = accounts === undefined || accounts.length === 0 ? [{ username: DEFAULT_USERNAME }] : accounts;
  return given.map((account) => ({
    username: account.username,
    id: account.id ?? crypto.randomUUID(),
    masterKey: account.masterKey ?? randomKey(),
    statementTimeout: account.statementTimeout ?? DEFAULT_TIMEOUT,
    publicTimeout: account.publicTimeout ?? DEFAULT_TIMEOUT,
    quotaBytes: account.quotaBytes ?? 0,
    keys: (account.keys ?? []).map((key) => planKey(account.username, key)),
  }));
}

function planKey(username: string, key: EmulatorKey): AccountOptions["keys"][number] {
  const name = key.name ?? key.token;
  return {
    name,
    token: key.token,
    role: key.role ?? `${username}_${name}`.toLowerCase().replace(/[^a-z0-9_]+/g, "_"),
    apis: key.apis ?? ALL_APIS,
    grants: key.grants,
  };
}

/** A key in the form of the platform's older master keys: 40 hexadecimal digits. */
function randomKey(): string {
  return crypto.getRandomValues(new Uint8Array(20)).toHex();
}

/** The accounts as handlers see them. */
export function servedAccounts(accounts: readonly AccountOptions[]): Account[] {
  return accounts.map((account) => ({
    username: account.username,
    id: account.id ?? "",
    databaseName: databaseName(accounts),
    ownerRole: ownerRole(account.username),
    quotaBytes: account.quotaBytes,
    createdAt: new Date().toISOString(),
    keys: servedKeys(account),
  }));
}

function servedKeys(account: AccountOptions): Key[] {
  return [
    {
      name: "Master",
      token: account.masterKey,
      type: "master",
      role: ownerRole(account.username),
      apis: ALL_APIS,
      statementTimeout: account.statementTimeout,
    },
    {
      name: "Default public",
      token: "default_public",
      type: "default",
      role: PUBLIC_ROLE,
      apis: ALL_APIS,
      statementTimeout: account.publicTimeout,
    },
    ...account.keys.map(({ name, token, role, apis, grants }): Key => ({
      name,
      token,
      type: "regular",
      role,
      apis,
      statementTimeout: account.publicTimeout,
      grants,
    })),
  ];
}
