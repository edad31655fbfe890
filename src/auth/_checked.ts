import { checkBaseUrl, isLoopback, usernameOf } from "./_base_url.ts";
import { brokenCredentials, type Loaded } from "./_fields.ts";
import type { Platform } from "./credentials_options.ts";

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
