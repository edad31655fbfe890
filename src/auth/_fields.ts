import { CredentialsError } from "../errors/carto_error.ts";
import type { Access } from "../permissions/access.ts";
import type { CredentialsOptions, Platform } from "./credentials_options.ts";

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

/** Credentials of which everything is known and checked. */
export interface Checked {
  readonly platform: Platform;
  readonly username: string | undefined;
  readonly apiKey: string | undefined;
  readonly baseUrl: string;
  readonly allowNonSecure: boolean;
  readonly accessToken: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly connection: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * Fills in what follows from the fields and checks the whole.
 *
 * @throws {CredentialsError} Something is missing or wrong; the message names the source
 */
export function check(loaded: Loaded): Checked {
  const { fields, source } = loaded;
  for (const name of ["username", "apiKey", "accessToken", "clientId", "clientSecret"] as const) {
    // deno-lint-ignore no-control-regex
    if (/[\x00-\x1f\x7f]/.test(fields[name] ?? "")) {
      throw brokenCredentials(source, `"${name}" holds a line break or another control character`);
    }
  }
  const isV3 = ["apiBaseUrl", "accessToken", "clientId", "clientSecret"] as const;
  const platform = fields.platform ?? (isV3.some((name) => fields[name] !== undefined) ? "v3" : "classic");
  return platform === "v3" ? checkV3(loaded) : checkClassic(loaded);
}

function checkClassic({ fields, source, warnings }: Loaded): Checked {
  const foreign = (["apiBaseUrl", "accessToken", "clientId", "clientSecret"] as const)
    .find((name) => fields[name] !== undefined);
  if (foreign !== undefined) {
    throw brokenCredentials(source, `"${foreign}" is a field of CARTO 3 and the platform is "classic"`);
  }
  if (fields.username === undefined && fields.baseUrl === undefined) {
    throw brokenCredentials(
      source,
      "neither a user name nor a base URL is given",
      "Set `username` or `baseUrl` (in a file `username` or `base_url`)",
    );
  }
  if (fields.username !== undefined && /[:/?#@\s]/.test(fields.username)) {
    throw brokenCredentials(
      source,
      `"username" must be a user name without blanks and the signs : / ? # @`,
      fields.username.includes("://") ? "Give an address as `baseUrl`" : undefined,
    );
  }
  if (fields.baseUrl === undefined && !/^[\w-]+$/.test(fields.username ?? "")) {
    throw brokenCredentials(
      source,
      '"username" must be letters, digits, dashes and underscores to stand in a host name',
      "Give the account's address as `baseUrl` too",
    );
  }
  const allowNonSecure = fields.allowNonSecure ?? false;
  const baseUrl = urlField(
    fields.baseUrl ?? `https://${fields.username}.carto.com`,
    "base_url",
    allowNonSecure,
    source,
  );
  const username = fields.username ?? usernameOf(baseUrl);
  const notes = [...warnings, ...nonSecureNote(baseUrl)];
  if (username === undefined) {
    notes.push(
      `No user name can be told from "${baseUrl}": give "username", or an address such as ` +
        "https://NAME.carto.com, https://HOST/user/NAME or https://ORGANISATION.carto.com/u/NAME",
    );
  }
  return {
    platform: "classic",
    username,
    apiKey: fields.apiKey ?? "default_public",
    baseUrl,
    allowNonSecure,
    accessToken: undefined,
    clientId: undefined,
    clientSecret: undefined,
    connection: undefined,
    warnings: notes,
  };
}

function checkV3({ fields, source, warnings }: Loaded): Checked {
  const foreign = (["apiKey", "baseUrl"] as const).find((name) => fields[name] !== undefined);
  if (foreign !== undefined) {
    throw brokenCredentials(
      source,
      `"${foreign}" is a field of the classic platform and the others are of CARTO 3`,
      "Keep the credentials of the two platforms apart",
    );
  }
  if (fields.apiBaseUrl === undefined) {
    throw brokenCredentials(
      source,
      "the address of the CARTO 3 API is not given",
      "Set `apiBaseUrl` (in a file `api_base_url`), such as https://gcp-europe-west1.api.carto.com",
    );
  }
  const hasClient = fields.clientId !== undefined && fields.clientSecret !== undefined;
  if (fields.accessToken === undefined && !hasClient) {
    throw brokenCredentials(
      source,
      "neither an access token nor a client id with its secret is given",
      "Set `accessToken`, or `clientId` and `clientSecret`",
    );
  }
  const allowNonSecure = fields.allowNonSecure ?? false;
  const baseUrl = urlField(fields.apiBaseUrl, "api_base_url", allowNonSecure, source);
  return {
    platform: "v3",
    username: fields.username,
    apiKey: undefined,
    baseUrl,
    allowNonSecure,
    accessToken: fields.accessToken,
    clientId: fields.clientId,
    clientSecret: fields.clientSecret,
    connection: fields.connection,
    warnings: [...warnings, ...nonSecureNote(baseUrl)],
  };
}

function urlField(text: string, field: string, allowNonSecure: boolean, source: string): string {
  const result = checkBaseUrl(text, field, allowNonSecure);
  if (typeof result === "string") return result;
  throw brokenCredentials(source, result.fault, result.hint);
}

function nonSecureNote(baseUrl: string): string[] {
  const url = new URL(baseUrl);
  return url.protocol === "http:" && !isLoopback(url)
    ? [`The key goes over http to "${url.host}" and can be read on its way`]
    : [];
}

/** What is wrong with a base URL, in the middle of a sentence; the hint says the way out. */
interface UrlFault {
  readonly fault: string;
  readonly hint?: string | undefined;
}

/**
 * A base URL without slashes at its ends and otherwise as it was given, or what is wrong with it.
 * The fault shows the address only when no secret can stand in it.
 */
function checkBaseUrl(text: string, field: string, allowNonSecure: boolean): string | UrlFault {
  const trimmed = text.trim().replace(/^\/+|\/+$/g, "");
  const shown = /[@?#]/.test(trimmed) ? "" : `, got "${trimmed}"`;
  if (!/^https?:\/\//i.test(trimmed) || !URL.canParse(trimmed)) {
    const hint = URL.canParse(`https://${trimmed}`) && shown !== "" && !trimmed.includes("://")
      ? `Write https://${trimmed}`
      : undefined;
    return { fault: `"${field}" must be an address that begins with https://${shown}`, hint };
  }
  const url = new URL(trimmed);
  if (url.username !== "" || url.password !== "") {
    return { fault: `"${field}" must not hold a user name or password before the host` };
  }
  if (trimmed.includes("?") || trimmed.includes("#")) {
    return { fault: `"${field}" must end with its path, without a query string or fragment` };
  }
  if (url.protocol === "http:" && !allowNonSecure && !isLoopback(url)) {
    return {
      fault: `"${field}" must use https: a key sent over http can be read on its way${shown}`,
      hint: "Write https://, or set `allowNonSecure` (`allow_non_secure` in a file) if the network is safe",
    };
  }
  return trimmed;
}

/** Whether an address stays on this machine. */
export function isLoopback(url: URL): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

/** Hosts of CARTO that are nobody's account. */
const SHARED_HOSTS: ReadonlySet<string> = new Set(["carto.com", "cartodb.com", "carto-staging.com"]);

/**
 * The user name in a base URL: the segment after `/user/` or `/u/`, else the first label of the
 * host without `www.`; nothing where the host has one label only, is a number or is shared.
 */
function usernameOf(baseUrl: string): string | undefined {
  const { hostname, pathname } = new URL(baseUrl);
  const segment = /\/(?:user|u)\/([^/]+)/.exec(pathname)?.[1];
  if (segment !== undefined) return decodeURIComponentSafely(segment);
  const host = hostname.replace(/^www\./, "");
  if (SHARED_HOSTS.has(host) || host.startsWith("[") || /^[\d.]+$/.test(host)) return undefined;
  const labels = host.split(".");
  return labels.length > 1 ? labels[0] : undefined;
}

/** A stray per cent sign stays as it is. */
function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
