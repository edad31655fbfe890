import { servedAccounts } from "../../../src/emulator/_accounts.ts";
import type { AccountOptions, Engine } from "../../../src/emulator/_db/engine.ts";
import type { Account, EmulatorContext, HandlerRequest, Key } from "../../../src/emulator/_handler.ts";
import { Documents } from "../../../src/emulator/_documents.ts";
import { ACCOUNT } from "./_engines.ts";

/** A second account in the same database. */
export const LIMITED: AccountOptions = {
  ...ACCOUNT,
  username: "limited",
  id: "43",
  masterKey: "limited_key",
  keys: [],
};

/** The accounts as handlers see them. */
export const ACCOUNTS: readonly Account[] = servedAccounts([ACCOUNT, LIMITED]);

/** What handlers may use. */
export function context(engine: Engine): EmulatorContext {
  return {
    engine,
    accounts: [...ACCOUNTS],
    documents: new Documents(engine),
    url: () => "http://127.0.0.1:1",
  };
}

/** The key of a kind. */
export function keyOf(account: Account, type: Key["type"]): Key {
  const key = account.keys.find((candidate) => candidate.type === type);
  if (key === undefined) throw new Error(`no ${type} key`);
  return key;
}

/** A request with the master key, unless told otherwise. */
export function request(parts: Partial<HandlerRequest> & { path?: string }): HandlerRequest {
  const account = parts.account ?? ACCOUNTS[0];
  if (account === undefined) throw new Error("no account");
  const { path = "", ...rest } = parts;
  return {
    method: "GET",
    segments: path.split("/").filter((segment) => segment !== ""),
    headers: new Headers(),
    query: {},
    body: {},
    parameters: {},
    account,
    key: keyOf(account, "master"),
    signal: new AbortController().signal,
    ...rest,
  };
}
