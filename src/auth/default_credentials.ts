import { ArgumentError } from "../errors/carto_error.ts";
import { Credentials, isCredentials } from "./credentials.ts";
import type { CredentialsOptions } from "./credentials_options.ts";

/** The named forms of {@linkcode setDefaultCredentials}. */
export interface SetDefaultCredentialsOptions extends CredentialsOptions {
  /** Credentials to take as they are. */
  credentials?: Credentials | undefined;
  /** A file of credentials to read. */
  filepath?: string | URL | undefined;
}

/** The one default of this process; the only state that the module keeps. */
let defaultCredentials: Credentials | undefined;

/**
 * Sets the credentials for all calls that are given none.
 *
 * The first argument is credentials, or the path of a file (a text that ends in `.json`, or a file
 * URL), or an address that begins with `https://`, or a user name, or the parts as a plain object;
 * without any argument CARTOframes' default file is read. The first argument wins over the same
 * thing in the options, and the second over `apiKey` in them.
 *
 * @example Set, look, unset
 * ```ts
 * import { getDefaultCredentials, setDefaultCredentials, unsetDefaultCredentials } from "@cartoframes/cartoframes/auth";
 *
 * await setDefaultCredentials("johnsmith", "0123456789abcdef");
 * if (getDefaultCredentials()?.baseUrl !== "https://johnsmith.carto.com") throw new Error("not set");
 * unsetDefaultCredentials();
 * if (getDefaultCredentials() !== undefined) throw new Error("still set");
 * ```
 *
 * @param first Credentials, a file, an address, a user name, or the parts
 * @param second The API key; `default_public` when not given
 * @param options The same by name
 * @returns The credentials that are now the default; an object given is kept itself, not copied
 * @throws {CredentialsError} The file is missing or broken, or the parts make no credentials
 * @throws {PermissionError} Deno does not let the file be read
 */
export async function setDefaultCredentials(
  first?: Credentials | SetDefaultCredentialsOptions | string | URL,
  second?: string | null,
  options: SetDefaultCredentialsOptions = {},
): Promise<Credentials> {
  defaultCredentials = await fromAnyForm(first, second, options);
  return defaultCredentials;
}

/** The default credentials, or `undefined` when none are set. */
export function getDefaultCredentials(): Credentials | undefined {
  return defaultCredentials;
}

/** Forgets the default credentials. */
export function unsetDefaultCredentials(): void {
  defaultCredentials = undefined;
}

async function fromAnyForm(
  first: Credentials | SetDefaultCredentialsOptions | string | URL | undefined,
  second: string | null | undefined,
  options: SetDefaultCredentialsOptions,
): Promise<Credentials> {
  const key = second === undefined || second === null || second === "" ? {} : { apiKey: second };
  if (isCredentials(first)) return first;
  if (first instanceof URL && first.protocol === "file:") return await fromFile(first, options);
  if (typeof first === "string" || first instanceof URL) {
    const text = String(first);
    if (first === "") {
      throw new ArgumentError("Cannot set default credentials: the first argument is empty", {
        argument: "first",
      });
    }
    if (/\.json\s*$/i.test(text) && !/^https?:\/\//i.test(text)) return await fromFile(text.trim(), options);
    const { apiKey, allowNonSecure } = options;
    const rest = { apiKey, allowNonSecure, ...key };
    return new Credentials(text.includes("://") ? { baseUrl: text, ...rest } : { username: text, ...rest });
  }
  const { credentials, filepath, ...parts } = { ...options, ...first };
  if (credentials !== undefined) return await Credentials.resolve({ credentials });
  if (filepath !== undefined) return await fromFile(filepath, parts);
  if (Object.values({ ...parts, ...key }).every((part) => part === undefined || part === null)) {
    return await Credentials.fromFile();
  }
  return new Credentials({ ...parts, ...key });
}

function fromFile(path: string | URL, options: CredentialsOptions): Promise<Credentials> {
  return Credentials.fromFile(path, { allowNonSecure: options.allowNonSecure ?? undefined });
}
