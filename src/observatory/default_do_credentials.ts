import { Credentials } from "../auth/credentials.ts";
import type { SetDefaultCredentialsOptions } from "../auth/default_credentials.ts";

/** The one default of catalogue calls in this process. */
let defaultDoCredentials: Credentials | undefined;

/**
 * Sets the credentials of calls to the Data Observatory's catalogue that are given none. Takes what
 * `setDefaultCredentials` takes but files, which `Credentials.fromFile` reads.
 *
 * @example Set, look, unset
 * ```ts
 * import { getDefaultDoCredentials, setDefaultDoCredentials, unsetDefaultDoCredentials } from "@cartoframes/cartoframes/observatory";
 *
 * setDefaultDoCredentials("johnsmith", "0123456789abcdef");
 * if (getDefaultDoCredentials()?.username !== "johnsmith") throw new Error("not set");
 * unsetDefaultDoCredentials();
 * ```
 *
 * @param first Credentials, a base URL, a user name, or the parts as an object
 * @param apiKey The API key; `default_public` when not given
 * @returns The credentials that are now the default
 * @throws {CredentialsError} The parts make no credentials
 */
export function setDefaultDoCredentials(
  first: Credentials | Omit<SetDefaultCredentialsOptions, "credentials" | "filepath"> | string,
  apiKey?: string,
): Credentials {
  const key = apiKey === undefined || apiKey === "" ? {} : { apiKey };
  if (first instanceof Credentials) defaultDoCredentials = first;
  else if (typeof first !== "string") defaultDoCredentials = new Credentials({ ...first, ...key });
  else {
    defaultDoCredentials = new Credentials(
      first.includes("://") ? { baseUrl: first, ...key } : { username: first, ...key },
    );
  }
  return defaultDoCredentials;
}

/** The default credentials of catalogue calls, or `undefined` when none are set. */
export function getDefaultDoCredentials(): Credentials | undefined {
  return defaultDoCredentials;
}

/** Forgets the default credentials of catalogue calls. */
export function unsetDefaultDoCredentials(): void {
  defaultDoCredentials = undefined;
}
