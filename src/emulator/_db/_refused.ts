import type { BackendMessage } from "./engine.ts";
import { errorMessage } from "./protocol.ts";

/**
 * What the embedded database must not be told, as the error that a server would give.
 *
 * The one session underneath belongs to the superuser: `SET SESSION AUTHORIZATION` would give its rights to anybody,
 * where a server checks who logged in. A program started by COPY would end the engine.
 *
 * @param sql The text to be run
 * @param isSuperuser Whether it runs as the superuser
 * @returns The error, or `undefined` when the text may run
 */
export function refusal(sql: string, isSuperuser: boolean): BackendMessage | undefined {
  if (!/authorization|program/i.test(sql)) return undefined;
  const code = sql.replaceAll(/--[^\n]*|\/\*.*?\*\//gs, " ");
  if (!isSuperuser && /session[\s_]+authorization/i.test(code)) {
    return errorMessage("42501", "permission denied to set session authorization");
  }
  if (/\bcopy\b[^;]*\b(?:to|from)\s+program\b/i.test(code)) {
    return errorMessage("42501", "permission denied to COPY to or from an external program");
  }
  return undefined;
}
