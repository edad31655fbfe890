import { CredentialsError } from "../errors/carto_error.ts";
import { type Credentials, isCredentials } from "./credentials.ts";
import type { Platform } from "./credentials_options.ts";
import { getDefaultCredentials } from "./default_credentials.ts";

/**
 * The credentials for a call: those it was given, else the default ones.
 *
 * @throws {CredentialsError} None are given and there is no default; or what was given is something else; or they are for the other platform
 */
export function requireCredentials(credentials: Credentials | undefined, platform?: Platform): Credentials {
  if (credentials !== undefined && !isCredentials(credentials)) {
    throw new CredentialsError("Cannot use these credentials: they must be a Credentials object", {
      hint: "Make one of plain data with `new Credentials({ username, apiKey })`",
    });
  }
  const found = credentials ?? getDefaultCredentials();
  if (found === undefined) {
    throw new CredentialsError(
      "Cannot do this without credentials: none were given, and there is no default",
      {
        hint: 'Pass `credentials`, or call `await setDefaultCredentials("creds.json")` or ' +
          "`await setDefaultCredentials(await Credentials.resolve())` first",
      },
    );
  }
  if (platform !== undefined && found.platform !== platform) {
    const names = { classic: "the classic platform", v3: "CARTO 3" };
    throw new CredentialsError(
      `Cannot use these credentials: they are for ${names[found.platform]}, and this needs ${
        names[platform]
      }`,
    );
  }
  return found;
}
