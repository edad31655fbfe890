import { CredentialsError } from "../errors/credentials_error.ts";
import type { Access } from "../permissions/access.ts";
import type { CredentialsOptions } from "./credentials_options.ts";

/** The text fields, each with the spellings it is read in: that of the Python packages, then ours. */
const TEXT_FIELDS = {
  username: ["username"],
  apiKey: ["api_key", "apiKey"],
  baseUrl: ["base_url", "baseUrl"],
  apiBaseUrl: ["api_base_url", "apiBaseUrl"],
  accessToken: ["access_token", "accessToken"],
  clientId: ["client_id", "clientId"],
  clientSecret: ["client_secret", "clientSecret"],
  connection: ["connection", "connection_name", "connectionName"],
} as const;

/** The fields of credentials, one spelling each, empty ones left out. */
export type Fields =
  & { -readonly [Name in keyof typeof TEXT_FIELDS]?: string }
  & { platform?: "classic" | "v3"; allowNonSecure?: boolean };

/** Fields, where they come from, and what is worth telling about them. */
export interface Loaded {
  readonly fields: Fields;
  /** The place, as `source` shows it: `creds.json (--creds)`. */
  readonly source: string;
  readonly warnings: readonly string[];
}

/** A place without credentials, why, and what Deno would have to allow. */
export interface Missed {
  readonly source: string;
  readonly reason: string;
  readonly refused: readonly Access[];
}

/** The error for credentials that are there and cannot be used; it names their place. */
export function brokenCredentials(source: string, fault: string, hint?: string): CredentialsError {
  const from = source === "constructor" ? "these credentials" : `the credentials in ${source}`;
  return new CredentialsError(`Cannot use ${from}: ${fault}`, { hint });
}

/**
 * Reads the fields of an options object or of a file in any of their spellings. Unknown members
 * are left alone, `null` and empty texts count as not given.
 *
 * @throws {CredentialsError} A field has the wrong type, or two spellings disagree
 */
export function readFields(input: CredentialsOptions | Record<string, unknown>, source: string): Loaded {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw brokenCredentials(source, "they must be an object with `username` or `base_url`, and `api_key`");
  }
  const record = input as Record<string, unknown>;
  const warnings: string[] = [];
  const fields: Fields = {};
  for (const [name, spellings] of Object.entries(TEXT_FIELDS)) {
    const value = agree(record, spellings, source, (found, spelling) => textField(found, spelling, source));
    if (value !== undefined) fields[name as keyof typeof TEXT_FIELDS] = value;
  }
  const old = textField(record.key, "key", source);
  if (old !== undefined && fields.apiKey === undefined) {
    fields.apiKey = old;
    warnings.push('The field "key" is the old name of "api_key": rename it, or save the credentials anew');
  }
  const allow = agree(record, ["allow_non_secure", "allowNonSecure"], source, (found, spelling) => {
    if (found === undefined || found === null || typeof found === "boolean") return found ?? undefined;
    throw brokenCredentials(source, `"${spelling}" must be true or false`);
  });
  if (allow !== undefined) fields.allowNonSecure = allow;
  if (record.platform !== undefined && record.platform !== null) {
    if (record.platform !== "classic" && record.platform !== "v3") {
      throw brokenCredentials(source, '"platform" must be "classic" or "v3"');
    }
    fields.platform = record.platform;
  }
  return { fields, source, warnings };
}

/** The value of a field that may stand under several names. */
function agree<T>(
  record: Record<string, unknown>,
  spellings: readonly string[],
  source: string,
  read: (value: unknown, spelling: string) => T | undefined,
): T | undefined {
  let result: { value: T; spelling: string } | undefined;
  for (const spelling of spellings) {
    const value = read(record[spelling], spelling);
    if (value === undefined) continue;
    if (result !== undefined && result.value !== value) {
      throw brokenCredentials(source, `"${result.spelling}" and "${spelling}" are both given and differ`);
    }
    result ??= { value, spelling };
  }
  return result?.value;
}

/** A text field; the value itself is never shown, it may be a secret. */
function textField(value: unknown, name: string, source: string): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  const type = Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
  throw brokenCredentials(source, `"${name}" must be a text, got ${type}`);
}
