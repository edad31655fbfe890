import { type Account, ApiError, type Key, type Parameters } from "../_handler.ts";

const decoder = new TextDecoder();

/** User name and key of an `Authorization: Basic …` header; `undefined` for any other header. */
export function parseBasic(header: string | null): { username: string; token: string } | undefined {
  const match = /^\s*basic\s+([A-Za-z0-9+/=_-]+)\s*$/i.exec(header ?? "");
  if (match?.[1] === undefined) return undefined;
  let text: string;
  try {
    const bytes = Uint8Array.fromBase64(match[1].replaceAll("-", "+").replaceAll("_", "/"));
    text = decoder.decode(bytes);
  } catch {
    return undefined;
  }
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { username: text.slice(0, colon), token: text.slice(colon + 1) };
}

/** The key that a request gives: the basic header first, then the body, then the query string. */
export function tokenOf(headers: Headers, query: Parameters, body: Parameters): string | undefined {
  const basic = parseBasic(headers.get("authorization"))?.token;
  if (basic !== undefined && basic !== "") return basic;
  const given = [body.api_key, body.map_key, query.api_key, query.map_key];
  const token = given.find((value) => value !== undefined && value !== null && value !== "");
  // A repeated key is a list, which no key equals.
  return token === undefined ? undefined : String(token);
}

/** The key of an account that has this token; without a token, its default key. */
export function findKey(account: Account, token: string | undefined): Key | undefined {
  return token === undefined
    ? account.keys.find((key) => key.type === "default")
    : account.keys.find((key) => key.token === token);
}

/**
 * Finds the key of a request and checks that it opens the SQL API.
 *
 * @throws {ApiError} 403 for a header of another user and for a key without the SQL API, 401 for an unknown key
 */
export function authorize(account: Account, headers: Headers, query: Parameters, body: Parameters): Key {
  const basic = parseBasic(headers.get("authorization"));
  if (basic !== undefined && basic.username !== account.username) {
    throw new ApiError(403, "permission denied");
  }
  const key = findKey(account, tokenOf(headers, query, body));
  if (key === undefined) throw new ApiError(401, "Unauthorized");
  if (!key.apis.includes("sql")) throw new ApiError(403, "forbidden");
  return key;
}

/**
 * Lets only the master key pass.
 *
 * @throws {ApiError} 403 for any other key
 */
export function requireMaster(key: Key): void {
  if (key.type !== "master") throw new ApiError(403, "permission denied");
}
