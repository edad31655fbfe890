/** Which of CARTO's two platforms credentials are for: the classic one, or CARTO 3. */
export type Platform = "classic" | "v3";

/**
 * What {@linkcode Credentials} are made of.
 *
 * Classic: `username` or `baseUrl`, and `apiKey`. CARTO 3: `apiBaseUrl`, and `accessToken` or
 * `clientId` with `clientSecret`. Fields of both cannot be mixed. `null` and the empty text count
 * as not given.
 */
export interface CredentialsOptions {
  /** The platform; told by the other fields when not given. */
  platform?: Platform | undefined;
  /** Classic: the account's user name. Told by `baseUrl` when not given. */
  username?: string | null | undefined;
  /** Classic: an API key; `default_public`, which reads public tables, when not given. */
  apiKey?: string | null | undefined;
  /** Classic: where the account's APIs are; `https://{username}.carto.com` when not given. */
  baseUrl?: string | null | undefined;
  /** Whether a base URL with `http:` is accepted. Loopback addresses always are. */
  allowNonSecure?: boolean | null | undefined;
  /** CARTO 3: the address of the region's API, such as `https://gcp-europe-west1.api.carto.com`. */
  apiBaseUrl?: string | null | undefined;
  /** CARTO 3: an API access token. */
  accessToken?: string | null | undefined;
  /** CARTO 3: the id of a machine-to-machine client. */
  clientId?: string | null | undefined;
  /** CARTO 3: the secret of a machine-to-machine client. */
  clientSecret?: string | null | undefined;
  /** CARTO 3: the connection to use where a call names none, such as `carto_dw`. */
  connection?: string | null | undefined;
}

/** A place where {@linkcode Credentials.resolve} looked in vain. */
export interface SourceTried {
  /** The place: `--creds`, `environment`, `.env`, `creds.json` or the user's file. */
  readonly source: string;
  /** Why it was not used, such as `no such file`. */
  readonly reason: string;
  /** The flags that would let it be read, where Deno refused. */
  readonly flags: readonly string[];
}
