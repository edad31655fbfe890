/**
 * Credentials: what they are made of, where they come from, and the default ones.
 *
 * @example Take them from where they are
 * ```ts
 * import { Credentials, setDefaultCredentials } from "@cartoframes/cartoframes/auth";
 *
 * // The command line, the environment, .env, ./creds.json, the user's folder: here the program itself
 * const credentials = await Credentials.resolve({ credentials: { username: "johnsmith" } });
 * await setDefaultCredentials(credentials);
 * ```
 *
 * @module
 */
export * from "./credentials.ts";
export type * from "./credentials_options.ts";
export * from "./default_credentials.ts";
